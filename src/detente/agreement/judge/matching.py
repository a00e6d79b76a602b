"""Comparing values: equal, among, at least, at most, order in time (21-language-reference, 5 and 6).

Equal: yes if both are single and the same, no if they share no value, else cannot tell. Not stated: no. Not
known: cannot tell.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.agreement.judge.deeds import Deed
from detente.agreement.record import UNKNOWN, Interval, OneOf, Unknown
from detente.agreement.values import F, T, U, Value


class NotStated:
    """A field a statement leaves out: every question about it is answered no."""


NOT_STATED = NotStated()


class People(NamedTuple):
    """Who it may be; `open`: it may also be a stranger, or anybody where nobody is named."""

    codes: frozenset[str]
    open: bool = False


def options(value: object) -> tuple[object, ...] | None:
    """What a value may be; None if not known."""
    if isinstance(value, OneOf):
        return tuple(dict.fromkeys(value.values))
    if isinstance(value, People):
        return None if value.open or not value.codes else tuple(value.codes)
    return None if isinstance(value, Unknown) else (value,)


def equal(left: object, right: object) -> Value:
    """Whether two values are the same."""
    if left is NOT_STATED or right is NOT_STATED:
        return F
    if isinstance(left, Interval) or isinstance(right, Interval):
        return _equal_times(left, right)
    if isinstance(left, People) and isinstance(right, People) and (left.open or right.open):
        if not left.codes or not right.codes:
            return U
        return F if left.codes.isdisjoint(right.codes) and not (left.open and right.open) else U
    one, two = options(left), options(right)
    if one is None or two is None:
        return U
    if len(one) == 1 and len(two) == 1:
        return T if same(one[0], two[0]) else F
    return U if any(same(a, b) for a in one for b in two) else F


def same(left: object, right: object) -> bool:
    """Two plain values; a number is the same as the text that writes it."""
    if type(left) is not type(right) and (isinstance(left, int) or isinstance(right, int)):
        return str(left) == str(right)
    return left == right


def among(value: object, literals: tuple[object, ...]) -> Value:
    """Whether a value is any of these plain ones: yes if all it may be are, no if none is."""
    if value is NOT_STATED:
        return F
    found = options(value)
    if found is None:
        return U
    hits = sum(any(same(item, literal) for literal in literals) for item in found)
    return T if hits == len(found) else U if hits else F


def _equal_times(left: object, right: object) -> Value:
    one, two = instants(left), instants(right)
    if one is None or two is None:
        return U
    if one.lo == one.hi == two.lo == two.hi:
        return T
    return F if one.hi < two.lo or two.hi < one.lo else U


def instants(value: object) -> Interval | None:
    """A value as an instant; None if it is none, or not known."""
    if isinstance(value, Interval):
        return value
    if isinstance(value, int):
        return Interval(value, value)
    if isinstance(value, OneOf):
        parts = [instants(item) for item in value.values]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return Interval(min(part.lo for part in known), max(part.hi for part in known))
    return None


def numbers(value: object) -> tuple[float, float] | None:
    """The least and the greatest number a value may be; None if not known."""
    found = options(value)
    if found is None:
        return None
    known = [float(item) for item in found if isinstance(item, int | float | str) and _is_number(item)]
    return (min(known), max(known)) if known and len(known) == len(found) else None


def _is_number(item: object) -> bool:
    return not isinstance(item, str) or item.replace(".", "", 1).isdigit()


def at_least(left: object, right: object) -> Value:
    """left ≥ right, for numbers."""
    if left is NOT_STATED or right is NOT_STATED:
        return F
    one, two = numbers(left), numbers(right)
    if one is None or two is None:
        return U
    return T if one[0] >= two[1] else F if one[1] < two[0] else U


def in_one_log(first: Deed, second: Deed) -> bool:
    """Two statements of one log with known places in it."""
    return first.index >= 0 and second.index >= 0 and first.log == second.log


def not_later(a: Deed, e: Deed) -> Value:
    """Whether a is not later than e."""
    if a.index >= 0 and e.index >= 0 and a.log == e.log:
        return T if a.index <= e.index else F
    return T if a.hi <= e.lo else F if a.lo > e.hi else U


def before(lo: int, hi: int, other_lo: int, other_hi: int) -> Value:
    """Whether one instant is not later than another."""
    return T if hi <= other_lo else F if lo > other_hi else U


__all__ = [
    "NOT_STATED", "UNKNOWN", "People", "among", "at_least", "before", "equal", "in_one_log", "instants", "not_later",
    "numbers", "options", "same",
]  # fmt: skip
