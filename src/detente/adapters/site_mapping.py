"""The mapping of a spreadsheet of sites: which column is what. Every column is named; none is left out by silence.

datum: WGS84
decimals: 5                  # of columns of numbers: spreadsheets drop zeros at the end
to: {us: full, ru: coarse}
columns:
  Code: site
  Lat: latitude
  Lon: longitude
  Village: named
  Contact: "annex: contact"
  Remarks: ignore
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from detente.adapters.config import given_file
from detente.agreement.source import Node, read_source
from detente.desks.sites import CHOICES
from detente.errors import GivenError

FIELDS = (
    "site", "place", "latitude", "longitude", "named", "pcode", "kind", "second_source", "second_place",
    "second_latitude", "second_longitude", "max_age", "expires",
)  # fmt: skip
ANNEX, IGNORE, TO = "annex:", "ignore", "to "
KEYS = {"sheet", "header", "datum", "grid", "decimals", "to", "annex_days", "columns"}


class SiteMapping(NamedTuple):
    """`columns`: heading to field, `to CODE`, `annex: NAME` or `ignore`. `to`: receivers, unless a column says otherwise."""

    sheet: str
    header: int
    datum: str
    grid: str
    decimals: int | None
    to: Mapping[str, str]
    annex_days: int
    columns: Mapping[str, str]


def read_mapping(path: Path) -> SiteMapping:
    """The mapping in a file; GivenError names the line that does not fit."""
    root = read_source(given_file(path), path.name)
    pairs = root.only(KEYS, "a mapping of sites")
    if "columns" not in pairs or "datum" not in pairs:
        root.fail("`datum` and `columns` are needed", "say which datum the coordinates are on, and what each column is")
    columns = {heading: _field(item) for heading, item in pairs["columns"].mapping("columns").items()}
    taken = [each for each in columns.values() if each != IGNORE]
    for each in taken:
        if taken.count(each) > 1:
            pairs["columns"].fail(f"two columns are {each!r}", "map one of them to another field, or to `ignore`")
    if "site" not in taken:
        pairs["columns"].fail("no column is `site`", "a site needs a code of its own, the same each time it is told")
    choices = {code: item.scalar() for code, item in pairs["to"].mapping("receivers").items()} if "to" in pairs else {}
    for code, choice in choices.items():
        if choice not in CHOICES:
            pairs["to"].fail(f"{code}: {choice!r} is not one of {', '.join(CHOICES)}")
    return SiteMapping(
        sheet=_text(pairs, "sheet", ""),
        header=_number(pairs, "header", 1),
        datum=_text(pairs, "datum", ""),
        grid=_text(pairs, "grid", "geographic"),
        decimals=_number(pairs, "decimals", 0) if "decimals" in pairs else None,
        to=choices,
        annex_days=_number(pairs, "annex_days", 180),
        columns=columns,
    )


def _field(item: Node) -> str:
    text = " ".join(item.scalar("a field").split())
    name = text.removeprefix(ANNEX).strip()
    if text.startswith(ANNEX) and name:
        return f"{ANNEX} {name}"
    if text in (*FIELDS, IGNORE) or (text.startswith(TO) and text != TO):
        return text
    item.fail(f"{text!r} is no field of a site", f"known: {', '.join(FIELDS)}, to CODE, annex: NAME, ignore")
    raise AssertionError(text)


def _text(pairs: Mapping[str, Node], key: str, default: str) -> str:
    return pairs[key].scalar() if key in pairs else default


def _number(pairs: Mapping[str, Node], key: str, default: int) -> int:
    if key not in pairs:
        return default
    text = pairs[key].scalar()
    if not text.isdecimal() or len(text) > 6:
        raise GivenError("file-invalid", f"{key}: {text!r} is not a whole number", where="--map")
    return int(text)
