"""Clauses as formulas of guarded metric first-order temporal logic, in the syntax of MonPoly, for those who check us.

A formula's answers are the acts that break its clause. Traces are fully known, one act at each time point, stamped in ms with the
receipt of a statement or the time of an event. A kind is a predicate `kind(id, by, FIELD…)` over its fields that are no places
and no spans, "" for a field left out. Places, phases and civil times are facts `fact_n(id)` or `fact_n(found id, id)`, which
whoever runs a monitor must supply. What cannot be said is refused by name and never approximated.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from detente.agreement import form as f
from detente.agreement.formulas import Both, Either, Formula, Neg, free
from detente.agreement.temporal import SAID, CannotSay, Conditions, Export, Row, either, guarded, joined, scope_of


def export(agreement: f.Agreement) -> Export:
    """The formulas of every clause that has one."""
    writer = _Writer(agreement)
    for rule in agreement.rules.values():
        if rule.mode not in ("forbid", "require"):
            continue
        try:
            said = dict(writer.clause(rule))
            if not all(_even(formula) for formula in said.values()):
                raise CannotSay("an OR whose sides name different fields: no monitor can range over them")
            writer.found.formulas |= said
        except CannotSay as why:
            writer.found.refused[rule.id] = str(why)
    return writer.found


def _even(part: object) -> bool:
    """Whether both sides of every OR have the same free variables, as a guarded formula must."""
    if isinstance(part, Either) and len({free(item) for item in part.items}) > 1:
        return False
    values = (getattr(part, name) for name in getattr(part, "__dataclass_fields__", ()))
    return all(_even(item) for value in values for item in (value if isinstance(value, tuple) else (value,)))


class _Writer(Conditions):
    # clauses

    def clause(self, rule: f.Rule) -> Iterator[tuple[str, Formula]]:
        """Formulas whose answers break the clause."""
        self.clause_id = rule.id
        if rule.mode == "forbid":
            for kind in rule.kinds:
                yield (rule.id if len(rule.kinds) == 1 else f"{rule.id} on {kind}"), self._ban(rule, kind)
            return
        if rule.parent or rule.trigger is None or rule.trigger.pattern is None or rule.owed is None:
            raise CannotSay(
                "a duty that no act brings about" if not rule.parent else "a duty owed when a permission was needed"
            )
        pattern = rule.trigger.pattern
        if pattern.each or pattern.same or pattern.during or rule.by is None:
            raise CannotSay("a trigger by each, with `same` or `during`")
        for bearer, kind in product(self._bearers(rule), pattern.kinds):
            name = rule.id if bearer == "actor" else f"{rule.id} of {bearer}"
            name += "" if len(pattern.kinds) == 1 else f" after {kind}"
            yield name, self._duty(rule, pattern, kind, bearer)

    def _bearers(self, rule: f.Rule) -> list[str]:
        parties = list(self.agreement.parties)
        words = [
            who.word if isinstance(who, f.Word) else who.code if isinstance(who, f.Person) else ""
            for who in rule.by or ()
        ]
        if words == ["actor"]:
            return words
        if words == ["parties"] and rule.each:
            return parties
        if len(words) == 1 and words[0] in self.agreement.parties:
            return words
        raise CannotSay("a duty of others than the actor or parties by name")

    def _ban(self, rule: f.Rule, kind: str) -> Formula:
        self.numbers = 0
        e = self.deed(kind)
        rows = self.rows(scope_of(rule), True, (e,))
        if rule.unless is not None:
            rows = joined(rows, self.rows(rule.unless, False, (e,)))
        rows = joined(rows, self.author(rule.by, e))
        for permit in self.agreement.rules.values():
            yields = rule.over_every or permit.id in rule.over
            if permit.mode == "permit" and kind in permit.kinds and not yields:
                outside: list[Row] = [(Neg(either([Both(row) for row in self.author(permit.by, e)])),)]
                excused = [] if permit.unless is None else self.rows(permit.unless, True, (e,))
                outside = outside if permit.by is not None else []
                rows = joined(rows, [*outside, *self.rows(scope_of(permit), False, (e,)), *excused])
        return either([guarded(e, row) for row in rows])

    def _duty(self, rule: f.Rule, pattern: f.Pattern, kind: str, bearer: str) -> Formula:
        self.numbers = 0
        e = self.deed(kind)
        assert rule.owed is not None
        rows = self.author(pattern.by, e)
        for condition in (pattern.with_, scope_of(rule)):
            rows = joined(rows, self.rows(condition, True, (e,)) if condition is not None else [()])
        if rule.unless is not None:
            rows = joined(rows, self.rows(rule.unless, False, (e,)))
        author = e.by if bearer == "actor" else f'"{bearer}"'
        owed = self.question(rule.owed, (e,), author, later=True)
        return either([guarded(e, (*row, Neg(owed))) for row in rows])


def signature(agreement: f.Agreement, found: Export) -> Iterator[str]:
    """The predicates, as MonPoly's signature file has them."""
    for kind in agreement.kinds.values():
        if kind.name in ("finding", "receipt"):
            continue
        fields = [field for field in kind.fields.values() if field.type in SAID]
        types = [f"{one.name}:{'int' if one.type in ('count', 'length', 'time') else 'string'}" for one in fields]
        yield f"{kind.name}({','.join(['id:string', 'by:string', *types])})"
    for name in found.facts:
        yield f"{name}({','.join(f'{id}:string' for id in found.arity[name])})"
