"""Endings: an act that, later and in effect, ends another (`ended_by`; 21-language-reference, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.finders import Finder
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import equal
from detente.agreement.judge.people import Meant, union
from detente.agreement.judge.sequence import after, in_effect
from detente.agreement.judge.sets import make_sets
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value, all_of, any_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


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
        return self._any(x, e, meant, self._singly(x, a, when, e, meant))

    def _by_sets(self, x: Frame, a: Deed, when: Interval, e: Deed, persons: list[Meant]) -> Value:
        return self._any(x, e, None, self._together(x, a, when, e, persons))

    def _any(self, x: Frame, e: Deed, meant: Meant | None, found: Iterator[tuple[tuple[Deed, ...], Value]]) -> Value:
        """Whether any of these ends it, or one that is not seen may have."""
        result = F
        for deeds, value in found:
            x.evidence.extend(c.id for c in deeds)
            result = any_of((result, value))
            if result is T:
                return T
        if not self.question.complete(x, e, meant, e.hi):
            result = any_of((result, U))
        return result

    def unsure(self, x: Frame, a: Deed, when: Interval, e: Deed) -> Iterator[str]:
        """The kinds of acts that may or may not have ended a."""
        question = self.question
        if question.who is None:
            own = Meant(a.author, a.by if a.author else frozenset(), a.by or None)
            each = [self._singly(x, a, when, e, own)]
        elif question.choices is None:
            each = [self._singly(x, a, when, e, union(question.who(x, e)))]
        elif question.pattern.alike:
            each = [self._together(x, a, when, e, persons) for persons in question.choices(x, e) if persons]
        else:
            each = [self._singly(x, a, when, e, one) for persons in question.choices(x, e) for one in persons]
        for found in each:
            yield from (c.kind for deeds, value in found if value is U for c in deeds)

    def _singly(
        self, x: Frame, a: Deed, when: Interval, e: Deed, meant: Meant
    ) -> Iterator[tuple[tuple[Deed, ...], Value]]:
        """Acts by whoever is meant that end it, or may."""
        question = self.question
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
                if value is not F:
                    yield (c,), value

    def _together(
        self, x: Frame, a: Deed, when: Interval, e: Deed, persons: list[Meant]
    ) -> Iterator[tuple[tuple[Deed, ...], Value]]:
        """Sets of like acts, one of each of these, that end it when the last is in effect, or may."""
        question = self.question
        for made, value in make_sets(question, x, a, None, persons, asker=e):
            for c, then in zip(made.deeds, made.each, strict=True):
                value = all_of((value, after(c, then, a, when), self._in_effect(x, c, then, e), self._shared(x, c, a)))
                value = value if value is F else all_of((value, question.with_test(x, c, a)))
            if value is not F:
                yield made.deeds, value

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
