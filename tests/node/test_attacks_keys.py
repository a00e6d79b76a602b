"""Rows of the attack table (30-ledger) about keys and roots: each docstring is the row, each test makes the attack."""

from __future__ import annotations

import msgspec
import pytest

from detente.errors import LocalError, RemoteError
from detente.model import canon
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.envelope import DsseSignature, Envelope, SignedBy, check_threshold, seal
from detente.proof.evidence import check_fork, read_fork
from detente.proof.keys import key_id, verify_each
from tests.sim import liars
from tests.sim.world import HOUR, MINUTE, NAMES, NOTICE, T0, MemoryMark, World, root_for, signers_for


def test_revoke_dated_back(world: World) -> None:
    """Attack: revoke dated back, or used to excuse a fork.

    Check: only the index of the revoke counts; two heads before it remain a breach; the branch the other side cosigned
    stands.
    """
    notice = world.say("ru", "us", "notice", NOTICE)
    world.rotate("ru", keep=("root", "log", "mirror", "cosigner"))
    old_key = signers_for("ru")["release"][0]
    pen = liars.Pen.of(world, "ru", "us")
    late = pen.entry("call", by=[old_key])
    revoked = key_id(old_key.public)
    pen.post(
        pen.entry("revoke", key=revoked, reason="lost since last week", time=world.now - 7 * 24 * HOUR),
        late,
    )
    assert world.store("us").statement(notice.id) is not None, "what it signed before, at its index, stands"
    reads = world.reads("us", "ru")
    assert reads[notice.entry].counts
    assert not reads[-1].counts
    codes = [(r.entry, r.code) for r in world.refused("us")]
    assert codes == [(len(pen.entries) - 2, "time-backward"), (len(pen.entries) - 1, "unknown-key")]
    # and no later root brings the key back
    again = signers_for("ru", 3, keep=("root", "log", "mirror", "cosigner")) | {"release": [old_key]}
    document = root_for("ru", again, 3, world.root_document("ru"), also=again["root"])
    pen.post(pen.entry("root", version=3, document=document))
    assert world.refusals("us")[-1] == "key-revoked"


def test_fork_then_revoke(world: World) -> None:
    """Attack: revoke dated back, or used to excuse a fork.

    Check: only the index of the revoke counts; two heads before it remain a breach; the branch the other side cosigned
    stands.
    """
    world.later(5 * MINUTE)
    other = liars.Pen.of(world, "ru", "us")  # the history that only un is shown
    world.hold("ru", "un")
    notice = world.say("ru", "us", "notice", NOTICE)
    other.add(other.entry("call", text="what un is to believe"))
    assert other.show("un").status == 200
    world.rotate("ru", keep=("root", "mirror", "cosigner", "release"))
    revoked = key_id(other.signers["log"][0].public)
    world.say("ru", "us", "revoke", {"key": revoked, "reason": "stolen last week; the second history is not ours"})
    key = world.mirror("us", "ru").reader.state
    assert key is not None
    assert revoked in key.revoked

    world.later(12 * MINUTE)
    assert ("fork", "ru") in [(r.code, r.party) for r in world.refused("us")]
    files = world.store("us").evidence()
    assert len(files) == 1
    larger, smaller = check_fork(read_fork(files[0][1]))
    assert (smaller.size, smaller.root) == (notice.entry + 1, other.tree.root())
    assert larger.size > smaller.size, "the larger head carries the old key too: it is the one of the change"
    assert world.store("us").statement(notice.id) is not None, "the branch we signed for stands"
    assert world.reads("us", "ru")[notice.entry].counts


def test_old_root_statement_shown_to_one_side(world: World) -> None:
    """Attack: old root statement shown to one side.

    Check: root version in every heartbeat act, maximum age.
    """
    pen = liars.Pen.of(world, "ru", "us")
    world.hold("ru", "us")
    world.rotate("ru", keep=("release", "log", "root"))
    assert world.mirror("un", "ru").reader.state.document.version == 2, "un is shown the new root"  # type: ignore[union-attr]
    world.now += 10 * MINUTE
    pen.post(pen.entry("status", root_version=2))  # us is not; but the heartbeat names it
    assert [(r.code, r.party) for r in world.refused("us")] == [("root-stale", "ru")]
    pen.post(pen.entry("status", root_version=1))
    assert len(world.refused("us", "root-stale")) == 1


