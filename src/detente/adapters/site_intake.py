"""Sites from a spreadsheet: each row is taken or named, with the cell, what is wrong and how to mend it; none is dropped.

A place that is named is picked from the gazetteer by its p-code, or by a name that is one place alone; a name that may
mean several is picked by nobody but a person, who writes the p-code into the sheet. Only codes, numbers and the
coordinate of a row reach a ledger: other text has no field there, and a column of names or phones is mapped to an annex.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from detente.adapters.sheets import Sheet, SheetCell
from detente.adapters.site_mapping import ANNEX, TO, SiteMapping
from detente.desks.sites import CHOICES
from detente.errors import GivenError
from detente.geo import entry
from detente.geo.cell import Cell
from detente.geo.coordinates import read_cell, read_columns
from detente.geo.gazetteer import Gazetteer, Place
from detente.geo.names import letters
from detente.model import shapes
from detente.model.when import read_instant

PLACE_ERROR = 2_000_000
"""How far from the gazetteer's point a site may lie that has no coordinate of its own, mm."""
_CODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{6,}")
_FIX_CODE = "small letters, digits, dots, dashes and underscores, no spaces"


class Problem(NamedTuple):
    """Why a row was not taken: `cell` (`Sites!C14`), what, and what to do."""

    row: int
    cell: str
    what: str
    fix: str


class Taken(NamedTuple):
    """A row as it goes to `sites_enter`, and what there is to remark of it."""

    row: int
    request: dict[str, Any]
    remarks: tuple[str, ...]


@dataclass
class Intake:
    """What a sheet gave. Every row that is not empty is in `taken`, or has its problems in `problems`."""

    rows: int = 0
    empty: int = 0
    taken: list[Taken] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def named(self) -> list[int]:
        """Rows that were not taken."""
        return sorted({each.row for each in self.problems})


def read_rows(sheet: Sheet, mapping: SiteMapping, gazetteer: Gazetteer | None, now: int) -> Iterator[Intake]:
    """The intake after each row (the same object); GivenError if the headings do not fit the mapping."""
    headings = _headings(sheet, mapping)
    intake, reader = Intake(), _Reader(sheet, mapping, gazetteer, now)
    rows = sheet.rows[mapping.header :]
    site = next((at for at, name in headings.items() if name == "site"), 0)
    times = Counter(row[site].text for row in rows if site < len(row))
    for number, cells in enumerate(rows, mapping.header + 1):
        intake.rows += 1
        if not any(cell.text for cell in cells):
            intake.empty += 1
            yield intake
            continue
        values = {headings[at]: cell for at, cell in enumerate(cells) if at in headings}
        strays = [cell for at, cell in enumerate(cells) if at not in headings and cell.text]
        problems = [_stray(sheet, number, cell) for cell in strays]
        taken = reader.row(number, values, times, problems)
        if taken is None:
            intake.problems += problems
        else:
            intake.taken.append(taken)
        yield intake


def _stray(sheet: Sheet, number: int, cell: SheetCell) -> Problem:
    return Problem(
        number, f"{sheet.name}!{cell.name}", "stands under no heading", "give the column a heading and map it"
    )


def _headings(sheet: Sheet, mapping: SiteMapping) -> dict[int, str]:
    """Column to field, of every column that has a heading."""
    if len(sheet.rows) < mapping.header:
        raise GivenError("file-invalid", f"has no row {mapping.header} for headings", where=sheet.name)
    found: dict[int, str] = {}
    wrong, seen = [], set()
    for at, cell in enumerate(sheet.rows[mapping.header - 1]):
        if cell.text and cell.text not in mapping.columns:
            wrong.append(f"{cell.name} {cell.text!r} is not mapped")
        elif cell.text in seen:
            wrong.append(f"{cell.name} {cell.text!r} stands there twice")
        elif cell.text:
            seen.add(cell.text)
            found[at] = mapping.columns[cell.text]
    wrong += [f"no column is headed {name!r}" for name in mapping.columns if name not in seen]
    if wrong:
        raise GivenError("file-invalid", "headings and mapping differ: " + "; ".join(wrong), where=sheet.name)
    return found


