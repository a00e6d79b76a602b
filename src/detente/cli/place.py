"""`detente place`: read coordinates strictly and say what they name, how surely, and what lies near."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from detente.adapters.gazetteer_files import read_gazetteer
from detente.errors import GivenError
from detente.geo import entry
from detente.geo.cell import Cell, Remark, show_dms, show_length, show_position
from detente.geo.coordinates import read_cell
from detente.geo.gazetteer import Gazetteer, Near, Place
from detente.model.shapes import E7

WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
Stated = tuple[str, str, str]


@click.command()
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option("--datum", default="", help="The datum the source states: WGS84, SK-42, ED50.")
@click.option("--grid", default="", help="The grid it states: geographic, MGRS, 'UTM 37 north', 'GK 7'.")
@click.option(
    "--gazetteer", "files", multiple=True, type=click.Path(path_type=Path), help="Places to compare with (repeat)."
)
@click.option("--named", default="", help="The place named with the coordinate, in Latin or Arabic letters.")
@click.option("--pcode", default="", help="Its p-code, where several places have that name.")
@click.option(
    "--theatre", nargs=4, type=float, metavar="S W N E", help="Box in degrees where coordinates are expected."
)
@click.option("--second", nargs=3, metavar="DATUM GRID TEXT", help="What a second source says.")
@click.option("--own", multiple=True, nargs=3, metavar="DATUM GRID TEXT", help="A position of our own.")
@click.option("--check", "group", default="", help="The check group the source reads back.")
@click.option("--nearest", "count", default=3, show_default=True, help="How many places to list.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of text.")
@click.pass_context
def place(
    context: click.Context,
    texts: tuple[str, ...],
    datum: str,
    grid: str,
    files: tuple[Path, ...],
    named: str,
    pcode: str,
    theatre: tuple[float, float, float, float] | None,
    second: Stated | None,
    own: tuple[Stated, ...],
    group: str,
    count: int,
    as_json: bool,
) -> None:
    """Read coordinates TEXT... on a stated datum and grid: each names a cell, not a point.

    Prints the cell, its error, warnings and the nearest places in both scripts. Refuses what can be read two ways.
    """
    loaded = [read_gazetteer(path) for path in files]
    for file in loaded:
        if file.bad:
            shown = "; ".join(f"line {row.line}: {row.reason}" for row in file.bad[:3])
            click.echo(f"{file.name}: {len(file.bad)} rows left out ({shown})", err=True)
    gazetteer = Gazetteer(each for file in loaded for each in file.places)
    if named and not files:
        raise GivenError("place-unknown", "a name needs a gazetteer to be found in", where="--named")
    meant = gazetteer.pick(named, pcode, "--named") if named else None
    box = entry.Theatre(*(round(value * E7) for value in theatre)) if theatre else None
    other = _stated(second, "--second") if second else None
    ours = [_stated(each, "--own") for each in own]
    refused = 0
    for text in texts:
        try:
            cell = read_cell(text, datum=datum, grid=grid)
        except GivenError as refusal:
            refused += 1
            click.echo(
                msgspec.json.encode(_refusal(text, refusal)).decode() if as_json else f"refused: {refusal}",
                err=not as_json,
            )
            continue
        remarks = [*cell.warnings, *_checks(cell, box, meant, other, ours, group)]
        if meant is not None:
            remarks += gazetteer.twin_warning(meant)
        near = gazetteer.nearest(cell.lat, cell.lon, count)
        if as_json:
            click.echo(msgspec.json.encode(_plain(cell, remarks, near)))
        else:
            click.echo("\n".join(_lines(cell, remarks, near, len(gazetteer))))
    if refused:
        context.exit(1)


def _stated(given: Stated, where: str) -> Cell:
    datum, grid, text = given
    return read_cell(text, datum=datum, grid=grid, where=where)


def _checks(
    cell: Cell, box: entry.Theatre | None, meant: Place | None, second: Cell | None, own: list[Cell], group: str
) -> list[Remark]:
    found = (
        entry.outside_theatre(cell, box) if box else None,
        entry.far_from_place(cell, meant) if meant else None,
        entry.sources_differ(cell, second) if second else None,
        entry.own_position(cell, own),
        entry.check_group_differs(cell, group) if group else None,
    )
    return [remark for remark in found if remark]


def _lines(cell: Cell, remarks: list[Remark], near: list[Near], known: int) -> list[str]:
    lines = [
        cell.verbatim,
        f"  {cell.notation} on {cell.datum}, grid {cell.grid}: {cell.digits} digits, the last is {cell.unit}",
        f"  centre   {show_position(cell.lat, cell.lon)}   {show_dms(cell.lat, cell.lon)}   (WGS84)",
        f"  error    within {show_length(cell.error_mm)} of the centre",
        f"  read back {cell.canonical}   check group {cell.check_group}",
    ]
    lines += [f"  warning: {remark.text} [{remark.code}]" for remark in remarks]
    if near:
        lines.append(f"  nearest of {known} places:")
        lines += [
            f"    {show_length(round(each.metres * 1000)):>8} {_wind(each.bearing):2} of {each.place.show()}"
            for each in near
        ]
    elif not known:
        lines.append("  no gazetteer given: names were not compared")
    return lines


def _plain(cell: Cell, remarks: list[Remark], near: list[Near]) -> dict[str, object]:
    fields = msgspec.structs.asdict(cell) | {"warnings": [remark._asdict() for remark in remarks]}
    places = [{"metres": round(each.metres), "bearing": round(each.bearing), **each.place._asdict()} for each in near]
    return fields | {"nearest": places}


def _refusal(text: str, refusal: GivenError) -> dict[str, str]:
    return {
        "verbatim": text,
        "refused": refusal.code,
        "what": refusal.what,
        "where": refusal.where,
        "next": refusal.advice(),
    }


def _wind(degrees: float) -> str:
    return WINDS[round(degrees / 45) % 8]
