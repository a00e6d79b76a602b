"""Judging a record piece by piece: what was read is remembered, and only its readers are judged again.

Every subject (a clause and an act, a phase's edge or a due time) keeps the cells it read. A late, corrected or
withdrawn act changes some cells; their readers are judged anew, in the order in which phases and clauses rest
on each other, since findings are acts too. The result equals judging the whole record anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from detente.agreement import form as f
from detente.agreement.finding import PERIOD, Finding
from detente.agreement.geometry import Geometry
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.moments import due_deeds, edge_deeds
from detente.agreement.judge.outline import outline_of
from detente.agreement.judge.phases import PhaseState
from detente.agreement.judge.reach import EVERYWHERE, Reach, reaches
from detente.agreement.judge.rules import Clause, compile_rules
from detente.agreement.judge.store import Bucket, Cell, Name
from detente.agreement.judge.streaks import Day, days
from detente.agreement.judge.terms import Terms
from detente.agreement.judge.watching import no_breach_known
from detente.agreement.record import Act, Interval, OneOf
from detente.agreement.strata import clauses_asked
from detente.agreement.values import Value

Key = tuple[str, str, str | None]


class Subject:
    """One clause on one act. `cells`: what was read; `short`: what may change the answer once a log reaches it, ms."""

    __slots__ = ("cells", "clause", "deed", "findings", "short")

    def __init__(self, clause: Clause, deed: Deed) -> None:
        self.clause = clause
        self.deed = deed
        self.findings: list[Finding] = []
        self.cells: list[Cell] = []
        self.short = FAR


class Engine:
    """The judge of one telling of the record."""

    def __init__(self, agreement: f.Agreement, geometry: Geometry, now: int, heads: Mapping[str, int]) -> None:
        self.agreement = agreement
        self.frame = Frame(agreement, now, heads)
        self.terms = Terms(agreement, geometry, self.frame)
        self.unsettled: dict[str, Act] = {}
        """Statements of which a receipt that is not seen may matter: from when they count rests on the heads."""
        self.clauses = compile_rules(self.terms)
        outline = outline_of(agreement)
        self.order, self.streaks, self.told = outline.order, outline.streaks, outline.told
        self.with_receipts, self.founding = outline.with_receipts, outline.founding
        self.findings: dict[Key, Finding] = {}
        self.changed: set[Key] = set()
        self.subjects: dict[str, dict[str, Subject]] = {name: {} for name in self.clauses}
        self.by_kind: dict[str, list[Clause]] = {}
        self.by_edge: dict[str, list[Clause]] = {}
        self.dues: list[Clause] = []
        self._reaches: dict[str, Mapping[str, Reach]] = {}
        self.due_since: dict[str, tuple[int, int]] = {}
        for clause in self.clauses.values():
            self._register(clause)
        self.volatile: dict[Subject, None] = {}
        """Subjects of which a later now may change the answer, whatever logs are known."""
        self.short: dict[Subject, None] = {}
        """Subjects of which it may once a log is known further."""
        self.dirty: dict[str, dict[str, Subject]] = {name: {} for name in self.clauses}
        self.dirty_phases: set[str] = set(agreement.phases)
        self.phase_cells: dict[str, list[Cell]] = {}
        self.derived: dict[str, list[str]] = {}

    def _register(self, clause: Clause) -> None:
        rule = clause.rule
        if rule.mode in ("forbid", "permit"):
            for kind in rule.kinds:
                self.by_kind.setdefault(kind, []).append(clause)
        elif rule.mode == "require" and rule.trigger is not None:
            if rule.trigger.pattern is not None:
                for kind in rule.trigger.pattern.kinds:
                    self.by_kind.setdefault(kind, []).append(clause)
            elif rule.trigger.edge is not None:
                self.by_edge.setdefault(rule.trigger.edge.phase, []).append(clause)
            else:
                self.dues.append(clause)

    def runs(self, phase: str) -> Value:
        """Whether a phase runs now."""
        self.frame.begin(track=False)
        return self.terms.phases[phase].value(self.frame, self.frame.now, self.frame.now)

    # acts

    def put(self, act: Act) -> None:
        """Keep an act (in place of one of the same id)."""
        if act.id in self.terms.store.deeds or act.id in self.derived:
            self.drop(act.id)
        deed = self.terms.wardrobe.deed(act)
        if deed is None:
            return
        if self.terms.wardrobe.unsettled(act):
            self.unsettled[act.id] = act
        derived = self.terms.wardrobe.receipts(act) if self.with_receipts else []
        self.derived[act.id] = [receipt.id for receipt in derived]
        if deed.made or deed.receipts:  # by `to` it may count though its addressee has not got it
            self._enter(deed)
        for receipt in derived:
            self._enter(receipt)

    def drop(self, id: str) -> None:
        """Forget an act."""
        self.unsettled.pop(id, None)
        for receipt in self.derived.pop(id, []):
            self._leave(receipt)
        if id in self.terms.store.deeds:
            self._leave(id)

    def enter(self, deed: Deed) -> None:
        """Keep an act that is not made (in place of one of the same id), for a before-check."""
        self.derived[deed.id] = []
        self._enter(deed)

    def moves_with(self, kind: str) -> bool:
        """Whether more than the act itself may change if one of a kind were made, or time went on: phases, findings."""
        return bool(self.told) or bool(self.streaks) or bool(self.unsettled) or kind in self.founding

    def _enter(self, deed: Deed) -> None:
        if deed.id in self.terms.store.deeds:
            self._leave(deed.id)
        self._touch(self.terms.store.add(deed), deed)
        for clause in self.by_kind.get(deed.kind, ()) if deed.made else ():
            if deed.kind == "finding" and deed.fields["clause"] not in self._triggering(clause):
                continue
            subject = Subject(clause, deed)
            self.subjects[clause.rule.id][deed.id] = subject
            self.dirty[clause.rule.id][deed.id] = subject

    def _triggering(self, clause: Clause) -> AbstractSet[str]:
        """The clauses whose findings bring a duty about."""
        if clause.trigger is None:
            return self.told
        return clauses_asked(clause.trigger.pattern, self.agreement)

    def _leave(self, id: str) -> None:
        deed = self.terms.store.deeds[id]
        self._touch(self.terms.store.remove(id), deed)
        for clause in self.by_kind.get(deed.kind, ()):
            self._discard(clause, id)

    def _discard(self, clause: Clause, id: str) -> None:
        subject = self.subjects[clause.rule.id].pop(id, None)
        if subject is not None:
            self.dirty[clause.rule.id].pop(id, None)
            self._replace(subject, [])
            self._unread(subject)
            self.volatile.pop(subject, None)
            self.short.pop(subject, None)

    def _touch(self, cells: Iterable[Cell], deed: Deed | None) -> None:
        """Readers of what changed are to be judged again, but for those that an act at such a time cannot concern."""
        since, until = -FAR, FAR
        if deed is not None and not self.terms.store.disordered:
            since = min([deed.lo, *(when.lo for when in deed.receipts.values())])
            until = max([deed.hi, *(when.hi for when in deed.receipts.values())])
        for cell in cells:
            dated, named = isinstance(cell, Bucket), isinstance(cell, Name)
            for reader in cell.readers:
                if isinstance(reader, Subject):
                    asked, ahead = reader.deed, reader.clause.ahead
                    before, after = self._reach(reader.clause, deed.kind) if dated and deed is not None else EVERYWHERE
                    if until + before >= asked.lo and since <= asked.hi + (after if ahead or named else 0):
                        self.dirty[reader.clause.rule.id][asked.id] = reader
                elif isinstance(reader, PhaseState):
                    self.dirty_phases.add(reader.phase.name)

    def _reach(self, clause: Clause, kind: str) -> Reach:
        """How far before and after a subject an act of a kind may lie and still change what a clause says of it."""
        found = self._reaches.get(clause.rule.id)
        if found is None:
            found = self._reaches[clause.rule.id] = reaches(self.agreement, clause)
        return found.get(kind, EVERYWHERE)

    def about(self, clause: str, act: str) -> list[Finding]:
        """The findings of one clause on one act, edge or due time."""
        if act == PERIOD:
            found = self.findings.get((clause, act, None))
            return [found] if found is not None else []
        subject = self.subjects[clause].get(act)
        return subject.findings if subject is not None else []

    # time

    def see(self, now: int, heads: Mapping[str, int]) -> None:
        """Look from another instant, or with other heads."""
        frame = self.frame
        logs = set(heads) | set(frame.heads)
        onward = now >= frame.now and all(heads.get(log, now) >= frame.head(log) for log in logs)
        known = [frame.head(log) for log in frame.logs]
        frame.see(now, heads)
        for act in list(self.unsettled.values()):
            old, when = self.terms.store.deeds.get(act.id), self.terms.wardrobe.counted(act)
            if (None if old is None else Interval(old.lo, old.hi)) != when:
                self.put(act)
        if onward:
            reached = [frame.head(log) for log in frame.logs]
            waiting = [one for one in self.short if one.short <= max(reached)] if reached != known else []
            for subject in (*self.volatile, *waiting):
                self.dirty[subject.clause.rule.id][subject.deed.id] = subject
        else:
            for name, subjects in self.subjects.items():
                self.dirty[name].update(subjects)
        self.dirty_phases.update(self.agreement.phases)

    def days(self, phase: str) -> list[Day]:
        """The days that the run of a phase has counted, each with its answer; none if no run starts it."""
        self.frame.begin(track=False)
        for edge in self.agreement.phases[phase].starts:
            if isinstance(edge, f.Streak):
                since = min((span.lo for span in self.terms.phases[edge.since].spans), default=FAR)
                return list(days(self.terms, self.frame, edge, since))
        return []

    # judging

    def settle(self) -> set[Key]:
        """Judge again what must be; the keys of findings that changed."""
        for what, name in self.order:
            if what == "phase":
                if name in self.dirty_phases:
                    self._settle_phase(name)
            elif name in self.clauses:
                if self.clauses[name] in self.dues:
                    self._fill_dues(self.clauses[name])
                dirty, self.dirty[name] = self.dirty[name], {}
                for id, subject in dirty.items():
                    if self.subjects[name].get(id) is subject:
                        self._judge(subject)
            if name in self.clauses and self.clauses[name].rule.watched:
                self._settle_period(name)
        changed, self.changed = self.changed, set()
        return changed

    def _settle_period(self, name: str) -> None:
        """What is to be said of the whole period, if nothing is to be said against it."""
        key = (name, PERIOD, None)
        found = no_breach_known(self, name, self._first_instant())
        if found == self.findings.get(key):
            return
        self.changed.add(key)
        if found is None:
            del self.findings[key]
        else:
            self.findings[key] = found

    def _settle_phase(self, name: str) -> None:
        self.dirty_phases.discard(name)
        state = self.terms.phases[name]
        for cell in self.phase_cells.get(name, ()):
            cell.readers.pop(state, None)
        self.frame.begin(track=True)
        changed = state.settle(self.frame)
        reads = list(self.frame.reads or ())
        for edge in (*state.phase.starts, *state.phase.ends):
            if isinstance(edge, f.EdgeOf):
                reads.append(self.terms.phases[edge.phase].cell)
            elif isinstance(edge, f.Streak):
                reads.append(self.terms.phases[edge.since].cell)
        for cell in reads:
            cell.readers[state] = None
        self.phase_cells[name] = reads
        if changed:
            self._touch([state.cell], None)
        for clause in self.by_edge.get(name, ()):
            self._fill_edges(clause)

    def _fill_edges(self, clause: Clause) -> None:
        """One trigger for each start (or end) of a phase."""
        trigger = clause.rule.trigger
        assert trigger is not None
        assert trigger.edge is not None
        found = self.terms.phases[trigger.edge.phase].edges(self.frame, trigger.edge.edge)
        self._fill(clause, edge_deeds(trigger.edge, found))

    def _fill_dues(self, clause: Clause) -> None:
        """One trigger for each due time up to now."""
        trigger = clause.rule.trigger
        assert trigger is not None
        assert trigger.due is not None
        now, first = self.frame.now, self._first_instant()
        if trigger.due.instant is None:
            if self.due_since.get(clause.rule.id) == (first, now):
                return
            self.due_since[clause.rule.id] = first, now
        held = {id: subject.deed for id, subject in self.subjects[clause.rule.id].items()}
        self._fill(clause, due_deeds(trigger.due, self.terms.calendar, first, now, held))

    def _first_instant(self) -> int:
        """The first instant known, in the record or as the start of a phase; now if there is none."""
        starts = [
            edge.ms for phase in self.agreement.phases.values() for edge in phase.starts if isinstance(edge, f.Instant)
        ]
        first = self.terms.store.first()
        known = [*starts, self.frame.now] if first is None else [*starts, self.frame.now, first]
        return min(known)

    def _fill(self, clause: Clause, wanted: dict[str, Deed]) -> None:
        subjects = self.subjects[clause.rule.id]
        for id in [id for id in subjects if id not in wanted]:
            self._discard(clause, id)
        for id, deed in wanted.items():
            old = subjects.get(id)
            if old is None or (old.deed.lo, old.deed.hi, old.deed.edge) != (deed.lo, deed.hi, deed.edge):
                if old is not None:
                    self._discard(clause, id)
                subjects[id] = Subject(clause, deed)
                self.dirty[clause.rule.id][id] = subjects[id]

    def _judge(self, subject: Subject) -> None:
        frame = self.frame
        self._unread(subject)
        frame.begin(track=True)
        findings: list[Finding] = []
        if frame.now < subject.deed.lo < FAR:
            frame.volatile = True  # it has not happened yet
        else:
            findings = subject.clause.judge(frame, subject.deed)
        subject.cells = list(frame.reads or ())
        for cell in subject.cells:
            cell.readers[subject] = None
        if frame.volatile:
            self.volatile[subject] = None
        else:
            self.volatile.pop(subject, None)
        subject.short = frame.short
        if frame.short < FAR:
            self.short[subject] = None
        else:
            self.short.pop(subject, None)
        self._replace(subject, [one for one in findings if one.verdict != "not applicable"])

    @staticmethod
    def _unread(subject: Subject) -> None:
        for cell in subject.cells:
            cell.readers.pop(subject, None)
        subject.cells = []

    def _replace(self, subject: Subject, findings: list[Finding]) -> None:
        old = subject.findings
        if old == findings:
            return
        subject.findings = findings
        new = {one.key(): one for one in findings}
        for one in old:
            if new.get(one.key()) != one:
                self.changed.add(one.key())
                self.findings.pop(one.key(), None)
                if one.clause in self.told:
                    self._leave(_finding_id(one))
        for key, one in new.items():
            if self.findings.get(key) != one:
                self.changed.add(key)
                self.findings[key] = one
                if one.clause in self.told:
                    self._enter(self._as_act(one, subject.deed))

    @staticmethod
    def _as_act(finding: Finding, judged: Deed) -> Deed:
        """A finding as an act: by the bearer, at the judged act's time, with its fields."""
        verdict: object = finding.verdict
        if finding.verdict in ("cannot tell", "disputed", "not due"):
            verdict = OneOf((finding.verdict, "kept", "broken"))
        told = {**judged.fields, "clause": finding.clause, "act": finding.act, "verdict": verdict}
        by = frozenset((finding.bearer,)) if finding.bearer else judged.by
        return Deed(_finding_id(finding), "finding", by, Interval(judged.lo, judged.hi), told, event=judged.event)


def _finding_id(finding: Finding) -> str:
    return f"finding:{finding.clause}:{finding.act}:{finding.bearer or ''}"
