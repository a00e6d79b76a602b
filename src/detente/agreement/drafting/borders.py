"""Belts along a line that no clause cuts to one side: the same deed is judged alike on both sides of the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from math import cos, hypot, radians
from typing import NamedTuple

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import DEED, TRIES, Example, Goal, Probe, scope
from detente.agreement.drafting.scene import Scene
from detente.agreement.drafting.spots import where
from detente.agreement.judge.shapes import literal_shape
from detente.agreement.record import Path, Spot
from detente.agreement.strata import walk

_DEGREE = 111_320.0
"""Metres of a degree of latitude, about: it only proposes, the judge measures."""


class Belt(NamedTuple):
    """So many metres to either side of a line: a literal one, or an annex by its name."""

    metres: int
    line: Path | None
    annex: str

    @property
    def name(self) -> str:
        """What the text calls the line."""
        return f"the line {self.annex}" if self.annex else "the line"


def borders(probe: Probe) -> list[Advice]:
    """One finding for each belt with two sides on which prohibitions turn."""
    turning: dict[Belt, list[tuple[f.Rule, list[Example]]]] = {}
    for rule in probe.agreement.rules.values():
        if rule.mode == "forbid":
            for belt in dict.fromkeys(_belts(probe, (rule.when, rule.unless), cut=False)):
                sides = _both_sides(probe, rule, belt)
                if sides:
                    turning.setdefault(belt, []).append((rule, sides))
    return [_told([rule for rule, _ in every], belt, every[0][1]) for belt, every in turning.items()]


def _belts(probe: Probe, form: object, *, cut: bool) -> Iterator[Belt]:
    """The uncut belts that conditions and places rest on."""
    agreement = probe.agreement
    if isinstance(form, tuple):
        for item in form:
            yield from _belts(probe, item, cut=cut)
    elif isinstance(form, f.All | f.Any_ | f.Union):
        yield from _belts(probe, form.items, cut=cut)
    elif isinstance(form, f.Named):
        yield from _belts(probe, agreement.define[form.name], cut=cut)
    elif isinstance(form, f.Not):
        yield from _belts(probe, form.item, cut=cut)
    elif isinstance(form, f.Inside):
        yield from _belts(probe, form.place, cut=cut)
    elif isinstance(form, f.PlaceName):
        yield from _belts(probe, agreement.places[form.name], cut=cut)
    elif isinstance(form, f.Cut):
        yield from _belts(probe, form.base, cut=cut or bool(form.inside))
    elif isinstance(form, f.Within) and not cut:
        shape = agreement.places.get(form.of.name) if isinstance(form.of, f.PlaceName) else form.of
        belt = _along(probe, form.metres, shape)
        if belt is not None:
            yield belt


def _along(probe: Probe, metres: int, shape: f.PlaceForm | None) -> Belt | None:
    """A belt, if what it runs along is a line: written out, given, or an annex that the text only measures from."""
    if not isinstance(shape, f.Shape):
        return None
    if shape.literal:
        drawn = literal_shape(shape.literal[0])
        return Belt(metres, drawn, "") if isinstance(drawn, Path) else None
    given = probe.geometry.annex(shape.annex)
    if isinstance(given, Path):
        return Belt(metres, given, shape.annex)
    return Belt(metres, None, shape.annex) if given is None and _only_measured(probe.agreement, shape) else None


def _only_measured(agreement: f.Agreement, shape: f.Shape) -> bool:
    """Whether nothing is ever asked to be inside an annex itself."""
    names = {name for name, place in agreement.places.items() if place == shape}
    meant = {shape, *map(f.PlaceName, names)}
    parts = [
        part for form in (agreement.rules, agreement.define, agreement.phases, agreement.places) for part in walk(form)
    ]
    asked = [part.place for part in parts if isinstance(part, f.Inside | f.FieldInside)]
    asked += [each for part in parts if isinstance(part, f.Cut) for each in (part.base, *part.inside, *part.minus)]
    return not any(place in meant or (isinstance(place, f.Union) and meant & set(place.items)) for place in asked)


def _both_sides(probe: Probe, rule: f.Rule, belt: Belt) -> list[Example]:
    """The same deed on one side and on the other, judged alike; and far off, judged otherwise."""
    kind = next((kind for kind in rule.kinds if probe.agreement.kinds[kind].event), "")
    if not kind:
        return []
    wishes = [Goal(scope(rule), True, rule.id)]
    wishes += [Goal(rule.unless, want, rule.id) for want in (False,)] if rule.unless is not None else []
    for author in probe.authors(rule):
        for scene in islice(probe.scenes(kind, author, wishes), TRIES):
            sides = _sides(probe, scene, belt)
            said = [probe.of_deed(example).get(rule.id) for example in sides]
            verdicts = [finding.verdict if finding is not None else "not applicable" for finding in said]
            if len(verdicts) == 3 and verdicts[0] == verdicts[1] in ("broken", "kept") and verdicts[2] != verdicts[0]:
                return sides[:2]
    return []


def _told(rules: list[f.Rule], belt: Belt, sides: list[Example]) -> Advice:
    half, rule = _length(belt.metres / 2), rules[0]
    ids = tuple(each.id for each in rules)
    speak = (
        f"{w.listed(ids, 'and')} {'speaks' if len(ids) == 1 else 'speak'} of {_length(belt.metres)} on both sides of it"
    )
    given = belt.name if belt.line is not None else f"annex {belt.annex}, if that is a line"
    text = f"A belt along {given}: {speak}, since no words cut it to one."
    choices = (
        "name the side that is meant as a place and cut the belt to it (`inside`)",
        "say that both sides are meant",
    )
    shown = (
        Shown(sides[0], f"the deed is {half} to one side of {belt.name}", (rule.id,)),
        Shown(sides[1], f"the same deed is {half} to the other side, and {rule.id} says the same", (rule.id,)),
    )
    return Advice("two-sided border", ids, text, choices, shown)


def _length(metres: float) -> str:
    return f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"


def _sides(probe: Probe, scene: Scene, belt: Belt) -> list[Example]:
    """The scene judged with its deed to one side of the line, to the other, and far off."""
    spot = where(scene, DEED)
    if spot is None:
        return []
    field, home = spot
    line = belt.line or Path(tuple((home[0] + off, home[1]) for off in (-1.0, 0.0, 1.0)))
    annexes = {**scene.annexes, belt.annex: line} if belt.line is None else scene.annexes
    (lon, lat), (east, north) = _middle(line)
    found = []
    for metres in (belt.metres / 2, -belt.metres / 2, 4.0 * belt.metres):
        point = Spot(lon + metres * east / (_DEGREE * cos(radians(lat))), lat + metres * north / _DEGREE)
        draft = scene.acts[DEED]
        moved = replace(draft, fields={**draft.fields, field: point})
        placed = replace(scene, acts={**scene.acts, DEED: moved}, annexes=annexes)
        example = probe.judge(placed)
        if example is not None:
            found.append(example)
    return found


def _middle(line: Path) -> tuple[tuple[float, float], tuple[float, float]]:
    """A point in the middle of a line's first edge, and the direction (east, north) that leads away from the edge there."""
    (lon1, lat1), (lon2, lat2) = line.points[:2]
    east, north = (lon2 - lon1) * cos(radians(lat1)), lat2 - lat1
    size = hypot(east, north) or 1.0
    return ((lon1 + lon2) / 2, (lat1 + lat2) / 2), (-north / size, east / size)
