"""A clock that ran far ahead and has been put right: what heals by itself, and what takes new keys."""

from __future__ import annotations

import pytest

from tests.sim.world import HOUR, MINUTE, NAMES, NOTICE, T0, World, out

LOG, BACK = "demo/test/us/to-ru", "demo/test/ru/to-us"
YEAR = 365 * 24 * HOUR
HONEST = {"fork", "receipt-time-backward", "backdated"}


def ran_ahead(code: str, by: int = YEAR) -> World:
    """A world in which this node's clock was a year ahead for an hour, while others spoke to it and it spoke."""
    world = World()
    house = world.house(code)
    for other in sorted(set(NAMES) - {code}):
        with world.house(other).batch(world.now):
            for audience in sorted(set(NAMES) - {other}):
                world.house(other).say(out(audience, "notice", NOTICE), world.now)
        for job in world.store(other).jobs():
            if job.peer == code:
                with house.batch(world.now + by):
                    house.serve(other, job.path, job.body, world.now + by)
    with house.batch(world.now + by):
        house.tick(world.now + by)
        for audience in sorted(set(NAMES) - {code}):
            house.say(out(audience, "notice", NOTICE), world.now + by)
    world.run()
    world.restart(code)
    return world


def test_heartbeat_and_claimed_times_are_right_again_at_once() -> None:
    world = ran_ahead("us")
    before = len(world.refused("ru", "time-future"))
    assert before
    placed = world.say("us", "ru", "notice", NOTICE)
    assert world.read("us", LOG, placed.entry).statement.time == world.now  # type: ignore[union-attr]
    world.later(25 * MINUTE)
    times = [row.time for row in world.store("ru").statements("status", LOG)]
    assert [time for time in times if T0 < time < T0 + HOUR], "it beats again, and not in a year"
    assert len(world.refused("ru", "time-future")) == before
    assert world.refused("ru", "heartbeat-missed") == []


def test_within_the_clock_error_a_claimed_time_does_not_run_back() -> None:
    world = ran_ahead("us", by=20_000)
    placed = world.say("us", "ru", "notice", NOTICE)
    assert world.read("us", LOG, placed.entry).statement.time == T0 + 20_000  # type: ignore[union-attr]


@pytest.mark.parametrize("code", ["ru", "un"])
def test_signatures_are_dated_ahead_until_the_keys_change(code: str) -> None:
    """One key never signs earlier than it did: two such lines would convict it. A new key begins at now."""
    world = ran_ahead(code)
    copies = world.house(code).batches.copies()
    assert max(copy.ahead(world.now) for copy in copies) > YEAR - HOUR
    placed = world.say("us", "ru", "notice", NOTICE)
    world.later(5 * MINUTE)
    assert "receipt-time-off" in world.refusals("us")
    world.rotate(code, keep=("root", "log", "release"))
    assert max(copy.ahead(world.now) for copy in copies) == 0
    world.later(40 * MINUTE)
    before = len(world.refused("us", "receipt-time-off"))
    later = world.say("us", "ru", "notice", NOTICE)
    world.later(30 * MINUTE)
    assert len(world.refused("us", "receipt-time-off")) == before
    for entry in (placed.entry, later.entry):
        assert world.house("us").receipt(LOG, entry)
    times = [r.time_s for node in ("us",) for r in world.store(node).receipts(LOG)]
    assert max(times) * 1000 <= world.now
    assert HONEST & {refusal for node in NAMES for refusal in world.refusals(node)} == set()
    assert [world.store(node).evidence() for node in NAMES] == [[], [], []]


def test_a_new_key_goes_on_from_an_old_one_that_was_a_little_ahead() -> None:
    """Else the receiver would see the countersigner go back by some seconds, and refuse."""
    world = ran_ahead("ru", by=20_000)
    world.say("us", "ru", "notice", NOTICE)
    world.rotate("ru", keep=("root", "log", "release"))
    world.say("us", "ru", "notice", NOTICE)
    world.later(20 * MINUTE)
    assert world.refusals("us") == []


def test_a_cosigner_that_looks_ahead_is_not_kept_as_if_it_were_right() -> None:
    """Its line of next year, kept, would convict the next honest one."""
    world = ran_ahead("un")
    world.later(15 * MINUTE)
    assert "receipt-time-off" in {r.code for node in ("us", "ru") for r in world.refused(node) if r.party == "un"}
    for node in ("us", "ru"):
        for log in (LOG, BACK):
            assert all(r.time_s * 1000 <= world.now for r in world.store(node).receipts(log) if "/un/" in r.name)
