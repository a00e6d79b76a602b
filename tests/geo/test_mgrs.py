"""Grid references against GEOTRANS (package mgrs), and every way in which one can be wrong."""

from __future__ import annotations

import math
import random

import mgrs as geotrans
import pytest

from detente.errors import GivenError
from detente.geo.ellipsoid import WGS84
from detente.geo.mgrs import read_mgrs, write_mgrs, zone_of
from detente.geo.projection import project, utm_zone


def holds(square, lat, lon) -> bool:
    east, north = project(WGS84, utm_zone(square.zone, square.north), lat, lon)
    return bool(0 <= east - square.easting < square.size and 0 <= north - square.northing < square.size)


def test_references_equal_geotrans_and_come_back():
    dice, theirs = random.Random(1), geotrans.MGRS()
    for _ in range(1500):
        lat, lon = dice.uniform(-79.9, 83.9), dice.uniform(-180, 180)
        ours = write_mgrs(lat, lon)
        plain, other = ours.replace(" ", "").zfill(15), theirs.toMGRS(lat, lon).zfill(15)
        assert plain[:5] == other[:5]
        # GEOTRANS adds a rounding of its own: on the very edge of a square it may be one metre off.
        assert abs(int(plain[5:10]) - int(other[5:10])) <= 1
        assert abs(int(plain[10:]) - int(other[10:])) <= 1
        for digits in (0, 2, 4, 6, 8, 10):
            assert holds(read_mgrs(write_mgrs(lat, lon, digits)), lat, lon)


@pytest.mark.parametrize(
    ("text", "size", "canonical"),
    [
        ("37SCA1234567890", 1, "37S CA 12345 67890"),
        ("37S CA 1234 6789", 10, "37S CA 1234 6789"),
        ("37sca123678", 100, "37S CA 123 678"),
        ("37S CA 12 67", 1000, "37S CA 12 67"),
        ("37S CA 1 6", 10_000, "37S CA 1 6"),
        ("37S CA", 100_000, "37S CA"),
        ("4QFJ12345678", 10, "4Q FJ 1234 5678"),
    ],
)
def test_any_even_number_of_digits_names_a_square(text, size, canonical):
    square = read_mgrs(text)
    assert (square.size, square.text) == (size, canonical)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("37SCA12367", "one is missing or doubled"),
        ("37S CA 1234 56789", "one is missing or doubled"),
        ("37S CA 123456 789012", "the grid ends at 10"),
        ("CA 123 678", "no zone and band"),
        ("61SCA123678", "zones are 1 to 60"),
        ("37ICA123678", "bands C to X"),
        ("37SLA123678", "which zone 37 does not have"),
        ("37SCW123678", "which zone 37 does not have"),
        ("37SIA123678", "which zone 37 does not have"),
        ("37NCV123678", "no part of which lies in zone 37N"),
        ("37SAA123678", "no part of which lies in zone 37S"),
        ("32XNF123678", "does not exist"),
        ("ZAH123678", "is not a grid reference"),
        ("37SDA064423/37SDA065429", "is not a grid reference"),
        ("", "is not a grid reference"),
    ],
)
def test_refused_by_name(text, why):
    with pytest.raises(GivenError, match=why) as refusal:
        read_mgrs(text)
    assert refusal.value.code == "coordinate-invalid"


@pytest.mark.parametrize(
    ("lat", "lon", "zone"),
    [(60, 4, (32, "V")), (60, 2, (31, "V")), (78, 8, (31, "X")), (78, 10, (33, "X")), (0, 0, (31, "N"))],
)
def test_zones_near_norway_are_irregular(lat, lon, zone):
    assert zone_of(lat, lon) == zone
    assert holds(read_mgrs(write_mgrs(lat, lon)), lat, lon)


def test_every_neighbouring_square_letter_moves_at_least_100_km():
    here, there = read_mgrs("37S CA 123 678"), read_mgrs("37S DA 123 678")
    assert math.hypot(here.easting - there.easting, here.northing - there.northing) >= 100_000
