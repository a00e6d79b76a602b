"""Bad input (issue 2, point 6): each is refused by name, the refusal is kept, and nothing that was held is lost.

Each case is one lie on the way from ru to us. A refusal is a row of the store's record with code, party, log and, where
there is one, entry. "A client without a certificate" is tested with the gateway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from detente.model.statement import sha256_hex
from detente.node.ports import Reply
from detente.proof.checkpoint import Checkpoint
from detente.proof.evidence import check_fork, read_fork
from detente.proof.receipt import check_receipt, parse_proof, receipt_policy
from detente.proof.tiles import encode_bundle
from detente.proof.wire import TYPE_ENTRIES, AddCheckpoint, log_prefix
from tests.sim import liars
from tests.sim.liars import ADD_CHECKPOINT, ADD_ENTRIES, Pen, flipped
from tests.sim.world import HOUR, MINUTE, NOTICE, SECOND, World, signers_for

LOG = "demo/test/ru/to-us"


@dataclass
class Before:
    """What us held before the lie."""

    entries: list[bytes]
    receipts: int
    kinds: int
    size: int

    @staticmethod
    def of(world: World) -> Before:
        store = world.store("us")
        size = world.mirror("us", "ru").size
        return Before(store.entries(LOG, 0, size), len(store.receipts(LOG)), len(store.statements("")), size)

    def check_nothing_lost(self, world: World) -> None:
        """All entries, statements and receipts are still there, and the log goes on as if nothing had been sent."""
        store = world.store("us")
        assert store.entries(LOG, 0, self.size) == self.entries
        assert len(store.statements("")) >= self.kinds
        assert len(store.receipts(LOG)) >= self.receipts
        placed = world.say("ru", "us", "call", {"about": "op", "text": "and the honest log goes on"})
        assert world.house("ru").receipt(placed.origin, placed.entry)
        assert world.mirror("us", "ru").size == world.house("ru").ledgers[LOG].size


# Lies about heads and bytes: refused whole, nothing is stored. Each gives the answer to the lie.


def wrong_size(pen: Pen) -> Reply:
    return pen.add(pen.entry("call")).offer(old=pen.offered - 1)


def stale_head(pen: Pen) -> Reply:
    return pen.offer(old=1, size=2)


def forked_head(pen: Pen) -> Reply:
    other = Pen.of(pen.world, "ru", "us", at=1)
    while len(other.entries) < pen.offered:
        other.add(other.entry("call"))
    return other.send(ADD_CHECKPOINT, other.checkpoint_body(old=pen.offered))


def forked_head_smaller_than_ours(pen: Pen) -> Reply:
    other = Pen.of(pen.world, "ru", "us", at=1)
    return other.add(other.entry("call")).offer(old=1)


def forked_head_that_does_not_extend_ours(pen: Pen) -> Reply:
    other = Pen.of(pen.world, "ru", "us", at=1)
    while len(other.entries) < pen.offered + 3:
        other.add(other.entry("call"))
    return other.offer()


def forked_head_before_its_entries(pen: Pen) -> Reply:
    other = Pen.of(pen.world, "ru", "us")
    pen.add(pen.entry("call")).offer()
    return other.add(other.entry("call", text="another")).send(ADD_CHECKPOINT, other.checkpoint_body(old=pen.offered))


def no_proof(pen: Pen) -> Reply:
    pen.add(pen.entry("call"))
    return pen.send(ADD_CHECKPOINT, AddCheckpoint(pen.offered, (), pen.checkpoint()).encode())


def flipped_byte_in_checkpoint(pen: Pen) -> Reply:
    head = pen.add(pen.entry("call")).checkpoint()
    (line,) = head.note.signatures
    bad = Checkpoint(head.head, head.note._replace(signatures=(line._replace(value=flipped(line.value)),)))
    proof = tuple(pen.tree.consistency(pen.offered, len(pen.entries)))
    return pen.send(ADD_CHECKPOINT, AddCheckpoint(pen.offered, proof, bad).encode())


def flipped_byte_in_entry(pen: Pen) -> Reply:
    pen.add(pen.entry("call")).offer()
    return pen.send(ADD_ENTRIES, flipped(pen.entries_body(), 300))


def flipped_byte_in_proof(pen: Pen) -> Reply:
    pen.add(*(pen.entry("call") for _ in range(300))).offer()
    return pen.send(ADD_ENTRIES, flipped(pen.entries_body(), -1))


def cut_off(pen: Pen) -> Reply:
    pen.add(pen.entry("call")).offer()
    return pen.send(ADD_ENTRIES, pen.entries_body()[:-100])


def other_entries(pen: Pen) -> Reply:
    pen.add(pen.entry("call")).offer()
    other = Pen.of(pen.world, "ru", "us")
    return other.add(other.entry("call", text="another")).deliver()


def other_entries_where_we_hold_some(pen: Pen) -> Reply:
    pen.add(pen.entry("call")).offer()
    body, held = pen.entries_body(pen.offered - 1), pen.entries[pen.offered - 1]
    return pen.send(ADD_ENTRIES, body.replace(held, flipped(held)))


def wrong_key(pen: Pen) -> Reply:
    head = pen.add(pen.entry("call")).checkpoint(signers=signers_for("ru", 9)["log"])
    return pen.send(ADD_CHECKPOINT, AddCheckpoint(pen.offered, (), head).encode())


def junk(pen: Pen) -> Reply:
    return pen.send(ADD_ENTRIES, b"\xff" * 40)


def no_such_path(pen: Pen) -> Reply:
    return pen.send("add-everything", b"")


HEADS = [
    (wrong_size, "wrong-size", 409),
    (stale_head, "stale-checkpoint", 409),
    (forked_head, "fork", 409),
    (forked_head_smaller_than_ours, "fork", 409),
    (forked_head_that_does_not_extend_ours, "fork", 409),
    (no_proof, "consistency-fails", 422),
    (flipped_byte_in_checkpoint, "bad-signature", 403),
    (flipped_byte_in_entry, "entry-mismatch", 422),
    (flipped_byte_in_proof, "entry-mismatch", 422),
    (cut_off, "request-invalid", 400),
    (other_entries, "entry-mismatch", 422),
    (other_entries_where_we_hold_some, "entry-mismatch", 422),
    (forked_head_before_its_entries, "fork", 409),
    (wrong_key, "unknown-key", 403),
    (junk, "request-invalid", 400),
    (no_such_path, "request-invalid", 400),
]


HEAD_ACCEPTED = (
    flipped_byte_in_entry,
    flipped_byte_in_proof,
    cut_off,
    other_entries,
    other_entries_where_we_hold_some,
    forked_head_before_its_entries,
)


@pytest.mark.parametrize(("lie", "code", "status"), HEADS, ids=[lie.__name__ for lie, _, _ in HEADS])
def test_heads_and_bytes(lie: Callable[[Pen], Reply], code: str, status: int) -> None:
    world = World()
    for _ in range(3):
        world.say("ru", "us", "notice", NOTICE)
    before = Before.of(world)
    reply = lie(Pen.of(world, "ru", "us"))
    assert reply.status == status
    assert code.encode() in reply.body or reply.type != "text/plain; charset=utf-8", "the code is told, nothing more"
    (refused,) = world.refused("us")
    assert (refused.code, refused.party, refused.origin, refused.at) == (code, "ru", LOG, world.now)
    files = world.store("us").evidence()
    assert len(files) == (code == "fork")
    for _, data in files:
        assert check_fork(read_fork(data))[0].origin == LOG
    lie(Pen.of(world, "ru", "us"))
    assert len(world.store("us").evidence()) == len(files), "a second try adds no second file"
    assert world.store("us").entry_count(LOG) == before.size
    if lie not in HEAD_ACCEPTED:
        before.check_nothing_lost(world)


@pytest.mark.parametrize("lie", HEAD_ACCEPTED)
def test_bytes_under_a_good_head_can_be_sent_again(lie: Callable[[Pen], Reply]) -> None:
    """The head was accepted and stays offered; the right entries under it are taken, signed for and counted."""
    world = World()
    world.say("ru", "us", "notice", NOTICE)
    before = Before.of(world)
    pen = Pen.of(world, "ru", "us")
    lie(pen)
    pen.offered = before.size
    assert pen.deliver().status == 200
    assert world.mirror("us", "ru").size == len(pen.entries)
    assert world.store("us").entries(LOG, 0, before.size) == before.entries


# Lies in statements under a good head: stored and signed for (a refusal to store would keep back the STOP behind
# them), refused by name, of no effect.


def with_payload(change: Callable[[bytes], bytes]) -> Callable[[Pen], bytes]:
    return lambda pen: pen.raw(change(pen.payload("call")))


def replayed(pen: Pen) -> bytes:
    return pen.entries[1]


STATEMENTS: dict[str, tuple[Callable[[Pen], bytes], str]] = {
    "oversize": (lambda pen: pen.raw(pen.payload("call", text="x" * 48_500)), "too-large"),
    "oversize text": (lambda pen: pen.raw(pen.payload("call", text="x" * 8_001)), "bad-field"),
    "unknown field": (lambda pen: pen.raw(pen.payload("call", weapon="none of this")), "unknown-field"),
    "unknown kind": (lambda pen: pen.raw(pen.payload("call"), payload_kind="application/x"), "unknown-kind"),
    "float": (with_payload(lambda p: p.replace(b'"time":', b'"time":0.')), "float"),
    "duplicate key": (with_payload(lambda p: p.replace(b'{"a', b'{"about":"op","a', 1)), "duplicate-key"),
    "wrong key": (lambda pen: pen.entry("call", by=signers_for("ru", 9)["release"]), "unknown-key"),
    "flipped bit in the signature": (
        lambda pen: pen.entry("call").replace(b'"sig":"', b'"sig":"A', 1).replace(b'=="}]', b'"}]', 1),
        "base64-invalid",
    ),
    "wrong agreement": (lambda pen: pen.entry("call", agreement=sha256_hex(b"another")), "wrong-agreement"),
    "replay": (replayed, "replay"),
    "not JSON": (lambda pen: b"\x00\x01\x02", "json-invalid"),
    "nothing": (lambda pen: b"", "json-invalid"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_that_do_not_count(name: str) -> None:
    world = World()
    world.say("ru", "us", "notice", NOTICE)
    make, code = STATEMENTS[name]
    before = Before.of(world)
    pen = Pen.of(world, "ru", "us")
    _, reply = pen.post(make(pen), pen.entry("call", text="the STOP behind it"))
    assert reply.status == 200, "stored and signed for"
    bad, good = world.reads("us", "ru")[-2:]
    assert (bad.counts, good.counts) == (False, True)
    (refused,) = world.refused("us")
    assert (refused.code, refused.party, refused.origin, refused.entry) == (code, "ru", LOG, before.size)
    assert len(world.store("us").statements("")) == before.kinds + 1
    assert world.store("us").entries(LOG, 0, before.size) == before.entries


CLAIMS: dict[str, tuple[int, str]] = {
    "future time": (31 * SECOND, "time-future"),
    "far future time": (2**53 - 1, "time-future"),
    "backward time": (-1, "time-backward"),
    "time 0": (-(10**15), "time-backward"),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_that_do_not_stand(name: str, world: World) -> None:
    """A wrong clock must not silence a STOP: the statement counts, its claimed time does not, the receipt's does."""
    world.say("ru", "us", "notice", NOTICE)
    offset, code = CLAIMS[name]
    claimed = max(0, min(2**53 - 1, world.now + offset))
    pen = Pen.of(world, "ru", "us")
    pen.post(pen.entry("call", time=claimed))
    assert [(r.code, r.entry) for r in world.refused("us")] == [(code, len(pen.entries) - 1)]
    assert world.reads("us", "ru")[-1].counts
    row = world.store("us").statements("call", LOG)[0]
    assert (row.time, row.received) == (claimed, world.now)
    pen.post(pen.entry("call"))
    assert len(world.refused("us")) == 1, "and what is said next at the right time is not held against it"


