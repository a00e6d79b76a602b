"""Airwars' files on Syria: the incidents (CSV) and what each side said of them (JSON lines). Allegations of harm.

Which row becomes what stands in docs/reference/imports.md. An incident row is Airwars' claim that somebody's strike did
harm on a day at a place; whom the strike was aimed at is not told, so nothing is put there. A row of what a side said
is kept as an account; only where that side says the strike was its own does the judge have something to read.
"""

from __future__ import annotations

import io
import json
from typing import Any

from detente.adapters.claims import Claim, ClaimFile, Remark, Spot, Telling, cell, day, escaped
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
from detente.errors import GivenError
from detente.geo.coordinates import read_cell
from detente.model.statement import sha256_hex

SOURCE = "airwars"
# fmt: off
HEADER = [
    "seq", "code", "airwars_id", "url", "date", "date_end", "date_type", "time_start", "time_end", "local_time",
    "location", "location_ar", "region", "governorate", "lat", "lon", "geo_accuracy", "belligerent", "strike_type",
    "strike_status", "harm_reported", "harm_grading", "cause", "civ_killed_min", "civ_killed_max", "civ_injured_min",
    "civ_injured_max", "children_killed_min", "mil_killed_min", "mil_killed_max", "infrastructure", "infra_damage",
    "observations", "munition", "total_strikes", "published", "modified", "status", "n_sources",
]
ACCURACY = {
    "exact_location": 100, "exact_location_other": 100, "within_100m": 100, "street": 500, "nearby_landmark": 500,
    "neighbourhood_area": 1_000, "village": 2_000, "town": 3_000, "city": 10_000, "subdistrict": 20_000,
    "district": 40_000, "province_governorate": 150_000,
}
# fmt: on
"""Metres within which an incident is taken to lie, for each word of `geo_accuracy`. Our assumption."""
WEAPONS = {"": (), "Airstrike": ("air",), "Airstrike and/or Artillery": ("air", "rocket", "mortar", "other")}
ADMITTED = "credible"
"""The assessment with which a side says that the strike was its own."""


def read_airwars(data: bytes) -> ClaimFile:
    """Read either file, plain or gzipped; GivenError if the file as a whole cannot be relied on."""
    plain = unpacked(data)
    text = decoded(plain)
    return (_said if text.startswith("{") else _incidents)(text, sha256_hex(plain))


# Incidents.


def _incidents(text: str, digest: str) -> ClaimFile:
    lines = records(text, len(HEADER))
    check_header(next(lines, None), HEADER, "the incidents")
    rows: list[AccountRow] = []
    claims: list[Claim] = []
    apart: list[Apart] = []
    remarks: list[Remark] = []
    seen: dict[str, int] = {}
    for record in lines:
        try:
            row, claim, said = _incident(record, digest, seen)
        except UnfitError as unfit:
            apart.append(Apart(record.line, str(unfit), record.raw.rstrip("\r\n")))
            continue
        rows.append(row)
        claims.append(claim)
        remarks += [Remark(record.line, code, words) for code, words in said]
        seen[claim.id] = record.line
    if not rows and not apart:
        raise GivenError(BAD_FILE, f"there is a header and no row; {AGAIN}", where="line 1")
    return ClaimFile(digest, tuple(rows), tuple(claims), (), tuple(apart), tuple(remarks))


