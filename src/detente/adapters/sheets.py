"""Spreadsheets as rows of text, from XLSX and CSV: every cell keeps its name (`C14`), numbers keep the digits they have.

Formulas count by the value that was last computed and saved. Nothing is trimmed but spaces around a cell.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from openpyxl import load_workbook  # type: ignore[import-untyped,unused-ignore]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped,unused-ignore]

from detente.adapters.config import given_file
from detente.errors import GivenError

MAX_FILE, MAX_UNPACKED = 64 * 2**20, 256 * 2**20
MAX_ROWS, MAX_COLUMNS = 100_000, 200


class SheetCell(NamedTuple):
    """One cell. `name`: as the sheet calls it; `number`: written as a number, so that zeros at its end are lost."""

    name: str
    text: str
    number: bool = False


class Sheet(NamedTuple):
    """`name`: of the sheet (of a CSV the file); `rows`: from the first row on, cells from the first column on."""

    name: str
    rows: tuple[tuple[SheetCell, ...], ...]


def read_sheet(path: Path, sheet: str = "") -> Sheet:
    """The sheet called `sheet`, or the first; GivenError (file-unreadable, file-invalid)."""
    data = given_file(path)
    if len(data) > MAX_FILE:
        raise GivenError("file-invalid", f"larger than {MAX_FILE >> 20} MB", where=path.name)
    name, values = _xlsx(data, path, sheet) if data[:2] == b"PK" else (path.name, _csv(data, path))
    rows = []
    for number, row in enumerate(values, 1):
        if number > MAX_ROWS or len(row) > MAX_COLUMNS:
            what = f"more than {MAX_ROWS} rows or {MAX_COLUMNS} columns"
            raise GivenError("file-invalid", what, where=f"{path.name} row {number}")
        rows.append(tuple(_cell(f"{get_column_letter(at)}{number}", value) for at, value in enumerate(row, 1)))
    return Sheet(name, tuple(rows))


def _xlsx(data: bytes, path: Path, sheet: str) -> tuple[str, Iterator[tuple[object, ...]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                raise GivenError("file-invalid", f"unpacks to more than {MAX_UNPACKED >> 20} MB", where=path.name)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except GivenError:
        raise
    except Exception as error:
        raise GivenError("file-invalid", f"not a whole XLSX file ({error})", where=path.name) from error
    names = [str(each) for each in book.sheetnames]
    if sheet and sheet not in names:
        raise GivenError("file-invalid", f"no sheet {sheet!r}; it has: {', '.join(names)}", where=path.name)
    found = book[sheet or names[0]]
    found.reset_dimensions()  # what the file says of its own size is not relied on
    return sheet or names[0], found.iter_rows(values_only=True)


def _csv(data: bytes, path: Path) -> Iterator[tuple[object, ...]]:
    try:
        text = data.decode("utf-8-sig")
        head = text.partition("\n")[0]
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise GivenError("file-invalid", f"not a CSV file in UTF-8 ({error})", where=path.name) from error
    return iter([tuple(row) for row in rows])


def _cell(name: str, value: object) -> SheetCell:
    if value is None:
        return SheetCell(name, "")
    if isinstance(value, bool):
        return SheetCell(name, "yes" if value else "no")
    if isinstance(value, int):
        return SheetCell(name, str(value), number=True)
    if isinstance(value, float):
        return SheetCell(name, f"{value:.10f}".rstrip("0").rstrip("."), number=True)
    if isinstance(value, datetime | date):
        return SheetCell(name, value.isoformat())
    return SheetCell(name, str(value).strip())