def test_within_the_clock_error_nothing_is_said(world: World) -> None:
    pen = Pen.of(world, "ru", "us")
    pen.post(pen.entry("call", time=world.now + 30 * SECOND))
    assert world.refusals("us") == []


def test_replayed_requests_change_nothing(world: World) -> None:
    """Every request that was ever carried, brought again in any order: refused or repeated, nothing is lost or added."""
    world.later(15 * MINUTE)
    before = {code: [world.store(code).entry_count(o) for o in world.terms.logs] for code in world.nodes}
    kept = {code: len(world.store(code).statements("")) for code in world.nodes}
    for message in [m for m in world.traffic if "/tile/" not in m.path][::-1]:
        reply = liars.replay(world, message)
        assert reply.status in (200, 409), message.path
    assert before == {code: [world.store(code).entry_count(o) for o in world.terms.logs] for code in world.nodes}
    assert kept == {code: len(world.store(code).statements("")) for code in world.nodes}
    codes = {r.code for code in world.nodes for r in world.refused(code)}
    assert codes <= {"stale-checkpoint", "wrong-size"}
    world.later(15 * MINUTE)
    assert world.store("us").evidence() == []


def test_a_flipped_byte_on_the_way_costs_one_round(world: World) -> None:
    for ending in (ADD_CHECKPOINT, ADD_ENTRIES):
        world.twists[:] = [liars.flip("/mirror/" + ending, -30, sender="ru")]
        placed = world.say("ru", "us", "notice", NOTICE)
        world.later(MINUTE)
        assert world.house("ru").receipt(placed.origin, placed.entry)
    assert len(world.refused("us")) == 2


