"""The judge's geometry against geodesics of geographiclib on random shapes, and at edges.

`geodesics.Exact` puts feet of perpendiculars on a plane (off by centimetres near by, metres at 100 km); here each edge is
searched for its nearest point by Karney's algorithm alone, so that the allowance of `geometry.lost` can be held to.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import pytest
from geographiclib.geodesic import Geodesic

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.distances import Distances
from detente.agreement.geometry import lost
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Path, Record, Region, Spot
from detente.errors import GivenError
from tests.agreement.geodesics import Exact, distance
from tests.agreement.stories import FOLDER, read_story
from tests.geo.builders import star

STORIES = sorted(FOLDER.glob("*.md"))
OURS, EXACT = Distances(), Exact()


def ring(seed: int, metres: float, lat: float = 36.0, lon: float = 37.0):
    return tuple((b, a) for a, b in star(seed, lat, lon, 5 + seed % 9, metres))


def near(random: Random, metres: float) -> tuple[float, float]:
    return 37 + random.uniform(-1.5, 1.5) * metres / 90_000, 36 + random.uniform(-1.5, 1.5) * metres / 111_000


def nearest(at: tuple[float, float], points: tuple[tuple[float, float], ...]) -> float:
    """Metres to a line with geodesic edges, to some 1e-4 m: golden sections of the edges that may be nearest."""
    step = (math.sqrt(5) - 1) / 2
    best = math.inf
    for (lon1, lat1), (lon2, lat2) in pairwise(points):
        line = Geodesic.WGS84.InverseLine(lat1, lon1, lat2, lon2)
        if min(distance(*at, lon1, lat1), distance(*at, lon2, lat2)) - line.s13 > best:
            continue

        def away(s: float, line=line) -> float:
            there = line.Position(s)
            return distance(*at, there["lon2"], there["lat2"])

        low, high = 0.0, line.s13
        while high - low > 0.01:
            one, two = high - step * (high - low), low + step * (high - low)
            low, high = (low, two) if away(one) < away(two) else (one, high)
        best = min(best, away(0), away(line.s13), away((low + high) / 2))
    return best


@pytest.mark.parametrize("metres", [300, 8_000, 90_000, 400_000])
def test_areas_as_exact(metres: int):
    random = Random(metres)
    for seed in range(6):
        outline = ring(seed, metres)
        region = Region(rings=(outline[:-1] if seed % 2 else outline,))
        for _ in range(4):
            at = near(random, metres)
            ours, rough, exact = OURS.to_region(*at, region), EXACT.to_region(*at, region), nearest(at, outline)
            assert abs(abs(ours) - exact) <= lost(exact), (seed, at)
            assert ours == pytest.approx(rough, abs=0.1 + 1e-4 * abs(rough))


def test_a_hole_is_outside_whichever_way_it_runs():
    outer, hole = ring(1, 50_000), ring(2, 10_000)
    for rings in ((outer, hole), (outer[::-1], hole), (outer, hole[::-1])):
        assert OURS.to_region(37, 36, Region(rings=rings)) > 0
        assert OURS.to_region(37, 36, Region(rings=rings)) == pytest.approx(
            EXACT.to_region(37, 36, Region(rings=rings)), abs=0.05
        )


@pytest.mark.parametrize("metres", [2_000, 60_000, 350_000])
def test_lines_as_exact(metres: int):
    random = Random(metres)
    for _ in range(15):
        corners = [near(random, metres) for _ in range(random.randint(2, 6))]
        path = Path(tuple((round(lon, 7), round(lat, 7)) for lon, lat in corners))
        at = near(random, metres)
        exact = nearest(at, path.points)
        assert abs(OURS.to_path(*at, path) - exact) <= lost(exact)


def test_points_to_the_allowance():
    """Beyond 300 km the chord's formula is left for Karney's own."""
    random = Random(3)
    for _ in range(2000):
        one = random.uniform(-180, 180), random.uniform(-85, 85)
        away = 10 ** random.uniform(-6, 1.5)
        turn = random.uniform(0, 2 * math.pi)
        two = (one[0] + away * math.cos(turn) / math.cos(math.radians(one[1])), one[1] + away * math.sin(turn))
        if abs(two[1]) > 89:
            continue
        exact = distance(*one, *two)
        assert abs(OURS.between(*one, *two) - exact) <= lost(exact) / 2


def test_on_an_edge_and_far_away_within_the_allowance():
    """Positions placed by geodesics on the edge's own piece, and pieces as corners: what is known without a comparison."""
    region = Region(rings=(((35.0, 36.0), (38.0, 36.0), (36.5, 38.0)),))
    line = Geodesic.WGS84.InverseLine(36.0, 35.0, 36.0, 38.0)
    for share in (0.01, 0.2, 0.5, 0.77):
        at = line.Position(line.s13 * share)
        assert abs(OURS.to_region(at["lon2"], at["lat2"], region)) <= lost(0)
        for metres in (1, 1_000, 150_000, 400_000, 900_000):
            for side, sign in ((90, 1), (-90, -1)):
                if sign < 0 and metres > 1_000:
                    continue  # another edge is nearer
                out = Geodesic.WGS84.Direct(at["lat2"], at["lon2"], at["azi2"] + side, metres)
                found = OURS.to_region(out["lon2"], out["lat2"], region)
                assert abs(found - sign * metres) <= lost(metres), (share, metres, sign)


