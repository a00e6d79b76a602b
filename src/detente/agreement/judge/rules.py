"""Clauses as the judge applies them: scope, goal, verdict (21-language-reference, 10).

Scope a = kind ∧ by ∧ when ∧ during. Goal g: forbid = `unless` ∨ every permission that prevails over it and applies;
require = answered ∨ `unless`. The table turns the two into a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.finding import Finding, Verdict
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import ASKER, Deed
from detente.agreement.judge.doubt import kinds_in_doubt, questions_of
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import not_later
from detente.agreement.judge.people import Meant, union
from detente.agreement.judge.questions import Question
from detente.agreement.record import Interval
from detente.agreement.values import F, P, T, U, Value, all_of, any_of, negate

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

_TABLE: tuple[tuple[Verdict, Verdict, Verdict, Verdict], ...] = (
    ("not applicable", "not applicable", "not applicable", "not applicable"),
    ("cannot tell", "cannot tell", "not due", "not applicable"),
    ("not due", "not due", "not due", "not applicable"),
    ("broken", "cannot tell", "not due", "kept"),
)
"""By scope (F, U, P, T), then goal (F, U, P, T)."""


class Clause:
    """A compiled rule."""

    def __init__(self, terms: Terms, rule: f.Rule) -> None:
        self.terms = terms
        self.rule = rule
        persons = terms.persons
        self.by = persons.among(rule.by) if rule.by is not None and rule.mode != "require" else None
        self.when = terms.test(rule.when, rule.id) if rule.when is not None else None
        self.unless = terms.test(rule.unless, rule.id) if rule.unless is not None else None
        self.phase = terms.phases[rule.during] if rule.during else None
        self.who = persons.resolver(rule.by) if rule.by is not None and rule.mode == "require" else None
        self.each = persons.choices(rule.by) if rule.by is not None and rule.each else None
        force = terms.agreement.in_force
        self.force = terms.test(force, "") if force is not None and not rule.survives else None
        self.trigger: Question | None = None
        self.owed: Question | None = None
        self.recurring = False
        if rule.trigger is not None and rule.trigger.pattern is not None:
            self.trigger = Question(terms, rule.trigger.pattern, rule.id)
        if rule.owed is not None:
            self.owed = Question(terms, rule.owed, rule.id)
            due = rule.trigger.due if rule.trigger is not None else None
            self.recurring = due is not None
            self.owed.since_last = due is not None and due.instant is None
        self.parent: Clause | None = None
        self.lifted: list[Clause] = []
        """Of a permission: the prohibitions it prevails over."""
        self.permits: list[Clause] = []
        """Of a prohibition: the permissions that prevail over it."""
        self.beside: list[Clause] = []
        """Of a prohibition: the permissions that neither prevail nor yield."""
        self.looks_ahead = _asks_later(terms.agreement, (rule.when, rule.unless))
        ahead = [pattern for part in (rule.when, rule.unless) for pattern in later_patterns(terms.agreement, part)]
        self.asks = [one for part in (rule.when, rule.unless) for one in questions_of(self, part)]
        self.awaits = [terms.question(pattern, rule.id) for pattern in ahead]
        self.ahead = rule.mode == "require" or _asks_later(terms.agreement, rule)

    # the parts

    def scope(self, x: Frame, e: Deed) -> Value:
        """Whether the clause speaks of this act."""
        value = T
        if self.by is not None:
            value = self.by(x, e.by, e, e)
        if self.trigger is not None:
            value = self.trigger.matches(x, e, e) if not self.trigger.pattern.each else self._last_of_each(x, e)
        elif e.edge is not None:
            value = e.edge
        if value is not F and self.phase is not None:
            value = all_of((value, self.phase.value(x, e.lo, e.hi)))
        if value is not F and self.when is not None:
            value = all_of((value, self.when(x, e, None)))
        if value is not F and self.parent is not None:
            value = all_of((value, self.parent.needed(x, e)))
        return value

    def _last_of_each(self, x: Frame, e: Deed) -> Value:
        """Whether an act is the last of one by each."""
        assert self.trigger is not None
        result = F
        for made, value in self.trigger.sets_of_all(x):
            if not any(a.id == e.id for a in made.deeds):
                continue
            value = all_of((value, *(self.trigger.with_test(x, a, ASKER) for a in made.deeds)))
            last = all_of(not_later(a, e) for a in made.deeds if a.id != e.id)
            result = any_of((result, all_of((value, last))))
        return result

    def excused(self, x: Frame, e: Deed) -> Value:
        """`unless`."""
        return self.unless(x, e, None) if self.unless is not None else F

    def applies(self, x: Frame, e: Deed) -> Value:
        """Of a permission: whether it holds for this act; before the act, one that looks ahead only if relied on."""
        if not self.heeded(x, e):
            return F
        value = all_of((T if e.sure else U, self.scope(x, e)))
        if value is not F and self.unless is not None:
            value = all_of((value, negate(self.unless(x, e, None))))
        return value

    def heeded(self, x: Frame, e: Deed) -> bool:
        """Of a permission: whether it speaks of this kind of act, and before the act is relied on if it looks ahead."""
        unasked = x.relied is not None and self.looks_ahead and self.rule.id not in x.relied
        return e.kind in self.rule.kinds and not unasked

    def lifting(self, x: Frame, e: Deed) -> Value:
        """Any permission that prevails over this prohibition and applies."""
        return any_of(permit.counts(x, e, self) for permit in self.permits)

    def counts(self, x: Frame, e: Deed, over: Clause) -> Value:
        """Of a permission: whether it applies against a prohibition. Out of force it lifts nothing that survives."""
        value = self.applies(x, e)
        if value is not F and over.rule.survives and self.force is not None:
            value = all_of((value, self.force(x, e, None)))
        return value

    def needed(self, x: Frame, e: Deed) -> Value:
        """Of a permission: it applied, and a prohibition it lifts would else have been broken."""
        value = self.applies(x, e)
        if value is F:
            return F
        else_broken = any_of(
            all_of((clause.scope(x, e), negate(clause.excused(x, e))))
            for clause in self.lifted
            if e.kind in clause.rule.kinds
        )
        return all_of((value, else_broken))

    # verdicts

    def judge(self, x: Frame, e: Deed) -> list[Finding]:
        """What the clause says of an act, a phase's edge or a due time."""
        counted = self._from_receipt(x, e)
        if counted is None:
            return []
        e, sure = counted
        if e.lacking:
            accounts = "account" if e.lacking == 1 else "accounts"
            x.missing.append(f"{e.lacking} more independent {accounts} of the {e.kind}")
        a = all_of((sure, T if e.sure else U, self.scope(x, e)))
        if a is F:
            return []
        if self.rule.mode == "require":
            return self._duties(x, e, a)
        if self.rule.mode == "permit":
            if self.applies(x, e) is F:
                return []
            return [self._finding(x, e, "no verdict", e.author, due_by=None)]
        g = self.excused(x, e)
        if g is not T and self.permits:
            g = any_of((g, self.lifting(x, e)))
        verdict = _TABLE[a][g]
        against: tuple[str, ...] = ()
        if g is F and self.beside and verdict in ("broken", "cannot tell"):
            against = tuple(permit.rule.id for permit in self.beside if permit.counts(x, e, self) is not F)
            if against:
                verdict = "cannot tell"
        due_by = self._awaited_until(x, e) if verdict == "not due" else None
        return [self._finding(x, e, verdict, e.author, against=against, due_by=due_by)]

    def _from_receipt(self, x: Frame, e: Deed) -> tuple[Deed, Value] | None:
        """A trigger received by those `to` names: the duty runs from then; None: not so far."""
        if self.trigger is None or self.trigger.to is None or self.trigger.pattern.each:
            return e, T
        found = self.trigger.when_made(x, e, e)
        if found is None or x.now < found[0].lo < FAR:
            x.volatile = True
            return None
        return e.counted_from(found[0]), found[1]

    def _awaited_until(self, x: Frame, e: Deed) -> int | None:
        """Until when something may still come that the prohibition, or a permission that lifts it, waits for."""
        lifting = [permit for permit in self.permits if permit.heeded(x, e)]
        limits = [limit.hi for one in (self, *lifting) for limit in one.deadlines(x, e)]
        grace = self.terms.agreement.grace
        return max((limit for limit in limits if limit < FAR and x.now <= limit + grace), default=None)

    def deadlines(self, x: Frame, e: Deed) -> Iterator[Interval]:
        """The last instants for what its `when` and `unless` ask about the time to come."""
        for question in self.awaits:
            limit = question.deadline(x, e, None)
            if limit is not None:
                yield limit

    def _duties(self, x: Frame, e: Deed, a: Value) -> list[Finding]:
        excused: Value | None = None
        found = []
        start = (x.evidence, x.missing)
        for code, answer, meant in self._bound(x, e):
            x.evidence, x.missing = list(start[0]), list(start[1])
            owed = answer()
            g = owed
            if g is not T and self.unless is not None:
                excused = self.unless(x, e, None) if excused is None else excused
                g = any_of((g, excused))
            due_by = self.limit(x, e)
            found.append(self._finding(x, e, _TABLE[a][g], code, due_by=due_by, meant=meant if owed is U else []))
        return found

    def _bound(self, x: Frame, e: Deed) -> Iterator[tuple[str | None, Callable[[], Value], list[Meant]]]:
        """Who is bound, whether it was answered, and by whom it may be: each one; or all together where it is unsure."""
        assert self.owed is not None
        assert self.who is not None
        if self.each is None:
            meant = union(self.who(x, e))
            yield meant.code, lambda: self.answered(x, e, meant), [meant]
            return
        choices = self.each(x, e)
        if len(choices) == 1 and choices[0]:
            for one in choices[0]:
                yield one.code, partial(self.answered, x, e, one), [one]
            return
        values = {all_of(self.answered(x, e, one) for one in persons) if persons else F for persons in choices}
        yield None, lambda: values.pop() if len(values) == 1 else U, [one for persons in choices for one in persons]

    def limit(self, x: Frame, e: Deed) -> int | None:
        """The last instant for what is owed; None if it cannot be dated."""
        if self.owed is None or self.recurring:
            return e.hi if abs(e.hi) < FAR else None
        limit = self.owed.deadline(x, e, None)
        return limit.hi if limit is not None and abs(limit.hi) < FAR else None

    def answered(self, x: Frame, e: Deed, meant: Meant) -> Value:
        """Whether what is owed was done by whoever is bound."""
        assert self.owed is not None
        if not self.recurring:
            return self.owed.answered(x, e, None, meant)
        value = self.owed.exists(x, e, None, meant)
        if value is not T and x.now <= e.hi + self.terms.agreement.grace:
            x.volatile = True
            value = any_of((value, P))
        return value

    def _finding(
        self,
        x: Frame,
        e: Deed,
        verdict: Verdict,
        bearer: str | None,
        *,
        against: tuple[str, ...] = (),
        due_by: int | None,
        meant: Iterable[Meant] = (),
    ) -> Finding:
        rule = self.rule
        evidence = tuple(dict.fromkeys(i for i in x.evidence if i != e.id))
        missing: tuple[str, ...] = ()
        if verdict not in ("kept", "not applicable"):
            missing = tuple(dict.fromkeys(m for m in x.missing if m))
        finding = Finding(
            rule.id, e.id, bearer, verdict, (e.lo, e.hi), self._answers(bearer), evidence, missing,
            due_by=due_by, against=against,
        )  # fmt: skip
        if verdict == "cannot tell" and rule.doubt:
            finding = replace(finding, borne_by=self._borne_by(x, e, bearer, meant))
        if rule.reading_of or (self.force is not None and self.force(x, e, None) is not T):
            finding = replace(finding, shadow=True)
        return finding

    def _borne_by(self, x: Frame, e: Deed, bearer: str | None, meant: Iterable[Meant]) -> str:
        """Who bears the doubt: the first key that is `any` or the kind of an act in doubt (resolution 20)."""
        kinds = kinds_in_doubt(self, x, e, meant)
        for kind, who in self.rule.doubt.items():
            if kind != "any" and kind not in kinds:
                continue
            if who == "actor":
                return bearer or ""
            if who == "guarantor":
                return self.terms.persons.guarantor(bearer) or "" if bearer else ""
            if who == "other":
                others = [code for code in self.terms.agreement.parties if code != bearer]
                return others[0] if len(others) == 1 and bearer else ""
            return who
        return ""

    def _answers(self, bearer: str | None) -> str | None:
        if self.rule.answers:
            return self.rule.answers
        return (self.terms.persons.guarantor(bearer) or None) if bearer else None


