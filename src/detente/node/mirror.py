"""Our copy of a peer's log to us: taken in whole, read, kept, and signed for (C2SP tlog-mirror).

Our mirror signature says: durably stored up to this head. It is given in the same transaction that stores the entries,
over a head whose root those entries give, and it is never dated before an earlier one. A crash here leaves either
the batch with its signature or neither; the peer then sends the same bytes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detente.errors import RemoteError
from detente.model.terms import LogTerms, Terms
from detente.node import timing
from detente.node.copies import ForkError, check_offer, fork, refusal_reply
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
from detente.proof.keys import Signer, VerifyMany, key_id
from detente.proof.note import NoteSignature
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
        self._old_signer: Signer | None = None
        self._old_until = 0
        self.on_read: Callable[[Read, int], None] = lambda _read, _now: None
        self.reload()

    @property
    def origin(self) -> str:
        return self.log.origin

    def reload(self) -> None:
        """Take tree and heads from the store, after a start or an undone transaction."""
        count = self._store.entry_count(self.origin)
        self.tree = Tree(map(leaf_hash, self._store.entries(self.origin, 0, count)))
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
        keys = self.reader.state.log_keys(self.origin) if self.reader.state else []
        held = self.pending
        if held is not None and head.size < held.head.size:
            check_log_signature(request.checkpoint, [key.public for key in keys])
            ours = self.root_at(head.size)
            if ours is not None and ours != head.root and self.head is not None and head.size <= self.size:
                raise fork(keys, self.head, request.checkpoint, ours, self.tree.consistency(head.size, self.size))
            raise RemoteError("stale-checkpoint", f"offered {head.size}; we hold {held.head.size}", where=self.origin)
        check_offer(request, keys, held)
        self.pending = request.checkpoint
        self._store.set_head(self.origin, HEAD_PENDING, head.size, request.checkpoint.encode())
        return Reply(200, TYPE_TEXT, b"")

    def add_entries(self, body: bytes, now: int) -> Reply:
        """tlog-mirror add-entries: verify, store, read, and sign for the head once all its entries are here."""
        request = parse_add_entries(body)
        if request.origin != self.origin:
            raise RemoteError("unknown-origin", f"log {request.origin} is not the one agreed on", where=self.origin)
        goal = self._goal(request)
        if goal is None or request.start > self.tree.size:
            return self._info(409)
        if request.start < request.end and not request.packages:
            raise RemoteError("request-invalid", "no whole package of entries arrived", where=self.origin)
        before = self.tree.size
        for package in request.packages:
            self._take(package.floor, package.start, package.end, package.entries, package.proof, goal)
        fresh = [e for p in request.packages for e in p.entries[max(0, before - p.start) :] if p.end > before]
        if fresh:
            spend(self._store, self._terms, self.origin, fresh, now)
            self._store.add_entries(self.origin, before, fresh)
        if self.tree.size < goal.head.size:
            return self._info(202)
        return self._sign_for(goal, now)

    def sign_again(self, now: int) -> Reply:
        """The newest head we hold whole, with a fresh signature: "as of now, this is the largest I have seen"."""
        if self.head is None:
            return Reply(404, TYPE_TEXT, b"no head held\n")
        return Reply(200, TYPE_TEXT, self.head.with_lines(self._lines(now)).encode())

    def change_signer(self, signer: Signer, after: int) -> None:
        """Sign with a new key, and with the old one beside it until the peer has signed for our entry `after`."""
        self._old_signer, self._old_until = self.signer, after
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
        try:
            with self._store.transaction():
                keys = self.reader.state.log_keys(self.origin) if self.reader.state else []
                check_log_signature(request.checkpoint, [key.public for key in keys])
                if head.size <= self.size and self.head is not None:
                    ours = self.tree.root(head.size) if head.size else EMPTY_ROOT
                    if ours != head.root:
                        raise fork(keys, self.head, request.checkpoint, ours, self.tree.consistency(head.size, self.size))
                    return self.sign_again(now)
                self.pending = request.checkpoint
                self._store.set_head(self.origin, HEAD_PENDING, head.size, request.checkpoint.encode())
                for body in entries:
                    self.add_entries(body, now)
                if self.size < head.size:
                    raise RemoteError(
                        "bundle-invalid", f"entries up to {self.tree.size} of {head.size} are here", where=self.origin
                    )
                if pending is not None and pending.head.size <= self.size:
                    ours = self.tree.root(pending.head.size) if pending.head.size else EMPTY_ROOT
                    if ours != pending.head.root:
                        raise fork(keys, request.checkpoint, pending, ours, self.tree.consistency(pending.head.size, self.size))
                return self.sign_again(now)
        except RemoteError as error:
            return self._refused(error, keep, now)

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
                "entry-mismatch", f"entries [{start}, {end}) do not hash to the signed head of {goal.head.size}", where=self.origin
            ) from error

    def _sign_for(self, goal: Checkpoint, now: int) -> Reply:
        root = self.tree.root(goal.head.size) if goal.head.size else EMPTY_ROOT
        if root != goal.head.root:
            raise RemoteError("entry-mismatch", "the entries held do not give the signed root", where=self.origin)
        start = self.size
        if goal.head.size > start:
            self._read(start, goal, now)
            self.head = goal
            self._store.set_head(self.origin, HEAD_MIRROR, goal.head.size, goal.encode())
        return Reply(200, TYPE_TEXT, "".join(line.encode() for line in self._lines(now)).encode())

    def _read(self, start: int, goal: Checkpoint, now: int) -> None:
        """Read the stored bytes (again, from the store), refuse by name what does not count, index the rest."""
        entries = self._store.entries(self.origin, start, goal.head.size)
        around = Surroundings(
            known=lambda identifier: self._store.statement(identifier) is not None,
            our_root=self._our_root,
            not_after=now + self._terms.clock_error,
            least_seen=self._least_seen(),
        )
        rows: list[StatementRow] = []
        for read in self.reader.read(start, entries, self._verify_many, around):
            for code, what in read.faults:
                self._store.add_refusal(Refused(now, self.log.sender, self.origin, read.entry, code, what))
            if read.counts and read.statement is not None:
                rows.append(
                    StatementRow(read.id, self.origin, read.entry, read.kind, self.log.sender, read.statement.time, now)
                )
            self.on_read(read, now)
        self._store.add_statements(rows)
        keys = self.reader.state.publics("log") if self.reader.state else []
        check_log_signature(goal, keys)  # after a change of root the head must carry the new log key too

    def _least_seen(self) -> int:
        """What the peer had certainly signed for of our log before it showed us the entries now being read."""
        shown = self._store.receipt_over(self.origin, self.size - 1, timing.MIRROR)
        if shown is None:
            return 0
        slack_s = 1 + -(-2 * self._terms.clock_error // 1000)
        answer = self._store.newest_receipt(self.reader.answers, timing.MIRROR, shown.time_s - slack_s)
        return answer.size if answer else 0

    def _lines(self, now: int) -> list[NoteSignature]:
        """Our signature over the head held, now; with the old key beside it at a change of keys."""
        signers = [self.signer]
        if self._old_signer is not None:
            answer = self._store.newest_receipt(self.reader.answers, timing.MIRROR)
            if answer is not None and answer.size > self._old_until:
                self._old_signer = None
            else:
                signers.append(self._old_signer)
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
        if isinstance(error, ForkError):
            self._store.add_evidence(error.name, error.data)
        self._store.add_refusal(Refused(now, self.log.sender, self.origin, -1, error.code, error.what))
        return refusal_reply(error, self.pending.head.size if self.pending else 0)
