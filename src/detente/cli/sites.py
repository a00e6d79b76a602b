"""`detente sites`: protected places, told to each receiver full, coarse or not at all; answers; what stays at home."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from detente.adapters.gazetteer_files import read_gazetteer
from detente.cli.desk import ask, confirm, confirmed_option, show_signed, table
from detente.cli.judging_input import read_moment
from detente.cli.node import folder_option, json_option, line, show, show_placed, wait_option
from detente.cli.site_import import import_sites, score
from detente.desks import sites as desk
from detente.errors import GivenError
from detente.geo import entry
from detente.geo.cell import Cell, Remark, show_length, show_position
from detente.geo.coordinates import read_cell
from detente.geo.gazetteer import Gazetteer
from detente.model import shapes
from detente.model.when import show_instant

SOME = 40
"""Alarms shown; the rest are counted."""


@click.group(invoke_without_command=True, short_help="Sites: protected places, per receiver.")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder (with node.toml).")
@json_option
@click.pass_context
def sites(context: click.Context, folder: Path | None, as_json: bool) -> None:
    """Every site with its state towards each receiver. Protection depends on none of these states."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("Missing option '--node'.")
    answer = ask(folder, "sites")
    if as_json:
        show(answer)
        return
    click.echo(f"sites under {answer['agreement']} at {show_instant(answer['now'])}")
    rows = [_row(site, one) for site in answer["sites"] for one in site["lines"]]
    rows += [(one["site"], "-", answer["me"], one["to"], desk.WITHHELD, "-", "-", "-") for one in answer["withheld"]]
    rows += [_draft_row(answer["me"], one) for one in answer["submitted"]]
    if rows:
        table(("site", "v", "by", "to", "state", "told", "received (UTC)", "sources"), sorted(rows))
    else:
        click.echo("no site has been entered")
    for one in answer["alarms"][:SOME]:
        click.echo(f"look: {one['site']} {one['text']} [{one['code']}]")
    if len(answer["alarms"]) > SOME:
        click.echo(f"look: and {len(answer['alarms']) - SOME} more; --json names all")
    click.echo(answer["notice"])


def _row(site: dict[str, Any], one: dict[str, Any]) -> tuple[str, ...]:
    state = one["state"] + (f" ({one['reason']})" if one["state"] == "rejected" else "")
    sources = ("two" if site["verified"] else "one") + (f": {site['second_source']}" if site["second_source"] else "")
    received = show_instant(one["received"])[:19] if one["received"] else "not yet"
    return (
        site["site"], str(site["version"]), site["by"], one["to"], state, one["precision"], received.replace("T", " "),
        sources,
    )  # fmt: skip


def _draft_row(me: str, one: dict[str, Any]) -> tuple[str, ...]:
    fields = one["fields"]
    told = str(fields.get("precision", desk.FULL))
    return (str(fields["site"]), str(fields["version"]), me, one["to"], "submitted", told, f"draft {one['draft']}", "-")


@sites.command("show", short_help="One site: place, versions, every step.")
@folder_option
@click.argument("site")
@json_option
def show_one(folder: Path, site: str, as_json: bool) -> None:
    """Everything said of SITE, per version and receiver, in order."""
    answer = ask(folder, "sites")
    found = [one for one in answer["sites"] if one["site"] == site]
    if not found:
        raise GivenError("unknown-name", f"no site {site!r} has been entered; `detente sites` lists all", where="site")
    if as_json:
        show({"sites": found})
        return
    for one in found:
        verified = f"second source {one['second_source']}" if one["verified"] else "one source"
        click.echo(f"{one['site']} v{one['version']} by {one['by']}, {one['kind'] or 'kind not given'}, {verified}")
        until = f", expires {show_instant(one['expires'])}" if one["expires"] else ""
        click.echo(f"  to be confirmed every {one['max_age']} days{until}")
        for each in one["lines"]:
            lon, lat = each["position"]["coordinates"]
            error = show_length(each["position"].get("error_mm", 0))
            click.echo(
                f"  to {each['to']}: {each['state']}, {each['precision']}: {show_position(lat, lon)} within {error}"
            )
            for step in each["steps"]:
                click.echo(f"    {show_instant(step['at'])}  {step['state']}")
    click.echo(answer["notice"])


