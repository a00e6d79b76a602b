"""Shapes as they stand in an agreement or a statement: GeoJSON's forms with whole numbers, and their one byte form.

Coordinates are [longitude, latitude] in 1e-7 degrees (GeoJSON's order), WGS84; lengths are whole metres. Every shape
with edges states them: `geodesic` (the shortest way) or `planar` (straight on a plain latitude-longitude map, as
GeoJSON means its own); over 100 km east-west at 35° N the two lie 137 m apart. A corridor's `width` is from side to
side.

`read_shape` refuses what has no clear inside (rings.py) and returns the canonical form: rings begin at their
southernmost, then westernmost position, outer ones run anticlockwise, holes clockwise; holes and parts are sorted,
lines run from their smaller end. Two shapes are the same iff their bytes are.
"""

from __future__ import annotations

from typing import Any

import msgspec

from detente.errors import GivenError
from detente.geo import rings
from detente.model import canon
from detente.model.shapes import Circle, Corridor, EdgeKind, Line, MultiPolygon, Point, Polygon, Position, Ring, Shape

__all__ = [
    "Circle",
    "Corridor",
    "Line",
    "MultiPolygon",
    "Point",
    "Polygon",
    "Shape",
    "canonical",
    "read_shape",
    "shape_bytes",
]


def read_shape(value: Any, where: str = "shape", *, from_text: bool = False) -> Shape:
    """Decode, check and canonicalise a shape from plain values; GivenError (shape-invalid) names part and reason.

    `from_text`: numbers may be digits in text, as every scalar of an agreement file is.
    """
    try:
        shape = msgspec.convert(value, Shape, strict=not from_text)
    except msgspec.ValidationError as error:
        raise GivenError("shape-invalid", str(error), where=where) from error
    return canonical(shape, where)


def shape_bytes(shape: Shape) -> bytes:
    """The canonical bytes of a shape that `read_shape` returned."""
    return canon.encode(shape)


def canonical(shape: Shape, where: str = "shape") -> Shape:
    """The one form of a shape; GivenError (shape-invalid) if it has no clear inside."""
    if isinstance(shape, Point | Circle):
        return shape
    if isinstance(shape, Line | Corridor):
        rings.check_line(shape.coordinates, shape.edges, where)
        backward = shape.coordinates[::-1]
        return msgspec.structs.replace(shape, coordinates=min(shape.coordinates, backward, key=_south_first))
    parts = (shape.coordinates,) if isinstance(shape, Polygon) else shape.coordinates
    turned = [_polygon(part, shape.edges, where) for part in parts]
    rings.check_parts(turned, shape.edges, where)
    turned.sort(key=lambda part: _south_first(part[0]))
    return msgspec.structs.replace(shape, coordinates=turned[0] if isinstance(shape, Polygon) else tuple(turned))


def _polygon(part: tuple[Ring, ...], edges: EdgeKind, where: str) -> tuple[Ring, ...]:
    """Each ring turned the right way and begun at its first corner; holes sorted."""
    turned = []
    for number, ring in enumerate(part):
        left = rings.check_ring(ring, edges, f"{where}: ring {number}")
        open_ring = ring[:-1] if left == (number == 0) else ring[:-1][::-1]
        first = min(range(len(open_ring)), key=lambda at: open_ring[at][::-1])
        turned.append((*open_ring[first:], *open_ring[: first + 1]))
    return turned[0], *sorted(turned[1:], key=_south_first)


def _south_first(path: tuple[Position, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((lat, lon) for lon, lat in path)