def test_flipped_byte_in_tile(world: World) -> None:
    """Entries pulled back after a restore come as tiles; one changed byte in them is refused, and they come again."""
    backup = world.backup("us")
    for _ in range(5):
        world.say("us", "ru", "notice", NOTICE)
    size = world.house("us").ledgers["demo/test/us/to-ru"].size
    store = world.store("ru")
    good = store.entries("demo/test/us/to-ru", 0, size)
    twist = liars.swap_entry(world, "ru", "demo/test/us/to-ru", size - 1, flipped(good[-1], 100))
    world.twists.append(twist)
    house = world.restart("us", store=backup)
    world.later(2 * MINUTE)
    assert ("entry-mismatch", "ru") in [(r.code, r.party) for r in world.refused("us")]
    assert "demo/test/us/to-ru" in house.restart.closed
    world.twists[:] = [
        lambda _s, r, p, _b: Reply(200, TYPE_ENTRIES, encode_bundle(good)[:-5]) if "/tile/" in p else None
    ]
    world.later(2 * MINUTE)
    assert "tile-mismatch" in world.refusals("us")
    assert "demo/test/us/to-ru" in house.restart.closed
    world.twists.clear()
    world.later(2 * MINUTE)
    assert house.ledgers["demo/test/us/to-ru"].size >= size


