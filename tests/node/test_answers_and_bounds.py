"""What a peer may send and answer: bounds that hold, refusals that are named, and what a file may not do."""

from __future__ import annotations

import pytest

from detente.errors import RemoteError
from detente.model.statement import decode_statement
from detente.node.ports import HEAD_COSIGNED, Reply, settles
from detente.proof.checkpoint import Checkpoint
from detente.proof.note import MAX_LINES, NoteSignature
from detente.proof.wire import MAX_BODY, TYPE_INFO, TYPE_TEXT, AddCheckpoint, parse_add_entries
from tests.sim import liars
from tests.sim.world import MINUTE, NOTICE, T0, World, out

LOG, BACK = "demo/test/us/to-ru", "demo/test/ru/to-us"


@pytest.mark.parametrize("judge", ["mirror ru", "cosigner un"])
def test_a_head_leaves_room_for_our_lines_beside_its_own(world: World, judge: str) -> None:
    """Else the head we must keep and show again, our line in it, could not be read."""
    kind, code = judge.split()
    pen = liars.Pen.of(world, "us", "ru")
    for more, status in ((MAX_LINES // 2, 400), (MAX_LINES // 2 - 1, 200)):
        pen.add(pen.entry("call"))
        head = pen.checkpoint()
        extra = tuple(NoteSignature(LOG, n, bytes(64)) for n in range(1, more + 1))
        note = head.note._replace(signatures=(*head.note.signatures, *extra))
        proof = tuple(pen.tree.consistency(pen.offered, len(pen.entries)))
        body = AddCheckpoint(pen.offered, proof, Checkpoint(head.head, note)).encode()
        reply = world.request("us", code, f"/{kind}/add-checkpoint", body)
        assert reply.status == status, more
        if status == 400:
            assert world.refusals(code) == ["note-invalid"]
    if kind == "cosigner":
        shown = world.request("us", code, f"/{kind}/sign-again", LOG.encode())
        assert shown.status == 200
        assert len(shown.body.split(b"\n\n")[1].splitlines()) == MAX_LINES // 2 + 1


def test_the_largest_notices_pass_in_one_head(world: World) -> None:
    """210 of 43 kB make a package of 9 MB, which cannot be divided; a request must be able to hold it."""
    fields = NOTICE | {"remark": "\U0001f600" * 8_000}
    with world.speaking("us") as house:
        for _ in range(210):
            placed = house.say(out("ru", "notice", fields), world.now)
    assert max(len(m.body) for m in world.traffic) > 9_000_000
    assert all(len(m.body) <= MAX_BODY for m in world.traffic)
    assert world.house("us").receipt(LOG, placed.entry)
    assert world.refusals("ru") == []


def test_no_request_of_ours_is_longer_than_any_may_be() -> None:
    assert MAX_BODY > 256 * (65_535 + 2) + 64 * 32 * 64, "a package of the largest entries, its proofs and its head"


@pytest.mark.parametrize("largest", [False, True])
def test_a_file_never_makes_an_unsure_copy_sure(world: World, largest: bool) -> None:
    """A bundle may be old. Only the sender's own word of its newest head ends the doubt after a restored backup."""
    backup = world.backup("ru")
    for _ in range(3):
        world.say("us", "ru", "notice", NOTICE)
    pen = liars.Pen.of(world, "us", "ru", at=None if largest else 3)
    world.hold("us", "ru")
    world.restart("ru", store=backup)
    world.run()
    mirror, floor = world.mirror("ru", "us"), world.mirror("ru", "us").floor
    assert mirror.unsure
    with world.house("ru").batch(world.now):
        pen.offered = 0
        bodies = (pen.checkpoint_body(0), [pen.entries_body(0)])
        reply = world.house("ru").take_bundle("us", *bodies, world.now)
    assert reply.status != 200
    assert b"ru/mirror" not in reply.body, "no signature of ours"
    assert mirror.unsure
    assert mirror.floor >= floor
    world.release("us", "ru")
    world.later(5 * MINUTE)
    assert not world.mirror("ru", "us").unsure
    assert world.refused("us", "receipt-time-backward") == []


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        (Reply(409, TYPE_TEXT, b"refused: fork\n"), "409, fork"),
        (Reply(422, TYPE_TEXT, b"refused: consistency-fails\n"), "422, consistency-fails"),
        (Reply(500, TYPE_TEXT, b"<html>"), "500, without a name"),
    ],
)
def test_what_a_peer_refuses_of_ours_is_logged_by_its_name_once(world: World, reply: Reply, named: str) -> None:
    twist = liars.refuse_with("ru", reply)
    world.twists.append(twist)
    world.say("us", "ru", "notice", NOTICE)
    world.later(10 * MINUTE)
    (found,) = world.refused("us", "peer-refuses")
    assert (found.party, found.origin) == ("ru", LOG)
    assert named in found.what
    world.twists[:] = [liars.refuse_with("ru", Reply(403, TYPE_TEXT, b"refused: unknown-key\n"))]
    world.later(20 * MINUTE)
    assert [r.what.split(": ")[1] for r in world.refused("us", "peer-refuses")] == [named, "403, unknown-key"]
    world.twists.clear()
    world.later(30 * MINUTE)
    world.twists.append(twist)
    world.say("us", "ru", "notice", NOTICE)
    assert len(world.refused("us", "peer-refuses")) == 3, "it had signed meanwhile: a new occasion"


