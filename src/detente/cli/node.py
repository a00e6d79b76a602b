"""`detente node` and what an operator asks of a running node."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from detente.adapters.config import Config, load_config
from detente.adapters.control import Control, b64
from detente.adapters.supervisor import Supervisor
from detente.cli.readable import visible
from detente.errors import GivenError, LocalError, RemoteError
from detente.model.terms import ROLE_PARTY
from detente.model.when import show_clock, show_instant

PASSPHRASE = "DETENTE_PASSPHRASE"  # noqa: S105 - the name of a variable
folder_option = click.option(
    "--node", "folder", type=click.Path(path_type=Path), required=True, help="The node's folder (with node.toml)."
)
MINUTE = 60_000
COUNTED = (
    ("yes", "yes"),
    ("no", "no"),
    ("abstained", "abstained"),
    ("unfulfilled", "yes, on a condition not fulfilled"),
    ("silent", "silent"),
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
label_option = click.option(
    "--label", type=click.Path(path_type=Path), help="A label of one's own (JSON, STANAG 5636); it stays at home."
)
wait_option = click.option(
    "--wait/--no-wait", default=True, show_default=True, help="Wait until the other side has signed for it."
)


def line(folder: Path) -> tuple[Config, Control]:
    """The node's configuration and a line to its house."""
    config = load_config(folder)
    return config, Control(config.control, timeout=120)


def warn_of_misfits(answer: dict[str, Any]) -> None:
    """Name on standard error what was said and is no act, and what may not be taken for unsaid because of it."""
    for one in answer["misfits"]:
        where = f"{one['origin']} entry {one['entry']}"
        text = f"warning: not in the record, ask its author what was meant: {where}: {visible(one['what'])}"
        if one["doubts"]:
            kinds = (
                "any statement that protects" if len(one["doubts"]) > 1 else f"a {one['doubts'][0]}".replace("_", " ")
            )
            text += (
                f". It may be {kinds}: what rests on its absence cannot be told, until its author says it anew with "
                f"same_as {one['id']}"
            )
        click.echo(text, err=True)


def read_json(path: Path) -> Any:
    """A JSON file handed to a command; GivenError otherwise."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(path)) from error
    except ValueError as error:
        raise GivenError("json-invalid", f"not JSON: {error}", where=str(path)) from error


def show(answer: dict[str, Any]) -> None:
    """An answer as JSON."""
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def labelled(label: Path | None) -> dict[str, Any]:
    """A label of one's own, as it goes to the node; nothing if there is none."""
    return {} if label is None else {"label": read_json(label)}


def state_lines(state: dict[str, Any]) -> list[str]:
    """How far a draft has come, in words, each line at most as wide as a terminal."""
    quorum = state.get("quorum")
    if quorum is None:
        if state["state"] in ("sent", "ready"):
            leaves = f"; leaves at {show_instant(state['leaves'])}" if state.get("leaves") else ""
            return [state["state"] + leaves]
        why = wrap(visible(state["what"]), 92) if state["what"] else []
        return ["refused" if state["state"] == "refused" else "not put forward", *why]
    until = f"until {show_instant(quorum['until'])}" if quorum["until"] else "without a time limit"
    waiting = ", ".join(quorum["waiting"]) or "nobody"
    lines = [f"needs {quorum['needed']}, has {len(quorum['yes'])}; waiting for {waiting}, {until}"]
    return lines + [f"{words}: {', '.join(quorum[key])}" for key, words in COUNTED if quorum[key]]


def entries(count: int) -> str:
    """`1 entry`, `2 entries`."""
    return "1 entry" if count == 1 else f"{count} entries"


def requests(count: int) -> str:
    """`1 request`, `2 requests`."""
    return "1 request" if count == 1 else f"{count} requests"


