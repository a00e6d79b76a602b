"""The slow and obvious oracle: Karney's geodesics by geographiclib, minimised by trying, winding by adding angles."""

from __future__ import annotations

from itertools import pairwise

from geographiclib.geodesic import Geodesic

E7 = 10_000_000
EARTH = Geodesic.WGS84
Position = tuple[float, float]  # degrees: latitude, longitude


def apart(one: Position, two: Position) -> float:
    """Metres."""
    return float(EARTH.Inverse(*one, *two)["s12"])


def to_edge(where: Position, one: Position, two: Position, parts: int = 16) -> float:
    """Metres to the geodesic from one to two: sample it, then narrow around the best sample."""
    line = EARTH.InverseLine(*one, *two)

    def away(s: float) -> float:
        place = line.Position(s)
        return apart(where, (place["lat2"], place["lon2"]))

    step = line.s13 / parts
    best = min(range(parts + 1), key=lambda number: away(number * step))
    low, high = max(0.0, (best - 1) * step), min(line.s13, (best + 1) * step)
    while high - low > 0.01:
        a, b = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, b) if away(a) < away(b) else (a, high)
    return min(away((low + high) / 2), apart(where, one), apart(where, two))


def turns(where: Position, ring: list[Position], parts: int = 40) -> int:
    """How often a ring of geodesic edges winds around a position, anticlockwise: 0 is outside."""
    total = 0.0
    for one, two in pairwise(ring):
        line = EARTH.InverseLine(*one, *two)
        places = [line.Position(line.s13 * number / parts) for number in range(parts + 1)]
        seen = [EARTH.Inverse(*where, place["lat2"], place["lon2"])["azi1"] for place in places]
        total += sum((b - a + 180) % 360 - 180 for a, b in pairwise(seen))
    return -round(total / 360)


def signed(where: Position, rings: list[list[Position]]) -> float:
    """Metres to the nearest edge, negative within the first ring and outside the others."""
    away = min(to_edge(where, one, two) for ring in rings for one, two in pairwise(ring))
    within = turns(where, rings[0]) != 0 and all(turns(where, hole) == 0 for hole in rings[1:])
    return -away if within else away
