"""What can be asked "how far am I from your edge?": shapes, and what is made of them.

A region gives a signed distance: metres to its edge, negative inside. Buffers and cuts need no new outline:

* within D of r:  d(r) - D
* union:          the smallest d
* r inside s:     the larger of d(r) and d(s)
* r minus s:      the larger of d(r) and -d(s)

Of an inside, distances are exact or too small in size, never too large; the same holds outside (a bow of two edges may
be nearer to a position than their common part). So an answer with an error radius e (inside.py) may be "cannot tell"
where a drawn outline could tell, but it is never wrong. Every such distance changes by at most one metre a metre, on
which index.py rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from detente.errors import GivenError
from detente.geo.areas import Circle, Corridor, Line, Point, Polygon, Shape
from detente.geo.edges import REACH, Edges
from detente.geo.ellipsoid import Floats, Points, arcs, points
from detente.geo.pieces import PLANAR_ERROR_MM, cut_path


class Ball(NamedTuple):
    """A circle on the surface: one position and metres."""

    centre: Points
    radius: float


class Region:
    """Base: `error_mm` is what its own edges add to every answer; `balls` hold all of it."""

    error_mm = 0
    balls: tuple[Ball, ...] = ()
    is_cut = False

    def distances(self, where: Points) -> Floats:
        """Signed metres to the edge, one for each position; beyond `edges.REACH` only a bound, to 0.1 %."""
        raise NotImplementedError

    def distance(self, lat: int, lon: int) -> float:
        """Signed metres to the edge from a position in 1e-7 degrees."""
        return float(self.distances(points(lat, lon))[0])


class Disc(Region):
    """A circle, or with radius 0 a point."""

    def __init__(self, lat: int, lon: int, radius: float) -> None:
        self.centre = points(lat, lon)
        self.radius = radius
        self.balls = (Ball(self.centre, radius),)

    def distances(self, where: Points) -> Floats:
        return arcs(where, self.centre) - self.radius


class Outline(Region):
    """A polygon or several (closed), or a line."""

    def __init__(self, edges: Edges, error_mm: int) -> None:
        self.edges = edges
        self.error_mm = error_mm
        self.balls = (Ball(edges.centre, edges.radius),)

    def distances(self, where: Points) -> Floats:
        return self.edges.distances(where)


class Within(Region):
    """All that lies within `metres` of another region."""

    def __init__(self, metres: float, of: Region) -> None:
        if of.is_cut:
            raise GivenError("shape-invalid", "a buffer of a cut place: buffer first, cut after", where="within")
        if not 0 <= metres <= REACH:
            raise GivenError("shape-invalid", f"{metres:.0f} m is beyond {REACH / 1000:.0f} km", where="within")
        self.of, self.metres, self.error_mm = of, metres, of.error_mm
        self.balls = tuple(ball._replace(radius=ball.radius + metres) for ball in of.balls)

    def distances(self, where: Points) -> Floats:
        return self.of.distances(where) - self.metres


class Union(Region):
    """Any of several."""

    def __init__(self, parts: Sequence[Region]) -> None:
        self.parts = tuple(parts)
        self.error_mm = max(part.error_mm for part in parts)
        self.balls = tuple(ball for part in parts for ball in part.balls)
        self.is_cut = any(part.is_cut for part in parts)

    def distances(self, where: Points) -> Floats:
        least: Floats = np.minimum.reduce([part.distances(where) for part in self.parts])
        return least


class Cut(Region):
    """A region, then only what is inside others, then less what is in others."""

    is_cut = True

    def __init__(self, base: Region, inside: Sequence[Region] = (), minus: Sequence[Region] = ()) -> None:
        self.base, self.inside, self.minus = base, tuple(inside), tuple(minus)
        self.error_mm = max(part.error_mm for part in (base, *inside, *minus))
        self.balls = base.balls

    def distances(self, where: Points) -> Floats:
        kept = [part.distances(where) for part in (self.base, *self.inside)]
        largest: Floats = np.maximum.reduce([*kept, *(-part.distances(where) for part in self.minus)])
        return largest


def region(shape: Shape) -> Region:
    """The region of a shape that `areas.read_shape` returned."""
    if isinstance(shape, Point | Circle):
        lon, lat = shape.coordinates
        return Disc(lat, lon, shape.radius if isinstance(shape, Circle) else 0)
    error = PLANAR_ERROR_MM if shape.edges == "planar" else 0
    if isinstance(shape, Line | Corridor):
        line = Outline(Edges([cut_path(shape.coordinates, shape.edges, "line")], closed=False), error)
        return Within(shape.width / 2, line) if isinstance(shape, Corridor) else line
    parts = (shape.coordinates,) if isinstance(shape, Polygon) else shape.coordinates
    cut = [cut_path(ring, shape.edges, "ring") for part in parts for ring in part]
    return Outline(Edges(cut, closed=True), error)
