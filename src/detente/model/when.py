"""Instants and durations: integer milliseconds since 1970-01-01T00:00Z, intervals with both ends, words for people.

Instants are read only with a zone; `24h`, `30min`, `10s` are elapsed time (21-language-reference, 5). There is no
`d`: days are calendar days and belong to the agreement's zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from detente.errors import GivenError

_DURATION = re.compile(r"(\d{1,9})\s*(ms|s|min|h)")
MAX_SHOWN = 253_402_300_799_999  # the last millisecond of 9999; signed times may claim more
_UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}


class Interval(NamedTuple):
    """When something happened: not before `lo`, not after `hi`, ms UTC; `None` where nothing bounds it."""

    lo: int | None
    hi: int | None


def read_duration(text: str, where: str = "") -> int:
    """Milliseconds of `90s`, `10min`, `24h`; GivenError otherwise."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise GivenError("terms-invalid", f"{text!r} is not a duration like 30s, 10min or 24h", where=where)
    return int(match[1]) * _UNIT_MS[match[2]]


def read_instant(text: str, where: str = "") -> int:
    """Milliseconds of an RFC 3339 instant with a zone (`Z` or an offset); GivenError otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise GivenError("bad-field", f"{text!r} is not an instant like 2016-09-17T12:55:00Z", where=where) from error
    if moment.tzinfo is None:
        raise GivenError("bad-field", f"{text!r} names no zone; write Z or an offset", where=where)
    return round(moment.timestamp() * 1000)


def write_instant(ms: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def show_instant(ms: int) -> str:
    """`2016-09-17 12:55:00Z` for people; milliseconds only where there are any. Beyond the year 9999: the number."""
    if ms > MAX_SHOWN:
        return f"{ms} ms"
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    tail = f".{ms % 1000:03d}" if ms % 1000 else ""
    return moment.strftime("%Y-%m-%d %H:%M:%S") + tail + "Z"


def show_clock(ms: int) -> str:
    """`12:55:00Z`."""
    if ms > MAX_SHOWN:
        return f"{ms} ms"
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%SZ")


def show_duration(ms: int) -> str:
    """`3 h 12 min`, `94 s`, `250 ms`: the way an officer says it."""
    if ms < 0:
        return "-" + show_duration(-ms)
    if ms < 1000:
        return f"{ms} ms"
    if ms < 120_000:
        return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + " s"
    hours, rest = divmod(round(ms / 60_000), 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])
