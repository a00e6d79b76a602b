"""Conditions as closures: one mapping, all keys must hold; a list is any (21-language-reference, 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.lookup import Getter
from detente.agreement.judge.matching import NOT_STATED, People, among, at_least, equal, instants
from detente.agreement.judge.places import covers, where_is
from detente.agreement.record import UNKNOWN, Interval, OneOf, Span
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms, Test

_DAY = timedelta(days=1)


def compile_condition(terms: Terms, condition: f.Condition, clause: str) -> Test:
    """The closure of a condition."""
    if isinstance(condition, f.Named):
        return terms.test(terms.agreement.define[condition.name], clause)
    if isinstance(condition, f.All | f.Any_):
        parts = [terms.test(item, clause) for item in condition.items]
        join = all_of if isinstance(condition, f.All) else any_of

        def joined(x: Frame, e: Deed, its: Deed | None) -> Value:
            return join(part(x, e, its) for part in parts)

        return joined
    if isinstance(condition, f.Not):
        return _not(terms.test(condition.item, clause))
    if isinstance(condition, f.Ask):
        question = terms.question(condition.pattern, clause)
        return {"earlier": question.earlier, "later": question.later, "count": question.count}[condition.mode]
    if isinstance(condition, f.Inside):
        place = terms.place(condition.place)
        return lambda x, e, its: place.holds(x, where_is(e), e)
    if isinstance(condition, f.During):
        phase = terms.phases[condition.phase]
        return lambda x, e, its: phase.value(x, e.lo, e.hi)
    if isinstance(condition, f.Given):
        return _given(condition.field)
    if isinstance(condition, f.ElapsedIs):
        return _elapsed(terms, condition)
    if isinstance(condition, f.Clock):
        return _clock(terms, condition)
    return _is(terms, condition, clause)


def _not(test: Test) -> Test:
    def negated(x: Frame, e: Deed, its: Deed | None) -> Value:
        mark = len(x.evidence)
        value = negate(test(x, e, its))
        if value is F and not x.evidence[mark:]:
            x.missing.append("")
        return value

    return negated


def _given(field: str) -> Test:
    def given(x: Frame, e: Deed, its: Deed | None) -> Value:
        if field in e.fields:
            return T
        if field == "from" and e.from_ is not None:
            return T
        if field == "until" and e.until is not None:
            return T
        return U if e.event else F

    return given


def _is(terms: Terms, condition: f.Is, clause: str) -> Test:
    """A field against a matcher."""
    get = terms.getter(condition.path)
    matcher = condition.matcher
    if isinstance(matcher, f.OneOf):
        return _one_of(terms, get, matcher, clause)
    if isinstance(matcher, f.Range):
        return _range(terms, get, matcher)
    if isinstance(matcher, f.Covers):
        return _covers(terms, get, terms.getter(matcher.path))
    place = terms.place(matcher.place)
    return lambda x, e, its: place.holds(x, get(x, e, its), e)


def _one_of(terms: Terms, get: Getter, matcher: f.OneOf, clause: str) -> Test:
    """Equal to any of these; for people, among them."""
    literals: list[str] = []
    paths: list[Getter] = []
    for item in matcher.values:
        if isinstance(item, str):
            literals.append(item)
        elif item.path == ("this",):
            literals.append(clause)
        else:
            paths.append(terms.getter(item.path))
    plain = tuple(literals)
    known = set(terms.agreement.parties) | set(terms.agreement.others)
    people = tuple(f.Person(code) for code in literals if code in known)
    member = terms.persons.among(people) if people else None

    def test(x: Frame, e: Deed, its: Deed | None) -> Value:
        value = get(x, e, its)
        if isinstance(value, People):
            if not value.codes:
                result = U
            elif value.open:
                result = F if member is None or member(x, value.codes, e, e) is F else U
            else:
                result = member(x, value.codes, e, e) if member is not None else F
        else:
            result = among(value, plain) if plain else F
        for path in paths:
            result = any_of((result, equal(value, path(x, e, its))))
        return result

    return test


def _range(terms: Terms, get: Getter, matcher: f.Range) -> Test:
    bounds: list[Getter | None] = []
    for bound in (matcher.at_least, matcher.at_most):
        if bound is None:
            bounds.append(None)
        elif isinstance(bound, f.PathValue):
            bounds.append(terms.getter(bound.path))
        else:
            bounds.append(_constant(bound))
    low, high = bounds

    def test(x: Frame, e: Deed, its: Deed | None) -> Value:
        value = get(x, e, its)
        result = T
        if low is not None:
            result = all_of((result, at_least(value, low(x, e, its))))
        if high is not None:
            result = all_of((result, at_least(high(x, e, its), value)))
        return result

    return test


def _constant(value: int) -> Getter:
    return lambda x, e, its: value


def _covers(terms: Terms, get: Getter, asked: Getter) -> Test:
    """An area covers a point, a span an instant."""

    def test(x: Frame, e: Deed, its: Deed | None) -> Value:
        holder, held = get(x, e, its), asked(x, e, its)
        if holder is NOT_STATED or held is NOT_STATED:
            return F
        if holder is UNKNOWN or held is UNKNOWN:
            return U
        return _agreed([_cover_one(x, one, held) for one in _options(holder)])

    def _cover_one(x: Frame, holder: object, held: object) -> Value:
        return _span_covers(x, holder, held) if isinstance(holder, Span) else covers(terms, holder, held)

    return test


def _options(value: object) -> tuple[object, ...]:
    return value.values if isinstance(value, OneOf) else (value,)


def _agreed(values: list[Value]) -> Value:
    return values[0] if len(set(values)) == 1 else U


def _span_covers(x: Frame, span: Span, held: object) -> Value:
    if isinstance(held, Span):
        when: Interval | None = Interval(held.start, held.end)
        whole = True
    else:
        when, whole = instants(held), False
    if when is None:
        return U
    if x.marks is not None:
        x.marks += (span.start, span.end)
    if span.start <= when.lo and (when.hi < span.end or (whole and when.hi == span.end)):
        return T
    if whole or when.hi < span.start or when.lo >= span.end:
        return F
    return U


def _elapsed(terms: Terms, condition: f.ElapsedIs) -> Test:
    """Time between two stated or received times."""
    first, second = terms.getter(condition.from_), terms.getter(condition.to)
    calendar = terms.calendar
    least, most = condition.at_least, condition.at_most

    def test(x: Frame, e: Deed, its: Deed | None) -> Value:
        one, two = first(x, e, its), second(x, e, its)
        if one is NOT_STATED or two is NOT_STATED:
            return F
        start, end = terms.calendar.instants(one), terms.calendar.instants(two)
        if start is None or end is None:
            return U
        value = T
        if least is not None:
            lo, hi = calendar.at_least(start.lo, least), calendar.at_least(start.hi, least)
            if x.marks is not None:
                x.marks += (lo, hi)
            value = all_of((value, T if hi <= end.lo else F if lo > end.hi else U))
        if most is not None:
            lo, hi = calendar.within(start.lo, most), calendar.within(start.hi, most)
            if x.marks is not None:
                x.marks += (lo + 1, hi + 1)
            value = all_of((value, T if end.hi <= lo else F if end.lo > hi else U))
        return value

    return test


def _clock(terms: Terms, condition: f.Clock) -> Test:
    """Civil time in the zone; U if the interval straddles an edge."""
    calendar = terms.calendar
    days = condition.days
    start = condition.from_ if condition.from_ is not None else 0
    end = condition.until

    def test(x: Frame, e: Deed, its: Deed | None) -> Value:
        if e.hi - e.lo > 8 * 86_400_000:
            return U
        day, last = calendar.day_of(e.lo) - _DAY, calendar.day_of(e.hi)
        spells: list[tuple[int, int]] = []
        while day <= last + (8 * _DAY if x.marks is not None else _DAY):
            if days is None or day.weekday() in days:
                lo = calendar.civil(day, start)
                if end is None:
                    hi = calendar.last_instant(day)
                else:
                    hi = calendar.civil(day if end >= start else day + _DAY, end, fold=1) - 1
                if x.marks is not None and e.kind != "day":  # of calm days every one ahead is looked at
                    x.marks += (lo, hi + 1)
                if spells and spells[-1][1] >= lo - 1:  # one spell goes over into the next
                    lo = spells.pop()[0]
                spells.append((lo, hi))
            day += _DAY
        inside = any(lo <= e.lo and e.hi <= hi for lo, hi in spells)
        touched = any(lo <= e.hi and e.lo <= hi for lo, hi in spells)
        return T if inside else U if touched else F

    return test
