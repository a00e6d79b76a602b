"""Duties (21-language-reference, 10): one finding for each trigger and bearer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from detente.agreement import form as f
from detente.agreement.finding import Finding
from detente.agreement.record import Act, Interval
from detente.agreement.reference import conditions, people, phases, questions, standing, units
from detente.agreement.reference.case import About, Case, Trace, in_order, nobody, surely_made
from detente.agreement.reference.clauses import (
    Subject,
    acts,
    finish,
    forbid,
    in_time,
    needed,
    permit,
    unlifted,
    verdict,
)
from detente.agreement.reference.instants import FAR, at_minute, iso, local_day, not_later
from detente.agreement.reference.watching import no_breach_known
from detente.agreement.values import F, P, T, Value, all_of, any_of


def triggers(rule: f.Rule, case: Case) -> list[Subject]:
    """What brings the duty about: acts, a phase's edge, due times."""
    trigger = rule.trigger
    assert trigger is not None
    if trigger.pattern is not None:
        return _by_acts(rule, trigger.pattern, case)
    if trigger.edge is not None:
        found = []
        for at, value in phases.edges(trigger.edge, case):
            if at.lo <= case.record.now:
                name = f"{trigger.edge.edge}_of {trigger.edge.phase} {iso(at.lo)}"
                found.append(Subject(About(case, Act(id=name, kind="edge", at=at), at, clause=rule.id), value))
        return in_time(found)
    assert trigger.due is not None
    return due_times(rule, trigger.due, case)


def _by_acts(rule: f.Rule, pattern: f.Pattern, case: Case) -> list[Subject]:
    if pattern.each and pattern.by is not None:
        return in_time(_last_of_each(rule, phases.founders(pattern, case), case))
    found = []
    for subject in acts(rule, case, pattern):
        about = subject.about
        got = units.receipts(pattern, about.act, about)
        if got is None or case.record.now < got[1].lo < FAR:
            continue
        about = replace(about, at=got[1])
        unit = units.Unit((about.act,), T, got[1], (got[1],))
        # The words of a trigger are about nobody else: `with` is a condition on the trigger itself.
        seen = replace(nobody(case, got[1]), clause=rule.id)
        value = all_of(
            [
                surely_made(case, about.act, got[1]),
                got[0],
                units.fits(pattern, about.act, seen, seen),
                standing.further(pattern, unit, seen),
            ]
        )
        found.append(Subject(about, value))
    return found


def _last_of_each(rule: f.Rule, found: list[units.Unit], case: Case) -> list[Subject]:
    """Each act that completes a set of one by each: the one than which no other of the set is later."""
    completing: dict[str, tuple[Act, Interval, list[Value]]] = {}
    for unit in found:
        for act, made in zip(unit.acts, unit.each_made, strict=True):
            values = [unit.value]
            for other, when in zip(unit.acts, unit.each_made, strict=True):
                order = in_order(other, act, case)
                if other.id != act.id:
                    values.append(not_later(when, made) if order is None else (T if order else F))
            completing.setdefault(act.id, (act, made, []))[2].append(all_of(values))
    return [
        Subject(About(case, act, made, clause=rule.id), any_of(values))
        for act, made, values in completing.values()
        if made.lo <= case.record.now
    ]


def due_times(rule: f.Rule, due: f.Due, case: Case) -> list[Subject]:
    """One instant; or each due day's minute from the first instant known up to now."""
    if due.instant is not None:
        return [_due(rule, due.instant, None, case)] if due.instant <= case.record.now else []
    zone, found = case.agreement.zone, []
    day = local_day(first_known(case), zone)
    last = None
    start = day - timedelta(days=8)
    day = start
    while at_minute(day, due.minute, zone) <= case.record.now:
        instant = at_minute(day, due.minute, zone)
        if due.days is None or day.weekday() in due.days:
            if instant >= first_known(case):
                found.append(_due(rule, instant, last, case))
            last = instant
        day += timedelta(days=1)
    return found


