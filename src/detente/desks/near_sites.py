"""Events near sites before and after each notice, per receiver: counts by distance, out of how many site-days.

A count says nothing of who did it or why; what was known of the place, how much was watched and how much happened at all
change with time too. Counts below `FEW` are marked as too few to say. An event whose distance, with its error and the
site's, may lie on either side of a band's edge counts as `perhaps` in it. Metres; times ms UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from detente.agreement.record import Act, Interval, Spot
from detente.desks.sites import FULL, Site

BANDS = (500, 2_000, 5_000)
"""Outer edges of the bands, metres."""
FEW = 5
"""With fewer events than this before and after together, nothing is said."""
DAYS = 30
DAY = 86_400_000
Distances = Callable[[Spot, Sequence[Spot]], Sequence[float]]


class Count(NamedTuple):
    """Events surely in a band, and those that may be."""

    surely: int = 0
    perhaps: int = 0


class Row(NamedTuple):
    """One band towards one receiver. `too_few`: nothing is to be read from it."""

    band: tuple[int, int]
    before: Count
    after: Count
    too_few: bool


@dataclass(frozen=True)
class Score:
    """All bands of one receiver. `sites`: told in full and receipted; site-days: how long each was looked at, summed."""

    to: str
    sites: int
    days_before: float
    days_after: float
    rows: tuple[Row, ...]


class Event(NamedTuple):
    """An event with a place and a time, told by anybody."""

    at: Interval
    position: Spot


@dataclass
class _Sum:
    sites: int = 0
    before: float = 0.0
    after: float = 0.0
    counts: dict[tuple[int, bool], list[int]] = field(default_factory=dict)


def events_of(acts: Iterable[Act], kinds: Iterable[str]) -> list[Event]:
    """The events of these kinds that have a place and a time."""
    wanted = set(kinds)
    found = ((act.at, act.fields.get("position")) for act in acts if act.kind in wanted)
    return [Event(at, place) for at, place in found if at is not None and isinstance(place, Spot)]


def scores(
    found: Iterable[Site], events: Sequence[Event], distances: Distances, since: int, now: int, days: int = DAYS
) -> list[Score]:
    """By receiver. `since`: from when this node holds events: what lies before is not counted as days looked at."""
    sums: dict[str, _Sum] = {}
    for site in found:
        for line in site.lines:
            if line.precision != FULL or line.received is None or site.version != 1:
                continue
            each = sums.setdefault(line.to, _Sum())
            each.sites += 1
            first, last = max(line.received - days * DAY, since), min(line.received + days * DAY, now)
            each.before += max(line.received - first, 0) / DAY
            each.after += max(last - line.received, 0) / DAY
            near = [event for event in events if first <= event.at.lo and event.at.hi <= last]
            _add(each, line.position, line.received, near, distances(line.position, [event.position for event in near]))
    return [_score(to, each) for to, each in sorted(sums.items())]


def _add(each: _Sum, place: Spot, received: int, near: Sequence[Event], metres: Sequence[float]) -> None:
    for event, away in zip(near, metres, strict=True):
        error = event.position.radius + place.radius
        low, high = max(away - error, 0.0), away + error
        for number, (inner, outer) in enumerate(_bands()):
            if high < inner or low > outer:
                continue
            count = each.counts.setdefault((number, event.at.hi < received), [0, 0])
            count[0 if (low > inner or inner == 0) and high <= outer else 1] += 1


def _bands() -> list[tuple[int, int]]:
    return list(zip((0, *BANDS), BANDS, strict=False))


def _score(to: str, each: _Sum) -> Score:
    rows = []
    for number, band in enumerate(_bands()):
        before, after = (Count(*each.counts.get((number, early), (0, 0))) for early in (True, False))
        rows.append(Row(band, before, after, before.surely + after.surely < FEW))
    return Score(to, each.sites, each.before, each.after, tuple(rows))
