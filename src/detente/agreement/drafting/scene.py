"""Small made-up records: one deed and the acts about it, written so that chosen conditions hold.

A scene is a proposal only. Nothing is concluded from it before the judge has judged its record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from detente.agreement import form as f
from detente.agreement.record import Act, Interval, Path, Record, Region, Span, Spot

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
STRANGER = "somebody nobody names"
NEAR, FAR_OFF = 10_000.0, 3.0
"""Radius in metres of an area drawn round the deed; how many degrees off an area lies that is not about it."""


@dataclass(frozen=True)
class World:
    """Where and when the deed happens: longitude and latitude in degrees, ms UTC."""

    home: tuple[float, float]
    start: int


@dataclass(frozen=True)
class Draft:
    """An act being written. `fixed`: fields a condition has decided; `role`: why it is there ("" : for the deed itself)."""

    id: str
    kind: str
    by: str
    at: int
    fields: Mapping[str, object]
    fixed: frozenset[str] = frozenset()
    role: str = ""


@dataclass(frozen=True)
class Scene:
    """Acts by id, what annexes are drawn as, phases already begun. Never changed: every step makes another."""

    agreement: f.Agreement
    world: World
    acts: Mapping[str, Draft] = field(default_factory=dict)
    annexes: Mapping[str, Region | Path] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()
    role: str = ""

    def add(self, kind: str, by: str, at: int, name: str = "") -> tuple[Scene, str]:
        """A new act with every field it must have filled in; its id."""
        number = sum(draft.kind == kind for draft in self.acts.values()) + 1
        id = name or f"{kind.replace('_', '-')}-{number}"
        fields = {
            name: self.ordinary(field, at)
            for name, field in self.agreement.kinds[kind].fields.items()
            if not field.optional and field.type != "act"
        }
        draft = Draft(id, kind, by, at, fields, role=self.role)
        return replace(self, acts={**self.acts, id: draft}), id

    def ordinary(self, form: f.Field, at: int) -> object:
        """A plain value for a field about which nothing is asked: the same for all acts, about the place of the deed."""
        match form.type:
            case "count" | "length":
                return 1
            case "who":
                return next((o.code for o in self.agreement.others.values() if not o.guarantor), STRANGER)
            case "addressee":
                return list(self.agreement.parties)[-1]
            case "point":
                return Spot(*self.world.home)
            case "area" | "line":
                return Region(centre=self.world.home, radius=NEAR)
            case "span":
                return Span(at - HOUR, at + 6 * HOUR)
            case "time":
                return at
            case "enum":
                return form.values[0]
        return f"{form.name}-1"

    def fix(self, id: str, name: str, value: object) -> Scene | None:
        """The scene with a field decided; None if it is decided otherwise already. None as value: left out."""
        draft = self.acts[id]
        if name in draft.fixed and draft.fields.get(name) != value:
            return None
        fields = {key: old for key, old in draft.fields.items() if key != name}
        if value is not None:
            fields[name] = value
        changed = replace(draft, fields=fields, fixed=draft.fixed | {name})
        return replace(self, acts={**self.acts, id: changed})

    def record(self, ahead: int) -> Record:
        """The record, known whole `ahead` ms after its last act. A statement is received at once by all who keep a log."""
        keepers = [*self.agreement.parties, *(c for c, o in self.agreement.others.items() if o.keeps_log)]
        acts = []
        for draft in self.acts.values():
            at = Interval(draft.at, draft.at)
            event = self.agreement.kinds[draft.kind].event
            received = {} if event else {code: at for code in keepers if code != draft.by}
            by = frozenset({draft.by}) if draft.by else frozenset()
            told = tuple(f"source {n + 1}" for n in range(self.agreement.sources.get(draft.kind, 0)))
            acts.append(Act(draft.id, draft.kind, by, at, received, dict(draft.fields), sources=told))
        last = max((draft.at for draft in self.acts.values()), default=self.world.start)
        return Record(tuple(acts), last + ahead)


def degrees_east(point: tuple[float, float], metres: float) -> tuple[float, float]:
    """A point about so far east of another (the judge measures; this only proposes)."""
    from math import cos, radians

    return (point[0] + metres / (111_320 * cos(radians(point[1]))), point[1])


def length(duration: f.Duration | None) -> int | None:
    """About how long a duration is, ms; a month counts as 31 days, and a calendar duration as a day more."""
    if duration is None or isinstance(duration, f.Elapsed):
        return None if duration is None else duration.ms
    return (duration.number * (31 if duration.unit == "months" else 1) + 1) * DAY
