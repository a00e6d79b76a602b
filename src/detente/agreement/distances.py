"""The judge's geometry by the rooms of `detente.geo`: WGS84, geodesic edges, no drawing and no projection (decision 0010).

Shapes are prepared once each and asked by single positions, since the judge asks where one act is. Corners are taken to
1e-7 degrees, the grain of signed bytes (`areas.read_shape`); positions asked about as they are. Against Karney's algorithm
less than `geometry.lost` is lost. Circles and points: the chord along the ellipsoid's surface up to 300 km, beyond that
Karney's own. A ring that crosses or touches itself, runs round a pole or reaches farther than 1,000 km from its middle is
refused (GivenError shape-invalid, with edge and place): it has no inside that both sides must see alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from detente.agreement.record import Path, Region
from detente.geo import areas
from detente.geo.edges import Edges, signed_distances
from detente.geo.ellipsoid import WGS84, geodesic_degrees, points_degrees
from detente.geo.pieces import cut_path
from detente.model.shapes import E7

CHORD_REACH = 300_000.0
_KEPT = 50_000
Lines = tuple[Edges, bool]
Vector = tuple[float, float, float, float, float, float]


class Distances:
    """The `Geometry` of an agreement whose annexes are these shapes by name."""

    def __init__(self, annexes: Mapping[str, Region | Path] | None = None) -> None:
        self.annexes = dict(annexes or {})
        self._prepared: dict[int, tuple[Region | Path, Lines]] = {}
        self._vectors: dict[tuple[float, float], Vector] = {}

    def to_region(self, lon: float, lat: float, region: Region) -> float:
        """Signed metres from a position to the edge of an area, negative inside."""
        if region.centre is not None:
            return self.between(lon, lat, *region.centre) - region.radius
        return self._to_edges(lon, lat, region)

    def to_path(self, lon: float, lat: float, path: Path) -> float:
        """Metres from a position to a line."""
        if len(set(path.points)) == 1:
            return self.between(lon, lat, *path.points[0])
        return self._to_edges(lon, lat, path)

    def between(self, lon1: float, lat1: float, lon2: float, lat2: float) -> float:
        """Metres between two positions: `ellipsoid.arcs`, one pair at a time."""
        x1, y1, z1, u1, v1, w1 = self._vector(lon1, lat1)
        x2, y2, z2, u2, v2, w2 = self._vector(lon2, lat2)
        dx, dy, dz = x2 - x1, y2 - y1, z2 - z1
        chord = math.sqrt(dx * dx + dy * dy + dz * dz)
        if chord == 0.0:
            return 0.0
        if chord > CHORD_REACH:
            return geodesic_degrees(lat1, lon1, lat2, lon2)
        half = (dx * (u2 - u1) + dy * (v2 - v1) + dz * (w2 - w1)) / (2 * chord)
        return chord * math.asin(half) / half if half > 1e-9 else chord

    def annex(self, name: str) -> Region | Path | None:
        """A shape by its name; None if it was not given."""
        return self.annexes.get(name)

    def _to_edges(self, lon: float, lat: float, shape: Region | Path) -> float:
        edges, closed = self._lines(shape)
        here = points_degrees(np.array([lat]), np.array([lon]))
        squared, along = edges.ranked(here)
        piece = np.argmin(squared, axis=1)
        signed = float(signed_distances(edges.pieces, here, piece, along[0, piece])[0])
        if abs(signed) > CHORD_REACH:
            signed = math.copysign(self._far(lon, lat, edges, int(piece[0]), float(along[0, piece[0]])), signed)
        return signed if closed else abs(signed)

    def _far(self, lon: float, lat: float, edges: Edges, piece: int, along: float) -> float:
        """Karney's length to the foot on the nearest piece."""
        start, end = edges.pieces.start.at[piece], edges.pieces.end.at[piece]
        share = min(1.0, max(0.0, along / float(edges.pieces.length[piece])))
        x, y, z = (float(each) for each in start + share * (end - start))
        foot = math.degrees(math.atan2(z, (1 - WGS84.e2) * math.hypot(x, y)))
        return geodesic_degrees(lat, lon, foot, math.degrees(math.atan2(y, x)))

    def _lines(self, shape: Region | Path) -> Lines:
        """Edges ready to be asked, remembered by the shape itself (not by its value: large shapes hash slowly)."""
        known = self._prepared.get(id(shape))
        if known is not None:
            return known[1]
        if len(self._prepared) >= _KEPT:
            self._prepared.clear()
        lines = prepare(shape)
        self._prepared[id(shape)] = (shape, lines)
        return lines

    def _vector(self, lon: float, lat: float) -> Vector:
        """Earth-centred metres and unit normal."""
        known = self._vectors.get((lon, lat))
        if known is not None:
            return known
        if len(self._vectors) >= _KEPT:
            self._vectors.clear()
        phi, lam = math.radians(lat), math.radians(lon)
        u, v, w = math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
        prime = WGS84.a / math.sqrt(1 - WGS84.e2 * w * w)
        found = (u * prime, v * prime, w * prime * (1 - WGS84.e2), u, v, w)
        self._vectors[(lon, lat)] = found
        return found


def prepare(shape: Region | Path) -> Lines:
    """The edges of an area with its inside on the left, or of a line; and whether they are closed."""
    if isinstance(shape, Path):
        return Edges([cut_path(without_repeats(shape.points), "geodesic", "line")], closed=False), False
    rings = [without_repeats(ring) for ring in shape.rings]
    closed = [ring if ring[0] == ring[-1] else (*ring, ring[0]) for ring in rings]
    polygon = cast(areas.Polygon, areas.canonical(areas.Polygon(coordinates=tuple(closed), edges="geodesic")))
    return Edges([cut_path(ring, "geodesic", "ring") for ring in polygon.coordinates], closed=True), True


def without_repeats(points: Sequence[tuple[float, float]]) -> tuple[tuple[int, int], ...]:
    """Corners in 1e-7 degrees, of equal neighbours one."""
    grains = [(round(lon * E7), round(lat * E7)) for lon, lat in points]
    return tuple(point for number, point in enumerate(grains) if number == 0 or point != grains[number - 1])
