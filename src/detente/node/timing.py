"""When a statement was made and received, as intervals that follow from signatures, never from its author's clock.

A countersignature at second t means [t, t + 1 s), widened by the agreed clock error on both sides. Two clocks, two
polarities (attack row "receipt withheld to hold the clock"):

* a clock that would *permit* something runs only from the receiver's own receipt;
* a clock of a *duty* (notice was given) runs from the receiver's receipt or, failing that, from the time by which
  k neutral cosigners had the statement, k more than the liars allowed. Without cosigners: cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable

from detente.model.when import Interval
from detente.node.ports import StoredReceipt

MIRROR = "mirror"
COSIGNER = "cosigner"


def span(time_s: int, clock_error: int) -> Interval:
    """What a countersignature of this second says, ms."""
    return Interval(time_s * 1000 - clock_error, time_s * 1000 + 999 + clock_error)


def receipt_of(receipts: Iterable[StoredReceipt], index: int) -> StoredReceipt | None:
    """The receipt of entry `index`: the earliest-dated mirror line over a head larger than the index."""
    covering = [r for r in receipts if r.role == MIRROR and r.size > index]
    return min(covering, key=lambda r: (r.time_s, r.size), default=None)


def quorum_second(receipts: Iterable[StoredReceipt], index: int, needed: int) -> int | None:
    """The second by which `needed` distinct cosigners had signed heads over the entry; None if they have not."""
    earliest: dict[str, int] = {}
    for receipt in receipts:
        if receipt.role == COSIGNER and receipt.size > index:
            earliest[receipt.name] = min(receipt.time_s, earliest.get(receipt.name, receipt.time_s))
    ordered = sorted(earliest.values())
    return ordered[needed - 1] if needed and len(ordered) >= needed else None


def permission_time(receipts: Iterable[StoredReceipt], index: int, clock_error: int) -> Interval | None:
    """When the receiver signed for the entry; None: it has not, and nothing that needs it is permitted."""
    receipt = receipt_of(receipts, index)
    return span(receipt.time_s, clock_error) if receipt else None


def duty_time(receipts: Iterable[StoredReceipt], index: int, clock_error: int, needed: int) -> Interval | None:
    """When notice was given; None: cannot tell."""
    kept = list(receipts)
    own = receipt_of(kept, index)
    neutral = quorum_second(kept, index, needed)
    seconds = [s for s in (own.time_s if own else None, neutral) if s is not None]
    return span(min(seconds), clock_error) if seconds else None


def made_between(
    over_statement: Iterable[StoredReceipt],
    index: int,
    over_seen: Iterable[StoredReceipt],
    seen_size: int,
    clock_error: int,
    needed: int,
) -> Interval:
    """When the statement at `index` was made.

    hi: by then it was countersigned (k-th earliest of the quorum, or the receiver's receipt). lo: its author had
    already signed for the head it names as seen, and signed for it at a time of its own choosing.
    """
    duty = duty_time(over_statement, index, clock_error, needed)
    own = [r.time_s for r in over_seen if r.role == MIRROR and r.size == seen_size]
    lo = min(own) * 1000 - clock_error if own and seen_size else None
    return Interval(lo, duty.hi if duty else None)


def is_backdated(interval: Interval) -> bool:
    """Whether a countersignature is older than what the statement provably follows."""
    return interval.lo is not None and interval.hi is not None and interval.lo > interval.hi
