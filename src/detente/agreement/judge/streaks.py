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
from detente.agreement.values import F, T, Value

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


class Day(NamedTuple):
    """A local day, its first and last ms, and whether it satisfied the condition."""

    day: date
    lo: int
    hi: int
    value: Value


def streak(terms: Terms, x: Frame, edge: f.Streak) -> tuple[int, int]:
    """When the run is complete: first possible and first sure instant; FAR if not up to now."""
    spans = [span for span in terms.phases[edge.since].spans if span.lo < span.end_hi]
    if not spans:
        return FAR, FAR
    surely = min((span.hi for span in spans if span.value is T and span.hi < span.end_lo), default=FAR)
    possible, sure = FAR, FAR
    perhaps_run = sure_run = 0
    for day in days(terms, x, edge):
        perhaps_run = 0 if day.value is F else perhaps_run + 1
        sure_run = sure_run + 1 if day.value is T and day.lo >= surely else 0
        if perhaps_run >= edge.days:
            possible = min(possible, day.hi + 1)
        if sure_run >= edge.days:
            sure = day.hi + 1
            break
    return possible, sure


def days(terms: Terms, x: Frame, edge: f.Streak) -> Iterator[Day]:
    """Every whole day that is over, from the first one on since the phase may have begun."""
    first = min((span.lo for span in terms.phases[edge.since].spans if span.lo < span.end_hi), default=None)
    if first is None:
        return
    calendar, test = terms.calendar, terms.test(edge.each_day, "")
    day = calendar.day_of(first)
    if calendar.first_instant(day) < first:
        day += timedelta(days=1)
    x.volatile = True
    while (hi := calendar.last_instant(day)) <= x.now:
        deed = Deed(f"day:{day.isoformat()}", "", frozenset(), Interval(hi, hi), {})
        yield Day(day, calendar.first_instant(day), hi, test(x, deed, None))
        day += timedelta(days=1)
