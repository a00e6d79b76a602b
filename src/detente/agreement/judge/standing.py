"""Whether what was made stands at an instant: lead, validity, endings, newer versions, sets of like acts
(reference 7).

Not standing once an ending act, later and by the same author unless `by` says otherwise, equal in the shared
fields, has come into effect. Only the newest made counts under `newest_per`; one that was ended does not revive
the one before. An ending (or a newer version) that may lie beyond what is known of a log makes *standing*
unknown, not true.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

from detente.agreement import form as f
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.finders import Finder
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import before, equal, in_one_log
from detente.agreement.judge.people import Meant, union
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate

if TYPE_CHECKING:
    from detente.agreement.judge.questions import Question
    from detente.agreement.judge.terms import Terms


class Made(NamedTuple):
    """An act, or a set of like acts that is made when its last is; `lo`, `hi`: when."""

    deeds: tuple[Deed, ...]
    lo: int
    hi: int
    each: tuple[Interval, ...] = ()
    persons: tuple[Meant, ...] = ()


class Standing:
    """The part of a question that is about time."""

    def __init__(self, terms: Terms, question: Question) -> None:
        pattern = question.pattern
        self.calendar = terms.calendar
        self.question = question
        self.least, self.most = pattern.at_least, pattern.at_most
        shared = [own for own, _ in pattern.same] + list(pattern.alike) + list(pattern.newest_per)
        self.enders = [Ender(terms, ender, shared, question.clause) for ender in pattern.ended_by]
        newest = tuple((name, (name,)) for name in pattern.newest_per)
        self.versions = [Finder(terms, kind, newest) for kind in pattern.kinds] if newest else []
        self._keyed_for: list[tuple[Made, Value]] | None = None
        self._keyed: dict[tuple[object, ...] | None, list[tuple[Made, Value]]] = {}
        self.newest_fields = [terms.getter((name,)) for name in pattern.newest_per]

    def oldest(self, x: Frame, e: Deed) -> int | None:
        """Before this no act can answer (`at_most` so long before e)."""
        if self.most is None or x.marks is not None:
            return None
        return self.calendar.earliest_within(e.lo, self.most)

    def latest(self, instant: int) -> int:
        """After this no act can answer (`at_least` so long before e): only so far must a log be known."""
        return instant if self.least is None else self.calendar.latest_before(instant, self.least)

    def value(
        self,
        x: Frame,
        made: Made,
        e: Deed,
        its: Deed | None,
        value: Value,
        meant: Meant | None,
        *,
        counting: bool = False,
    ) -> Value:
        """Whether what was made stands at the time of e, `value` being what is known of the rest."""
        value = all_of((value, self._in_time(x, made, e)))
        if value is F:
            return F
        if not (counting and self.question.pattern.window is not None):
            value = all_of((value, self._valid(x, made, e)))
        if value is F:
            return F
        for a in made.deeds:
            value = all_of((value, self.question.with_test(x, a, e)))
            if value is F:
                return F
        if self.enders:
            value = all_of((value, negate(self.ended(x, made, e))))
        if value is not F and self.versions:
            value = all_of((value, negate(self.superseded(x, made, e, its, meant, counting=counting))))
        return value

    def _in_time(self, x: Frame, made: Made, e: Deed) -> Value:
        value = all_of(by_then(a, when, e) for a, when in zip(made.deeds, made.each, strict=True))
        if self.question.since_last and e.since is not None:
            value = all_of((value, T if made.lo > e.since else F if made.hi <= e.since else U))
        if self.least is not None:
            lo, hi = self.calendar.at_least(made.lo, self.least), self.calendar.at_least(made.hi, self.least)
            if x.marks is not None:
                x.marks += (lo, hi)
            value = all_of((value, before(lo, hi, e.lo, e.hi)))
        if self.most is not None:
            lo, hi = self.calendar.within(made.lo, self.most), self.calendar.within(made.hi, self.most)
            if x.marks is not None:
                x.marks += (lo + 1, hi + 1)
            value = all_of((value, before(e.lo, e.hi, lo, hi)))
        return value

    @staticmethod
    def _valid(x: Frame, made: Made, e: Deed) -> Value:
        value = T
        for a in made.deeds:
            if a.from_ is not None:
                value = all_of((value, before(a.from_, a.from_, e.lo, e.hi)))
            if a.until is not None:
                value = all_of((value, T if e.hi < a.until else F if e.lo >= a.until else U))
            if x.marks is not None:
                x.marks += [instant for instant in (a.from_, a.until) if instant is not None]
        return value

    def ended(self, x: Frame, made: Made, e: Deed) -> Value:
        """Whether any of its acts has been ended at the time of e."""
        result = F
        for a, when in zip(made.deeds, made.each, strict=True):
            for ender in self.enders:
                result = any_of((result, ender.value(x, a, when, e)))
                if result is T:
                    return T
        return result

    def superseded(
        self, x: Frame, made: Made, e: Deed, its: Deed | None, meant: Meant | None, *, counting: bool = False
    ) -> Value:
        """Whether a newer one had been made at the time of e."""
        question = self.question
        if made.persons:
            result = self._newer_set(x, made, e, its)
        else:
            result = self._newer_act(x, made, e, its, meant, counting=counting)
        if result is not T and not question.complete(x, e, meant, e.hi):
            result = any_of((result, U))
        return result

    def _newer_act(
        self, x: Frame, made: Made, e: Deed, its: Deed | None, meant: Meant | None, *, counting: bool
    ) -> Value:
        question, a, when = self.question, made.deeds[0], made.each[0]
        lo, hi = (a.lo, e.hi) if question.to is None else (None, None)
        result = F
        for finder in self.versions:
            for b, value in finder.find(x, a, None, lo, hi):
                itself = b.id == e.id  # it counts, and so replaces
                skip = value is F or b is a or (itself and not counting)
                found = None if skip else question.when_made(x, b, e)
                if found is None:
                    continue
                value = all_of((value, found[1], after(b, found[0], a, when), in_effect(b, found[0], e)))
                if value is F:
                    continue
                value = all_of((value, question.by_test(x, b, e, meant)))
                value = all_of((value, question.itself(x, e, its) if itself else same_fields(question, x, b, e, its)))
                if value is F:
                    continue
                result = any_of((result, value))
                if result is T:
                    x.evidence.append(b.id)
                    return T
        return result

    def _rivals(self, x: Frame, made: Made, e: Deed, its: Deed | None) -> list[tuple[Made, Value]]:
        """Sets that may be newer versions of one: those of its own key where keys are plain."""
        sets = self.question.sets(x, e, its, list(made.persons))
        if sets is not self._keyed_for:
            self._keyed_for = sets
            self._keyed = {}
            for one in sets:
                self._keyed.setdefault(self._key(one[0]), []).append(one)
        key = self._key(made)
        if key is None:
            return sets
        return self._keyed.get(key, []) + self._keyed.get(None, [])

    def _key(self, made: Made) -> tuple[object, ...] | None:
        values = tuple(made.deeds[0].fields.get(name) for name in self.question.pattern.newest_per)
        return values if all(isinstance(value, str | int) for value in values) else None

    def _newer_set(self, x: Frame, made: Made, e: Deed, its: Deed | None) -> Value:
        result = negate(self._on_the_table(x, made, e, its))
        for other, value in self._rivals(x, made, e, its):
            if result is T:
                return T
            if set(other.deeds) == set(made.deeds):
                continue
            for field in self.newest_fields:
                value = all_of((value, equal(field(x, other.deeds[0], None), field(x, made.deeds[0], None))))
            if value is F:
                continue
            value = all_of((value, _set_later(other, made)))
            value = all_of((value, *(in_effect(b, w, e) for b, w in zip(other.deeds, other.each, strict=True))))
            if value is not F:
                result = any_of((result, all_of((value, self._on_the_table(x, other, e, its)))))
        return result

    def _on_the_table(self, x: Frame, made: Made, e: Deed, its: Deed | None) -> Value:
        """A set is made only of acts that are each its author's newest of the key when the last of them is made."""
        question = self.question
        result = T if question.complete(x, e, None, made.hi) else U
        for number, a in enumerate(made.deeds):
            rest = [(b, w) for i, (b, w) in enumerate(zip(made.deeds, made.each, strict=True)) if i != number]
            lo, hi = (a.lo, made.hi) if question.to is None else (None, None)
            for finder in self.versions:
                for b, value in finder.find(x, a, None, lo, hi):
                    found = question.when_made(x, b, e) if value is not F and b.id not in (a.id, e.id) else None
                    if found is None:
                        continue
                    value = all_of((value, found[1], one_author(a, b), after(b, found[0], a, made.each[number])))
                    value = all_of((value, any_of(_by_then(b, found[0], c, w) for c, w in rest)))
                    if value is F:
                        continue
                    result = all_of((result, negate(all_of((value, same_fields(question, x, b, e, its))))))
                    if result is F:
                        return F
        return result


