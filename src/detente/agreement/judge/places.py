"""Where an act is against places: signed distance d, negative inside, error e (21-language-reference, 6 and 8).

Inside: yes if d + e ≤ 0, no if d - e > 0, else cannot tell; e = error + tolerance + drift × age + what arithmetic may
lose (`geometry.lost`). A place is one base, then cuts; `within` widens its base before anything is cut away. A list
of places is any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from detente.agreement import form as f
from detente.agreement.geometry import Geometry, lost
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.lookup import absent
from detente.agreement.judge.matching import NOT_STATED
from detente.agreement.judge.shapes import Circle, circles, literal_shape
from detente.agreement.record import UNKNOWN, OneOf, Path, Region, Spot
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

Where = tuple[Circle, ...]


class Near(NamedTuple):
    """A piece of where an act is, with the distance the place is widened by."""

    lon: float
    lat: float
    error: float
    reach: float
    known: bool = True


NOWHERE = Near(0.0, 0.0, 0.0, 0.0, known=False)
"""An unknown position: inside no empty place, and nobody can say of any other."""


class Area(Protocol):
    """A place that can be asked about one spot."""

    def value(self, x: Frame, near: Near, e: Deed) -> Value:
        """Whether a spot is inside, widened by `reach`."""


def where_is(e: Deed) -> object:
    """`position`, else the only place a deed states."""
    found = e.fields.get("position")
    if found is not None:
        return found
    places = [value for value in e.fields.values() if isinstance(value, Spot | Region | Path)]
    return places[0] if len(places) == 1 else absent(e) if not places else UNKNOWN


class Place:
    """A compiled place."""

    def __init__(self, terms: Terms, area: Area) -> None:
        self.area = area
        self.tolerance = float(terms.agreement.tolerance)
        self.geometry = terms.geometry

    def holds(self, x: Frame, where: object, e: Deed) -> Value:
        """Whether something lies inside at the time of e."""
        if where is NOT_STATED:
            return F
        if isinstance(where, OneOf):
            values = [self.holds(x, item, e) for item in where.values]
            return values[0] if len(set(values)) == 1 else U
        if isinstance(where, Spot):
            return self.area.value(x, Near(where.lon, where.lat, where.radius + self.tolerance, 0.0), e)
        if not isinstance(where, Region | Path):
            return self.area.value(x, NOWHERE, e)
        pieces = circles(self.geometry, where)
        values = [self.area.value(x, Near(c.lon, c.lat, c.radius + self.tolerance, 0.0), e) for c in pieces]
        return inside_all(values)


def inside_all(values: list[Value]) -> Value:
    """Of what has extent: inside if all of it is, not if none of it is, else cannot tell."""
    return T if all(v is T for v in values) else F if all(v is F for v in values) else U


def by_distance(d: float, e: float) -> Value:
    """Inside by a signed distance and its error."""
    return T if d + e <= 0 else F if d - e > 0 else U


def distance(geometry: Geometry, lon: float, lat: float, shape: Spot | Region | Path) -> float:
    """Signed distance of a point to a shape."""
    if isinstance(shape, Spot):
        return geometry.between(lon, lat, shape.lon, shape.lat)
    if isinstance(shape, Path):
        return geometry.to_path(lon, lat, shape)
    return geometry.to_region(lon, lat, shape)


def covers(terms: Terms, holder: object, held: object) -> Value:
    """Whether an area covers a point (or all of another area)."""
    if not isinstance(holder, Region | Path | Spot):
        return U
    tolerance = float(terms.agreement.tolerance)
    if isinstance(held, OneOf):
        values = [covers(terms, holder, item) for item in held.values]
        return values[0] if len(set(values)) == 1 else U
    if isinstance(held, Spot):
        pieces: tuple[Circle, ...] = (Circle(held.lon, held.lat, held.radius),)
    elif isinstance(held, Region | Path):
        pieces = circles(terms.geometry, held)
    else:
        return U
    blur = holder.radius if isinstance(holder, Spot) else 0.0
    values = []
    for c in pieces:
        d = distance(terms.geometry, c.lon, c.lat, holder)
        values.append(by_distance(d, c.radius + tolerance + blur + lost(d)))
    return inside_all(values)


def compile_place(terms: Terms, form: f.PlaceForm) -> Place:
    """A place with its indexes."""
    return Place(terms, _area(terms, form))


def _area(terms: Terms, form: f.PlaceForm) -> Area:
    if isinstance(form, f.PlaceName):
        return terms.place(form).area
    if isinstance(form, f.Shape):
        shape = terms.geometry.annex(form.annex) if form.annex else literal_shape(form.literal[0])
        return Fixed(terms, shape)
    if isinstance(form, f.NamedIn):
        from detente.agreement.judge.named import Named

        return Named(terms, form)
    if isinstance(form, f.Within):
        return Widened(terms, form)
    if isinstance(form, f.Union):
        return Either([terms.place(item).area for item in form.items])
    return CutOut(terms, form)


class Fixed:
    """A shape that stands in the agreement or an annex; unknown if the annex was not given."""

    def __init__(self, terms: Terms, shape: Spot | Region | Path | None) -> None:
        self.shape = shape
        self.geometry = terms.geometry

    def value(self, x: Frame, near: Near, e: Deed) -> Value:
        """By distance."""
        if self.shape is None or not near.known:
            return U
        blur = self.shape.radius if isinstance(self.shape, Spot) else 0.0
        d = distance(self.geometry, near.lon, near.lat, self.shape)
        return by_distance(d - near.reach, near.error + blur + lost(d))


class Widened:
    """Within so far of a place."""

    def __init__(self, terms: Terms, form: f.Within) -> None:
        self.area = terms.place(form.of).area
        self.metres = form.metres

    def value(self, x: Frame, near: Near, e: Deed) -> Value:
        """The base, widened."""
        return self.area.value(x, near._replace(reach=near.reach + self.metres), e)


class Either:
    """Any of several places."""

    def __init__(self, areas: list[Area]) -> None:
        self.areas = areas

    def value(self, x: Frame, near: Near, e: Deed) -> Value:
        """Any."""
        return any_of(area.value(x, near, e) for area in self.areas)


class CutOut:
    """A base and inside one of some places and not in any of others."""

    def __init__(self, terms: Terms, form: f.Cut) -> None:
        self.base = _area(terms, form.base) if not isinstance(form.base, f.Within) else Widened(terms, form.base)
        self.inside = Either([terms.place(item).area for item in form.inside]) if form.inside else None
        self.minus = Either([terms.place(item).area for item in form.minus]) if form.minus else None

    def value(self, x: Frame, near: Near, e: Deed) -> Value:
        """Buffer first, cut after."""
        value = self.base.value(x, near, e)
        if value is F:
            return F
        flat = near._replace(reach=0.0)
        if self.inside is not None:
            value = all_of((value, self.inside.value(x, flat, e)))
        if value is not F and self.minus is not None:
            value = all_of((value, negate(self.minus.value(x, flat, e))))
        return value
