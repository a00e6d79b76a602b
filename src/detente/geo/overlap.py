"""Whether two areas have ground in common: yes, no, or too near an edge to say.

A distance to a region changes by no more than one moves. So an outline's piece with half length h, whose middle lies
farther than h outside the other area, does not touch it; one whose middle lies inside it does. What neither shows is
halved, down to SMALLEST; what is left then lies along the other's edge, and the answer is None.
"""

from __future__ import annotations

import numpy as np

from detente.geo.ellipsoid import WGS84, Floats, Points, points_degrees
from detente.geo.inside import certainty
from detente.geo.regions import Disc, Outline, Region

SMALLEST = 0.5
"""Metres: half the length of a piece that is not halved further."""
SLACK = 1e-4
"""Metres that the middle of a piece may lie beside it, and its length be wrong by."""


def overlap(one: Region, other: Region, tolerance_mm: int = 0) -> bool | None:
    """True: some ground surely lies in both, deeper than the tolerance; False: none does, nor within it; None: unsure.

    Circles and polygons (several parts, holes); GivenError-free: both come from `regions.region`.
    """
    if isinstance(one, Disc):
        one, other = other, one
    if isinstance(other, Disc):
        metres = one.distances(other.centre) - other.radius
        return _said(metres, one, other, tolerance_mm)
    answers = [_touches(a, b, tolerance_mm) for a, b in ((one, other), (other, one)) if isinstance(a, Outline)]
    return True if True in answers else None if None in answers else False


def _said(metres: Floats, one: Region, other: Region, tolerance_mm: int) -> bool | None:
    found = certainty(metres, one.error_mm + other.error_mm + tolerance_mm)
    return True if bool(found.surely.any()) else None if bool(found.possibly.any()) else False


def _touches(line: Outline, area: Region, tolerance_mm: int) -> bool | None:
    """Whether an outline has a position inside the area."""
    start, end = line.edges.pieces.start, line.edges.pieces.end
    unsure = (line.error_mm + area.error_mm + tolerance_mm) / 1000 + SLACK
    if _said(area.distances(start), line, area, tolerance_mm):
        return True
    left_open = False
    while len(start):
        middle = _middle(start, end)
        half = np.linalg.norm(end.at - start.at, axis=1) / 2
        metres = area.distances(middle)
        if _said(metres, line, area, tolerance_mm):
            return True
        near = metres <= half * 1.001 + unsure
        small = half <= SMALLEST
        left_open = left_open or bool((near & small).any())
        go_on = np.flatnonzero(near & ~small)
        start, middle, end = start.take(go_on), middle.take(go_on), end.take(go_on)
        start, end = _both(start, middle), _both(middle, end)
    return None if left_open else False


def _middle(start: Points, end: Points) -> Points:
    x, y, z = ((start.at + end.at) / 2).T
    return points_degrees(np.degrees(np.arctan2(z, (1 - WGS84.e2) * np.hypot(x, y))), np.degrees(np.arctan2(y, x)))


def _both(one: Points, other: Points) -> Points:
    return Points(np.concatenate([one.at, other.at]), np.concatenate([one.up, other.up]))
