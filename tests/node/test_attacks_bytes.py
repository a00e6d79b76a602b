"""Rows of the attack table (30-ledger) about bytes: each docstring is the row, each test makes the attack on a node."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import KINDS, decode_statement, kind_of, payload_type, sha256_hex
from detente.model.terms import read_terms
from detente.node.speaker import build
from detente.proof import roots
from detente.proof.checkpoint import Head, sign_checkpoint
from detente.proof.envelope import MAX_ENTRY, DsseSignature, Envelope, pae
from detente.proof.keys import key_id
from detente.proof.wire import AddCheckpoint
from detente.proof.words import check_words, words_of
from tests.sim import liars
from tests.sim.world import AGREEMENT, NOTICE, World

# kind: the fields it needs beside the common head
EXAMPLES: dict[str, dict[str, Any]] = {
    "root": {"version": 2, "document": b"{}"},
    "offer": {"text": AGREEMENT, "terms": b"terms", "agreement": sha256_hex(AGREEMENT)},
    "signature": {"terms": "0" * 64},
    "participation": {"terms": "0" * 64},
    "status": {"root_version": 1, "on_watch": 0},
    "notice": NOTICE,
    "said": {"name": "consent", "fields": {"target": "t1", "window": {"type": "period", "start": 0, "end": 1}}},
    "told": {"name": "strike", "by": ["us"], "first": 0, "last": 1, "fields": {"against": "daesh"}},
    "call": {"about": "op", "text": "x"},
    "account": {
        "source": "centcom",
        "line": 1,
        "released": "2016-09-18",
        "verbatim": "x",
        "country": "Syria",
        "location": "Dayr Az Zawr",
        "number": 1,
        "description": "x",
        "file_digest": "0" * 64,
    },
    "receipt_overdue": {"log": "a/b", "size": 1, "root": "0" * 64, "due": 1, "quorum": 1},
    "receipts_held": {"receipts": ["0" * 64]},
    "revoke": {"key": "0" * 64, "reason": "x"},
    "received": {"digests": ["0" * 64]},
    "attachment": {"digest": "0" * 64, "size": 1, "title": "x"},
    "voice": {"log": "a/b", "size": 1, "root": "0" * 64, "challenge": "0" * 16, "words": ["a"] * 5},
}


def test_payload_of_one_type_verified_as_another_full_matrix(world: World) -> None:
    """Attack: payload of one type verified as another.

    Check: one type per kind; role × type table; exact match at the call; private types refused on the peer path.
    """
    assert EXAMPLES.keys() == KINDS.keys(), "a new kind needs an example here"
    pen = liars.Pen.of(world, "ru", "us")
    payloads = {kind: build(kind, pen.fields(kind, **fields)) for kind, fields in EXAMPLES.items()}
    assert len({payload_type(kind) for kind in KINDS}) == len(KINDS)
    for kind, payload in payloads.items():
        assert kind_of(payload_type(kind)) == kind
        assert decode_statement(payload, kind).kind == kind
        for other in KINDS:
            if other != kind:
                with pytest.raises(RemoteError) as refused:
                    decode_statement(payload, other)
                assert refused.value.code == "wrong-payload-type", (kind, other)

    # as entries of a log: the payload type that is signed decides, and it must be the kind's own
    wrong = [pen.raw(payloads["call"], payload_kind=payload_type(other)) for other in KINDS if other != "call"]
    pen.post(*wrong)
    assert world.refusals("us") == ["wrong-payload-type"] * len(wrong)
    # types that live inside the house, or nowhere, are refused on the peer path
    private = [
        pen.raw(payloads["call"], payload_kind=kind)
        for kind in (roots.PAYLOAD_TYPE, "application/vnd.detente.approval+json", "application/json", "")
    ]
    pen.post(*private)
    assert world.refusals("us")[len(wrong) :] == ["unknown-kind"] * len(private)


@pytest.mark.parametrize("role", ["root", "log", "mirror", "cosigner"])
def test_payload_signed_by_a_key_of_another_role(world: World, role: str) -> None:
    """Attack: payload of one type verified as another.

    Check: one type per kind; role × type table; exact match at the call; private types refused on the peer path.
    """
    pen = liars.Pen.of(world, "ru", "us")
    pen.post(pen.entry("call", by=pen.signers[role]))
    assert world.refusals("us") == ["unknown-key"]


def respell(data: bytes, old: bytes, new: bytes) -> bytes:
    """The bytes with one place written in another way."""
    assert old in data, old
    return data.replace(old, new, 1)


def swap_keys(data: bytes) -> bytes:
    """The first two keys of the payload in the other order."""
    match = re.match(rb'\{("[a-z]+":"[^"]*"),("[a-z]+":"[^"]*"),', data)
    assert match
    return b"{" + match[2] + b"," + match[1] + b"," + data[match.end() :]


# name: (how the payload of a call is respelt, the refusal)
PAYLOAD_FORMS = {
    "duplicate key, same value": (lambda p: respell(p, b'"about":"op"', b'"about":"op","about":"op"'), "duplicate-key"),
    "duplicate key, other value": (
        lambda p: respell(p, b'"about":"op"', b'"about":"no","about":"op"'),
        "duplicate-key",
    ),
    "minus zero": (lambda p: re.sub(rb'"time":\d+', b'"time":-0', p), "json-not-canonical"),
    "leading zero": (lambda p: respell(p, b'"time":', b'"time":0'), "json-invalid"),
    "plus sign": (lambda p: respell(p, b'"time":', b'"time":+'), "json-invalid"),
    "exponent": (lambda p: re.sub(rb'"time":\d+', b'"time":1e3', p), "float"),
    "float": (lambda p: re.sub(rb'"time":(\d+)', rb'"time":\1.0', p), "float"),
    "integer as text": (lambda p: re.sub(rb'"time":(\d+)', rb'"time":"\1"', p), "bad-field"),
    "escaped letter": (lambda p: respell(p, b'"about":"op"', b'"about":"\\u006fp"'), "json-not-canonical"),
    "escaped slash": (lambda p: respell(p, b"demo/test", b"demo\\/test"), "json-not-canonical"),
    "escaped key": (lambda p: respell(p, b'"about"', b'"\\u0061bout"'), "json-not-canonical"),
    "space after a comma": (lambda p: respell(p, b'",', b'", '), "json-not-canonical"),
    "space after a colon": (lambda p: respell(p, b'":', b'": '), "json-not-canonical"),
    "newline at the end": (lambda p: p + b"\n", "json-not-canonical"),
    "space in front": (lambda p: b" " + p, "json-not-canonical"),
    "byte order mark": (lambda p: b"\xef\xbb\xbf" + p, "json-not-canonical"),
    "keys in another order": (swap_keys, "json-not-canonical"),
    "null where a field may be left out": (lambda p: respell(p, b'{"a', b'{"approval":null,"a'), "json-not-canonical"),
    "two documents": (lambda p: p + p, "json-invalid"),
}


def respell_base64(entry: bytes) -> bytes:
    """The signature's base64 with other tail bits, which mean nothing and are often ignored."""
    match = re.search(rb'"sig":"([^"]+)=="', entry)
    assert match
    text = match[1]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet[alphabet.index(text[-1:]) + 1 : alphabet.index(text[-1:]) + 2]
    assert base64.b64decode(text + b"==") == base64.b64decode(text[:-1] + last + b"==")
    return entry.replace(text, text[:-1] + last)


