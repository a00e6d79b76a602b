"""Our copy of a peer's log to us: taken in whole, read, kept, and signed for (C2SP tlog-mirror).

Our mirror signature says: durably stored up to this head. It is given in the same transaction that stores the entries,
over a head whose root those entries give, and it is never dated before an earlier one. A crash here leaves either
the batch with its signature or neither; the peer then sends the same bytes again. After a start on what may be a
restored backup (`unsure`) nothing is signed until the sender has brought us up to `floor`: what the high-water mark
says we signed for, and what the sender names as its newest head.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.errors import RemoteError
from detente.node.copies import (
    behind,
    check_offer,
    doubted_head,
    drop_doubt,
    keep_what_it_shows,
    own_lines,
    refusal_reply,
)
from detente.node.held import Held
from detente.node.ports import HEAD_MIRROR, HEAD_PENDING, Refused, Reply
from detente.node.quota import spend
from detente.node.reader import LogReader
from detente.proof.checkpoint import Checkpoint, check_log_signature
from detente.proof.tree import EMPTY_ROOT, check_subtree, leaf_hash
from detente.proof.wire import TYPE_INFO, TYPE_TEXT, AddEntries, encode_info, parse_add_checkpoint, parse_add_entries


class Mirror(Held):
    """The requests about one peer's log to us, and the answers."""

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
        return Reply(200, TYPE_TEXT, self.head.with_lines(self.lines(now)).encode())

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
            self.read_up_to(start, goal, now)
            self.head = goal
            self._store.set_head(self.origin, HEAD_MIRROR, goal.head.size, goal.encode())
        self._settle_doubt(now)
        if self.unsure and self.size < self.floor:
            return self._info(409)
        self.unsure = False
        return Reply(200, TYPE_TEXT, "".join(line.encode() for line in self.lines(now)).encode())

    def _settle_doubt(self, now: int) -> None:
        """A head refused before is compared once our copy has its size; what we signed for stands either way."""
        doubted = doubted_head(self._store, self.origin)
        if doubted is None or doubted.head.size > self.size:
            return
        drop_doubt(self._store, self.origin)
        try:
            self.check_history(doubted)
        except RemoteError as error:
            keep_what_it_shows(self._store, self.origin, error)
            self._store.add_refusal(Refused(now, self.log.sender, self.origin, -1, error.code, error.what))

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
        keep_what_it_shows(self._store, self.origin, error)
        self._store.add_refusal(Refused(now, self.log.sender, self.origin, -1, error.code, error.what))
        return refusal_reply(error, self.pending.head.size if self.pending else 0)
