"""Numbers with units, durations and civil times, as the language writes them (21-language-reference, 5)."""

from __future__ import annotations

import re
from datetime import datetime

from detente.agreement.form import Calendar, Duration, Elapsed
from detente.agreement.source import Node

_ELAPSED = re.compile(r"(\d{1,7})\s*(ms|s|min|h)")
_CALENDAR = re.compile(r"(\d{1,4})\s+(days?|months?)")
_LENGTH = re.compile(r"(\d{1,7})\s*(m|km|NM)")
_SPEED = re.compile(r"(\d{1,5})\s*(km/h|kn|m/s)")
_CIVIL = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_UNIT = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
_METRES = {"m": 1, "km": 1000, "NM": 1852}
_SPEEDS = {"km/h": 1 / 3.6, "kn": 1852 / 3600, "m/s": 1.0}
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def elapsed(node: Node) -> int:
    """ms of an elapsed duration; calendar days are refused here."""
    match = _ELAPSED.fullmatch(node.scalar("a duration"))
    if not match:
        node.fail(f"{node.text!r} is not an elapsed time", "write 30s, 10min or 24h (there is no d)")
    return int(match[1]) * _UNIT[match[2]]


def duration(node: Node) -> Duration:
    """An elapsed or calendar duration."""
    match = _CALENDAR.fullmatch(node.scalar("a duration"))
    if match:
        return Calendar(int(match[1]), "days" if match[2].startswith("day") else "months")
    if _ELAPSED.fullmatch(node.scalar()):
        return Elapsed(elapsed(node))
    node.fail(f"{node.text!r} is not a duration", "write 30s, 10min, 24h, 7 days or 6 months")


def is_duration(node: Node) -> bool:
    """Whether a scalar reads as a duration."""
    return node.text is not None and bool(_ELAPSED.fullmatch(node.text) or _CALENDAR.fullmatch(node.text))


def length(node: Node) -> int:
    """Metres."""
    match = _LENGTH.fullmatch(node.scalar("a length"))
    if not match:
        node.fail(f"{node.text!r} is not a length", "write 500 m, 2 km or 10 NM")
    return int(match[1]) * _METRES[match[2]]


def is_length(node: Node) -> bool:
    """Whether a scalar reads as a length."""
    return node.text is not None and bool(_LENGTH.fullmatch(node.text))


def speed(node: Node) -> float:
    """Metres a second."""
    match = _SPEED.fullmatch(node.scalar("a speed"))
    if not match:
        node.fail(f"{node.text!r} is not a speed", "write 40 km/h, 20 kn or 5 m/s")
    return int(match[1]) * _SPEEDS[match[2]]


def count(node: Node) -> int:
    """A whole number."""
    text = node.scalar("a number")
    if not re.fullmatch(r"\d{1,12}", text):
        node.fail(f"{text!r} is not a whole number")
    return int(text)


def instant(node: Node) -> int:
    """ms UTC of an instant with a zone."""
    text = node.scalar("an instant")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        node.fail(f"{text!r} is not an instant", "write 2016-09-12T16:00:00Z or with an offset")
    if moment.tzinfo is None:
        node.fail(f"{text!r} names no zone", "add Z or an offset")
    return round(moment.timestamp() * 1000)


def is_instant(node: Node) -> bool:
    """Whether a scalar looks like an instant."""
    return node.text is not None and bool(re.match(r"\d{4}-\d{2}-\d{2}T", node.text))


def minute(node: Node) -> int:
    """Minutes from midnight of a civil time."""
    match = _CIVIL.fullmatch(node.scalar("a civil time"))
    if not match or (match[1] == "24" and match[2] != "00"):
        node.fail(f"{node.text!r} is not a civil time", 'write "12:00"')
    return int(match[1]) * 60 + int(match[2])


def weekdays(node: Node) -> tuple[int, ...] | None:
    """Weekdays 0-6; None for `day`."""
    if node.text == "day":
        return None
    days = []
    for item in node:
        if item.scalar("a weekday") not in WEEKDAYS:
            item.fail(f"{item.text!r} is not a weekday", f"write {', '.join(WEEKDAYS)} or day")
        days.append(WEEKDAYS.index(item.scalar()))
    return tuple(days)
