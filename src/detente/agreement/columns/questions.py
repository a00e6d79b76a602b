"""Questions about other acts on whole columns: earlier, later, count (21-language-reference, 7).

Each method answers for every asking row what the step judge's method of the same name answers for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Answers, F, Flags, Ints, P, T, U, both, either, full, told
from detente.agreement.columns.counts import Counting
from detente.agreement.columns.joins import Finder, Search, equal_leaves
from detente.agreement.columns.meant import ANYONE, Meant, among, meant, singly, union
from detente.agreement.columns.sets import Sets
from detente.agreement.columns.standing import Made, Standing, in_order
from detente.agreement.columns.tables import NEVER
from detente.agreement.columns.view import Rows, leaf
from detente.agreement.columns.vocabulary import MISSING, PLAIN
from detente.agreement.judge.calendar import FAR

if TYPE_CHECKING:
    from detente.agreement.columns.world import World


class Question:
    """A pattern, asked for many rows."""

    def __init__(self, world: World, pattern: f.Pattern, clause: str) -> None:
        self.world = world
        self.pattern = pattern
        self.clause = clause
        self.finders = [Finder(world, kind, pattern.same) for kind in pattern.kinds]
        fixed = world.persons.fixed(pattern.by) if pattern.by is not None else None
        self.fixed = world.names.mask(fixed) if fixed is not None else None
        kinds = [world.agreement.kinds[kind] for kind in pattern.kinds]
        self.events = any(kind.event or kind.name == "finding" for kind in kinds)
        self.statements = any(not kind.event and kind.name != "finding" for kind in kinds)
        self.only_events = not self.statements
        self.since_last = False
        self.standing = Standing(world, self)
        self.sets = Sets(world, self) if pattern.each else None
        self.counting = Counting(world, self)

    # one act

    def by_test(self, found: Rows, asking: Rows, one: Meant | None) -> Answers:
        """Whether the author is whoever is asked for."""
        if one is not None:
            return one.test(found.by)
        if self.pattern.by is None:
            return full(len(found), T)
        return among(self.world, self.pattern.by, found.by, asking)

    def fits(self, found: Rows, asking: Rows, one: Meant | None = None) -> Answers:
        """Author, `during` and `no_later_than`, from when each counts."""
        value = self.by_test(found, asking, one)
        limit = self.pattern.no_later_than
        if limit is None and not self.pattern.during:
            return value
        when = found
        if self.pattern.to is not None:
            lo, hi, made = self.when_made(found, asking)
            when, value = found.counted(lo, hi), np.where(made == F, F, value).astype(np.int8)
        if limit is not None:
            value = both(value, told(when.hi <= limit, when.lo > limit).astype(np.int8))
        if self.pattern.during:
            value = both(value, self.world.spans.during(self.pattern.during, when))
        return value

    def with_test(self, found: Rows, asking: Rows) -> Answers:
        """The condition on the found acts."""
        if self.pattern.with_ is None:
            return full(len(found), T)
        seen = Rows(found.table, found.idx, Rows(asking.table, asking.idx))
        return self.world.test(self.pattern.with_, seen, self.clause)

    def matches(self, rows: Rows) -> Answers:
        """Author, same and with of acts given (triggers): nothing about time."""
        value = self.fits(rows, rows)
        at = np.flatnonzero(value != F)
        value[at] = both(value[at], self.with_test(rows.take(at), rows.take(at)))
        return value

    def itself(self, asking: Rows) -> Answers:
        """Whether each asking act is one of those it counts: equal to itself in what it states."""
        value = full(len(asking), T)
        for own, path in self.pattern.same:
            mine = leaf(self.world, asking, (own,))
            if path != (own,):
                value = both(value, equal_leaves(self.world, mine, leaf(self.world, asking, path)))
            elif not mine.is_time:
                state = mine.people().state if mine.is_people else mine.codes()[1]
                value = np.where(state == MISSING, F, value).astype(np.int8)
        return value

    def same_fields(self, found: Rows, asking: Rows) -> Answers:
        """Whether acts equal the asking rows in the fields of `same`."""
        for finder in self.finders:
            if finder.kind == found.table.kind:
                return finder.equal(found, asking)
        return full(len(found), F)

    def when_made(self, found: Rows, asking: Rows) -> tuple[Ints, Ints, Answers]:
        """From when acts count for this question, and whether they surely do: from receipt by `to`, if it says to whom."""
        if self.pattern.to is None or self.only_events:
            return found.lo, found.hi, full(len(found), T)
        if self.pattern.to_each:
            return self._to_each(found, asking, self.pattern.to)
        return self._to_any(found, union(meant(self.world, self.pattern.to, asking)))

    def _to_each(self, found: Rows, asking: Rows, to: f.Whos) -> tuple[Ints, Ints, Answers]:
        """From the last of their receipts; where one is missing, not so far. Once for each meaning of words not sure."""
        size = len(found)
        lo, hi = np.full(size, NEVER), np.full(size, -NEVER)
        some, every = np.zeros(size, bool), np.ones(size, bool)
        for here, people in singly(self.world, to, asking):
            last_lo, last_hi, made = self._last(found, people)
            some |= here & made
            every &= ~here | made
            lo = np.where(here & made, np.minimum(lo, last_lo), lo)
            hi = np.where(here & made, np.maximum(hi, last_hi), hi)
        return lo, hi, np.where(~some, F, np.where(every, T, U)).astype(np.int8)

    def made(self, acts: Rows, lo: Ints, hi: Ints, at: Ints) -> Made:
        """Some acts as they count for this question."""
        part = acts if self.pattern.to is None else acts.counted(lo, hi)
        return Made([part.take(at)], lo[at], hi[at])

    def _last(self, found: Rows, people: list[Meant]) -> tuple[Ints, Ints, Flags]:
        """The last of the receipts by each of these, and whether there is one by each."""
        size, names = len(found), self.world.names
        lo, hi = np.full(size, -NEVER), np.full(size, -NEVER)
        made, asked = np.ones(size, bool), np.zeros(size, bool)
        for one in people:
            codes = np.broadcast_to(np.asarray(one.code), (size,))
            present = np.broadcast_to(np.asarray(one.present), (size,)) & (codes >= 0)
            for number in np.unique(codes[present]):
                here = present & (codes == number) & (found.by != 1 << int(number))
                asked |= here
                one_lo, one_hi = (side[found.idx] for side in found.table.receipt(names.codes[number]))
                made &= ~here | (one_lo < NEVER)
                lo, hi = np.where(here, np.maximum(lo, one_lo), lo), np.where(here, np.maximum(hi, one_hi), hi)
        return lo, hi, made & asked

    def _to_any(self, found: Rows, one: Meant) -> tuple[Ints, Ints, Answers]:
        """From the first of their receipts; one that is not seen may lie beyond what is known of the logs."""
        size, world, table = len(found), self.world, found.table
        lo, hi = np.full(size, NEVER), np.full(size, NEVER)
        receivers = table.receivers()
        for code in receivers:
            value = one.test(np.full(size, world.names.bit(code)))
            one_lo, one_hi = (side[found.idx] for side in table.receipt(code))
            lo = np.where(value != F, np.minimum(lo, one_lo), lo)
            hi = np.where(value == T, np.minimum(hi, one_hi), hi)
        never = lo >= NEVER
        for code in self.world.step.terms.wardrobe.people:
            bit = world.names.bit(code)
            perhaps = one.test(np.full(size, bit)) != F
            perhaps &= found.by != bit
            if code in receivers:
                perhaps &= table.receipt(code)[0][found.idx] >= NEVER
            if perhaps.any():
                lo = np.where(perhaps, np.minimum(lo, world.unseen_from(found.by, code)), lo)
        return lo, hi, np.where(never, F, np.where(hi >= NEVER, U, T)).astype(np.int8)

    # completeness

    def complete(self, asking: Rows, one: Meant | None, until: Ints) -> Flags:
        """Whether an answer not in the record by an instant was not made."""
        world = self.world
        if self.pattern.no_later_than is not None:
            until = np.minimum(until, self.pattern.no_later_than)
        found = np.ones(len(asking), bool)
        if self.statements:
            if one is None and self.pattern.by is not None and self.fixed is None:
                one = union(meant(world, self.pattern.by, asking))
            if one is not None:
                known = world.known(one.possible, one.anyone)
            else:
                known = world.known(self.fixed if self.fixed is not None else 0, self.fixed is None)
            found &= known >= until
        if self.events:
            found &= world.frame_everywhere() - world.agreement.settle >= until
        return found

    # earlier

    def earlier(self, asking: Rows) -> Answers:
        """Whether there is such an act at the time of each row."""
        if not self.pattern.each:
            return self.exists(asking, None)
        if self.pattern.alike:
            assert self.sets is not None
            return self.sets.alike(asking)
        assert self.pattern.by is not None
        value = full(len(asking), T)
        nobody = np.ones(len(asking), bool)
        for one in meant(self.world, self.pattern.by, asking):
            there = _there(one)
            nobody &= ~there
            value = both(value, np.where(there, self.exists(asking, one), T).astype(np.int8))
        value[nobody] = F
        return value

    def exists(self, asking: Rows, one: Meant | None) -> Answers:
        """One such act by whoever is meant."""
        result = full(len(asking), F)
        lowest = self.standing.oldest(asking)
        highest = None if self.pattern.to is not None else asking.hi
        for finder in self.finders:
            search = Search(finder, asking, lowest, highest)

            def judge(found: Ints, rows: Ints, search: Search = search) -> Answers:
                acts, asks = Rows(search.table, found), asking.take(rows)
                here_one = one.take(rows, len(rows)) if one is not None else None
                value = self.fits(acts, asks, here_one)
                lo, hi, sure = self.when_made(acts, asks)
                value = both(value, sure)
                at = np.flatnonzero(value != F)
                made = self.made(acts, lo, hi, at)
                part = here_one.take(at, len(at)) if here_one is not None else None
                value[at] = self.standing.value(made, asks.take(at), value[at], part)
                return value

            result = either(result, search.best(judge))
        beyond = ~self.complete(asking, one, self.standing.latest(asking.hi))
        return np.where(beyond, either(result, full(len(result), U)), result).astype(np.int8)

    def newer_set(self, made: Made, asking: Rows) -> Answers:
        """Whether a newer set had been completed."""
        assert self.sets is not None
        return self.sets.newer(made, asking)

    # later

    def deadline(self, asking: Rows) -> tuple[Ints, Ints, Flags]:
        """The last instant of the time for an answer, and where it cannot be dated."""
        lo, hi = asking.lo, asking.hi
        undated = np.zeros(len(asking), bool)
        if self.pattern.counting_from:
            times = leaf(self.world, asking, self.pattern.counting_from).times(days=True)
            undated = times.state != PLAIN
            lo, hi = np.where(undated, 0, times.lo), np.where(undated, 0, times.hi)
        if self.pattern.within is None:
            far = np.full(len(asking), FAR)
            return far, far, undated
        days = self.world.days
        safe = np.where(undated, self.world.now, lo), np.where(undated, self.world.now, hi)
        return days.within(safe[0], self.pattern.within), days.within(safe[1], self.pattern.within), undated

    def later(self, asking: Rows) -> Answers:
        """Whether an answer comes in time; P while it still may."""
        if not self.pattern.each:
            return self.answered(asking, None)
        assert self.pattern.by is not None
        value = full(len(asking), T)
        nobody = np.ones(len(asking), bool)
        for one in meant(self.world, self.pattern.by, asking):
            there = _there(one)
            nobody &= ~there
            value = both(value, np.where(there, self.answered(asking, one), T).astype(np.int8))
        value[nobody] = F
        return value

    def answered(self, asking: Rows, one: Meant | None) -> Answers:
        """An answer by whoever is meant."""
        limit_lo, limit_hi, undated = self.deadline(asking)
        result = full(len(asking), F)
        bounds = (asking.lo, limit_hi) if self.pattern.to is None else (None, None)
        for finder in self.finders:
            search = Search(finder, asking, *bounds)

            def judge(found: Ints, rows: Ints, search: Search = search) -> Answers:
                acts, asks = Rows(search.table, found), asking.take(rows)
                value = self.fits(acts, asks, one.take(rows, len(rows)) if one is not None else None)
                lo, hi, sure = self.when_made(acts, asks)
                value = both(value, sure)
                e_lo, e_hi = asks.lo, asks.hi
                after = told(lo >= e_hi, hi < e_lo)
                mine, its = acts.table.index[acts.idx], asks.table.index[asks.idx]
                logged = (mine >= 0) & (its >= 0) & (acts.table.log[acts.idx] == asks.table.log[asks.idx])
                after = np.where(logged, np.where(mine > its, T, F), after).astype(np.int8)
                in_time = told(hi <= limit_lo[rows], lo > limit_hi[rows])
                value = both(value, both(after, in_time.astype(np.int8)))
                at = np.flatnonzero(value != F)
                value[at] = both(value[at], self.with_test(acts.take(at), asks.take(at)))
                return value

            result = either(result, search.best(judge, newest=False))
        dated = limit_hi < FAR
        still = (dated & (self.world.now <= limit_hi + self.world.agreement.grace)) | (self.pattern.within is None)
        beyond = ~still & (~dated | ~self.complete(asking, one, limit_hi))
        result = np.where(still, either(result, full(len(result), P)), result)
        result = np.where(beyond, np.maximum(result, U), result)
        return np.where(undated, U, result).astype(np.int8)

    def count(self, asking: Rows) -> Answers:
        """Whether the number of such acts lies within bounds."""
        return self.counting.value(asking)


def _there(one: Meant) -> Flags:
    """Where anybody is meant at all."""
    found: Flags = np.asarray(one.present) & (np.asarray(one.anyone) | (np.asarray(one.possible) != 0))
    return found


__all__ = ["ANYONE", "MISSING", "Question", "in_order"]
