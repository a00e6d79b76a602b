"""Bringing our heads to those who must sign for them: mirrors get the entries, cosigners the head only.

One lane for each (log, receiver); one round of jobs in a lane at a time. What a receiver says of its own state in a
409 or 202 is unsigned: it steers what we send next and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import RemoteError
from detente.node import timing
from detente.node.ledger import Ledger
from detente.node.ports import SharedStore
from detente.proof.wire import (
    TYPE_ENTRIES,
    TYPE_TEXT,
    AddCheckpoint,
    encode_add_entries,
    parse_info,
)

BODY_LIMIT = 4 * 1024 * 1024
PATIENCE = 4


@dataclass
class Lane:
    """What we believe one receiver holds of one log of ours: `offered` head, `next` entry; `goal` under way.

    `refused` counts answers in a row that brought nothing; after `PATIENCE` the lane waits for the next tick.
    """

    ledger: Ledger
    peer: str
    role: str
    offered: int = 0
    next: int = 0
    goal: int = 0
    busy: bool = False
    refused: int = 0

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
        waiting = {job.lane for job in self._store.jobs()}
        for lane in self.lanes.values():
            words = self._store.meta(f"lane {lane.name}").split()
            lane.offered, lane.next, lane.goal = (int(word) for word in words) if len(words) == 3 else (0, 0, 0)
            lane.busy = lane.name in waiting

    def start(self) -> None:
        """Queue a round in every idle lane whose receiver does not hold our newest head. Call inside a transaction."""
        for lane in self.lanes.values():
            done = lane.offered if lane.role == timing.COSIGNER else min(lane.next, lane.offered)
            if not lane.busy and done < lane.ledger.size and lane.refused < PATIENCE:
                self._round(lane)

    def try_again(self) -> None:
        """A new tick: lanes that were refused too often may try again."""
        for lane in self.lanes.values():
            lane.refused = 0
        self.start()

    def _round(self, lane: Lane) -> None:
        ledger = lane.ledger
        assert ledger.head is not None  # noqa: S101 - size is above zero
        lane.goal, lane.busy = ledger.size, True
        if lane.offered != lane.goal or lane.role == timing.COSIGNER:
            self._offer(lane)
        if lane.role == timing.MIRROR:
            self._entries(lane)
        self._save(lane)

    def _offer(self, lane: Lane) -> None:
        ledger = lane.ledger
        assert ledger.head is not None  # noqa: S101 - size is above zero
        old = min(lane.offered, ledger.size)
        body = AddCheckpoint(old, tuple(ledger.tree.consistency(old, ledger.size)), ledger.head).encode()
        path = f"/{lane.role}/add-checkpoint"
        self._store.add_job(lane.peer, lane.name, "POST", path, TYPE_TEXT, body, f"push|{lane.name}|offer")

    def _entries(self, lane: Lane) -> None:
        ledger = lane.ledger

        def read(start: int, end: int) -> list[bytes]:
            return self._store.entries(ledger.origin, start, end)

        start = min(lane.next, lane.goal)
        body = encode_add_entries(ledger.origin, start, lane.goal, ledger.tree, read, BODY_LIMIT)
        purpose = f"push|{lane.name}|entries"
        self._store.add_job(lane.peer, lane.name, "POST", "/mirror/add-entries", TYPE_ENTRIES, body, purpose)

    def _save(self, lane: Lane) -> None:
        self._store.set_meta(f"lane {lane.name}", f"{lane.offered} {lane.next} {lane.goal}")

    def answered(self, lane: Lane, purpose: str, status: int, body: bytes) -> bytes:
        """Take one answer; the signature lines in it, if it carries any. Starts the next step of the round."""
        lines = b""
        if status == 200:
            lane.offered, lane.refused = lane.goal, 0
            if purpose == "entries":
                lane.next, lines = lane.goal, body
            elif lane.role == timing.COSIGNER:
                lines = body
        else:
            lane.refused += status != 202
            if status in (202, 409):
                self._steer(lane, purpose, body)
        lane.busy = bool(self._store.jobs(lane.name))
        if not lane.busy and status == 202 and lane.offered == lane.goal:
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
                lane.offered = int(body)
        except (RemoteError, ValueError):
            lane.offered = lane.next = 0
