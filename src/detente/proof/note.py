"""C2SP signed-note: a text and lines of signatures, with limits on both.

Limits (attack row "huge notes, odd origins"): 64 KiB, 32 signature lines, no control characters, canonical base64,
no two lines of one key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from detente.errors import RemoteError
from detente.proof.keys import VerifierKey, b64, unb64

MAX_NOTE = 65_536
MAX_LINES = 32
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f]")
_LINE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)")


class NoteSignature(NamedTuple):
    """One line: key name, 32-bit key id, and the bytes after it."""

    name: str
    key_id: int
    value: bytes

    def encode(self) -> str:
        """The line with its newline."""
        return f"\u2014 {self.name} {b64(self.key_id.to_bytes(4, 'big') + self.value)}\n"


class Note(NamedTuple):
    """A parsed note; nothing in it is believed until `lines_by` has been asked."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return (self.text + "\n" + "".join(line.encode() for line in self.signatures)).encode()

    def lines_by(self, keys: Iterable[VerifierKey]) -> list[tuple[VerifierKey, NoteSignature]]:
        """The lines that carry the name and id of one of `keys`, unverified; two lines of one key are refused."""
        known = {(key.name, key.id): key for key in keys}
        found: list[tuple[VerifierKey, NoteSignature]] = []
        for line in self.signatures:
            key = known.get((line.name, line.key_id))
            if key is not None:
                if any(other is key for other, _ in found):
                    raise RemoteError("receipt-conflicting-times", f"two lines of one key of {line.name} in one note")
                found.append((key, line))
        return found


def parse_line(text: str) -> NoteSignature:
    """One signature line without its newline."""
    match = _LINE.fullmatch(text)
    if not match:
        raise RemoteError("note-invalid", f"{text[:60]!r} is not a signature line")
    value = unb64(match[2], "signature line")
    if len(value) < 5:
        raise RemoteError("note-invalid", f"signature of {match[1][:60]!r} is too short")
    return NoteSignature(match[1], int.from_bytes(value[:4], "big"), value[4:])


def parse_lines(data: bytes) -> list[NoteSignature]:
    """Signature lines alone, each ended by a newline (the answer of a cosigner or mirror)."""
    return [parse_line(line) for line in _text(data).split("\n")[:-1]]


def parse_note(data: bytes) -> Note:
    """Read a signed note; RemoteError(note-invalid) naming what is wrong."""
    text = _text(data)
    cut = text.rfind("\n\n")
    if cut < 0:
        raise RemoteError("note-invalid", "no empty line between text and signatures")
    body, lines = text[: cut + 1], text[cut + 2 :].split("\n")[:-1]
    if not lines or len(lines) > MAX_LINES:
        raise RemoteError("note-invalid", f"{len(lines)} signature lines; there must be 1 to {MAX_LINES}")
    return Note(body, tuple(parse_line(line) for line in lines))


def _text(data: bytes) -> str:
    if len(data) > MAX_NOTE:
        raise RemoteError("note-invalid", f"{len(data)} bytes; a note has at most {MAX_NOTE}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RemoteError("note-invalid", "not UTF-8") from error
    if not text.endswith("\n"):
        raise RemoteError("note-invalid", "the last line is not ended")
    control = _CONTROL.search(text)
    if control:
        raise RemoteError("note-invalid", f"control character U+{ord(control[0]):04X} at {control.start()}")
    return text
