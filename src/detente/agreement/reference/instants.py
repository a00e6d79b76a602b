"""Instants known to lie in an interval, and durations on the calendar of a zone (21-language-reference, 5)."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from detente.agreement.form import Calendar, Duration, Elapsed
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value

FAR = 10**15
"""Later than every instant; its negative is earlier than every one."""
NEVER_KNOWN = Interval(-FAR, FAR)
_LAST = 250_000_000_000_000
_FIRST = -60_000_000_000_000


def not_later(a: Interval, b: Interval) -> Value:
    """`a not later than b`: yes if a.hi <= b.lo, no if a.lo > b.hi, else cannot tell (5)."""
    if a.hi <= b.lo:
        return T
    if a.lo > b.hi:
        return F
    return U


def strictly_later(a: Interval, b: Interval) -> Value:
    """a after b, not at the same ms."""
    if a.lo > b.hi:
        return T
    if a.hi <= b.lo:
        return F
    return U


def last_of(items: list[Interval]) -> Interval:
    """The last of several instants."""
    return Interval(max(item.lo for item in items), max(item.hi for item in items))


def first_of(items: list[Interval]) -> Interval:
    """The first of several instants."""
    return Interval(min(item.lo for item in items), min(item.hi for item in items))


def iso(ms: int) -> str:
    """An instant in words, UTC."""
    if not _FIRST < ms < _LAST:
        return "never"
    text = datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % 1000:03d}Z" if ms % 1000 else f"{text}Z"


def civil(ms: int, zone: str) -> datetime:
    """Civil time in a zone."""
    return datetime.fromtimestamp(ms // 1000, ZoneInfo(zone or "UTC"))


def local_day(ms: int, zone: str) -> date:
    """The local day of an instant."""
    return civil(ms, zone).date()


def at_minute(day: date, minute: int, zone: str) -> int:
    """The (first) instant of a civil minute of a local day; 24:00 is the next day's first."""
    if minute == 24 * 60:
        return day_start(day + timedelta(days=1), zone)
    moment = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo(zone or "UTC"))
    return round(moment.timestamp() * 1000)


def day_start(day: date, zone: str) -> int:
    """The first instant of a local day."""
    return at_minute(day, 0, zone)


def day_end(day: date, zone: str) -> int:
    """The last instant (ms) of a local day."""
    return day_start(day + timedelta(days=1), zone) - 1


def days_on(day: date, duration: Calendar) -> date:
    """The day so many days or months later; a month too short ends with its last day."""
    if duration.unit == "days":
        return day + timedelta(days=duration.number)
    month = day.year * 12 + day.month - 1 + duration.number
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def deadline(start: int, duration: Duration, zone: str) -> int:
    """The last instant of *within*: for days and months that day's last (5)."""
    if not _FIRST < start < _LAST:
        return start
    if isinstance(duration, Elapsed):
        return start + duration.ms
    return day_end(days_on(local_day(start, zone), duration), zone)


def earliest(start: int, duration: Duration, zone: str) -> int:
    """The first instant of *at least*: for days and months that day's first (5)."""
    if not _FIRST < start < _LAST:
        return start
    if isinstance(duration, Elapsed):
        return start + duration.ms
    return day_start(days_on(local_day(start, zone), duration), zone)


def latest_start(end: int, duration: Duration, zone: str) -> int:
    """The last instant from which `duration` has passed by `end`: up to here a record must be whole (11)."""
    if not _FIRST < end < _LAST:
        return end
    if isinstance(duration, Elapsed):
        return end - duration.ms
    last = local_day(end, zone)
    day = last
    while days_on(day, duration) > last:
        day -= timedelta(days=1)
    return min(end, day_end(day, zone))


def at_least(a: Interval, b: Interval, duration: Duration, zone: str) -> Value:
    """b comes at least so long after a."""
    return not_later(Interval(earliest(a.lo, duration, zone), earliest(a.hi, duration, zone)), b)


def at_most(a: Interval, b: Interval, duration: Duration, zone: str) -> Value:
    """b comes at most so long after a."""
    return not_later(b, Interval(deadline(a.lo, duration, zone), deadline(a.hi, duration, zone)))


def period_start(ms: int, period: Literal["day", "month", "quarter", "year"], zone: str) -> int:
    """The first instant of the local day, month, quarter or year of an instant."""
    if not _FIRST < ms < _LAST:
        return ms
    day = local_day(ms, zone)
    if period == "month":
        day = day.replace(day=1)
    elif period == "quarter":
        day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    elif period == "year":
        day = day.replace(month=1, day=1)
    return day_start(day, zone)
