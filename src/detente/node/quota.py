"""How much a peer may send in a window of time; beyond it no receipt is due and none is given.

It is counted package by package, so that an honest backlog after a cut comes in over several windows.
"""

from __future__ import annotations

from collections.abc import Sequence

from detente.errors import RemoteError
from detente.model.terms import Terms
from detente.node.ports import SharedStore


def spend(store: SharedStore, terms: Terms, origin: str, entries: Sequence[bytes], now: int) -> None:
    """Count entries against the agreed quota of the log; RemoteError(quota-exceeded) if they do not fit."""
    window = now // terms.quota_per
    key = f"quota {origin}"
    words = store.meta(key).split()
    count, size = (int(words[1]), int(words[2])) if words and words[0] == str(window) else (0, 0)
    count, size = count + len(entries), size + sum(map(len, entries))
    if count > terms.quota_entries or size > terms.quota_bytes:
        raise RemoteError(
            "quota-exceeded",
            f"{count} entries and {size} bytes in a window; {terms.quota_entries} and {terms.quota_bytes} are agreed",
            where=origin,
        )
    store.set_meta(key, f"{window} {count} {size}")
