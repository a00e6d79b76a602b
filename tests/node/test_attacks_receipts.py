"""Rows of the attack table (30-ledger) about receipts: each docstring is the row, each test makes the attack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detente.errors import GivenError, LocalError, RemoteError
from detente.model.statement import ReceiptOverdue, sha256_hex
from detente.model.terms import read_terms
from detente.node import attachments, timing
from detente.node.ports import StoredReceipt
from detente.node.revocation import stands
from detente.proof.checkpoint import Head, cosign, parse_checkpoint, read_cosignature
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_ML_DSA, VerifierKey, key_id
from detente.proof.note import NoteSignature
from detente.proof.receipt import LogProof, check_receipt, receipt_policy
from detente.proof.wire import mirror_prefix
from tests.sim import liars
from tests.sim.world import MINUTE, NOTICE, T0, World, out, root_for, signers_for

DELTA = 30_000
OTHERS = ("root", "log", "cosigner", "release")


def test_receipt_withheld_to_hold_the_clock(world: World) -> None:
    """Attack: receipt withheld to hold the clock.

    Check: after Δ `receipt_overdue` + neutral quorum; *permission* clocks stay shut, *duty* clocks (notice was given)
    run from quorum time; withholding is itself a finding; without cosigneres: cannot tell.
    """
    world.twists.append(liars.withhold_receipts(world, "ru"))
    placed = world.say("us", "ru", "notice", NOTICE)
    world.later(3 * MINUTE)

    assert world.store("ru").entry_count(placed.origin) > placed.entry, "stored it all the same"
    found = world.refused("us", "receipt-overdue")
    assert [(r.party, r.origin) for r in found] == [("ru", "")]
    row = world.store("us").statements("receipt_overdue", placed.origin)[0]
    said = world.read("us", placed.origin, row.entry).statement
    assert isinstance(said, ReceiptOverdue)
    assert said.size > placed.entry
    assert (said.quorum, said.due) == (1, T0 + world.terms.receipt_due)

    receipts = world.store("us").receipts(placed.origin)
    assert timing.permission_time(receipts, placed.entry, DELTA) is None
    assert timing.duty_time(receipts, placed.entry, DELTA, world.terms.quorum) == timing.span(T0 // 1000, DELTA)
    with pytest.raises(LocalError) as shut:
        world.house("us").receipt(placed.origin, placed.entry)
    assert shut.value.code == "receipt-overdue"


def test_receipt_withheld_to_hold_the_clock_without_cosigners() -> None:
    """Attack: receipt withheld to hold the clock.

    Check: after Δ `receipt_overdue` + neutral quorum; *permission* clocks stay shut, *duty* clocks (notice was given)
    run from quorum time; withholding is itself a finding; without cosigneres: cannot tell.
    """
    world = World(between="")
    world.twists.append(liars.withhold_receipts(world, "ru"))
    placed = world.say("us", "ru", "notice", NOTICE)
    world.later(3 * MINUTE)
    assert [r.party for r in world.refused("us", "receipt-overdue")] == ["ru"]
    assert timing.duty_time(world.store("us").receipts(placed.origin), placed.entry, DELTA, 1) is None


def test_receipt_for_a_smaller_tree(world: World) -> None:
    """Attack: receipt for a smaller tree.

    Check: receipt counts only if size > index.
    """
    world.twists.append(liars.sign_smaller(world, "ru"))
    placed = world.say("us", "ru", "notice", NOTICE)
    assert "bad-signature" in world.refusals("us"), "the line is over n - 1, the head offered is n"
    with pytest.raises(LocalError):
        world.house("us").receipt(placed.origin, placed.entry)

    # the same line shown where it fits, as a receipt of the entry it does not cover
    ledger, size = world.house("us").ledgers[placed.origin], placed.entry
    head = Head(placed.origin, size, ledger.root_at(size) or b"")
    pen = liars.Pen.of(world, "us", "ru")
    note = pen.checkpoint(size).with_lines([liars.mirror_line(world, "ru", head, T0 // 1000)])
    entry = world.store("us").entries(placed.origin, size, size + 1)[0]
    with pytest.raises(RemoteError) as small:
        LogProof(size, (), note).check(entry)
    assert small.value.code == "receipt-too-small"
    row = StoredReceipt(placed.origin, size, "demo/test/ru/mirror", "", timing.MIRROR, T0 // 1000, note.encode(), T0)
    assert timing.receipt_of([row], placed.entry) is None
    assert timing.receipt_of([row], placed.entry - 1) == row


def test_cosigner_signature_passed_as_receipt(world: World) -> None:
    """Attack: cosigner signature passed as receipt; one key in two roles (the Ed25519 message does not name the
    cosigner).

    Check: all public keys distinct over party, role, version, algorithm at admission; receipts only from role `mirror`.
    """

    def honest(head: Head) -> NoteSignature:
        return liars.cosigner_line(world, "un", head, world.now // 1000)

    def renamed(head: Head) -> NoteSignature:
        """un's line, put under the name of ru's mirror."""
        line = honest(head)
        key = VerifierKey("demo/test/ru/mirror", TYPE_COSIGNATURE, world.nodes["un"].signers["cosigner"][0].public)
        return NoteSignature(key.name, key.id, line.value)

    for line in (honest, renamed):
        world.twists[:] = [liars.sign_with(world, "ru", line)]
        placed = world.say("us", "ru", "notice", NOTICE)
        assert world.refusals("us")[-1] == "receipt-wrong-role"
        with pytest.raises(LocalError):
            world.house("us").receipt(placed.origin, placed.entry)

    # nor offline: a receipt policy knows mirrors only
    ledger = world.house("us").ledgers[placed.origin]
    assert ledger.head is not None
    note = ledger.head.with_lines([honest(ledger.head.head)])
    mirror = world.house("us").keys.of("ru", timing.MIRROR)
    policy = receipt_policy(world.house("us").state.log_keys(placed.origin), mirror)
    entry = world.store("us").entries(placed.origin, placed.entry, placed.entry + 1)[0]
    with pytest.raises(RemoteError) as refused:
        check_receipt(ledger.proof(placed.entry, note), entry, policy)
    assert refused.value.code == "quorum-missing"


def test_one_key_in_two_roles_is_not_admitted_at_the_start() -> None:
    """Attack: cosigner signature passed as receipt; one key in two roles (the Ed25519 message does not name the
    cosigner).

    Check: all public keys distinct over party, role, version, algorithm at admission; receipts only from role `mirror`.
    """
    keys = {code: signers_for(code) for code in ("us", "ru", "un")}
    keys["ru"]["mirror"] = keys["un"]["cosigner"]
    with pytest.raises(RemoteError) as refused:
        World(signers=keys)
    assert refused.value.code == "key-in-two-roles"


def test_one_key_in_two_roles_is_not_admitted_with_a_new_root(world: World) -> None:
    """Attack: cosigner signature passed as receipt; one key in two roles (the Ed25519 message does not name the
    cosigner).

    Check: all public keys distinct over party, role, version, algorithm at admission; receipts only from role `mirror`.
    """
    new = signers_for("ru", 2) | {"mirror": world.nodes["un"].signers["cosigner"]}
    document = root_for("ru", new, 2, world.roots["ru"], also=world.nodes["ru"].signers["root"])
    with pytest.raises(RemoteError) as refused, world.speaking("ru") as house:
        house.keys.rotate(document, new, world.now)
    assert refused.value.code == "key-in-two-roles", "no honest node publishes it"

    pen = liars.Pen.of(world, "ru", "us")
    before = world.mirror("us", "ru").reader.state
    pen.post(pen.entry("root", version=2, document=document))
    assert world.refusals("us") == ["key-in-two-roles"]
    assert world.mirror("us", "ru").reader.state == before


def test_mirror_set_to_a_minimum_index_above_the_entry_or_pruned() -> None:
    """Attack: mirror set to a minimum index above the entry, or pruned (the standard allows both).

    Check: agreement fixes minimum index 0, no pruning; random own entries are read back from their mirror.
    """
    world = World()
    with pytest.raises(GivenError) as above:
        read_terms(world.terms_bytes.replace(b"mirror_minimum_index: 0", b"mirror_minimum_index: 100"))
    assert above.value.code == "terms-invalid"

    with world.speaking("us") as house:
        for n in range(300):
            house.say(out("ru", "call", {"about": "op", "text": f"call {n}"}), world.now)
    log = house.ledgers["demo/test/us/to-ru"].origin
    world.later(30 * MINUTE)
    assert world.refusals("us") == [], "an honest mirror gives back what it is asked for"
    assert [m for m in world.traffic if m.sender == "us" and m.path.startswith(mirror_prefix(log))]
    world.twists.append(liars.drop_entries(world, "ru", log, below=100))
    world.later(60 * MINUTE)
    assert {(r.code, r.party) for r in world.refused("us")} == {("mirror-lost-entry", "ru")}


def test_mirror_that_changed_an_entry(world: World) -> None:
    """Attack: mirror set to a minimum index above the entry, or pruned (the standard allows both).

    Check: agreement fixes minimum index 0, no pruning; random own entries are read back from their mirror.
    """
    placed = world.say("us", "ru", "notice", NOTICE)
    world.twists.append(liars.swap_entry(world, "ru", placed.origin, placed.entry, b"{}"))
    world.later(30 * MINUTE)
    assert {(r.code, r.party) for r in world.refused("us")} == {("mirror-lost-entry", "ru")}


def test_ml_dsa_cosignature_with_time_0_or_of_a_subtree(world: World) -> None:
    """Attack: ML-DSA cosignature with time 0 or of a subtree (allowed by the standard).

    Check: start = 0, end = size, time ≠ 0 or it is no receipt.
    """

    # Until ML-DSA lines are read at all (docs/limits.md) none of them counts, and no line of any type is of time 0.
    def time_0(head: Head) -> NoteSignature:
        return cosign(head, "demo/test/ru/mirror", world.nodes["ru"].signers["mirror"][0], 0)

    def ml_dsa(head: Head) -> NoteSignature:
        key = VerifierKey("demo/test/ru/mirror", TYPE_ML_DSA, b"\x01" * 1312)
        return NoteSignature(key.name, key.id, b"\x00" * 2428)

    for line, code in ((time_0, "receipt-time-off"), (ml_dsa, "receipt-wrong-role")):
        world.twists[:] = [liars.sign_with(world, "ru", line)]
        placed = world.say("us", "ru", "notice", NOTICE)
        assert world.refusals("us")[-1] == code
        with pytest.raises(LocalError):
            world.house("us").receipt(placed.origin, placed.entry)
    head = Head("demo/test/us/to-ru", 1, b"\x00" * 32)
    with pytest.raises(RemoteError) as refused:
        read_cosignature(head, ml_dsa(head), VerifierKey("demo/test/ru/mirror", TYPE_ML_DSA, b"\x01" * 1312))
    assert refused.value.code == "receipt-wrong-role"


def test_two_lines_of_one_cosigner_with_different_times(world: World) -> None:
    """Attack: two lines of one cosigner with different times.

    Check: refused.
    """

    def at(second: int) -> Callable[[Head], NoteSignature]:
        return lambda head: liars.mirror_line(world, "ru", head, second)

    now_s = world.now // 1000
    world.twists.append(liars.sign_with(world, "ru", at(now_s), at(now_s + 1)))
    placed = world.say("us", "ru", "notice", NOTICE)
    assert set(world.refusals("us")) == {"receipt-conflicting-times"}
    with pytest.raises(LocalError):
        world.house("us").receipt(placed.origin, placed.entry)

    # nor in a note somebody shows
    head = world.house("us").ledgers[placed.origin].head
    assert head is not None
    note = head.with_lines([at(now_s)(head.head), at(now_s + 1)(head.head)])
    with pytest.raises(RemoteError) as refused, world.speaking("us") as house:
        house.take_receipt(note.encode(), world.now)
    assert refused.value.code == "receipt-conflicting-times"


def test_only_the_later_heartbeat_shown(world: World) -> None:
    """Attack: only the later heartbeat shown.

    Check: earliest held receipt counts.
    """
    placed = world.say("us", "ru", "notice", NOTICE)
    first = world.house("us").receipt(placed.origin, placed.entry)
    world.later(65 * MINUTE)
    later = liars.SIGN_AGAIN
    shown = parse_checkpoint(world.request("us", "ru", f"/mirror/{later}", placed.origin.encode()).body)
    with world.speaking("us") as house:
        house.take_receipt(shown.encode(), world.now)
    assert world.house("us").receipt(placed.origin, placed.entry) == first
    receipts = world.store("us").receipts(placed.origin)
    assert len({r.time_s for r in receipts if r.size > placed.entry}) > 5
    for kept in (receipts, receipts[::-1]):
        assert timing.permission_time(kept, placed.entry, DELTA) == timing.span(T0 // 1000, DELTA)


def test_receipt_key_stolen_afterwards_receipts_denied_after_the_anchor(world: World) -> None:
    """Attack: receipt key "stolen" afterwards, receipts denied.

    Check: receipts are outside every log, so "index before revoke" does not reach them: sender logs the digests of
    receipts held, in its next batch; anchored ones stand.
    """
    placed = world.say("us", "ru", "notice", NOTICE)
    receipt = world.house("us").receipt(placed.origin, placed.entry)
    world.later(12 * MINUTE)  # our next heads carry the digest of the receipt; ru's next words name them as seen
    key = key_id(world.nodes["ru"].signers["mirror"][0].public)
    world.rotate("ru", keep=OTHERS)
    world.say("ru", "us", "revoke", {"key": key, "reason": "stolen a week ago; what it signed since is not ours"})
    assert world.house("us").receipt(placed.origin, placed.entry) == receipt
    current = [key_id(k.public) for k in world.house("us").keys.of("ru", timing.MIRROR)]
    assert key not in current, "nothing signed with it from now on counts"


def test_receipt_key_stolen_afterwards_receipts_denied_before_the_anchor(world: World) -> None:
    """Attack: receipt key "stolen" afterwards, receipts denied.

    Check: receipts are outside every log, so "index before revoke" does not reach them: sender logs the digests of
    receipts held, in its next batch; anchored ones stand.
    """
    key = key_id(world.nodes["ru"].signers["mirror"][0].public)
    placed = world.say("us", "ru", "notice", NOTICE)
    stored = world.store("us").receipt_over(placed.origin, placed.entry, timing.MIRROR)
    assert stored is not None
    answers = world.mirror("us", "ru").origin
    world.rotate("ru", keep=OTHERS)
    assert stands(world.store("us"), answers, stored)
    world.say("ru", "us", "revoke", {"key": key, "reason": "stolen"})
    assert not stands(world.store("us"), answers, stored), "nothing of ours that ru had seen anchors it"
    with pytest.raises(LocalError) as denied:
        world.house("us").receipt(placed.origin, placed.entry)
    assert denied.value.code == "receipt-overdue"
    world.later(2 * MINUTE)
    world.say("us", "ru", "call", {"about": "op", "text": "anchors come too late now"})
    assert not stands(world.store("us"), answers, stored)


def test_attachment_by_digest_receipt_does_not_cover_it(world: World) -> None:
    """Attack: attachment by digest: receipt does not cover it.

    Check: own `received` statement listing digests; duty not met before.
    """
    digest = sha256_hex(b"a map of 3 MB")
    placed = world.say("us", "ru", "attachment", {"digest": digest, "size": 3_000_000, "title": "map"})
    answers = world.mirror("us", "ru").origin
    us = world.store("us")
    world.later(30 * MINUTE)
    assert world.house("us").receipt(placed.origin, placed.entry), "the naming statement is receipted"
    assert attachments.not_received(us, placed.origin, answers) == [digest], "the attachment was never sent"
    assert attachments.readable_time(us, answers, digest, DELTA) is None

    now_s = world.now // 1000
    world.say("ru", "us", "received", {"digests": [sha256_hex(b"another"), digest]})
    assert attachments.not_received(us, placed.origin, answers) == []
    assert attachments.readable_time(us, answers, digest, DELTA) == timing.span(now_s, DELTA)
    assert attachments.received_in(us, answers, sha256_hex(b"never named")) is None