def test_old_root_statement_frozen_for_longer_than_agreed() -> None:
    """Attack: old root statement shown to one side.

    Check: root version in every heartbeat act, maximum age.
    """
    world = World(root_max_age="1h")
    pen = liars.Pen.of(world, "ru", "us")
    world.cut("ru")  # no status of ru reaches us, only other words
    for _ in range(13):
        world.later(5 * MINUTE)
        pen.post(pen.entry("call"))
    assert [r.party for r in world.refused("us", "root-stale")] == ["ru"]
    world.later(3 * HOUR, step=10 * MINUTE)
    assert len(world.refused("us", "root-stale")) == 1, "once for each occasion"


def test_one_private_key_under_two_key_ids() -> None:
    """Attack: one private key under two key ids (a common DSSE library counts it as two, *run*).

    Check: key id recomputed from the key; threshold counts distinct keys and distinct agencies.
    """
    keys = {code: signers_for(code, release=2) for code in NAMES}
    world = World(signers=keys, thresholds=(("root", 1), ("release", 2)))
    pen = liars.Pen.of(world, "ru", "us")
    lone = pen.envelope("call", by=pen.signers["release"][:1])
    value = lone.signatures[0].sig
    twin = DsseSignature("0" * 64, value)
    other = DsseSignature(key_id(pen.signers["release"][1].public), value)
    for second, code in ((twin, "too-few-signatures"), (other, "bad-signature")):
        both = Envelope(lone.payload, lone.payloadType, sorted([lone.signatures[0], second], key=lambda s: s.keyid))
        pen.post(canon.encode(both))
        assert world.refusals("us")[-1] == code

    # even a table of keys that says otherwise is not believed
    public = pen.signers["release"][0].public
    allowed = {key_id(public): SignedBy(public, "a"), "0" * 64: SignedBy(public, "b")}
    both = Envelope(lone.payload, lone.payloadType, sorted([lone.signatures[0], twin], key=lambda s: s.keyid))
    good = verify_each(both.checks({i: h.public for i, h in allowed.items()}))
    with pytest.raises(RemoteError) as refused:
        check_threshold(both, allowed, good, 2)
    assert refused.value.code == "key-id-mismatch"


def test_one_agency_with_two_keys_counts_once() -> None:
    """Attack: one private key under two key ids (a common DSSE library counts it as two, *run*).

    Check: key id recomputed from the key; threshold counts distinct keys and distinct agencies.
    """
    signers = signers_for("ru", release=2)["release"]
    allowed = {key_id(s.public): SignedBy(s.public, "defense") for s in signers}
    envelope = seal("application/x", b"{}", signers)
    with pytest.raises(RemoteError) as refused:
        check_threshold(envelope, allowed, [True, True], 2)
    assert refused.value.code == "too-few-signatures"


# key rotation, whole


def test_every_key_can_be_changed_and_an_offline_reader_follows_from_entry_0(world: World) -> None:
    """New root, log, mirror, cosigner and release keys: nothing is refused anywhere, every entry counts offline."""
    world.adopt()
    before = world.say("ru", "us", "notice", NOTICE)
    for version in (2, 3):
        world.rotate("ru", version=version)
        world.later(11 * MINUTE)
    world.rotate("us")
    after = world.say("ru", "us", "notice", NOTICE)
    world.later(25 * MINUTE)
    for code in NAMES:
        assert world.refusals(code) == []
        for sender in NAMES:
            if sender != code:
                assert all(read.counts and not read.faults for read in world.reads(code, sender))
    us, ru = world.house("us"), world.house("ru")
    assert us.mirrors["ru"].reader.state.document.version == 3  # type: ignore[union-attr]
    assert ru.receipt(before.origin, before.entry)
    assert ru.receipt(after.origin, after.entry)
    assert world.house("un").cosigners["demo/test/ru/to-us"].head is not None
    newest = [r for r in world.store("us").receipts("demo/test/us/to-ru") if r.name == "demo/test/ru/mirror"][-1]
    assert newest.key == key_id(world.nodes["ru"].signers["mirror"][0].public), "the old mirror key rests now"
    assert len(parse_checkpoint(newest.note).note.signatures) == 2, "one log key, one mirror key"


def test_a_peer_that_missed_the_change_of_log_keys_is_brought_over_it(world: World) -> None:
    """The head with the old and the new key must reach everyone who has not seen the new root, whatever came after."""
    world.cut("us")
    world.say("ru", "us", "call", {"about": "op", "text": "queued under the old key"})
    for version in (2, 3):
        world.rotate("ru", version=version)
        world.say("ru", "us", "call", {"about": "op", "text": "said under the new key"})
        world.later(20 * MINUTE)
    world.restart("ru")
    world.restore("us")
    world.later(2 * MINUTE)
    assert world.mirror("us", "ru").size == world.house("ru").ledgers["demo/test/ru/to-us"].size
    assert {code for node in NAMES for code in world.refusals(node)} == {
        "receipt-overdue",
        "heartbeat-missed",
        "receipt-wrong-role",  # after its restart ru has the new mirror key only; asked again, it is known
    }


