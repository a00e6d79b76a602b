"""After a start: may this node sign at all, or is it running on a restored backup?

If the heads in the store equal the high-water mark kept outside it and the machine has not been restarted, yes.
Otherwise every log of ours stays closed until its mirror, and as many cosigners as the quorum asks for, have signed
afresh for the largest head they have seen. A fresh countersignature is by its definition such a claim; the unsigned
size in a 409 decides nothing. If their head is ahead of ours, our entries are pulled back from the mirror first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from detente.errors import LocalError, RemoteError
from detente.model.terms import Terms
from detente.node import timing
from detente.node.copies import own_lines
from detente.node.ledger import Ledger
from detente.node.ports import HEAD_OWN, HighWater, SharedStore, StatementRow
from detente.node.reader import LogReader
from detente.node.receipts import ReceiptBook
from detente.node.speaker import remember
from detente.proof.checkpoint import Checkpoint, check_log_signature, parse_checkpoint
from detente.proof.keys import VerifierKey, verify_each
from detente.proof.tiles import WIDTH, TileName, parse_bundle
from detente.proof.tree import Tree, leaf_hash
from detente.proof.wire import TYPE_TEXT, mirror_prefix


@dataclass
class Closed:
    """One log that may not be signed yet: who has answered, the largest head shown, and what was pulled back."""

    ledger: Ledger
    answered: set[str] = field(default_factory=set)
    largest: Checkpoint | None = None
    bundles: dict[int, list[bytes]] = field(default_factory=dict)
    pulling: bool = False


class Restart:
    """Which of our logs are closed, and what opens them."""

    def __init__(self, store: SharedStore, terms: Terms, ledgers: dict[str, Ledger], high_water: HighWater) -> None:
        self._store = store
        self._terms = terms
        self._ledgers = ledgers
        self.marked = high_water.read()
        marked = {origin: head for origin, head in self.marked.items() if origin in ledgers}
        heads = {
            origin: (ledger.size, ledger.head.head.root.hex()) for origin, ledger in ledgers.items() if ledger.head
        }
        fresh = not self.marked and not heads and not store.meta("started") and not high_water.begun
        agree = bool(heads) and marked == heads
        self.closed: dict[str, Closed] = {}
        if not (fresh or agree):
            self.closed = {origin: Closed(ledger) for origin, ledger in ledgers.items()}

    def close(self, origin: str) -> None:
        """Close a log: our copy of the log back to us may have been lost, and we would name less of it as seen."""
        self.closed.setdefault(origin, Closed(self._ledgers[origin]))

    def ask(self) -> None:
        """Queue a sign-again request to mirror and cosigners of each closed log. Call inside a transaction."""
        for origin, closed in self.closed.items():
            log = closed.ledger.log
            for peer, role in [(log.audience, timing.MIRROR), *((c, timing.COSIGNER) for c in log.cosigners)]:
                self.ask_one(origin, role, peer)

    def ask_one(self, origin: str, role: str, peer: str) -> None:
        """Queue one such request, unless one is waiting."""
        lane = f"again {role} {origin} {peer}"
        if not self._store.jobs(lane):
            purpose, path = f"again|{origin}|{role}|{peer}", f"/{role}/sign-again"
            self._store.add_job(peer, lane, "POST", path, TYPE_TEXT, origin.encode(), purpose)

    def answer(
        self,
        origin: str,
        role: str,
        peer: str,
        status: int,
        body: bytes,
        own_log_keys: list[bytes],
        keys: list[VerifierKey],
        book: ReceiptBook,
        now: int,
    ) -> None:
        """Take one answer. RemoteError if it proves nothing; LocalError(backup-restored) if it proves us forked.

        What is not signed (a 404, a 409) is no answer. The signature is kept as a receipt: should its signer later be
        shown to have signed for more before, the two convict it. A signer that may run on a backup itself (503) shows
        the head it holds and signs nothing: no answer, but under our own signature, so what we lack is pulled.
        """
        closed = self.closed.get(origin)
        if closed is None:
            return
        if status not in (200, 503):
            return
        checkpoint = parse_checkpoint(body)
        if checkpoint.head.origin != origin:
            raise RemoteError(
                "wrong-origin", f"asked about {origin}, answered about {checkpoint.head.origin}", party=peer
            )
        check_log_signature(checkpoint, own_log_keys)
        ours = closed.ledger.root_at(checkpoint.head.size)
        if ours is not None and ours != checkpoint.head.root:
            raise LocalError(
                "backup-restored",
                f"{peer} signed for another history at {checkpoint.head.size} entries under our own signature",
                where=origin,
            )
        bare = own_lines(checkpoint)
        if status == 200:
            others = [line for line in checkpoint.note.signatures if line.name != origin]
            book.add(bare, others, role, keys, now)
            closed.answered.add(f"{role} {peer}")
        if closed.largest is None or bare.head.size > closed.largest.head.size:
            closed.largest = bare
        self._pull(closed)

    def _pull(self, closed: Closed) -> None:
        largest = closed.largest
        if largest is None or largest.head.size <= closed.ledger.size:
            return  # more than we hold, under our own signature: it can be pulled before all have answered
        origin, size = closed.ledger.origin, largest.head.size
        if self._store.jobs(f"pull {origin}"):
            return
        closed.pulling = True
        closed.bundles = {}
        for number in range(closed.ledger.size // WIDTH, -(-size // WIDTH)):
            name = TileName(-1, number, min(WIDTH, size - number * WIDTH))
            path = f"{mirror_prefix(origin)}/{name.path()}"
            purpose = f"pull|{origin}|{size}|{number}"
            self._store.add_job(closed.ledger.log.audience, f"pull {origin}", "GET", path, TYPE_TEXT, b"", purpose)

    def pulled(
        self, origin: str, size: int, number: int, status: int, body: bytes, reader: LogReader, now: int
    ) -> None:
        """Take one bundle of our own entries back; once all are here and give the signed root, store them."""
        closed = self.closed.get(origin)
        if closed is None or closed.largest is None or closed.largest.head.size != size:
            return
        if status != 200:
            closed.pulling = False
            raise RemoteError(
                "mirror-lost-entry", f"the mirror answered {status} for entries of ours it signed for", where=origin
            )
        closed.bundles[number] = parse_bundle(body, min(WIDTH, size - number * WIDTH))
        first, have = closed.ledger.size // WIDTH, closed.ledger.size
        if len(closed.bundles) < -(-size // WIDTH) - first:
            return
        entries = [e for n in sorted(closed.bundles) for e in closed.bundles[n]][have - first * WIDTH :]
        tree = Tree(closed.ledger.tree.leaf(i) for i in range(have))
        tree.extend(map(leaf_hash, entries))
        if tree.root(size) != closed.largest.head.root:
            raise RemoteError("entry-mismatch", "entries pulled back do not give the head we signed", where=origin)
        self._store.add_entries(origin, have, entries)
        self._store.set_head(origin, HEAD_OWN, size, closed.largest.encode())
        read = reader.read(have, entries, verify_each)
        rows = [
            StatementRow(r.id, origin, r.entry, r.kind, r.statement.author, r.statement.time, now)
            for r in read
            if r.counts and r.statement is not None
        ]
        self._store.add_statements(rows)
        last = [r.statement for r in read if r.counts and r.statement is not None][-1:]
        for statement in last:
            remember(self._store, origin, statement.time, statement.seen)
        closed.ledger.reload()
        closed.pulling = False

    def keep(self) -> dict[str, Closed]:
        """What a batch that fails must give back."""
        return {
            origin: replace(c, answered=set(c.answered), bundles=dict(c.bundles)) for origin, c in self.closed.items()
        }

    def undo(self, kept: dict[str, Closed]) -> None:
        """Back to what `keep` gave: a log opened by entries that were not stored is closed again."""
        self.closed = kept

    def _enough(self, closed: Closed) -> bool:
        log = closed.ledger.log
        cosigners = sum(f"{timing.COSIGNER} {code}" in closed.answered for code in log.cosigners)
        return f"{timing.MIRROR} {log.audience}" in closed.answered and cosigners >= min(
            self._terms.quorum, len(log.cosigners)
        )

    def open_ready(self, sure: Callable[[str], bool]) -> list[str]:
        """Open every log whose answers suffice and whose head is not behind them; the origins opened.

        `sure` of a log: our copy of the log back to us is as large as what we signed for; until then we would name less
        of it as seen than we have.
        """
        ready = [
            origin
            for origin, closed in self.closed.items()
            if self._enough(closed)
            and sure(origin)
            and not closed.pulling
            and (closed.largest is None or closed.largest.head.size <= closed.ledger.size)
        ]
        for origin in ready:
            del self.closed[origin]
        return ready

    def override(self) -> list[str]:
        """The operator's decision to sign without answers; the caller logs it."""
        opened = list(self.closed)
        self.closed.clear()
        return opened
