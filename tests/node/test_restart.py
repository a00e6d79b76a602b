"""After a start: when a node signs at once, when it asks first, what counts as an answer, what it pulls back."""

from __future__ import annotations

import pytest

from detente.errors import LocalError
from detente.node.ports import Reply
from detente.node.restart import Closed
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.wire import TYPE_TEXT
from tests.sim import liars
from tests.sim.world import (
    HOUR,
    MINUTE,
    NAMES,
    NOTICE,
    MemoryMark,
    MemoryStore,
    Twist,
    World,
    offer,
    out,
    out_to_all,
    signers_for,
)

LOG, BACK = "demo/test/us/to-ru", "demo/test/ru/to-us"
ACCUSING = {
    "fork",
    "seen-fell",
    "seen-unknown",
    "seen-held-back",
    "receipt-time-backward",
    "entry-mismatch",
    "time-backward",
    "bad-signature",
}


def accused(world: World) -> set[str]:
    return ACCUSING & {code for node in NAMES for code in world.refusals(node)}


def say(world: World, number: int) -> None:
    for _ in range(number):
        world.say("us", "ru", "notice", NOTICE)
        world.now += 1_000


def closed(world: World, code: str = "us") -> dict[str, Closed]:
    return world.house(code).restart.closed


def answering(body: bytes) -> Twist:
    """ru answers every question for a fresh signature with these bytes."""

    def twist(_sender: str, receiver: str, path: str, _body: bytes) -> Reply | None:
        return Reply(200, TYPE_TEXT, body) if (receiver, path) == ("ru", "/mirror/sign-again") else None

    return twist


def test_the_first_start_opens_every_log_with_the_root(world: World) -> None:
    for origin, ledger in world.house("us").ledgers.items():
        assert ledger.size == 1
        assert world.store("us").statements("", origin)[0].kind == "root"
    assert world.nodes["us"].mark.heads[LOG][0] == 1


def test_head_and_mark_agree_then_it_signs_at_once(world: World) -> None:
    say(world, 3)
    world.cut("us")
    house = world.restart("us")
    assert closed(world) == {}
    with house.batch(world.now):
        house.say(out("ru", "notice", NOTICE), world.now)
    assert world.refusals("us") == []


def test_a_machine_restart_asks_although_nothing_was_lost(world: World) -> None:
    say(world, 3)
    size = world.house("us").ledgers[LOG].size
    house = world.restart("us", mark=MemoryMark())
    assert set(closed(world)) == set(house.ledgers)
    world.run()
    assert closed(world) == {}
    assert house.ledgers[LOG].size == size
    assert world.nodes["us"].mark.heads[LOG][0] == size


def test_a_crash_between_commit_and_mark_asks(world: World) -> None:
    say(world, 2)
    behind = MemoryMark(dict(world.nodes["us"].mark.heads))
    say(world, 1)
    world.restart("us", mark=behind)
    assert closed(world)
    world.run()
    assert not closed(world)
    say(world, 1)
    assert accused(world) == set()


def test_nothing_is_said_while_closed_but_what_was_signed_goes_on(world: World) -> None:
    world.cut("ru")
    say(world, 2)
    house = world.restart("us", mark=MemoryMark())
    world.later(25 * MINUTE)
    assert set(closed(world)) == {LOG}, "un has answered; ru is cut off"
    for call in (
        lambda: house.say(out("ru", "notice", NOTICE), world.now),
        lambda: offer(house, world.now),
        lambda: house.say_to_all(out_to_all(house, "status", {"root_version": 1, "on_watch": 0}), world.now),
    ):
        with house.batch(world.now), pytest.raises(LocalError) as refused:
            call()
        assert refused.value.code == "not-signing"
        assert refused.value.where == LOG
    world.say("us", "un", "notice", NOTICE)
    world.restore("ru")
    world.later(MINUTE)
    assert not closed(world)
    assert accused(world) == set()
    assert house.receipt(LOG, house.ledgers[LOG].size - 1)


def test_the_quorum_of_cosigners_is_needed_too(world: World) -> None:
    world.cut("un")
    world.restart("us", mark=MemoryMark())
    world.later(3 * MINUTE)
    assert set(closed(world)) == {LOG, "demo/test/us/to-un"}, "ru has answered, un countersigns this log"
    world.restore("un")
    world.later(MINUTE)
    assert not closed(world)


