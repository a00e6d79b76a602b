"""Defences against wrong entry: each says something where it should, and nothing where not."""

from __future__ import annotations

import pytest

from detente.geo import entry
from detente.geo.coordinates import read_cell
from detente.geo.ellipsoid import offset
from detente.geo.gazetteer import Place
from tests.geo.builders import e7

HERE = read_cell("36.15031N 37.15022E", datum="WGS84", grid="geographic")


def away(metres: float):
    lat, lon = offset(HERE.lat, HERE.lon, 70, metres)
    return read_cell(f"{lat / 1e7:.7f}N {lon / 1e7:.7f}E", datum="WGS84", grid="geographic")


def test_the_theatre():
    assert entry.outside_theatre(HERE, entry.Theatre(e7(32), e7(35), e7(38), e7(43))) is None
    found = entry.outside_theatre(HERE, entry.Theatre(e7(32), e7(38), e7(38), e7(43)))
    assert found is not None
    assert found.code == "outside-theatre"


@pytest.mark.parametrize(("metres", "said"), [(4_900, False), (5_100, True)])
def test_the_place_named(metres, said):
    other = away(metres)
    found = entry.far_from_place(HERE, Place("Made-up", "", other.lat, other.lon))
    assert (found is not None) == said
    if found:
        assert "lies 5.1 km from Made-up" in found.text


@pytest.mark.parametrize(("metres", "said"), [(74, False), (77, True)])
def test_a_second_source(metres, said):
    assert (entry.sources_differ(HERE, away(metres)) is not None) == said


@pytest.mark.parametrize(("metres", "said"), [(299, True), (302, False)])
def test_our_own_position(metres, said):
    assert (entry.own_position(HERE, [away(9_000), away(metres)]) is not None) == said
    assert entry.own_position(HERE, []) is None


def test_the_check_group_read_back():
    assert entry.check_group_differs(HERE, HERE.check_group) is None
    found = entry.check_group_differs(HERE, "0000")
    assert found is not None
    assert HERE.check_group in found.text
