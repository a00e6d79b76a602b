"""`detente stop`: raise a STOP, acknowledge one, say what was done, answer, lift; by link, by bundle or by voice.

A STOP needs nothing but this command: no draft, no quorum, no answer of the other side.
"""

from __future__ import annotations

import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from detente.adapters.control import Control
from detente.adapters.word_list import word_list
from detente.cli.desk import WIDTH, ask
from detente.cli.judging_input import read_moment
from detente.cli.node import folder_option, json_option, line, show
from detente.cli.readable import visible
from detente.desks.stop_voice import NO_CHALLENGE, form, scope_words, stop_words
from detente.errors import GivenError, LocalError
from detente.geo.cell import show_length, show_position
from detente.geo.coordinates import read_cell
from detente.model.when import show_clock, show_duration, show_instant

REASON = "the reason follows"
UNHEARD = 6
"""Exit status of `raise`: signed and on its way, but not all have signed for it yet."""
Command = Callable[..., Any]


@click.group(short_help="STOP: raise, acknowledge, act on, answer, lift.")
def stop() -> None:
    """A STOP binds from the second the other node signs for it. A person there acknowledges it; until somebody has, it is
    carried on after 60 s to the whole watch and after 120 s to own operations. Nothing here ends one but its author or its
    own time."""


def scoped(command: Command) -> Command:
    """What a STOP may name: an area, a time, an item. What it does not name it does not narrow."""
    for option in (
        click.option("--reason", default=REASON, show_default=True, help="Why; a reason may follow within 15 minutes."),
        click.option(
            "--place", "text", default="", help="The middle of the area, as coordinates; default: everywhere."
        ),
        click.option("--radius", type=int, default=0, help="Metres around --place."),
        click.option("--datum", default="WGS84", show_default=True, help="The datum of --place."),
        click.option("--grid", default="geographic", show_default=True, help="The grid of --place."),
        click.option("--window", nargs=2, metavar="FROM UNTIL", help="Two instants with zone; default: until lifted."),
        click.option("--item", default="", help="A target or strike by its code; default: every strike."),
    ):
        command = option(command)
    return command


def fields_of(
    reason: str, text: str, radius: int, datum: str, grid: str, window: tuple[str, str] | None, item: str
) -> tuple[dict[str, Any], str]:
    """The fields of the statement, and its place in words."""
    fields: dict[str, Any] = {"reason": reason}
    place = ""
    if text:
        cell = read_cell(text, datum=datum, grid=grid, where="--place")
        if radius * 1000 <= cell.error_mm:
            what = f"a STOP within {radius} m of a place known to {show_length(cell.error_mm)} covers too little"
            raise GivenError("shape-invalid", what, where="--radius")
        fields["scope"] = {"type": "circle", "coordinates": [cell.lon, cell.lat], "radius": radius}
        place = f"within {radius} m of {show_position(cell.lat, cell.lon)}"
    if window:
        start, end = (read_moment(each, "--window") or 0 for each in window)
        fields["window"] = {"type": "period", "start": start, "end": end}
    if item:
        fields["item"] = item
    return fields, place


@stop.command("raise", short_help="Raise a STOP now.")
@folder_option
@scoped
@click.option("--to", default="", help="To whom (ru,un); default: the other parties.")
@click.option("--wait", "seconds", default=10.0, show_default=True, help="Seconds to wait for the receipt.")
@json_option
def raise_(folder: Path, to: str, seconds: float, as_json: bool, **scope: Any) -> None:
    """Raise a STOP: to the other parties, everywhere, until it is lifted, unless the options narrow it."""
    fields, place = fields_of(**scope)
    _, control = line(folder)
    with control:
        answer = control.ask("stop_raise", fields=fields, to=to)
        if "unlogged" in answer:
            by = control.ask("state")["code"]
            _read_out(by, to or "the other side", fields, place, NO_CHALLENGE, 0)
            what = f"the STOP is kept and goes out as soon as this node may sign; say it by voice now ({answer['unlogged'][:120]})"
            raise LocalError("not-signing", what)
        missing = _receipts(control, answer["placed"], seconds, as_json)
        if as_json:
            show(answer)
            return
        for each in missing:
            click.echo(f"{each}: NO RECEIPT after {seconds:g} s. Call by voice now: detente stop form")
        if missing:
            sys.exit(UNHEARD)
    click.echo("A person has to acknowledge it: detente stop list")


