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
from detente.agreement.judge.matching import later_than
from detente.agreement.judge.streaks import streak
from detente.agreement.values import F, T, U, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

class Founding(NamedTuple):
    """What a span starts (or ends) with: when it falls, whether it counts, and the acts (none for an instant)."""

    lo: int
    hi: int
    value: Value
    deeds: tuple[Deed, ...] = ()

    def before(self, lo: int, hi: int) -> Value:
        """Whether what founded it comes before an instant."""
        first = max((a.lo for a in self.deeds), default=self.lo)
        last = max((a.hi for a in self.deeds), default=self.hi)
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
                yield _falling(terms, edge, made.lo, made.hi, value, made.deeds)
        return
    for finder in question.finders:
        for a, value in finder.find(x, ASKER, None, None, None, newest=False):
            value = all_of((value, question.matches(x, a, ASKER)))
            found = question.when_made(x, a, ASKER) if value is not F else None
            if found is not None:
                when, sure = found
                yield _falling(terms, edge, when.lo, when.hi, all_of((value, sure)), (a,))


def _falling(terms: Terms, edge: f.ByAct, lo: int, hi: int, value: Value, deeds: tuple[Deed, ...]) -> Founding:
    """At max(receipt, its `from`, receipt + `plus`)."""
    stated = max(a.from_ if a.from_ is not None else -FAR for a in deeds)
    early, late = max(lo, stated), max(hi, stated)
    if edge.plus is not None:
        early = max(early, terms.calendar.at_least(lo, edge.plus))
        late = max(late, terms.calendar.at_least(hi, edge.plus))
    return Founding(early, late, value, deeds)


def later_than_founding(c: Deed, founding: Founding) -> Value:
    """Whether an act comes after its own author's founding act, or after the last if the author has none."""
    if not founding.deeds:
        return T if c.lo > founding.hi else F if c.hi <= founding.lo else U
    own = [a for a in founding.deeds if a.author is not None and a.author == c.author]
    unsure = c.author is None or any(a.author is None for a in founding.deeds)
    after_last = all_of(later_than(c, a) for a in founding.deeds)
    if unsure:
        values = {later_than(c, a) for a in founding.deeds} | {after_last}
        return values.pop() if len(values) == 1 else U
    return all_of(later_than(c, a) for a in own) if own else after_last


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
