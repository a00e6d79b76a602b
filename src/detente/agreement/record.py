"""The record the judge reads: acts (statements and events) as they are known, and how far each log is known.

The same values for every engine; nothing is decided here. Times ms UTC as closed intervals, places with error radii.

An act's field is one of: absent from `fields` (a statement: not stated, every question about it is answered no; an
event: not known), `UNKNOWN` (given, not known: sealed), `OneOf` (one of several), or a plain value: text, whole
number, `Spot`, `Region`, `Path`, `Span`, an instant (int), the id of an act (text).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class Interval(NamedTuple):
    """An instant known to lie in [lo, hi], ms."""

    lo: int
    hi: int


NO_END = 253_000_000_000_000
"""Upper end (ms) of a receipt of which nobody can say whether it was one: what it is of never surely counts, and never
surely does not."""


class Unknown:
    """Given, not known."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


@dataclass(frozen=True)
class OneOf:
    """One of several values."""

    values: tuple[object, ...]


@dataclass(frozen=True)
class Spot:
    """A point with its error radius. Degrees WGS84, metres."""

    lon: float
    lat: float
    radius: float = 0.0


@dataclass(frozen=True)
class Region:
    """An area: a circle (one point, radius) or rings of (lon, lat) with geodesic edges; holes follow the outer ring."""

    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    centre: tuple[float, float] | None = None
    radius: float = 0.0


@dataclass(frozen=True)
class Path:
    """A line of (lon, lat) with geodesic edges."""

    points: tuple[tuple[float, float], ...]


class Span(NamedTuple):
    """A pair of instants, both known, ms."""

    start: int
    end: int


@dataclass(frozen=True)
class Account:
    """One side's telling of an act: what it says differently."""

    source: str
    changes: Mapping[str, object]


@dataclass(frozen=True)
class Act:
    """A statement or an event.

    `by`: who it may be by (empty: nobody can say). `at`: when an event happened, or when a statement was said.
    `received`: receipt by each receiver (statements). `log`, `index`: the log it stands in and its place there ("" and -1
    if unknown). `known_from`: when it came to be known (for the view "known then"), ms. `replaces`: the act it corrects.
    `sources`: who tells an event as it stands here, by name or code; whoever gives an account of it tells it too.
    """

    id: str
    kind: str
    by: frozenset[str] = frozenset()
    at: Interval | None = None
    received: Mapping[str, Interval] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)
    from_: int | None = None
    until: int | None = None
    log: str = ""
    index: int = -1
    known_from: int | None = None
    replaces: str = ""
    withdrawn: bool = False
    accounts: tuple[Account, ...] = ()
    sources: tuple[str, ...] = ()

    def tellers(self) -> tuple[str, ...]:
        """Everybody who tells it, each once."""
        return tuple(dict.fromkeys((*self.sources, *(account.source for account in self.accounts))))

    def told_by(self, account: Account) -> Act:
        """The act as one account tells it."""
        changes = dict(account.changes)
        head = {key: changes.pop(key) for key in ("by", "at", "received", "from_", "until") if key in changes}
        told = {**self.fields, **changes}
        return replace(self, fields=told, accounts=(), sources=self.tellers(), **head)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Record:
    """All acts, and for each log (code of its author) the instant up to which the judge holds every receipt.

    `heads` without a log: complete to `now`. `now`: when the judge is asked.
    """

    acts: tuple[Act, ...]
    now: int
    heads: Mapping[str, int] = field(default_factory=dict)

    def complete_to(self, log: str) -> int:
        """Up to when a log is known whole."""
        return self.heads.get(log, self.now)

    def as_known_at(self, instant: int) -> Record:
        """The record as it was known at an earlier instant: acts known by then, corrections made by then."""
        acts = tuple(act for act in self.acts if act.known_from is None or act.known_from <= instant)
        heads = {log: min(head, instant) for log, head in self.heads.items()}
        return Record(acts, min(self.now, instant), heads)

    def current(self) -> Record:
        """Without acts that were withdrawn or replaced by a correction."""
        gone = {act.replaces for act in self.acts if act.replaces}
        kept = tuple(act for act in self.acts if act.id not in gone and not act.withdrawn)
        return Record(kept, self.now, self.heads)
