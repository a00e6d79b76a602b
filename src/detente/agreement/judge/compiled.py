"""A compiled pattern: which acts fit it, when each was made, and whether one that is not in the record was not made.

What `earlier`, `later` and `count` ask in common (21-language-reference, 7).
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
from detente.agreement.judge.matching import NOT_STATED, equal
from detente.agreement.judge.people import ANYONE, Meant, union
from detente.agreement.judge.sets import Made, make_sets
from detente.agreement.judge.standing import Standing
from detente.agreement.judge.store import Cell
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


class Compiled:
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

    def fitting(self, x: Frame, a: Deed, e: Deed, meant: Meant | None) -> tuple[Made, Value] | None:
        """An act that may fit, as made, and whether it does; None: it does not."""
        value = self.fits(x, a, e, meant)
        found = self.when_made(x, a, e) if value is not F else None
        if found is None:
            return None
        when, sure = found
        return Made((a,), when.lo, when.hi, (when,)), all_of((value, sure))

    def when_made(self, x: Frame, a: Deed, e: Deed) -> tuple[Interval, Value] | None:
        """From when an act counts for this question, and whether it surely does; None: not so far.

        From receipt by any (or the last) of those `to` names; an event counts from when it happened.
        """
        if self.to is None or a.event:
            return (Interval(a.lo, a.hi), a.told) if a.made else None
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

    @staticmethod
    def _all(x: Frame, persons: list[Meant], answer: Callable[[Meant], Value]) -> Value:
        value = T
        for meant in persons:
            value = all_of((value, answer(meant)))
            if value is F and x.marks is None:
                break
        return value

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
