"""Values of a record file and back: instants, people, places, fields by the types of the agreement (docs/reference/record.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NoReturn

from detente.agreement.form import Agreement, Field, Kind
from detente.agreement.record import UNKNOWN, Interval, OneOf, Path, Region, Span, Spot, Unknown
from detente.agreement.saying import LATEST
from detente.errors import GivenError
from detente.geo import areas
from detente.model.shapes import E7
from detente.model.when import read_instant, write_instant

CODE = "record-invalid"
EARLIEST = -2_208_988_800_000
"""1900, ms: what calendars and zones can be asked for, with `saying.LATEST`."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)")
_MISSING: Any = object()


class Taker:
    """The keys of one JSON object, taken one by one; what is left at the end is not known."""

    def __init__(self, pairs: Mapping[str, Any], where: str) -> None:
        self.pairs = dict(pairs)
        self.where = where

    def fail(self, what: str, field: str = "") -> NoReturn:
        """Refuse the line."""
        raise GivenError(CODE, what, where=f"{self.where}, {field}" if field else self.where)

    def has(self, name: str) -> bool:
        """Whether a key is there and not yet taken."""
        return name in self.pairs

    def take(self, name: str, default: Any = _MISSING) -> Any:
        """A key's value."""
        if name in self.pairs:
            return self.pairs.pop(name)
        if default is _MISSING:
            self.fail(f"{name!r} is missing; add it", name)
        return default

    def text(self, name: str, default: Any = _MISSING) -> str:
        """A key's text."""
        value = self.take(name, default)
        return value if isinstance(value, str) else self.fail("text is expected here", name)

    def instant(self, name: str, default: Any = _MISSING) -> Any:
        """A key's instant, ms."""
        value = self.take(name, default)
        return value if value is default else instant(value, f"{self.where}, {name}")

    def done(self, known: str) -> None:
        """Refuse what nobody took."""
        for name in self.pairs:
            self.fail(f"no key {name!r} is known here; known: {known}", name)


# instants


