"""`detente areas`: what both have proposed and agreed, from files to two keys, and the joint picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from detente.cli.area_input import as_geojson, describe, file_options, geometry, one_area, read_file_areas
from detente.cli.desk import ask, confirmed_option, saying, send, stamp, table, words
from detente.cli.node import folder_option, json_option, line, show
from detente.desks.areas import VOCABULARY
from detente.errors import GivenError
from detente.model.when import show_instant

STANDING = ("proposed", "countered", "agreed")


@click.group(invoke_without_command=True, short_help="Areas: propose, agree, and the joint picture.")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="The node's folder (with node.toml).")
@click.option("--geojson", is_flag=True, help="Areas in force and opposition areas as GeoJSON; nothing of lists.")
@json_option
@click.pass_context
def areas(context: click.Context, folder: Path | None, geojson: bool, as_json: bool) -> None:
    """Areas both sides have proposed: state, version, class, whose keys are on them, what makes them mixed."""
    if context.invoked_subcommand is not None:
        return
    if folder is None:
        raise click.UsageError("Missing option '--node'.")
    answer = ask(folder, "areas")
    if geojson:
        click.echo(json.dumps(as_geojson(answer), ensure_ascii=False))
    elif as_json:
        show(answer)
    else:
        _print(answer)


def _print(answer: dict[str, Any]) -> None:
    click.echo(f"areas under {answer['agreement']} at {show_instant(answer['now'])}")
    if answer["areas"]:
        rows = [
            (
                one["area"], f"v{one['version']}", one["state"], _class(one), "+".join(one["keys"]) or "-",
                show_instant(stamp(one["since"])), ", ".join(one["mixed_with"]),
            )
            for one in answer["areas"]
        ]  # fmt: skip
        table(("area", "version", "state", "class", "keys", "since", "mixed with"), rows)
    else:
        click.echo("nothing has been proposed")
    for one in answer["opposition"]:
        click.echo(f"opposition area {one['area']}, named by {one['by']}: no strike in it")


def _class(one: dict[str, Any]) -> str:
    return one["class"] if one["class"] == one["proposed_class"] else f"{one['class']} (as {one['proposed_class']})"


@areas.command("import", short_help="Read areas from a file and say what they are.")
@click.argument("file", type=click.Path(path_type=Path))
@file_options
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write them there as GeoJSON with the edges that were meant."
)
def import_areas(file: Path, out: Path | None, **options: Any) -> None:
    """Read areas from FILE (GeoJSON, KML or a list of coordinates) strictly. Nothing is sent or kept."""
    found = read_file_areas(file, {**options, "confirmed": None})
    for each in found:
        click.echo(f"{each.code}: {describe(each)}")
    if out is not None:
        features = [
            {
                "type": "Feature",
                "properties": {"area": each.code},
                "geometry": geometry(msgspec.to_builtins(each.shape)),
            }
            for each in found
        ]
        out.write_text(json.dumps({"type": "FeatureCollection", "features": features}) + "\n", "utf-8")
        click.echo(f"{out}: written")


def _file_command(name: str, short: str, words_for: str) -> Any:
    """`draft` and `propose` differ only in whether release is offered."""

    @folder_option
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--class", "kind", required=True, help="Class of the agreement, e.g. concentrated.")
    @click.option("--version", type=int, required=True, help="Version of the area.")
    @click.option("--as", "code", default="", help="Propose it as the area of this code, whatever the file calls it.")
    @file_options
    @confirmed_option
    @saying
    @json_option
    def command(
        folder: Path,
        file: Path,
        kind: str,
        version: int,
        code: str,
        at_once: bool,
        to: str,
        wait: bool,
        as_json: bool,
        **options: Any,
    ) -> None:
        read = one_area(file, options)
        area = code or read.code
        fields = {"area": area, "version": version, "class": kind, "shape": msgspec.to_builtins(read.shape)}
        _, control = line(folder)
        with control:
            _forward(control.ask("areas"), area, version)
            send(control, folder, VOCABULARY, "designation", fields, at_once=at_once, to=to, wait=wait, as_json=as_json)

    command.__doc__ = words_for
    return areas.command(name, short_help=short)(command)


_file_command("draft", "Keep a proposal at home.", "Read one area from FILE and keep its designation as a draft.")
_file_command(
    "propose",
    "Propose an area, or a new version.",
    "Propose the area in FILE; it stands beside what is in force until both keys are on it.",
)


def _forward(answer: dict[str, Any], area: str, version: int) -> None:
    """GivenError (version-back) if this version of the area, or a higher one, has both keys."""
    standing = [one["version"] for one in answer["areas"] if one["area"] == area and one["state"] == "agreed"]
    if standing and version <= standing[0]:
        what = f"{area} v{standing[0]} has both keys; {version} is not above it"
        raise GivenError("version-back", what, where="--version")


@areas.command(short_help="Answer a proposal with another shape or class.")
@folder_option
@click.argument("area")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--class", "kind", default="", help="Another class than the one proposed.")
@file_options
@confirmed_option
@saying
@json_option
def counter(
    folder: Path, area: str, file: Path, kind: str, at_once: bool, to: str, wait: bool, as_json: bool, **options: Any
) -> None:
    """Answer the open proposal of AREA with the shape in FILE, for the same version."""
    _, control = line(folder)
    with control:
        open_one = _open(control.ask("areas"), area, theirs=True)
        read = one_area(file, options)
        fields = {
            "area": area, "version": open_one["version"], "class": kind or open_one["proposed_class"],
            "shape": msgspec.to_builtins(read.shape),
        }  # fmt: skip
        send(control, folder, VOCABULARY, "designation", fields, at_once=at_once, to=to, wait=wait, as_json=as_json)


@areas.command(short_help="Put our key on what the other side proposed.")
@folder_option
@click.argument("area")
@click.option("--version", type=int, help="Which version, if several are proposed.")
@saying
@json_option
def agree(folder: Path, area: str, version: int | None, at_once: bool, to: str, wait: bool, as_json: bool) -> None:
    """Repeat, with our key, exactly what the other side has proposed for AREA."""
    _, control = line(folder)
    with control:
        one = _open(control.ask("areas"), area, theirs=True, version=version)
        fields = {"area": area, "version": one["version"], "class": one["proposed_class"], "shape": one["shape"]}
        if one["mixed_with"]:
            click.echo(f"note: it counts as mixed, for it shares ground with {', '.join(one['mixed_with'])}", err=True)
        send(control, folder, VOCABULARY, "designation", fields, at_once=at_once, to=to, wait=wait, as_json=as_json)


def _open(answer: dict[str, Any], area: str, *, theirs: bool, version: int | None = None) -> dict[str, Any]:
    """The proposal of an area that the other side's key is on and ours is not; GivenError says what there is."""
    me = answer["me"]
    named = [one for one in answer["areas"] if one["area"] == area and version in (None, one["version"])]
    waiting = [one for one in named if one["state"] in ("proposed", "countered") and (me not in one["keys"]) == theirs]
    if len(waiting) == 1:
        (one,) = waiting
        return dict(one)
    if waiting:
        raise GivenError("unknown-name", f"{len(waiting)} proposals of {area} wait; give --version", where="area")
    shown = ", ".join(
        f"{one['area']} v{one['version']} {one['state']} ({'+'.join(one['keys'])})" for one in answer["areas"]
    )
    raise GivenError(
        "unknown-name", f"no proposal of {area!r} waits for our key; known: {shown or 'none'}", where="area"
    )


