"""Shapes: their schema, what is refused and by which name, and the one byte form."""

from __future__ import annotations

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pyproj import Geod

from detente.errors import GivenError
from detente.geo.areas import Circle, Corridor, Point, Polygon, canonical, read_shape, shape_bytes
from detente.model import canon
from detente.model.shapes import E7
from tests.geo.builders import HOLE, SQUARE, circle, e7, line, path, polygon, star

GEOD = Geod(ellps="WGS84")


def refused(value, *, from_text=False) -> str:
    with pytest.raises(GivenError) as refusal:
        read_shape(value, from_text=from_text)
    assert refusal.value.code == "shape-invalid"
    return f"{refusal.value.where}: {refusal.value.what}"


def test_every_area_states_its_edges():
    shape = polygon(SQUARE)
    del shape["edges"]
    assert "missing required field `edges`" in refused(shape)
    assert "Invalid enum value" in refused(polygon(SQUARE, edges="straight"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "square"}, "Invalid value 'square'"),
        ({"radius": 5}, "unknown field `radius`"),
        ({"coordinates": []}, "length >= 1"),
        ({"coordinates": [[[1.5, 2], [3, 4], [5, 6], [1, 2]]]}, "Expected `int`, got `float`"),
        ({"coordinates": [[["1", 2], [3, 4], [5, 6], [1, 2]]]}, "Expected `int`, got `str`"),
        ({"coordinates": [[[0, 900_000_001], [3, 4], [5, 6], [0, 900_000_001]]]}, "<= 900000000"),
        ({"coordinates": [path(SQUARE[:3])]}, "length >= 4"),
        ({"coordinates": [path(SQUARE[:4])]}, "ring 0: the last position must repeat the first"),
        ({"coordinates": [path([SQUARE[0], *SQUARE])]}, "ring 0: edge 0: both ends are 35.0000000N 36.0000000E"),
    ],
)
def test_schema(change, why):
    assert why in refused(polygon(SQUARE) | change)


def test_an_agreement_file_holds_digits_as_text():
    shape = polygon(SQUARE)
    shape["coordinates"] = [[[str(lon), str(lat)] for lon, lat in ring] for ring in shape["coordinates"]]
    assert read_shape(shape, from_text=True) == read_shape(polygon(SQUARE))
    assert "Expected `int`" in refused(shape)


BOW_TIE = [(35, 36), (36, 37), (35, 37), (36, 36), (35, 36)]
SPIKE = [(35, 36), (36, 36), (35.5, 36), (35.2, 37), (35, 36)]
PINCHED = [(35, 36), (35, 37), (35.5, 36.5), (36, 37), (36, 36), (35.5, 36.5), (35, 36)]


@pytest.mark.parametrize("edges", ["geodesic", "planar"])
@pytest.mark.parametrize(
    ("ring", "why"),
    [
        (BOW_TIE, "ring 0: edge 0 crosses or touches edge 2 at 35.5"),
        (SPIKE, "ring 0: edge 0 runs back along edge 1 at 36.0000000N 36.0000000E"),
        (PINCHED, "ring 0: edge 1 crosses or touches edge 4 at 35.5000000N 36.5000000E"),
        ([(0, 0), (0, 120), (0, -121), (0, 0)], "put positions between"),
        ([(35, 179), (35, -179), (36, -179), (36, 179), (35, 179)], "edge 0: crosses 180° of longitude"),
        ([(35, 0), (35, 12), (35, 24), (45, 12), (35, 0)], "farther than 1,000 km"),
        ([(35, 0), (35, 30), (50, 24), (35, 0)], "put positions between"),
    ],
)
def test_rings_without_a_clear_inside(ring, edges, why):
    assert why in refused(polygon(ring, edges=edges))


def test_a_corner_on_a_planar_edge_touches_it():
    """The geodesic edge passes 114 m farther north: what edges are decides, so they are stated."""
    on_edge = [(35, 36), (35, 37), (36, 37), (35, 36.5), (36, 36), (35, 36)]
    assert "edge 0 crosses or touches edge 3 at 35.0000000N 36.5000000E" in refused(polygon(on_edge, edges="planar"))
    assert "edge 0 crosses or touches edge 3 at 35.0010" in refused(polygon(on_edge, edges="geodesic"))
    between = [(35, 36), (35, 37), (36, 37), (35.0005, 36.5), (36, 36), (35, 36)]
    assert read_shape(polygon(between, edges="planar"))
    assert "crosses or touches" in refused(polygon(between, edges="geodesic"))


@pytest.mark.parametrize(
    ("rings", "why"),
    [
        ([SQUARE, [(35, 38), (36, 38), (36, 39), (35, 38)]], "ring 1: is a hole outside its outer ring"),
        ([HOLE, SQUARE], "ring 1: is a hole outside its outer ring"),
        ([SQUARE, HOLE, [(35.45, 36.45), (35.5, 36.45), (35.5, 36.5), (35.45, 36.45)]], "is a hole within a hole"),
        ([SQUARE, [(35.5, 36.9), (35.5, 37.1), (35.6, 37.1), (35.5, 36.9)]], "crosses or touches edge"),
    ],
)
def test_holes(rings, why):
    assert why in refused(polygon(*rings))


