"""How far before and after the act that is judged another act may lie and still change what a clause says of it.

By kind of act, in ms, never too little: a duration on the calendar counts as so many days of 26 hours and two more. What has no
bound reaches everywhere. Acts are searched by time only where every log's order and its clocks agree (store).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR

if TYPE_CHECKING:
    from detente.agreement.judge.rules import Clause

Reach = tuple[int, int]
EVERYWHERE: Reach = (FAR, FAR)
_LONG_DAY = 26 * 3_600_000
_DAYS = {"hour": 1, "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def reaches(agreement: f.Agreement, clause: Clause) -> Mapping[str, Reach]:
    """(before, after) for each kind that the questions of a clause name; a kind that is not here reaches everywhere."""
    rule = clause.rule
    trigger = rule.trigger.pattern if rule.trigger is not None else None
    if trigger is not None and (trigger.to is not None or trigger.each):
        return {}
    reading = _Reading(agreement)
    reading.form(agreement.in_force, (0, 0))
    related = [rule, *(one.rule for one in (*clause.permits, *clause.beside))]
    if clause.parent is not None:
        related += [clause.parent.rule, *(one.rule for one in clause.parent.lifted)]
    for one in related:
        reading.form((one.when, one.unless), (0, 0))
    if trigger is not None:
        reading.form(trigger.with_, (0, 0))
    if rule.owed is not None:
        reading.pattern(rule.owed, "earlier" if clause.recurring else "later", (0, 0))
    everywhere = [agreement.phases, *(other.joined_by for other in agreement.others.values())]
    for kind in _kinds(everywhere):
        reading.found[kind] = EVERYWHERE
    return reading.found


class _Reading:
    def __init__(self, agreement: f.Agreement) -> None:
        self.agreement = agreement
        self.found: dict[str, Reach] = {}

    def form(self, value: object, reach: Reach) -> None:
        """Every question of a form that is asked from as far away."""
        if isinstance(value, f.Ask):
            self.pattern(value.pattern, value.mode, reach)
        elif isinstance(value, f.Pattern):
            self.pattern(value, "earlier", reach)
        elif isinstance(value, f.Named):
            self.form(self.agreement.define[value.name], reach)
        elif isinstance(value, f.PlaceName):
            self.form(self.agreement.places[value.name], reach)
        elif isinstance(value, tuple | list):
            for item in value:
                self.form(item, reach)
        elif is_dataclass(value) and not isinstance(value, type):
            for part in fields(value):
                self.form(getattr(value, part.name), reach)

    def pattern(self, pattern: f.Pattern, mode: str, reach: Reach) -> None:
        """What a question asks for, and what is asked of that."""
        own = _own(pattern, mode)
        self._within(pattern, (min(FAR, reach[0] + own[0]), min(FAR, reach[1] + own[1])))

    def _within(self, pattern: f.Pattern, reach: Reach) -> None:
        if pattern.to is not None:
            reach = EVERYWHERE
        for kind in pattern.kinds:
            before, after = self.found.get(kind, (0, 0))
            self.found[kind] = max(before, reach[0]), max(after, reach[1])
        self.form(pattern.with_, reach)
        for ender in pattern.ended_by:  # after what it ends, and not after the act that asks
            self._within(ender, reach)


def _own(pattern: f.Pattern, mode: str) -> Reach:
    if pattern.alike:  # made when the last of a set is: the first may be old
        return EVERYWHERE
    if mode == "later":
        return 0, FAR if pattern.counting_from else _most(pattern.within)
    return _most(pattern.at_most if mode == "earlier" else pattern.window), 0


def _most(duration: f.Duration | str | None) -> int:
    if duration is None:
        return FAR
    if isinstance(duration, f.Elapsed):
        return duration.ms
    days = _DAYS[duration] if isinstance(duration, str) else duration.number * (1 if duration.unit == "days" else 31)
    return (days + 2) * _LONG_DAY


def _kinds(value: object) -> set[str]:
    if isinstance(value, f.Pattern):
        found = set(value.kinds)
        for part in fields(value):
            found |= _kinds(getattr(value, part.name))
        return found
    if isinstance(value, Mapping):
        return {kind for item in value.values() for kind in _kinds(item)}
    if isinstance(value, tuple | list):
        return {kind for item in value for kind in _kinds(item)}
    if is_dataclass(value) and not isinstance(value, type):
        return {kind for part in fields(value) for kind in _kinds(getattr(value, part.name))}
    return set()
