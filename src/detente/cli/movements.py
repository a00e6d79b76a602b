"""`detente movements`: journeys under protection: notified, slipped, followed, arrived, closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from detente.cli.desk import ask, show_signed, table
from detente.cli.judging_input import read_moment
from detente.cli.node import folder_option, json_option, line, show
from detente.cli.sites import as_position
from detente.desks import movements as desk
from detente.errors import GivenError
from detente.geo.cell import show_position
from detente.geo.coordinates import read_cell
from detente.model.when import show_instant

Command = Callable[..., Any]


@click.group(invoke_without_command=True, short_help="Movements: convoys and their windows.")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder (with node.toml).")
@json_option
@click.pass_context
def movements(context: click.Context, folder: Path | None, as_json: bool) -> None:
    """Every movement with its state and who has signed for it. It is protected until its notifier closes it."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("Missing option '--node'.")
    answer = ask(folder, "movements")
    if as_json:
        show(answer)
        return
    click.echo(f"movements under {answer['agreement']} at {show_instant(answer['now'])}")
    if answer["movements"]:
        table(("movement", "v", "by", "state", "vehicles", "window (UTC)", "told"), map(_row, answer["movements"]))
    else:
        click.echo("no movement has been notified")
    click.echo(answer["notice"])


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    start, end = map(show_instant, one["window"])
    until = end[11:] if end[:10] == start[:10] else end
    told = ", ".join(f"{each['to']} {each['state']}" for each in one["told"])
    vehicles = str(one["vehicles"]) if one["vehicles"] is not None else "-"
    return (
        one["movement"], str(one["version"]), one["by"], one["state"], vehicles, f"{start} to {until}", told,
    )  # fmt: skip


@movements.command("show", short_help="One movement: route, positions, every step.")
@folder_option
@click.argument("movement")
@json_option
def show_one(folder: Path, movement: str, as_json: bool) -> None:
    """Everything said of MOVEMENT, in order, and who has signed for its newest version when."""
    found = [one for one in ask(folder, "movements")["movements"] if one["movement"] == movement]
    if not found:
        raise GivenError("unknown-name", f"no movement {movement!r} is known here", where="movement")
    if as_json:
        show({"movements": found})
        return
    for one in found:
        click.echo(f"{one['movement']} v{one['version']} by {one['by']}: {one['state']}, {one['slips']} change(s)")
        click.echo(f"  window {' to '.join(map(show_instant, one['window']))}")
        for lon, lat in one["route"]["coordinates"]:
            click.echo(f"  route  {show_position(lat, lon)}")
        if one["position"]:
            lon, lat = one["position"]["coordinates"]
            click.echo(f"  last at {show_position(lat, lon)}, said {show_instant(one['seen'])}")
        for each in one["told"]:
            at = f" {show_instant(each['received'])}" if each["received"] else ""
            click.echo(f"  told {each['to']}: {each['state']}{at}")
        for step in one["steps"]:
            click.echo(f"  {show_instant(step['at'])}  {step['state']}")


def _window(given: tuple[str, str]) -> dict[str, Any]:
    start, end = (read_moment(each, "--window") or 0 for each in given)
    return {"type": "period", "start": start, "end": end}


def _route(points: tuple[str, ...], datum: str, grid: str) -> dict[str, Any]:
    if len(points) < 2:
        raise GivenError("bad-field", "a route has two points or more; repeat --via in order", where="--via")
    cells = [read_cell(text, datum=datum, grid=grid, where=f"--via {n}") for n, text in enumerate(points, 1)]
    return {"type": "line", "edges": "geodesic", "coordinates": [[cell.lon, cell.lat] for cell in cells]}


def _say(folder: Path, statement: str, movement: str, fields: dict[str, Any], to: str, as_json: bool) -> None:
    _, control = line(folder)
    with control:
        answer = control.ask("movement_say", name=statement, movement=movement, fields=fields, to=to)
        show_signed(control, answer, as_json)


def _placed(command: Command) -> Command:
    for option in (
        click.option("--grid", default="geographic", show_default=True, help="The grid the source states."),
        click.option("--datum", required=True, help="The datum the source states."),
    ):
        command = option(command)
    return command


@movements.command(short_help="Notify a movement: route, window, vehicles.")
@folder_option
@click.argument("movement")
@click.option("--via", multiple=True, required=True, help="A point of the route; repeat it in order.")
@_placed
@click.option("--window", nargs=2, required=True, metavar="FROM UNTIL", help="Two instants with zone.")
@click.option("--vehicles", type=click.IntRange(1), help="How many.")
@click.option("--to", default="", help="Receivers (us,ru); default: the parties.")
@json_option
def add(
    folder: Path, movement: str, via: tuple[str, ...], datum: str, grid: str, window: tuple[str, str],
    vehicles: int | None, to: str, as_json: bool,
) -> None:  # fmt: skip
    """Notify MOVEMENT, a code of ours. It is a standing release: it waits for no quorum."""
    fields: dict[str, Any] = {"route": _route(via, datum, grid), "window": _window(window)}
    fields |= {"vehicles": vehicles} if vehicles is not None else {}
    _say(folder, desk.MOVEMENT, movement, fields, to, as_json)


@movements.command(short_help="Another time, or another route.")
@folder_option
@click.argument("movement")
@click.option("--window", nargs=2, required=True, metavar="FROM UNTIL", help="Two instants with zone.")
@click.option("--via", multiple=True, help="A point of another route; default: the route as it was.")
@click.option("--datum", default="WGS84", show_default=True, help="The datum of --via.")
@click.option("--grid", default="geographic", show_default=True, help="The grid of --via.")
@json_option
def slip(
    folder: Path, movement: str, window: tuple[str, str], via: tuple[str, ...], datum: str, grid: str, as_json: bool
) -> None:
    """MOVEMENT starts at another time, or takes another route: a higher version, to all who were told of it."""
    fields: dict[str, Any] = {"window": _window(window)}
    fields |= {"route": _route(via, datum, grid)} if via else {}
    _say(folder, desk.MOVEMENT, movement, fields, "", as_json)


def _at(name: str, statement: str, short: str, long: str) -> None:
    @folder_option
    @click.argument("movement")
    @click.option("--place", "text", required=True, help="Where, as the source writes it.")
    @_placed
    @json_option
    def command(folder: Path, movement: str, text: str, datum: str, grid: str, as_json: bool) -> None:
        cell = read_cell(text, datum=datum, grid=grid, where="--place")
        _say(folder, statement, movement, {"position": as_position(cell)}, "", as_json)

    command.__doc__ = long
    movements.command(name, short_help=short)(command)


_at("position", desk.POSITION, "Say where the vehicles are.", "Say where the vehicles of MOVEMENT are now.")
_at(
    "arrive", desk.ARRIVAL, "Say that it has arrived.",
    "MOVEMENT has arrived and unloads: it is protected there until it is closed.",
)  # fmt: skip


@movements.command(short_help="It is over: its protection ends.")
@folder_option
@click.argument("movement")
@json_option
def close(folder: Path, movement: str, as_json: bool) -> None:
    """MOVEMENT is over. From its receipt on nothing of it is protected any more."""
    _say(folder, desk.CLOSURE, movement, {}, "", as_json)


@movements.command(short_help="Say that a person has read it.")
@folder_option
@click.argument("movement")
@json_option
def ack(folder: Path, movement: str, as_json: bool) -> None:
    """A person here has read the newest version of MOVEMENT. An acknowledgement is never permission."""
    _say(folder, desk.ACKNOWLEDGEMENT, movement, {}, "", as_json)
