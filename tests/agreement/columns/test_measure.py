"""Bounds of distances hold the distances of the judge's geometry, and are narrow where it matters."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

from detente.agreement.columns.measure import Measure
from detente.agreement.distances import Distances
from detente.agreement.judge.places import distance
from detente.agreement.record import Path, Region, Spot

EXACT = Distances()


def ring(random: Random, lon: float, lat: float, reach: float, corners: int = 30) -> Region:
    turns = [2 * math.pi * n / corners for n in range(corners)]
    away = [reach * (0.6 + 0.4 * random.random()) for _ in turns]
    return Region(
        rings=(tuple((lon + r * math.cos(t), lat + r * math.sin(t)) for r, t in zip(away, turns, strict=True)),)
    )


def shapes(seed: int) -> list[Spot | Region | Path]:
    random = Random(seed)
    lon, lat = random.uniform(-170, 170), random.uniform(-65, 65)
    hole = ring(random, lon, lat, 0.05).rings
    return [
        Spot(lon, lat), Region(centre=(lon, lat), radius=15_000.0), ring(random, lon, lat, 0.3),
        Region(rings=ring(random, lon, lat, 0.4).rings + hole),
        Path(((lon - 0.5, lat), (lon + 0.6, lat + 0.1), (lon + 0.7, lat - 0.4))),
        Region(rings=(((lon - 1.1, lat), (lon + 1.1, lat), (lon + 1.1, lat + 1), (lon - 1.1, lat + 1)),)),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_bounds_hold(seed: int):
    random = Random(-seed)
    for shape in shapes(seed):
        measure = Measure(shape)
        assert measure.sayable
        assert measure.box is not None
        west, south, east, north = measure.box
        lon = np.array([random.uniform(west - 0.3, east + 0.3) for _ in range(60)])
        lat = np.array([random.uniform(south - 0.3, north + 0.3) for _ in range(60)])
        exact = np.array([distance(EXACT, x, y, shape) for x, y in zip(lon, lat, strict=True)])
        for fine in (False, True):
            low, high = measure.bounds(lon, lat, fine=fine)
            assert (low <= exact).all()
            assert (exact <= high).all()
        near = np.abs(exact) < 2_000
        assert (high - low)[near].max(initial=0) < 12


@pytest.mark.parametrize("seed", range(6))
def test_what_may_be_near_is_never_left_out(seed: int):
    random = Random(100 + seed)
    for shape in shapes(seed):
        measure = Measure(shape)
        assert measure.box is not None
        west, south, east, north = measure.box
        lon = np.array([random.uniform(west - 0.1, east + 0.1) for _ in range(200)])
        lat = np.array([random.uniform(south - 0.1, north + 0.1) for _ in range(200)])
        found = measure.reaches(lon, lat, 3_000.0)
        assert found is not None
        left = np.setdiff1d(np.arange(200), found)
        assert all(distance(EXACT, lon[at], lat[at], shape) > 3_000.0 for at in left)
