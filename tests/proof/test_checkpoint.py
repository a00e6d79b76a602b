"""C2SP tlog-checkpoint and tlog-cosignature: heads, the log's signature, and countersignatures."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.signing import MLDSA44CosignatureSigner, PlainEd25519Signer, Vkey, VkeySet
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from detente.errors import RemoteError
from detente.proof.checkpoint import (
    MAX_TIME_S,
    Checkpoint,
    Head,
    check_log_signature,
    cosign,
    cosignatures,
    parse_checkpoint,
    parse_head,
    read_cosignature,
    sign_checkpoint,
)
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_ML_DSA, TYPE_NOTE, VerifierKey
from detente.proof.note import Note, NoteSignature, parse_note
from tests.proof.builders import NOW, ORIGIN, Log, cosigner_key, line, log_key, refused, signer

origins = st.from_regex(r"[a-z0-9][a-z0-9._/-]{0,40}", fullmatch=True)
heads = st.builds(Head, origins, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))


@given(heads, st.integers(1, MAX_TIME_S))
def test_checkpoints_round_trip(head, time_s):
    """Head, log signature and countersignature come back as they were."""
    checkpoint = sign_checkpoint(head, [signer("log")]).with_lines([line(head, "ru-mirror", time_s)])
    again = parse_checkpoint(checkpoint.encode())
    assert again == checkpoint
    check_log_signature(again, [signer("log").public])
    (found,) = cosignatures(again, [cosigner_key("ru-mirror")])
    assert (found.time_s, found.head, found.key) == (time_s, head, cosigner_key("ru-mirror"))


@given(heads, st.integers(1, MAX_TIME_S))
def test_tlog_scales_accepts_our_checkpoints_and_countersignatures(head, time_s):
    """30-ledger: "Somebody else's verifier must accept our files unchanged", 0x01 and 0x04 lines."""
    labels = ("ru-mirror", "un-cosigner")
    checkpoint = sign_checkpoint(head, [signer("log")]).with_lines(line(head, label, time_s) for label in labels)
    text = checkpoint.encode().decode()
    theirs = TheirCheckpoint.from_text(text)
    assert (theirs.origin, theirs.size, theirs.root_hash) == head
    assert theirs.serialize() == text
    keys = [log_key(head.origin), *(cosigner_key(label) for label in labels)]
    vkeys = [Vkey.from_string(key.encode()) for key in keys]
    assert [v.serialize() for v in vkeys] == [key.encode() for key in keys]
    assert {v for v, _ in VkeySet(*vkeys).verify(theirs.signatures, theirs)} == set(vkeys)


def test_we_accept_the_checkpoints_of_tlog_scales():
    """And the other way round."""
    theirs = TheirCheckpoint.make_signed(ORIGIN, 7, b"\x07" * 32, [PlainEd25519Signer(ORIGIN, b"\x01" * 32)])
    checkpoint = parse_checkpoint(theirs.serialize().encode())
    assert checkpoint.head == Head(ORIGIN, 7, b"\x07" * 32)
    check_log_signature(checkpoint, [PlainEd25519Signer(ORIGIN, b"\x01" * 32).vkey.pubkey])


def test_the_checkpoint_fits_a_qr_code():
    """30-ledger "Bundles": the Ed25519 checkpoint (439 bytes) fits a QR code (2,953 bytes)."""
    assert len(Log.of(7).checkpoint(cosigners=["ru-mirror"]).encode()) < 600


GOOD = Log.of(7).head().text()
ROOT64 = GOOD.split("\n")[2]


def with_lines(*lines: str) -> str:
    return "".join(text + "\n" for text in lines)


BAD_HEADS = {
    "empty": ("", "checkpoint-invalid"),
    "two lines": (with_lines(ORIGIN, "7"), "checkpoint-invalid"),
    "extension line": (with_lines(ORIGIN, "7", ROOT64, "timestamp 1"), "checkpoint-invalid"),
    "empty extension line": (GOOD + "\n", "checkpoint-invalid"),
    "last line not ended": (GOOD[:-1], "checkpoint-invalid"),
    "leading zero": (with_lines(ORIGIN, "07", ROOT64), "checkpoint-invalid"),
    "double zero": (with_lines(ORIGIN, "00", ROOT64), "checkpoint-invalid"),
    "plus sign": (with_lines(ORIGIN, "+7", ROOT64), "checkpoint-invalid"),
    "minus sign": (with_lines(ORIGIN, "-7", ROOT64), "checkpoint-invalid"),
    "underscore in number": (with_lines(ORIGIN, "1_0", ROOT64), "checkpoint-invalid"),
    "space in number": (with_lines(ORIGIN, " 7", ROOT64), "checkpoint-invalid"),
    "Arabic digit": (with_lines(ORIGIN, "\u0667", ROOT64), "checkpoint-invalid"),
    "hex number": (with_lines(ORIGIN, "0x7", ROOT64), "checkpoint-invalid"),
    "float": (with_lines(ORIGIN, "7.0", ROOT64), "checkpoint-invalid"),
    "no number": (with_lines(ORIGIN, "", ROOT64), "checkpoint-invalid"),
    "2^53": (with_lines(ORIGIN, str(2**53), ROOT64), "checkpoint-invalid"),
    "2^64": (with_lines(ORIGIN, str(2**64), ROOT64), "checkpoint-invalid"),
    "5,000 digits": (with_lines(ORIGIN, "9" * 5_000, ROOT64), "checkpoint-invalid"),
    "root unpadded": (with_lines(ORIGIN, "7", ROOT64[:-1]), "base64-invalid"),
    "root with tail bits": (with_lines(ORIGIN, "7", "A" * 42 + "B="), "base64-invalid"),
    "root too short": (with_lines(ORIGIN, "7", "AAAA"), "checkpoint-invalid"),
    "root empty": (with_lines(ORIGIN, "7", ""), "checkpoint-invalid"),
    "origin empty": (with_lines("", "7", ROOT64), "checkpoint-invalid"),
    "origin DSSEv1": (
        with_lines("DSSEv1 28 application/vnd.detente.call+json 2 {}", "7", ROOT64),
        "checkpoint-invalid",
    ),
    "origin with space": (with_lines("us example/log", "7", ROOT64), "checkpoint-invalid"),
    "origin with plus": (with_lines("us+example/log", "7", ROOT64), "checkpoint-invalid"),
    "origin upper case": (with_lines("US.example/log", "7", ROOT64), "checkpoint-invalid"),
    "origin with look-alike": (with_lines("u\u0455.example/log", "7", ROOT64), "checkpoint-invalid"),
    "origin too long": (with_lines("a" * 201, "7", ROOT64), "checkpoint-invalid"),
}


@pytest.mark.parametrize(("text", "code"), BAD_HEADS.values(), ids=BAD_HEADS.keys())
def test_bad_heads_are_refused(text, code):
    """Attack row "huge notes, odd origins"; 30-ledger: "Checkpoint. No extension lines"; tlog-checkpoint."""
    assert parse_head(GOOD) == Log.of(7).head()
    with refused(code):
        parse_head(text)


def test_a_signed_head_with_an_extension_line_is_refused():
    """The log's signature does not make it better."""
    text = GOOD + "extension\n"
    key = log_key()
    note = Note(text, (NoteSignature(key.name, key.id, signer("log").sign(text.encode())),))
    with refused("checkpoint-invalid"):
        parse_checkpoint(note.encode())


