"""Phases: their spans, and whether an instant falls in one (21-language-reference, 9).

A start or end that is an act falls at max(receipt, its `from`, receipt + `plus`). An end counts from the act that founded
the start. A renewal must come while the phase runs. Every edge is an interval: from the first instant at which it may have
come to the first at which it surely has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.people import Meant
from detente.agreement.judge.standing import make_sets
from detente.agreement.judge.store import Cell
from detente.agreement.judge.streaks import streak
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.questions import Question
    from detente.agreement.judge.terms import Terms


class Edge(NamedTuple):
    """A start or an end: when it falls, and when the act that founded it was made. `ids`: the acts."""

    lo: int
    hi: int
    found_lo: int
    found_hi: int
    ids: tuple[str, ...] = ()


class Span(NamedTuple):
    """[start, end); the end lies at FAR if none is known."""

    start: Edge
    end: Edge


NEVER = Edge(FAR, FAR, FAR, FAR)
_ASKER = Deed("", "", frozenset(), Interval(-FAR, FAR), {})


class PhaseState:
    """The spans of one phase in one record."""

    def __init__(self, terms: Terms, phase: f.Phase) -> None:
        self.terms = terms
        self.phase = phase
        self.spans: list[Span] = []
        self.cell = Cell()
        self.volatile = False
        self._asked: dict[f.Pattern, Question] = {}
        self._ready = False

    def question(self, pattern: f.Pattern) -> Question:
        """The question of an edge's pattern."""
        found = self._asked.get(pattern)
        if found is None:
            found = self._asked[pattern] = self.terms.question(pattern, "")
        return found

    def value(self, x: Frame, lo: int, hi: int) -> Value:
        """Whether an instant falls in the phase."""
        if x.reads is not None:
            x.reads[self.cell] = None
        result = F
        for start, end in self.spans:
            if x.marks is not None:
                x.marks += (start.lo, start.hi, end.lo, end.hi)
            if start.hi <= lo and hi < end.lo:
                result = T
            elif not (hi < start.lo or lo >= end.hi or start.lo >= end.hi):
                result = max(result, U)
            else:
                continue
            x.evidence.extend(start.ids)
        if result is T:
            patterns = self._patterns(self.phase.ends)
        else:
            patterns = self._patterns(self.phase.starts) + ([self.phase.renewed_by] if self.phase.renewed_by else [])
        for pattern in patterns:
            if result is not U and not self.question(pattern).complete(x, _ASKER, None, hi):
                result = U
        if result is not T:
            x.missing.append(f"phase {self.phase.name.replace('_', ' ')}")
        if x.free and (self._patterns(self.phase.starts) or self._patterns(self.phase.ends)):
            return U
        return result

    @staticmethod
    def _patterns(edges: tuple[f.Edge, ...]) -> list[f.Pattern]:
        return [edge.pattern for edge in edges if isinstance(edge, f.ByAct)]

    def settle(self, x: Frame) -> bool:
        """Find the spans anew; whether they changed."""
        before = self.spans
        spans: list[Span] = []
        after: Edge | None = None
        for _ in range(10_000):
            start = self._first(x, self.phase.starts, after, None)
            if start.lo >= FAR:
                break
            end = self._end(x, start)
            spans.append(Span(start, end))
            if end.lo < FAR <= end.hi:
                spans.append(Span(Edge(end.lo, FAR, end.lo, FAR), NEVER))
                break
            if end.hi >= FAR:
                break
            after = end
        self.spans = spans
        return spans != before

    # edges

    def _first(self, x: Frame, edges: tuple[f.Edge, ...], after: Edge | None, start: Edge | None) -> Edge:
        """The first of these edges that is later than another; `start` for ends counted from it."""
        best = NEVER
        for edge in edges:
            found = self._edge(x, edge, after, start)
            if found.lo >= FAR:
                continue
            sure = found if found.hi <= best.hi else best
            best = Edge(
                min(found.lo, best.lo), sure.hi, min(found.found_lo, best.found_lo), sure.found_hi,
                found.ids if found.lo < best.lo else best.ids,
            )  # fmt: skip
        return best

    def _edge(self, x: Frame, edge: f.Edge, after: Edge | None, start: Edge | None) -> Edge:
        if isinstance(edge, f.Instant):
            late = after is None or edge.ms > after.found_hi
            return Edge(edge.ms, edge.ms, edge.ms, edge.ms) if late else NEVER
        if isinstance(edge, f.After):
            assert start is not None
            lo, hi = (self._ends(instant, edge.duration) for instant in (start.lo, start.hi))
            return Edge(lo, hi, start.lo, start.hi)
        if isinstance(edge, f.EdgeOf):
            for span in self.terms.phases[edge.phase].spans:
                found = span.start if edge.edge == "start" else span.end
                if found.lo < FAR and (after is None or found.lo > after.found_hi):
                    return found
            return NEVER
        if isinstance(edge, f.Streak):
            if after is not None:
                return NEVER
            lo, hi = streak(self.terms, x, edge)
            return Edge(lo, hi, lo, hi)
        return self._by_act(x, edge, after)

    def _ends(self, instant: int, duration: f.Duration) -> int:
        if instant >= FAR or isinstance(duration, f.Elapsed):
            return self.terms.calendar.within(instant, duration)
        return self.terms.calendar.within(instant, duration) + 1

    def _by_act(self, x: Frame, edge: f.ByAct, after: Edge | None) -> Edge:
        question = self.question(edge.pattern)
        pattern = edge.pattern
        if not pattern.each:
            return _earliest(self._acts(x, question, edge, after, None))
        if pattern.alike:
            found = []
            for made, value in make_sets(question, x, _ASKER, None):
                value = all_of((value, *(question.with_test(x, a, _ASKER) for a in made.deeds)))
                value = all_of((value, _is_after(made.lo, made.hi, after)))
                if value is not F:
                    from_ = max(a.from_ if a.from_ is not None else -FAR for a in made.deeds)
                    found.append((self._falls(edge, made.lo, made.hi, from_, tuple(a.id for a in made.deeds)), value))
            return _earliest(found)
        assert question.who is not None
        parts = [_earliest(self._acts(x, question, edge, after, meant)) for meant in question.who(x, _ASKER)]
        if not parts:
            return NEVER
        return Edge(*(max(part[i] for part in parts) for i in range(4)), tuple(i for part in parts for i in part.ids))  # type: ignore[arg-type]

    def _acts(
        self, x: Frame, question: Question, edge: f.ByAct, after: Edge | None, meant: Meant | None
    ) -> list[tuple[Edge, Value]]:
        found = []
        for finder in question.finders:
            for a, value in finder.find(x, _ASKER, None, None, None, newest=False):
                value = all_of((value, question.fits(x, a, _ASKER, meant)))
                when = question.when_made(x, a, _ASKER) if value is not F else None
                if when is None:
                    continue
                value = all_of((value, _is_after(when.lo, when.hi, after)))
                value = value if value is F else all_of((value, question.with_test(x, a, _ASKER)))
                if value is not F:
                    from_ = a.from_ if a.from_ is not None else -FAR
                    found.append((self._falls(edge, when.lo, when.hi, from_, (a.id,)), value))
        return found

    def _falls(self, edge: f.ByAct, lo: int, hi: int, from_: int, ids: tuple[str, ...]) -> Edge:
        """At max(receipt, its `from`, receipt + `plus`)."""
        early, late = max(lo, from_), max(hi, from_)
        if edge.plus is not None:
            calendar = self.terms.calendar
            early, late = max(early, calendar.at_least(lo, edge.plus)), max(late, calendar.at_least(hi, edge.plus))
        return Edge(early, late, lo, hi, ids)

    # ends and renewals

    def _end(self, x: Frame, start: Edge) -> Edge:
        timed = tuple(edge for edge in self.phase.ends if not isinstance(edge, f.ByAct))
        acted = tuple(edge for edge in self.phase.ends if isinstance(edge, f.ByAct))
        end = self._first(x, timed, start, start)
        if self.phase.renewed_by is not None and end.lo < FAR:
            end = self._renewed(x, start, end, self.phase.renewed_by)
        other = self._first(x, acted, start, start)
        if other.lo >= FAR:
            return end
        if end.lo >= FAR:
            return other
        sure = end if end.hi <= other.hi else other
        return Edge(min(end.lo, other.lo), sure.hi, min(end.found_lo, other.found_lo), sure.found_hi, other.ids)

    def _renewed(self, x: Frame, start: Edge, end: Edge, pattern: f.Pattern) -> Edge:
        """What has lapsed stays lapsed; if a renewal may have come too late, everything after is unknown."""
        question = self.question(pattern)
        renewals: list[tuple[int, int, int, Value]] = []
        if pattern.each:
            for made, value in make_sets(question, x, _ASKER, None):
                until = [a.until for a in made.deeds if a.until is not None]
                if len(until) == len(made.deeds):
                    renewals.append((made.lo, made.hi, min(until), value))
        else:
            for finder in question.finders:
                for a, value in finder.find(x, _ASKER, None, None, None):
                    value = all_of((value, question.fits(x, a, _ASKER)))
                    when = question.when_made(x, a, _ASKER) if value is not F else None
                    if when is not None and a.until is not None:
                        renewals.append((when.lo, when.hi, a.until, value))
        for lo, hi, until, value in sorted(renewals, key=lambda renewal: renewal[:3]):
            if value is F or lo >= end.hi or hi < start.lo:
                continue
            if value is T and hi < end.lo and lo >= start.hi:
                end = Edge(max(end.lo, until), max(end.hi, until), lo, hi)
            elif until > end.lo:
                end = Edge(end.lo, FAR, end.found_lo, FAR)
        return end


def _is_after(lo: int, hi: int, after: Edge | None) -> Value:
    """Whether an act comes after the one that founded an edge."""
    if after is None:
        return T
    return T if lo > after.found_hi else F if hi <= after.found_lo else U


def _earliest(found: list[tuple[Edge, Value]]) -> Edge:
    """The first that may be, and the first that surely is."""
    if not found:
        return NEVER
    first = min((edge for edge, _ in found), key=lambda edge: edge.lo)
    sure = [edge for edge, value in found if value is T]
    if not sure:
        return Edge(first.lo, FAR, first.found_lo, FAR, first.ids)
    surest = min(sure, key=lambda edge: edge.hi)
    return Edge(first.lo, surest.hi, first.found_lo, surest.found_hi, first.ids)
