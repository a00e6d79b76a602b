"""What a path of the language gives: fields, fields of acts referred to, receipts, head values, `its` (reference
4).

A field a statement leaves out is NOT_STATED; one an event leaves out, or that is sealed, is UNKNOWN. A receipt
that has not come is some instant after what is known of the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.deeds import Deed, last_of
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import NOT_STATED, UNKNOWN, People, options
from detente.agreement.record import Interval, OneOf, Span

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

Getter = Callable[[Frame, Deed, Deed | None], object]


def getter(terms: Terms, path: f.Path) -> Getter:
    """The value of a path on an act; `its` is a path on the act one step out (the act itself where there is none)."""
    if path[0] == "its":
        rest = getter(terms, path[1:])
        return lambda x, e, its: rest(x, its if its is not None else e, None)
    if path[0] == "received":
        return _receipt(terms, path[1])
    head = _HEAD.get(path[0])
    if head is not None and len(path) == 1:
        return head
    if len(path) == 1:
        return _field(terms, path[0])
    return _deeper(terms, getter(terms, path[:1]), path[1:])


def absent(e: Deed) -> object:
    """What a field that is left out means."""
    return UNKNOWN if e.event else NOT_STATED


_HEAD: dict[str, Getter] = {
    "id": lambda x, e, its: e.id,
    "by": lambda x, e, its: People(e.by, not e.by),
    "at": lambda x, e, its: Interval(e.lo, e.hi),
    "from": lambda x, e, its: NOT_STATED if e.from_ is None else e.from_,
    "until": lambda x, e, its: NOT_STATED if e.until is None else e.until,
}


def _field(terms: Terms, name: str) -> Getter:
    of_people = {
        kind.name for kind in terms.agreement.kinds.values()
        if name in kind.fields and kind.fields[name].type in ("who", "addressee")
    }  # fmt: skip
    persons = terms.persons

    def get(x: Frame, e: Deed, its: Deed | None) -> object:
        value = e.fields.get(name)
        if value is None:
            return absent(e)
        if e.kind in of_people or (e.kind == "finding" and of_people):
            return persons.read(value, Interval(e.lo, e.hi))
        return value

    return get


def _deeper(terms: Terms, first: Getter, rest: f.Path) -> Getter:
    below: Getter | None = None

    def get(x: Frame, e: Deed, its: Deed | None) -> object:
        nonlocal below
        value = first(x, e, its)
        if isinstance(value, Span):
            return value.start if rest[0] in ("from", "start") else value.end
        if value is NOT_STATED or value is UNKNOWN:
            return value
        if below is None:
            below = getter(terms, rest)
        found: list[object] = []
        for option in options(value) or ():
            if isinstance(option, Span):
                found.append(option.start if rest[0] in ("from", "start") else option.end)
                continue
            deed, cell = terms.store.named(str(option))
            if x.reads is not None:
                x.reads[cell] = None
            if deed is None:
                return UNKNOWN
            found.append(below(x, deed, None))
        if len(found) == 1:
            return found[0]
        return _merged(found)

    return get


def _merged(found: list[object]) -> object:
    if not found or any(item is UNKNOWN for item in found):
        return UNKNOWN
    if all(isinstance(item, People) for item in found):
        people = [item for item in found if isinstance(item, People)]
        return People(frozenset(c for p in people for c in p.codes), any(p.open for p in people))
    if any(item is NOT_STATED for item in found):
        return NOT_STATED if all(item is NOT_STATED for item in found) else UNKNOWN
    return OneOf(tuple(value for item in found for value in (options(item) or ())))


def _receipt(terms: Terms, name: str) -> Getter:
    """`received.NAME`, `received.FIELD`, `received.parties` (the last of them)."""
    parties = terms.agreement.parties
    by_field: Getter | None = None
    if name != "parties" and name not in parties and name not in terms.agreement.others:
        by_field = _field(terms, name)

    def get(x: Frame, e: Deed, its: Deed | None) -> object:
        if name == "parties":
            whom = [code for code in parties if code not in e.by]
        elif by_field is not None:
            value = by_field(x, e, its)
            if value is NOT_STATED:
                return value
            found = options(value)
            if found is None or len(found) != 1:
                return UNKNOWN
            whom = [str(found[0])]
        else:
            whom = [name]
        last = last_of(e.receipts.get(code) or _yet_to_come(terms, x, e) for code in whom)
        return last if last is not None else NOT_STATED

    return get


def _yet_to_come(terms: Terms, x: Frame, e: Deed) -> Interval:
    """A receipt that is not in the record: after what is known of the author's log."""
    logs = terms.persons.logs(e.by or None)
    x.volatile = True
    heads = [x.head(log) for log in logs] if logs else [x.now]
    return Interval(min(heads) + 1, FAR)
