"""DSSE envelopes: one byte form, thresholds of distinct keys and agencies (byte forms: tests/model/test_canon)."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key, SSlibKey  # type: ignore[attr-defined]

from detente.errors import LocalError
from detente.model.statement import MAX_PAYLOAD, payload_type
from detente.proof.envelope import (
    MAX_ENTRY,
    MAX_SIGNATURES,
    DsseSignature,
    Envelope,
    SignedBy,
    check_threshold,
    pae,
    parse_envelope,
    seal,
)
from detente.proof.keys import key_id, verify_each
from tests.proof.builders import refused, signer

TYPE = payload_type("call")
labels = st.lists(st.sampled_from([f"agency-{n}" for n in range(8)]), min_size=1, max_size=5, unique=True)


def holders(*pairs: tuple[str, str]) -> dict[str, SignedBy]:
    """Key labels with their agencies."""
    return {key_id(signer(label).public): SignedBy(signer(label).public, agency) for label, agency in pairs}


def check(envelope: Envelope, allowed: dict[str, SignedBy], threshold: int) -> None:
    """As callers do it: run the checks, then judge the answers."""
    good = verify_each(envelope.checks({i: h.public for i, h in allowed.items()}))
    check_threshold(envelope, allowed, good, threshold)


def their_keys(names: list[str]) -> list[Key]:
    return [SSlibKey(key_id(signer(n).public), "ed25519", "ed25519", {"public": signer(n).public.hex()}) for n in names]


@given(st.binary(max_size=300), labels)
def test_envelopes_round_trip(payload, names):
    """Entry bytes = envelope; the same bytes again."""
    envelope = seal(TYPE, payload, [signer(n) for n in names])
    assert parse_envelope(envelope.encode()) == envelope
    ids = [s.keyid for s in envelope.signatures]
    assert ids == sorted(ids) == sorted(key_id(signer(n).public) for n in names)


@given(st.binary(max_size=300), labels)
def test_the_order_of_signers_changes_nothing(payload, names):
    """One set of signers, one byte form (Ed25519 is deterministic, signatures are sorted)."""
    forward = seal(TYPE, payload, [signer(n) for n in names]).encode()
    assert forward == seal(TYPE, payload, [signer(n) for n in reversed(names)]).encode()


@given(st.binary(max_size=300), labels)
def test_securesystemslib_accepts_our_envelopes_and_counts_the_same(payload, names):
    """30-ledger: "Somebody else's verifier must accept our files unchanged": DSSE, thresholds."""
    envelope = seal(TYPE, payload, [signer(n) for n in names])
    theirs = TheirEnvelope.from_dict(json.loads(envelope.encode()))
    assert (theirs.payload, theirs.payload_type, theirs.pae()) == (payload, TYPE, envelope.pae())
    assert len(theirs.verify(their_keys(names), len(names))) == len(names)
    with pytest.raises(VerificationError):
        theirs.verify(their_keys([*names, "absent"]), len(names) + 1)
    allowed = holders(*((n, n) for n in [*names, "absent"]))
    check(envelope, allowed, len(names))
    with refused("too-few-signatures"):
        check(envelope, allowed, len(names) + 1)


def test_the_pre_authentication_encoding_is_the_specified_one():
    """DSSE v1 protocol, with its own example."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected
    assert pae("a\u00e9", b"") == b"DSSEv1 3 a\xc3\xa9 0 "


@given(st.text(max_size=20), st.binary(max_size=20), st.text(max_size=20), st.binary(max_size=20))
def test_two_statements_have_two_encodings(type_1, payload_1, type_2, payload_2):
    """Lengths stand in front: no type and payload run into each other."""
    same = (type_1, payload_1) == (type_2, payload_2)
    assert (pae(type_1, payload_1) == pae(type_2, payload_2)) == same


def test_the_id_is_of_what_is_signed_and_not_of_who_signed():
    """30-ledger: Statement id = SHA-256(PAE); row "logged under-signed, signature added": same id."""
    once = seal(TYPE, b"{}", [signer("a")])
    twice = seal(TYPE, b"{}", [signer("a"), signer("b")])
    assert once.id() == twice.id() == hashlib.sha256(pae(TYPE, b"{}")).hexdigest()
    assert seal(payload_type("notice"), b"{}", [signer("a")]).id() != once.id()


# --- thresholds ---------------------------------------------------------------------------------------------------

SEALED = seal(TYPE, b"{}", [signer("a"), signer("b"), signer("c")])


def test_a_threshold_counts_agencies_and_not_keys():
    """30-ledger: "threshold counts distinct keys and distinct agencies"."""
    check(SEALED, holders(("a", "defense"), ("b", "state"), ("c", "energy")), 3)
    two_of_one = holders(("a", "defense"), ("b", "defense"), ("c", "state"))
    check(SEALED, two_of_one, 2)
    with refused("too-few-signatures", naming="2 of 3"):
        check(SEALED, two_of_one, 3)
    with refused("too-few-signatures", naming="1 of 2"):
        check(SEALED, holders(("a", "defense"), ("b", "defense"), ("c", "defense")), 2)


