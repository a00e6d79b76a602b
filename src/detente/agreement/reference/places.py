"""Where an act is (21-language-reference, 6 and 8): inside if d + e <= 0, not if d - e > 0, else cannot tell."""

from __future__ import annotations

from collections.abc import Mapping

from detente.agreement import form as f
from detente.agreement.geometry import lost
from detente.agreement.record import Act, Path, Region, Spot, Unknown
from detente.agreement.reference import fields, questions
from detente.agreement.reference.case import About, Case, agreed
from detente.agreement.reference.fields import Answer
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate

_PLACE_TYPES = ("point", "area", "line")


def where(place: f.PlaceForm, about: About) -> Value:
    """Where e is: its `position`, else its only place."""
    kind = about.case.agreement.kinds.get(about.act.kind)
    names = [name for name, form in kind.fields.items() if form.type in _PLACE_TYPES] if kind else []
    if "position" in names or "position" in about.act.fields:
        name = "position"
    elif len(names) == 1:
        name = names[0]
    else:
        return U
    return inside_answer(place, fields.read(about, (name,)), about)


def inside_answer(place: f.PlaceForm, answer: Answer, about: About) -> Value:
    """Each thing it may be; something unknown is somewhere, so that it is in no empty place."""
    if answer is None:
        return F
    if isinstance(answer, Unknown):
        return inside(place, None, about)
    return agreed(
        agreed(inside(place, spot, about) for spot in spots(value, about.case)) if spots(value, about.case) else U
        for value in answer
    )


def spots(value: object, case: Case) -> list[Spot]:
    """A thing as circles that hold it: a point; one round an area; one round each edge of a line.

    Inside if every circle is, not if none is: partly inside is cannot tell.
    """
    if isinstance(value, Spot):
        return [value]
    if isinstance(value, Region) and value.centre is not None:
        return [Spot(*value.centre, value.radius)]
    if isinstance(value, Region) and value.rings:
        ring = value.rings[0]
        lon, lat = sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
        return [Spot(lon, lat, max(case.geometry.between(lon, lat, *point) for point in ring))]
    if isinstance(value, Path) and value.points:
        pairs = list(zip(value.points, value.points[1:], strict=False)) or [(value.points[0], value.points[0])]
        return [Spot(*start, case.geometry.between(*start, *end)) for start, end in pairs]
    return []


def inside(place: f.PlaceForm, spot: Spot | None, about: About, grow: float = 0.0) -> Value:
    """One circle in a place, buffered by `grow` metres."""
    if isinstance(place, f.PlaceName):
        return inside(about.case.agreement.places[place.name], spot, about, grow)
    if isinstance(place, f.Union):
        return any_of([inside(item, spot, about, grow) for item in place.items])
    if isinstance(place, f.Within):
        return inside(place.of, spot, about, grow + place.metres)
    if isinstance(place, f.Cut):
        if grow:
            return U  # the parser refuses it: buffer first, cut after
        return all_of(
            [
                inside(place.base, spot, about),
                *(inside(item, spot, about) for item in place.inside),
                *(negate(inside(item, spot, about)) for item in place.minus),
            ]
        )
    if isinstance(place, f.NamedIn):
        return _named(place, spot, about, grow)
    thing = about.case.geometry.annex(place.annex) if place.annex else literal(place.literal[0])
    return in_thing(thing, spot, about, grow, 0.0)


def _named(place: f.NamedIn, spot: Spot | None, about: About, grow: float) -> Value:
    """The union over standing acts of what they name, wider with age; an act that is not seen may name more."""
    values = []
    for unit, stands in questions.stands(place.pattern, about):
        if stands is F:
            continue
        age = max(0, about.at.hi - unit.made.lo) / 1000
        for act in unit.acts:
            named = fields.read(about.inner(act, unit.made), (place.field,))
            drift = place.drift * age
            part = fields.over(named, lambda thing, wide=drift: in_thing(thing, spot, about, grow, wide))  # type: ignore[misc]
            values.append(all_of([stands, part]))
            _note(act, values[-1], about)
    return any_of([*values, questions.absent(place.pattern, about)])


def _note(act: Act, value: Value, about: About) -> None:
    into = about.trace.evidence if value is T else about.trace.unsure
    if value is not F and act.id not in into:
        into.append(act.id)


def in_thing(thing: object, spot: Spot | None, about: About, grow: float, drift: float) -> Value:
    """One circle in a shape that may be an area, a line or a point, buffered; a shape nobody gave: cannot tell."""
    if spot is None or thing is None or isinstance(thing, Unknown):
        return U
    geometry = about.case.geometry
    error = spot.radius + about.case.agreement.tolerance + drift
    if isinstance(thing, Region):
        distance = geometry.to_region(spot.lon, spot.lat, thing)
    elif isinstance(thing, Path):
        distance = geometry.to_path(spot.lon, spot.lat, thing)
    elif isinstance(thing, Spot):
        distance = geometry.between(spot.lon, spot.lat, thing.lon, thing.lat)
        error += thing.radius
    else:
        return U
    error += lost(distance)
    distance -= grow
    if distance + error <= 0:
        return T
    return F if distance - error > 0 else U


def in_region(region: Region, spot: Spot, about: About) -> Value:
    """One circle in an area that an act names."""
    return in_thing(region, spot, about, 0.0, 0.0)


def literal(node: object) -> object:
    """A shape in the agreement: {poly: [[lon, lat], ..]}, {line: ..}, {circle: [lon, lat], radius: m}, {at: ..}."""
    pairs = dict(node) if isinstance(node, tuple) and all(isinstance(p, tuple) and len(p) == 2 for p in node) else {}
    return shape(pairs)


def _point(value: object) -> tuple[float, float]:
    assert isinstance(value, tuple | list)
    return float(str(value[0])), float(str(value[1]))


def shape(pairs: Mapping[object, object]) -> object:
    """The area, line or point of a shape's keys; None if it is none of these."""
    if isinstance(points := pairs.get("poly"), tuple | list):
        return Region(rings=(tuple(_point(p) for p in points),))
    if isinstance(points := pairs.get("line"), tuple | list):
        return Path(tuple(_point(p) for p in points))
    if "circle" in pairs:
        return Region(centre=_point(pairs["circle"]), radius=float(str(pairs.get("radius", 0)).removesuffix("m")))
    if "at" in pairs:
        return Spot(*_point(pairs["at"]), float(str(pairs.get("r", 0))))
    return None
