"""Statements of an agreement's own kinds: checked against its schema, and turned into acts for the judge.

`fields_of` and `check` give the same answer on every node, since they look at nothing but the agreement and the payload:
what does not fit is refused by name and stands in nobody's record. Shapes: an area is a circle or a polygon with geodesic
edges in its canonical form (geo.areas), a line has geodesic edges, a point is a cell with its error. Lengths m, times ms.
Source: 21-language-reference, section 4; 05-resolutions 14; 20-agreement, places.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from detente.agreement.form import Agreement, Field, Kind
from detente.agreement.record import UNKNOWN, Act, Interval, Path, Region, Span, Spot
from detente.errors import GivenError
from detente.geo.areas import canonical
from detente.model.said import Period, Said, Told, Value
from detente.model.shapes import E7, Cell, Circle, Line, Point, Polygon

CODE = "said-invalid"
BUILT_IN = {"receipt", "finding"}
"""A receipt is a countersignature, a finding is the judge's: nobody says them."""
LATEST = 253_370_764_800_000
"""Nothing is said of instants after the year 9998 (ms): calendars, in any zone, know none beyond it."""
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r"[0-9a-f]{64}")
_AS_TEXT = {"text", "code", "who", "addressee", "enum", "day", "act"}
_AS_NUMBER = {"count", "length", "time"}
_FORMS = {
    "text": "text",
    "code": "a code of small letters, digits, dots, dashes and underscores",
    "who": "the code of somebody the agreement names",
    "addressee": "the code of somebody the agreement names",
    "day": "a day as 2016-09-17",
    "act": "the id of a statement, 64 hex digits",
    "count": "a whole number, not negative",
    "length": "whole metres, not negative",
    "time": "an instant in ms, before the year 9999",
    "point": "a cell: a place with its error",
    "area": "a circle, or a polygon with geodesic edges",
    "line": "a line with geodesic edges",
    "span": "a period whose end is later than its start, before the year 9999",
}


def kind_of(agreement: Agreement, name: str) -> Kind:
    """The statement kind of this name; GivenError (said-invalid) if the agreement has none."""
    kind = agreement.kinds.get(name)
    if kind is None or kind.event or name in BUILT_IN:
        said = (each for each in agreement.kinds.values() if not each.event and each.name not in BUILT_IN)
        known = ", ".join(sorted(each.name for each in said))
        raise GivenError(CODE, f"the agreement has no statement {name!r}; it has: {known}", where=name)
    return kind


def check(agreement: Agreement, said: Said) -> None:
    """GivenError (said-invalid) names the field of a statement that does not fit the agreement, and what would."""
    kind = kind_of(agreement, said.name)
    if said.speaks_for is not None:
        _check_speaker(agreement, said.author, said.speaks_for, f"{said.name} speaks_for")
    _check_fields(agreement, kind, said.fields, all_needed=True)
    for name, instant in (("from", said.from_), ("until", said.until)):
        _check_instant(instant or 0, f"{said.name} {name}")
    if said.from_ is not None and said.until is not None and said.until <= said.from_:
        raise GivenError(CODE, "it ends no later than it begins", where=f"{said.name} until")


def _check_speaker(agreement: Agreement, author: str, whom: str, where: str) -> None:
    """A guarantor speaks for one that keeps no log; nobody else speaks for anybody (21-language-reference, 3)."""
    spoken_for = [c for c, other in agreement.others.items() if other.guarantor == author and not other.keeps_log]
    if whom not in spoken_for:
        known = ", ".join(spoken_for) or "nobody"
        raise GivenError(CODE, f"{author} does not speak for {whom!r}; it speaks for: {known}", where=where)


def check_told(agreement: Agreement, told: Told) -> None:
    """GivenError (said-invalid) names what does not fit in an account of an event."""
    kind = agreement.kinds.get(told.name)
    if kind is None or not kind.event:
        known = ", ".join(sorted(each.name for each in agreement.kinds.values() if each.event))
        raise GivenError(CODE, f"the agreement has no event {told.name!r}; it has: {known}", where=told.name)
    _check_fields(agreement, kind, told.fields, all_needed=False)
    for code in told.by:
        if code not in agreement.parties and code not in agreement.others:
            raise GivenError(CODE, f"{code!r} is nobody the agreement names", where=f"{told.name} by")
    for name, instant in (("first", told.first), ("last", told.last)):
        _check_instant(instant, f"{told.name} {name}")
    if told.last < told.first:
        raise GivenError(CODE, "it ends before it begins", where=f"{told.name} last")
    if told.withdrawn and told.replaces is None:
        raise GivenError(CODE, "what is withdrawn is not named in `replaces`", where=f"{told.name} replaces")


