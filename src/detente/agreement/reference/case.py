"""The case in hand: the agreement, the record as it stands, and the act that is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from detente.agreement.finding import Finding
from detente.agreement.form import Agreement, Pattern
from detente.agreement.geometry import Geometry
from detente.agreement.record import Act, Interval, OneOf, Record
from detente.agreement.reference.instants import FAR, NEVER_KNOWN, first_of
from detente.agreement.values import F, T, U, Value

PLAIN = ("receipt", "finding", "due", "day", "edge")
"""Kinds that nobody receives: they count from their own time."""


@dataclass
class Trace:
    """What the questions met on the way: acts that spoke, what was missing."""

    evidence: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass
class Case:
    """Everything a question may look at. In a before-check `relied` are the permissions named (else None) and `proposed`
    is the act asked about."""

    agreement: Agreement
    record: Record
    geometry: Geometry
    relied: frozenset[str] | None = None
    findings_of: Callable[[str], list[Finding]] = lambda clause: []
    acts: tuple[Act, ...] = ()
    spans: dict[str, object] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    proposed: str = ""

    def __post_init__(self) -> None:
        self.renamed = {act.replaces: act.id for act in self.record.acts if act.replaces}
        self.record = self.record.current()
        receipts = [
            Act(
                id=f"receipt:{act.id}:{receiver}",
                kind="receipt",
                by=frozenset({receiver}),
                at=when,
                fields={"of": act.id, "kind": act.kind},
                log=receiver,
            )
            for act in self.record.acts
            for receiver, when in act.received.items()
        ]
        self.acts = (*self.record.acts, *receipts)

    def current_id(self, name: str) -> str:
        """The id of an act, or of what corrected it."""
        seen = {name}
        while name in self.renamed and self.renamed[name] not in seen:
            name = self.renamed[name]
            seen.add(name)
        return name

    def find(self, name: str) -> Act | None:
        """An act by its id."""
        name = self.current_id(name)
        return next((act for act in self.acts if act.id == name), None)

    def is_event(self, kind: str) -> bool:
        """Whether a kind counts from when it happened."""
        return kind in self.agreement.kinds and self.agreement.kinds[kind].event

    def logs(self) -> list[str]:
        """All logs: one for each party and each other that keeps one."""
        keepers = [code for code, other in self.agreement.others.items() if other.keeps_log]
        return [*self.agreement.parties, *keepers]

    def log_of(self, code: str) -> list[str]:
        """The logs in which statements of a person would stand (3): own, guarantor's, members'."""
        other = self.agreement.others.get(code)
        if code in self.agreement.parties:
            return [code]
        if other is None:
            return self.logs()
        if other.keeps_log:
            return [code]
        if other.members:
            return [log for member in other.members for log in self.log_of(member)]
        if other.guarantor:
            return self.log_of(other.guarantor)
        return self.logs()

    def whole(self, kinds: Iterable[str], logs: list[str], instant: int) -> bool:
        """Absence up to an instant is *no* only if every log concerned is whole to it; events wait for `settle`."""
        for kind in kinds:
            if self.is_event(kind) or kind == "finding":
                if any(self.record.complete_to(log) < instant + self.agreement.settle for log in self.logs()):
                    return False
            elif any(self.record.complete_to(log) < instant for log in logs):
                return False
        return True

    def first_receipt(self, act: Act) -> Interval | None:
        """From when a statement counts if nothing says by whom it must be received (4).

        A receipt that is not seen lies beyond what is known of the author's log and of the receiver's.
        """
        kind = self.agreement.kinds.get(act.kind)
        for name, form in kind.fields.items() if kind else ():
            if form.type == "addressee" and name in act.fields:
                to = act.fields[name]
                if isinstance(to, str):
                    return act.received.get(to)
                return self._by_one_of(act, to)
        if not act.received:
            return None
        parties = [code for code in self.agreement.parties if act.by != {code}]
        known = [act.received[code] for code in parties if code in act.received]
        unseen = [self.unseen_from(act, code) for code in parties if code not in act.received]
        if known:
            first = first_of(known)
            return Interval(min([first.lo, *unseen]), first.hi)
        first = first_of(list(act.received.values()))  # no party has it, as far as is known
        behind = any(instant <= self.record.now for instant in unseen)
        return Interval(first.lo, max(first.hi, self.record.now) if behind else first.hi)

    def _by_one_of(self, act: Act, to: object) -> Interval | None:
        """Whose receipt counts is not known: one of these, or anybody; it may be one who never gets it."""
        if not act.received:
            return None
        codes = (
            [str(code) for code in to.values]
            if isinstance(to, OneOf)
            else [*self.agreement.parties, *self.agreement.others]
        )
        codes = [code for code in codes if act.by != {code}]  # nobody writes to himself
        known = [act.received[code] for code in codes if code in act.received]
        unseen = [self.unseen_from(act, code) for code in codes if code not in act.received]
        if not known:
            return None
        return Interval(min([*(when.lo for when in known), *unseen]), FAR if unseen else max(when.hi for when in known))

    def unseen_from(self, act: Act, receiver: str) -> int:
        """The first instant at which a receipt that is not seen may lie."""
        mine = [self.record.complete_to(log) for code in act.by for log in self.log_of(code)]
        known = min(mine or [self.record.complete_to(log) for log in self.logs()])
        if receiver in self.logs():
            known = max(known, self.record.complete_to(receiver))
        return known + 1

    def made(self, act: Act) -> Interval | None:
        """When an act counts from; None: not made (a statement that nobody received)."""
        if self.is_event(act.kind):
            return act.at or NEVER_KNOWN
        if act.kind in PLAIN and not act.received:
            return act.at or NEVER_KNOWN
        return self.first_receipt(act)


def told_enough(case: Case, act: Act) -> bool:
    """Whether as many independent sources tell an event as the agreement asks for (resolution 16). Those for whom one and
    the same party answers are one source."""
    needed = case.agreement.sources.get(act.kind, 1)
    if needed <= 1 or act.id == case.proposed:
        return True
    return lacking(case, act) == 0


def lacking(case: Case, act: Act) -> int:
    """How many more independent sources an event needs."""
    others = case.agreement.others
    names = {(others[one].guarantor or one) if one in others else one for one in act.tellers()}
    return max(0, case.agreement.sources.get(act.kind, 1) - len(names))


def surely_made(case: Case, act: Act, at: Interval) -> Value:
    """A statement that may never have been received may not have been made; an event was, whenever, if enough tell it."""
    if not told_enough(case, act):
        return U
    return U if at.hi >= FAR and not case.is_event(act.kind) and act.kind not in PLAIN else T


@dataclass(frozen=True)
class About:
    """The act being asked about, its time, the act one step out, and the clause."""

    case: Case
    act: Act
    at: Interval
    outer: About | None = None
    clause: str = ""
    trace: Trace = field(default_factory=Trace)

    def inner(self, act: Act, at: Interval) -> About:
        """The same for an act named beside this one."""
        return replace(self, act=act, at=at, outer=self, trace=Trace())


def nobody(case: Case, at: Interval, kind: str = "edge", name: str = "") -> About:
    """A question about no act, only a time."""
    return About(case, Act(id=name, kind=kind, at=at), at)


def agreed(values: Iterable[Value]) -> Value:
    """All the same: that; else cannot tell ("among people", 6). For none: no."""
    items = set(values)
    if len(items) > 1:
        return U
    return items.pop() if items else F


def in_order(first: Act, second: Act, case: Case) -> bool | None:
    """Between two statements of one log the index decides (5); None: it does not."""
    if case.is_event(first.kind) or case.is_event(second.kind) or first.id == second.id:
        return None
    if not first.log or first.log != second.log or first.index < 0 or second.index < 0 or first.index == second.index:
        return None
    return first.index < second.index


__all__ = ["PLAIN", "About", "Case", "Pattern", "Trace", "agreed", "in_order", "nobody", "surely_made"]
