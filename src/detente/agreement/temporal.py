"""Conditions and questions of clauses as rows of temporal literals (`mfotl` makes clauses of them).

A row is a conjunction, several rows are any of them. Every row is guarded by the act it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

from detente.agreement import form as f
from detente.agreement.formulas import Both, Compare, Either, Formula, Neg, Once, Pred, Since, Some, Soon, free
from detente.agreement.readback import readback_condition

SAID = ("code", "text", "who", "addressee", "enum", "count", "length", "time", "day", "act")


class CannotSay(Exception):
    """The construct that has no formula."""


Row = tuple[Formula, ...]


@dataclass(frozen=True)
class Deed:
    """The variables of an act: id, author and fields."""

    kind: str
    id: str
    by: str
    fields: Mapping[str, str]

    def pred(self) -> Pred:
        """The act itself."""
        return Pred(self.kind, (self.id, self.by, *self.fields.values()))


@dataclass
class Export:
    """`formulas`: by clause (and bearer, where there are several); `refused`: clause to construct; `facts`: what each is."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    arity: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Conditions:
    """Writes the conditions of one agreement."""

    def __init__(self, agreement: f.Agreement) -> None:
        self.agreement = agreement
        self.found = Export()
        self.names: dict[tuple[str, str, tuple[str, ...]], str] = {}
        self.clause_id = ""
        self.numbers = 0

    # acts and people

    def deed(self, kind: str, known: Mapping[str, str] | None = None, by: str = "") -> Deed:
        if kind in ("finding", "receipt"):
            raise CannotSay(f"{kind}s as acts")
        self.numbers += 1
        number = self.numbers
        said = {
            name: f"{name}{number}" for name, form in self.agreement.kinds[kind].fields.items() if form.type in SAID
        }
        return Deed(
            kind, f"i{number}", by or f"by{number}", {**said, **{k: v for k, v in (known or {}).items() if k in said}}
        )

    def author(self, whos: f.Whos | None, e: Deed) -> list[Row]:
        if whos is None:
            return [()]
        codes: list[str] = []
        for who in whos:
            if isinstance(who, f.Person):
                codes += self.members(who.code)
            elif isinstance(who, f.Word) and who.word == "parties":
                codes += self.agreement.parties
            elif isinstance(who, f.Word) and who.word == "anyone":
                return [()]
            else:
                raise CannotSay("an author named by a path or a guarantor")
        return [(Compare(e.by, "=", f'"{code}"'),) for code in dict.fromkeys(codes)]

    def members(self, code: str) -> list[str]:
        other = self.agreement.others.get(code)
        if other is not None and other.joined_by is not None:
            raise CannotSay("a group that is joined by an act")
        return [code, *(one for member in (other.members if other else ()) for one in self.members(member))]

    # conditions: rows of literals, any of which

    def rows(self, condition: f.Condition, want: bool, chain: tuple[Deed, ...]) -> list[Row]:
        if isinstance(condition, f.Named):
            return self.rows(self.agreement.define[condition.name], want, chain)
        if isinstance(condition, f.Not):
            return self.rows(condition.item, not want, chain)
        if isinstance(condition, f.All | f.Any_):
            parts = [self.rows(item, want, chain) for item in condition.items]
            if want == isinstance(condition, f.All):
                return [tuple(literal for row in rows for literal in row) for rows in product(*parts)]
            return [row for rows in parts for row in rows]
        literals = self._is(condition, chain) if isinstance(condition, f.Is) else [self._literal(condition, chain)]
        # Monitors want the same free variables on both sides of an OR: each side becomes a row of its own, guarded by the act.
        literals = [item for one in literals for item in (one.items if isinstance(one, Either) else (one,))]
        return [(literal,) for literal in literals] if want else [tuple(Neg(literal) for literal in literals)]

    def _literal(self, condition: f.Condition, chain: tuple[Deed, ...]) -> Formula:
        e = chain[-1]
        if isinstance(condition, f.Ask):
            return self._ask(condition, chain)
        if isinstance(condition, f.Given) and condition.field in e.fields:
            return Neg(Compare(e.fields[condition.field], "=", '""'))
        return self.fact(condition, chain)

    def fact(self, condition: f.Condition, chain: tuple[Deed, ...]) -> Pred:
        """What is given with the trace: it depends on the act, and on those it was found from."""
        words = readback_condition(self.agreement, condition)
        if "'this'" in repr(condition):
            words += f" (this clause is {self.clause_id})"
        ids = tuple(f"id{number}" for number in range(len(chain), 0, -1))
        # Known by its form, since two places drawn in the text read alike.
        name = self.names.setdefault((repr(condition), words, ids), f"fact_{len(self.names) + 1}")
        self.found.facts[name], self.found.arity[name] = words, ids
        return Pred(name, tuple(deed.id for deed in reversed(chain)))

    def _is(self, condition: f.Is, chain: tuple[Deed, ...]) -> list[Formula]:
        matcher = condition.matcher
        term = self._term(condition.path, chain)
        if isinstance(matcher, f.OneOf) and term is not None:
            values = [self._value(value, chain) for value in matcher.values]
            return [Compare(term, "=", value) for row in values for value in row]
        if isinstance(matcher, f.Range) and term is not None:
            if isinstance(matcher.at_least, int) and matcher.at_most is None:
                return [Compare(str(matcher.at_least), "<=", term)]
            if isinstance(matcher.at_most, int) and matcher.at_least is None:
                return [Compare(term, "<=", str(matcher.at_most))]
        return [self.fact(condition, chain)]

    def _value(self, value: str | f.PathValue, chain: tuple[Deed, ...]) -> list[str]:
        if isinstance(value, str):
            return [f'"{code}"' for code in self.members(value)]
        term = f'"{self.clause_id}"' if value.path == ("this",) else self._term(value.path, chain)
        if term is None:
            raise CannotSay(f"the path {'.'.join(value.path)}")
        return [term]

    @staticmethod
    def _term(path: f.Path, chain: tuple[Deed, ...]) -> str | None:
        while path[0] == "its" and len(path) > 1:
            path, chain = path[1:], chain[:-1]
            if not chain:
                return None
        head = {"id": chain[-1].id, "by": chain[-1].by, **chain[-1].fields}
        return head.get(path[0]) if len(path) == 1 else None

    # questions

    def _ask(self, ask: f.Ask, chain: tuple[Deed, ...]) -> Formula:
        if ask.mode == "count":
            raise CannotSay("`count`")
        pattern, e, later = ask.pattern, chain[-1], ask.mode == "later"
        whos, parties = pattern.by, list(self.agreement.parties)
        if whos is None:
            return self.question(pattern, chain, "", later=later)
        if pattern.each and list(whos) == [f.Word("parties")]:
            return Both(tuple(self.question(pattern, chain, f'"{code}"', later=later) for code in parties))
        if pattern.each:
            raise CannotSay("by_each of others than the parties")
        found: list[Formula] = []
        for who in whos:
            if isinstance(who, f.Person):
                found += [self.question(pattern, chain, f'"{code}"', later=later) for code in self.members(who.code)]
            elif isinstance(who, f.Word) and who.word == "actor":
                found.append(self.question(pattern, chain, e.by, later=later))
            elif isinstance(who, f.Word) and who.word == "parties":
                found += [self.question(pattern, chain, f'"{code}"', later=later) for code in parties]
            elif isinstance(who, f.Word) and who.word == "other":
                for own, code in product(parties, parties):
                    if own != code:
                        found.append(
                            Both(
                                (
                                    Compare(e.by, "=", f'"{own}"'),
                                    self.question(pattern, chain, f'"{code}"', later=later),
                                )
                            )
                        )
            elif isinstance(who, f.Word) and who.word == "anyone":
                found.append(self.question(pattern, chain, "", later=later))
            else:
                raise CannotSay("a guarantor, or people named by a path")
        return either(found)

    def question(self, pattern: f.Pattern, chain: tuple[Deed, ...], author: str, *, later: bool) -> Formula:
        """Whether there is such an act by this author ("": by anybody)."""
        self._sayable(pattern)
        found: list[Formula] = []
        for kind in pattern.kinds:
            known = {own: self._same(own, path, kind, chain) for own, path in pattern.same}
            deed = self.deed(kind, known, author)
            outer = {name for one in chain for name in (one.id, one.by, *one.fields.values())}
            rows: list[Row] = [()] if pattern.with_ is None else self.rows(pattern.with_, True, (*chain, deed))
            if pattern.during:
                rows = joined(rows, [(self.fact(f.During(pattern.during), (deed,)),)])
            if kind == chain[-1].kind:
                rows = joined(rows, [(Neg(Compare(deed.id, "=", chain[-1].id)),)])
            made: Formula = either([guarded(deed, row) for row in rows])
            own = tuple(
                name for name in (deed.id, deed.by, *deed.fields.values()) if name not in outer and name[0] != '"'
            )
            if later:
                assert isinstance(pattern.within, f.Elapsed)
                found.append(Soon(pattern.within.ms, Some(own, made)))
                continue
            low = pattern.at_least.ms if isinstance(pattern.at_least, f.Elapsed) else 0
            high = pattern.at_most.ms if isinstance(pattern.at_most, f.Elapsed) else None
            if pattern.ended_by:
                enders = [self._ender(pattern, ender, deed) for ender in pattern.ended_by]
                ended = either([item for one in enders for item in (one.items if isinstance(one, Either) else (one,))])
                if isinstance(ended, Either) and len({free(item) for item in ended.items}) > 1:
                    raise CannotSay("`ended_by` acts that share different fields")
                found.append(Some(own, Since(low, high, ended, made)))
            else:
                found.append(Once(low, high, Some(own, made)))
        return either(found)

    def _same(self, own: str, path: f.Path, kind: str, chain: tuple[Deed, ...]) -> str:
        term = self._term(path, chain)
        form = self.agreement.kinds[kind].fields.get(own)
        other = self.agreement.kinds[chain[-1].kind].fields.get(path[-1])
        if term is None or form is None or form.optional or (other is not None and other.optional):
            raise CannotSay(f"`same` over {own}, which may be left out or stands at the end of a path")
        return term

    def _sayable(self, pattern: f.Pattern) -> None:
        for name in ("to", "alike", "newest_per", "distinct", "counting_from", "window", "no_later_than"):
            if getattr(pattern, name):
                raise CannotSay(f"`{name}`")
        if any(isinstance(bound, f.Calendar) for bound in (pattern.at_least, pattern.at_most, pattern.within)):
            raise CannotSay("days and months of a calendar")

    def _ender(self, pattern: f.Pattern, ender: f.Pattern, deed: Deed) -> Formula:
        """An act that ends what was found: by its author, equal in the shared fields."""
        self._sayable(ender)
        if ender.with_ is not None or ender.by is not None or ender.during or ender.each:
            raise CannotSay("`ended_by` with a condition or somebody else")
        parts: list[Formula] = []
        for kind in ender.kinds:
            fields = self.agreement.kinds[kind].fields
            shared = {own: deed.fields[own] for own, _ in pattern.same if own in fields and own in deed.fields}
            shared |= {own: term for own, path in ender.same if (term := self._term(path, (deed,))) is not None}
            end = self.deed(kind, shared, deed.by)
            names = tuple(name for name in (end.id, *end.fields.values()) if name not in shared.values())
            parts.append(Some(names, end.pred()))
        return either(parts)


def scope_of(rule: f.Rule) -> f.Condition:
    parts: list[f.Condition] = [f.During(rule.during)] if rule.during else []
    return f.All((*parts, *([rule.when] if rule.when is not None else [])))


def joined(rows: list[Row], others: list[Row]) -> list[Row]:
    return [(*one, *other) for one in rows for other in others]


def guarded(e: Deed, row: Row) -> Formula:
    """The act and its literals, what binds before what excludes."""
    return Both((e.pred(), *sorted(dict.fromkeys(row), key=lambda literal: isinstance(literal, Neg))))


def either(items: list[Formula]) -> Formula:
    return items[0] if len(items) == 1 else Either(tuple(items))
