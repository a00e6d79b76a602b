"""`detente watch`: the screen of the watch, taking and handing it over, alerts as they come, the card to print."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from detente.cli.desk import ask
from detente.cli.node import folder_option, json_option, show, warn_of_misfits
from detente.cli.readable import visible
from detente.cli.stop import ask_plain
from detente.cli.watch_text import card_lines, news, screen_lines

WAITS, CARRIED = 6, 7
"""Exit status of `follow --once`: something waits for a person; a STOP that nobody has acknowledged in time."""
EVERY = 2.0


@click.group(invoke_without_command=True, short_help="The watch: who is there, what waits, what is closed.")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder (with node.toml).")
@click.option("--follow", is_flag=True, help="Draw it anew every 2 s until stopped.")
@json_option
@click.pass_context
def watch(context: click.Context, folder: Path | None, follow: bool, as_json: bool) -> None:
    """One screen: STOPs, what waits for a person, who is there on the other side, versions, what is closed and what goes on."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("Missing option '--node'.")
    while True:
        answer = ask(folder, "watch_screen")
        if as_json:
            show(answer)
        else:
            if follow:
                click.clear()
            for text in screen_lines(answer):
                click.echo(text)
        if not follow:
            return
        sys.stdout.flush()
        time.sleep(EVERY)


@watch.command(short_help="Take the watch.")
@folder_option
@click.option("--post", required=True, help="The post that takes it; never a person's name.")
@click.option("--people", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many it is.")
def take(folder: Path, post: str, people: int) -> None:
    """Take the watch and test the line. It is manned once the other side has answered with a line test of its own."""
    answer = ask_plain(folder, "watch_take", post=post, people=people)
    tested = "the line test is on its way" if answer["tested"] else "the agreement has no line test; call by voice"
    click.echo(f"{visible(post)} has taken the watch, {people} on watch; {tested}")


@watch.command("hand-over", short_help="The next post is coming.")
@folder_option
def hand_over(folder: Path) -> None:
    """Hand the watch over. It stays with this post until the next has taken it."""
    answer = ask_plain(folder, "watch_hand_over")
    click.echo(f"{visible(answer['post'])} hands over; it has the watch until the next post takes it")


@watch.command(short_help="Nobody is on watch from now on.")
@folder_option
def leave(folder: Path) -> None:
    """Leave the watch. The others learn with the next heartbeat that nobody is on watch."""
    ask_plain(folder, "watch_leave")
    click.echo("nobody on watch; told to everyone with the next heartbeat")


@watch.command(short_help="A post has read a row of the queue.")
@folder_option
@click.argument("identifier", metavar="ID")
@click.option("--post", required=True, help="The post that has read it.")
def seen(folder: Path, identifier: str, post: str) -> None:
    """Note that a post has read row ID of the queue. It stays at home."""
    answer = ask_plain(folder, "watch_seen", id=identifier, post=post)
    click.echo(f"{answer['id'][:16]}… read by {visible(post)}")


@watch.command(short_help="Alerts as they come, with a bell.")
@folder_option
@click.option(
    "--once", is_flag=True, help="Print what waits now and leave: exit 0 nothing, 6 something, 7 a STOP overdue."
)
@click.option("--no-bell", is_flag=True, help="Do not ring.")
def follow(folder: Path, once: bool, no_bell: bool) -> None:
    """Print each STOP, each step it is carried on and each new row of the queue as it comes."""
    told: dict[str, str] = {}
    while True:
        answer = ask_plain(folder, "watch_screen")
        warn_of_misfits(answer) if once else None
        for key, (state, text, rings) in news(answer).items():
            if told.get(key) != state:
                told[key] = state
                click.echo(("\a" if rings and not no_bell else "") + text)
        if once:
            levels = set((answer["stops"] or {"alarms": {}})["alarms"].values())
            waits = levels or any(row["seen"] is None for row in answer["queue"])
            sys.exit(CARRIED if levels - {"stop"} else WAITS if waits else 0)
        sys.stdout.flush()
        time.sleep(EVERY / 2)


@watch.command(short_help="The card to print for when the node is down.")
@folder_option
def card(folder: Path) -> None:
    """What is known now, what goes on without a node, and what to read over the line, in three languages."""
    for text in card_lines(ask(folder, "watch_screen")):
        click.echo(text)


@watch.command(short_help="Suspend the joint part.")
@folder_option
@click.option("--reason", required=True, help="Why; it is said on the record.")
@json_option
def suspend(folder: Path, reason: str, as_json: bool) -> None:
    """Say that the joint part is suspended. Air notices, the line, STOP, protected places and watching go on."""
    _said(ask_plain(folder, "suspend", reason=reason), "suspension", as_json)


@watch.command(short_help="Take the joint part up again; it takes both.")
@folder_option
@json_option
def resume(folder: Path, as_json: bool) -> None:
    """Say that the joint part is taken up again. Under most agreements it takes both parties."""
    _said(ask_plain(folder, "suspend", end=True), "resumption", as_json)


def _said(answer: dict[str, Any], what: str, as_json: bool) -> None:
    if as_json:
        show(answer)
        return
    for each in answer["placed"]:
        click.echo(f"{what}: {each['origin']} entry {each['entry']}, signed and on its way")
