"""Acts as the judge holds them: each with the interval from which it counts (21-language-reference, 4).

A statement counts from receipt: by its addressee if it has one, else by the first other party, else by the first
receiver. An event counts from when it happened. Not received: not made (`made` is False).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from detente.agreement.form import Agreement
from detente.agreement.judge.calendar import FAR
from detente.agreement.record import Act, Interval, OneOf
from detente.agreement.values import T, U, Value

if TYPE_CHECKING:
    from detente.agreement.judge.frame import Frame
    from detente.agreement.judge.people import Persons


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
        "lacking",
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
        self.lacking = 0
        """How many more independent sources an event needs (resolution 16)."""

    @property
    def told(self) -> Value:
        """Whether as many tell it as the agreement asks for."""
        return U if self.lacking else T

    @property
    def sure(self) -> bool:
        """A statement that may never have been received may not have been made; an event was, whenever, if enough tell it."""
        if self.lacking:
            return False
        return self.event or self.hi < FAR or self.kind in ("receipt", "finding")

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
        other.made, other.from_, other.until = self.made, self.from_, self.until
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

    def __init__(self, agreement: Agreement, persons: Persons, frame: Frame) -> None:
        self.persons = persons
        self.frame = frame
        self.people = (*agreement.parties, *agreement.others)
        self.kinds = agreement.kinds
        self.sources = agreement.sources
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
        deed.lacking = self._lacking(act)
        return deed

    def _lacking(self, act: Act) -> int:
        """How many more independent sources are needed. Those for whom one and the same party answers are one source."""
        needed = self.sources.get(act.kind)
        if needed is None:
            return 0
        return max(0, needed - len({self.persons.guarantor(one) or one for one in act.tellers()}))

    def asked(self, act: Act, at: int) -> Deed:
        """The deed of an act not yet made: at an instant, and received by whoever it may concern."""
        kind = self.kinds[act.kind]
        deed = Deed(act.id, act.kind, act.by, Interval(at, at), act.fields, event=kind.event)
        if not kind.event:
            whom = self.people if self.addressee[act.kind] else self.frame.logs
            deed.receipts = {who: Interval(at, at) for who in whom if act.by != {who}}
        deed.from_, deed.until = act.from_, act.until
        # What is addressed to its own author is received by nobody.
        deed.made = not any(act.by == {act.fields.get(name)} for name in self.addressee[act.kind])
        return deed

    def counted(self, act: Act) -> Interval | None:
        """From when a statement counts: None if it was not received.

        What is not seen of its receipts may lie after what is known of the author's log and of the receiver's.
        """
        if not act.received:
            return None
        for name in self.addressee[act.kind]:
            whom = act.fields.get(name)
            if isinstance(whom, str):
                return act.received.get(whom)
            if whom is not None:
                return self._one_of_them(act, whom)
        lo = hi = FAR
        missing = False
        for code in self.parties:
            if act.by != {code}:
                when = act.received.get(code)
                if when is not None:
                    lo, hi = min(lo, when.lo), min(hi, when.hi)
                else:
                    missing = True
        if not missing:
            return Interval(lo, hi) if hi < FAR else first_of(act.received.values())
        unseen = min(
            self.unseen_from(act, code) for code in self.parties if act.by != {code} and code not in act.received
        )
        if hi < FAR:
            return Interval(min(lo, unseen), hi)
        first = first_of(act.received.values())
        assert first is not None
        return Interval(first.lo, max(first.hi, self.frame.now)) if unseen <= self.frame.now else first

    def _one_of_them(self, act: Act, whom: object) -> Interval | None:
        """The addressee is not known: one of several, or anybody; perhaps one who never gets it."""
        codes = [str(code) for code in whom.values] if isinstance(whom, OneOf) else list(self.people)
        codes = [code for code in codes if act.by != {code}]  # nobody writes to himself
        known = [act.received[code] for code in codes if code in act.received]
        unseen = [self.unseen_from(act, code) for code in codes if code not in act.received]
        if not known:
            return None
        return Interval(min([*(when.lo for when in known), *unseen]), FAR if unseen else max(when.hi for when in known))

    def unseen_from(self, act: Act | Deed, receiver: str) -> int:
        """The first instant at which a receipt that is not seen may lie."""
        logs = self.persons.logs(act.by or None)
        known = min(self.frame.head(log) for log in logs or self.frame.logs)
        return max(known, self.frame.head(receiver)) + 1 if receiver in self.frame.logs else known + 1

    def unsettled(self, act: Act) -> bool:
        """Whether what is known of the logs may change from when a statement counts."""
        if not act.received or self.kinds[act.kind].event:
            return False
        if any(not isinstance(act.fields.get(name), str) for name in self.addressee[act.kind] if name in act.fields):
            return True
        return any(code not in act.received and act.by != {code} for code in self.parties)

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
