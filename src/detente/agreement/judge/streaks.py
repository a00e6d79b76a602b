"""Runs of calm days (21-language-reference, 9).

The first time N whole local days in a row, after a phase began, each satisfied a condition; a bad day resets;
an unsure day leaves the start between the first possible and the first sure end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.record import Interval
from detente.agreement.values import P, T, U, Value

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


class Day(NamedTuple):
    """A local day, its last ms, and whether it satisfied the condition."""

    day: date
    last: int
    value: Value


def streak(terms: Terms, x: Frame, edge: f.Streak, since_lo: int, since_hi: int) -> tuple[int, int] | None:
    """When the run after a start is complete: first possible and first sure instant; None if not up to now."""
    x.volatile = True
    good = _run(terms, x, edge, since_lo, frozenset((T, U, P)))
    if good is None:
        return None
    sure = _run(terms, x, edge, since_hi, frozenset((T,)))
    return good, FAR if sure is None else sure


def _run(terms: Terms, x: Frame, edge: f.Streak, since: int, good: frozenset[Value]) -> int | None:
    """The instant after the first run of N good whole days that begin after an instant and are over by now."""
    run = 0
    for day in days(terms, x, edge, since):
        run = run + 1 if day.value in good else 0
        if run == edge.days:
            return day.last + 1
    return None


def days(terms: Terms, x: Frame, edge: f.Streak, since: int) -> Iterator[Day]:
    """Every whole day that begins after an instant and is over by now."""
    if since > x.now:
        return
    calendar, test = terms.calendar, terms.test(edge.each_day, "")
    day = calendar.day_of(since)
    if calendar.first_instant(day) < since:
        day += timedelta(days=1)
    while (last := calendar.last_instant(day)) < x.now:
        deed = Deed(f"day:{day.isoformat()}", "day", frozenset(), Interval(last, last), {}, event=False)
        yield Day(day, last, test(x, deed, None))
        day += timedelta(days=1)
