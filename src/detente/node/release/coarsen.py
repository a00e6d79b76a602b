"""Fields made as coarse as the policy says, before anything is signed. Nothing fine can be got back from what leaves.

1. Default nothing: a field for which no level is given does not leave; withheld and absent are the same bytes.
2. Time is rounded before place, to slots counted from 1970-01-01T00:00Z: the start down to its slot, the length up to
   whole slots and one more, so that the end does not tell where in its slot the start lay.
3. A place becomes the cell of its middle on the one fixed grid (geo.coarse), grown by a fixed step that holds its extent
   and error. No noise: the same input gives the same output, so telling twice tells nothing more.
4. Counts and metres become the lower edge of a band with fixed edges.
5. Text and codes leave as drafted or not at all, and are refused beside a place or count made coarse if four digits in a
   row of them are digits of what was made coarse.

What comes out is checked against the agreement again by the caller. Times ms, lengths m, coordinates 1e-7 degrees.
Source: 50-release, coarsen and its attack table.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from detente.agreement.kinds import Field, Kind
from detente.errors import GivenError
from detente.geo.coarse import SIZES, coarse_cell
from detente.model.said import Period, Value
from detente.model.shapes import Cell, Circle, Corridor, MultiPolygon, Point, Polygon
from detente.model.when import read_duration

CODE = "coarsen-refused"
T = TypeVar("T")
MINUTE = 60_000
SLOTS = tuple(each * MINUTE for each in (1, 5, 15, 30, 60, 360, 1440))
"""Lengths of slots, ms; each divides all that are longer, so a longer slot never cuts a shorter one."""
_DIGITS = 4


@dataclass(frozen=True)
class AsDrafted:
    """It leaves as it is."""


@dataclass(frozen=True)
class InCell:
    """A place as a cell of so many km."""

    km: int


@dataclass(frozen=True)
class InSlot:
    """An instant or a span in slots of so many ms."""

    ms: int


@dataclass(frozen=True)
class InBand:
    """A number as the lower edge of its band; `edges` rise and begin with 0. The last band has no upper edge."""

    edges: tuple[int, ...]


Level = AsDrafted | InCell | InSlot | InBand
Levels = Mapping[str, Level]
_TYPES: dict[type[Level], tuple[str, ...]] = {
    InCell: ("point", "area"),
    InSlot: ("span", "time"),
    InBand: ("count", "length"),
}


def read_level(text: str, field: Field, where: str) -> Level:
    """`as drafted`; `20 km` of a place; `30min` of a time; `0 1 3 10` (edges of bands) of a count or length.

    GivenError(coarsen-refused) names what this type of field can be.
    """
    level: Level
    if text == "as drafted":
        return AsDrafted()
    if match := re.fullmatch(r"(\d{1,3}) km", text):
        level = InCell(int(match[1]))
        if level.km not in SIZES:
            raise GivenError(CODE, f"cells are {', '.join(map(str, SIZES))} km wide, not {text}", where=where)
    elif re.fullmatch(r"\d+( \d+)+", text):
        edges = tuple(map(int, text.split()))
        if edges[0] != 0 or any(one >= other for one, other in pairwise(edges)):
            raise GivenError(CODE, f"edges of bands rise from 0: {text!r} do not", where=where)
        level = InBand(edges)
    else:
        level = InSlot(read_duration(text, where))
        if level.ms not in SLOTS:
            raise GivenError(CODE, f"slots are 1, 5, 15, 30min, 1h, 6h or 24h long, not {text}", where=where)
    _check_type(level, field, where)
    return level


def coarsen(kind: Kind, fields: Mapping[str, Value], levels: Levels) -> dict[str, Value]:
    """What leaves of `fields` under `levels` (field to level); GivenError(coarsen-refused) names the field."""
    ordered = sorted(levels.items(), key=lambda item: isinstance(item[1], InCell))  # time before place
    told: dict[str, Value] = {}
    kept_back: list[Value] = [value for name, value in fields.items() if name not in levels]
    for name, level in ordered:
        where = f"{kind.name} {name}"
        if name not in kind.fields:
            raise GivenError(CODE, f"the agreement gives a {kind.name} no such field", where=where)
        if name not in fields:
            continue
        _check_type(level, kind.fields[name], where)
        told[name] = _told(fields[name], level, where)
        if told[name] != fields[name]:
            kept_back.append(fields[name])
    _check_digits(kind, told, kept_back)
    return {name: told[name] for name in sorted(told)}


def coarse_instant(ms: int, slot: int) -> int:
    """The beginning of the slot that holds an instant."""
    return ms // slot * slot


def coarse_span(start: int, end: int, slot: int) -> tuple[int, int]:
    """A span in slots that holds [start, end]; its length depends on the length alone."""
    first = coarse_instant(start, slot)
    return first, first + (-((start - end) // slot) + 1) * slot


def timetable(fixes: Iterable[tuple[int, T]], slot: int) -> list[tuple[int, T]]:
    """What is told of a moving thing: for each slot that begins after the first fix, the fix that held at its beginning.

    So the second at which an edge is crossed is never told, only that it was crossed between two beginnings of slots.
    `fixes`: (instant, place) in order of time.
    """
    known = list(fixes)
    instants = [at for at, _ in known]
    if not known:
        return []
    first = -(-instants[0] // slot) * slot
    slots = range(first, instants[-1] + 1, slot)
    return [(at, known[bisect_right(instants, at) - 1][1]) for at in slots]


def _check_type(level: Level, field: Field, where: str) -> None:
    types = _TYPES.get(type(level))
    if types is not None and field.type not in types:
        can = next((form.__name__ for form, each in _TYPES.items() if field.type in each), "")
        words = {"InCell": "a cell like 20 km", "InSlot": "a slot like 30min", "InBand": "bands like 0 1 3 10", "": ""}
        also = f", or told in {words[can]}" if can else ""
        raise GivenError(CODE, f"a field of type {field.type} is `as drafted` or withheld{also}", where=where)


def _told(value: Value, level: Level, where: str) -> Value:
    match level:
        case InCell(km):
            if not isinstance(value, Cell | Point | Circle | Polygon | MultiPolygon | Corridor):
                raise GivenError(CODE, "it is no place that has a middle", where=where)
            try:
                cell = coarse_cell(value, km)
            except GivenError as error:
                raise error.at(where) from error
            return cell.point() if isinstance(value, Cell | Point) else cell.polygon()
        case InSlot(ms):
            if isinstance(value, Period):
                start, end = coarse_span(value.start, value.end, ms)
                return Period(start=start, end=end)
            assert isinstance(value, int)  # noqa: S101 - the agreement's check came before
            return coarse_instant(value, ms)
        case InBand(edges):
            assert isinstance(value, int)  # noqa: S101 - the agreement's check came before
            return edges[bisect_right(edges, value) - 1]
    return value


def _check_digits(kind: Kind, told: Mapping[str, Value], kept_back: Sequence[Value]) -> None:
    """No text or code carries the digits of what was kept back."""
    fine = {window for value in kept_back for text in _figures(value) for window in _windows(text)}
    for name, value in told.items():
        if kind.fields[name].type in ("text", "code") and isinstance(value, str):
            found = fine & set(_windows(re.sub(r"\D", "", value)))
            if found:
                what = f"it holds the digits {min(found)} of a value that is kept back or made coarse; write it without them"
                raise GivenError(CODE, what, where=f"{kind.name} {name}")


def _windows(digits: str) -> list[str]:
    return [digits[at : at + _DIGITS] for at in range(len(digits) - _DIGITS + 1)]


def _figures(value: Value) -> list[str]:
    """Digits of a place: of its coordinates, and of the text it was read from."""
    if isinstance(value, Cell):
        return [re.sub(r"\D", "", value.verbatim), *(str(abs(each)) for each in value.coordinates)]
    if isinstance(value, Point | Circle):
        return [str(abs(each)) for each in value.coordinates]
    if isinstance(value, Polygon):
        return [str(abs(each)) for ring in value.coordinates for position in ring for each in position]
    return []