def _receipts(control: Control, placed: list[dict[str, Any]], seconds: float, quiet: bool) -> list[str]:
    """Wait for the receipts and say them; the logs that have none."""
    waiting, end = list(placed), time.monotonic() + seconds
    if not quiet and placed:
        click.echo(f"STOP {placed[0]['id'][:16]}… is signed and on its way")
    while waiting:
        for each in list(waiting):
            try:
                receipt = control.ask("receipt", origin=each["origin"], entry=each["entry"])
            except LocalError as error:
                if error.code != "receipt-overdue":
                    raise
                continue
            waiting.remove(each)
            if not quiet:
                by = receipt["by"].split("/")[-2]
                click.echo(f"{each['origin']}: {by}'s node signed for it at {show_clock(receipt['at'])}; it binds")
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return [each["origin"] for each in waiting]


@stop.command("list", short_help="Every STOP: who has it, and for how long nobody has.")
@folder_option
@click.option("--all", "every", is_flag=True, help="Those lifted and expired too.")
@json_option
def list_(folder: Path, every: bool, as_json: bool) -> None:
    """STOPs that stand, each towards each party, and how often each party has used and heeded STOP."""
    answer = ask(folder, "stops")
    if as_json:
        show(answer)
        return
    for text in stop_lines(answer, every=every):
        for part in cut(text):
            click.echo(part)
    for code, counted in sorted(answer["counts"].items()):
        click.echo(f"{code}: " + ", ".join(f"{what} {number}" for what, number in counted.items()))


def cut(text: str) -> list[str]:
    """A line as lines of the width of a screen, its further lines indented."""
    indent = " " * (len(text) - len(text.lstrip()) + 4)
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def stop_lines(answer: dict[str, Any], *, every: bool = False) -> Iterable[str]:
    """The STOPs of an answer, as a list or a screen shows them; at most 100 columns where texts are short."""
    shown = [one for one in answer["stops"] if every or one["standing"]]
    if not shown:
        yield "no STOP stands"
    for one in shown:
        alleged = "  ALLEGED, heard by voice" if one["alleged"] else ""
        yield f"STOP {one['id'][:16]}  by {one['by']}  {show_instant(one['raised'])}{alleged}"
        yield f"  {scope_words({**one, 'window': _window(one)}, _place(one))}: {visible(one['reason'])[:80]}"
        for each in one["lines"]:
            yield f"  {each['to']}: {_line_words(each, answer['now'])}"
        if one["own"]:
            yield f"  own operations: {visible(one['own']['post'])} has it since {show_clock(one['own']['at'])}"
        if one["why_lifted"]:
            yield f"  lifted: {visible(one['why_lifted'])[:80]}"
        for run in answer["alerts"]:
            if run["stop"] == one["id"]:
                yield f"  alert command, {run['level']}, {show_clock(run['at'])}: {_run_words(run)}"
    for kept in answer["waiting"]:
        yield f"STOP NOT LOGGED, goes out once this node may sign: {visible(kept['fields']['reason'])[:60]}"


def _window(one: dict[str, Any]) -> dict[str, int] | None:
    return {"start": one["window"][0], "end": one["window"][1]} if one["window"] else None


def _place(one: dict[str, Any]) -> str:
    scope = one["scope"]
    if not scope:
        return ""
    if scope["type"] != "circle":
        return f"in an area of {len(scope['coordinates'][0]) - 1} corners"
    lon, lat = scope["coordinates"]
    return f"within {scope['radius']} m of {show_position(lat, lon)}"


def _line_words(each: dict[str, Any], now: int) -> str:
    words: list[str] = [each["state"]]
    if each["received"] is not None:
        words.append(f"received {show_clock(each['received'])}")
    if each["acknowledged"] is not None and each["after"] is not None:
        post = f" by {visible(each['post'])}" if each["post"] else ""
        words.append(f"acknowledged{post} after {show_duration(max(0, each['after']))}")
    elif each["received"] is not None and each["acknowledged"] is None and each["state"] not in ("lifted", "expired"):
        words.append(f"NOBODY HAS ACKNOWLEDGED for {show_duration(max(0, now - each['received']) // 1000 * 1000)}")
    if each["answer_due"] is not None:
        due = f", due {show_clock(each['answer_due'])}" if each["answer"] != "answered" else ""
        words.append(each["answer"] + due)
    return " · ".join(words)


def _run_words(run: dict[str, Any]) -> str:
    if run["acknowledged"]:
        return f"ran, exit 0 within {run['took_ms']} ms"
    if run["failed"]:
        return f"DID NOT RUN: {visible(run['failed'])}"
    return "runs" if run["status"] is None else f"NOT ACKNOWLEDGED, exit {run['status']}"


def _about(name: str, statement: str, short: str, long: str, *options: Any) -> None:
    """A command that says `statement` of a STOP."""

    @folder_option
    @click.argument("identifier", metavar="[ID]", required=False, default="")
    @json_option
    def command(folder: Path, identifier: str, as_json: bool, **more: str) -> None:
        given = {key: value for key, value in more.items() if value}
        answer = ask_plain(folder, "stop_say", name=statement, stop=identifier, fields=given)
        if as_json:
            show(answer)
            return
        for each in answer["placed"]:
            click.echo(f"{name}: {each['origin']} entry {each['entry']}, signed and on its way")

    for option in options:
        command = option(command)
    command.__doc__ = long
    stop.command(name, short_help=short)(command)


