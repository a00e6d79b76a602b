"""Altitudes, each with its reference; what cannot be converted from what is stated stays unknown.

A height over the ellipsoid, over sea level, over ground and a pressure altitude are different things. Libraries convert
between them silently, or, where a grid file is missing, return the number unchanged. Here a conversion needs its
missing number (undulation, altimeter setting) as an argument, and a comparison across references is "cannot tell".
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from detente.errors import GivenError
from detente.model.statement import Frozen

Reference = Literal["ellipsoid", "sea level", "ground", "pressure", "unknown"]
Millimetres = Annotated[int, Meta(ge=-20_000_000, le=100_000_000)]

STANDARD_HPA = 1013.25
_FOOT_MM = 304.8
_UNITS = {"m": 1000.0, "ft": _FOOT_MM}


class Altitude(Frozen, frozen=True, kw_only=True):
    """From `low_mm` to `high_mm` over `reference` (pressure: in the standard atmosphere over 1013.25 hPa)."""

    low_mm: Millimetres
    high_mm: Millimetres
    reference: Reference


def altitude(value: float, unit: str, reference: Reference, error: float = 0.0) -> Altitude:
    """An altitude of `value` ± `error` in m or ft. A reference that was not stated is `unknown`, never assumed."""
    if unit not in _UNITS:
        raise GivenError("bad-field", f"unit {unit!r} is neither m nor ft", where="altitude")
    scale = _UNITS[unit]
    return Altitude(
        low_mm=int((value - error) * scale // 1), high_mm=-int(-(value + error) * scale // 1), reference=reference
    )


def higher(one: Altitude, other: Altitude) -> bool | None:
    """Whether `one` is higher; None where the bands overlap, or the references differ or are unknown."""
    if one.reference != other.reference or one.reference == "unknown":
        return None
    if one.low_mm > other.high_mm:
        return True
    return False if one.high_mm <= other.low_mm else None


def sea_level_from_ellipsoid(over: Altitude, low_mm: int, high_mm: int) -> Altitude:
    """Over the ellipsoid to over sea level; the geoid lies from `low_mm` to `high_mm` over the ellipsoid there."""
    _must_be(over, "ellipsoid")
    return Altitude(low_mm=over.low_mm - high_mm, high_mm=over.high_mm - low_mm, reference="sea level")


def pressure_from_altimeter(shown: Altitude, qnh_hpa: float) -> Altitude:
    """An altimeter's altitude over sea level, set to `qnh_hpa`, to pressure altitude (ICAO Doc 7488, troposphere)."""
    _must_be(shown, "sea level")
    if not 850 <= qnh_hpa <= 1100:
        raise GivenError("bad-field", f"{qnh_hpa} hPa is no sea level pressure", where="altitude")
    shift = round(44_330_770 * (1 - (qnh_hpa / STANDARD_HPA) ** 0.190263))
    return Altitude(low_mm=shown.low_mm + shift, high_mm=shown.high_mm + shift, reference="pressure")


def _must_be(given: Altitude, reference: Reference) -> None:
    if given.reference != reference:
        raise GivenError("bad-field", f"the altitude is over {given.reference}, not over {reference}", where="altitude")
