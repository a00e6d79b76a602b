"""Whether a place told comes near another one: yes, no, or it cannot be told. Geodesic, of every form of place."""

from __future__ import annotations

from detente.geo.areas import Shape
from detente.geo.ellipsoid import Points
from detente.geo.inside import certainty
from detente.geo.overlap import overlap
from detente.geo.regions import Disc, Outline, Region, Within, region
from detente.model.shapes import Cell, Circle
from detente.node.release.facts import Place

_WIDEST = 500_000


def comes_within(place: Place, own: Region, metres: float) -> bool | None:
    """Whether some ground of `place` lies within so many metres of a region; `own` is a circle, an outline or a buffer."""
    outgoing = region(as_shape(place))
    if isinstance(outgoing, Within):  # a corridor: its line comes nearer by half its width
        metres += outgoing.metres
        outgoing = outgoing.of
    grown = Within(metres, own) if metres else own
    if isinstance(outgoing, Disc):
        found = certainty(grown.distances(outgoing.centre) - outgoing.radius, grown.error_mm)
        return True if bool(found.surely[0]) else None if bool(found.possibly[0]) else False
    assert isinstance(outgoing, Outline)  # noqa: S101 - region makes no other
    edge = overlap(outgoing, grown)
    if edge is True or not outgoing.edges.closed:
        return edge
    inside = certainty(outgoing.distances(_position(own)), outgoing.error_mm)  # whether all of it lies inside the place
    return True if bool(inside.surely[0]) else None if edge is None or bool(inside.possibly[0]) else False


def as_shape(place: Place) -> Shape:
    """A point with its error as the circle it may be in."""
    if isinstance(place, Cell):
        return Circle(coordinates=place.coordinates, radius=max(1, min(_WIDEST, -(-place.error // 1000))))
    return place


def _position(own: Region) -> Points:
    """Some position of a region."""
    while isinstance(own, Within):
        own = own.of
    return own.edges.pieces.start.take(slice(0, 1)) if isinstance(own, Outline) else own.balls[0].centre
