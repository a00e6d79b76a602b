"""May it be concluded that a peer did not say something? (attack row "stale or selective bundle")

The log is a chain: nothing can be left out of its middle, but its end can be kept back. So absence is a fact only up
to the newest head, and only while that head is younger than the heartbeat, whole, and the largest anyone has shown us.
A head's age is counted from what its author last claimed, not from when a bundle happened to arrive.
"""

from __future__ import annotations

from detente.errors import RemoteError
from detente.model.terms import Terms
from detente.node import timing
from detente.node.mirror import Mirror
from detente.node.ports import SharedStore


def absent_until(mirror: Mirror, store: SharedStore, terms: Terms, now: int) -> int:
    """The instant (ms) up to which what is not in our copy was not said; RemoteError(head-too-old) if there is none."""
    pending = mirror.pending.head.size if mirror.pending else 0
    shown = [r.size for r in store.receipts(mirror.origin) if r.role == timing.COSIGNER]
    largest = max([pending, *shown])
    if largest > mirror.size:
        raise RemoteError("head-too-old", f"a head of {largest} was shown; we hold {mirror.size}", where=mirror.origin)
    said = mirror.reader.last_time
    age = now - said
    if mirror.head is None or age > terms.heartbeat + terms.clock_error:
        raise RemoteError(
            "head-too-old", f"they last spoke {age // 1000} s ago, by their own clock", where=mirror.origin
        )
    return said
