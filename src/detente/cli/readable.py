"""Fields of a statement as people read them: instants, degrees, and files by size and digest instead of base64."""

from __future__ import annotations

import json
from typing import Any

from detente.geo.cell import show_position
from detente.model.statement import sha256_hex
from detente.model.when import show_instant

INSTANTS = ("start", "end", "due", "time")


def readable(fields: dict[str, Any]) -> str:
    """One line for `fields` as plain values; bytes among them as bytes."""
    return json.dumps(_shown(fields), ensure_ascii=False)


def _shown(value: Any, key: str = "") -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes, sha256 {sha256_hex(value)}>"
    if isinstance(value, dict):
        rest = {name: _shown(each, name) for name, each in value.items() if name not in ("lat", "lon")}
        if {"lat", "lon"} <= value.keys() and all(isinstance(value[each], int) for each in ("lat", "lon")):
            return {"at": show_position(value["lat"], value["lon"]), **rest}
        return rest | {name: value[name] for name in ("lat", "lon") if name in value}
    if isinstance(value, list):
        return [_shown(each, key) for each in value]
    if key in INSTANTS and isinstance(value, int):
        return show_instant(value)
    return value


def visible(text: str) -> str:
    """A line that somebody else wrote, for a terminal: what is not printable is shown escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible_lines(text: str) -> str:
    """The same for text of several lines: a colour, a cursor or a direction somebody hid in a record changes no finding."""
    return "\n".join(map(visible, text.split("\n")))