def test_exactly_on_a_circle_both_engines_cannot_tell():
    """The last bit decides nothing: the same rounding is part of e in both."""
    agreement = read_agreement(
        b"agreement: a\nparties: {us: US, ru: RU}\nevents: {strike: {position: point}}\n"
        b"clauses: [{id: A, forbid: strike, when: {inside: {shape: {circle: [37.0, 36.0], radius: 5000}}}}]\n"
    )
    lat = 36 + math.degrees(5_000 / 6_360_000)
    for _ in range(6):
        lat += math.degrees((5_000 - distance(37, 36, 37, lat)) / 6_360_000)
    for away, verdict in ((0, "cannot tell"), (1e-6, "not applicable"), (-1e-6, "broken")):
        act = Act("s", "strike", frozenset({"us"}), Interval(0, 0), fields={"position": Spot(37.0, lat + away)})
        for engine in (step, reference):
            for geometry in (OURS, EXACT):
                found = engine.judge(agreement, Record((act,), 1000), geometry)
                assert [one.verdict for one in found] in ([verdict], [] if away > 0 else [verdict])


def test_what_has_no_inside_is_refused():
    bow = Region(rings=(((36.0, 36.0), (37.0, 37.0), (37.0, 36.0), (36.0, 37.0)),))
    with pytest.raises(GivenError, match="crosses"):
        OURS.to_region(36.5, 36.4, bow)


def test_a_shape_is_prepared_once():
    geometry = Distances()
    region = Region(rings=(ring(1, 5_000),))
    first = geometry.to_region(37, 36, region)
    assert geometry._lines(region) is geometry._lines(region)
    assert geometry.to_region(37, 36, region) == first


def test_annexes_by_name():
    region = Region(centre=(37.0, 36.0), radius=10.0)
    assert Distances({"A": region}).annex("A") is region
    assert Distances().annex("A") is None


@pytest.mark.parametrize(
    ("path", "engine"),
    [
        pytest.param(path, engine, id=f"{path.stem}-{name}")
        for path in STORIES
        for name, engine in (("judge", step), ("reference", reference))
        if (path.stem, name)
        != ("11-the-syria-week", "reference")  # half a minute, and nothing that the judge does not ask
    ],
)
def test_the_stories_say_the_same(path, engine):
    story = read_story(path.read_text(), path.name)
    ours, exact = (engine.judge(story.agreement, story.record, geometry) for geometry in (Distances(), Exact()))
    assert ours == exact
    for gate in story.gates:
        ours, exact = (
            engine.may(story.agreement, story.record, geometry, gate.act, gate.at) for geometry in (OURS, EXACT)
        )
        assert ours == exact
