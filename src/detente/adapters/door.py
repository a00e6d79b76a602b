"""How much unanswered input one peer may have with us: beyond it a request is turned away with 429, counted, not stored.

Nothing is lost by it: the sender keeps what it has to send until it is answered, and nothing is receipted before it is
stored. The bound is for each peer by itself, so a flood from one keeps nobody else out.
"""

from __future__ import annotations

import contextlib
from collections import Counter

from detente.adapters.store_shared import SqliteShared
from detente.errors import LocalError
from detente.node.ports import Reply
from detente.proof.wire import MAX_BODY, TYPE_TEXT

MOST_AT_ONCE, MOST_STORED = 32, 64
BYTES_AT_ONCE, BYTES_STORED = 4 * MAX_BODY, 8 * MAX_BODY
TURNED_AWAY = Reply(429, TYPE_TEXT, b"refused: too-many-waiting\n")


class Door:
    """Counts each peer's requests: under way in this process, and stored but not yet handled by the house."""

    def __init__(self, store: SqliteShared) -> None:
        self._store = store
        self._inside: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._turned_away: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        """Whether another request of this peer may be taken; if so, `leave` must follow."""
        stored, size = self._store.waiting_of(peer)
        if self._inside[peer] >= MOST_AT_ONCE or stored >= MOST_STORED or size >= BYTES_STORED:
            self._turned_away[peer] += 1
            return False
        self._inside[peer] += 1
        return True

    def carry(self, peer: str, size: int) -> bool:
        """Whether `size` more bytes of the request may be held in memory."""
        if self._bytes[peer] + size > BYTES_AT_ONCE:
            self._turned_away[peer] += 1
            return False
        self._bytes[peer] += size
        return True

    def leave(self, peer: str, size: int) -> None:
        """A request is answered; `size` bytes of it were carried in."""
        self._inside[peer] -= 1
        self._bytes[peer] -= size

    def save(self) -> None:
        """Add what was turned away since the last time to the store's count; later, if the store cannot be written."""
        with contextlib.suppress(LocalError):
            if self._turned_away:
                self._store.add_turned_away(self._turned_away)
                self._turned_away.clear()
