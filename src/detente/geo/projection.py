"""The transverse Mercator projection, and its two families of zones: UTM and Gauss-Krüger.

Krüger's series to the fourth order in n (Karney 2011, eq. 35 and 36): within a zone the terms left out are below
1 micrometre; tests/geo/test_projection.py compares with PROJ. Zones of both are 6 degrees wide. They differ in scale
(0.9996 against 1: 1.6 km of northing at 36 degrees north) and in the zone's number before the easting.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

from detente.geo.ellipsoid import Ellipsoid


class Zone(NamedTuple):
    """A transverse Mercator zone: central meridian (degrees), scale there, false easting and northing (m)."""

    meridian: float
    scale: float
    east: float
    north: float


def utm_zone(number: int, north: bool) -> Zone:
    """UTM zone 1 to 60; the southern ones count from 10,000 km south of the equator."""
    return Zone(6.0 * number - 183, 0.9996, 500_000.0, 0.0 if north else 10_000_000.0)


def gk_zone(number: int) -> Zone:
    """Gauss-Krüger zone 1 to 60 of 6 degrees: zone 1 is centred on 3° E, and its number leads the easting."""
    return Zone(float((6 * number - 3 + 180) % 360 - 180), 1.0, number * 1e6 + 500_000.0, 0.0)


class _Series(NamedTuple):
    radius: float
    forward: tuple[float, ...]
    back: tuple[float, ...]


@cache
def _series(shape: Ellipsoid) -> _Series:
    n = shape.f / (2 - shape.f)
    n2, n3, n4 = n**2, n**3, n**4
    return _Series(
        shape.a / (1 + n) * (1 + n2 / 4 + n4 / 64),
        (
            n / 2 - 2 * n2 / 3 + 5 * n3 / 16 + 41 * n4 / 180,
            13 * n2 / 48 - 3 * n3 / 5 + 557 * n4 / 1440,
            61 * n3 / 240 - 103 * n4 / 140,
            49_561 * n4 / 161_280,
        ),
        (
            n / 2 - 2 * n2 / 3 + 37 * n3 / 96 - n4 / 360,
            n2 / 48 + n3 / 15 - 437 * n4 / 1440,
            17 * n3 / 480 - 37 * n4 / 840,
            4397 * n4 / 161_280,
        ),
    )


def project(shape: Ellipsoid, zone: Zone, lat: float, lon: float) -> tuple[float, float]:
    """Easting and northing in metres of a position in degrees on the same ellipsoid."""
    series = _series(shape)
    e = math.sqrt(shape.e2)
    lam = math.radians((lon - zone.meridian + 180) % 360 - 180)
    conformal = _conformal(e, math.tan(math.radians(lat)))
    xi = math.atan2(conformal, math.cos(lam))
    eta = math.asinh(math.sin(lam) / math.hypot(conformal, math.cos(lam)))
    x, y = xi, eta
    for order, factor in enumerate(series.forward, 1):
        x += factor * math.sin(2 * order * xi) * math.cosh(2 * order * eta)
        y += factor * math.cos(2 * order * xi) * math.sinh(2 * order * eta)
    grown = zone.scale * series.radius
    return zone.east + grown * y, zone.north + grown * x


def unproject(shape: Ellipsoid, zone: Zone, easting: float, northing: float) -> tuple[float, float]:
    """Latitude and longitude in degrees on the same ellipsoid."""
    series = _series(shape)
    e = math.sqrt(shape.e2)
    grown = zone.scale * series.radius
    x, y = (northing - zone.north) / grown, (easting - zone.east) / grown
    xi, eta = x, y
    for order, factor in enumerate(series.back, 1):
        xi -= factor * math.sin(2 * order * x) * math.cosh(2 * order * y)
        eta -= factor * math.cos(2 * order * x) * math.sinh(2 * order * y)
    conformal = math.sin(xi) / math.hypot(math.sinh(eta), math.cos(xi))
    lam = math.atan2(math.sinh(eta), math.cos(xi))
    tau = conformal
    for _ in range(5):  # Newton (Karney 2011, eq. 19 to 21)
        guess = _conformal(e, tau)
        slope = math.hypot(1, guess) * math.hypot(1, tau) * (1 - shape.e2) / (1 + (1 - shape.e2) * tau**2)
        tau -= (guess - conformal) / slope
    return math.degrees(math.atan(tau)), (math.degrees(lam) + zone.meridian + 180) % 360 - 180


def _conformal(e: float, tau: float) -> float:
    """Tangent of the conformal latitude from the tangent of the latitude."""
    sigma = math.sinh(e * math.atanh(e * tau / math.hypot(1, tau)))
    return tau * math.hypot(1, sigma) - sigma * math.hypot(1, tau)