def instant(value: Any, where: str) -> int:
    """ms of `2016-09-17T12:55:00Z`: seconds and ms may be left out, the zone may not."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise GivenError(CODE, f"{value!r} is not an instant; write 2016-09-17T12:55:00Z or an offset", where=where)
    try:
        found = read_instant(value)
    except GivenError as error:
        raise GivenError(CODE, error.what, where=where) from error
    if not EARLIEST <= found < LATEST:
        raise GivenError(CODE, f"{value} is before 1900 or after 9998; give the year that is meant", where=where)
    return found


def interval(value: Any, where: str) -> Interval:
    """An instant, or [first, last] between which it lies."""
    if not isinstance(value, list):
        at = instant(value, where)
        return Interval(at, at)
    if len(value) != 2:
        raise GivenError(CODE, "write one instant, or [first, last] between which it lies", where=where)
    lo, hi = (instant(item, where) for item in value)
    if lo > hi:
        raise GivenError(CODE, "the first instant is later than the last; exchange them", where=where)
    return Interval(lo, hi)


def show_interval(when: Interval) -> Any:
    """The same as JSON."""
    return write_instant(when.lo) if when.lo == when.hi else [write_instant(when.lo), write_instant(when.hi)]


# people


def people(value: Any, agreement: Agreement, where: str) -> frozenset[str]:
    """Who an act may be by: null (nobody can say), one, or a list of whom it is one."""
    if value is None:
        return frozenset()
    items = value if isinstance(value, list) else [value]
    return frozenset(person(item, agreement, where) for item in items)


def person(value: Any, agreement: Agreement, where: str) -> str:
    """A code of the agreement, or {"stranger": NAME} for somebody it does not know."""
    if isinstance(value, dict) and set(value) == {"stranger"} and isinstance(value["stranger"], str):
        return value["stranger"]
    codes = [*agreement.parties, *agreement.others]
    if value not in codes:
        what = f'{value!r} is nobody in {agreement.code}; known: {", ".join(codes)}; for others {{"stranger": NAME}}'
        raise GivenError(CODE, what, where=where)
    return str(value)


def show_people(by: frozenset[str], agreement: Agreement) -> Any:
    """The same as JSON."""
    shown = [show_person(code, agreement) for code in sorted(by)]
    return shown[0] if len(shown) == 1 else shown or None


def show_person(code: str, agreement: Agreement) -> Any:
    """A code, or a stranger."""
    return code if code in agreement.parties or code in agreement.others else {"stranger": code}


# fields


def fields(value: Any, kind: Kind, agreement: Agreement, where: str) -> dict[str, object]:
    """The fields of an act by their types."""
    if not isinstance(value, dict):
        raise GivenError(CODE, "a mapping of fields is expected", where=where)
    found: dict[str, object] = {}
    for name, item in value.items():
        if name not in kind.fields:
            known = ", ".join(kind.fields) or "it has none"
            raise GivenError(CODE, f"{kind.name} has no field {name!r}; known: {known}", where=f"{where} {name}")
        found[name] = field_value(item, kind.fields[name], agreement, f"{where} {name}")
    return found


def field_value(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    """One field: {"unknown": true}, {"one_of": [...]}, or a value of its type."""
    if isinstance(value, dict) and "unknown" in value:
        if value != {"unknown": True}:
            raise GivenError(CODE, 'write {"unknown": true} for what is given but not known', where=where)
        return UNKNOWN
    if isinstance(value, dict) and "one_of" in value:
        items = value["one_of"]
        if len(value) != 1 or not isinstance(items, list) or len(items) < 2:
            raise GivenError(CODE, '"one_of" holds a list of two or more values and nothing else', where=where)
        return OneOf(tuple(field_value(item, field, agreement, where) for item in items))
    return _READERS.get(field.type, _text)(value, field, agreement, where)


def _text(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    if not isinstance(value, str):
        raise GivenError(CODE, f"{value!r} is not text; a {field.type} is written in quotes", where=where)
    return value


def _number(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    if not isinstance(value, int) or isinstance(value, bool):
        unit = "of metres " if field.type == "length" else ""
        raise GivenError(CODE, f"{value!r} is not a whole number {unit}without quotes", where=where)
    return value


def _choice(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    if value not in field.values:
        raise GivenError(CODE, f"{value!r} is not one of: {', '.join(field.values)}", where=where)
    return value


def _who(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    """A code, a name or alias the agreement knows, or a stranger."""
    names = {name for o in agreement.others.values() for name in (o.name, *(alias.name for alias in o.aliases))}
    if isinstance(value, str) and value in names:
        return value
    return person(value, agreement, where)


def _time(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    return instant(value, where)


def _span(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    if not isinstance(value, list) or len(value) != 2:
        raise GivenError(CODE, "a span is [start, end]", where=where)
    start, end = (instant(item, where) for item in value)
    if start > end:
        raise GivenError(CODE, "the span ends before it starts; exchange the two", where=where)
    return Span(start, end)


def _day(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise GivenError(CODE, f"{value!r} is not a day; write 2016-09-17", where=where) from None


_SHAPES = {"point": ("point",), "area": ("polygon", "circle"), "line": ("line",)}


def _place(value: Any, field: Field, agreement: Agreement, where: str) -> object:
    return shape(value, where, _SHAPES[field.type])


def shape(value: Any, where: str, types: tuple[str, ...] = ("polygon", "circle", "line")) -> Spot | Region | Path:
    """A shape as in statements (docs/spec/statements.md), whole 1e-7 degrees; a point may have `error_mm`."""
    if not isinstance(value, dict) or value.get("type") not in types:
        raise GivenError(CODE, f"a place of type {' or '.join(types)} is expected", where=f"{where} type")
    error = value.get("error_mm", 0)
    if not isinstance(error, int) or isinstance(error, bool) or not 0 <= error <= 10**9:
        raise GivenError(CODE, "error_mm is a whole number of millimetres", where=f"{where} error_mm")
    plain = {key: item for key, item in value.items() if key != "error_mm" or value["type"] != "point"}
    if plain.get("edges") == "planar":
        raise GivenError(CODE, "planar edges are not judged; put corners between and write geodesic", where=where)
    read = areas.read_shape(plain, where)
    if isinstance(read, areas.Point):
        lon, lat = read.coordinates
        return Spot(lon / E7, lat / E7, error / 1000)
    if isinstance(read, areas.Circle):
        lon, lat = read.coordinates
        return Region(centre=(lon / E7, lat / E7), radius=float(read.radius))
    if isinstance(read, areas.Line):
        return Path(_degrees(read.coordinates))
    if isinstance(read, areas.Polygon):
        return Region(rings=tuple(_degrees(ring) for ring in read.coordinates))
    raise GivenError(CODE, f"a {value['type']} is not judged", where=f"{where} type")


def _degrees(path: tuple[tuple[int, int], ...]) -> tuple[tuple[float, float], ...]:
    return tuple((lon / E7, lat / E7) for lon, lat in path)


Reader = Callable[[Any, Field, Agreement, str], object]
_READERS: dict[str, Reader] = {
    "count": _number, "length": _number, "enum": _choice, "who": _who, "addressee": _who, "time": _time,
    "span": _span, "day": _day, "point": _place, "area": _place, "line": _place,
}  # fmt: skip


def show_value(value: object, field: Field | None, agreement: Agreement) -> Any:
    """A field's value as JSON."""
    if isinstance(value, Unknown):
        return {"unknown": True}
    if isinstance(value, OneOf):
        return {"one_of": [show_value(item, field, agreement) for item in value.values]}
    if isinstance(value, Span):
        return [write_instant(value.start), write_instant(value.end)]
    if isinstance(value, Spot):
        error = {"error_mm": round(value.radius * 1000)} if value.radius else {}
        return {"type": "point", "coordinates": _grain((value.lon, value.lat)), **error}
    if isinstance(value, Path):
        return {"type": "line", "coordinates": [_grain(point) for point in value.points], "edges": "geodesic"}
    if isinstance(value, Region) and value.centre is not None:
        return {"type": "circle", "coordinates": _grain(value.centre), "radius": round(value.radius)}
    if isinstance(value, Region):
        closed = [ring if ring[0] == ring[-1] else (*ring, ring[0]) for ring in value.rings]
        return {"type": "polygon", "coordinates": [[_grain(p) for p in ring] for ring in closed], "edges": "geodesic"}
    kind = field.type if field is not None else "text"
    if kind == "time" and isinstance(value, int):
        return write_instant(value)
    if kind in ("who", "addressee") and isinstance(value, str):
        known = {name for o in agreement.others.values() for name in (o.name, *(alias.name for alias in o.aliases))}
        return value if value in known else show_person(value, agreement)
    return value


def _grain(point: tuple[float, float]) -> list[int]:
    return [round(point[0] * E7), round(point[1] * E7)]
