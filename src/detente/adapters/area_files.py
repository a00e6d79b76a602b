"""Areas from files: GeoJSON, KML, or a list of coordinates as text. Strict; what is not an area is refused by name.

GeoJSON and KML draw an edge as a straight line on a latitude-longitude map; an agreement takes the shortest way. Where the
two lie more than a metre apart the reader must be told which is meant: `geodesic` keeps the corners, `densify` puts
further corners on the drawn line. Coordinates WGS84, 1e-7 degrees. A list has one coordinate a line, on a stated datum and
grid, and begins each area with a line `area: CODE`; `#` begins a comment.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple, cast
from xml.etree import ElementTree

from detente.errors import GivenError
from detente.geo.areas import Polygon, canonical
from detente.geo.coordinates import read_cell
from detente.model.shapes import E7, Position, Ring

CODE = "area-file-invalid"
STEP = E7 // 50
"""Densified edges go no farther than a fiftieth of a degree: then both readings lie less than a metre apart."""
AGREE_METRES = 1.0
RADIUS = 6_371_000
_SLUG = re.compile(r"[^a-z0-9_.-]+")
_CRS84 = ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326")
Rings = list[list[Position]]


class AreaRead(NamedTuple):
    """An area of a file: its code, its outline, and what a person should look at."""

    code: str
    shape: Polygon
    remarks: tuple[str, ...] = ()


class _Found(NamedTuple):
    code: str
    where: str
    rings: Rings
    remarks: tuple[str, ...] = ()


def read_areas(
    name: str, data: bytes, *, edges: str = "", split: bool = False, datum: str = "", grid: str = ""
) -> list[AreaRead]:
    """Every area of a file; GivenError names file, feature or line. `split`: an area of several parts becomes several."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise GivenError(CODE, f"not UTF-8 text: {error.reason}", where=name) from error
    start = text.lstrip()[:1]
    if start == "{":
        found = list(_geojson(name, text, split))
    elif start == "<":
        found = list(_kml(name, data, split))
    else:
        found = list(_listed(name, text, datum, grid))
    if not found:
        raise GivenError(CODE, "there is no area in it", where=name)
    codes = [each.code for each in found]
    if twice := next((code for code in codes if codes.count(code) > 1), None):
        raise GivenError(CODE, f"two areas are called {twice!r}; name them differently", where=name)
    return [_area(each, edges) for each in found]


def _area(found: _Found, edges: str) -> AreaRead:
    apart = max(map(_apart, found.rings))
    if apart > AGREE_METRES and edges not in ("geodesic", "densify"):
        what = (
            f"as drawn on a flat map and as the shortest way its edges lie up to about {math.ceil(apart)} m apart, and the "
            "agreement takes the shortest way: give --edges geodesic to take it so, or --edges densify to keep the drawn lines"
        )
        raise GivenError("edges-unstated", what, where=found.where)
    rings = [_dense(ring) for ring in found.rings] if edges == "densify" else found.rings
    shape = Polygon(coordinates=tuple(cast(Ring, tuple(ring)) for ring in rings), edges="geodesic")
    try:
        return AreaRead(found.code, cast(Polygon, canonical(shape, found.where)), found.remarks)
    except GivenError as error:
        raise GivenError(error.code, error.what, where=error.where) from error


def _apart(ring: list[Position]) -> float:
    """About how far the flat and the geodesic reading of an edge lie apart at most, metres."""
    most = 0.0
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(ring):
        middle, wide = math.radians((lat1 + lat2) / 2 / E7), math.radians((lon2 - lon1) / E7)
        most = max(most, RADIUS * wide * wide * abs(math.sin(middle)) * math.cos(middle) / 8)
    return most


def _dense(ring: list[Position]) -> list[Position]:
    """More corners on the drawn lines."""
    found = ring[:1]
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise(ring):
        count = max(1, math.ceil(max(abs(lon2 - lon1), abs(lat2 - lat1)) / STEP))
        found += [
            (lon1 + round((lon2 - lon1) * at / count), lat1 + round((lat2 - lat1) * at / count))
            for at in range(1, count + 1)
        ]
    return found


def _position(lon: str, lat: str, where: str) -> Position:
    try:
        x, y = (int((Decimal(each) * E7).to_integral_value()) for each in (lon, lat))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise GivenError(CODE, f"{lon}, {lat} is no longitude and latitude in degrees", where=where) from error
    if abs(x) > 180 * E7 or abs(y) > 90 * E7:
        raise GivenError(CODE, f"{lon}, {lat}: longitude comes first, in degrees; this lies off the earth", where=where)
    return x, y


def _ring(positions: list[Position], where: str, *, close: bool = False) -> list[Position]:
    if close and positions and positions[0] != positions[-1]:
        positions = [*positions, positions[0]]
    if len(positions) < 4:
        raise GivenError(
            CODE, f"{len(positions)} positions make no area; a ring has four or more, the last the first", where=where
        )
    if positions[0] != positions[-1]:
        raise GivenError(CODE, "the ring is not closed: its last position must repeat its first", where=where)
    return positions


def slug(text: str) -> str:
    """A code from a name: small letters, digits, dots, dashes."""
    return _SLUG.sub("-", text.lower()).strip("-._")[:64]