# name: (how the whole entry is respelt, the refusal)
ENTRY_FORMS = {
    "base64 tail bits": (respell_base64, "json-not-canonical"),
    "base64 without padding": (lambda e: respell(e, b'=="', b'"'), "base64-invalid"),
    "base64 of the other alphabet": (lambda e: re.sub(rb'"sig":".', b'"sig":"_', e), "base64-invalid"),
    "base64 with a line break": (lambda e: respell(e, b'"sig":"', b'"sig":"\\n'), "bad-text"),
    "envelope with a space": (lambda e: respell(e, b'","', b'", "'), "json-not-canonical"),
}


def test_two_byte_forms_of_one_statement_the_24_inputs(world: World) -> None:
    """Attack: two byte forms of one statement (duplicate keys, −0, escapes, spaces, key order, base64 tail bits: the
    decoder accepts all, *run*).

    Check: decode, re-encode, compare bytes; base64 likewise.
    """
    assert len(PAYLOAD_FORMS) + len(ENTRY_FORMS) == 24
    pen = liars.Pen.of(world, "ru", "us")
    for name, (form, code) in PAYLOAD_FORMS.items():
        pen.post(pen.raw(form(pen.payload("call"))))
        assert world.refusals("us")[-1:] == [code], name
        assert not world.reads("us", "ru")[-1].counts, name
    for name, (form, code) in ENTRY_FORMS.items():
        pen.post(form(pen.entry("call")))
        assert world.refusals("us")[-1:] == [code], name
    assert len(world.refusals("us")) == 24
    pen.post(pen.entry("call"))
    assert world.reads("us", "ru")[-1].counts, "the one form that counts"


