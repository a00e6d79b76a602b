"""Questions about other acts: earlier, later, count (21-language-reference, 7), by looking at every act there is."""

from __future__ import annotations

from dataclasses import replace

from detente.agreement import form as f
from detente.agreement.record import UNKNOWN, Interval, Unknown
from detente.agreement.reference import fields, people
from detente.agreement.reference.case import About, agreed, in_order
from detente.agreement.reference.instants import (
    FAR,
    at_most,
    deadline,
    latest_start,
    not_later,
    period_start,
)
from detente.agreement.reference.standing import each_of, further, meanings, standing, until
from detente.agreement.reference.units import Unit, units
from detente.agreement.values import F, P, T, U, Value, all_of, any_of


def ask(question: f.Ask, about: About) -> Value:
    """One question of a condition."""
    pattern = question.pattern
    if question.mode == "later":
        return later(pattern, about)
    if question.mode == "count":
        return count(pattern, about)
    return earlier(pattern, about)


# earlier


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
            answers.append((unit, answers_in_time(pattern, unit, about)))
    value = any_of([answer for _, answer in answers])
    if value is not T:
        if pattern.within is None:
            value = any_of([value, P])  # its time never runs out
        elif end.hi >= FAR // 2:
            value = U
        elif case.record.now <= end.hi + case.agreement.grace:
            value = P
        elif not case.whole(pattern.kinds, people.logs_of(pattern.by, about), until(pattern, end.hi)):
            value = any_of([value, U])
    _note(pattern, answers, value, about)
    return value


def answers_in_time(pattern: f.Pattern, unit: Unit, about: About) -> Value:
    """Whether what was made came from e on, and by the deadline."""
    end = last_instant(pattern, about)
    if end is None:
        return F
    values = [unit.value, further(pattern, unit, about), not_later(unit.made, end)]
    for act, made in zip(unit.acts, unit.each_made, strict=True):
        order = in_order(about.act, act, about.case)
        values.append(not_later(about.at, made) if order is None else (T if order else F))
    return all_of(values)


# count


def count(pattern: f.Pattern, about: About) -> Value:
    """How many, e itself among them; without `in`, all that stand now (7)."""
    return agreed(each_of(asked, lambda one: _count(one, about)) for asked in meanings(pattern, about))


def _count(pattern: f.Pattern, about: About) -> Value:
    case = about.case
    answers = []
    for persons in people.listed(pattern.by, about) if pattern.each and pattern.by else [None]:
        every = units(pattern, about, None, persons, counting=True)
        answers += [(unit, counted(pattern, unit, every, about)) for unit in every]
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


def counted(pattern: f.Pattern, unit: Unit, every: list[Unit], about: About) -> Value:
    """Whether a unit is one of those that a count counts."""
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
