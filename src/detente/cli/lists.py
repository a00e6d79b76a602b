"""`detente lists`: hand a place over, look at what was handed over, agree, refuse, withdraw. Silence is not agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from detente.adapters.place_checks import area_in_force, named, of_the_window, outside, still_open
from detente.agreement.record import Span
from detente.cli.desk import ask, confirm, confirmed_option, saying, send, stamp, table, words
from detente.cli.judging_input import read_moment
from detente.cli.node import folder_option, json_option, line, show
from detente.cli.place_input import place_options, read_place
from detente.desks.lists import ABORT, REFUSAL, VOCABULARY, WITHDRAWAL, moves
from detente.errors import GivenError
from detente.geo.cell import show_length, show_position
from detente.model.when import show_instant

ENDING = (REFUSAL, WITHDRAWAL, ABORT)


@click.group(invoke_without_command=True, short_help="Lists: places handed over, agreed, refused, withdrawn.")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder (with node.toml).")
@json_option
@click.pass_context
def lists(context: click.Context, folder: Path | None, as_json: bool) -> None:
    """Every nomination with its state. The time to look runs from the receiver's own receipt."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("Missing option '--node'.")
    answer = ask(folder, "lists")
    if as_json:
        show(answer)
        return
    click.echo(f"nominations under {answer['agreement']} at {show_instant(answer['now'])}")
    for warning in answer["warnings"]:
        click.echo(f"warning: {warning}", err=True)
    if not answer["items"]:
        click.echo("nothing has been nominated")
        return
    year = show_instant(answer["now"])[:5]
    heads = ("target", "by", "group", "state", "keys", "received", "window (UTC)", "area")
    table(heads, (_row(one, year) for one in answer["items"]))


def _row(one: dict[str, Any], year: str) -> tuple[str, ...]:
    """One line; the year (`2016-`) is left out where it is the present one."""

    def short(instant: int) -> str:
        return show_instant(instant).removeprefix(year)

    state = one["state"] + (" (ending)" if one["ending"] else "")
    received = short(stamp(one["received"])) if one["received"] else "not yet"
    start, end = map(show_instant, one["window"])
    until = end[11:] if end[:10] == start[:10] else end.removeprefix(year)
    area = f"{one['area']} v{one['area_version']}" if one["area"] else "-"
    return (
        one["target"], one["nominator"], one["group"] or "-", state, "+".join(one["consents"]) or "-", received,
        f"{start.removeprefix(year)} to {until}", area,
    )  # fmt: skip


@lists.command("show", short_help="One target: place, window, every step.")
@folder_option
@click.argument("target")
@json_option
def show_one(folder: Path, target: str, as_json: bool) -> None:
    """Everything said of TARGET, in order, and who has signed for it when."""
    found = named(ask(folder, "lists"), target)
    if as_json:
        show({"items": found})
        return
    for one in found:
        click.echo(
            f"{one['target']}: {one['state']}  nominated by {one['nominator']}, group {one['group'] or 'not given'}"
        )
        click.echo(f"  place   {_place_words(one['place'])}")
        click.echo(f"  window  {' to '.join(map(show_instant, one['window']))}")
        if one["area"]:
            click.echo(f"  area    {one['area']} v{one['area_version']}")
        click.echo(f"  id      {one['id']}")
        for step in one["steps"]:
            by = f" by {step['by']}" if step["by"] else " by the clock"
            click.echo(f"  {show_instant(stamp(step['at']))}  {step['state']}{by}")
        if one["ending"]:
            click.echo("  somebody has refused or withdrawn and the other has not signed for it yet: treat it as ended")
        if one["idle"]:
            click.echo(f"  {len(one['idle'])} statement(s) on it changed nothing")


def _place_words(place: dict[str, Any]) -> str:
    if place["type"] == "circle":
        lon, lat = place["coordinates"]
        return f"within {show_length(place['radius'] * 1000)} of {show_position(lat, lon)}"
    return f"an area of {len(place['coordinates'][0]) - 1} corners"


