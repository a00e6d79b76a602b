"""Fields made as coarse as the levels say, before anything is signed. Nothing fine can be got back from what leaves.

1. Time is rounded before place, to slots counted from 1970-01-01T00:00Z: the start down to its slot, the length up to
   whole slots and one more, so that the end does not tell where in its slot the start lay.
2. A place becomes the cell of its middle on the one fixed grid (geo.coarse), grown by a fixed step that holds its extent
   and error. No noise: the same input gives the same output, so telling twice tells nothing more.
3. An altitude or other length falls to a multiple of the step, a count to the lower edge of its band. Versions are names,
   not counts: `version` and `…_version` stay.
4. A line is not told coarsely: it is withheld, or its kind has an area for it.
5. Text and codes leave as drafted, and are refused if four digits in a row of them are digits of what was kept back.

What is withheld was taken out before (the pipeline's step), and what comes out is checked against the agreement again
after. Times ms, lengths m, coordinates 1e-7 degrees. Source: 50-release, coarsen and its attack table.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import TypeVar

from detente.agreement.kinds import Field, Kind
from detente.errors import GivenError
from detente.geo.coarse import SIZES, coarse_cell
from detente.model.said import Period, Value
from detente.model.shapes import Cell, Circle, Corridor, Line, MultiPolygon, Point, Polygon
from detente.node.release.interface import Fields, Levels

CODE = "coarsen-refused"
MINUTE = 60_000
SLOTS = tuple(each * MINUTE for each in (1, 5, 15, 30, 60, 360, 1440))
"""Lengths of slots, ms; each divides all that are longer, so a longer slot never cuts a shorter one."""
_DIGITS = 4
T = TypeVar("T")


def check_levels(levels: Levels, where: str = "levels") -> None:
    """GivenError(coarsen-refused) if a level is none of the fixed ones."""
    if levels.place and levels.place not in [km * 1000 for km in SIZES]:
        what = f"cells are {', '.join(map(str, SIZES))} km wide, not {levels.place / 1000:g} km"
        raise GivenError(CODE, what, where=f"{where} place")
    if levels.time and levels.time not in SLOTS:
        raise GivenError(CODE, "slots are 1, 5, 15, 30min, 1h, 6h or 24h long", where=f"{where} time")
    if list(levels.counts) != sorted(set(levels.counts)) or min(levels.counts, default=0) < 0:
        raise GivenError(CODE, "edges of bands rise, and none is negative", where=f"{where} counts")


def coarsen(kind: Kind, fields: Fields, levels: Levels) -> dict[str, Value]:
    """What leaves of `fields`; GivenError(coarsen-refused) names the field."""
    check_levels(levels)
    told = {
        name: _told(fields[name], kind.fields[name], levels, f"{kind.name} {name}")
        for name in sorted(fields, key=lambda name: (kind.fields[name].type in ("point", "area"), name))
    }
    no_digits_of(kind, told, [value for name, value in fields.items() if told[name] != value])
    return {name: told[name] for name in sorted(told)}


def no_digits_of(kind: Kind, told: Fields, kept_back: Iterable[Value]) -> None:
    """GivenError(coarsen-refused) if a text or code carries digits of a place that was kept back or made coarse."""
    fine = {window for value in kept_back for text in _figures(value) for window in _windows(text)}
    for name, value in told.items():
        if kind.fields[name].type in ("text", "code") and isinstance(value, str):
            found = fine & set(_windows(re.sub(r"\D", "", value)))
            if found:
                what = f"it holds {min(found)}, digits of a place that is kept back or made coarse"
                raise GivenError(CODE, what, where=f"{kind.name} {name}")


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
    slots = range(-(-instants[0] // slot) * slot, instants[-1] + 1, slot)
    return [(at, known[bisect_right(instants, at) - 1][1]) for at in slots]


def _told(value: Value, form: Field, levels: Levels, where: str) -> Value:
    match form.type:
        case "span" | "time" if levels.time:
            if isinstance(value, Period):
                start, end = coarse_span(value.start, value.end, levels.time)
                return Period(start=start, end=end)
            return coarse_instant(_whole(value), levels.time)
        case "length" if levels.altitude:
            return coarse_instant(_whole(value), levels.altitude)
        case "count" if levels.counts and not form.name.endswith("version"):
            edges = (0, *(edge for edge in levels.counts if edge))
            return edges[bisect_right(edges, _whole(value)) - 1]
        case "line" if levels.place:
            raise GivenError(CODE, "a line is not told coarsely; withhold it", where=where)
        case "point" | "area" if levels.place:
            return _cell(value, levels.place // 1000, where)
    return value


def _cell(value: Value, km: int, where: str) -> Value:
    assert isinstance(value, Cell | Point | Circle | Polygon | MultiPolygon | Corridor)  # noqa: S101 - checked before
    try:
        cell = coarse_cell(value, km)
    except GivenError as error:
        raise error.at(where) from error
    return cell.point() if isinstance(value, Cell | Point) else cell.polygon()


def _whole(value: Value) -> int:
    assert isinstance(value, int)  # noqa: S101 - the agreement's check came before
    return value


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
    if isinstance(value, Line):
        return [str(abs(each)) for position in value.coordinates for each in position]
    return []
