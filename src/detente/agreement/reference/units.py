"""What may answer a question: acts that fit its kind, people, receivers and equal fields (21-language-reference, 7).

A *unit* is what answers: one act, or for `by_each` one act of each person, made when the last is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product

from detente.agreement import form as f
from detente.agreement.finding import PERIOD, Finding
from detente.agreement.record import Act, Interval, OneOf
from detente.agreement.reference import fields, people
from detente.agreement.reference.case import About, Case, told_enough
from detente.agreement.reference.instants import FAR, first_of, last_of
from detente.agreement.strata import clauses_asked
from detente.agreement.values import F, T, U, Value, all_of


@dataclass(frozen=True)
class Unit:
    """Acts that answer together, how surely they fit, and when they were made."""

    acts: tuple[Act, ...]
    value: Value
    made: Interval
    each_made: tuple[Interval, ...]

    def effect(self) -> Interval:
        """Made, and not before what its acts state as `from`: it stands in [max(received, from), until)."""
        stated = [Interval(act.from_, act.from_) for act in self.acts if act.from_ is not None]
        return last_of([self.made, *stated])


def acts_of(pattern: f.Pattern, case: Case) -> list[Act]:
    """Every act of the kinds; findings are acts at the judged act's time (4)."""
    found = [act for act in case.acts if act.kind in pattern.kinds]
    if "finding" in pattern.kinds:
        for clause in sorted(clauses_asked(pattern, case.agreement)):
            found += [as_act(one, case) for one in case.findings_of(clause) if one.act != PERIOD]
    return found


def as_act(finding: Finding, case: Case) -> Act:
    """A finding as an act by its bearer. One that is not definite may yet turn out any way."""
    unsure = finding.verdict not in ("kept", "broken", "not applicable", "no verdict", "no breach known")
    judged = case.find(finding.act)
    by = frozenset({finding.bearer}) if finding.bearer else (judged.by if judged is not None else frozenset())
    return Act(
        id=f"finding:{finding.clause}:{finding.act}:{finding.bearer or ''}",
        kind="finding",
        by=by,
        at=Interval(*finding.at) if finding.at else None,
        fields={
            "clause": finding.clause,
            "act": finding.act,
            "verdict": OneOf(("broken", "kept", "not applicable")) if unsure else finding.verdict,
        },
    )


def receipts(pattern: f.Pattern, act: Act, about: About) -> tuple[Value, Interval] | None:
    """When an act counts from under `to` / `to_each` (4); None: not made so far."""
    case = about.case
    if pattern.to is None or case.is_event(act.kind):
        made = case.made(act)
        return (T if told_enough(case, act) else U, made) if made is not None else None
    if pattern.to_each:
        answers = []
        for who in people.listed(pattern.to, about):
            asked = [code for code in who if act.by != {code}]
            got = [act.received[code] for code in asked if code in act.received]
            answers.append(last_of(got) if asked and len(got) == len(asked) else None)
        known = [answer for answer in answers if answer is not None]
        if not known:
            return None
        sure = T if len(known) == len(answers) else U
        return sure, Interval(min(k.lo for k in known), max(k.hi for k in known))
    values = [(people.member_any(code, pattern.to, about), when) for code, when in act.received.items()]
    surely = [when for value, when in values if value is T]
    maybe = [when for value, when in values if value is not F]
    if not maybe:
        return None
    unseen = [
        case.unseen_from(act, code)
        for code in [*case.agreement.parties, *case.agreement.others]
        if code not in act.received and act.by != {code} and people.member_any(code, pattern.to, about) is not F
    ]
    lo = min([*(when.lo for when in maybe), *unseen])
    if not surely:
        return U, Interval(lo, FAR)
    return T, Interval(lo, first_of(surely).hi)


def fits(pattern: f.Pattern, act: Act, words: About, same: About) -> Value:
    """By and same. Words are about the act asked about, `same` about the act that the pattern stands beside."""
    values = [T if pattern.each else people.among(act.by, pattern.by, words)]
    mine = words.inner(act, words.case.made(act) or words.at)
    for own, path in pattern.same:
        if act.id == same.act.id and path == (own,):  # a count's own act: it is equal to itself in what it states
            values.append(F if fields.read(mine, (own,)) is None else T)
        elif fields.type_of(mine, (own,)) in ("who", "addressee"):
            ours, theirs = fields.people_at(mine, (own,)), fields.people_at(same, path)
            values.append(F if ours is None or theirs is None else people.same_people(ours, theirs))
        else:
            values.append(fields.equal(fields.read(mine, (own,)), fields.read(same, path)))
    return all_of(values)


def _one_for_two(acts: tuple[Act, ...], persons: list[str], about: About) -> bool:
    """Whether one act stands for two persons who have nobody in common: it has one author."""
    return any(
        acts[one].id == acts[two].id and people.under(persons[one], about).isdisjoint(people.under(persons[two], about))
        for one, two in combinations(range(len(acts)), 2)
    )


def alike(names: tuple[str, ...], first: Act, second: Act, about: About) -> Value:
    """Equal in each of these fields."""
    one, other = (about.inner(act, about.case.made(act) or about.at) for act in (first, second))
    return all_of([fields.equal(fields.read(one, (name,)), fields.read(other, (name,))) for name in names])


def units(
    pattern: f.Pattern,
    about: About,
    same: About | None = None,
    persons: list[str] | None = None,
    *,
    counting: bool = False,
) -> list[Unit]:
    """All that may answer: acts, or for `by_each` every choice of one (alike) act for each person.

    The act asked about is no answer to its own question, except to a count."""
    same = same or about
    singles = []
    for act in acts_of(pattern, about.case):
        got = receipts(pattern, act, about)
        if got is None or (not counting and act.id in (about.act.id, same.act.id)):
            continue
        made = got[1]
        value = all_of([got[0], fits(pattern, act, about, same)])
        if value is not F:
            singles.append(Unit((act,), value, made, (made,)))
    if not pattern.each:
        return singles
    choices = []
    for person in persons or []:
        mine = []
        for unit in singles:
            value = all_of([unit.value, people.among(unit.acts[0].by, (f.Person(person),), about)])
            if value is not F:
                mine.append(replace(unit, value=value))
        choices.append(mine)
    found = []
    for choice in product(*choices) if choices else ():
        acts = tuple(unit.acts[0] for unit in choice)
        if _one_for_two(acts, persons or [], about):
            continue
        identical = [alike(pattern.alike, one, other, about) for one, other in combinations(acts, 2)]
        value = all_of([*(unit.value for unit in choice), *identical])
        times = tuple(unit.made for unit in choice)
        if value is not F:
            found.append(Unit(acts, value, last_of(list(times)), times))
    return found
