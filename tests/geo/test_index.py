"""The index loses nothing: every answer equals that of every place asked at every position."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from detente.geo.areas import read_shape
from detente.geo.ellipsoid import points
from detente.geo.index import Index
from detente.geo.inside import inside_many
from detente.geo.regions import Cut, Disc, Union, Within, region
from tests.geo.builders import circle, e7, line, polygon, star


def shape(value):
    return region(read_shape(value))


def brute(places, lats, lons, e_mm):
    where = points(lats, lons)
    found = set()
    for number, place in enumerate(places):
        surely, possibly = inside_many(place, where, e_mm)
        found |= {(int(at), number, bool(surely[at])) for at in np.flatnonzero(possibly)}
    return found


def asked(index, lats, lons, e_mm):
    hits = index.ask(lats, lons, e_mm)
    listed = list(zip(hits.position.tolist(), hits.place.tolist(), hits.surely.tolist(), strict=True))
    assert listed == sorted(listed)
    assert len(set(listed)) == len(listed)
    return set(listed)


@limits(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([35.0, -54.97, 68.0, 0.0]), st.sampled_from([0, 700_000, 9_000_000]))
def test_places_of_every_kind(seed, lat, most):
    lon = 37.0
    area = shape(polygon(star(seed, lat, lon, 9, 40_000)))
    road = shape(line((lat - 0.2, lon - 0.2), (lat, lon + 0.1), (lat + 0.3, lon)))
    town = shape(circle(lat + 0.1, lon, 4_000))
    places = [
        area,
        town,
        road,
        shape(polygon(star(seed + 1, lat + 0.1, lon, 9, 3_000))),
        Within(3_500, road),
        Within(2_000, Within(500, area)),
        Within(750, town),
        Union([town, Within(100, road)]),
        Cut(area, inside=[Within(9_000, road)], minus=[town]),
        Disc(e7(lat), e7(lon), 0),
    ]
    index = Index(places, margin_mm=max(most, 1))
    dice = np.random.default_rng(seed)
    lats = dice.integers(e7(lat - 0.7), e7(lat + 0.7), 800)
    lons = dice.integers(e7(lon - 0.7), e7(lon + 0.7), 800)
    e_mm = dice.integers(0, most + 1, 800)
    assert asked(index, lats, lons, e_mm) == brute(places, lats, lons, e_mm)


def test_positions_on_edges_corners_and_cell_borders():
    """Where a cell's decision would show first: the grid lines of the cells, and the edges of the places."""
    square = [(35.0, 36.0), (35.0, 36.08), (35.08, 36.08), (35.08, 36.0), (35.0, 36.0)]
    places = [shape(polygon(square, edges="planar")), shape(circle(35.04, 36.04, 2_000))]
    index = Index(places, margin_mm=50_000)
    steps = np.arange(e7(34.99), e7(35.09) + 1, 50_000)
    lats, lons = (grid.reshape(-1) for grid in np.meshgrid(steps, steps + e7(1)))
    assert asked(index, lats, lons, 10_000) == brute(places, lats, lons, 10_000)


def test_across_180_degrees_and_at_the_pole():
    places = [Disc(e7(10), e7(179.99), 5_000), Disc(e7(10), e7(-179.99), 5_000), Disc(e7(89.99), e7(12), 9_000)]
    index = Index(places, margin_mm=1_000)
    dice = np.random.default_rng(4)
    lats = np.concatenate([dice.integers(e7(9.9), e7(10.1), 500), dice.integers(e7(89.8), e7(90), 500), [e7(90)]])
    lons = np.concatenate(
        [
            (dice.integers(e7(179.9), e7(180.1), 500) + e7(180)) % e7(360) - e7(180),
            dice.integers(-e7(180), e7(180), 500),
            [0],
        ]
    )
    lons[:3] = [e7(180), -e7(180), e7(179.99)]
    found = asked(index, lats, lons, 500)
    assert found == brute(places, lats, lons, 500)
    assert {place for _, place, _ in found} == {0, 1, 2}


def test_nothing_asked_and_nothing_known():
    assert len(Index([], margin_mm=0).ask([e7(35)], [e7(36)], 0).position) == 0
    assert len(Index([Disc(0, 0, 5)], margin_mm=0).ask([], [], 0).position) == 0


def test_more_unsure_than_the_index_was_built_for_is_refused():
    with pytest.raises(ValueError, match="built for 100"):
        Index([Disc(0, 0, 5)], margin_mm=100).ask([0], [0], 101)
