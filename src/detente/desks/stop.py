"""STOP: who has raised it, whose node has it, which post has read it, what came of it, and who is called meanwhile.

A STOP binds from its receipt, not from anybody's acknowledgement (05-resolutions 21); the states say whether a person has
it. Silence moves it on, from one post to the next, and never ends it. It ends when its author lifts it or its own time is
over. Each party it is said to has a line of its own. One heard by voice is *alleged* until it is receipted (16): it counts
before an act, and is no finding. Times ms UTC; a receipt is taken at the second it bears. Source: 15-desks, Watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from detente.agreement.record import Act, Interval, Region, Span
from detente.desks.moves import Move, Mover, Table

RAISED, ACKNOWLEDGED, LIFTED = "stop", "stop_acknowledgement", "lifting_of_stop"
ACTED, ANSWERED = "stop_acted", "stop_answer"
KINDS = (RAISED, ACKNOWLEDGED, ACTED, ANSWERED, LIFTED)
"""Statements of this desk. All of them are standing releases: they wait for no quorum."""
RECEIPT, CLOCK = "receipt", "clock"
NEEDED: Mapping[str, frozenset[str]] = {
    RAISED: frozenset({"reason"}),
    ACKNOWLEDGED: frozenset({"stop"}),
    LIFTED: frozenset({"stop"}),
}
WATCH, OPERATIONS = "whole watch called", "own operations called"
UNREAD = ("raised", "not received", "received", WATCH, OPERATIONS)
"""States in which no person of the other side has said that it was read."""
STANDING = (*UNREAD, "acknowledged", "acted on")

TABLE = Table(
    "stop",
    "not raised",
    (
        Move(("not raised",), "raised", "author", RAISED, "signed into the log"),
        Move(("raised",), "not received", "clock", "60 s and no receipt: by voice"),
        Move(("raised", "not received"), "received", "other", RECEIPT, "its node signs for it"),
        Move(("received",), WATCH, "clock", "60 s after the receipt and nobody has acknowledged"),
        Move((WATCH,), OPERATIONS, "clock", "120 s after the receipt and nobody has acknowledged"),
        Move(UNREAD, "acknowledged", "other", ACKNOWLEDGED, "by a post, not by a person's name"),
        Move((*UNREAD, "acknowledged"), "acted on", "other", ACTED),
        Move(STANDING, "lifted", "author", LIFTED),
        Move(STANDING, "expired", "clock", "its own time is over"),
    ),
)
ANSWER = Table(
    "answer to a stop",
    "answer awaited",
    (
        Move(("answer awaited",), "answered", "other", ANSWERED, "with a reason"),
        Move(("answer awaited",), "answer overdue", "clock", "15 min after the receipt"),
        Move(("answer overdue",), "answered", "other", ANSWERED, "late"),
    ),
)


class Clocks(NamedTuple):
    """How long each waits, ms: the first post, then the whole watch; and the reason that is owed."""

    watch: int = 60_000
    operations: int = 120_000
    answer: int = 900_000


class Step(NamedTuple):
    """To which state, when (ms), by which statement ("" the clock or a receipt)."""

    state: str
    at: int
    act: str


@dataclass(frozen=True)
class Line:
    """A STOP towards one party. `received`, `acknowledged`: seconds of the receipts, ms; `after`: from one to the other."""

    to: str
    state: str
    answer: str
    received: int | None
    acknowledged: int | None
    post: str
    answer_due: int | None
    steps: tuple[Step, ...]

    @property
    def after(self) -> int | None:
        """How long nobody had read it, ms; None while nobody has."""
        return None if self.acknowledged is None or self.received is None else self.acknowledged - self.received

    @property
    def unread(self) -> bool:
        """Whether a person is still to be found."""
        return self.state in UNREAD


@dataclass(frozen=True)
class Stop:
    """One STOP. It narrows to an area, a time or an item where it names one. `raised`: when it was said, ms, as known here."""

    id: str
    by: str
    reason: str
    scope: Region | None
    window: Span | None
    item: str
    raised: int
    lines: tuple[Line, ...]
    why_lifted: str = ""
    alleged: bool = False

    @property
    def standing(self) -> bool:
        """Whether it still binds, or may bind, anybody."""
        return any(line.state in STANDING for line in self.lines)

    def line_of(self, code: str) -> Line | None:
        """The line of one party."""
        return next((line for line in self.lines if line.to == code), None)


def second(interval: Interval) -> int:
    """The second a receipt bears, ms: the middle of what it proves."""
    return (interval.lo + interval.hi) // 2 // 1000 * 1000


CLOCKS = Clocks()
_ORDER = (RECEIPT, ACKNOWLEDGED, ACTED, ANSWERED, LIFTED)
"""What bears the same second, in the order in which it can have been said."""


def stops(acts: Iterable[Act], parties: Sequence[str], me: str, now: int, clocks: Clocks = CLOCKS) -> list[Stop]:
    """Every STOP with its state at `now`, in the order in which they were raised. `acts`: of the kinds of this desk.

    `me`: whose node asks. What one that is not a party says to another than us is in no log of ours and has no line here.
    """
    acts = [act for act in acts if len(act.by) == 1]
    named: dict[str, list[Act]] = {}
    for act in acts:
        if act.kind != RAISED:
            named.setdefault(str(act.fields.get("stop")), []).append(act)
    found = [_stop(act, named.get(act.id, []), parties, me, now, clocks) for act in acts if act.kind == RAISED]
    return sorted(found, key=lambda each: (each.raised, each.by, each.id))


def counts(found: Iterable[Stop]) -> dict[str, dict[str, int]]:
    """How each party has used and heeded STOP: raised, lifted, received, acknowledged in time and late, unanswered."""
    table: dict[str, dict[str, int]] = {}
    for stop in found:
        _count(table, stop.by, "raised")
        for line in stop.lines:
            if line.received is not None:
                _count(table, line.to, "received")
            if line.acknowledged is not None:
                _count(table, line.to, "acknowledged")
            if any(step.state == WATCH for step in line.steps):
                _count(table, line.to, "after 60 s or not at all")
            if line.answer == "answer overdue":
                _count(table, line.to, "answer overdue")
    return table


def _count(table: dict[str, dict[str, int]], who: str, what: str) -> None:
    row = table.setdefault(who, {})
    row[what] = row.get(what, 0) + 1


def _stop(act: Act, about: Sequence[Act], parties: Sequence[str], me: str, now: int, clocks: Clocks) -> Stop:
    by = min(act.by)
    raised = act.known_from if act.known_from is not None else min(map(second, act.received.values()), default=now)
    lifting = [one for one in about if one.kind == LIFTED and min(one.by) == by]
    window, scope = act.fields.get("window"), act.fields.get("scope")
    return Stop(
        id=act.id,
        by=by,
        reason=str(act.fields.get("reason", "")),
        scope=scope if isinstance(scope, Region) else None,
        window=window if isinstance(window, Span) else None,
        item=str(act.fields.get("item", "")),
        raised=raised,
        lines=tuple(
            _Growing(act, to, raised, clocks).run(about, by, now)
            for to in parties
            if to != by and (by in parties or by == me or to in act.received)
        ),
        why_lifted=str(lifting[0].fields.get("reason", "")) if lifting else "",
        alleged=not act.log,
    )


@dataclass
class _Growing:
    """One line while what was said is replayed."""

    act: Act
    to: str
    raised: int
    clocks: Clocks
    state: str = TABLE.start
    answer: str = ANSWER.start
    steps: list[Step] = field(default_factory=list)
    acknowledged: int | None = None
    post: str = ""

    def run(self, about: Sequence[Act], by: str, now: int) -> Line:
        receipt = self.act.received.get(self.to)
        received = second(receipt) if receipt else None
        self._move("author", RAISED, self.raised, self.act.id)
        said: list[tuple[int, str, Mover, Act | None]] = []
        for one in about:
            roles: dict[str, Mover] = {by: "author", self.to: "other"}
            mover = roles.get(min(one.by))
            if mover is not None:
                said.append((self._when(one, by), one.kind, mover, one))
        if received is not None:
            said.append((received, RECEIPT, "other", None))
        for at, kind, who, statement in sorted(said, key=lambda each: (each[0], _ORDER.index(each[1]))):
            self._pass_time(received, min(at, now))
            self._said(at, kind, who, statement)
        self._pass_time(received, now)
        due = None if received is None else received + self.clocks.answer
        return Line(self.to, self.state, self.answer, received, self.acknowledged, self.post, due, tuple(self.steps))

    def _when(self, one: Act, by: str) -> int:
        """When a statement counts: its receipt by the STOP's author (or the other, of what the author says)."""
        receiver = by if min(one.by) != by else self.to
        receipt = one.received.get(receiver)
        if receipt is not None:
            return second(receipt)
        return one.known_from if one.known_from is not None else self.raised

    def _said(self, at: int, kind: str, mover: Mover, one: Act | None) -> None:
        identifier = one.id if one else ""
        if self._move(mover, kind, at, identifier) and kind == ACKNOWLEDGED and one is not None:
            self.acknowledged, self.post = at, str(one.fields.get("post", ""))
        move = ANSWER.find(self.answer, (mover,), kind)
        if move is not None:
            self.answer = move.after

    def _pass_time(self, received: int | None, now: int) -> None:
        """What the clock has done by `now`, each at its own instant."""
        window = self.act.fields.get("window")
        due: list[tuple[int, str]] = []
        if received is None or received > self.raised + self.clocks.watch:
            due.append((self.raised + self.clocks.watch, "not received"))
        if received is not None:
            due += [(received + self.clocks.watch, WATCH), (received + self.clocks.operations, OPERATIONS)]
            if now >= received + self.clocks.answer and self.answer == ANSWER.start:
                self.answer = "answer overdue"
        if isinstance(window, Span):
            due.append((window.end, "expired"))
        for instant, state in sorted(due):
            moves = (move for move in TABLE.moves if move.mover == CLOCK and self.state in move.before)
            if instant <= now and any(move.after == state for move in moves):
                self._step(state, instant, "")

    def _move(self, mover: Mover, kind: str, at: int, identifier: str) -> bool:
        move = TABLE.find(self.state, (mover,), kind)
        if move is None:
            return False
        self._step(move.after, at, identifier)
        return True

    def _step(self, state: str, at: int, identifier: str) -> None:
        self.state = state
        self.steps.append(Step(state, at, identifier))
