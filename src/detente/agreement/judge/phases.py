"""Phases: their spans, and whether an instant falls in one (21-language-reference, 9).

Every fitting start founds a span, at max(receipt, its `from`, receipt + `plus`). An end counts if it is later
than its own author's founding act, or if the author has none, than the last of them. A renewal must come while
the phase runs. Every edge is an interval: from the first instant at which it may have come to the first at
which it surely has.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import ASKER
from detente.agreement.judge.edges import Founding, end_by_clock, foundings, later_than_founding
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.store import Cell
from detente.agreement.strata import walk
from detente.agreement.values import F, T, U, Value, all_of, any_of

if TYPE_CHECKING:
    from detente.agreement.judge.questions import Question
    from detente.agreement.judge.terms import Terms


class Span(NamedTuple):
    """[start, end), each edge an interval; the end lies at FAR if none is known. `value`: whether the start
    counts.
    """

    lo: int
    hi: int
    end_lo: int
    end_hi: int
    value: Value
    ids: tuple[str, ...] = ()
    lapse: tuple[int, int] = (FAR, FAR)
    acted: tuple[int, int] = (FAR, FAR)

    def renewable(self) -> Span:
        """The same if a renewal that is not seen may have put off the end by the clock."""
        return self._replace(end_lo=min(self.lapse[0], self.acted[0]), end_hi=self.acted[1])

    def holds(self, lo: int, hi: int) -> Value:
        """Whether an instant falls in it."""
        if hi < self.lo or lo >= self.end_hi or self.lo >= self.end_hi:
            return F
        return all_of((self.value, T if self.hi <= lo and hi < self.end_lo else U))


class PhaseState:
    """The spans of one phase in one record."""

    def __init__(self, terms: Terms, phase: f.Phase) -> None:
        self.terms = terms
        self.phase = phase
        self.spans: list[Span] = []
        self.cell = Cell()
        self._starts = _acts(phase.starts)
        self._ends = _acts(phase.ends)
        timed = any(isinstance(edge, f.Instant | f.After) for edge in phase.ends)
        self._renewals = [phase.renewed_by] if phase.renewed_by is not None and timed else []

    @cached_property
    def said(self) -> bool:
        """Whether a statement may start or end it, or a phase it rests on."""
        kinds = self.terms.agreement.kinds
        mine = (kind for part in walk(self.phase) if isinstance(part, f.Pattern) for kind in part.kinds)
        rest = (*self._begun_with, *self._ended_with)
        return any(not kinds[kind].event and kind != "finding" for kind in mine) or any(other.said for other in rest)

    @cached_property
    def _begun_with(self) -> list[PhaseState]:
        return self._others(self.phase.starts)

    @cached_property
    def _ended_with(self) -> list[PhaseState]:
        return self._others(self.phase.ends)

    def _others(self, edges: tuple[f.Edge, ...]) -> list[PhaseState]:
        """The phases whose edges (or calm days) these are."""
        names = [edge.phase if isinstance(edge, f.EdgeOf) else edge.since for edge in edges
                 if isinstance(edge, f.EdgeOf | f.Streak)]  # fmt: skip
        return [self.terms.phases[name] for name in names]

    def unseen(self, x: Frame, until: int) -> bool:
        """Whether a start, an end or a renewal may have come by an instant without our knowing."""
        if x.reads is not None:
            x.reads[self.cell] = None
        asked = [(edge.pattern, self._asked_to(edge, until)) for edge in (*self._starts, *self._ends)]
        asked += [(pattern, until) for pattern in self._renewals]
        if any(not self.question(pattern).complete(x, ASKER, None, instant) for pattern, instant in asked):
            return True
        return any(other.unseen(x, until) for other in (*self._begun_with, *self._ended_with))

    def question(self, pattern: f.Pattern) -> Question:
        """The question of an edge's pattern."""
        return self.terms.question(pattern, "")

    def value(self, x: Frame, lo: int, hi: int) -> Value:
        """Whether an instant falls in the phase."""
        if x.reads is not None:
            x.reads[self.cell] = None
        result = F
        for span in self._known(x):
            if x.marks is not None:
                x.marks += (span.lo, span.hi, span.end_lo, span.end_hi)
            value = span.holds(lo, hi)
            if value is not F:
                x.evidence.extend(span.ids)
                result = any_of((result, value))
        known_to = [(edge.pattern, self._asked_to(edge, hi)) for edge in (self._ends if result is T else self._starts)]
        if result is not U and any(
            other.unseen(x, hi) for other in (self._ended_with if result is T else self._begun_with)
        ):
            result = U
        # While it runs a renewal may even shorten it.
        if result is T and any(self._may_shorten(x, pattern, hi) for pattern in self._renewals):
            result = U
        for pattern, until in known_to:
            if result is not U and not self.question(pattern).complete(x, ASKER, None, until):
                result = U
        if result is not T:
            x.missing.append(f"phase {self.phase.name.replace('_', ' ')}")
        if x.free and self.said:
            return U
        return result

    def _asked_to(self, edge: f.ByAct, hi: int) -> int:
        """How far a log must be known for an act not in it to have no effect yet: `plus` before an instant."""
        return hi if edge.plus is None else self.terms.calendar.latest_before(hi, edge.plus)

    def settle(self, x: Frame) -> bool:
        """Find the spans anew; whether they changed."""
        before = self.spans
        spans = []
        for founding in foundings(self.terms, x, self.phase.starts):
            lapse, acted = self._end(x, founding)
            lo, hi = min(lapse[0], acted[0]), min(lapse[1], acted[1])
            spans.append(Span(founding.lo, founding.hi, lo, hi, founding.value, founding.ids, lapse, acted))
        self.spans = sorted(dict.fromkeys(spans))
        return self.spans != before

    def edges(self, x: Frame, which: str) -> list[tuple[int, int, Value]]:
        """Starts and ends that bring duties about: not where another span runs anyway, nor of one cancelled
        before.
        """
        found: dict[int, tuple[int, Value]] = {}
        for span in (spans := self._known(x)):
            lo, hi = (span.lo, span.hi) if which == "start" else (span.end_lo, span.end_hi)
            if lo >= FAR or span.end_hi <= span.lo:
                continue
            others = [other for other in spans if other is not span and (which == "end" or other.lo < lo)]
            if any(other.holds(lo, hi) is T for other in others):
                continue
            value = U if self.unseen(x, hi) else span.value
            if any(other.holds(lo, hi) is not F for other in others) or span.end_lo <= span.hi:
                value = U
            last, other_value = found.get(lo, (hi, F))  # those that may fall at the same instant are one
            found[lo] = max(hi, last), any_of((other_value, value))
        return [(lo, hi, value) for lo, (hi, value) in sorted(found.items())]

    def _known(self, x: Frame) -> list[Span]:
        """The spans, each open at its end by the clock while a renewal may have come that is not seen."""
        if not self._renewals:
            return self.spans
        found = []
        for span in self.spans:
            lapse = span.lapse[1]
            whole = lapse >= FAR or all(self.question(one).complete(x, ASKER, None, lapse) for one in self._renewals)
            found.append(span if whole else span.renewable())
        return found

    def _end(self, x: Frame, founding: Founding) -> tuple[tuple[int, int], tuple[int, int]]:
        """By the clock and by acts: the first end that may be, and the first that surely is."""
        lo, hi = end_by_clock(self.terms, self.phase, founding)
        if self.phase.renewed_by is not None and lo < FAR:
            lo, hi = self._renewed(x, founding, lo, hi, self.phase.renewed_by)
        first, last = FAR, FAR
        for edge in self.phase.ends:
            if isinstance(edge, f.ByAct | f.EdgeOf | f.Streak):
                acted = self._ended_by(x, edge, founding)
                first, last = min(first, acted[0]), min(last, acted[1])
        return (lo, hi), (first, last)

    def _ended_by(self, x: Frame, edge: f.Edge, founding: Founding) -> tuple[int, int]:
        lo, hi = FAR, FAR
        for other in foundings(self.terms, x, (edge,)):
            if other.deeds:
                after = (later_than_founding(c, w, founding) for c, w in zip(other.deeds, other.each, strict=True))
                value = all_of((other.value, *after))
            else:
                value = all_of((other.value, founding.before(other.lo, other.hi)))
            if value is not F:
                lo = min(lo, other.lo)
                hi = min(hi, other.hi) if value is T else hi
        return lo, hi

    def _renewed(self, x: Frame, founding: Founding, lo: int, hi: int, pattern: f.Pattern) -> tuple[int, int]:
        """A renewal replaces the end by the clock; if it may have come too late, everything after is unknown."""
        for made_lo, made_hi, until, value in sorted(self._renewals_made(x, pattern)):
            if value is F or made_lo >= hi or made_hi < founding.lo:
                continue
            if value is T and made_hi < lo and made_lo >= founding.hi:
                lo, hi = until, until
            else:
                lo, hi = min(lo, until), FAR
        return lo, hi

    def _may_shorten(self, x: Frame, pattern: f.Pattern, hi: int) -> bool:
        """Whether a renewal beyond what is known may have put the end before an instant."""
        question = self.question(pattern)
        if not pattern.each or "until" not in pattern.alike or question.choices is None:
            return not question.complete(x, ASKER, None, hi)
        common: set[int] | None = None
        unseen = False
        for meant in [meant for persons in question.choices(x, ASKER) for meant in persons]:
            if not question.complete(x, ASKER, meant, hi):
                unseen = True
                continue
            stated: set[int] = set()
            for finder in question.finders:
                for a, value in finder.find(x, ASKER, None, None, None):
                    if value is not F and question.by_test(x, a, ASKER, meant) is not F and a.until is not None:
                        stated.add(a.until)
            common = stated if common is None else common & stated
        return unseen and (common is None or any(until <= hi for until in common))

    def _renewals_made(self, x: Frame, pattern: f.Pattern) -> list[tuple[int, int, int, Value]]:
        question = self.question(pattern)
        found = []
        if pattern.each:
            for made, value in question.sets_of_all(x):
                stated = {a.until for a in made.deeds if a.until is not None}
                value = all_of((value, *(question.with_test(x, a, ASKER) for a in made.deeds)))
                if all(a.until is not None for a in made.deeds):
                    found.append((made.lo, made.hi, min(stated), value))
            return found
        for finder in question.finders:
            for a, value in finder.find(x, ASKER, None, None, None):
                value = all_of((value, question.matches(x, a, ASKER)))
                made_ = question.when_made(x, a, ASKER) if value is not F else None
                if made_ is not None and a.until is not None:
                    found.append((made_[0].lo, made_[0].hi, a.until, all_of((value, made_[1]))))
        return found


def _acts(edges: tuple[f.Edge, ...]) -> list[f.ByAct]:
    return [edge for edge in edges if isinstance(edge, f.ByAct)]
