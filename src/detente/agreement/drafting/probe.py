"""Looking for a scene that shows something, within bounds, and asking the judge whether it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from detente.agreement import form as f
from detente.agreement.drafting import people
from detente.agreement.drafting.build import Builder
from detente.agreement.drafting.scene import DAY, HOUR, Scene, World, length
from detente.agreement.drafting.spots import centre
from detente.agreement.finding import Finding
from detente.agreement.geometry import Geometry
from detente.agreement.judge import judge
from detente.agreement.judge.shapes import literal_shape
from detente.agreement.record import Path, Record, Region
from detente.agreement.strata import walk

DEED = "deed"
_ASKED = "?"
TRIES = 16
"""Scenes put to the judge for one question."""
_HOME = (37.0, 36.0)
_MOST_AHEAD = 400 * DAY


@dataclass(frozen=True)
class Goal:
    """A condition about the deed (or a phase at its time) and whether it is to hold; `clause`: whose condition it is."""

    condition: f.Condition
    want: bool = True
    clause: str = ""


@dataclass(frozen=True)
class Example:
    """A record the judge has judged. `deed`: the act it is about; `findings`: what the judge said of it, by clause."""

    scene: Scene
    record: Record
    deed: str
    findings: tuple[Finding, ...]

    def verdict(self, clause: str) -> str:
        """What the judge said of a clause; "" if nothing."""
        return next((finding.verdict for finding in self.findings if finding.clause == clause), "")

    def finding(self, clause: str) -> Finding | None:
        """The judge's finding of a clause."""
        return next((finding for finding in self.findings if finding.clause == clause), None)


class Drawn:
    """The geometry of the judge with the annexes a scene has drawn."""

    def __init__(self, geometry: Geometry, annexes: Mapping[str, Region | Path]) -> None:
        self.to_region, self.to_path, self.between = geometry.to_region, geometry.to_path, geometry.between
        self.annexes = annexes
        self.given = geometry.annex

    def annex(self, name: str) -> Region | Path | None:
        """An annex of the agreement, drawn for the example; else somewhere far away."""
        return self.given(name) or self.annexes.get(name) or Region(centre=(_HOME[0] + 8, _HOME[1]), radius=1_000.0)


class Probe:
    """Searches of one agreement. `judged`: how many scenes the judge has seen."""

    def __init__(self, agreement: f.Agreement, geometry: Geometry) -> None:
        self.agreement = agreement
        self.geometry = geometry
        self.builder = Builder(geometry)
        self.worlds = worlds(agreement)
        self.judged = 0
        spans = [length(part.within) or 0 for part in walk(agreement.rules) if isinstance(part, f.Pattern)]
        spans += [length(part.window) or 0 for part in walk(agreement.rules)
                  if isinstance(part, f.Pattern) and isinstance(part.window, f.Elapsed | f.Calendar)]  # fmt: skip
        self.ahead = min(_MOST_AHEAD, max(spans, default=0)) + agreement.grace + agreement.settle + 2 * DAY

    def scenes(self, kind: str, author: str, goals: Iterable[Goal], *, in_force: bool = True) -> Iterator[Scene]:
        """Scenes with a deed of a kind by somebody, in which all goals are meant to hold."""
        wanted = list(goals)
        for world in self.worlds:
            scene, _ = Scene(self.agreement, world).add(kind, author, world.start, DEED)
            yield from self._met(scene, wanted, in_force)

    def _met(self, scene: Scene, goals: list[Goal], in_force: bool) -> Iterator[Scene]:
        if not goals:
            force = self.agreement.in_force
            if force is None or not in_force:
                yield scene
            else:
                before = replace(scene, role="in force")
                for made in self.builder.truth(before, force, True, (DEED,)):
                    yield replace(made, role="")
            return
        goal = goals[0]
        self.builder.clause = goal.clause
        for made in self.builder.truth(scene, goal.condition, goal.want, (DEED,)):
            yield from self._met(made, goals[1:], in_force)

    def judge(self, scene: Scene, ahead: int | None = None, sure: f.Condition | None = None) -> Example | None:
        """What the judge says of a scene; None if a condition on the deed does not surely hold by its judgement."""
        self.judged += 1
        record = scene.record(self.ahead if ahead is None else ahead)
        agreement = self.agreement if sure is None else self._asking(sure, scene.acts[DEED].kind)
        found = judge(agreement, record, Drawn(self.geometry, scene.annexes))
        if sure is not None and not any(one.clause == _ASKED and one.verdict == "broken" for one in found):
            return None
        return Example(scene, record, DEED, tuple(one for one in found if one.clause != _ASKED))

    def judged_record(self, scene: Scene, record: Record) -> Example:
        """What the judge says of a scene's record after a change made by hand."""
        self.judged += 1
        found = judge(self.agreement, record, Drawn(self.geometry, scene.annexes))
        return Example(scene, record, DEED, tuple(found))

    def _asking(self, condition: f.Condition, kind: str) -> f.Agreement:
        """The agreement with a prohibition that is broken exactly where a condition on the deed surely holds."""
        asked = f.Rule(_ASKED, "forbid", "", 0, kinds=(kind,), when=condition, over_every=True, survives=True)
        return replace(self.agreement, rules={**self.agreement.rules, _ASKED: asked})

    def find(
        self, kind: str, authors: Iterable[str], goals: Iterable[Goal], shows: Callable[[Example], bool],
        *, tries: int = TRIES, in_force: bool = True, sure: f.Condition | None = None,
    ) -> Example | None:  # fmt: skip
        """The first example that the judge confirms; None if none was found within the bounds."""
        wanted = list(goals)
        for author in authors:
            for scene in islice(self.scenes(kind, author, wanted, in_force=in_force), tries):
                example = self.judge(scene, sure=sure)
                if example is not None and shows(example):
                    return example
        return None

    def of_deed(self, example: Example) -> dict[str, Finding]:
        """The findings about the deed itself, by clause."""
        return {finding.clause: finding for finding in example.findings if finding.act == example.deed}

    def authors(self, *rules: f.Rule) -> list[str]:
        """Codes that all these clauses speak of."""
        agreement = self.agreement
        everyone = [*agreement.parties, *agreement.others]
        fitting = [
            set(everyone) if rule.by is None else self.named(rule.by) for rule in rules if rule.mode != "require"
        ]
        return [code for code in everyone if all(code in named for named in fitting)]

    def named(self, whos: f.Whos) -> set[str]:
        """Codes that words for people may mean."""
        agreement, found = self.agreement, set()
        for who in whos:
            if isinstance(who, f.Person):
                found |= people.members(agreement, who.code)
            elif isinstance(who, f.Word) and who.word == "parties":
                found |= set(agreement.parties)
            else:
                found |= set(agreement.parties) | set(agreement.others)
        return found


