"""Finding the acts a question may mean, for all rows at once: equal fields, then time, by sorting and bisection.

What cannot be a key (sealed, ambiguous, about people) is compared pair by pair, as the step judge does. Every pair that may
matter is looked at, the newest first, until a row's answer is yes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import ASK, Answers, F, Ints, NoPlan, T, U, both, full
from detente.agreement.columns.tables import Table
from detente.agreement.columns.view import Leaf, Rows, leaf, whole
from detente.agreement.columns.vocabulary import HIDDEN, MISSING, ODD, PLAIN
from detente.agreement.judge.store import HEAD

if TYPE_CHECKING:
    from detente.agreement.columns.world import World

Judge = Callable[[Ints, Ints], Answers]
"""(rows of the found acts, which asking rows they are for) → what each pair says."""
_WIDE = 3 * 86_400_000
_ROUNDS = 3
_CHUNK = 1 << 20
_MOST_PAIRS = 40_000_000
_MOST_EXTRA = 20_000_000


class InTime:
    """Some acts by time; those without a narrow instant are always looked at."""

    def __init__(self, table: Table, rows: Ints, narrow: bool) -> None:
        self.narrow = narrow
        wide = table.hi[rows] - table.lo[rows] > _WIDE
        self.wild = rows[wide]
        rows = rows[~wide]
        self.order = rows[np.argsort(table.lo[rows], kind="stable")]
        self.lo = table.lo[self.order]
        self.width = int((table.hi[self.order] - self.lo).max(initial=0))

    def pairs(self, asking: Ints, lo: Any, hi: Any) -> list[tuple[Ints, Ints]]:
        """Every act that may lie in [lo, hi] of each asking row (bounds of all rows; None: no bound)."""
        size = len(asking)
        if not size or not len(self.order) + len(self.wild):
            return []
        start, end = np.zeros(size, np.int64), np.full(size, len(self.order))
        if lo is not None and self.narrow:
            start = np.searchsorted(self.lo, lo[asking] - self.width, "left")
        if hi is not None and self.narrow:
            end = np.searchsorted(self.lo, hi[asking], "right")
        counts = np.maximum(end - start, 0)
        if counts.sum() + len(self.wild) * size > _MOST_EXTRA:
            raise NoPlan("too many acts whose fields are not known")
        owner = np.repeat(np.arange(size), counts)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = self.order[np.repeat(start, counts) + offset]
        if len(self.wild):
            found = np.concatenate([found, np.tile(self.wild, size)])
            owner = np.concatenate([owner, np.repeat(np.arange(size), len(self.wild))])
        return [(found, asking[owner])]


class Index:
    """Acts of one kind by some of their fields and by time."""

    def __init__(self, world: World, table: Table, fields: tuple[str, ...], *, narrow: bool) -> None:
        self.table = table
        self.narrow = narrow
        columns = []
        plain = np.ones(table.size, bool)
        missing = np.zeros(table.size, bool)
        for name in fields:
            codes, state = key(leaf(world, whole(table), (name,)))
            columns.append(codes)
            plain &= state == PLAIN
            missing |= state == MISSING
        wide = table.hi - table.lo > _WIDE
        keyed = plain & ~wide
        self.loose = InTime(table, np.flatnonzero(~keyed & ~missing), narrow)
        self.all = InTime(table, np.arange(table.size), narrow)
        rows = np.flatnonzero(keyed)
        self.stages: list[Any] = []
        group = np.zeros(len(rows), np.int64)
        self.factor = table.vocabulary.top()
        for number, codes in enumerate(columns):
            different, group = (
                _numbered(codes[rows], self.factor)
                if number == 0
                else np.unique(group * self.factor + codes[rows], return_inverse=True)
            )
            self.stages.append(different)
        self.groups = int(group.max(initial=-1)) + 1
        self.direct: Ints | None = None
        if len(columns) == 1:  # one field: its number says the group at once
            self.direct = np.full(self.factor, -1)
            self.direct[self.stages[0]] = np.arange(len(self.stages[0]))
        lo = table.lo[rows]
        self.group_of = np.full(table.size, -1)
        self.group_of[rows] = group
        self.first = int(lo.min(initial=0)) - 1
        self.span = int(lo.max(initial=0)) - self.first + 2
        if (self.groups + 1) * self.span > 1 << 62:
            raise NoPlan("too many keys over too long a time")
        place = group * self.span + (lo - self.first)
        order = np.argsort(place, kind="stable")
        self.order = rows[order]
        self.place = place[order]
        self.begins = np.searchsorted(self.place, np.arange(self.groups + 1) * self.span, "left")
        self.width = int((table.hi[rows] - lo).max(initial=0))

    def group(self, columns: list[Ints]) -> Ints:
        """The group of each asking row; -1 if there is none."""
        if self.direct is not None:
            [codes] = columns
            return self.direct[np.where(codes < self.factor - 1, codes, self.factor - 1)]
        found = np.zeros(len(columns[0]) if columns else 0, np.int64)
        known = np.ones(len(found), bool)
        for codes, different in zip(columns, self.stages, strict=True):
            if not len(different):
                return np.full(len(found), -1)
            known &= codes < self.factor - 1
            wanted = found * self.factor + codes
            found = np.minimum(np.searchsorted(different, wanted), len(different) - 1)
            known &= different[found] == wanted
        return np.where(known, found, -1)

    def between(self, group: Ints, lo: Any, hi: Any) -> tuple[Ints, Ints]:
        """Places in `order` of acts of a group that may lie in [lo, hi]; None: no bound."""
        base = group * self.span
        if lo is None or not self.narrow:
            start = self.begins[group]
        else:
            start = np.searchsorted(self.place, base + np.clip(lo - self.width - self.first, 0, self.span - 1), "left")
        if hi is None or not self.narrow:
            end = self.begins[group + 1]
        else:
            end = np.searchsorted(self.place, base + np.clip(hi - self.first, 0, self.span - 1), "right")
        lost = group < 0
        if lost.any():
            start, end = np.where(lost, 0, start), np.where(lost, 0, end)
        return start, np.maximum(start, end)


def _numbered(codes: Ints, top: int) -> tuple[Ints, Ints]:
    """Different numbers below `top`, and the place of each among them, without sorting."""
    met = np.zeros(top, bool)
    met[codes] = True
    place = np.cumsum(met) - 1
    return np.flatnonzero(met), place[codes]


def key(end: Leaf) -> tuple[Ints, Any]:
    """A path as part of a key: a plain value, or one known person; else it is compared pair by pair."""
    if not end.is_people:
        return end.codes()
    who = end.people()
    single = (who.state == PLAIN) & ~who.open & (who.mask != 0) & ((who.mask & (who.mask - 1)) == 0)
    state = np.where(single | (who.state == MISSING), who.state, HIDDEN)
    return np.where(single, end.world.names.single(who.mask), -1), state


class Finder:
    """Acts of one kind whose own fields equal what paths give on the asking rows."""

    def __init__(self, world: World, kind: str, same: tuple[tuple[str, f.Path], ...]) -> None:
        self.world = world
        self.kind = kind
        self.same = same
        fields = world.agreement.kinds[kind].fields
        self.keyed: list[tuple[str, f.Path]] = []
        self.checks: list[tuple[str, f.Path]] = []
        for own, path in same:
            keyed = own in ("id", "by") or (own in fields and own not in HEAD)
            (self.keyed if keyed else self.checks).append((own, path))
        if any(own == "id" for own, _ in self.keyed) and len(self.keyed) > 1:
            raise NoPlan("`id` beside other equal fields")

    def table(self) -> Table:
        """The acts of the kind as they are known now."""
        return self.world.table(self.kind)

    def equal(self, found: Rows, asking: Rows, same: list[tuple[str, f.Path]] | None = None) -> Answers:
        """Whether the fields are equal, pair by pair."""
        result = full(len(found), T)
        for own, path in self.same if same is None else same:
            one, two = leaf(self.world, found, (own,)), leaf(self.world, asking, path)
            result = both(result, equal_leaves(self.world, one, two))
        return result


def equal_leaves(world: World, one: Leaf, two: Leaf) -> Answers:
    """Whether two paths give the same."""
    if one.is_time or two.is_time:
        first, second = one.times(days=False), two.times(days=False)
        gone = (first.state == MISSING) | (second.state == MISSING)
        unknown = (first.state != PLAIN) | (second.state != PLAIN)
        sure = (first.lo == first.hi) & (second.lo == second.hi) & (first.lo == second.lo)
        apart = (first.hi < second.lo) | (second.hi < first.lo)
        found = np.where(gone, F, np.where(unknown, U, np.where(sure, T, np.where(apart, F, U))))
        return found.astype(np.int8)
    if one.is_people and two.is_people:
        left, right = one.people(), two.people()
        gone = (left.state == MISSING) | (right.state == MISSING)
        unknown = (left.state == HIDDEN) | (right.state == HIDDEN)
        rare = (left.state == ODD) | (right.state == ODD)
        is_open = left.open | right.open
        nobody = (left.mask == 0) | (right.mask == 0)
        apart = (left.mask & right.mask) == 0
        single = (left.mask == right.mask) & ((left.mask & (left.mask - 1)) == 0)
        opened = np.where(nobody, U, np.where(apart & ~(left.open & right.open), F, U))
        closed = np.where(nobody, U, np.where(single, T, np.where(apart, F, U)))
        found = np.where(gone, F, np.where(unknown, U, np.where(rare, ASK, np.where(is_open, opened, closed))))
        return found.astype(np.int8)
    if one.is_people or two.is_people:
        raise NoPlan(f"{one.name} beside {two.name}: people and a plain value")
    (left_codes, left_state), (right_codes, right_state) = one.codes(), two.codes()
    found = world.vocabulary.equal(
        np.where(left_state == PLAIN, left_codes, np.where(left_state == ODD, left_codes, -1)),
        np.where(right_state == PLAIN, right_codes, np.where(right_state == ODD, right_codes, -1)),
        left_state == HIDDEN, right_state == HIDDEN,
    )  # fmt: skip
    return found


class Search:
    """The candidates of every asking row."""

    def __init__(self, finder: Finder, asking: Rows, lo: Any, hi: Any) -> None:
        world = finder.world
        self.finder = finder
        self.asking = asking
        self.lo, self.hi = lo, hi
        self.table = finder.table()
        size = len(asking)
        ends = [leaf(world, asking, path) for _, path in finder.keyed]
        own = [leaf(world, whole(self.table), (name,)) for name, _ in finder.keyed]
        if any(end.is_time or end.is_people != mine.is_people for end, mine in zip(ends, own, strict=True)):
            raise NoPlan(f"same {', '.join(name for name, _ in finder.keyed)} with people or an interval")
        columns = []
        plain, none = np.ones(size, bool), np.zeros(size, bool)
        for end in ends:
            codes, state = key(end)
            columns.append(codes)
            plain &= state == PLAIN
            none |= state == MISSING
        self.index = world.index(self.table, tuple(own for own, _ in finder.keyed))
        group = self.index.group(columns) if columns else np.zeros(size, np.int64)
        group = np.where(plain & ~none, group, -1)
        if self.index.groups == 0:
            group = np.full(size, -1)
        self.group = group
        self.start, self.end = self.index.between(group, lo, hi)
        self.stray = np.flatnonzero(~plain & ~none)
        """Asking rows whose own fields are not known: every act may be meant."""
        self.usual = np.flatnonzero(plain & ~none)

    def best(self, judge: Judge, *, newest: bool = True) -> Answers:
        """Any: the best answer over all candidates of each row. `judge` is given pairs whose keyed fields are equal."""
        size = len(self.asking)
        result = full(size, F)
        checks = self.finder.checks

        def asked(found: Ints, rows: Ints, same: list[tuple[str, f.Path]]) -> Answers:
            values = judge(found, rows)
            if same:
                at = np.flatnonzero(values != F)
                equal = self.finder.equal(Rows(self.table, found[at]), self.asking.take(rows[at]), same)
                values[at] = both(values[at], equal)
            if self.asking.table is self.table:
                values[found == self.asking.idx[rows]] = F
            return values

        rows = np.flatnonzero(self.end > self.start)
        at = self.end[rows] - 1 if newest else self.start[rows]
        step = -1 if newest else 1
        for _ in range(_ROUNDS):
            if not len(rows):
                break
            result[rows] = np.maximum(result[rows], asked(self.index.order[at], rows, checks))
            at = at + step
            more = (result[rows] != T) & (at >= self.start[rows]) & (at < self.end[rows])
            rows, at = rows[more], at[more]
        if len(rows):
            start, end = (self.start[rows], at + 1) if newest else (at, self.end[rows])
            for part, found, owner in expand(rows, start, end, self.index.order):
                values = asked(found, owner, checks)
                result[part] = np.maximum(result[part], best_of(values, owner, part))
        for found, owner in self.others(result):
            equal = self.finder.equal(Rows(self.table, found), self.asking.take(owner))
            at = np.flatnonzero(equal != F)
            values = both(equal[at], asked(found[at], owner[at], []))
            np.maximum.at(result, owner[at], values)
        return result

    def others(self, result: Answers | None = None) -> list[tuple[Ints, Ints]]:
        """Pairs outside the groups: acts with unknown fields, and rows that ask with unknown fields."""
        usual = self.usual if result is None else self.usual[result[self.usual] != T]
        return self.index.loose.pairs(usual, self.lo, self.hi) + self.index.all.pairs(self.stray, self.lo, self.hi)

    def pairs(self) -> list[tuple[Ints, Ints, bool]]:
        """All pairs: (found, asking row, whether only the checks are left to compare)."""
        rows = np.flatnonzero(self.end > self.start)
        grouped = [
            (found, owner, True) for _, found, owner in expand(rows, self.start[rows], self.end[rows], self.index.order)
        ]
        return grouped + [(found, owner, False) for found, owner in self.others()]


def expand(rows: Ints, start: Ints, end: Ints, order: Ints) -> Any:
    """All pairs of ranges, a part of the rows at a time: (rows, found acts, row of each pair)."""
    counts = end - start
    total = int(counts.sum())
    if total > _MOST_PAIRS:
        raise NoPlan(f"{total} pairs of acts to compare")
    sums = np.cumsum(counts)
    at = 0
    while at < len(rows):
        done = int(sums[at - 1]) if at else 0
        until = max(at + 1, int(np.searchsorted(sums, done + _CHUNK, "right")))
        some = counts[at:until]
        offset = np.arange(int(some.sum())) - np.repeat(np.cumsum(some) - some, some)
        yield rows[at:until], order[np.repeat(start[at:until], some) + offset], np.repeat(rows[at:until], some)
        at = until


def best_of(values: Answers, owner: Ints, rows: Ints) -> Answers:
    """The best answer of each row; pairs stand in the order of their rows."""
    found = full(len(rows), F)
    first = np.flatnonzero(np.diff(owner, prepend=-1) != 0)
    if len(first):
        found[np.searchsorted(rows, owner[first])] = np.maximum.reduceat(values, first)
    return found


__all__ = ["Finder", "Index", "Search", "U", "best_of", "equal_leaves", "expand", "whole"]