def test_signatures_of_strangers_add_nothing_and_spoil_nothing():
    """Only keys current for the role at this place count; others may sign along."""
    check(SEALED, holders(("a", "defense")), 1)
    with refused("too-few-signatures"):
        check(SEALED, holders(("a", "defense"), ("z", "state")), 2)
    with refused("unknown-key"):
        check(SEALED, holders(("z", "state")), 1)
    with refused("unknown-key"):
        check(SEALED, {}, 1)


def test_a_signature_of_an_allowed_key_that_fails_is_refused_even_if_enough_others_fit():
    """check_threshold's docstring; as signed-note says of notes."""
    spoilt = Envelope(
        SEALED.payload, TYPE, [SEALED.signatures[0], DsseSignature(SEALED.signatures[1].keyid, bytes(64))]
    )
    everyone = holders(("a", "defense"), ("b", "state"), ("c", "energy"))
    with refused("bad-signature", naming=SEALED.signatures[1].keyid[:12]):
        check(spoilt, everyone, 1)


@pytest.mark.parametrize("part", ["payload", "type"])
def test_a_signature_covers_payload_and_type(part):
    """Row "payload of one type verified as another": the type is under the signature."""
    changed = {
        "payload": Envelope(b"{} ", TYPE, SEALED.signatures),
        "type": Envelope(b"{}", payload_type("notice"), SEALED.signatures),
    }[part]
    with refused("bad-signature"):
        check(changed, holders(("a", "defense")), 1)


def twins() -> Envelope:
    """One signature under two key ids, as an attacker makes it."""
    (own,) = seal(TYPE, b"{}", [signer("a")]).signatures
    return Envelope(b"{}", TYPE, sorted([own, DsseSignature("00" * 32, own.sig)], key=lambda s: s.keyid))


def test_one_private_key_under_two_key_ids_is_counted_once():
    """Attack row "one private key under two key ids (a common library counts it as two, run)": key id recomputed."""
    public = signer("a").public
    believed = {"00" * 32: SignedBy(public, "state"), key_id(public): SignedBy(public, "defense")}
    with refused("key-id-mismatch", naming="000000000000"):
        check(twins(), believed, 2)
    with refused("too-few-signatures", naming="1 of 2"):
        check(twins(), holders(("a", "defense")), 2)


def test_a_common_library_counts_the_twin_as_two():
    """The reason for the row above, kept as a test so that we notice if the library changes."""
    theirs = TheirEnvelope.from_dict(json.loads(twins().encode()))
    public = {"public": signer("a").public.hex()}
    ids = ["00" * 32, key_id(signer("a").public)]
    assert len(theirs.verify([SSlibKey(i, "ed25519", "ed25519", dict(public)) for i in ids], 2)) == 2


def test_twin_signatures_made_in_memory_are_counted_once():
    """The parser refuses them (test_canon); the count does not rely on that."""
    (own,) = seal(TYPE, b"{}", [signer("a")]).signatures
    with refused("too-few-signatures", naming="1 of 2"):
        check(Envelope(b"{}", TYPE, [own, own]), holders(("a", "defense")), 2)


# --- sizes --------------------------------------------------------------------------------------------------------


def test_the_largest_payload_fits_an_entry_with_every_signature():
    """MAX_PAYLOAD and 5 signatures fit 65,535 bytes; with 16 the payload has to be smaller."""
    envelope = seal(TYPE, b"x" * MAX_PAYLOAD, [signer("a"), signer("b"), signer("c"), signer("d"), signer("e")])
    assert len(envelope.encode()) <= MAX_ENTRY
    assert parse_envelope(envelope.encode()) == envelope


def test_an_oversize_envelope_is_refused():
    """30-ledger: entry bytes = envelope <= 65,535 bytes. Making one is our fault, sending one is theirs."""
    with refused("too-large", LocalError):
        seal(TYPE, b"x" * 50_000, [signer("a")])
    with refused("too-large"):
        parse_envelope(b" " * (MAX_ENTRY + 1))


def test_an_envelope_nobody_would_accept_is_not_made():
    """No signature, too many, or one key twice: our own mistake, named before it stands in a log."""
    for names in ([], ["a", "a"], [f"k{n}" for n in range(MAX_SIGNATURES + 1)]):
        with refused("internal", LocalError):
            seal(TYPE, b"{}", [signer(n) for n in names])
    most = seal(TYPE, b"{}", [signer(f"k{n}") for n in range(MAX_SIGNATURES)])
    assert parse_envelope(most.encode()) == most


def test_seventeen_signatures_are_refused():
    """The limit holds for what others send."""
    many = sorted((DsseSignature(f"{n:064x}", bytes(64)) for n in range(17)), key=lambda s: s.keyid)
    with refused("bad-field"):
        parse_envelope(Envelope(b"{}", TYPE, many).encode())
