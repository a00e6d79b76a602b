"""Datum transformations against PROJ with the same parameters, and what their stated errors rest on."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from detente.errors import GivenError
from detente.geo.datums import DATUMS, Helmert, from_wgs84, read_datum, to_wgs84
from detente.geo.ellipsoid import geodesic
from detente.model.shapes import E7

SYRIA = [(lat, lon) for lat in (32.4, 34.5, 36.0, 37.2) for lon in (35.8, 38.0, 40.2, 42.3)]


def proj(ellipsoid: str, by: Helmert, convention: str = "coordinate_frame") -> Transformer:
    numbers = f"+x={by.x} +y={by.y} +z={by.z} +rx={by.rx} +ry={by.ry} +rz={by.rz} +s={by.scale}"
    return Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cart +ellps={ellipsoid} +step +proj=helmert {numbers} +convention={convention} "
        "+step +inv +proj=cart +ellps=WGS84 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def apart(one, two) -> float:
    return geodesic(*(round(value * E7) for value in (*one, *two)))


@pytest.mark.parametrize(("name", "ellipsoid"), [("SK-42", "krass"), ("ED50", "intl")])
def test_transformations_equal_proj(name, ellipsoid):
    datum = read_datum(name)
    assert datum.to_wgs84 is not None
    theirs = proj(ellipsoid, datum.to_wgs84)
    for lat, lon in [*SYRIA, (-33.9, 18.4), (69.0, 33.1), (55.7, -170.0)]:
        east, north, _ = theirs.transform(lon, lat, 0)
        assert to_wgs84(datum, lat, lon) == pytest.approx((north, east), abs=1e-10)
        assert from_wgs84(datum, *to_wgs84(datum, lat, lon)) == pytest.approx((lat, lon), abs=1e-10)


def test_sk42_read_as_wgs84_is_more_than_100_m_off_in_syria():
    shifts = [apart(to_wgs84(read_datum("SK-42"), *place), place) for place in SYRIA]
    assert 105 < min(shifts) < max(shifts) < 120


EPSG = {  # parameters of the EPSG dataset, whole-area sets for Pulkovo 1942
    1254: (Helmert(28, -130, -95), "coordinate_frame"),
    1267: (Helmert(23.92, -141.27, -80.9, 0, -0.35, -0.82, -0.12), "coordinate_frame"),
    1303: (Helmert(43.822, -108.842, -119.585, 1.455, -0.761, 0.737, 0.549), "position_vector"),
    1807: (Helmert(27, -135, -84.5, 0, 0, 0.554, 0.2263), "position_vector"),
    15865: (Helmert(25, -141, -78.5, 0, -0.35, -0.736, 0), "coordinate_frame"),
}


@pytest.mark.parametrize("code", EPSG)
def test_the_error_added_for_sk42_covers_the_other_published_sets(code):
    """datums.py: "at Syrian places the other sets published for wide areas stay within 16 m of it"."""
    theirs = proj("krass", *EPSG[code])
    datum = read_datum("SK-42")
    for lat, lon in SYRIA:
        east, north, _ = theirs.transform(lon, lat, 0)
        assert apart(to_wgs84(datum, lat, lon), (north, east)) * 1000 < datum.accuracy_mm


@pytest.mark.parametrize(
    "place", [(-103, -106, -141), (-89.05, -87.03, -124.56), (-130, -117, -151), (-84, -107, -120)]
)
def test_the_error_added_for_ed50_covers_its_neighbours(place):
    theirs, datum = proj("intl", Helmert(*place)), read_datum("ED50")
    for lat, lon in SYRIA:
        east, north, _ = theirs.transform(lon, lat, 0)
        assert apart(to_wgs84(datum, lat, lon), (north, east)) * 1000 < datum.accuracy_mm


@pytest.mark.parametrize("name", ["WGS84", "wgs 84", "WGS-84", "SK-42", "sk42", "Pulkovo 1942", "СК-42", "ED50"])
def test_names_of_datums(name):
    assert read_datum(name) in DATUMS


@pytest.mark.parametrize(("name", "code"), [("", "datum-missing"), (" ", "datum-missing"), ("WGS72", "datum-unknown")])
def test_a_datum_is_stated_and_known(name, code):
    with pytest.raises(GivenError, match="WGS84, SK-42, ED50") as refusal:
        read_datum(name)
    assert refusal.value.code == code


def test_helmert_numbers_are_those_of_the_source():
    """EPSG:5044 as published; a change here moves every Soviet coordinate."""
    assert read_datum("SK-42").to_wgs84 == (23.57, -140.95, -79.8, 0.0, -0.35, -0.79, -0.22)
    assert np.isclose(read_datum("SK-42").ellipsoid.a, 6_378_245)
