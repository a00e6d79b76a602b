"""Whatever is said, in whatever order and however late it arrives, two nodes find the same state of every item and area.

A state machine lets both sides say everything a desk reads while links are cut, one way or both, and nodes start again.
What was said is in the logs; once all of it has been carried, both nodes must hold the same items and areas and the same
picture, and every step of an item must be a move of the table. Under way one thing is asked of a node alone: what its own
operator has refused, it does not show as running. A failing walk is shrunk and printed as the calls that were made.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from detente.agreement.language import read_agreement
from detente.agreement.vocabulary import shipped
from detente.desks import areas as areas_desk
from detente.desks import lists as lists_desk
from detente.desks.lists import RUNNING, TABLE, Item
from detente.desks.room import Room
from detente.errors import LocalError
from tests.desks.test_stories import box, circle
from tests.sim.world import HOUR, MINUTE, World

TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others:
  nusra: {name: Nusra}
  un: {name: United Nations, keeps_log: true}
use:
%s
statements: {signature: {}}
events: {strike: {position: point}}
clauses: [{id: c, says: Nobody strikes., forbid: strike}]
""" % b"\n".join(f"  {each.name}: {each.digest}".encode() for each in shipped().values())
AGREEMENT = read_agreement(TEXT)
PARTIES = ("us", "ru")
SHAPES = (box(36.5, 35.5, 37.5, 36.5), box(36.5, 35.5, 37.2, 36.5))
ENDINGS = ("refusal", "withdrawal_of_consent", "abort")
BY = st.sampled_from(PARTIES)
TARGET = st.sampled_from(["t1", "t2"])
AREA = st.sampled_from(["n", "n", "m"])
PAIRS = st.sampled_from([("us", "ru"), ("ru", "us"), ("us", "un"), ("un", "ru")])


