"""Distances to edges, and inside or outside, against the slow oracle."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pyproj import Geod

from detente.geo.areas import read_shape
from detente.geo.edges import REACH
from detente.geo.ellipsoid import points, points_degrees
from detente.geo.pieces import LONGEST, cut_path
from detente.geo.regions import region
from tests.geo import reference
from tests.geo.builders import HOLE, SQUARE, e7, line, path, polygon, star

GEOD = Geod(ellps="WGS84")


def close(ours: float, theirs: float) -> bool:
    return abs(ours - theirs) <= 0.001 + abs(theirs) * 1e-6 and (ours > 0) == (theirs > 0)


@pytest.mark.parametrize("lat", [-70.0, -1.0, 35.0, 60.0])
@pytest.mark.parametrize("metres", [500, 20_000, 150_000])
def test_polygons_equal_the_oracle(lat, metres):
    for seed in range(3):
        ring = star(seed, lat, 37.3, 8, metres)
        place = region(read_shape(polygon(ring)))
        dice = random.Random(seed)
        for _ in range(6):
            reach = 1.6 * metres / 111_000
            at_lat = round(lat + dice.uniform(-reach, reach), 7)
            at_lon = round(37.3 + dice.uniform(-reach, reach) / np.cos(np.radians(lat)), 7)
            theirs = reference.signed((at_lat, at_lon), [ring])
            assert close(place.distance(e7(at_lat), e7(at_lon)), theirs), (seed, at_lat, at_lon)


@limits(max_examples=8)
@given(st.integers(0, 10**6), st.floats(0.8, 1.2), st.floats(0, 360))
def test_near_an_edge_the_oracle_is_met_to_a_millimetre(seed, share, azimuth):
    """Positions a few metres from a random edge of a random area, where answers are decided."""
    ring = star(seed, 35, 37, 7, 60_000)
    place = region(read_shape(polygon(ring)))
    one, two = ring[0], ring[1]
    along = reference.EARTH.InverseLine(*one, *two)
    foot = along.Position(along.s13 * share)
    there = reference.EARTH.Direct(foot["lat2"], foot["lon2"], azimuth, 7.0)
    lat, lon = round(there["lat2"], 7), round(there["lon2"], 7)
    theirs = reference.signed((lat, lon), [ring])
    assert abs(place.distance(e7(lat), e7(lon)) - theirs) < 0.001


def test_a_polygon_with_a_hole():
    place = region(read_shape(polygon(SQUARE, HOLE)))
    for lat, lon in [(35.5, 36.5), (35.3, 36.3), (35.39, 36.5), (35.41, 36.41), (36.2, 36.5), (35.5, 36.39)]:
        assert close(place.distance(e7(lat), e7(lon)), reference.signed((lat, lon), [SQUARE, HOLE])), (lat, lon)


def test_lines_have_no_inside():
    place = region(read_shape(line((35, 36), (35.5, 37), (35, 38))))
    for lat, lon in [(35.2, 36.5), (35.3, 37.5), (36, 37), (34.5, 35)]:
        theirs = min(
            reference.to_edge((lat, lon), (35, 36), (35.5, 37)), reference.to_edge((lat, lon), (35.5, 37), (35, 38))
        )
        assert close(place.distance(e7(lat), e7(lon)), theirs)


@pytest.mark.parametrize(
    ("metres", "lost"), [(0.01, 1e-6), (2_500, 1e-6), (10_000, 1e-5), (50_000, 1e-3), (100_000, 1e-2)]
)
def test_perpendiculars_of_known_length(metres, lost):
    """Feet anywhere on geodesic edges of 40 km, all over the Earth; points so many metres to their left."""
    dice = np.random.default_rng(int(metres))
    for _ in range(60):
        lat, lon, azimuth = dice.uniform(-65, 65), dice.uniform(-170, 170), dice.uniform(0, 360)
        lon2, lat2, _ = GEOD.fwd(lon, lat, azimuth, 40_000)
        ends = [(round(lat, 7), round(lon, 7)), (round(lat2, 7), round(lon2, 7))]
        azimuth, _, length = GEOD.inv(ends[0][1], ends[0][0], ends[1][1], ends[1][0])
        foot_lon, foot_lat, back = GEOD.fwd(ends[0][1], ends[0][0], azimuth, dice.uniform(0, length))
        p_lon, p_lat, _ = GEOD.fwd(foot_lon, foot_lat, back + 90, metres)
        place = region(read_shape(line(*ends)))
        here = points_degrees(np.array([p_lat]), np.array([p_lon]))
        assert place.distances(here)[0] == pytest.approx(metres, abs=lost)


def test_far_away_the_distance_is_a_lower_bound():
    place = region(read_shape(polygon(SQUARE)))
    lats, lons = np.array([-35.0, 35.5, 80.0, 35.5]), np.array([-143.5, 50.0, 0.0, -143.0])
    for lat, lon, ours in zip(lats, lons, place.distances(points_degrees(lats, lons)), strict=True):
        theirs = reference.signed((lat, lon), [SQUARE])
        assert REACH < ours <= theirs + 1


def test_many_positions_at_once_equal_one_by_one():
    place = region(read_shape(polygon(star(5, 35, 37, 40, 50_000))))
    dice = np.random.default_rng(1)
    lats, lons = dice.integers(e7(34), e7(36), 3000), dice.integers(e7(36), e7(38), 3000)
    together = place.distances(points(lats, lons))
    for number in range(0, 3000, 100):
        assert place.distance(int(lats[number]), int(lons[number])) == pytest.approx(together[number], abs=1e-7)


@limits(max_examples=25)
@given(st.integers(0, 10**6), st.integers(-2_000_000, 2_000_000), st.integers(-2_000_000, 2_000_000))
def test_a_signed_distance_changes_by_a_metre_a_metre(seed, north, east):
    """What index.py rests on."""
    place = region(read_shape(polygon(star(seed, 35, 37, 9, 30_000))))
    one, two = (e7(35.1), e7(37.1)), (e7(35.1) + north, e7(37.1) + east)
    away = reference.apart((one[0] / 1e7, one[1] / 1e7), (two[0] / 1e7, two[1] / 1e7))
    assert abs(place.distance(*one) - place.distance(*two)) <= away + 0.001


def test_a_geodesic_edge_is_cut_on_the_geodesic():
    pieces = cut_path(path([(35, 36), (35, 37)]), "geodesic", "")
    assert len(pieces) == 10
    assert pieces.length.max() <= LONGEST
    for number in range(10):
        up = pieces.start.up[number]
        lat, lon = np.degrees(np.arcsin(up[2])), np.degrees(np.arctan2(up[1], up[0]))
        assert reference.to_edge((lat, lon), (35, 36), (35, 37)) < 0.01  # the oracle searches to 0.01 m


@pytest.mark.parametrize(
    ("one", "two"),
    [((35, 36), (35, 37)), ((60, 10), (62, 13)), ((-80, 0), (-79, 3)), ((84, 0), (84.9, 9)), ((0, 0), (0.5, 3))],
)
def test_a_planar_edge_keeps_within_its_stated_error(one, two):
    """pieces.py: geodesic pieces stay within 0.1 m of the straight line on the map."""
    place = region(read_shape(line(one, two, edges="planar")))
    shares = np.linspace(0, 1, 4001)
    lats, lons = one[0] + shares * (two[0] - one[0]), one[1] + shares * (two[1] - one[1])
    worst = float(place.distances(points_degrees(lats, lons)).max()) * 1000
    assert worst <= place.error_mm
