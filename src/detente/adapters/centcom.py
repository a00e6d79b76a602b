"""Strike releases of US Central Command as CSV: which rows can become `account` statements, and which cannot.

The dates are RELEASE dates, not strike dates: a strike is as a rule of the day before, and no row says which.
What a row tells is one side's claim, taken verbatim: no space trimmed, no spelling mended, nothing replaced.

1. The file may be gzipped. It must be UTF-8, begin with `HEADER`, hold a row, pair its quotes (RFC 4180) and
   not break off within a row. Otherwise GivenError names the line and nothing is taken. A file cut exactly
   between two rows cannot be told from a shorter one: compare the number of rows with the source's.
2. A row is kept apart, whole and with the reason, if it is not six columns on one physical line, if its date is
   no day or its number no whole number, if its text may not stand in a statement (docs/spec/statements.md), if
   a field of `Account` does not admit its column, or if it is too large for a statement.
3. Every other row is taken. Where a reader should know more there is a remark, which changes nothing in it.

Lines are physical lines of the CSV, counted from 1; the header is line 1.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from detente.errors import GivenError, RemoteError
from detente.model import canon
from detente.model.statement import MAX_PAYLOAD, Code, Count, Digest, Frozen, Short, Text, sha256_hex
from detente.model.text import check_text

SOURCE = "centcom"
HEADER = ["date", "country", "location", "number", "description", "line"]
MAX_FILE = 64 * 2**20
# A statement's head (agreement, author, label, seen, ...) can take up to about 2,000 bytes of its payload.
MAX_ROW = MAX_PAYLOAD - 2_500

_BAD_FILE = "file-invalid"
_AGAIN = "get the file again from its source"
_GZIP = b"\x1f\x8b"
_DATE = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_COUNTRIES = ("Iraq", "Syria")
# Unicode's stand-ins for an object or a character that a copy lost; both may stand in a statement.
_LOST = re.compile("[\ufffc\ufffd]")
_ONES = ("an", "another")
# fmt: off
_COUNTS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)
# fmt: on
_COUNTED = re.compile(rf"\b({'|'.join((*_ONES, *_COUNTS))}|[0-9]{{1,15}}) +(?:air)?strikes?\b", re.IGNORECASE)


class ReleaseLine(Frozen, frozen=True, kw_only=True):
    """The fields of `Account` that come from the file: `Account(**head, **msgspec.structs.asdict(row))`.

    `released`: day of the release, YYYY-MM-DD. `verbatim`: the column `line`. `number`: the column of that
    name; where a row tells a whole release it counts only the strikes named first (remark `number`).
    """

    source: Code
    line: Annotated[int, Meta(ge=1, le=canon.MAX_INT)]
    released: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    verbatim: Text
    country: Short
    location: Short
    number: Count
    description: Text
    file_digest: Digest


class Apart(NamedTuple):
    """A row that cannot be taken. `line`: its first physical line; `raw`: its text without the line end."""

    line: int
    reason: str
    raw: str


class Remark(NamedTuple):
    """What a reader of the row at `line` should know. `other`: the first row like it, where there is one.

    Codes: country-unknown; country-odd (neither Iraq nor Syria); repeats (every column as in `other`);
    country-differs (as `other`, but for the country); number (not what the text counts); edge-space (a column
    begins or ends with a space); lost-character (U+FFFC or U+FFFD, what a copy leaves for something it lost).
    """

    line: int
    code: str
    text: str
    other: int | None = None


class CentcomFile(NamedTuple):
    """All rows of one file, len(rows) + len(apart) of them. `digest`: hex SHA-256 of the unpacked bytes."""

    digest: str
    rows: tuple[ReleaseLine, ...]
    apart: tuple[Apart, ...]
    remarks: tuple[Remark, ...]


def read_centcom(data: bytes) -> CentcomFile:
    """Read the CSV or its gzip; GivenError if the file as a whole cannot be relied on (rule 1)."""
    plain = _unpacked(data)
    digest = sha256_hex(plain)
    records = _records(_decoded(plain))
    _check_header(next(records, None))
    rows: list[ReleaseLine] = []
    apart: list[Apart] = []
    remarks: list[Remark] = []
    earlier: dict[tuple[str | int, ...], ReleaseLine] = {}
    for record in records:
        try:
            row = _release_line(record, digest)
        except _UnfitError as unfit:
            apart.append(Apart(record.line, str(unfit), record.raw.rstrip("\r\n")))
        else:
            rows.append(row)
            remarks += _remarks(row, earlier)
    if not rows and not apart:
        raise GivenError(_BAD_FILE, f"there is a header and no row; {_AGAIN}", where="line 1")
    return CentcomFile(digest, tuple(rows), tuple(apart), tuple(remarks))


def write_apart(apart: Iterable[Apart]) -> str:
    """The rows kept apart as CSV: line, reason, raw. `raw` is quoted and never changed."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(Apart._fields)
    writer.writerows(apart)
    return out.getvalue()


