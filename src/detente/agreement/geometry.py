"""What the judge asks of geometry: signed distances on the WGS84 ellipsoid, metres, negative inside. Annexes by name."""

from __future__ import annotations

from typing import Protocol

from detente.agreement.record import Path, Region


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
