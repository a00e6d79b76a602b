"""Shapes as circles that hold them, boxes that hold them, and as they are written in an agreement.

Circles answer inside and outside soundly: an area is held by one about the mean of its corners, a line by one
about each edge's start.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

from detente.agreement.geometry import Geometry
from detente.agreement.record import Path, Region, Spot

Box = tuple[float, float, float, float]
"""west, south, east, north."""
_METRES_A_DEGREE = 110_500.0
"""Less than any degree of latitude, or of longitude at the equator."""


class Circle(NamedTuple):
    """Holds all of a shape: centre, metres."""

    lon: float
    lat: float
    radius: float


def circles(geometry: Geometry, shape: Region | Path) -> tuple[Circle, ...]:
    """Circles that together hold a shape."""
    if isinstance(shape, Path):
        pairs = list(pairwise(shape.points)) or [(point, point) for point in shape.points]
        return tuple(Circle(*start, geometry.between(*start, *end)) for start, end in pairs)
    if shape.centre is not None:
        return (Circle(shape.centre[0], shape.centre[1], shape.radius),)
    ring = shape.rings[0]
    ring = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
    lon = sum(point[0] for point in ring) / len(ring)
    lat = sum(point[1] for point in ring) / len(ring)
    return (Circle(lon, lat, max(geometry.between(lon, lat, *point) for point in ring)),)


def box_of(shape: Spot | Region | Path) -> Box | None:
    """A box that holds a shape, geodesic edges included; None if it is too wide or too far north for one."""
    if isinstance(shape, Spot):
        return grow((shape.lon, shape.lat, shape.lon, shape.lat), shape.radius)
    if isinstance(shape, Region) and shape.centre is not None:
        lon, lat = shape.centre
        return grow((lon, lat, lon, lat), shape.radius)
    points = shape.points if isinstance(shape, Path) else shape.rings[0]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    top = max(abs(south), abs(north))
    if top > 70 or east - west > 10:
        return None
    # An edge between two points bulges towards the pole by at most L²/8R·tan(lat) (L ≤ its share of the box).
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    across = (east - west) * 111_700 * math.cos(math.radians(nearest))
    length = math.hypot(across, (north - south) * 111_700)
    bulge = 1.5 * length * length / (8 * 6_356_000) * max(1.0, math.tan(math.radians(top)))
    return grow((west, south, east, north), bulge)


def grow(box: Box, metres: float) -> Box | None:
    """A box widened on all sides, rather too much; None if it comes near a pole or the date line."""
    west, south, east, north = box
    more = metres / _METRES_A_DEGREE * 1.01 + 1e-6
    south, north = south - more, north + more
    top = max(abs(south), abs(north))
    if top > 80:
        return None
    more /= math.cos(math.radians(top))
    west, east = west - more, east + more
    return None if west < -180 or east > 180 else (west, south, east, north)


def meet(one: Box, other: Box | None) -> bool:
    """Whether boxes may meet; no box meets everything."""
    if other is None:
        return True
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def literal_shape(form: object) -> Spot | Region | Path | None:
    """A shape written in an agreement: {line: …}, {poly: …}, {circle: …, radius: …}, {at: …, r: …}."""
    pairs = dict(form) if isinstance(form, tuple) and all(isinstance(p, tuple) and len(p) == 2 for p in form) else {}
    if "line" in pairs:
        return Path(_points(pairs["line"]))
    if "poly" in pairs:
        return Region(rings=(_points(pairs["poly"]),))
    if "circle" in pairs:
        lon, lat = pairs["circle"]
        return Region(centre=(float(lon), float(lat)), radius=float(pairs["radius"]))
    if "at" in pairs:
        lon, lat = pairs["at"]
        return Spot(float(lon), float(lat), float(pairs.get("r", 0)))
    return None


def _points(form: object) -> tuple[tuple[float, float], ...]:
    assert isinstance(form, tuple)
    return tuple((float(lon), float(lat)) for lon, lat in form)