def one_author(a: Deed, b: Deed) -> Value:
    """Whether two acts are by the same."""
    if not a.by or not b.by:
        return U
    return F if a.by.isdisjoint(b.by) else T if a.by == b.by and len(a.by) == 1 else U


def by_then(a: Deed, when: Interval, e: Deed) -> Value:
    """Whether an act that counts from `when` is not later than e; the act itself is not."""
    return T if a.id == e.id else _by_then(a, when, e, Interval(e.lo, e.hi))


def _by_then(a: Deed, when: Interval, c: Deed, at: Interval) -> Value:
    """Whether one act is not later than another; between two of one log the index decides."""
    if in_one_log(a, c):
        return T if a.index <= c.index else F
    return before(when.lo, when.hi, at.lo, at.hi)


def after(a: Deed, when: Interval, c: Deed, at: Interval) -> Value:
    """Whether one act is later than another."""
    return negate(_by_then(a, when, c, at))


def in_effect(c: Deed, when: Interval, e: Deed) -> Value:
    """Whether max(receipt, its `from`) is not later than e."""
    value = by_then(c, when, e)
    return value if c.from_ is None else all_of((value, before(c.from_, c.from_, e.lo, e.hi)))


def _set_later(other: Made, made: Made) -> Value:
    """Whether a set was completed after another; shared members aside, the order of a log decides where it can."""
    return T if other.lo > made.hi else F if other.hi <= made.lo else U


