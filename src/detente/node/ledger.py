"""One log of ours: statements go in, signed heads come out, receipts come back.

A batch is entries plus one signed head in one transaction. Before signing, the entries are read back from the store and
hashed again. Only we write this log; only its audience can read it.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.errors import LocalError
from detente.model.terms import LogTerms
from detente.node.ports import HEAD_OWN, HEAD_TURN, SharedStore
from detente.proof.checkpoint import Checkpoint, Head, parse_checkpoint, sign_checkpoint
from detente.proof.keys import Signer
from detente.proof.receipt import LogProof
from detente.proof.tree import EMPTY_ROOT, Tree, leaf_hash


class Ledger:
    """Our log to one audience."""

    def __init__(self, log: LogTerms, store: SharedStore) -> None:
        self.log = log
        self._store = store
        self.tree = Tree()
        self.head: Checkpoint | None = None
        self.reload()

    @property
    def origin(self) -> str:
        return self.log.origin

    @property
    def size(self) -> int:
        """Entries under our newest signed head."""
        return self.head.head.size if self.head else 0

    def reload(self) -> None:
        """Take tree and head from the store; LocalError(store-damaged) if entries and head do not fit."""
        count = self._store.entry_count(self.origin)
        self.tree = Tree(map(leaf_hash, self._store.entries(self.origin, 0, count)))
        note = self._store.head(self.origin, HEAD_OWN)
        self.head = parse_checkpoint(note) if note else None
        if self.size != count or (self.head is not None and self.head.head.root != self.root_at(count)):
            raise LocalError("store-damaged", f"{count} entries do not give the head of {self.size}", where=self.origin)

    def undo(self) -> None:
        """Forget in memory a batch whose transaction was undone."""
        self.tree.truncate(self._store.entry_count(self.origin))
        note = self._store.head(self.origin, HEAD_OWN)
        self.head = parse_checkpoint(note) if note else None

    def root_at(self, size: int) -> bytes | None:
        """Our root at a size we signed; None beyond."""
        if size > self.tree.size:
            return None
        return self.tree.root(size) if size else EMPTY_ROOT

    def append(self, entries: Sequence[bytes], signers: Sequence[Signer], old: Sequence[Signer] = ()) -> Checkpoint:
        """Store entries and sign the new head. Call inside a transaction. `old`: the log keys given up with this head.

        Who missed the head that carries old and new keys could not believe a later one, so such a head is kept.
        """
        start = self.size
        self._store.add_entries(self.origin, start, entries)
        stored = self._store.entries(self.origin, start, start + len(entries))
        if stored != list(entries):
            raise LocalError("store-damaged", "entries read back differ from those written", where=self.origin)
        self.tree.extend(map(leaf_hash, stored))
        size = start + len(stored)
        new = {signer.public for signer in signers}
        leaving = [signer for signer in old if signer.public not in new]
        self.head = sign_checkpoint(Head(self.origin, size, self.tree.root(size)), [*leaving, *signers])
        self._store.set_head(self.origin, HEAD_OWN, size, self.head.encode())
        if leaving:
            self._store.set_head(self.origin, f"{HEAD_TURN} {size}", size, self.head.encode())
            self._store.set_meta(f"turns {self.origin}", " ".join([*map(str, self._turns()), str(size)]))
        return self.head

    def _turns(self) -> list[int]:
        return [int(word) for word in self._store.meta(f"turns {self.origin}").split()]

    def goal_after(self, held: int) -> Checkpoint | None:
        """The head to bring to one who holds `held` entries: the next where our log keys changed, else the newest."""
        turn = min((size for size in self._turns() if size > held), default=None)
        note = self._store.head(self.origin, f"{HEAD_TURN} {turn}") if turn else None
        return parse_checkpoint(note) if note else self.head

    def proof(self, index: int, checkpoint: Checkpoint, *, with_entry: bool = False) -> LogProof:
        """The proof that entry `index` stands under `checkpoint` (a countersigned head of this log)."""
        entry = self._store.entries(self.origin, index, index + 1)[0] if with_entry else None
        return LogProof(index, tuple(self.tree.inclusion(index, checkpoint.head.size)), checkpoint, entry)
