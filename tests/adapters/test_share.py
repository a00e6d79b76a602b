"""Whereabouts under the Syria reconstruction: shared by cell and slot, counted by `told`; nothing of who or what saw it leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.agreement.language import read_agreement
from detente.cli.share import whereabouts
from detente.errors import GivenError
from tests.adapters.own_house import Own
from tests.sim.world import World

SYRIA = Path(__file__).resolve().parents[2] / "agreements" / "syria-2016-07.yaml"
FIXES = """\
2016-09-10T07:52:11Z 35.21457 N 38.07391 E
2016-09-10T08:11:37Z 35.22681 N 38.09126 E
2016-09-10T08:43:05Z 35.23319 N 38.12873 E
"""
RULES = "- {rule: share, say: whereabouts, to: ru, coarse: {place: 20 km, time: 30min}}\n"
HIDDEN = ("sensor", "source", "seen_by", "drone", "agent", "method")


def fixes(folder: Path, text: str = FIXES) -> Path:
    file = folder / "fixes.txt"
    file.write_text(text)
    return file


def fields(folder: Path, cell: str = "20 km", text: str = FIXES) -> dict[str, object]:
    return whereabouts(fixes(folder, text), "w-1", "daesh", cell, "30min", "WGS84", "geographic")


def test_no_field_says_who_or_what_saw_it():
    kind = read_agreement(SYRIA.read_bytes(), "syria").kinds["whereabouts"]
    assert sorted(kind.fields) == ["cell", "group", "place", "sharing", "window"]
    assert not [name for name in kind.fields if any(word in name for word in HIDDEN)]


def test_the_cell_at_the_beginning_of_the_slot_is_shared(tmp_path: Path):
    shared = fields(tmp_path)
    start, end = (shared["window"][key] for key in ("start", "end"))  # type: ignore[index]
    assert end - start == 30 * 60_000
    assert start % (30 * 60_000) == 0
    moved = FIXES.replace("08:11:37", "08:23:50").replace("08:43:05", "08:30:01")
    assert fields(tmp_path, text=moved) == shared, "the second of a crossing is not told"


@pytest.mark.parametrize(
    ("text", "where"),
    [("", "no slot"), ("2016-09-10T08:01:00Z 35.2 N 38.0 E\n", "no slot"), ("soon 35.2 N 38 E\n", "line 1")],
)
def test_what_cannot_be_shared_says_why(text: str, where: str, tmp_path: Path):
    with pytest.raises(GivenError) as refused:
        fields(tmp_path, text=text)
    assert where in str(refused.value)


def test_it_leaves_through_the_pipeline_and_is_counted(tmp_path: Path):
    """The fine places and times are in no byte that leaves; `told` counts the sharing once."""
    world = World(agreement=SYRIA.read_bytes())
    world.house("us").adoption.in_force = lambda: True  # type: ignore[method-assign] # adoption is tested elsewhere
    own = Own(tmp_path / "private", RULES, world=world)
    said = {"name": "whereabouts", "fields": fields(tmp_path)}
    assert own.ask("say", to="ru", kind="said", fields=said)["placed"]
    origin = "demo/test/us/to-ru"
    entries = world.store("us").entries(origin, 0, world.house("us").ledgers[origin].size)
    payload = own.said()[-1]
    text = b"".join(entries) + repr(payload).encode()
    for line in FIXES.splitlines():
        _, lat, _, lon, _ = line.split()
        for digits in (lat.replace(".", ""), lon.lstrip("0").replace(".", "")):
            assert digits.encode() not in text, digits
    assert not [word for word in HIDDEN if word.encode() in repr(payload).encode()]
    told = own.ask("told", party="ru", subject="w-1")
    (fact,) = told["facts"]
    assert fact["kind"] == "whereabouts"
    assert fact["cell_km"] == 20
    own.close()
