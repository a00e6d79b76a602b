"""Are the tiles of a log folder those of the signed head? If not: which file, which entry, which bytes.

The leaf hashes are there twice, as the entries of the bundles and as the hash tiles of level 0, and the levels above
repeat them once more. Whichever set gives the signed root is the authentic one, and every other byte is compared with
it; so one changed byte is pinned to its entry or hash, and several usually are. Source: C2SP tlog-tiles.
"""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import RemoteError
from detente.node.audit.verdict import SHOWN, Findings, Folder, counted
from detente.proof.checkpoint import Head
from detente.proof.tiles import WIDTH, TileName, parse_path, tiles_of
from detente.proof.tree import HASH_SIZE, Tree, leaf_hash


@dataclass
class _Row:
    """A bundle and its hash tile: the same `width` entries from `start` on, twice."""

    bundle: str
    tile: str
    start: int
    width: int
    leaves: bytes
    whole: bool
    hashes: bytes


def bundle_paths(size: int) -> list[str]:
    """The entry bundles of a log of `size` entries, in order."""
    return [name.path() for name in tiles_of(size) if name.level < 0]


def check_tiles(folder: Folder, head: Head, found: Findings) -> Tree | None:
    """The tree, if bundles and tiles are exactly those of `head`; else None, and what differs stands in `found`."""
    bundles = -(-head.size // WIDTH)
    if bundles > len(folder.names):  # a head may claim any size; what it claims is not counted out
        what = f"the head is of {head.size} entries, which fill {bundles} bundles; the folder has fewer files than that"
        found.fail("tile-mismatch", what, folder.at("checkpoint"))
        return None
    wanted = list(tiles_of(head.size))
    missing = [name for name in wanted if name.path() not in folder.names]
    if missing:
        _name_missing(missing, folder, head, found)
        return None
    rows = [_row(folder, name) for name in wanted if name.level < 0]
    tree = _authentic(rows, folder, head)
    if tree is None:
        _name_doubt(rows, folder, wanted, head, found)
        return None
    before = len(found.errors)
    for row in rows:
        _compare_bundle(row, folder, tree, head, found)
    for name in wanted:
        if name.level >= 0:
            _compare_tile(name, folder, tree, found)
    _name_extra({name.path() for name in wanted}, folder, tree, found)
    return tree if len(found.errors) == before else None


def _leaves(data: bytes) -> tuple[list[bytes], list[int]]:
    """Leaf hashes of the complete entries of a bundle, and the offset at which each starts; last, where they end."""
    leaves: list[bytes] = []
    offsets = [0]
    at = 0
    while at + 2 <= len(data):
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if stop > len(data):
            break
        leaves.append(leaf_hash(data[at + 2 : stop]))
        offsets.append(stop)
        at = stop
    return leaves, offsets


def _row(folder: Folder, name: TileName) -> _Row:
    tile = TileName(0, name.number, name.width).path()
    data = folder.get(name.path())
    leaves, offsets = _leaves(data)
    whole = len(leaves) == name.width and offsets[-1] == len(data)
    return _Row(name.path(), tile, name.number * WIDTH, name.width, b"".join(leaves), whole, folder.get(tile))


def _tree(parts: list[bytes], head: Head) -> Tree | None:
    """The tree over these leaf hashes, if it gives the head."""
    joined = b"".join(parts)
    if len(joined) != head.size * HASH_SIZE:
        return None
    tree = Tree((joined,))
    return tree if tree.root(head.size) == head.root else None


def _authentic(rows: list[_Row], folder: Folder, head: Head) -> Tree | None:
    """The tree of the signed head: of the bundles, else of the hash tiles, else of whichever the level above names."""
    if all(row.whole for row in rows):
        tree = _tree([row.leaves for row in rows], head)
        if tree is not None:
            return tree
    tree = _tree([row.hashes for row in rows], head)
    if tree is not None:
        return tree
    above = b"".join(folder.get(name.path()) for name in tiles_of(head.size) if name.level == 1)
    mixed: list[bytes] = []
    for row in rows:
        number = row.start // WIDTH
        parent = above[number * HASH_SIZE : (number + 1) * HASH_SIZE]
        fits = row.whole and row.width == WIDTH and Tree((row.leaves,)).root() == parent
        mixed.append(row.leaves if fits else row.hashes)
    return _tree(mixed, head)


def _compare_bundle(row: _Row, folder: Folder, tree: Tree, head: Head, found: Findings) -> None:
    right = tree.tile(0, row.start // WIDTH, row.width)
    if row.whole and row.leaves == right:
        return
    data = folder.get(row.bundle)
    leaves, offsets = _leaves(data)
    where = folder.at(row.bundle)
    wrong = [n for n, leaf in enumerate(leaves[: row.width]) if leaf != right[n * HASH_SIZE : (n + 1) * HASH_SIZE]]
    if row.whole:
        for n in wrong[:SHOWN]:
            place = f"entry {row.start + n} (bytes {offsets[n]} to {offsets[n + 1] - 1})"
            found.fail(
                "entry-mismatch", f"{place} was changed: it does not hash to the signed head of {head.size}", where
            )
        if len(wrong) > SHOWN:
            found.fail("entry-mismatch", f"{len(wrong) - SHOWN} more entries of this bundle do not either", where)
        return
    first = min([*wrong, len(leaves), row.width])
    at = offsets[min(first, len(offsets) - 1)]
    if first == row.width:
        what = f"{counted(len(data) - at, 'byte')} too many after the last entry, from byte {at} on"
    else:
        what = f"cut off or changed at entry {row.start + first}, from byte {at} on; {row.width} entries belong here"
    found.fail("entry-mismatch", what, where)


def _compare_tile(name: TileName, folder: Folder, tree: Tree, found: Findings) -> None:
    data, right = folder.get(name.path()), tree.tile(name.level, name.number, name.width)
    if data == right:
        return
    where = folder.at(name.path())
    if len(data) != len(right):
        found.fail(
            "tile-mismatch", f"{len(data)} bytes; {counted(name.width, 'hash', 'hashes')} have {len(right)}", where
        )
        return
    wrong = [n for n in range(name.width) if data[n * 32 : n * 32 + 32] != right[n * 32 : n * 32 + 32]]
    covers = WIDTH**name.level
    first = (name.number * WIDTH + wrong[0]) * covers
    entries = f"entry {first}" if covers == 1 else f"entries {first} to {first + covers - 1}"
    what = f"hash {wrong[0]} (bytes {wrong[0] * 32} to {wrong[0] * 32 + 31}) is not that of {entries}"
    more = f"; nor are {len(wrong) - 1} more" if len(wrong) > 1 else ""
    found.fail("tile-mismatch", what + more, where)


def _tile_name(path: str) -> TileName | None:
    try:
        return parse_path(path)
    except RemoteError:
        return None


def _held_size(folder: Folder) -> int:
    """The size of which the folder holds all tiles, as its file names say; 0 if there is no such size."""
    bundles = [name for path in folder.names if (name := _tile_name(path)) and name.level < 0]
    last = max(bundles, key=lambda name: (name.number, name.width), default=None)
    size = last.number * WIDTH + last.width if last else 0
    return size if all(name.path() in folder.names for name in tiles_of(size)) else 0


def _name_missing(missing: list[TileName], folder: Folder, head: Head, found: Findings) -> None:
    held = _held_size(folder)
    if held > head.size:
        what = f"the head is of {head.size} entries, the tiles are of {held}: this head is older than the folder"
        found.fail("tile-mismatch", what, folder.at("checkpoint"))
        return
    for name in missing:
        first = name.number * WIDTH
        what = (
            f"the hash tile of level {name.level}" if name.level > 0 else f"entries {first} to {first + name.width - 1}"
        )
        short = f"; the folder's tiles are of {held} entries, its head of {head.size}" if held else ""
        kind = "bundle of " if name.level < 0 else "hash tile of " if name.level == 0 else ""
        found.fail("tile-mismatch", f"is missing: {kind}{what}{short}", folder.at(name.path()))


def _name_extra(wanted: set[str], folder: Folder, tree: Tree, found: Findings) -> None:
    """Older, narrower tiles of the same tree may stand there (a served log keeps them for a while); nothing else."""
    for path in sorted(folder.names):
        if not path.startswith("tile/") or path in wanted:
            continue
        name = _tile_name(path)
        if name is not None and _is_older(name, folder.get(path), tree):
            found.notes.append(f"{folder.at(path)}: an older, narrower tile of the same tree")
        else:
            found.fail("tile-mismatch", "nothing under the signed head covers this file: it was added", folder.at(path))


def _is_older(name: TileName, data: bytes, tree: Tree) -> bool:
    level = max(name.level, 0)
    if (name.number * WIDTH + name.width) * WIDTH**level > tree.size:
        return False
    if name.level < 0:
        leaves, offsets = _leaves(data)
        data = b"".join(leaves) if offsets[-1] == len(data) else b""
    return data == tree.tile(level, name.number, name.width)


def _name_doubt(rows: list[_Row], folder: Folder, wanted: list[TileName], head: Head, found: Findings) -> None:
    """No set of files gives the signed root: name what disagrees, without claiming to know which of two is right."""
    before = len(found.errors)
    for row in rows:
        if not row.whole or row.leaves != row.hashes:
            pairs = zip(_hashes(row.leaves), _hashes(row.hashes), strict=False)
            short = min(len(row.leaves), len(row.hashes)) // HASH_SIZE
            first = row.start + next((n for n, (a, b) in enumerate(pairs) if a != b), min(short, row.width - 1))
            what = f"entry {first} and its hash in {row.tile} disagree, and neither fits the signed head of {head.size}"
            found.fail("tile-mismatch", what, folder.at(row.bundle))
    if len(found.errors) == before:
        tree = Tree(row.leaves for row in rows)
        for name in wanted:
            if name.level > 0:
                _compare_tile(name, folder, tree, found)
        what = (
            f"entries and their hashes agree with each other, not with the head of {head.size}: a head of another tree"
        )
        found.fail("tile-mismatch", what, folder.at("checkpoint"))


def _hashes(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
