"""Areas: two keys, counters, versions, revocation, mixed ground, and one joint picture on both nodes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Record, Region, Spot
from detente.desks.areas import TABLE, Area, areas, in_force, picture, versions
from tests.agreement.geodesics import Exact

MINUTE = 60_000
PARTIES = ("us", "ru")
OTHER = {"us": "ru", "ru": "us"}
BOX = Region(rings=(((36.0, 36.0), (36.4, 36.0), (36.4, 36.4), (36.0, 36.4), (36.0, 36.0)),))
SMALL = Region(rings=(((36.0, 36.0), (36.2, 36.0), (36.2, 36.2), (36.0, 36.2), (36.0, 36.0)),))
SHAPES = (BOX, SMALL)


def corners(one: Region, other: Region) -> bool:
    """Boxes here: a common corner region is common ground."""
    (a0, b0), (a1, b1) = one.rings[0][0], one.rings[0][2]
    (c0, d0), (c1, d1) = other.rings[0][0], other.rings[0][2]
    return a0 < c1 and c0 < a1 and b0 < d1 and d0 < b1


class Talk:
    def __init__(self) -> None:
        self.acts: list[Act] = []

    def say(self, by: str, kind: str, minute: int, **fields: Any) -> None:
        at = Interval(minute * MINUTE, minute * MINUTE)
        index = sum(act.log == by for act in self.acts)
        name = f"{len(self.acts):03d}"
        self.acts.append(Act(name, kind, frozenset({by}), at, {OTHER[by]: at}, fields, log=by, index=index))

    def propose(self, by: str, minute: int, version: int = 1, shape: Region = BOX, kind: str = "concentrated") -> None:
        self.say(by, "designation", minute, **{"area": "a", "version": version, "class": kind, "shape": shape})

    @property
    def found(self) -> list[Area]:
        return areas(self.acts, PARTIES, corners)


@pytest.fixture
def talk() -> Talk:
    return Talk()


def states(found: list[Area]) -> list[tuple[int, str]]:
    return [(each.version, each.state) for each in found]


def test_two_keys_make_an_area(talk: Talk):
    talk.propose("us", 1)
    assert states(talk.found) == [(1, "proposed")]
    talk.propose("ru", 2)
    assert states(talk.found) == [(1, "agreed")]
    assert versions(talk.found) == {"a": [(1, 2 * MINUTE)]}


def test_another_shape_counters_and_neither_is_in_force(talk: Talk):
    talk.propose("us", 1)
    talk.propose("ru", 2, shape=SMALL)
    assert states(talk.found) == [(1, "countered"), (1, "countered")]
    assert in_force(talk.found) == {}
    talk.propose("us", 3, shape=SMALL)
    assert sorted(states(talk.found)) == [(1, "agreed"), (1, "superseded")]


def test_a_proposal_stands_beside_the_version_in_force(talk: Talk):
    talk.propose("us", 1)
    talk.propose("ru", 2)
    talk.propose("ru", 3, version=2, shape=SMALL)
    assert states(talk.found) == [(1, "agreed"), (2, "proposed")]
    assert in_force(talk.found)["a"].shape == BOX
    talk.propose("us", 4, version=2, shape=SMALL)
    assert states(talk.found) == [(1, "superseded"), (2, "agreed")]
    assert versions(talk.found) == {"a": [(1, 2 * MINUTE), (2, 4 * MINUTE)]}


@pytest.mark.parametrize("by", PARTIES)
def test_either_side_takes_its_key_off(talk: Talk, by: str):
    talk.propose("us", 1)
    talk.propose("ru", 2)
    talk.say(by, "revocation", 3, area="a")
    assert states(talk.found) == [(1, "revoked")]
    assert in_force(talk.found) == {}


def test_ground_shared_with_the_opposition_is_mixed_and_never_designated(talk: Talk):
    talk.propose("us", 1)
    talk.propose("ru", 2)
    talk.say("us", "opposition_area", 3, area="o", version=1, shape=SMALL)
    (area,) = talk.found
    assert (area.kind, area.in_class, area.mixed_with) == ("concentrated", "mixed", ("o",))
    talk.say("us", "opposition_area_removal", 4, area="o")
    assert talk.found[0].in_class == "concentrated"


def test_too_near_to_say_is_mixed_too(talk: Talk):
    talk.propose("us", 1)
    talk.say("ru", "opposition_area", 3, area="o", version=1, shape=SMALL)
    (area,) = areas(talk.acts, PARTIES, lambda _one, _other: None)
    assert area.in_class == "mixed"


def test_the_joint_picture_is_equal_on_both_and_changes_with_what_is_agreed(talk: Talk):
    talk.propose("us", 1)
    before = picture("0" * 64, talk.found, ["joint"])
    talk.propose("ru", 2)
    after = picture("0" * 64, talk.found, ["joint"])
    assert before != after
    assert picture("0" * 64, areas(reversed(talk.acts), PARTIES, corners), ["joint"]) == after
    assert picture("0" * 64, talk.found, []) != after
    assert picture("1" * 64, talk.found, ["joint"]) != after


RULE = b"""
language: 1
agreement: x
parties: {us: A, ru: B}
statements:
  designation: {area: code, version: count, class: code, shape: area}
  revocation: {area: code}
