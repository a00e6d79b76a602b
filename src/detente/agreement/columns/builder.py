"""Tables of one agreement: which acts of a loaded record count, from when, and what is no act of the record at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detente.agreement.columns.codes import Flags, Ints
from detente.agreement.columns.loaded import Raw
from detente.agreement.columns.tables import NEVER, Table
from detente.agreement.columns.vocabulary import Names, Vocabulary
from detente.agreement.judge.deeds import Deed, Wardrobe


class Builder:
    """Makes tables of acts by the kinds of one agreement."""

    def __init__(self, wardrobe: Wardrobe, vocabulary: Vocabulary, names: Names) -> None:
        self.wardrobe = wardrobe
        self.vocabulary = vocabulary
        self.names = names

    def table(self, kind: str, raw: Raw) -> Table:
        """The acts of a kind that were made."""
        form = self.wardrobe.kinds[kind]
        unaddressed: frozenset[str] = frozenset()
        if form.event:
            lo, hi = raw.at
        else:
            lo, hi, made = self._counted(kind, raw)
            if not made.all():
                lost = np.flatnonzero(~made).tolist()
                unaddressed = frozenset(raw.acts[row].id for row in lost if raw.acts[row].received)
                rows = np.flatnonzero(made)
                raw, lo, hi = raw.take(rows), lo[rows], hi[rows]
        table = Table(
            kind, self.vocabulary, self.names, ids=raw.ids, fields=raw.fields, when=(lo, hi), by=self._by(raw),
            event=form.event, receipts=raw.receipts, stated=raw.stated, place=None if form.event else raw.place,
        )  # fmt: skip
        table.acts, table.unaddressed, table.ready = raw.acts, unaddressed, raw.ready
        return table

    def _by(self, raw: Raw) -> Ints:
        """Authors as bits."""
        sets, number = raw.by
        met = np.bincount(number, minlength=len(sets)) > 0
        masks = np.array([self.names.mask(one) if here else 0 for one, here in zip(sets, met, strict=True)], np.int64)
        return np.asarray(masks[number]) if len(number) else np.zeros(0, np.int64)

    def _counted(self, kind: str, raw: Raw) -> tuple[Ints, Ints, Flags]:
        """From when each counts, and whether it does: received by all other parties is the plain case, the step judge's
        wardrobe says the rest."""
        size = len(raw.ids)
        by = self._by(raw)
        lo, hi = np.full(size, NEVER), np.full(size, NEVER)
        plain = np.full(size, not self.wardrobe.addressee[kind])
        for code in self.wardrobe.parties:
            other = by != self.names.bit(code)
            found = raw.ready.get(("receipt", code))
            if found is None:
                plain &= ~other
                continue
            plain &= ~other | (found[0] < NEVER)
            lo = np.where(other, np.minimum(lo, found[0]), lo)
            hi = np.where(other, np.minimum(hi, found[1]), hi)
        plain &= hi < NEVER
        made = plain.copy()
        for row in np.flatnonzero(~plain).tolist():
            counted = self.wardrobe.counted(raw.acts[row])
            if counted is not None:
                made[row], lo[row], hi[row] = True, counted[0], counted[1]
        return lo, hi, made

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
