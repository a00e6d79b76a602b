"""Phases over many rows at once: found by the step judge's own code, read as columns (21-language-reference, 9)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import OF_VALUE, Answers, F, Flags, Ints, NoPlan, T, U, both, either, full
from detente.agreement.columns.view import Rows
from detente.agreement.judge.deeds import ASKER, Deed
from detente.agreement.judge.phases import PhaseState, Span
from detente.agreement.record import Interval
from detente.agreement.values import T as YES
from detente.agreement.values import Value

if TYPE_CHECKING:
    from detente.agreement.columns.world import World

_MOST_INSTANTS = 20_000


class Spans:
    """The phases of one telling."""

    def __init__(self, world: World) -> None:
        self._world = world

    def settle(self, name: str) -> None:
        """Find a phase's spans."""
        phase = self._world.agreement.phases[name]
        for edge in (*phase.starts, *phase.ends):
            if isinstance(edge, f.Streak):
                self._answer_days(edge)
        self._world.step.settle_phase(name)

    def _answer_days(self, edge: f.Streak) -> None:
        """What a streak asks of its days is answered by columns."""
        answers: dict[int, Value] = {}
        terms = self._world.step.terms
        exact = terms.test(edge.each_day, "")

        def of_day(x: Any, day: Deed, its: Deed | None) -> Value:
            if not answers:
                self._all_days(edge, day.lo, answers)
            found = answers.get(day.lo)
            if found is None:
                self._world.step.feed(self._world.step.kinds_read(edge.each_day))
                found = exact(x, day, its)
            return found

        terms._tests[(edge.each_day, "")] = of_day

    def _all_days(self, edge: f.Streak, first: int, answers: dict[int, Value]) -> None:
        calendar = self._world.step.terms.calendar
        ends = []
        day = calendar.day_of(first)
        while calendar.last_instant(day) <= self._world.now:
            ends.append(calendar.last_instant(day))
            day = calendar.day_of(ends[-1] + 1)
        deeds = [
            Deed(f"day:{calendar.day_of(end).isoformat()}", "", frozenset(), Interval(end, end), {}) for end in ends
        ]
        if not deeds:
            return
        table = self._world.builder.of_deeds("", deeds)
        try:
            found = self._world.test(edge.each_day, Rows(table, np.arange(table.size)), "")
        except NoPlan:
            return
        for end, code in zip(ends, found, strict=True):
            for value in Value:
                if OF_VALUE[value] == code:
                    answers[end] = value

    def during(self, name: str, rows: Rows) -> Answers:
        """Whether each row falls in a phase: the step judge's `PhaseState.value` on columns."""
        state = self._world.step.terms.phases[name]
        lo, hi = rows.lo, rows.hi
        result = full(len(rows), F)
        for span in state._known(self._world.step.frame):
            result = either(result, _holds(span, lo, hi))
        sure = result == T
        for pattern in state._renewals:
            result[sure & self._may_shorten(state, pattern, hi, sure)] = U
        unsure = np.zeros(len(rows), bool)
        for others, which in ((state._ended_with, sure), (state._begun_with, ~sure)):
            for other in others:
                unsure |= which & ~_up_to(hi, partial(self._seen, other))
        for edges, which in ((state._ends, sure), (state._starts, ~sure)):
            for edge in edges:
                until = hi if edge.plus is None else self._world.days.latest_before(hi, edge.plus)
                unsure |= which & ~self._complete(edge.pattern, until)
        result[unsure] = U
        return result

    def _seen(self, state: PhaseState, instant: int) -> bool:
        """Whether no start or end of a phase by an instant can be missing."""
        return not state.unseen(self._world.step.frame, instant)

    def _complete(self, pattern: f.Pattern, until: Ints) -> Flags:
        """Whether the logs that would hold a phase's act are known up to each instant."""
        question = self._world.step.terms.question(pattern, "")
        return _up_to(until, lambda instant: question.complete(self._world.step.frame, ASKER, None, instant))

    def _may_shorten(self, state: Any, pattern: f.Pattern, hi: Ints, sure: Flags) -> Flags:
        """Whether a renewal beyond what is known may have put the end before each instant."""
        found = np.zeros(len(hi), bool)
        if not sure.any() or self._settled(pattern, int(hi[sure].max())):
            return found
        different, where = np.unique(hi[sure], return_inverse=True)
        if len(different) > _MOST_INSTANTS:
            raise NoPlan("a renewal that may shorten a phase, at very many instants")
        answers = np.array(
            [state._may_shorten(self._world.step.frame, pattern, int(instant)) for instant in different], bool
        )
        found[sure] = answers[where]
        return found

    def _settled(self, pattern: f.Pattern, last: int) -> bool:
        """Whether logs known up to the last instant settle all of them."""
        return self._world.step.terms.question(pattern, "").complete(self._world.step.frame, ASKER, None, last)


def _up_to(until: Ints, known: Callable[[int], bool]) -> Flags:
    """Where it is known; what is known up to one instant is known up to every earlier one."""
    if not len(until) or known(int(until.max())):
        return np.ones(len(until), bool)
    if not known(int(until.min())):
        return np.zeros(len(until), bool)
    order = np.unique(until)
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if known(int(order[middle])):
            low = middle + 1
        else:
            high = middle
    return until <= order[low - 1] if low else np.zeros(len(until), bool)


def _holds(span: Span, lo: Ints, hi: Ints) -> Answers:
    value = np.where((span.hi <= lo) & (hi < span.end_lo), T, U).astype(np.int8)
    if span.value is not YES:
        value = both(value, full(len(value), OF_VALUE[span.value]))
    outside = (hi < span.lo) | (lo >= span.end_hi) | (span.lo >= span.end_hi)
    return np.where(outside, F, value).astype(np.int8)
