"""Rows of the attack table (30-ledger) about histories: forks, backups, views, floods. Each docstring is the row."""

from __future__ import annotations

import pytest

from detente.errors import LocalError
from detente.node import timing
from detente.node.ports import Reply
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.evidence import check_fork, read_fork
from detente.proof.lapse import check_lapse, read_lapse
from detente.proof.wire import TYPE_TEXT
from tests.sim import liars
from tests.sim.world import MINUTE, NOTICE, MemoryMark, MemoryStore, World, out

LOG = "demo/test/us/to-ru"


def evidence(world: World, code: str, kind: str) -> list[bytes]:
    """The evidence files of one kind that a node keeps."""
    return [data for name, data in world.store(code).evidence() if name.startswith(kind)]


def test_split_view_us_cosigners_auditor(world: World) -> None:
    """Attack: split view: us, cosigneres, auditor.

    Check: each H compare our copy's head with every cosigner's; auditors pull both logs from both nodes.
    """
    world.later(5 * MINUTE)
    world.hold("us", "un")
    second = liars.Pen.of(world, "us", "ru")  # what un is shown
    world.say("us", "ru", "notice", NOTICE)  # what ru is shown
    assert second.add(second.entry("call")).show("un").status == 200
    world.later(12 * MINUTE)
    assert [(r.code, r.party) for r in world.refused("ru", "fork")] == [("fork", "us")], "not un: it signed what it saw"
    (data,) = evidence(world, "ru", "fork-")
    larger, smaller = check_fork(read_fork(data))
    assert {larger.origin, smaller.origin} == {LOG}

    # the third audience: an auditor who is given the log by both nodes sees that one is no prefix of the other
    mine, theirs = world.store("ru").entries(LOG, 0, 99), second.entries
    size = min(len(mine), len(theirs))
    assert mine[:size] != theirs[:size]


def test_split_view_with_the_cosigner_kept_ahead(world: World) -> None:
    """Attack: split view: us, cosigneres, auditor.

    Check: each H compare our copy's head with every cosigner's; auditors pull both logs from both nodes.
    """
    world.later(5 * MINUTE)
    world.hold("us", "un")
    second = liars.Pen.of(world, "us", "ru")
    for _ in range(4):  # whenever ru asks, un has seen one entry more of the other history than ru of its own
        while len(second.entries) < world.house("us").ledgers[LOG].size + 4:
            second.add(second.entry("call"))
        assert second.show("un").status == 200
        second.offered = len(second.entries)
        world.later(10 * MINUTE)
    assert [r.party for r in world.refused("ru", "fork")][:1] == ["us"]
    (data,) = evidence(world, "ru", "fork-")
    assert check_fork(read_fork(data))


def restored(world: World, entries: int = 5) -> tuple[MemoryStore, int]:
    """A backup of us, taken before `entries` more statements to ru; and the size of the log after them."""
    world.later(2 * MINUTE)
    backup = world.backup("us")
    for _ in range(entries):
        world.say("us", "ru", "notice", NOTICE)
    return backup, world.house("us").ledgers[LOG].size


def test_restored_backup_forks(world: World) -> None:
    """Attack: restored backup forks.

    Check: high-water mark outside the database; ask peer and all cosigneres; no fresh answer, no signing (operator
    override is logged).
    """
    backup, size = restored(world)
    root = world.house("us").ledgers[LOG].root_at(size)
    world.cut("us")
    house = world.restart("us", store=backup)
    assert set(house.restart.closed) == set(house.ledgers)
    world.later(5 * MINUTE)
    with pytest.raises(LocalError) as closed, house.batch(world.now):
        house.say(out("ru", "notice", NOTICE), world.now)
    assert closed.value.code == "not-signing"
    assert house.ledgers[LOG].size < size

    world.restore("us")
    world.later(MINUTE)
    assert not house.restart.closed
    assert house.ledgers[LOG].root_at(size) == root, "what we had signed is back, from the mirror"
    assert "backup-restored" in world.refusals("us")
    assert len(world.store("us").statements("notice", LOG)) == 5
    placed = world.say("us", "ru", "notice", NOTICE)
    world.later(20 * MINUTE)
    assert house.receipt(placed.origin, placed.entry)
    for code in ("us", "ru", "un"):
        assert not {"fork", "stale-checkpoint", "seen-unknown", "seen-fell"} & set(world.refusals(code)), code
        assert world.store(code).evidence() == []


