"""`detente share`: where a group was, by one cell of the grid and one slot of the timetable; who or what saw it has no field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from detente.cli.node import folder_option, json_option, line, show, show_placed, wait_option
from detente.errors import GivenError
from detente.geo.coarse import SIZES, GridCell, coarse_cell
from detente.geo.coordinates import read_cell
from detente.model import shapes
from detente.model.when import read_duration, read_instant, show_instant
from detente.node.release.coarsen import SLOTS, timetable

STATEMENT = "whereabouts"
WIDEST = 500_000


@click.command(short_help="Share where a group was, coarsely; the source stays at home.")
@folder_option
@click.option("--sharing", required=True, help="A code for it, ours to choose; another one each time.")
@click.option("--group", required=True, help="The group, by its code in the agreement.")
@click.option("--cell", type=click.Choice([f"{km} km" for km in SIZES]), required=True, help="How wide the cell is.")
@click.option("--slot", required=True, help="The slots of the timetable: 1min, 5min, 15min, 30min, 1h, 6h or 24h.")
@click.option("--datum", default="WGS84", show_default=True, help="The datum of the coordinates.")
@click.option("--grid", default="geographic", show_default=True, help="The grid of the coordinates.")
@click.option("--to", default="", help="Audience (default: the other parties).")
@click.option(
    "--release", "at_once", is_flag=True, help="Put it forward now; without it, it is kept as a draft and previewed."
)
@wait_option
@json_option
@click.argument("file", type=click.Path(path_type=Path))
def share(
    folder: Path, sharing: str, group: str, cell: str, slot: str, datum: str, grid: str, to: str, at_once: bool,
    wait: bool, as_json: bool, file: Path,
) -> None:  # fmt: skip
    """Share the group's place at the beginning of the last whole slot that FILE knows of, by the cell that holds it.

    FILE has one line for each time it was seen: an instant with its zone, a space, the coordinate. It stays here, and so
    does everything about who or what saw it. The second at which the group crossed an edge is never told. What the release
    policy says is applied after; a coarser policy makes it coarser.
    """
    fields = whereabouts(file, sharing, group, cell, slot, datum, grid)
    at = fields["window"]["start"]
    request = {"to": to, "kind": "said", "fields": {"name": STATEMENT, "fields": fields}}
    _, control = line(folder)
    with control:
        if at_once:
            show_placed(control, control.ask("say", **request, wait=wait), wait, as_json)
            return
        name = control.ask("draft", **request)["draft"]
        preview = control.ask("preview", draft=name)
    if as_json:
        show({"draft": name, "preview": preview})
        return
    click.echo(f"draft {name} of whereabouts kept: {group}, a cell of {cell}, {show_instant(at)} and {slot} on")
    click.echo(preview["text"])
    click.echo(f"Nothing has left. Release it with: detente release --node {folder} {name}")


def whereabouts(file: Path, sharing: str, group: str, cell: str, slot: str, datum: str, grid: str) -> dict[str, Any]:
    """The fields of the statement, as they travel; `file`, `cell`, `slot` as the command takes them."""
    length = read_duration(slot, "--slot")
    if length not in SLOTS:
        raise GivenError("bad-field", f"{slot} is no slot; slots are 1, 5, 15, 30min, 1h, 6h or 24h", where="--slot")
    at, found = _last(read_fixes(file, datum, grid), length, str(file), int(cell.split()[0]))
    return {
        "sharing": sharing, "group": group, "place": msgspec.to_builtins(found.polygon()), "cell": cell,
        "window": {"type": "period", "start": at, "end": at + length},
    }  # fmt: skip


def read_fixes(file: Path, datum: str, grid: str) -> list[tuple[int, shapes.Circle]]:
    """Instants (ms) and places (with their error as radius, m) of a file, in order of time; GivenError names the line."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GivenError("file-unreadable", getattr(error, "strerror", None) or "not UTF-8", where=str(file)) from error
    found = []
    for number, text in enumerate(lines, 1):
        if text.strip():
            instant, _, place = text.strip().partition(" ")
            where = f"{file} line {number}"
            read = read_cell(place, datum=datum, grid=grid, where=where)
            radius = max(1, min(WIDEST, -(-read.error_mm // 1000)))
            found.append((read_instant(instant, where), shapes.Circle(coordinates=(read.lon, read.lat), radius=radius)))
    return sorted(found, key=lambda fix: fix[0])


def _last(fixes: list[tuple[int, shapes.Circle]], slot: int, where: str, km: int) -> tuple[int, GridCell]:
    told: list[tuple[int, Any]] = timetable(fixes, slot)
    if not told:
        what = "no slot begins between the first and the last line; wait for the next one"
        raise GivenError("coarsen-refused", what, where=where)
    at, place = told[-1]
    return at, coarse_cell(place, km)
