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
from detente.agreement.judge.deeds import Deed, Wardrobe
from detente.agreement.record import Act, Interval, OneOf, Path, Region, Span, Spot

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
            found = self._keep("codes", name, self.vocabulary.all(self.column(name)))
        return np.asarray(found)

    def id_codes(self) -> Ints:
        """The ids as numbers of the vocabulary."""
        found = self._kept.get(("ids", ""))
        return np.asarray(found if found is not None else self._keep("ids", "", self.vocabulary.all(self.ids)))

    def spots(self, name: str) -> Any:
        """State, longitude, latitude, radius of a field of points."""
        found = self._kept.get(("spots", name))
        return found if found is not None else self._keep("spots", name, spots(self.column(name), self.events()))

    def spans(self, name: str) -> Any:
        """State, start and end of a field of spans."""
        found = self._kept.get(("spans", name))
        if found is None:
            values = self.column(name)
            state = np.array([_state(value, Span) for value in values], np.int8)
            state = np.where((state == MISSING) & self.events(), HIDDEN, state)
            start = np.array([value.start if isinstance(value, Span) else 0 for value in values], np.int64)
            end = np.array([value.end if isinstance(value, Span) else 0 for value in values], np.int64)
            found = self._keep("spans", name, (state, start, end))
        return found

    def receipt(self, person: str) -> Any:
        """When each was received by somebody; NEVER if it was not."""
        found = self._kept.get(("receipt", person))
        if found is None:
            none = Interval(NEVER, NEVER)
            if len(self.receipts):
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


def spots(values: list[object], event: Any) -> tuple[Any, Any, Any, Any]:
    """Points as columns; a value with extent, or one of several, is ODD."""
    state = np.zeros(len(values), np.int8)
    others = [at for at, value in enumerate(values) if type(value) is not Spot]
    if others:
        values = list(values)
        kinds = [
            MISSING if values[at] is None else ODD if isinstance(values[at], OneOf | Region | Path) else HIDDEN
            for at in others
        ]
        state[others] = kinds
        state = np.where((state == MISSING) & event, HIDDEN, state)
        for at in others:
            values[at] = _NOWHERE
    size = len(values)
    lon, lat, radius = (np.fromiter(map(get, values), float, size) for get in _PARTS)
    return state, lon, lat, radius


class Builder:
    """Makes tables of acts by the kinds of one agreement."""

    def __init__(self, wardrobe: Wardrobe, vocabulary: Vocabulary, names: Names) -> None:
        self.wardrobe = wardrobe
        self.vocabulary = vocabulary
        self.names = names
        self._logs: dict[str, int] = {"": -1}

    def table(self, kind: str, acts: list[Act]) -> Table:
        """The acts of a kind that were made."""
        form = self.wardrobe.kinds[kind]
        unaddressed: frozenset[str] = frozenset()
        if form.event:
            anywhen = Interval(-FAR, FAR)
            when = [act.at or anywhen for act in acts]
        else:
            found = self._counted(kind, acts)
            if None in found:
                lost = [act for act, counted in zip(acts, found, strict=True) if counted is None]
                unaddressed = frozenset(act.id for act in lost if act.received)
                acts = [act for act, counted in zip(acts, found, strict=True) if counted is not None]
            when = [counted for counted in found if counted is not None]
        bounds = pairs(when)
        mask = self.names.mask
        stated = place = None
        if not form.event:
            place = (
                np.array([self._log(act.log) for act in acts], np.int64),
                np.array([act.index if act.log else -1 for act in acts], np.int64),
            )
        if any(act.from_ is not None or act.until is not None for act in acts):
            stated = (
                np.array([-NEVER if act.from_ is None else act.from_ for act in acts], np.int64),
                np.array([NEVER if act.until is None else act.until for act in acts], np.int64),
            )
        table = Table(
            kind, self.vocabulary, self.names,
            ids=[act.id for act in acts], fields=[act.fields for act in acts],
            when=bounds, by=np.array([mask(act.by) for act in acts], np.int64),
            event=form.event, receipts=[act.received for act in acts], stated=stated, place=place,
        )  # fmt: skip
        table.acts, table.unaddressed = acts, unaddressed
        return table

    def _counted(self, kind: str, acts: list[Act]) -> list[Interval | None]:
        """From when each counts: one receipt is the plain case."""
        counted = self.wardrobe.counted
        if self.wardrobe.addressee[kind]:
            return [counted(act) for act in acts]
        parties = self.wardrobe.parties

        def when(act: Act) -> Interval | None:
            if len(act.by) == len(act.received) == 1 and parties - act.by == act.received.keys():
                return next(iter(act.received.values()))
            return counted(act)

        return [when(act) for act in acts]

    def _log(self, name: str) -> int:
        return self._logs.setdefault(name, len(self._logs))

    def receipts(self, kind: str, tables: Mapping[str, Table]) -> Table:
        """The built-in receipts of all statements, beside those that stand in the record themselves."""
        deeds = [
            Deed(f"receipt:{table.ids[at]}:{who}", "receipt", frozenset((who,)), when,
                 {"of": table.ids[at], "kind": table.kind}, event=False, receipts={who: when})
            for table in tables.values() if not self.wardrobe.kinds[table.kind].event
            for at, received in enumerate(table.receipts)
            for who, when in received.items()
        ]  # fmt: skip
        return self.of_deeds(kind, deeds)

    def of_deeds(self, kind: str, deeds: Sequence[Deed]) -> Table:
        """Rows for what is no act of the record: due times, edges, days, receipts."""
        size = len(deeds)
        table = Table(
            kind, self.vocabulary, self.names,
            ids=[deed.id for deed in deeds], fields=[deed.fields for deed in deeds],
            when=(np.array([d.lo for d in deeds], np.int64), np.array([d.hi for d in deeds], np.int64)),
            by=np.array([self.names.mask(deed.by) for deed in deeds], np.int64).reshape(size),
            event=np.array([deed.event for deed in deeds], bool), receipts=[deed.receipts for deed in deeds],
        )  # fmt: skip
        if any(deed.since is not None for deed in deeds):
            table.since = np.array([NEVER if deed.since is None else deed.since for deed in deeds], np.int64)
        return table


def live(acts: Sequence[Act]) -> list[Act]:
    """Without what was withdrawn, corrected or told again under the same id, as the judge takes them one by one."""
    replaced = set(map(attrgetter("replaces"), acts)) - {""}
    ids = set(map(attrgetter("id"), acts))
    if len(ids) == len(acts):  # each told once: the order of telling does not matter
        if not replaced and not any(map(attrgetter("withdrawn"), acts)):
            return list(acts)
        return [act for act in acts if not act.withdrawn and act.id not in replaced]
    gone: set[str] = set()
    kept: dict[str, Act] = {}
    for act in acts:
        if act.replaces:
            gone.add(act.replaces)
            kept.pop(act.replaces, None)
        if act.withdrawn or act.id in gone:
            kept.pop(act.id, None)
        else:
            kept[act.id] = act
    return list(kept.values())
