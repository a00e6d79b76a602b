"""The desks on two nodes under the Syria reconstruction: what each sees when the other is silent, late, older, or wrong.

All of it is made up. Every question is put to both nodes, and both must answer alike once they hold the same entries.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detente.adapters.place_checks import remarks_on
from detente.agreement.finding import Finding
from detente.agreement.judge import Judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Spot
from detente.desks.lists import Item
from detente.desks.room import Room
from detente.errors import GivenError
from detente.geo.areas import read_shape
from detente.geo.coordinates import read_cell
from detente.geo.ellipsoid import geodesic
from detente.model.shapes import E7
from tests.sim.world import HOUR, MINUTE, SECOND, World, out

TEXT = (Path(__file__).resolve().parents[2] / "agreements" / "syria-2016-07.yaml").read_bytes()
SYRIA = read_agreement(TEXT)
PARTIES = ("us", "ru")
STEP = 5 * MINUTE


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = [[round(lon * E7), round(lat * E7)] for lon, lat in corners]
    shape: dict[str, Any] = msgspec.to_builtins(
        read_shape({"type": "polygon", "edges": "geodesic", "coordinates": [ring]})
    )
    return shape


def circle(lon: float, lat: float, radius: int = 1_000) -> dict[str, Any]:
    return {"type": "circle", "coordinates": [round(lon * E7), round(lat * E7)], "radius": radius}


WIDE = box(36.5, 35.5, 37.5, 36.5)


class Centre:
    """Both parties have signed, think alike, and have agreed one area; `rooms` are the desks of each."""

    def __init__(self) -> None:
        self.world = World(agreement=TEXT, heartbeat="10min")
        self.world.adopt()
        self.rooms = {code: Room(SYRIA, self.world.house(code).terms, self.world.store(code), code) for code in PARTIES}
        for code in PARTIES:
            self.say(code, "common_understanding")
        for code in PARTIES:
            self.designate(code)
        self.world.later(2 * MINUTE)  # beyond the clocks' error, so that what has begun has surely begun

    def say(self, by: str, name: str, **fields: Any) -> str:
        other = "ru" if by == "us" else "us"
        return self.world.say(by, other, "said", {"name": name, "fields": fields}).id

    def say_for(self, whom: str, name: str, **fields: Any) -> str:
        """The United States speaks for its cell."""
        return self.world.say("us", "ru", "said", {"name": name, "speaks_for": whom, "fields": fields}).id

    def give_notice(self) -> None:
        """Air safety: us's notice, as long before as the agreement asks."""
        window = {"type": "period", "start": self.world.now, "end": self.world.now + 6 * HOUR}
        self.say("us", "air_notice", operation="o1", place=circle(37.0, 36.0, 20_000), window=window)
        self.later(35 * MINUTE)

    def ready(self) -> str:
        """A strike of us on t1 to which no clause objects; the id of the nomination."""
        nomination = self.nominate()
        self.consent("ru", nomination)
        self.later(26 * HOUR)
        self.give_notice()
        self.say_for("us_cell", "list_held", strike="s1")
        self.later(5 * MINUTE)
        assert self.may(self.strike())["word"] == "no objection"
        return nomination

    def designate(self, by: str, version: int = 1, shape: dict[str, Any] = WIDE, kind: str = "concentrated") -> str:
        return self.say(by, "designation", area="n", version=version, shape=shape, **{"class": kind})

    def nominate(self, target: str = "t1", by: str = "us", version: int = 1, hours: tuple[int, int] = (26, 40)) -> str:
        """Handed over now, with the nominator's own process and consent; its window counts from now."""
        self.say(by, "own_approval", target=target, proof="p")
        start, end = (self.world.now + hour * HOUR for hour in hours)
        nomination = self.say(
            by, "nomination", target=target, group="nusra", place=circle(37.0, 36.0), area="n", area_version=version,
            window={"type": "period", "start": start, "end": end},
        )  # fmt: skip
        self.consent(by, nomination, target)
        return nomination

    def consent(self, by: str, nomination: str, target: str = "t1") -> str:
        return self.say(by, "consent", target=target, nomination=nomination)

    def later(self, ms: int) -> None:
        self.world.later(ms, STEP)

    def items(self) -> list[Item]:
        """The list as both nodes see it."""
        ours, theirs = (self.rooms[code].items(self.world.now) for code in PARTIES)
        assert ours == theirs
        return ours

    def states(self) -> list[str]:
        return [item.state for item in self.items()]

    def strike(self, lon: float = 37.0, lat: float = 36.0, against: str = "nusra", target: str | None = "t1") -> Act:
        fields: dict[str, object] = {"strike": "s1", "position": Spot(lon, lat, 20.0), "against": against}
        if target:
            fields["target"] = target
        return Act("plan", "strike", frozenset({"us"}), None, {}, fields)

    def may(self, act: Act) -> dict[str, str]:
        """Verdicts of the prohibitions on it, as both nodes give them by their own records."""
        answers = [self.rooms[code].may(act, self.world.now) for code in PARTIES]
        ours, theirs = ({"word": overall.word, **verdicts(found)} for overall, found in answers)
        assert ours == theirs
        return ours

    def judged(self, act: Act) -> dict[str, Finding]:
        """What each clause says of an act that happened, alike on both nodes."""
        found = []
        for code in PARTIES:
            record = self.rooms[code].record(self.world.now)
            judge = Judge.over(SYRIA, self.rooms[code].geometry, replace(record, acts=(*record.acts, act)))
            found.append({one.clause: one for one in judge.findings() if one.act == act.id})
        assert {name: one.verdict for name, one in found[0].items()} == {
            name: one.verdict for name, one in found[1].items()
        }
        return found[0]


