"""What has no column: such clauses go to the step judge by name, such rows one by one (decision 0014).

People who are seen from an act are taken singly, once for each who may be its author (21-language-reference, 3). Columns do so
where the author is one known person, and hand over the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Flags, Ints, NoPlan
from detente.agreement.judge.calendar import FAR
from detente.agreement.strata import walk

if TYPE_CHECKING:
    from detente.agreement.columns.tables import Table
    from detente.agreement.columns.world import World
    from detente.agreement.judge.rules import Clause


def check(world: World, clause: Clause) -> bool:
    """Raise NoPlan for a clause without columns; whether rows by an author who is not sure go to the step judge."""
    rule = clause.rule
    if rule.trigger is not None and rule.trigger.pattern is not None and rule.trigger.pattern.to is not None:
        raise NoPlan("a duty that runs from receipt by those `to` names")
    seen = rule.each and rule.by is not None and _seen(rule.by)
    for pattern in patterns(world.agreement, *_related(world, clause)):
        _check(world, pattern)
        seen = seen or (pattern.each and pattern.by is not None and _seen(pattern.by))
        if any(_asks_from(inner) for inner in patterns(world.agreement, pattern.with_, *pattern.ended_by)):
            raise NoPlan("people seen from an act that another is asked about")
    if rule.each and rule.by is not None and any(isinstance(who, f.GuarantorOf | f.WhoPath) for who in rule.by):
        raise NoPlan("a duty of each whom a field names")
    return seen


def unsure(table: Table, rows: Ints, *, seen: bool) -> Flags:
    """Rows that the step judge is asked about: statements that perhaps nobody received; authors who are not sure."""
    by = table.by[rows]
    event = table.event if isinstance(table.event, bool) else table.event[rows]
    found: Flags = (table.hi[rows] >= FAR) & ~np.asarray(event) & (table.kind not in ("", "receipt", "finding"))
    if seen and table.kind:
        found = found | (by == 0) | ((by & (by - 1)) != 0)
    return found


def patterns(agreement: f.Agreement, *roots: object) -> Iterator[f.Pattern]:
    """All patterns of a form, through names as well."""
    waiting, done = list(roots), set()
    while waiting:
        for item in walk(waiting.pop()):
            if isinstance(item, f.Pattern):
                yield item
            elif isinstance(item, f.Named | f.PlaceName) and (type(item), item.name) not in done:
                done.add((type(item), item.name))
                waiting.append(
                    agreement.define[item.name] if isinstance(item, f.Named) else agreement.places[item.name]
                )


def _related(world: World, clause: Clause) -> list[object]:
    rules = world.agreement.rules
    found: list[object] = [world.agreement.in_force, clause.rule]
    found += [permit.rule for permit in (*clause.permits, *clause.beside)]
    if clause.rule.parent in rules:
        parent = world.step.clauses[clause.rule.parent]
        found += [parent.rule, *(one.rule for one in parent.lifted)]
    return found


def _check(world: World, pattern: f.Pattern) -> None:
    if pattern.each and pattern.by is not None:
        if any(isinstance(who, f.GuarantorOf | f.WhoPath) for who in pattern.by):
            raise NoPlan("each whom a field names")
        if pattern.alike and pattern.within is not None:
            raise NoPlan("a later set of like acts")
    if pattern.to is not None:
        if any(world.table(kind).unaddressed for kind in pattern.kinds):
            raise NoPlan("statements that others received before their addressee")
        if any(isinstance(who, f.GuarantorOf | f.WhoPath) for who in pattern.to):
            raise NoPlan("receipt by whom a field names")
        named = {who.code for who in pattern.to if isinstance(who, f.Person)}
        if pattern.to_each and any(world.persons.expand(code) != {code} for code in named):
            raise NoPlan("receipt by each of a group")


def _asks_from(pattern: f.Pattern) -> bool:
    people = (*(pattern.by or () if pattern.each else ()), *(pattern.to or ()))
    return _seen(people)


def _seen(whos: f.Whos) -> bool:
    """Whether who is meant depends on the act that asks."""
    return any(isinstance(who, f.Word) and who.word not in ("parties", "anyone") for who in whos)
