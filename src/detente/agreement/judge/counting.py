"""`count`: how many such acts, or sets of like acts, there are; e itself counts (21-language-reference, 6 and 7)."""

from __future__ import annotations

from collections.abc import Iterator

from detente.agreement import form as f
from detente.agreement.judge.compiled import Compiled
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import options
from detente.agreement.judge.people import Meant
from detente.agreement.judge.sets import Made
from detente.agreement.values import F, T, U, Value, all_of


class Counting(Compiled):
    """Whether their number lies within bounds."""

    def count(self, x: Frame, e: Deed, its: Deed | None) -> Value:
        """Whether the number of such acts (of sets of like acts) lies within bounds."""
        if not self.pattern.each:
            return self._numbered(x, e, None, self._counted(x, e, its, None))
        if self.pattern.alike:
            return self.each_meant(x, e, lambda p: self._numbered(x, e, None, self._counted_sets(x, e, its, p)))
        return self.each_meant(
            x, e, lambda p: self._all(x, p, lambda m: self._numbered(x, e, m, self._counted(x, e, its, m)))
        )

    def _numbered(self, x: Frame, e: Deed, meant: Meant | None, counted: Iterator[tuple[Deed, Value]]) -> Value:
        sure: list[Deed] = []
        perhaps: list[Deed] = []
        for a, value in counted:
            if value is T:
                sure.append(a)
            elif value is not F:
                perhaps.append(a)
        surely, possibly = self._distinct(x, sure, perhaps)
        full = self.complete(x, e, meant, e.hi)
        x.evidence.extend(a.id for a in sure + perhaps if a.id != e.id)
        least, most = self.pattern.least or 0, self.pattern.most
        if x.free and self.statements:
            return U
        if surely >= least and (most is None or (full and possibly <= most)):
            return T
        if (full and possibly < least) or (most is not None and surely > most):
            return F
        x.missing.append(self.phrase(None))
        return U

    def _counted_sets(self, x: Frame, e: Deed, its: Deed | None, persons: list[Meant]) -> Iterator[tuple[Deed, Value]]:
        """Sets of like acts, each by its first act."""
        for made, value in self.sets(x, e, its, persons, counting=True):
            if all(a.id == e.id for a in made.deeds):  # it counts, whatever its own time
                yield e, all_of((value, self.with_test(x, e, e)))
                continue
            value = self.windowed(x, made, e, value) if not any(a.id == e.id for a in made.deeds) else value
            if value is not F:
                yield made.deeds[0], self.standing.value(x, made, e, its, value, None, counting=True)

    def _counted(self, x: Frame, e: Deed, its: Deed | None, meant: Meant | None) -> Iterator[tuple[Deed, Value]]:
        seen = False
        lowest = self._window(e.hi, e.lo)
        for finder in self.finders:
            for a, value in finder.find(x, e, its, lowest, e.hi if self.to is None else None):
                if a.id != e.id and value is not F:
                    yield a, all_of((value, self._in_window(x, a, e, its, meant)))
            if not seen and finder.kind == e.kind:
                seen = True
                value = self.itself(x, e, its)
                yield e, value if value is F else all_of((value, self._in_window(x, e, e, its, meant)))

    def _in_window(self, x: Frame, a: Deed, e: Deed, its: Deed | None, meant: Meant | None) -> Value:
        found = self.fitting(x, a, e, meant)
        if found is None:
            return F
        made, value = found
        if a.id == e.id:  # it counts, whatever its own time
            return all_of((value, self.with_test(x, a, e)))
        value = self.windowed(x, made, e, value)
        return value if value is F else self.standing.value(x, made, e, its, value, meant, counting=True)

    def windowed(self, x: Frame, made: Made, e: Deed, value: Value) -> Value:
        """Whether it was made in the window that ends with e, `value` being what is known of the rest."""
        window = self.pattern.window
        if window is None:
            return value
        if x.marks is not None:
            x.marks += [self.calendar.leaves(instant, window) for instant in (made.lo, made.hi)]
        lo, hi = self._window(e.lo, e.lo), self._window(e.hi, e.hi)
        assert lo is not None
        assert hi is not None
        return all_of((value, T if made.lo >= hi else F if made.hi < lo else U))

    def _window(self, instant: int, other: int) -> int | None:
        """The start of the window that ends at an instant."""
        window = self.pattern.window
        instant = min(instant, other)
        if window is None:
            return None
        if isinstance(window, f.Elapsed):
            return instant - window.ms
        if isinstance(window, f.Calendar):
            return self.calendar.earliest_within(instant, window)
        return self.calendar.unit_start(instant, window)

    def _distinct(self, x: Frame, sure: list[Deed], perhaps: list[Deed]) -> tuple[int, int]:
        if not self.distinct:
            return len(sure), len(sure) + len(perhaps)

        def keys(deeds: list[Deed]) -> tuple[set[tuple[object, ...]], int]:
            known, rest = set(), 0
            for a in deeds:
                parts = [options(get(x, a, None)) for get in self.distinct]
                if all(part is not None and len(part) == 1 for part in parts):
                    known.add(tuple(part[0] for part in parts if part))
                else:
                    rest += 1
            return known, rest

        known, _ = keys(sure)
        more, rest = keys(sure + perhaps)
        return max(len(known), 1 if sure else 0), len(more) + rest
