"""Distances against PROJ's geodesics (Karney's algorithm), at every length that an agreement may name."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from detente.geo.ellipsoid import along, arcs, bearing, geodesic, offset, points, points_degrees
from detente.model.shapes import E7

GEOD = Geod(ellps="WGS84")
RNG = np.random.default_rng(2016)


def pairs(metres: float, count: int = 4000):
    lat, lon, azimuth = RNG.uniform(-80, 80, count), RNG.uniform(-180, 180, count), RNG.uniform(0, 360, count)
    lon2, lat2, _ = GEOD.fwd(lon, lat, azimuth, np.full(count, metres))
    return points_degrees(lat, lon), points_degrees(np.array(lat2), np.array(lon2))


@pytest.mark.parametrize(
    ("metres", "lost"), [(1, 1e-8), (500, 1e-8), (2_500, 1e-8), (55_000, 2e-8), (100_000, 2e-7), (500_000, 1e-3)]
)
def test_arcs_equal_geodesics(metres, lost):
    """The module's promise: 0.01 micrometres to 55 km, 0.2 micrometres at 100 km, 1 mm at 500 km."""
    assert np.abs(arcs(*pairs(metres)) - metres).max() < lost + 1e-8


def test_a_position_is_at_distance_zero_from_itself():
    here = points([0, 900_000_000, 350_000_000], [0, 0, -1_800_000_000])
    assert (arcs(here, here) == 0).all()


def test_one_position_against_many():
    one, many = points(350_000_000, 360_000_000), points([350_000_000, 350_000_001], [360_000_000, 360_000_000])
    assert np.allclose(arcs(one, many), [0, 0.011095], atol=1e-5)


def test_geodesic_and_bearing_anywhere():
    assert geodesic(0, 0, 0, 1_799_999_999) == pytest.approx(GEOD.inv(0, 0, 179.9999999, 0)[2], abs=1e-6)
    assert bearing(350_000_000, 360_000_000, 350_000_000, 370_000_000) == pytest.approx(89.7132, abs=1e-3)


def test_a_geodesic_is_cut_into_equal_pieces():
    cut = along(35, 36, 35, 37, 10_000)
    assert len(cut) == 10
    assert cut[0] == pytest.approx((35, 36))
    theirs = np.array(GEOD.npts(36, 35, 37, 35, 9))
    assert np.allclose(cut[1:], theirs[:, ::-1], atol=1e-9)


def test_offset_goes_that_far():
    lat, lon = offset(350_000_000, 360_000_000, 77.0, 12_345.0)
    assert geodesic(350_000_000, 360_000_000, lat, lon) == pytest.approx(12_345, abs=0.01)
    assert abs(lat) < 90 * E7
