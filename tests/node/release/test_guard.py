"""The guard of one's own position, and the file it reads. Every place is made up."""

from __future__ import annotations

import pytest

from detente.errors import GivenError
from detente.geo.coarse import coarse_cell
from detente.geo.ellipsoid import offset
from detente.model.shapes import Cell, Circle, Corridor, Line, Point, Polygon
from detente.node.release.assets import read_assets
from detente.node.release.facts import Fact, Place
from detente.node.release.guard import Guard
from tests.sim.world import HOUR, T0

FILE = """assets: 1
protected:
- name: tanker-1
  told_as: [operation op-7]
  racetrack: {from: 35.90000 N 037.80000 E, to: 36.10000 N 038.30000 E, width: 20 km}
  datum: WGS84
  protect: 30 km
  bound: 50 km
  from: 2016-09-17T06:00:00Z
  until: 2016-09-17T18:00:00Z
remains:
- {statements: [air_notice], width: 10 km, slot: 30min, speed: 300 m/s}
passes: [site_entry]
"""
ASSETS = read_assets(FILE.encode())
GUARD = Guard(ASSETS)
ORBIT = (360000000, 380500000)  # latitude, longitude


def fact(
    place: Place, kind: str = "air_notice", subject: str = "operation op-9", start: int = T0, audience: str = "ru"
) -> Fact:
    return Fact(audience, "s", kind, subject, start, (start, start + HOUR), place, ())


def circle(km: float, azimuth: float = 0, away: float = 0) -> Circle:
    lat, lon = offset(*ORBIT, azimuth, away * 1000)
    return Circle(coordinates=(lon, lat), radius=round(km * 1000))


def square(half_km: float) -> Polygon:
    corners = [offset(*ORBIT, bearing, half_km * 1414)[::-1] for bearing in (225, 135, 45, 315)]
    return Polygon(coordinates=((*corners, corners[0]),), edges="geodesic")


@pytest.mark.parametrize(
    "place",
    [
        circle(1),
        circle(10),
        circle(5, 0, 35),  # 20 km of orbit's width and length lie between; it comes within 30 km
        Point(coordinates=ORBIT[::-1]),
        Cell(coordinates=ORBIT[::-1], error=1_000_000, verbatim="x", datum="WGS84", grid="geographic"),
        Line(coordinates=(ORBIT[::-1], (390000000, 365000000)), edges="geodesic"),
        Corridor(coordinates=((370000000, 360000000), (390000000, 360000000)), edges="geodesic", width=5000),
        square(12),
        coarse_cell(circle(1), 20).polygon(),
    ],
)  # fmt: skip
def test_a_place_near_the_orbit_and_narrower_than_the_bound_is_stopped(place: Place):
    found = GUARD.objection(fact(place))
    assert found is not None
    assert found.rule == "own-position"
    assert "tanker-1" in found.what


@pytest.mark.parametrize("place", [circle(5, 0, 90), circle(60), coarse_cell(circle(1), 100).polygon(), square(60)])
def test_a_place_far_away_or_wide_enough_passes(place: Place):
    assert GUARD.objection(fact(place)) is None


def test_doubt_stops():
    """A circle whose edge lies on the protected distance, to the millimetre: it cannot be told, so it does not leave."""
    asset = ASSETS.protected[0]
    own = asset.region
    start = offset(*ORBIT, 0, 70_000)
    for step in range(2_000):  # 11 mm each
        lat, lon = start[0] + step, start[1]
        place = Circle(coordinates=(lon, lat), radius=round(own.distance(lat, lon)) - 30_000)
        if GUARD.touches(asset, place, 30_000) is None:
            break
    assert GUARD.touches(asset, place, 30_000) is None
    found = GUARD.objection(fact(place))
    assert found is not None
    assert "cannot be told" in found.what


@pytest.mark.parametrize(("start", "stopped"), [(T0, True), (T0 + 24 * HOUR, False), (T0 - 24 * HOUR, False)])
def test_it_is_protected_while_it_is_there(start: int, stopped: bool):
    assert (GUARD.objection(fact(circle(5), start=start)) is not None) is stopped


def test_a_statement_without_a_time_may_be_about_any():
    assert GUARD.objection(Fact("ru", "s", "air_notice", "", T0, None, circle(5), ())) is not None


def test_what_the_file_lets_pass_is_not_asked_about():
    assert GUARD.objection(fact(circle(1), kind="site_entry", subject="site s-1")) is None


def test_two_places_wide_enough_that_leave_too_little_together():
    """Each is 120 km wide and passes alone; what lies in both is 20 km wide and holds the orbit."""
    one, two = circle(60, 45, 50), circle(60, 225, 50)
    assert GUARD.objection(fact(one)) is None
    assert GUARD.objection(fact(two)) is None
    found = GUARD.objection(fact(two), [fact(one, subject="operation op-4", audience="un")])
    assert found is not None
    assert "with 1 places told before" in found.what


def test_what_was_told_when_it_was_not_there_does_not_count():
    one, two = circle(60, 45, 50), circle(60, 225, 50)
    assert GUARD.objection(fact(two), [fact(one, start=T0 - 48 * HOUR)]) is None


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("assets: 1", "assets: 2", "begin it with"),
        ("protect: 30 km", "protect: 30", "is not a length"),
        ("bound: 50 km", "bounds: 50 km", "unknown key 'bounds'"),
        ("datum: WGS84\n", "datum: Clarke\n", "Clarke"),
        ("  datum: WGS84\n", "", "'datum' is missing"),
        ("speed: 300 m/s", "speed: fast", "is not a speed"),
        ("until: 2016-09-17T18:00:00Z", "until: 2016-09-16T18:00:00Z", "no later than"),
        ("[operation op-7]", "[op-7]", "is no name in a statement"),
        ("statements: [air_notice]", "statements: [air_notice, air_notice]", "given twice"),
        ("037.80000 E", "037.80000", "one of N, S and one of E, W"),
        ("racetrack: {from", "orbit: {from", "unknown key 'from'"),
    ],
)
def test_a_file_with_a_fault_is_refused(old: str, new: str, what: str):
    text = FILE.replace(old, new, 1)
    assert text != FILE
    with pytest.raises(GivenError, match=what.replace("[", r"\[")):
        read_assets(text.encode())


def test_points_and_orbits():
    text = """assets: 1
protected:
- {name: radar, point: 36.15032 N 037.15021 E, datum: WGS84, protect: 10 km, bound: 20 km}
- {name: ship, orbit: {centre: 35.1500 N 035.5000 E, radius: 15 km}, datum: WGS84, protect: 10 km, bound: 60 km}
"""
    radar, ship = read_assets(text.encode()).protected
    assert isinstance(radar.place, Circle)
    assert 1 <= radar.place.radius <= 2
    assert isinstance(ship.place, Circle)
    assert 15_000 < ship.place.radius < 15_020
    assert radar.there(None)
