"""Words for people: who they may be, seen from an act (21-language-reference, 3).

Every word comes to two sets: who is surely meant, and who may be (None: anybody). An act that may be by one of
several is "among these" if all candidates surely are, not if none may be, else cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from detente.agreement import form as f
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import NOT_STATED, People
from detente.agreement.record import Interval, OneOf
from detente.agreement.values import F, T, U, Value

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

NOBODY: frozenset[str] = frozenset()


class Meant(NamedTuple):
    """One person or group a word means. `code`: its name if it is one; `sure`: it is surely among those meant."""

    code: str | None
    certain: frozenset[str]
    possible: frozenset[str] | None
    sure: bool = True
    everyone: bool = False

    def test(self, by: frozenset[str]) -> Value:
        """Whether an author is among these."""
        if self.everyone:
            return T
        if self.possible is None:
            if by and by <= self.certain:
                return T
            return U
        if not by:
            return U if self.possible else F
        if by <= self.certain:
            return T
        return F if by.isdisjoint(self.possible) else U


ANYONE = Meant(None, NOBODY, None, everyone=True)
SOMEBODY = Meant(None, NOBODY, None)
"""Nobody can say who is meant."""
Resolve = Callable[[Frame, Deed], "list[Meant]"]
Among = Callable[[Frame, frozenset[str], Deed, Deed], Value]


class Persons:
    """The people of an agreement."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.agreement = terms.agreement
        self.parties = frozenset(self.agreement.parties)
        self.aliases: dict[str, list[tuple[str, int | None]]] = {}
        for other in self.agreement.others.values():
            self.aliases.setdefault(other.name, []).append((other.code, None))
            for alias in other.aliases:
                self.aliases.setdefault(alias.name, []).append((other.code, alias.since))
        self.joined = {o.code: o.joined_by for o in self.agreement.others.values() if o.joined_by is not None}

    def expand(self, code: str) -> frozenset[str]:
        """A code with the members of its group, and theirs."""
        found = {code}
        other = self.agreement.others.get(code)
        for member in other.members if other else ():
            found |= self.expand(member)
        return frozenset(found)

    def guarantor(self, code: str) -> str:
        """Who answers for somebody; a party for itself; "" if nobody does."""
        if code in self.parties:
            return code
        other = self.agreement.others.get(code)
        return other.guarantor if other else ""

    def log(self, code: str) -> str:
        """The log somebody's statements stand in: their own, or their guarantor's; "" if none is known."""
        other = self.agreement.others.get(code)
        if code in self.parties or (other and other.keeps_log):
            return code
        guarantor = self.guarantor(code)
        return self.log(guarantor) if guarantor and guarantor != code else ""

    def logs(self, possible: frozenset[str] | None) -> tuple[str, ...] | None:
        """The logs in which statements by these would stand; None: any log."""
        if possible is None:
            return None
        logs = [self.log(code) for code in possible]
        return None if "" in logs else tuple(dict.fromkeys(logs))

    def read(self, value: object, at: Interval) -> object:
        """Who a field of people names: codes and aliases; a name used before its day is nobody surely."""
        if isinstance(value, OneOf):
            parts = [self.read(item, at) for item in value.values]
            known = [part for part in parts if isinstance(part, People)]
            codes = frozenset(code for part in known for code in part.codes)
            return People(codes, len(known) < len(parts) or any(part.open for part in known))
        if not isinstance(value, str):
            return value
        if value in self.agreement.others or value in self.parties:
            return People(frozenset((value,)))
        for code, since in self.aliases.get(value, ()):
            return People(frozenset((code,)), since is not None and at.lo < since)
        return People(frozenset((value,)))

    # words

    def resolver(self, whos: f.Whos) -> Resolve:
        """Everybody the words mean, one entry for each that `by_each` would ask for."""
        parts = [self._one(who) for who in whos]
        if len(parts) == 1:
            return parts[0]
        return lambda x, e: [meant for part in parts for meant in part(x, e)]

    def _one(self, who: f.Who) -> Resolve:
        if isinstance(who, f.Person):
            if who.code in self.joined:
                return self._joined(who.code)
            group = self.expand(who.code)
            fixed = [Meant(who.code, group, group)]
            return lambda x, e: fixed
        if isinstance(who, f.GuarantorOf | f.WhoPath):
            return self._by_path(who)
        if who.word == "parties":
            each = [Meant(code, frozenset((code,)), frozenset((code,))) for code in self.agreement.parties]
            return lambda x, e: each
        if who.word == "anyone":
            return lambda x, e: [ANYONE]
        if who.word == "actor":
            return lambda x, e: [self._some(e.by)]
        if who.word == "guarantor":
            return lambda x, e: [self._guarantors(People(e.by))]
        return self._other

    def _other(self, x: Frame, e: Deed) -> list[Meant]:
        """Any party but the actor; a party that may be the actor is only perhaps meant."""
        single = len(e.by) == 1
        found = []
        for code in self.agreement.parties:
            one = frozenset((code,))
            if not e.by or (code in e.by and not single):
                found.append(Meant(code, NOBODY, one, sure=False))
            elif code not in e.by:
                found.append(Meant(code, one, one))
        return found

    def _some(self, by: frozenset[str]) -> Meant:
        """One of these persons, whichever it is."""
        if len(by) == 1:
            return Meant(next(iter(by)), by, by)
        return Meant(None, NOBODY, by or None)

    def _guarantors(self, people: People) -> Meant:
        if people.open or not people.codes:
            return SOMEBODY
        found = [self.guarantor(code) for code in people.codes]
        guarantors = frozenset(code for code in found if code)
        if "" in found or not guarantors:  # one for whom nobody answers
            return Meant(None, NOBODY, guarantors)
        return self._some(guarantors)

    def _by_path(self, who: f.GuarantorOf | f.WhoPath) -> Resolve:
        path = who.path[1:] if who.path[0] == "its" else who.path
        get = self.terms.getter(path)
        guarantor = isinstance(who, f.GuarantorOf)

        def resolve(x: Frame, e: Deed) -> list[Meant]:
            value = get(x, e, None)
            if value is NOT_STATED:
                return [Meant(None, NOBODY, NOBODY)]
            people = value if isinstance(value, People) else self.read(value, Interval(e.lo, e.hi))
            if not isinstance(people, People) or people.open or not people.codes:
                return [SOMEBODY]
            return [self._guarantors(people) if guarantor else self._some(people.codes)]

        return resolve

    def _joined(self, code: str) -> Resolve:
        """An opt-in group: whoever's own act stands at the time of the act asked about."""
        question = self.terms.question(self.joined_pattern(code), "")
        candidates = self._candidates(code)

        def resolve(x: Frame, e: Deed) -> list[Meant]:
            certain, possible = set(), set()
            for person in candidates:
                one = frozenset((person,))
                asker = Deed("", "", one, Interval(e.lo, e.hi), {})
                value = question.exists(x, asker, None, Meant(person, one, one), notes=False)
                if value is not F:
                    possible.add(person)
                if value is T:
                    certain.add(person)
            return [Meant(code, frozenset(certain) | {code}, frozenset(possible) | {code})]

        return resolve

    def joined_pattern(self, code: str) -> f.Pattern:
        """The pattern that makes somebody a member."""
        return self.joined[code]

    def _candidates(self, code: str) -> list[str]:
        pattern = self.joined[code]
        found: set[str] = set()
        for who in pattern.by or ():
            if isinstance(who, f.Person):
                found |= self.expand(who.code)
            elif isinstance(who, f.Word) and who.word == "parties":
                found |= self.parties
        return sorted(found or self.parties | set(self.agreement.others))

    def among(self, whos: f.Whos) -> Among:
        """Test of an author: (frame, author, the act it is the author of, the act the words are seen from)."""
        if all(isinstance(who, f.Word) and who.word == "anyone" for who in whos):
            return lambda x, by, a, e: T
        fixed = self.fixed(whos)
        if fixed is not None:
            certain = fixed
            return lambda x, by, a, e: T if by and by <= certain else U if not by or not by.isdisjoint(certain) else F
        resolve = self.resolver(whos)

        def test(x: Frame, by: frozenset[str], a: Deed, e: Deed) -> Value:
            return union(resolve(x, e)).test(by)

        return test

    def fixed(self, whos: f.Whos) -> frozenset[str] | None:
        """The codes, if they are the same whatever act is asked about."""
        found: set[str] = set()
        for who in whos:
            if isinstance(who, f.Person) and who.code not in self.joined:
                found |= self.expand(who.code)
            elif isinstance(who, f.Word) and who.word == "parties":
                found |= self.parties
            else:
                return None
        return frozenset(found)


def union(meant: Iterable[Meant]) -> Meant:
    """Any of these."""
    certain: frozenset[str] = NOBODY
    possible: frozenset[str] | None = NOBODY
    codes, everyone = [], False
    for one in meant:
        codes.append(one.code)
        everyone = everyone or one.everyone
        certain |= one.certain
        possible = None if possible is None or one.possible is None else possible | one.possible
    return Meant(codes[0] if len(codes) == 1 else None, certain, possible, everyone=everyone)
