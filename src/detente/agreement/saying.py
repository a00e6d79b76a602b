"""Statements of an agreement's own kinds: checked against its schema, and turned into acts for the judge.

`fields_of` and `check` give the same answer on every node, since they look at nothing but the agreement and the payload:
what does not fit is refused by name and stands in nobody's record. Shapes: an area is a circle or a polygon with geodesic
edges in its canonical form (geo.areas), a line has geodesic edges, a point is a cell with its error. Lengths m, times ms.
Source: 21-language-reference, section 4; 05-resolutions 14; 20-agreement, places.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from detente.agreement.form import Agreement, Field, Kind
from detente.agreement.record import Act, Interval, Path, Region, Span, Spot
from detente.errors import GivenError
from detente.geo.areas import canonical
from detente.model.said import Period, Said, Value
from detente.model.shapes import E7, Cell, Circle, Line, Point, Polygon

CODE = "said-invalid"
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
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
    "time": "an instant in ms",
    "point": "a cell: a place with its error",
    "area": "a circle, or a polygon with geodesic edges",
    "line": "a line with geodesic edges",
    "span": "a period whose end is later than its start",
}


def kind_of(agreement: Agreement, name: str) -> Kind:
    """The statement kind of this name; GivenError (said-invalid) if the agreement has none."""
    kind = agreement.kinds.get(name)
    if kind is None or kind.event:
        known = ", ".join(sorted(each.name for each in agreement.kinds.values() if not each.event))
        raise GivenError(CODE, f"the agreement has no statement {name!r}; it has: {known}", where=name)
    return kind


def check(agreement: Agreement, said: Said) -> None:
    """GivenError (said-invalid) names the field of a statement that does not fit the agreement, and what would."""
    kind = kind_of(agreement, said.name)
    for name in said.fields:
        if name not in kind.fields:
            known = ", ".join(kind.fields) or "none"
            raise GivenError(CODE, f"a {said.name} has no field {name!r}; it has: {known}", where=f"{said.name} {name}")
    for name, form in kind.fields.items():
        value = said.fields.get(name)
        where = f"{said.name} {name}"
        if value is None:
            if not form.optional:
                raise GivenError(CODE, f"{name!r} is missing: {_expected(form)}", where=where)
        elif not _fits(agreement, form, value, where):
            raise GivenError(CODE, f"{name!r} has to be {_expected(form)}", where=where)
    if said.from_ is not None and said.until is not None and said.until <= said.from_:
        raise GivenError(CODE, "it ends no later than it begins", where=f"{said.name} until")


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
    kind = kind_of(agreement, said.name)
    fields = {name: _value(kind.fields[name], value) for name, value in said.fields.items()}
    return Act(
        id=identifier,
        kind=said.name,
        by=frozenset({said.author}),
        at=made,
        received=dict(received),
        fields=fields,
        from_=said.from_,
        until=said.until,
        log=said.author,
        index=index,
        known_from=known_from,
    )


def _expected(form: Field) -> str:
    return "one of " + ", ".join(form.values) if form.type == "enum" else _FORMS[form.type]


def _fits(agreement: Agreement, form: Field, value: Value, where: str) -> bool:
    if form.type in _AS_TEXT:
        return isinstance(value, str) and _text_fits(agreement, form, value)
    if form.type in _AS_NUMBER:
        return isinstance(value, int) and value >= 0
    if form.type == "span":
        return isinstance(value, Period) and value.start < value.end
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
            return _DAY.fullmatch(value) is not None
        case "act":
            return _ID.fullmatch(value) is not None
    return True


def _value(form: Field, value: Value) -> object:
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