def ask_plain(folder: Path, do: str, **values: Any) -> dict[str, Any]:
    """One question to a node, without what a desk adds."""
    _, control = line(folder)
    with control:
        return control.ask(do, **values)


_post = click.option("--post", required=True, help="The post that has read it; never a person's name.")
_why = click.option("--reason", required=True, help="Why.")
_about(
    "ack", "stop_acknowledgement", "A post has read it.",
    "Acknowledge STOP ID (its first digits; without one: the only one that stands). It says that a post has read it.",
    _post,
)  # fmt: skip
_about(
    "acted", "stop_acted", "What was done.", "Say what was done about STOP ID.",
    click.option("--what", required=True, help="What was done, in one sentence."),
)  # fmt: skip
_about(
    "answer", "stop_answer", "The reason that is owed.", "Answer STOP ID with a reason; due within 15 minutes.", _why
)
_about("lift", "lifting_of_stop", "End one of ours.", "Lift STOP ID, which is ours. Only its author can.", _why)


@stop.command(short_help="Own operations have it.")
@folder_option
@click.argument("identifier", metavar="[ID]", required=False, default="")
@click.option("--post", required=True, help="The post of own operations that says so.")
def own(folder: Path, identifier: str, post: str) -> None:
    """Note that own operations have STOP ID. It stays at home; it acknowledges nothing to the other side."""
    answer = ask_plain(folder, "stop_own", stop=identifier, post=post)
    click.echo(f"own operations: {post} has it since {show_clock(answer['at'])}")


@stop.command("form", short_help="The STOP to print and read over the line.")
@click.option("--from", "by", required=True, help="Who raises it.")
@click.option("--to", required=True, help="Who is called.")
@scoped
@click.option("--challenge", default="", help="The listener's challenge, 16 hex digits, if one was spoken.")
@click.option("--at", "moment", default=None, help="When it is prepared; default: not said.")
def form_(by: str, to: str, challenge: str, moment: str | None, **scope: Any) -> None:
    """What to read over the line, in three languages, with five words that show whether it was heard right. Needs no node."""
    fields, place = fields_of(**scope)
    at = read_moment(moment, "--at") or 0 if moment else 0
    _read_out(by, to, fields, place, _challenge(challenge), at)


def _read_out(by: str, to: str, fields: dict[str, Any], place: str, challenge: bytes, at: int) -> None:
    words = stop_words(by, fields, word_list(), challenge)
    for text in form(by, to, fields, place, words, at):
        for part in cut(text):
            click.echo(part)


def _challenge(text: str) -> bytes:
    try:
        challenge = bytes.fromhex(text.replace(" ", "")) if text else NO_CHALLENGE
    except ValueError:
        challenge = b""
    if len(challenge) != len(NO_CHALLENGE):
        raise GivenError("bad-field", f"{text[:40]!r} is not 16 hex digits", where="--challenge")
    return challenge


@stop.command(short_help="Enter one that was heard by voice.")
@folder_option
@click.option("--from", "by", required=True, help="Who is said to raise it.")
@scoped
@click.option("--words", nargs=5, help="The five words as heard.")
@click.option("--challenged", is_flag=True, help="The words are under the challenge of `detente voice challenge`.")
@click.option("--post", default="", help="The post that heard it.")
@json_option
def heard(
    folder: Path, by: str, words: tuple[str, ...] | None, challenged: bool, post: str, as_json: bool, **scope: Any
) -> None:
    """Enter a STOP that was heard by voice. It is alleged until its author's node has said it; it counts before every act."""
    fields, _ = fields_of(**scope)
    answer = ask_plain(
        folder, "stop_heard", by=by, fields=fields, words=list(words or ()), challenged=challenged, post=post
    )
    if as_json:
        show(answer)
        return
    fit = "the words fit" if answer["checked"] else "NO WORDS CHECKED"
    click.echo(f"{answer['stop']}  by {by}, ALLEGED, heard {show_instant(answer['heard'])}; {fit}")


@stop.command(short_help="Its alleged author did not raise it.")
@folder_option
@click.argument("identifier", metavar="ID")
@_why
def disown(folder: Path, identifier: str, reason: str) -> None:
    """End the alleged STOP ID: whom it was taken for says it raised none. The reason goes to them, on the record."""
    ask_plain(folder, "stop_disown", stop=identifier, reason=reason)
    click.echo(f"{identifier} is taken for not raised; told to whom it was taken for, with the reason")
