"""The before-check (21-language-reference, 12; resolutions 22, 23): the same judge on an act not yet made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from detente.agreement import form as f
from detente.agreement.finding import Finding
from detente.agreement.geometry import Geometry
from detente.agreement.record import Act, Interval, Record
from detente.agreement.reference import clauses, conditions, duties, people
from detente.agreement.reference.case import About, Case
from detente.agreement.reference.judging import case_of, merged, tellings, tellings_of
from detente.agreement.reference.moments import moments
from detente.agreement.strata import walk
from detente.agreement.values import F, T, Value

Word = Literal["stop", "cannot tell", "not yet", "no objection found"]
_FINE = ("kept", "not applicable", "no verdict", "not due")


@dataclass(frozen=True)
class Overall:
    """One word for an act, over so many `clauses` (prohibitions); `earliest` at which all hold together."""

    word: Word
    earliest: int | None
    clauses: int
    findings: tuple[Finding, ...]
    owed: tuple[tuple[str, int | None], ...]


def may(
    agreement: f.Agreement, record: Record, geometry: Geometry, act: Act, at: int, relying_on: Iterable[str] = ()
) -> list[Finding]:
    """A finding of each clause that speaks of this kind of act, as if made at `at`, on what is known by then."""
    relied = frozenset(relying_on)
    known = known_by(agreement, record, at)
    runs = []
    for told in tellings(known):
        found = check(agreement, told, geometry, act, at, at, relied)
        timed = []
        for finding in found:
            first = None
            if agreement.rules[finding.clause].mode == "forbid":
                first = _first(agreement, told, geometry, act, at, relied, finding)
            timed.append(replace(finding, earliest=first))
        runs.append(timed)
    return merged(runs, tellings_of(known), agreement)


def overall(
    agreement: f.Agreement, record: Record, geometry: Geometry, act: Act, at: int, relying_on: Iterable[str] = ()
) -> Overall:
    """Stop, cannot tell, not yet, or no objection found; and the first instant at which all clauses hold together."""
    relied = frozenset(relying_on)
    found = may(agreement, record, geometry, act, at, relied)
    known = known_by(agreement, record, at)
    told = tellings(known)
    binding = [
        finding
        for finding in found
        if agreement.rules[finding.clause].mode == "forbid"
        and any(_binds(agreement, each, geometry, act, at, finding.clause) for each in told)
    ]
    broken = [finding for finding in binding if finding.verdict == "broken"]
    beyond = [
        finding
        for finding in broken
        if finding.earliest is None and not _mendable(agreement, told[0], geometry, act, at, finding.clause)
    ]
    word: Word = "no objection found"
    if beyond:
        word = "stop"
    elif any(finding.verdict not in (*_FINE, "broken") for finding in binding):
        word = "cannot tell"
    elif broken:
        word = "not yet"
    names = {finding.clause for finding in binding}
    first = next(
        (
            instant
            for instant in [at, *moments(agreement, known, act, at)]
            if all(
                finding.verdict in _FINE
                for each in told
                for finding in check(agreement, each, geometry, act, instant, at, relied, names)
            )
        ),
        None,
    )
    owed = [(item.clause, item.due_by) for item in found if item.verdict == "not due"]
    return Overall(word, first, len(binding), tuple(found), tuple(owed))


# one check


def known_by(agreement: f.Agreement, record: Record, at: int) -> Record:
    """What had been received, had happened and had come to be known by an instant."""
    acts = []
    for act in record.as_known_at(at).acts:
        received = {who: when for who, when in act.received.items() if when.lo <= at}
        event = agreement.kinds[act.kind].event or not act.received
        if event and act.at is not None and act.at.lo > at:
            continue
        acts.append(replace(act, received=received))
    return Record(tuple(acts), at, {log: min(head, at) for log, head in record.heads.items()})


def check(
    agreement: f.Agreement,
    known: Record,
    geometry: Geometry,
    act: Act,
    when: int,
    asked: int,
    relied: frozenset[str],
    names: Iterable[str] | None = None,
) -> list[Finding]:
    """All clauses (or those named) on the act made at `when`, if nothing more is said after `asked`."""
    about = proposal(agreement, known, geometry, act, when, asked, relied)
    found = []
    for rule in agreement.rules.values():
        if names is not None and rule.id not in names:
            continue
        fresh = replace(about, clause=rule.id, trace=type(about.trace)())
        if rule.mode == "forbid" and act.kind in rule.kinds:
            found.append(clauses.forbidden(rule, fresh))
        elif rule.mode == "permit" and act.kind in rule.kinds:
            shown = clauses.permit_one(rule, fresh)
            found += [shown] if shown is not None else []
        elif rule.mode == "require" and rule.trigger is not None and (pattern := rule.trigger.pattern) is not None:
            mine = duties.triggers(rule, about.case) if act.kind in pattern.kinds else []
            for subject in mine:
                if subject.about.act.id == act.id:
                    found += duties.required(rule, subject)
    return found


def proposal(
    agreement: f.Agreement, known: Record, geometry: Geometry, act: Act, when: int, asked: int, relied: frozenset[str]
) -> About:
    """The act as if made at `when`: a statement received at once by everybody who keeps a log. Live logs stay live."""
    moment = Interval(when, when)
    received = {}
    if not agreement.kinds[act.kind].event:
        keepers = [code for code, other in agreement.others.items() if other.keeps_log]
        addressed = any(form.type == "addressee" for form in agreement.kinds[act.kind].fields.values())
        whom = [*agreement.parties, *(agreement.others if addressed else keepers)]
        received = {code: moment for code in whom if act.by != {code}}
    made = replace(act, at=moment, received=received)
    stale = {log: head for log, head in known.heads.items() if head < asked}
    case: Case = case_of(agreement, Record((*known.acts, made), when, stale), geometry, relied)
    case.acts = tuple(item for item in case.acts if not item.id.startswith(f"receipt:{act.id}:"))
    case.proposed = act.id
    return About(case, made, case.made(made) or moment)


def _binds(agreement: f.Agreement, known: Record, geometry: Geometry, act: Act, at: int, clause: str) -> bool:
    """Not where the agreement is surely out of force. Of two readings each binds until the parties choose."""
    about = proposal(agreement, known, geometry, act, at, at, frozenset())
    return agreement.rules[clause].survives or clauses.in_force(about) is not F


# the earliest instant


def _first(
    agreement: f.Agreement,
    known: Record,
    geometry: Geometry,
    act: Act,
    at: int,
    relied: frozenset[str],
    finding: Finding,
) -> int | None:
    """The first instant at which one clause is kept or does not apply, if nothing more is said."""
    if finding.verdict in _FINE:
        return at
    for instant in moments(agreement, known, act, at):
        if all(
            item.verdict in _FINE
            for item in check(agreement, known, geometry, act, instant, at, relied, [finding.clause])
        ):
            return instant
    return None


# what a later statement can mend


def _mendable(agreement: f.Agreement, known: Record, geometry: Geometry, act: Act, at: int, clause: str) -> bool:
    """Whether a later statement could make the goal of a broken prohibition true. Ending a protection mends nothing."""
    rule = agreement.rules[clause]
    about = replace(proposal(agreement, known, geometry, act, at, at, frozenset()), clause=clause)
    if rule.unless is not None and _can_be(rule.unless, T, about):
        return True
    return any(
        permit.by is None or people.among(act.by, permit.by, about) is not F
        for permit in agreement.rules.values()
        if clauses.lifts(permit, rule)
        and act.kind in permit.kinds
        and (permit.when is None or _can_be(permit.when, T, about))
    )


def _can_be(condition: f.Condition, wanted: Value, about: About) -> bool:
    """Whether statements yet to come could bring a condition to T (or F)."""
    agreement = about.case.agreement
    if isinstance(condition, f.All | f.Any_):
        every = isinstance(condition, f.All) is (wanted is T)
        parts = [_can_be(item, wanted, about) for item in condition.items]
        return all(parts) if every else any(parts)
    if isinstance(condition, f.Not):
        return _can_be(condition.item, F if wanted is T else T, about)
    if isinstance(condition, f.Named):
        return _can_be(agreement.define[condition.name], wanted, about)
    pattern = condition.pattern if isinstance(condition, f.Ask) and condition.mode == "earlier" else None
    if pattern is not None and wanted is T:
        condition = f.Ask(replace(pattern, ended_by=()), "earlier")  # an ending brings nothing about
    stays = pattern is not None and not (pattern.ended_by or pattern.at_most or pattern.newest_per)
    if stays and wanted is F and conditions.value(condition, about) is T:
        return False  # once made, it stays made
    if pattern is not None and wanted is T and all(about.case.is_event(kind) for kind in pattern.kinds):
        bare = f.Ask(replace(pattern, with_=None, newest_per=(), ended_by=()), "earlier")
        if conditions.value(bare, about) is F:
            return False  # no statement makes an event happen
    kinds = {kind for pattern in _rests_on(condition, agreement) for kind in pattern.kinds}
    if any(not about.case.is_event(kind) and kind != "finding" for kind in kinds):
        return True
    value = conditions.value(condition, about)
    return value is not (F if wanted is T else T)


def _rests_on(condition: object, agreement: f.Agreement) -> list[f.Pattern]:
    """Every question that a condition, a place or a phase rests on, through names as well."""
    found: list[f.Pattern] = []
    for item in walk(condition):
        if isinstance(item, f.Pattern):
            found.append(item)
        elif isinstance(item, f.PlaceName):
            found += _rests_on(agreement.places[item.name], agreement)
        elif isinstance(item, f.Named):
            found += _rests_on(agreement.define[item.name], agreement)
        elif isinstance(item, f.During | f.EdgeOf):
            found += _rests_on(agreement.phases[item.phase], agreement)
        elif isinstance(item, f.Streak):
            found += _rests_on(agreement.phases[item.since], agreement)
    return found
