"""Military grid references: letters and digits to a square on the UTM grid, and back.

A reference names a SQUARE by its south-west corner; its digits say how large it is (10 digits 1 m, 6 digits 100 m,
none 100 km). It never names a point: readers that return the corner or the centre lose that. WGS84 lettering
(scheme AA of NGA.STND.0037): columns repeat every three zones, rows every two. Zones near Norway and Svalbard are
irregular. The polar grid (UPS; A, B, Y, Z) is not read.

A square is refused if no part of it lies in the zone and band it names: that letter or digit was mistyped.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from detente.errors import GivenError
from detente.geo.ellipsoid import WGS84
from detente.geo.projection import project, unproject, utm_zone

BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")  # by zone modulo 3
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_SQUARE = 100_000
_CYCLE = len(_ROWS) * _SQUARE
_FORM = re.compile(r"(\d{1,2})\s?([A-Z])\s?([A-Z]{2})(?:\s?(\d+)(?:\s(\d+))?)?")
_LOCAL = re.compile(r"[A-Z]{2}\s?\d[\d ]*")


class Square(NamedTuple):
    """South-west corner (whole metres on the UTM grid) and size of what a reference names."""

    zone: int
    north: bool
    easting: int
    northing: int
    size: int
    text: str


def read_mgrs(text: str, where: str = "") -> Square:
    """The square a reference names; GivenError (coordinate-invalid) says what is wrong with it."""
    upper = " ".join(text.upper().split())
    match = _FORM.fullmatch(upper)
    if not match:
        if _LOCAL.fullmatch(upper):
            raise _bad(text, "has no zone and band before its square letters; write them, as in 37S DA 123 456", where)
        raise _bad(text, "is not a grid reference like 37S DA 12345 67890", where)
    zone, band, letters = int(match[1]), match[2], match[3]
    first, second = match[4] or "", match[5]
    digits = first + (second or "")
    if len(digits) % 2 or (second is not None and len(first) != len(second)):
        parts = f"{len(first)} and {len(second)}" if second is not None else str(len(digits))
        raise _bad(
            text, f"has {parts} digits; easting and northing need the same number: one is missing or doubled", where
        )
    if len(digits) > 10:
        raise _bad(text, f"has {len(digits)} digits; the grid ends at 10 (1 m)", where)
    if not 1 <= zone <= 60 or band not in BANDS:
        raise _bad(text, f"names zone {zone}{band}; zones are 1 to 60 and bands C to X without I and O", where)
    column, row = _COLUMNS[zone % 3].find(letters[0]), _ROWS.find(letters[1])
    if column < 0 or row < 0:
        raise _bad(text, f"names square {letters}, which zone {zone} does not have", where)
    size = 10 ** (5 - len(digits) // 2)
    half = len(digits) // 2
    east = (column + 1) * _SQUARE + int(digits[:half] or 0) * size
    north = (row - (0 if zone % 2 else 5)) % len(_ROWS) * _SQUARE + int(digits[half:] or 0) * size
    canonical = " ".join([f"{zone}{band}", letters, *([digits[:half], digits[half:]] if half else [])])
    return _placed(text, zone, band, Square(zone, band >= "N", east, north, size, canonical), where)


def _placed(text: str, zone: int, band: str, square: Square, where: str) -> Square:
    """Find the turn of the row letters that lies in the band, and check that the square touches band and zone."""
    south, top = band_limits(band)
    west, east = zone_limits(zone, band)
    grid = utm_zone(zone, square.north)
    if west == east:
        raise _bad(
            text, f"names zone {zone}{band}, which does not exist (Svalbard's zones are 31, 33, 35 and 37)", where
        )
    lowest = project(WGS84, grid, south, grid.meridian)[1] - _SQUARE
    turns = range(int(lowest // _CYCLE) * _CYCLE, 10_000_001, _CYCLE)
    for turn in turns:
        found = square._replace(northing=square.northing + turn)
        corners = [unproject(WGS84, grid, *corner) for corner in square_corners(found)]
        lats, lons = [c[0] for c in corners], [(c[1] - grid.meridian + 180) % 360 - 180 for c in corners]
        if max(lats) > south and min(lats) < top:
            if max(lons) > west and min(lons) < east:
                return found
            break
    raise _bad(text, f"names square {square.text.split()[1]}, no part of which lies in zone {zone}{band}", where)


def square_corners(square: Square) -> list[tuple[float, float]]:
    """Easting and northing of the four corners."""
    e, n, s = square.easting, square.northing, square.size
    return [(e, n), (e + s, n), (e + s, n + s), (e, n + s)]


def band_limits(band: str) -> tuple[float, float]:
    """Latitudes (degrees) a band letter covers; X reaches to 84° north."""
    south = -80.0 + 8 * BANDS.index(band)
    return south, 84.0 if band == "X" else south + 8


def zone_limits(zone: int, band: str) -> tuple[float, float]:
    """Degrees west and east of the zone's central meridian that belong to it in this band; (0, 0): no such zone."""
    special = {(31, "V"): (-3, 0), (32, "V"): (-6, 3)} | {
        (31, "X"): (-3, 6),
        (33, "X"): (-6, 6),
        (35, "X"): (-6, 6),
        (37, "X"): (-6, 3),
        **{(gone, "X"): (0, 0) for gone in (32, 34, 36)},
    }
    return special.get((zone, band), (-3.0, 3.0))


def zone_of(lat: float, lon: float) -> tuple[int, str]:
    """UTM zone and band of a position in degrees between 80° south and 84° north."""
    band = BANDS[min(int((lat + 80) // 8), 19)]
    zone = int((lon + 180) // 6) % 60 + 1
    for near in (zone - 1, zone, zone + 1):
        number = (near - 1) % 60 + 1
        west, east = zone_limits(number, band)
        away = (lon - utm_zone(number, True).meridian + 180) % 360 - 180
        if west <= away < east:
            return number, band
    raise AssertionError(f"no zone holds {lat}, {lon}")


def write_mgrs(lat: float, lon: float, digits: int = 10) -> str:
    """The reference of the square that holds a WGS84 position in degrees; `digits` 0 to 10, even."""
    zone, band = zone_of(lat, lon)
    east, north = project(WGS84, utm_zone(zone, lat >= 0), lat, lon)
    column = _COLUMNS[zone % 3][int(east // _SQUARE) - 1]
    row = _ROWS[(int(north // _SQUARE) + (0 if zone % 2 else 5)) % len(_ROWS)]
    half = digits // 2
    parts = [f"{int(value % _SQUARE):05d}"[:half] for value in (east, north)]
    return " ".join([f"{zone}{band}", column + row, *(parts if half else [])])


def _bad(text: str, what: str, where: str) -> GivenError:
    return GivenError("coordinate-invalid", f"{text!r} {what}", where=where)