@areas.command(short_help="Take our key off an area.")
@folder_option
@click.argument("area")
@saying
@json_option
def revoke(folder: Path, area: str, at_once: bool, to: str, wait: bool, as_json: bool) -> None:
    """Take our key off AREA: it is no longer agreed."""
    _, control = line(folder)
    with control:
        answer = control.ask("areas")
        known, me = answer["areas"], answer["me"]
        ours = [one for one in known if one["area"] == area and me in one["keys"] and one["state"] in STANDING]
        if area not in {one["area"] for one in known}:
            names = ", ".join(sorted({one["area"] for one in known})) or "none"
            raise GivenError("unknown-name", f"no area {area!r}; known: {names}", where="area")
        if not ours:
            click.echo(f"note: no key of {me} is on {area} as far as {me} knows; it is said all the same", err=True)
        send(
            control,
            folder,
            VOCABULARY,
            "revocation",
            {"area": area},
            at_once=at_once,
            to=to,
            wait=wait,
            as_json=as_json,
        )


@areas.command(short_help="The joint picture, and its words to read aloud.")
@folder_option
@click.option("--challenge", default="", help="What the listener has spoken: print the words to read.")
@click.option("--peer", default="", help="With --heard: who reads.")
@click.option("--heard", nargs=5, help="The five words heard: compare them with our own picture.")
@json_option
def picture(folder: Path, challenge: str, peer: str, heard: Sequence[str] | None, as_json: bool) -> None:
    """One digest over the agreement, the areas in force and the phases that run: equal on both nodes or not.

    The listener speaks `detente voice challenge`, the other reads the words for it, the listener checks them.
    """
    if heard and not peer:
        raise click.UsageError("--heard needs --peer: who has read the words")
    answer = ask(folder, "picture", challenge="".join(challenge.split()), peer=peer, words=list(heard or ()))
    if as_json:
        show(answer)
        return
    standing = ", ".join(f"{one['area']} v{one['version']} {one['class']}" for one in answer["areas"]) or "none"
    click.echo(f"picture {answer['digest'][:16]}…  of {answer['agreement']} at {show_instant(answer['now'])}")
    click.echo(f"  areas in force: {standing}")
    click.echo(f"  phases that run: {', '.join(map(words, answer['phases'])) or 'none'}")
    if answer["unsure"]:
        click.echo(f"  cannot tell whether these run: {', '.join(map(words, answer['unsure']))}")
    if "words" in answer:
        click.echo(f"read: {' '.join(answer['words'])}")
    if answer.get("same"):
        click.echo(f"the words fit: {peer} and we hold the same picture")
