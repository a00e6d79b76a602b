"""Questions about other acts: earlier, later, count (21-language-reference, 7), by looking at every act there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from detente.agreement import form as f
from detente.agreement.record import UNKNOWN, Act, Interval, Unknown
from detente.agreement.reference import fields, people
from detente.agreement.reference.case import About, Case, agreed, in_order
from detente.agreement.reference.instants import (
    FAR,
    at_least,
    at_most,
    deadline,
    latest_start,
    not_later,
    period_start,
    strictly_later,
)
from detente.agreement.reference.units import Unit, alike, units
from detente.agreement.values import F, P, T, U, Value, all_of, any_of, negate


def ask(question: f.Ask, about: About) -> Value:
    """One question of a condition."""
    pattern = question.pattern
    if question.mode == "later":
        return later(pattern, about)
    if question.mode == "count":
        return count(pattern, about)
    return earlier(pattern, about)


# standing


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
    value = all_of(values)
    if value is U:
        about.trace.unsure += [one.id for one in end.acts if one.id not in about.trace.unsure]
    return value


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


# earlier


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


def stands(pattern: f.Pattern, about: About, after: int | None = None) -> list[tuple[Unit, Value]]:
    """Every unit with its value as an answer to `earlier`; for places and before-checks as well."""
    found = []
    for persons in people.listed(pattern.by, about) if pattern.each and pattern.by else [None]:
        every = units(pattern, about, None, persons)
        found += [(unit, standing(pattern, unit, every, about, after)) for unit in every]
    return found


def horizon(pattern: f.Pattern, about: About) -> int:
    """Up to when the record must be whole for an absence to be *no* (11)."""
    end = about.at.hi
    if pattern.at_least is not None:
        end = latest_start(end, pattern.at_least, about.case.agreement.zone)
    return until(pattern, end)


def until(pattern: f.Pattern, instant: int) -> int:
    """No answer is made after `no_later_than`."""
    return instant if pattern.no_later_than is None else min(instant, pattern.no_later_than)


def absent(pattern: f.Pattern, about: About) -> Value:
    """What silence says: no if the record is whole, else cannot tell."""
    logs = people.logs_of(pattern.by, about)
    return F if about.case.whole(pattern.kinds, logs, horizon(pattern, about)) else U


def earlier(pattern: f.Pattern, about: About, after: int | None = None) -> Value:
    """Some act, not later, standing (7). `after`: made after this instant (a daily duty's last due time)."""
    return agreed(each_of(asked, lambda one: _earlier(one, about, after)) for asked in meanings(pattern, about))


def _earlier(pattern: f.Pattern, about: About, after: int | None) -> Value:
    answers = stands(pattern, about, after)
    value = any_of([*(value for _, value in answers), absent(pattern, about)])
    _note(pattern, answers, value, about)
    return value


def _note(pattern: f.Pattern, answers: list[tuple[Unit, Value]], value: Value, about: About) -> None:
    for unit, answer in answers:
        if answer is not F:
            into = about.trace.evidence if answer is T else about.trace.unsure
            into += [act.id for act in unit.acts if act.id not in into]
    if value is not T:
        word = {F: "no", U: "unsure whether there is a", P: "not yet a"}[value]
        about.trace.missing.append(f"{word} {' or '.join(pattern.kinds)} that fits")


def joined(pattern: f.Pattern, code: str, about: About, at: Interval) -> Value:
    """Whether one has joined: its own act stands (3)."""
    seen = replace(about, at=at)
    every = [unit for unit in units(pattern, seen) if unit.acts[0].by]
    values = []
    for unit in every:
        own = people.same_people(unit.acts[0].by, frozenset({code}))
        values.append(all_of([own, standing(pattern, unit, every, seen)]))
    logs = about.case.log_of(code)
    return any_of([*values, F if about.case.whole(pattern.kinds, logs, horizon(pattern, seen)) else U])


# later


def later(pattern: f.Pattern, about: About) -> Value:
    """Some act in [time of e, deadline]; until now > deadline + grace, no answer is P (7)."""
    return agreed(each_of(asked, lambda one: _later(one, about)) for asked in meanings(pattern, about))


def last_instant(pattern: f.Pattern, about: About) -> Interval | None:
    """The deadline: so long after e, or after a time that e states; None: it cannot be dated."""
    start: Interval | Unknown | None = about.at
    if pattern.counting_from is not None:
        start = fields.instant_at(about, pattern.counting_from)
    if start is None or isinstance(start, Unknown):
        return None
    if pattern.within is None:
        return Interval(start.lo, FAR)
    zone = about.case.agreement.zone
    return Interval(deadline(start.lo, pattern.within, zone), deadline(start.hi, pattern.within, zone))


def _later(pattern: f.Pattern, about: About) -> Value:
    case, end = about.case, last_instant(pattern, about)
    if end is None:
        return U
    answers = []
    for persons in people.listed(pattern.by, about) if pattern.each and pattern.by else [None]:
        for unit in units(pattern, about, None, persons):
            values = [unit.value, further(pattern, unit, about), not_later(unit.made, end)]
            for act, made in zip(unit.acts, unit.each_made, strict=True):
                order = in_order(about.act, act, case)
                values.append(not_later(about.at, made) if order is None else (T if order else F))
            answers.append((unit, all_of(values)))
    value = any_of([answer for _, answer in answers])
    if value is not T:
        if pattern.within is None:
            value = any_of([value, P])  # its time never runs out
        elif end.hi >= FAR // 2:
            value = U
        elif case.record.now <= end.hi + case.agreement.grace:
            value = P
            about.trace.running.append(end.hi)
        elif not case.whole(pattern.kinds, people.logs_of(pattern.by, about), until(pattern, end.hi)):
            value = any_of([value, U])
    _note(pattern, answers, value, about)
    return value


# count


def count(pattern: f.Pattern, about: About) -> Value:
    """How many, e itself among them; without `in`, all that stand now (7)."""
    return agreed(each_of(asked, lambda one: _count(one, about)) for asked in meanings(pattern, about))


def _count(pattern: f.Pattern, about: About) -> Value:
    case = about.case
    answers = []
    for persons in people.listed(pattern.by, about) if pattern.each and pattern.by else [None]:
        every = units(pattern, about, None, persons, counting=True)
        answers += [(unit, _counted(pattern, unit, every, about)) for unit in every]
    surely, possibly = _how_many(pattern, answers, about)
    if not case.whole(pattern.kinds, people.logs_of(pattern.by, about), until(pattern, about.at.hi)):
        possibly = FAR
    low = 0 if pattern.least is None else pattern.least
    high = FAR if pattern.most is None else pattern.most
    for unit, answer in answers:
        if answer is not F:
            into = about.trace.evidence if answer is T else about.trace.unsure
            into += [act.id for act in unit.acts]
    if surely >= low and possibly <= high:
        return T
    return F if possibly < low or surely > high else U


def _counted(pattern: f.Pattern, unit: Unit, every: list[Unit], about: About) -> Value:
    itself = any(act.id == about.act.id for act in unit.acts)
    if all(act.id == about.act.id for act in unit.acts):  # it counts, whatever its own time
        return all_of([unit.value, further(pattern, unit, about)])
    values = [standing(pattern, unit, every, about)]
    zone = about.case.agreement.zone
    if itself:
        pass  # what the act asked about is one of is in its window
    elif isinstance(pattern.window, str):
        start = Interval(
            period_start(about.at.lo, pattern.window, zone), period_start(about.at.hi, pattern.window, zone)
        )
        values.append(not_later(start, unit.made))
    elif pattern.window is not None:
        values.append(at_most(unit.made, about.at, pattern.window, zone))
    return all_of(values)


def _how_many(pattern: f.Pattern, answers: list[tuple[Unit, Value]], about: About) -> tuple[int, int]:
    """Surely at least so many, possibly at most so many; of distinct sets of fields, if asked."""
    sure = [unit for unit, value in answers if value is T]
    maybe = [unit for unit, value in answers if value is not F]
    if not pattern.distinct:
        return len(sure), len(maybe)
    known_sure = {key for unit in sure if (key := _key(pattern, unit, about)) is not None}
    known = {key for unit in maybe if (key := _key(pattern, unit, about)) is not None}
    unknown = sum(_key(pattern, unit, about) is None for unit in maybe)
    return max(len(known_sure), 1 if sure else 0), len(known) + unknown


def _key(pattern: f.Pattern, unit: Unit, about: About) -> tuple[object, ...] | None:
    """The distinct fields of a unit if each has one known value. Not stated is a value too."""
    beside = about.inner(unit.acts[0], unit.made)
    answers = [fields.read(beside, (name,)) for name in pattern.distinct]
    if any(answer is UNKNOWN or (isinstance(answer, tuple) and len(answer) != 1) for answer in answers):
        return None
    return tuple(fields.plainly(answer[0]) if isinstance(answer, tuple) else None for answer in answers)
