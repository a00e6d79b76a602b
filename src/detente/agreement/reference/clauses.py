"""Clauses (21-language-reference, 10): the scope a and the goal g of each, the table, and the findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from detente.agreement import form as f
from detente.agreement.finding import Finding, Verdict
from detente.agreement.record import Act, Interval
from detente.agreement.reference import conditions, people, phases, questions
from detente.agreement.reference.case import About, Case, Trace, nobody
from detente.agreement.reference.instants import FAR, at_minute, iso, local_day
from detente.agreement.values import F, P, T, U, Value, all_of, any_of, negate

_TABLE: dict[Value, tuple[Verdict, Verdict, Verdict, Verdict]] = {
    # goal:  F                 U                 P                 T
    F: ("not applicable", "not applicable", "not applicable", "not applicable"),
    T: ("broken", "cannot tell", "not due", "kept"),
    U: ("cannot tell", "cannot tell", "not due", "not applicable"),
    P: ("not due", "not due", "not due", "not applicable"),
}


def verdict(scope: Value, goal: Value) -> Verdict:
    """Scope against goal (10, the table)."""
    return _TABLE[scope][goal]


@dataclass(frozen=True)
class Subject:
    """An act, edge or due time asked about; how surely it is one; `since`: a daily duty's last due time."""

    about: About
    value: Value
    since: int | None = None


# in force


def in_force(about: About) -> Value:
    """Whether the agreement is in force at the time of the act (2)."""
    condition = about.case.agreement.in_force
    return T if condition is None else conditions.value(condition, replace(about, trace=Trace()))


def finish(rule: f.Rule, about: About, finding: Finding) -> Finding:
    """Who answers, what lies in shadow, who bears the doubt; what it rests on."""
    case, trace = about.case, about.trace
    answers = rule.answers or (people.guarantor(case, finding.bearer) if finding.bearer else None)
    # Scored only if surely in force; readings between which the parties must choose are not scored either.
    shadow = bool(rule.reading_of) or (not rule.survives and in_force(about) is not T)
    unsure = finding.verdict in ("cannot tell", "not due")
    evidence = [*trace.evidence, *(trace.unsure if unsure else ())]
    return replace(
        finding,
        answers=answers,
        shadow=shadow,
        at=(about.at.lo, about.at.hi),
        evidence=tuple(dict.fromkeys(evidence)),
        missing=tuple(dict.fromkeys(trace.missing)) if finding.verdict not in ("kept", "not applicable") else (),
        due_by=finding.due_by if finding.due_by is not None else (min(trace.running) if trace.running else None),
        borne_by=_borne_by(rule, finding, about) if finding.verdict == "cannot tell" else "",
    )


def _borne_by(rule: f.Rule, finding: Finding, about: About) -> str:
    """`doubt`: {kind of the act in doubt, or any: who bears it}; never changes the verdict (resolution 20)."""
    kinds = {act.kind for name in about.trace.unsure if (act := about.case.find(name)) is not None}
    for key, who in rule.doubt.items():
        if key == "any" or key in kinds:
            if who == "actor":
                return finding.bearer or ""
            if who == "guarantor":
                return (people.guarantor(about.case, finding.bearer) or "") if finding.bearer else ""
            if who == "other":
                others = [code for code in about.case.agreement.parties if code != finding.bearer]
                return others[0] if len(others) == 1 else ""
            return who
    return ""


# forbid and permit


def acts(rule: f.Rule, case: Case, pattern: f.Pattern | None = None) -> list[Subject]:
    """Every act of the kinds (of the clause or of a trigger) that has been made by now, in order of time."""
    found = []
    for act in questions.acts_of(pattern or f.Pattern(rule.kinds), case):
        made = case.made(act)
        if made is not None and (made.lo <= case.record.now or made.lo <= -FAR):
            found.append(Subject(About(case, act, made, clause=rule.id), T))
    return in_time(found)


def in_time(subjects: list[Subject]) -> list[Subject]:
    """In order of time, then id."""
    return sorted(subjects, key=lambda subject: (subject.about.at, subject.about.act.id))


