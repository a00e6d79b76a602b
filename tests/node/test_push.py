"""Bringing heads and entries to receivers: rounds, partial uploads, conflicts, and rest only when all is signed."""

from __future__ import annotations

import pytest

from detente.node import push, timing
from detente.node.ports import Reply
from detente.proof.wire import encode_info, parse_add_entries, parse_info
from tests.sim import liars
from tests.sim.world import MINUTE, NOTICE, Message, World, out

LOG = "demo/test/us/to-ru"


def say_many(world: World, number: int, size: int = 10) -> None:
    with world.speaking("us") as house:
        for n in range(number):
            house.say(out("ru", "call", {"about": "op", "text": f"{n} " + "x" * size}), world.now)


def uploads(world: World) -> list[Message]:
    return [m for m in world.traffic if m.sender == "us" and m.receiver == "ru" and m.path.endswith("add-entries")]


def test_one_statement_costs_one_head_and_one_body(world: World) -> None:
    before = len(world.traffic)
    world.say("us", "ru", "notice", NOTICE)
    sent = [(m.receiver, m.path) for m in world.traffic[before:]]
    assert sorted(sent) == [
        ("ru", "/mirror/add-checkpoint"),
        ("ru", "/mirror/add-entries"),
        ("un", "/cosigner/add-checkpoint"),
    ]
    assert world.store("us").jobs() == []


