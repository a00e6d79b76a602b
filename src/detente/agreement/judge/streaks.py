"""Runs of calm days (21-language-reference, 9).

The first time N whole local days in a row, after a phase began, each satisfied a condition; a bad day resets;
an unsure day leaves the start between the first possible and the first sure end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.record import Interval
from detente.agreement.values import F, T

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


def streak(terms: Terms, x: Frame, edge: f.Streak) -> tuple[int, int]:
    """When the run is complete: first possible and first sure instant; FAR if not up to now."""
    calendar = terms.calendar
    spans = [span for span in terms.phases[edge.since].spans if span.lo < span.end_hi]
    if not spans:
        return FAR, FAR
    first = min(span.lo for span in spans)
    surely = min((span.hi for span in spans if span.value is T and span.hi < span.end_lo), default=FAR)
    test = terms.test(edge.each_day, "")
    day = calendar.day_of(first)
    if calendar.first_instant(day) < first:
        day += timedelta(days=1)
    possible, sure = FAR, FAR
    perhaps_run = sure_run = 0
    x.volatile = True
    while sure >= FAR:
        lo, hi = calendar.first_instant(day), calendar.last_instant(day)
        if hi > x.now:
            break
        value = test(x, Deed(f"day:{day.isoformat()}", "", frozenset(), Interval(hi, hi), {}), None)
        perhaps_run = 0 if value is F else perhaps_run + 1
        surely_after = lo >= surely
        sure_run = sure_run + 1 if value is T and surely_after else 0
        day += timedelta(days=1)
        if perhaps_run >= edge.days:
            possible = min(possible, hi + 1)
        if sure_run >= edge.days:
            sure = hi + 1
    return possible, sure
