"""`earlier`, at time t: some act a with kind, by, to, same, with; a not later than t; lead in bounds; from ≤ t < until; not
ended at t (21-language-reference, 7).
"""

from __future__ import annotations

from detente.agreement.judge.compiled import Compiled
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.people import Meant
from detente.agreement.values import F, T, U, Value, all_of, any_of


class Earlier(Compiled):
    """Whether there is such an act."""

    def earlier(self, x: Frame, e: Deed, its: Deed | None) -> Value:
        """Whether there is such an act at the time of e."""
        if not self.pattern.each:
            value = self.exists(x, e, its, None)
        elif self.pattern.alike:
            value = self.each_meant(x, e, lambda persons: self._alike(x, e, its, persons))
        else:
            value = self.each_meant(x, e, lambda persons: self._all(x, persons, lambda m: self.exists(x, e, its, m)))
        if x.free and self.statements and not (value is T and self.once):
            return U
        if x.free and value is T and any(ender.question.statements for ender in self.standing.enders):
            return U  # what stands may yet be ended
        return value

    def exists(self, x: Frame, e: Deed, its: Deed | None, meant: Meant | None, *, notes: bool = True) -> Value:
        """One such act by whoever is meant."""
        result = F
        mark = len(x.evidence)
        lowest = self.standing.oldest(x, e)
        for finder in self.finders:
            for a, value in finder.find(x, e, its, lowest, None if self.to is not None else e.hi):
                if value is F or a.id == e.id:
                    continue
                inner = len(x.evidence)
                value = all_of((value, self._stands(x, a, e, its, meant)))
                if value is F:
                    del x.evidence[inner:]
                    continue
                if value is T:
                    del x.evidence[mark:]
                    if notes:
                        x.evidence.append(a.id)
                    return T
                if notes:
                    x.evidence.append(a.id)
                result = any_of((result, value))
        if not self.complete(x, e, meant, self.standing.latest(e.hi)):
            result = any_of((result, U))
        if notes:
            x.missing.append(self.phrase(meant))
        return result

    def _stands(self, x: Frame, a: Deed, e: Deed, its: Deed | None, meant: Meant | None) -> Value:
        found = self.fitting(x, a, e, meant)
        if found is None:
            return F
        made, value = found
        return self.standing.value(x, made, e, its, value, meant)

    def _alike(self, x: Frame, e: Deed, its: Deed | None, persons: list[Meant]) -> Value:
        result = F
        for made, value in self.sets(x, e, its, persons):
            inner = len(x.evidence)
            value = self.standing.value(x, made, e, its, value, None)
            if value is F:
                del x.evidence[inner:]
                continue
            x.evidence.extend(a.id for a in made.deeds)
            result = any_of((result, value))
            if result is T:
                return T
        if not self.complete(x, e, None, self.standing.latest(e.hi)):
            result = any_of((result, U))
        x.missing.append(self.phrase(None))
        return result
