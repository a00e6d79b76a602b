"""Open lists: places that one side hands to the other, and what both have said of each.

A nomination is a place and a window of time, a group as a claim, and the area version it was made under; nothing says
how, with what or in which order anything would be done. The time to look runs from the receiver's own receipt. Silence
is not agreement: what nobody has agreed to when its window begins has lapsed. Handing over logs the nominator's own
consent as well; the receiver's review gives the second (05-resolutions 19). A new nomination of the same target, or a new
version of its area, voids what was agreed before. Whether a deed fits is for the judge to say, never for this desk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from detente.agreement.record import UNKNOWN, Act, Interval, Region, Span
from detente.desks.hearing import heard, order, own, unsure, when
from detente.desks.moves import Move, Table

VOCABULARY = "lists-1"
NOMINATION, CONSENT, REFUSAL, WITHDRAWAL = "nomination", "consent", "refusal", "withdrawal_of_consent"
UNDERTAKING, ABORT, RESULT = "undertaking", "abort", "result"
RUNNING = ("handed over", "agreed", "undertaken")
"""States in which a nomination still runs."""
Versions = Mapping[str, Sequence[tuple[int, int]]]
"""Area to (version, ms from which both keys were on it)."""

TABLE = Table(
    "lists",
    "not handed over",
    (
        Move(("not handed over",), "handed over", "nominator", NOMINATION, "the receiver has signed for it"),
        Move(("handed over",), "agreed", "both", CONSENT, "by each, for this very nomination"),
        Move(("agreed",), "undertaken", "either", UNDERTAKING, "its author is the side that acts"),
        Move(RUNNING, "refused", "either", REFUSAL),
        Move(("agreed", "undertaken"), "withdrawn", "either", WITHDRAWAL),
        Move(("handed over",), "withdrawn", "either", WITHDRAWAL, "of the nominator, or of one that has consented"),
        Move(RUNNING, "replaced", "either", NOMINATION, "of the same target"),
        Move(RUNNING, "void", "clock", "a new version of its area is in force"),
        Move(("handed over",), "lapsed", "clock", "its window begins and nobody has agreed"),
        Move(("agreed", "undertaken"), "aborted", "either", ABORT),
        Move(("agreed", "undertaken"), "expired", "clock", "its window ends"),
        Move(("agreed", "undertaken", "expired"), "reported", "either", RESULT),
    ),
)


@dataclass(frozen=True)
class Step:
    """One move as it was made: to which state, when (receipt, or the clock), by whom, by which statement ("" the clock)."""

    state: str
    at: Interval
    by: str
    act: str


@dataclass(frozen=True)
class Item:
    """One nomination and what has become of it. `idle`: statements that moved nothing. `ending`: somebody
    has refused or withdrawn and the other has not signed for that yet: treat it as ended, it may be."""

    id: str
    target: str
    nominator: str
    group: str
    place: Region
    window: Span
    area: str
    area_version: int | None
    received: Interval | None
    state: str
    consents: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()
    idle: tuple[str, ...] = ()
    ending: bool = False

    def ready_at(self, look: int) -> int | None:
        """When the time to look (ms) has surely passed; None while the receiver has not signed for it."""
        return self.received.hi + look if self.received else None


def items(acts: Iterable[Act], parties: Sequence[str], now: int, versions: Versions) -> list[Item]:
    """Every nomination with its state at `now`, in the order of receipt.

    `acts`: of both sides. `versions`: area to the versions both have agreed, each with the ms since when. The answer follows
    from what was said and signed for alone; it is the same in whatever order the acts are given, and on both nodes.
    """
    acts = list(acts)
    found: list[_Growing] = []
    early: list[Act] = []
    for act in _in_order([act for act in acts if act.kind in _KINDS and heard(act, parties)], parties):
        _apply(found, act, parties, versions, early)
    for each in found:
        each.pass_time(now, versions)
    unheard = [act for act in acts if act.kind in _ENDINGS and _may_be_on_its_way(act, parties)]
    own_words = (act for act in acts if act.kind == NOMINATION and own(act, parties))
    waiting = [_Growing.of(act, None) for act in own_words if not heard(act, parties) and not unsure(act)]
    everything = [*found, *sorted(waiting, key=lambda each: each.act.id)]
    return [each.item(ending=any(_names(act, each.act.fields.get("target")) for act in unheard)) for each in everything]


_ENDINGS = (WITHDRAWAL, REFUSAL, ABORT)
_KINDS = {NOMINATION, CONSENT, REFUSAL, WITHDRAWAL, UNDERTAKING, ABORT, RESULT}


@dataclass
class _Growing:
    """An item while its acts are replayed."""

    act: Act
    nominator: str
    received: Interval | None
    state: str
    consents: dict[str, Interval] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, act: Act, received: Interval | None) -> _Growing:
        """A nomination as it comes in; the nominator's own consent goes with it."""
        nominator = min(act.by)
        new = cls(act, nominator, received, TABLE.start)
        if received is not None:
            new.move(NOMINATION, nominator, received, act.id)
        return new

    @property
    def window(self) -> Span:
        value = self.act.fields["window"]
        return value if isinstance(value, Span) else Span(0, 0)

    def move(self, kind: str, by: str, at: Interval, act: str) -> None:
        """Make the move of the table, or note the statement as idle."""
        found = TABLE.find(self.state, {"either", "nominator" if by == self.nominator else "receiver"}, kind)
        if found is None or not moves(self.state, self.nominator, [*self.consents], by, kind):
            self.idle.append(act)
        else:
            self.go(found.after, at, by, act)

    def go(self, state: str, at: Interval, by: str, act: str) -> None:
        self.state = state
        self.steps.append(Step(state, at, by, act))

    def consent(self, by: str, at: Interval, act: str, parties: Sequence[str]) -> None:
        """One more key on it; agreed when every party's is there."""
        if self.state != "handed over":
            self.idle.append(act)
            return
        self.consents.setdefault(by, at)
        if set(parties) <= set(self.consents):
            self.go("agreed", at, by, act)

    def pass_time(self, now: int, versions: Versions) -> None:
        """What the clock has done by `now`, each at its own instant and in that order."""
        window = self.window
        area, version = self.act.fields.get("area"), self.act.fields.get("area_version")
        due = [(window.start, "lapsed"), (window.end, "expired")]
        if isinstance(area, str) and isinstance(version, int):
            own = max((since for which, since in versions.get(area, ()) if which == version), default=-1)
            due += [(since, "void") for which, since in versions.get(area, ()) if which != version and since > own]
        for instant, state in sorted(due):
            if instant <= now and any(move.after == state for move in self._clock_moves()):
                self.go(state, Interval(instant, instant), "", "")

    def _clock_moves(self) -> list[Move]:
        return [move for move in TABLE.moves if move.mover == "clock" and self.state in move.before]

    def item(self, ending: bool) -> Item:
        fields = self.act.fields
        place, version = fields["place"], fields.get("area_version")
        return Item(
            id=self.act.id,
            target=str(fields["target"]),
            nominator=self.nominator,
            group=str(fields.get("group", "")),
            place=place if isinstance(place, Region) else Region(),
            window=self.window,
            area=str(fields.get("area", "")),
            area_version=version if isinstance(version, int) else None,
            received=self.received,
            state=self.state,
            consents=frozenset(self.consents),
            steps=tuple(self.steps),
            idle=tuple(self.idle),
            ending=ending,
        )


