"""Signed distances of many points to one shape, between bounds that hold the true distance.

Circles and spots: the chord through the ellipsoid is never longer than the geodesic, and a geodesic bends at most as a
circle of the ellipsoid's least radius. Areas and lines: geodesic edges cut into pieces of at most 4 km and measured on the plane of
each point; what the plane bends and what lies between a piece and its geodesic is added as margin. Where the bounds do
not decide, the exact geometry is asked.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np

from detente.agreement.judge.shapes import box_of, grow
from detente.agreement.record import Path, Region, Spot
from detente.geo.ellipsoid import along

_A, _E2 = 6_378_137.0, 6.69437999014e-3
_LEAST_RADIUS = 6_335_439.0
_MARGIN = 2.0
"""Metres that the exact geometry may differ from the truth (1 m by its contract), and the rest of ours."""
_PIECE = 4_000.0
_LONGEST_EDGE = 300_000.0
_CELLS = 48
_CHUNK = 1 << 18


def xyz(lon: Any, lat: Any) -> tuple[Any, Any, Any]:
    """Points on the ellipsoid in space, metres."""
    phi, lam = np.radians(lat), np.radians(lon)
    sin, cos = np.sin(phi), np.cos(phi)
    across = _A / np.sqrt(1 - _E2 * sin * sin)
    return across * cos * np.cos(lam), across * cos * np.sin(lam), across * (1 - _E2) * sin


def geodesic_bounds(chord: Any) -> tuple[Any, Any]:
    """Least and greatest length of a geodesic with this chord, with the margin of the exact geometry."""
    bent = 2 * _LEAST_RADIUS * np.arcsin(np.minimum(1.0, chord / (2 * _LEAST_RADIUS)))
    margin = _MARGIN + chord * 2e-6
    return np.where(chord < 0.9e6, chord - margin, chord * 0.98), np.where(chord < 0.9e6, bent + margin, chord * 1.75)


class Measure:
    """One shape, ready to be asked about many points."""

    def __init__(self, shape: Spot | Region | Path) -> None:
        self.shape = shape
        self.box = box_of(shape)
        self.round: tuple[float, float, float] | None = None
        if isinstance(shape, Spot):
            self.round = shape.lon, shape.lat, 0.0
        elif isinstance(shape, Region) and shape.centre is not None:
            self.round = *shape.centre, shape.radius
        self._edges: Any = None
        self._cells: Any = None

    @property
    def sayable(self) -> bool:
        """Whether bounds can be given at all; else every point is for the exact geometry."""
        return self.round is not None or (self.box is not None and self.edges() is not None)

    def reaches(self, lon: Any, lat: Any, metres: float) -> Any:
        """Points that may lie within so far of the shape; None if any may."""
        box = grow(self.box, metres + _MARGIN) if self.box is not None else None
        if box is None:
            return None
        return np.flatnonzero((lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3]))

    def bounds(self, lon: Any, lat: Any, *, fine: bool) -> tuple[Any, Any]:
        """Least and greatest signed distance of each point; coarse by cells of a grid, or fine."""
        if self.round is not None:
            x, y, z = xyz(lon, lat)
            u, v, w = xyz(self.round[0], self.round[1])
            low, high = geodesic_bounds(np.sqrt((x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2))
            return low - self.round[2], high - self.round[2]
        return self._fine(lon, lat) if fine else self._coarse(lon, lat)

    def edges(self) -> Any:
        """Pieces of the edges as (lon1, lat1, lon2, lat2); None if an edge is too long to be cut."""
        if self._edges is None:
            pieces: list[Any] = []
            rings = [self.shape.points] if isinstance(self.shape, Path) else self._rings()
            for ring in rings:
                for start, end in pairwise(ring):
                    found = _cut(start, end)
                    if found is None:
                        return None
                    pieces.append(found)
            if not pieces:
                return None
            self._edges = np.concatenate(pieces)
        return self._edges

    def _rings(self) -> list[tuple[tuple[float, float], ...]]:
        assert isinstance(self.shape, Region)
        return [ring if ring[0] == ring[-1] else (*ring, ring[0]) for ring in self.shape.rings]

    def _signed(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """Distance on the plane of each point, negative inside, and its margin."""
        lon1, lat1, lon2, lat2 = self.edges().T
        phi = np.radians(lat)
        bend = 1 - _E2 * np.sin(phi) ** 2
        across = (math.pi / 180 * _A * np.cos(phi) / np.sqrt(bend))[:, None]
        along = (math.pi / 180 * _A * (1 - _E2) / bend**1.5)[:, None]
        x1, y1 = (lon1 - lon[:, None]) * across, (lat1 - lat[:, None]) * along
        dx, dy = (lon2 - lon1) * across, (lat2 - lat1) * along
        length = dx * dx + dy * dy
        share = np.clip(-(x1 * dx + y1 * dy) / np.where(length > 0, length, 1.0), 0.0, 1.0)
        away = np.sqrt(((x1 + share * dx) ** 2 + (y1 + share * dy) ** 2).min(axis=1))
        margin = _MARGIN + away * away * (1 + np.tan(np.abs(phi))) / 6.3e6 + away * 2e-6
        if isinstance(self.shape, Path):
            return away, margin
        y2 = y1 + dy
        crosses = (y1 > 0) != (y2 > 0)
        right = x1 - y1 * dx / np.where(dy == 0, 1.0, dy) > 0
        inside = (crosses & right).sum(axis=1) % 2 == 1
        return np.where(inside, -away, away), margin

    def _fine(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        low, high = np.empty(len(lon)), np.empty(len(lon))
        step = max(1, _CHUNK // len(self.edges()))
        for at in range(0, len(lon), step):
            part = slice(at, at + step)
            away, margin = self._signed(lon[part], lat[part])
            low[part], high[part] = away - margin, away + margin
        return low, high

    def _coarse(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """By the cell of a grid over the shape's box that a point lies in; outside the box nothing is said."""
        if self._cells is None:
            self._cells = self._grid()
        west, south, wide, high_, low, high = self._cells
        i = np.floor((lon - west) / wide).astype(np.int64)
        j = np.floor((lat - south) / high_).astype(np.int64)
        known = (i >= 0) & (i < _CELLS) & (j >= 0) & (j < _CELLS)
        cell = np.where(known, i * _CELLS + j, 0)
        return np.where(known, low[cell], -np.inf), np.where(known, high[cell], np.inf)

    def _grid(self) -> Any:
        assert self.box is not None
        west, south, east, north = self.box
        wide, tall = (east - west) / _CELLS, (north - south) / _CELLS
        i, j = np.divmod(np.arange(_CELLS * _CELLS), _CELLS)
        away, margin = self._fine_signed(west + (i + 0.5) * wide, south + (j + 0.5) * tall)
        half = 0.5 * math.hypot(wide * 111_700 * math.cos(math.radians(min(abs(south), abs(north)))), tall * 111_700)
        half = half * 1.01 + _MARGIN
        return west, south, wide, tall, away - margin - half, away + margin + half

    def _fine_signed(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        low, high = self._fine(lon, lat)
        return (low + high) / 2, (high - low) / 2


def _cut(start: tuple[float, float], end: tuple[float, float]) -> Any:
    """An edge in pieces between points of its geodesic."""
    one, two = np.array(xyz(*start)), np.array(xyz(*end))
    if float(np.linalg.norm(two - one)) > _LONGEST_EDGE or abs(start[0] - end[0]) > 90:
        return None
    spots = np.array([start, *((lon, lat) for lat, lon in along(start[1], start[0], end[1], end[0], _PIECE)[1:]), end])
    return np.concatenate([spots[:-1], spots[1:]], axis=1)
