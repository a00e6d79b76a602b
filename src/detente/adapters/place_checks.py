"""What a person should look at before a place is handed over, and in which area of both keys it lies; for commands and pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from detente.adapters.gazetteer_files import read_gazetteer
from detente.agreement.record import Span
from detente.desks.lists import RUNNING
from detente.errors import GivenError
from detente.geo import entry
from detente.geo.areas import Circle, Polygon, read_shape
from detente.geo.cell import Cell, Remark, show_length
from detente.geo.gazetteer import Gazetteer
from detente.geo.regions import region
from detente.model.when import show_duration, show_instant

MOST_METRES = 500_000
"""The largest circle of the schema (model.shapes)."""
DAY = 86_400_000
LONG = 3 * DAY
"""A window longer than this is shown to a person first."""


class Place(NamedTuple):
    """A circle or an outline; `error_mm`: how far its coordinate may be off by its own digits."""

    shape: Circle | Polygon
    error_mm: int = 0


def circle(cell: Cell, radius: int, where: str) -> Place:
    """The metres around a coordinate; GivenError (shape-invalid) if they are too few or too many."""
    if not 1 <= radius <= MOST_METRES:
        raise GivenError("shape-invalid", f"{radius} m is no radius: whole metres, 1 to {MOST_METRES}", where=where)
    shape = read_shape({"type": "circle", "coordinates": [cell.lon, cell.lat], "radius": radius}, where)
    assert isinstance(shape, Circle)  # noqa: S101 - its type says so
    return Place(shape, cell.error_mm)


def remarks_on(
    cell: Cell, radius: int, second: Cell | None, files: Sequence[Path], named: str, pcode: str
) -> list[Remark]:
    """What a person should look at before this place is handed over."""
    found = [*cell.warnings]
    if cell.error_mm > radius * 1000:
        what = f"its digits leave it open by {show_length(cell.error_mm)}, more than the {radius} m that are nominated"
        found.append(Remark("wider-than-place", what))
    if second is not None and (remark := entry.sources_differ(cell, second)):
        found.append(remark)
    if named and not files:
        raise GivenError("place-unknown", "a name needs a gazetteer to be found in", where="--named")
    if named:
        gazetteer = Gazetteer(place for path in files for place in read_gazetteer(path).places)
        meant = gazetteer.pick(named, pcode, "--named")
        found += [remark for remark in (entry.far_from_place(cell, meant),) if remark]
        found += gazetteer.twin_warning(meant)
    return found


def outside(place: Place, area: str, shape: dict[str, Any]) -> list[Remark]:
    """A remark if any of the place lies, or may lie, outside the area it is nominated in."""
    agreed, own = read_shape(shape, area), place.shape
    inside = region(agreed)
    if isinstance(own, Circle):
        corners, reach = [own.coordinates], own.radius + place.error_mm / 1000
    else:
        corners, reach = [position for ring in own.coordinates for position in ring], 0.0
    metres = max(inside.distance(lat, lon) for lon, lat in corners)
    if metres > 0:
        return [
            Remark(
                "outside-area", f"named as in area {area}, but lies {show_length(math.ceil(metres * 1000))} outside it"
            )
        ]
    notched = isinstance(own, Polygon) and isinstance(agreed, Polygon) and any(
        region(own).distance(lat, lon) < 0 for ring in agreed.coordinates for lon, lat in ring
    )  # fmt: skip
    if metres + reach <= 0 and not notched:
        return []
    return [Remark("outside-area", f"named as in area {area}, but a part of it may lie outside")]


def of_the_window(window: Span, target: str, answer: dict[str, Any]) -> list[Remark]:
    """What to look at before a nomination with this window (ms) goes out; GivenError where nobody could agree in time."""
    now, ready = answer["now"], answer["now"] + answer["look"]
    if window.end > window.start and window.start <= now:
        what = f"it begins at {show_instant(window.start)}, and it is {show_instant(now)}: it would lapse unread"
        raise GivenError("window-past", what, where="--window")
    found = []
    if window.start < ready:
        asked = f"the agreement asks {show_duration(answer['look'])} between handing over and an act"
        what = f"the window begins {show_instant(window.start)}; {asked}: not before {show_instant(ready)}"
        found.append(Remark("window-early", what))
    if window.end - window.start > LONG:
        found.append(Remark("window-long", f"the window is {(window.end - window.start) // DAY} days long"))
    running = [one for one in answer["items"] if one["target"] == target and one["state"] in RUNNING]
    if running:
        what = f"{target} was nominated by {running[-1]['nominator']} and is {running[-1]['state']}"
        found.append(Remark("replaces", f"{what}; a new nomination ends that, and both have to agree anew"))
    return found


def area_in_force(answer: dict[str, Any], area: str, where: str) -> tuple[int, dict[str, Any]]:
    """Version and shape of an area with both keys on it, from what the desk of areas says; GivenError (unknown-name)."""
    standing = {one["area"]: one for one in answer["areas"] if one["state"] == "agreed"}
    if area not in standing:
        known = ", ".join(f"{name} v{one['version']}" for name, one in standing.items()) or "none"
        raise GivenError("unknown-name", f"no area {area!r} has both keys; in force: {known}", where=where)
    return standing[area]["version"], standing[area]["shape"]


def named(answer: dict[str, Any], target: str) -> list[dict[str, Any]]:
    """Every nomination of a target, from what the desk of lists says; GivenError (unknown-name) if there is none."""
    found = [one for one in answer["items"] if one["target"] == target]
    if not found:
        known = ", ".join(sorted({one["target"] for one in answer["items"]})) or "none"
        raise GivenError("unknown-name", f"no target {target!r} has been nominated; known: {known}", where="target")
    return found


def still_open(answer: dict[str, Any], target: str) -> dict[str, Any]:
    """The nomination of a target that still runs."""
    found = named(answer, target)
    running = [one for one in found if one["state"] in RUNNING]
    if not running:
        raise GivenError("no-move", f"{target} is {found[-1]['state']}: it has to be nominated anew", where="target")
    return running[-1]