def parts(*polygons):
    return {"type": "multipolygon", "edges": "geodesic", "coordinates": [each["coordinates"] for each in polygons]}


def test_parts_lie_apart_or_in_a_hole():
    island = polygon([(35.45, 36.45), (35.45, 36.55), (35.55, 36.5), (35.45, 36.45)])
    assert read_shape(parts(polygon(SQUARE, HOLE), island))
    assert "overlaps part" in refused(parts(polygon(SQUARE), island))
    assert "crosses or touches" in refused(parts(polygon(SQUARE), polygon(SQUARE)))
    neighbour = polygon([(lat, lon + 1) for lat, lon in SQUARE])
    assert "crosses or touches" in refused(parts(polygon(SQUARE), neighbour))


def test_planar_edges_end_before_the_pole():
    assert "beyond 85°" in refused(line((84, 0), (86, 1), edges="planar"))
    assert read_shape(line((84, 0), (86, 1)))


@limits(max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 30), st.booleans())
def test_one_area_has_one_byte_form(seed, start, backward):
    ring = star(seed, 35, 37, 9, 20_000)
    start %= len(ring) - 1
    turned = [*ring[start:-1], *ring[: start + 1]]
    same = read_shape(polygon(turned[::-1] if backward else turned))
    assert shape_bytes(same) == shape_bytes(read_shape(polygon(ring)))
    assert read_shape(canon_value(shape_bytes(same))) == same


def canon_value(data: bytes):

    value = json.loads(data)
    assert canon.encode(value) == data
    return value


@limits(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([-60.0, -20.0, 0.0, 35.0, 70.0]))
def test_outer_rings_run_anticlockwise(seed, lat):
    """Against PROJ's signed geodesic area."""
    ring = star(seed, lat, 37, 7, 30_000)
    (ring_out,) = msgspec.to_builtins(read_shape(polygon(ring)))["coordinates"]
    lons, lats = zip(*ring_out, strict=True)
    area, _ = GEOD.polygon_area_perimeter([lon / 1e7 for lon in lons], [lat / 1e7 for lat in lats])
    assert area > 0


def test_a_thin_triangle_turns_as_its_geodesic_edges_say():
    """On the map its tip lies north of the base; the base is a geodesic that passes 114 m farther north."""
    thin = [(35, 36), (35, 37), (35.0005, 36.5), (35, 36)]
    geodesic, planar = (msgspec.to_builtins(read_shape(polygon(thin, edges=edges))) for edges in ("geodesic", "planar"))
    assert geodesic["coordinates"][0] == planar["coordinates"][0][::-1]


def test_lines_and_circles():
    assert read_shape(line((35, 36), (36, 37))) == read_shape(line((36, 37), (35, 36)))
    assert read_shape(circle(35, 36, 500)) == Circle(coordinates=(e7(36), e7(35)), radius=500)
    assert "Expected `int` >= 1" in refused(circle(35, 36, 0))
    corridor = line((35, 36), (36, 37)) | {"type": "corridor", "width": 7_000}
    assert read_shape(corridor) == Corridor(
        coordinates=((e7(36), e7(35)), (e7(37), e7(36))), edges="geodesic", width=7_000
    )
    assert read_shape({"type": "point", "coordinates": [1, 2]}) == Point(coordinates=(1, 2))


def test_a_shape_that_would_take_for_ever_is_refused():
    """A statement's bytes hold two thousand positions; they may not unfold into millions of pieces."""
    zigzag = [(60 + number * 1e-5, 10.0 if number % 2 else 20.0) for number in range(2_000)]
    assert "more than 50000 pieces" in refused(polygon([*zigzag, (59, 15), zigzag[0]]))
    tight = [(60 + number * 1e-5, 10.0 if number % 2 else 10.5) for number in range(2_000)]
    assert "side by side" in refused(polygon([*tight, (59.9, 10.1), tight[0]]))


def test_many_parts_are_checked_quickly():
    def small(number):
        lat, lon = 33 + number // 20 * 0.1, 36 + number % 20 * 0.1
        return polygon([(lat, lon), (lat, lon + 0.05), (lat + 0.05, lon), (lat, lon)])

    read = msgspec.to_builtins(read_shape(parts(*(small(number) for number in range(400)))))
    assert len(read["coordinates"]) == 400


def comb(teeth: int) -> Polygon:
    """Teeth of 250 km, 100 m apart: small in bytes, slow to compare."""
    far, step = 2 * E7, 1_000
    ends = [((40 * E7 + at * step, 35 * E7), (40 * E7 + at * step + far, 35 * E7 + far)) for at in range(teeth)]
    zigzag = [end for at, pair in enumerate(ends) for end in (pair if at % 2 == 0 else pair[::-1])]
    ring = (*zigzag, (40 * E7 - step, 35 * E7 - step), zigzag[0])
    return Polygon(coordinates=(ring,), edges="geodesic")


def test_a_shape_made_to_be_slow_is_refused_before_it_is_compared():
    canonical(comb(100))
    begun = time.perf_counter()
    with pytest.raises(GivenError, match="side by side") as refused:
        canonical(comb(800))
    assert refused.value.code == "shape-invalid"
    assert time.perf_counter() - begun < 5
