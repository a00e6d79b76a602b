"""Times, places and names as a tired watch officer reads them; filters of the templates."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from detente.geo.cell import show_length, show_position
from detente.model.when import MAX_SHOWN, show_clock, show_duration, show_instant


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
            "instant": show_instant, "clock": show_clock, "span": show_duration, "local": self.local, "spaced": spaced,
            "stamp": stamp, "until": self.until, "place": place_words, "metres": lambda m: show_length(m * 1000),
        }  # fmt: skip

    def local(self, ms: int) -> str:
        """`14:05Z, 17:05 Damascus`; with the day where it is not today's is for the caller to say."""
        if self._zone is None or ms > MAX_SHOWN:
            return show_clock(ms)[:5] + "Z"
        moment = datetime.fromtimestamp(ms / 1000, UTC)
        return f"{moment:%H:%M}Z, {moment.astimezone(self._zone):%H:%M} {self._city}"

    def until(self, ms: int, now: int) -> str:
        """`in 3 h 12 min (14:05Z, 17:05 Damascus)`, `12 min ago (…)`."""
        words = f"in {show_duration(ms - now)}" if ms >= now else f"{show_duration(now - ms)} ago"
        return f"{words} ({self.local(ms)})"


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
