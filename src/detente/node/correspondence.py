"""What the answers to our own requests mean: receipts for what we pushed, fresh signatures after a start, entries pulled back.

An answer is unsigned but for what it carries; a refusal it leads to is logged under the party at fault, with evidence where
there is some.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from detente.errors import DetenteError, RemoteError
from detente.node import timing
from detente.node.copies import EvidenceError, ForkError
from detente.node.push import Lane
from detente.node.reader import LogReader
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.note import parse_lines

if TYPE_CHECKING:
    from detente.node.house import House

_NAMED = re.compile(rb"refused: ([a-z][a-z-]{0,39})\n?")


class Correspondence:
    """Answers of peers for one house. Every method is called inside a batch."""

    def __init__(self, house: House) -> None:
        self._house = house

    def answered(self, peer: str, purpose: str, status: int, body: bytes, now: int) -> None:
        """Take the answer to a job of ours. Call inside a batch."""
        kind, *words = purpose.split("|")
        try:
            if kind == "push":
                self._push_answered(words[0], words[1], int(words[2]), status, body, now)
            elif kind == "again":
                self._answered_again(words[0], words[1], words[2], status, body, now)
            elif kind == "pull":
                self._pulled(words[0], int(words[1]), int(words[2]), status, body, now)
            elif kind == "readback":
                self._house.duties.read_back(words[0], int(words[1]), status, body, now)
            elif kind == "view":
                mirror = next(m for m in self._house.mirrors.values() if m.origin == words[0])
                self._house.duties.compare_view(mirror, words[1], status, body, now)
        except DetenteError as error:
            party = error.party or peer
            if isinstance(error, EvidenceError):
                self._house.store.add_evidence(error.name, error.data)
            if isinstance(error, ForkError):
                party = self._house.terms.logs[error.where].sender
            self._house.refuse(now, party, error.where, error.code, error.what)

    def _answered_again(self, origin: str, role: str, peer: str, status: int, body: bytes, now: int) -> None:
        ever = [public for public, (_, of) in self._house.state.roles_ever.items() if of == "log"]
        own = {*ever, *self._house.keys.ours()}  # a backup may not know our last root
        keys = self._house.keys.of(peer, role)
        if status == 503:
            self._house.push.look_again(peer)
        self._house.restart.answer(origin, role, peer, status, body, sorted(own), keys, self._house.books[origin], now)
        self.reopen(now)

    def _pulled(self, origin: str, size: int, number: int, status: int, body: bytes, now: int) -> None:
        ledger = self._house.ledgers[origin]
        before, answers = ledger.size, self._house.mirrors[ledger.log.audience].origin
        reader = LogReader(origin, self._house.me, answers, self._house.adoption.digest, self._house.state)
        self._house.restart.pulled(origin, size, number, status, body, reader, now)
        if ledger.size > before:
            self._house.keys.restored()
            self._house.refuse(
                now, self._house.me, origin, "backup-restored", "entries we had signed were pulled back from the mirror"
            )
        self.reopen(now)

    def take_receipt(self, data: bytes, now: int) -> Checkpoint:
        """A head of ours with its mirror's signature that came back as a file. Call inside a batch."""
        checkpoint = parse_checkpoint(data)
        ledger = self._house.ledgers.get(checkpoint.head.origin)
        if ledger is None:
            raise RemoteError("wrong-origin", f"{checkpoint.head} is not a head of ours")
        origin, audience = ledger.origin, ledger.log.audience
        keys = self._house.keys.of(audience, timing.MIRROR)
        try:
            self._house.books[origin].check_order(checkpoint, keys)
        except EvidenceError as error:
            self._house.store.add_evidence(error.name, error.data)
            self._house.refuse(now, audience, origin, error.code, error.what)
            raise
        if ledger.root_at(checkpoint.head.size) != checkpoint.head.root:
            raise RemoteError("wrong-origin", f"{checkpoint.head} is not a head of ours")
        lines = list(checkpoint.note.signatures)
        bare = checkpoint.note._replace(signatures=tuple(line for line in lines if line.name == origin))
        self._house.books[origin].add(Checkpoint(checkpoint.head, bare), lines, timing.MIRROR, keys, now, late=True)
        self._house.duties.signed_for(origin, checkpoint.head.size)
        return checkpoint

    def _push_answered(self, lane_name: str, purpose: str, size: int, status: int, body: bytes, now: int) -> None:
        lane = self._house.push.lanes[lane_name]
        ledger = lane.ledger
        if size != lane.goal:
            return  # the answer to a round before a restart; the round under way brings its own
        goal = self._house.push.goal_of(lane)
        lines = self._house.push.answered(lane, purpose, status, body)
        try:
            if lines and goal is not None:
                keys = self._house.keys.of(lane.peer, lane.role)
                self._house.books[ledger.origin].add(goal, parse_lines(lines), lane.role, keys, now)
                self._house.push.signed_for(lane, goal.head.size)
                if lane.role == timing.MIRROR:
                    self._house.duties.signed_for(ledger.origin, goal.head.size)
            elif status not in (200, 202):
                self._refused_by(lane, status, body, now)
        except RemoteError:
            self._house.push.brought_nothing(lane)
            raise
        finally:
            self._house.push.start()

    def _refused_by(self, lane: Lane, status: int, body: bytes, now: int) -> None:
        """A peer refuses what we sent: once for each name it gives, until it signs. A 409 that only steers is none."""
        name = _NAMED.match(body)
        if status == 409 and name is None:
            return
        reason = f"{status}, {name[1].decode() if name else 'without a name'}"
        if reason != lane.reason:
            lane.reason = reason
            what = f"{lane.peer}'s {lane.role} refuses what we sent it up to {lane.goal}: {reason}"
            self._house.refuse(now, lane.peer, lane.ledger.origin, "peer-refuses", what)

    def _is_sure(self, origin: str) -> bool:
        return not self._house.mirrors[self._house.ledgers[origin].log.audience].unsure

    def reopen(self, now: int) -> None:
        """Sign again the logs about which we are now sure. Call inside a batch."""
        for origin in self._house.restart.open_ready(self._is_sure):
            self._house.refuse(now, self._house.me, origin, "not-signing", "the others have answered; signing again")
        if not self._house.restart.closed:
            self._house.open_logs(now)
            self._house.push.reload()
            self._house.push.start()
