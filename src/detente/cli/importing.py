"""`detente import`: records of others, taken in as signed `account` statements, or written as a record for the judge."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from detente.adapters.airwars import read_airwars
from detente.adapters.centcom import claims_of, read_centcom
from detente.adapters.claims import ClaimFile
from detente.adapters.claims_record import Source, within, without_event, write_claims
from detente.adapters.config import given_file
from detente.adapters.declared import read_declared
from detente.adapters.record_lines import read_record
from detente.adapters.table import write_apart
from detente.agreement.language import read_agreement
from detente.cli.node import line
from detente.errors import GivenError

BATCH = 256
RECORD = ".jsonl"
Reader = Callable[[bytes], ClaimFile]


@dataclass(frozen=True)
class Destination:
    """Where accounts go: to a side of a running node's line, or to a record file judged by an agreement."""

    to: str
    folder: Path | None
    agreement: Path | None
    event: str
    apart: Path | None
    remarks: bool
    days: str | None


@click.group("import")
def import_group() -> None:
    """Take in records of others as accounts. An account is a claim of its source, never a finding."""


def importer(command: Callable[..., None]) -> click.Command:
    """A command of the group, with the options all of them have."""
    options = (
        click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."),
        click.option("--remarks", is_flag=True, help="Print every remark, not only how many there are."),
        click.option(
            "--apart",
            type=click.Path(path_type=Path),
            help="Where rows kept apart go (default: NAME-kept-apart.csv in this folder).",
        ),
        click.option("--days", metavar="FIRST/LAST", help="Only events of these days, both included, with a record."),
        click.option("--event", default="attack", show_default=True, help="The kind of event, with a record."),
        click.option("--agreement", type=click.Path(path_type=Path), help="The agreement it is for, with a record."),
        click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder, with a side."),
        click.option(
            "--to", required=True, help="The side that receipts the accounts, or OUT.jsonl: a record for the judge."
        ),
    )
    for option in options:
        command = option(command)
    return import_group.command()(command)


@importer
def centcom(files: tuple[Path, ...], **given: Any) -> None:
    """Strike releases of US Central Command (CSV): verbatim, with line number; dates are RELEASE dates."""
    _take(files, lambda data: claims_of(read_centcom(data)), Destination(**given))


@importer
def airwars(files: tuple[Path, ...], **given: Any) -> None:
    """Airwars' incidents (CSV) and what sides said of them (JSON lines): allegations of harm."""
    _take(files, read_airwars, Destination(**given))


@importer
def declared(files: tuple[Path, ...], **given: Any) -> None:
    """Declared strikes with places (CSV): claims of the coalition; dates are RELEASE dates."""
    _take(files, read_declared, Destination(**given))


def _take(files: tuple[Path, ...], reader: Reader, destination: Destination) -> None:
    """Read all files, then send all; a file that cannot be relied on stops everything before anything is sent."""
    contents = [(file, reader(given_file(file))) for file in files]
    if destination.to.endswith(RECORD):
        _write_record(contents, destination)
    else:
        _say(contents, destination)
    for file, content in contents:
        _report(file, content, destination, len(contents) > 1)


def _write_record(contents: list[tuple[Path, ClaimFile]], destination: Destination) -> None:
    """The record, read back strictly before it is kept, and the accounts beside it."""
    if destination.agreement is None:
        raise click.UsageError("a record is read by an agreement: give --agreement FILE")
    agreement = read_agreement(given_file(destination.agreement), destination.agreement.name)
    sources = [Source(file.name, content.digest, content.claims, content.tellings) for file, content in contents]
    lacking = without_event(sources)
    outside = 0
    if destination.days is not None:
        sources, outside = within(sources, *_days(destination.days))
    target = Path(destination.to)
    total = sum(len(source.claims) for source in sources)
    lines = list(
        _shown("claims", write_claims(agreement, destination.event, sources, time.time_ns() // 1_000_000), total)
    )
    read_record([(target.name, "".join(lines).encode())], agreement)
    accounts = target.with_name(target.name.removesuffix(RECORD) + ".accounts" + RECORD)
    _write(target, "".join(lines))
    rows = [{"file": file.name, **msgspec.structs.asdict(row)} for file, content in contents for row in content.rows]
    _write(accounts, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    click.echo(f"{target}: {total} events, each a claim of its source (allegations), for {agreement.code}")
    click.echo(f"{accounts}: {len(rows)} accounts, each row verbatim with its line")
    if outside:
        click.echo(f"not in the record: {outside} events that may lie outside {destination.days}")
    for telling in lacking:
        words = f"{telling.source} tells of {telling.id}, which no file given claims"
        click.echo(f"not in the record: line {telling.line}: {words}")


def _days(text: str) -> tuple[date, date]:
    try:
        first, last = map(date.fromisoformat, text.split("/"))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is not like 2016-02-27/2016-03-31", param_hint="--days") from error
    return first, last


def _say(contents: list[tuple[Path, ClaimFile]], destination: Destination) -> None:
    """Signed accounts to one side, in batches; each batch is signed for before the next."""
    if destination.folder is None:
        raise click.UsageError("accounts are signed by a node: give --node FOLDER (or --to OUT.jsonl for a record)")
    many = [msgspec.structs.asdict(row) for _, content in contents for row in content.rows]
    config, control = line(destination.folder)
    first = last = -1
    origin = ""
    with control, _progress() as progress:
        task = progress.add_task(f"accounts to {destination.to}", total=len(many))
        for at in range(0, len(many), BATCH):
            part = many[at : at + BATCH]
            placed = control.ask("say_many", to=destination.to, kind="account", many=part, wait=True)["placed"]
            first = placed[0]["entry"] if first < 0 else first
            last, origin = placed[-1]["entry"], placed[-1]["origin"]
            progress.advance(task, len(part))
        receipt = control.ask("receipt", origin=origin, entry=last) if many else None
    rows = len(many) + sum(len(content.apart) for _, content in contents)
    click.echo(f"{rows} rows: {len(many)} accounts of {config.code} in {origin}, entries {first} to {last}")
    if receipt is not None:
        click.echo(f"the last was signed for by {receipt['by']}; verify with: detente export, then detente verify")


def _report(file: Path, content: ClaimFile, destination: Destination, several: bool) -> None:
    """What was kept apart and what there is to remark, of one file."""
    name = f"{file.name}: " if several else ""
    target = destination.apart or Path(f"{file.name.split('.')[0]}-kept-apart.csv")
    if several and destination.apart:
        target = target.with_name(f"{file.name.split('.')[0]}-{target.name}")
    if several:
        click.echo(f"{name}{len(content.rows) + len(content.apart)} rows, {len(content.rows)} taken")
    for bad in content.apart:
        click.echo(f"{name}kept apart: line {bad.line}: {bad.reason}")
    if content.apart:
        _write(target, write_apart(content.apart))
        click.echo(f"{name}rows kept apart are in {target}")
    if destination.remarks:
        for remark in content.remarks:
            click.echo(f"{name}remark: line {remark.line}: {remark.text}")
    kinds = Counter(remark.code for remark in content.remarks)
    if kinds:
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        click.echo(f"{name}remarks (taken all the same): {shown}")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GivenError("file-unreadable", f"cannot be written: {error.strerror}", where=str(path)) from error


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _shown(words: str, lines: Iterable[str], events: int) -> Iterable[str]:
    """The lines as they come; the bar counts events."""
    with _progress() as progress:
        task = progress.add_task(words, total=events)
        for each in lines:
            yield each
            if each.startswith('{"event"'):
                progress.advance(task)