# Rule 1: the file.


class _Record(NamedTuple):
    """One CSV record. `columns`: None if it is not CSV; `raw`: with its line end; `spans`: physical lines."""

    line: int
    columns: list[str] | None
    raw: str
    spans: int

    def whole(self) -> bool:
        """False only for a last row that may be cut: no line end follows it, nor a closing quote."""
        if self.raw.endswith(("\n", "\r")) or not self.columns:
            return True
        return self.raw.endswith('"' + self.columns[-1].replace('"', '""') + '"')


def _unpacked(data: bytes) -> bytes:
    if data.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(MAX_FILE + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise GivenError(_BAD_FILE, f"the gzip is cut or damaged ({error}); {_AGAIN}") from error
    if len(data) > MAX_FILE:
        raise GivenError("too-large", f"the file holds more than {MAX_FILE:,} bytes when unpacked")
    return data


def _decoded(plain: bytes) -> str:
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError as error:
        before = plain[: error.start]
        column, line = error.start - before.rfind(b"\n"), before.count(b"\n") + 1
        what = f"byte {column} of the line, 0x{plain[error.start]:02X}, is not UTF-8; {_AGAIN}, as UTF-8"
        raise GivenError("bad-text", what, where=f"line {line}") from error


def _records(text: str) -> Iterator[_Record]:
    """The records in order, the header among them; GivenError where it cannot be known what is a row."""
    consumed: list[str] = []

    def lines() -> Iterator[str]:
        for physical in io.StringIO(text):  # splits at LF only, and translates nothing
            consumed.append(physical)
            yield physical

    reader = csv.reader(lines(), strict=True)
    line = 1
    while True:
        consumed.clear()
        columns: list[str] | None
        try:
            columns = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            columns = None
            # An open quote makes it a guess where the next row begins.
            if len(consumed) > 1 or consumed[0].count('"') % 2:
                what = f"a quote that opens here is never properly closed; the file is cut or damaged: {_AGAIN}"
                raise GivenError(_BAD_FILE, what, where=f"line {line}") from error
        record = _Record(line, columns, "".join(consumed), len(consumed))
        if line > 1 and not record.raw.endswith(("\n", "\r")) and len(columns or ()) < len(HEADER):
            raise GivenError(_BAD_FILE, f"the file breaks off within this row; {_AGAIN}", where=f"line {line}")
        yield record
        line += len(consumed)


def _check_header(record: _Record | None) -> None:
    if record is None:
        raise GivenError(_BAD_FILE, f"the file is empty; {_AGAIN}", where="line 1")
    if record.columns != HEADER:
        what = f"the header must read {','.join(HEADER)}, not {_short(record.raw)}; give the releases as CSV"
        raise GivenError(_BAD_FILE, what, where=f"line {record.line}")


# Rule 2: the row.


class _UnfitError(Exception):
    """Why a row is kept apart, in words."""


def _release_line(record: _Record, digest: str) -> ReleaseLine:
    if record.columns is None:
        raise _UnfitError("not CSV: a stray quote or carriage return, or a column of more than 131,072 characters")
    if record.spans > 1:
        raise _UnfitError(f"one row on {record.spans} lines: a line end may not stand in a statement")
    if len(record.columns) != len(HEADER):
        raise _UnfitError(f"{len(record.columns)} columns, not {len(HEADER)}")
    if not record.whole():
        raise _UnfitError("the file ends here without a line end: the row may be cut")
    day, country, location, number, description, line = record.columns
    flaws = []
    if not _iso_day(day):
        flaws.append(f"date: {_short(day)} is not a day written MM/DD/YYYY")
    if not _NUMBER.fullmatch(number):
        flaws.append(f"number: {_short(number)} is not a whole number in plain digits")
    for name, value in (
        ("country", country),
        ("location", location),
        ("description", description),
        ("line", line),
    ):
        try:
            check_text(value)
        except RemoteError as error:
            flaws.append(f"{name}: {error.what}")
    if flaws:
        raise _UnfitError("; ".join(flaws))
    fields = {
        "source": SOURCE,
        "line": record.line,
        "released": _iso_day(day),
        "verbatim": line,
        "country": country,
        "location": location,
        "number": int(number),
        "description": description,
        "file_digest": digest,
    }
    try:
        row = msgspec.convert(fields, ReleaseLine)
    except msgspec.ValidationError as error:
        raise _UnfitError(f"a column does not fit its field: {error}") from error
    size = len(canon.encode(row))
    if size > MAX_ROW:
        raise _UnfitError(f"{size:,} bytes as a statement's fields; at most {MAX_ROW:,} leave room for its head")
    return row


def _iso_day(text: str) -> str:
    """YYYY-MM-DD of MM/DD/YYYY; empty if there is no such day."""
    match = _DATE.fullmatch(text)
    if not match:
        return ""
    month, day, year = (int(part) for part in match.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:80] + "…")


