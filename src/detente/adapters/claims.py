"""What a row of somebody's file claims, as the judge can read it, beside the verbatim account of the row.

A claim is what its source tells. It becomes an event known only through that source's account, never a fact of the
record. How each file is mapped stands in docs/reference/imports.md.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from detente.adapters.table import AccountRow, Apart, UnfitError, short
from detente.errors import GivenError, RemoteError
from detente.geo.cell import Cell
from detente.geo.coordinates import read_columns
from detente.model.text import check_text

MOST = 200
"""More strikes than this in one row are not made into events one by one."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ESCAPED = re.compile(r"\\(\\|u\{([0-9a-f]{1,6})\})")


class Spot(NamedTuple):
    """Longitude and latitude, 1e-7 degrees WGS84; the radius within which it lies, mm."""

    lon: int
    lat: int
    error_mm: int


class Claim(NamedTuple):
    """One event as `source` tells it.

    `by`: who did it, as the source names them; several: one of them. `first`, `last`: local days, both included.
    `weapons`: one of these; empty: not said.
    """

    id: str
    source: str
    line: int
    by: tuple[str, ...]
    first: date
    last: date
    spot: Spot | None
    weapons: tuple[str, ...]
    found_in: str


class Telling(NamedTuple):
    """What another source says of an event: that it did it itself, and where."""

    id: str
    source: str
    line: int
    by: str
    spot: Spot | None


class Remark(NamedTuple):
    """What a reader of the row at `line` should know; it changes nothing. `code`: docs/reference/imports.md."""

    line: int
    code: str
    text: str


class ClaimFile(NamedTuple):
    """All rows of one file, len(rows) + len(apart) of them. `digest`: hex SHA-256 of the unpacked bytes."""

    digest: str
    rows: tuple[AccountRow, ...]
    claims: tuple[Claim, ...]
    tellings: tuple[Telling, ...]
    apart: tuple[Apart, ...]
    remarks: tuple[Remark, ...]


def escaped(raw: str) -> str:
    r"""A row as it may stand in a statement: `\` written `\\`, a character that may not stand there `\u{hex}`.

    `unescaped` gives the row back. A row that is not NFC has all its other characters written so.
    """
    whole = unicodedata.is_normalized("NFC", raw)
    return "".join(
        "\\\\" if each == "\\" else each if _stands(each, whole) else f"\\u{{{ord(each):x}}}" for each in raw
    )


def unescaped(text: str) -> str:
    """The row of `escaped`."""
    return _ESCAPED.sub(lambda match: chr(int(match[2], 16)) if match[2] else "\\", text)


def _stands(character: str, whole: bool) -> bool:
    if character.isascii():
        return character.isprintable()
    try:
        check_text(character)
    except RemoteError:
        return False
    return whole


def day(text: str, name: str) -> date:
    """A day written YYYY-MM-DD; UnfitError otherwise."""
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise UnfitError(f"{name}: {short(text)} is not a day written YYYY-MM-DD")


def cell(lat: str, lon: str) -> Cell | None:
    """The cell of two columns of decimal degrees, WGS84; None if both are empty; UnfitError if it cannot be read."""
    if not lat and not lon:
        return None
    try:
        return read_columns(lat, lon, datum="WGS84")
    except GivenError as error:
        raise UnfitError(f"lat {short(lat)}, lon {short(lon)}: {error.what}") from error
