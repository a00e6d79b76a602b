"""The step judge for the few: it holds only the acts that a question may read, and judges only what it is asked.

Phases are always its: they are few, and decided once. So are the findings of subjects that a column left open, and every
explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from detente.agreement import form as f
from detente.agreement.finding import Finding
from detente.agreement.geometry import Geometry
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.engine import Engine
from detente.agreement.judge.rules import Clause
from detente.agreement.record import Act
from detente.agreement.strata import walk


class Asked(Engine):
    """An engine that is fed kind by kind."""

    def __init__(
        self,
        agreement: f.Agreement,
        geometry: Geometry,
        now: int,
        heads: Mapping[str, int],
        acts: Mapping[str, Sequence[Act]],
    ) -> None:
        super().__init__(agreement, geometry, now, heads)
        self._acts = acts
        self._fed: set[str] = set()
        self.disordered = False
        self.findings_as_acts: Callable[[], Iterable[Deed]] = tuple
        self._findings_fed = 0

    def feed(self, kinds: Iterable[str]) -> None:
        """Hold all acts of these kinds."""
        wanted = set(kinds)
        if "receipt" in wanted:
            wanted |= {name for name, kind in self.agreement.kinds.items() if not kind.event and name != "finding"}
        store, wardrobe = self.terms.store, self.terms.wardrobe
        for kind in sorted(wanted - self._fed):
            self._fed.add(kind)
            for act in self._acts.get(kind, ()):
                deed = wardrobe.deed(act)
                if deed is not None and (deed.made or deed.receipts):
                    store.add(deed)
                if self.with_receipts:
                    for receipt in wardrobe.receipts(act):
                        store.add(receipt)
        if "finding" in wanted:
            deeds = list(self.findings_as_acts())
            for deed in deeds[self._findings_fed :]:
                store.add(deed)
            self._findings_fed = len(deeds)
        store.disordered = self.disordered

    def kinds_read(self, *roots: object) -> set[str]:
        """Kinds of acts that a form may read, through names, phases and references as well."""
        agreement = self.agreement
        found: set[str] = set()
        judged: set[str] = set()
        seen: set[int] = set()
        joined = [other.joined_by for other in agreement.others.values() if other.joined_by is not None]
        waiting: list[object] = [*roots, *joined]
        while waiting:
            for item in walk(waiting.pop()):
                if isinstance(item, f.Pattern):
                    found |= set(item.kinds)
                    named: object = agreement.phases.get(item.during)
                elif isinstance(item, f.Named):
                    named = agreement.define[item.name]
                elif isinstance(item, f.PlaceName):
                    named = agreement.places[item.name]
                elif isinstance(item, f.During | f.EdgeOf):
                    named = agreement.phases[item.phase]
                elif isinstance(item, f.Streak):
                    named = agreement.phases[item.since]
                elif isinstance(item, f.Rule):  # what it judges is handed over; only what is made of acts is looked up
                    named = agreement.phases.get(item.during)
                    judged |= set(item.kinds)
                    found |= derived(item.kinds)
                else:
                    continue
                if named is not None and id(named) not in seen:
                    seen.add(id(named))
                    waiting.append(named)
        while True:
            more = (
                {
                    field.of
                    for kind in found | judged
                    for field in agreement.kinds[kind].fields.values()
                    if field.type == "act"
                }
                - found
                - {""}
            )
            if not more:
                return found
            found |= more

    def settle_phase(self, name: str) -> None:
        """Find a phase's spans; what its streaks ask of days is answered elsewhere."""
        phase = self.agreement.phases[name]
        edges = [edge for edge in (*phase.starts, *phase.ends) if not isinstance(edge, f.Streak)]
        self.feed(self.kinds_read(*edges, phase.renewed_by))
        self.dirty_phases.discard(name)
        self.frame.begin(track=False)
        self.terms.phases[name].settle(self.frame)

    def judge(self, clause: Clause, deed: Deed) -> list[Finding]:
        """What the step judge finds of one subject."""
        self.frame.begin(track=False)
        return [one for one in clause.judge(self.frame, deed) if one.verdict != "not applicable"]

    def feed_for(self, clause: Clause) -> None:
        """Hold all that one clause may read."""
        rule = clause.rule
        related: list[object] = [self.agreement.in_force, rule]
        trigger = rule.trigger.pattern if rule.trigger is not None else None
        if trigger is not None and not trigger.each:  # the act that triggers is handed over
            related[1:] = [replace(rule, trigger=None), replace(trigger, kinds=tuple(derived(trigger.kinds)))]
            related.append(replace(rule, trigger=None, kinds=trigger.kinds))
        rules = self.agreement.rules
        related += [permit.rule for permit in (*clause.permits, *clause.beside)]
        if rule.parent:
            related += [rules[rule.parent], *(lifted.rule for lifted in self.clauses[rule.parent].lifted)]
        self.feed(self.kinds_read(*related))

    def edge_deeds(self, clause: Clause) -> list[Deed]:
        """One trigger for each start (or end) of a phase."""
        self._fill_edges(clause)
        return self._subjects(clause)

    def due_deeds(self, clause: Clause, first: int | None) -> list[Deed]:
        """One trigger for each due time up to now, from the first instant in the whole record."""
        self.terms.store._first = first
        self._fill_dues(clause)
        return self._subjects(clause)

    def _subjects(self, clause: Clause) -> list[Deed]:
        self.dirty[clause.rule.id] = {}
        return [subject.deed for subject in self.subjects[clause.rule.id].values()]


def derived(kinds: Iterable[str]) -> set[str]:
    """Those that are made of other acts: such acts stand in no record, so that they have to be held."""
    return set(kinds) & {"receipt", "finding"}
