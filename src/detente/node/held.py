"""What we hold of a peer's log to us: its entries' tree, its newest heads, and the signatures we give for them.

`Mirror` fills it. Nothing here takes a request; what is here outlives a batch, or is given back if the batch fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from detente.errors import LocalError, RemoteError
from detente.model.statement import Root
from detente.model.terms import LogTerms, Terms
from detente.node import timing
from detente.node.copies import fork, log_keys_ever
from detente.node.ports import HEAD_MIRROR, HEAD_PENDING, Refused, SharedStore, StatementRow, StoredReceipt
from detente.node.reader import LogReader, Read, Surroundings
from detente.node.seconds import SigningSeconds
from detente.proof.checkpoint import Checkpoint, check_log_signature, cosign, parse_checkpoint
from detente.proof.keys import Signer, VerifierKey, VerifyMany, key_id
from detente.proof.note import NoteSignature
from detente.proof.roots import KeyState
from detente.proof.tree import Tree, leaf_hash


class Held:
    """Our copy of one peer's log to us."""

    def __init__(
        self,
        log: LogTerms,
        terms: Terms,
        store: SharedStore,
        reader: LogReader,
        name: str,
        signer: Signer,
        verify_many: VerifyMany,
        our_root: Callable[[int], bytes | None],
    ) -> None:
        self.log = log
        self.name = name
        self.signer = signer
        self.reader = reader
        self._terms = terms
        self._store = store
        self._verify_many = verify_many
        self._our_root = our_root
        self.tree = Tree()
        self._old_signers: tuple[tuple[Signer, int], ...] = ()
        self._seconds = SigningSeconds(store, f"mirror time {log.origin}", terms.clock_error)
        self.floor = 0
        self.unsure = False
        self.may_judge: Callable[[], bool] = lambda: True
        self.admit: Callable[[KeyState], None] = lambda _state: None
        self.on_read: Callable[[Read, int, int], None] = lambda _read, _root_version, _now: None
        self.reload()

    @property
    def origin(self) -> str:
        return self.log.origin

    def reload(self) -> None:
        """Take tree and heads from the store, after a start."""
        count = self._store.entry_count(self.origin)
        self.tree = Tree(map(leaf_hash, self._store.entries(self.origin, 0, count)))
        self._reload_heads()

    def keep(self) -> tuple[object, ...]:
        """What a batch that fails must give back beside what stands in the store."""
        return (self.reader.copy(), self.signer, self._old_signers, self.unsure, self.floor)

    def undo(self, kept: tuple[Any, ...]) -> None:
        """Forget in memory a batch whose transaction was undone."""
        self.reader, self.signer, self._old_signers, self.unsure, self.floor = kept
        self.tree.truncate(self._store.entry_count(self.origin))
        self._reload_heads()

    def _reload_heads(self) -> None:
        note, pending = self._store.head(self.origin, HEAD_MIRROR), self._store.head(self.origin, HEAD_PENDING)
        self.head: Checkpoint | None = parse_checkpoint(note) if note else None
        self.pending: Checkpoint | None = parse_checkpoint(pending) if pending else self.head

    @property
    def size(self) -> int:
        """Entries we have signed for."""
        return self.head.head.size if self.head else 0

    def root_at(self, size: int) -> bytes | None:
        """Root of the peer's log at a size we hold."""
        return self.tree.root(size) if size <= self.tree.size else None

    def _log_keys_ever(self) -> list[VerifierKey]:
        return log_keys_ever(self.reader.state, self.origin) if self.reader.state else []

    def knows_key_of(self, shown: Checkpoint) -> bool:
        """Whether a key that this log has shown, at any time, is named under the head."""
        return bool(shown.note.lines_by(self._log_keys_ever()))

    def check_history(self, shown: Checkpoint) -> None:
        """ForkError if a head of this log, shown by anyone, is of another history than our copy.

        A key that the log has given up or revoked since counts here too: it signed, and a fork is not undone by a
        later revocation. The evidence needs two heads under one key, so the larger one is looked for among all that
        we signed for.
        """
        keys = self._log_keys_ever()
        check_log_signature(shown, [key.public for key in keys])
        size = shown.head.size
        ours = self.tree.root(size) if size <= self.size else shown.head.root
        if ours == shown.head.root:
            return
        signed = [key for key, _ in shown.note.lines_by(keys)]
        given = (r for r in self._store.receipts(self.origin) if r.role == timing.MIRROR and r.size >= size)
        notes = (parse_checkpoint(receipt.note) for receipt in given)
        held = next((note for note in notes if note.note.lines_by(signed)), None) or self.head
        if held is None:  # the head of an empty log, under another root than the empty one
            raise RemoteError("checkpoint-invalid", f"{shown.head}: no entries have another root", where=self.origin)
        raise fork(signed, held, shown, ours, self.tree.consistency(size, held.head.size))

    def ahead(self, now: int) -> int:
        """How far our signatures of this log are dated after `now`, ms."""
        return self._seconds.ahead(self.signer.public, now)

    def change_signer(self, signer: Signer, after: int) -> None:
        """Sign with a new key, and with the old one beside it until the peer has signed for our entry `after`."""
        if signer.public != self.signer.public:
            old = [*self._old_signers, (self.signer, after)]
            self._old_signers = tuple(pair for pair in old if pair[0].public != signer.public)
            self.signer = signer

    def read_up_to(self, start: int, goal: Checkpoint, now: int) -> None:
        """Read the stored bytes (again, from the store), refuse by name what does not count, index the rest."""
        entries = self._store.entries(self.origin, start, goal.head.size)
        if len(entries) != goal.head.size - start:
            what = f"{len(entries)} entries of [{start}, {goal.head.size}) are there"
            raise LocalError("store-damaged", what, where=self.origin)
        around = Surroundings(
            known=self._store.known,
            our_root=cache(self._our_root) if self.may_judge() else None,
            not_after=now + self._terms.clock_error,
            least_seen=self._least_seen(),
            admit=self.admit,
        )
        version = self.reader.state.document.version if self.reader.state else 0
        rows: list[StatementRow] = []
        for read in self.reader.read(start, entries, self._verify_many, around):
            for code, what in read.faults:
                self._store.add_refusal(Refused(now, self.log.sender, self.origin, read.entry, code, what))
            if read.counts and read.statement is not None:
                rows.append(
                    StatementRow(read.id, self.origin, read.entry, read.kind, self.log.sender, read.statement.time, now)
                )
            if read.counts and isinstance(read.statement, Root):
                version = read.statement.version
            self.on_read(read, version, now)
        self._store.add_statements(rows)
        self._store.set_meta(f"claims {self.origin}", f"{self.reader.last_time} {self.reader.last_seen}")
        keys = self.reader.state.publics("log") if self.reader.state else []
        check_log_signature(goal, keys)  # after a change of root the head must carry the new log key too

    def _least_seen(self) -> Callable[[int], int]:
        """What the peer had signed for of our log by the time at which it says it spoke: both are by its own clock."""

        @cache
        def signed_before(second: int) -> int:
            answer = self._store.newest_receipt(self.reader.answers, timing.MIRROR, second)
            return answer.size if answer else 0

        return lambda time: signed_before((time - self._terms.clock_error) // 1000)

    def lines(self, now: int) -> list[NoteSignature]:
        """Our signature over the head held, now; with the old key beside it at a change of keys."""
        if self._old_signers:
            answer = self._store.newest_receipt(self.reader.answers, timing.MIRROR)
            known = answer.size if answer else 0
            self._old_signers = tuple((signer, after) for signer, after in self._old_signers if known <= after)
        signers = [self.signer, *(signer for signer, _ in self._old_signers)]
        return [self._line(signer, self._seconds.of(signer.public, now), now) for signer in signers]

    def _line(self, signer: Signer, time_s: int, now: int) -> NoteSignature:
        assert self.head is not None  # noqa: S101 - callers have set it
        line = cosign(self.head.head, self.name, signer, time_s)
        note = self.head.with_lines([line]).encode()
        identifier = key_id(signer.public)
        row = (self.origin, self.size, self.name, identifier, timing.MIRROR, time_s, note, now)
        self._store.add_receipt(StoredReceipt(*row))
        return line