def test_a_backlog_goes_in_several_rounds_of_whole_packages(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(push, "BODY_LIMIT", 60_000)
    before = len(uploads(world))
    say_many(world, 1_000)
    rounds = uploads(world)[before:]
    assert len(rounds) >= 4
    assert [m.reply.status for m in rounds] == [202] * (len(rounds) - 1) + [200]
    starts = [parse_add_entries(m.body).start for m in rounds]
    told = [parse_info(m.reply.body)[1] for m in rounds[:-1]]
    assert starts[1:] == told, "each goes on where the receiver says it stands"
    assert all(start % 256 == 0 for start in starts[1:])
    assert world.mirror("ru", "us").size == world.house("us").ledgers[LOG].size
    assert world.house("us").receipt(LOG, 1_000)


def test_a_cut_between_rounds_is_taken_up_where_it_was(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(push, "BODY_LIMIT", 60_000)
    taken: list[int] = []

    def cut(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if (sender, receiver) == ("us", "ru") and path.endswith("add-entries"):
            taken.append(len(body))
            return liars.LOST if len(taken) > 2 else None
        return None

    world.twists.append(cut)
    say_many(world, 1_000)
    held = world.store("ru").entry_count(LOG)
    assert 256 <= held < 1_000
    assert world.mirror("ru", "us").size < held, "what is not whole is not signed for"
    world.restart("us")
    world.restart("ru")
    world.twists.clear()
    before = len(uploads(world))
    world.later(MINUTE)
    assert parse_add_entries(uploads(world)[before].body).start == held
    assert world.mirror("ru", "us").size == world.house("us").ledgers[LOG].size
    assert world.refusals("ru") == []


def test_statements_said_meanwhile_wait_for_the_round_under_way(world: World) -> None:
    world.cut("ru")
    for _ in range(5):
        world.say("us", "ru", "notice", NOTICE)
    jobs = [job.purpose for job in world.store("us").jobs(f"mirror {LOG} ru")]
    assert jobs == [f"push|mirror {LOG} ru|{what}|3" for what in ("offer", "entries")], "one round in a lane at a time"
    before = len(uploads(world))
    world.restore("ru")
    assert [parse_add_entries(m.body).end for m in uploads(world)[before:]] == [3, world.house("us").ledgers[LOG].size]


def test_a_receiver_that_lost_our_head_is_steered_to(world: World) -> None:
    """409 with a smaller size: we send again from there."""
    say_many(world, 20)
    lane = world.house("us").push.lanes[f"mirror {LOG} ru"]
    for offered, held in ((3, 3), (0, 0), (99, 99), (21, 7)):
        lane.offered, lane.next = offered, held
        placed = world.say("us", "ru", "notice", NOTICE)
        assert world.house("us").receipt(placed.origin, placed.entry), (offered, held)
    assert set(world.refusals("ru")) <= {"wrong-size", "stale-checkpoint"}
    assert world.store("ru").evidence() == []


def test_the_states_of_a_lane(world: World) -> None:
    """Each answer by itself: what the lane believes afterwards, and whether it tries again."""
    house = world.house("us")
    world.cut("ru")
    world.cut("un")
    lane = house.push.lanes[f"mirror {LOG} ru"]
    assert (lane.offered, lane.next, lane.signed, lane.busy) == (1, 1, 1, False)

    def answer(purpose: str, status: int, body: bytes) -> tuple[int, int, int, int]:
        for job in world.store("us").jobs(lane.name):
            world.store("us").add_answer(job, 0, b"")
        for item in world.store("us").inbox():
            world.store("us").settle(item, 0, "", b"")
        with house.batch(world.now):
            house.push.answered(lane, purpose, status, body)
        return (lane.offered, lane.next, lane.signed, lane.refused)

    with house.batch(world.now):
        house.say(out("ru", "notice", NOTICE), world.now)
    assert (lane.goal, lane.busy) == (3, True), "the notice, and the digest of the receipt held for the root"
    assert answer("offer", 200, b"") == (3, 1, 1, 0)
    assert answer("entries", 202, encode_info(3, 2)) == (3, 2, 1, 0)
    assert answer("entries", 202, encode_info(3, 2)) == (3, 2, 1, 1), "no progress"
    assert answer("offer", 409, b"1\n") == (1, 2, 1, 2)
    assert answer("entries", 409, encode_info(1, 0)) == (1, 0, 1, 3)
    assert answer("entries", 409, b"nonsense") == (0, 0, 1, 4)
    assert answer("offer", 409, b"-1\n") == (0, 0, 1, 5)
    assert answer("offer", 409, b"9" * 5_000) == (0, 0, 1, 6)
    assert answer("offer", 409, "７\n".encode()) == (0, 0, 1, 7)
    assert answer("offer", 500, b"") == (0, 0, 1, 8)
    assert not lane.busy
    assert house.push.ahead(lane) is False
    assert answer("offer", 409, b"44\n") == (44, 0, 1, 9)
    assert house.push.ahead(lane), "a hint that we may run on a restored backup"


def test_a_lane_does_not_rest_on_an_answer_without_a_signature_that_counts(world: World) -> None:
    world.twists.append(liars.withhold_receipts(world, "ru"))
    placed = world.say("us", "ru", "notice", NOTICE)
    lane = world.house("us").push.lanes[f"mirror {LOG} ru"]
    assert lane.next == lane.offered == placed.entry + 2
    assert lane.signed == 1
    world.twists.clear()
    world.restart("us")
    world.later(2 * MINUTE)
    assert world.house("us").receipt(placed.origin, placed.entry)


def test_cosigner_lanes_go_by_heads_alone(world: World) -> None:
    say_many(world, 300)
    assert world.store("un").entry_count(LOG) == 0
    assert world.house("un").cosigners[LOG].head.head.size == world.house("us").ledgers[LOG].size  # type: ignore[union-attr]
    world.cut("un")
    for _ in range(3):
        say_many(world, 3)
    world.restore("un")
    assert timing.quorum_second(world.store("us").receipts(LOG), 309, 1) == world.now // 1000
    assert world.refusals("un") == []


def test_a_receipt_that_came_while_the_house_was_down_is_asked_for_again(world: World) -> None:
    """The gateway stores answers; read an hour later their time is off. They are not lost: the line is asked anew."""
    late: list[Reply] = []

    def down(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if (sender, receiver) == ("us", "ru") and path.endswith("add-entries") and not late:
            late.append(world.request(sender, receiver, path, body))
            world.now += 60 * MINUTE
            return late[0]
        return None

    world.twists.append(down)
    placed = world.say("us", "ru", "notice", NOTICE)
    assert "receipt-time-off" in world.refusals("us")
    assert world.house("us").receipt(placed.origin, placed.entry)
