"""Every reader of bytes from outside: accepted or refused, no third outcome (80-style, python-tuf).

Each reader gets random bytes and damaged copies of something good. Whatever it raises is a `RemoteError` whose code has
advice and whose text can be printed; anything else is a crash that a peer can cause at will.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import Call, decode_statement, encode_statement, payload_type
from detente.proof.checkpoint import parse_checkpoint, parse_head
from detente.proof.envelope import parse_envelope, seal
from detente.proof.evidence import check_fork, make_fork, read_fork
from detente.proof.note import parse_lines, parse_note
from detente.proof.receipt import LogProof, check_receipt, parse_proof, receipt_policy
from detente.proof.roots import read_root
from detente.proof.tiles import encode_bundle, hashes_of, parse_bundle, parse_path
from detente.proof.wire import AddCheckpoint, encode_add_entries, parse_add_checkpoint, parse_add_entries, parse_info
from tests.proof.builders import Log, Party, cosigner_key, digest, log_key, signer

LOG, FORK = Log.of(9), Log.of(9, salt="fork ")
STATEMENT = encode_statement(
    Call(
        agreement=digest("agreement"),
        author="us",
        origin=LOG.origin,
        time=1_474_116_900_000,
        salt="00" * 16,
        label="unclassified",
        about="notice-7",
        text="Зона свободна.",
    )
)
ROOT = Party.of("us").sealed()
STATE = read_root(ROOT)
POLICY = receipt_policy([log_key()], [cosigner_key("ru-mirror")])
RECEIPT = LogProof(4, tuple(LOG.tree.inclusion(4, 9)), LOG.checkpoint(cosigners=["ru-mirror"]), LOG.entries[4])

Reader = Callable[[bytes], Any]
READERS: dict[str, tuple[Reader, bytes]] = {
    "canon": (canon.decode_plain, STATEMENT),
    "statement": (lambda data: decode_statement(data, "call"), STATEMENT),
    "statement of another kind": (lambda data: decode_statement(data, "notice"), STATEMENT),
    "envelope": (parse_envelope, seal(payload_type("call"), STATEMENT, [signer("a"), signer("b")]).encode()),
    "first root": (read_root, ROOT),
    "next root": (lambda data: read_root(data, STATE), ROOT),
    "note": (parse_note, LOG.checkpoint().encode()),
    "lines": (parse_lines, b"".join(s.encode().encode() for s in RECEIPT.checkpoint.note.signatures)),
    "checkpoint": (parse_checkpoint, LOG.checkpoint().encode()),
    "head": (lambda data: parse_head(data.decode("utf-8", "replace")), LOG.head().text().encode()),
    "proof": (parse_proof, RECEIPT.encode()),
    "receipt": (lambda data: check_receipt(parse_proof(data), LOG.entries[4], POLICY), RECEIPT.encode()),
    "add-checkpoint": (
        parse_add_checkpoint,
        AddCheckpoint(5, tuple(LOG.tree.consistency(5, 9)), LOG.checkpoint()).encode(),
    ),
    "add-entries": (
        parse_add_entries,
        encode_add_entries(LOG.origin, 2, 9, LOG.tree, lambda a, b: LOG.entries[a:b]),
    ),
    "mirror-info": (parse_info, b"9\n5\n\n"),
    "tile path": (lambda data: parse_path(data.decode("utf-8", "replace")), b"tile/entries/x001/234.p/5"),
    "bundle": (lambda data: parse_bundle(data, 9), encode_bundle(LOG.entries)),
    "hash tile": (hashes_of, LOG.tree.tile(0, 0, 9)),
    "evidence": (
        lambda data: check_fork(read_fork(data)),
        make_fork(log_key(), LOG.checkpoint(), FORK.checkpoint(), LOG.tree.root(), []).encode(),
    ),
}
EACH_READER = pytest.mark.parametrize(("read", "good"), READERS.values(), ids=READERS.keys())


def outcome(read: Reader, data: bytes) -> None:
    """Accepted, or a RemoteError fit to be logged."""
    try:
        read(data)
    except RemoteError as error:
        text = str(error)
    else:
        return
    assert text.isprintable(), "no escape of the sender's reaches a terminal or a log"
    assert len(text) < 1_500, "a refusal does not repeat the sender's bytes at length"


@EACH_READER
@settings(max_examples=60)
@given(data=st.binary(max_size=200))
def test_junk_is_refused(read, good, data):
    """Random bytes."""
    outcome(read, data)


PIECES = [
    b"\n",
    b"\n\n",
    b"\x00",
    b"\xff",
    b'"',
    b"\\",
    b"{",
    b"[",
    b"-",
    b"0",
    b"e5",
    b"=",
    b" ",
    b"\xe2\x80\x94",
    b"/",
]


@EACH_READER
@settings(max_examples=120)
@given(data=st.data())
def test_damaged_copies_are_refused_or_still_good(read, good, data):
    """A few bytes taken out, put in, repeated or replaced."""
    damaged = good
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        gone = data.draw(st.integers(0, 5) | st.integers(0, 100))
        new = data.draw(st.binary(max_size=4) | st.sampled_from(PIECES))
        damaged = damaged[:at] + new * data.draw(st.sampled_from([1, 1, 1, 2, 500])) + damaged[at + gone :]
    outcome(read, damaged)


@EACH_READER
def test_cut_copies_are_refused_or_still_good(read, good):
    """Cut at every byte, and with one byte more."""
    for end in range(len(good)):
        outcome(read, good[:end])
    for more in (b"\n", b" ", b"\x00", good):
        outcome(read, good + more)


@EACH_READER
@pytest.mark.parametrize("piece", [b"[", b"{", b'{"a":', b"9", b"\n", b"A", b"-", b"\xff", b"x123/", b'"a":1,'])
def test_much_of_one_thing_is_refused(read, good, piece):
    """60,000 bytes of one piece, alone and after a good beginning: no stack, no number, no loop gives way."""
    many = piece * (60_000 // len(piece))
    outcome(read, many)
    outcome(read, good[: len(good) // 2] + many)
    outcome(read, good[:5] + many + good[5:])
