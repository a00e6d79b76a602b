"""What an act says in a field or along a path, and whether two answers are equal (21-language-reference, 4 and 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from detente.agreement.record import UNKNOWN, Act, Interval, OneOf, Span, Unknown
from detente.agreement.reference.case import PLAIN, About, Case, agreed
from detente.agreement.reference.instants import FAR, NEVER_KNOWN, day_end, day_start, last_of
from detente.agreement.values import F, T, U, Value

Answer = tuple[object, ...] | Unknown | None
"""The values it may be; UNKNOWN; or None: not stated, so that every question about it is answered no."""


def read(about: About, path: tuple[str, ...]) -> Answer:
    """What a path gives. `its.` steps out; `this` is the clause."""
    if path == ("this",):
        return (about.clause,)
    if path[:1] == ("its",):
        return read(about.outer, path[1:]) if about.outer is not None else UNKNOWN
    return _of(about.case, about.act, path, about.at)


def _of(case: Case, act: Act, path: tuple[str, ...], at: Interval | None = None) -> Answer:
    head, rest = path[0], path[1:]
    if head in act.fields:
        value = act.fields[head]
        if isinstance(value, Unknown):
            return UNKNOWN
        values = tuple(dict.fromkeys(value.values)) if isinstance(value, OneOf) else (value,)
        return _along(case, act, head, values, rest)
    if head == "id":
        return (act.id,)
    if head == "by":
        return tuple(sorted(act.by)) or UNKNOWN
    if head == "at":
        made = at or case.made(act)
        return (made,) if made is not None else None
    if head in ("from", "until"):
        stated = act.from_ if head == "from" else act.until
        return (Interval(stated, stated),) if stated is not None else None
    if head == "received":
        return _received(case, act, rest)
    if act.kind == "finding":
        judged = case.find(str(act.fields.get("act", "")))
        return _of(case, judged, path) if judged is not None else None
    # Left out of a statement: not stated. Left out of an event: not known (4).
    return UNKNOWN if case.is_event(act.kind) else None


def _along(case: Case, act: Act, head: str, values: tuple[object, ...], rest: tuple[str, ...]) -> Answer:
    form = _form(case, act, head)
    found: list[object] = []
    for value in values:
        if not rest:
            found.append(case.current_id(value) if form == "act" and isinstance(value, str) else value)
        elif isinstance(value, Span):
            edge = value.start if rest[0] in ("from", "start") else value.end
            found.append(Interval(edge, edge))
        elif form == "act" and isinstance(value, str):
            other = case.find(value)
            more = _of(case, other, rest) if other is not None else UNKNOWN
            if more is None or isinstance(more, Unknown):
                return more if len(values) == 1 else UNKNOWN
            found += more
        else:
            return UNKNOWN
    return tuple(found)


def _form(case: Case, act: Act, name: str) -> str:
    kind = case.agreement.kinds.get(act.kind)
    if kind is not None and name in kind.fields:
        return kind.fields[name].type
    if act.kind == "finding" and name not in ("clause", "verdict", "act"):
        judged = case.find(str(act.fields.get("act", "")))
        return _form(case, judged, name) if judged is not None else ""
    return "act" if act.kind == "finding" and name == "act" else ""


def _received(case: Case, act: Act, rest: tuple[str, ...]) -> Answer:
    """Receipt by one, by whom a field names, or by the last party. One that is missing lies beyond the head."""
    if not rest:
        made = case.made(act)
        return (made,) if made is not None else None
    known = [case.record.complete_to(log) for code in act.by for log in case.log_of(code)]
    missing = Interval(min(known, default=-FAR) + 1, FAR)
    if rest[0] == "parties":
        who = [code for code in case.agreement.parties if act.by != {code}]
    elif rest[0] in act.fields:
        named = _of(case, act, rest)
        if named is None or isinstance(named, Unknown) or len(named) != 1:
            return named if named is None else UNKNOWN
        who = [str(named[0])]
    else:
        who = [rest[0]]
    return (last_of([act.received.get(code, missing) for code in who]),) if who else UNKNOWN


def type_of(about: About, path: tuple[str, ...]) -> str:
    """The type of the field at the end of a path ("" if unsure)."""
    if path[:1] == ("its",):
        return type_of(about.outer, path[1:]) if about.outer is not None else ""
    if len(path) == 1:
        return "who" if path == ("by",) else _form(about.case, about.act, path[0])
    if path[0] in about.act.fields and _form(about.case, about.act, path[0]) == "act":
        other = about.case.find(str(about.act.fields[path[0]]))
        return type_of(About(about.case, other, about.at), path[1:]) if other is not None else ""
    return ""


def people_at(about: About, path: tuple[str, ...]) -> frozenset[str] | None:
    """Whom a path names (empty: unknown; None: not stated), names resolved by day."""
    answer = read(about, path)
    if answer is None:
        return None
    if isinstance(answer, Unknown):
        return frozenset()
    return frozenset(code for value in answer for code in resolve_name(about, str(value)))


def resolve_name(about: About, name: str) -> frozenset[str]:
    """A code, or an alias's code; a name used before its day may be anybody's (3)."""
    agreement = about.case.agreement
    if name in agreement.parties or name in agreement.others:
        return frozenset({name})
    found: set[str] = set()
    for code, other in agreement.others.items():
        for alias in other.aliases:
            if alias.name == name:
                found.add(code)
                if alias.since is not None and about.at.lo < alias.since:
                    found.add(name)
    return frozenset(found or {name})


def instant_at(about: About, path: tuple[str, ...]) -> Interval | Unknown | None:
    """An instant along a path: stated, received, or a whole day."""
    answer = read(about, path)
    if answer is None or isinstance(answer, Unknown):
        return answer
    found = [_instant(about.case, value) for value in answer]
    return Interval(min(item.lo for item in found), max(item.hi for item in found))


def _instant(case: Case, value: object) -> Interval:
    if isinstance(value, Interval):
        return value
    if isinstance(value, int):
        return Interval(value, value)
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return NEVER_KNOWN
        return Interval(day_start(day, case.agreement.zone), day_end(day, case.agreement.zone))
    return NEVER_KNOWN


def plainly(value: object) -> object:
    """Whole numbers and the texts that write them are the same value; an exact instant is its ms."""
    if isinstance(value, Interval):
        return str(value.lo) if value.lo == value.hi else value
    return str(value) if isinstance(value, int) else value


def equal(left: Answer, right: Answer) -> Value:
    """Yes: both single and the same; no: no value in common; else cannot tell (6). Not stated: no."""
    if left is None or right is None:
        return F
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return U
    ours, theirs = {plainly(item) for item in left}, {plainly(item) for item in right}
    if any(isinstance(item, Interval) for item in ours | theirs):
        return agreed(_overlap(a, b) for a in left for b in right)
    if len(ours) == len(theirs) == 1 and ours == theirs:
        return T
    return F if not ours & theirs else U


def _overlap(left: object, right: object) -> Value:
    if not isinstance(left, Interval | int) or not isinstance(right, Interval | int):
        return F
    a = left if isinstance(left, Interval) else Interval(left, left)
    b = right if isinstance(right, Interval) else Interval(right, right)
    if a.lo == a.hi == b.lo == b.hi:
        return T
    return F if a.hi < b.lo or b.hi < a.lo else U


def over(answer: Answer, test: Callable[[object], Value]) -> Value:
    """A test of every value it may be: not stated no, unknown cannot tell."""
    if answer is None:
        return F
    if isinstance(answer, Unknown):
        return U
    return agreed(test(value) for value in answer)


def stated(about: About, name: str) -> Value:
    """`given`: the statement states it; what an event leaves out is not known."""
    if name in about.act.fields:
        return T
    if name in ("id", "at"):
        return T
    if name == "by":
        return T if about.act.by else U
    if name in ("from", "until"):
        return T if (about.act.from_ if name == "from" else about.act.until) is not None else F
    return U if about.case.is_event(about.act.kind) and about.act.kind not in PLAIN else F