def scope(rule: f.Rule) -> f.Condition:
    """When a prohibition or permission speaks of an act of its kind and author."""
    parts: list[f.Condition] = [f.During(rule.during)] if rule.during else []
    return f.All((*parts, *([rule.when] if rule.when is not None else [])))


def broken(rule: f.Rule) -> list[Goal]:
    """The goals under which a prohibition would be broken, permissions aside."""
    goals = [Goal(scope(rule), True, rule.id)]
    return goals if rule.unless is None else [*goals, Goal(rule.unless, False, rule.id)]


def applies(rule: f.Rule) -> list[Goal]:
    """The goals under which a permission applies."""
    return broken(rule)


def holds(rule: f.Rule) -> Goal:
    """A prohibition that is not broken: it does not speak of the act, or its exception is met."""
    outside = f.Not(scope(rule))
    return Goal(outside if rule.unless is None else f.Any_((outside, rule.unless)), True, rule.id)


def worlds(agreement: f.Agreement) -> list[World]:
    """Places and times worth trying: in each shape the text draws, about each instant and civil time it names."""
    homes = [middle for middle in map(centre, _literals(agreement)) if middle is not None][:3] or [_HOME]
    instants = sorted({part.ms for part in walk((agreement.phases, agreement.rules)) if isinstance(part, f.Instant)})
    instants = instants or [
        alias.since for other in agreement.others.values() for alias in other.aliases if alias.since is not None
    ]
    zone = ZoneInfo(agreement.zone or "UTC")
    starts = [instant + 30 * HOUR for instant in instants[:3]] or [_morning(zone, 12)]
    clocks = [part for part in walk((agreement.rules, agreement.define)) if isinstance(part, f.Clock)]
    hours = {(part.from_ or 0) // 60 for part in clocks} | {((part.until or 0) // 60 + 1) % 24 for part in clocks}
    starts += [_morning(zone, hour) + HOUR // 2 for hour in sorted(hours)]
    return [World(home, start) for start in starts for home in homes][:8]


def _literals(agreement: f.Agreement) -> list[object]:
    shapes = [part for part in walk((agreement.places, agreement.rules)) if isinstance(part, f.Shape)]
    return [literal_shape(shape.literal[0]) for shape in shapes if shape.literal]


def _morning(zone: ZoneInfo, hour: int) -> int:
    """An hour of an ordinary local day, ms UTC."""
    moment = datetime(2017, 3, 15, 0, 0, tzinfo=zone) + timedelta(hours=hour)
    return round(moment.astimezone(UTC).timestamp() * 1000)
