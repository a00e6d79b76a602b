"""Movements: a route, a window and where the vehicles are; told by their notifier, protected until it closes them.

A slip of time or another route is a higher version. The end of a window ends nothing: vehicles that have not arrived are
*overdue* and looked for. Arriving ends nothing either, since they then unload (tests/stories, 2); closing does. States
say how far the journey and its notice have come; what is protected, and how wide, says the agreement. Times ms UTC.
Source: 15-desks, Sites and movements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from detente.agreement.record import Act, Path, Span, Spot
from detente.desks.moves import Move, Table
from detente.desks.sites import Audiences, Step
from detente.desks.stop import second

VOCABULARY = "movements-1"
MOVEMENT, POSITION, ARRIVAL, CLOSURE = "movement", "movement_position", "arrival", "closure"
ACKNOWLEDGEMENT = "movement_acknowledgement"
OPEN = ("planned", "under way", "overdue")
NOTICE = "A movement is protected until its notifier closes it: no window's end and no arrival ends that."

TABLE = Table(
    "movements",
    "not notified",
    (
        Move(("not notified",), "planned", "author", MOVEMENT, "route and window"),
        Move(("planned",), "under way", "clock", "its window begins"),
        Move(("planned",), "under way", "author", POSITION, "before its window"),
        Move(OPEN, "planned", "author", MOVEMENT, "a higher version: another window or route"),
        Move(("under way",), "overdue", "clock", "its window ends and no arrival was said: protected as before"),
        Move(OPEN, "arrived", "author", ARRIVAL, "unloading: protected there"),
        Move((*OPEN, "arrived"), "closed", "author", CLOSURE),
    ),
)


class Told(NamedTuple):
    """How far the newest version has got with one receiver: sent, received, acknowledged. Seconds, ms."""

    to: str
    state: str
    received: int | None
    acknowledged: int | None


@dataclass(frozen=True)
class Movement:
    """One movement as its newest version says. `slips`: how often its time or route was changed."""

    movement: str
    version: int
    by: str
    route: Path
    window: Span
    vehicles: int | None
    state: str
    slips: int
    position: Spot | None
    seen: int | None
    told: tuple[Told, ...]
    steps: tuple[Step, ...]


def movements(acts: Iterable[Act], said_to: Audiences, now: int) -> list[Movement]:
    """Every movement with its state at `now`, by name and notifier."""
    named: dict[tuple[str, str], list[Act]] = {}
    acknowledged: dict[tuple[str, str, str], list[Act]] = {}
    for act in (act for act in acts if len(act.by) == 1):
        by, name = min(act.by), str(act.fields.get("movement"))
        if act.kind in (MOVEMENT, POSITION, ARRIVAL, CLOSURE):
            named.setdefault((name, by), []).append(act)
        elif act.kind == ACKNOWLEDGEMENT:
            for to in {*said_to(act.id), *act.received}:
                acknowledged.setdefault((name, to, by), []).append(act)
    grown = (_Growing(name, by).run(about, said_to, acknowledged, now) for (name, by), about in sorted(named.items()))
    return [one for one in grown if one is not None]


def _at(act: Act) -> int:
    """When it was said, as known here: at its author's node, or by its first receipt."""
    receipts = [second(each) for each in act.received.values()]
    return min([*receipts, *([act.known_from] if act.known_from is not None else [])], default=0)


def _number(act: Act) -> int:
    version = act.fields.get("version")
    return version if isinstance(version, int) else 0


@dataclass
class _Growing:
    """One movement while what was said is replayed."""

    name: str
    by: str
    state: str = TABLE.start
    newest: Act | None = None
    steps: list[Step] = field(default_factory=list)
    slips: int = 0
    position: Spot | None = None
    seen: int | None = None

    def run(
        self, about: Sequence[Act], said_to: Audiences, acknowledged: dict[tuple[str, str, str], list[Act]], now: int
    ) -> Movement | None:
        for act in sorted(about, key=lambda each: (_at(each), each.index, each.id)):
            at = _at(act)
            self._pass_time(min(at, now))
            self._said(act, at)
        self._pass_time(now)
        route = self.newest.fields.get("route") if self.newest else None
        window = self.newest.fields.get("window") if self.newest else None
        if self.newest is None or not isinstance(route, Path) or not isinstance(window, Span):
            return None
        vehicles = self.newest.fields.get("vehicles")
        receivers = {*said_to(self.newest.id), *self.newest.received} - {self.by}
        told = (self._told(self.newest, to, acknowledged.get((self.name, self.by, to), [])) for to in sorted(receivers))
        return Movement(
            self.name, _number(self.newest), self.by, route, window, vehicles if isinstance(vehicles, int) else None,
            self.state, self.slips, self.position, self.seen, tuple(told), tuple(self.steps),
        )  # fmt: skip

    def _told(self, act: Act, to: str, words: Sequence[Act]) -> Told:
        receipt = act.received.get(to)
        received = second(receipt) if receipt else None
        fitting = [_at(one) for one in words if one.fields.get("version") in (None, _number(act))]
        read = [at for at in fitting if received is not None and at >= received]
        state = "acknowledged" if read else "received" if received is not None else "sent"
        return Told(to, state, received, min(read, default=None))

    def _said(self, act: Act, at: int) -> None:
        if act.kind == MOVEMENT and self.newest is not None and _number(act) <= _number(self.newest):
            return
        move = TABLE.find(self.state, ("author",), act.kind)
        position = act.fields.get("position")
        if isinstance(position, Spot) and self.state not in ("closed", TABLE.start):
            self.position, self.seen = position, at
        if move is None:
            return
        if act.kind == MOVEMENT:
            self.slips += self.newest is not None
            self.newest = act
        self._step(move.after, at, act.id)

    def _pass_time(self, now: int) -> None:
        window = self.newest.fields.get("window") if self.newest else None
        if not isinstance(window, Span):
            return
        for before, instant, after in (("planned", window.start, "under way"), ("under way", window.end, "overdue")):
            if self.state == before and instant <= now:
                self._step(after, max(instant, self.steps[-1].at), "")

    def _step(self, state: str, at: int, act: str) -> None:
        self.state = state
        self.steps.append(Step(state, at, act))
