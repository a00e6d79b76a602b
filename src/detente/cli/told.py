"""`detente told`: what we have told a party. `detente account`: what our own sensors saw, kept at home."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from detente.cli.desk import WIDTH
from detente.cli.node import folder_option, json_option, line, read_json, show
from detente.errors import GivenError
from detente.geo.cell import show_length
from detente.geo.coordinates import read_cell
from detente.model.when import read_instant, show_instant


@click.command(short_help="What we have told a party.")
@click.argument("party")
@folder_option
@click.option("--area", default="", help="Only what may speak of this area, by its code.")
@click.option("--around", default="", help="Only what may speak of a place: its coordinate, with --radius.")
@click.option("--radius", type=int, default=1000, show_default=True, help="Metres around it.")
@click.option("--datum", default="WGS84", show_default=True, help="The datum of --around.")
@click.option("--grid", default="geographic", show_default=True, help="The grid of --around.")
@click.option("--hour", default="", help="Only what may speak of the hour from this instant (with a zone).")
@click.option("--aircraft", "--object", "subject", default="", help="Only what speaks of this object, by its code.")
@json_option
def told(
    party: str, folder: Path, area: str, around: str, radius: int, datum: str, grid: str, hour: str, subject: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Everything we have told PARTY: each fact, how precise, since when, by which statement, by whose yes, until when;
    what PARTY can put together of it; and what it knows we did not say. Nothing of this is sent."""
    if area and around:
        raise click.UsageError("give --area or --around, not both")
    asked: dict[str, Any] = {"party": party, "area": area, "subject": subject}
    if around:
        cell = read_cell(around, datum=datum, grid=grid, where="--around")
        size = radius + -(-cell.error_mm // 1000)
        asked["area"] = {"type": "circle", "coordinates": [cell.lon, cell.lat], "radius": size}
    if hour:
        asked["hour"] = read_instant(hour, "--hour")
    _, control = line(folder)
    with control:
        answer = control.ask("told", **asked)
    if as_json:
        show(answer)
        return
    for text in told_text(answer):
        click.echo(text)


def told_text(answer: dict[str, Any]) -> Iterator[str]:
    """The answer for people, at most 100 columns."""
    me, party = answer["me"], answer["party"]
    yield f"what {me} has told {party}, as of {show_instant(answer['now'])}"
    if not answer["facts"]:
        yield "  nothing that speaks of this"
    for one in answer["facts"]:
        yield from _wrapped(f"{show_instant(one['said'])}  {one['words']}", "  ", "      ")
        approved = f"approved by {', '.join(one['approved'])}" if one["approved"] else "no approval on record"
        until = f", counts until {show_instant(one['until'])}" if one["until"] else ""
        past = "" if one["current"] else " (past; what was told stays told)"
        yield from _wrapped(
            f"statement {one['statement'][:16]}… to {one['to']}; {approved}{until}{past}", "      ", "      "
        )
    for one in answer["together"]:
        text = f"put together: {one['subject']}, told {one['places']} times here: {show_length(one['metres'] * 1000)} remains of"
        yield from _wrapped(f"{text} where it is, by all that was told to anybody", "  ", "    ")
    if answer["silences"]:
        names = ", ".join(name.replace("_", " ") for name in answer["silences"])
        known = f"up to {show_instant(answer['known_to'])}" if answer["known_to"] else "once it signs for a head"
        yield from _wrapped(f"{party} knows that {me} said nothing of this by: {names} ({known})", "  ", "    ")
    held = answer["holds"]
    yield f"  {party} knows that {me} holds {held['entries']} entries of {held['origin']}"
    if not answer["assets"]:
        yield "  no file of own assets (private/assets.yaml): the guard protects nothing, and nothing has to remain"
    else:
        yield f"  guarded: {', '.join(answer['guarded']) or 'no asset'}"
    yield "This does not catch:"
    for each in answer["not_caught"]:
        yield from _wrapped(f"- {each}", "  ", "    ")


@click.group(short_help="Accounts of our own sensors, kept at home.")
def account() -> None:
    """What our own sensors saw and what must not leave. The judge at home uses it; outward goes nothing of it."""


@account.command(short_help="Keep an account at home.")
@folder_option
@click.option("--coarse", default="", help="The finest its place may be told, e.g. 20km; without it, not at all.")
@click.argument("file", type=click.Path(path_type=Path))
def keep(folder: Path, coarse: str, file: Path) -> None:
    """Keep an account in the private store: FILE holds the fields of a told statement as JSON. Nothing of it is sent."""
    match = re.fullmatch(r"(\d{1,4}) ?km", coarse) if coarse else None
    if coarse and match is None:
        raise GivenError("bad-field", f"{coarse!r} is not a length like 20km", where="--coarse")
    metres = int(match[1]) * 1000 if match else 0
    _, control = line(folder)
    with control:
        name = control.ask("account_keep", fields=read_json(file), coarse=metres)["account"]
    click.echo(f"account {name} is kept at home; nothing has left")


@account.command("list", short_help="Accounts that are kept.")
@folder_option
@json_option
def list_accounts(folder: Path, as_json: bool) -> None:
    """Accounts kept at home, and which released account stands outside for each."""
    _, control = line(folder)
    with control:
        answer = control.ask("accounts")
    if as_json:
        show(answer)
        return
    for one in answer["accounts"]:
        instead = f"outside stands {one['instead'][:16]}…" if one["instead"] else "outside stands nothing"
        finest = f"its place no finer than {one['coarse'] // 1000} km" if one["coarse"] else "its place not at all"
        by = ", ".join(one["by"]) or "nobody named"
        text = f"{one['account']}  {one['event']} by {by}, {show_instant(one['first'])}; {instead}; {finest}"
        click.echo("\n".join(_wrapped(text, "", "    ")))
    if not answer["accounts"]:
        click.echo("no account is kept")


@account.command(short_help="Name the released account that stands outside for a kept one.")
@folder_option
@click.argument("name")
@click.argument("statement")
def instead(folder: Path, name: str, statement: str) -> None:
    """STATEMENT (an id), an account of ours that was released, stands outside for kept account NAME."""
    _, control = line(folder)
    with control:
        answer = control.ask("account_tell", account=name, statement=statement)
    click.echo(f"account {answer['account']}: outside stands {answer['instead'][:16]}…")


@account.command(short_help="Findings by all we know ourselves.")
@folder_option
@json_option
def view(folder: Path, as_json: bool) -> None:
    """Findings by the record and the accounts kept at home; what rests on the latter is marked. For our own eyes."""
    answer = ask_view(folder)
    if as_json:
        show(answer)
        return
    for text in view_text(answer):
        click.echo(text)


def ask_view(folder: Path) -> dict[str, Any]:
    """One's own view of a running node."""
    _, control = line(folder)
    with control:
        return control.ask("account_view")


def view_text(answer: dict[str, Any]) -> Iterator[str]:
    """The answer for people: what rests on kept accounts first."""
    kept = answer["kept"]
    yield f"{answer['me']}'s own view under {answer['agreement']} at {show_instant(answer['now'])}, {kept} kept account(s)"
    resting = [one for one in answer["findings"] if one["evidence"]]
    for one in resting:
        yield from _wrapped(f"{one['verdict']}  {one['clause']}: {one['about']}", "  ", "    ")
        yield f"    {one['evidence']}"
    if not resting:
        yield "  no finding rests on evidence that was not released"
    rest = len(answer["findings"]) - len(resting)
    yield f"  {rest} more as the released record has them: detente record, detente judge"


def _wrapped(text: str, first: str, then: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=then)
