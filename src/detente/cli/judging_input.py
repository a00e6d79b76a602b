"""What `judge` and `may` read: the agreement, the record, the shapes of annexes."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from detente.adapters.config import given_file, load_config
from detente.adapters.control import Control
from detente.adapters.record_lines import read_object, read_record
from detente.adapters.record_values import instant, shape
from detente.agreement import form as f
from detente.agreement.distances import Distances
from detente.agreement.history import History
from detente.agreement.language import read_agreement
from detente.agreement.record import Path as Line
from detente.agreement.record import Region
from detente.agreement.strata import walk
from detente.cli.node import warn_of_misfits
from detente.errors import GivenError

file_type = click.Path(path_type=Path)
annex_option = click.option("--annexes", type=file_type, help="Shapes of the annexes, a JSON object by name.")


@dataclass(frozen=True)
class Given:
    """`sources`: name and SHA-256 of each record file; `lacking`: annexes that nobody gave."""

    agreement: f.Agreement
    history: History
    geometry: Distances
    sources: tuple[tuple[str, str], ...]
    lacking: tuple[str, ...]


def read_given(file: Path, records: tuple[Path, ...], annexes: Path | None) -> Given:
    """Read everything; GivenError names file, line and field of the first thing that is wrong."""
    text = given_file(file)
    try:
        agreement = read_agreement(text, file.name)
    except GivenError as error:
        if text.lstrip().startswith(b"{"):
            what = "this looks like a record; the agreement comes first, then the record"
            raise GivenError("agreement-invalid", what, where=file.name) from error
        raise
    return _given(agreement, [(path.name, given_file(path)) for path in records], annexes)


def read_node(folder: Path, annexes: Path | None) -> Given:
    """The agreement of a running node and its own record, as far as it knows each log."""
    config = load_config(folder)
    with Control(config.control, timeout=120) as control:
        answer = control.ask("record")
    warn_of_misfits(answer)
    agreement = read_agreement(config.agreement(), config.agreement_path.name)
    return _given(agreement, [(f"the record of {config.code}", "\n".join([*answer["lines"], ""]).encode())], annexes)


def _given(agreement: f.Agreement, contents: list[tuple[str, bytes]], annexes: Path | None) -> Given:
    shapes = _annexes(annexes, agreement)
    lines = sum(data.count(b"\n") for _, data in contents)
    with progress("reading", lines) as advance:
        history = read_record(contents, agreement, advance)
    named = {part.annex for part in walk(agreement) if isinstance(part, f.Shape) and part.annex}
    sources = tuple((name, hashlib.sha256(data).hexdigest()) for name, data in contents)
    return Given(agreement, history, Distances(shapes), sources, tuple(sorted(named - shapes.keys())))


@contextmanager
def progress(words: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where that is a terminal; what is yielded takes how much is done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    bar = (BarColumn(), MofNCompleteColumn()) if total else (SpinnerColumn(),)
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), *bar, TimeElapsedColumn(), console=console, transient=True
    ) as shown:
        task = shown.add_task(words, total=total)
        yield lambda done: shown.update(task, completed=done)


def read_moment(text: str | None, option: str) -> int | None:
    """An instant given as an option."""
    try:
        return None if text is None else instant(text, option)
    except GivenError as error:
        raise click.BadParameter(error.what, param_hint=option) from error


def _annexes(path: Path | None, agreement: f.Agreement) -> dict[str, Region | Line]:
    if path is None:
        return {}
    found: dict[str, Region | Line] = {}
    for name, value in read_object(given_file(path), path.name).items():
        read = shape(value, f"{path.name}, {name}")
        if isinstance(read, Region | Line):
            found[name] = read
    named = {part.annex for part in walk(agreement) if isinstance(part, f.Shape) and part.annex}
    for name in found:
        if name not in named:
            known = ", ".join(sorted(named)) or "none"
            raise GivenError(
                "record-invalid", f"no annex {name!r} in the agreement; named there: {known}", where=path.name
            )
    return found
