"""Clauses on whole columns: scope, goal, verdict (21-language-reference, 10).

The rules of the step judge's `Clause`, for all subjects of a clause at once. A subject whose verdict a column leaves open is
listed in `ask`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from detente.agreement.columns.codes import (
    ASK,
    OF_VALUE,
    Answers,
    F,
    Flags,
    Ints,
    NoPlan,
    P,
    T,
    both,
    either,
    full,
    negated,
)
from detente.agreement.columns.handover import check, unsure
from detente.agreement.columns.meant import among, meant, union
from detente.agreement.columns.questions import Question
from detente.agreement.columns.tables import Table
from detente.agreement.columns.view import Rows
from detente.agreement.finding import Verdict
from detente.agreement.judge.calendar import FAR

if TYPE_CHECKING:
    from detente.agreement.columns.world import World
    from detente.agreement.judge.rules import Clause

VERDICTS: tuple[Verdict, ...] = ("not applicable", "cannot tell", "not due", "broken", "kept", "no verdict", "disputed")
NONE, CANNOT, NOT_DUE, BROKEN, KEPT, NO_VERDICT, DISPUTED = range(7)
_BLOCK = 1 << 16
"""Rows judged at once: columns of a block stay in the processor's cache."""
OPEN = 9
"""Not a verdict: the step judge is asked."""
_TABLE = np.array(
    [
        [NONE, NONE, NONE, NONE, NONE],
        [CANNOT, CANNOT, NOT_DUE, OPEN, NONE],
        [NOT_DUE, NOT_DUE, NOT_DUE, OPEN, NONE],
        [OPEN, OPEN, OPEN, OPEN, OPEN],
        [BROKEN, CANNOT, NOT_DUE, OPEN, KEPT],
    ],
    np.int8,
)
"""By scope, then goal, in the order of the codes F, U, P, ASK, T."""


class Part(NamedTuple):
    """Verdicts of one clause on rows of one table: numbers of VERDICTS, of bearers (-1: nobody named), and shadow."""

    table: Table
    rows: Ints
    verdicts: Any
    bearers: Ints
    shadow: Flags

    def only(self, keep: Flags) -> Part:
        """Some of the rows."""
        return Part(self.table, self.rows[keep], self.verdicts[keep], self.bearers[keep], self.shadow[keep])


class Judged(NamedTuple):
    """What columns say of one clause, and the rows (of each table) that the step judge is asked about."""

    parts: list[Part]
    ask: list[tuple[Table, Ints]]


