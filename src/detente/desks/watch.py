"""The watch: who has taken it, whether anybody is there on the other side, what waits for a person, what is closed.

A heartbeat shows that a node runs; it shows nobody on watch. A line test shows somebody: it is manned once the other side
has said one after ours. Silence and suspension close what rests on joint work, and no protection (00-product, polarity;
05-resolutions 12, 13). Times ms UTC. Source: 15-desks, Watch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from detente.agreement import form as f
from detente.agreement.strata import walk
from detente.desks.moves import Move, Table
from detente.desks.stop import OPERATIONS, UNREAD, WATCH, Stop

TEST = "line_test"
TAKE, HAND_OVER, LEAVE = "take", "hand over", "leave"
HANDOVER = Table(
    "watch",
    "nobody on watch",
    (
        Move(
            ("nobody on watch", "taken", "manned", "handed over"), "taken", "post", TAKE,
            "it names itself and how many it is",
        ),
        Move(("taken",), "manned", "other", TEST, "said after the watch was taken"),
        Move(("taken", "manned"), "handed over", "post", HAND_OVER, "it stays until the next has taken it"),
        Move(("taken", "manned", "handed over"), "nobody on watch", "post", LEAVE),
    ),
)  # fmt: skip
QUEUED = ("air_notice", "movement", "movement_change")
"""Kinds, besides STOP, that a person has to see: notices of strikes, and movements. All else is receipted by machine."""


class Watch(NamedTuple):
    """Who has the watch here. `since`: when it was taken; `tested`: when the last line test of ours was said; 0: never."""

    state: str = HANDOVER.start
    post: str = ""
    people: int = 0
    since: int = 0
    tested: int = 0


@dataclass(frozen=True)
class Peer:
    """What a node knows of another. `signed`: when this node last signed for something new of its log, ms;
    `on_watch`: as its last heartbeat says, `said`: when a person there last said something; None: never."""

    code: str
    signed: int | None
    silent: bool
    link: bool
    on_watch: int | None
    said: int | None

    @property
    def words(self) -> str:
        """A heartbeat is not somebody there."""
        if self.silent:
            return "SILENT"
        if self.on_watch is None:
            return "node answers; nobody has said who is on watch"
        return f"node answers; it says {self.on_watch} on watch" if self.on_watch else "node answers; NOBODY ON WATCH"


class Closed(NamedTuple):
    """What is closed, and what goes on: clause ids in the order of the agreement."""

    closed: tuple[str, ...]
    goes_on: tuple[str, ...]


def took(watch: Watch, post: str, people: int, now: int) -> Watch:
    """The watch after a post has taken it."""
    return Watch("taken", post, people, now, 0)


def manned(watch: Watch, tests: Mapping[str, int], others: Sequence[str]) -> Watch:
    """Manned once every other party has said a line test after ours. `tests`: when each last did, ms."""
    answered = watch.tested and all(tests.get(code, 0) >= watch.tested for code in others)
    return watch._replace(state="manned") if watch.state == "taken" and answered else watch


def alarms(found: Iterable[Stop], me: str) -> dict[str, str]:
    """STOP id to how far it has to be carried here: `stop`, `whole watch`, `own operations`; those nobody here has read."""
    levels = {WATCH: "whole watch", OPERATIONS: "own operations"}
    lines = ((stop, stop.line_of(me)) for stop in found)
    return {stop.id: levels.get(line.state, "stop") for stop, line in lines if line and line.state in UNREAD}


def unheard(found: Iterable[Stop], me: str) -> list[tuple[Stop, str]]:
    """STOPs of ours that another has not receipted in time: by voice now."""
    return [(stop, line.to) for stop in found if stop.by == me for line in stop.lines if line.state == "not received"]


def in_force(agreement: f.Agreement, phases: Mapping[str, bool | None]) -> bool | None:
    """Whether the agreement is in force while these phases run; None: cannot tell."""
    return True if agreement.in_force is None else _holds(agreement.in_force, phases)


def _holds(condition: f.Condition, phases: Mapping[str, bool | None]) -> bool | None:
    match condition:
        case f.During(phase):
            return phases.get(phase)
        case f.Not(item):
            inner = _holds(item, phases)
            return None if inner is None else not inner
        case f.All(items) | f.Any_(items):
            answers = [_holds(item, phases) for item in items]
            decides = isinstance(condition, f.Any_)
            if decides in answers:
                return decides
            return None if None in answers else not decides
    return None


def suspended(agreement: f.Agreement) -> Closed:
    """What a suspension closes, and what survives it."""
    rules = [rule for rule in agreement.rules.values() if rule.mode in ("forbid", "permit", "require")]
    return Closed(
        tuple(rule.id for rule in rules if not rule.survives), tuple(rule.id for rule in rules if rule.survives)
    )


def silent(agreement: f.Agreement) -> Closed:
    """What another's silence closes: the prohibitions and permissions that ask what it may have said, of which nobody can
    tell now. What goes on: every prohibition, for a doubt about it lifts none."""
    rules = agreement.rules.values()
    asks = tuple(
        rule.id
        for rule in rules
        if rule.mode in ("forbid", "permit") and any(map(_asks, walk((rule.when, rule.unless))))
    )
    return Closed(asks, tuple(rule.id for rule in rules if rule.mode == "forbid"))


def _asks(part: object) -> bool:
    return isinstance(part, f.Ask | f.NamedIn | f.PlaceName | f.Named)