def later_patterns(agreement: f.Agreement, condition: f.Condition | None) -> list[f.Pattern]:
    """The questions of a condition that look ahead from the act itself, through names as well."""
    if isinstance(condition, f.All | f.Any_):
        return [pattern for item in condition.items for pattern in later_patterns(agreement, item)]
    if isinstance(condition, f.Not):
        return later_patterns(agreement, condition.item)
    if isinstance(condition, f.Named):
        return later_patterns(agreement, agreement.define[condition.name])
    if isinstance(condition, f.Ask) and condition.mode == "later":
        return [condition.pattern]
    return []


def _asks_later(agreement: f.Agreement, value: object) -> bool:
    """Whether anything in a form looks ahead, through names as well."""
    if isinstance(value, f.Ask) and value.mode == "later":
        return True
    if isinstance(value, f.Named):
        return _asks_later(agreement, agreement.define[value.name])
    if isinstance(value, f.PlaceName):
        return _asks_later(agreement, agreement.places[value.name])
    if isinstance(value, tuple | list):
        return any(_asks_later(agreement, item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return any(_asks_later(agreement, getattr(value, part.name)) for part in fields(value))
    return False


def compile_rules(terms: Terms) -> dict[str, Clause]:
    """All clauses that judge or permit, with what prevails over what."""
    clauses = {rule.id: Clause(terms, rule) for rule in terms.agreement.rules.values() if rule.mode != "text"}
    permits = [clause for clause in clauses.values() if clause.rule.mode == "permit"]
    for clause in clauses.values():
        if clause.rule.parent in clauses:
            clause.parent = clauses[clause.rule.parent]
        if clause.rule.mode != "forbid":
            continue
        for permit in permits:
            if not set(permit.rule.kinds) & set(clause.rule.kinds):
                continue
            yields = permit.rule.id in clause.rule.over or clause.rule.over_every
            if not yields and (clause.rule.id in permit.rule.over or permit.rule.over_every):
                clause.permits.append(permit)
                permit.lifted.append(clause)
                clause.ahead = clause.ahead or permit.ahead
            elif not yields:
                clause.beside.append(permit)
                clause.ahead = clause.ahead or permit.ahead
    return clauses