def _apply(found: list[_Growing], act: Act, parties: Sequence[str], versions: Versions, early: list[Act]) -> None:
    """One act that has been signed for. `early`: refusals so far; one that was received in the second of a nomination by
    the other side is of that one too, for nobody can say which came first."""
    by, at, target = min(act.by), when(act, parties), act.fields.get("target")
    for each in found:  # the clock first: what lapsed before this came stays lapsed
        each.pass_time(at.hi, versions)
    same = [each for each in found if each.act.fields.get("target") == target]
    if act.kind == NOMINATION:
        for each in same:
            if each.state in RUNNING:
                each.move(NOMINATION, by, at, act.id)
        found.append(_Growing.of(act, at))
        for no in early:
            if min(no.by) != by and no.fields.get("target") == target and when(no, parties) == at:
                found[-1].move(no.kind, min(no.by), at, no.id)
    elif act.kind == CONSENT:
        for each in same:
            if each.act.id == act.fields.get("nomination"):
                each.consent(by, at, act.id, parties)
    else:
        early += [act] if act.kind == REFUSAL else []
        for each in same:
            each.move(act.kind, by, at, act.id)


def moves(state: str, nominator: str, consents: Sequence[str], by: str, kind: str) -> bool:
    """Whether such a statement, said now by one side, would move an item; else it would be idle."""
    if kind == CONSENT:
        return state == "handed over" and by not in consents
    roles = {"either", "nominator" if by == nominator else "receiver"}
    empty = kind == WITHDRAWAL and by != nominator and by not in consents
    return TABLE.find(state, roles, kind) is not None and not empty


def _may_be_on_its_way(act: Act, parties: Sequence[str]) -> bool:
    """A party's word that nobody has signed for, or of which nobody can say whether it counts."""
    return own(act, parties) and not heard(act, parties)


def _names(act: Act, target: object) -> bool:
    """Whether an ending is of this target, or may be."""
    return act.fields.get("target") in (target, UNKNOWN)


def _in_order(acts: Sequence[Act], parties: Sequence[str]) -> list[Act]:
    """As everywhere, but what names a nomination comes after it, and each log keeps its own order: a consent received in the second of the
    nomination it names is moved behind it, and with it what its author said later.
    """
    own = sorted(acts, key=lambda act: order(act, parties))
    place = {act.id: (rank, 0) for rank, act in enumerate(own)}
    moved = True
    while moved:
        moved = False
        last: dict[str, tuple[int, int]] = {}
        for act in own:
            named = place.get(str(act.fields.get("nomination")), (-1, 0))
            before = max(named, last.get(act.log, (-1, 0)))
            if before >= place[act.id]:
                place[act.id], moved = (before[0], before[1] + 1), True
            last[act.log] = place[act.id]
    return sorted(own, key=lambda act: (place[act.id], order(act, parties)))