def verdicts(found: list[Finding]) -> dict[str, str]:
    return {one.clause: one.verdict for one in found if one.verdict != "not applicable"}


@pytest.fixture
def centre() -> Centre:
    return Centre()


def test_two_keys_and_the_same_picture_on_both(centre: Centre):
    pictures = [centre.rooms[code].picture(centre.world.now) for code in PARTIES]
    assert pictures[0] == pictures[1]
    assert [(each.area, each.version, each.in_class) for each in pictures[0].areas] == [("n", 1, "concentrated")]
    assert {"term", "joint", "since_signature"} <= set(pictures[0].phases)
    centre.say("ru", "opposition_area", area="o", version=1, shape=box(37.0, 36.0, 37.2, 36.2))
    after = [centre.rooms[code].picture(centre.world.now) for code in PARTIES]
    assert after[0] == after[1]
    assert after[0].digest != pictures[0].digest
    assert after[0].areas[0].in_class == "mixed"


def test_with_all_in_order_no_clause_objects_on_either_node_until_something_is_not_known(centre: Centre):
    """The best answer there is: reached step by step, and lost again when the other side falls silent."""
    nomination = centre.nominate()
    assert centre.states() == ["handed over"]
    early = centre.may(centre.strike())
    assert (early["word"], early["JIG-05"], early["JIG-06"]) == ("not yet", "broken", "broken")
    centre.later(2 * HOUR)
    centre.consent("ru", nomination)
    assert centre.states() == ["agreed"]
    centre.later(25 * HOUR)
    found = centre.may(centre.strike())
    assert [found[clause] for clause in ("X-only", "JIG-05", "JIG-06", "JIG-07")] == ["kept"] * 4
    assert (found["word"], found["JIG-13"], found["X-last-mile-us"]) == ("not yet", "broken", "broken")
    centre.give_notice()
    found = centre.may(centre.strike())
    assert {clause for clause, verdict in found.items() if verdict == "broken"} == {"X-last-mile-us"}
    centre.say("us", "list_held", strike="s1")
    assert centre.may(centre.strike())["X-last-mile-us"] == "broken", "it is for the cell to say"
    centre.say_for("us_cell", "list_held", strike="s1")
    centre.later(5 * MINUTE)
    found = centre.may(centre.strike())
    assert found["word"] == "no objection", {clause: v for clause, v in found.items() if v != "kept"}
    centre.world.cut("un")
    centre.later(30 * MINUTE)
    silent = centre.may(centre.strike())
    assert (silent["word"], silent["JIG-14"], silent["X-stopped"]) == ("cannot tell",) * 3, "un may have named a site"
    centre.world.restore("un")
    assert centre.may(centre.strike())["word"] == "no objection"
    centre.world.cut("ru")
    centre.later(30 * MINUTE)
    overall, _ = centre.rooms["us"].may(centre.strike(), centre.world.now)
    assert overall.word == "cannot tell"


def test_in_the_second_of_signing_nobody_can_tell_and_no_instant_beyond_time_is_named():
    world = World(agreement=TEXT)
    world.adopt()
    fields = {"area": "n", "version": 1, "class": "concentrated", "shape": WIDE}
    for by, other in (("us", "ru"), ("ru", "us")):
        world.say(by, other, "said", {"name": "designation", "fields": fields})
    room = Room(SYRIA, world.house("us").terms, world.store("us"), "us")
    act = Act(
        "plan",
        "strike",
        frozenset({"us"}),
        None,
        {},
        {"strike": "s", "position": Spot(37.0, 36.0, 20.0), "against": "nusra"},
    )
    overall, found = room.may(act, world.now)
    assert verdicts(found)["JIG-07"] == "cannot tell"
    assert overall.word == "cannot tell"
    assert [one.clause for one in found if one.earliest is not None and one.earliest > world.now + 24 * HOUR] == []


