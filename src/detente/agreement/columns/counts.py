"""How many such acts there are in a window before each row (21-language-reference, 7: count, distinct).

Where what is asked of a found act does not depend on who asks, a running sum over sorted acts gives every count at once;
what has no exact instant or no plain key is added pair by pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import ASK, Answers, F, Ints, NoPlan, P, T, U, both, full, told
from detente.agreement.columns.joins import Search, expand
from detente.agreement.columns.standing import same_act
from detente.agreement.columns.tables import Table
from detente.agreement.columns.view import Rows, leaf, whole
from detente.agreement.columns.vocabulary import MISSING, ODD, PLAIN
from detente.agreement.strata import walk

if TYPE_CHECKING:
    from detente.agreement.columns.questions import Question
    from detente.agreement.columns.world import World


class Counting:
    """The counting part of a question."""

    def __init__(self, world: World, question: Question) -> None:
        self.world = world
        self.question = question
        self._statics: tuple[Table, Answers] | None = None
        pattern = question.pattern
        own_only = not any(isinstance(item, tuple) and item[:1] == ("its",) for item in walk(pattern.with_))
        asks = any(isinstance(item, f.Ask | f.NamedIn) for item in walk(pattern.with_)) or _names(pattern.with_)
        fixed = pattern.by is None or question.fixed is not None
        self.simple = (
            own_only and not asks and fixed and not pattern.ended_by and not pattern.newest_per and not pattern.distinct
            and pattern.to is None and len(pattern.kinds) == 1 and pattern.at_least is None and pattern.at_most is None
            and pattern.window is not None
        )  # fmt: skip

    def value(self, asking: Rows) -> Answers:
        """Whether the number lies within bounds."""
        pattern = self.question.pattern
        if pattern.each:
            raise NoPlan("count by each")
        if pattern.newest_per and asking.table.kind in pattern.kinds:
            raise NoPlan("versions counted by one of them")
        surely, possibly, ask = self._simple(asking) if self.simple else self._pairs(asking)
        whole_record = self.question.complete(asking, None, asking.hi)
        least, most = pattern.least or 0, pattern.most
        yes = surely >= least
        no = whole_record & (possibly < least)
        if most is not None:
            yes = yes & whole_record & (possibly <= most)
            no = no | (surely > most)
        return np.where(ask, ASK, np.where(yes, T, np.where(no, F, U))).astype(np.int8)

    def _window(self, instants: Ints) -> Ints | None:
        window = self.question.pattern.window
        return None if window is None else self.world.days.window_start(instants, window)

    def _static(self, acts: Rows) -> Answers:
        """What is asked of an act, whoever asks."""
        value = self.question.fits(acts, acts)
        at = np.flatnonzero(value != F)
        value[at] = both(value[at], self.question.with_test(acts.take(at), acts.take(at)))
        return value

    def _simple(self, asking: Rows) -> tuple[Ints, Ints, Any]:
        exact = asking.lo == asking.hi
        hours = asking.table.index[asking.idx] >= 0
        if hours.any() or not exact.all():
            plain = np.flatnonzero(exact & ~hours)
            rest = np.flatnonzero(~exact | hours)
            size = len(asking)
            parts: list[Any] = [np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, bool)]
            for where, found in ((plain, self._sums(asking.take(plain))), (rest, self._pairs(asking.take(rest)))):
                for part, values in zip(parts, found, strict=True):
                    part[where] = values
            return parts[0], parts[1], parts[2]
        return self._sums(asking)

    def _sums(self, asking: Rows) -> tuple[Ints, Ints, Any]:
        """Running sums over acts at exact instants; the rest pair by pair."""
        finder = self.question.finders[0]
        if finder.checks and len(asking):
            return self._pairs(asking)
        lowest = self._window(asking.hi)
        assert lowest is not None
        search = Search(finder, asking, lowest, asking.hi)
        table, index = search.table, search.index
        order = index.order
        if self._statics is None or self._statics[0] is not table:
            self._statics = table, self._static(whole(table))
        static = self._statics[1][order]
        exact = table.lo[order] == table.hi[order]
        base = search.group * index.span
        start = np.searchsorted(index.place, base + np.clip(lowest - index.first, 0, index.span - 1), "left")
        end = np.searchsorted(index.place, base + np.clip(asking.hi - index.first, 0, index.span - 1), "right")
        start, end = np.where(search.group < 0, 0, start), np.where(search.group < 0, 0, end)
        counted = [self._sum(exact & (static == code), start, end) for code in (T, U, P, ASK)]
        surely, possibly, ask = counted[0], counted[0] + counted[1] + counted[2], counted[3] > 0
        if index.width:
            inexact = np.flatnonzero(~exact & (static != F))
            more = self._inexact(asking, order[inexact], search)
            surely, possibly, ask = surely + more[0], possibly + more[1], ask | more[2]
        for found, owner in search.others():
            values = self._pair(Rows(table, found), asking.take(owner), None)
            surely, possibly, ask = add(surely, possibly, ask, owner, values)
        return self._with_itself(asking, search, lowest, surely, possibly, ask)

    @staticmethod
    def _sum(which: Any, start: Ints, end: Ints) -> Ints:
        sums = np.concatenate([[0], np.cumsum(which)])
        return np.asarray(np.where(end > start, sums[end] - sums[np.minimum(start, end)], 0), np.int64)

    def _inexact(self, asking: Rows, acts: Ints, search: Search) -> tuple[Ints, Ints, Any]:
        """Grouped acts without an exact instant, each with every asking row of its group that it may count for."""
        size, table = len(asking), search.table
        surely, possibly, ask = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, bool)
        lowest = self._window(asking.hi)
        assert lowest is not None
        groups = np.argsort(search.group, kind="stable")
        of_asking = search.group[groups]
        mine = search.index.group_of[acts]
        start = np.searchsorted(of_asking, mine, "left")
        for some, asks, owner in expand(np.arange(len(acts)), start, np.searchsorted(of_asking, mine, "right"), groups):
            del some
            found = acts[owner]
            near = np.flatnonzero((table.lo[found] <= asking.hi[asks]) & (table.hi[found] >= lowest[asks]))
            found, asks = found[near], asks[near]
            values = self._pair(Rows(table, found), asking.take(asks), [])
            surely, possibly, ask = add(surely, possibly, ask, asks, values)
        return surely, possibly, ask

    def _pair(self, acts: Rows, asking: Rows, same: Any) -> Answers:
        """Whether each act counts for the row beside it; an act for itself is left out here."""
        question = self.question
        value = question.finders[0].equal(acts, asking, same) if same is None or same else full(len(acts), T)
        if acts.table is asking.table:
            value[acts.idx == asking.idx] = F
        at = np.flatnonzero(value != F)
        value[at] = both(value[at], self._in_window(acts.take(at), asking.take(at)))
        return value

    def _in_window(self, acts: Rows, asking: Rows) -> Answers:
        question = self.question
        value = question.fits(acts, asking)
        lo, hi, sure = question.when_made(acts, asking)
        value = both(value, sure)
        if question.pattern.window is not None:
            early, late = self._window(asking.lo), self._window(asking.hi)
            itself = (acts.table is asking.table) & (acts.idx == asking.idx)
            assert early is not None
            assert late is not None
            inside = told(lo >= late, hi < early)
            value = both(value, np.where(itself, T, inside).astype(np.int8))
        own = same_act(acts, asking)  # it counts, whatever its own time
        at = np.flatnonzero((value != F) & own)
        value[at] = both(value[at], question.with_test(acts.take(at), asking.take(at)))
        at = np.flatnonzero((value != F) & ~own)
        made = question.made(acts, lo, hi, at)
        value[at] = question.standing.value(made, asking.take(at), value[at], None, counting=True)
        return value

    def _with_itself(
        self, asking: Rows, search: Search, lowest: Ints, surely: Ints, possibly: Ints, ask: Any
    ) -> tuple[Ints, Ints, Any]:
        """The asking act itself counts, whether or not its own fields equal what it asks for."""
        if asking.table is not search.table:
            if asking.table.kind == search.table.kind:
                raise NoPlan("an act that is not in the record counts itself")
            return surely, possibly, ask
        static = both(self.question.itself(asking), self._static(asking))
        # taken out of its own sum where it stands in it
        summed = (search.index.group_of[asking.idx] == search.group) & (search.group >= 0) & (asking.lo >= lowest)
        surely = surely - (summed & (static == T))
        possibly = possibly - (summed & (static != F) & (static != ASK))
        surely = surely + (static == T)
        possibly = possibly + ((static != F) & (static != ASK))
        return surely, possibly, ask | (static == ASK)

    def _pairs(self, asking: Rows) -> tuple[Ints, Ints, Any]:
        """Every pair looked at."""
        question = self.question
        size = len(asking)
        surely, possibly, ask = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, bool)
        lowest = self._window(np.minimum(asking.hi, asking.lo))
        highest = asking.hi if question.pattern.to is None else None
        sure: list[tuple[Ints, Rows]] = []
        perhaps: list[tuple[Ints, Rows]] = []
        itself = np.zeros(size, bool)
        for finder in question.finders:
            search = Search(finder, asking, lowest, highest)
            own = search.table is asking.table
            pairs = search.pairs()
            if own:
                pairs.append((asking.idx, np.arange(size), True))
                itself[:] = True
            for number, (found, owner, keyed) in enumerate(pairs):
                acts, asks = Rows(search.table, found), asking.take(owner)
                last = own and number == len(pairs) - 1
                same = finder.checks if keyed else None
                value = full(len(found), T) if same == [] else finder.equal(acts, asks, same)
                if last:
                    value = question.itself(asking)
                if own and not last:
                    value[found == asking.idx[owner]] = F
                at = np.flatnonzero(value != F)
                value[at] = both(value[at], self._in_window(acts.take(at), asks.take(at)))
                ask[owner[value == ASK]] = True
                for which, kept in ((value == T, sure), ((value == U) | (value == P), perhaps)):
                    kept.append((owner[which], acts.take(which)))
        if not itself.all() and asking.table.kind in question.pattern.kinds:
            raise NoPlan("an act that is not in the record counts itself")
        if question.pattern.distinct:
            surely, possibly, unsure = self._distinct(size, sure, perhaps)
            return surely, possibly, ask | unsure
        for owner, _ in sure:
            np.add.at(surely, owner, 1)
        possibly += surely
        for owner, _ in perhaps:
            np.add.at(possibly, owner, 1)
        return surely, possibly, ask

    def _distinct(self, size: int, sure: Any, perhaps: Any) -> tuple[Ints, Ints, Any]:
        known_sure, _, any_sure, odd = self._values(size, sure)
        known, unknown, _, more = self._values(size, [*sure, *perhaps])
        return np.maximum(known_sure, any_sure), known + unknown, odd | more

    def _values(self, size: int, kept: list[tuple[Ints, Rows]]) -> tuple[Ints, Ints, Ints, Any]:
        """Different known values, acts with an unknown one, and whether there is any act, for each row."""
        owners, keys, known = [], [], []
        odd = np.zeros(size, bool)
        factor = np.int64(self.world.vocabulary.top())
        if len(self.question.pattern.distinct) > 2:
            raise NoPlan("distinct over more than two fields")
        for owner, acts in kept:
            key = np.zeros(len(owner), np.int64)
            plain = np.ones(len(owner), bool)
            for name in self.question.pattern.distinct:
                end = leaf(self.world, acts, (name,))
                if end.is_people:
                    who = end.people()
                    single = (who.state == PLAIN) & ~who.open & (who.mask != 0) & ((who.mask & (who.mask - 1)) == 0)
                    codes = np.where(single, self.world.names.single(who.mask), 0)
                    plain &= single
                else:
                    codes, state = end.codes()
                    odd[owner[state == ODD]] = True
                    plain &= (state == PLAIN) | (state == MISSING)
                key = key * factor + codes
            owners.append(owner)
            keys.append(key)
            known.append(plain)
        owner = np.concatenate([*owners, np.zeros(0, np.int64)]).astype(np.int64)
        key = np.concatenate([*keys, np.zeros(0, np.int64)])
        plain = np.concatenate([*known, np.zeros(0, bool)])
        different, number = np.unique(key[plain], return_inverse=True)
        wide = len(different) + 1
        count = np.bincount(np.unique(owner[plain] * wide + number) // wide, minlength=size)
        rest = np.bincount(owner[~plain], minlength=size)
        return count, rest, (np.bincount(owner, minlength=size) > 0).astype(np.int64), odd


def add(surely: Ints, possibly: Ints, ask: Any, owner: Ints, values: Answers) -> tuple[Ints, Ints, Any]:
    """Count pairs for their rows."""
    np.add.at(surely, owner[values == T], 1)
    np.add.at(possibly, owner[(values != F) & (values != ASK)], 1)
    ask[owner[values == ASK]] = True
    return surely, possibly, ask


def _names(condition: object) -> bool:
    """Whether a condition uses named conditions or places, which may ask anything."""
    return any(isinstance(item, f.Named | f.PlaceName) for item in walk(condition))


__all__ = ["Counting"]
