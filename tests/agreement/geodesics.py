"""Exact geometry for tests: geodesics of WGS84 by geographiclib, edges cut into short pieces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from math import ceil, cos, hypot, radians

from geographiclib.geodesic import Geodesic

from detente.agreement.record import Path, Region

_WGS84 = Geodesic.WGS84
_STEP = 2_000.0


@lru_cache(maxsize=100_000)
def distance(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres between two points."""
    return float(_WGS84.Inverse(lat1, lon1, lat2, lon2, Geodesic.DISTANCE)["s12"])


@lru_cache(maxsize=10_000)
def pieces(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """A geodesic line with a point at least every 2 km."""
    found = [points[0]]
    for (lon1, lat1), (lon2, lat2) in pairwise(points):
        line = _WGS84.InverseLine(lat1, lon1, lat2, lon2)
        count = max(1, ceil(line.s13 / _STEP))
        for number in range(1, count + 1):
            at = line.Position(line.s13 * number / count)
            found.append((at["lon2"], at["lat2"]))
    return tuple(found)


def to_line(lon: float, lat: float, points: tuple[tuple[float, float], ...]) -> float:
    """Metres to the nearest point of a line: the nearest piece on a local plane, then the geodesic to its foot."""
    if len(points) == 1:
        return distance(lon, lat, *points[0])
    best, feet = float("inf"), points[0]
    scale = cos(radians(lat))
    cut = pieces(points)
    for (x1, y1), (x2, y2) in pairwise(cut):
        ax, ay, bx, by = (x1 - lon) * scale, y1 - lat, (x2 - lon) * scale, y2 - lat
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        share = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
        away = hypot(ax + share * dx, ay + share * dy)
        if away < best:
            best, feet = away, (x1 + share * (x2 - x1), y1 + share * (y2 - y1))
    return distance(lon, lat, *feet)


def encloses(lon: float, lat: float, ring: tuple[tuple[float, float], ...]) -> bool:
    """Whether a ring goes round a point (even and odd crossings)."""
    inside = False
    cut = pieces((*ring, ring[0]))
    for (x1, y1), (x2, y2) in pairwise(cut):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


class Exact:
    """The Geometry protocol, with annexes by name."""

    def __init__(self, annexes: Mapping[str, Region | Path] | None = None) -> None:
        self.annexes = dict(annexes or {})

    def to_region(self, lon: float, lat: float, region: Region) -> float:
        if region.centre is not None:
            return distance(lon, lat, *region.centre) - region.radius
        inside = sum(encloses(lon, lat, ring) for ring in region.rings) % 2 == 1
        away = min(to_line(lon, lat, (*ring, ring[0])) for ring in region.rings)
        return -away if inside else away

    def to_path(self, lon: float, lat: float, path: Path) -> float:
        return to_line(lon, lat, path.points)

    def between(self, lon1: float, lat1: float, lon2: float, lat2: float) -> float:
        return distance(lon1, lat1, lon2, lat2)

    def annex(self, name: str) -> Region | Path | None:
        return self.annexes.get(name)
