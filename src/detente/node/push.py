"""Bringing our heads to those who must sign for them: mirrors get the entries, cosigners the head only.

One lane for each (log, receiver); one round of jobs in a lane at a time. What a receiver says of its own state in a
409 or 202 is unsigned: it steers what we send next and decides nothing. A lane rests only when we hold the receiver's
signature; one that is refused again and again tries less and less often, and at once when there is something new.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from detente.errors import RemoteError
from detente.node import timing
from detente.node.ledger import Ledger
from detente.node.ports import HEAD_GOAL, SharedStore
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.wire import (
    TYPE_ENTRIES,
    TYPE_TEXT,
    AddCheckpoint,
    encode_add_entries,
    parse_info,
)

BODY_LIMIT = 4 * 1024 * 1024
PATIENCE = 4
LONGEST_WAIT = 16  # ticks
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,15})\n?")


@dataclass
class Lane:
    """What we believe one receiver holds of one log of ours: `offered` head, `next` entry; `goal` under way.

    `signed`: the size for which we hold its signature. `refused` counts answers in a row that brought nothing; after
    `PATIENCE` the lane waits `pause` ticks, longer each time, unless the log has grown beyond `tried`. `reason`: by which
    name the receiver refused last, until it signs.
    """

    ledger: Ledger
    peer: str
    role: str
    offered: int = 0
    next: int = 0
    goal: int = 0
    signed: int = 0
    busy: bool = False
    refused: int = 0
    tried: int = 0
    wait: int = 1
    pause: int = 0
    reason: str = ""

    @property
    def name(self) -> str:
        return f"{self.role} {self.ledger.origin} {self.peer}"


class Push:
    """All lanes of our logs."""

    def __init__(self, store: SharedStore, ledgers: dict[str, Ledger]) -> None:
        self._store = store
        self.lanes: dict[str, Lane] = {}
        for ledger in ledgers.values():
            receivers = [(ledger.log.audience, timing.MIRROR), *((c, timing.COSIGNER) for c in ledger.log.cosigners)]
            for peer, role in receivers:
                lane = Lane(ledger, peer, role)
                self.lanes[lane.name] = lane
        self.reload()

    def reload(self) -> None:
        """Take what is believed of receivers from the store; jobs still queued keep their lanes busy."""
        waiting = set(self._store.lanes())
        for lane in self.lanes.values():
            words = [int(word) for word in self._store.meta(f"lane {lane.name}").split()]
            lane.offered, lane.next, lane.goal, lane.signed = words if len(words) == 4 else (0, 0, 0, 0)
            lane.busy = lane.name in waiting

    def start(self) -> None:
        """Queue a round in every idle lane whose receiver has not signed for our newest head. Inside a transaction."""
        for lane in self.lanes.values():
            size = lane.ledger.size
            if not lane.busy and lane.signed < size and (lane.refused < PATIENCE or lane.tried < size):
                self._round(lane)

    def try_again(self) -> None:
        """A new tick: lanes that were refused too often may try once more when their pause is over."""
        for lane in self.lanes.values():
            if lane.refused >= PATIENCE:
                lane.pause -= 1
                if lane.pause < 0:
                    lane.wait = min(2 * lane.wait, LONGEST_WAIT)
                    lane.pause, lane.refused = lane.wait, PATIENCE - 1
        self.start()

    def look_again(self, peer: str) -> None:
        """A peer that asks what we signed last may have lost what it held: offer it our newest heads again."""
        for lane in self.lanes.values():
            if lane.peer == peer and lane.signed:
                lane.signed = 0
                self._save(lane)

    def goal_of(self, lane: Lane) -> Checkpoint | None:
        """The head under way in a lane, with the very bytes that were offered."""
        note = self._store.head(lane.ledger.origin, f"{HEAD_GOAL} {lane.name}")
        return parse_checkpoint(note) if note else None

    def signed_for(self, lane: Lane, size: int) -> None:
        """The receiver's signature over our head of `size` is held."""
        lane.signed = max(lane.signed, size)
        lane.refused, lane.wait, lane.pause, lane.reason = 0, 1, 0, ""
        self._save(lane)

    def brought_nothing(self, lane: Lane) -> None:
        """An answer that should have carried a signature carried none that counts."""
        lane.refused += 1

    def _round(self, lane: Lane) -> None:
        ledger = lane.ledger
        held = min(lane.next, lane.offered) if lane.role == timing.MIRROR else lane.offered
        goal = ledger.goal_after(held)
        assert goal is not None  # noqa: S101 - size is above zero
        lane.goal, lane.tried, lane.busy = goal.head.size, ledger.size, True
        self._store.set_head(ledger.origin, f"{HEAD_GOAL} {lane.name}", lane.goal, goal.encode())
        if lane.offered != lane.goal or lane.role == timing.COSIGNER:
            self._offer(lane, goal)
        if lane.role == timing.MIRROR:
            self._entries(lane)
        self._save(lane)

    def _offer(self, lane: Lane, goal: Checkpoint) -> None:
        old = min(lane.offered, lane.goal)
        body = AddCheckpoint(old, tuple(lane.ledger.tree.consistency(old, lane.goal)), goal).encode()
        path = f"/{lane.role}/add-checkpoint"
        self._store.add_job(lane.peer, lane.name, "POST", path, TYPE_TEXT, body, f"push|{lane.name}|offer|{lane.goal}")

    def _entries(self, lane: Lane) -> None:
        ledger = lane.ledger

        def read(start: int, end: int) -> list[bytes]:
            return self._store.entries(ledger.origin, start, end)

        start = min(lane.next, lane.goal)
        body = encode_add_entries(ledger.origin, start, lane.goal, ledger.tree, read, BODY_LIMIT)
        purpose = f"push|{lane.name}|entries|{lane.goal}"
        self._store.add_job(lane.peer, lane.name, "POST", "/mirror/add-entries", TYPE_ENTRIES, body, purpose)

    def _save(self, lane: Lane) -> None:
        self._store.set_meta(f"lane {lane.name}", f"{lane.offered} {lane.next} {lane.goal} {lane.signed}")

    def answered(self, lane: Lane, purpose: str, status: int, body: bytes) -> bytes:
        """Take one answer; the signature lines in it, if it carries any. Starts the next step of the round."""
        lines, before = b"", lane.next
        if status == 200:
            lane.offered = lane.goal
            if purpose == "entries":
                lane.next = lane.goal
            if purpose == "entries" or lane.role == timing.COSIGNER:
                lines = body
                if not lines:
                    self.brought_nothing(lane)
        elif status in (202, 409):
            self._steer(lane, purpose, body)
        lane.refused += status != 200 and not (status == 202 and lane.next > before)
        lane.busy = lane.name in self._store.lanes()
        more = status == 202 and lane.offered == lane.goal and lane.refused < PATIENCE
        if not lane.busy and more:
            lane.busy = True
            self._entries(lane)
        self._save(lane)
        return lines

    def ahead(self, lane: Lane) -> bool:
        """Whether the receiver claims to hold more of our log than we do (a hint that we run on a restored backup)."""
        return lane.offered > lane.ledger.size

    @staticmethod
    def _steer(lane: Lane, purpose: str, body: bytes) -> None:
        try:
            if purpose == "entries":
                lane.offered, lane.next = parse_info(body)
            else:
                match = _SIZE.fullmatch(body)
                lane.offered = int(match[1]) if match else 0
        except RemoteError:
            lane.offered = lane.next = 0
