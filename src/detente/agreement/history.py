"""What is known of acts, and since when: the record as it grew, with its corrections, withdrawals and accounts.

A `History` gives the `Record` of any instant (known then) and of now, and the changes between two instants in the order
in which they came to be known. A statement comes to be known with each receipt, an event when it happened, unless
`known_from` says later. What comes later than that (for a statement: than its first receipt can have been), corrects,
withdraws or tells an act differently is a *revision*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from detente.agreement.record import Account, Act, Record

Label = Literal["synthetic", "reconstruction", "allegations", "ledger"]
LABELS: tuple[Label, ...] = ("synthetic", "reconstruction", "allegations", "ledger")
LABEL_WORDS: dict[str, str] = {
    "synthetic": "SYNTHETIC: made up, nothing of this happened",
    "reconstruction": "RECONSTRUCTION from reports, not anybody's ledger",
    "allegations": "ALLEGATIONS: claims of those who make them, not findings of fact",
    "ledger": "from signed ledgers",
}
NEVER = -(1 << 50)
"""The head of a log of which nothing is known."""


class Told(NamedTuple):
    """An account of an act that came to be known at `known`, ms (None: with the act)."""

    account: Account
    known: int | None
    where: str = ""


class Withdrawn(NamedTuple):
    """An act was taken back, as was known at `known`, ms."""

    known: int
    reason: str = ""
    where: str = ""


class Change(NamedTuple):
    """At an instant an act comes to be known, or to be known differently. `why` is empty for what came in its time."""

    at: int
    id: str
    why: str = ""


@dataclass(frozen=True)
class History:
    """`acts` in the order of the file; `told` and `withdrawn` by the id of the act they are about.

    `heads`: for each log the instant up to which it is known whole. `reported_in`: where a reader may look an act up.
    """

    now: int
    acts: Mapping[str, Act] = field(default_factory=dict)
    told: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)
    withdrawn: Mapping[str, Withdrawn] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=dict)
    labels: tuple[Label, ...] = ("synthetic",)
    notes: tuple[str, ...] = ()
    reported_in: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record, label: Label = "synthetic") -> History:
        """The history of a record: accounts known with their acts, withdrawals since now."""
        return cls(
            now=record.now,
            acts={act.id: replace(act, accounts=(), withdrawn=False) for act in record.acts},
            told={act.id: tuple(Told(one, None) for one in act.accounts) for act in record.acts if act.accounts},
            withdrawn={act.id: Withdrawn(record.now) for act in record.acts if act.withdrawn},
            heads=dict(record.heads),
            labels=(label,),
        )

    def record(self) -> Record:
        """All that is known now."""
        acts = []
        for id, act in self.acts.items():
            told = tuple(one.account for one in self.told.get(id, ()))
            acts.append(replace(act, accounts=told, withdrawn=id in self.withdrawn) if told or self.withdrawn else act)
        return Record(tuple(acts), self.now, dict(self.heads))

    def known_at(self, at: int) -> Record:
        """What was known at an instant: nothing said, received, told, corrected or withdrawn later."""
        acts = [act for id in self.acts if (act := self.act_at(id, at)) is not None]
        return Record(tuple(acts), at, {log: min(head, at) for log, head in self.heads.items()})

    def act_at(self, id: str, at: int) -> Act | None:
        """An act as it was known at an instant; None if it was not."""
        act = self.acts[id]
        if first_known(act) > at:
            return None
        received = {who: when for who, when in act.received.items() if when.lo <= at}
        told = tuple(one.account for one in self.told.get(id, ()) if one.known is None or one.known <= at)
        taken_back = id in self.withdrawn and self.withdrawn[id].known <= at
        return replace(act, received=received, accounts=told, withdrawn=taken_back)

    def changes(self, after: int) -> list[Change]:
        """What came to be known later than an instant, in order."""
        found: list[Change] = []
        for id, act in self.acts.items():
            found += self._of(id, act, after)
        return sorted(found)

    def _of(self, id: str, act: Act, after: int) -> Iterator[Change]:
        known, natural = first_known(act), in_its_time(act)
        moments = {known: ""} | {when.lo: "" for when in act.received.values() if when.lo > known}
        if act.replaces:
            moments[known] = f"correction of {act.replaces}"
        elif known > max(natural, min((when.hi for when in act.received.values()), default=natural)):
            moments[known] = "late"
        for one in self.told.get(id, ()):
            if one.known is not None and one.known > known:
                moments[one.known] = f"account by {one.account.source}"
        if id in self.withdrawn:
            taken = self.withdrawn[id]
            moments[taken.known] = f"withdrawal of {id}"
        yield from (Change(at, id, why) for at, why in moments.items() if after < at <= self.now)

    def first_revision(self) -> int | None:
        """The instant of the first revision; None if there is none."""
        return min((change.at for change in self.changes(NEVER) if change.why), default=None)


def in_its_time(act: Act) -> int:
    """When an act would come to be known by itself: with its first receipt, or when it happened; ms."""
    if act.received:
        return min(when.lo for when in act.received.values())
    return act.at.lo if act.at is not None else NEVER


def first_known(act: Act) -> int:
    """When an act came to be known, ms."""
    return max(in_its_time(act), act.known_from if act.known_from is not None else NEVER)
