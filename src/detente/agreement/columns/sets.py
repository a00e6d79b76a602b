"""Sets of one act by each person, alike in some fields: made when the last is made (21-language-reference, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from detente.agreement.columns.codes import Answers, F, Ints, NoPlan, T, U, both, either, full, negated, told
from detente.agreement.columns.joins import Finder, Search
from detente.agreement.columns.meant import meant
from detente.agreement.columns.standing import Made, in_effect, in_order
from detente.agreement.columns.tables import Table
from detente.agreement.columns.view import Rows, whole

if TYPE_CHECKING:
    from detente.agreement.columns.questions import Question
    from detente.agreement.columns.world import World

_MOST = 200_000
_MOST_PAIRS = 8_000_000


class Found(NamedTuple):
    """All sets: the acts of each person, when each set was made, and whether it is one."""

    parts: list[Ints]
    lo: Ints
    hi: Ints
    value: Answers


class Sets:
    """The sets of a question whose people are the same for whoever asks."""

    def __init__(self, world: World, question: Question) -> None:
        self.world = world
        self.question = question
        self._found: Found | None = None
        self._newest: Answers | None = None

    def table(self) -> Table:
        """The table of the one kind the sets are of."""
        return self.world.table(self.question.pattern.kinds[0])

    def found(self, asking: Rows) -> Found:
        """All sets, whoever asks."""
        question = self.question
        pattern = question.pattern
        if question.fixed is None or len(pattern.kinds) != 1 or pattern.to is not None or pattern.by is None:
            raise NoPlan("sets of like acts by people who depend on who asks")
        if asking.table.kind in pattern.kinds:
            raise NoPlan("sets of like acts asked for by one of them")
        if self._found is None:
            self._found = self._make()
        return self._found

    def _make(self) -> Found:
        question, world = self.question, self.world
        table = self.table()
        everyone = whole(table)
        assert question.pattern.by is not None
        persons = meant(world, question.pattern.by, everyone)
        alike = tuple((name, (name,)) for name in question.pattern.alike)
        value = question.fits(everyone, everyone, persons[0])
        first = np.flatnonzero(value != F)
        value = value[first]
        parts = [first]
        for one in persons[1:]:
            search = Search(Finder(world, table.kind, alike), Rows(table, first), None, None)
            fits = question.fits(everyone, everyone, one)
            chosen, owners, like = [], [], []
            for found, owner, keyed in search.pairs():
                pair = fits[found].copy()
                if not keyed or search.finder.checks:
                    same = search.finder.checks if keyed else None
                    pair = both(pair, search.finder.equal(Rows(table, found), Rows(table, first[owner]), same))
                pair[found == first[owner]] = F
                keep = np.flatnonzero(pair != F)
                chosen.append(found[keep])
                owners.append(owner[keep])
                like.append(pair[keep])
            mates, owner = (
                np.concatenate([*chosen, np.zeros(0, np.int64)]),
                np.concatenate([*owners, np.zeros(0, np.int64)]),
            )
            values = np.concatenate([*like, np.zeros(0, np.int8)]).astype(np.int8)
            # every set so far with every mate of its first act
            order = np.argsort(owner, kind="stable")
            mates, owner, values = mates[order], owner[order], values[order]
            at = np.searchsorted(first, parts[0])
            start, end = np.searchsorted(owner, at, "left"), np.searchsorted(owner, at, "right")
            counts = end - start
            if counts.sum() > _MOST:
                raise NoPlan(f"more than {_MOST} sets of like acts")
            again = np.repeat(np.arange(len(at)), counts)
            pick = start[again] + np.arange(len(again)) - np.repeat(np.cumsum(counts) - counts, counts)
            parts = [part[again] for part in parts] + [mates[pick]]
            value = both(value[again], values[pick])
            for earlier in parts[1:-1]:  # a set is of different acts
                keep = earlier != parts[-1]
                parts, value = [part[keep] for part in parts], value[keep]
        lo = np.max([table.lo[part] for part in parts], axis=0)
        hi = np.max([table.hi[part] for part in parts], axis=0)
        return Found(parts, lo, hi, value)

    def _on_the_table(self, found: Found) -> Answers:
        """Of each set: made only of acts that are each its author's newest of the key when the last of them is made."""
        question, table = self.question, self.table()
        if question.pattern.same:
            raise NoPlan("versions of sets with equal fields")
        replaced = full(len(found.lo), F)
        parts = [Rows(table, part) for part in found.parts]
        for number, part in enumerate(parts):
            rest = parts[:number] + parts[number + 1 :]
            for finder in question.standing.versions:
                search = Search(finder, part, part.lo, found.hi)

                def judge(newer: Ints, rows: Ints, part: Rows = part, rest: list[Rows] = rest) -> Answers:
                    b, a = Rows(table, newer), part.take(rows)
                    value = both(one_author(a.by, b.by), in_order(b, a, strictly=True))
                    before = full(len(rows), F)
                    for other in rest:
                        before = either(before, in_order(b, other.take(rows), strictly=False))
                    return both(value, before)

                replaced = either(replaced, search.best(judge))
        known = question.complete(Rows(table, found.parts[0]), None, found.hi)
        return both(np.where(known, T, U).astype(np.int8), negated(replaced))

    def made(self, found: Found, which: Ints) -> Made:
        """Some of the sets."""
        table = self.table()
        return Made([Rows(table, part[which]) for part in found.parts], found.lo[which], found.hi[which], which)

    def alike(self, asking: Rows) -> Answers:
        """Whether such a set stands at the time of each row."""
        question = self.question
        found = self.found(asking)
        result = full(len(asking), F)
        finder = question.finders[0]
        by_first = np.argsort(found.parts[0], kind="stable")
        firsts = found.parts[0][by_first]
        search = Search(finder, asking, None, None)
        for acts, owner, keyed in search.pairs():
            start, end = np.searchsorted(firsts, acts, "left"), np.searchsorted(firsts, acts, "right")
            counts = end - start
            again = np.repeat(np.arange(len(acts)), counts)
            which = by_first[start[again] + np.arange(len(again)) - np.repeat(np.cumsum(counts) - counts, counts)]
            rows = owner[again]
            made, asks = self.made(found, which), asking.take(rows)
            value = both(
                found.value[which], told(found.lo[which] <= asks.hi, found.lo[which] > asks.hi).astype(np.int8)
            )
            for number, part in enumerate(made.parts):
                same = finder.checks if keyed and number == 0 else None
                at = np.flatnonzero(value != F)
                value[at] = both(value[at], finder.equal(part.take(at), asks.take(at), same))
            at = np.flatnonzero(value != F)
            value[at] = question.standing.value(made.take(at), asks.take(at), value[at], None)
            np.maximum.at(result, rows, value)
        beyond = ~question.complete(asking, None, question.standing.latest(asking.hi))
        return np.where(beyond, either(result, full(len(result), U)), result).astype(np.int8)

    def newer(self, made: Made, asking: Rows) -> Answers:
        """Whether a set of the same `newest_per` fields was completed later and is in effect."""
        question = self.question
        found = self.found(asking)
        result = full(len(asking), F)
        table = self.table()
        assert made.number is not None
        if self._newest is None:
            self._newest = self._on_the_table(found)
        newest = self._newest
        asked = np.flatnonzero(np.bincount(made.number, minlength=len(found.lo)))
        if len(asked) * len(found.lo) > _MOST_PAIRS:
            raise NoPlan("too many versions to compare")
        total = 0
        for number in asked:
            own = [int(part[number]) for part in found.parts]
            value = found.value.copy()
            rivals = np.flatnonzero(value != F)
            mine = set(own)
            members = np.stack([part[rivals] for part in found.parts])
            rivals = rivals[[{int(one) for one in column} != mine for column in members.T]] if len(rivals) else rivals
            value = value[rivals]
            for field in question.pattern.newest_per:
                left = Rows(table, found.parts[0][rivals])
                right = Rows(table, np.full(len(rivals), own[0]))
                value = both(value, Finder(self.world, table.kind, ()).equal(left, right, [(field, (field,))]))
            lo, hi = int(found.lo[number]), int(found.hi[number])
            later = told(found.lo[rivals] > hi, found.hi[rivals] <= lo).astype(np.int8)
            value = both(value, later)
            rivals, value = rivals[value != F], value[value != F]
            value = both(value, newest[rivals])
            rivals, value = rivals[value != F], value[value != F]
            rows = np.flatnonzero(made.number == number)
            result[rows] = np.maximum(result[rows], negated(newest[number : number + 1])[0])
            total += len(rivals) * len(rows)
            if total > _MOST_PAIRS:
                raise NoPlan("too many versions to compare")
            for rival, known in zip(rivals, value, strict=True):
                asks = asking.take(rows)
                one = full(len(rows), known)
                for part in found.parts:
                    newer = Rows(table, np.full(len(rows), int(part[rival])))
                    one = both(one, in_effect(self.world, newer, asks))
                result[rows] = np.maximum(result[rows], one)
        return result


def one_author(a: Ints, b: Ints) -> Answers:
    """Whether two acts are by the same."""
    unknown = (a == 0) | (b == 0)
    same = (a == b) & ((a & (a - 1)) == 0)
    return np.where(unknown, U, np.where((a & b) == 0, F, np.where(same, T, U))).astype(np.int8)


__all__ = ["Found", "Sets", "T"]