def scope(rule: f.Rule, about: About) -> Value:
    """a = kind and by and when and during."""
    values = [people.among(about.act.by, rule.by, about), conditions.value(rule.when, about)]
    if rule.during:
        values.append(phases.during(rule.during, about.case, about.at))
    return all_of(values)


def applies(permit: f.Rule, about: About) -> Value:
    """Whether a permission applies. Before an act, one that looks ahead counts only if the asker relies on it (12)."""
    if about.act.kind not in permit.kinds:
        return F
    value = all_of([scope(permit, about), negate(conditions.value(permit.unless, about)) if permit.unless else T])
    relied = about.case.relied
    return F if value is P and relied is not None and permit.id not in relied else value


def lifts(permit: f.Rule, rule: f.Rule) -> bool:
    """Precedence is only what is stated, and does not pass on; a prohibition that prevails is not lifted."""
    return permit.mode == "permit" and rule.id in permit.over and not yields(permit, rule)


def yields(permit: f.Rule, rule: f.Rule) -> bool:
    """Whether the prohibition prevails over the permission."""
    return rule.over_every or permit.id in rule.over


def permitted(rule: f.Rule, about: About) -> Value:
    """Every permission that prevails over it and applies. One out of force lifts no prohibition that survives."""
    values = []
    for permit in about.case.agreement.rules.values():
        if lifts(permit, rule):
            value = applies(permit, replace(about, clause=permit.id))
            if rule.survives and not permit.survives:
                value = all_of([value, in_force(about)])
            values.append(value)
    return any_of(values)


def unlifted(rule: f.Rule, about: About) -> Value:
    """Whether it is met without any permission: its `unless`."""
    return conditions.value(rule.unless, about) if rule.unless is not None else F


def bearer_of(act: Act) -> str | None:
    """Who acted, if one is named."""
    return next(iter(act.by)) if len(act.by) == 1 else None


def forbid(rule: f.Rule, case: Case) -> list[Finding]:
    """One finding for each act of the kind."""
    return [forbidden(rule, subject.about) for subject in acts(rule, case)]


def forbidden(rule: f.Rule, about: About) -> Finding:
    """A prohibition and one act."""
    a = scope(rule, about)
    g = any_of([unlifted(rule, about), permitted(rule, about)]) if a is not F else F
    word = verdict(a, g)
    against: tuple[str, ...] = ()
    if a is not F and g is F and word in ("broken", "cannot tell"):
        against = tuple(
            permit.id
            for permit in case_permits(about)
            if not lifts(permit, rule)
            and not yields(permit, rule)
            and applies(permit, replace(about, clause=permit.id, trace=Trace())) is not F
        )
        word = "cannot tell" if against else word
    finding = Finding(rule.id, about.act.id, bearer_of(about.act), word, against=against)
    return finish(rule, about, finding)


def case_permits(about: About) -> list[f.Rule]:
    """All permissions of the agreement."""
    return [rule for rule in about.case.agreement.rules.values() if rule.mode == "permit"]


def permit(rule: f.Rule, case: Case) -> list[Finding]:
    """A permission yields no verdict; it shows what is reserved: each act to which it applies or may."""
    return [found for subject in acts(rule, case) if (found := permit_one(rule, subject.about)) is not None]


def permit_one(rule: f.Rule, about: About) -> Finding | None:
    """A permission and one act."""
    value = applies(rule, about)
    if value is F:
        return None
    return finish(rule, about, Finding(rule.id, about.act.id, bearer_of(about.act), "no verdict"))


def needed(parent: f.Rule, about: About) -> Value:
    """`then` duties: the permission applied, and a prohibition it lifts would else have been broken."""
    values = []
    for rule in about.case.agreement.rules.values():
        if rule.mode == "forbid" and about.act.kind in rule.kinds and lifts(parent, rule):
            beside = replace(about, clause=rule.id, trace=Trace())
            values.append(all_of([scope(rule, beside), negate(unlifted(rule, beside))]))
    return all_of([applies(parent, replace(about, clause=parent.id, trace=Trace())), any_of(values)])


