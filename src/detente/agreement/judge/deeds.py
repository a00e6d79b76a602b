"""Acts as the judge holds them: each with the interval from which it counts (21-language-reference, 4).

A statement counts from receipt: by its addressee if it has one, else by the first other party, else by the first
receiver. An event counts from when it happened. Not received: not made (`made` is False).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from detente.agreement.form import Agreement
from detente.agreement.judge.calendar import FAR
from detente.agreement.record import Act, Interval
from detente.agreement.values import Value


class Deed:
    """One act: `lo`, `hi` bound the instant from which it counts, ms; `event`: what it leaves out is not known."""

    __slots__ = (
        "author",
        "by",
        "edge",
        "event",
        "fields",
        "from_",
        "hi",
        "id",
        "index",
        "kind",
        "lo",
        "log",
        "made",
        "receipts",
        "since",
        "until",
    )

    def __init__(
        self,
        id: str,
        kind: str,
        by: frozenset[str],
        when: Interval | None,
        fields: Mapping[str, object],
        *,
        event: bool = True,
        receipts: Mapping[str, Interval] | None = None,
        log: str = "",
        index: int = -1,
    ) -> None:
        self.id = id
        self.kind = kind
        self.by = by
        self.author = next(iter(by)) if len(by) == 1 else None
        self.event = event
        self.made = when is not None
        self.lo, self.hi = when if when is not None else (FAR, FAR)
        self.fields = fields
        self.receipts: Mapping[str, Interval] = receipts or {}
        self.log = log
        self.index = index if log and not event else -1
        self.from_: int | None = None
        self.until: int | None = None
        self.since: int | None = None
        self.edge: Value | None = None

    def counted_from(self, when: Interval) -> Deed:
        """The same act as it counts from another receipt."""
        other = Deed(
            self.id, self.kind, self.by, when, self.fields,
            event=self.event, receipts=self.receipts, log=self.log, index=self.index,
        )  # fmt: skip
        other.from_, other.until = self.from_, self.until
        return other

    def moved_to(self, instant: int) -> Deed:
        """The same act at another instant, for the before-check."""
        other = Deed(self.id, self.kind, self.by, Interval(instant, instant), self.fields, event=self.event)
        other.receipts, other.from_, other.until = self.receipts, self.from_, self.until
        other.receipts = {name: Interval(instant, instant) for name in self.receipts}
        return other


ASKER = Deed("", "", frozenset(), Interval(-FAR, FAR), {})
"""Phases ask from nowhere: no act is being judged."""


def first_of(receipts: Iterable[Interval]) -> Interval | None:
    """The first of several receipts."""
    known = list(receipts)
    return Interval(min(r.lo for r in known), min(r.hi for r in known)) if known else None


def last_of(receipts: Iterable[Interval | None]) -> Interval | None:
    """The last of several receipts; None if one is missing."""
    known = []
    for receipt in receipts:
        if receipt is None:
            return None
        known.append(receipt)
    return Interval(max(r.lo for r in known), max(r.hi for r in known)) if known else None


class Wardrobe:
    """Turns acts into deeds by the kinds of one agreement."""

    def __init__(self, agreement: Agreement) -> None:
        self.kinds = agreement.kinds
        self.parties = frozenset(agreement.parties)
        self.addressee = {
            kind.name: [field.name for field in kind.fields.values() if field.type == "addressee"]
            for kind in agreement.kinds.values()
        }

    def deed(self, act: Act) -> Deed | None:
        """The deed of an act; None for a kind the agreement does not know."""
        kind = self.kinds.get(act.kind)
        if kind is None:
            return None
        when = (act.at or Interval(-FAR, FAR)) if kind.event else self.counted(act)
        deed = Deed(
            act.id, act.kind, act.by, when, act.fields,
            event=kind.event, receipts=act.received, log=act.log, index=act.index,
        )  # fmt: skip
        deed.from_, deed.until = act.from_, act.until
        return deed

    def asked(self, act: Act, at: int) -> Deed:
        """The deed of an act not yet made: at an instant, and received by whoever it may concern."""
        kind = self.kinds[act.kind]
        deed = Deed(act.id, act.kind, act.by, Interval(at, at), act.fields, event=kind.event)
        if not kind.event:
            whom = set(act.received) | (self.parties - act.by)
            deed.receipts = {who: Interval(at, at) for who in whom}
        deed.from_, deed.until = act.from_, act.until
        return deed

    def counted(self, act: Act) -> Interval | None:
        """From when a statement counts: None if it was not received."""
        for name in self.addressee[act.kind]:
            whom = act.fields.get(name)
            if isinstance(whom, str):
                return act.received.get(whom)
        others = [when for who, when in act.received.items() if who in self.parties and act.by != {who}]
        return first_of(others or act.received.values())

    def receipts(self, act: Act) -> list[Deed]:
        """The built-in receipts of a statement: {of, kind} by each receiver, at its time."""
        kind = self.kinds.get(act.kind)
        if kind is None or kind.event:
            return []
        return [
            Deed(f"receipt:{act.id}:{who}", "receipt", frozenset((who,)), when, {"of": act.id, "kind": act.kind},
                 event=False, receipts={who: when})
            for who, when in act.received.items()
        ]  # fmt: skip
