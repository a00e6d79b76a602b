"""Inside, outside, or cannot tell: the one test at an edge, with everything unsure counted in.

With d the signed distance and e the sum of what is unsure (21-language-reference, 6): inside if d + e <= 0, outside if
d - e > 0, else it cannot be told. No topology is asked (`contains`, `covers`): at an edge they answer by the last bit.

e = the cell's error radius + the agreement's tolerance + drift x age + the error of planar edges + what our own
arithmetic may lose (1 mm, and 1 mm for each km of distance; measured to be less). So a position exactly on an edge is
"cannot tell", always, and never one thing on one machine and another on the next.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detente.geo.ellipsoid import Floats, Points
from detente.geo.regions import Region

LOST_MM = 1.0
LOST_MM_PER_METRE = 0.001


class Certainty(NamedTuple):
    """Two Booleans an element: yes is (1, 1), cannot tell is (0, 1), no is (0, 0)."""

    surely: NDArray[np.bool_]
    possibly: NDArray[np.bool_]


def unsure_mm(error_mm: int, tolerance_mm: int = 0, drift_mm_s: int = 0, age_ms: int = 0) -> int:
    """e in millimetres, rounded up: a drifting thing seen `age_ms` ago (or ahead) may be drift x age elsewhere."""
    if min(error_mm, tolerance_mm, drift_mm_s) < 0:
        raise ValueError("what is unsure cannot be less than nothing")
    return error_mm + tolerance_mm + -(-drift_mm_s * abs(age_ms) // 1000)


def is_inside(metres: float, e_mm: int) -> bool | None:
    """True inside, False outside, None cannot be told; `metres` is a signed distance."""
    e = e_mm + _lost_mm(metres)
    if metres * 1000 + e <= 0:
        return True
    return False if metres * 1000 - e > 0 else None


def inside(place: Region, lat: int, lon: int, e_mm: int) -> bool | None:
    """Whether a position (1e-7 degrees), unsure by `e_mm`, lies in a region."""
    return is_inside(place.distance(lat, lon), e_mm + place.error_mm)


def inside_many(place: Region, where: Points, e_mm: ArrayLike) -> Certainty:
    """The same for many positions; `e_mm` is one number or one for each."""
    return certainty(place.distances(where), np.asarray(e_mm) + place.error_mm)


def certainty(metres: Floats, e_mm: ArrayLike) -> Certainty:
    """Signed distances and what is unsure of each, to answers."""
    e = np.asarray(e_mm) + LOST_MM + LOST_MM_PER_METRE * np.abs(metres)
    return Certainty(metres * 1000 + e <= 0, metres * 1000 - e <= 0)


def _lost_mm(metres: float) -> float:
    return LOST_MM + LOST_MM_PER_METRE * math.fabs(metres)
