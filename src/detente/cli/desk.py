"""What `areas` and `lists` have in common: saying or drafting a statement of the agreement, and tables."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from detente.adapters.control import Control
from detente.cli.judging_input import progress
from detente.cli.node import line, show, show_placed, wait_option, warn_of_misfits
from detente.errors import GivenError

WIDTH = 100
PATIENCE = 20.0
release_option = click.option(
    "--release", "at_once", is_flag=True, help="Sign it with the release key now; else it is kept as a draft."
)
to_option = click.option("--to", default="", help="Audience or audiences (ru,un); default: the other parties.")
confirmed_option = click.option(
    "--confirmed", multiple=True, metavar="CODE", help="A warning that was looked at, by its code (scripts); repeat it."
)
Command = Callable[..., Any]


def saying(command: Command) -> Command:
    """The options of a command that says something."""
    command = release_option(to_option(command))
    return wait_option(command)


def send(
    control: Control,
    folder: Path,
    vocabulary: str,
    name: str,
    fields: dict[str, Any],
    *,
    at_once: bool,
    to: str,
    wait: bool,
    as_json: bool,
) -> None:
    """Release a statement of a desk's vocabulary, or keep it as a draft, and say where it stands."""
    request = {"to": to, "kind": "said", "fields": {"vocabulary": vocabulary, "name": name, "fields": fields}}
    if not at_once:
        answer = control.ask("draft", **request)
        kept = f"draft {answer['draft']} of a {words(name)} kept; nothing has left."
        show(answer) if as_json else click.echo(
            f"{kept}\nRelease it with: detente release --node {folder} {answer['draft']}"
        )
        return
    show_placed(control, control.ask("say", **request, wait=wait), wait, as_json)


def ask(folder: Path, do: str, **values: Any) -> dict[str, Any]:
    """One question to a node."""
    _, control = line(folder)
    with control, progress(f"asking {folder.name}"):
        answer = control.ask(do, **values)
    warn_of_misfits(answer)
    return answer


def show_signed(control: Control, answer: dict[str, Any], as_json: bool) -> None:
    """Where statements stand, and whether each receiver has signed for its own; waits for that up to `PATIENCE` seconds."""
    if as_json:
        show(answer)
        return
    until = time.monotonic() + PATIENCE
    while True:
        logs = {one["origin"]: one for one in control.ask("state")["logs"]}
        late = [one for one in answer["placed"] if logs[one["origin"]]["signed_for"] <= one["entry"]]
        if not late or time.monotonic() > until:
            break
        time.sleep(0.05)
    for one in answer["placed"]:
        words = "signed and on its way" if one in late else f"{logs[one['origin']]['to']} signed for it"
        click.echo(f"{one['origin']} entry {one['entry']}, id {one['id'][:16]}…: {words}")


def confirm(remarks: Sequence[str], confirmed: Sequence[str] | None) -> None:
    """Show what a person should look at, and ask; GivenError (not-confirmed) where nobody can answer.

    Each remark ends with its code in brackets. `confirmed`: codes that somebody has looked at (scripts); one that is not
    among them is asked about all the same. None: nothing is kept or sent, so that showing them is enough.
    """
    for remark in remarks:
        click.echo(f"warning: {remark}", err=True)
    codes = list(dict.fromkeys(remark.rpartition("[")[2].rstrip("]") for remark in remarks))
    left = [code for code in codes if confirmed is not None and code not in confirmed]
    if not left:
        return
    if not sys.stdin.isatty():
        what = f"{', '.join(left)}: shown above, and nobody to ask; nothing was kept or signed"
        raise GivenError("not-confirmed", what)
    click.confirm("Is it right all the same?", abort=True, err=True)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they need be, cut at 100."""
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    for each in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(each, widths, strict=True)).rstrip()
        click.echo(text if len(text) <= WIDTH else text[: WIDTH - 1] + "…")


def stamp(interval: Sequence[int]) -> int:
    """The second a receipt bears: the middle of what it proves, without its error. ms."""
    return sum(interval) // 2 // 1000 * 1000


def words(name: str) -> str:
    """`withdrawal_of_consent` as people read it."""
    return name.replace("_", " ")