events: {strike: {position: point}}
places:
  agreed:
    named_in: {act: designation, by_each: parties, alike: [area, version, class, shape], newest_per: [area], ended_by: revocation}
    field: shape
clauses: [{id: inside, says: s, forbid: strike, unless: {inside: agreed}}]
"""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(PARTIES),
        st.sampled_from(["designation", "designation", "designation", "revocation"]),
        st.integers(1, 2),
        st.sampled_from(SHAPES),
        st.integers(1, 5),
    ),
    max_size=10,
)


@given(STEPS, st.integers())
def test_the_judge_and_the_desk_hold_the_same_version_in_force_in_any_order(steps: list[Any], seed: int):
    talk, minute = Talk(), 0
    for by, kind, version, shape, wait in steps:
        minute += wait
        if kind == "designation":
            talk.propose(by, minute, version, shape)
        else:
            talk.say(by, "revocation", minute, area="a")
    shuffled = list(talk.acts)
    Random(seed).shuffle(shuffled)
    assert areas(shuffled, PARTIES, corners) == talk.found
    held = in_force(talk.found)
    at = Interval((minute + 5) * MINUTE, (minute + 5) * MINUTE)
    for number, (lon, lat) in enumerate(((36.1, 36.1), (36.3, 36.3))):
        strike = Act(f"s{number}", "strike", frozenset({"us"}), at, {}, {"position": Spot(lon, lat)})
        inside = "a" in held and (held["a"].shape == BOX or number == 0)
        for engine in (step, reference):
            found = engine.judge(read_agreement(RULE), Record((*talk.acts, strike), at.hi + MINUTE), Exact())
            (verdict,) = [one.verdict for one in found if one.act == strike.id]
            assert verdict == ("kept" if inside else "broken"), engine.__name__


def test_one_side_alone_brings_no_old_version_back(talk: Talk):
    for minute, (by, version, shape) in enumerate(
        [("us", 1, BOX), ("ru", 1, BOX), ("us", 2, SMALL), ("ru", 2, SMALL), ("ru", 1, BOX)]
    ):
        talk.propose(by, minute, version, shape)
    assert in_force(talk.found)["a"].shape == SMALL
    at = Interval(9 * MINUTE, 9 * MINUTE)
    strike = Act("s", "strike", frozenset({"us"}), at, {}, {"position": Spot(36.3, 36.3)})
    record = Record((*talk.acts, strike), at.hi + MINUTE)
    for engine in (step, reference):
        assert [one.verdict for one in engine.judge(read_agreement(RULE), record, Exact())] == ["broken"]


@given(STEPS)
def test_only_moves_of_the_table_are_made(steps: list[Any]):
    """Act by act: each text of the area is where it was, or where a move by a statement of that kind leads."""
    talk, minute = Talk(), 0
    before: dict[Any, str] = {}
    for by, kind, version, shape, wait in steps:
        minute += wait
        if kind == "designation":
            talk.propose(by, minute, version, shape)
        else:
            talk.say(by, "revocation", minute, area="a")
        after = {(each.version, each.kind, each.shape): each.state for each in talk.found}
        for text, state in after.items():
            old = before.get(text, TABLE.start)
            came = f"{kind}: {old} -> {state}"
            assert state == old or reached(old, state, kind), came
        assert set(before) <= set(after), "what was proposed is never forgotten"
        before = after


def reached(old: str, state: str, kind: str) -> bool:
    """By one move of the table, or by two that one statement makes at once; what has ended may be proposed anew."""
    ways = [(start, move.after) for move in TABLE.moves if move.kind == kind for start in move.before]
    once = {after for start, after in ways if start == (TABLE.start if old in TABLE.ends else old)}
    return state in once or any((middle, state) in ways for middle in once)


def test_every_state_of_the_table_is_reached(talk: Talk):
    seen = set[str]()
    for minute, (by, kind, version, shape) in enumerate([
        ("us", "designation", 1, BOX), ("ru", "designation", 1, SMALL), ("us", "designation", 1, SMALL),
        ("us", "designation", 2, BOX), ("ru", "designation", 2, BOX), ("us", "revocation", 0, BOX),
    ]):  # fmt: skip
        if kind == "designation":
            talk.propose(by, minute, version, shape)
        else:
            talk.say(by, kind, minute, area="a")
        seen |= {each.state for each in talk.found}
    assert seen == set(TABLE.states) - {TABLE.start}
