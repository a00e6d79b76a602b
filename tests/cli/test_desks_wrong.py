"""Wrong calls of `detente areas` and `detente lists` on running nodes, as a tired officer makes them.

Each answer says what is wrong, where, whose fault it is and what to do, in field terms, and nothing has been signed. Then:
what a draft or a nomination held is in the private store no longer once its window has passed, whatever became of it.
All places, targets and times are made up.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from detente.adapters.store_private import PrivateStore, load_store_key
from detente.demo.three import Three
from tests.cli.conftest import Run
from tests.cli.test_desks import HOUR, START, SYRIA, node, window

Position = tuple[float, float]


def ring(west: float, south: float, east: float, north: float) -> list[Position]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def polygon(*rings: list[Position]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


def kml(outer: list[Position], inner: list[Position]) -> str:
    drawn = [" ".join(f"{lon},{lat},0" for lon, lat in each) for each in (outer, inner)]
    part = "<{0}BoundaryIs><LinearRing><coordinates>{1}</coordinates></LinearRing></{0}BoundaryIs>"
    parts = part.format("outer", drawn[0]) + part.format("inner", drawn[1])
    head = '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>n</name>'
    return f"{head}<Polygon>{parts}</Polygon></Placemark></kml>"


WIDE = ring(36.5, 35.5, 37.5, 36.5)
FILES = {
    "n.geojson": polygon(WIDE),
    "n2.geojson": polygon(ring(36.5, 35.5, 37.4, 36.5)),
    "broken.geojson": polygon(WIDE)[:40],
    "open.geojson": polygon(WIDE[:-1]),
    "bow.geojson": polygon([(36.5, 35.5), (37.5, 36.5), (37.5, 35.5), (36.5, 36.5), (36.5, 35.5)]),
    "swapped.geojson": polygon(ring(35.5, 136.5, 36.5, 137.5)),
    "line.geojson": json.dumps({"type": "LineString", "coordinates": [[36, 36], [37, 37]]}),
    "hole.geojson": polygon(WIDE, ring(38.0, 38.0, 38.5, 38.5)),
    "hole.kml": kml(WIDE, ring(38.0, 38.0, 38.5, 38.5)),
    "crossing.kml": kml(WIDE, ring(37.2, 35.8, 37.8, 36.1)),
    "entity.kml": '<!DOCTYPE k [<!ENTITY a "b">]>' + kml(WIDE, ring(36.8, 35.8, 37.0, 36.0)),
    "list.csv": "36.5 N 36.5 E\n35.5 N 36.5 E\n35.5 N 37.5 E\n",
}
PROPOSE = ["areas", "propose", "--class", "concentrated", "--version", "2", "--as", "n"]
FLAT = ["--edges", "geodesic", "--release"]
GIVEN = ["--target", "z1", "--group", "nusra", "--area", "n", "--radius", "1000", "--release"]
NOMINATE = ["lists", "nominate", "--datum", "WGS84", "--grid", "geographic", *GIVEN]
HERE = ["--place", "36.1001 N 37.1001 E"]
PAST = ["--window", "2016-09-09T00:00:00Z", "2016-09-09T06:00:00Z"]
BACK = ["--window", "2016-09-13T08:00:00Z", "2016-09-12T08:00:00Z"]
LONG = ["--window", "2016-09-13T08:00:00Z", "2026-09-12T08:00:00Z"]
SOON = ["--window", "2016-09-10T10:00:00Z", "2016-09-10T12:00:00Z"]


class Wrong(NamedTuple):
    """`by` runs `words`; the answer holds `code` and each of `says`. A usage error (status 2) has no code."""

    name: str
    by: str
    words: list[str]
    code: str
    says: tuple[str, ...]


WRONG = [
    Wrong("GeoJSON cut off", "us", [*PROPOSE, "broken.geojson", *FLAT], "area-file-invalid", ("broken.geojson", "line 1")),
    Wrong("ring not closed", "ru", [*PROPOSE, "open.geojson", *FLAT], "area-file-invalid", ("ring 0", "not closed")),
    Wrong("ring crosses itself", "us", [*PROPOSE, "bow.geojson", *FLAT], "shape-invalid", ("edge 0 crosses", "edge 2")),
    Wrong("latitude first", "us", [*PROPOSE, "swapped.geojson", *FLAT], "area-file-invalid", ("longitude comes first",)),
    Wrong("a line", "ru", [*PROPOSE, "line.geojson", *FLAT], "area-file-invalid", ("LineString", "Polygon")),
    Wrong("hole outside", "us", [*PROPOSE, "hole.geojson", *FLAT], "shape-invalid", ("ring 1", "hole outside")),
    Wrong("KML hole outside", "us", [*PROPOSE, "hole.kml", *FLAT], "shape-invalid", ("placemark 1 (n)", "hole outside")),
    Wrong("KML hole crosses", "ru", [*PROPOSE, "crossing.kml", *FLAT], "shape-invalid", ("crosses or touches",)),
    Wrong("KML entity", "us", [*PROPOSE, "entity.kml", *FLAT], "area-file-invalid", ("entity",)),
    Wrong("no such file", "us", [*PROPOSE, "gone.geojson", *FLAT], "file-unreadable", ("gone.geojson",)),
    Wrong("no datum", "us", [*PROPOSE, "list.csv", "--release"], "datum-missing", ("list.csv line 1", "WGS84, SK-42")),
    Wrong("datum not known", "ru", [*PROPOSE, "list.csv", "--datum", "NAD27", "--grid", "geographic", "--release"],
          "datum-unknown", ("NAD27",)),
    Wrong("edges unstated", "us", [*PROPOSE, "n2.geojson", "--release"], "edges-unstated", ("--edges",)),
    Wrong("class unknown", "us", [*PROPOSE, "n2.geojson", *FLAT, "--class", "friendly"], "said-invalid",
          ("one of concentrated, significant, mixed, civilian",)),
    Wrong("version back", "us", [*PROPOSE, "n2.geojson", *FLAT, "--version", "1"], "version-back", ("n v1 has both keys",)),
    Wrong("version below nought", "ru", [*PROPOSE, "n2.geojson", *FLAT, "--version", "-1", "--as", "q"], "said-invalid",
          ("not negative",)),
    Wrong("agree to nothing proposed", "ru", ["areas", "agree", "n", "--release"], "unknown-name", ("n v1 agreed",)),
    Wrong("counter to nothing", "us", ["areas", "counter", "n", "n2.geojson", *FLAT], "unknown-name", ("no proposal",)),
    Wrong("revoke no area", "us", ["areas", "revoke", "q", "--release"], "unknown-name", ("no area 'q'; known: n",)),
    Wrong("picture, bad challenge", "us", ["areas", "picture", "--challenge", "zz"], "bad-field", ("16 hex digits",)),
    Wrong("picture, of nobody", "us", ["areas", "picture", "--heard", *"abcde"], "", ("--peer",)),
    Wrong("radius nought", "us", [*NOMINATE, *HERE, "--radius", "0"], "shape-invalid", ("--radius", "1 to 500000")),
    Wrong("radius of a land", "us", [*NOMINATE, *HERE, "--radius", "99999999"], "shape-invalid", ("--radius",)),
    Wrong("place, half", "us", [*NOMINATE], "", ("--place with --radius",)),
    Wrong("place off the earth", "us", [*NOMINATE, "--place", "96.1 N 37.1 E"], "coordinate-invalid", ("beyond 90",)),
    Wrong("place, no letters", "ru", [*NOMINATE, "--place", "36,1001 37,1001"], "coordinate-invalid", ("N or S",)),
    Wrong("place, datum", "us", [*NOMINATE, *HERE, "--datum", "Pulkovo"], "datum-unknown", ("--place", "SK-42")),
    Wrong("place far off", "us", [*NOMINATE, "--place", "36.1001 N 97.1001 E"], "not-confirmed", ("[outside-area]",)),
    Wrong("place too coarse", "us", [*NOMINATE, "--place", "36 N 37 E"], "not-confirmed", ("[wider-than-place]",)),
    Wrong("area not agreed", "us", [*NOMINATE, *HERE, "--area", "q"], "unknown-name", ("in force: n v1",)),
    Wrong("group unknown", "us", [*NOMINATE, *HERE, "--group", "isis"], "said-invalid", ("group",)),
    Wrong("window past", "us", [*NOMINATE, *HERE, *PAST], "window-past", ("2016-09-09 00:00:00Z", "would lapse")),
    Wrong("window backwards", "ru", [*NOMINATE, *HERE, *BACK], "said-invalid", ("later than its start",)),
    Wrong("window of ten years", "us", [*NOMINATE, *HERE, *LONG], "not-confirmed", ("3651 days", "[window-long]")),
    Wrong("window too early", "us", [*NOMINATE, *HERE, *SOON], "not-confirmed", ("24 h", "[window-early]")),
    Wrong("window, no zone", "us", [*NOMINATE, *HERE, "--window", "2016-09-12 08:00", "x"], "", ("not an instant",)),
    Wrong("code with a space", "us", [*NOMINATE, *HERE, "--target", "z 1"], "said-invalid", ("small letters",)),
    Wrong("nominated twice", "us", [*NOMINATE, *HERE, "--target", "t1"], "not-confirmed", ("is agreed", "[replaces]")),
    Wrong("a weapon", "us", [*NOMINATE, *HERE, "--weapon", "x"], "", ("--weapon",)),
    Wrong("agree to no target", "ru", ["lists", "agree", "t9", "--release"], "unknown-name", ("known: t1, t2, t3",)),
    Wrong("agree twice", "us", ["lists", "agree", "t2", "--release"], "no-move", ("t2, nominated by us", "handed over")),
    Wrong("agree after a refusal", "ru", ["lists", "agree", "t3", "--release"], "no-move", ("t3 is refused",)),
    Wrong("undertake, not agreed", "us", ["lists", "undertake", "t2", "--release"], "no-move", ("handed over",)),
    Wrong("result, not agreed", "us", ["lists", "result", "t2", "--release"], "no-move", ("would change nothing",)),
    Wrong("result in other words", "ru", ["lists", "result", "t1", "--result", "hit", "--release"], "said-invalid",
          ("done, partly done, not done",)),
    Wrong("a reason not listed", "ru", ["lists", "refuse", "t2", "--reason", "no", "--release"], "said-invalid",
          ("own forces",)),
    Wrong("withdraw no target", "ru", ["lists", "withdraw", "t9", "--release"], "unknown-name", ("no target 't9'",)),
    Wrong("show no target", "us", ["lists", "show", "t9"], "unknown-name", ("no target 't9'",)),
    Wrong("abort to nobody", "us", ["lists", "abort", "t1", "--to", "fr", "--release"], "unknown-name", ("no log to 'fr'",)),
]  # fmt: skip


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """Area n v1 in force; t1 agreed, t2 handed over, t3 refused."""
    with Three(tmp_path_factory.mktemp("n"), SYRIA, "syria-2016-07", start=START) as nodes:
        nodes.start()
        nodes.settle()
        nodes.adopt()
        shape = {
            "type": "polygon", "edges": "geodesic",
            "coordinates": [[[round(lon * 1e7), round(lat * 1e7)] for lon, lat in WIDE]],
        }  # fmt: skip
        for code in ("us", "ru"):
            say(nodes, code, "designation", {"area": "n", "version": 1, "class": "concentrated", "shape": shape})
        nodes.advance(nodes.now + 120_000)
        for target in ("t1", "t2", "t3"):
            named = nominate(nodes, target)
            nodes.advance(nodes.now + 60_000)
            if target == "t1":
                say(nodes, "ru", "consent", {"target": target, "nomination": named})
        say(nodes, "ru", "refusal", {"target": "t3"})
        yield nodes


def say(nodes: Three, code: str, name: str, fields: dict[str, Any]) -> str:
    """Said at a node, carried; its id."""
    placed = nodes.ask(code, "say", kind="said", to="", fields={"name": name, "fields": fields})["placed"]
    nodes.settle()
    return str(placed[0]["id"])


def nominate(nodes: Three, target: str, hours: tuple[int, int] = (26, 40)) -> str:
    start, end = (nodes.now + each * HOUR for each in hours)
    place = {"type": "circle", "coordinates": [371001000, 361001000], "radius": 1000}
    period = {"type": "period", "start": start, "end": end}
    fields = {"target": target, "group": "nusra", "area": "n", "area_version": 1, "place": place, "window": period}
    return say(nodes, "us", "nomination", fields)


def test_forty_wrong_calls_are_answered_by_what_where_whose_fault_and_what_to_do(
    three: Three, detente: Run, tmp_path: Path
):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    before = {code: three.ask(code, "state")["logs"] for code in ("us", "ru")}
    for wrong in WRONG:
        given = [*wrong.words, "--node", str(node(three, wrong.by))]
        if wrong.words[:2] == ["lists", "nominate"] and "--window" not in given:
            given += ["--window", *window(three)]
        answer = detente(*given, status=1 if wrong.code else 2)
        said = " ".join(answer.stderr.split())
        assert "Traceback" not in said, wrong.name
        assert [part for part in wrong.says if part not in said] == [], (wrong.name, said)
        if wrong.code:
            assert re.search(rf"detente: .+ \[{wrong.code}; fault: .+\]\. Next: .+\.", said), (wrong.name, said)
        else:
            assert "Try 'detente" in said, wrong.name
        assert not re.search(r"Expected `|at `\$|\$\.", said), f"{wrong.name}: words of the program, not of the field"
        assert answer.stdout == "", wrong.name
    assert {code: three.ask(code, "state")["logs"] for code in ("us", "ru")} == before, "nothing was signed"
    assert [list(three.ask(code, "drafts")["drafts"]) for code in ("us", "ru")] == [[], []], "and nothing was kept"


def test_what_ends_is_never_held_back_and_says_that_it_changes_nothing(three: Three, detente: Run):
    """The other side's consent may be on its way: a withdrawal goes out, whatever this node knows."""
    done = detente("lists", "withdraw", "--node", node(three, "ru"), "t2", "--release")
    assert "as far as ru knows" in done.stderr
    assert "us signed for it" in done.stdout
    items = {one["target"]: one for one in three.ask("us", "lists")["items"]}
    assert (items["t2"]["state"], len(items["t2"]["idle"])) == ("handed over", 1)


