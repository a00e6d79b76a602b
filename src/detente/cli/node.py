"""`detente node` and what an operator asks of a running node."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from detente.adapters.config import Config, load_config
from detente.adapters.control import Control, b64
from detente.adapters.supervisor import Supervisor
from detente.errors import GivenError
from detente.model.when import show_clock, show_instant

PASSPHRASE = "DETENTE_PASSPHRASE"  # noqa: S105 - the name of a variable
folder_option = click.option(
    "--node", "folder", type=click.Path(path_type=Path), required=True, help="The node's folder (with node.toml)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
wait_option = click.option("--wait/--no-wait", default=True, help="Wait until the other side has signed for it.")


def line(folder: Path) -> tuple[Config, Control]:
    """The node's configuration and a line to its house."""
    config = load_config(folder)
    return config, Control(config.control, timeout=120)


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
    click.echo(f"{answer['code']} at {show_instant(answer['now'])}{simulated}")
    click.echo(
        f"agreement {answer['agreement'][:12]}… terms {answer['terms'][:12]}… "
        f"{'in force' if answer['in_force'] else 'not in force'}"
    )
    for one in answer["adoption"]:
        said = "signed" if one["signed"] else "offered" if one["offered"] else "nothing yet"
        received = ", received" if one["received"] else ""
        click.echo(f"  {one['code']} ({one['role']}): {said}{received}")
    for one in answer["logs"]:
        at = f", last at {show_clock(one['signed_at'])}" if one["signed_at"] else ""
        closed = "  CLOSED: not signing until the others have answered" if one["closed"] else ""
        click.echo(
            f"  to {one['to']}: {one['size']} entries, {one['signed_for']} signed for by {one['to']}{at}{closed}"
        )
    for one in answer["copies"]:
        click.echo(f"  from {one['from']}: {one['size']} entries, all signed for by us")
    for one in answer["links"]:
        click.echo(f"  link to {one['peer']}: {'answers' if one['up'] else 'SILENT (' + one['error'] + ')'}")
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


def _print_placed(control: Control, answer: dict[str, Any], wait: bool, as_json: bool) -> None:
    if as_json:
        show(answer)
        return
    for one in answer["placed"]:
        text = f"{one['origin']} entry {one['entry']}, id {one['id'][:16]}…"
        if wait:
            receipt = control.ask("receipt", origin=one["origin"], entry=one["entry"])
            text += f": {receipt['by'].split('/')[-2]} signed for it at {show_clock(receipt['at'])}"
        click.echo(text)


@click.command(short_help="Release one statement.")
@folder_option
@click.option("--to", required=True, help='Audience, or "*" for all.')
@click.option("--kind", required=True, help="Kind of statement, e.g. notice or call.")
@click.argument("file", type=click.Path(path_type=Path))
@wait_option
@json_option
def say(folder: Path, to: str, kind: str, file: Path, wait: bool, as_json: bool) -> None:
    """Release one statement: FILE holds its own fields as JSON; the node adds the head and signs."""
    _, control = line(folder)
    with control:
        answer = control.ask("say", to=to, kind=kind, fields=read_json(file), wait=wait)
        _print_placed(control, answer, wait, as_json)


@click.command(short_help="Keep a statement at home until it is released.")
@folder_option
@click.option("--to", required=True, help='Audience, or "*" for all.')
@click.option("--kind", required=True, help="Kind of statement.")
@click.argument("file", type=click.Path(path_type=Path))
def draft(folder: Path, to: str, kind: str, file: Path) -> None:
    """Keep a statement in the private store; nothing of it leaves before `detente release`."""
    _, control = line(folder)
    with control:
        answer = control.ask("draft", to=to, kind=kind, fields=read_json(file))
    click.echo(f"draft {answer['draft']} kept; release it with: detente release --node {folder} {answer['draft']}")


@click.command(short_help="Sign a draft with the release key and send it.")
@folder_option
@click.argument("name", required=False)
@wait_option
@json_option
def release(folder: Path, name: str | None, wait: bool, as_json: bool) -> None:
    """Sign draft NAME with the release key and send it. Without NAME: the drafts that wait."""
    _, control = line(folder)
    with control:
        if name is None:
            show(control.ask("drafts"))
            return
        _print_placed(control, control.ask("release", draft=name, wait=wait), wait, as_json)


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
        _print_placed(control, control.ask("offer", wait=wait, **given), wait, as_json)


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
        for one in answer["differences"]:
            click.echo(f"{one['file']} line {one['line']}")
            click.echo(f"  we hold    {one['ours']}")
            click.echo(f"  they offer {one['theirs']}")
    sys.exit(0 if answer["same"] else 1)


@click.command(short_help="Sign, or take part, if all parties offer our bytes.")
@folder_option
@wait_option
@json_option
def adopt(folder: Path, wait: bool, as_json: bool) -> None:
    """Sign the agreement and terms (a party) or take part (another); refused unless all parties offer our bytes."""
    _, control = line(folder)
    with control:
        _print_placed(control, control.ask("adopt", wait=wait), wait, as_json)
