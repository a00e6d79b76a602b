"""Clauses (21-language-reference, 10): the scope a and the goal g of each, the table, and the findings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from detente.agreement import form as f
from detente.agreement.finding import Finding, Verdict
from detente.agreement.record import Act
from detente.agreement.reference import conditions, doubt, people, phases, questions, units
from detente.agreement.reference.case import About, Case, Trace, lacking, surely_made, told_enough
from detente.agreement.reference.instants import FAR
from detente.agreement.strata import walk
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


def finish(
    rule: f.Rule, about: About, finding: Finding, owed: f.Ask | None = None, since: int | None = None
) -> Finding:
    """Who answers, what lies in shadow, who bears the doubt; what it rests on."""
    case, trace = about.case, about.trace
    answers = rule.answers or (people.guarantor(case, finding.bearer) if finding.bearer else None)
    # Scored only if surely in force; readings between which the parties must choose are not scored either.
    shadow = bool(rule.reading_of) or (not rule.survives and in_force(about) is not T)
    unsure = finding.verdict in ("cannot tell", "not due")
    evidence = [*trace.evidence, *(trace.unsure if unsure else ())]
    doubtful = finding.verdict == "cannot tell" and bool(rule.doubt)
    return replace(
        finding,
        answers=answers,
        shadow=shadow,
        at=(about.at.lo, about.at.hi),
        evidence=tuple(dict.fromkeys(evidence)),
        missing=tuple(dict.fromkeys(trace.missing)) if finding.verdict not in ("kept", "not applicable") else (),
        borne_by=_borne_by(rule, finding, about, owed, since) if doubtful else "",
    )


def _borne_by(rule: f.Rule, finding: Finding, about: About, owed: f.Ask | None, since: int | None) -> str:
    """`doubt`: {kind of an act in doubt, or any: who bears it}; never changes the verdict (resolution 20)."""
    case = about.case
    asks = doubt.questions_of((rule.when, rule.unless), case)
    above = [permit for permit in case_permits(about) if permit.id == rule.parent or lifts(permit, rule)]
    for permit in above:
        if heeded(permit, about):
            asks += doubt.questions_of((permit.when, permit.unless), case)
    kinds = {kind for ask in asks for kind in doubt.in_doubt(ask, about)}
    kinds |= doubt.in_doubt(owed, about, since) if owed is not None else set()
    for key, who in rule.doubt.items():
        if key == "any" or key in kinds:
            if who == "actor":
                return finding.bearer or ""
            if who == "guarantor":
                return (people.guarantor(case, finding.bearer) or "") if finding.bearer else ""
            if who == "other":
                others = [code for code in case.agreement.parties if code != finding.bearer]
                return others[0] if len(others) == 1 and finding.bearer else ""
            return who
    return ""


# forbid and permit


def acts(rule: f.Rule, case: Case, pattern: f.Pattern | None = None) -> list[Subject]:
    """Every act of the kinds (of the clause or of a trigger) that has been made by now, in order of time."""
    found = []
    for act in units.acts_of(pattern or f.Pattern(rule.kinds), case):
        made = case.made(act)
        if made is not None and (made.lo <= case.record.now or made.lo <= -FAR):
            found.append(Subject(About(case, act, made, clause=rule.id), T))
    return in_time(found)


def in_time(subjects: list[Subject]) -> list[Subject]:
    """In order of time, then id."""
    return sorted(subjects, key=lambda subject: (subject.about.at, subject.about.act.id))


def scope(rule: f.Rule, about: About) -> Value:
    """a = kind and by and when and during."""
    if not told_enough(about.case, about.act):
        more = lacking(about.case, about.act)
        about.trace.missing.append(f"{more} more independent account{'s' * (more > 1)} of the {about.act.kind}")
    values = [surely_made(about.case, about.act, about.at)]
    values += [people.among(about.act.by, rule.by, about), conditions.value(rule.when, about)]
    if rule.during:
        values.append(phases.during(rule.during, about.case, about.at))
    return all_of(values)


def heeded(permit: f.Rule, about: About) -> bool:
    """Whether a permission speaks of this kind of act, and before the act is relied on if it looks ahead."""
    relied = about.case.relied
    ahead = looks_ahead((permit.when, permit.unless), about.case)
    return about.act.kind in permit.kinds and (relied is None or not ahead or permit.id in relied)


def applies(permit: f.Rule, about: About) -> Value:
    """Whether a permission applies. Before an act, one that looks ahead counts only if the asker relies on it (12)."""
    if not heeded(permit, about):
        return F
    return all_of([scope(permit, about), negate(conditions.value(permit.unless, about)) if permit.unless else T])


def looks_ahead(condition: object, case: Case) -> bool:
    """Whether a question of a condition is about what comes later."""
    for item in walk(condition):
        if isinstance(item, f.Ask) and item.mode == "later":
            return True
        if isinstance(item, f.Named) and looks_ahead(case.agreement.define[item.name], case):
            return True
    return False


def lifts(permit: f.Rule, rule: f.Rule) -> bool:
    """Precedence is only what is stated, and does not pass on; a prohibition that prevails is not lifted."""
    return permit.mode == "permit" and rule.id in permit.over and not yields(permit, rule)


def yields(permit: f.Rule, rule: f.Rule) -> bool:
    """Whether the prohibition prevails over the permission."""
    return rule.over_every or permit.id in rule.over


def permitted(rule: f.Rule, about: About) -> Value:
    """Every permission that prevails over it and applies. One out of force lifts no prohibition that survives."""
    permits = (permit for permit in about.case.agreement.rules.values() if lifts(permit, rule))
    return any_of([meets(permit, rule, replace(about, clause=permit.id)) for permit in permits])


def meets(permit: f.Rule, rule: f.Rule, about: About) -> Value:
    """Whether a permission applies and is in force where the prohibition outlives the agreement."""
    value = applies(permit, about)
    return all_of([value, in_force(about)]) if rule.survives and not permit.survives else value


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
            and meets(permit, rule, replace(about, clause=permit.id, trace=Trace())) is not F
        )
        word = "cannot tell" if against else word
    waits = awaited_until(rule, about) if word == "not due" else None
    finding = Finding(rule.id, about.act.id, bearer_of(about.act), word, due_by=waits, against=against)
    return finish(rule, about, finding)


def awaited_until(rule: f.Rule, about: About) -> int | None:
    """Until when something may still come that a prohibition, or a permission that lifts it, waits for."""
    case, asks = about.case, doubt.questions_of((rule.when, rule.unless), about.case)
    for permit in case_permits(about):
        if lifts(permit, rule) and heeded(permit, about):
            asks += doubt.questions_of((permit.when, permit.unless), case)
    later = [ask.pattern for ask in asks if ask.mode == "later"]
    ends = [end.hi for pattern in later if (end := questions.last_instant(pattern, about)) is not None]
    return max((end for end in ends if end < FAR // 2 and case.record.now <= end + case.agreement.grace), default=None)


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
