"""Rows asked about, and what a path gives on each of them (21-language-reference, 4).

`its` are the rows one step out, of the same length: row i of a `with` is asked from row i of its `its`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Ints, NoPlan
from detente.agreement.columns.tables import NEVER, Table
from detente.agreement.columns.vocabulary import HIDDEN, MISSING, ODD, PLAIN
from detente.agreement.judge.matching import instants

if TYPE_CHECKING:
    from detente.agreement.columns.world import World

_HEAD = ("id", "by", "at", "from", "until")


class Rows:
    """Rows of one table, with the rows one step out."""

    __slots__ = ("_by", "_hi", "_lo", "idx", "its", "moved", "table")

    def __init__(self, table: Table, idx: Ints, its: Rows | None = None) -> None:
        self.table = table
        self.idx = idx
        self.its = its
        self.moved = False
        """Whether they count from other instants than their table says: from receipt by those a `to` names."""
        self._lo: Ints | None = None
        self._hi: Ints | None = None
        self._by: Ints | None = None

    def __len__(self) -> int:
        return len(self.idx)

    @property
    def lo(self) -> Ints:
        if self._lo is None:
            self._lo = self.table.lo[self.idx]
        return self._lo

    @property
    def hi(self) -> Ints:
        if self._hi is None:
            self._hi = self.table.hi[self.idx]
        return self._hi

    @property
    def by(self) -> Ints:
        if self._by is None:
            self._by = self.table.by[self.idx]
        return self._by

    def take(self, where: Any) -> Rows:
        """Some of them."""
        some = Rows(self.table, self.idx[where], self.its.take(where) if self.its is not None else None)
        if self.moved:
            some._lo, some._hi, some.moved = self.lo[where], self.hi[where], True
        return some

    def made_by(self, by: Ints) -> Rows:
        """The same acts as if these had made them."""
        other = Rows(self.table, self.idx, self.its)
        if self.moved:
            other = other.counted(self.lo, self.hi)
        other._by = by
        return other

    def bare(self) -> Rows:
        """The same, nothing one step out."""
        return self if self.its is None else Rows(self.table, self.idx, None).counted(self.lo, self.hi)

    def counted(self, lo: Ints, hi: Ints) -> Rows:
        """The same as they count from other instants."""
        other = Rows(self.table, self.idx, self.its)
        other._lo, other._hi, other.moved = lo, hi, True
        return other

    def event(self) -> Any:
        """Whether what a row leaves out is not known."""
        return self.table.events()[self.idx]


def whole(table: Table) -> Rows:
    """All rows of a table."""
    return Rows(table, np.arange(table.size))


class Times(NamedTuple):
    """Instants with what is known of them."""

    state: Any
    lo: Ints
    hi: Ints


class Who(NamedTuple):
    """People with what is known of them; `open`: may be a stranger too."""

    state: Any
    mask: Ints
    open: Any


class Leaf:
    """What a path ends in: a field (or head value) of rows, where `state` says they are there at all."""

    def __init__(self, world: World, rows: Rows, name: str, state: Any, receipt: str = "") -> None:
        self.world = world
        self.rows = rows
        self.name = name
        self.state = state
        self.receipt = receipt

    @property
    def is_time(self) -> bool:
        """An interval of its own, as `at` and receipts are."""
        return bool(self.receipt) or self.name == "at"

    @property
    def is_people(self) -> bool:
        return not self.receipt and (self.name == "by" or self.world.of_people(self.rows.table.kind, self.name))

    def _over(self, state: Any) -> Any:
        return np.where(self.state == PLAIN, state, self.state)

    def codes(self) -> tuple[Ints, Any]:
        """Numbers of the vocabulary, and states."""
        rows, vocabulary = self.rows, self.world.vocabulary
        if self.is_time or self.is_people:
            raise NoPlan(f"{self.name} as a plain value")
        if self.name == "id":
            codes = rows.table.id_codes()[rows.idx]
        elif self.name in ("from", "until"):
            stated = rows.table.from_ if self.name == "from" else rows.table.until
            values: list[object] = [None if abs(v) >= NEVER else int(v) for v in stated[rows.idx]]
            codes = vocabulary.all(values)
            return codes, self._over(np.where(codes < 0, MISSING, PLAIN))
        else:
            codes = rows.table.codes(self.name)[rows.idx]
        return codes, self._over(vocabulary.states(codes, rows.event()))

    def people(self) -> Who:
        """People, aliases read; a name used before its day is open."""
        rows, world = self.rows, self.world
        if self.name == "by":
            return Who(self._over(np.zeros(len(rows), np.int8)), rows.by, rows.by == 0)
        codes = rows.table.codes(self.name)[rows.idx]
        state = world.vocabulary.states(codes, rows.event())
        table = world.vocabulary.ask("people", codes, world.read_people)
        dated = table[:, 2] > -NEVER
        is_open = (table[:, 1] == 1) | (dated & (rows.lo < table[:, 2]))
        state = np.where(
            table[:, 1] == 2, np.where(state == MISSING, MISSING, HIDDEN), np.where(state == ODD, PLAIN, state)
        )
        state = np.where(table[:, 1] == 3, ODD, state)
        return Who(self._over(state), table[:, 0], is_open)

    def times(self, *, days: bool) -> Times:
        """Instants; `days`: a text that writes a day is the whole local day."""
        rows = self.rows
        zero = np.zeros(len(rows), np.int8)
        if self.receipt:
            return self._received()
        if self.name == "at":
            return Times(self._over(zero), rows.lo, rows.hi)
        if self.name in ("from", "until"):
            stated = (rows.table.from_ if self.name == "from" else rows.table.until)[rows.idx]
            return Times(self._over(np.where(abs(stated) >= NEVER, MISSING, PLAIN)), stated, stated)
        if self.is_people:
            raise NoPlan(f"{self.name} as an instant")
        codes = rows.table.codes(self.name)[rows.idx]
        table = self.world.vocabulary.ask(("times", days), codes, self.world.read_days if days else _read)
        state = self.world.vocabulary.states(codes, rows.event())
        state = np.where(state == MISSING, MISSING, np.where(table[:, 2] == 1, PLAIN, HIDDEN))
        return Times(self._over(state), table[:, 0], table[:, 1])

    def _received(self) -> Times:
        rows, world = self.rows, self.world
        names = world.names
        if self.receipt != "parties":
            whom = [(self.receipt, np.ones(len(rows), bool))]
        else:
            whom = [(code, (rows.by & names.bit(code)) == 0) for code in world.agreement.parties]
            if not np.any([asked for _, asked in whom], axis=0).all():
                raise NoPlan("received.parties of an act that all parties may have made")
        soonest = world.soonest(rows.by)
        lo = np.full(len(rows), -NEVER)
        hi = lo.copy()
        for code, asked in whom:
            one, two = (side[rows.idx] for side in rows.table.receipt(code))
            one, two = np.where(one >= NEVER, soonest, one), np.where(one >= NEVER, NEVER, two)
            lo, hi = np.where(asked, np.maximum(lo, one), lo), np.where(asked, np.maximum(hi, two), hi)
        return Times(self._over(np.zeros(len(rows), np.int8)), lo, hi)


class Deeper(Leaf):
    """The start or end of a span."""

    def __init__(self, world: World, rows: Rows, name: str, state: Any, end: str) -> None:
        super().__init__(world, rows, name, state)
        self.end = end

    @property
    def is_people(self) -> bool:
        return False

    def times(self, *, days: bool) -> Times:
        state, start, end = self.rows.table.spans(self.name)
        if (state[self.rows.idx] == ODD).any():
            raise NoPlan("a span that is one of several")
        found = (start if self.end in ("from", "start") else end)[self.rows.idx]
        return Times(self._over(state[self.rows.idx]), found, found)

    def codes(self) -> tuple[Ints, Any]:
        times = self.times(days=False)
        codes = self.world.vocabulary.all([int(instant) for instant in times.lo])
        return codes, times.state


class Lost(Leaf):
    """A field of acts of which the record holds none."""

    def codes(self) -> tuple[Ints, Any]:
        return np.full(len(self.state), -1), self.state

    def people(self) -> Who:
        return Who(self.state, np.zeros(len(self.state), np.int64), np.zeros(len(self.state), bool))

    def times(self, *, days: bool) -> Times:
        none = np.zeros(len(self.state), np.int64)
        return Times(self.state, none, none)


def leaf(world: World, rows: Rows, path: f.Path) -> Leaf:
    """What a path gives on rows."""
    if path[0] == "its":
        its = rows.its if rows.its is not None else rows
        return leaf(world, Rows(its.table, its.idx), path[1:])
    there = np.zeros(len(rows), np.int8)
    if path[0] == "received":
        agreement = world.agreement
        if path[1] != "parties" and path[1] not in agreement.parties and path[1] not in agreement.others:
            raise NoPlan("received.FIELD")
        return Leaf(world, rows, "", there, receipt=path[1])
    if len(path) == 1:
        return Leaf(world, rows, path[0], there)
    if path[0] in _HEAD:
        raise NoPlan(".".join(path))
    if world.field_type(rows.table.kind, path[0]) == "span" and len(path) == 2:
        return Deeper(world, rows, path[0], there, path[1])
    return _referred(world, rows, path)


def _referred(world: World, rows: Rows, path: f.Path) -> Leaf:
    """A field of the act that a field refers to; not known if that is not in the record."""
    of = world.field_of(rows.table.kind, path[0])
    codes, state = Leaf(world, rows, path[0], np.zeros(len(rows), np.int8)).codes()
    if not of or (state == ODD).any():
        raise NoPlan(f"{'.'.join(path)} where the reference is one of several")
    table = world.table(of)
    at = np.full(len(world.vocabulary.values) + 1, -1)
    ids = table.id_codes()
    if len(at) <= len(world.vocabulary.values):
        at = np.full(len(world.vocabulary.values) + 1, -1)
    at[ids] = np.arange(table.size)
    found = at[codes]
    lost = (state == PLAIN) & (found < 0)
    for code in np.unique(codes[lost]):
        if world.elsewhere(world.vocabulary.values[code], of):
            raise NoPlan(f"{path[0]} refers to an act of another kind")
        if world.vocabulary.values[code] in table.unaddressed:
            raise NoPlan(f"{path[0]} refers to a statement that others received before its addressee")
    state = np.where(lost, HIDDEN, state)
    if table.size == 0:
        return Lost(world, Rows(table, np.zeros(len(rows), np.int64)), path[-1], state)
    below = leaf(world, Rows(table, np.where(found < 0, 0, found)), path[1:])
    below.state = np.where(state == PLAIN, below.state, state)
    return below


def _read(value: object) -> tuple[int, int, int]:
    found = instants(value)
    return (found.lo, found.hi, 1) if found is not None else (0, 0, 0)


__all__ = ["Deeper", "Leaf", "Rows", "Times", "Who", "leaf", "whole"]