def _parts(code: str, where: str, parts: list[Rings], split: bool) -> Iterator[_Found]:
    """One area, or several numbered ones if that was asked for."""
    if len(parts) == 1:
        yield _Found(code, where, parts[0])
        return
    if not split:
        what = (
            f"{code!r} has {len(parts)} parts; an agreed area is one: give --split for {code}-1 to {code}-{len(parts)}"
        )
        raise GivenError(CODE, what, where=where)
    for number, part in enumerate(parts, 1):
        yield _Found(f"{code}-{number}", f"{where}, part {number}", part)


# GeoJSON


def _geojson(name: str, text: str, split: bool) -> Iterator[_Found]:
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise GivenError(CODE, f"not JSON: {error}", where=name) from error
    crs = value.get("crs")
    if (
        crs is not None
        and str((crs.get("properties") or {}).get("name") if isinstance(crs, dict) else crs) not in _CRS84
    ):
        raise GivenError(
            CODE, "it states another reference system than WGS84 longitude and latitude", where=f"{name} crs"
        )
    features = value.get("features") if value.get("type") == "FeatureCollection" else [value]
    if not isinstance(features, list):
        raise GivenError(CODE, "a FeatureCollection has a list of features", where=name)
    for number, feature in enumerate(features, 1):
        yield from _feature(name, number, feature, split, alone=len(features) == 1)


def _feature(name: str, number: int, feature: Any, split: bool, *, alone: bool) -> Iterator[_Found]:
    where = f"{name} feature {number}"
    if not isinstance(feature, dict):
        raise GivenError(CODE, "not a feature", where=where)
    geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
    properties = feature.get("properties") or {}
    label = next((str(properties[key]) for key in ("area", "code", "name") if properties.get(key)), "")
    code = slug(label) or (slug(name.rpartition(".")[0]) if alone else f"area-{number}")
    where = f"{where} ({label})" if label else where
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise GivenError(CODE, f"{kind or 'no geometry'}: an area is a Polygon or a MultiPolygon", where=where)
    coordinates = geometry.get("coordinates")
    parts = [coordinates] if kind == "Polygon" else coordinates
    yield from _parts(code, where, [_rings(part, where) for part in _list(parts, where)], split)


def _rings(part: Any, where: str) -> Rings:
    found = []
    for number, ring in enumerate(_list(part, where)):
        at = f"{where} ring {number}"
        positions = []
        for place, position in enumerate(_list(ring, at)):
            if not isinstance(position, list) or len(position) < 2:
                raise GivenError(CODE, "a position is [longitude, latitude]", where=f"{at} position {place}")
            positions.append(_position(str(position[0]), str(position[1]), f"{at} position {place}"))
        found.append(_ring(positions, at))
    return found


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise GivenError(CODE, "a list of positions is missing", where=where)
    return value


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


# KML


def _kml(name: str, data: bytes, split: bool) -> Iterator[_Found]:
    if re.search(rb"<!(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise GivenError(CODE, "a document type or entity is declared in it; that is never read", where=name)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - no document type, no entity
    except ElementTree.ParseError as error:
        raise GivenError(CODE, f"not XML: {error}", where=name) from error
    if any(_tag(each) == "NetworkLink" for each in root.iter()):
        raise GivenError(CODE, "it points to another file (NetworkLink), which is never fetched", where=name)
    marks = [each for each in root.iter() if _tag(each) == "Placemark"]
    for number, mark in enumerate(marks, 1):
        label = next(((each.text or "").strip() for each in mark if _tag(each) == "name"), "")
        where = f"{name} placemark {number}" + (f" ({label})" if label else "")
        polygons = [each for each in mark.iter() if _tag(each) == "Polygon"]
        if not polygons:
            raise GivenError(CODE, "there is no Polygon in it; an area is one", where=where)
        yield from _parts(slug(label) or f"area-{number}", where, [_kml_rings(each, where) for each in polygons], split)


def _kml_rings(polygon: ElementTree.Element, where: str) -> Rings:
    found: Rings = []
    for part in ("outerBoundaryIs", "innerBoundaryIs"):
        for boundary in (each for each in polygon if _tag(each) == part):
            text = next(((each.text or "") for each in boundary.iter() if _tag(each) == "coordinates"), "")
            at = f"{where} ring {len(found)}"
            found.append(_ring([_position(*_tuple(each, at), at) for each in text.split()], at))
    if not found:
        raise GivenError(CODE, "the Polygon has no outer boundary", where=where)
    return found


def _tuple(text: str, where: str) -> tuple[str, str]:
    parts = text.split(",")
    if len(parts) not in (2, 3):
        raise GivenError(CODE, f"{text[:60]!r} is not longitude,latitude", where=where)
    return parts[0], parts[1]


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


# a list of coordinates


def _listed(name: str, text: str, datum: str, grid: str) -> Iterator[_Found]:
    code, began, corners, remarks = slug(name.rpartition(".")[0]) or "area", name, [], []  # type: ignore[var-annotated]
    for number, raw in enumerate(text.splitlines(), 1):
        written = raw.partition("#")[0].strip()
        where = f"{name} line {number}"
        if written.lower().startswith("area:"):
            if corners:
                yield _Found(code, began, [_ring(corners, began, close=True)], tuple(remarks))
            code, began, corners, remarks = slug(written.partition(":")[2]), where, [], []
            if not code:
                raise GivenError(CODE, "an area has no code; write `area: CODE`", where=where)
        elif written:
            cell = read_cell(written, datum=datum, grid=grid, where=where)
            corners.append((cell.lon, cell.lat))
            remarks += [f"line {number}: {remark.text} [{remark.code}]" for remark in cell.warnings]
    if corners:
        yield _Found(code, began, [_ring(corners, began, close=True)], tuple(remarks))
