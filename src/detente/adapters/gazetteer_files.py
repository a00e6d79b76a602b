"""Gazetteers from files (CSV, plain or gzip): three known headings become `Place` rows; nothing is copied or mended.

| heading begins with | name_en | name_ar | others | pcode | within |
|---|---|---|---|---|---|
| id,name_en,name_ar,ocha_pcode (Syrian places, OCHA) | name_en | name_ar | old_sa_name | ocha_pcode | parents_en |
| geonameid,name (GeoNames) | name | first Arabic alternate name | the other alternate names | - | cc |
| icao,iata,name (airports) | name | - | icao, iata, city | icao | country |

Coordinates are taken as WGS84, as their sources say, and rounded to 1e-7 degrees. A row without a name or with
coordinates that are no numbers in range is reported with its line and reason and left out; the others are taken.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from detente.errors import GivenError
from detente.geo.gazetteer import Place
from detente.geo.names import is_arabic
from detente.model.shapes import E7

MAX_FILE = 64 * 2**20


class BadRow(NamedTuple):
    """A row that was left out: its line in the file (the header is 1) and why."""

    line: int
    reason: str


class GazetteerFile(NamedTuple):
    """What a file gave."""

    name: str
    places: tuple[Place, ...]
    bad: tuple[BadRow, ...]


Row = dict[str, str]


def _ocha(row: Row, source: str) -> Place:
    old = row["old_sa_name"].rpartition(":")[2].strip()
    others = (old,) if old and old != row["name_ar"] else ()
    return _place(row, row["name_en"], row["name_ar"], row["ocha_pcode"], others, row["parents_en"], source)


def _geonames(row: Row, source: str) -> Place:
    names = tuple(dict.fromkeys(name for name in row["alternatenames"].split("|") if name and name != row["name"]))
    arabic = next((name for name in names if is_arabic(name)), "")
    others = tuple(name for name in names if name != arabic)
    return _place(row, row["name"], arabic, "", others, row["cc"], source)


def _airport(row: Row, source: str) -> Place:
    others = tuple(
        dict.fromkeys(name for name in (row["icao"], row["iata"], row["city"]) if name and name != row["name"])
    )
    return _place(row, row["name"], "", row["icao"], others, row["country"], source)


FORMATS: tuple[tuple[tuple[str, ...], Callable[[Row, str], Place]], ...] = (
    (("id", "name_en", "name_ar", "ocha_pcode", "parents_en", "lat", "lon", "old_sa_name"), _ocha),
    (("geonameid", "name", "lat", "lon", "cc", "alternatenames"), _geonames),
    (("icao", "iata", "name", "city", "country", "lat", "lon"), _airport),
)


def read_gazetteer(path: Path) -> GazetteerFile:
    """Read one file; GivenError if it cannot be read or has none of the known headings."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except OSError as error:
        raise GivenError("file-unreadable", error.strerror or "cannot be read", where=str(path)) from error
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise GivenError("file-invalid", f"not a whole file in UTF-8 ({error})", where=str(path)) from error
    if len(text) > MAX_FILE:
        raise GivenError("file-invalid", f"larger than {MAX_FILE >> 20} MB", where=str(path))
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    heading = set(rows.fieldnames or ())
    make = next((make for columns, make in FORMATS if heading.issuperset(columns)), None)
    if make is None:
        known = "; ".join(",".join(columns) for columns, _ in FORMATS)
        raise GivenError("file-invalid", f"has none of the known headings: {known}", where=str(path))
    places, bad = [], []
    try:
        for row in rows:
            try:
                if None in row or None in row.values():
                    raise ValueError("has another number of columns than the heading")
                places.append(make(row, path.name))
            except ValueError as error:
                bad.append(BadRow(rows.line_num, str(error)))
    except csv.Error as error:
        raise GivenError("file-invalid", f"line {rows.line_num}: {error}", where=str(path)) from error
    return GazetteerFile(path.name, tuple(places), tuple(bad))


def _place(
    row: Row, name_en: str, name_ar: str, pcode: str, others: tuple[str, ...], within: str, source: str
) -> Place:
    if not (name_en.strip() or name_ar.strip()):
        raise ValueError("has no name")
    lat, lon = _degrees(row["lat"], "lat", 90), _degrees(row["lon"], "lon", 180)
    return Place(name_en.strip(), name_ar.strip(), lat, lon, pcode.strip(), others, within.strip(), source)


def _degrees(text: str, column: str, limit: int) -> int:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{column} {text!r} is no number") from None
    if not -limit <= value <= limit:
        raise ValueError(f"{column} {text} is beyond {limit} degrees")
    return round(value * E7)