class Plan:
    """One clause, ready to be judged on columns."""

    def __init__(self, world: World, clause: Clause) -> None:
        self.world = world
        self.clause = clause
        self.rule = clause.rule
        self.owed: Question | None = None
        if self.rule.owed is not None:
            self.owed = Question(world, self.rule.owed, self.rule.id)
            self.owed.since_last = clause.recurring and clause.owed is not None and clause.owed.since_last

    # the parts

    def scope(self, rows: Rows) -> Answers:
        """Whether the clause speaks of each row."""
        rule, world = self.rule, self.world
        value = full(len(rows), T)
        if rule.by is not None and rule.mode != "require":
            value = among(world, rule.by, rows.by, rows)
        trigger = rule.trigger
        if trigger is not None and trigger.pattern is not None:
            if trigger.pattern.each:
                raise NoPlan("a duty after an act by each of several")
            value = world.question(trigger.pattern, rule.id).matches(rows)
        elif rows.table.edge is not None:
            value = rows.table.edge[rows.idx].copy()
        if rule.during:
            value = self._and(value, rows, lambda some: world.spans.during(rule.during, some))
        when = rule.when
        if when is not None:
            value = self._and(value, rows, lambda some: world.test(when, some, rule.id))
        if self.clause.parent is not None:
            parent = Plan(world, self.clause.parent)
            value = self._and(value, rows, parent.needed)
        return value

    @staticmethod
    def _and(value: Answers, rows: Rows, test: Any) -> Answers:
        at = np.flatnonzero(value != F)
        if len(at):
            value[at] = both(value[at], test(rows if len(at) == len(rows) else rows.take(at)))
        return value

    def excused(self, rows: Rows) -> Answers:
        """`unless`."""
        if self.rule.unless is None:
            return full(len(rows), F)
        return self.world.test(self.rule.unless, rows, self.rule.id)

    def applies(self, rows: Rows) -> Answers:
        """Of a permission: whether it holds for each row."""
        if rows.table.kind not in self.rule.kinds:
            return full(len(rows), F)
        value = self.scope(rows)
        if self.rule.unless is not None:
            value = self._and(value, rows, lambda some: negated(self.excused(some)))
        return value

    def counts(self, rows: Rows, over: Plan) -> Answers:
        """Of a permission: whether it applies against a prohibition; out of force it lifts nothing that survives."""
        value = self.applies(rows)
        if over.rule.survives and not self.rule.survives:
            value = self._and(value, rows, self.force)
        return value

    def needed(self, rows: Rows) -> Answers:
        """Of a permission: it applied, and a prohibition it lifts would else have been broken."""

        def else_broken(some: Rows) -> Answers:
            result = full(len(some), F)
            for clause in self.clause.lifted:
                if some.table.kind in clause.rule.kinds:
                    plan = Plan(self.world, clause)
                    value = self._and(plan.scope(some), some, lambda rest, plan=plan: negated(plan.excused(rest)))
                    result = either(result, value)
            return result

        return self._and(self.applies(rows), rows, else_broken)

    def force(self, rows: Rows) -> Answers:
        """Whether the agreement is in force at each row."""
        condition = self.world.agreement.in_force
        if condition is None or self.rule.survives:
            return full(len(rows), T)
        return self.world.test(condition, rows, "")

    # verdicts

    def judge(self) -> Judged:
        """All subjects of the clause."""
        parts: list[Part] = []
        ask: list[tuple[Table, Ints]] = []
        seen = check(self.world, self.clause)
        blocks = [
            (table, idx[at : at + _BLOCK])
            for table, idx in subjects(self.world, self.clause)
            for at in range(0, len(idx), _BLOCK)
        ]
        for table, idx in blocks:
            handed = unsure(table, idx, seen=seen)
            if handed.any():
                ask.append((table, idx[handed]))
            rows = Rows(table, idx[~handed] if handed.any() else idx)
            for part in self._duties(rows) if self.rule.mode == "require" else [self._of_acts(rows)]:
                still = part.verdicts == OPEN
                if still.any():
                    ask.append((table, np.unique(part.rows[still])))
                parts.append(part)
        if ask:  # a subject is judged whole: all its bearers by the step judge
            asked = [
                (table, {int(row) for t, rows in ask if t is table for row in rows})
                for table in {id(t): t for t, _ in ask}.values()
            ]
            kept = []
            for part in parts:
                own = next((rows for table, rows in asked if table is part.table), set())
                keep = ~np.isin(part.rows, np.fromiter(own, np.int64, len(own)))
                kept.append(part.only(keep))
            parts = kept
            ask = [(table, np.array(sorted(rows), np.int64)) for table, rows in asked]
        return Judged(parts, ask)

    def _of_acts(self, rows: Rows) -> Part:
        a = self.applies(rows) if self.rule.mode == "permit" else self.scope(rows)
        at = np.flatnonzero(a != F)
        a, rows = a[at], rows.take(at)
        bearers = self.world.names.single(rows.by) if len(rows) else np.zeros(0, np.int64)
        if self.rule.mode == "permit":
            verdicts = np.where(a == ASK, OPEN, NO_VERDICT).astype(np.int8)
            return self._part(rows, verdicts, bearers)
        g = self.excused(rows)
        for permit in self.clause.permits:
            open_ = np.flatnonzero(g != T)
            if len(open_):
                g[open_] = either(g[open_], Plan(self.world, permit).counts(rows.take(open_), self))
        verdicts = _TABLE[a, g]
        for permit in self.clause.beside:
            here = np.flatnonzero((g == F) & ((verdicts == BROKEN) | (verdicts == CANNOT)))
            if len(here):
                counted = Plan(self.world, permit).counts(rows.take(here), self)
                verdicts[here] = np.where(counted == F, verdicts[here], np.where(counted == ASK, OPEN, CANNOT))
        return self._part(rows, verdicts, bearers)

    def _duties(self, rows: Rows) -> list[Part]:
        a = self.scope(rows)
        at = np.flatnonzero(a != F)
        a, rows = a[at], rows.take(at)
        rule = self.rule
        assert rule.by is not None
        people = meant(self.world, rule.by, rows)
        if not len(rows):
            return []
        excused: Answers | None = None
        parts = []
        for one in people if rule.each else [union(people)]:
            g = self._answered(rows, one)
            if rule.unless is not None:
                excused = self.excused(rows) if excused is None else excused
                g = either(g, excused)
            verdicts = _TABLE[a, g]
            if rule.each:  # bound is nobody, or none can say who: the step judge words it
                nobody = np.broadcast_to(~np.asarray(one.anyone) & (np.asarray(one.possible) == 0), (len(rows),))
                verdicts = np.where(nobody & np.asarray(one.present), OPEN, verdicts).astype(np.int8)
            present = np.broadcast_to(np.asarray(one.present), (len(rows),))
            bearers = np.broadcast_to(np.asarray(one.code), (len(rows),))
            here = np.flatnonzero(present)
            parts.append(self._part(rows.take(here), verdicts[here], bearers[here].astype(np.int64)))
        return parts

    def _answered(self, rows: Rows, one: Any) -> Answers:
        assert self.owed is not None
        if not self.clause.recurring:
            return self.owed.answered(rows, one)
        value = self.owed.exists(rows, one)
        still = self.world.now <= rows.hi + self.world.agreement.grace
        return np.where(still, either(value, full(len(value), P)), value).astype(np.int8)

    def _part(self, rows: Rows, verdicts: Any, bearers: Ints) -> Part:
        at = np.flatnonzero(verdicts != NONE)
        rows, verdicts, bearers = rows.take(at), verdicts[at], bearers[at]
        if self.rule.reading_of:
            return Part(rows.table, rows.idx, verdicts, bearers, np.ones(len(rows), bool))
        force = self.force(rows)
        verdicts = np.where(force == ASK, OPEN, verdicts)
        return Part(rows.table, rows.idx, verdicts, bearers, force != T)


