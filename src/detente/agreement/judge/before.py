"""The before-check: the same judge on an act not yet made, at = now (21-language-reference, 12).

Per clause: verdict, what is missing, and the earliest instant at which it would be kept if nothing more were
said. Overall (resolutions 22 and 23): any breach that no later statement can mend, stop; else any unknown,
cannot tell; else a breach, not yet; else no objection found in n clauses, and the first instant at which all
hold together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from detente.agreement.finding import Finding
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.engine import Engine
from detente.agreement.judge.rules import Clause
from detente.agreement.values import F

Word = Literal["stop", "cannot tell", "not yet", "no objection"]
_HOLDS = ("kept", "not applicable", "not due")
_MOST = 400
_DAY = 86_400_000
_LAST = 253_000_000_000_000


@dataclass(frozen=True)
class Overall:
    """`word` of resolution 23; `earliest`: first instant at which all clauses hold together; `clauses`: how many
    spoke.
    """

    word: Word
    text: str
    earliest: int | None
    clauses: int
    owed: tuple[str, ...] = ()


class Check:
    """One act asked about before it is made."""

    def __init__(self, engine: Engine, deed: Deed, at: int, relying_on: Iterable[str]) -> None:
        self.engine = engine
        self.deed = deed.moved_to(at)
        self.at = at
        self.relying = frozenset(relying_on)
        self.clauses = [clause for clause in engine.by_kind.get(deed.kind, ()) if clause.rule.mode == "forbid"]
        self._seen: dict[tuple[str, int], tuple[Finding, list[int]]] = {}
        self._before = (engine.frame.now, dict(engine.frame.heads))
        self._entered: int | None = None
        self._days: set[date] = set()

    def _move(self, at: int) -> Deed:
        """Look from an instant as if the act were made then: it may itself found a phase or be counted.

        Logs known to the asking stay known to the later instant; a log that is behind stays where it is.
        """
        engine, deed = self.engine, self.deed.moved_to(at)
        _, heads = self._before
        later = {log: at if head >= self.at else head for log, head in heads.items()}
        if not engine.moves_with(deed.kind):
            engine.frame.see(at, later)
        elif self._entered != at:
            engine.enter(deed)
            engine.see(at, later)
            engine.settle()
        self._entered = at
        return deed

    def close(self) -> None:
        """Look from where the engine stood, without the act."""
        if self._entered is None:
            return
        self._entered = None
        if self.engine.moves_with(self.deed.kind):
            self.engine.drop(self.deed.id)
            self.engine.see(*self._before)
            self.engine.settle()
        else:
            self.engine.frame.see(*self._before)

    def findings(self) -> list[Finding]:
        """One finding for each prohibition on the kind of act, `not applicable` included."""
        found = []
        for clause in self.clauses:
            finding, marks = self.judge(clause, self.at)
            earliest = self.at if finding.verdict in _HOLDS else self._first([clause], marks)
            found.append(replace(finding, earliest=earliest))
        return found + self._listed()

    def _listed(self) -> list[Finding]:
        """Permissions that would apply, and duties the act would bring about."""
        frame = self.engine.frame
        found: list[Finding] = []
        deed = self._move(self.at)
        for clause in self.engine.by_kind.get(self.deed.kind, ()):
            if clause.rule.mode == "permit" or (clause.rule.mode == "require" and deed.made):
                frame.begin(track=False)
                frame.relied = self.relying
                found += [one for one in clause.judge(frame, deed) if one.verdict != "not applicable"]
        frame.relied = None
        return found

    def judge(self, clause: Clause, at: int) -> tuple[Finding, list[int]]:
        """One clause at one instant, with the instants at which the answer may change."""
        key = (clause.rule.id, at)
        if key not in self._seen:
            deed = self._move(at)
            frame = self.engine.frame
            frame.begin(track=False)
            frame.marks, frame.relied = [], self.relying
            try:
                found = clause.judge(frame, deed)
                marks = frame.marks
            finally:
                frame.marks, frame.relied = None, None
            finding = found[0] if found else Finding(clause.rule.id, deed.id, deed.author, "not applicable", (at, at))
            self._seen[key] = finding, marks
        return self._seen[key]

    def _first(self, clauses: list[Clause], marks: list[int]) -> int | None:
        """The first instant at which all these clauses hold, nothing more being said.

        What is not asked while something else fails (a window while the lead is too short) gives its instants when asked.
        """
        self._days.clear()
        waiting, seen = [*marks, *self._calm_days([self.at])], {self.at}
        for _ in range(_MOST):
            waiting += self._calm_days(self._changes())
            dated = [mark for mark in waiting if self.at <= mark < _LAST]
            todo = {mark for mark in dated if mark > self.at} | {mark + 1 for mark in dated}
            instant = min(todo - seen, default=None)
            if instant is None or instant >= FAR:  # the edge of what may never end is no instant
                return None
            seen.add(instant)
            judged = [self.judge(clause, instant) for clause in clauses]
            if all(finding.verdict in _HOLDS for finding, _ in judged):
                return instant
            waiting += [mark for _, more in judged for mark in more]
        return None

    def _calm_days(self, since: Iterable[int]) -> list[int]:
        """Where a phase waits for calm days: the end of each day ahead of these instants, and its last word's.

        A run may begin with each; a condition by the days of the week may put it off by seven days.
        """
        engine = self.engine
        longest = max((streak.days for streak in engine.streaks), default=0)
        if not longest:
            return []
        calendar, settle = engine.terms.calendar, engine.agreement.settle
        waits = timedelta(days=settle // _DAY + 1)
        found: list[int] = []
        for first in {calendar.day_of(instant) for instant in since} - self._days:
            self._days.add(first)
            day = first - waits
            while day < first + timedelta(days=longest + 7) + 2 * waits:
                last = calendar.last_instant(day)
                found += [last + 1, last + settle]
                day += timedelta(days=1)
        return found

    def _changes(self) -> set[int]:
        """Instants to come with which calm days may begin: those at which their phase starts or ends."""
        if not self.engine.streaks:
            return set()
        phases = self.engine.terms.phases
        spans = [span for streak in self.engine.streaks for span in phases[streak.since].spans]
        return {instant for span in spans for instant in (span.lo, span.hi) if self.at < instant < _LAST}

    def overall(self) -> Overall:
        """All clauses together."""
        judged = [(clause, self.judge(clause, self.at)) for clause in self.clauses]
        binding = [clause for clause, _ in judged if not self._out_of_force(clause)]
        found = [one for clause, one in judged if clause in binding]
        verdicts = [finding.verdict for finding, _ in found]
        spoke = sum(verdict != "not applicable" for verdict in verdicts)
        marks = [mark for _, one in found for mark in one]
        if all(verdict in _HOLDS for verdict in verdicts):
            owed = self._owed()
            return Overall("no objection", f"no objection found in {len(verdicts)} clauses", self.at, spoke, owed)
        earliest = self._first(binding, marks)
        broken = [(c, m) for c, (finding, m) in zip(binding, found, strict=True) if finding.verdict == "broken"]
        if any(self._first([clause], own) is None and not self._mendable(clause) for clause, own in broken):
            return Overall("stop", "stop", earliest, spoke)
        if any(verdict not in (*_HOLDS, "broken") for verdict in verdicts):
            return Overall("cannot tell", "cannot tell", earliest, spoke)
        return Overall("not yet", "not yet", earliest, spoke)

    def _out_of_force(self, clause: Clause) -> bool:
        """Clauses surely out of force do not bind."""
        self._move(self.at)
        frame = self.engine.frame
        frame.begin(track=False)
        return clause.force is not None and clause.force(frame, self.deed, None) is F

    def _mendable(self, clause: Clause) -> bool:
        """Whether some statement still to be made could meet the clause."""
        self._move(self.at)
        frame = self.engine.frame
        frame.begin(track=False)
        frame.free, frame.relied = True, self.relying
        try:
            goal = clause.excused(frame, self.deed)
            return goal is not F or clause.lifting(frame, self.deed) is not F
        finally:
            frame.free, frame.relied = False, None

    def _owed(self) -> tuple[str, ...]:
        """What will be owed for the permissions relied on."""
        from detente.agreement.judge.promises import owed_words

        return tuple(
            words
            for clause in self.engine.clauses.values()
            if clause.rule.id in self.relying
            for words in owed_words(self.engine, clause, self.deed)
        )