class _Reader:
    """Rows one by one."""

    def __init__(self, sheet: Sheet, mapping: SiteMapping, gazetteer: Gazetteer | None, now: int) -> None:
        self._sheet, self._mapping, self._gazetteer, self._now = sheet, mapping, gazetteer, now
        self._find = cache(gazetteer.find) if gazetteer else None
        self._pcodes: dict[str, list[Place]] = {}
        for place in gazetteer.places if gazetteer else ():
            self._pcodes.setdefault(place.pcode, []).append(place)

    def row(
        self, number: int, values: Mapping[str, SheetCell], times: Counter[str], problems: list[Problem]
    ) -> Taken | None:
        """The row, or None with its problems added to `problems`."""

        def wrong(name: str, what: str, fix: str) -> None:
            cell = values.get(name)
            at = f"{self._sheet.name}!{cell.name if cell else number}"
            problems.append(Problem(number, at, what, fix))

        text = {name: cell.text for name, cell in values.items()}
        site = text.get("site", "").lower()
        fields: dict[str, Any] = {}
        for name in ("site", "kind", "second_source"):
            value = text.get(name, "").lower()
            if value and (not _CODE.fullmatch(value) or _PHONE.fullmatch(value)):
                phone = "looks like a telephone number" if _PHONE.fullmatch(value) else "is not a code"
                wrong(name, f"{text[name]!r} {phone}", f"write {_FIX_CODE}; numbers of people belong in an annex")
            elif value and name != "site":
                fields[name] = value
        if not site:
            wrong("site", "has no code", "give the site a code, the same each time it is told")
        elif times[text["site"]] > 1:
            wrong(
                "site", f"{text['site']!r} stands in {times[text['site']]} rows", "leave one, or give each its own code"
            )
        if age := text.get("max_age", ""):
            if age.isdecimal() and 0 < int(age) <= 3_650:
                fields["max_age"] = int(age)
            else:
                wrong("max_age", f"{age!r} is not a number of days", "write days, 1 to 3650")
        if expires := text.get("expires", ""):
            try:
                fields["expires"] = read_instant(expires)
            except (GivenError, ValueError):
                wrong("expires", f"{expires!r} is no instant with zone", "write it as text: 2017-03-31T00:00:00Z")
        choices = self._choices(text, wrong)
        cell, remarks = self._placed(values, text, wrong)
        second = self._cell(values, "second_place", "second_latitude", "second_longitude", wrong)
        if isinstance(cell, Cell) and second is not None and (differ := entry.sources_differ(cell, second)):
            wrong(
                _given(values, "second_place", "second_latitude"), differ.text, "find out which is right, then mend one"
            )
        if second is not None and not fields.get("second_source"):
            wrong("second_source", "a second place has no source", "name whose it is by a code")
        fields["verified"] = "yes" if second is not None else "no"
        if problems or cell is None:
            return None
        position = cell if isinstance(cell, shapes.Cell) else _as_position(cell)
        annex = {
            name.removeprefix(ANNEX).strip(): value for name, value in text.items() if name.startswith(ANNEX) and value
        }
        request: dict[str, Any] = {
            "site": site,
            "position": position,
            "choices": choices,
            "fields": fields,
            "annex": annex,
        }
        request["annex_expires"] = self._now + self._mapping.annex_days * 86_400_000
        return Taken(number, request, tuple(remarks))

    def _choices(self, text: Mapping[str, str], wrong: Any) -> dict[str, str]:
        choices = dict(self._mapping.to)
        for name, value in text.items():
            if name.startswith(TO) and value:
                choices[name.removeprefix(TO)] = value.lower()
                if value.lower() not in CHOICES:
                    wrong(name, f"{value!r} is not what a receiver can be told", f"write {', '.join(CHOICES)}")
        if not choices:
            wrong("site", "no receiver is named", "say `to: {us: full}` in the mapping, or map a column to `to us`")
        return choices

    def _cell(self, values: Mapping[str, SheetCell], place: str, lat: str, lon: str, wrong: Any) -> Cell | None:
        """The coordinate in one cell, or in two; None if there is none, or it cannot be read (then named)."""
        one, two = values.get(place), (values.get(lat), values.get(lon))
        try:
            if one is not None and one.text:
                return read_cell(one.text, datum=self._mapping.datum, grid=self._mapping.grid)
            if two[0] is None or two[1] is None or not (two[0].text or two[1].text):
                return None
            for name, each in ((lat, two[0]), (lon, two[1])):
                if not each.text:
                    wrong(name, "is empty", "a coordinate has both")
                    return None
            return read_columns(self._padded(two[0]), self._padded(two[1]), datum=self._mapping.datum)
        except GivenError as error:
            wrong(
                _given(values, place, lat),
                error.what,
                "write the coordinate as the source does, with its datum in the mapping",
            )
            return None

    def _padded(self, cell: SheetCell) -> str:
        """A number with the decimals that its column keeps."""
        whole, _, rest = cell.text.partition(".")
        if not cell.number or self._mapping.decimals is None:
            return cell.text
        return f"{whole}.{rest.ljust(self._mapping.decimals, '0')}" if self._mapping.decimals else cell.text

    def _placed(
        self, values: Mapping[str, SheetCell], text: Mapping[str, str], wrong: Any
    ) -> tuple[Cell | shapes.Cell | None, list[str]]:
        cell = self._cell(values, "place", "latitude", "longitude", wrong)
        name, pcode = text.get("named", ""), text.get("pcode", "")
        given = any(text.get(each) for each in ("place", "latitude", "longitude"))
        if not name and not pcode:
            if not given:
                wrong(
                    _given(values, "place", "latitude", "named"),
                    "has no place",
                    "give a coordinate, or a place of the gazetteer",
                )
            return cell, [remark.text for remark in cell.warnings] if cell else []
        at = "pcode" if pcode else "named"
        if self._gazetteer is None:
            wrong(at, "a name needs a gazetteer to be found in", "give --gazetteer FILE, or map the column to ignore")
            return None, []
        meant = self._pick(name, pcode, wrong, alone=not given)
        if meant is None:
            return None, []
        if cell is None:
            return (None if given else _of_place(meant)), []
        if far := entry.far_from_place(cell, meant):
            wrong(
                _given(values, "place", "latitude"), far.text, "mend the coordinate or the name; they are not one place"
            )
        return cell, [remark.text for remark in cell.warnings]

    def _pick(self, name: str, pcode: str, wrong: Any, *, alone: bool) -> Place | None:
        """The one place meant; None (and named) if there is none or several, or only its name tells it from a near-twin."""
        assert self._gazetteer is not None  # noqa: S101 - the caller has looked
        assert self._find is not None  # noqa: S101
        if pcode:
            of_code = self._pcodes.get(pcode, [])
            fitting = (
                [
                    p
                    for p in of_code
                    if not name or name in p.names() or letters(name) in {letters(n) for n in p.names()}
                ]
                if of_code
                else []
            )
            if len(fitting) == 1:
                return fitting[0]
            what = (
                f"{pcode} is no p-code of the gazetteer"
                if not of_code
                else f"{pcode} is not {name!r}"
                if not fitting
                else f"{pcode} stands for {len(fitting)} places"
            )
            wrong("pcode", f"{what}{_shown(of_code)}", "write the p-code of the place meant, and its name as there")
            return None
        exact = self._gazetteer.exact(name)
        if len(exact) != 1:
            what = f"{name!r} means {len(exact)} places" if exact else f"{name!r} is no place of the gazetteer"
            wrong(
                "named",
                f"{what}{_shown(exact or [match.place for match in self._find(name)])}",
                "pick one: write its p-code in the p-code column",
            )
            return None
        if alone and (twins := self._gazetteer.twin_warning(exact[0])):
            wrong(
                "named",
                f"near-twin: {twins[0].text}",
                f"write its p-code ({exact[0].pcode or 'none'}), or a coordinate",
            )
            return None
        return exact[0]


def _given(values: Mapping[str, SheetCell], *names: str) -> str:
    """The first of these fields that has a column."""
    return next(
        (name for name in names if name in values and values[name].text),
        next((n for n in names if n in values), "site"),
    )


def _shown(places: list[Place]) -> str:
    if not places:
        return ""
    more = f" and {len(places) - 3} more" if len(places) > 3 else ""
    return ": " + "; ".join(place.show() for place in places[:3]) + more


def _of_place(place: Place) -> shapes.Cell:
    return shapes.Cell(
        coordinates=(place.lon, place.lat), error=PLACE_ERROR, verbatim=f"gazetteer {place.pcode or place.name_en or place.name_ar}"[:200],
        datum="WGS84", grid="gazetteer",
    )  # fmt: skip


def _as_position(cell: Cell) -> shapes.Cell:
    return shapes.Cell(
        coordinates=(cell.lon, cell.lat), error=cell.error_mm, verbatim=cell.verbatim, datum=cell.datum, grid=cell.grid
    )
