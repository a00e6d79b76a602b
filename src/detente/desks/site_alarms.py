"""What a person has to look at in the list of sites: entries past their age, on one source, in conflict. None ends anything.

Belgrade, 1999: databases were not updated after a move, and no source contradicted another in time. An alarm names both
places and leaves both protected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from detente.agreement.record import Spot
from detente.desks.sites import Site

APART_METRES = 75.0
"""Two sources of one site that lie farther apart than this and their errors are in conflict (geo.entry)."""
Distance = Callable[[Spot, Spot], float]


class Alarm(NamedTuple):
    """Something that a person has to look at: `code`, and what, in a sentence."""

    code: str
    site: str
    text: str


def alarms(found: Iterable[Site], distance: Distance) -> list[Alarm]:
    """What a person has to look at: entries past their age, places on one source, sources in conflict. None ends anything."""
    standing = [site for site in found if site.standing]
    raised = []
    for site in standing:
        if any(line.state == "expired" for line in site.lines):
            raised.append(
                Alarm(
                    "site-age",
                    site.site,
                    f"v{site.version} by {site.by} is past its age: confirm it, or say where it is now",
                )
            )
        if not site.verified:
            raised.append(Alarm("site-unverified", site.site, f"v{site.version} by {site.by} rests on one source"))
    places: dict[str, list[tuple[Site, Spot]]] = {}
    for site in standing:
        line = min(site.lines, key=lambda each: each.position.radius)
        places.setdefault(site.site, []).append((site, line.position))
    for name, rows in places.items():
        raised += [_conflict(name, one, other, distance) for n, one in enumerate(rows) for other in rows[n + 1 :]
                   if distance(one[1], other[1]) > APART_METRES + one[1].radius + other[1].radius]  # fmt: skip
    return raised


def _conflict(name: str, one: tuple[Site, Spot], other: tuple[Site, Spot], distance: Distance) -> Alarm:
    metres = round(distance(one[1], other[1]))
    text = f"{one[0].by} and {other[0].by} name places {metres} m apart: both are protected until one is withdrawn"
    return Alarm("site-sources", name, text)