@lists.command(short_help="Hand a place over, with our own consent.")
@folder_option
@click.option("--target", required=True, help="A code for it, ours to choose.")
@click.option("--group", required=True, help="The group it is said to be of: a claim.")
@place_options
@click.option("--window", nargs=2, required=True, metavar="FROM UNTIL", help="Two instants with zone.")
@click.option("--area", required=True, help="The agreed area it lies in.")
@confirmed_option
@saying
@json_option
def nominate(
    folder: Path, target: str, group: str, window: tuple[str, str], area: str, confirmed: tuple[str, ...],
    at_once: bool, to: str, wait: bool, as_json: bool, **given: Any,
) -> None:  # fmt: skip
    """Hand over a place with the group it is said to be of and a window of time. With it goes our own consent.

    The place is a coordinate and a radius (--place, --radius), or the outline in a file (--outline). Nothing else can be
    said of it: no weapon, no aim point, no effect, no priority, no image.
    """
    start, end = (read_moment(each, "--window") or 0 for each in window)
    place, remarks = read_place(given, confirmed)
    _, control = line(folder)
    with control:
        version, shape = area_in_force(control.ask("areas"), area, "--area")
        remarks += outside(place, area, shape)
        remarks += of_the_window(Span(start, end), target, control.ask("lists"))
        confirm([f"{remark.text} [{remark.code}]" for remark in remarks], confirmed)
        fields = {
            "target": target, "group": group, "area": area, "area_version": version,
            "place": msgspec.to_builtins(place.shape), "window": {"type": "period", "start": start, "end": end},
        }  # fmt: skip
        for one in control.ask("objections", vocabulary=VOCABULARY, name="nomination", fields=fields)["clauses"]:
            click.echo(f"note: {one['clause']} {one['word']} this nomination: {one['says']}", err=True)
        send(control, folder, VOCABULARY, "nomination", fields, at_once=at_once, to=to, wait=wait, as_json=as_json)


@lists.command(short_help="Put our key on a nomination.")
@folder_option
@click.argument("target")
@saying
@json_option
def agree(folder: Path, target: str, at_once: bool, to: str, wait: bool, as_json: bool) -> None:
    """Consent to TARGET as it was handed over. Both keys make it agreed."""
    _, control = line(folder)
    with control:
        answer = control.ask("lists")
        one = still_open(answer, target)
        _look(answer, target, "consent")
        fields = {"target": target, "nomination": one["id"]}
        send(control, folder, VOCABULARY, "consent", fields, at_once=at_once, to=to, wait=wait, as_json=as_json)


def _look(answer: dict[str, Any], target: str, statement: str) -> None:
    """Whether it would change anything. What ends is never held back: the other side may have said more than we know."""
    found, me = named(answer, target), answer["me"]
    if any(moves(one["state"], one["nominator"], one["consents"], me, statement) for one in found):
        return
    one = found[-1]
    keys = "+".join(one["consents"]) or "nobody"
    what = f"{target}, nominated by {one['nominator']}, is {one['state']} (agreed by {keys})"
    if statement not in ENDING:
        raise GivenError("no-move", f"{what}: a word of {words(statement)} would change nothing", where="target")
    click.echo(
        f"note: {what}: as far as {me} knows, {words(statement)} changes nothing there; it is said all the same",
        err=True,
    )


def _ending(name: str, statement: str, short: str, long: str, *options: Any) -> None:
    """A command that says `statement` of a target."""

    @folder_option
    @click.argument("target")
    @saying
    @json_option
    def command(
        folder: Path, target: str, at_once: bool, to: str, wait: bool, as_json: bool, **more: str | None
    ) -> None:
        _, control = line(folder)
        with control:
            _look(control.ask("lists"), target, statement)
            fields = {"target": target, **{key: value for key, value in more.items() if value}}
            send(control, folder, VOCABULARY, statement, fields, at_once=at_once, to=to, wait=wait, as_json=as_json)

    for option in options:
        command = option(command)
    command.__doc__ = long
    lists.command(name, short_help=short)(command)


_reason = click.option("--reason", help="A code, only if you want to give one: refusals draw a map.")
_result = click.option("--result", help="One of the agreement's words: done, partly done, not done.")
_ending("refuse", "refusal", "Say no. A reason need not be given.", "Refuse TARGET.", _reason)
_ending("withdraw", "withdrawal_of_consent", "Take our consent back.", "Take our consent to TARGET back, at any time.")
_ending(
    "undertake", "undertaking", "Say that our side acts.", "Say of TARGET, agreed, that our side is the one that acts."
)
_ending("abort", "abort", "Say that it will not be done.", "Say of TARGET, agreed, that it will not be done.")
_ending("result", "result", "Say what came of it.", "Say what came of TARGET; status only.", _result)
