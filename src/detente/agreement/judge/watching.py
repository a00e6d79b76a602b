"""No breach known (resolution 15): a prohibition over the whole period of the record, and who watched which part of it.

It rests on nothing but the clause's findings and the built-in statements `watch` {what, period, where, how}. Who watched
says so himself; nobody watches what is still to come, so a statement counts up to its receipt at the latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from detente.agreement.finding import PERIOD, Finding
from detente.agreement.judge.deeds import Deed
from detente.agreement.record import Span

if TYPE_CHECKING:
    from detente.agreement.judge.engine import Engine

_AGAINST = ("broken", "cannot tell", "not due")


def no_breach_known(engine: Engine, clause: str, since: int) -> Finding | None:
    """The finding on the period from `since` to now; None if an act breaks the clause, or may."""
    now = engine.frame.now
    subjects = engine.subjects[clause].values()
    if since >= now or any(one.verdict in _AGAINST and not one.shadow for each in subjects for one in each.findings):
        return None
    deeds: Iterable[Deed] = engine.terms.store.index("watch", ()).bucket(()).deeds
    watched = sorted(set(_spans(deeds, clause, since, now)))
    return Finding(
        clause,
        PERIOD,
        None,
        "no breach known",
        (since, now),
        shadow=bool(engine.clauses[clause].rule.reading_of),
        watched=tuple(watched),
        unwatched=tuple(_rest(watched, since, now)),
    )


def _spans(deeds: Iterable[Deed], clause: str, since: int, now: int) -> Iterator[tuple[str, int, int]]:
    for deed in deeds:
        period = deed.fields.get("period")
        known = deed.made and deed.author is not None and deed.hi <= now and isinstance(period, Span)
        if known and deed.fields.get("what") == clause:
            assert isinstance(period, Span)
            assert deed.author is not None
            start, end = max(period.start, since), min(period.end, deed.lo)
            if start < end:
                yield deed.author, start, end


def _rest(watched: list[tuple[str, int, int]], since: int, now: int) -> Iterator[tuple[int, int]]:
    """The parts of the period that nobody watched."""
    for _, start, end in sorted(watched, key=lambda one: one[1]):
        if since < start:
            yield since, start
        since = max(since, end)
    if since < now:
        yield since, now
