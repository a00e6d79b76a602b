"""Who is meant by a word, and who is among whom (21-language-reference, 3 and 6).

A word may mean one thing or another while it is unsure who acted: its *alternatives*, each a set of codes.
"""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement.record import Interval
from detente.agreement.reference.case import About, Case, agreed
from detente.agreement.values import F, T, Value, any_of

STRANGER = "?"
ANYONE = "*"
Codes = frozenset[str]


def everybody(case: Case) -> list[str]:
    """All who may have acted when nobody can say who did: all with a code, and a stranger."""
    return [*case.agreement.parties, *case.agreement.others, STRANGER]


def candidates(case: Case, by: Codes) -> list[str]:
    """Who it may be by; empty means that nobody can say."""
    return sorted(by) if by else everybody(case)


def guarantor(case: Case, code: str) -> str | None:
    """Who answers for one: a party for itself."""
    if code in case.agreement.parties:
        return code
    other = case.agreement.others.get(code)
    return (other.guarantor or None) if other else None


def alternatives(who: f.Who, about: About) -> list[Codes]:
    """What a word means, once for each who may be the author of the act asked about."""
    from detente.agreement.reference.fields import people_at

    case = about.case
    parties = frozenset(case.agreement.parties)
    if isinstance(who, f.Person):
        return [frozenset({who.code})]
    if isinstance(who, f.WhoPath | f.GuarantorOf):
        path = who.path[1:] if who.path[:1] == ("its",) else who.path
        named = people_at(about, path)
        if named is None:
            return [frozenset()]
        people = candidates(case, named)
        if isinstance(who, f.WhoPath):
            return [frozenset({code}) for code in people]
        return [frozenset({answers} if (answers := guarantor(case, code)) else ()) for code in people]
    if who.word == "parties":
        return [parties]
    if who.word == "anyone":
        return [frozenset({ANYONE})]
    actors = candidates(case, about.act.by)
    if who.word == "actor":
        return [frozenset({actor}) for actor in actors]
    if who.word == "other":
        return [parties - {actor} for actor in actors]
    return [frozenset({answers} if (answers := guarantor(case, actor)) else ()) for actor in actors]


def together(whos: f.Whos, about: About) -> list[Codes]:
    """The alternatives of a list: any of its items, under each meaning of each."""
    result: list[Codes] = [frozenset()]
    for who in whos:
        result = [before | more for before in result for more in alternatives(who, about)]
    return sorted(set(result), key=sorted)


def member(code: str, codes: Codes, about: About, at: Interval | None = None) -> Value:
    """Whether one is among codes, through groups; an opt-in member while its own act stands (3)."""
    from detente.agreement.reference.questions import joined

    values = []
    for each in sorted(codes):
        if each in (code, ANYONE):
            return T
        other = about.case.agreement.others.get(each)
        if other is None:
            continue
        values.append(member(code, frozenset(other.members), about, at))
        asked = other.joined_by.by if other.joined_by is not None else None
        if other.joined_by is not None and asked is not None and among(frozenset({code}), asked, about) is F:
            values.append(F)  # not one of those who may join
        elif other.joined_by is not None and code != STRANGER:
            values.append(joined(other.joined_by, code, about, at or about.at))
        elif other.joined_by is not None:
            values.append(F)
    return any_of(values)


def under(code: str, about: About) -> Codes:
    """Whoever may be meant by a code: the person, or a group's members."""
    return frozenset(one for one in [code, *everybody(about.case)] if member(one, frozenset({code}), about) is not F)


def among(by: Codes, whos: f.Whos | None, about: About) -> Value:
    """Yes if every candidate is, no if none is, else cannot tell (6). Without names: everybody."""
    if whos is None:
        return T
    meanings = together(whos, about)
    return agreed(member(code, codes, about) for code in candidates(about.case, by) for codes in meanings)


def member_any(code: str, whos: f.Whos, about: About) -> Value:
    """Whether one person is among these."""
    return among(frozenset({code}), whos, about)


def same_people(left: Codes, right: Codes) -> Value:
    """Equality of two authors, either of whom may be unsure; empty means unknown."""
    if not left or not right:
        return Value.U
    if left == right and len(left) == 1:
        return T
    return F if not left & right else Value.U


def listed(whos: f.Whos, about: About) -> list[list[str]]:
    """For *each of*: the persons singly, once for each meaning. A group stands for itself."""
    result: list[list[str]] = [[]]
    for who in whos:
        result = [before + sorted(codes) for before in result for codes in alternatives(who, about)]
    unique = []
    for people in result:
        once = list(dict.fromkeys(people))
        if once not in unique:
            unique.append(once)
    return unique


def logs_of(whos: f.Whos | None, about: About) -> list[str]:
    """The logs in which an act by these would stand (11)."""
    case = about.case
    if whos is None:
        return case.logs()
    found: list[str] = []
    for codes in together(whos, about):
        for code in codes:
            if code in (ANYONE, STRANGER):
                return case.logs()
            other = case.agreement.others.get(code)
            if other is not None and other.joined_by is not None:
                found += logs_of(other.joined_by.by, about)
            else:
                found += case.log_of(code)
    return found
