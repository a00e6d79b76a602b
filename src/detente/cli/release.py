"""`detente draft`, `release`, `recall`: what waits at home, what it waits for, and putting it forward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from detente.cli.node import (
    folder_option,
    json_option,
    label_option,
    labelled,
    line,
    read_json,
    show,
    show_placed,
    state_lines,
    wait_option,
)
from detente.cli.readable import readable
from detente.errors import GivenError
from detente.model.when import show_instant


@click.command(short_help="Keep a statement at home until it is released.")
@folder_option
@click.option("--to", default="", help='Audience, or "*" for all; of said and told: default the other parties.')
@click.option("--kind", required=True, help="Kind of statement.")
@label_option
@click.argument("file", type=click.Path(path_type=Path))
def draft(folder: Path, to: str, kind: str, label: Path | None, file: Path) -> None:
    """Keep a statement in the private store; nothing of it leaves before `detente release`."""
    _, control = line(folder)
    with control:
        answer = control.ask("draft", to=to, kind=kind, fields=read_json(file), **labelled(label))
    click.echo(f"draft {answer['draft']} kept; release it with: detente release --node {folder} {answer['draft']}")


@click.command(short_help="Put a draft forward, or show what every draft waits for.")
@folder_option
@click.argument("name", required=False)
@click.option("--request", "out", type=click.Path(path_type=Path), help="Write the request for agencies to this file.")
@click.option("--preview", is_flag=True, help="Say what will have been told after it; nothing is sent.")
@wait_option
@json_option
def release(folder: Path, name: str | None, out: Path | None, preview: bool, wait: bool, as_json: bool) -> None:
    """Put draft NAME forward: it is signed and sent as soon as the policy's agencies and slot allow.

    Without NAME: every draft, and what it waits for, from whom and until when.
    """
    _, control = line(folder)
    with control:
        if name is None:
            _print_drafts(control.ask("drafts"), as_json)
            return
        if preview:
            answer = control.ask("preview", draft=name)
            show(answer) if as_json else click.echo(answer["text"])
            return
        if out is not None:
            _write(control.ask("approval_request", draft=name), out, as_json)
            return
        show_placed(control, control.ask("release", draft=name, wait=wait), wait, as_json)


def _write(answer: dict[str, Any], out: Path, as_json: bool) -> None:
    try:
        with out.open("x") as file:
            file.write(answer["file"])
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(out)) from error
    if as_json:
        show({"request": answer["digest"], "file": str(out)})
        return
    click.echo(f"request {answer['digest'][:16]}… written to {out}")
    click.echo("Each agency answers it with: detente approve FILE --key KEY --say yes --out ANSWER")


def _print_drafts(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show(answer)
        return
    for name, kept in answer["drafts"].items():
        text = readable(kept["fields"])
        to = "all" if kept["to"] == "*" else kept["to"] or "the parties"
        click.echo(f"{name}  to {to}  {kept['kind']}: {text[:60]}{'…' if len(text) > 60 else ''}")
        state = answer["states"][name]
        forward = f"put forward {show_instant(state['forward'])}; " if state.get("forward") else ""
        first, *more = state_lines(state)
        click.echo(f"    {forward}{first}")
        for each in more:
            click.echo(f"    {each}")
    if not answer["drafts"]:
        click.echo("no drafts wait")


@click.command(short_help="Take back a draft that was put forward.")
@folder_option
@click.argument("name")
@click.option("--reason", default="", help="Why; it stays in the approvals log.")
@json_option
def recall(folder: Path, name: str, reason: str, as_json: bool) -> None:
    """Draft NAME waits no more: it is a plain draft again. What has been sent cannot be recalled."""
    _, control = line(folder)
    with control:
        answer = control.ask("recall", draft=name, reason=reason)
    show(answer) if as_json else click.echo(f"draft {name} is recalled; nothing of it has left")
