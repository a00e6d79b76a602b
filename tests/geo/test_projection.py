"""UTM and Gauss-Krüger against PROJ."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Proj

from detente.geo.datums import read_datum
from detente.geo.projection import gk_zone, project, unproject, utm_zone

CASES = [
    ("WGS84", "WGS84", utm_zone(37, True)),
    ("WGS84", "WGS84", utm_zone(36, False)),
    ("WGS84", "WGS84", utm_zone(1, True)),
    ("ED50", "intl", utm_zone(60, True)),
    ("SK-42", "krass", gk_zone(7)),
    ("SK-42", "krass", gk_zone(31)),
]


@pytest.mark.parametrize(("datum", "ellipsoid", "zone"), CASES)
def test_zones_equal_proj(datum, ellipsoid, zone):
    shape = read_datum(datum).ellipsoid
    theirs = Proj(
        f"+proj=tmerc +ellps={ellipsoid} +lon_0={zone.meridian} +k={zone.scale} +x_0={zone.east} +y_0={zone.north}"
    )
    dice = np.random.default_rng(7)
    for lat, away in zip(dice.uniform(-84, 84, 300), dice.uniform(-4, 4, 300), strict=True):
        lon = (zone.meridian + away + 180) % 360 - 180
        assert project(shape, zone, lat, lon) == pytest.approx(theirs(lon, lat), abs=1e-6)
        back = unproject(shape, zone, *project(shape, zone, lat, lon))
        assert back[0] == pytest.approx(lat, abs=1e-10)
        assert (back[1] - lon + 180) % 360 - 180 == pytest.approx(0, abs=1e-10)


def test_zones_lie_where_their_maps_say():
    assert (utm_zone(37, True).meridian, gk_zone(7).meridian, gk_zone(32).meridian) == (39, 39, -171)
    assert gk_zone(7).east == 7_500_000
