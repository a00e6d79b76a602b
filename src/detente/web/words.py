"""Times, places and names as a tired watch officer reads them; filters of the templates."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from detente.geo.cell import show_length, show_position
from detente.model.when import MAX_SHOWN, show_clock, show_duration, show_instant

HOUR = 3_600_000
_ID = re.compile(r"\b[0-9a-f]{32,64}\b")


def whole(ms: int) -> int:
    """Down to the second; nobody on watch reads milliseconds."""
    return ms - ms % 1000


def second(ms: int) -> str:
    """`2016-09-17 14:05:00Z`."""
    return show_instant(whole(ms) if ms <= MAX_SHOWN else ms)


def brief(text: str) -> str:
    """A text with the ids of statements cut to ten digits; the record page and the commands give them whole."""
    return _ID.sub(lambda found: f"{found[0][:10]}…", text)


def scope(stop: dict[str, Any]) -> str:
    """What a STOP covers."""
    window = stop["window"]
    parts = [place_words(stop["scope"])] if stop["scope"] else []
    parts += [f"{second(window[0])} to {second(window[1])}"] if window else []
    parts += [f"item {stop['item']}"] if stop["item"] else []
    return "; ".join(parts) or "every strike, everywhere, until it is lifted"


def stamp(interval: list[int]) -> int:
    """The second a receipt bears: the middle of what it proves, without its error. ms."""
    return sum(interval) // 2 // 1000 * 1000


class Words:
    """The filters, for one theatre's own clock beside UTC (an IANA zone; "" for none)."""

    def __init__(self, zone: str = "") -> None:
        self._zone = ZoneInfo(zone) if zone else None
        self._city = zone.rpartition("/")[2].replace("_", " ")

    def filters(self) -> dict[str, Any]:
        """Name to function."""
        return {
            "instant": second, "clock": lambda ms: show_clock(whole(ms)), "span": lambda ms: show_duration(whole(ms)),
            "spaced": spaced, "ago": self.ago, "scope": scope, "brief": brief,
            "stamp": stamp, "until": self.until, "place": place_words, "metres": lambda m: show_length(m * 1000),
        }  # fmt: skip

    def local(self, ms: int, now: int) -> str:
        """`14:05Z, 17:05 Damascus`; with the day (UTC) where it is not that of now: `17 Sep 14:05Z, 17:05 Damascus`."""
        if ms > MAX_SHOWN:
            return show_instant(ms)
        moment = datetime.fromtimestamp(ms / 1000, UTC)
        day = "" if moment.date() == datetime.fromtimestamp(now / 1000, UTC).date() else f"{moment:%d %b} "
        here = f", {moment.astimezone(self._zone):%H:%M} {self._city}" if self._zone else ""
        return f"{day}{moment:%H:%M}Z{here}"

    def ago(self, ms: int, now: int) -> str:
        """`4 min 10 s ago (14:05Z, 17:05 Damascus)`."""
        return f"{show_duration(whole(max(0, now - ms)))} ago ({self.local(ms, now)})"

    def until(self, ms: int, now: int) -> str:
        """`in 3 h 12 min (14:05Z, 17:05 Damascus)`, `12 min ago (…)`."""
        span = whole(abs(ms - now))
        if span >= HOUR:
            span -= span % 60_000
        words = f"in {show_duration(span)}" if ms >= now else f"{show_duration(span)} ago"
        return f"{words} ({self.local(ms, now)})"


def spaced(name: str) -> str:
    """`withdrawal_of_consent` as people read it."""
    return name.replace("_", " ")


def place_words(shape: dict[str, Any] | None) -> str:
    """A shape in a line: what it is, where, and how wide."""
    if not shape:
        return "-"
    if shape["type"] == "circle":
        lon, lat = shape["coordinates"]
        return f"within {show_length(shape['radius'] * 1000)} of {show_position(lat, lon)}"
    if shape["type"] == "polygon":
        ring = shape["coordinates"][0]
        west, east = min(p[0] for p in ring), max(p[0] for p in ring)
        south, north = min(p[1] for p in ring), max(p[1] for p in ring)
        return f"{len(ring) - 1} corners, {show_position(south, west)} to {show_position(north, east)}"
    if shape["type"] in ("point", "cell"):
        lon, lat = shape["coordinates"] if "coordinates" in shape else (shape["lon"], shape["lat"])
        return show_position(lat, lon)
    return str(shape["type"])