@pytest.mark.parametrize("prefix", [b"DSSEv1 ", b"cosignature/v1\n", b"subtree/v1\n\x00"])
def test_what_a_log_signs_is_never_what_another_role_signs(prefix):
    """A head never begins like a statement's PAE, a countersignature or a subtree: an origin has no space or upper
    case, and its second line is a number."""
    text = prefix.decode("latin-1") + GOOD
    with pytest.raises(RemoteError):
        parse_head(text)
    with pytest.raises(RemoteError):
        parse_head("cosignature/v1\ntime 1474117200\n" + ROOT64 + "\n")


# --- the log's own signature --------------------------------------------------------------------------------------


def test_the_log_signature_is_checked():
    """tlog-witness: "MUST verify the checkpoint signature against the public key(s) it trusts"."""
    log = Log.of(7)
    check_log_signature(log.checkpoint(), [signer("log").public])
    with refused("unknown-key", naming=ORIGIN):
        check_log_signature(log.checkpoint(), [signer("stranger").public])
    with refused("unknown-key"):
        check_log_signature(log.checkpoint(), [])


def test_a_known_key_whose_line_fails_is_refused_outright():
    """signed-note: "If a signature from a known key fails to verify, clients SHOULD reject the whole note"."""
    log = Log.of(7)
    old, new = signer("log"), signer("log-2")
    both = sign_checkpoint(log.head(), [old, new])
    check_log_signature(both, [old.public, new.public])
    spoilt = Note(both.note.text, (both.note.signatures[0], both.note.signatures[1]._replace(value=bytes(64))))
    check_log_signature(Checkpoint(both.head, spoilt), [old.public])
    with refused("bad-signature"):
        check_log_signature(Checkpoint(both.head, spoilt), [old.public, new.public])


