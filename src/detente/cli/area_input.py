"""What `areas` reads and writes as files: areas of a file with its options, and the map that may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from detente.adapters.area_files import AreaRead, read_areas
from detente.cli.desk import confirm
from detente.cli.judging_input import progress
from detente.errors import GivenError
from detente.model.shapes import E7

Options = dict[str, Any]


def file_options(command: Any) -> Any:
    """How a file is read."""
    for option in (
        click.option("--grid", default="", help="Of a coordinates list: the grid it states."),
        click.option("--datum", default="", help="Of a coordinates list: the datum it states."),
        click.option("--split", is_flag=True, help="An area of several parts becomes several, numbered."),
        click.option(
            "--edges", type=click.Choice(["geodesic", "densify"]), default=None,
            help="Take edges as the shortest way, or keep the lines as drawn on a flat map.",
        ),
        click.option("--area", "pick", default="", help="The area of the file by its code."),
    ):  # fmt: skip
        command = option(command)
    return command


def as_geojson(answer: dict[str, Any]) -> dict[str, Any]:
    """Areas in force, and opposition areas, as RFC 7946 draws them (edges are then flat: stated in each)."""
    standing = [
        (one["shape"], {"area": one["area"], "version": one["version"], "class": one["class"]})
        for one in answer["areas"]
        if one["state"] == "agreed"
    ]
    named = [
        (one["shape"], {"area": one["area"], "class": "opposition", "by": one["by"]}) for one in answer["opposition"]
    ]
    features = [
        {
            "type": "Feature",
            "properties": {**facts, "edges": "geodesic", **_circle(shape)},
            "geometry": geometry(shape),
        }
        for shape, facts in (*standing, *named)
    ]
    return {"type": "FeatureCollection", "features": features}


def geometry(shape: dict[str, Any]) -> dict[str, Any]:
    if shape["type"] == "circle":
        return {"type": "Point", "coordinates": [each / E7 for each in shape["coordinates"]]}
    return {
        "type": "Polygon",
        "coordinates": [[[lon / E7, lat / E7] for lon, lat in ring] for ring in shape["coordinates"]],
    }


def _circle(shape: dict[str, Any]) -> dict[str, Any]:
    return {"radius": shape["radius"]} if shape["type"] == "circle" else {}


def describe(area: AreaRead) -> str:
    """`5 corners, 36.0000 to 36.4000 E, 35.5000 to 36.5000 N`."""
    outer = area.shape.coordinates[0]
    east, north = sorted(lon for lon, _ in outer), sorted(lat for _, lat in outer)
    holes = f", {len(area.shape.coordinates) - 1} holes" if len(area.shape.coordinates) > 1 else ""
    span = f"longitude {east[0] / E7:.4f} to {east[-1] / E7:.4f}, latitude {north[0] / E7:.4f} to {north[-1] / E7:.4f}"
    return f"{len(outer) - 1} corners{holes}, {span}"


def read_file_areas(file: Path, options: Options) -> list[AreaRead]:
    with progress(f"reading {file.name}"):
        found = read_areas(
            file.name, _bytes(file), edges=options["edges"] or "", split=options.get("split", False),
            datum=options["datum"], grid=options["grid"],
        )  # fmt: skip
    if options.get("pick"):
        picked = [each for each in found if each.code == options["pick"]]
        if not picked:
            known = ", ".join(each.code for each in found)
            raise GivenError("unknown-name", f"no area {options['pick']!r} in it; known: {known}", where=file.name)
        found = picked
    confirm([f"{each.code}, {remark}" for each in found for remark in each.remarks], options["confirmed"])
    return found


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise GivenError("file-unreadable", error.strerror or "cannot be read", where=str(file)) from error


def one_area(file: Path, options: Options) -> AreaRead:
    found = read_file_areas(file, options)
    if len(found) > 1:
        known = ", ".join(each.code for each in found)
        raise GivenError("unknown-name", f"it holds several areas: {known}; give --area CODE", where=file.name)
    return found[0]