# Rule 3: the remarks.


def _remarks(row: ReleaseLine, earlier: dict[tuple[str | int, ...], ReleaseLine]) -> Iterator[Remark]:
    """The remarks on one row; `earlier` gathers the first row of each likeness."""
    if row.country == "Unknown":
        yield Remark(row.line, "country-unknown", "the country is given as Unknown")
    elif row.country not in _COUNTRIES:
        yield Remark(row.line, "country-odd", f"the country is given as {_short(row.country)}")

    but_country = (row.released, row.location, row.number, row.description, row.verbatim)
    same = earlier.setdefault((*but_country, row.country), row)
    alike = earlier.setdefault(but_country, row)
    if same is not row:
        yield Remark(row.line, "repeats", f"every column is as on line {same.line}", same.line)
    elif alike is not row:
        text = f"as line {alike.line}, but that the country there is {alike.country} and here {row.country}"
        yield Remark(row.line, "country-differs", text, alike.line)

    counted = _COUNTED.findall(row.verbatim)
    if counted and [_count(word) for word in counted] != [row.number]:
        text = f"the text counts strikes so: {', '.join(counted)}; the number given is {row.number}"
        yield Remark(row.line, "number", text)

    columns = {
        "country": row.country,
        "location": row.location,
        "description": row.description,
        "line": row.verbatim,
    }
    edges = [name for name, value in columns.items() if value != value.strip()]
    if edges:
        yield Remark(row.line, "edge-space", f"begins or ends with a space: {', '.join(edges)}")
    lost = sorted(set(_LOST.findall("".join(columns.values()))))
    if lost:
        names = ", ".join(f"U+{ord(character):04X}" for character in lost)
        yield Remark(row.line, "lost-character", f"{names} stands where a copy lost something")


def _count(word: str) -> int:
    word = word.lower()
    if word in _ONES:
        return 1
    return _COUNTS.index(word) if word in _COUNTS else int(word)
