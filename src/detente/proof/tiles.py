"""C2SP tlog-tiles: the static files of a log. Derived from entries, rebuildable, never the source of truth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from detente.errors import RemoteError

WIDTH = 256


class TileName(NamedTuple):
    """A tile: `level` (-1 for entry bundles), number in its level, and width (256 when full)."""

    level: int
    number: int
    width: int

    def path(self) -> str:
        """`tile/0/x001/234.p/5` and the like."""
        number = self.number
        parts = [f"{number % 1000:03d}"]
        while number >= 1000:
            number //= 1000
            parts.insert(0, f"x{number % 1000:03d}")
        kind = "entries" if self.level < 0 else str(self.level)
        return "/".join(["tile", kind, *parts]) + (f".p/{self.width}" if self.width < WIDTH else "")


_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


def parse_path(path: str) -> TileName:
    """The tile of a request path; RemoteError(request-invalid) otherwise."""
    match = _PATH.fullmatch(path)
    if not match:
        raise RemoteError("request-invalid", f"{path[:80]!r} is no tile path")
    digits = match[2].replace("x", "").replace("/", "") + match[3]
    width = int(match[4]) if match[4] else WIDTH
    if width > WIDTH or (match[4] and width == WIDTH):
        raise RemoteError("request-invalid", f"{path[:80]!r} names a partial tile of {width}")
    if len(digits) > 12:
        raise RemoteError("request-invalid", f"{path[:80]!r} lies beyond every log")
    name = TileName(-1 if match[1] == "entries" else int(match[1]), int(digits), width)
    if name.path() != path:
        raise RemoteError("request-invalid", f"{path[:80]!r} is another spelling of {name.path()}")
    return name


def tiles_of(size: int) -> Iterator[TileName]:
    """Every tile of a tree of `size` leaves: entry bundles first, then level 0 upward."""
    level = 0
    for tile_level in (-1, 0):
        yield from _row(tile_level, size)
    level, width = 1, size // WIDTH
    while width:
        yield from _row(level, width)
        level, width = level + 1, width // WIDTH


def _row(level: int, width: int) -> Iterator[TileName]:
    full, rest = divmod(width, WIDTH)
    for number in range(full):
        yield TileName(level, number, WIDTH)
    if rest:
        yield TileName(level, full, rest)


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each with its big-endian 16-bit length in front."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, count: int | None = None) -> list[bytes]:
    """The entries of a bundle; RemoteError(tile-mismatch) if it is cut or does not hold `count` entries."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        if at + 2 + size > len(data):
            raise RemoteError("tile-mismatch", f"entry {len(entries)} of the bundle is cut off")
        entries.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    if count is not None and len(entries) != count:
        raise RemoteError("tile-mismatch", f"the bundle holds {len(entries)} entries, not {count}")
    return entries


def hashes_of(data: bytes) -> Sequence[bytes]:
    """The 32-byte hashes of a hash tile."""
    return [data[at : at + 32] for at in range(0, len(data), 32)]
