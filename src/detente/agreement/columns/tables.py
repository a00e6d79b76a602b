"""Acts of one kind as columns: when they count, who they are by, what they state. Columns are made when first asked for.

The same rules as the step judge's deeds: a statement counts from receipt, an event from when it happened, and what was
not received is not made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from detente.agreement.columns.codes import Flags, Ints
from detente.agreement.columns.vocabulary import HIDDEN, MISSING, ODD, PLAIN, Names, Vocabulary
from detente.agreement.judge.calendar import FAR
from detente.agreement.record import Act, Interval, OneOf, Path, Region, Span, Spot

Spots = tuple[Any, Any, Any, Any]
Spans = tuple[Any, Any, Any]
NEVER = FAR
"""A `from` or `until` that is not stated, or a receipt that has not come."""
_PARTS = (attrgetter("lon"), attrgetter("lat"), attrgetter("radius"))
_NOWHERE = Spot(0.0, 0.0)


class Table:
    """Acts of one kind, one row each, in the order of the record."""

    def __init__(
        self,
        kind: str,
        vocabulary: Vocabulary,
        names: Names,
        *,
        ids: Sequence[str],
        fields: Sequence[Mapping[str, object]],
        when: tuple[Ints, Ints],
        by: Ints,
        event: Any,
        receipts: Sequence[Mapping[str, Interval]] = (),
        stated: tuple[Ints, Ints] | None = None,
        place: tuple[Ints, Ints] | None = None,
    ) -> None:
        self.kind = kind
        self.vocabulary = vocabulary
        self.names = names
        self.ids = ids
        self.fields = fields
        self.lo, self.hi = when
        self.by = by
        self.event = event
        self.receipts = receipts
        size = len(ids)
        self.size = size
        self.from_: Ints
        self.until: Ints
        self.log: Ints
        self.index: Ints
        self.from_, self.until = stated or (_same(-NEVER, size), _same(NEVER, size))
        self.has_stated = stated is not None
        self.log, self.index = place or (_same(-1, size), _same(-1, size))
        self.logged = place is not None and bool((self.index >= 0).any())
        self.acts: Sequence[Act] = ()
        self.ready: Mapping[tuple[str, str], Sequence[Any]] = {}
        """Columns made when the record was loaded: ("codes" | "spots" | "spans", field), ("receipt", person)."""
        self.unaddressed: frozenset[str] = frozenset()
        """Acts that are left out though others received them: their addressee did not."""
        self.since: Ints | None = None
        self.edge: Any = None
        self._kept: dict[tuple[str, str], Any] = {}
        self._row_of: dict[str, int] | None = None

    def row(self, id: str) -> int:
        """The row of an act; -1 if it is not here."""
        if self._row_of is None:
            self._row_of = {name: at for at, name in enumerate(self.ids)}
        return self._row_of.get(id, -1)

    def column(self, name: str) -> list[object]:
        """The values of a field as they stand; None where it is left out."""
        return [fields.get(name) for fields in self.fields]

    def events(self) -> Flags:
        """Of each row: whether what it leaves out is not known."""
        return np.broadcast_to(np.asarray(self.event, bool), (self.size,))

    def _keep(self, what: str, name: str, made: Any) -> Any:
        self._kept[(what, name)] = made
        return made

    def codes(self, name: str) -> Ints:
        """A field as numbers of the vocabulary."""
        found = self._kept.get(("codes", name))
        if found is None:
            [ready] = self.ready.get(("codes", name)) or [None]
            found = self._keep("codes", name, self.vocabulary.all(self.column(name)) if ready is None else ready)
        return np.asarray(found)

    def id_codes(self) -> Ints:
        """The ids as numbers of the vocabulary."""
        found = self._kept.get(("ids", ""))
        return np.asarray(found if found is not None else self._keep("ids", "", self.vocabulary.all(self.ids)))

    def spots(self, name: str) -> Spots:
        """State, longitude, latitude, radius of a field of points."""
        found = self._kept.get(("spots", name))
        if found is None:
            ready = self.ready.get(("spots", name)) or as_spots(self.column(name))
            found = self._keep("spots", name, (unless_event(ready[0], self.events()), *ready[1:]))
        return found  # type: ignore[no-any-return]

    def spans(self, name: str) -> Spans:
        """State, start and end of a field of spans."""
        found = self._kept.get(("spans", name))
        if found is None:
            ready = self.ready.get(("spans", name)) or as_spans(self.column(name))
            found = self._keep("spans", name, (unless_event(ready[0], self.events()), *ready[1:]))
        return found  # type: ignore[no-any-return]

    def receipt(self, person: str) -> Any:
        """When each was received by somebody; NEVER if it was not."""
        found = self._kept.get(("receipt", person))
        if found is None:
            none = Interval(NEVER, NEVER)
            if ("receipt", person) in self.ready:
                made = self.ready["receipt", person]
            elif len(self.receipts):
                made = pairs([received.get(person, none) for received in self.receipts])
            else:
                made = np.full(self.size, NEVER), np.full(self.size, NEVER)
            found = self._keep("receipt", person, made)
        return found

    def receivers(self) -> list[str]:
        """Everybody who received any of them."""
        found = self._kept.get(("receivers", ""))
        if found is None:
            found = self._keep("receivers", "", sorted({who for received in self.receipts for who in received}))
        return list(found)


def _same(value: int, size: int) -> Ints:
    """One number for every row, held once."""
    return np.broadcast_to(np.int64(value), (size,))


def _state(value: object, plain: type) -> int:
    if isinstance(value, plain):
        return PLAIN
    return MISSING if value is None else HIDDEN if not isinstance(value, OneOf) else ODD


def pairs(intervals: Sequence[Interval]) -> tuple[Ints, Ints]:
    """Both ends of many intervals."""
    los, his = map(itemgetter(0), intervals), map(itemgetter(1), intervals)
    return np.fromiter(los, np.int64, len(intervals)), np.fromiter(his, np.int64, len(intervals))


def spots(values: list[object], event: Any) -> Spots:
    """Points as columns; a value with extent, or one of several, is ODD. What an event leaves out is not known."""
    state, *place = as_spots(values)
    return (unless_event(state, event), *place)


def as_spots(values: list[object]) -> Spots:
    """The same whatever leaves them out."""
    state = np.zeros(len(values), np.int8)
    others = [at for at, value in enumerate(values) if type(value) is not Spot]
    if others:
        values = list(values)
        kinds = [
            MISSING if values[at] is None else ODD if isinstance(values[at], OneOf | Region | Path) else HIDDEN
            for at in others
        ]
        state[others] = kinds
        for at in others:
            values[at] = _NOWHERE
    size = len(values)
    lon, lat, radius = (np.fromiter(map(get, values), float, size) for get in _PARTS)
    return state, lon, lat, radius


def as_spans(values: list[object]) -> Spans:
    """Spans as columns: state, start, end."""
    state = np.array([_state(value, Span) for value in values], np.int8)
    start = np.array([value.start if isinstance(value, Span) else 0 for value in values], np.int64)
    end = np.array([value.end if isinstance(value, Span) else 0 for value in values], np.int64)
    return state, start, end


def unless_event(state: Any, event: Any) -> Any:
    """What an event leaves out is not known."""
    return np.where((state == MISSING) & event, HIDDEN, state)
