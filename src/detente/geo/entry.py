"""Defences against wrong entry: what the notation cannot show is asked of a second piece of knowledge.

Each check returns a remark or nothing; a person decides. docs/reference/coordinates.md says, measured for 17 kinds of
error, how many each catches and how often it cries wolf.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from detente.geo.cell import Cell, Remark, show_length
from detente.geo.ellipsoid import geodesic
from detente.geo.gazetteer import Place

PLACE_METRES = 5_000
SOURCE_METRES = 75
OWN_METRES = 300


class Theatre(NamedTuple):
    """The box in which coordinates are expected: 1e-7 degrees, not across 180°."""

    south: int
    west: int
    north: int
    east: int


def outside_theatre(cell: Cell, theatre: Theatre) -> Remark | None:
    """The centre lies outside the box."""
    if theatre.south <= cell.lat <= theatre.north and theatre.west <= cell.lon <= theatre.east:
        return None
    return Remark("outside-theatre", "lies outside the theatre")


def far_from_place(cell: Cell, place: Place, metres: float = PLACE_METRES) -> Remark | None:
    """No part of the cell lies within `metres` of the place that was named with it."""
    away = geodesic(cell.lat, cell.lon, place.lat, place.lon)
    if away - cell.error_mm / 1000 <= metres:
        return None
    return Remark(
        "far-from-place", f"lies {show_length(round(away * 1000))} from {place.show()}, the place named with it"
    )


def sources_differ(cell: Cell, second: Cell, metres: float = SOURCE_METRES) -> Remark | None:
    """The two cells lie farther apart than their errors and `metres` allow."""
    away = geodesic(cell.lat, cell.lon, second.lat, second.lon)
    if away * 1000 <= cell.error_mm + second.error_mm + metres * 1000:
        return None
    return Remark(
        "sources-differ", f"the second source, {second.verbatim}, lies {show_length(round(away * 1000))} away"
    )


def own_position(cell: Cell, own: Iterable[Cell], metres: float = OWN_METRES) -> Remark | None:
    """The cell may lie within `metres` of one of our own positions: was the sender's place sent instead?"""
    for each in own:
        away = geodesic(cell.lat, cell.lon, each.lat, each.lon)
        if away * 1000 <= cell.error_mm + each.error_mm + metres * 1000:
            return Remark("own-position", f"lies within {show_length(round(away * 1000))} of our own {each.verbatim}")
    return None


def check_group_differs(cell: Cell, read_back: str) -> Remark | None:
    """The group read back by the source is not that of the cell as entered."""
    if read_back == cell.check_group:
        return None
    return Remark("check-group", f"the check group is {cell.check_group}, the source reads {read_back}")
