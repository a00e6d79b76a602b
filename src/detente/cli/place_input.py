"""The place of a nomination: a coordinate with a radius, or an outline from a file, and what a person should look at first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from detente.adapters.gazetteer_files import read_gazetteer
from detente.cli.area_input import one_area
from detente.errors import GivenError
from detente.geo import entry
from detente.geo.areas import Circle, Polygon, read_shape
from detente.geo.cell import Cell, Remark, show_length
from detente.geo.coordinates import read_cell
from detente.geo.gazetteer import Gazetteer
from detente.geo.regions import region

MOST_METRES = 500_000
"""The largest circle of the schema (model.shapes)."""


class Place(NamedTuple):
    """A circle or an outline; `error_mm`: how far its coordinate may be off by its own digits."""

    shape: Circle | Polygon
    error_mm: int = 0


def place_options(command: Any) -> Any:
    """How a place is given."""
    for option in (
        click.option("--pcode", default="", help="Its p-code, where several have that name."),
        click.option("--named", default="", help="The place named with the coordinate."),
        click.option("--gazetteer", "files", multiple=True, type=click.Path(path_type=Path), help="Places to compare with."),
        click.option("--second", nargs=3, metavar="DATUM GRID TEXT", help="What a second source says."),
        click.option(
            "--edges", type=click.Choice(["geodesic", "densify"]), default=None,
            help="Of an outline: take edges as the shortest way, or keep the lines as drawn on a flat map.",
        ),
        click.option("--outline", type=click.Path(path_type=Path), help="Its outline: GeoJSON, KML or a coordinates list."),
        click.option("--grid", default="", help="The grid the source states."),
        click.option("--datum", default="", help="The datum the source states."),
        click.option("--radius", type=int, help="Metres around --place that the nomination covers."),
        click.option("--place", "text", default="", help="Its coordinate as the source writes it."),
    ):  # fmt: skip
        command = option(command)
    return command


def read_place(given: dict[str, Any], confirmed: Sequence[str]) -> tuple[Place, list[Remark]]:
    """The place and what to look at; GivenError or a usage error names what is missing."""
    if given["outline"] is not None:
        if given["text"] or given["radius"] or given["second"] or given["named"]:
            raise click.UsageError(
                "--outline stands alone: --place, --radius, --second and --named are of a coordinate"
            )
        return Place(one_area(given["outline"], {**given, "confirmed": confirmed}).shape), []
    if not given["text"] or given["radius"] is None:
        raise click.UsageError("a place is --place with --radius, or --outline FILE")
    if not 1 <= given["radius"] <= MOST_METRES:
        what = f"{given['radius']} m is no radius: whole metres, 1 to {MOST_METRES}"
        raise GivenError("shape-invalid", what, where="--radius")
    cell = read_cell(given["text"], datum=given["datum"], grid=given["grid"], where="--place")
    second = given["second"]
    other = read_cell(second[2], datum=second[0], grid=second[1], where="--second") if second else None
    remarks = remarks_on(cell, given["radius"], other, given["files"], given["named"], given["pcode"])
    circle = read_shape({"type": "circle", "coordinates": [cell.lon, cell.lat], "radius": given["radius"]}, "--radius")
    assert isinstance(circle, Circle)  # noqa: S101 - its type says so
    return Place(circle, cell.error_mm), remarks


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
