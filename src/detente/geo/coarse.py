"""One fixed grid over the Earth, by which places are made coarse: 100 km cells, cut into 20 km, those into 5, those into 1.

Rows are 0.9° of latitude high (100 km); each row is cut into as many columns as leave a cell at least 100 km wide at its
poleward edge. Finer cells divide coarser ones, so a fine cell never lies across a coarse edge, and telling a place again
at a coarser size adds nothing. No cell depends on what is being told, on the day or on the side: the same place gives the
same cell, always.

What leaves is the cell *grown* on every side by fixed steps, a tenth of its size or one to four whole sizes, so that it
holds what is told with its extent and error. The cell is always that of the middle: a place near an edge is not told by
two cells, which would say that it lies near the edge. Whoever knows this page knows the middle to the cell, no better;
the register counts with that.

Between 70° north and south; nearer the poles, and where a cell would lie across 180° of longitude, a place is refused.
Units: 1e-7 degrees, metres, kilometres for sizes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from detente.errors import GivenError
from detente.geo.areas import canonical
from detente.geo.ellipsoid import arcs, points
from detente.geo.regions import region
from detente.model.shapes import E7, HALF_TURN, Cell, Circle, Line, MultiPolygon, Point, Polygon, Shape

SIZES = (1, 5, 20, 100)
"""Sides of cells in km."""
GROWN = (1, 10, 20, 30, 40)
"""By how many tenths of its size a cell is grown on every side."""
LIMIT = 70 * E7
DATUM, GRID = "WGS84", "detente cells"
_BAND = 9_000_000
_PER_BAND = {km: 100 // km for km in SIZES}
_ROOM = 1.25
"""What a cell grown by n metres surely holds lies within n / 1.25 of it: columns narrow towards the poles."""


class GridCell(NamedTuple):
    """A cell of the grid: size (km), row from the south pole, column from 180° west, tenths grown on every side."""

    km: int
    row: int
    column: int
    grown: int = 0

    def bounds(self) -> tuple[int, int, int, int]:
        """South, west, north, east in 1e-7 degrees; west and east may run beyond 180°."""
        per = _PER_BAND[self.km]
        columns = _columns(self.row // per) * per
        south, north = self.row * _BAND // per - 90 * E7, (self.row + 1) * _BAND // per - 90 * E7
        west, east = (each * 2 * HALF_TURN // columns - HALF_TURN for each in (self.column, self.column + 1))
        up, right = (north - south) * self.grown // 10, (east - west) * self.grown // 10
        return south - up, west - right, north + up, east + right

    def centre(self) -> tuple[int, int]:
        """Latitude and longitude of its middle."""
        south, west, north, east = self.bounds()
        return (south + north) // 2, (west + east) // 2

    def polygon(self) -> Polygon:
        """Its outline as an area of a statement."""
        south, west, north, east = self.bounds()
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        if west < -HALF_TURN or east > HALF_TURN:
            raise GivenError("coarsen-refused", "the cell would lie across 180 degrees of longitude")
        shape = canonical(Polygon(coordinates=(tuple(ring),), edges="geodesic"), "cell")
        assert isinstance(shape, Polygon)  # noqa: S101 - canonical keeps the form
        return shape

    def point(self) -> Cell:
        """It as a point of a statement: its middle, and as error the way to its farthest corner, in whole metres."""
        south, west, north, east = self.bounds()
        lat, lon = self.centre()
        reach = arcs(points(lat, lon), points([south, south, north, north], [west, east, west, east])).max()
        text = f"{self.km} km cell {self.row}/{self.column}"
        return Cell(
            coordinates=(lon, lat), error=math.ceil(float(reach) + 0.001) * 1000, verbatim=text, datum=DATUM, grid=GRID
        )


def _columns(band: int) -> int:
    """Columns of 100 km cells in a row of 0.9°, counted at its poleward edge."""
    poleward = max(abs(band - 100), abs(band + 1 - 100)) * 0.9
    return math.floor(400 * math.cos(math.radians(poleward)))


def cell_at(lat: int, lon: int, km: int) -> GridCell:
    """The cell of this size that holds a position (its south and west edge are its own)."""
    if km not in SIZES:
        raise GivenError("coarsen-refused", f"cells are {', '.join(map(str, SIZES))} km wide, not {km} km")
    if abs(lat) > LIMIT:
        raise GivenError("coarsen-refused", "beyond 70 degrees north or south the grid has no cells")
    per = _PER_BAND[km]
    row = (lat + 90 * E7) * per // _BAND
    columns = _columns(row // per) * per
    column = (lon + HALF_TURN) % (2 * HALF_TURN) * columns // (2 * HALF_TURN)
    cell = GridCell(km, row, column)
    west, east = cell.bounds()[1], cell.bounds()[3]
    if not west <= (lon + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN < east:  # edges are rounded down to 1e-7 degrees
        cell = cell._replace(column=(column + 1) % columns)
    return cell


def coarse_cell(shape: Shape | Cell, km: int) -> GridCell:
    """The cell of the middle of a place, grown until it holds all of it; GivenError if four sizes do not."""
    lat, lon, reach = extent(shape)
    for grown in GROWN:
        if reach * _ROOM <= grown * km * 100:
            return cell_at(lat, lon, km)._replace(grown=grown)
    what = f"a place that reaches {reach / 1000:.0f} km from its middle is told by cells of more than {km} km"
    raise GivenError("coarsen-refused", what)


def extent(shape: Shape | Cell) -> tuple[int, int, float]:
    """Latitude, longitude of the middle, and how far in metres the place reaches from it, its error included."""
    if isinstance(shape, Point | Circle | Cell):
        lon, lat = shape.coordinates
        reach = 0.0
        if isinstance(shape, Circle):
            reach = float(shape.radius)
        elif isinstance(shape, Cell):
            reach = shape.error / 1000
        return lat, lon, reach
    if isinstance(shape, Line | MultiPolygon):
        raise GivenError("coarsen-refused", f"a {type(shape).__name__.lower()} cannot be told as one cell")
    (ball,) = region(shape).balls
    x, y, z = ball.centre.up[0]
    north, east = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
    return round(north * E7), round(east * E7), ball.radius + 0.1


def known_cell(shape: Shape | Cell) -> GridCell | None:
    """The cell of the grid that a place told is, if it is one: what leaves can be read back from the ledger."""
    if isinstance(shape, Cell):
        lon, lat = shape.coordinates
    elif isinstance(shape, Polygon) and len(shape.coordinates) == 1 and len(shape.coordinates[0]) == 5:
        ring = np.array(shape.coordinates[0][:4], np.int64)
        lon, lat = (int(each.min() + each.max()) // 2 for each in ring.T)
    else:
        return None
    if abs(lat) > LIMIT:
        return None
    for km in SIZES:
        for grown in GROWN:
            cell = cell_at(lat, lon, km)._replace(grown=grown)
            west, east = cell.bounds()[1::2]
            if west < -HALF_TURN or east > HALF_TURN:
                continue
            if shape == (cell.point() if isinstance(shape, Cell) else cell.polygon()):
                return cell
    return None