def test_the_other_side_is_silent(centre: Centre):
    """It has signed for the nomination and says nothing: not agreed when the window begins."""
    centre.nominate()
    centre.later(25 * HOUR)
    assert centre.states() == ["handed over"]
    centre.later(2 * HOUR)
    assert centre.states() == ["lapsed"]
    found = centre.may(centre.strike())
    assert (found["JIG-05"], found["JIG-06"]) == ("kept", "broken")


def test_the_other_node_is_silent(centre: Centre):
    """Nothing was signed for: not handed over, no clock runs, and what the other may have said cannot be told."""
    centre.world.cut("ru")
    centre.nominate()
    centre.later(30 * MINUTE)
    (item,) = centre.rooms["us"].items(centre.world.now)
    assert (item.state, item.received) == ("not handed over", None)
    assert centre.rooms["ru"].items(centre.world.now) == []
    overall, found = centre.rooms["us"].may(centre.strike(), centre.world.now)
    assert verdicts(found)["X-stopped"] == "cannot tell", "a STOP may be on its way"
    assert overall.word == "cannot tell"


def test_the_other_side_is_on_an_older_agreement(centre: Centre):
    """What is said under another digest is refused by name and counts for nobody."""
    nomination = centre.nominate()
    ru = centre.world.house("ru")
    held, ru.speaker._agreement = ru.speaker._agreement, "0" * 64
    centre.consent("ru", nomination)
    ru.speaker._agreement = held
    assert set(centre.world.refusals("us")) == {"wrong-agreement"}
    (item,) = centre.rooms["us"].items(centre.world.now)
    assert item.state == "handed over"
    assert set(item.consents) == {"us"}


def test_the_other_side_is_on_an_older_version_of_the_area(centre: Centre):
    """us proposes version 2, ru does not answer: version 1 stands on both, and both say so."""
    centre.designate("us", 2, box(36.5, 35.5, 37.2, 36.5))
    for code in PARTIES:
        found = {(each.version, each.state) for each in centre.rooms[code].areas(centre.world.now)}
        assert found == {(1, "agreed"), (2, "proposed")}
        assert [each.version for each in centre.rooms[code].picture(centre.world.now).areas] == [1]
    inside = centre.may(centre.strike(lon=37.4))
    assert inside["JIG-07"] == "kept", "what only one side has signed takes nothing away"


def test_consent_given_on_a_superseded_area(centre: Centre):
    """Version 2 is agreed between nomination and consent: the consent counts for nothing."""
    nomination = centre.nominate()
    for code in PARTIES:
        centre.later(5 * MINUTE)
        centre.designate(code, 2, box(36.5, 35.5, 37.2, 36.5))
    centre.later(5 * MINUTE)
    centre.consent("ru", nomination)
    (item,) = centre.items()
    assert (item.state, len(item.idle)) == ("void", 1)
    again = centre.nominate(version=2)
    centre.consent("ru", again)
    assert centre.states() == ["void", "agreed"]


def test_a_withdrawal_races_a_strike(centre: Centre):
    """Signed for within the clock error of the strike: nobody can tell which was first, and the striker bears it."""
    nomination = centre.nominate()
    centre.consent("ru", nomination)
    centre.later(27 * HOUR)
    assert centre.states() == ["agreed"]
    at = centre.world.now + 10 * SECOND
    centre.say("ru", "withdrawal_of_consent", target="t1")
    assert centre.states() == ["withdrawn"]
    centre.later(2 * HOUR)  # until nobody can claim an imminent threat any more
    happened = replace(centre.strike(), id="s", at=Interval(at, at))
    finding = centre.judged(happened)["JIG-06"]
    assert (finding.verdict, finding.borne_by) == ("cannot tell", "us")
    before = replace(happened, at=Interval(at - 2 * MINUTE, at - 2 * MINUTE))
    assert centre.judged(before)["JIG-06"].verdict == "kept"
    after = replace(happened, at=Interval(at + 2 * MINUTE, at + 2 * MINUTE))
    assert centre.judged(after)["JIG-06"].verdict == "broken"


def test_the_cited_target_is_missed_by_three_kilometres(centre: Centre):
    nomination = centre.nominate()
    centre.consent("ru", nomination)
    centre.later(27 * HOUR)
    lat = 36.0 + 3_000 / 110_960
    assert geodesic(36 * E7, 37 * E7, round(lat * E7), 37 * E7) == pytest.approx(3_000, abs=20)
    found = centre.may(centre.strike(lat=lat))
    assert (found["JIG-05"], found["JIG-06"], found["JIG-07"]) == ("broken", "broken", "kept")


