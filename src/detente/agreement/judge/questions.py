"""Questions about other acts: earlier, later, count (21-language-reference, 7).

`earlier` (at time t): some act a with kind, by, to, same, with; a not later than t; lead in bounds; from ≤ t <
until; not ended at t. `later`: some act in [t, deadline]; until now > deadline + grace, no answer is P.
`count`: e itself counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import ASKER, Deed, last_of
from detente.agreement.judge.finders import Finder
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.lookup import Getter
from detente.agreement.judge.matching import NOT_STATED, equal, in_one_log, options
from detente.agreement.judge.people import ANYONE, Meant, union
from detente.agreement.judge.standing import Made, Standing, make_sets
from detente.agreement.judge.store import Cell
from detente.agreement.record import Interval
from detente.agreement.values import F, P, T, U, Value, all_of, any_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


class Question:
    """A compiled pattern."""

    def __init__(self, terms: Terms, pattern: f.Pattern, clause: str) -> None:
        self.terms = terms
        self.pattern = pattern
        self.clause = clause
        self.calendar = terms.calendar
        self.finders = [Finder(terms, kind, pattern.same) for kind in pattern.kinds]
        persons = terms.persons
        self.by = persons.among(pattern.by) if pattern.by is not None else None
        self.who = persons.resolver(pattern.by) if pattern.by is not None else None
        self.choices = persons.choices(pattern.by) if pattern.by is not None and pattern.each else None
        self.fixed = persons.fixed(pattern.by) if pattern.by is not None else None
        self.fixed_logs = persons.logs(self.fixed) if self.fixed is not None else None
        self.to = persons.resolver(pattern.to) if pattern.to is not None else None
        self.to_each = persons.choices(pattern.to) if pattern.to is not None and pattern.to_each else None
        self.with_ = terms.test(pattern.with_, clause) if pattern.with_ is not None else None
        self.standing = Standing(terms, self)
        kinds = [terms.agreement.kinds[kind] for kind in pattern.kinds]
        self.events = any(kind.event or kind.name == "finding" for kind in kinds)
        self.statements = any(not kind.event and kind.name != "finding" for kind in kinds)
        self.start: Getter | None = terms.getter(pattern.counting_from) if pattern.counting_from else None
        self.once = not (pattern.ended_by or pattern.at_most or pattern.newest_per)
        self.distinct = [terms.getter((name,)) for name in pattern.distinct]
        self.since_last = False
        self.grace = terms.agreement.grace
        self._like: list[Finder] | None = None
        self._sets: list[tuple[Made, Value]] | None = None
        if pattern.each:
            for kind in pattern.kinds:
                terms.store.watchers.setdefault(kind, []).append(self._forget_sets)

    def like_finders(self, alike: tuple[tuple[str, f.Path], ...]) -> list[Finder]:
        """Finders of acts alike in some fields."""
        if self._like is None:
            self._like = [Finder(self.terms, kind, alike) for kind in self.pattern.kinds]
        return self._like

    def sets(
        self, x: Frame, e: Deed, its: Deed | None, persons: list[Meant], *, counting: bool = False
    ) -> list[tuple[Made, Value]]:
        """Sets of one act by each of these; kept until an act of these kinds comes, where nothing depends on who asks."""
        pattern = self.pattern
        if counting:
            return list(make_sets(self, x, e, its, persons, counting=True))
        if self.fixed is None or pattern.same or pattern.during or self.to is not None or e.kind in pattern.kinds:
            return list(make_sets(self, x, e, its, persons))
        if x.reads is not None:
            for kind in pattern.kinds:
                x.reads[self.terms.store.index(kind, ()).bucket(())] = None
        if self._sets is None:
            reads, x.reads = x.reads, None
            self._sets = list(make_sets(self, x, e, its, persons))
            x.reads = reads
        return self._sets

    def sets_of_all(self, x: Frame) -> list[tuple[Made, Value]]:
        """Sets that found or end something: asked from nowhere."""
        assert self.choices is not None
        return [one for persons in self.choices(x, ASKER) for one in self.sets(x, ASKER, None, persons)]

    def each_meant(self, x: Frame, e: Deed, answer: Callable[[list[Meant]], Value]) -> Value:
        """`by_each`: asked once for each meaning of unsure words; the same for all, or cannot tell."""
        assert self.choices is not None
        values = {answer(persons) if persons else F for persons in self.choices(x, e)}
        return values.pop() if len(values) == 1 else U

    def _forget_sets(self, deed: Deed, added: bool) -> Iterator[Cell]:
        self._sets = None
        yield from ()

    # one act

    def by_test(self, x: Frame, a: Deed, e: Deed, meant: Meant | None) -> Value:
        """Whether the author is whoever is asked for."""
        if meant is not None:
            return meant.test(a.by)
        return self.by(x, a.by, a, e) if self.by is not None else T

    def fits(self, x: Frame, a: Deed, e: Deed, meant: Meant | None = None) -> Value:
        """Author, `during` and `no_later_than`; kind and same are the finder's, `with` comes last."""
        value = self.by_test(x, a, e, meant)
        pattern = self.pattern
        if value is F or (pattern.no_later_than is None and not pattern.during):
            return value
        found = self.when_made(x, a, e)
        if found is None:
            return F
        when, limit = found[0], pattern.no_later_than
        if limit is not None:
            value = all_of((value, T if when.hi <= limit else F if when.lo > limit else U))
        if value is not F and pattern.during:
            value = all_of((value, self.terms.phases[pattern.during].value(x, when.lo, when.hi)))
        return value

    def with_test(self, x: Frame, a: Deed, e: Deed) -> Value:
        """The condition on the found act; what it rests on counts as evidence only if it may hold."""
        if self.with_ is None:
            return T
        mark = len(x.evidence)
        value = self.with_(x, a, e)
        if value is F:
            del x.evidence[mark:]
        return value

    def matches(self, x: Frame, a: Deed, e: Deed) -> Value:
        """Author, same and with of an act given (a trigger): nothing about time."""
        value = self.fits(x, a, e)
        return value if value is F else all_of((value, self.with_test(x, a, e)))

    def when_made(self, x: Frame, a: Deed, e: Deed) -> tuple[Interval, Value] | None:
        """From when an act counts for this question, and whether it surely does; None: not so far.

        From receipt by any (or the last) of those `to` names; an event counts from when it happened.
        """
        if self.to is None or a.event:
            return (Interval(a.lo, a.hi), T) if a.made else None
        if self.to_each is not None:
            return self._to_each(x, a, e)
        meant = union(self.to(x, e))
        surely, maybe = [], []
        for who, when in a.receipts.items():
            value = meant.test(frozenset((who,)))
            if value is not F:
                maybe.append(when)
            if value is T:
                surely.append(when)
        if not maybe:
            return None
        lo = min(when.lo for when in maybe)
        for who in self.terms.wardrobe.people:
            if who not in a.receipts and a.by != {who} and meant.test(frozenset((who,))) is not F:
                x.volatile = True
                lo = min(lo, self.terms.wardrobe.unseen_from(a, who))
        if not surely:
            return Interval(lo, FAR), U
        return Interval(lo, min(when.hi for when in surely)), T

    def _to_each(self, x: Frame, a: Deed, e: Deed) -> tuple[Interval, Value] | None:
        assert self.to_each is not None
        choices = self.to_each(x, e)
        found = []
        for persons in choices:
            asked = [meant.code for meant in persons if meant.code is not None and a.by != {meant.code}]
            last = last_of(a.receipts.get(code) for code in asked) if asked else None
            if last is not None:
                found.append(last)
        if not found:
            return None
        whole = Interval(min(one.lo for one in found), max(one.hi for one in found))
        return whole, T if len(found) == len(choices) else U

    # completeness

    def logs(self, x: Frame, e: Deed, meant: Meant | None) -> tuple[str, ...] | None:
        """The logs in which an answer would stand."""
        persons = self.terms.persons
        if meant is not None:
            return persons.logs(meant.possible)
        if self.who is None:
            return None
        if self.fixed is not None:
            return self.fixed_logs
        return persons.logs(union(self.who(x, e)).possible)

    def complete(self, x: Frame, e: Deed, meant: Meant | None, until: int) -> bool:
        """Whether an answer not in the record by an instant was not made."""
        if self.pattern.no_later_than is not None:
            until = min(until, self.pattern.no_later_than)
        if self.statements and not x.complete(self.logs(x, e, meant), until, False):
            return False
        return not self.events or x.complete(None, until, True)

    # earlier

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

    @staticmethod
    def _all(x: Frame, persons: list[Meant], answer: Callable[[Meant], Value]) -> Value:
        value = T
        for meant in persons:
            value = all_of((value, answer(meant)))
            if value is F and x.marks is None:
                break
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
        value = self.fits(x, a, e, meant)
        if value is F:
            return F
        found = self.when_made(x, a, e)
        if found is None:
            return F
        when, sure = found
        made = Made((a,), when.lo, when.hi, (when,))
        return self.standing.value(x, made, e, its, all_of((value, sure)), meant)

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

    # later

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
                value = self._in_answer(x, Made((a,), when.lo, when.hi, (when,)), e, limit, all_of((value, sure)))
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
            value = self._in_answer(x, made, e, limit, value)
            if value is F:
                del x.evidence[inner:]
                continue
            x.evidence.extend(a.id for a in made.deeds)
            result = any_of((result, value))
            if result is T:
                return T
        return self._not_answered(x, e, None, limit, result)

    def _in_answer(self, x: Frame, made: Made, e: Deed, limit: Interval, value: Value) -> Value:
        """Whether what was made came from e on, and by the limit."""
        if x.marks is not None:
            x.marks += [made.lo, made.hi, limit.lo, limit.hi]
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
        if x.marks is not None:
            x.marks.append(limit.hi + self.grace)
        if self.pattern.within is None or (limit.hi < FAR and x.now <= limit.hi + self.grace):
            x.volatile = True
            result = any_of((result, P))
        elif limit.hi >= FAR or not self.complete(x, e, meant, limit.hi):
            result = any_of((result, U))
        x.missing.append(self.phrase(meant))
        return U if x.free and self.statements else result

    # count

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
            value = self._windowed(x, made, e, value) if not any(a.id == e.id for a in made.deeds) else value
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

    def itself(self, x: Frame, e: Deed, its: Deed | None) -> Value:
        """Whether the asking act is one of those it counts: equal to itself in what it states."""
        values = []
        for own, path in self.pattern.same:
            mine = self.terms.getter((own,))(x, e, None)
            if path == (own,):
                values.append(F if mine is NOT_STATED else T)
            else:
                values.append(equal(mine, self.terms.getter(path)(x, e, its)))
        return all_of(values)

    def _in_window(self, x: Frame, a: Deed, e: Deed, its: Deed | None, meant: Meant | None) -> Value:
        value = self.fits(x, a, e, meant)
        if value is F:
            return F
        found = self.when_made(x, a, e)
        if found is None:
            return F
        when, sure = found
        made = Made((a,), when.lo, when.hi, (when,))
        value = all_of((value, sure))
        if a.id == e.id:  # it counts, whatever its own time
            return all_of((value, self.with_test(x, a, e)))
        value = self._windowed(x, made, e, value)
        return value if value is F else self.standing.value(x, made, e, its, value, meant, counting=True)

    def _windowed(self, x: Frame, made: Made, e: Deed, value: Value) -> Value:
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

    def phrase(self, meant: Meant | None) -> str:
        """What is missing, in words."""
        kinds = " or ".join(kind.replace("_", " ") for kind in self.pattern.kinds)
        if meant is not None and meant is not ANYONE and meant.code:
            return f"{kinds} by {meant.code}"
        if self.fixed is not None:
            return f"{kinds} by {' or '.join(sorted(self.fixed))}" if len(self.fixed) < 4 else kinds
        if self.pattern.by is not None:
            words = [who.word for who in self.pattern.by if isinstance(who, f.Word)]
            return f"{kinds} by {' or '.join('the ' + w for w in words)}" if words else kinds
        return kinds
