"""Phases (21-language-reference, 9): spans [start, end), found from every start and every end there is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from detente.agreement import form as f
from detente.agreement.record import Act, Interval
from detente.agreement.reference import people, standing
from detente.agreement.reference.case import About, Case, in_order, nobody
from detente.agreement.reference.instants import (
    FAR,
    day_end,
    day_start,
    deadline,
    earliest,
    first_of,
    last_of,
    latest_start,
    local_day,
    not_later,
    strictly_later,
)
from detente.agreement.reference.units import Unit, units
from detente.agreement.values import F, T, U, Value, all_of, any_of, negate


@dataclass(frozen=True)
class Start:
    """When a span starts, how surely, and what founded it (acts, or the instant itself)."""

    at: Interval
    value: Value
    founded: Interval
    unit: Unit | None = None


@dataclass(frozen=True)
class Span:
    """A start with the ends that may close it."""

    start: Start
    ends: tuple[tuple[Interval, Value], ...] = field(default=())

    def ended(self, at: Interval) -> Value:
        """Whether one of its ends has come: the end is not in the phase."""
        return any_of([all_of([value, not_later(end, at)]) for end, value in self.ends])

    def runs(self, at: Interval) -> Value:
        """Whether it runs at an instant; never, if it is surely over before it can have started."""
        if any(value is T and end.hi <= self.start.at.lo for end, value in self.ends):
            return F
        return all_of([self.start.value, not_later(self.start.at, at), negate(self.ended(at))])


def during(name: str, case: Case, at: Interval) -> Value:
    """Whether the phase runs. A start that is not seen may have come; so may an end."""
    phase = case.agreement.phases[name]
    value = any_of([span.runs(at) for span in spans(name, case)])
    if value is not F and (any(_unseen(edge, case, at.hi) for edge in phase.ends) or _may_shorten(phase, case, at.hi)):
        value = all_of([value, U])
    if value is not T and any(_unseen(edge, case, at.hi) for edge in phase.starts):
        value = any_of([value, U])
    return value


def spans(name: str, case: Case) -> list[Span]:
    """All spans of a phase."""
    if name not in case.spans:
        phase = case.agreement.phases[name]
        starts = [start for edge in phase.starts for start in _starts(edge, case)]
        case.spans[name] = [Span(start, tuple(_ends(phase, start, case))) for start in starts]
    found = case.spans[name]
    assert isinstance(found, list)
    return found


def edges(edge: f.EdgeOf, case: Case) -> list[tuple[Interval, Value]]:
    """When a phase starts or ends: not where another span of it runs anyway."""
    every = spans(edge.phase, case)
    found = []
    for number, span in enumerate(every):
        others = every[:number] + every[number + 1 :]
        if edge.edge == "start":
            at = span.start.at
            value = all_of([span.start.value, negate(span.ended(at))])
            running = [other.runs(at) for other in others if other.start.at.lo < at.lo]
        else:
            sure = [end for end, value in span.ends if value is T]
            maybe = [end for end, value in span.ends if value is not F]
            if not maybe:
                continue
            at = Interval(min(end.lo for end in maybe), first_of(sure).hi if sure else FAR)
            value = all_of([span.start.value, T if sure else U, negate(not_later(at, span.start.at))])
            running = [other.runs(at) for other in others]
        value = all_of([value, negate(any_of(running))])
        if _unseen(edge, case, at.hi):
            value = all_of([value, U])  # what is not seen may have started or ended it before
        if value is not F and at.lo < FAR // 2:
            found.append((at, value))
    together = []
    for lo in dict.fromkeys(at.lo for at, _ in found):  # those that may fall at the same instant are one
        same = [(at, value) for at, value in found if at.lo == lo]
        together.append((Interval(lo, max(at.hi for at, _ in same)), any_of([value for _, value in same])))
    return together


def _starts(edge: f.Edge, case: Case) -> list[Start]:
    if isinstance(edge, f.Instant):
        at = Interval(edge.ms, edge.ms)
        return [Start(at, T, at)]
    if isinstance(edge, f.EdgeOf):
        return [Start(at, value, at) for at, value in edges(edge, case)]
    if isinstance(edge, f.Streak):
        return [Start(at, value, at) for at, value in _streak(edge, case)]
    if isinstance(edge, f.ByAct):
        return [Start(_effect(edge, unit, case), unit.value, unit.made, unit) for unit in founders(edge.pattern, case)]
    return []  # `after` is an end


def founders(pattern: f.Pattern, case: Case) -> list[Unit]:
    """Every act (or each one's act) that fits; with, during and no_later_than are part of its value."""
    about = nobody(case, Interval(-FAR, FAR))
    found = []
    for persons in people.listed(pattern.by, about) if pattern.each and pattern.by else [None]:
        for unit in units(pattern, about, None, persons):
            seen = replace(about, at=unit.made)
            found.append(replace(unit, value=all_of([unit.value, standing.further(pattern, unit, seen)])))
    return [unit for unit in found if unit.value is not F]


def _effect(edge: f.ByAct, unit: Unit, case: Case) -> Interval:
    """max(receipt, its `from`, receipt + `plus`): one dated too early takes effect at the earliest allowed."""
    at = unit.effect()
    if edge.plus is None:
        return at
    zone = case.agreement.zone
    return last_of([at, Interval(earliest(unit.made.lo, edge.plus, zone), earliest(unit.made.hi, edge.plus, zone))])


def _ends(phase: f.Phase, start: Start, case: Case) -> list[tuple[Interval, Value]]:
    """Every end that counts for one start: later than what founded it. Renewals move only an end by the clock."""
    lapses: list[tuple[Interval, Value]] = []
    ends: list[tuple[Interval, Value]] = []
    zone = case.agreement.zone
    for edge in phase.ends:
        if isinstance(edge, f.Instant):
            at = Interval(edge.ms, edge.ms)
            lapses.append((at, strictly_later(at, start.founded)))
        elif isinstance(edge, f.After):
            bounds = [_lapse(instant, edge.duration, zone) for instant in start.at]
            lapses.append((Interval(*bounds), T))
        elif isinstance(edge, f.ByAct):
            for unit in founders(edge.pattern, case):
                ends.append((_effect(edge, unit, case), all_of([unit.value, _after_founding(unit, start, case)])))
        else:
            for other in _starts(edge, case):
                ends.append((other.at, all_of([other.value, strictly_later(other.at, start.founded)])))
    lapses = [lapse for lapse in lapses if lapse[1] is not F]
    if phase.renewed_by is not None and lapses:
        lapses = [(_renewed(phase.renewed_by, start, _first_lapse(lapses), ends, case), T)]
    return [*lapses, *ends]


def _first_lapse(lapses: list[tuple[Interval, Value]]) -> Interval:
    """The first that may be, and the first that surely is."""
    sure = [at.hi for at, value in lapses if value is T]
    return Interval(min(at.lo for at, _ in lapses), min(sure, default=FAR))


def _lapse(start: int, duration: f.Duration, zone: str) -> int:
    """Days and months are run through to the last instant of their last day; the end is the instant after."""
    end = deadline(start, duration, zone)
    return end if isinstance(duration, f.Elapsed) else end + 1


def _after_founding(end: Unit, start: Start, case: Case) -> Value:
    """Later than its own author's founding act, or if it has none than the last of them."""
    if start.unit is None:
        return all_of([strictly_later(made, start.founded) for made in end.each_made])
    values = []
    for act, made in zip(end.acts, end.each_made, strict=True):
        last = strictly_later(made, start.founded)
        own, maybe = [], []
        for founding, when in zip(start.unit.acts, start.unit.each_made, strict=True):
            same = people.same_people(act.by, founding.by)
            order = in_order(founding, act, case)
            after = strictly_later(made, when) if order is None else (T if order else F)
            after = F if act.id == founding.id else after
            if same is T:
                own.append(after)
            elif same is not F:
                maybe.append(after)
        if own:
            values.append(all_of(own))
        else:
            every = {*maybe, last}
            values.append(every.pop() if len(every) == 1 else U)
    return all_of(values)


def _renewed(
    pattern: f.Pattern, start: Start, lapse: Interval, ends: list[tuple[Interval, Value]], case: Case
) -> Interval:
    """The end after every renewal that came while the phase ran. If one may have come too late, all after is U."""
    for unit in sorted(founders(pattern, case), key=lambda item: (item.made, [act.id for act in item.acts])):
        stated = [act.until for act in unit.acts if act.until is not None]
        if len(stated) < len(unit.acts):
            continue
        until = Interval(min(stated), min(stated))
        ended = any_of([all_of([value, not_later(end, unit.made)]) for end, value in ends])
        in_time = all_of([unit.value, not_later(start.at, unit.made), strictly_later(lapse, unit.made), negate(ended)])
        if in_time is T:
            lapse = until
        elif in_time is not F:
            return Interval(min(lapse.lo, until.lo), FAR)
    about = nobody(case, lapse)
    if not case.whole(pattern.kinds, people.logs_of(pattern.by, about), lapse.hi):
        return Interval(lapse.lo, FAR)
    return lapse


def _streak(edge: f.Streak, case: Case) -> list[tuple[Interval, Value]]:
    """The first time N whole local days in a row were good; an unsure day: between first possible and first sure."""
    found = []
    for since, value in edges(f.EdgeOf(edge.since, "start"), case):
        possible = _first_run(edge, since.lo, case, (T, U, Value.P))
        sure = _first_run(edge, since.hi, case, (T,)) if since.hi <= case.record.now else None
        if possible is not None:
            found.append((Interval(possible, FAR if sure is None else sure), value))
    return found


def _first_run(edge: f.Streak, since: int, case: Case, good: tuple[Value, ...]) -> int | None:
    """The end of the first run of N good whole days that begin after an instant and are over by now."""
    from detente.agreement.reference import conditions

    if since > case.record.now:
        return None
    zone = case.agreement.zone
    day = local_day(since, zone)
    if day_start(day, zone) < since:
        day += timedelta(days=1)
    run = 0
    while day_end(day, zone) < case.record.now:
        end = day_end(day, zone)
        act = Act(id=f"day:{day}", kind="day", at=Interval(end, end), fields={"day": day.isoformat()})
        run = run + 1 if conditions.value(edge.each_day, About(case, act, Interval(end, end))) in good else 0
        if run == edge.days:
            return end + 1
        day += timedelta(days=1)
    return None


def _unseen(edge: f.Edge, case: Case, at: int) -> bool:
    """Whether such an edge may have come by an instant without our knowing."""
    if isinstance(edge, f.ByAct):
        if edge.plus is not None:
            at = latest_start(at, edge.plus, case.agreement.zone)
        at = standing.until(edge.pattern, at)
        about = nobody(case, Interval(at, at))
        return not case.whole(edge.pattern.kinds, people.logs_of(edge.pattern.by, about), at)
    if isinstance(edge, f.EdgeOf):
        return _unseen_in(edge.phase, case, at)
    if isinstance(edge, f.Streak):
        return _unseen_in(edge.since, case, at)
    return False


def _unseen_in(name: str, case: Case, at: int) -> bool:
    """Whether any start, end or renewal of a phase may have come by an instant without our knowing."""
    phase = case.agreement.phases[name]
    renewals = (f.ByAct(phase.renewed_by),) if phase.renewed_by is not None else ()
    return any(_unseen(item, case, at) for item in (*phase.starts, *phase.ends, *renewals))


def _may_shorten(phase: f.Phase, case: Case, at: int) -> bool:
    """Whether a renewal that is not seen may have put the end before an instant (it may even be an earlier one).

    Where each states an equal `until`, it would be one that everybody whose log is whole also states.
    """
    pattern = phase.renewed_by
    if pattern is None or not any(isinstance(edge, f.Instant | f.After) for edge in phase.ends):
        return False
    about = nobody(case, Interval(-FAR, FAR))
    if not pattern.each or pattern.by is None or "until" not in pattern.alike:
        return not case.whole(pattern.kinds, people.logs_of(pattern.by, about), standing.until(pattern, at))
    for persons in people.listed(pattern.by, about):
        common: set[int] | None = None
        unseen = False
        for code in persons:
            who = (f.Person(code),)
            if not case.whole(pattern.kinds, people.logs_of(who, about), standing.until(pattern, at)):
                unseen = True
                continue
            mine = [unit.acts[0] for unit in units(replace(pattern, by=who, each=False), about)]
            stated = {act.until for act in mine if act.until is not None}
            common = stated if common is None else common & stated
        if unseen and (common is None or any(instant <= at for instant in common)):
            return True
    return False