def subjects(world: World, clause: Clause) -> list[tuple[Table, Ints]]:
    """What a clause judges: rows of acts that have happened, phases' edges, due times."""
    rule, trigger = clause.rule, clause.rule.trigger
    kinds = rule.kinds
    found: list[tuple[Table, Ints]] = []
    if rule.mode == "require" and trigger is not None and trigger.pattern is None:
        step = world.step
        deeds = step.edge_deeds(clause) if trigger.edge is not None else step.due_deeds(clause, world.first)
        table = world.builder.of_deeds("", deeds)
        if trigger.edge is not None:
            table.edge = np.array([T if deed.edge is None else OF_VALUE[deed.edge] for deed in deeds], np.int8)
        found.append((table, np.arange(table.size)))
        kinds = ()
    elif rule.mode == "require" and trigger is not None and trigger.pattern is not None:
        kinds = trigger.pattern.kinds
    for kind in dict.fromkeys(kinds):
        table = world.table(kind)
        idx = world.ordered(table)
        if kind == "finding" and table.size:
            triggering = world.step._triggering(clause)
            idx = np.flatnonzero([value in triggering for value in table.column("clause")])
        found.append((table, idx))
    happened = [(table, idx[~((table.lo[idx] > world.now) & (table.lo[idx] < FAR))]) for table, idx in found]
    return [(table, idx) for table, idx in happened if len(idx)]


__all__ = ["OPEN", "VERDICTS", "Judged", "Part", "Plan", "subjects"]