def test_integers_of_2_to_the_53_nfd_bidi_control_and_unassigned_characters(world: World) -> None:
    """Attack: integers ≥ 2⁵³ (accepted, *run*), NFD, bidi override, control, U+2028, unassigned characters (accepted,
    *run*).

    Check: bounds in the schema; NFC; no Cc, Cf, Cs, Cn, Zl, Zp; character table pinned to one Unicode version.
    """
    pen = liars.Pen.of(world, "ru", "us")
    for value in (2**53, 2**63, 2**70, 10**400):
        pen.post(pen.raw(re.sub(rb'"time":\d+', b'"time":%d' % value, pen.payload("call"))))
        assert world.refusals("us")[-1:] == ["number-out-of-range"], value
    texts = {
        "NFD": "e\u0301",
        "bidi override": "a\u202eb",
        "zero width joiner": "a\u200db",
        "line separator": "a\u2028b",
        "paragraph separator": "a\u2029b",
        "DEL": "a\x7fb",
        "C1 control": "a\x85b",
        "unassigned": "a\u0378b",
        "newer than the table": "a\U0001fae8b",  # Unicode 15: a node with a newer Python must not accept it either
        "private use": "a\ue000b",
        "tag character": "a\U000e0041b",
    }
    for name, text in texts.items():
        pen.post(pen.raw(pen.payload("call", text=text)))
        assert world.refusals("us")[-1:] == ["bad-text"], name
    for name, raw in {"NUL": b"a\\u0000b", "newline": b"a\\nb", "lone surrogate": b"a\\ud800b"}.items():
        pen.post(pen.raw(respell(pen.payload("call", text="a-b"), b"a-b", raw)))
        assert world.refusals("us")[-1] in ("bad-text", "json-invalid"), name
    pen.post(pen.entry("call", text="é, ١٢٣, дом, 中文"))
    assert world.reads("us", "ru")[-1].counts


def test_statement_moved_to_another_agreement_party_or_log_cross_post(world: World) -> None:
    """Attack: statement moved to another agreement, party or log.

    Check: agreement digest, author, origin inside the payload equal the place found.
    """
    placed = world.say("us", "ru", "notice", NOTICE)
    said = world.store("us").entries(placed.origin, placed.entry, placed.entry + 1)[0]

    own = liars.Pen.of(world, "us", "un")  # us's own words to ru, in us's log to un
    own.post(said)
    assert world.refusals("un") == ["wrong-origin"]
    others = liars.Pen.of(world, "ru", "us")  # the same words, handed back as if they were ru's
    others.post(said)
    assert world.refusals("us") == ["unknown-key"]
    others.post(others.entry("call", author="us"))
    assert world.refusals("us")[-1] == "wrong-author"
    others.post(others.entry("call", origin="demo/test/ru/to-un"))
    assert world.refusals("us")[-1] == "wrong-origin"
    others.post(others.entry("call", agreement=sha256_hex(b"another agreement")))
    assert world.refusals("us")[-1] == "wrong-agreement"
    others.post(others.entry("offer", text=AGREEMENT, terms=b"t", agreement="0" * 64))
    assert world.refusals("us")[-1] == "wrong-agreement"
    seen = {"origin": "demo/test/us/to-un", "size": 0, "root": "0" * 64}
    others.post(others.entry("call", seen=seen))
    assert world.refusals("us")[-1] == "wrong-origin"
    assert world.store("us").statement(placed.id).entry == placed.entry  # type: ignore[union-attr]