def placed_options(command: Any) -> Any:
    """How the place of a site is given, and what it is compared with."""
    for option in (
        click.option("--gazetteer", "files", multiple=True, type=click.Path(path_type=Path), help="Places to compare with."),
        click.option("--pcode", default="", help="The p-code of the place named."),
        click.option("--named", default="", help="The place named with the coordinate, in Latin or Arabic letters."),
        click.option(
            "--second", nargs=4, metavar="CODE DATUM GRID TEXT", help="A second source, by a code, and where it puts the site."
        ),
        click.option("--grid", default="geographic", show_default=True, help="The grid the source states."),
        click.option("--datum", required=True, help="The datum the source states."),
        click.option("--place", "text", required=True, help="Its coordinate as the source writes it."),
    ):  # fmt: skip
        command = option(command)
    return command


def choices_of(given: Sequence[str]) -> dict[str, str]:
    """Receivers and what each is told: `us=full`, `ru=coarse`, `un=withheld`."""
    found: dict[str, str] = {}
    for one in given:
        code, _, choice = one.partition("=")
        if not code or choice not in desk.CHOICES or code in found:
            what = f"{one!r} is not RECEIVER={'|'.join(desk.CHOICES)}, each receiver once"
            raise GivenError("bad-field", what, where="--to")
        found[code] = choice
    return found


def looked_at(cell: Cell, second: Cell | None, files: Sequence[Path], named: str, pcode: str) -> list[Remark]:
    """What a person should look at before a site is entered."""
    found = [*cell.warnings]
    if second is not None and (differ := entry.sources_differ(cell, second)):
        found.append(differ)
    if named or pcode:
        if not files:
            raise GivenError("place-unknown", "a name needs a gazetteer to be found in", where="--named")
        gazetteer = Gazetteer(place for path in files for place in read_gazetteer(path).places)
        meant = gazetteer.pick(named, pcode, "--named")
        found += [far for far in (entry.far_from_place(cell, meant),) if far] + list(gazetteer.twin_warning(meant))
    return found


def as_position(cell: Cell) -> dict[str, Any]:
    """A cell as a statement writes it."""
    value: dict[str, Any] = msgspec.to_builtins(
        shapes.Cell(
            coordinates=(cell.lon, cell.lat),
            error=cell.error_mm,
            verbatim=cell.verbatim,
            datum=cell.datum,
            grid=cell.grid,
        )
    )
    return value


def _entering(name: str, short: str, long: str, *, moves: bool) -> None:
    """`add` and `move`: enter a version of a site."""

    @folder_option
    @click.argument("site")
    @placed_options
    @click.option(
        "--to", "receivers", multiple=True, metavar="CODE=CHOICE", help="Per receiver: full, coarse, withheld."
    )
    @click.option("--kind", default="", help="A code: health, water, school, camp ...")
    @click.option(
        "--max-age", type=click.IntRange(1), help=f"Days until it is to be confirmed; default {desk.MAX_AGE}."
    )
    @click.option("--expires", help="An instant with zone at which it ends.")
    @click.option(
        "--annex", multiple=True, metavar="NAME=TEXT", help="What stays in our own store: names, phones, plates."
    )
    @confirmed_option
    @wait_option
    @json_option
    def command(
        folder: Path, site: str, receivers: tuple[str, ...], kind: str, max_age: int | None, expires: str | None,
        annex: tuple[str, ...], confirmed: tuple[str, ...], wait: bool, as_json: bool, **given: Any,
    ) -> None:  # fmt: skip
        cell = read_cell(given["text"], datum=given["datum"], grid=given["grid"], where="--place")
        source = given["second"]
        second = read_cell(source[3], datum=source[1], grid=source[2], where="--second") if source else None
        remarks = looked_at(cell, second, given["files"], given["named"], given["pcode"])
        config, control = line(folder)
        with control:
            choices = choices_of(receivers)
            known = [one for one in control.ask("sites")["sites"] if one["site"] == site and one["by"] == config.code]
            if moves != bool(known):
                what = "has been entered: say `move`" if known else "has not been entered: say `add`"
                raise GivenError("unknown-name", f"{site} {what}", where="site")
            choices = choices or {each["to"]: each["precision"] for one in known for each in one["lines"]}
            if not choices:
                raise GivenError("bad-field", "say for each receiver what it is told, as in --to us=full", where="--to")
            confirm([f"{remark.text} [{remark.code}]" for remark in remarks], confirmed)
            agree = second is not None and entry.sources_differ(cell, second) is None
            fields = {"verified": "yes" if agree else "no", "kind": kind, "max_age": max_age}
            fields |= {
                "second_source": source[0] if source else "",
                "expires": read_moment(expires, "--expires") if expires else None,
            }
            content = dict(one.partition("=")[::2] for one in annex)
            row = {
                "site": site, "position": as_position(cell), "choices": choices, "annex": content,
                "fields": {key: value for key, value in fields.items() if value not in ("", None)},
            }  # fmt: skip
            answer = control.ask("sites_enter", sites=[row])
            _placed(control, answer, wait, as_json)

    command.__doc__ = long
    sites.command(name, short_help=short)(command)


