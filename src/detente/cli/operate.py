"""`detente discard`, `override`: what a watch officer tells a running node beside what it is to say."""

from __future__ import annotations

from pathlib import Path

import click

from detente.cli.node import folder_option, line
from detente.errors import LocalError


@click.command(short_help="Forget a draft.")
@folder_option
@click.argument("name")
def discard(folder: Path, name: str) -> None:
    """Forget draft NAME; nothing of it is said."""
    _, control = line(folder)
    with control:
        control.ask("discard", draft=name)
    click.echo(f"draft {name} is discarded")


@click.command(short_help="Sign without waiting for the others' answers.")
@folder_option
@click.option("--reason", required=True, help="Why; it is logged.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def override(folder: Path, reason: str, yes: bool) -> None:
    """Open logs that are closed after a start, without waiting for the others' answers.

    If this node runs on a restored backup it then signs a second history, and the others will hold the proof.
    """
    _, control = line(folder)
    with control:
        closed = [log["to"] for log in control.ask("state")["logs"] if log["closed"]]
        if not closed:
            raise LocalError("not-signing", "no log is closed: there is nothing to override")
        question = f"Sign the logs to {', '.join(closed)}? If anything they signed for is missing here, this is a fork."
        if not yes and not click.confirm(question, err=True):
            raise click.Abort
        opened = control.ask("override", reason=reason)["opened"]
    for origin in opened:
        click.echo(f"{origin}: signing again, by override: {reason}")
