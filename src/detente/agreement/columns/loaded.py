"""A record as columns, made once: nothing in them depends on the agreement by which it is judged.

Looking into every act, scattered in memory as objects are, costs as much as judging them; so it is done once, for
whatever agreements, readings and heads the record is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from detente.agreement.columns.codes import Ints
from detente.agreement.columns.tables import NEVER, as_spans, as_spots, pairs
from detente.agreement.columns.vocabulary import Vocabulary
from detente.agreement.judge.worlds import tellings, told
from detente.agreement.record import Act, Interval, Record, Span, Spot

_ANYWHEN = Interval(-NEVER, NEVER)


class Raw(NamedTuple):
    """Acts of one kind, one row each. `at`: when they happened or were said, ms UTC. `by`: sets of people, and which of
    them each is by. `stated`: `from` and `until` (-NEVER and NEVER where there is none), None if no act states any.
    `place`: log and index (-1 if unknown). `ready`: fields and receipts as columns, see `Table.ready`.
    """

    acts: Sequence[Act]
    ids: Sequence[str]
    fields: Sequence[Mapping[str, object]]
    receipts: Sequence[Mapping[str, Interval]]
    at: tuple[Ints, Ints]
    by: tuple[Sequence[frozenset[str]], Ints]
    stated: tuple[Ints, Ints] | None
    place: tuple[Ints, Ints]
    ready: Mapping[tuple[str, str], Sequence[Any]]

    def take(self, rows: Ints) -> Raw:
        """Some of them."""
        places = rows.tolist()
        return Raw(
            acts=[self.acts[row] for row in places],
            ids=[self.ids[row] for row in places],
            fields=[self.fields[row] for row in places],
            receipts=[self.receipts[row] for row in places],
            at=(self.at[0][rows], self.at[1][rows]),
            by=(self.by[0], self.by[1][rows]),
            stated=None if self.stated is None else (self.stated[0][rows], self.stated[1][rows]),
            place=(self.place[0][rows], self.place[1][rows]),
            ready={name: tuple(column[rows] for column in columns) for name, columns in self.ready.items()},
        )


class Telling:
    """One telling of a record: its acts by kind. `vocabulary`: the values that their fields hold."""

    def __init__(self, acts: Sequence[Act]) -> None:
        self.vocabulary = Vocabulary()
        self.kinds: dict[str, Raw] = {}
        self.ids = {act.id for act in acts}
        self._logs: dict[str, int] = {"": -1}
        self._sets: dict[frozenset[str], int] = {}
        by_kind: dict[str, list[Act]] = {}
        for act in acts:
            found = by_kind.get(act.kind)
            if found is None:
                by_kind[act.kind] = [act]
            else:
                found.append(act)
        for kind, of_kind in by_kind.items():
            self.kinds[kind] = self._raw(of_kind)

    def raw(self, kind: str) -> Raw:
        """The acts of a kind."""
        found = self.kinds.get(kind)
        return found if found is not None else self._raw([])

    def _raw(self, acts: list[Act]) -> Raw:
        size = len(acts)
        fields = [act.fields for act in acts]
        receipts: list[Mapping[str, Interval]] = [act.received for act in acts]
        sets = self._sets
        by = np.fromiter((sets.setdefault(act.by, len(sets)) for act in acts), np.int64, size)
        stated = None
        if any(act.from_ is not None or act.until is not None for act in acts):
            stated = (
                np.array([-NEVER if act.from_ is None else act.from_ for act in acts], np.int64),
                np.array([NEVER if act.until is None else act.until for act in acts], np.int64),
            )
        if any(act.log for act in acts):
            logs = self._logs
            place = (
                np.array([logs.setdefault(act.log, len(logs)) for act in acts], np.int64),
                np.array([act.index if act.log else -1 for act in acts], np.int64),
            )
        else:
            place = np.full(size, -1), np.full(size, -1)
        ready: dict[tuple[str, str], Sequence[Any]] = {}
        none = Interval(NEVER, NEVER)
        for who in sorted({who for received in receipts for who in received}):
            ready["receipt", who] = pairs([received.get(who, none) for received in receipts])
        for name in dict.fromkeys(name for one in fields for name in one):
            self._field(ready, name, [one.get(name) for one in fields])
        return Raw(
            acts, [act.id for act in acts], fields, receipts, pairs([act.at or _ANYWHEN for act in acts]),
            (list(sets), by), stated, place, ready,
        )  # fmt: skip

    def _field(self, ready: dict[tuple[str, str], Sequence[Any]], name: str, values: list[object]) -> None:
        types = set(map(type, values))
        if Spot in types:
            ready["spots", name] = as_spots(values)
        elif Span in types:
            ready["spans", name] = as_spans(values)
        else:
            ready["codes", name] = (self.vocabulary.all(values),)


class Loaded:
    """A record as columns. `tellings`: what each source tells ("" if no act is told by several)."""

    def __init__(self, record: Record) -> None:
        self.record = record
        acts = live(record.acts)
        sources = tellings({account.source for act in acts for account in act.accounts})
        self.tellings = [(name, Telling(acts if name == "" else [told(act, name) for act in acts])) for name in sources]


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
