"""A coordinate is a cell: what was written, on which datum and grid, how far its digits leave the place open.

The centre is a WGS84 position; `error_mm` is the radius of a circle about it that holds the whole cell: the distance
to its farthest corner, rounded up, plus the error of the datum transformation. Nothing downstream may use the centre
without the error. Angles and metres count as rounded to their last digit (half a unit either way); a grid reference
names the square from its south-west corner.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from detente.geo.datums import Datum, to_wgs84
from detente.geo.ellipsoid import arcs, points, points_degrees
from detente.model.shapes import E7
from detente.model.statement import Frozen

COARSE_MM = 150_000
CHECK_PRIME = 9973


class Remark(NamedTuple):
    """Something a person should look at before relying on a cell. `code` is fixed, `text` is for people."""

    code: str
    text: str


class Reading(NamedTuple):
    """What a notation's reader understood, still on the stated datum.

    `canonical`: the text in one spelling, no digit added or lost. `digits`: how many there are. `unit`: the size of the
    last one, in words. `centre`, `corners`: latitude and longitude in degrees.
    """

    notation: str
    canonical: str
    digits: int
    unit: str
    centre: tuple[float, float]
    corners: tuple[tuple[float, float], ...]
    warnings: tuple[Remark, ...] = ()


class Cell(Frozen, frozen=True, kw_only=True):
    """A place as somebody wrote it. `verbatim` is kept as it came; `lat`, `lon`: WGS84, 1e-7 degrees, the centre."""

    verbatim: str
    datum: str
    grid: str
    notation: str
    canonical: str
    digits: int
    unit: str
    lat: int
    lon: int
    error_mm: int
    check_group: str
    warnings: tuple[Remark, ...] = ()


def make_cell(verbatim: str, datum: Datum, grid: str, reading: Reading) -> Cell:
    """The cell of a reading: its centre on WGS84 and the error radius."""
    centre = to_wgs84(datum, *reading.centre)
    lat, lon = round(centre[0] * E7), round(centre[1] * E7)
    corners = np.array([to_wgs84(datum, *corner) for corner in reading.corners])
    reach = float(arcs(points(lat, lon), points_degrees(corners[:, 0], corners[:, 1])).max())
    error = math.ceil(reach * 1000) + datum.accuracy_mm
    warnings = reading.warnings
    if error > COARSE_MM:
        warnings += (
            Remark("coarse", f"its digits ({reading.unit}) leave the place open by {show_length(error)} around"),
        )
    return Cell(
        verbatim=verbatim,
        datum=datum.name,
        grid=grid,
        notation=reading.notation,
        canonical=reading.canonical,
        digits=reading.digits,
        unit=reading.unit,
        lat=lat,
        lon=lon,
        error_mm=error,
        check_group=check_group(datum.name, grid, reading.canonical),
        warnings=warnings,
    )


def check_group(datum: str, grid: str, canonical: str) -> str:
    """Four digits to read back: the bytes of datum, grid and canonical text as one number, modulo the prime 9973.

    Any one wrong character and any two exchanged ones change it for certain; anything else does but once in 9,973.
    """
    return f"{int.from_bytes(f'{datum} {grid} {canonical}'.encode('ascii')) % CHECK_PRIME:04d}"


def round_figures(first: str, second: str) -> tuple[Remark, ...]:
    """A remark if the figures of both axes end in two zeros or more: digits may have been rounded away and padded."""
    if min(len(first), len(second)) >= 3 and first.endswith("00") and second.endswith("00"):
        return (
            Remark("round-figures", "both numbers end in zeros: if they were rounded, write only the digits known"),
        )
    return ()


def show_length(mm: int) -> str:
    """`0.8 m`, `12 m`, `1.4 km`: rounded up, never down."""
    if mm < 10_000:
        return f"{math.ceil(mm / 100) / 10:.1f} m"
    if mm < 1_000_000:
        return f"{math.ceil(mm / 1000)} m"
    return f"{math.ceil(mm / 100_000) / 10:.1f} km"


def show_position(lat: int, lon: int) -> str:
    """`36.1503214 N 37.1502123 E`."""
    return f"{abs(lat) / E7:.7f} {'N' if lat >= 0 else 'S'} {abs(lon) / E7:.7f} {'E' if lon >= 0 else 'W'}"


def show_dms(lat: int, lon: int) -> str:
    """`36°09'01.2"N 037°09'00.8"E`, to a tenth of a second."""
    parts = []
    for value, width, letters in ((lat, 2, "NS"), (lon, 3, "EW")):
        tenths = round(abs(value) * 36_000 / E7)
        degrees, rest = divmod(tenths, 36_000)
        minutes, rest = divmod(rest, 600)
        parts.append(f"{degrees:0{width}d}°{minutes:02d}'{rest // 10:02d}.{rest % 10}\"{letters[value < 0]}")
    return " ".join(parts)
