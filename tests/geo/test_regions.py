"""Buffers, unions, cuts, moving circles, and the three answers at an edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from detente.errors import GivenError
from detente.geo.areas import read_shape
from detente.geo.ellipsoid import offset, points
from detente.geo.inside import inside, inside_many, is_inside, unsure_mm
from detente.geo.regions import Cut, Disc, Region, Union, Within, region
from tests.geo import reference
from tests.geo.builders import SQUARE, circle, e7, line, polygon, star

ROAD = line((36.2, 37.0), (36.25, 37.1), (36.22, 37.2))


def shape(value):
    return region(read_shape(value))


def test_within_a_line_by_so_many_metres():
    """Castello road: 3,500 m, 2,500 m, 1,000 m and 500 m of a line."""
    road = shape(ROAD)
    at = (e7(36.26), e7(37.05))
    away = reference.to_edge((36.26, 37.05), (36.2, 37.0), (36.25, 37.1))
    for metres in (500, 1_000, 2_500, 3_500, 7_000):
        assert Within(metres, road).distance(*at) == pytest.approx(away - metres, abs=0.001)


def test_a_corridor_is_as_wide_as_it_says():
    corridor = shape(ROAD | {"type": "corridor", "width": 2_000})
    assert corridor.distance(e7(36.2), e7(37.0)) == pytest.approx(-1_000, abs=1e-6)


def test_area_minus_area():
    """A circle less a territorial sea; a strip less a town."""
    strip, town = shape(polygon(SQUARE)), shape(circle(35.5, 36.5, 5_000))
    place = Cut(strip, minus=[town])
    assert inside(place, e7(35.5), e7(36.5), 0) is False
    assert inside(place, e7(35.5), e7(36.6), 0) is True
    assert inside(place, *offset(e7(35.5), e7(36.5), 90, 5_000), 50) is None
    assert inside(place, e7(36.5), e7(36.5), 0) is False


def test_area_and_area():
    place = Cut(shape(polygon(SQUARE)), inside=[shape(circle(35, 36, 20_000))])
    assert inside(place, e7(35.05), e7(36.05), 0) is True
    assert inside(place, e7(34.95), e7(36.05), 0) is False
    assert inside(place, e7(35.5), e7(36.5), 0) is False


def test_any_of_several():
    place = Union([Disc(e7(35), e7(36), 1_000), Disc(e7(36), e7(36), 1_000)])
    assert inside(place, e7(36), e7(36), 0) is True
    assert inside(place, e7(35.5), e7(36), 0) is False


def test_a_buffer_of_a_cut_place_is_refused():
    cut = Cut(shape(polygon(SQUARE)), minus=[shape(circle(35.5, 36.5, 5_000))])
    for place in (cut, Union([cut, shape(polygon(SQUARE))])):
        with pytest.raises(GivenError, match="buffer first, cut after"):
            Within(100, place)


@pytest.mark.parametrize("metres", [-1, 500_001])
def test_a_buffer_has_a_sensible_width(metres):
    with pytest.raises(GivenError, match="is beyond 500 km"):
        Within(metres, shape(ROAD))


def test_buffers_of_buffers_add_up():
    assert Within(300, Within(200, Disc(e7(35), e7(36), 0))).distance(e7(35), e7(36)) == -500


def test_planar_edges_add_their_error():
    place = Cut(Union([shape(polygon(SQUARE, edges="planar"))]), minus=[shape(circle(35.5, 36.5, 50))])
    assert (place.error_mm, Within(5, shape(ROAD)).error_mm) == (100, 0)


def test_a_moving_circle():
    """Black Sea: 10 NM around a vessel that was last seen 20 min ago and makes at most 12 knots."""
    vessel = Within(18_520, Disc(e7(43.5), e7(31.0), 0))
    drift = round(12 * 1852 / 3.6)  # mm/s
    near, edge, far = (offset(e7(43.5), e7(31.0), 45, metres) for metres in (10_000, 16_000, 30_000))
    now = unsure_mm(100_000)
    later = unsure_mm(100_000, drift_mm_s=drift, age_ms=20 * 60_000)
    assert later == 100_000 + drift * 1200
    assert [inside(vessel, *at, now) for at in (near, edge, far)] == [True, True, False]
    assert [inside(vessel, *at, later) for at in (near, edge, far)] == [True, None, False]


def test_unsureness_is_rounded_up_and_never_negative():
    assert unsure_mm(1, 2, 3, 4) == 4
    assert unsure_mm(0, drift_mm_s=1000, age_ms=-500) == 500
    with pytest.raises(ValueError, match="less than nothing"):
        unsure_mm(-1)


def test_three_answers():
    """21-language-reference, 6: d + e <= 0 yes, d - e > 0 no, else cannot tell."""
    assert is_inside(-60.0, 50_000) is True
    assert is_inside(-40.0, 50_000) is None
    assert is_inside(40.0, 50_000) is None
    assert is_inside(60.0, 50_000) is False


@given(st.floats(-1e6, 1e6), st.integers(0, 10**8))
def test_one_and_many_agree(metres, e):
    from detente.geo.inside import certainty

    sure, maybe = certainty(np.array([metres]), e)
    assert {True: (True, True), None: (False, True), False: (False, False)}[is_inside(metres, e)] == (sure[0], maybe[0])


def blurred(dice: st.DataObject, lat: int, lon: int, most: int):
    metres = dice.draw(st.floats(0, most))
    return *offset(lat, lon, dice.draw(st.floats(0, 360)), metres), int(metres * 1000) + 10


@limits(max_examples=60)
@given(st.integers(0, 10**6), st.integers(-30_000_00, 30_000_00), st.integers(-30_000_00, 30_000_00), st.data())
def test_a_blurred_position_never_contradicts_the_true_one(seed, north, east, dice):
    """Soundness, for every kind of region: with an error that covers the blur, a definite answer is the true one."""
    area, other = shape(polygon(star(seed, 35, 37, 7, 30_000))), shape(polygon(star(seed + 1, 35.05, 37.05, 7, 30_000)))
    places: list[Region] = [
        area,
        Within(2_000, area),
        Within(1_500, shape(line((34.9, 36.9), (35.1, 37.1)))),
        Union([area, other]),
        Cut(area, inside=[other]),
        Cut(area, minus=[Within(500, other)]),
    ]
    lat, lon = e7(35) + north, e7(37) + east
    seen_lat, seen_lon, e = blurred(dice, lat, lon, 2_000)
    for place in places:
        truth, answer = place.distance(lat, lon) <= 0, inside(place, seen_lat, seen_lon, e)
        assert answer is None or answer == truth


def test_many_positions_with_their_own_errors():
    place = shape(circle(35, 36, 1_000))
    lat, lon = offset(e7(35), e7(36), 0, 900)
    surely, possibly = inside_many(place, points([lat] * 3, [lon] * 3), [0, 99_000, 101_000])
    assert surely.tolist() == [True, True, False]
    assert possibly.tolist() == [True, True, True]


def test_nothing_is_inside_a_point_or_a_line():
    assert inside(shape({"type": "point", "coordinates": [e7(36), e7(35)]}), e7(35), e7(36), 0) is None
    assert inside(shape(ROAD), e7(36.2), e7(37.1), 0) is False
