"""How far positions lie from pieces of edges, and on which side: the one place where distance to a line is computed.

A position's nearest point lies within a piece (then the distance is read off the piece's plane) or at an end (then it
is the geodesic to that end). Pieces are ranked by straight distance, the winner is computed to full accuracy: against
Karney's algorithm less than 1 mm is lost within 50 km, and beyond that 1 mm per km (tests/geo/test_edges.py). The side
is that of the nearest piece; at a corner, of the two pieces that meet there. No crossing is counted and no topology
asked, so nothing jumps at an edge: just beside it the distance is small, whatever its sign.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detente.geo.ellipsoid import WGS84, Floats, Ints, Points, arcs, arcsine_ratio
from detente.geo.pieces import Pieces, joined, middle

REACH = 500_000.0  # metres; beyond, `distances` gives a lower bound
_AT_ONCE = 50_000  # pairs whose intermediate values fit a processor's cache
_BULGE = 0.5 / WGS84.a


class Edges:
    """Paths cut into pieces: `closed` ones are rings with their inside on the left, open ones are lines.

    `centre`, `radius`: a circle that holds them.
    """

    def __init__(self, paths: Sequence[Pieces], *, closed: bool) -> None:
        self.pieces = joined(paths)
        self.closed = closed
        self.centre = middle(self.pieces)
        ends = (arcs(each, self.centre).max() for each in (self.pieces.start, self.pieces.end))
        self.radius = float(max(ends))
        self._origin = self.pieces.start.at[0]
        local = self.pieces.start.at - self._origin
        self._axes = [np.ascontiguousarray(axis.T) for axis in (self.pieces.t, self.pieces.m, self.pieces.v)]
        self._starts = [(local * axis).sum(-1) for axis in (self.pieces.t, self.pieces.m, self.pieces.v)]

    def distances(self, where: Points) -> Floats:
        """Metres from each position to the nearest edge; of closed paths negative inside. See REACH."""
        result = arcs(where, self.centre) - self.radius
        near = np.flatnonzero(result <= REACH)
        step = max(1, _AT_ONCE // len(self.pieces))
        for first in range(0, len(near), step):
            rows = near[first : first + step]
            here = where.take(rows)
            squared, along = self.ranked(here)
            piece = np.argmin(squared, axis=1)
            signed = signed_distances(self.pieces, here, piece, along[np.arange(len(rows)), piece])
            result[rows] = signed if self.closed else np.abs(signed)
        return result

    def pieces_within(self, where: Points, metres: Floats) -> list[Ints]:
        """For each position the pieces that may lie within so many metres of it (some more, none fewer)."""
        found = []
        step = max(1, _AT_ONCE // len(self.pieces))
        for first in range(0, len(where), step):
            squared, _ = self.ranked(where.take(slice(first, first + step)))
            limit = metres[first : first + step, None] + 1.0  # straight lines are shorter than ways along the surface
            found += [np.flatnonzero(row) for row in squared <= limit * limit]
        return found

    def ranked(self, where: Points) -> tuple[Floats, Floats]:
        """`ranked` for every position and every piece: by matrix products about a near origin, and in place."""
        local = where.at - self._origin
        s, x, z = (local @ axis - start for axis, start in zip(self._axes, self._starts, strict=True))
        length = self.pieces.length
        foot = np.clip(s, 0, length)
        z += foot * (length - foot) * _BULGE
        np.subtract(s, foot, out=foot)
        for part in (foot, x, z):
            np.multiply(part, part, out=part)
        foot += x
        foot += z
        return foot, s


def ranked(pieces: Pieces, where: Points, piece: Ints) -> tuple[Floats, Floats]:
    """Squared straight distance of each position from its piece, and how far along that piece it lies (unclipped).

    A piece bulges above its chord (v points down) by what is behind times what is left, over the Earth's diameter.
    """
    away = where.at - pieces.start.at[piece]
    s, x, z = ((away * axis[piece]).sum(-1) for axis in (pieces.t, pieces.m, pieces.v))
    length = pieces.length[piece]
    foot = np.clip(s, 0, length)
    z += foot * (length - foot) * _BULGE
    squared: Floats = (s - foot) ** 2 + x * x + z * z
    return squared, s


def signed_distances(pieces: Pieces, where: Points, piece: Ints, along: Floats) -> Floats:
    """Metres of each position from its nearest piece, to full accuracy; negative to the left of the path."""
    m = pieces.m[piece]
    side = ((where.at - pieces.start.at[piece]) * m).sum(-1)
    side *= arcsine_ratio(np.clip((where.up * m).sum(-1), -1, 1))
    corner = np.flatnonzero((along < 0) | (along > pieces.length[piece]))
    if len(corner):
        piece, where, start = piece[corner], where.take(corner), along[corner, None] < 0
        begins, ends = pieces.start.take(piece), pieces.end.take(piece)
        there = Points(np.where(start, begins.at, ends.at), np.where(start, begins.up, ends.up))
        outward = np.where(start, pieces.out_start[piece], pieces.out_end[piece])
        away = arcs(where, there)
        side[corner] = np.where(((where.at - there.at) * outward).sum(-1) < 0, -away, away)
    signed: Floats = side
    return signed
