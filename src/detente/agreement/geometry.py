"""What the judge asks of geometry: signed distances on the WGS84 ellipsoid, metres, negative inside. Annexes by name."""

from __future__ import annotations

from typing import Protocol

from detente.agreement.record import Path, Region

ROUNDING = 0.001
"""Metres that arithmetic may lose, and as many again for each km of distance (geo/inside.py; decision 0010)."""


def lost(distance: float) -> float:
    """What a computed distance (m) may be off by: part of e in every engine, so that exactly on an edge is cannot tell.

    Beyond 1,000 km, where an area can only be asked roughly, 1 %.
    """
    away = abs(distance)
    return ROUNDING + away * (0.01 if away > 1_000_000 else ROUNDING / 1000)


class Geometry(Protocol):
    """Distances with geodesic edges, true to 1 m or better up to 1,000 km."""

    def to_region(self, lon: float, lat: float, region: Region) -> float:
        """Signed distance of a point to the edge of an area, negative inside."""

    def to_path(self, lon: float, lat: float, path: Path) -> float:
        """Distance of a point to a line, never negative."""

    def between(self, lon1: float, lat1: float, lon2: float, lat2: float) -> float:
        """Distance of two points."""

    def annex(self, name: str) -> Region | Path | None:
        """A shape that the agreement names in an annex; None if it was not given (then: cannot tell)."""