def test_two_hundred_nominations_in_an_hour(centre: Centre):
    """The other node counts them; it need not answer one of them; all lapse in silence."""
    for number in range(200):
        start = centre.world.now + 26 * HOUR
        with centre.world.speaking("ru") as house:
            fields = {
                "target": f"t{number}", "group": "nusra", "place": circle(36.6 + number / 1_000, 36.0), "area": "n",
                "area_version": 1, "window": {"type": "period", "start": start, "end": start + HOUR},
            }  # fmt: skip
            house.say(out("us", "said", {"name": "nomination", "fields": fields}), centre.world.now)
        if number % 20 == 19:
            centre.world.later(6 * MINUTE, 6 * MINUTE)
    assert centre.rooms["us"].nominated(centre.world.now, "ru") == 200
    assert centre.states() == ["handed over"] * 200
    assert SYRIA.rules["JIG-04"].mode == "forbid"
    assert centre.rooms["us"].counting() == (), "the agreement counts none, so the bound is the node's own setting"
    centre.world.later(27 * HOUR, HOUR)
    assert set(centre.states()) == {"lapsed"}


def test_sk_42_read_as_utm(centre: Centre):
    """A place of ours on SK-42, its zone number stripped and read as UTM: 1.6 km off, flagged by a second source.

    If it is handed over all the same and agreed, a strike where the source meant does not fit it.
    """
    meant = read_cell("3987000 7319600", datum="SK-42", grid="GK 7")
    with pytest.raises(GivenError, match="coordinate-invalid"):
        read_cell("7319600 3987000", datum="WGS84", grid="UTM 37 north")
    wrong = read_cell("319600 3987000", datum="WGS84", grid="UTM 37 north")
    assert 1_500 < geodesic(wrong.lat, wrong.lon, meant.lat, meant.lon) < 1_800
    flagged = [remark for remark in remarks_on(wrong, 1_000, meant, (), "", "") if remark.code == "sources-differ"]
    assert len(flagged) == 1
    assert "1.7 km" in flagged[0].text
    assert remarks_on(meant, 1_000, meant, (), "", "") == [*meant.warnings]
    start = centre.world.now + 26 * HOUR
    window = {"type": "period", "start": start, "end": start + 10 * HOUR}
    place = {"type": "circle", "coordinates": [wrong.lon, wrong.lat], "radius": 1_000}
    one = centre.say(
        "us", "nomination", target="t1", group="nusra", place=place, area="n", area_version=1, window=window
    )
    centre.consent("us", one)
    centre.consent("ru", one)
    centre.later(27 * HOUR)
    assert centre.states() == ["agreed"]
    assert centre.may(centre.strike(meant.lon / E7, meant.lat / E7))["JIG-06"] == "broken"
    assert centre.may(centre.strike(wrong.lon / E7, wrong.lat / E7))["JIG-06"] == "kept"


def test_a_village_with_a_near_twin(tmp_path: Path):
    """The name is two letters from that of a place 80 km off: a person is asked, also where the coordinate fits."""
    file = tmp_path / "places.csv"
    file.write_text(
        "geonameid,name,lat,lon,cc,alternatenames\n1,Tal Madiq,36.0,37.0,SY,\n2,Tall Madiqa,36.7,37.2,SY,\n"
    )
    cell = read_cell("36.0001 N 37.0001 E", datum="WGS84", grid="geographic")
    (remark,) = remarks_on(cell, 500, None, (file,), "Tal Madiq", "")
    assert remark.code == "near-twin"
    assert "80 km away" in remark.text
    other = read_cell("36.7001 N 37.2001 E", datum="WGS84", grid="geographic")
    codes = [remark.code for remark in remarks_on(other, 500, None, (file,), "Tal Madiq", "")]
    assert codes == ["far-from-place", "near-twin"]


def test_a_strike_labelled_daesh_in_an_opposition_area(centre: Centre):
    """Whatever it is called: no clause permits it, and no later statement mends it."""
    centre.say("us", "opposition_area", area="o", version=1, shape=box(36.9, 35.9, 37.1, 36.1))
    (area,) = centre.rooms["ru"].picture(centre.world.now).areas
    assert (area.in_class, area.mixed_with) == ("mixed", ("o",))
    centre.later(5 * MINUTE)
    found = centre.may(centre.strike(against="daesh", target=None))
    assert found["word"] == "stop"
    assert (found["X-opposition"], found["X-only"]) == ("broken", "kept")


def test_a_nomination_has_no_field_for_weapon_aim_effect_priority_or_image():
    assert set(SYRIA.kinds["nomination"].fields) == {"target", "group", "place", "window", "area", "area_version"}
