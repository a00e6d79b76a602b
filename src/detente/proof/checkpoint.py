"""C2SP tlog-checkpoint and tlog-cosignature: signed heads of a log, and what a mirror or cosigner adds to them.

A checkpoint here has no extension lines. The log signs with type 0x01; mirrors and cosigners with 0x04, whose message
holds the time but not the signer's name, so every key serves one role only (see proof.roots). Type 0x06 (ML-DSA-44)
is reserved: such lines are never counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from detente.errors import RemoteError
from detente.model.canon import MAX_INT
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_NOTE, Signer, VerifierKey, b64, unb64, verify
from detente.proof.note import Note, NoteSignature, parse_note

_ORIGIN = re.compile(r"[a-z0-9][a-z0-9._/-]{0,199}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
MAX_TIME_S = 2**53 // 1000


class Head(NamedTuple):
    """The claim a checkpoint makes: this log has this many entries under this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines of tlog-checkpoint."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n"

    def __str__(self) -> str:
        return f"{self.origin} at {self.size} ({self.root.hex()[:8]}…)"


class Checkpoint(NamedTuple):
    """A head with its note."""

    head: Head
    note: Note

    def encode(self) -> bytes:
        """The note's bytes."""
        return self.note.encode()

    def with_lines(self, lines: Iterable[NoteSignature]) -> Checkpoint:
        """The same checkpoint with more signature lines."""
        return Checkpoint(self.head, Note(self.note.text, (*self.note.signatures, *lines)))


class Cosignature(NamedTuple):
    """A verified line of a mirror or cosigner: who, when (whole seconds UTC), over which head."""

    key: VerifierKey
    time_s: int
    head: Head
    line: NoteSignature


def parse_head(text: str) -> Head:
    """Read the three lines; RemoteError(checkpoint-invalid) otherwise."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise RemoteError("checkpoint-invalid", f"{len(lines) - 1} lines; a checkpoint here has exactly three")
    origin, size, root_text = lines[:3]
    if not _ORIGIN.fullmatch(origin):
        raise RemoteError("checkpoint-invalid", f"origin {origin[:80]!r} is not a plain schema-less address")
    if not _SIZE.fullmatch(size) or int(size) > MAX_INT:
        raise RemoteError("checkpoint-invalid", f"size {size[:30]!r} is not a plain number below 2^53")
    root = unb64(root_text, "root hash")
    if len(root) != 32:
        raise RemoteError("checkpoint-invalid", f"root hash of {len(root)} bytes")
    return Head(origin, int(size), root)


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint's bytes; signatures are not yet believed."""
    note = parse_note(data)
    return Checkpoint(parse_head(note.text), note)


def sign_checkpoint(head: Head, signers: Iterable[Signer]) -> Checkpoint:
    """Sign a head as its log (key name = origin), with one or, at a key change, two log keys."""
    text = head.text()
    lines = []
    for signer in signers:
        key = VerifierKey(head.origin, TYPE_NOTE, signer.public)
        lines.append(NoteSignature(key.name, key.id, signer.sign(text.encode())))
    return Checkpoint(head, Note(text, tuple(lines)))


def check_log_signature(checkpoint: Checkpoint, log_keys: Iterable[bytes]) -> None:
    """RemoteError unless one of `log_keys` signed this checkpoint; a known key whose line fails is refused outright."""
    keys = [VerifierKey(checkpoint.head.origin, TYPE_NOTE, public) for public in log_keys]
    found = checkpoint.note.lines_by(keys)
    if not found:
        raise RemoteError("unknown-key", f"no current key of log {checkpoint.head.origin} signed this head")
    for key, line in found:
        if not verify(key.public, line.value, checkpoint.note.text.encode()):
            raise RemoteError("bad-signature", f"the log's signature does not fit the head {checkpoint.head}")


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def cosign(head: Head, name: str, signer: Signer, time_s: int) -> NoteSignature:
    """A 0x04 line of `name` over `head` at `time_s` (POSIX seconds)."""
    key = VerifierKey(name, TYPE_COSIGNATURE, signer.public)
    return NoteSignature(name, key.id, time_s.to_bytes(8, "big") + signer.sign(_message(head.text(), time_s)))


def read_cosignature(head: Head, line: NoteSignature, key: VerifierKey) -> Cosignature:
    """Verify one line of a known key over `head`; RemoteError naming the flaw."""
    if key.type != TYPE_COSIGNATURE:
        raise RemoteError(
            "receipt-wrong-role", f"a type 0x{key.type:02x} line of {key.name} is no countersignature here"
        )
    if len(line.value) != 72:
        raise RemoteError("bad-signature", f"the line of {key.name} has {len(line.value)} bytes, not 72")
    time_s = int.from_bytes(line.value[:8], "big")
    if not 0 < time_s <= MAX_TIME_S:
        raise RemoteError("receipt-time-off", f"the line of {key.name} has time {time_s}")
    if not verify(key.public, line.value[8:], _message(head.text(), time_s)):
        raise RemoteError("bad-signature", f"the line of {key.name} does not fit the head {head}")
    return Cosignature(key, time_s, head, line)


def cosignatures(checkpoint: Checkpoint, keys: Iterable[VerifierKey]) -> list[Cosignature]:
    """The verified lines of `keys` in a checkpoint; unknown keys are ignored, a known key that fails is refused."""
    found = checkpoint.note.lines_by(keys)
    return [read_cosignature(checkpoint.head, line, key) for key, line in found]