def first_known(case: Case) -> int:
    """The first instant of which the record surely speaks, or at which a phase starts by the clock."""
    acts = [act for act in case.acts if act.kind not in ("receipt", "finding")]
    known = [made.hi for act in acts if (made := case.made(act)) is not None and made.hi < FAR]
    for phase in case.agreement.phases.values():
        known += [edge.ms for edge in phase.starts if isinstance(edge, f.Instant)]
    return min([*known, case.record.now])


def _due(rule: f.Rule, instant: int, since: int | None, case: Case) -> Subject:
    day = local_day(instant, case.agreement.zone)
    fields: dict[str, object] = {"day": day.isoformat(), "next_day": (day + timedelta(days=1)).isoformat()}
    at = Interval(instant, instant)
    return Subject(
        About(case, Act(id=f"due {iso(instant)}", kind="due", at=at, fields=fields), at, clause=rule.id), T, since
    )


def bearers(rule: f.Rule, about: About) -> list[tuple[str | None, f.Whos]]:
    """Who is bound: each one of `by_each`; else any of `by`, named if it can only be one."""
    assert rule.by is not None
    if rule.each:
        meanings = people.listed(rule.by, about)
        if len(meanings) == 1 and meanings[0]:
            return [(code, (f.Person(code),)) for code in meanings[0]]
        return [(None, rule.by)]
    meanings_ = people.together(rule.by, about)
    only = next(iter(meanings_[0])) if len(meanings_) == 1 and len(meanings_[0]) == 1 else None
    return [(only if only != people.ANYONE else None, rule.by)]


def require(rule: f.Rule, case: Case) -> list[Finding]:
    """One finding for each trigger and bearer."""
    found = []
    for subject in triggers(rule, case):
        found += required(rule, subject)
    return found


def required(rule: f.Rule, subject: Subject) -> list[Finding]:
    """A duty and one trigger: scope is about the trigger, the goal is that it is answered, or excused by `unless`."""
    case, due = subject.about.case, rule.trigger is not None and rule.trigger.due is not None
    found = []
    for bearer, whos in bearers(rule, subject.about):
        about = replace(subject.about, trace=Trace())
        values = [subject.value, conditions.value(rule.when, about)]
        if rule.during:
            values.append(phases.during(rule.during, case, about.at))
        if rule.parent:
            values.append(needed(case.agreement.rules[rule.parent], about))
        a = all_of(values)
        if a is F and due:
            continue
        assert rule.owed is not None
        owed = replace(rule.owed, by=whos, each=rule.each and bearer is None)
        g = F
        if a is not F:
            answered = _by_then(owed, about, subject.since) if due else questions.later(owed, about)
            g = any_of([answered, unlifted(rule, about)])
        end = about.at if due else questions.last_instant(owed, about)
        due_by = end.hi if end is not None and end.hi < FAR // 2 else None
        finding = Finding(rule.id, about.act.id, bearer, verdict(a, g), due_by=due_by)
        asked = f.Ask(owed, "earlier" if due else "later")
        found.append(finish(rule, about, finding, asked, subject.since))
    return found


def _by_then(owed: f.Pattern, about: About, since: int | None) -> Value:
    """At the due instant: `earlier` (a daily duty: since the last); until grace is over, no answer is P."""
    value = questions.earlier(owed, about, since)
    if value is not T and about.case.record.now <= about.at.hi + about.case.agreement.grace:
        return P
    return value


def findings(rule: f.Rule, case: Case) -> list[Finding]:
    """All findings of one clause."""
    if rule.mode == "forbid":
        found = forbid(rule, case)
        return found + (no_breach_known(rule, case, found, first_known(case)) if rule.watched else [])
    if rule.mode == "permit":
        return permit(rule, case)
    return require(rule, case) if rule.mode == "require" else []
