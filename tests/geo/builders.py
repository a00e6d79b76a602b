"""Shapes from plain degrees, and random ones."""

from __future__ import annotations

import math
import random

E7 = 10_000_000
SQUARE = [(35.0, 36.0), (35.0, 37.0), (36.0, 37.0), (36.0, 36.0), (35.0, 36.0)]
HOLE = [(35.4, 36.4), (35.4, 36.6), (35.6, 36.6), (35.6, 36.4), (35.4, 36.4)]


def e7(degrees: float) -> int:
    return round(degrees * E7)


def path(positions):
    """[lon, lat] in 1e-7 degrees from (lat, lon) in degrees."""
    return [[e7(lon), e7(lat)] for lat, lon in positions]


def polygon(*rings, edges="geodesic"):
    return {"type": "polygon", "edges": edges, "coordinates": [path(ring) for ring in rings]}


def line(*positions, edges="geodesic"):
    return {"type": "line", "edges": edges, "coordinates": path(positions)}


def circle(lat, lon, radius):
    return {"type": "circle", "coordinates": [e7(lon), e7(lat)], "radius": radius}


def star(seed: int, lat: float, lon: float, corners: int, metres: float):
    """A ring around a position that any ray from there meets once: simple, with notches. At least five corners."""
    dice = random.Random(seed)
    ring = []
    for number in range(corners):
        angle = (number + dice.uniform(0.1, 0.9)) * 2 * math.pi / corners
        away = metres * dice.uniform(0.3, 1) / 111_000
        ring.append((lat + away * math.sin(angle), lon + away * math.cos(angle) / math.cos(math.radians(lat))))
    ring = [(round(a, 7), round(b, 7)) for a, b in ring]
    return [*ring, ring[0]]
