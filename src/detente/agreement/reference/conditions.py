"""Conditions on an act, one value each (21-language-reference, 6 and 7)."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement.record import Interval, Region, Span, Spot, Unknown
from detente.agreement.reference import fields, people, phases, places, questions
from detente.agreement.reference.case import About, agreed
from detente.agreement.reference.fields import Answer
from detente.agreement.reference.instants import at_least, at_most, civil
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate

_MINUTE = 60_000
_WEEK_AND_A_DAY = 8 * 24 * 60 * _MINUTE


def value(condition: f.Condition | None, about: About) -> Value:
    """The value of a condition; none is yes."""
    if condition is None:
        return T
    if isinstance(condition, f.All):
        return all_of([value(item, about) for item in condition.items])
    if isinstance(condition, f.Any_):
        return any_of([value(item, about) for item in condition.items])
    if isinstance(condition, f.Not):
        return negate(value(condition.item, about))
    if isinstance(condition, f.Named):
        return value(about.case.agreement.define[condition.name], about)
    if isinstance(condition, f.Ask):
        return questions.ask(condition, about)
    if isinstance(condition, f.During):
        return phases.during(condition.phase, about.case, about.at)
    if isinstance(condition, f.Given):
        return fields.stated(about, condition.field)
    if isinstance(condition, f.ElapsedIs):
        return _elapsed(condition, about)
    if isinstance(condition, f.Clock):
        return clock(condition, about.at, about.case.agreement.zone)
    if isinstance(condition, f.Inside):
        return places.where(condition.place, about)
    return _is(condition, about)


def _elapsed(condition: f.ElapsedIs, about: About) -> Value:
    start, end = fields.instant_at(about, condition.from_), fields.instant_at(about, condition.to)
    if start is None or end is None:
        return F
    if isinstance(start, Unknown) or isinstance(end, Unknown):
        return U
    zone = about.case.agreement.zone
    least = T if condition.at_least is None else at_least(start, end, condition.at_least, zone)
    most = T if condition.at_most is None else at_most(start, end, condition.at_most, zone)
    return all_of([least, most])


def clock(condition: f.Clock, at: Interval, zone: str) -> Value:
    """Civil time in [from, until); U if the interval straddles. Tried at each minute of it."""
    if at.hi - at.lo > _WEEK_AND_A_DAY:
        return U
    instants = [at.lo, at.hi, *range((at.lo // _MINUTE + 1) * _MINUTE, at.hi, _MINUTE)]
    return agreed(T if _on_the_clock(condition, instant, zone) else F for instant in instants)


def _on_the_clock(condition: f.Clock, instant: int, zone: str) -> bool:
    moment = civil(instant, zone)
    minute, day = moment.hour * 60 + moment.minute, moment.weekday()
    start = 0 if condition.from_ is None else condition.from_
    end = 24 * 60 if condition.until is None else condition.until
    if start <= end:
        inside = start <= minute < end
    else:  # over midnight: the weekday is the one on which it began
        inside = minute >= start or minute < end
        if minute < end:
            day = (day - 1) % 7
    return inside and (condition.days is None or day in condition.days)


def _is(condition: f.Is, about: About) -> Value:
    matcher = condition.matcher
    answer = fields.read(about, condition.path)
    if isinstance(matcher, f.OneOf):
        return one_of(condition.path, answer, matcher.values, about)
    if isinstance(matcher, f.Range):
        bounds = []
        if matcher.at_least is not None:
            bounds.append(_compare(_bound(matcher.at_least, about), answer))
        if matcher.at_most is not None:
            bounds.append(_compare(answer, _bound(matcher.at_most, about)))
        return all_of(bounds)
    if isinstance(matcher, f.Covers):
        return covers(answer, fields.read(about, matcher.path), about)
    return places.inside_answer(matcher.place, answer, about)


def _equals(path: f.Path, answer: Answer, item: str | f.PathValue, about: About) -> Value:
    """Equal; among, if the field says who."""
    if fields.type_of(about, path) in ("who", "addressee"):
        if answer is None:
            return F
        ours = fields.people_at(about, path)
        if isinstance(item, str):
            return people.among(ours or frozenset(), (f.Person(item),), about)
        theirs = fields.people_at(about, item.path)
        return F if theirs is None else people.same_people(ours or frozenset(), theirs)
    return fields.equal(answer, (item,) if isinstance(item, str) else fields.read(about, item.path))


def one_of(path: f.Path, answer: Answer, items: tuple[str | f.PathValue, ...], about: About) -> Value:
    """Equal to one of several; a field that says who is among all that are named, asked together."""
    values = []
    codes = tuple(f.Person(item) for item in items if isinstance(item, str))
    if len(codes) > 1 and answer is not None and fields.type_of(about, path) in ("who", "addressee"):
        values.append(people.among(fields.people_at(about, path) or frozenset(), codes, about))
        items = tuple(item for item in items if not isinstance(item, str))
    return any_of([*values, *(_equals(path, answer, item, about) for item in items)])


def _bound(bound: int | f.PathValue, about: About) -> Answer:
    return (bound,) if isinstance(bound, int) else fields.read(about, bound.path)


def _compare(small: Answer, great: Answer) -> Value:
    """Number <=: yes if every candidate is, no if none is (6)."""
    if small is None or great is None:
        return F
    if isinstance(small, Unknown) or isinstance(great, Unknown):
        return U
    values = []
    for low in small:
        for high in great:
            if not isinstance(low, int | float) or not isinstance(high, int | float):
                values.append(U)
            else:
                values.append(T if low <= high else F)
    return agreed(values)


def covers(whole: Answer, part: Answer, about: About) -> Value:
    """An area covers a point, a span an instant: [start, end)."""
    if whole is None or part is None:
        return F
    if isinstance(whole, Unknown) or isinstance(part, Unknown):
        return U
    return agreed(_covers(one, other, about) for one in whole for other in part)


def _covers(whole: object, part: object, about: About) -> Value:
    if isinstance(whole, Span):
        at = Interval(part, part) if isinstance(part, int) else part
        if not isinstance(at, Interval):
            return U
        if whole.start <= at.lo and at.hi < whole.end:
            return T
        return F if at.hi < whole.start or at.lo >= whole.end else U
    if isinstance(whole, Region):
        return (
            agreed(places.in_region(whole, spot, about) for spot in places.spots(part, about.case))
            if places.spots(part, about.case)
            else U
        )
    if isinstance(whole, Spot):
        return F
    return U
