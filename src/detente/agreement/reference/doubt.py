"""Which acts leave a finding in doubt (resolution 20): those that may or may not answer a question whose answer is *cannot
tell*, or may or may not have ended what answers it. Only questions that the clause, or a permission that prevails over it,
asks about the judged act itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from detente.agreement import form as f
from detente.agreement.reference import people, questions, standing
from detente.agreement.reference.case import About, Case, Trace
from detente.agreement.reference.units import Unit, units
from detente.agreement.values import U, Value


def questions_of(condition: object, case: Case) -> list[f.Ask]:
    """The questions of a condition about the act itself, through names as well."""
    if isinstance(condition, tuple):
        return [ask for item in condition for ask in questions_of(item, case)]
    if isinstance(condition, f.All | f.Any_):
        return questions_of(condition.items, case)
    if isinstance(condition, f.Not):
        return questions_of(condition.item, case)
    if isinstance(condition, f.Named):
        return questions_of(case.agreement.define[condition.name], case)
    return [condition] if isinstance(condition, f.Ask) else []


def in_doubt(ask: f.Ask, about: About, since: int | None = None) -> set[str]:
    """The kinds of all acts that leave a question in doubt; none if its answer is not *cannot tell*."""
    about = replace(about, trace=Trace())
    pattern = ask.pattern
    answer = questions.earlier(pattern, about, since) if ask.mode == "earlier" else questions.ask(ask, about)
    if answer is not U:
        return set()
    found: set[str] = set()
    for asked in standing.meanings(pattern, about):
        for one in asked:
            for unit, value in _answers(ask.mode, one, about, since):
                if value is U:
                    found |= {act.kind for act in unit.acts if act.id != about.act.id}
                    if ask.mode != "later":
                        found |= standing.unsure_enders(one, unit, about)
    return found


def _answers(mode: str, pattern: f.Pattern, about: About, since: int | None) -> Iterator[tuple[Unit, Value]]:
    for persons in people.listed(pattern.by, about) if pattern.each and pattern.by else [None]:
        every = units(pattern, about, None, persons, counting=mode == "count")
        for unit in every:
            if all(act.id == about.act.id for act in unit.acts):
                continue
            if mode == "later":
                yield unit, questions.answers_in_time(pattern, unit, about)
            elif mode == "count":
                yield unit, questions.counted(pattern, unit, every, about)
            else:
                yield unit, standing.standing(pattern, unit, every, about, since)
