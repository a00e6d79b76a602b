"""Shapes and places as they stand in signed bytes: GeoJSON's forms with whole numbers.

Coordinates are [longitude, latitude] in 1e-7 degrees (GeoJSON's order), WGS84; lengths are whole metres. Every shape
with edges states them: `geodesic` (the shortest way) or `planar` (straight on a plain latitude-longitude map). These are
values only; geo.areas reads, checks and canonicalises them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from detente.model.head import Frozen

E7 = 10_000_000
HALF_TURN = 180 * E7

Longitude = Annotated[int, Meta(ge=-HALF_TURN, le=HALF_TURN)]
Latitude = Annotated[int, Meta(ge=-90 * E7, le=90 * E7)]
Position = tuple[Longitude, Latitude]
Length = Annotated[int, Meta(ge=1, le=500_000)]
EdgeKind = Literal["geodesic", "planar"]
Path = Annotated[tuple[Position, ...], Meta(min_length=2, max_length=20_000)]
Ring = Annotated[tuple[Position, ...], Meta(min_length=4, max_length=20_000)]
Rings = Annotated[tuple[Ring, ...], Meta(min_length=1, max_length=1_000)]
Parts = Annotated[tuple[Rings, ...], Meta(min_length=1, max_length=1_000)]


class Point(Frozen, frozen=True, kw_only=True, tag_field="type", tag="point"):
    """One position. Nothing is inside it."""

    coordinates: Position


class Line(Frozen, frozen=True, kw_only=True, tag_field="type", tag="line"):
    """Positions joined by edges. Nothing is inside it."""

    coordinates: Path
    edges: EdgeKind


class Circle(Frozen, frozen=True, kw_only=True, tag_field="type", tag="circle"):
    """All that lies within `radius` metres of a position."""

    coordinates: Position
    radius: Length


class Corridor(Frozen, frozen=True, kw_only=True, tag_field="type", tag="corridor"):
    """All that lies within half of `width` metres of a line."""

    coordinates: Path
    edges: EdgeKind
    width: Length


class Polygon(Frozen, frozen=True, kw_only=True, tag_field="type", tag="polygon"):
    """An outer ring, then holes. Each ring's last position repeats its first."""

    coordinates: Rings
    edges: EdgeKind


class MultiPolygon(Frozen, frozen=True, kw_only=True, tag_field="type", tag="multipolygon"):
    """Polygons that neither overlap nor touch."""

    coordinates: Parts
    edges: EdgeKind


class Cell(Frozen, frozen=True, kw_only=True, tag_field="type", tag="cell"):
    """A point as somebody wrote it: its centre, its error in mm, and the text, datum and grid it was read from."""

    coordinates: Position
    error: Annotated[int, Meta(ge=0, le=40_000_000_000)]
    verbatim: Annotated[str, Meta(min_length=1, max_length=200)]
    datum: Annotated[str, Meta(min_length=1, max_length=32)]
    grid: Annotated[str, Meta(min_length=1, max_length=32)]


Shape = Point | Line | Circle | Corridor | Polygon | MultiPolygon
