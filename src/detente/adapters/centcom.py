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

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from detente.adapters.claims import MOST, Claim, ClaimFile
from detente.adapters.claims import Remark as ClaimRemark
from detente.adapters.table import (
    AGAIN,
    BAD_FILE,
    AccountRow,
    Apart,
    Record,
    UnfitError,
    account_row,
    check_header,
    decoded,
    records,
    short,
    unpacked,
)
from detente.errors import GivenError, RemoteError
from detente.model.statement import sha256_hex
from detente.model.text import check_text

SOURCE = "centcom"
WHO = "U.S.-led Coalition"
HEADER = ["date", "country", "location", "number", "description", "line"]

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
    rows: tuple[AccountRow, ...]
    apart: tuple[Apart, ...]
    remarks: tuple[Remark, ...]


def read_centcom(data: bytes) -> CentcomFile:
    """Read the CSV or its gzip; GivenError if the file as a whole cannot be relied on (rule 1)."""
    plain = unpacked(data)
    digest = sha256_hex(plain)
    lines = records(decoded(plain), len(HEADER))
    check_header(next(lines, None), HEADER, "the releases")
    rows: list[AccountRow] = []
    apart: list[Apart] = []
    remarks: list[Remark] = []
    earlier: dict[tuple[str | int, ...], AccountRow] = {}
    for record in lines:
        try:
            row = _release_line(record, digest)
        except UnfitError as unfit:
            apart.append(Apart(record.line, str(unfit), record.raw.rstrip("\r\n")))
        else:
            rows.append(row)
            remarks += _remarks(row, earlier)
    if not rows and not apart:
        raise GivenError(BAD_FILE, f"there is a header and no row; {AGAIN}", where="line 1")
    return CentcomFile(digest, tuple(rows), tuple(apart), tuple(remarks))


def claims_of(content: CentcomFile) -> ClaimFile:
    """The rows as claims: each strike a row tells of is one event, on the day of release or the day before.

    A row of Iraq is no claim about Syria: it is an account and no event, with a remark.
    """
    claims: list[Claim] = []
    remarks = [ClaimRemark(remark.line, remark.code, remark.text) for remark in content.remarks]
    for row in content.rows:
        released = date.fromisoformat(row.released)
        if row.country == "Iraq":
            remarks.append(ClaimRemark(row.line, "in-iraq", "told of Iraq: an account, and no event of the record"))
        elif not 1 <= row.number <= MOST:
            words = f"{row.number} strikes: not between 1 and {MOST}, so an account and no event of the record"
            remarks.append(ClaimRemark(row.line, "no-event", words))
        else:
            days = (released - timedelta(days=1), released)
            claims += [
                Claim(f"{SOURCE}-{row.line}-{one}", SOURCE, row.line, (WHO,), *days, None, ("air",), "")
                for one in range(1, row.number + 1)
            ]
    return ClaimFile(content.digest, content.rows, tuple(claims), (), content.apart, tuple(remarks))


# Rule 2: the row.


def _release_line(record: Record, digest: str) -> AccountRow:
    if record.columns is None:
        raise UnfitError("not CSV: a stray quote or carriage return, or a column of more than 131,072 characters")
    if record.spans > 1:
        raise UnfitError(f"one row on {record.spans} lines: a line end may not stand in a statement")
    if len(record.columns) != len(HEADER):
        raise UnfitError(f"{len(record.columns)} columns, not {len(HEADER)}")
    if not record.whole():
        raise UnfitError("the file ends here without a line end: the row may be cut")
    day, country, location, number, description, line = record.columns
    flaws = []
    if not _iso_day(day):
        flaws.append(f"date: {short(day)} is not a day written MM/DD/YYYY")
    if not _NUMBER.fullmatch(number):
        flaws.append(f"number: {short(number)} is not a whole number in plain digits")
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
        raise UnfitError("; ".join(flaws))
    fields: dict[str, str | int] = {
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
    return account_row(fields)


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


# Rule 3: the remarks.


def _remarks(row: AccountRow, earlier: dict[tuple[str | int, ...], AccountRow]) -> Iterator[Remark]:
    """The remarks on one row; `earlier` gathers the first row of each likeness."""
    if row.country == "Unknown":
        yield Remark(row.line, "country-unknown", "the country is given as Unknown")
    elif row.country not in _COUNTRIES:
        yield Remark(row.line, "country-odd", f"the country is given as {short(row.country)}")

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
