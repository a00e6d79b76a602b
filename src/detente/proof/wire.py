"""C2SP tlog-witness and tlog-mirror request bodies: `add-checkpoint` and `add-entries`, exactly as on the wire.

The same bytes serve as HTTP bodies and as bundle files for USB or a one-way link.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from detente.errors import RemoteError
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.keys import b64, unb64
from detente.proof.tree import MAX_PROOF, Tree

PACKAGE = 256
MAX_PACKAGES = 32
MAX_BODY = 17 * 1024 * 1024  # one package of 256 of the largest entries, 16.0 MiB, must fit: it cannot be divided
TYPE_ENTRIES = "application/octet-stream"
TYPE_SIZE = "text/x.tlog.size"
TYPE_INFO = "text/x.tlog.mirror-info"
TYPE_TEXT = "text/plain; charset=utf-8"
_INFO = re.compile(rb"(0|[1-9][0-9]{0,15})\n(0|[1-9][0-9]{0,15})\n[A-Za-z0-9+/=]*\n")
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


def mirror_prefix(origin: str) -> str:
    """Path under which a mirror serves its copy of a log (tlog-mirror: the hex SHA-256 of the origin)."""
    return "/mirror/" + hashlib.sha256(origin.encode()).hexdigest()


def log_prefix(origin: str) -> str:
    """Path under which a node serves a log of its own to that log's audience."""
    return "/log/" + hashlib.sha256(origin.encode()).hexdigest()


class AddCheckpoint(NamedTuple):
    """A new head, and the proof that it extends the head of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint

    def encode(self) -> bytes:
        """Request body."""
        lines = [f"old {self.old}", *(b64(value) for value in self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.encode()


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read an add-checkpoint body; RemoteError(request-invalid) otherwise."""
    front, gap, rest = body.partition(b"\n\n")
    lines = front.decode("ascii", "replace").split("\n")
    match = _OLD.fullmatch(lines[0])
    if not gap or not match or len(lines) - 1 > MAX_PROOF:
        raise RemoteError("request-invalid", "add-checkpoint starts with an `old` line and at most 63 proof lines")
    proof = tuple(unb64(line, "consistency proof") for line in lines[1:])
    checkpoint = parse_checkpoint(rest)
    if int(match[1]) > checkpoint.head.size:
        raise RemoteError("wrong-size", f"old size {match[1]} is larger than the head of {checkpoint.head.size}")
    return AddCheckpoint(int(match[1]), proof, checkpoint)


class Package(NamedTuple):
    """Entries [start, end) and the proof that subtree [floor, end) stands under the uploaded head."""

    floor: int
    start: int
    end: int
    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]


class AddEntries(NamedTuple):
    """A prefix of the canonical sequence of packages for [start, end)."""

    origin: str
    start: int
    end: int
    ticket: bytes
    packages: tuple[Package, ...]


def spans(start: int, end: int) -> list[tuple[int, int, int]]:
    """(floor, start, end) of each package of the canonical sequence for [start, end)."""
    if start == end:
        return []
    first = start - start % PACKAGE
    return [(floor, max(start, floor), min(end, floor + PACKAGE)) for floor in range(first, end, PACKAGE)]


def encode_add_entries(
    origin: str, start: int, end: int, tree: Tree, entries: Callable[[int, int], Sequence[bytes]], limit: int = MAX_BODY
) -> bytes:
    """Body with as many whole packages of [start, end) as fit `limit` bytes and 32 packages (at least one)."""
    name = origin.encode()
    parts = [struct.pack(">H", len(name)), name, struct.pack(">QQH", start, end, 0)]
    total = sum(map(len, parts))
    for count, (floor, first, last) in enumerate(spans(start, end)):
        proof = tree.prove(floor, last, end)
        chunk = [len(e).to_bytes(2, "big") + e for e in entries(first, last)] + [bytes([len(proof)]), *proof]
        size = sum(map(len, chunk))
        if count and (total + size > limit or count >= MAX_PACKAGES):
            break
        parts += chunk
        total += size
    return b"".join(parts)


def parse_add_entries(body: bytes) -> AddEntries:
    """Read an add-entries body. Bytes after the last whole package are discarded, as tlog-mirror asks."""
    try:
        (name_size,) = struct.unpack_from(">H", body, 0)
        origin = body[2 : 2 + name_size].decode("ascii")
        start, end, ticket_size = struct.unpack_from(">QQH", body, 2 + name_size)
    except (struct.error, UnicodeDecodeError) as error:
        raise RemoteError("request-invalid", "add-entries has no complete head") from error
    at = 2 + name_size + 18
    ticket = body[at : at + ticket_size]
    at += ticket_size
    if at > len(body) or start > end or end - start > 2**40:
        raise RemoteError("request-invalid", f"add-entries of [{start}, {end}) cannot be read")
    packages: list[Package] = []
    for floor, first, last in spans(start, min(end, start - start % PACKAGE + MAX_PACKAGES * PACKAGE)):
        entries: list[bytes] = []
        place = at
        for _ in range(first, last):
            if place + 2 > len(body):
                return AddEntries(origin, start, end, ticket, tuple(packages))
            size = int.from_bytes(body[place : place + 2], "big")
            if place + 2 + size > len(body):
                return AddEntries(origin, start, end, ticket, tuple(packages))
            entries.append(body[place + 2 : place + 2 + size])
            place += 2 + size
        if place >= len(body):
            break
        count = body[place]
        if count > MAX_PROOF:
            raise RemoteError("request-invalid", f"a package proof of {count} hashes; at most 63")
        stop = place + 1 + 32 * count
        if stop > len(body):
            break
        proof = tuple(body[i : i + 32] for i in range(place + 1, stop, 32))
        packages.append(Package(floor, first, last, tuple(entries), proof))
        at = stop
    return AddEntries(origin, start, end, ticket, tuple(packages))


def encode_info(size: int, next_entry: int) -> bytes:
    """The mirror's answer to a conflict or a partial upload: pending size, next entry, no ticket."""
    return f"{size}\n{next_entry}\n\n".encode()


def parse_info(body: bytes) -> tuple[int, int]:
    """(pending size, next entry) of a mirror-info answer; unsigned, a hint and nothing more."""
    match = _INFO.fullmatch(body)
    if not match:
        raise RemoteError("request-invalid", "the mirror's answer is not size, next entry and ticket")
    return int(match[1]), int(match[2])
