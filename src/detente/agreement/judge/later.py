"""`later`: some act in [t, deadline]; until now > deadline + grace, no answer is P (21-language-reference, 7)."""

from __future__ import annotations

from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.compiled import Compiled
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import in_one_log
from detente.agreement.judge.people import Meant
from detente.agreement.judge.sets import Made
from detente.agreement.record import Interval
from detente.agreement.values import F, P, T, U, Value, all_of, any_of


class Later(Compiled):
    """Whether an answer comes in time."""

    def deadline(self, x: Frame, e: Deed, its: Deed | None) -> Interval | None:
        """The last instant of the time for an answer; None if it cannot be dated."""
        start: Interval | None = Interval(e.lo, e.hi)
        if self.start is not None:
            start = self.calendar.instants(self.start(x, e, its))
        if start is None:
            return None
        within = self.pattern.within
        if within is None:
            return Interval(FAR, FAR)
        return Interval(self.calendar.within(start.lo, within), self.calendar.within(start.hi, within))

    def later(self, x: Frame, e: Deed, its: Deed | None) -> Value:
        """Whether an answer comes in time; P while it still may."""
        if not self.pattern.each:
            return self.answered(x, e, its, None)
        if self.pattern.alike:
            return self.each_meant(x, e, lambda persons: self._answered_alike(x, e, its, persons))
        return self.each_meant(x, e, lambda persons: self._all(x, persons, lambda m: self.answered(x, e, its, m)))

    def answered(self, x: Frame, e: Deed, its: Deed | None, meant: Meant | None) -> Value:
        """An answer by whoever is meant."""
        limit = self.deadline(x, e, its)
        if limit is None:
            return U
        result = F
        for finder in self.finders:
            lo, hi = (e.lo, limit.hi) if self.to is None else (None, None)
            for a, value in finder.find(x, e, its, lo, hi, newest=False):
                if value is F or a.id == e.id:
                    continue
                inner = len(x.evidence)
                value = all_of((value, self.fits(x, a, e, meant)))
                found = self.when_made(x, a, e) if value is not F else None
                if found is None:
                    continue
                when, sure = found
                value = self.in_answer(x, Made((a,), when.lo, when.hi, (when,)), e, limit, all_of((value, sure)))
                if value is F:
                    del x.evidence[inner:]
                    continue
                x.evidence.append(a.id)
                result = any_of((result, value))
                if result is T:
                    return T
        return self._not_answered(x, e, meant, limit, result)

    def _answered_alike(self, x: Frame, e: Deed, its: Deed | None, persons: list[Meant]) -> Value:
        limit = self.deadline(x, e, its)
        if limit is None:
            return U
        result = F
        for made, value in self.sets(x, e, its, persons):
            inner = len(x.evidence)
            value = self.in_answer(x, made, e, limit, value)
            if value is F:
                del x.evidence[inner:]
                continue
            x.evidence.extend(a.id for a in made.deeds)
            result = any_of((result, value))
            if result is T:
                return T
        return self._not_answered(x, e, None, limit, result)

    def in_answer(self, x: Frame, made: Made, e: Deed, limit: Interval, value: Value) -> Value:
        """Whether what was made came from e on, and by the limit."""
        if x.marks is not None:
            x.marks += [made.lo, made.hi]
            if self.start is not None:  # a time that runs from e itself moves with e
                x.marks += [limit.lo, limit.hi]
        value = all_of((value, T if made.hi <= limit.lo else F if made.lo > limit.hi else U))
        for a, when in zip(made.deeds, made.each, strict=True):
            if in_one_log(a, e):
                value = all_of((value, T if a.index > e.index else F))
            else:
                value = all_of((value, T if when.lo >= e.hi else F if when.hi < e.lo else U))
        for a in made.deeds:
            value = value if value is F else all_of((value, self.with_test(x, a, e)))
        return value

    def _not_answered(self, x: Frame, e: Deed, meant: Meant | None, limit: Interval, result: Value) -> Value:
        """No sure answer: P while there may yet be one, U where one may be beyond what is known."""
        if x.marks is not None and self.start is not None:
            x.marks.append(limit.hi + self.grace)
        if self.pattern.within is None or (limit.hi < FAR and x.now <= limit.hi + self.grace):
            x.volatile = True
            result = any_of((result, P))
        elif limit.hi >= FAR or not self.complete(x, e, meant, limit.hi):
            result = any_of((result, U))
        x.missing.append(self.phrase(meant))
        return U if x.free and self.statements else result
