"""The release policy as read: who may let what leave, to whom, how fine, and what waits for nobody.

What no rule names does not leave. The first rule that fits a statement decides. Times ms, lengths metres, the box 1e-7
degrees. Reading stands in `policy_file`; format: docs/reference/release-policy.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from detente.node.release.interface import Levels
from detente.node.release.labels import Labels

Counts = Literal["yes", "no", "lowers"]
"""How an abstention or a silence counts: as a yes, as no vote at all, or so that one vote fewer is needed."""
ROLES = ("stop", "receipts", "safety", "movements")
STOP = "stop"
"""The statement that is never held back, whatever a policy says or fails to say."""
ALL = "all"
WHOLE = "whole"


@dataclass(frozen=True)
class Quorum:
    """`needed` of the agencies `of`, within so long after a draft was put forward (0: no limit)."""

    needed: int
    of: tuple[str, ...]
    within: int = 0
    silence: Counts = "no"
    abstain: Counts = "no"


@dataclass(frozen=True)
class Template:
    """A fixed form in which a statement may leave. Each next one of a rule withholds more, or is coarser."""

    name: str
    withhold: frozenset[str] = frozenset()
    levels: Levels = Levels()  # noqa: RUF009 - a value


class Box(NamedTuple):
    """South, west, north, east; 1e-7 degrees."""

    south: int
    west: int
    north: int
    east: int


@dataclass(frozen=True)
class Rule:
    """Statement kinds × audiences × area × time: fields (None: all), templates, how given, how long it counts, quorum."""

    name: str
    line: int
    say: tuple[str, ...]
    to: tuple[str, ...]
    areas: tuple[str, ...] = ()
    box: Box | None = None
    start: int | None = None
    until: int | None = None
    fields: frozenset[str] | None = None
    templates: tuple[Template, ...] = (Template(WHOLE),)
    given: Literal["released", "disclosed"] = "released"
    lasts: int = 0
    quorum: Quorum | None = None

    def fits(self, name: str, audience: str, fields: Mapping[str, Any], now: int) -> bool:
        """Whether this rule decides about a statement: `fields` as they travel (plain values)."""
        named = ALL in self.say or name in self.say
        heard = ALL in self.to or audience in self.to
        timely = (self.start is None or self.start <= now) and (self.until is None or now < self.until)
        return named and heard and timely and self._lies_in(fields)

    def _lies_in(self, fields: Mapping[str, Any]) -> bool:
        if self.areas and fields.get("area") not in self.areas:
            return False
        if self.box is None:
            return True
        found = list(positions(fields))
        south, west, north, east = self.box
        return bool(found) and all(south <= lat <= north and west <= lon <= east for lon, lat in found)


@dataclass(frozen=True)
class Policy:
    """A whole policy. `digest`: SHA-256 of the file's bytes; `agencies`: code to public key; `persons`: whose keys change it."""

    version: int
    node: str
    digest: str
    before: str
    slot: int
    agencies: Mapping[str, bytes]
    persons: tuple[str, ...]
    standing: Mapping[str, tuple[str, ...]]
    labels: Labels
    rules: tuple[Rule, ...] = field(default_factory=tuple)

    def stands(self, name: str) -> str:
        """The role under which a statement waits for nobody; "" if it has none."""
        if name == STOP:
            return STOP
        return next((role for role, names in self.standing.items() if name in names), "")

    def rule_for(self, name: str, audience: str, fields: Mapping[str, Any], now: int) -> Rule | None:
        """The rule that decides: the first that fits."""
        return next((rule for rule in self.rules if rule.fits(name, audience, fields, now)), None)


def positions(value: Any) -> list[tuple[int, int]]:
    """Every position (longitude, latitude, 1e-7 degrees) in plain values; a circle counts with its middle."""
    found: list[tuple[int, int]] = []
    if isinstance(value, Mapping):
        if "coordinates" in value:
            _flatten(value["coordinates"], found)
        elif isinstance(value.get("lat"), int) and isinstance(value.get("lon"), int):
            found.append((value["lon"], value["lat"]))
        else:
            for each in value.values():
                found += positions(each)
    return found


def _flatten(value: Any, found: list[tuple[int, int]]) -> None:
    if isinstance(value, list | tuple):
        if len(value) >= 2 and all(isinstance(each, int) for each in value):
            found.append((value[0], value[1]))
        else:
            for each in value:
                _flatten(each, found)
