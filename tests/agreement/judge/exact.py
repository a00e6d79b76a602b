"""Distances for the tests: small and exact, by geographiclib and shapely in a local azimuthal projection.

A ring edge is cut into pieces of at most 20 km and measured in an azimuthal view from the point asked about,
where distances from the point are true.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise

from geographiclib.geodesic import Geodesic

from detente.agreement.record import Path, Region

_G = Geodesic.WGS84
_STEP = 20_000.0


@lru_cache(4096)
def _dense(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    found = [points[0]]
    for (lon1, lat1), (lon2, lat2) in pairwise(points):
        line = _G.InverseLine(lat1, lon1, lat2, lon2)
        n = max(1, math.ceil(line.s13 / _STEP))
        for i in range(1, n + 1):
            spot = line.Position(line.s13 * i / n)
            found.append((spot["lon2"], spot["lat2"]))
    return tuple(found)


class Exact:
    def __init__(self, annexes: dict[str, Region | Path] | None = None) -> None:
        self.annexes = annexes or {}
        self.asked = 0

    def between(self, lon1: float, lat1: float, lon2: float, lat2: float) -> float:
        return float(_G.Inverse(lat1, lon1, lat2, lon2)["s12"])

    def _edge(self, lon: float, lat: float, points: tuple[tuple[float, float], ...]) -> tuple[float, bool]:
        """Distance to a chain of edges and, for a closed one, whether the point lies within."""
        flat = []
        for lon2, lat2 in _dense(points):
            r = _G.Inverse(lat, lon, lat2, lon2)
            a = math.radians(r["azi1"])
            flat.append((r["s12"] * math.sin(a), r["s12"] * math.cos(a)))
        best = math.inf
        inside = False
        for (x1, y1), (x2, y2) in pairwise(flat):
            dx, dy = x2 - x1, y2 - y1
            length = dx * dx + dy * dy
            t = 0.0 if length == 0 else max(0.0, min(1.0, -(x1 * dx + y1 * dy) / length))
            best = min(best, math.hypot(x1 + t * dx, y1 + t * dy))
            if (y1 > 0) != (y2 > 0) and x1 + (0 - y1) / (y2 - y1) * dx > 0:
                inside = not inside
        return best, inside

    @lru_cache(100_000)  # noqa: B019 - a test's geometry lives as long as the test
    def to_region(self, lon: float, lat: float, region: Region) -> float:
        self.asked += 1
        if region.centre is not None:
            return self.between(lon, lat, *region.centre) - region.radius
        best, inside = math.inf, False
        for ring in region.rings:
            closed = ring if ring[0] == ring[-1] else (*ring, ring[0])
            d, within = self._edge(lon, lat, closed)
            best, inside = min(best, d), inside != within
        return -best if inside else best

    @lru_cache(100_000)  # noqa: B019
    def to_path(self, lon: float, lat: float, path: Path) -> float:
        return self._edge(lon, lat, path.points)[0]

    def annex(self, name: str) -> Region | Path | None:
        return self.annexes.get(name)
