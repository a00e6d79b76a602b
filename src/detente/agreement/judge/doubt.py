"""Which acts leave a finding in doubt (resolution 20): those that may or may not answer a question whose answer is *cannot
tell*, or may or may not have ended what answers it. Only questions that the clause, or a permission that prevails over it,
asks about the judged act itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.people import Meant
from detente.agreement.judge.questions import Question
from detente.agreement.judge.sets import Made
from detente.agreement.record import Interval
from detente.agreement.values import F, U, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.rules import Clause

Asked = tuple[str, Question]
"""How a question is asked (earlier, later, count), and the question."""


def questions_of(clause: Clause, condition: f.Condition | None) -> list[Asked]:
    """All questions of a condition about the judged act, through names as well."""
    if isinstance(condition, f.All | f.Any_):
        return [one for item in condition.items for one in questions_of(clause, item)]
    if isinstance(condition, f.Not):
        return questions_of(clause, condition.item)
    if isinstance(condition, f.Named):
        return questions_of(clause, clause.terms.agreement.define[condition.name])
    if isinstance(condition, f.Ask):
        return [(condition.mode, clause.terms.question(condition.pattern, clause.rule.id))]
    return []


def kinds_in_doubt(clause: Clause, x: Frame, e: Deed, meant: Iterable[Meant]) -> set[str]:
    """The kinds of all acts that leave the finding in doubt. `meant`: by whom what is owed may be, if it is in doubt."""
    kept = (x.evidence, x.missing, x.marks)
    x.evidence, x.missing, x.marks = [], [], None
    asked = list(clause.asks)
    for permit in [*clause.permits, *([clause.parent] if clause.parent is not None else [])]:
        asked += permit.asks if permit.heeded(x, e) else []
    found: set[str] = set()
    for mode, question in asked:
        if {"earlier": question.earlier, "later": question.later, "count": question.count}[mode](x, e, None) is U:
            found.update(_unsure(mode, question, x, e, None))
    if clause.owed is not None:
        for one in meant:
            found.update(_unsure("earlier" if clause.recurring else "later", clause.owed, x, e, one))
    x.evidence, x.missing, x.marks = kept
    return found


def _unsure(mode: str, question: Question, x: Frame, e: Deed, meant: Meant | None) -> Iterator[str]:
    for made, value in _candidates(mode, question, x, e, meant):
        if value is not U:
            continue
        yield from (a.kind for a in made.deeds if a.id != e.id)
        if mode != "later":
            for a, when in zip(made.deeds, made.each, strict=True):
                for ender in question.standing.enders:
                    yield from ender.unsure(x, a, when, e)


def _candidates(mode: str, question: Question, x: Frame, e: Deed, meant: Meant | None) -> Iterator[tuple[Made, Value]]:
    """Every act, or set of acts, with its value as an answer."""
    pattern = question.pattern
    if meant is None and question.choices is not None:
        for persons in question.choices(x, e):
            if pattern.alike and persons:
                for made, value in question.sets(x, e, None, persons, counting=mode == "count"):
                    yield made, _value(mode, question, x, made, e, value, None)
            elif not pattern.alike:
                for one in persons:
                    yield from _candidates(mode, question, x, e, one)
        return
    for finder in question.finders:
        for a, same in finder.find(x, e, None, None, None):
            value = all_of((same, question.fits(x, a, e, meant))) if a.id != e.id else F
            found = question.when_made(x, a, e) if value is not F else None
            if found is not None:
                when, sure = found
                made = Made((a,), when.lo, when.hi, (when,))
                yield made, _value(mode, question, x, made, e, all_of((value, sure)), meant)


def _value(mode: str, question: Question, x: Frame, made: Made, e: Deed, value: Value, meant: Meant | None) -> Value:
    if value is F or all(a.id == e.id for a in made.deeds):
        return F
    if mode == "later":
        limit: Interval | None = question.deadline(x, e, None)
        return F if limit is None else question.in_answer(x, made, e, limit, value)
    if mode == "count":
        value = question.windowed(x, made, e, value) if not any(a.id == e.id for a in made.deeds) else value
    return question.standing.value(x, made, e, None, value, meant, counting=mode == "count")
