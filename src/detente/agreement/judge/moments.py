"""Triggers that nobody makes: the start or end of a phase, and due times (21-language-reference, 10).

Each is a deed without author, named by its kind and instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from detente.agreement import form as f
from detente.agreement.judge.calendar import LocalCalendar
from detente.agreement.judge.deeds import Deed
from detente.agreement.record import Interval
from detente.agreement.values import Value

_YEARS = 60_000_000_000_000


def edge_deeds(edge: f.EdgeOf, found: Iterable[tuple[int, int, Value]]) -> dict[str, Deed]:
    """One for each edge of a phase; each lies between two instants and is one, or may be."""
    wanted: dict[str, Deed] = {}
    for lo, hi, value in found:
        name = f"{edge.edge}_of {edge.phase} {iso(lo)}"
        wanted[name] = Deed(name, "", frozenset(), Interval(lo, hi), {})
        wanted[name].edge = value
    return wanted


def due_deeds(due: f.Due, calendar: LocalCalendar, first: int, now: int, held: Mapping[str, Deed]) -> dict[str, Deed]:
    """One for each due time from `first` to now; `held`: those made before, used again."""
    if due.instant is not None:
        deed = _due(due.instant, calendar)
        return {deed.id: deed} if due.instant <= now else {}
    wanted: dict[str, Deed] = {}
    day = calendar.day_of(first) - timedelta(days=1)  # 24:00 is the next day
    since: int | None = None
    while (instant := calendar.civil(day, due.minute)) <= now:
        if instant >= first and (due.days is None or day.weekday() in due.days):
            deed = held.get(f"due {iso(instant)}") or _due(instant, calendar)
            deed.since = since if since is not None else _previous(calendar, day, due)
            wanted[deed.id], since = deed, instant
        day += timedelta(days=1)
    return wanted


def _due(instant: int, calendar: LocalCalendar) -> Deed:
    day = calendar.day_of(instant)
    stated = {"day": day.isoformat(), "next_day": (day + timedelta(days=1)).isoformat()}
    return Deed(f"due {iso(instant)}", "", frozenset(), Interval(instant, instant), stated)


def iso(instant: int) -> str:
    """An instant in writing."""
    if not -_YEARS < instant < _YEARS:
        return "never"
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=instant)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{instant % 1000:03d}Z" if instant % 1000 else "Z")


def _previous(calendar: LocalCalendar, day: date, due: f.Due) -> int | None:
    """The due time before the first one."""
    for back in range(1, 9):
        before = day - timedelta(days=back)
        if due.days is None or before.weekday() in due.days:
            return calendar.civil(before, due.minute)
    return None
