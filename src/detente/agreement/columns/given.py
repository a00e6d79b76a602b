"""A record that already stands in columns: tables given as arrays, no act made into an object.

Everything in them is exactly known: instants, one author each, plain values. The step judge gets acts from them only for
the subjects it is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from detente.agreement.columns.codes import Ints
from detente.agreement.columns.tables import Table
from detente.agreement.columns.vocabulary import Names, Vocabulary
from detente.agreement.record import Act, Interval


class Column(NamedTuple):
    """A field: each different value once, and for every row the place of its value."""

    values: Sequence[object]
    places: Ints


class Given(NamedTuple):
    """Acts of one kind: when each counts from (ms UTC), who it is by, its fields. Statements: received by `to` then."""

    kind: str
    at: Ints
    by: Column
    fields: Mapping[str, Column]
    to: Column | None = None

    def table(self, vocabulary: Vocabulary, names: Names) -> Table:
        """The same as the columns that are judged."""
        bits = np.array([names.bit(str(code)) for code in self.by.values], np.int64)
        return _Table(self, vocabulary, names, bits[self.by.places])

    def act(self, row: int) -> Act:
        """One row as an act."""
        at = Interval(int(self.at[row]), int(self.at[row]))
        fields = {name: column.values[int(column.places[row])] for name, column in self.fields.items()}
        by = frozenset((str(self.by.values[int(self.by.places[row])]),))
        to = {str(self.to.values[int(self.to.places[row])]): at} if self.to is not None else {}
        return Act(f"{self.kind}-{row}", self.kind, by, at, to, fields)


class _Table(Table):
    """Codes by one look-up for each different value."""

    def __init__(self, given: Given, vocabulary: Vocabulary, names: Names, by: Ints) -> None:
        size = len(given.at)
        super().__init__(
            given.kind, vocabulary, names, ids=Numbered(given.kind, size), fields=(), when=(given.at, given.at),
            by=by, event=given.to is None,
        )  # fmt: skip
        self.given = given
        self.acts = Acts(given)

    def column(self, name: str) -> list[object]:
        found = self.given.fields.get(name)
        if found is None:
            return [None] * self.size
        return [found.values[place] for place in found.places.tolist()]

    def codes(self, name: str) -> Ints:
        found = self._kept.get(("codes", name))
        if found is None:
            column = self.given.fields.get(name)
            if column is None:
                made: Any = np.full(self.size, -1)
            else:
                made = np.array([self.vocabulary.code(value) for value in column.values], np.int64)[column.places]
            found = self._keep("codes", name, made)
        return np.asarray(found)

    def receipt(self, person: str) -> tuple[Ints, Ints]:
        to = self.given.to
        never = np.full(self.size, 1 << 60)
        if to is None or person not in to.values:
            return never, never
        when = np.where(to.places == list(to.values).index(person), self.lo, never)
        return when, when

    def receivers(self) -> list[str]:
        return sorted(map(str, self.given.to.values)) if self.given.to is not None else []


class Numbered(Sequence[str]):
    """Ids by row: KIND-ROW."""

    def __init__(self, kind: str, size: int) -> None:
        self.kind = kind
        self.size = size

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [f"{self.kind}-{row}" for row in range(*at.indices(self.size))]
        return f"{self.kind}-{at}"


class Acts(Sequence[Act]):
    """The acts of a given table, each made when it is looked at."""

    def __init__(self, given: Given) -> None:
        self.given = given

    def __len__(self) -> int:
        return len(self.given.at)

    def __iter__(self) -> Iterator[Act]:
        return (self.given.act(row) for row in range(len(self)))

    @overload
    def __getitem__(self, at: int) -> Act: ...
    @overload
    def __getitem__(self, at: slice) -> list[Act]: ...
    def __getitem__(self, at: int | slice) -> Act | list[Act]:
        if isinstance(at, slice):
            return [self.given.act(row) for row in range(*at.indices(len(self)))]
        return self.given.act(at)