def test_a_log_signature_of_another_size_or_origin_does_not_fit():
    """Every byte of the head is signed."""
    log = Log.of(7)
    line_of_7 = log.checkpoint().note.signatures
    other = Checkpoint(log.head(6), Note(log.head(6).text(), line_of_7))
    with refused("bad-signature"):
        check_log_signature(other, [signer("log").public])


def test_a_countersignature_never_passes_as_the_logs_signature():
    """Another type byte gives another key id, and the messages differ."""
    log = Log.of(7)
    (value,) = [line(log.head(), "log").value]
    forged = NoteSignature(ORIGIN, log_key().id, value[8:])
    with refused("bad-signature"):
        check_log_signature(Checkpoint(log.head(), Note(log.head().text(), (forged,))), [signer("log").public])


# --- countersignatures --------------------------------------------------------------------------------------------

HEAD = Log.of(7).head()
MIRROR = cosigner_key("ru-mirror")


def timed(time_s: int) -> NoteSignature:
    """A line rightly signed at any time, however absurd."""
    return NoteSignature(
        MIRROR.name,
        MIRROR.id,
        time_s.to_bytes(8, "big") + signer("ru-mirror").sign(f"cosignature/v1\ntime {time_s}\n{HEAD.text()}".encode()),
    )


def test_the_signed_message_is_the_specified_one():
    """tlog-cosignature "Ed25519 signed message": header line, time line, the whole note body."""
    assert timed(NOW) == cosign(HEAD, MIRROR.name, signer("ru-mirror"), NOW)
    assert read_cosignature(HEAD, timed(NOW), MIRROR).time_s == NOW


@pytest.mark.parametrize("time_s", [0, MAX_TIME_S + 1, 2**53, 2**63 - 1, 2**64 - 1])
def test_times_that_are_none_are_refused(time_s):
    """Attack row "time 0": time != 0 or it is no receipt; nor beyond what a statement could name in ms."""
    with refused("receipt-time-off", naming=MIRROR.name):
        read_cosignature(HEAD, timed(time_s), MIRROR)


def test_every_flipped_byte_of_a_countersignature_is_refused():
    """Time and signature both."""
    good = timed(NOW)
    for at in range(72):
        value = bytearray(good.value)
        value[at] ^= 1
        with pytest.raises(RemoteError) as caught:
            read_cosignature(HEAD, good._replace(value=bytes(value)), MIRROR)
        assert caught.value.code in ("bad-signature", "receipt-time-off")


@pytest.mark.parametrize("size", [1, 8, 64, 71, 73, 136])
def test_a_countersignature_has_72_bytes(size):
    """tlog-cosignature: u64 timestamp and 64 bytes."""
    with refused("bad-signature"):
        read_cosignature(HEAD, timed(NOW)._replace(value=b"\x01" * size), MIRROR)