def test_a_409_that_says_a_size_only_steers(world: World) -> None:
    world.twists.append(liars.refuse_with("ru", Reply(409, TYPE_INFO, b"1 1\n")))
    world.say("us", "ru", "notice", NOTICE)
    assert world.refusals("us") == []


def test_not_now_and_answers_too_long_never_reach_the_house(world: World) -> None:
    for status, body in (
        (429, b"refused: quota-exceeded\n"),
        (503, b"refused: not now\n"),
        (200, b"x" * (MAX_BODY + 1)),
    ):
        world.twists[:] = [liars.refuse_with("ru", Reply(status, TYPE_TEXT, body))]
        placed = world.say("us", "ru", "notice", NOTICE)
        waiting = len(world.store("us").jobs())
        assert waiting
        world.run()
        assert len(world.store("us").jobs()) == waiting
        assert world.refusals("us") == []
        world.twists.clear()
        world.run()
        assert world.house("us").receipt(LOG, placed.entry)


def test_a_503_settles_a_question_for_a_signature_only_if_it_shows_a_head() -> None:
    for path in ("/mirror/sign-again", "/cosigner/sign-again"):
        assert settles(path, 503, b"demo/test/us/to-ru\n4\n")
        assert not settles(path, 503, b"refused: not now\n")
        assert not settles(path, 429, b"")
    assert not settles("/mirror/add-entries", 503, b"demo/test/us/to-ru\n4\n")
    assert settles("/mirror/add-entries", 409, b"1 1\n")


@pytest.mark.parametrize("restored", [(), ("us",)])
def test_two_nodes_restarted_together_open_each_other(world: World, restored: tuple[str, ...]) -> None:
    """Both are unsure and sign nothing for the other; the head each shows with its 503 brings the other on."""
    backups = {code: world.backup(code) for code in restored}
    sizes = {}
    for a, b in (("us", "ru"), ("ru", "us")):
        sizes[a] = world.say(a, b, "notice", NOTICE).entry + 1
    for code in ("us", "ru"):
        world.nodes[code].mark.forget()
    for code in ("us", "ru"):
        world.restart(code, store=backups.get(code))
    world.run()
    world.later(3 * MINUTE)
    for code in ("us", "ru"):
        assert not world.house(code).restart.closed, code
        assert not any(copy.unsure for copy in world.house(code).batches.copies())
        assert all(ledger.size for ledger in world.house(code).ledgers.values())
    assert world.house("us").ledgers[LOG].size >= sizes["us"], "what the other still held came back"


@pytest.mark.parametrize("end", [T0, T0 - 1])
def test_a_window_that_ends_before_it_starts_is_bad_input_when_received(world: World, end: int) -> None:
    pen = liars.Pen.of(world, "ru", "us")
    fields = NOTICE | {"window": {"start": T0, "end": end}}
    payload = pen.payload("notice", **fields)
    with pytest.raises(RemoteError) as refused:
        decode_statement(payload, "notice")
    assert refused.value.code == "bad-field"
    pen.post(pen.raw(payload, "notice"), pen.entry("call"))
    (found,) = world.refused("us", "bad-field")
    assert (found.party, found.origin) == ("ru", BACK)
    assert "a window ends after it starts" in found.what
    assert world.store("us").statements("notice", BACK) == []
    assert len(world.store("us").statements("call", BACK)) == 1, "what stands beside it counts"


def test_the_mark_after_a_batch_is_made_from_memory(world: World) -> None:
    """After COMMIT nothing may fail that a damaged row of the store could make fail: the batch stands already."""
    with world.store("un").transaction():
        world.store("un").set_head(LOG, HEAD_COSIGNED, 1, b"spoilt")
    placed = world.say("un", "us", "notice", NOTICE)
    assert world.house("un").receipt(placed.origin, placed.entry)
    assert world.nodes["un"].mark.heads[LOG][0] == 1


def test_our_keys_are_read_from_whichever_log_shows_the_newest(world: World) -> None:
    """An export takes a participant's keys from all its logs: not from the one with the most changes in it."""
    from detente.adapters.export_folder import keys_as_of_now
    from detente.proof.keys import key_id

    with world.speaking("us") as house:
        old = house.state.publics("cosigner")[0]
        for _ in range(3):
            house.say(out("un", "revoke", {"key": key_id(old), "reason": "lost"}), world.now)
    world.hold("us", "un")
    world.rotate("us")
    log = "demo/test/us/to-un"
    with world.store("us").transaction():  # as on a node that has pulled back one of its logs and not yet the other
        (row,) = world.store("us").statements("root", log)[1:]
        world.store("us")._write("DELETE FROM statement WHERE id=?", (bytes.fromhex(row.id),))
    state = keys_as_of_now(world.store("us"), "us", world.roots["us"])
    assert state.document.version == 2
    assert key_id(old) in state.revoked


def test_entries_are_taken_in_packages(world: World) -> None:
    """(So that the test of the largest notices says something: one package was all there was.)"""
    with world.speaking("us") as house:
        for _ in range(3):
            house.say(out("ru", "call", {"about": "op", "text": "x"}), world.now)
    body = next(m.body for m in reversed(world.traffic) if m.path == "/mirror/add-entries" and m.receiver == "ru")
    assert len(parse_add_entries(body).packages) == 1
