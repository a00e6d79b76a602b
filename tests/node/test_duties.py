"""What falls due by the clock, and when: at the millisecond that is too late, once for each occasion, never in the past."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import LocalError
from tests.sim import liars
from tests.sim.world import HOUR, MINUTE, NAMES, NOTICE, T0, World, out

LOG = "demo/test/us/to-ru"


def step(world: World, code: str, now: int) -> None:
    """One node's clock; nothing is carried."""
    world.now = now
    with world.house(code).batch(now):
        world.house(code).tick(now)


def test_each_duty_is_due_at_its_first_late_millisecond() -> None:
    world = World(root_max_age="11min", heartbeat="10min")
    world.cut("us")
    house = world.house("us")
    beat, receipt, silent, root = 10 * MINUTE, MINUTE, 10 * MINUTE + MINUTE + 60_000, 11 * MINUTE
    with house.batch(T0):
        house.say(out("ru", "notice", NOTICE), T0)
    seen: list[int] = []
    for _ in range(12):
        due = house.duties.next_due()
        seen.append(due - T0)
        before = len(world.refusals("us"))
        step(world, "us", due - 1)
        assert len(world.refusals("us")) == before, f"nothing is due before {due - T0}"
        step(world, "us", due)
    assert seen[0] == receipt + 1
    assert {beat, root + 1, silent + 1} <= set(seen)
    codes = world.refusals("us")
    assert codes.count("heartbeat-missed") == 2
    assert codes.count("root-stale") == 2
    assert codes.count("receipt-overdue") == 2, "to ru, and to un for the status that followed"


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["tick", "say", "cut", "restore", "restart", "full"]), st.integers(0, 13)),
        max_size=14,
    )
)
def test_the_next_duty_lies_in_the_future_whatever_happened(events: list[tuple[str, int]]) -> None:
    world = World(root_max_age="25min")
    for what, minutes in events:
        world.now += minutes * MINUTE
        if what == "say":
            world.say("us", "ru", "notice", NOTICE)
        elif what == "cut":
            world.cut("ru")
        elif what == "restore":
            world.restore("ru")
        elif what == "restart":
            world.restart("us")
        elif what == "full":
            world.store("us").full = True
            with pytest.raises(LocalError), world.house("us").batch(world.now):
                world.house("us").tick(world.now)
            world.store("us").full = False
        world.tick()
        for code in NAMES:
            assert world.house(code).duties.next_due() > world.now


def test_a_scenario_driven_by_next_due_alone_finds_everything(world: World) -> None:
    """As the demo drives its clock: from duty to duty. No finding is missed, none comes twice."""
    world.twists.append(liars.silent("ru", "us"))
    end = T0 + HOUR
    while True:
        due = min(world.house(code).duties.next_due() for code in NAMES)
        if due > end:
            break
        assert due > world.now
        world.now = due
        world.tick()
    assert [(r.code, r.party) for r in world.refused("us")] == [("heartbeat-missed", "ru")]
    assert len(world.store("us").statements("status", LOG)) == 6


def test_overdue_is_said_once_and_again_after_it_was_mended(world: World) -> None:
    for round_ in (1, 2):
        world.twists[:] = [liars.withhold_receipts(world, "ru")]
        world.say("us", "ru", "notice", NOTICE)
        world.later(20 * MINUTE)
        assert len(world.refused("us", "receipt-overdue")) == round_
        assert len(world.store("us").statements("receipt_overdue", LOG)) == round_
        world.twists.clear()
        world.later(20 * MINUTE)
        assert len(world.refused("us", "receipt-overdue")) == round_


def test_a_receipt_in_time_is_no_finding(world: World) -> None:
    world.hold("us", "ru")
    world.say("us", "ru", "notice", NOTICE)
    step(world, "us", T0 + MINUTE)
    world.release("us", "ru")
    step(world, "us", T0 + MINUTE + 1)
    assert world.refusals("us") == []


def test_heartbeats_keep_their_measure_over_restarts_and_gaps(world: World) -> None:
    world.later(9 * MINUTE)
    world.restart("us")
    world.later(2 * MINUTE)
    assert len(world.store("us").statements("status", LOG)) == 1
    step(world, "us", T0 + 95 * MINUTE)
    assert len(world.store("us").statements("status", LOG)) == 2, "after a gap one is enough"
    assert world.house("us").duties.next_due() <= T0 + 100 * MINUTE
    world.run()
    row = world.store("ru").statements("status", LOG)[-1]
    assert world.read("ru", LOG, row.entry).statement.on_watch == 0  # type: ignore[union-attr]


def test_a_failed_batch_gives_no_false_finding(world: World) -> None:
    """What was said in a batch that was not committed was never sent, so no receipt for it can be overdue."""
    house = world.house("us")
    world.store("us").full = True
    with pytest.raises(LocalError), house.batch(world.now):
        house.say(out("ru", "notice", NOTICE), world.now)
    with pytest.raises(LocalError), house.batch(world.now + 10 * MINUTE):
        house.tick(world.now + 10 * MINUTE)
    world.store("us").full = False
    world.later(9 * MINUTE)
    assert world.refusals("us") == []
    world.later(2 * MINUTE)
    assert len(world.store("us").statements("status", LOG)) == 1, "the heartbeat that failed is made up for"
    assert world.refusals("us") == []


def test_views_that_tell_nothing_are_passed_over_or_named(world: World) -> None:
    mirror = world.mirror("ru", "us")
    duties = world.house("ru").duties
    head = world.house("un").cosigners[LOG].head
    assert head is not None
    duties.compare_view(mirror, "un", 404, b"no head held\n", world.now)
    house = world.house("ru")
    for body, code in (
        (b"junk", "note-invalid"),
        (head.encode().replace(b"to-ru", b"to-un"), "wrong-origin"),
        (liars.Pen.of(world, "us", "ru").checkpoint().encode(), "receipt-wrong-role"),
    ):
        with house.batch(world.now):
            house.answered("un", f"view|{LOG}|un", 200, body, world.now)
        assert world.refusals("ru")[-1] == code
        assert world.refused("ru")[-1].party == "un"
