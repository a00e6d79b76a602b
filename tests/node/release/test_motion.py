"""What places told one after the other leave of where a thing is, and that the register keeps it above the bound."""

from __future__ import annotations

import pytest

from detente.geo.coarse import cell_at, coarse_cell
from detente.geo.ellipsoid import offset
from detente.model.shapes import Circle
from detente.node.release.assets import Assets, Remains
from detente.node.release.facts import Fact
from detente.node.release.motion import Fix, after, laid_out, remaining, width
from detente.node.release.register import Register
from tests.sim.world import MINUTE, T0

LAT, LON = 350000000, 370000000
SPEED = 300.0
KM = 1000


def flight(azimuth: float, speed: float, minutes: int, km: int = 20) -> list[Fix]:
    """A steady flight told by cells, once each minute."""
    found = []
    for minute in range(minutes):
        cell = cell_at(*offset(LAT, LON, azimuth, speed * 60 * minute), km)
        at = T0 + minute * MINUTE
        found.append(Fix(at, at, cell._replace(grown=1).polygon()))
    return found


@pytest.mark.parametrize(("azimuth", "speed"), [(30, 250.0), (63, 250.0), (90, 200.0), (77, 200.0), (45, 250.0)])
def test_twenty_minutes_of_cells_each_minute_leave_less_than_7_km(azimuth: float, speed: float):
    """50-release, first row of its table: 20 km cells each minute make about 5 km in 20 min of steady flight."""
    seen = laid_out(flight(azimuth, speed, 21))
    left = [after(seen[:last], seen[last], SPEED) for last in range(len(seen))]
    assert left[0] > 20 * KM
    assert left[-1] < 7 * KM
    assert min(left) > 0


def test_the_true_track_is_never_ruled_out():
    """With the cells as they are, the true position at each minute fits: the bound speaks of something real."""
    fixes = flight(63, 250.0, 21)
    points = [offset(LAT, LON, 63, 250.0 * 60 * minute) for minute in range(21)]
    exact = [
        Fix(f.start, f.end, Circle(coordinates=(p[1], p[0]), radius=50)) for f, p in zip(fixes, points, strict=True)
    ]
    for last in (5, 12, 20):
        joined = remaining([*fixes[: last + 1], exact[last]], SPEED)
        assert joined > 20  # a point laid among the cells is never a contradiction, so something is left of it
        assert joined <= 100


def test_one_place_is_as_wide_as_it_is():
    assert width(Circle(coordinates=(LON, LAT), radius=5000)) == pytest.approx(10_000, rel=1e-3)
    assert width(cell_at(LAT, LON, 20)._replace(grown=10).polygon()) == pytest.approx(20_000, rel=0.03)


def test_two_coarse_fixes_make_a_finer_one():
    """Two circles of 10 km, 15 km apart, on one thing that may have stayed: what lies in both is 5 km wide."""
    one = Circle(coordinates=(LON, LAT), radius=10_000)
    north = offset(LAT, LON, 40, 15_000)
    two = Circle(coordinates=north[::-1], radius=10_000)
    left = remaining([Fix(T0, T0, one), Fix(T0 + MINUTE, T0 + MINUTE, two)], SPEED)
    assert left == pytest.approx(5_000, rel=0.05)


def test_neighbouring_cells_are_no_place_in_both():
    """One thing told in two neighbouring cells 30 minutes apart has moved; the edge they share is not where it is."""
    one = cell_at(LAT, LON, 20)
    two = cell_at(LAT, LON + 2_200_000, 20)
    assert two.column == one.column + 1
    fixes = [
        Fix(T0 + n * 30 * MINUTE, T0 + n * 30 * MINUTE, c._replace(grown=1).polygon()) for n, c in enumerate((one, two))
    ]
    assert remaining(fixes, SPEED) > 18 * KM


def test_the_same_cell_again_tells_nothing_more():
    cell = cell_at(LAT, LON, 20)._replace(grown=1).polygon()
    fixes = [Fix(T0 + n * MINUTE, T0 + n * MINUTE, cell) for n in range(4)]
    assert remaining(fixes, SPEED) == pytest.approx(width(cell))


def test_a_crossing_within_a_minute_places_it_near_the_edge():
    """At 100 m/s, two neighbouring cells a minute apart leave no more than 6 km about their edge."""
    one, two = cell_at(LAT, LON, 20), cell_at(LAT, LON + 2_200_000, 20)
    fixes = [Fix(T0 + n * MINUTE, T0 + n * MINUTE, c._replace(grown=1).polygon()) for n, c in enumerate((one, two))]
    assert remaining(fixes, 100.0) == pytest.approx(6_000, rel=0.05)


@pytest.mark.parametrize(
    ("azimuth", "speed", "step"), [(30, 250.0, 1), (63, 200.0, 5), (90, 250.0, 15), (45, 230.0, 30)]
)
def test_an_adversary_with_the_same_engine_never_gets_below_the_bound(azimuth: float, speed: float, step: int):
    """Fourteen places of a flight, offered each `step` minutes to a register that asks for 10 km: what it lets through
    never leaves the adversary less, after any of its releases."""
    bound = 10 * KM
    register = Register(Assets(remains={"seen": Remains(bound, step * MINUTE, SPEED)}, given=True))
    told: list[Fix] = []
    stopped = 0
    for number in range(min(120 // step, 14)):
        at = T0 + number * step * MINUTE
        place = coarse_cell(
            Circle(coordinates=offset(LAT, LON, azimuth, speed * step * 60 * number)[::-1], radius=100), 20
        )
        fact = Fact("ru", f"{number:064x}", "seen", "object alpha", at, (at, at), place.polygon(), ())
        if register.preview([fact]).objections:
            stopped += 1
            continue
        register.add([fact])
        told.append(Fix(at, at, place.polygon()))
        if number % 4 == 3:
            assert remaining(told, SPEED) >= bound
    assert told
    assert remaining(told, SPEED) >= bound
    if step == 1:
        assert stopped > 0  # each minute is too often: the register must have said no


def test_many_releases_of_a_thing_that_stays_are_counted_quickly_and_alike():
    cell = cell_at(LAT, LON, 20)._replace(grown=1).polygon()
    fixes = [Fix(T0 + n * MINUTE, T0 + n * MINUTE, cell) for n in range(500)]
    assert len(laid_out(fixes)) == 2
    assert remaining(fixes, SPEED) == pytest.approx(width(cell))
