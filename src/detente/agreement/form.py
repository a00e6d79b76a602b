"""The internal form of an agreement: what the judge, the reference and every back end read (21-language-reference, 13).

Times ms UTC, lengths metres, speeds metres a second. A tuple of conditions in `Any_` is any, in `All` every one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from detente.agreement.kinds import Calendar as Calendar
from detente.agreement.kinds import Duration as Duration
from detente.agreement.kinds import Elapsed as Elapsed
from detente.agreement.kinds import Field as Field
from detente.agreement.kinds import Kind as Kind

# paths and people

Path = tuple[str, ...]
"""`field`, `ref.field`, `received.x`, `its.field` split at the dots."""


@dataclass(frozen=True)
class Person:
    """A code of a party, another, or a group."""

    code: str


@dataclass(frozen=True)
class Word:
    """parties, anyone, actor, other, guarantor."""

    word: Literal["parties", "anyone", "actor", "other", "guarantor"]


@dataclass(frozen=True)
class GuarantorOf:
    """The guarantor of whoever a path names."""

    path: Path


@dataclass(frozen=True)
class WhoPath:
    """Whoever a path names."""

    path: Path


Who = Person | Word | GuarantorOf | WhoPath
Whos = tuple[Who, ...]
"""Any of them, or each of them where a pattern says so."""

# patterns and conditions


@dataclass(frozen=True)
class Pattern:
    """A question about other acts. `lead` bounds the time before e, `within` the time after; `number` bounds a count."""

    kinds: tuple[str, ...]
    by: Whos | None = None
    each: bool = False
    to: Whos | None = None
    to_each: bool = False
    same: tuple[tuple[str, Path], ...] = ()
    with_: Condition | None = None
    during: str = ""
    no_later_than: int | None = None
    at_least: Duration | None = None
    at_most: Duration | None = None
    within: Duration | None = None
    counting_from: Path | None = None
    window: Duration | Literal["day", "month", "quarter", "year"] | None = None
    least: int | None = None
    most: int | None = None
    distinct: tuple[str, ...] = ()
    ended_by: tuple[Pattern, ...] = ()
    alike: tuple[str, ...] = ()
    newest_per: tuple[str, ...] = ()


@dataclass(frozen=True)
class All:
    items: tuple[Condition, ...]


@dataclass(frozen=True)
class Any_:
    items: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    item: Condition


@dataclass(frozen=True)
class OneOf:
    """Equal to one of these: literal texts, or what paths give. `this` stands as the literal of the clause's id."""

    values: tuple[str | PathValue, ...]


@dataclass(frozen=True)
class PathValue:
    path: Path


@dataclass(frozen=True)
class Range:
    """Numbers between bounds (a literal, already in base units, or a path)."""

    at_least: int | PathValue | None
    at_most: int | PathValue | None


@dataclass(frozen=True)
class Covers:
    """The field's area covers the point, or its span the instant, that a path gives."""

    path: Path


@dataclass(frozen=True)
class FieldInside:
    place: PlaceForm


Matcher = OneOf | Range | Covers | FieldInside


@dataclass(frozen=True)
class Is:
    """A field (or path) of e against a matcher."""

    path: Path
    matcher: Matcher


@dataclass(frozen=True)
class Inside:
    """Where e is."""

    place: PlaceForm


@dataclass(frozen=True)
class During:
    phase: str


@dataclass(frozen=True)
class ElapsedIs:
    """Time between two stated or received times."""

    from_: Path
    to: Path
    at_least: Duration | None
    at_most: Duration | None


@dataclass(frozen=True)
class Given:
    field: str


@dataclass(frozen=True)
class Clock:
    """Civil time in the agreement's zone: weekdays 0-6 (None: every day), minutes from midnight."""

    days: tuple[int, ...] | None
    from_: int | None
    until: int | None


@dataclass(frozen=True)
class Ask:
    """A question about other acts."""

    pattern: Pattern
    mode: Literal["earlier", "later", "count"]


@dataclass(frozen=True)
class Named:
    """A condition by its name in `define`."""

    name: str


Condition = All | Any_ | Not | Is | Inside | During | ElapsedIs | Given | Clock | Ask | Named

