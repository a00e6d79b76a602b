"""Durations and civil times on whole columns, by a table of the zone's local days (21-language-reference, 5).

The table is checked against the step judge's calendar when it is made: a zone whose midnights do not follow one another is
refused, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Answers, F, Ints, NoPlan, T, U
from detente.agreement.judge.calendar import FAR, LocalCalendar

_DAY = timedelta(days=1)
_MOST_DAYS = 40_000
_SPARE = 800
_EIGHT_DAYS = 8 * 86_400_000


class Days:
    """The local days between two instants, and some more on either side."""

    def __init__(self, calendar: LocalCalendar, first: int, last: int) -> None:
        self.calendar = calendar
        self._bounds = first, last
        self._midnights: Ints | None = None
        self._start = date(1970, 1, 1)
        self._tables: dict[object, Ints] = {}

    def _table(self) -> Ints:
        if self._midnights is None:
            first, last = (self.calendar.day_of(instant) for instant in self._bounds)
            if (last - first).days > _MOST_DAYS or first.year < 2 or last.year > 9990:
                raise NoPlan("more than a century of days")
            self._start = first - _SPARE * _DAY
            count = (last - first).days + 2 * _SPARE
            days = [self._start + n * _DAY for n in range(count)]
            found = [self.calendar.first_instant(day) for day in days]
            for day, instant in zip(days, found, strict=True):
                if self.calendar.day_of(instant) != day or self.calendar.day_of(instant - 1) != day - _DAY:
                    raise NoPlan("a zone whose midnights do not follow one another")
            self._midnights = np.array(found, np.int64)
        return self._midnights

    def number(self, instants: Ints) -> Ints:
        """The local day of each, counted from the first of the table."""
        table = self._table()
        found = np.searchsorted(table, instants, "right") - 1
        known = np.abs(instants) < FAR
        if ((found[known] < _SPARE // 2) | (found[known] >= len(table) - _SPARE // 2)).any():
            raise NoPlan("an instant far from the rest of the record")
        return np.clip(found, 0, len(table) - 1)

    def _by_day(self, name: object, instants: Ints, answer: Callable[[int], int]) -> Ints:
        """What a function says of each instant, where it says the same of every instant of one local day."""
        numbers = self.number(instants)
        table = self._table()
        kept = self._tables.get(name)
        if kept is None:
            kept = self._tables[name] = np.full(len(table), FAR)
        for number in np.unique(numbers[np.abs(instants) < FAR]):
            if kept[number] == FAR:
                kept[number] = answer(int(table[number]))
        return np.where(np.abs(instants) >= FAR, instants, kept[numbers])

    def _shifted(self, name: str, instants: Ints, span: f.Duration, sign: int) -> Ints:
        if isinstance(span, f.Elapsed):
            return np.where(np.abs(instants) >= FAR, instants, instants + sign * span.ms)
        ask: Callable[[int, f.Duration], int] = getattr(self.calendar, name)
        return self._by_day((name, span), instants, lambda instant: ask(instant, span))

    def at_least(self, instants: Ints, span: f.Duration) -> Ints:
        """The first instant that is at least so long after each."""
        return self._shifted("at_least", instants, span, 1)

    def within(self, instants: Ints, span: f.Duration) -> Ints:
        """The last instant within so long of each."""
        return self._shifted("within", instants, span, 1)

    def latest_before(self, instants: Ints, span: f.Duration) -> Ints:
        """The latest instant at least so long before each."""
        return self._shifted("latest_before", instants, span, -1)

    def earliest_within(self, instants: Ints, span: f.Duration) -> Ints:
        """The earliest instant of which each is within so long."""
        return self._shifted("earliest_within", instants, span, -1)

    def window_start(self, instants: Ints, window: Any) -> Ints:
        """The start of the window that ends at each."""
        if isinstance(window, f.Elapsed):
            return instants - window.ms
        if isinstance(window, f.Calendar):
            return self.earliest_within(instants, window)
        return self._by_day(("unit", window), instants, lambda instant: self.calendar.unit_start(instant, window))

    def clock(self, lo: Ints, hi: Ints, condition: f.Clock) -> Answers:
        """Civil time: yes inside the hours, cannot tell if the interval straddles an edge or is longer than 8 days."""
        wide = hi - lo > _EIGHT_DAYS
        lo, hi = np.where(wide, self._bounds[0], lo), np.where(wide, self._bounds[0], hi)
        first, last = int(self.number(lo).min(initial=0)), int(self.number(hi).max(initial=0))
        opens, closes = self._hours(first, last, condition)
        if not len(opens):
            return np.where(wide, U, F).astype(np.int8)
        before = np.searchsorted(opens, lo, "right") - 1
        whole = (before >= 0) & (hi <= closes[np.maximum(before, 0)])
        near = np.searchsorted(opens, hi, "right") - 1
        touched = (near >= 0) & (closes[np.maximum(near, 0)] >= lo)
        found: Answers = np.where(wide, U, np.where(whole, T, np.where(touched, U, F))).astype(np.int8)
        return found

    def _hours(self, first: int, last: int, condition: f.Clock) -> tuple[Ints, Ints]:
        calendar = self.calendar
        start = condition.from_ if condition.from_ is not None else 0
        end = condition.until
        found: list[tuple[int, int]] = []
        for number in range(first - 1, last + 2):
            day = self._start + number * _DAY
            if condition.days is not None and day.weekday() not in condition.days:
                continue
            lo = calendar.civil(day, start)
            if end is None:
                hi = calendar.last_instant(day)
            else:
                hi = calendar.civil(day if end >= start else day + _DAY, end, fold=1) - 1
            if found and found[-1][1] == lo - 1:  # one spell goes over into the next
                lo = found.pop()[0]
            found.append((lo, hi))
        opens = np.array([lo for lo, _ in found], np.int64)
        closes = np.array([hi for _, hi in found], np.int64)
        if (opens[1:] <= closes[:-1]).any() or (closes < opens - 1).any():
            raise NoPlan("hours of the clock that overlap")
        return opens, closes
