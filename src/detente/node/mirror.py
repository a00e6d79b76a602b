"""Our copy of a peer's log to us: taken in whole, read, kept, and signed for (C2SP tlog-mirror).

Our mirror signature says: durably stored up to this head. It is given in the same transaction that stores the entries,
over a head whose root those entries give, and it is never dated before an earlier one. A crash here leaves either
the batch with its signature or neither; the peer then sends the same bytes again. After a start on what may be a
restored backup (`unsure`) nothing is signed until the sender has brought us up to `floor`: what the high-water mark
says we signed for, and what the sender names as its newest head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from detente.errors import RemoteError
from detente.model.statement import Root
from detente.model.terms import LogTerms, Terms
from detente.node import timing
from detente.node.copies import EvidenceError, behind, check_offer, fork, log_keys_ever, own_lines, refusal_reply
from detente.node.ports import (
    HEAD_MIRROR,
    HEAD_PENDING,
    Refused,
    Reply,
    SharedStore,
    StatementRow,
    StoredReceipt,
)
from detente.node.quota import spend
from detente.node.reader import LogReader, Read, Surroundings
from detente.proof.checkpoint import Checkpoint, check_log_signature, cosign, parse_checkpoint
from detente.proof.keys import Signer, VerifierKey, VerifyMany, key_id
from detente.proof.note import NoteSignature
from detente.proof.roots import KeyState
from detente.proof.tree import EMPTY_ROOT, Tree, check_subtree, leaf_hash
from detente.proof.wire import TYPE_INFO, TYPE_TEXT, AddEntries, encode_info, parse_add_checkpoint, parse_add_entries


class Mirror:
    """One peer's log to us."""

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

    def add_checkpoint(self, body: bytes, now: int) -> Reply:
        """tlog-witness add-checkpoint, updating the pending head; the mirror key does not sign here."""
        request = parse_add_checkpoint(body)
        head = request.checkpoint.head
        if head.origin != self.origin:
            raise RemoteError("unknown-origin", f"log {head.origin} is not the one agreed on", where=self.origin)
        held = self.pending
        if self.unsure:
            self.floor = max(self.floor, head.size)
        if head.size <= self.size:
            self.check_history(request.checkpoint)
        if held is not None and head.size < held.head.size:
            raise RemoteError("stale-checkpoint", f"offered {head.size}; we hold {held.head.size}", where=self.origin)
        keys = self.reader.state.log_keys(self.origin) if self.reader.state else []
        if self.unsure and not request.checkpoint.note.lines_by(keys):
            raise RemoteError(
                "wrong-size", "perhaps signed under a root that our backup does not hold", where=self.origin
            )
        check_offer(request, keys, held)
        self.pending = own_lines(request.checkpoint)
        self._store.set_head(self.origin, HEAD_PENDING, head.size, self.pending.encode())
        return Reply(200, TYPE_TEXT, b"")

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

    def add_entries(self, body: bytes, now: int) -> Reply:
        """tlog-mirror add-entries: verify, store, read, and sign for the head once all its entries are here."""
        request = parse_add_entries(body)
        if request.origin != self.origin:
            raise RemoteError("unknown-origin", f"log {request.origin} is not the one agreed on", where=self.origin)
        if self.unsure:
            self.floor = max(self.floor, request.end)
        goal = self._goal(request)
        if goal is None or request.start > self.tree.size:
            return self._info(409)
        if request.start < request.end and not request.packages:
            raise RemoteError("request-invalid", "no whole package of entries arrived", where=self.origin)
        before = self.tree.size
        for package in request.packages:
            held = self.tree.size
            fresh = package.entries[max(0, held - package.start) :]
            try:
                spend(self._store, self._terms, self.origin, fresh, now)
            except RemoteError:
                if held == before:
                    raise
                break  # what fitted the quota is kept; the rest may come in the next window
            self._take(package.floor, package.start, package.end, package.entries, package.proof, goal)
            if fresh:
                self._store.add_entries(self.origin, held, fresh)
        if self.tree.size < goal.head.size:
            return self._info(202)
        return self._sign_for(goal, now)

    def sign_again(self, now: int) -> Reply:
        """The newest head we hold whole, with a fresh signature: "as of now, this is the largest I have seen"."""
        if self.head is None:
            return Reply(404, TYPE_TEXT, b"no head held\n")
        if self.unsure:
            return behind(self.head)
        return Reply(200, TYPE_TEXT, self.head.with_lines(self._lines(now)).encode())

    def change_signer(self, signer: Signer, after: int) -> None:
        """Sign with a new key, and with the old one beside it until the peer has signed for our entry `after`."""
        if signer.public != self.signer.public:
            old = [*self._old_signers, (self.signer, after)]
            self._old_signers = tuple(pair for pair in old if pair[0].public != signer.public)
            self.signer = signer

    def take_bundle(self, checkpoint: bytes, entries: Sequence[bytes], now: int) -> Reply:
        """Requests that came as files, from any older head of the log on: overlap is checked, replay changes nothing.

        A link may have delivered part of the same; so the head is not asked to extend our pending one step by step. It
        must agree with every entry held, and with the pending head once its entries are here.
        """
        request = parse_add_checkpoint(checkpoint)
        head, pending = request.checkpoint.head, self.pending
        if head.origin != self.origin:
            raise RemoteError("unknown-origin", f"the bundle is of {head.origin}", where=self.origin)
        keep = (self.head, self.pending, self.reader.copy())
        floor = self.floor
        self.floor = max(floor, head.size + 1)  # a file may be old: it fills our copy, it does not make us sure
        try:
            with self._store.transaction():
                self.check_history(request.checkpoint)
                if head.size <= self.size and self.head is not None:
                    return self.sign_again(now)
                keys = self.reader.state.log_keys(self.origin) if self.reader.state else []
                check_log_signature(request.checkpoint, [key.public for key in keys])
                self.pending = own_lines(request.checkpoint)
                self._store.set_head(self.origin, HEAD_PENDING, head.size, self.pending.encode())
                for body in entries:
                    self.add_entries(body, now)
                if self.size < head.size:
                    raise RemoteError(
                        "bundle-invalid", f"entries up to {self.tree.size} of {head.size} are here", where=self.origin
                    )
                if pending is not None and pending.head.size <= self.size:
                    self.check_history(pending)
                elif pending is not None:  # a link has begun to bring more than the file
                    self.pending = pending
                    self._store.set_head(self.origin, HEAD_PENDING, pending.head.size, pending.encode())
                return self.sign_again(now)
        except RemoteError as error:
            return self._refused(error, keep, now)
        finally:
            self.floor = max(floor, head.size) if self.unsure else floor

    def _goal(self, request: AddEntries) -> Checkpoint | None:
        for candidate in (self.pending, self.head):
            if candidate is not None and candidate.head.size == request.end and request.end >= self.size:
                return candidate
        return None

    def _info(self, status: int) -> Reply:
        pending = self.pending.head.size if self.pending else 0
        return Reply(status, TYPE_INFO, encode_info(pending, self.tree.size))

    def _take(
        self, floor: int, start: int, end: int, entries: tuple[bytes, ...], proof: tuple[bytes, ...], goal: Checkpoint
    ) -> None:
        leaves = list(map(leaf_hash, entries))
        overlap = max(0, min(self.tree.size, end) - start)
        if any(self.tree.leaf(start + n) != leaf for n, leaf in enumerate(leaves[:overlap])):
            raise RemoteError("entry-mismatch", f"entries from {start} differ from those held", where=self.origin)
        self.tree.extend(leaves[overlap:])
        try:
            check_subtree(floor, end, goal.head.size, self.tree.hash_of(floor, end), goal.head.root, proof)
        except RemoteError as error:
            raise RemoteError(
                "entry-mismatch",
                f"entries [{start}, {end}) do not hash to the signed head of {goal.head.size}",
                where=self.origin,
            ) from error

    def _sign_for(self, goal: Checkpoint, now: int) -> Reply:
        root = self.tree.root(goal.head.size) if goal.head.size else EMPTY_ROOT
        if root != goal.head.root:
            raise RemoteError("entry-mismatch", "the entries held do not give the signed root", where=self.origin)
        start = self.size
        if self.head is None or goal.head.size > start:
            self._read(start, goal, now)
            self.head = goal
            self._store.set_head(self.origin, HEAD_MIRROR, goal.head.size, goal.encode())
        if self.unsure and self.size < self.floor:
            return self._info(409)
        self.unsure = False
        return Reply(200, TYPE_TEXT, "".join(line.encode() for line in self._lines(now)).encode())

    def _read(self, start: int, goal: Checkpoint, now: int) -> None:
        """Read the stored bytes (again, from the store), refuse by name what does not count, index the rest."""
        entries = self._store.entries(self.origin, start, goal.head.size)
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

    def _lines(self, now: int) -> list[NoteSignature]:
        """Our signature over the head held, now; with the old key beside it at a change of keys."""
        if self._old_signers:
            answer = self._store.newest_receipt(self.reader.answers, timing.MIRROR)
            known = answer.size if answer else 0
            self._old_signers = tuple((signer, after) for signer, after in self._old_signers if known <= after)
        signers = [self.signer, *(signer for signer, _ in self._old_signers)]
        key = f"mirror time {self.origin}"
        time_s = max(now // 1000, int(self._store.meta(key) or 0))
        self._store.set_meta(key, str(time_s))
        return [self._line(signer, time_s, now) for signer in signers]

    def _line(self, signer: Signer, time_s: int, now: int) -> NoteSignature:
        assert self.head is not None  # noqa: S101 - callers have set it
        line = cosign(self.head.head, self.name, signer, time_s)
        note = self.head.with_lines([line]).encode()
        identifier = key_id(signer.public)
        row = (self.origin, self.size, self.name, identifier, timing.MIRROR, time_s, note, now)
        self._store.add_receipt(StoredReceipt(*row))
        return line

    def serve(self, path: str, body: bytes, now: int) -> Reply:
        """One request under /mirror/. Refusals are logged; the peer learns the code only."""
        keep = (self.head, self.pending, self.reader.copy())
        try:
            with self._store.transaction():
                if path == "/mirror/add-checkpoint":
                    return self.add_checkpoint(body, now)
                if path == "/mirror/add-entries":
                    return self.add_entries(body, now)
                if path == "/mirror/sign-again":
                    return self.sign_again(now)
                raise RemoteError("request-invalid", f"no such path {path[:80]}")
        except RemoteError as error:
            return self._refused(error, keep, now)

    def _refused(
        self, error: RemoteError, keep: tuple[Checkpoint | None, Checkpoint | None, LogReader], now: int
    ) -> Reply:
        """Undo in memory what the undone transaction had begun, keep evidence, log the refusal, answer its code."""
        self.head, self.pending, self.reader = keep
        self.tree.truncate(self._store.entry_count(self.origin))
        if isinstance(error, EvidenceError):
            self._store.add_evidence(error.name, error.data)
        self._store.add_refusal(Refused(now, self.log.sender, self.origin, -1, error.code, error.what))
        return refusal_reply(error, self.pending.head.size if self.pending else 0)
