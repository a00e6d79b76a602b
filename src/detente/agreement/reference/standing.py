"""Whether what was made stands: order, lead, validity, endings, newer versions (21-language-reference, 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from detente.agreement import form as f
from detente.agreement.record import Act, Interval
from detente.agreement.reference import people
from detente.agreement.reference.case import About, Case, agreed, in_order
from detente.agreement.reference.instants import (
    at_least,
    at_most,
    not_later,
    strictly_later,
)
from detente.agreement.reference.units import Unit, alike, units
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate


def before(unit: Unit, about: About) -> Value:
    """Not later than the act asked about (which is not later than itself); in one log the index decides (5)."""
    values = []
    for act, made in zip(unit.acts, unit.each_made, strict=True):
        if act.id == about.act.id:
            continue
        order = in_order(act, about.act, about.case)
        values.append(not_later(made, about.at) if order is None else (T if order else F))
    return all_of(values)


def further(pattern: f.Pattern, unit: Unit, about: About) -> Value:
    """with, during, no_later_than: asked of each act of the unit."""
    from detente.agreement.reference import conditions, phases

    values = []
    for act, made in zip(unit.acts, unit.each_made, strict=True):
        values.append(conditions.value(pattern.with_, about.inner(act, made)))
        if pattern.during:
            values.append(phases.during(pattern.during, about.case, made))
        if pattern.no_later_than is not None:
            values.append(not_later(made, Interval(pattern.no_later_than, pattern.no_later_than)))
    return all_of(values)


def lead(pattern: f.Pattern, unit: Unit, about: About) -> Value:
    """Made at least, at most so long before (7)."""
    zone = about.case.agreement.zone
    values = []
    if pattern.at_least is not None:
        values.append(at_least(unit.made, about.at, pattern.at_least, zone))
    if pattern.at_most is not None:
        values.append(at_most(unit.made, about.at, pattern.at_most, zone))
    return all_of(values)


def begun(unit: Unit, about: About) -> Value:
    """Not before what its acts state as `from`."""
    return all_of([not_later(Interval(act.from_, act.from_), about.at) for act in unit.acts if act.from_ is not None])


def validity(unit: Unit, about: About) -> Value:
    """It stands in [max(received, from), until)."""
    values = [begun(unit, about)]
    values += [strictly_later(Interval(act.until, act.until), about.at) for act in unit.acts if act.until is not None]
    return all_of(values)


def shared(pattern: f.Pattern, ender: f.Pattern, case: Case) -> tuple[str, ...]:
    """The fields of same, alike and newest_per that every kind of the ender has too."""
    names = [*(own for own, _ in pattern.same), *pattern.alike, *pattern.newest_per]
    kinds = [case.agreement.kinds[kind] for kind in ender.kinds]
    return tuple(dict.fromkeys(name for name in names if all(name in kind.fields for kind in kinds)))


def ended(pattern: f.Pattern, unit: Unit, about: About) -> Value:
    """Whether a later such act, equal in the shared fields, by the same author unless `by` says, is in effect.

    An ending that may lie beyond what is known leaves it open (11); one by each, only where each may have made his."""
    values = []
    for act, made in zip(unit.acts, unit.each_made, strict=True):
        for ender in pattern.ended_by:
            asked = meanings(ender, about) if ender.each else [[ender]]
            ends = partial(_ended, pattern, act, made, about)
            values.append(agreed(each_of(each, ends) for each in asked))
    return any_of(values)


def _ended(pattern: f.Pattern, act: Act, made: Interval, about: About, ender: f.Pattern) -> Value:
    """Whether one act is ended by such an act, or one that is not seen may have ended it."""
    case, beside = about.case, about.inner(act, made)
    values = []
    for persons in people.listed(ender.by, about) if ender.each and ender.by else [None]:
        for end in units(ender, about, beside, persons):
            values.append(_ends(pattern, ender, end, act, made, about, beside))
    logs = people.logs_of(ender.by, about) if ender.by is not None else _own_logs(act, case)
    whole = case.whole(ender.kinds, logs, until(ender, about.at.hi))
    return any_of([*values, F if whole else U])


def _ends(
    pattern: f.Pattern, ender: f.Pattern, end: Unit, act: Act, made: Interval, about: About, beside: About
) -> Value:
    values = [end.value, further(ender, end, beside), begun(end, about), before(end, about)]
    names = shared(pattern, ender, about.case)
    for one, when in zip(end.acts, end.each_made, strict=True):
        order = in_order(act, one, about.case)
        values.append(strictly_later(when, made) if order is None else (T if order else F))
        values.append(alike(names, one, act, about))
        if ender.by is None:
            values.append(people.same_people(one.by, act.by))
    return all_of(values)


def unsure_enders(pattern: f.Pattern, unit: Unit, about: About) -> set[str]:
    """The kinds of acts that may or may not have ended an act of a unit."""
    found: set[str] = set()
    for act, made in zip(unit.acts, unit.each_made, strict=True):
        beside = about.inner(act, made)
        for ender in pattern.ended_by:
            for each in meanings(ender, about) if ender.each else [[ender]]:
                for one in each:
                    for persons in people.listed(one.by, about) if one.each and one.by else [None]:
                        for end in units(one, about, beside, persons):
                            if _ends(pattern, one, end, act, made, about, beside) is U:
                                found |= {item.kind for item in end.acts}
    return found


def superseded(pattern: f.Pattern, unit: Unit, all_units: list[Unit], about: About) -> Value:
    """Only the newest made counts (newest completed for `by_each`), once it has come into effect."""
    values = []
    for other in all_units:
        if other.acts == unit.acts:
            continue
        order = in_order(unit.acts[0], other.acts[0], about.case) if len(unit.acts) == 1 else None
        newer = strictly_later(other.made, unit.made) if order is None else (T if order else F)
        equal = alike(pattern.newest_per, unit.acts[0], other.acts[0], about)
        value = all_of([other.value, newer, equal, before(other, about), begun(other, about)])
        if value is not F and pattern.each and pattern.alike:
            value = all_of([value, on_the_table(pattern, other, about)])
        values.append(value)
    return any_of(values)


def on_the_table(pattern: f.Pattern, unit: Unit, about: About) -> Value:
    """A set under `newest_per` is made only of acts that are each its author's newest when the last is made."""
    values = []
    by = people.logs_of(pattern.by, about)
    if not about.case.whole(pattern.kinds, by, until(pattern, unit.made.hi)):
        values.append(U)
    for number, (act, made) in enumerate(zip(unit.acts, unit.each_made, strict=True)):
        rest = [number_ for number_ in range(len(unit.acts)) if number_ != number]
        for single in units(replace(pattern, each=False, by=None), about):
            newer = single.acts[0]
            if newer.id == act.id:
                continue
            order = in_order(act, newer, about.case)
            then = [in_order(newer, unit.acts[other], about.case) for other in rest]
            by_then = [
                not_later(single.made, unit.each_made[other]) if first is None else (T if first else F)
                for other, first in zip(rest, then, strict=True)
            ]
            replaced = [
                single.value,
                people.same_people(newer.by, act.by),
                alike(pattern.newest_per, act, newer, about),
                strictly_later(single.made, made) if order is None else (T if order else F),
                any_of(by_then),
            ]
            values.append(negate(all_of(replaced)))
    return all_of(values)


