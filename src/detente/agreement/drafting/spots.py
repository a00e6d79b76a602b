"""Places of a scene: areas drawn round the deed, beside it or far from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.drafting.scene import FAR_OFF, HOUR, MINUTE, NEAR, Scene, degrees_east
from detente.agreement.judge.shapes import literal_shape
from detente.agreement.record import Path, Region, Spot

if TYPE_CHECKING:
    from detente.agreement.drafting.build import Builder

Chain = tuple[str, ...]


def where(scene: Scene, id: str) -> tuple[str, tuple[float, float]] | None:
    """The field that says where an act is, and its middle: `position`, else its only place."""
    draft = scene.acts[id]
    fields = scene.agreement.kinds[draft.kind].fields
    spatial = [name for name, field in fields.items() if field.type in ("point", "area", "line")]
    name = "position" if "position" in spatial else spatial[0] if len(spatial) == 1 else ""
    middle = centre(draft.fields.get(name))
    return (name, middle) if middle is not None else None


def centre(value: object) -> tuple[float, float] | None:
    """The middle of a shape."""
    if isinstance(value, Spot):
        return value.lon, value.lat
    if isinstance(value, Region):
        if value.centre is not None:
            return value.centre
        ring = value.rings[0]
        return sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
    return value.points[0] if isinstance(value, Path) else None


def place_truth(
    build: Builder, scene: Scene, chain: Chain, middle: tuple[float, float], place: f.PlaceForm, want: bool
) -> Iterator[Scene]:
    """Scenes in which a point is (or is not) in a place."""
    if isinstance(place, f.PlaceName):
        yield from place_truth(build, scene, chain, middle, scene.agreement.places[place.name], want)
    elif isinstance(place, f.Union):
        yield from _several(build, scene, chain, middle, [(item, want) for item in place.items], every=not want)
    elif isinstance(place, f.Cut):
        parts: list[tuple[f.PlaceForm, bool]] = [(place.base, want)]
        if place.inside:
            parts.append((f.Union(place.inside), want))
        parts += [(item, not want) for item in place.minus]
        yield from _several(build, scene, chain, middle, parts, every=want)
    elif isinstance(place, f.Shape):
        yield from _shape(build, scene, middle, place, want, 0.0)
    elif isinstance(place, f.Within):
        yield from place_truth(build, scene, chain, middle, place.of, want)
        if want:
            yield from _beside(build, scene, chain, middle, place.of, float(place.metres))
    elif want:
        yield from _named(build, scene, chain, middle, place, 0.0)
    else:
        yield scene
        yield from _named(build, scene, chain, (middle[0] + FAR_OFF, middle[1]), place, 0.0)


def _several(
    build: Builder, scene: Scene, chain: Chain, middle: tuple[float, float],
    parts: list[tuple[f.PlaceForm, bool]], *, every: bool,
) -> Iterator[Scene]:  # fmt: skip
    if not every:
        for place, want in parts:
            yield from place_truth(build, scene, chain, middle, place, want)
    elif not parts:
        yield scene
    else:
        for first in place_truth(build, scene, chain, middle, *parts[0]):
            yield from _several(build, first, chain, middle, parts[1:], every=True)


def _shape(
    build: Builder, scene: Scene, middle: tuple[float, float], shape: f.Shape, want: bool, off: float
) -> Iterator[Scene]:
    """A shape of the text is where it is; an annex is not given here and is drawn as the scene needs it."""
    if not shape.annex:
        drawn = literal_shape(shape.literal[0]) if shape.literal else None
        away = distance(build, middle, drawn)
        if away is not None and (away <= off) == want:
            yield scene
        return
    if shape.annex in scene.annexes:
        away = distance(build, middle, scene.annexes[shape.annex])
        if away is not None and (away <= off) == want:
            yield scene
    elif not want:
        yield replace(scene, denied=scene.denied | {shape.annex})
    elif shape.annex not in scene.denied or off:
        drawn = _circle(middle, off)
        yield replace(scene, annexes={**scene.annexes, shape.annex: drawn})


def _circle(middle: tuple[float, float], off: float) -> Region:
    """An area round a point, or one whose edge is half of `off` metres away from it."""
    if not off:
        return Region(centre=middle, radius=NEAR)
    radius = min(NEAR, off)
    return Region(centre=degrees_east(middle, radius + off / 2), radius=radius)


def distance(build: Builder, middle: tuple[float, float], shape: Spot | Region | Path | None) -> float | None:
    """Signed metres from a point to a shape of the text."""
    if isinstance(shape, Region):
        return build.geometry.to_region(*middle, shape)
    if isinstance(shape, Path):
        return build.geometry.to_path(*middle, shape)
    if isinstance(shape, Spot):
        return build.geometry.between(*middle, shape.lon, shape.lat)
    return None


def _beside(
    build: Builder, scene: Scene, chain: Chain, middle: tuple[float, float], place: f.PlaceForm, metres: float
) -> Iterator[Scene]:
    """Within so many metres of a place, and outside it."""
    if isinstance(place, f.PlaceName):
        yield from _beside(build, scene, chain, middle, scene.agreement.places[place.name], metres)
    elif isinstance(place, f.Shape):
        yield from _shape(build, scene, middle, place, True, metres)
    elif isinstance(place, f.NamedIn):
        yield from _named(build, scene, chain, middle, place, metres)


def _named(
    build: Builder, scene: Scene, chain: Chain, middle: tuple[float, float], place: f.NamedIn, off: float
) -> Iterator[Scene]:
    """Acts that name an area or point about (or beside) a point."""
    field = scene.agreement.kinds[place.pattern.kinds[0]].fields.get(place.field)
    spot = degrees_east(middle, off / 2) if off else middle
    shape = Spot(*spot) if field is not None and field.type == "point" else _circle(middle, off)
    at = scene.acts[chain[-1]].at
    lead = MINUTE if place.drift else HOUR
    yield from build.make(scene, place.pattern, at, chain, before=True, lead=lead, given={place.field: shape})