def test_a_nomination_is_shown_what_the_agreement_has_against_it(three: Three, detente: Run):
    done = detente(*NOMINATE, *HERE, "--node", node(three, "us"), "--window", *window(three))
    assert "note: JIG-04 is against this nomination: Each side makes its target packages" in done.stderr


def test_no_record_of_a_draft_or_nomination_is_left_after_its_window(three: Three, detente: Run, tmp_path: Path):
    """Never released; handed over and unmatched; refused; agreed and expired; and words on them that stayed at home."""
    base = [
        "lists",
        "nominate",
        "--node",
        str(node(three, "us")),
        "--group",
        "nusra",
        "--area",
        "n",
        "--radius",
        "1000",
    ]
    base += ["--datum", "WGS84", "--grid", "geographic", "--window", *window(three, 26, 30)]
    places = {f"secret-{name}": f"36.{digits} N 37.{digits} E" for name, digits in
              (("kept", "31415"), ("unmatched", "27182"), ("refused", "16180"), ("agreed", "14142"))}  # fmt: skip
    kept = [detente(*base, "--target", target, "--place", place).stdout.split()[1] for target, place in places.items()]
    for draft in kept[1:]:
        detente("release", "--node", node(three, "us"), draft)
    for word, target in (("refuse", "secret-refused"), ("agree", "secret-agreed")):
        detente("lists", word, "--node", node(three, "ru"), target, "--release")
    ours = [detente("lists", word, "--node", node(three, "us"), "secret-agreed").stdout.split()[1]
            for word in ("withdraw", "abort", "undertake")]  # fmt: skip
    theirs = [detente("lists", word, "--node", node(three, "ru"), "secret-unmatched").stdout.split()[1]
              for word in ("agree", "refuse")]  # fmt: skip
    needles = [*places, *kept, *ours, *theirs, "363141500", "362718200", "361618000", "361414200"]
    assert {"secret-kept", "secret-agreed", kept[0], ours[0]} <= set(spoken_of(three, "us", needles))
    assert {"secret-unmatched", *theirs} <= set(spoken_of(three, "ru", needles))
    boxes = {code: boxes_of(three, code, needles) for code in ("us", "ru")}
    assert [len(each) for each in boxes.values()] == [4, 2]
    three.stop("us")
    three.start("us")  # what a node that starts anew finds in its store has its time too
    three.advance(three.now + 31 * HOUR)
    states = {one["target"]: one["state"] for one in three.ask("us", "lists")["items"]}
    assert [states.get(target) for target in places] == [None, "lapsed", "refused", "expired"]
    for code in ("us", "ru"):
        assert spoken_of(three, code, needles) == [], "no record speaks of it"
        stored = [path.read_bytes() for path in three.configs[code].private.glob("private.db*")]
        for box in boxes[code]:
            parts = [box[at : at + 24] for at in range(0, len(box) - 24, 24)]
            assert not any(part in data for part in parts for data in stored), "nor is a byte of its box left"


def records(three: Three, code: str) -> list[tuple[bytes, str]]:
    """Every record of a private store: its box as stored, and what it says, opened."""
    private = three.configs[code].private
    store = PrivateStore(private, load_store_key(private))
    with sqlite3.connect(f"file:{private / 'private.db'}?mode=ro", uri=True) as db:
        rows: list[Any] = db.execute("SELECT box FROM record").fetchall()
    found = [(bytes(row[0]), " ".join(map(str, store._open(row[0])))) for row in rows]
    store.close()
    return found


def spoken_of(three: Three, code: str, needles: list[str]) -> list[str]:
    return [needle for needle in needles if any(needle in text for _, text in records(three, code))]


def boxes_of(three: Three, code: str, needles: list[str]) -> list[bytes]:
    return [box for box, text in records(three, code) if any(needle in text for needle in needles)]