def unseen_newer(pattern: f.Pattern, about: About) -> bool:
    """Whether a newer one may lie beyond what is known: then standing is cannot tell (11)."""
    case = about.case
    if not pattern.newest_per:
        return False
    return not case.whole(pattern.kinds, people.logs_of(pattern.by, about), until(pattern, about.at.hi))


def _own_logs(act: Act, case: Case) -> list[str]:
    return [log for code in act.by for log in case.log_of(code)] or case.logs()


def standing(pattern: f.Pattern, unit: Unit, all_units: list[Unit], about: About, after: int | None = None) -> Value:
    """Whether a unit answers `earlier` at the time of the act asked about.

    A count in a window counts what was made in it, whether or not it has begun or run out since."""
    values = [unit.value, before(unit, about), lead(pattern, unit, about)]
    if pattern.window is None:
        values.append(validity(unit, about))
    if after is not None:
        values.append(strictly_later(unit.made, Interval(after, after)))
    if all_of(values) is F:
        return F
    values.append(further(pattern, unit, about))
    if pattern.ended_by:
        values.append(negate(ended(pattern, unit, about)))
    if pattern.newest_per:
        values.append(negate(superseded(pattern, unit, all_units, about)))
        if pattern.each and pattern.alike:
            values.append(on_the_table(pattern, unit, about))
    if unseen_newer(pattern, about):
        values.append(U)
    return all_of(values)


def until(pattern: f.Pattern, instant: int) -> int:
    """No answer is made after `no_later_than`."""
    return instant if pattern.no_later_than is None else min(instant, pattern.no_later_than)


def meanings(pattern: f.Pattern, about: About) -> Iterator[list[f.Pattern]]:
    """`by_each` without `alike`: one question for each person, once for each meaning; else the question itself.

    Of nobody nothing can be demanded, so that it is never met: an empty list is answered no.
    """
    if pattern.each and pattern.by is not None:
        for people_ in people.listed(pattern.by, about):
            if pattern.alike:
                yield [replace(pattern, by=tuple(f.Person(code) for code in people_))] if people_ else []
            else:
                yield [replace(pattern, by=(f.Person(code),), each=False) for code in people_]
    else:
        yield [pattern]


def each_of(asked: list[f.Pattern], answer: Callable[[f.Pattern], Value]) -> Value:
    """All of these questions; no if there is none."""
    return all_of([answer(one) for one in asked]) if asked else F
