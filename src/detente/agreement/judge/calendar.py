"""Durations on clocks and on the calendar of the agreement's zone (21-language-reference, 5).

Elapsed time is added. Days and months go by local days: *within* ends with that day's last instant, *at least*
begins with that day's first. All times ms UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from detente.agreement.form import Calendar as CalendarTime
from detente.agreement.form import Duration, Elapsed
from detente.agreement.record import Interval, OneOf


def instants(value: object) -> Interval | None:
    """An instant or an interval as an interval; None if it is neither."""
    if isinstance(value, Interval):
        return value
    return Interval(value, value) if isinstance(value, int) else None


FAR = 1 << 60
"""Later than any instant; -FAR is earlier."""
_DAY = timedelta(days=1)
_LAST_YEAR = 253_000_000_000_000
_FIRST_YEAR = -62_000_000_000_000


class LocalCalendar:
    """Local days of one zone (UTC when the agreement names none and so uses no days)."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone or "UTC")
        self.day_of = lru_cache(4096)(self._day_of)
        self.first_instant = lru_cache(4096)(self._first_instant)

    def _day_of(self, ms: int) -> date:
        """The local day of an instant."""
        ms = max(_FIRST_YEAR, min(_LAST_YEAR, ms))
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms)).astimezone(self.zone).date()

    def _first_instant(self, day: date) -> int:
        """The first instant of a local day, whatever the clocks do at midnight."""
        return self.civil(day, 0)

    def last_instant(self, day: date) -> int:
        """The last ms of a local day."""
        return self.first_instant(day + _DAY) - 1

    def civil(self, day: date, minute: int, fold: int = 0) -> int:
        """The instant of a civil time on a local day; minute 1440 is the next midnight."""
        if minute == 1440:
            day, minute = day + _DAY, 0
        moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self.zone, fold=fold)
        return round(moment.timestamp() * 1000)

    def _later_day(self, ms: int, span: CalendarTime) -> date:
        day = self.day_of(ms)
        if span.unit == "days":
            return day + timedelta(days=span.number)
        return add_months(day, span.number)

    def at_least(self, ms: int, span: Duration) -> int:
        """The first instant that is at least so long after one."""
        if abs(ms) >= FAR:
            return ms
        if isinstance(span, Elapsed):
            return ms + span.ms
        return self.first_instant(self._later_day(ms, span))

    def within(self, ms: int, span: Duration) -> int:
        """The last instant that is within so long of one."""
        if abs(ms) >= FAR:
            return ms
        if isinstance(span, Elapsed):
            return ms + span.ms
        return self.last_instant(self._later_day(ms, span))

    def leaves(self, ms: int, window: Duration | str) -> int:
        """The last instant of which an instant is still in the window, a length of time or a unit of the calendar."""
        if abs(ms) >= FAR or not isinstance(window, str):
            return ms if isinstance(window, str) else self.within(ms, window)
        last = self.day_of(ms)
        while self.unit_start(self.first_instant(last + _DAY), window) <= ms:
            last += _DAY
        return self.last_instant(last)

    def latest_before(self, ms: int, span: Duration) -> int:
        """The latest instant that is at least so long before one."""
        if abs(ms) >= FAR:
            return ms
        if isinstance(span, Elapsed):
            return ms - span.ms
        day = self.day_of(ms)
        back = day - timedelta(days=span.number) if span.unit == "days" else add_months(day, -span.number)
        while self.at_least(self.first_instant(back + _DAY), span) <= ms:
            back += _DAY
        while self.at_least(self.first_instant(back), span) > ms:
            back -= _DAY
        return self.last_instant(back)

    def earliest_within(self, ms: int, span: Duration) -> int:
        """The earliest instant of which one is within so long."""
        if abs(ms) >= FAR:
            return ms
        if isinstance(span, Elapsed):
            return ms - span.ms
        day = self.day_of(ms)
        back = day - timedelta(days=span.number) if span.unit == "days" else add_months(day, -span.number)
        while self.within(self.first_instant(back - _DAY), span) >= ms:
            back -= _DAY
        while self.within(self.first_instant(back), span) < ms:
            back += _DAY
        return self.first_instant(back)

    def instants(self, value: object) -> Interval | None:
        """A value as an instant; a stated day is the whole local day; None if not known."""
        if isinstance(value, str):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                return None
            return Interval(self.first_instant(day), self.last_instant(day))
        if isinstance(value, OneOf):
            known = [self.instants(item) for item in value.values]
            parts = [part for part in known if part is not None]
            if not parts or len(parts) < len(known):
                return None
            return Interval(min(part.lo for part in parts), max(part.hi for part in parts))
        return instants(value)

    def unit_start(self, ms: int, unit: str) -> int:
        """The first instant of the local day, month, quarter or year of an instant."""
        day = self.day_of(ms)
        if unit == "month":
            day = day.replace(day=1)
        elif unit == "quarter":
            day = day.replace(month=day.month - (day.month - 1) % 3, day=1)
        elif unit == "year":
            day = day.replace(month=1, day=1)
        return self.first_instant(day)


def add_months(day: date, months: int) -> date:
    """The same day of another month; the month's last day if it has none."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - _DAY).day
    return date(year, month + 1, min(day.day, last))