def test_restored_backup_operator_override_is_logged(world: World) -> None:
    """Attack: restored backup forks.

    Check: high-water mark outside the database; ask peer and all cosigneres; no fresh answer, no signing (operator
    override is logged).
    """
    backup, size = restored(world)
    world.cut("us")
    house = world.restart("us", store=backup)
    with house.batch(world.now):
        opened = house.override(world.now, "the line is dead and a STOP must stand in the log")
    assert sorted(opened) == sorted(house.ledgers)
    said = [r.what for r in world.refused("us", "not-signing") if "override" in r.what]
    assert len(said) == len(opened)
    assert all("a STOP must stand in the log" in what for what in said)

    # and this is what it risks: our own second history, which the other side proves
    for _ in range(7):
        with house.batch(world.now):
            house.say(out("ru", "notice", NOTICE), world.now)
    assert house.ledgers[LOG].size > size
    world.restore("us")
    world.later(5 * MINUTE)
    assert "consistency-fails" in world.refusals("ru") or "fork" in world.refusals("ru")
    assert world.mirror("ru", "us").size == size, "ru keeps the branch it has signed for"


def test_restored_backup_after_the_machine_was_restarted(world: World) -> None:
    """Attack: restored backup forks.

    Check: high-water mark outside the database; ask peer and all cosigneres; no fresh answer, no signing (operator
    override is logged).
    """
    backup, size = restored(world)
    house = world.restart("us", store=backup, mark=MemoryMark())
    assert set(house.restart.closed) == set(house.ledgers), "no mark: it cannot be told from a restored backup"
    world.run()
    assert not house.restart.closed
    assert house.ledgers[LOG].size >= size


@pytest.mark.parametrize("status", [404, 409])
def test_peer_answers_low_in_words_that_are_not_signed(world: World, status: int) -> None:
    """Attack: peer answers low to make us fork.

    Check: a fresh cosignature is by its definition "the largest I have seen": only that counts as an answer; a later
    proof of more convicts the peer. The 409 text is unsigned and decides nothing.
    """
    backup, _ = restored(world)
    world.twists.append(liars.answer_unsigned("ru", status, 1))
    house = world.restart("us", store=backup)
    world.later(5 * MINUTE)
    assert LOG in house.restart.closed
    world.twists.clear()
    world.later(MINUTE)
    assert LOG not in house.restart.closed


def test_peer_answers_low_in_words_that_are_not_signed_to_an_empty_store(world: World) -> None:
    """Attack: peer answers low to make us fork.

    Check: a fresh cosignature is by its definition "the largest I have seen": only that counts as an answer; a later
    proof of more convicts the peer. The 409 text is unsigned and decides nothing.
    """
    size = restored(world)[1]
    root = world.house("us").ledgers[LOG].root_at(size)
    world.twists.append(liars.answer_unsigned("ru", 404, 0))
    house = world.restart("us", store=MemoryStore())
    world.later(5 * MINUTE)
    assert LOG in house.restart.closed, "the mark says that there is a log: nothing opens a second one"
    world.twists.clear()
    world.later(MINUTE)
    assert LOG not in house.restart.closed
    assert house.ledgers[LOG].root_at(size) == root


def test_peer_answers_low_while_a_cosigner_has_seen_more(world: World) -> None:
    """Attack: peer answers low to make us fork.

    Check: a fresh cosignature is by its definition "the largest I have seen": only that counts as an answer; a later
    proof of more convicts the peer. The 409 text is unsigned and decides nothing.
    """
    low = world.house("us").ledgers[LOG].head
    assert low is not None
    backup, size = restored(world)
    world.twists.append(liars.answer_low(world, "ru", LOG, low))
    world.twists.append(liars.drop_entries(world, "ru", LOG))
    house = world.restart("us", store=backup)
    world.later(5 * MINUTE)
    assert LOG in house.restart.closed, "un has signed for more; the entries must come back first"
    assert "mirror-lost-entry" in world.refusals("us")
    assert house.ledgers[LOG].size < size


def test_peer_answers_low_and_later_proof_of_more_convicts_it() -> None:
    """Attack: peer answers low to make us fork.

    Check: a fresh cosignature is by its definition "the largest I have seen": only that counts as an answer; a later
    proof of more convicts the peer. The 409 text is unsigned and decides nothing.
    """
    world = World(between="")  # nobody else has seen the log
    world.later(2 * MINUTE)
    low = world.house("us").ledgers[LOG].head
    assert low is not None
    backup, size = restored(world)
    receipt = world.store("us").newest_receipt(LOG, timing.MIRROR)  # a file an officer printed
    assert receipt is not None
    assert receipt.size == size
    world.now += MINUTE
    world.twists.append(liars.answer_low(world, "ru", LOG, low))
    house = world.restart("us", store=backup)
    world.later(MINUTE)
    assert LOG not in house.restart.closed, "a signed answer is believed"
    assert house.ledgers[LOG].size < size + 5

    with pytest.raises(Exception, match="lapse-"), world.speaking("us") as speaking:
        speaking.take_receipt(receipt.note, world.now)
    with house.batch(world.now), pytest.raises(Exception, match="lapse-"):
        house.take_receipt(receipt.note, world.now)
    (data,) = evidence(world, "us", "lapse-")
    earlier, later = check_lapse(read_lapse(data))
    assert (earlier.head.size, later.head.size) == (size, low.head.size)
    assert earlier.key == later.key
    assert earlier.key.name == "demo/test/ru/mirror"


