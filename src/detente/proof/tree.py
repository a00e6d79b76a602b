"""The Merkle tree of RFC 6962 / RFC 9162: roots, and one family of proofs.

Inclusion, consistency and subtree consistency (draft-ietf-plants-merkle-tree-certs, used by tlog-mirror) are one
construction: the proof that the subtree [start, end) of a tree stands in the tree of a given size. Inclusion
is [i, i+1), consistency is [0, old). `prove` and `fold` are written as the two directions of one recursion.
Hashes are 32-byte SHA-256; sizes and indexes count entries from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from detente.errors import LocalError, RemoteError

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_PROOF = 63


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, 2.1: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below `size` (size > 1)."""
    return 1 << ((size - 1).bit_length() - 1)


def is_subtree(start: int, end: int) -> bool:
    """Whether [start, end) is a node (or right edge) of some tree: start is a multiple of the covering power of two."""
    if not 0 <= start < end:
        return False
    return start % (1 << (end - start - 1).bit_length()) == 0


class Tree:
    """An append-only tree in memory. `levels[h]` holds the hashes of all full subtrees of 2^h leaves, in order."""

    def __init__(self, leaf_hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray()]
        self.extend(leaf_hashes)

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_SIZE

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend((leaf,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        self._levels[0] += b"".join(leaf_hashes)
        sha256 = hashlib.sha256
        height = 0
        while True:
            below = self._levels[height]
            full = len(below) // (2 * HASH_SIZE)
            if full == 0:
                return
            if height + 1 == len(self._levels):
                self._levels.append(bytearray())
            above = self._levels[height + 1]
            for i in range(len(above) // HASH_SIZE, full):
                above += sha256(b"\x01" + below[i * 64 : i * 64 + 64]).digest()
            height += 1

    def truncate(self, size: int) -> None:
        """Forget every leaf from `size` on (used only to undo a batch that was not committed)."""
        for height, level in enumerate(self._levels):
            del level[(size >> height) * HASH_SIZE :]

    def leaf(self, index: int) -> bytes:
        """The leaf hash at `index`."""
        return bytes(self._levels[0][index * HASH_SIZE : (index + 1) * HASH_SIZE])

    def hash_of(self, start: int, end: int) -> bytes:
        """The Merkle tree hash of leaves [start, end)."""
        size = end - start
        if size == 0:
            return EMPTY_ROOT
        height = size.bit_length() - 1
        if size == 1 << height and start % size == 0:
            at = (start >> height) * HASH_SIZE
            return bytes(self._levels[height][at : at + HASH_SIZE])
        k = split(size)
        return node_hash(self.hash_of(start, start + k), self.hash_of(start + k, end))

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves (all, if not given)."""
        size = self.size if size is None else size
        self._need(size)
        return self.hash_of(0, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """RFC 6962, 2.1.1: the path from leaf `index` to the root of the first `size` leaves."""
        return self.prove(index, index + 1, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """RFC 6962, 2.1.2: that the first `old` leaves are a prefix of the first `new`. Empty for old = 0."""
        return self.prove(0, old, new) if old else []

    def prove(self, start: int, end: int, size: int) -> list[bytes]:
        """That subtree [start, end) stands in the tree of the first `size` leaves."""
        self._need(size)
        if not is_subtree(start, end) or end > size:
            raise LocalError("internal", f"[{start}, {end}) is no subtree of a tree of {size}")
        return self._prove(start, end, 0, size, True)

    def _prove(self, start: int, end: int, base: int, size: int, known: bool) -> list[bytes]:
        if start == 0 and end == size:
            return [] if known else [self.hash_of(base, base + size)]
        k = split(size)
        if end <= k:
            return [*self._prove(start, end, base, k, known), self.hash_of(base + k, base + size)]
        left = self.hash_of(base, base + k)
        if start >= k:
            return [*self._prove(start - k, end - k, base + k, size - k, known), left]
        return [*self._prove(0, end - k, base + k, size - k, False), left]

    def tile(self, level: int, number: int, width: int) -> bytes:
        """tlog-tiles: `width` hashes of the tile `number` at tile level `level` (8 tree levels each)."""
        row = self._levels[8 * level]
        return bytes(row[number * 8192 : number * 8192 + width * HASH_SIZE])

    def _need(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise LocalError("internal", f"asked for a tree of {size} leaves; this one has {self.size}")


def fold(start: int, end: int, size: int, subtree: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Rebuild (subtree hash, root) that a proof implies; RemoteError(inclusion-fails) if its length does not fit."""
    if not is_subtree(start, end) or end > size or len(proof) > MAX_PROOF:
        raise RemoteError("inclusion-fails", f"[{start}, {end}) of {size} with {len(proof)} hashes is no proof")
    rest = iter(proof)

    def step() -> bytes:
        value = next(rest, None)
        if value is None or len(value) != HASH_SIZE:
            raise RemoteError("inclusion-fails", "the proof is too short")
        return value

    def walk(start: int, end: int, size: int, known: bool) -> tuple[bytes, bytes]:
        if start == 0 and end == size:
            value = subtree if known else step()
            return value, value
        k = split(size)
        if end <= k:
            part, whole = walk(start, end, k, known)
            return part, node_hash(whole, step())
        if start >= k:
            part, whole = walk(start - k, end - k, size - k, known)
            return part, node_hash(step(), whole)
        part, whole = walk(0, end - k, size - k, False)
        left = step()
        return node_hash(left, part), node_hash(left, whole)

    result = walk(start, end, size, True)
    if next(rest, None) is not None:
        raise RemoteError("inclusion-fails", "the proof is too long")
    return result


def check_subtree(start: int, end: int, size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """RemoteError(inclusion-fails) unless `proof` shows that subtree [start, end) stands in the tree (size, root)."""
    if fold(start, end, size, subtree, proof) != (subtree, root):
        raise RemoteError("inclusion-fails", f"the proof does not lead from [{start}, {end}) to the root at {size}")


def check_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """RemoteError(inclusion-fails) unless `leaf` is entry `index` of the tree (size, root)."""
    check_subtree(index, index + 1, size, leaf, root, proof)


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """RemoteError(consistency-fails) unless the tree (old, old_root) is a prefix of (new, new_root)."""
    if old == 0:
        if proof or old_root != EMPTY_ROOT:
            raise RemoteError("consistency-fails", "an empty tree has the empty root and needs no proof")
        return
    try:
        check_subtree(0, old, new, old_root, new_root, proof)
    except RemoteError as error:
        raise RemoteError("consistency-fails", f"heads of {old} and {new} do not fit together: {error.what}") from error
