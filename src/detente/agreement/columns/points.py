"""Points of many rows as columns."""

from __future__ import annotations

from typing import Any, NamedTuple


class Where(NamedTuple):
    """Points: state, degrees, error radius in metres."""

    state: Any
    lon: Any
    lat: Any
    radius: Any

    def take(self, at: Any) -> Where:
        """Some of them."""
        return Where(*(part[at] for part in self))
