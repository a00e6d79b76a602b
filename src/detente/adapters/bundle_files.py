"""Bundles: exactly the HTTP bodies of a push, as files for USB or a one-way link, and the signatures that come back.

0001-add-checkpoint, 0002-add-entries, 0003-add-entries, ...   from the sender
receipt                                                        from the receiver: the head with its signature
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from detente.adapters.store_shared import SqliteShared
from detente.errors import GivenError, LocalError
from detente.node import timing
from detente.node.ports import HEAD_OWN
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.tree import Tree, leaf_hash
from detente.proof.wire import AddCheckpoint, encode_add_entries, parse_add_entries

BODY_LIMIT = 4 * 1024 * 1024
RECEIPT = "receipt"


class Bundle(NamedTuple):
    """What a bundle folder holds."""

    checkpoint: bytes
    entries: list[bytes]


def write_bundle(store: SqliteShared, origin: str, out: Path, start: int | None = None) -> tuple[int, int]:
    """Write the bodies that bring a mirror from `start` (default: what it last signed for) to our newest head.

    Returns (start, end). Sending again what the receiver has is harmless: overlap is checked, replay changes nothing.
    """
    note = store.head(origin, HEAD_OWN)
    if note is None:
        raise LocalError("not-signing", "the log has no head yet", where=origin)
    checkpoint = parse_checkpoint(note)
    end = checkpoint.head.size
    newest = store.newest_receipt(origin, timing.MIRROR)
    first = min(start if start is not None else (newest.size if newest else 0), end)
    tree = Tree(map(leaf_hash, store.entries(origin, 0, end)))
    if out.exists() and any(out.iterdir()):
        raise GivenError("bundle-invalid", "the folder is not empty", where=str(out))
    out.mkdir(parents=True, exist_ok=True)
    body = AddCheckpoint(first, tuple(tree.consistency(first, end)), checkpoint).encode()
    (out / "0001-add-checkpoint").write_bytes(body)
    at, number = first, 2
    while at < end:
        body = encode_add_entries(origin, at, end, tree, lambda a, b: store.entries(origin, a, b), BODY_LIMIT)
        (out / f"{number:04d}-add-entries").write_bytes(body)
        at, number = parse_add_entries(body).packages[-1].end, number + 1
    return first, end


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle folder; GivenError(bundle-invalid) naming the file that is missing or too many."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name != RECEIPT)
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(folder)) from error
    expected = ["0001-add-checkpoint", *(f"{n:04d}-add-entries" for n in range(2, len(names) + 1))]
    for name, wanted in zip(names, expected, strict=False):
        if name != wanted:
            raise GivenError("bundle-invalid", f"expected {wanted}, found {name}", where=str(folder))
    if not names:
        raise GivenError("bundle-invalid", "0001-add-checkpoint is missing", where=str(folder))
    return Bundle((folder / names[0]).read_bytes(), [(folder / name).read_bytes() for name in names[1:]])
