"""Conditions about one act as formulas of Z3, to prove that something never holds (21-language-reference, 14).

Every question about other acts is a free Boolean, with what follows from the words alone as axioms (made at least 24h before
implies at least 12h before; by each implies by either). What cannot be said is left free: a proof stands all the same, since
it holds whatever the free facts are. Z3 is an extra; without it nothing is proved, and the caller says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from detente.agreement import form as f
from detente.agreement.drafting import people

TIMEOUT = 2_000
"""Milliseconds for one question; a question not answered by then is not proved."""


def available() -> bool:
    """Whether Z3 is installed (`pip install detente[draft]`)."""
    return find_spec("z3") is not None


class Logic:
    """Formulas about one act of an agreement."""

    def __init__(self, agreement: f.Agreement) -> None:
        self.agreement = agreement
        self.z3: Any = import_module("z3")
        self.asked: dict[str, tuple[f.Ask, Any]] = {}
        self.within: dict[str, tuple[int, Any]] = {}
        self.codes = {code: number for number, code in enumerate(people.everybody(agreement))}
        self.axioms: list[Any] = []
        self.by = self.z3.Int("by")
        self.time = self.z3.Int("at")

    # questions

    def never(self, *formulas: Any) -> bool:
        """Whether these can never hold together."""
        return self.core({str(number): formula for number, formula in enumerate(formulas)}) is not None

    def core(self, named: dict[str, Any]) -> list[str] | None:
        """Names of formulas that can never hold together; None if they can, or if that is not known."""
        z3 = self.z3
        solver = z3.Solver()
        solver.set("timeout", TIMEOUT)
        solver.set("random_seed", 1)
        solver.add(*self.axioms, *self._entailed())
        labels = {name: z3.Bool(f"because {name}") for name in named}
        for name, formula in named.items():
            solver.add(z3.Implies(labels[name], formula))
        if solver.check(*labels.values()) != z3.unsat:
            return None
        needed = list(labels)
        for name in list(needed):  # the smallest set, since a negotiator reads it
            rest = [labels[other] for other in needed if other != name]
            if solver.check(*rest) == z3.unsat:
                needed.remove(name)
        return needed

    # clauses

    def author(self, whos: f.Whos | None) -> Any:
        """Whether the act is by one of these."""
        if whos is None:
            return self.z3.BoolVal(True)
        return self.z3.Or(*(self._author(who) for who in whos))

    def _author(self, who: f.Who) -> Any:
        if isinstance(who, f.Person):
            other = self.agreement.others.get(who.code)
            if other is not None and other.joined_by is not None:
                return self._free(f"by {who.code}")
            return self._among(self.by, [who.code])
        if isinstance(who, f.Word) and who.word == "parties":
            return self._among(self.by, list(self.agreement.parties))
        if isinstance(who, f.Word) and who.word == "anyone":
            return self.z3.BoolVal(True)
        return self._free(f"by {who!r}")

    def _among(self, variable: Any, codes: Iterable[str]) -> Any:
        named = {member for code in codes for member in people.members(self.agreement, code)}
        return self.z3.Or(*(variable == self.codes[code] for code in sorted(named) if code in self.codes))

    def scope(self, rule: f.Rule) -> Any:
        """When a prohibition or permission speaks of the act."""
        parts = [self.author(rule.by)]
        if rule.during:
            parts.append(self.holds(f.During(rule.during)))
        if rule.when is not None:
            parts.append(self.holds(rule.when, rule.id))
        return self.z3.And(*parts)

    def broken(self, rule: f.Rule) -> Any:
        """When a prohibition is broken (a permission applies), permissions aside."""
        if rule.unless is None:
            return self.scope(rule)
        return self.z3.And(self.scope(rule), self.z3.Not(self.holds(rule.unless, rule.id)))

    # conditions

    def holds(self, condition: f.Condition, clause: str = "") -> Any:
        """A condition about the act."""
        z3 = self.z3
        if isinstance(condition, f.All):
            return z3.And(*(self.holds(item, clause) for item in condition.items))
        if isinstance(condition, f.Any_):
            return z3.Or(*(self.holds(item, clause) for item in condition.items))
        if isinstance(condition, f.Not):
            return z3.Not(self.holds(condition.item, clause))
        if isinstance(condition, f.Named):
            return self.holds(self.agreement.define[condition.name], clause)
        if isinstance(condition, f.Inside):
            return self._inside(condition.place)
        if isinstance(condition, f.Is):
            return self._is(condition, clause)
        if isinstance(condition, f.During):
            return self._during(condition.phase)
        if isinstance(condition, f.Ask):
            return self._ask(condition, clause)
        if isinstance(condition, f.Given):
            return self._free(f"given {condition.field}")
        return self._free(repr(condition))

    def _free(self, name: str) -> Any:
        return self.z3.Bool(name)

    def _is(self, condition: f.Is, clause: str) -> Any:
        matcher, name = condition.matcher, ".".join(condition.path)
        if isinstance(matcher, f.OneOf) and all(isinstance(value, str) for value in matcher.values):
            texts = [value for value in matcher.values if isinstance(value, str)]
            variable = self.by if name == "by" else self.z3.Int(f"value {name}")
            named = {member for text in texts for member in people.members(self.agreement, text)}
            dynamic = [o.code for o in self.agreement.others.values() if o.joined_by is not None and o.code in named]
            if dynamic:
                return self._free(f"{name} among {sorted(texts)}")
            return self.z3.Or(*(variable == self.codes.setdefault(text, len(self.codes)) for text in sorted(named)))
        if isinstance(matcher, f.Range):
            variable = self.z3.Int(f"number {name}")
            bounds = [(matcher.at_least, True), (matcher.at_most, False)]
            parts = [variable >= bound if low else variable <= bound for bound, low in bounds if isinstance(bound, int)]
            parts += [self._free(f"{name} {low} {bound!r}") for bound, low in bounds if isinstance(bound, f.PathValue)]
            return self.z3.And(self._free(f"given {name}"), *parts)
        return self._free(f"{clause if 'this' in repr(matcher) else ''} {self._plain(condition)}")

    def _during(self, name: str) -> Any:
        phase = self.agreement.phases[name]
        fixed = [edge.ms for edge in (*phase.starts, *phase.ends) if isinstance(edge, f.Instant)]
        if len(phase.starts) == len(phase.ends) == 1 and len(fixed) == 2 and phase.renewed_by is None:
            return self.z3.And(self.time >= fixed[0], self.time < fixed[1])
        return self._free(f"during {name}")

    def _inside(self, place: f.PlaceForm) -> Any:
        z3 = self.z3
        if isinstance(place, f.PlaceName):
            return self._inside(self.agreement.places[place.name])
        if isinstance(place, f.Union):
            return z3.Or(*(self._inside(item) for item in place.items))
        if isinstance(place, f.Cut):
            parts = [self._inside(place.base), *(z3.Not(self._inside(item)) for item in place.minus)]
            return z3.And(*parts, *([self._inside(f.Union(place.inside))] if place.inside else []))
        if isinstance(place, f.Within):
            about, inner = self._plain(place.of), self._inside(place.of)
            key = f"within {place.metres} of {about}"
            if key not in self.within:
                variable = z3.Bool(key)
                self.axioms.append(z3.Implies(inner, variable))
                for other, (metres, nearer) in self.within.items():
                    if other.endswith(f" of {about}"):
                        one, two = (nearer, variable) if metres <= place.metres else (variable, nearer)
                        self.axioms.append(z3.Implies(one, two))
                self.within[key] = place.metres, variable
            return self.within[key][1]
        return self._free(f"inside {self._plain(place)}")

    def _ask(self, ask: f.Ask, clause: str) -> Any:
        if impossible(ask.pattern) and ask.mode == "earlier":
            return self.z3.BoolVal(False)
        text = self._plain(ask)
        key = f"{clause} {text}" if "('this',)" in text else text
        if key not in self.asked:
            self.asked[key] = (ask, self.z3.Bool(key))
        return self.asked[key][1]

    def _plain(self, form: object) -> str:
        return repr(spelled(self.agreement, form))

    def _entailed(self) -> list[Any]:
        """What follows from the words of two questions."""
        asked = list(self.asked.values())
        return [
            self.z3.Implies(one, other)
            for first, one in asked
            for second, other in asked
            if first is not second and first.mode == second.mode != "count"
            and entails(self.agreement, first.pattern, second.pattern)
        ]  # fmt: skip


def impossible(pattern: f.Pattern) -> bool:
    """A lead that is at least so long and at most a shorter time."""
    least, most = pattern.at_least, pattern.at_most
    return isinstance(least, f.Elapsed) and isinstance(most, f.Elapsed) and least.ms > most.ms


def entails(agreement: f.Agreement, one: f.Pattern, other: f.Pattern) -> bool:
    """Whether an act that answers one question surely answers another, by their words alone."""
    if not set(one.kinds) <= set(other.kinds) or not _people_entail(agreement, one, other):
        return False
    if other.to is not None and (one.to, one.to_each) != (other.to, other.to_each):
        return False
    if not set(other.same) <= set(one.same) or not _parts(agreement, other.with_) <= _parts(agreement, one.with_):
        return False
    if other.during not in ("", one.during) or not set(other.ended_by) <= set(one.ended_by):
        return False
    if other.no_later_than is not None and (one.no_later_than is None or one.no_later_than > other.no_later_than):
        return False
    if other.alike not in ((), one.alike) or other.distinct or one.distinct:
        return False
    chosen = (one.kinds, one.by, one.each, one.to, one.same) == (
        other.kinds,
        other.by,
        other.each,
        other.to,
        other.same,
    )
    if other.newest_per and not (chosen and one.newest_per == other.newest_per):
        return False
    return _bounds_entail(one, other)


def _people_entail(agreement: f.Agreement, one: f.Pattern, other: f.Pattern) -> bool:
    if other.by is None:
        return not other.each
    if one.by is None:
        return False
    if other.each:
        return one.each and one.by == other.by
    parties = f.Word("parties")
    wide = any(who == parties for who in other.by)
    return all(
        who in other.by or (wide and isinstance(who, f.Person) and who.code in agreement.parties) for who in one.by
    )


def _bounds_entail(one: f.Pattern, other: f.Pattern) -> bool:
    return (
        _no_less(one.at_least, other.at_least)
        and _no_more(one.at_most, other.at_most)
        and _no_more(one.within, other.within)
        and one.counting_from == other.counting_from
    )


def _no_less(one: f.Duration | None, other: f.Duration | None) -> bool:
    """Whether a lower bound asks as much as another."""
    if other is None or one == other:
        return True
    return isinstance(one, f.Elapsed) and isinstance(other, f.Elapsed) and one.ms >= other.ms


def _no_more(one: f.Duration | None, other: f.Duration | None) -> bool:
    """Whether an upper bound asks as much as another."""
    if other is None or one == other:
        return True
    return isinstance(one, f.Elapsed) and isinstance(other, f.Elapsed) and one.ms <= other.ms


@lru_cache(maxsize=4096)
def _split(condition: f.Condition | None) -> tuple[f.Condition, ...]:
    if condition is None:
        return ()
    if isinstance(condition, f.All):
        return tuple(part for item in condition.items for part in _split(item))
    return (condition,)


def _parts(agreement: f.Agreement, condition: f.Condition | None) -> set[str]:
    return {repr(spelled(agreement, part)) for part in _split(condition)}


def spelled(agreement: f.Agreement, form: Any) -> Any:
    """A form with the names of conditions and places replaced by what they stand for."""
    if isinstance(form, f.Named):
        return spelled(agreement, agreement.define[form.name])
    if isinstance(form, f.PlaceName):
        return spelled(agreement, agreement.places[form.name])
    if isinstance(form, tuple):
        return tuple(spelled(agreement, item) for item in form)
    if hasattr(form, "__dataclass_fields__"):
        return replace(form, **{name: spelled(agreement, getattr(form, name)) for name in form.__dataclass_fields__})
    return form
