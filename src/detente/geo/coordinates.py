"""The strict reader: a text, its stated datum and its stated grid become a cell, or a refusal that says why.

Nothing is guessed. Which notations are read, and how, stands in angles.py, mgrs.py and grids.py; what characters may
be used, in characters.py. docs/reference/coordinates.md shows all of it with examples.
"""

from __future__ import annotations

from detente.geo.angles import read_angles
from detente.geo.cell import Cell, Reading, make_cell, round_figures
from detente.geo.characters import one_spelling
from detente.geo.datums import read_datum
from detente.geo.ellipsoid import WGS84
from detente.geo.grids import GEOGRAPHIC, MGRS, read_grid, read_metres
from detente.geo.mgrs import read_mgrs, square_corners
from detente.geo.projection import unproject, utm_zone


def read_cell(text: str, *, datum: str, grid: str, where: str = "") -> Cell:
    """Read one coordinate.

    `datum`: WGS84, SK-42, ED50. `grid`: geographic, MGRS, `UTM 37 north`, `GK 7`. Both are what the source states.
    GivenError: coordinate-invalid, datum-missing, datum-unknown, grid-missing, grid-unknown.
    """
    stated = read_datum(datum, f"{where}: datum" if where else "datum")
    on = read_grid(grid, stated, f"{where}: grid" if where else "grid")
    plain = one_spelling(text, where)
    if on.kind == GEOGRAPHIC:
        reading = read_angles(text, plain, where)
    elif on.kind == MGRS:
        reading = _square(text, plain, where)
    else:
        reading = read_metres(text, plain, stated, on, where)
    return make_cell(text, stated, on.name, reading)


def read_columns(lat: str, lon: str, *, datum: str, where: str = "") -> Cell:
    """Read two columns of a table whose headings say which is which; signs instead of letters."""
    return read_cell(f"lat {lat} lon {lon}", datum=datum, grid=GEOGRAPHIC, where=where)


def _square(text: str, plain: str, where: str) -> Reading:
    square = read_mgrs(plain, where)
    grid = utm_zone(square.zone, square.north)
    half = square.size / 2
    figures = square.text.split()[2:] or ["", ""]
    return Reading(
        notation="MGRS square",
        canonical=square.text,
        digits=sum(map(len, figures)),
        unit=f"{square.size // 1000} km" if square.size >= 1000 else f"{square.size} m",
        centre=unproject(WGS84, grid, square.easting + half, square.northing + half),
        corners=tuple(unproject(WGS84, grid, *corner) for corner in square_corners(square)),
        warnings=round_figures(*figures),
    )