def test_a_countersignature_fits_one_head_only():
    """Another size, root or origin: refused."""
    for other in (HEAD._replace(size=6), HEAD._replace(root=bytes(32)), HEAD._replace(origin="us.example/log/to-un")):
        with refused("bad-signature"):
            read_cosignature(other, timed(NOW), MIRROR)


def test_an_ml_dsa_line_is_never_counted():
    """Attack row "ML-DSA cosignature with time 0 or of a subtree"; docs/limits.md: 0x06 is reserved, never counted."""
    theirs = TheirCheckpoint(ORIGIN, HEAD.size, HEAD.root, [])
    ml_dsa = MLDSA44CosignatureSigner("ru.example/pq", b"\x05" * 32)
    text = ml_dsa.sign(theirs).serialize() + "\n"
    key = VerifierKey.decode(ml_dsa.vkey.serialize())
    assert key.type == TYPE_ML_DSA
    checkpoint = Log.of(7).checkpoint(cosigners=["ru-mirror"])
    with_pq = parse_checkpoint(checkpoint.encode() + text.encode())
    assert [c.key for c in cosignatures(with_pq, [MIRROR])] == [MIRROR]
    with refused("receipt-wrong-role", naming="0x06"):
        cosignatures(with_pq, [MIRROR, key])


def test_a_log_line_is_no_countersignature():
    """Type 0x01 is the log's own."""
    key = VerifierKey(MIRROR.name, TYPE_NOTE, MIRROR.public)
    with refused("receipt-wrong-role", naming="0x01"):
        read_cosignature(HEAD, NoteSignature(key.name, key.id, b"\x01" * 72), key)


def test_two_lines_of_one_cosigner_with_different_times_are_refused():
    """Attack row, as named: one head, one key, one time. Either line alone is fine."""
    checkpoint = Log.of(7).checkpoint()
    for time_s in (NOW, NOW + 1):
        assert cosignatures(checkpoint.with_lines([timed(time_s)]), [MIRROR])[0].time_s == time_s
    for second in (timed(NOW + 1), timed(NOW)):
        with refused("receipt-conflicting-times", naming=MIRROR.name):
            cosignatures(checkpoint.with_lines([timed(NOW), second]), [MIRROR])


def test_the_ed25519_message_does_not_name_its_signer():
    """The reason for "one key, one role": the same 72 bytes fit under any name with the same key, which is why keys are
    distinct at admission (test_roots) and not something a reader of lines could notice."""
    as_cosigner = VerifierKey("ru.example/cosigner", TYPE_COSIGNATURE, MIRROR.public)
    renamed = NoteSignature(as_cosigner.name, as_cosigner.id, timed(NOW).value)
    assert read_cosignature(HEAD, renamed, as_cosigner).time_s == NOW


def test_the_example_of_the_specification_parses():
    """tlog-cosignature, the example at the top. Its witness key is not published, so its line is not verified; the log
    line is the Go checksum database's and is verified under its real origin in test_note."""
    example = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE"
        "+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nN"
        "o0xUe+mbIUBkBIfZ+qnA==\n"
    ).encode()
    checkpoint = parse_checkpoint(example)
    assert checkpoint.encode() == example
    assert checkpoint.head.size == 20852163
    witness = checkpoint.note.signatures[1]
    assert int.from_bytes(witness.value[:8], "big") == 1679315147, "the time in the specification's signed message"
    assert len(witness.value) == 72


@given(st.text(string.printable, max_size=60))
def test_any_text_is_a_head_or_a_refusal(text):
    """And what is a head is its own text."""
    try:
        head = parse_head(text)
    except RemoteError:
        return
    assert head.text() == text


def test_a_head_reads_well():
    """For people: origin, size, the first bytes of the root."""
    assert str(HEAD) == f"{ORIGIN} at 7 ({HEAD.root.hex()[:8]}…)"
    assert parse_note(Log.of(7).checkpoint().encode()).text == HEAD.text()
