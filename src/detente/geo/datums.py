"""Geodetic datums: which ones are known, and how each becomes WGS84, with the error that this adds.

The parameters stand here, with their source, and nowhere else: no data base picks them, no grid file can be missing,
nothing depends on a library's version. Heights are not transformed (altitude.py says what becomes of them).

SK-42: EPSG:5044 (GOST R 51794-2008), accurate to 3 m in Russia. The networks behind Soviet maps of other countries
were tied to it less well, and no accuracy is published for Syria. At Syrian places the other sets published for wide
areas (EPSG:1254, 1267, 1303, 1807, 15865) stay within 16 m of it; a reading adds 20 m to its error.
ED50: EPSG:1135 (DMA TR8350.2: Iraq, Israel, Jordan, Kuwait, Lebanon, Saudi Arabia, Syria), accuracy not published;
at Syrian places the sets of its neighbours (EPSG:1075, 1137, 1142, 1145, 1784) stay within 17 m: 20 m.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from detente.errors import GivenError
from detente.geo.ellipsoid import WGS84, Ellipsoid

_ARCSECOND = math.pi / 648_000


class Helmert(NamedTuple):
    """To WGS84: translations (m), rotations (arcseconds, coordinate frame convention), scale (parts per million)."""

    x: float
    y: float
    z: float
    rx: float = 0.0
    ry: float = 0.0
    rz: float = 0.0
    scale: float = 0.0


class Datum(NamedTuple):
    """`accuracy_mm`: what the transformation adds to a position's error radius."""

    name: str
    ellipsoid: Ellipsoid
    to_wgs84: Helmert | None
    accuracy_mm: int
    source: str
    other_names: tuple[str, ...] = ()


DATUMS = (
    Datum("WGS84", WGS84, None, 0, "the datum of the record"),
    Datum(
        "SK-42",
        Ellipsoid(6_378_245.0, 1 / 298.3),
        Helmert(23.57, -140.95, -79.8, 0.0, -0.35, -0.79, -0.22),
        20_000,
        "EPSG:5044, GOST R 51794-2008",
        ("S-42", "\u0421\u041a-42", "Pulkovo 1942"),
    ),
    Datum("ED50", Ellipsoid(6_378_388.0, 1 / 297.0), Helmert(-103.0, -106.0, -141.0), 20_000, "EPSG:1135, TR8350.2"),
)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_BY_NAME = {_plain(name): datum for datum in DATUMS for name in (datum.name, *datum.other_names)}


def read_datum(name: str, where: str = "datum") -> Datum:
    """The datum of that name (case, spaces and hyphens are not looked at); GivenError lists the known ones."""
    known = ", ".join(datum.name for datum in DATUMS)
    if not name.strip():
        raise GivenError("datum-missing", f"no datum is stated; known: {known}", where=where)
    datum = _BY_NAME.get(_plain(name))
    if datum is None:
        raise GivenError("datum-unknown", f"{name!r} is not a datum known here; known: {known}", where=where)
    return datum


def to_wgs84(datum: Datum, lat: float, lon: float) -> tuple[float, float]:
    """Degrees on `datum` to degrees on WGS84, height 0 on both."""
    if datum.to_wgs84 is None:
        return lat, lon
    moved = _frame(datum.to_wgs84, _cartesian(datum.ellipsoid, lat, lon))
    return _geographic(WGS84, moved)


def from_wgs84(datum: Datum, lat: float, lon: float) -> tuple[float, float]:
    """The inverse of `to_wgs84`, to less than 0.1 mm."""
    if datum.to_wgs84 is None:
        return lat, lon
    guess = lat, lon
    for _ in range(4):
        there = to_wgs84(datum, *guess)
        guess = guess[0] + lat - there[0], guess[1] + lon - there[1]
    return guess


def _cartesian(shape: Ellipsoid, lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = math.radians(lat), math.radians(lon)
    prime = shape.a / math.sqrt(1 - shape.e2 * math.sin(phi) ** 2)
    across = prime * math.cos(phi)
    return across * math.cos(lam), across * math.sin(lam), prime * (1 - shape.e2) * math.sin(phi)


def _frame(by: Helmert, p: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = p
    rx, ry, rz = by.rx * _ARCSECOND, by.ry * _ARCSECOND, by.rz * _ARCSECOND
    grown = 1 + by.scale * 1e-6
    return (
        by.x + grown * (x + rz * y - ry * z),
        by.y + grown * (-rz * x + y + rx * z),
        by.z + grown * (ry * x - rx * y + z),
    )


def _geographic(shape: Ellipsoid, p: tuple[float, float, float]) -> tuple[float, float]:
    """Latitude by fixed point iteration: near the surface each step gains more than two digits."""
    x, y, z = p
    across = math.hypot(x, y)
    phi = math.atan2(z, across * (1 - shape.e2))
    for _ in range(6):
        prime = shape.a / math.sqrt(1 - shape.e2 * math.sin(phi) ** 2)
        phi = math.atan2(z + shape.e2 * prime * math.sin(phi), across)
    return math.degrees(phi), math.degrees(math.atan2(y, x))