def event_of(agreement: Agreement, told: Told, identifier: str, *, known_from: int | None = None) -> Act:
    """The event as this account tells it. A field it leaves out is not known."""
    kind = agreement.kinds[told.name]
    return Act(
        id=identifier,
        kind=told.name,
        by=frozenset(told.by),
        at=Interval(told.first, told.last),
        fields={name: _value(value) for name, value in told.fields.items() if name in kind.fields},
        log=told.author,
        sources=(told.author,),
        known_from=known_from,
        replaces=told.replaces or "",
        withdrawn=bool(told.withdrawn),
    )


def act_of(
    agreement: Agreement,
    said: Said,
    identifier: str,
    *,
    received: Mapping[str, Interval],
    made: Interval | None = None,
    index: int = -1,
    known_from: int | None = None,
) -> Act:
    """The act a statement is, once it has been checked. `received`: when each receiver signed for it, ms."""
    fields = {name: _value(value) for name, value in said.fields.items()}
    return Act(
        id=identifier,
        kind=said.name,
        by=frozenset({said.speaks_for or said.author}),
        at=made,
        received=dict(received),
        fields=fields,
        from_=said.from_,
        until=said.until,
        log=said.author,
        index=index,
        known_from=known_from,
    )


def doubtful(agreement: Agreement, kind: Kind, fields: Mapping[str, Value]) -> dict[str, object]:
    """The fields of a statement that does not fit: what fits is known, the rest may be anything."""
    found: dict[str, object] = {}
    for name, form in kind.fields.items():
        value = fields.get(name)
        try:
            fits = value is not None and _fits(agreement, form, value, name)
        except GivenError:
            fits = False
        found[name] = _value(value) if fits and value is not None else UNKNOWN
    return found


def _check_fields(agreement: Agreement, kind: Kind, fields: Mapping[str, Value], *, all_needed: bool) -> None:
    """Every field of the kind and no other, each of its type. An account may leave out what its author does not know."""
    for name in fields:
        if name not in kind.fields:
            known = ", ".join(kind.fields) or "none"
            raise GivenError(CODE, f"a {kind.name} has no field {name!r}; it has: {known}", where=f"{kind.name} {name}")
    for name, form in kind.fields.items():
        value = fields.get(name)
        where = f"{kind.name} {name}"
        if value is None:
            if all_needed and not form.optional:
                raise GivenError(CODE, f"{name!r} is missing: {_expected(form)}", where=where)
        elif not _fits(agreement, form, value, where):
            raise GivenError(CODE, f"{name!r} has to be {_expected(form)}", where=where)


def _check_instant(instant: int, where: str) -> None:
    if instant >= LATEST:
        raise GivenError(CODE, "it has to lie before the year 9999", where=where)


def _expected(form: Field) -> str:
    return "one of " + ", ".join(form.values) if form.type == "enum" else _FORMS[form.type]


def _fits(agreement: Agreement, form: Field, value: Value, where: str) -> bool:
    if form.type in _AS_TEXT:
        return isinstance(value, str) and _text_fits(agreement, form, value)
    if form.type in _AS_NUMBER:
        return isinstance(value, int) and value >= 0 and (form.type != "time" or value < LATEST)
    if form.type == "span":
        return isinstance(value, Period) and value.start < value.end < LATEST
    if form.type == "point":
        return isinstance(value, Cell | Point)
    if form.type == "line":
        return isinstance(value, Line) and value.edges == "geodesic" and canonical(value, where) == value
    if isinstance(value, Polygon):
        return value.edges == "geodesic" and canonical(value, where) == value
    return isinstance(value, Circle)


def _text_fits(agreement: Agreement, form: Field, value: str) -> bool:
    match form.type:
        case "enum":
            return value in form.values
        case "who" | "addressee":
            return value in agreement.parties or value in agreement.others
        case "code":
            return _CODE.fullmatch(value) is not None
        case "day":
            return _is_day(value)
        case "act":
            return _ID.fullmatch(value) is not None
    return True


def _is_day(value: str) -> bool:
    try:
        return _DAY.fullmatch(value) is not None and date.fromisoformat(value).year < 9999
    except ValueError:
        return False


def _value(value: Value) -> object:
    match value:
        case Period():
            return Span(value.start, value.end)
        case Cell():
            lon, lat = value.coordinates
            return Spot(lon / E7, lat / E7, value.error / 1000)
        case Point():
            lon, lat = value.coordinates
            return Spot(lon / E7, lat / E7)
        case Circle():
            lon, lat = value.coordinates
            return Region(centre=(lon / E7, lat / E7), radius=float(value.radius))
        case Polygon():
            return Region(rings=tuple(tuple((lon / E7, lat / E7) for lon, lat in ring) for ring in value.coordinates))
        case Line():
            return Path(tuple((lon / E7, lat / E7) for lon, lat in value.coordinates))
    return value
