"""What a peer may read over GET: our log to it, and our copy of its log to us (C2SP tlog-tiles).

Nothing else exists under its listener: another peer's log is answered like a log nobody has.
"""

from __future__ import annotations

import re

from detente.adapters.store_shared import SqliteShared
from detente.errors import RemoteError
from detente.model.terms import Terms
from detente.node import timing
from detente.node.ports import HEAD_MIRROR, HEAD_OWN
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.tiles import WIDTH, encode_bundle, parse_path
from detente.proof.tree import Tree, leaf_hash
from detente.proof.wire import TYPE_ENTRIES, TYPE_TEXT, log_prefix, mirror_prefix

_PATH = re.compile(r"(/(?:mirror|log)/[0-9a-f]{64})/(.+)")
Answer = tuple[int, str, bytes]
_NOT_FOUND: Answer = (404, TYPE_TEXT, b"not found\n")


class Served:
    """Read-only view of the shared store for one node's peers."""

    def __init__(self, store: SqliteShared, terms: Terms, me: str) -> None:
        self._store = store
        self._prefixes: dict[str, dict[str, tuple[str, str]]] = {}
        for log in terms.logs.values():
            if log.sender == me:
                self._prefixes.setdefault(log.audience, {})[log_prefix(log.origin)] = (log.origin, HEAD_OWN)
            elif log.audience == me:
                self._prefixes.setdefault(log.sender, {})[mirror_prefix(log.origin)] = (log.origin, HEAD_MIRROR)
        self._trees: dict[str, Tree] = {}

    def get(self, peer: str, path: str) -> Answer:
        """Status, content type and body for a peer's GET."""
        match = _PATH.fullmatch(path)
        found = self._prefixes.get(peer, {}).get(match[1]) if match else None
        if match is None or found is None:
            return _NOT_FOUND
        origin, kind = found
        if match[2] == "checkpoint":
            return self._checkpoint(origin, kind)
        try:
            name = parse_path(match[2])
        except RemoteError:
            return _NOT_FOUND
        if name.level < 0:
            start = name.number * WIDTH
            entries = self._store.entries(origin, start, start + name.width)
            return (200, TYPE_ENTRIES, encode_bundle(entries)) if len(entries) == name.width else _NOT_FOUND
        tree = self._tree(origin)
        if (tree.size >> (8 * name.level)) < name.number * WIDTH + name.width:
            return _NOT_FOUND
        return 200, TYPE_ENTRIES, tree.tile(name.level, name.number, name.width)

    def _checkpoint(self, origin: str, kind: str) -> Answer:
        note = self._store.head(origin, kind)
        if note is None:
            return _NOT_FOUND
        checkpoint = parse_checkpoint(note)
        receipt = self._store.newest_receipt(origin, timing.MIRROR)
        if receipt is not None and receipt.size == checkpoint.head.size:
            note = receipt.note
        return 200, TYPE_TEXT, note

    def _tree(self, origin: str) -> Tree:
        tree = self._trees.setdefault(origin, Tree())
        count = self._store.entry_count(origin)
        while tree.size < count:
            tree.extend(map(leaf_hash, self._store.entries(origin, tree.size, min(count, tree.size + 4096))))
        return tree
