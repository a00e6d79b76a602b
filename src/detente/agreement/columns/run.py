"""Judging one telling of a record: each phase and clause in the order in which they rest on each other, columns first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.clauses import VERDICTS, Judged, Part, Plan, subjects
from detente.agreement.columns.codes import Ints, NoPlan
from detente.agreement.columns.given import Given
from detente.agreement.columns.loaded import Telling
from detente.agreement.columns.tables import Table
from detente.agreement.columns.told import Findings
from detente.agreement.columns.world import World
from detente.agreement.finding import Finding
from detente.agreement.geometry import Geometry
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.rules import Clause
from detente.agreement.record import Record


class Run:
    """All verdicts of one telling.

    `parts`: by clause, what columns decided. `asked`: by clause, findings of the step judge where they did not.
    `reasons`: clauses without a column, and why.
    """

    def __init__(
        self,
        agreement: f.Agreement,
        record: Record,
        geometry: Geometry,
        telling: Telling,
        given: Sequence[Given] = (),
    ) -> None:
        self.world = World(agreement, record, geometry, telling, given)
        self.parts: dict[str, list[Part]] = {}
        self.asked: dict[str, list[Finding]] = {}
        self.subjects_asked: dict[str, int] = {}
        self.reasons: dict[str, str] = {}
        self._told: list[tuple[str, Part]] = []
        self._places: dict[str, dict[str, tuple[Table, int]]] = {}
        step = self.world.step
        step.findings_as_acts = self._findings_as_acts
        for what, name in step.order:
            if what == "phase":
                self.world.spans.settle(name)
            elif name in step.clauses:
                self._clause(step.clauses[name])

    def _findings_as_acts(self) -> list[Deed]:
        return [] if not self._told else list(Findings(self.world.vocabulary, self.world.names, self._told).deeds())

    def _clause(self, clause: Clause) -> None:
        name = clause.rule.id
        world = self.world
        try:
            judged = Plan(world, clause).judge()
        except NoPlan as reason:
            self.reasons[name] = str(reason)
            judged = Judged([], subjects(world, clause))
        self.parts[name] = judged.parts
        found: list[Finding] = []
        told = [part for part in judged.parts if len(part.rows)]
        for table, rows in judged.ask:
            world.step.feed_for(clause)
            self.subjects_asked[name] = self.subjects_asked.get(name, 0) + len(rows)
            new, part = self._ask(clause, table, rows)
            found += new
            told.append(part)
        self.asked[name] = found
        if name in world.step.told and told:
            self._told += [(name, part) for part in told]
            world.told(Findings(world.vocabulary, world.names, self._told))

    def _ask(self, clause: Clause, table: Table, rows: Ints) -> tuple[list[Finding], Part]:
        """What the step judge says of some subjects, also as a part."""
        world = self.world
        found: list[Finding] = []
        places: list[int] = []
        for row in rows:
            new = world.step.judge(clause, self.deed(clause, table, int(row)))
            found += new
            places += [int(row)] * len(new)
        bearers = [world.names.bit(one.bearer).bit_length() - 1 if one.bearer else -1 for one in found]
        part = Part(
            table, np.array(places, np.int64), np.array([VERDICTS.index(one.verdict) for one in found], np.int8),
            np.array(bearers, np.int64), np.array([one.shadow for one in found], bool),
        )  # fmt: skip
        return found, part

    def deed(self, clause: Clause, table: Table, row: int) -> Deed:
        """A subject as the step judge holds it."""
        step = self.world.step
        id = table.ids[row]
        if table.kind == "":
            return step.subjects[clause.rule.id][id].deed
        held = step.terms.store.deeds.get(id)
        if held is None and len(table.acts):
            held = step.terms.wardrobe.deed(table.acts[row])
        assert held is not None
        return held

    def about(self, name: str, act: str) -> list[Finding]:
        """The findings of a clause on one act, in full."""
        found = [one for one in self.asked.get(name, ()) if one.act == act]
        step = self.world.step
        clause = step.clauses.get(name)
        if found or clause is None:
            return found
        if name not in self._places:
            self._places[name] = {
                part.table.ids[row]: (part.table, int(row)) for part in self.parts[name] for row in part.rows
            }
            step.feed_for(clause)
        place = self._places[name].get(act)
        if place is None:
            return []
        return step.judge(clause, self.deed(clause, *place))
