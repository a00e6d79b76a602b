"""Whether what was made stands at the time of each row that asks: lead, validity, endings, newer versions (reference 7).

The rules of the step judge's `standing`, for pairs: row i of `made` is asked about from row i of `asking`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Answers, F, Ints, NoPlan, T, U, both, either, full, negated, not_later, told
from detente.agreement.columns.joins import Finder, Search
from detente.agreement.columns.meant import Meant, meant, some, union
from detente.agreement.columns.tables import NEVER
from detente.agreement.columns.view import Rows, leaf
from detente.agreement.columns.vocabulary import PLAIN

if TYPE_CHECKING:
    from detente.agreement.columns.questions import Question
    from detente.agreement.columns.world import World


class Made:
    """Acts, or sets of like acts made when the last is; `lo`, `hi`: when."""

    def __init__(self, parts: list[Rows], lo: Ints, hi: Ints, number: Ints | None = None) -> None:
        self.parts = parts
        self.lo = lo
        self.hi = hi
        self.number = number
        """Of sets: which."""

    def take(self, where: Any) -> Made:
        """Some of them."""
        number = self.number[where] if self.number is not None else None
        return Made([part.take(where) for part in self.parts], self.lo[where], self.hi[where], number)


def in_order(first: Rows, second: Rows, *, strictly: bool) -> Answers:
    """Whether `first` is later than (strictly) or not later than `second`; in one log its order decides."""
    if strictly:
        found = told(first.lo > second.hi, first.hi <= second.lo)
    else:
        found = not_later(first.lo, first.hi, second.lo, second.hi)
    if not (first.table.logged and second.table.logged):
        return found.astype(np.int8, copy=False)
    one, two = first.table.index[first.idx], second.table.index[second.idx]
    logged = (one >= 0) & (two >= 0) & (first.table.log[first.idx] == second.table.log[second.idx])
    if logged.any():
        found = np.where(logged, np.where(one > two if strictly else one <= two, T, F), found).astype(np.int8)
    return found


def same_act(one: Rows, other: Rows) -> Any:
    """Pairs of an act with itself."""
    return one.idx == other.idx if one.table is other.table else np.zeros(len(one), bool)


def in_effect(world: World, ender: Rows, asking: Rows) -> Answers:
    """Whether max(receipt, its `from`) is not later than the asking row."""
    value = np.where(same_act(ender, asking), T, in_order(ender, asking, strictly=False)).astype(np.int8)
    if ender.table.has_stated:
        from_ = ender.table.from_[ender.idx]
        value = both(value, np.where(from_ <= -NEVER, T, not_later(from_, from_, asking.lo, asking.hi)).astype(np.int8))
    return value


class Standing:
    """The part of a question that is about time."""

    def __init__(self, world: World, question: Question) -> None:
        pattern = question.pattern
        self.world = world
        self.question = question
        self.least, self.most = pattern.at_least, pattern.at_most
        shared = [own for own, _ in pattern.same] + list(pattern.alike) + list(pattern.newest_per)
        self.enders = [Ender(world, ender, shared, question.clause) for ender in pattern.ended_by]
        newest = tuple((name, (name,)) for name in pattern.newest_per)
        self.versions = [Finder(world, kind, newest) for kind in pattern.kinds] if newest else []

    def oldest(self, asking: Rows) -> Ints | None:
        """Before this no act can answer."""
        return None if self.most is None else self.world.days.earliest_within(asking.lo, self.most)

    def latest(self, instants: Ints) -> Ints:
        """After this no act can answer."""
        return instants if self.least is None else self.world.days.latest_before(instants, self.least)

    def value(self, made: Made, asking: Rows, value: Answers, one: Meant | None, *, counting: bool = False) -> Answers:
        """Whether it stands, `value` being what is known of the rest."""
        value = both(value, self._in_time(made, asking))
        if not (counting and self.question.pattern.window is not None):
            value = self._and(value, made, asking, self._valid)
        for number in range(len(made.parts)):
            value = self._and(value, made, asking, lambda m, e, n=number: self.question.with_test(m.parts[n], e))
        if self.enders:
            value = self._and(value, made, asking, lambda m, e: negated(self.ended(m, e)))
        if self.versions:
            value = self._and(value, made, asking, lambda m, e, at: negated(self.superseded(m, e, one, at)), where=True)
        return value

    @staticmethod
    def _and(value: Answers, made: Made, asking: Rows, test: Any, *, where: bool = False) -> Answers:
        at = np.flatnonzero(value != F)
        if len(at):
            some_made, some_asking = made.take(at), asking.take(at)
            found = test(some_made, some_asking, at) if where else test(some_made, some_asking)
            value[at] = both(value[at], found)
        return value

    def _in_time(self, made: Made, asking: Rows) -> Answers:
        days = self.world.days
        lo, hi = asking.lo, asking.hi
        value = full(len(asking), T)
        for part in made.parts:
            one = np.where(same_act(part, asking), T, in_order(part, asking, strictly=False))
            value = both(value, one.astype(np.int8))
        since = asking.table.since
        if self.question.since_last and since is not None:
            after = since[asking.idx]
            known = np.where(after >= NEVER, T, told(made.lo > after, made.hi <= after))
            value = both(value, known.astype(np.int8))
        if self.least is not None:
            value = both(
                value, not_later(days.at_least(made.lo, self.least), days.at_least(made.hi, self.least), lo, hi)
            )
        if self.most is not None:
            value = both(value, not_later(lo, hi, days.within(made.lo, self.most), days.within(made.hi, self.most)))
        return value

    @staticmethod
    def _valid(made: Made, asking: Rows) -> Answers:
        value = full(len(asking), T)
        lo, hi = asking.lo, asking.hi
        for part in made.parts:
            if not part.table.has_stated:
                continue
            from_, until = part.table.from_[part.idx], part.table.until[part.idx]
            value = both(value, np.where(from_ <= -NEVER, T, not_later(from_, from_, lo, hi)).astype(np.int8))
            value = both(value, np.where(until >= NEVER, T, told(hi < until, lo >= until)).astype(np.int8))
        return value

    def ended(self, made: Made, asking: Rows) -> Answers:
        """Whether any of its acts has been ended."""
        result = full(len(asking), F)
        for part in made.parts:
            for ender in self.enders:
                result = either(result, ender.value(part, asking))
        return result

    def superseded(self, made: Made, asking: Rows, one: Meant | None, at: Ints) -> Answers:
        """Whether a newer one had been made."""
        question = self.question
        if one is not None:
            one = one.take(at, len(at))
        if question.pattern.alike:
            result = question.newer_set(made, asking)
        else:
            result = self._newer_act(made.parts[0], asking, one)
        beyond = ~question.complete(asking, one, asking.hi)
        return np.where(beyond, either(result, full(len(result), U)), result).astype(np.int8)

    def _newer_act(self, made: Rows, asking: Rows, one: Meant | None) -> Answers:
        question = self.question
        result = full(len(asking), F)
        bare = made.bare()
        bounds = (bare.table.lo[bare.idx], asking.hi) if question.pattern.to is None else (None, None)
        for finder in self.versions:
            search = Search(finder, bare, *bounds)

            def judge(found: Ints, rows: Ints, search: Search = search) -> Answers:
                newer, asks = Rows(search.table, found), asking.take(rows)
                value = full(len(rows), T)
                if question.pattern.to is not None:
                    lo, hi, value = question.when_made(newer, asks)
                    newer = newer.counted(lo, hi)
                value = both(value, in_order(newer, bare.take(rows), strictly=True))
                value = both(value, in_effect(self.world, newer, asks))
                value[same_act(newer, asks)] = F
                here = np.flatnonzero(value != F)
                newer, asks = newer.take(here), asks.take(here)
                meant_here = one.take(rows[here], len(here)) if one is not None else None
                known = both(question.by_test(newer, asks, meant_here), question.same_fields(newer, asks))
                value[here] = both(value[here], known)
                return value

            result = either(result, search.best(judge))
        return result


class Ender:
    """An act that ends another: words for people are seen from the asking act, `same` from the act that is ended."""

    def __init__(self, world: World, pattern: f.Pattern, shared: list[str], clause: str) -> None:
        from detente.agreement.columns.questions import Question

        self.world = world
        self.question = Question(world, pattern, clause)
        self.finders = []
        for kind in pattern.kinds:
            fields = world.agreement.kinds[kind].fields
            common = tuple((name, (name,)) for name in dict.fromkeys(shared) if name in fields)
            self.finders.append(Finder(world, kind, tuple(dict.fromkeys(pattern.same + common))))

    def value(self, made: Rows, asking: Rows) -> Answers:
        """Whether each act is ended at the time of the row beside it."""
        pattern = self.question.pattern
        if pattern.by is None:
            return self._by(made, asking, some(self.world, made.by))
        if pattern.each and pattern.alike:
            raise NoPlan("ended by like acts of each")
        people = meant(self.world, pattern.by, asking)
        if not pattern.each:
            return self._by(made, asking, union(people))
        value = full(len(asking), T)
        for one in people:
            found = self._by(made, asking, one)
            value = both(value, np.where(one.present, found, T).astype(np.int8))
        return value

    def _by(self, made: Rows, asking: Rows, one: Meant) -> Answers:
        question = self.question
        result = full(len(asking), F)
        bare = made.bare()
        early = np.minimum(bare.lo, bare.table.lo[bare.idx])
        bounds = (early, asking.hi) if question.pattern.to is None else (None, None)
        for finder in self.finders:
            search = Search(finder, bare, *bounds)

            def judge(found: Ints, rows: Ints, search: Search = search) -> Answers:
                ender, ended, asks = Rows(search.table, found), bare.take(rows), asking.take(rows)
                value = full(len(rows), T)
                if question.pattern.to is not None:
                    lo, hi, value = question.when_made(ender, asks)
                    ender = ender.counted(lo, hi)
                value = both(value, both(in_order(ender, ended, strictly=True), self._in_effect(ender, asks)))
                value[same_act(ender, asks)] = F
                here = np.flatnonzero(value != F)
                ender, ended, asks = ender.take(here), ended.take(here), asks.take(here)
                known = question.fits(ender, asks, one.take(rows[here], len(here)))
                known = both(known, question.with_test(ender, ended))
                value[here] = both(value[here], known)
                return value

            result = either(result, search.best(judge))
        beyond = ~question.complete(asking, one, asking.hi)
        return np.where(beyond, either(result, full(len(result), U)), result).astype(np.int8)

    def _in_effect(self, ender: Rows, asking: Rows) -> Answers:
        value = in_effect(self.world, ender, asking)
        least = self.question.pattern.at_least
        if least is not None:
            days = self.world.days
            lo, hi = days.at_least(ender.lo, least), days.at_least(ender.hi, least)
            value = both(value, not_later(lo, hi, asking.lo, asking.hi))
        return value


__all__ = ["PLAIN", "Ender", "Made", "Standing", "in_effect", "in_order", "leaf", "same_act"]


def standing_near(question: Question, acts: Rows, asking: Rows, near: Answers) -> Answers:
    """Whether an act that names a place near the asking row was made before it and still stands, pair by pair."""
    value = both(question.fits(acts, asking), near)
    lo, hi, sure = question.when_made(acts, asking)
    value = both(value, sure)
    value[(lo > asking.hi) | same_act(acts, asking)] = F
    at = np.flatnonzero(value != F)
    made = question.made(acts, lo, hi, at)
    value[at] = question.standing.value(made, asking.take(at), value[at], None)
    return value
