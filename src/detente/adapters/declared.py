"""Declared strikes with places (information.dk and Airwars): date, location, attacks, lat, lon. Claims of the coalition.

The dates are RELEASE dates: a strike is as a rule of the day before, and no row says which. A row that tells N attacks
claims N events. docs/reference/imports.md.
"""

from __future__ import annotations

import re
from datetime import timedelta

from detente.adapters.claims import MOST, Claim, ClaimFile, Remark, Spot, cell, day, escaped
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
from detente.model.statement import sha256_hex

SOURCE = "declared"
HEADER = ["date", "location", "attacks", "lat", "lon"]
WHO = "U.S.-led Coalition"
ERROR = 10_000
"""Metres within which a declared strike is taken to lie: the file gives the middle of a named place. Our assumption."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


def read_declared(data: bytes) -> ClaimFile:
    """Read the CSV, plain or gzipped; GivenError if the file as a whole cannot be relied on."""
    plain = unpacked(data)
    digest = sha256_hex(plain)
    lines = records(decoded(plain), len(HEADER))
    check_header(next(lines, None), HEADER, "the strikes")
    rows: list[AccountRow] = []
    claims: list[Claim] = []
    apart: list[Apart] = []
    remarks: list[Remark] = []
    for record in lines:
        try:
            row, told, said = _strikes(record, digest)
        except UnfitError as unfit:
            apart.append(Apart(record.line, str(unfit), record.raw.rstrip("\r\n")))
            continue
        rows.append(row)
        claims += told
        remarks += said
    if not rows and not apart:
        raise GivenError(BAD_FILE, f"there is a header and no row; {AGAIN}", where="line 1")
    return ClaimFile(digest, tuple(rows), tuple(claims), (), tuple(apart), tuple(remarks))


def _strikes(record: Record, digest: str) -> tuple[AccountRow, list[Claim], list[Remark]]:
    if record.columns is None:
        raise UnfitError("not CSV: a stray quote or carriage return")
    if len(record.columns) != len(HEADER):
        raise UnfitError(f"{len(record.columns)} columns, not {len(HEADER)}")
    if not record.whole():
        raise UnfitError("the file ends here without a line end: the row may be cut")
    released, location, attacks, lat, lon = record.columns
    on = day(released, "date")
    if not _NUMBER.fullmatch(attacks):
        raise UnfitError(f"attacks: {short(attacks)} is not a whole number in plain digits")
    number = int(attacks)
    if not 1 <= number <= MOST:
        raise UnfitError(f"attacks: {number} is not between 1 and {MOST}; such a row claims no event one could name")
    at = cell(lat, lon)
    spot = Spot(at.lon, at.lat, ERROR * 1000 + at.error_mm) if at else None
    said = [] if at else [Remark(record.line, "no-position", "no coordinates are given")]
    if location != location.strip():
        said.append(Remark(record.line, "edge-space", "the location begins or ends with a space"))
    row = account_row(
        {
            "source": SOURCE,
            "line": record.line,
            "released": on.isoformat(),
            "verbatim": escaped(record.raw.rstrip("\r\n")),
            "country": "not given",
            "location": escaped(location) or "not given",
            "number": number,
            "description": "declared strikes; the date is that of release",
            "file_digest": digest,
        }
    )
    before = on - timedelta(days=1)
    ids = [f"declared-{record.line}-{one}" for one in range(1, number + 1)]
    return row, [Claim(id, SOURCE, record.line, (WHO,), before, on, spot, ("air",), "") for id in ids], said
