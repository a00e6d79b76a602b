"""Every instant at which an answer may change, for the before-check (21-language-reference, 12)."""

from __future__ import annotations

from datetime import timedelta

from detente.agreement import form as f
from detente.agreement.record import Act, Interval, Record, Span
from detente.agreement.reference.instants import (
    at_minute,
    day_end,
    day_start,
    deadline,
    earliest,
    local_day,
    period_start,
)
from detente.agreement.strata import walk

_DAYS_AHEAD = 8


def moments(agreement: f.Agreement, known: Record, asked: Act, at: int) -> list[int]:
    """Every instant after `at` at which an answer may change: those that are named, and so long after."""
    zone = agreement.zone
    named = {at, *instants_in(agreement), *(ms for act in (*known.acts, asked) for ms in instants_in(act))}
    lengths = list(dict.fromkeys(durations_in(agreement)))
    found = set(named)
    reached = set(named)
    for _ in range(2):  # a phase may start so long after an act, and a clause count from there
        reached = {
            instant
            for start in reached
            for length in lengths
            for instant in (earliest(start, length, zone), deadline(start, length, zone))
        }
        found |= reached
        if len(reached) * len(lengths) > 5_000:
            break
    found |= {instant + 1 for instant in found}
    today = local_day(at, zone)
    minutes = minutes_in(agreement)
    for number in range(_DAYS_AHEAD + 1):
        day = today + timedelta(days=number)
        found.add(day_start(day, zone))
        found |= {at_minute(day, minute, zone) for minute in minutes}
    starts = [day_start(today + timedelta(days=number), zone) for number in range(1, 370)]
    months = {start for start in starts if period_start(start, "month", zone) == start}
    streaks = [item for item in walk(agreement) if isinstance(item, f.Streak)]
    waits = timedelta(milliseconds=agreement.settle).days + 1
    longest = max((item.days for item in streaks), default=0)
    by_month = any(item.window in ("month", "quarter", "year") for item in walk(streaks) if isinstance(item, f.Pattern))
    begun = found | months if by_month else found
    for first in {local_day(instant, zone) for instant in begun if instant >= at} if longest else ():
        for number in range(-waits, longest + 7 + 2 * waits):  # calm days, and the last word of each
            last = day_end(first + timedelta(days=number), zone)
            found |= {last + 1, last + agreement.settle}
    return sorted(instant for instant in found | months if instant > at)


def instants_in(value: object) -> set[int]:
    """Every whole number that can be an instant (later than 1973)."""
    found = set()
    for item in walk(value):
        if isinstance(item, Interval | Span):
            found |= {item[0], item[1]}
        elif isinstance(item, int) and 100_000_000_000 < item < 100_000_000_000_000:
            found.add(int(item))
    return found


def durations_in(value: object) -> list[f.Duration]:
    """Every duration that an agreement names."""
    return [item for item in walk(value) if isinstance(item, f.Elapsed | f.Calendar)]


def minutes_in(value: object) -> set[int]:
    """Every civil minute that an agreement names."""
    found = set()
    for item in walk(value):
        if isinstance(item, f.Clock):
            found |= {minute for minute in (item.from_, item.until) if minute is not None}
    return found