# places


@dataclass(frozen=True)
class Shape:
    """A literal shape (GeoJSON-like, 1e-7 degrees) or an annex by name."""

    annex: str = ""
    literal: tuple[object, ...] = ()


@dataclass(frozen=True)
class NamedIn:
    """The union over standing acts of what they name; drift in metres a second."""

    pattern: Pattern
    field: str
    drift: float = 0.0


@dataclass(frozen=True)
class Within:
    metres: int
    of: PlaceForm


@dataclass(frozen=True)
class Cut:
    base: PlaceForm
    inside: tuple[PlaceForm, ...] = ()
    minus: tuple[PlaceForm, ...] = ()


@dataclass(frozen=True)
class Union:
    items: tuple[PlaceForm, ...]


@dataclass(frozen=True)
class PlaceName:
    name: str


PlaceForm = Shape | NamedIn | Within | Cut | Union | PlaceName

# phases


@dataclass(frozen=True)
class Instant:
    ms: int


@dataclass(frozen=True)
class ByAct:
    pattern: Pattern
    plus: Duration | None = None


@dataclass(frozen=True)
class EdgeOf:
    phase: str
    edge: Literal["start", "end"]


@dataclass(frozen=True)
class Streak:
    days: int
    since: str
    each_day: Condition


@dataclass(frozen=True)
class After:
    """So long after the phase's own start."""

    duration: Duration


Edge = Instant | ByAct | EdgeOf | Streak | After


@dataclass(frozen=True)
class Phase:
    name: str
    starts: tuple[Edge, ...]
    ends: tuple[Edge, ...] = ()
    renewed_by: Pattern | None = None


# clauses


@dataclass(frozen=True)
class Due:
    """A duty by the clock: one instant, or on days (None: every day) at a civil minute."""

    instant: int | None
    days: tuple[int, ...] | None = None
    minute: int = 0


@dataclass(frozen=True)
class Trigger:
    """What brings a duty about: an act that fits a pattern, or a phase's edge."""

    pattern: Pattern | None = None
    edge: EdgeOf | None = None
    due: Due | None = None


@dataclass(frozen=True)
class Rule:
    """A clause. For forbid and permit `kinds` are judged; for require `owed` is the act owed after (or at) the trigger."""

    id: str
    mode: Literal["forbid", "permit", "require", "text"]
    says: str
    line: int
    kinds: tuple[str, ...] = ()
    by: Whos | None = None
    each: bool = False
    during: str = ""
    when: Condition | None = None
    unless: Condition | None = None
    over: tuple[str, ...] = ()
    over_every: bool = False
    survives: bool = False
    answers: str = ""
    owed: Pattern | None = None
    trigger: Trigger | None = None
    watched: bool = False
    parent: str = ""
    reading_of: str = ""
    doubt: Mapping[str, str] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()


# people


@dataclass(frozen=True)
class Alias:
    name: str
    since: int | None


@dataclass(frozen=True)
class Other:
    """Everyone who does not sign; `joined_by` makes an opt-in group."""

    code: str
    name: str
    guarantor: str = ""
    keeps_log: bool = False
    aliases: tuple[Alias, ...] = ()
    members: tuple[str, ...] = ()
    joined_by: Pattern | None = None


@dataclass(frozen=True)
class Used:
    """A vocabulary as an agreement uses it: its digest, and the agreement's names for its kinds and for their fields."""

    digest: str
    kinds: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Agreement:
    """A whole agreement. `sources`: how many independent sources an event of a kind needs, where it is more than one.
    `used`: by the vocabulary's name with its version, "lists-1"."""

    code: str
    title: str
    status: str
    zone: str
    tolerance: int
    grace: int
    settle: int
    parties: Mapping[str, str]
    others: Mapping[str, Other]
    kinds: Mapping[str, Kind]
    places: Mapping[str, PlaceForm]
    phases: Mapping[str, Phase]
    define: Mapping[str, Condition]
    in_force: Condition | None
    rules: Mapping[str, Rule]
    digest: str = ""
    assumed: tuple[str, ...] = ()
    sources: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, Used] = field(default_factory=dict)
