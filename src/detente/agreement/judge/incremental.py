"""The judge that takes acts as they come (`Judge`), one engine for each telling of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from detente.agreement.finding import Finding
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.judge.before import Check, Overall
from detente.agreement.judge.engine import Engine, Key
from detente.agreement.judge.streaks import Day
from detente.agreement.judge.worlds import combined, tellings, told
from detente.agreement.record import Act, Record
from detente.agreement.values import F, T, U


@dataclass(frozen=True)
class Revision:
    """A finding that superseded another. `cause`: id of the act, or "head", "now"."""

    before: Finding | None
    after: Finding | None
    cause: str


class Judge:
    """Judges one agreement over a record that grows, is corrected, and is seen from later instants."""

    def __init__(
        self,
        agreement: Agreement,
        geometry: Geometry,
        now: int = 0,
        acts: Iterable[Act] = (),
        heads: Mapping[str, int] | None = None,
    ) -> None:
        """`acts`, `heads`: what is known to begin with."""
        self.agreement = agreement
        self.geometry = geometry
        self._now = now
        self._heads = dict(heads or {})
        self._acts: dict[str, Act] = {}
        self._gone: set[str] = set()
        self._sources: dict[str, int] = {}
        self._engines: dict[str, Engine] = {}
        self._findings: dict[Key, Finding] = {}
        self._keys: dict[tuple[str, str], set[Key]] = {}
        self._order = {name: number for number, name in enumerate(agreement.rules)}
        for act in acts:
            self._keep(act)
        self._split()
        self._tell("now")

    @classmethod
    def over(cls, agreement: Agreement, geometry: Geometry, record: Record) -> Judge:
        """A judge over a whole record, judged once."""
        return cls(agreement, geometry, record.now, record.acts, record.heads)

    # what comes

    def add(self, act: Act) -> list[Revision]:
        """An act that came to be known: new, late, corrected (`replaces`, or the same id) or withdrawn."""
        self._take(act)
        return self._tell(act.id)

    def hold(self, act: Act) -> None:
        """The same, judged with what comes next: it brings about no revision of its own."""
        self._take(act)

    def head(self, log: str, instant: int) -> list[Revision]:
        """A log is known whole up to an instant."""
        self._heads[log] = instant
        return self._look("head")

    def now(self, instant: int) -> list[Revision]:
        """Time went on."""
        self._now = instant
        return self._look("now")

    def look(self, instant: int, heads: Mapping[str, int]) -> list[Revision]:
        """Time went on, and logs are known further."""
        self._now = instant
        self._heads.update(heads)
        return self._look("now")

    def _look(self, cause: str) -> list[Revision]:
        for engine in self._engines.values():
            engine.see(self._now, self._heads)
        return self._tell(cause)

    def _take(self, act: Act) -> None:
        gone = self._keep(act)
        self._split()
        for source, engine in self._engines.items():
            for id in gone:
                engine.drop(id)
            if act.id in self._acts:
                engine.put(told(act, source))

    def _keep(self, act: Act) -> list[str]:
        """Keep an act, if it stands; the ids of acts that do not any more."""
        gone = [act.replaces] if act.replaces else []
        self._gone.update(gone)
        if act.id in self._gone or act.withdrawn:
            gone.append(act.id)
        for id in gone:
            self._count(self._acts.pop(id, None), -1)
        if act.id not in gone:
            self._count(self._acts.get(act.id), -1)
            self._acts[act.id] = act
            self._count(act, 1)
        return gone

    def _count(self, act: Act | None, by: int) -> None:
        for account in act.accounts if act is not None else ():
            self._sources[account.source] = self._sources.get(account.source, 0) + by

    def _split(self) -> None:
        """Another source: one run more."""
        wanted = tellings({source for source, acts in self._sources.items() if acts})
        if wanted == list(self._engines):
            return
        old, self._engines = self._engines, {}
        for source in wanted:
            if source not in old:
                old[source] = Engine(self.agreement, self.geometry, self._now, self._heads)
                for act in self._acts.values():
                    old[source].put(told(act, source))
            self._engines[source] = old[source]
        self._anew = True

    _anew = False

    def _tell(self, cause: str) -> list[Revision]:
        """Judge, put the runs together, and say what changed."""
        keys: set[Key] = set()
        for engine in self._engines.values():
            keys |= engine.settle()
        if self._anew:
            keys |= set(self._findings)
            self._keys = {}
            for clause, act, bearer in self._findings:
                self._keys.setdefault((clause, act), set()).add((clause, act, bearer))
            for engine in self._engines.values():
                keys |= set(engine.findings)
            self._anew = False
        if len(self._engines) == 1:
            [engine] = self._engines.values()
            return [found for key in keys if (found := self._revise(key, engine.findings.get(key), cause)) is not None]
        revisions = []
        for subject in {(clause, act) for clause, act, _ in keys}:
            new = {one.key(): one for one in self._combined(*subject)}
            old = self._keys.get(subject, set())
            self._keys[subject] = set(new)
            for key in old | set(new):
                if (found := self._revise(key, new.get(key), cause)) is not None:
                    revisions.append(found)
        return revisions

    def _combined(self, clause: str, act: str) -> list[Finding]:
        return combined([(source, engine.about(clause, act)) for source, engine in self._engines.items()])

    def _revise(self, key: Key, new: Finding | None, cause: str) -> Revision | None:
        old = self._findings.get(key)
        if new == old:
            return None
        if new is None:
            self._findings.pop(key, None)
        else:
            self._findings[key] = new
        return Revision(old, new, cause)

    # what is asked

    def phases(self) -> dict[str, bool | None]:
        """Each phase of the agreement: it runs now, does not, or (None) nobody can tell."""
        found: dict[str, bool | None] = {}
        for name in self.agreement.phases:
            answers = {engine.runs(name) for engine in self._engines.values()}
            found[name] = True if answers == {T} else False if answers == {F} else None
        return found

    def findings(self) -> list[Finding]:
        """All findings that stand, by clause and time."""

        def place(finding: Finding) -> tuple[int, int, str, str]:
            return (self._order[finding.clause], finding.at[0] if finding.at else 0, finding.act, finding.bearer or "")

        return sorted(self._findings.values(), key=place)

    def finding(self, clause: str, act: str, bearer: str | None) -> Finding | None:
        """One finding by its key."""
        return self._findings.get((clause, act, bearer))

    def days(self, phase: str) -> list[Day]:
        """The days that the run of a phase counts, as all tellings have them; where they differ it cannot be told."""
        runs = [engine.days(phase) for engine in self._engines.values()]
        return [
            same[0] if len({day.value for day in same}) == 1 else same[0]._replace(value=U)
            for same in zip(*runs, strict=False)
        ]

    def may(self, act: Act, at: int, relying_on: Iterable[str] = ()) -> list[Finding]:
        """What each prohibition would say of an act not yet made, at = now."""
        runs = []
        for source, check in self._checks(act, at, relying_on):
            try:
                runs.append((source, check.findings()))
            finally:
                check.close()
        if len(runs) == 1:
            return runs[0][1]
        said: list[Finding] = []
        for clause in dict.fromkeys(one.clause for _, findings in runs for one in findings):
            each = [(source, [one for one in findings if one.clause == clause]) for source, findings in runs]
            firsts = [one.earliest for _, findings in each for one in findings]
            earliest = max(one for one in firsts if one is not None) if firsts and None not in firsts else None
            said += [replace(one, earliest=earliest) for one in combined(each) or each[0][1]]
        return said

    def overall(self, act: Act, at: int, relying_on: Iterable[str] = ()) -> Overall:
        """The before-check in one word; over several tellings the most cautious."""
        answers = []
        for _, check in self._checks(act, at, relying_on):
            try:
                answers.append(check.overall())
            finally:
                check.close()
        order = ("stop", "cannot tell", "not yet", "no objection")
        worst = min(answers, key=lambda answer: order.index(answer.word))
        if len({answer.word for answer in answers}) > 1 and worst.word != "stop":
            return Overall("cannot tell", "cannot tell", None, worst.clauses)
        return worst

    def _checks(self, act: Act, at: int, relying_on: Iterable[str]) -> list[tuple[str, Check]]:
        relying = tuple(relying_on)
        found = []
        for source, engine in self._engines.items():
            deed = engine.terms.wardrobe.asked(told(act, source), at)
            found.append((source, Check(engine, deed, at, relying)))
        return found
