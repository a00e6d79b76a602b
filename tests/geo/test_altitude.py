"""Altitudes: every one carries its reference, and unknown stays unknown."""

from __future__ import annotations

import pytest

from detente.errors import GivenError
from detente.geo.altitude import altitude, higher, pressure_from_altimeter, sea_level_from_ellipsoid


def test_bands_are_compared_on_one_reference():
    low, high = altitude(1000, "ft", "sea level", 50), altitude(2000, "ft", "sea level", 50)
    assert higher(high, low) is True
    assert higher(low, high) is False
    assert higher(low, altitude(1060, "ft", "sea level", 50)) is None


@pytest.mark.parametrize("reference", ["ground", "pressure", "ellipsoid", "unknown"])
def test_across_references_nothing_can_be_told(reference):
    assert higher(altitude(9000, "m", "sea level"), altitude(10, "m", reference)) is None


def test_unknown_stays_unknown_even_beside_unknown():
    assert higher(altitude(9000, "m", "unknown"), altitude(10, "m", "unknown")) is None


def test_the_geoid_is_an_argument():
    over = sea_level_from_ellipsoid(altitude(500, "m", "ellipsoid"), 22_000, 24_000)
    assert (over.low_mm, over.high_mm, over.reference) == (476_000, 478_000, "sea level")
    with pytest.raises(GivenError, match="not over ellipsoid"):
        sea_level_from_ellipsoid(altitude(500, "m", "unknown"), 0, 0)


def test_rounding_never_narrows_a_band():
    band = altitude(1, "ft", "ground", 0.0001)
    assert band.low_mm <= 304.76952
    assert band.high_mm >= 304.83048


@pytest.mark.parametrize(("value", "unit", "qnh"), [(1, "km", 1013), (1, "m", 10)])
def test_other_units_and_pressures_are_refused(value, unit, qnh):
    with pytest.raises(GivenError):
        pressure_from_altimeter(altitude(value, unit, "sea level"), qnh)
