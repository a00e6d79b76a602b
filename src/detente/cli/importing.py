"""`detente import`: records of others, taken in as signed `account` statements of the side that tells them."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from detente.adapters.centcom import read_centcom, write_apart
from detente.adapters.config import read_file
from detente.cli.node import folder_option, line

BATCH = 256


@click.group("import")
def import_group() -> None:
    """Take in records of others as signed accounts. An account is a claim of its source, never a finding."""


@import_group.command()
@folder_option
@click.option("--to", "audience", required=True, help="The side that receipts the accounts.")
@click.option(
    "--apart",
    type=click.Path(path_type=Path),
    help="Where rows kept apart go (default: NAME-kept-apart.csv in this folder).",
)
@click.option("--remarks", is_flag=True, help="Print every remark, not only how many there are.")
@click.argument("file", type=click.Path(path_type=Path))
def centcom(folder: Path, audience: str, apart: Path | None, remarks: bool, file: Path) -> None:
    """Strike releases of US Central Command (CSV, plain or gzip): verbatim, with line number; dates are RELEASE dates."""
    console = Console(stderr=True)
    content = read_centcom(read_file(file))
    many = [msgspec.structs.asdict(row) for row in content.rows]
    config, control = line(folder)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    first = last = -1
    origin = ""
    with control, Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"accounts to {audience}", total=len(many))
        for at in range(0, len(many), BATCH):
            part = many[at : at + BATCH]
            placed = control.ask("say_many", to=audience, kind="account", many=part, wait=True)["placed"]
            first = placed[0]["entry"] if first < 0 else first
            last, origin = placed[-1]["entry"], placed[-1]["origin"]
            progress.advance(task, len(part))
        receipt = control.ask("receipt", origin=origin, entry=last) if many else None
    target = apart or Path(f"{file.name.split('.')[0]}-kept-apart.csv")
    if content.apart:
        target.write_text(write_apart(content.apart), encoding="utf-8")
    rows = len(many) + len(content.apart)
    click.echo(f"{rows} rows: {len(many)} accounts of {config.code} in {origin}, entries {first} to {last}")
    if receipt is not None:
        click.echo(f"the last was signed for by {receipt['by']}; verify with: detente export, then detente verify")
    for bad in content.apart:
        click.echo(f"kept apart: line {bad.line}: {bad.reason}")
    if content.apart:
        click.echo(f"rows kept apart are in {target}")
    kinds: dict[str, int] = {}
    for remark in content.remarks:
        kinds[remark.code] = kinds.get(remark.code, 0) + 1
        if remarks:
            click.echo(f"remark: line {remark.line}: {remark.text}")
    if kinds:
        click.echo(
            "remarks (taken all the same): " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        )