def _incident(record: Record, digest: str, seen: dict[str, int]) -> tuple[AccountRow, Claim, list[tuple[str, str]]]:
    if record.columns is None:
        raise UnfitError("not CSV: a stray quote or carriage return")
    if len(record.columns) != len(HEADER):
        raise UnfitError(f"{len(record.columns)} columns, not {len(HEADER)}")
    if not record.whole():
        raise UnfitError("the file ends here without a line end: the row may be cut")
    row = dict(zip(HEADER, record.columns, strict=True))
    code = row["code"]
    if not code:
        raise UnfitError("code: empty; an incident is known by its code")
    if code in seen:
        raise UnfitError(f"code: {short(code)} was given on line {seen[code]}; one event has one row")
    first, published = day(row["date"], "date"), day(row["published"], "published")
    last = day(row["date_end"], "date_end") if row["date_end"] else first
    if last < first:
        raise UnfitError(f"date_end: {row['date_end']} lies before date, {row['date']}")
    by = tuple(filter(None, (each.strip() for each in row["belligerent"].split(","))))
    if not by:
        raise UnfitError("belligerent: empty; it is a claim about nobody")
    if row["strike_type"] not in WEAPONS:
        raise UnfitError(f"strike_type: {short(row['strike_type'])} is not one of: {', '.join(filter(None, WEAPONS))}")
    at = cell(row["lat"], row["lon"])
    metres = ACCURACY.get(row["geo_accuracy"])
    spot = Spot(at.lon, at.lat, metres * 1000 + at.error_mm) if at and metres else None
    said: list[tuple[str, str]] = []
    if at is None:
        said.append(("no-position", "no coordinates are given"))
    elif metres is None:
        said.append(
            ("no-accuracy", f"geo_accuracy {short(row['geo_accuracy'])} says no size: the position is not used")
        )
    if published < first:
        said.append(("published-before", f"published {published}, before the day told, {first}"))
    if len(by) > 1:
        said.append(("one-of-several", f"one of: {', '.join(by)}"))
    raw = record.raw.rstrip("\r\n")
    if escaped(raw) != raw:
        said.append(("escaped", "characters that may not stand in a statement are written \\u{hex}"))
    account = account_row(
        {
            "source": SOURCE,
            "line": record.line,
            "released": published.isoformat(),
            "verbatim": escaped(raw),
            "country": "Syria",
            "location": escaped(row["location"]) or "not given",
            "number": 1,
            "description": escaped(
                f"allegation {code}: {row['belligerent']}, {row['date']}; graded {row['harm_grading'] or 'not'}"
            ),
            "file_digest": digest,
        }
    )
    claim = Claim(code, SOURCE, record.line, by, first, last, spot, WEAPONS[row["strike_type"]], row["url"])
    return account, claim, said


# What each side said of them.


def _said(text: str, digest: str) -> ClaimFile:
    rows: list[AccountRow] = []
    tellings: list[Telling] = []
    apart: list[Apart] = []
    remarks: list[Remark] = []
    seen: dict[tuple[str, str], int] = {}
    for number, physical in enumerate(io.StringIO(text, newline="\n"), 1):
        raw = physical.rstrip("\r\n")
        try:
            row = _object(raw)
            who, assessment = _text(row, "belligerent"), _text(row, "belligerent_assessment")
            code, released = _text(row, "code"), day(_text(row, "date"), "date")
            rows.append(
                account_row(
                    {
                        "source": SOURCE,
                        "line": number,
                        "released": released.isoformat(),
                        "verbatim": escaped(raw),
                        "country": "Syria",
                        "location": "not given",
                        "number": 1,
                        "description": escaped(f"of allegation {code}: {who}, {assessment}"),
                        "file_digest": digest,
                    }
                )
            )
        except UnfitError as unfit:
            apart.append(Apart(number, str(unfit), raw))
            continue
        spot, words = _grid(row)
        if words:
            remarks.append(Remark(number, "mgrs", words))
        if any(isinstance(value, str) and value[:2] == "a:" for value in row.values()):
            remarks.append(Remark(number, "serialised", "a field is serialised by PHP; it is kept and not read"))
        if assessment != ADMITTED:
            remarks.append(Remark(number, "nothing-judged", f"{who} does not say the strike was its own: {assessment}"))
        elif (code, who) in seen:
            remarks.append(
                Remark(number, "told-twice", f"{who} told {code} on line {seen[code, who]}; the first is used")
            )
        else:
            seen[code, who] = number
            tellings.append(Telling(code, who, number, who, spot))
    return ClaimFile(digest, tuple(rows), (), tuple(tellings), tuple(apart), tuple(remarks))


def _object(raw: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UnfitError(f"not a JSON object: {error}") from error
    if not isinstance(value, dict):
        raise UnfitError("not a JSON object")
    return value


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise UnfitError(f"{name}: a text is expected, not {short(repr(value))}")
    return value


def _grid(row: dict[str, Any]) -> tuple[Spot | None, str]:
    """The position the side gave, and why it cannot be read."""
    given = row.get("belligerent_mgrs_coordinate")
    if given in (None, ""):
        return None, ""
    try:
        read = read_cell(str(given), datum="WGS84", grid="MGRS")
    except GivenError as error:
        return None, f"belligerent_mgrs_coordinate {short(str(given))}: {error.what}; the position is not used"
    return Spot(read.lon, read.lat, read.error_mm), ""
