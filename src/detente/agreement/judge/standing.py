"""Whether what was made stands at an instant: lead, validity, endings, newer versions, sets of like acts
(reference 7).

Not standing once an ending act, later and by the same author unless `by` says otherwise, equal in the shared
fields, has come into effect. Only the newest made counts under `newest_per`; one that was ended does not revive
the one before. An ending (or a newer version) that may lie beyond what is known of a log makes *standing*
unknown, not true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.enders import Ender
from detente.agreement.judge.finders import Finder
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import before, equal
from detente.agreement.judge.people import Meant
from detente.agreement.judge.sequence import after, by_then, in_effect, not_later, one_author
from detente.agreement.judge.sets import Made, same_fields
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate

if TYPE_CHECKING:
    from detente.agreement.judge.compiled import Compiled
    from detente.agreement.judge.terms import Terms


class Standing:
    """The part of a question that is about time."""

    def __init__(self, terms: Terms, question: Compiled) -> None:
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
                    value = all_of((value, any_of(not_later(b, found[0], c, w) for c, w in rest)))
                    if value is F:
                        continue
                    result = all_of((result, negate(all_of((value, same_fields(question, x, b, e, its))))))
                    if result is F:
                        return F
        return result


def _set_later(other: Made, made: Made) -> Value:
    """Whether a set was completed after another; shared members aside, the order of a log decides where it can."""
    return T if other.lo > made.hi else F if other.hi <= made.lo else U
