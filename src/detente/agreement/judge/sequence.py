"""Which of two acts is earlier: between two of one log the index decides, elsewhere the instants (21-language-reference, 5)."""

from __future__ import annotations

from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.matching import before, in_one_log
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value, all_of, negate


def one_author(a: Deed, b: Deed) -> Value:
    """Whether two acts are by the same."""
    if not a.by or not b.by:
        return U
    return F if a.by.isdisjoint(b.by) else T if a.by == b.by and len(a.by) == 1 else U


def by_then(a: Deed, when: Interval, e: Deed) -> Value:
    """Whether an act that counts from `when` is not later than e; the act itself is not."""
    return T if a.id == e.id else not_later(a, when, e, Interval(e.lo, e.hi))


def not_later(a: Deed, when: Interval, c: Deed, at: Interval) -> Value:
    """Whether one act is not later than another; between two of one log the index decides."""
    if in_one_log(a, c):
        return T if a.index <= c.index else F
    return before(when.lo, when.hi, at.lo, at.hi)


def after(a: Deed, when: Interval, c: Deed, at: Interval) -> Value:
    """Whether one act is later than another."""
    return negate(not_later(a, when, c, at))


def in_effect(c: Deed, when: Interval, e: Deed) -> Value:
    """Whether max(receipt, its `from`) is not later than e."""
    value = by_then(c, when, e)
    return value if c.from_ is None else all_of((value, before(c.from_, c.from_, e.lo, e.hi)))
