"""Words for people: who they may be, seen from an act (21-language-reference, 3).

Every word comes to two sets: who is surely meant, and who may be (None: anybody). An act that may be by one of
several is "among these" if all candidates surely are, not if none may be, else cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
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
    """Who a word means. `code`: the name if it is one; `everyone`: whoever it is."""

    code: str | None
    certain: frozenset[str]
    possible: frozenset[str] | None
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
Meaning = Callable[[Frame, Deed, str], "list[Meant]"]
Choices = Callable[[Frame, Deed], "list[list[Meant]]"]
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
        self._groups: dict[str, Meant] = {}
        self._resolvers: dict[str, Resolve] = {}
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

    def log(self, code: str) -> frozenset[str]:
        """Where somebody's statements stand: own log, those of a group's members, or the guarantor's; "" if any."""
        other = self.agreement.others.get(code)
        if code in self.parties or (other and other.keeps_log):
            return frozenset((code,))
        if code in self.joined:
            return frozenset(log for member in self._candidates(code) for log in self.log(member))
        if other and other.members:
            return frozenset(log for member in other.members for log in self.log(member))
        guarantor = self.guarantor(code)
        return self.log(guarantor) if guarantor and guarantor != code else frozenset(("",))

    def logs(self, possible: frozenset[str] | None) -> tuple[str, ...] | None:
        """The logs in which statements by these would stand; None: any log."""
        if possible is None:
            return None
        logs = {log for code in possible for log in self.log(code)}
        return None if "" in logs else tuple(sorted(logs))

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
                return self._joiners(who.code)
            fixed = [self._group(who.code)]
            return lambda x, e: fixed
        if isinstance(who, f.GuarantorOf | f.WhoPath):
            return self._by_path(who)
        if who.word == "parties":
            each = [Meant(code, frozenset((code,)), frozenset((code,))) for code in self.agreement.parties]
            return lambda x, e: each
        if who.word == "anyone":
            return lambda x, e: [ANYONE]
        if who.word == "actor":
            return lambda x, e: [self._some(x, e, e.by)]
        if who.word == "guarantor":
            return lambda x, e: [self._guarantors(x, e, People(e.by))]
        return self._other

    def _other(self, x: Frame, e: Deed) -> list[Meant]:
        """Any party but the actor; parties that may be the actor are only perhaps meant."""
        if len(e.by) == 1:
            return self._parties_but(next(iter(e.by)))
        surely = self.parties - e.by if e.by else NOBODY
        return [Meant(None, surely, self.parties)]

    def _parties_but(self, actor: str) -> list[Meant]:
        return [self._group(code) for code in self.agreement.parties if code != actor]

    # each of

    def choices(self, whos: f.Whos) -> Choices:
        """For *each of*: the persons singly, once for each meaning of unsure words. A group stands for itself."""
        parts = [self._choice(who) for who in whos]
        if len(parts) == 1:
            return parts[0]

        def together(x: Frame, e: Deed) -> list[list[Meant]]:
            found: list[list[Meant]] = []
            for chosen in product(*(part(x, e) for part in parts)):
                once = list({meant.code: meant for one in chosen for meant in one}.values())
                if once not in found:
                    found.append(once)
            return found

        return together

    def _choice(self, who: f.Who) -> Choices:
        if isinstance(who, f.Person) or (isinstance(who, f.Word) and who.word in ("parties", "anyone")):
            whole = self._one(who)
            return lambda x, e: [whole(x, e)]
        if isinstance(who, f.GuarantorOf | f.WhoPath):
            path = who.path[1:] if who.path[0] == "its" else who.path
            get, guarantor = self.terms.getter(path), isinstance(who, f.GuarantorOf)

            def by_path(x: Frame, e: Deed) -> list[list[Meant]]:
                value = get(x, e, None)
                if value is NOT_STATED:
                    return [[]]
                people = value if isinstance(value, People) else self.read(value, Interval(e.lo, e.hi))
                codes = people.codes if isinstance(people, People) else NOBODY
                if isinstance(people, People) and people.open and codes:
                    codes |= {""}
                return self._apart(x, e, codes, self._backer if guarantor else self._single)

            return by_path
        meaning = {"actor": self._single, "other": self._others, "guarantor": self._backer}[who.word]
        return lambda x, e: self._apart(x, e, e.by, meaning)

    def _apart(self, x: Frame, e: Deed, codes: frozenset[str], meaning: Meaning) -> list[list[Meant]]:
        """What is meant for each who it may be; anybody with a code, or a stranger, where nobody can say."""
        found: list[list[Meant]] = []
        for code in sorted(codes or {*self.parties, *self.agreement.others, ""}):
            meant = meaning(x, e, code)
            if meant not in found:
                found.append(meant)
        return found

    def _single(self, x: Frame, e: Deed, code: str) -> list[Meant]:
        return [self.meant(x, e, code)]

    def _others(self, x: Frame, e: Deed, code: str) -> list[Meant]:
        return self._parties_but(code)

    def _backer(self, x: Frame, e: Deed, code: str) -> list[Meant]:
        backer = self.guarantor(code)
        return [self.meant(x, e, backer)] if backer else []

    def meant(self, x: Frame, e: Deed, code: str) -> Meant:
        """A code: the person, or the group with its members."""
        if code in self.joined:
            return self._joiners(code)(x, e)[0]
        return self._group(code)

    def _group(self, code: str) -> Meant:
        found = self._groups.get(code)
        if found is None:
            group = self.expand(code)
            found = self._groups[code] = Meant(code, group, group)
        return found

    def _joiners(self, code: str) -> Resolve:
        found = self._resolvers.get(code)
        if found is None:
            found = self._resolvers[code] = self._joined(code)
        return found

    def _some(self, x: Frame, e: Deed, by: frozenset[str]) -> Meant:
        """One of these persons, whichever it is."""
        if not by:
            return SOMEBODY
        each = [self.meant(x, e, code) for code in by]
        if len(each) == 1:
            return each[0]
        certain = frozenset.intersection(*(one.certain for one in each))
        possible: frozenset[str] | None = NOBODY
        for one in each:
            possible = None if possible is None or one.possible is None else possible | one.possible
        return Meant(None, certain, possible)

    def _guarantors(self, x: Frame, e: Deed, people: People) -> Meant:
        codes = people.codes or {*self.parties, *self.agreement.others}
        found = [self.guarantor(code) for code in codes]
        if people.open or not people.codes:
            found.append("")  # for a stranger nobody answers
        guarantors = frozenset(code for code in found if code)
        if not guarantors:
            return Meant(None, NOBODY, NOBODY)
        some = self._some(x, e, guarantors)
        return some if "" not in found else Meant(None, NOBODY, some.possible)  # for one of them nobody answers

    def _by_path(self, who: f.GuarantorOf | f.WhoPath) -> Resolve:
        path = who.path[1:] if who.path[0] == "its" else who.path
        get = self.terms.getter(path)
        guarantor = isinstance(who, f.GuarantorOf)

        def resolve(x: Frame, e: Deed) -> list[Meant]:
            value = get(x, e, None)
            if value is NOT_STATED:
                return [Meant(None, NOBODY, NOBODY)]
            people = value if isinstance(value, People) else self.read(value, Interval(e.lo, e.hi))
            if not isinstance(people, People):
                people = People(NOBODY, True)
            if guarantor:
                return [self._guarantors(x, e, people)]
            some = self._some(x, e, people.codes)
            if people.open and some.possible is not None:  # or a stranger
                some = Meant(None, NOBODY, some.possible | {""})
            return [some]

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
        if one.possible != NOBODY:  # of nobody there is nothing to say
            codes.append(one.code)
        everyone = everyone or one.everyone
        certain |= one.certain
        possible = None if possible is None or one.possible is None else possible | one.possible
    return Meant(codes[0] if len(set(codes)) == 1 else None, certain, possible, everyone=everyone)