def _placed(control: Any, answer: dict[str, Any], wait: bool, as_json: bool) -> None:
    if not as_json:
        for one in answer.get("entered", ()):
            told = ", ".join(f"{code} {choice}" for code, choice in sorted(one["choices"].items()))
            click.echo(f"{one['site']} v{one['version']}: {told}")
    if wait:
        show_signed(control, answer, as_json)
    else:
        show_placed(control, answer, False, as_json)


_TOLD = """Each receiver is told as --to says: full (the place with its error), coarse (its 5 km cell of one fixed grid) or
withheld (nothing is sent). Two sources that agree make it verified."""
_entering("add", "Enter a site.", f"Enter SITE, a code of ours. {_TOLD}", moves=False)
_entering("move", "Say where a site is now.", f"SITE is at another place now: a new version. {_TOLD}", moves=True)


def _saying(name: str, statement: str, short: str, long: str, *options: Callable[..., Any]) -> None:
    """A command that says `statement` of a site."""

    @folder_option
    @click.argument("site")
    @json_option
    def command(folder: Path, site: str, as_json: bool, by: str = "", **more: str | None) -> None:
        _, control = line(folder)
        with control:
            fields = {key: value for key, value in more.items() if value}
            answer = control.ask("site_say", name=statement, site=site, by=by, fields=fields)
            show_signed(control, answer, as_json)

    for option in options:
        command = option(command)
    command.__doc__ = long
    sites.command(name, short_help=short)(command)


_by = click.option("--by", default="", help="Whose entry, if several name this site.")
_reason = click.option(
    "--reason", required=True, help="A code: far-from-named-place, conflicting-sources, duplicate ..."
)
_saying(
    "ack", desk.ACKNOWLEDGEMENT, "Say that a person has read it.",
    "A person here has read the entry of SITE. An acknowledgement is never permission.", _by,
)  # fmt: skip
_saying(
    "reject", desk.REJECTION, "Say what is wrong with an entry.",
    "Say what is wrong with the entry of SITE. It goes on protecting until its notifier withdraws it.", _by, _reason,
)  # fmt: skip
_saying(
    "confirm", desk.CONFIRMATION, "Say that it is still there.", "SITE still stands where we said: its age begins anew."
)
_saying("withdraw", desk.REMOVAL, "Take an entry of ours back.", "Take our entry of SITE back, from all whom we told.")


@sites.group(short_help="What is known of a site and stands in no ledger.")
def annex() -> None:
    """Names, phones, plates, photographs: in our own encrypted store, with an expiry; the ledger has a salted digest."""


@annex.command("show")
@folder_option
@click.argument("site")
@json_option
def annex_show(folder: Path, site: str, as_json: bool) -> None:
    """What is kept of SITE, and until when."""
    answer = ask_plain(folder, "site_annex", site=site)
    if as_json:
        show(answer)
        return
    for name, text in answer["content"].items():
        click.echo(f"{name}: {text}")
    click.echo(f"kept until {show_instant(answer['expires'])}; digest in the ledger {answer['digest']}")


@annex.command("erase")
@folder_option
@click.argument("names", nargs=-1, required=True, metavar="SITE...")
@json_option
def annex_erase(folder: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Erase what is kept of each SITE, with its salt: the digest left in the ledger then says nothing."""
    answer = ask_plain(folder, "site_annex_erase", sites=list(names))
    if as_json:
        show(answer)
        return
    click.echo(f"erased: {', '.join(answer['erased']) or 'nothing was kept'}")


def ask_plain(folder: Path, do: str, **values: Any) -> dict[str, Any]:
    """One question whose answer names no misfits."""
    _, control = line(folder)
    with control:
        return control.ask(do, **values)


sites.add_command(import_sites)
sites.add_command(score)