def test_mirror_keys_change_although_the_peer_has_not_read_the_new_root(world: World) -> None:
    """While our words are slow to reach the peer, it can check our receipts all the same; after a restart, later."""
    world.hold("ru", "us")
    world.rotate("ru")
    placed = world.say("us", "ru", "notice", NOTICE)
    assert world.house("us").receipt(placed.origin, placed.entry)
    assert world.refusals("us") == []
    world.restart("ru")  # only the new keys are at hand now
    placed = world.say("us", "ru", "notice", NOTICE)
    assert "receipt-wrong-role" in world.refusals("us")
    world.release("ru", "us")
    world.later(5 * MINUTE)
    assert world.house("us").receipt(placed.origin, placed.entry), "asked again once the new root was read"


def test_a_change_that_keeps_the_log_key_signs_once(world: World) -> None:
    """One key must not stand twice under a head: readers refuse two lines of one key."""
    world.rotate("ru", keep=("log", "mirror", "root", "cosigner"))
    world.later(15 * MINUTE)
    assert [world.refusals(code) for code in NAMES] == [[], [], []]
    head = world.house("ru").ledgers["demo/test/ru/to-us"].head
    assert head is not None
    assert len(head.note.signatures) == 1


def test_a_change_of_keys_is_told_to_all_or_to_nobody(world: World) -> None:
    """A node that may not sign one of its logs publishes no root at all: half of it would leave it without keys."""
    world.cut("un")
    world.restart("ru", mark=MemoryMark())
    world.run()
    house = world.house("ru")
    assert list(house.restart.closed) == ["demo/test/ru/to-us", "demo/test/ru/to-un"], "un's signature is asked for too"
    del house.restart.closed["demo/test/ru/to-un"]  # the first that would be told
    sizes = {origin: ledger.size for origin, ledger in house.ledgers.items()}
    new = signers_for("ru", 2)
    document = root_for("ru", new, 2, world.roots["ru"], also=world.nodes["ru"].signers["root"])
    with house.batch(world.now), pytest.raises(LocalError) as refused:
        house.keys.rotate(document, new, world.now)
    assert refused.value.code == "not-signing"
    assert sizes == {origin: ledger.size for origin, ledger in house.ledgers.items()}
    assert house.state.document.version == 1


def test_a_change_of_log_keys_under_a_head_without_the_new_key_is_refused_whole(world: World) -> None:
    """The receipt would be over a head that none of the log's keys then in force has signed."""
    new = signers_for("ru", 2)
    document = root_for("ru", new, 2, world.roots["ru"], also=world.nodes["ru"].signers["root"])
    pen = liars.Pen.of(world, "ru", "us")
    before = world.mirror("us", "ru").reader.copy()
    assert [reply.status for reply in pen.post(pen.entry("root", version=2, document=document))] == [200, 403]
    assert world.refusals("us") == ["unknown-key"]
    assert world.mirror("us", "ru").reader == before
    assert world.mirror("us", "ru").size == pen.offered


def test_a_root_statement_that_lies_about_its_version_changes_nothing(world: World) -> None:
    """An entry that is refused has no effect: neither now nor after a restart."""
    new = signers_for("ru", 2)
    document = root_for("ru", new, 2, world.roots["ru"], also=world.nodes["ru"].signers["root"])
    pen = liars.Pen.of(world, "ru", "us")
    pen.post(pen.entry("root", version=3, document=document))
    assert world.refusals("us") == ["root-invalid"]
    assert world.mirror("us", "ru").reader.state.document.version == 1  # type: ignore[union-attr]
    pen.post(pen.entry("call"))
    assert world.refusals("us") == ["root-invalid"], "the old keys hold"


def test_keys_and_claims_survive_a_restart(world: World) -> None:
    """The reader's state after a restart is the state before, also when the last word was the change of keys itself."""
    world.rotate("ru")
    world.say("ru", "us", "revoke", {"key": key_id(signers_for("ru")["release"][0].public), "reason": "old"})
    before = world.mirror("us", "ru").reader
    house = world.restart("us")
    assert house.mirrors["ru"].reader == before
    assert before.last_time == T0
    assert msgspec.structs.asdict(before.state.document)["version"] == 2  # type: ignore[union-attr]
    world.later(20 * MINUTE)
    assert world.refusals("us") == []