def test_hundreds_of_entries_over_several_bundles_come_back(world: World) -> None:
    with world.speaking("us") as house:
        for n in range(300):
            house.say(out("ru", "call", {"about": "op", "text": str(n)}), world.now)
    backup = world.backup("us")
    with world.speaking("us") as house:
        for n in range(500):
            house.say(out("ru", "call", {"about": "op", "text": str(n)}), world.now)
    old, ledger = world.store("us"), house.ledgers[LOG]
    house = world.restart("us", store=backup)
    world.run()
    assert not closed(world)
    assert house.ledgers[LOG].head == ledger.head
    assert world.store("us").entries(LOG, 0, 999) == old.entries(LOG, 0, 999)
    assert [row[:6] for row in world.store("us").statements("", LOG)] == [row[:6] for row in old.statements("", LOG)]
    say(world, 1)
    assert accused(world) == set()


def test_a_backup_from_before_a_change_of_keys_learns_the_new_root_from_its_own_log(world: World) -> None:
    backup = world.backup("us")
    world.rotate("us")
    say(world, 3)
    world.say("us", "un", "notice", NOTICE)  # no mirror shows a head under the old key any more
    house = world.restart("us", store=backup)
    assert house.state.document.version == 1
    world.run()
    assert not closed(world)
    assert house.state.document.version == 2
    assert house.speaker.signers == world.nodes["us"].signers, "and signs with its keys, nobody telling it to"
    assert {m.signer for m in house.mirrors.values()} == {world.nodes["us"].signers["mirror"][0]}
    say(world, 2)
    world.later(15 * MINUTE)
    assert accused(world) | ({"unknown-key"} & set(world.refusals("ru"))) == set()
    assert house.receipt(LOG, house.ledgers[LOG].size - 1)


def test_claimed_times_do_not_run_back_over_what_was_pulled(world: World) -> None:
    backup = world.backup("us")
    ahead = world.now + 20_000
    with world.house("us").batch(ahead):
        world.house("us").say(out("ru", "notice", NOTICE), ahead)
    world.run()
    world.restart("us", store=backup)
    world.run()
    placed = world.say("us", "ru", "notice", NOTICE)
    row = world.store("us").statement(placed.id)
    assert row is not None
    assert row.time == ahead
    assert accused(world) == set()


def test_a_full_disk_while_entries_come_back_leaves_the_log_closed(world: World) -> None:
    """What was pulled is not durable, so nothing may be signed after it: the worst of forks would be by a good node."""
    backup = world.backup("us")
    say(world, 5)
    house = world.restart("us", store=backup)
    size = house.ledgers[LOG].size
    world.twists.append(lambda s, r, path, b: liars.LOST if "/tile/" in path else None)
    world.run()
    assert closed(world)[LOG].answered == {"mirror ru", "cosigner un"}, "only the entries are missing"
    (job,) = world.store("us").jobs(f"pull {LOG}")
    bundle = world.request("us", "ru", job.path, b"").body
    world.store("us").full = True
    with pytest.raises(LocalError) as stopped, house.batch(world.now):
        house.answered("ru", job.purpose, 200, bundle, world.now)
    assert stopped.value.code == "disk-full"
    assert LOG in closed(world)
    assert house.ledgers[LOG].size == size
    world.store("us").full = False
    with house.batch(world.now), pytest.raises(LocalError) as refused:
        house.say(out("ru", "notice", NOTICE), world.now)
    assert refused.value.code == "not-signing"
    world.twists.clear()
    world.later(2 * MINUTE)
    assert not closed(world)
    assert house.ledgers[LOG].size >= size + 5
    say(world, 1)
    assert accused(world) == set()


def test_pull_requests_do_not_pile_up_while_the_mirror_is_silent(world: World) -> None:
    backup = world.backup("us")
    say(world, 5)
    world.restart("us", store=backup)
    world.twists.append(lambda s, r, path, b: liars.LOST if "/tile/" in path else None)
    world.later(30 * MINUTE)
    assert len(world.store("us").jobs(f"pull {LOG}")) == 1
    world.twists.clear()
    world.later(MINUTE)
    assert not closed(world)


def answer_of(world: World) -> Checkpoint:
    return parse_checkpoint(world.request("us", "ru", "/mirror/sign-again", LOG.encode()).body)