def test_restored_backup_of_the_other_side(world: World) -> None:
    """ru, restored at n - 5, asks before it signs; us keeps what it has, and nothing of it is called a fork."""
    world.later(2 * MINUTE)
    backup = world.backup("ru")
    for _ in range(5):
        world.say("ru", "us", "notice", NOTICE)
        world.say("us", "ru", "notice", NOTICE)
    before = Before.of(world)
    world.restart("ru", store=backup)
    world.later(MINUTE)
    before.check_nothing_lost(world)
    assert world.mirror("ru", "us").size == world.house("us").ledgers["demo/test/us/to-ru"].size, "and brought up again"
    world.later(HOUR)
    for code in world.nodes:
        assert set(world.refusals(code)) <= {"wrong-size", "stale-checkpoint", "backup-restored", "not-signing"}, code
        assert world.store(code).evidence() == []


def test_no_flipped_byte_passes(world: World) -> None:
    """Every single byte of a head and of the entries under it, flipped: never signed for, never a word without name."""
    pen = Pen.of(world, "ru", "us")
    pen.add(pen.entry("call"))
    body = pen.checkpoint_body()
    for at in range(len(body)):
        assert pen.send(ADD_CHECKPOINT, flipped(body, at)).status in (400, 403, 404, 409, 422), at
    assert pen.send(ADD_CHECKPOINT, body).status == 200
    body = pen.entries_body()
    before = world.mirror("us", "ru").size
    for at in range(len(body)):
        assert pen.send(ADD_ENTRIES, flipped(body, at)).status in (400, 404, 409, 422), at
    assert world.mirror("us", "ru").size == before
    assert pen.send(ADD_ENTRIES, body).status == 200
    assert all(refused.party == "ru" for refused in world.refused("us"))


def test_a_refused_reply_says_no_more_than_the_code(world: World) -> None:
    """Whoever sends bad bytes learns the code and our size, nothing else of us."""
    pen = Pen.of(world, "ru", "us")
    bodies = [pen.send(path, b"junk").body for path in (ADD_CHECKPOINT, ADD_ENTRIES, "x")]
    assert bodies == [b"refused: request-invalid\n"] * 3
    other = world.request("un", "us", "/mirror/add-checkpoint", pen.checkpoint_body())
    assert other.body == b"refused: unknown-origin\n", "un's requests are for un's own log"
    tile = world.request("un", "us", f"{log_prefix('demo/test/us/to-ru')}/checkpoint", b"")
    assert tile.status == 404, "nor can un read what us says to ru"


def test_receipts_are_files_anyone_can_check(world: World) -> None:
    placed = world.say("ru", "us", "notice", NOTICE)
    house = world.house("ru")
    proof = parse_proof(house.receipt(placed.origin, placed.entry, with_entry=True).encode())
    policy = receipt_policy(house.state.log_keys(placed.origin), house.keys.of("us", "mirror"))
    assert proof.entry is not None
    (line,) = check_receipt(proof, proof.entry, policy)
    assert line.key.name == "demo/test/us/mirror"