@click.command(short_help="Run a node.")
@click.option("--config", "folder", type=click.Path(path_type=Path), required=True, help="node.toml or its folder.")
def node(folder: Path) -> None:
    """Run a node: its gateway and its house, started again if they die. A passphrase comes from DETENTE_PASSPHRASE."""
    sys.exit(Supervisor(folder, os.environ.pop(PASSPHRASE, "")).run())


@click.command(short_help="What the node holds, who signed, which links answer.")
@folder_option
@json_option
def state(folder: Path, as_json: bool) -> None:
    """What this node holds, who has signed for what, and which links answer."""
    _, control = line(folder)
    with control:
        answer = control.ask("state")
    if as_json:
        show(answer)
        return
    simulated = "  SIMULATED TIME" if answer["simulated"] else ""
    click.echo(f"{answer['code']} at {show_instant(answer['now'])}, {answer['on_watch']} on watch{simulated}")
    click.echo(
        f"agreement {answer['agreement'][:12]}… terms {answer['terms'][:12]}… "
        f"{'in force' if answer['in_force'] else 'not in force'}"
    )
    for one in answer["adoption"]:
        signed = "signed" if one["role"] == ROLE_PARTY else "takes part"
        said = signed if one["signed"] else "offered" if one["offered"] else "nothing yet"
        received = ", received" if one["received"] else ""
        click.echo(f"  {one['code']} ({one['role']}): {said}{received}")
    for one in answer["logs"]:
        at = f", last at {show_clock(one['signed_at'])}" if one["signed_at"] else ""
        closed = "  CLOSED: not signing until the others have answered" if one["closed"] else ""
        click.echo(
            f"  to {one['to']}: {entries(one['size'])}, {one['signed_for']} signed for by {one['to']}{at}{closed}"
        )
    for one in answer["copies"]:
        click.echo(f"  from {one['from']}: {entries(one['size'])}, all signed for by this node")
    for one in answer["links"]:
        click.echo(f"  link to {one['peer']}: {'answers' if one['up'] else 'SILENT (' + one['error'] + ')'}")
    for code, number in answer["turned_away"].items():
        click.echo(
            f"  turned away: {requests(number)} of {code}, for it had too many waiting here; it sends them again"
        )
    for code, number in answer["refusals_dropped"].items():
        click.echo(f"  no longer kept: {number} refusals about {code}, alike others that are")
    if answer["signing_ahead"] > MINUTE:
        click.echo(
            f"  CLOCK: this node signed {answer['signing_ahead'] // 1000} s ahead of its clock, and still must. If the "
            "clock is right now: detente keys rotate --role mirror --role cosigner"
        )
    for name in answer["evidence"]:
        click.echo(f"  evidence: {name}")
    if answer["trouble"]:
        click.echo(f"  TROUBLE: {answer['trouble']}")


@click.command()
@folder_option
@click.option("--last", default=50, show_default=True, help="How many.")
@json_option
def refusals(folder: Path, last: int, as_json: bool) -> None:
    """The last named refusals, oldest first."""
    _, control = line(folder)
    with control:
        answer = control.ask("refusals", last=last)
    if as_json:
        show(answer)
        return
    for one in answer["refusals"]:
        place = f" {one['origin']}" + (f" entry {one['entry']}" if one["entry"] >= 0 else "")
        click.echo(
            f"{show_instant(one['at'])} {one['code']} ({one['party']}){place if one['origin'] else ''}: {one['what']}"
        )


def show_placed(control: Control, answer: dict[str, Any], wait: bool, as_json: bool) -> None:
    """Where statements stand; with `wait`, who signed for each and when."""
    if as_json:
        show(answer)
        return
    if answer.get("draft"):
        click.echo(f"draft {answer['draft']} is kept and put forward; nothing has left.")
        for text in state_lines(answer["state"]):
            click.echo(f"  {text}")
    for one in answer["placed"]:
        text = f"{one['origin']} entry {one['entry']}, id {one['id'][:16]}…"
        if wait:
            receipt = control.ask("receipt", origin=one["origin"], entry=one["entry"])
            text += f": {receipt['by'].split('/')[-2]} signed for it at {show_clock(receipt['at'])}"
        click.echo(text)