def test_only_a_fresh_signature_by_the_right_key_over_our_log_is_an_answer(world: World) -> None:
    say(world, 2)
    good = answer_of(world)
    own = good.note.signatures[0]
    stale = liars.mirror_line(world, "ru", good.head, world.now // 1000 - 3600)
    by_un = liars.cosigner_line(world, "un", good.head, world.now // 1000)
    strange = liars.mirror_line(world, "ru", good.head, world.now // 1000, signers_for("ru", 9))
    other_log = parse_checkpoint(world.request("ru", "us", "/mirror/sign-again", b"").body)

    def with_lines(*lines: object) -> bytes:
        return Checkpoint(good.head, good.note._replace(signatures=lines)).encode()  # type: ignore[arg-type]

    bodies = {
        "an old signature": (with_lines(own, stale), "receipt-time-off"),
        "a cosigner's signature": (with_lines(own, by_un), "receipt-wrong-role"),
        "a strange key's signature": (with_lines(own, strange), "receipt-wrong-role"),
        "none": (with_lines(own), "receipt-wrong-role"),
        "a head we never signed": (with_lines(by_un), "unknown-key"),
        "another log": (other_log.encode(), "wrong-origin"),
        "junk": (b"junk", "note-invalid"),
    }
    for name, (body, code) in bodies.items():
        world.restart("us", mark=MemoryMark())
        world.twists[:] = [answering(body)]
        world.run()
        assert set(closed(world)) == {LOG}, name
        assert world.refusals("us")[-1] in (code, "not-signing"), name
        assert code in world.refusals("us"), name
    world.twists.clear()
    world.later(MINUTE)
    assert not closed(world)


def test_a_second_start_before_the_copy_is_back_asks_again(world: World) -> None:
    """Our own log is whole again, our copy of theirs is not: it stays closed over one more restart."""
    backup = world.backup("us")
    world.say("ru", "us", "notice", NOTICE)
    say(world, 2)
    world.hold("ru", "us")
    for store in (backup, None):
        house = world.restart("us", store=store)
        world.run()
        assert set(closed(world)) == {LOG}
        assert house.mirrors["ru"].unsure
    assert house.ledgers[LOG].size == world.mirror("ru", "us").size
    world.release("ru", "us")
    world.later(MINUTE)
    assert not closed(world)
    assert accused(world) == set()


def test_answers_that_suffice_open_nothing_while_entries_are_missing(world: World) -> None:
    house = world.restart("us", mark=MemoryMark(begun=True))
    state = house.restart.closed[LOG]
    state.answered = {"mirror ru", "cosigner un"}
    state.largest = liars.Pen.of(world, "us", "ru").checkpoint()
    assert house.restart.open_ready(lambda _: False) == [], "our copy of the log back may be behind"
    state.pulling = True
    assert house.restart.open_ready(lambda _: True) == []
    state.pulling = False
    more = liars.Pen.of(world, "us", "ru")
    state.largest = more.add(more.entry("call")).checkpoint()
    assert house.restart.open_ready(lambda _: True) == [], "a head of ours was shown that we do not hold"
    state.largest = liars.Pen.of(world, "us", "ru").checkpoint()
    state.answered = {"mirror ru"}
    assert house.restart.open_ready(lambda _: True) == [], "un's answer is missing"
    state.answered = {"mirror ru", "cosigner un"}
    assert house.restart.open_ready(lambda _: True) == [LOG]


def test_seen_does_not_fall_even_if_the_operator_opens_before_the_copy_is_back(world: World) -> None:
    """What our log names as seen was seen; that the copy is gone with the disk does not make it unseen."""
    backup = world.backup("us")
    world.say("ru", "us", "notice", NOTICE)
    say(world, 2)
    world.hold("ru", "us")
    house = world.restart("us", store=backup)
    world.later(MINUTE)
    assert LOG in closed(world)
    assert house.mirrors["ru"].unsure
    with world.speaking("us"):
        house.override(world.now, "a STOP must stand in the log")
        house.say(out("ru", "notice", NOTICE), world.now)
    assert accused(world) == set()
    assert world.house("us").receipt(LOG, house.ledgers[LOG].size - 1)


def test_a_countersigning_clock_that_is_put_back_does_not_sign_in_the_past(world: World) -> None:
    """Within the agreed clock error nothing is refused, and no signer convicts itself."""
    say(world, 1)
    world.now -= 8_000
    placed = world.say("us", "ru", "notice", NOTICE)
    assert world.house("us").receipt(LOG, placed.entry)
    assert [world.refusals(code) for code in NAMES] == [[], [], []]


def test_another_history_under_our_own_signature_keeps_us_closed(world: World) -> None:
    """Somebody signed for a head of ours that we do not have: we forked, and a person must decide."""
    backup = world.backup("us")
    say(world, 3)
    world.cut("us")
    house = world.restart("us", store=backup)
    with house.batch(world.now):
        house.override(world.now, "tried in a hurry")
        for _ in range(6):
            house.say(out("ru", "notice", NOTICE), world.now)
    house = world.restart("us", mark=MemoryMark())
    world.restore("us")
    world.later(3 * MINUTE)
    assert LOG in closed(world)
    found = world.refused("us", "backup-restored")
    assert found
    assert all("another history" in r.what for r in found)


def test_answers_that_come_when_all_is_open_change_nothing(world: World) -> None:
    body = answer_of(world).encode()
    house = world.house("us")
    before = world.refusals("us")
    with house.batch(world.now):
        house.answered("ru", f"again|{LOG}|mirror|ru", 200, body, world.now)
        house.answered("ru", f"pull|{LOG}|1|0", 200, b"", world.now)
    assert closed(world) == {}
    assert world.refusals("us") == before


def test_an_empty_store_beside_an_old_mark_pulls_everything_back(world: World) -> None:
    say(world, 3)
    size = world.house("us").ledgers[LOG].size
    house = world.restart("us", store=MemoryStore())
    assert set(closed(world)) == set(house.ledgers)
    world.later(2 * MINUTE)
    assert not closed(world)
    assert house.ledgers[LOG].size >= size
    assert world.mirror("us", "ru").size == world.house("ru").ledgers[BACK].size, "ru has brought its own log again"
    world.later(HOUR)
    assert accused(world) == set()


def test_what_others_say_while_we_are_closed_is_not_held_against_them(world: World) -> None:
    """They name heads of ours that our backup does not know; that is our loss, not their lie."""
    backup = world.backup("us")
    say(world, 5)
    world.hold("us", "ru")
    world.hold("us", "un")
    world.restart("us", store=backup)
    for sender in ("ru", "un"):
        world.say(sender, "us", "notice", NOTICE)
    assert accused(world) == set()
    world.release("us", "ru")
    world.release("us", "un")
    world.later(20 * MINUTE)
    assert not closed(world)
    assert accused(world) == set()


def test_a_restored_mirror_signs_nothing_below_what_it_had_signed_for(world: World) -> None:
    """Its signature means "the largest I have seen"; below the mark kept outside the store it would convict itself."""
    backup = world.backup("ru")
    say(world, 4)
    world.hold("us", "ru")
    world.hold("ru", "us")
    world.restart("ru", store=backup)
    reply = world.request("us", "ru", "/mirror/sign-again", LOG.encode())
    assert reply.status == 503
    assert [line.name for line in parse_checkpoint(reply.body).note.signatures] == [LOG], "shown, not signed for"
    un = world.restart("un", store=world.backup("un"), mark=MemoryMark({LOG: (99, "")}))
    assert world.request("ru", "un", "/cosigner/sign-again", LOG.encode()).status == 503
    assert un.cosigners[LOG].floor == 99
    world.release("us", "ru")
    world.release("ru", "us")  # ru asks what it had signed; we see that it may have lost something, and send again
    world.later(3 * MINUTE)
    assert world.mirror("ru", "us").size == world.house("us").ledgers[LOG].size
    assert world.request("us", "ru", "/mirror/sign-again", LOG.encode()).status == 200
    assert world.store("us").evidence() == []


def test_partial_uploads_below_the_mark_are_taken_and_not_signed_for(world: World) -> None:
    backup = world.backup("ru")
    say(world, 4)
    short = liars.Pen.of(world, "us", "ru", at=3)
    world.cut("ru")
    world.restart("ru", store=backup)
    assert short.offer(old=1).status == 200
    assert short.deliver(1).status == 409, "the sender offers less than we once signed for: perhaps to trap us"
    assert world.mirror("ru", "us").size == 3, "kept all the same"
    whole = liars.Pen.of(world, "us", "ru")
    assert whole.offer(old=3).status == 200
    assert whole.deliver(3).status == 200


def test_a_mark_that_cannot_be_written_is_our_own_trouble(world: World) -> None:
    """The batch is durable; the mark lags; the next start asks."""

    class Broken(MemoryMark):
        def mark(self, heads: dict[str, tuple[int, str]]) -> None:
            raise OSError("no space left")

    world.house("us").batches._high_water = Broken()
    house = world.house("us")
    with pytest.raises(OSError, match="no space"), house.batch(world.now):
        house.say(out("ru", "notice", NOTICE), world.now)
    world.restart("us")
    assert LOG in closed(world)
    world.run()
    assert not closed(world)
    assert len(world.store("us").statements("notice", LOG)) == 1


def test_keys_kept_but_store_and_mark_lost_is_no_first_start(world: World) -> None:
    """A node whose keys have signed before asks for what it said; it does not begin a second history."""
    with world.speaking("us") as house:
        placed = house.say(out("ru", "notice", NOTICE), world.now)
    house = world.restart("us", store=MemoryStore(), mark=MemoryMark(begun=True))
    world.run()
    assert house.restart.closed == {}
    assert house.ledgers[placed.origin].size > placed.entry
    assert world.nodes["ru"].store.evidence() == []
    with world.speaking("us") as house:
        assert house.say(out("ru", "notice", NOTICE), world.now).entry > placed.entry
