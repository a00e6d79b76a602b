"""What founds a phase, and what ends it: instants, acts, other phases' edges, calm days (21-language-reference,
9).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import ASKER, Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import in_one_log
from detente.agreement.judge.sets import Made
from detente.agreement.judge.streaks import streak
from detente.agreement.record import Interval
from detente.agreement.values import F, T, U, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms


class Founding(NamedTuple):
    """What a span starts (or ends) with: when it falls, whether it counts, and the acts (none for an instant)."""

    lo: int
    hi: int
    value: Value
    deeds: tuple[Deed, ...] = ()
    each: tuple[Interval, ...] = ()

    def before(self, lo: int, hi: int) -> Value:
        """Whether what founded it comes before an instant."""
        first = max((when.lo for when in self.each), default=self.lo)
        last = max((when.hi for when in self.each), default=self.hi)
        return T if lo > last else F if hi <= first else U

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(deed.id for deed in self.deeds)


def foundings(terms: Terms, x: Frame, edges: tuple[f.Edge, ...]) -> Iterator[Founding]:
    """Everything that fits one of these edges."""
    for edge in edges:
        if isinstance(edge, f.Instant):
            yield Founding(edge.ms, edge.ms, T)
        elif isinstance(edge, f.EdgeOf):
            for lo, hi, value in terms.phases[edge.phase].edges(x, edge.edge):
                yield Founding(lo, hi, value)
        elif isinstance(edge, f.Streak):
            for lo, hi, value in terms.phases[edge.since].edges(x, "start"):
                found = streak(terms, x, edge, lo, hi)
                if found is not None:
                    yield Founding(*found, value)
        elif isinstance(edge, f.ByAct):
            yield from _by_acts(terms, x, edge)


def _by_acts(terms: Terms, x: Frame, edge: f.ByAct) -> Iterator[Founding]:
    question = terms.question(edge.pattern, "")
    if edge.pattern.each:
        for made, value in question.sets_of_all(x):
            value = all_of((value, *(question.with_test(x, a, ASKER) for a in made.deeds)))
            if value is not F:
                yield _falling(terms, edge, made, value)
        return
    for finder in question.finders:
        for a, value in finder.find(x, ASKER, None, None, None, newest=False):
            value = all_of((value, question.matches(x, a, ASKER)))
            found = question.when_made(x, a, ASKER) if value is not F else None
            if found is not None:
                when, sure = found
                yield _falling(terms, edge, Made((a,), when.lo, when.hi, (when,)), all_of((value, sure)))


def _falling(terms: Terms, edge: f.ByAct, made: Made, value: Value) -> Founding:
    """At max(receipt, its `from`, receipt + `plus`)."""
    lo, hi = made.lo, made.hi
    stated = max(a.from_ if a.from_ is not None else -FAR for a in made.deeds)
    early, late = max(lo, stated), max(hi, stated)
    if edge.plus is not None:
        early = max(early, terms.calendar.at_least(lo, edge.plus))
        late = max(late, terms.calendar.at_least(hi, edge.plus))
    return Founding(early, late, value, made.deeds, made.each)


def later_than_founding(c: Deed, when: Interval, founding: Founding) -> Value:
    """Whether an act comes after its own author's founding act, or after the last if the author has none."""
    if not founding.deeds:
        return founding.before(when.lo, when.hi)
    after = [_after(c, when, a, at) for a, at in zip(founding.deeds, founding.each, strict=True)]
    own = [
        value for a, value in zip(founding.deeds, after, strict=True) if a.author is not None and a.author == c.author
    ]
    after_last = founding.before(when.lo, when.hi)
    if own:
        return all_of(own)
    maybe = [
        value
        for a, value in zip(founding.deeds, after, strict=True)
        if not a.by or not c.by or not a.by.isdisjoint(c.by)
    ]
    values = {*maybe, after_last}
    return values.pop() if len(values) == 1 else U


def _after(c: Deed, when: Interval, a: Deed, at: Interval) -> Value:
    if c.id == a.id:  # nothing ends what it founds
        return F
    if in_one_log(c, a):
        return T if c.index > a.index else F
    return T if when.lo > at.hi else F if when.hi <= at.lo else U


def end_by_clock(terms: Terms, phase: f.Phase, founding: Founding) -> tuple[int, int]:
    """The first end that is an instant, or so long after the start."""
    lo, hi = FAR, FAR
    for edge in phase.ends:
        if isinstance(edge, f.After):
            one, two = (_ending(terms, instant, edge.duration) for instant in (founding.lo, founding.hi))
            lo, hi = min(lo, one), min(hi, two)
        elif isinstance(edge, f.Instant):
            value = founding.before(edge.ms, edge.ms)
            if value is not F:
                lo = min(lo, edge.ms)
            if value is T:
                hi = min(hi, edge.ms)
    return lo, hi


def _ending(terms: Terms, instant: int, duration: f.Duration) -> int:
    """So long after: days end with the day's last instant, so the phase ends as the next begins."""
    ends = terms.calendar.within(instant, duration)
    return ends if instant >= FAR or isinstance(duration, f.Elapsed) else ends + 1