class TwoDesks(RuleBasedStateMachine):
    """`nominated`: target to the ids of its nominations; consents are given to any of them. `reached`: states of items that
    both nodes have been found to agree on."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(agreement=TEXT)
        self.world.adopt()
        self.nominated: dict[str, list[str]] = {"t1": [], "t2": []}
        self.reached: set[str] = set()

    def room(self, code: str) -> Room:
        return Room(AGREEMENT, self.world.house(code).terms, self.world.store(code), code)

    def say(self, by: str, name: str, **fields: Any) -> str:
        """ "" where the node may not sign just now: a start without anybody to ask."""
        try:
            return self.world.say(by, "ru" if by == "us" else "us", "said", {"name": name, "fields": fields}).id
        except LocalError as error:
            if error.code != "not-signing":
                raise
            return ""

    # what is said

    @rule(by=BY, area=AREA, version=st.integers(1, 3), shape=st.sampled_from(SHAPES))
    def designate(self, by: str, area: str, version: int, shape: dict[str, Any]) -> None:
        self.say(by, "designation", area=area, version=version, shape=shape, **{"class": "concentrated"})

    @rule(area=AREA, version=st.integers(1, 3), first=BY)
    def agree_area(self, area: str, version: int, first: str) -> None:
        """Both keys, in either order, at once: else hardly any walk has an area in force."""
        for by in (first, "ru" if first == "us" else "us"):
            self.designate(by, area, version, SHAPES[0])

    @rule(by=BY, area=AREA)
    def revoke(self, by: str, area: str) -> None:
        self.say(by, "revocation", area=area)

    @rule(by=BY, named=st.booleans())
    def opposition(self, by: str, named: bool) -> None:
        if named:
            self.say(by, "opposition_area", area="o", version=1, shape=SHAPES[1])
        else:
            self.say(by, "opposition_area_removal", area="o")

    @rule(
        by=BY,
        item=TARGET,
        version=st.integers(1, 3),
        first=st.sampled_from([0, 1, 26]),
        last=st.sampled_from([2, 40]),
    )
    def nominate(self, by: str, item: str, version: int, first: int, last: int) -> None:
        start, end = self.world.now + first * HOUR, self.world.now + max(last, first + 1) * HOUR
        identifier = self.say(
            by, "nomination", target=item, group="nusra", place=circle(37.0, 36.0), area="n", area_version=version,
            window={"type": "period", "start": start, "end": end},
        )  # fmt: skip
        if identifier:
            self.nominated[item].append(identifier)
            self.say(by, "consent", target=item, nomination=identifier)

    @rule(by=BY, item=TARGET, back=st.sampled_from([1, 1, 1, 2]))
    def consent(self, by: str, item: str, back: int) -> None:
        known = self.nominated[item]
        if len(known) >= back:
            self.say(by, "consent", target=item, nomination=known[-back])

    @rule(by=BY, item=TARGET, name=st.sampled_from([*ENDINGS, "undertaking", "undertaking", "result"]))
    def word(self, by: str, item: str, name: str) -> None:
        before = {each.id for each in self.items(by) if each.target == item and lists_desk.moves(
            each.state, each.nominator, sorted(each.consents), by, name)}  # fmt: skip
        if self.say(by, name, target=item) and name in ENDINGS:
            shown = [each for each in self.items(by) if each.id in before]
            assert all(each.ending or each.state not in RUNNING for each in shown), shown

    @rule(
        by=BY,
        item=TARGET,
        then=st.lists(st.sampled_from(["undertaking", *ENDINGS, "result"]), max_size=2),
        over=st.booleans(),
    )
    def carry_through(self, by: str, item: str, then: list[str], over: bool) -> None:
        """Handed over, received and agreed, then some words on it: else hardly any walk goes past consent."""
        other = "ru" if by == "us" else "us"
        self.agree_area("n", 1, by)
        self.nominate(by, item, 1, 26, 40)
        self.wait(61)
        self.consent(other, item, 1)
        self.wait(61)
        for name in then:
            self.say(by, name, target=item)
            self.wait(61)
        if over:
            self.world.later(41 * HOUR, 4 * HOUR)

    @rule(item=TARGET, first=st.sampled_from(ENDINGS), by=BY)
    def race(self, item: str, first: str, by: str) -> None:
        """An ending against an undertaking, in the same second, each not knowing the other's."""
        other = "ru" if by == "us" else "us"
        self.world.hold("us", "ru")
        self.world.hold("ru", "us")
        self.say(by, first, target=item)
        self.say(other, "undertaking", target=item)
        self.world.release(by, other)
        self.world.release(other, by)

    # what the links and the clock do

    @rule(seconds=st.sampled_from([1, 30, 61, 600, 3_600, 7_200]))
    def wait(self, seconds: int) -> None:
        self.world.later(seconds * 1_000, 10 * MINUTE)

    @rule(pair=PAIRS)
    def hold(self, pair: tuple[str, str]) -> None:
        self.world.hold(*pair)

    @rule(pair=PAIRS)
    def release(self, pair: tuple[str, str]) -> None:
        self.world.release(*pair)

    @rule(code=st.sampled_from(["us", "ru", "un"]), back=st.booleans())
    def cut(self, code: str, back: bool) -> None:
        if back:
            self.world.restore(code)
        else:
            self.world.cut(code)

    @rule(code=BY)
    def restart(self, code: str) -> None:
        self.world.restart(code)
        self.world.run()

    @rule()
    def settle(self) -> None:
        """Everything is carried, and both nodes think alike."""
        for code in ("us", "ru", "un"):
            for other in ("us", "ru", "un"):
                self.world.release(code, other)
            self.world.restore(code)
        self.world.later(12 * MINUTE, 4 * MINUTE)
        self.compare()

    def teardown(self) -> None:
        self.settle()

    # what holds

    def items(self, code: str) -> list[Item]:
        return self.room(code).items(self.world.now)

    def compare(self) -> None:
        ours, theirs = self.room("us"), self.room("ru")
        now = self.world.now
        assert ours.items(now) == theirs.items(now)
        assert ours.areas(now) == theirs.areas(now)
        assert ours.picture(now) == theirs.picture(now)
        found = ours.items(now)
        self.reached |= {step.state for item in found for step in item.steps}
        assert not any(each.ending for each in found), "nothing is on its way any more"
        for item in found:
            state = TABLE.start
            for step in item.steps:
                assert any(state in move.before and move.after == step.state for move in TABLE.moves), (state, step)
                state = step.state
            assert item.state == state
            assert item.consents <= set(PARTIES)
            assert item.state not in ("agreed", "undertaken") or item.consents == set(PARTIES)
        acts = list(ours.record(now).current().acts)
        Random(len(acts)).shuffle(acts)
        areas = areas_desk.areas(acts, PARTIES, ours._overlap)
        assert areas == ours.areas(now)
        assert lists_desk.items(acts, PARTIES, now, areas_desk.versions(areas)) == found


TestTwoDesks = TwoDesks.TestCase
TestTwoDesks.settings = settings(
    max_examples=12,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_the_rules_reach_every_state_of_a_list():
    """One walk by hand, so that it is the same everywhere: rules that never leave the first states would show nothing."""
    walk = TwoDesks()
    for then in ([], ["refusal"], ["withdrawal_of_consent"], ["abort"], ["undertaking", "result"]):
        walk.carry_through("us", "t1", then, False)
        walk.settle()
    walk.carry_through("ru", "t1", [], False)
    walk.carry_through("ru", "t2", [], True)
    walk.settle()
    walk.carry_through("us", "t2", [], False)
    walk.agree_area("n", 2, "ru")
    walk.settle()
    walk.agree_area("n", 1, "us")
    walk.nominate("us", "t2", 1, 1, 2)
    walk.world.later(3 * HOUR, HOUR)
    walk.settle()
    assert {move.after for move in TABLE.moves} == walk.reached