@click.command(short_help="Release one statement.")
@folder_option
@click.option("--to", default="", help='Audience, or "*" for all; of said and told: default the other parties.')
@click.option("--kind", required=True, help="Kind of statement, e.g. notice or call.")
@label_option
@click.argument("file", type=click.Path(path_type=Path))
@wait_option
@json_option
def say(folder: Path, to: str, kind: str, label: Path | None, file: Path, wait: bool, as_json: bool) -> None:
    """Release one statement: FILE holds its own fields as JSON; the node adds the head and signs."""
    _, control = line(folder)
    with control:
        answer = control.ask("say", to=to, kind=kind, fields=read_json(file), wait=wait, **labelled(label))
        show_placed(control, answer, wait, as_json)


@click.command()
@folder_option
@click.option("--agreement", type=click.Path(path_type=Path), help="Another text than the node's own.")
@click.option("--terms", type=click.Path(path_type=Path), help="Other terms than the node's own.")
@wait_option
@json_option
def offer(folder: Path, agreement: Path | None, terms: Path | None, wait: bool, as_json: bool) -> None:
    """Offer agreement and terms, in full, to everyone."""
    _, control = line(folder)
    given = {k: b64(p.read_bytes()) for k, p in (("agreement", agreement), ("terms", terms)) if p is not None}
    with control:
        show_placed(control, control.ask("offer", wait=wait, **given), wait, as_json)


@click.command(short_help="Name every line in which CODE's offer differs from ours.")
@folder_option
@click.argument("code")
@json_option
def compare(folder: Path, code: str, as_json: bool) -> None:
    """Name every line in which what CODE last offered differs from ours. Exit 1 if any does."""
    _, control = line(folder)
    with control:
        answer = control.ask("compare", code=code)
    if as_json:
        show(answer)
    elif answer["same"]:
        click.echo(f"{code} offers the same bytes as we hold")
    else:
        _print_differences(answer["differences"], err=False)
    sys.exit(0 if answer["same"] else 1)


@click.command(short_help="Sign, or take part, if all parties offer our bytes.")
@folder_option
@wait_option
@json_option
def adopt(folder: Path, wait: bool, as_json: bool) -> None:
    """Sign the agreement and terms (a party) or take part (another); refused unless all parties offer our bytes."""
    _, control = line(folder)
    with control:
        try:
            answer = control.ask("adopt", wait=wait)
        except LocalError as error:
            if error.code == "agreement-differs":
                _name_differences(control)
            raise
        show_placed(control, answer, wait, as_json)


def _name_differences(control: Control) -> None:
    """Print each line in which another party's offer differs; RemoteError naming those parties."""
    known = control.ask("state")
    others = [one["code"] for one in known["adoption"] if one["role"] == ROLE_PARTY and one["code"] != known["code"]]
    differing: dict[str, list[dict[str, Any]]] = {}
    for code in others:
        with contextlib.suppress(LocalError):  # it has offered nothing yet
            differing[code] = control.ask("compare", code=code)["differences"]
    for code, found in differing.items():
        if found:
            click.echo(f"{code} offers another text:", err=True)
            _print_differences(found, err=True)
    names = ", ".join(code for code, found in differing.items() if found)
    if names:
        count = sum(map(len, differing.values()))
        what = f"{names} offers another text than we hold: {count} line(s), shown above; nothing was signed"
        raise RemoteError("agreement-differs", what, party=names)


def _print_differences(differences: list[dict[str, Any]], *, err: bool) -> None:
    for one in differences:
        click.echo(f"{one['file']} line {one['line']}", err=err)
        for who, text in (("we hold   ", one["ours"]), ("they offer", one["theirs"])):
            shown = "(no such line)" if text is None else visible(text) or "(an empty line)"
            click.echo(f"  {who} {shown}", err=err)