def same_fields(question: Question, x: Frame, a: Deed, e: Deed, its: Deed | None) -> Value:
    """Whether an act equals the asking act in the fields of `same`."""
    for finder in question.finders:
        if finder.kind == a.kind:
            return all_of(equal(own(x, a, None), asked(x, e, its)) for own, asked in finder.every)
    return F


def make_sets(
    question: Question,
    x: Frame,
    e: Deed,
    its: Deed | None,
    persons: list[Meant],
    *,
    counting: bool = False,
    asker: Deed | None = None,
) -> Iterator[tuple[Made, Value]]:
    """Sets of one act by each person, alike in the fields named; made when the last is made.

    `same` is about e, words for people about `asker` (e where there is none).
    """
    who = asker or e
    alike = tuple((name, (name,)) for name in question.pattern.alike)
    firsts: list[tuple[Deed, Value]] = []
    for finder in question.finders:
        firsts += [(a, v) for a, v in finder.find(x, e, its, None, None) if v is not F and a.id not in (e.id, who.id)]
    if counting and e.kind in question.pattern.kinds:
        firsts.append((e, question.itself(x, e, its)))
    for first, value in firsts:
        value = all_of((value, question.fits(x, first, who, persons[0])))
        if value is F:
            continue
        choices: list[list[tuple[Deed, Value]]] = []
        for meant in persons[1:]:
            found = []
            for finder in question.like_finders(alike):
                for b, like in finder.find(x, first, None, None, None):
                    if like is F or (b.id in (e.id, who.id) and not counting):
                        continue
                    fitting = question.itself(x, e, its) if b.id == e.id else same_fields(question, x, b, e, its)
                    like = all_of((like, question.fits(x, b, who, meant), fitting))
                    if like is not F:
                        found.append((b, like))
            choices.append(found)
        for rest in product(*choices):
            deeds = (first, *(b for b, _ in rest))
            if _one_for_two(deeds, persons):
                continue
            times = [question.when_made(x, a, who) for a in deeds]
            known = [when for when in times if when is not None]
            if len(known) == len(deeds):
                each = tuple(when for when, _ in known)
                lo, hi = max(w.lo for w in each), max(w.hi for w in each)
                yield (
                    Made(deeds, lo, hi, each, tuple(persons)),
                    all_of((value, *(v for _, v in rest), *(v for _, v in known))),
                )


