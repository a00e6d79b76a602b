"""`detente sites import`: a spreadsheet of sites, taken row by row; what is not taken is named by its cell."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click
import msgspec

from detente.adapters.gazetteer_files import read_gazetteer
from detente.adapters.sheets import read_sheet
from detente.adapters.site_intake import Intake, read_rows
from detente.adapters.site_mapping import read_mapping
from detente.cli.desk import table
from detente.cli.importing import BATCH, _progress
from detente.cli.node import folder_option, json_option, line, show
from detente.cli.readable import visible
from detente.desks.sites import CELL_KM, FULL, MAX_AGE, WITHHELD
from detente.errors import GivenError
from detente.geo.coarse import coarse_cell
from detente.geo.gazetteer import Gazetteer

SHOWN = 20
HEADINGS = ("row", "cell", "what", "fix")


@click.command("import", short_help="Enter sites from a spreadsheet (XLSX, CSV).")
@folder_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "mapping", type=click.Path(path_type=Path), required=True, help="Which column is what (YAML).")
@click.option("--gazetteer", "files", multiple=True, type=click.Path(path_type=Path), help="Places to pick from.")
@click.option("--check", is_flag=True, help="Look only: nothing is signed or kept.")
@click.option("--named", "out", type=click.Path(path_type=Path), help="Write every row not taken to this CSV.")
@json_option
def import_sites(
    folder: Path, file: Path, mapping: Path, files: tuple[Path, ...], check: bool, out: Path | None, as_json: bool
) -> None:
    """Every row of FILE is taken, is as it was told before, or is named with its cell, what is wrong and how to mend it.

    A row that was told before and is the same is not told again. Columns mapped to `annex: NAME` (names, phones, plates)
    stay in this node's own store, erasable; the ledger has a salted digest. Exit 3: some rows were not taken.
    """
    form = read_mapping(mapping)
    sheet = read_sheet(file, form.sheet)
    gazetteer = Gazetteer(place for each in files for place in read_gazetteer(each).places) if files else None
    config, control = line(folder)
    with control, _progress() as progress:
        known = control.ask("sites")
        total = max(len(sheet.rows) - form.header, 0)
        task = progress.add_task(f"reading {file.name}", total=total)
        intake = Intake()
        for intake in read_rows(sheet, form, gazetteer, int(known["now"])):  # noqa: B007 - the last one is used
            progress.advance(task)
        before = _before(known, config.code)
        fresh = [taken.request for taken in intake.taken if _told(taken.request) != before.get(taken.request["site"])]
        task = progress.add_task("entering", total=len(fresh))
        placed = 0
        for at in range(0, 0 if check else len(fresh), BATCH):
            part = fresh[at : at + BATCH]
            answer = control.ask("sites_enter", sites=[msgspec.to_builtins(each) for each in part])
            placed += len(answer["placed"])
            progress.advance(task, len(part))
    if out is not None:
        _write(out, intake)
    answer = {
        "rows": intake.rows, "empty": intake.empty, "taken": len(fresh), "unchanged": len(intake.taken) - len(fresh),
        "not_taken": len(intake.named), "statements": placed, "checked_only": check,
        "problems": [each._asdict() for each in intake.problems],
        "remarks": [{"row": each.row, "text": text} for each in intake.taken for text in each.remarks],
    }  # fmt: skip
    if as_json:
        show(answer)
    else:
        _report(file, answer)
    if intake.problems:
        raise click.exceptions.Exit(3)


def _told(request: dict[str, Any]) -> Any:
    """What a row tells: place, receivers, fields; an annex is part of it, since it may have been erased or changed."""
    position = request["position"]
    lines = {code: choice for code, choice in request["choices"].items() if choice != WITHHELD}
    if FULL not in lines.values() and lines:
        position = coarse_cell(position, CELL_KM).point()
    place = (*position.coordinates, position.error) if lines else ()
    fields = request["fields"]
    age = (fields.get("max_age", MAX_AGE), fields.get("expires"))
    return lines, place, fields.get("kind", ""), fields["verified"] == "yes", fields.get("second_source", ""), age


def _before(known: dict[str, Any], me: str) -> dict[str, Any]:
    """The newest version of each of our sites, in the form of `_told`."""
    found: dict[str, Any] = {}
    for one in known["sites"]:
        if one["by"] == me:
            lines = {each["to"]: each["precision"] for each in one["lines"] if each["state"] != "withdrawn"}
            finest = min(one["lines"], key=lambda each: each["precision"] != FULL)["position"]
            place = (*finest["coordinates"], finest.get("error_mm", 0))
            age = (one["max_age"], one["expires"])
            found[one["site"]] = (lines, place, one["kind"], one["verified"], one["second_source"], age)
    return found


def _report(file: Path, answer: dict[str, Any]) -> None:
    verb = "would be taken" if answer["checked_only"] else "taken"
    click.echo(
        f"{file.name}: {answer['rows']} rows = {answer['taken']} {verb} + {answer['unchanged']} as told before + "
        f"{answer['not_taken']} not taken + {answer['empty']} empty"
    )
    for each in answer["problems"][:SHOWN]:
        click.echo(f"{visible(each['cell'])}: {visible(each['what'])}")
        click.echo(f"    {visible(each['fix'])}")
    if len(answer["problems"]) > SHOWN:
        click.echo(f"and {len(answer['problems']) - SHOWN} more; --named FILE.csv or --json has them all")
    if answer["remarks"]:
        click.echo(
            f"{len(answer['remarks'])} remark(s) on rows taken (a coordinate with few digits ...); --json has them"
        )
    if answer["statements"]:
        click.echo(f"{answer['statements']} statements signed; `detente sites` shows who has signed for them")


def _write(path: Path, intake: Intake) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(intake.problems)
    except OSError as error:
        raise GivenError("file-unreadable", f"cannot be written: {error.strerror}", where=str(path)) from error


@click.command("score", short_help="Events near sites before and after each notice.")
@folder_option
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="How far to look either side.")
@json_option
def score(folder: Path, days: int, as_json: bool) -> None:
    """Events near sites before and after each receiver signed for them, whoever did them. Counts are no attribution."""
    _, control = line(folder)
    with control:
        answer = control.ask("sites_score", days=days)
    if as_json:
        show(answer)
        return
    click.echo(f"{answer['events']} events on this node's record; {answer['days']} days either side of each receipt")
    for one in answer["scores"]:
        click.echo(
            f"{one['to']}: {one['sites']} sites told in full; site-days before {one['days_before']}, after {one['days_after']}"
        )
        rows = [
            (f"  {row['from_m']}-{row['to_m']} m", _count(row["before"]), _count(row["after"]),
             f"too few to say (under {answer['few']})" if row["too_few"] else "")
            for row in one["rows"]
        ]  # fmt: skip
        table(("  distance", "before", "after", ""), rows)
    if not answer["scores"]:
        click.echo("no site has been told in full and signed for")
    click.echo("Whoever did it: a count names nobody, and what was watched changes with time too.")


def _count(one: dict[str, int]) -> str:
    return f"{one['surely']}" + (f" (+{one['perhaps']} perhaps)" if one["perhaps"] else "")