# require


def triggers(rule: f.Rule, case: Case) -> list[Subject]:
    """What brings the duty about: acts, a phase's edge, due times."""
    trigger = rule.trigger
    assert trigger is not None  # noqa: S101 - the parser gives every duty one
    if trigger.pattern is not None:
        return _by_acts(rule, trigger.pattern, case)
    if trigger.edge is not None:
        found = []
        for at, value in phases.edges(trigger.edge, case):
            if at.lo <= case.record.now:
                name = f"{trigger.edge.edge}_of {trigger.edge.phase} {iso(at.lo)}"
                found.append(Subject(About(case, Act(id=name, kind="edge", at=at), at, clause=rule.id), value))
        return in_time(found)
    assert trigger.due is not None  # noqa: S101 - the parser gives every duty one
    return due_times(rule, trigger.due, case)


def _by_acts(rule: f.Rule, pattern: f.Pattern, case: Case) -> list[Subject]:
    if pattern.each and pattern.by is not None:
        about = nobody(case, Interval(-FAR, FAR))
        found = []
        for unit in phases.founders(pattern, case):
            last = max(zip(unit.each_made, [act.id for act in unit.acts], unit.acts, strict=True))[2]
            found.append(Subject(replace(about, act=last, at=unit.made, clause=rule.id), unit.value))
        return in_time(found)
    found = []
    for subject in acts(rule, case, pattern):
        about = subject.about
        got = questions.receipts(pattern, about.act, about)
        if got is None:
            continue
        about = replace(about, at=got[1])
        unit = questions.Unit((about.act,), T, got[1], (got[1],))
        # The words of a trigger are about nobody else: `with` is a condition on the trigger itself.
        seen = replace(nobody(case, got[1]), clause=rule.id)
        value = all_of([got[0], questions.fits(pattern, about.act, seen, seen), questions.further(pattern, unit, seen)])
        found.append(Subject(about, value))
    return found


def due_times(rule: f.Rule, due: f.Due, case: Case) -> list[Subject]:
    """One instant; or each due day's minute from the first instant known up to now."""
    if due.instant is not None:
        return [_due(rule, due.instant, None, case)]
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
    """The first instant that the record or the phases of the agreement speak of."""
    known = [made.lo for act in case.acts if (made := case.made(act)) is not None and made.lo > -FAR]
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
    assert rule.by is not None  # noqa: S101 - the parser asks for it
    if rule.each:
        meanings = people.listed(rule.by, about)
        if len(meanings) == 1:
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
        assert rule.owed is not None  # noqa: S101 - the parser gives every duty one
        owed = replace(rule.owed, by=whos, each=rule.each and bearer is None)
        g = F
        if a is not F:
            answered = _by_then(owed, about, subject.since) if due else questions.later(owed, about)
            g = any_of([answered, unlifted(rule, about)])
        end = about.at if due else questions.last_instant(owed, about)
        due_by = end.hi if end is not None and end.hi < FAR // 2 else None
        finding = Finding(rule.id, about.act.id, bearer, verdict(a, g), due_by=due_by)
        found.append(finish(rule, about, finding))
    return found


def _by_then(owed: f.Pattern, about: About, since: int | None) -> Value:
    """At the due instant: `earlier` (a daily duty: since the last); until grace is over, no answer is P."""
    value = questions.earlier(owed, about, since)
    if value is not T and about.case.record.now <= about.at.hi + about.case.agreement.grace:
        return P
    return value


# all


def findings(rule: f.Rule, case: Case) -> list[Finding]:
    """All findings of one clause."""
    if rule.mode == "forbid":
        return forbid(rule, case)
    if rule.mode == "permit":
        return permit(rule, case)
    return require(rule, case) if rule.mode == "require" else []


__all__ = ["Subject", "findings", "forbidden", "permit_one", "required", "triggers", "verdict"]