def test_peer_answers_low_to_one_who_still_holds_its_receipt(world: World) -> None:
    """Attack: peer answers low to make us fork.

    Check: a fresh cosignature is by its definition "the largest I have seen": only that counts as an answer; a later
    proof of more convicts the peer. The 409 text is unsigned and decides nothing.
    """
    low = world.house("us").ledgers[LOG].head
    assert low is not None
    restored(world)
    world.now += MINUTE
    world.twists.append(liars.answer_low(world, "ru", LOG, low))
    house = world.restart("us", mark=MemoryMark())  # nothing was restored: the machine was restarted
    world.run()
    assert LOG in house.restart.closed, "an answer that convicts its signer is no answer"
    (data,) = evidence(world, "us", "lapse-")
    assert check_lapse(read_lapse(data))


def test_flood_so_that_receipts_run_late() -> None:
    """Attack: flood so that receipts run late.

    Check: quota of entries and bytes in the agreement; beyond it no receipt is due.
    """
    world = World(entries="600")
    with world.speaking("us") as house:
        for n in range(1_000):
            house.say(out("ru", "call", {"about": "op", "text": f"call {n}"}), world.now)
    assert "quota-exceeded" in world.refusals("ru")
    held = world.store("ru").entry_count(LOG)
    assert 256 <= held <= 600, "what fits the quota is kept"
    assert world.mirror("ru", "us").size < held, "and not signed for: no receipt is due"
    world.say("ru", "us", "notice", NOTICE)  # ru itself goes on meanwhile
    assert world.house("ru").receipt("demo/test/ru/to-us", 1)
    world.later(2 * 60 * MINUTE)
    assert world.mirror("ru", "us").size == world.house("us").ledgers[LOG].size, "the rest came in later windows"


def test_flood_of_bytes_so_that_receipts_run_late() -> None:
    """Attack: flood so that receipts run late.

    Check: quota of entries and bytes in the agreement; beyond it no receipt is due.
    """
    world = World(bytes="20000")
    with world.speaking("us") as house:
        for _ in range(10):
            house.say(out("ru", "call", {"about": "op", "text": "x" * 7_000}), world.now)
    assert world.refusals("ru")[:1] == ["quota-exceeded"]
    assert world.store("ru").entry_count(LOG) == 1


def test_flood_of_refusals_does_not_make_us_flood(world: World) -> None:
    """A receiver that refuses for ever is tried less and less often, and at once when there is something new."""
    world.twists.append(liars.refuse_with("ru", Reply(422, TYPE_TEXT, b"refused: entry-mismatch\n")))
    carried: list[str] = []

    def count(sender: str, receiver: str, path: str, body: bytes) -> None:
        if (sender, receiver) == ("us", "ru") and path.startswith("/mirror/add"):
            carried.append(path)

    world.twists.insert(0, count)
    world.say("us", "ru", "notice", NOTICE)
    first = len(carried)
    assert first <= 8
    for _ in range(200):
        world.tick()  # the clock of a scenario may stand still
    assert len(carried) - first <= 60
    assert [r.party for r in world.refused("us", "peer-refuses")] == ["ru"]
    before = len(carried)
    world.say("us", "ru", "notice", NOTICE)
    assert len(carried) > before
    world.twists.clear()
    world.later(20 * MINUTE)
    assert world.mirror("ru", "us").size == world.house("us").ledgers[LOG].size


@pytest.mark.parametrize("lie", ["never done", "claims more", "claims nothing", "claims nonsense"])
def test_what_a_receiver_says_of_itself_steers_and_decides_nothing(world: World, lie: str) -> None:
    """No unsigned word makes a lane spin, or rest before the receiver has signed."""
    twists = {
        "never done": liars.never_done("ru"),
        "claims more": liars.claim_size("ru", 10**15),
        "claims nothing": liars.claim_size("ru", 0),
        "claims nonsense": liars.refuse_with("ru", Reply(409, TYPE_TEXT, b"-7\n")),
    }
    world.twists.append(twists[lie])
    placed = world.say("us", "ru", "notice", NOTICE)
    world.later(3 * MINUTE)
    assert [r.party for r in world.refused("us", "receipt-overdue")] == ["ru"]
    world.twists.clear()
    world.later(20 * MINUTE)
    assert world.house("us").receipt(placed.origin, placed.entry)
    assert parse_checkpoint(world.store("us").newest_receipt(LOG, timing.MIRROR).note)  # type: ignore[union-attr]
