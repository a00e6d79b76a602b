"""The place of a nomination: a coordinate with a radius, or an outline from a file, and what a person should look at first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from detente.adapters.place_checks import Place, circle, remarks_on
from detente.cli.area_input import one_area
from detente.geo.cell import Remark
from detente.geo.coordinates import read_cell


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
    cell = read_cell(given["text"], datum=given["datum"], grid=given["grid"], where="--place")
    second = given["second"]
    other = read_cell(second[2], datum=second[0], grid=second[1], where="--second") if second else None
    remarks = remarks_on(cell, given["radius"], other, given["files"], given["named"], given["pcode"])
    return circle(cell, given["radius"], "--radius"), remarks