def test_huge_notes_odd_origins_10000_signature_lines(world: World) -> None:
    """Attack: huge notes, odd origins.

    Check: line and byte limits; origins from a closed list, no spaces.
    """
    pen = liars.Pen.of(world, "ru", "us")
    pen.add(pen.entry("call"))
    body = pen.checkpoint_body()
    line = "\u2014 x " + base64.b64encode(b"\x00" * 70).decode() + "\n"
    huge = body + line.encode() * 10_000
    many = body + line.encode() * 40
    long_line = body + ("\u2014 " + "x" * 70_000 + " AAAAAAAA\n").encode()
    for what, request in (("huge", huge), ("many", many), ("long line", long_line)):
        assert pen.send(liars.ADD_CHECKPOINT, request).status == 400, what
        assert world.refusals("us")[-1] == "note-invalid", what
    own = pen.checkpoint(signers=pen.signers["log"]).note.signatures[0]
    crowd = tuple(own._replace(key_id=n) for n in range(20))
    crowded = pen.checkpoint().with_lines(crowd)
    assert (
        pen.send(
            liars.ADD_CHECKPOINT,
            AddCheckpoint(pen.offered, tuple(pen.tree.consistency(pen.offered, len(pen.entries))), crowded).encode(),
        ).status
        == 400
    )

    origins = ("DSSEv1 4 test 2 {}", "demo/test/ru/to-us ", "Demo/test/ru/to-us", "demo/test/ru/to-üs", "", "x" * 300)
    for origin in origins:
        head = Head(origin, len(pen.entries), pen.tree.root())
        odd = AddCheckpoint(0, (), sign_checkpoint(head, pen.signers["log"])).encode()
        reply = pen.send(liars.ADD_CHECKPOINT, odd)
        assert (reply.status, world.refusals("us")[-1]) in ((400, "checkpoint-invalid"), (400, "note-invalid")), origin
    closed = sign_checkpoint(Head("demo/test/ru/to-un", 1, b"\x00" * 32), pen.signers["log"])
    assert pen.send(liars.ADD_CHECKPOINT, AddCheckpoint(0, (), closed).encode()).status == 404
    assert world.refusals("us")[-1] == "unknown-origin"
    with pytest.raises(Exception, match="terms-invalid"):
        read_terms(world.terms_bytes.replace(b"demo/test/us/to-ru", b"DSSEv1 4"))
    assert pen.send(liars.ADD_CHECKPOINT, body).status == 200


def test_an_entry_has_a_limit_of_its_own(world: World) -> None:
    """tlog-tiles gives an entry's length 16 bits; a statement's payload is limited below that."""
    pen = liars.Pen.of(world, "ru", "us")
    pen.post(pen.raw(pen.payload("call", text="x" * 48_100)))
    assert world.refusals("us") == ["too-large"]
    with pytest.raises(Exception, match="too-large"):
        pen.raw(b"x" * MAX_ENTRY)
    assert pae("t", b"12") == b"DSSEv1 1 t 2 12"


# Two heads of one log whose roots agree in the first 40 bits: found by trying 1.6 million histories (2 s).
TWINS = (1_434_165, 1_591_932)


def root_of(number: int) -> bytes:
    """The root of a history that differs in one number."""
    return hashlib.sha256(b"history %d" % number).digest()


def test_hotline_words_collision_at_40_bits_defeats_words_not_challenge() -> None:
    """Attack: hotline words of 8 root bytes: owner finds two histories agreeing in them (44 bits: 7 M tries, 12 s *run*;
    64 bits: about 5·10⁹ tries, an hour or so in C by estimate).

    Check: listener speaks a random challenge first; words = H(challenge, origin, size, root); 5 words of 11 bits do.
    """
    words = [f"word{n}" for n in range(2048)]
    one, other = (Head("demo/test/us/to-ru", 7, root_of(number)) for number in TWINS)
    assert one.root != other.root
    assert one.root[:5] == other.root[:5], "words of the root alone would be the same"
    heard = 0
    for number in range(200):
        challenge = hashlib.sha256(b"%d" % number).digest()[:8]
        spoken = words_of(challenge, one, words)
        assert len(spoken) == 5
        check_words(challenge, one, spoken, words)
        with pytest.raises(RemoteError):
            check_words(challenge, other, spoken, words)
        heard += spoken == words_of(challenge, other, words)
        for change in (one._replace(size=8), one._replace(origin="demo/test/us/to-un")):
            assert spoken != words_of(challenge, change, words)
    assert heard == 0


def test_an_envelope_has_sorted_distinct_key_ids(world: World) -> None:
    """One signature twice, or signatures out of order, is another byte form of the same statement."""
    pen = liars.Pen.of(world, "ru", "us")
    envelope = pen.envelope("call")
    lone = envelope.signatures[0]
    other = DsseSignature(key_id(b"\x02" * 32), lone.sig)
    backward = sorted([lone, other], key=lambda s: s.keyid, reverse=True)
    for signatures in ([lone, lone], backward):
        pen.post(canon.encode(Envelope(envelope.payload, envelope.payloadType, signatures)))
        assert world.refusals("us")[-1] == "envelope-invalid"
