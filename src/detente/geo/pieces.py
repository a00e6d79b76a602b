"""Edges cut into pieces so short that each is, for every purpose here, part of a plane through the Earth.

A geodesic edge is cut every 10 km: between two cuts it leaves the plane of its normals by less than a micrometre. A
planar edge is cut so closely that the geodesic pieces stay within 0.1 m of it (tests/geo/test_edges.py measures both);
that 0.1 m joins the error of every answer about such a shape.

Each piece carries its own frame: t along the chord, m to the right of it on the surface, v = t x m downwards. In that
frame distances come from differences of short vectors, so that nothing is lost to the Earth's radius.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detente.errors import GivenError
from detente.geo.ellipsoid import WGS84, Floats, Ints, Points, along, arcs, points, points_degrees
from detente.model.shapes import E7, HALF_TURN

LONGEST = 10_000.0
PLANAR_ERROR_MM = 100
PLANAR_LIMIT = 85 * E7
EDGE_LIMIT = 2_000_000.0
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Pieces:
    """n pieces: both ends, frame and length (m) of each; `edge`: which edge of the path it is part of.

    `out_start`, `out_end`: at each end the sum of the normals m of the two pieces that meet there. For a ring with its
    inside on the left it points outward, also for a position whose nearest point is that corner.
    """

    start: Points
    end: Points
    t: Floats
    m: Floats
    v: Floats
    length: Floats
    edge: Ints
    out_start: Floats
    out_end: Floats

    def __len__(self) -> int:
        return len(self.length)

    def take(self, which: Ints) -> Pieces:
        """Those pieces only."""
        return Pieces(
            start=self.start.take(which),
            end=self.end.take(which),
            t=self.t[which],
            m=self.m[which],
            v=self.v[which],
            length=self.length[which],
            edge=self.edge[which],
            out_start=self.out_start[which],
            out_end=self.out_end[which],
        )

    def backward(self) -> Pieces:
        """The same pieces run through from the last end to the first start."""
        back = self.take(np.arange(len(self))[::-1])
        return Pieces(
            start=back.end,
            end=back.start,
            t=-back.t,
            m=-back.m,
            v=back.v,
            length=back.length,
            edge=back.edge,
            out_start=-back.out_end,
            out_end=-back.out_start,
        )


def cut_path(path: Sequence[tuple[int, int]], edges: str, where: str) -> Pieces:
    """The pieces of a path of [lon, lat] positions; GivenError names the edge that cannot be cut."""
    nodes: list[tuple[float, float]] = []
    counts = []
    for number, (one, two) in enumerate(pairwise(path)):
        name = f"{where}: edge {number}"
        if one == two:
            raise GivenError("shape-invalid", f"both ends are {show(one)}", where=name)
        if abs(one[0] - two[0]) >= HALF_TURN:
            raise GivenError("shape-invalid", "crosses 180° of longitude; split the shape there", where=name)
        inner = (_planar if edges == "planar" else _geodesic)(one, two, name)
        counts.append(len(inner))
        nodes += inner
        if len(nodes) > MOST:
            raise GivenError(
                "shape-invalid", f"its edges come to more than {MOST} pieces of 10 km; split it", where=where
            )
    nodes.append((path[-1][1] / E7, path[-1][0] / E7))
    lats, lons = np.array(nodes).T
    where_nodes = points_degrees(lats, lons)
    edge = np.repeat(np.arange(len(counts)), counts)
    return _framed(where_nodes.take(slice(None, -1)), where_nodes.take(slice(1, None)), edge)


def joined(parts: Sequence[Pieces]) -> Pieces:
    """The pieces of several paths in one row; `edge` counts on from path to path."""
    counts = [int(part.edge[-1]) + 1 for part in parts]
    before = np.repeat(np.cumsum([0, *counts[:-1]]), [len(part) for part in parts])
    return Pieces(
        start=_all_points([part.start for part in parts]),
        end=_all_points([part.end for part in parts]),
        t=np.concatenate([part.t for part in parts]),
        m=np.concatenate([part.m for part in parts]),
        v=np.concatenate([part.v for part in parts]),
        length=np.concatenate([part.length for part in parts]),
        edge=np.concatenate([part.edge for part in parts]) + before,
        out_start=np.concatenate([part.out_start for part in parts]),
        out_end=np.concatenate([part.out_end for part in parts]),
    )


def _all_points(parts: Sequence[Points]) -> Points:
    return Points(np.concatenate([part.at for part in parts]), np.concatenate([part.up for part in parts]))


def middle(pieces: Pieces) -> Points:
    """A position amid the pieces."""
    up = pieces.start.up.mean(axis=0)
    size = float(np.sqrt((up * up).sum()))
    if size < 0.5:  # spread over more than a hemisphere: there is no middle
        raise GivenError("shape-invalid", "reaches around the Earth; split it", where="shape")
    up /= size
    lat, lon = np.degrees(np.arcsin(up[2])), np.degrees(np.arctan2(up[1], up[0]))
    return points(round(lat * E7), round(lon * E7))


def show(position: tuple[int, int]) -> str:
    """`36.1503000N 37.1502000E` of a [lon, lat] position."""
    return show_degrees(position[1] / E7, position[0] / E7)


def show_degrees(lat: float, lon: float) -> str:
    """`36.1503000N 37.1502000E`."""
    return f"{abs(lat):.7f}{'NS'[lat < 0]} {abs(lon):.7f}{'EW'[lon < 0]}"


def _framed(start: Points, end: Points, edge: Ints) -> Pieces:
    chord = end.at - start.at
    length = np.sqrt((chord * chord).sum(-1))
    t = chord / length[:, None]
    m = np.cross(t, start.up + end.up)
    m /= np.sqrt((m * m).sum(-1))[:, None]
    out_start = m + np.roll(m, 1, axis=0)
    return Pieces(start, end, t, m, np.cross(t, m), length, edge, out_start, np.roll(out_start, -1, axis=0))


def _geodesic(one: tuple[int, int], two: tuple[int, int], where: str) -> list[tuple[float, float]]:
    length = float(arcs(points(one[1], one[0]), points(two[1], two[0]))[0])
    if length > EDGE_LIMIT:
        raise GivenError("shape-invalid", f"is {length / 1000:.0f} km long; put positions between", where=where)
    if length <= LONGEST:
        return [(one[1] / E7, one[0] / E7)]
    return along(one[1] / E7, one[0] / E7, two[1] / E7, two[0] / E7, LONGEST)


def _planar(one: tuple[int, int], two: tuple[int, int], where: str) -> list[tuple[float, float]]:
    """A straight line on the map bends by at most k = 1.1 tan(lat) / R: L metres of it bulge by k L² / 8."""
    steepest = max(abs(one[1]), abs(two[1]))
    if steepest > PLANAR_LIMIT:
        raise GivenError("shape-invalid", "a planar edge beyond 85° of latitude; use geodesic edges", where=where)
    bend = 1.1 * math.tan(math.radians(steepest / E7)) / WGS84.a
    longest = min(LONGEST, math.sqrt(8 * PLANAR_ERROR_MM / 1000 / max(bend, 1e-12)))
    span = math.hypot((two[0] - one[0]) / E7, (two[1] - one[1]) / E7) * 111_700
    if span > EDGE_LIMIT:
        raise GivenError("shape-invalid", f"is about {span / 1000:.0f} km long; put positions between", where=where)
    count = max(1, math.ceil(span / longest))
    step = ((two[1] - one[1]) / E7 / count, (two[0] - one[0]) / E7 / count)
    return [(one[1] / E7 + at * step[0], one[0] / E7 + at * step[1]) for at in range(count)]