def _one_for_two(deeds: tuple[Deed, ...], persons: list[Meant]) -> bool:
    """Whether one act stands for two persons who have nobody in common: it has one author."""
    for one, two in combinations(range(len(deeds)), 2):
        first, second = persons[one].possible, persons[two].possible
        if deeds[one] is deeds[two] and first is not None and second is not None and first.isdisjoint(second):
            return True
    return False


class Ender:
    """An act that ends another: words for people are seen from the asking act, `same` from the act that is ended."""

    def __init__(self, terms: Terms, pattern: f.Pattern, shared: list[str], clause: str) -> None:
        from detente.agreement.judge.questions import Question

        self.question = Question(terms, pattern, clause)
        self.persons = terms.persons
        self.finders = []
        for kind in pattern.kinds:
            fields = terms.agreement.kinds[kind].fields
            common = tuple((name, (name,)) for name in dict.fromkeys(shared) if name in fields)
            self.finders.append(Finder(terms, kind, tuple(dict.fromkeys(pattern.same + common))))

    def value(self, x: Frame, a: Deed, when: Interval, e: Deed) -> Value:
        """Whether a, which counts from `when`, is ended at the time of e."""
        question = self.question
        if question.who is None:
            return self._by(x, a, when, e, Meant(a.author, a.by if a.author else frozenset(), a.by or None))
        if question.pattern.each and question.pattern.alike:
            return question.each_meant(x, e, lambda persons: self._by_sets(x, a, when, e, persons))
        if question.pattern.each:
            return question.each_meant(x, e, lambda persons: all_of(self._by(x, a, when, e, one) for one in persons))
        return self._by(x, a, when, e, union(question.who(x, e)))

    def _by(self, x: Frame, a: Deed, when: Interval, e: Deed, meant: Meant) -> Value:
        question = self.question
        result = F
        lo, hi = (min(a.lo, when.lo), e.hi) if question.to is None else (None, None)
        for finder in self.finders:
            for c, value in finder.find(x, a, None, lo, hi):
                found = question.when_made(x, c, e) if value is not F and c.id not in (a.id, e.id) else None
                if found is None:
                    continue
                value = all_of((value, found[1], after(c, found[0], a, when), self._in_effect(x, c, found[0], e)))
                if value is F:
                    continue
                value = all_of((value, question.fits(x, c, e, meant), question.with_test(x, c, a)))
                if value is F:
                    continue
                x.evidence.append(c.id)
                result = any_of((result, value))
                if result is T:
                    return T
        if not question.complete(x, e, meant, e.hi):
            result = any_of((result, U))
        return result

    def _by_sets(self, x: Frame, a: Deed, when: Interval, e: Deed, persons: list[Meant]) -> Value:
        """Ended by one like act of each of these, when the last is in effect."""
        question = self.question
        result = F
        for made, value in make_sets(question, x, a, None, persons, asker=e):
            for c, then in zip(made.deeds, made.each, strict=True):
                value = all_of((value, after(c, then, a, when), self._in_effect(x, c, then, e), self._shared(x, c, a)))
                value = value if value is F else all_of((value, question.with_test(x, c, a)))
            if value is F:
                continue
            x.evidence.extend(c.id for c in made.deeds)
            result = any_of((result, value))
            if result is T:
                return T
        if not question.complete(x, e, None, e.hi):
            result = any_of((result, U))
        return result

    def _shared(self, x: Frame, c: Deed, a: Deed) -> Value:
        """Whether an ending equals what it ends in the shared fields."""
        for finder in self.finders:
            if finder.kind == c.kind:
                return all_of(equal(own(x, c, None), asked(x, a, None)) for own, asked in finder.every)
        return F

    def _in_effect(self, x: Frame, c: Deed, when: Interval, e: Deed) -> Value:
        if c.from_ is not None and x.marks is not None:
            x.marks.append(c.from_)
        return in_effect(c, when, e)
