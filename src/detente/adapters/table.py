"""A file of rows that others made, as CSV or lines, plain or gzipped: read strictly, or refused with the line named.

Lines are physical lines, counted from 1. The file must be UTF-8, pair its quotes (RFC 4180) and not break off within a
row; otherwise GivenError names the line and nothing is taken. A file cut exactly between two rows cannot be told from a
shorter one: compare the number of rows with the source's. A row that cannot be taken is kept apart, whole, with the
reason.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from detente.errors import GivenError
from detente.model import canon
from detente.model.statement import MAX_PAYLOAD, Code, Count, Digest, Frozen, Short, Text

MAX_FILE = 64 * 2**20
# A statement's head (agreement, author, label, seen, ...) can take up to about 2,000 bytes of its payload.
MAX_ROW = MAX_PAYLOAD - 2_500
BAD_FILE = "file-invalid"
AGAIN = "get the file again from its source"
_GZIP = b"\x1f\x8b"


class AccountRow(Frozen, frozen=True, kw_only=True):
    """The fields of `Account` that come from a file: `Account(**head, **msgspec.structs.asdict(row))`.

    `released`: day of the release, YYYY-MM-DD. What each importer puts in the others stands in docs/reference/imports.md.
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


class UnfitError(Exception):
    """Why a row is kept apart, in words."""


def write_apart(apart: Iterable[Apart]) -> str:
    """The rows kept apart as CSV: line, reason, raw. `raw` is quoted and never changed."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(Apart._fields)
    writer.writerows(apart)
    return out.getvalue()


def account_row(fields: dict[str, str | int]) -> AccountRow:
    """The row, if every field fits and it leaves room in a statement; UnfitError otherwise."""
    try:
        row = msgspec.convert(fields, AccountRow)
    except msgspec.ValidationError as error:
        raise UnfitError(f"a column does not fit its field: {error}") from error
    size = len(canon.encode(row))
    if size > MAX_ROW:
        raise UnfitError(f"{size:,} bytes as a statement's fields; at most {MAX_ROW:,} leave room for its head")
    return row


def short(text: str) -> str:
    """A text in quotes, cut after 80 characters."""
    return repr(text if len(text) <= 80 else text[:80] + "…")


class Record(NamedTuple):
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


def unpacked(data: bytes) -> bytes:
    if data.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(MAX_FILE + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise GivenError(BAD_FILE, f"the gzip is cut or damaged ({error}); {AGAIN}") from error
    if len(data) > MAX_FILE:
        raise GivenError("too-large", f"the file holds more than {MAX_FILE:,} bytes when unpacked")
    return data


def decoded(plain: bytes) -> str:
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError as error:
        before = plain[: error.start]
        column, line = error.start - before.rfind(b"\n"), before.count(b"\n") + 1
        what = f"byte {column} of the line, 0x{plain[error.start]:02X}, is not UTF-8; {AGAIN}, as UTF-8"
        raise GivenError("bad-text", what, where=f"line {line}") from error


def records(text: str, columns_expected: int) -> Iterator[Record]:
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
                what = f"a quote that opens here is never properly closed; the file is cut or damaged: {AGAIN}"
                raise GivenError(BAD_FILE, what, where=f"line {line}") from error
        record = Record(line, columns, "".join(consumed), len(consumed))
        if line > 1 and not record.raw.endswith(("\n", "\r")) and len(columns or ()) < columns_expected:
            raise GivenError(BAD_FILE, f"the file breaks off within this row; {AGAIN}", where=f"line {line}")
        yield record
        line += len(consumed)


def check_header(record: Record | None, header: list[str], what_file: str) -> None:
    if record is None:
        raise GivenError(BAD_FILE, f"the file is empty; {AGAIN}", where="line 1")
    if record.columns != header:
        what = f"the header must read {','.join(header)}, not {short(record.raw)}; give {what_file} as CSV"
        raise GivenError(BAD_FILE, what, where=f"line {record.line}")
