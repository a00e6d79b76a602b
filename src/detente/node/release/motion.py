"""How well somebody can place a thing by all that was told of it: the narrowest width that remains, in metres.

Told places are laid into a plane about the newest one (gnomonic, so that great circles are straight) and seen from 18
directions, 10 degrees apart. In each a place is an interval, and three rules for how a thing may have moved join them:

* still: it stayed where it is; the outlines themselves intersect, so that neighbours which share an edge share no place;
* steady: it flew straight at one speed of at most `speed`; the pairs (position, speed) that fit all intervals form a
  polygon, whose width is read at each instant told;
* any way: it moved at `speed` at most; each interval, grown by speed times time, cuts the next, forward and backward.

A rule that nothing fits over some stretch is not followed further back than it fits. What remains is the least width any
rule leaves at any instant in any direction: a reader need not know which rule is true to be that near. A place told by a
cell of the grid counts as the cell itself, not as it was grown. Within 300 km the plane is off by less than 0.3 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.geo.coarse import GridCell, known_cell
from detente.model.shapes import E7, Cell, Circle, Corridor
from detente.node.release.facts import Place, positions

Floats = NDArray[np.float64]
DIRECTIONS = 18
RADIUS = 6_371_008.8
LEAST = 1.0
"""Metres: what is narrower than this is a touch of two edges and no place; the rule that leads there is not followed."""
MOST = 60
"""Fixes of one thing that are put together; older ones are left out."""
_ANGLES = np.arange(DIRECTIONS) * math.pi / DIRECTIONS
_AXES = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])
_ROUND = np.concatenate([_AXES.T, -_AXES.T])
"""A circle by 36 corners on it, two on each direction."""


Vertex = tuple[float, float]


class Seen(NamedTuple):
    """A place told for an instant (ms): intervals [low, high] in each direction, and its outline in the plane, metres."""

    at: int
    low: Floats
    high: Floats
    outline: list[Vertex]
    cell: GridCell | None = None

    @property
    def width(self) -> float:
        """The narrowest."""
        return float((self.high - self.low).min())


class Fix(NamedTuple):
    """A place told for a time, ms."""

    start: int
    end: int
    place: Place


def width(place: Place) -> float:
    """The narrowest width of one place, metres."""
    return _seen(0, place, _plane(place)).width


def remaining(fixes: Sequence[Fix], speed: float) -> float:
    """What remains of where a thing was, by all fixes and the three rules; metres. `speed`: its most, m/s."""
    seen = laid_out(fixes)
    return min(
        (after(seen[:last], seen[last], speed) for last in range(len(seen))),
        default=math.inf,
    )


def laid_out(fixes: Sequence[Fix]) -> list[Seen]:
    """Fixes in order of time, all in the plane about the newest. One told for a span is told for both its ends; of one
    place told many times on end the first and the last count, for what holds at both holds between. At most MOST."""
    ordered = sorted(fixes, key=lambda fix: (fix.end, fix.start))
    if not ordered:
        return []
    plane = _plane(ordered[-1].place)
    made = {place: _seen(0, place, plane) for place in {fix.place for fix in ordered}}
    dated = sorted(((at, fix.place) for fix in ordered for at in {fix.start, fix.end}), key=lambda pair: pair[0])
    ends = [
        (at, place)
        for number, (at, place) in enumerate(dated)
        if not (0 < number < len(dated) - 1 and dated[number - 1][1] == place == dated[number + 1][1])
    ]
    return [made[place]._replace(at=at) for at, place in ends[-MOST:]]


def after(before: Sequence[Seen], newest: Seen, speed: float) -> float:
    """What remains once `newest` is told after `before` (in order of time): the least that a rule leaves."""
    least = newest.width
    for rule in (_still, _steady, _any_way):
        least = min(least, rule(before, newest, speed))
    return least


def _still(before: Sequence[Seen], newest: Seen, speed: float) -> float:
    common, least = newest.outline, newest.width
    for seen in reversed(before):
        if newest.cell and seen.cell and _apart(newest.cell, seen.cell):
            return least
        common = _intersection(common, seen.outline)
        found = _narrowest(common)
        if found < LEAST:
            return least
        least = min(least, found)
    return least


def _apart(one: GridCell, other: GridCell) -> bool:
    """Whether two cells, not grown, have no ground in common: exactly, where the plane would leave a sliver."""
    (s, w, n, e), (south, west, north, east) = (each._replace(grown=0).bounds() for each in (one, other))
    return n <= south or north <= s or e <= west or east <= w


def _narrowest(outline: list[Vertex]) -> float:
    """The least width of a convex outline: across one of its edges."""
    widths = [0.0] if len(outline) < 3 else []
    for (x, y), (u, v) in zip(outline, [*outline[1:], *outline[:1]], strict=True):
        length = math.hypot(u - x, v - y)
        if length > LEAST / 1000:
            widths.append(max(abs((u - x) * (q - y) - (v - y) * (p - x)) for p, q in outline) / length)
    return min(widths, default=0.0)


def _intersection(one: list[Vertex], other: list[Vertex]) -> list[Vertex]:
    """Of two convex outlines, the second anticlockwise."""
    for (x, y), (u, v) in zip(other, [*other[1:], *other[:1]], strict=True):
        a, b = v - y, x - u
        one = _clip(one, a, b, a * x + b * y)
    return one


def _steady(before: Sequence[Seen], newest: Seen, speed: float) -> float:
    polygons = [
        [(float(a), -speed), (float(b), -speed), (float(b), speed), (float(a), speed)]
        for a, b in zip(newest.low, newest.high, strict=True)
    ]
    least, times = newest.width, [0.0]
    for seen in reversed(before):
        ago = (seen.at - newest.at) / 1000
        cut = []
        for polygon, low, high in zip(polygons, seen.low, seen.high, strict=True):
            found = _clip(_clip(polygon, 1.0, ago, float(high)), -1.0, -ago, -float(low))
            if not found:
                return least
            cut.append(found)
        times.append(ago)
        widths = [_span(polygon, at) for polygon in cut for at in times]
        if min(widths) < LEAST:
            return least
        polygons, least = cut, min(least, *widths)
    return least


def _any_way(before: Sequence[Seen], newest: Seen, speed: float) -> float:
    low, high, at, least = newest.low, newest.high, newest.at, newest.width
    ahead = _forward([*before], speed)
    if ahead is not None:  # what all earlier fixes leave of the newest
        reach = speed * (newest.at - ahead.at) / 1000
        found = float((np.minimum(high, ahead.high + reach) - np.maximum(low, ahead.low - reach)).min())
        least = min(least, found) if found >= LEAST else least
    for seen in reversed(before):  # and what the newest leaves of the earlier
        reach = speed * (at - seen.at) / 1000
        low, high, at = np.maximum(low - reach, seen.low), np.minimum(high + reach, seen.high), seen.at
        found = float((high - low).min())
        if found < LEAST:
            return least
        least = min(least, found)
    return least


def _forward(before: list[Seen], speed: float) -> Seen | None:
    """Where the thing may be by the last of `before`, all earlier ones counted as far as they fit."""
    state: Seen | None = None
    for seen in before:
        if state is not None:
            reach = speed * (seen.at - state.at) / 1000
            low, high = np.maximum(seen.low, state.low - reach), np.minimum(seen.high, state.high + reach)
            if float((high - low).min()) >= LEAST:
                state = seen._replace(low=low, high=high)
                continue
        state = seen
    return state


def _clip(polygon: list[Vertex], a: float, b: float, most: float) -> list[Vertex]:
    """The part of a convex polygon where a·u + b·v <= most."""
    kept: list[Vertex] = []
    for (u, v), (x, y) in zip(polygon, [*polygon[1:], *polygon[:1]], strict=True):
        one, other = a * u + b * v - most, a * x + b * y - most
        if one <= 0:
            kept.append((u, v))
        if (one < 0 < other) or (other < 0 < one):
            part = one / (one - other)
            kept.append((u + part * (x - u), v + part * (y - v)))
    return kept


def _span(polygon: list[Vertex], at: float) -> float:
    values = [u + v * at for u, v in polygon]
    return max(values) - min(values)


Plane = Callable[[Floats], Floats]


def _plane(place: Place) -> Plane:
    """The gnomonic plane about the middle of a place: (k, 2) 1e-7 degrees (longitude, latitude) to metres."""
    lon0, lat0 = np.radians(_corners(place)[0].mean(axis=0) / E7)

    def project(corners: Floats) -> Floats:
        lon, lat = np.radians(corners.T / E7)
        down = math.sin(lat0) * np.sin(lat) + math.cos(lat0) * np.cos(lat) * np.cos(lon - lon0)
        x = np.cos(lat) * np.sin(lon - lon0)
        y = math.cos(lat0) * np.sin(lat) - math.sin(lat0) * np.cos(lat) * np.cos(lon - lon0)
        flat: Floats = RADIUS * np.stack([x, y], axis=-1) / np.maximum(down, 0.01)[:, None]
        return flat

    return project


def _corners(place: Place) -> tuple[Floats, float]:
    """Corners of a place, and by how many metres it reaches beyond them."""
    if (cell := known_cell(place)) is not None:
        south, west, north, east = cell._replace(grown=0).bounds()
        return np.array([(west, south), (east, south), (east, north), (west, north)], np.float64), 0.0
    beyond = 0.0
    if isinstance(place, Circle):
        beyond = float(place.radius)
    elif isinstance(place, Cell):
        beyond = place.error / 1000
    elif isinstance(place, Corridor):
        beyond = place.width / 2
    return np.array(positions(place), np.float64), beyond


def _seen(at: int, place: Place, plane: Plane) -> Seen:
    corners, beyond = _corners(place)
    flat = plane(corners)
    if beyond:
        flat = (flat[:, None, :] + beyond * _ROUND[None, :, :]).reshape(-1, 2)
    along = flat @ _AXES
    return Seen(at, along.min(axis=0), along.max(axis=0), _hull(flat), known_cell(place))


def _hull(flat: Floats) -> list[Vertex]:
    """The convex outline of positions in the plane, anticlockwise (Andrew's monotone chain)."""
    ordered = sorted({(float(x), float(y)) for x, y in flat})
    if len(ordered) < 3:
        return ordered
    halves: list[Vertex] = []
    for run in (ordered, ordered[::-1]):
        chain: list[Vertex] = []
        for x, y in run:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], (x, y)) <= 0:
                chain.pop()
            chain.append((x, y))
        halves += chain[:-1]
    return halves


def _turn(one: Vertex, other: Vertex, third: Vertex) -> float:
    return (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])
