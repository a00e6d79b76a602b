"""`detente areas`, `lists`, `record` and `may --config` on three real nodes under the Syria reconstruction.

All places, targets and times are made up.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.adapters.store_private import PrivateStore, load_store_key
from detente.demo.three import Three
from detente.model.when import read_instant, write_instant
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
SYRIA = (ROOT / "agreements" / "syria-2016-07.yaml").read_bytes()
START = read_instant("2016-09-10T06:00:00Z")
HOUR, MINUTE = 3_600_000, 60_000
AREA = {"type": "Polygon", "coordinates": [[[36.5, 35.5], [37.5, 35.5], [37.5, 36.5], [36.5, 36.5], [36.5, 35.5]]]}
BARRED = re.compile(r"\b(aim|bomb|cleared|approved|safe|lawful)\b")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    with Three(tmp_path_factory.mktemp("n"), SYRIA, "syria-2016-07", start=START) as nodes:
        nodes.start()
        nodes.settle()
        for code in ("us", "ru", "un"):
            nodes.ask(code, "offer")
            nodes.settle()
        for code in ("us", "ru", "un"):
            nodes.ask(code, "adopt")
            nodes.settle()
        yield nodes


@pytest.fixture
def later(three: Three) -> Callable[[int], None]:
    def wait(ms: int) -> None:
        three.advance(three.now + ms)

    return wait


def node(three: Three, code: str) -> Path:
    return three.configs[code].folder


def window(three: Three, first: int = 26, last: int = 40) -> tuple[str, str]:
    return write_instant(three.now + first * HOUR), write_instant(three.now + last * HOUR)


def nominate(three: Three, target: str, *more: str) -> list[object]:
    return [
        "lists", "nominate", "--node", node(three, "us"), "--target", target, "--group", "nusra", "--radius", "1000",
        "--datum", "WGS84", "--grid", "geographic", "--window", *window(three), "--area", "n", *more,
    ]  # fmt: skip


def test_a_scene_from_file_to_two_keys_and_a_list(
    three: Three, detente: Run, later: Callable[[int], None], tmp_path: Path
):
    us, ru = node(three, "us"), node(three, "ru")
    (tmp_path / "n.geojson").write_text(json.dumps(AREA))

    # areas: a draft stays at home, then is released; the other side answers with its key
    refused = detente("areas", "draft", "--node", us, "n.geojson", "--class", "concentrated", "--version", 1, status=1)
    assert "--edges geodesic" in refused.stderr
    assert "edges-unstated" in refused.stderr
    kept = detente(
        "areas", "draft", "--node", us, "n.geojson", "--class", "concentrated", "--version", 1, "--edges", "geodesic"
    )
    assert "nothing has left" in kept.stdout
    assert "nothing has been proposed" in detente("areas", "--node", ru).stdout
    detente("release", "--node", us, kept.stdout.split()[1])
    assert "proposed" in detente("areas", "--node", ru).stdout
    detente("areas", "agree", "--node", ru, "n", "--release")
    later(2 * MINUTE)
    shown = [detente("areas", "--node", code).stdout for code in (us, ru)]
    assert shown[0] == shown[1]
    assert max(map(len, shown[0].splitlines())) <= 100
    assert "n     v1       agreed  concentrated  ru+us" in shown[0]

    # the picture, read aloud
    challenge = detente("voice", "challenge", "--node", ru, "us").stdout.partition(": ")[2]
    read = detente("areas", "picture", "--node", us, "--challenge", challenge).stdout
    heard = read.partition("read: ")[2].split()
    assert "same picture" in detente("areas", "picture", "--node", ru, "--peer", "us", "--heard", *heard).stdout
    wrong = detente("areas", "picture", "--node", ru, "--peer", "us", "--heard", *heard[::-1], status=1)
    assert "picture-differs" in wrong.stderr

    # a list: the place asks where it is doubtful, the item is agreed by both, and is withdrawn
    outside = detente(*nominate(three, "t0", "--place", "36.0001 N 38.0001 E", "--release"), status=1)
    assert "outside-area" in outside.stderr
    assert "not-confirmed" in outside.stderr
    other = detente(*nominate(three, "t0", "--place", "36.0001 N 38.0001 E", "--confirmed", "near-twin"), status=1)
    assert "outside-area: shown above" in other.stderr, "what was confirmed is not what is asked"
    detente(*nominate(three, "t1", "--place", "36.0001 N 37.0001 E", "--release"))
    listed = detente("lists", "--node", ru).stdout
    assert "t1      us  nusra  handed over  us    09-10 06:02:00Z  09-11 08:02:00Z to 22:02:00Z  n v1" in listed
    assert max(map(len, listed.splitlines())) <= 100
    later(2 * MINUTE)
    kept = detente("lists", "agree", "--node", ru, "t1")
    assert "handed over" in detente("lists", "--node", us).stdout, "a draft is no consent"
    detente("release", "--node", ru, kept.stdout.split()[1])
    states = [json.loads(detente("lists", "--node", code, "--json").stdout)["items"] for code in (us, ru)]
    assert states[0] == states[1]
    assert (states[0][0]["state"], states[0][0]["consents"]) == ("agreed", ["ru", "us"])
    story = detente("lists", "show", "--node", us, "t1").stdout
    assert "handed over by us" in story
    assert "agreed by ru" in story
    unknown = detente("lists", "agree", "--node", ru, "t9", status=1)
    assert "known: t1" in unknown.stderr
    reason = detente("lists", "refuse", "--node", us, "t1", "--reason", "weather", "--release", status=1)
    assert "own forces" in reason.stderr, "the agreement narrows the vocabulary's code to a list of values"

    # the before-check on the node's own record
    plan = {
        "event": "strike", "by": "us",
        "fields": {"strike": "s1", "target": "t1", "against": "nusra",
                   "position": {"type": "point", "coordinates": [370001000, 360001000], "error_mm": 20000}},
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    early = detente("may", "--config", us, "--event", "plan.json", status=3).stdout
    assert early.startswith("from signed ledgers")
    assert "NOT YET" in early
    assert "JIG-13: objects" in early
    both = [detente("may", "--config", code, "--event", "plan.json", "--json", status=3).stdout for code in (us, ru)]
    assert both[0] == both[1]
    answer = three.ask("ru", "may", plan=plan)
    assert answer["word"] == json.loads(both[1])["word"]

    # nothing of lists is in what leaves as a map
    exported = detente("areas", "--node", us, "--geojson").stdout
    features = json.loads(exported)["features"]
    assert [one["properties"]["area"] for one in features] == ["n"]
    for secret in ("t1", "nusra", "37.0001", "36.0001", "370001", states[0][0]["id"]):
        assert secret not in exported

    # the record is what the judge reads
    (tmp_path / "record.jsonl").write_text(detente("record", "--node", us).stdout)
    (tmp_path / "a.yaml").write_bytes(SYRIA)
    detente("judge", "a.yaml", "record.jsonl")

    # who acts, and that it will not be done
    detente("lists", "undertake", "--node", us, "t1", "--release")
    assert "undertaken by us" in detente("lists", "show", "--node", ru, "t1").stdout
    detente("lists", "withdraw", "--node", ru, "t1", "--release")
    assert "withdrawn" in detente("lists", "--node", us).stdout
    assert "has to be nominated anew" in detente("lists", "agree", "--node", ru, "t1", status=1).stderr
    texts = [detente(*command, "--help").stdout for command in (("areas",), ("lists",), ("lists", "nominate"))]
    assert [BARRED.findall(" ".join(text.split()).replace("no aim point", "")) for text in texts] == [[], [], []]


def test_what_does_not_fit_the_agreement_is_refused_before_it_is_signed(three: Three, detente: Run, tmp_path: Path):
    before = three.ask("us", "state")["logs"]
    for fields, expected in (
        ({"name": "consent", "fields": {"target": "t1"}}, "'nomination' is missing"),
        ({"name": "consent", "fields": {"target": "t1", "nomination": "0" * 64, "weapon": "x"}}, "no field 'weapon'"),
        ({"name": "permit", "fields": {}}, "no statement 'permit'"),
        ({"name": "signature", "fields": {}}, "detente adopt"),
        ({"name": "stop", "fields": {"reason": 1}}, "'reason' has to be text"),
    ):
        (tmp_path / "f.json").write_text(json.dumps(fields))
        done = detente("say", "--node", node(three, "us"), "--to", "ru", "--kind", "said", "f.json", status=1)
        assert expected in done.stderr, done.stderr
        detente("draft", "--node", node(three, "us"), "--to", "ru", "--kind", "said", "f.json", status=1)
    assert three.ask("us", "state")["logs"] == before


def test_a_person_has_to_look_at_sk_42_read_as_utm_and_at_a_near_twin(three: Three, detente: Run, tmp_path: Path):
    """The commands on running nodes: what is doubtful is named with its code, and goes out only once that is named back."""
    (tmp_path / "places.csv").write_text(
        "geonameid,name,lat,lon,cc,alternatenames\n1,Tal Madiq,36.0,37.0,SY,\n2,Tall Madiqa,36.7,37.2,SY,\n"
    )
    sk42 = ["--place", "319611 3987013", "--second", "SK-42", "GK 7", "3987013 7319611"]
    twin = ["--place", "36.0001 N 37.0001 E", "--named", "Tal Madiq", "--gazetteer", "places.csv"]
    before = three.ask("ru", "lists")["items"]
    for target, place, grid, code, why in (
        ("k1", sk42, "UTM 37 north", "sources-differ", "1.7 km away"),
        ("k2", twin, "geographic", "near-twin", "80 km away"),
    ):
        command = [*nominate(three, target, *place, "--release"), "--grid", grid]
        refused = detente(*command, status=1)
        assert f"[{code}]" in refused.stderr
        assert why in refused.stderr
        assert f"{code}: shown above, and nobody to ask" in refused.stderr
        assert three.ask("ru", "lists")["items"] == before
        detente(*command, "--confirmed", code)
        before = three.ask("ru", "lists")["items"]
        assert before[-1]["target"] == target


def test_a_place_with_an_outline(three: Three, detente: Run, tmp_path: Path):
    def drawn(name: str, west: float) -> str:
        ring = [[west, 36.0], [west + 0.01, 36.0], [west + 0.01, 36.01], [west, 36.01], [west, 36.0]]
        (tmp_path / name).write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
        return name

    of = [
        "lists",
        "nominate",
        "--node",
        node(three, "us"),
        "--group",
        "nusra",
        "--window",
        *window(three),
        "--area",
        "n",
    ]
    out = detente(*of, "--target", "p0", "--outline", drawn("out.json", 37.495), "--edges", "geodesic", status=1)
    assert "outside-area" in out.stderr
    detente(*of, "--target", "p1", "--outline", drawn("in.json", 37.1), "--edges", "geodesic", "--release")
    assert "an area of 4 corners" in detente("lists", "show", "--node", node(three, "ru"), "p1").stdout
    for wrong in (["--outline", "in.json", "--radius", "5"], ["--place", "36 N 37 E"], []):
        assert "--outline" in detente(*of, "--target", "p2", *wrong, status=2).stderr


def test_abort_and_result_stand_on_both_nodes(three: Three, detente: Run):
    us, ru = node(three, "us"), node(three, "ru")
    for target in ("e1", "e2"):
        detente(*nominate(three, target, "--place", "36.0101 N 37.0101 E", "--release"))
        detente("lists", "agree", "--node", ru, target, "--release")
    wrong = detente("lists", "result", "--node", us, "e1", "--result", "hit", "--release", status=1)
    assert "one of done, partly done, not done" in wrong.stderr
    detente("lists", "abort", "--node", us, "e1", "--release")
    detente("lists", "result", "--node", us, "e2", "--result", "not done", "--release")
    for code in ("us", "ru"):
        states = {one["target"]: one["state"] for one in three.ask(code, "lists")["items"]}
        assert (states["e1"], states["e2"]) == ("aborted", "reported")
    record = detente("record", "--node", ru).stdout
    exported = detente("areas", "--node", ru, "--geojson").stdout
    assert "e1" in record
    assert "370101" not in exported
    assert not re.search(
        r"weapon|aim_point|effect|priority|image", record + exported + json.dumps(three.ask("ru", "lists"))
    )


def test_our_own_nominations_have_a_bound_and_theirs_a_warning(
    three: Three, detente: Run, later: Callable[[int], None]
):
    begin, end = (read_instant(each) for each in window(three))
    many = [
        {"name": "nomination", "fields": {
            "target": f"m{number}", "group": "nusra", "area": "n", "area_version": 1,
            "place": {"type": "circle", "coordinates": [370000000, 360000000 + number], "radius": 500},
            "window": {"type": "period", "start": begin, "end": end},
        }}
        for number in range(51)
    ]  # fmt: skip
    size = [log["size"] for log in three.ask("ru", "state")["logs"]]
    with pytest.raises(Exception, match=r"50 nominations in 24 hours; lists\.most_per_day is 50"):
        three.ask("ru", "say_many", kind="said", many=many)
    assert [log["size"] for log in three.ask("ru", "state")["logs"]] == size, "all or none"
    three.ask("ru", "say_many", kind="said", many=many[:50])
    three.settle()
    assert "warning" not in detente("lists", "--node", node(three, "us")).stderr, "50 are within the bound"
    three.configs["ru"].folder.joinpath("node.toml").write_text(
        three.configs["ru"].folder.joinpath("node.toml").read_text() + "\n[lists]\nmost_per_day = 0\n"
    )
    three.stop("ru")
    three.start("ru")
    three.settle()
    three.ask("ru", "say_many", kind="said", many=many[50:])
    three.settle()
    shown = detente("lists", "--node", node(three, "us"))
    assert "ru has handed over 51 nominations in 24 hours" in shown.stderr
    assert len(re.findall(r"^m\d+ .*handed over", shown.stdout, re.MULTILINE)) == 51


def test_a_draft_whose_window_has_passed_leaves_no_byte(three: Three, detente: Run, later: Callable[[int], None]):
    kept = detente(*nominate(three, "secret", "--place", "36.2001 N 37.2001 E")).stdout.split()[1]
    private = three.configs["us"].private
    boxes = _boxes(three, kept)
    assert all(any(box[:64] in data for data in _files(private)) for box in boxes), "the box stands in the file"
    later(41 * HOUR)
    assert kept not in three.ask("us", "drafts")["drafts"]
    assert not any(
        box[at : at + 24] in data for box in boxes for at in range(0, len(box) - 24, 24) for data in _files(private)
    )
    assert three.ask("us", "lists")["items"]


def _boxes(three: Three, name: str) -> list[bytes]:
    """The encrypted bytes of a draft as they stand in the store."""
    config = three.configs["us"]
    store = PrivateStore(config.private, load_store_key(config.private))
    place = store._place("draft", name)
    store.close()
    with sqlite3.connect(f"file:{config.private / 'private.db'}?mode=ro", uri=True) as db:
        found: list[Any] = db.execute("SELECT box FROM record WHERE place=?", (place,)).fetchall()
    assert len(found) == 1
    return [bytes(row[0]) for row in found]


def _files(private: Path) -> list[bytes]:
    return [path.read_bytes() for path in private.glob("private.db*")]
