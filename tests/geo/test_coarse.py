"""One fixed grid: the cell holds the place, depends on nothing but its middle, and nests."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import GivenError
from detente.geo import inside
from detente.geo.coarse import GROWN, SIZES, cell_at, coarse_cell, extent, known_cell
from detente.geo.ellipsoid import geodesic, offset
from detente.geo.regions import region
from detente.model.shapes import E7, Cell, Circle, Line, Point, Polygon

lats = st.integers(-70 * E7, 70 * E7)
lons = st.integers(-180 * E7, 180 * E7)
away_from_180 = st.integers(-150 * E7, 150 * E7)
sizes = st.sampled_from(SIZES)


def within(cell, lat: int, lon: int) -> bool:
    south, west, north, east = cell.bounds()
    lon = lon if lon != 180 * E7 else -180 * E7
    return bool(south <= lat < north and west <= lon < east)


@given(lats, lons, sizes)
def test_a_cell_holds_what_it_is_the_cell_of(lat: int, lon: int, km: int):
    assert within(cell_at(lat, lon, km), lat, lon)


@given(lats, lons)
def test_cells_nest(lat: int, lon: int):
    """Telling coarse what was told fine, or the other way, can never cut a cell in two."""
    cells = [cell_at(lat, lon, km) for km in SIZES]
    for fine, coarse in pairwise(cells):
        (south, west, north, east), (s, w, n, e) = fine.bounds(), coarse.bounds()
        assert s <= south < north <= n
        assert w <= west < east <= e


@given(lats, lons, sizes)
def test_a_cell_is_about_as_wide_as_it_says(lat: int, lon: int, km: int):
    """At least as wide as its size (less 1 % for the Earth's shape), so that nobody is told finer than the policy says."""
    south, west, north, east = cell_at(lat, lon, km).bounds()
    sides = [geodesic(south, west, north, west), geodesic(south, west, south, east), geodesic(north, west, north, east)]
    assert min(sides) >= km * 990
    assert max(sides) <= km * 1000 * (1.6 if abs(lat) > 60 * E7 else 1.15)


@given(lats, away_from_180, sizes, st.floats(0, 360), st.floats(0, 1))
def test_what_is_told_holds_all_of_what_it_stands_for(lat: int, lon: int, km: int, azimuth: float, part: float):
    radius = max(1, round(part * km * 3000))
    told = region(coarse_cell(Circle(coordinates=(lon, lat), radius=radius), km).polygon())
    far = offset(lat, lon, azimuth, radius)
    assert inside.inside(told, *far, 0) is True
    assert inside.inside(told, lat, lon, 0) is True


@given(lats, away_from_180, sizes, st.integers(0, 3000))
def test_a_point_told_coarsely_is_a_cell_whose_error_holds_it(lat: int, lon: int, km: int, error: int):
    drafted = Cell(coordinates=(lon, lat), error=error * km, verbatim="36 12 34N", datum="WGS84", grid="geographic")
    cell = coarse_cell(drafted, km)
    told = cell.point()
    assert geodesic(lat, lon, *told.coordinates[::-1]) * 1000 + drafted.error <= told.error
    assert "36 12" not in told.verbatim


@given(lats, away_from_180, sizes, st.sampled_from(GROWN))
def test_a_cell_that_was_told_is_known_again(lat: int, lon: int, km: int, grown: int):
    cell = cell_at(lat, lon, km)._replace(grown=grown)
    assert known_cell(cell.polygon()) == cell
    assert known_cell(cell.point()) == cell


def test_a_place_near_an_edge_is_told_by_one_cell_as_any_other():
    """Two cells would say that it lies near their edge."""
    south, west, _, _ = cell_at(36 * E7, 37 * E7, 20).bounds()
    near = coarse_cell(Circle(coordinates=(west + 10, south + 10), radius=300), 20)
    middle = coarse_cell(Circle(coordinates=near.centre()[::-1], radius=300), 20)
    assert near == middle


def test_what_is_no_cell_is_not_taken_for_one():
    polygon = cell_at(36 * E7, 37 * E7, 20)._replace(grown=1).polygon()
    ring = tuple((lon + 1, lat) for lon, lat in polygon.coordinates[0])
    assert known_cell(Polygon(coordinates=(ring,), edges="geodesic")) is None
    assert known_cell(Circle(coordinates=(370000000, 360000000), radius=20_000)) is None
    assert known_cell(Point(coordinates=(370000000, 360000000))) is None


@pytest.mark.parametrize(
    ("shape", "km", "what"),
    [
        (Circle(coordinates=(0, 75 * E7), radius=10), 20, "beyond 70 degrees"),
        (Circle(coordinates=(1799999999, 0), radius=10), 20, "across 180 degrees"),
        (Circle(coordinates=(0, 0), radius=50_000), 5, "more than 5 km"),
        (Circle(coordinates=(0, 0), radius=50), 7, "not 7 km"),
        (Line(coordinates=((0, 0), (E7, 0)), edges="geodesic"), 20, "a line cannot be told"),
    ],
)
def test_what_has_no_cell_is_refused(shape, km: int, what: str):
    with pytest.raises(GivenError, match=what) as refused:
        coarse_cell(shape, km).polygon()
    assert refused.value.code == "coarsen-refused"


def test_a_polygon_reaches_as_far_as_its_corners():
    ring = ((0, 0), (E7, 0), (E7, E7), (0, E7), (0, 0))
    lat, lon, reach = extent(Polygon(coordinates=(ring,), edges="geodesic"))
    assert all(geodesic(lat, lon, corner[1], corner[0]) <= reach for corner in ring)
