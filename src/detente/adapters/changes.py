"""What has changed at a node since somebody last looked: the operators' pages follow it and miss nothing.

A *position* says how far every log that this node holds had got, and a mark of all else a watch officer sees (receipts,
links, refusals, evidence, drafts, trouble). A request `changes` is held back until the position differs from the one it
names, or for `LONGEST`; so the answer comes in the batch that made the change.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from detente.adapters.store_private import PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.node.house import House

LONGEST = 25.0
"""Seconds after which a request is answered though nothing has changed: a line that was cut is then noticed."""


def sizes(house: House) -> dict[str, int]:
    """Origin to the number of entries this node holds of it, its own logs and its copies."""
    own = {origin: ledger.size for origin, ledger in house.ledgers.items()}
    return own | {mirror.origin: mirror.size for mirror in house.mirrors.values()}


def mark(house: House, store: SqliteShared, private: PrivateStore, trouble: str) -> str:
    """Sixteen hex digits that differ when anything else on the watch officer's screen has changed."""
    seen = (
        {origin: house.books[origin].signed_for() for origin in house.ledgers},
        [origin for origin in house.ledgers if house.is_closed(origin)],
        [(link.peer, link.up) for link in store.links()],
        [(refused.at, refused.code) for refused in store.refusals(1)],
        len(store.evidence()),
        sorted(private.names("draft")),
        house.on_watch,
        house.adoption.in_force(),
        trouble,
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


@dataclass
class Changes:
    """A held request; `ready` fills the answer. `after`: sizes the asker has seen; `seen`: its mark."""

    look: Callable[[], dict[str, Any]]
    after: dict[str, Any]
    seen: str
    end: float = field(default_factory=lambda: time.monotonic() + LONGEST)
    answer: dict[str, Any] = field(default_factory=dict)

    def ready(self, _: House) -> bool:
        """Whether something differs, or the time is up."""
        self.answer = self.look()
        differs = self.answer["logs"] != self.after or self.answer["mark"] != self.seen
        return differs or time.monotonic() > self.end
