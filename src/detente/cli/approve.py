"""`detente approve`: an agency answers a request, on this network or another; the node takes the signed answer in."""

from __future__ import annotations

import re
import time
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from detente.adapters.agency_keys import read_agency_key
from detente.adapters.config import load_config
from detente.cli.node import json_option, line, show, state_lines
from detente.cli.readable import visible
from detente.errors import GivenError
from detente.model.head import Label
from detente.model.when import read_instant, show_instant
from detente.node.release.papers import Answer, Delegation, Request, read_request, sign
from detente.proof.keys import SoftSigner

WIDTH = 100
node_option = click.option("--node", "folder", type=click.Path(path_type=Path), help="Take it in at this node.")
key_option = click.option("--key", "key", type=click.Path(path_type=Path), help="The key file of an agency.")
at_option = click.option("--at", "at", help="The agency's time, if not this machine's (e.g. of a scenario).")


@click.command(short_help="Answer a request as an agency, or take a signed answer in.")
@click.argument("file", type=click.Path(path_type=Path))
@node_option
@key_option
@click.option("--for", "agency", help="For which agency, with a key it has delegated to (default: the key's own).")
@click.option(
    "--say", "says", type=click.Choice(("yes", "no", "abstain")), help="The answer; without it the request is shown."
)
@click.option("--form", "template", default="whole", show_default=True, help="The widest form that may leave (yes).")
@click.option("--if", "condition", help="Only while this holds, in the agreement's language (yes).")
@click.option("--reason", help="Why; it stays in the approvals log.")
@click.option("--delegate", help="Let this public key (64 hex digits) answer for the agency; FILE is written.")
@click.option("--until", help="When the delegation ends.")
@at_option
@click.option("--out", type=click.Path(path_type=Path), help="Write the signed answer here.")
@json_option
def approve(
    file: Path, folder: Path | None, key: Path | None, agency: str | None, says: str | None, template: str,
    condition: str | None, reason: str | None, delegate: str | None, until: str | None, at: str | None, out: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Three uses. On an agency's own machine, without a node:

    \b
      detente approve REQUEST                                    show the exact bytes that are asked about
      detente approve REQUEST --key KEY --say yes --out ANSWER   answer it
      detente approve FILE --key KEY --delegate HEX --until T --node CODE      let another key answer

    At the node: detente approve ANSWER --node FOLDER takes a signed answer, delegation or policy signature in.
    """
    now = read_instant(at, "--at") if at else time.time_ns() // 1_000_000
    if key is not None and delegate:
        _delegate(file, key, delegate, until, now, folder)
        return
    if key is not None:
        if says is None:
            raise click.UsageError("--key goes with --say or --delegate")
        request = read_request(_read(file), str(file))
        name, signer = read_agency_key(key)
        data = _answer(request, agency or name, signer, says, template, condition, reason, now)
        if out is not None:
            _write(out, data)
        if folder is None:
            if out is None:
                raise click.UsageError("give --out FILE, or --node FOLDER to take it in at once")
            click.echo(f"{agency or name} says {says} to draft {request.draft}: {out}")
            return
        _take_in(folder, data.decode(), as_json)
        return
    if folder is not None:
        _take_in(folder, _read(file).decode("utf-8", "replace"), as_json)
        return
    _show(read_request(_read(file), str(file)), as_json)


def _answer(
    request: Request, agency: str, signer: SoftSigner, says: str, template: str, condition: str | None, reason: str | None, now: int
) -> bytes:  # fmt: skip
    if template not in [form.template for form in request.forms]:
        known = ", ".join(form.template for form in request.forms)
        raise GivenError("approval-invalid", f"the request has no form {template!r}; it has: {known}", where="--form")
    paper = Answer(
        request=request.digest(), draft=request.draft, agency=agency, says=says, template=template,  # type: ignore[arg-type]
        condition=condition, reason=reason, at=now,
    )  # fmt: skip
    return sign(paper, signer)


def _delegate(file: Path, key: Path, to: str, until: str | None, now: int, folder: Path | None) -> None:
    """A delegation into FILE, for the node that `--node` names (its folder's node.toml, or just its code)."""
    agency, signer = read_agency_key(key)
    if until is None or folder is None:
        raise click.UsageError("a delegation needs --until, and --node CODE for which node it is")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", to):
        raise GivenError("bad-field", f"{to[:70]!r} is not a public key: 64 hex digits", where="--delegate")
    code = load_config(folder).code if (folder / "node.toml").exists() else folder.name
    if not code:
        raise click.UsageError("--node names the node: its code, or its folder")
    paper = Delegation(
        node=code,
        agency=agency,
        to=to.lower(),
        name=f"delegate of {agency}",
        until=read_instant(until, "--until"),
        at=now,
    )
    _write(file, sign(paper, signer))
    click.echo(f"{agency} lets key {to[:16]}… answer at {code} until {show_instant(paper.until)}: {file}")


def _take_in(folder: Path, file: str, as_json: bool) -> None:
    _, control = line(folder)
    with control:
        answer = control.ask("approve", file=file)
    if as_json:
        show(answer)
    elif "policy" in answer:
        by = ", ".join(answer["signed"]) or "two persons before"
        state = "in force" if answer["in_force"] else "waits for a second person"
        click.echo(f"policy {answer['version']}, {answer['policy'][:16]}…: {state}; signed by {by}")
    elif "delegates_to" in answer:
        click.echo(f"{answer['taken']}: {answer['delegates_to']} may answer until {show_instant(answer['until'])}")
    else:
        click.echo(f"{answer['taken']} says {answer['says']} to draft {answer['draft']}")
        for text in state_lines(answer["state"]):
            click.echo(f"  {text}")


def _show(request: Request, as_json: bool) -> None:
    if as_json:
        click.echo(_read_back(request))
        return
    until = show_instant(request.until) if request.until else "no time limit"
    click.echo(f"{request.node} asks: may this {request.statement} leave to {', '.join(request.to)}?")
    click.echo(f"answer until {until}")
    click.echo(f"draft {request.draft}, rule {request.rule}, {request.given}; label {_labels(request.labels)}")
    for form in request.forms:
        click.echo(f"form {form.template}:")
        for text in wrap(visible(form.fields), WIDTH - 4, break_on_hyphens=False):
            click.echo(f"    {text}")
    click.echo(f"request {request.digest()}")
    click.echo(f"policy  {request.policy}")


def _labels(labels: list[Label]) -> str:
    return "; ".join(f"{each.policy} {each.class_}" for each in labels) or "plain"


def _read_back(request: Request) -> str:
    from detente.node.release.papers import write_request

    return write_request(request).decode().strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(path)) from error


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        raise GivenError("file-unreadable", str(error.strerror), where=str(path)) from error


@click.command(short_help="The approvals log: who said what about which draft.")
@click.option(
    "--node", "folder", type=click.Path(path_type=Path), required=True, help="The node's folder (with node.toml)."
)
@click.option("--draft", help="Of this draft alone.")
@json_option
def approvals(folder: Path, draft: str | None, as_json: bool) -> None:
    """The approvals log, each line checked to stand under its root. It never leaves the node."""
    _, control = line(folder)
    with control:
        answer = control.ask("approvals", **({"draft": draft} if draft else {}))
    if as_json:
        show(answer)
        return
    click.echo(f"{answer['size']} lines, root {answer['root']}")
    for one in answer["lines"]:
        click.echo(f"{one['n']:5}  {show_instant(one['at'])}  {_words(one)}"[:WIDTH])


def _words(one: dict[str, Any]) -> str:
    match one["what"]:
        case "answer":
            more = "".join(
                f", {words} {one[key]}" for key, words in (("condition", "if"), ("reason", "because")) if one[key]
            )
            form = f" ({one['template']})" if one["template"] != "whole" else ""
            return visible(f"{one['agency']} says {one['says']}{form} to {one['draft']}{more}")
        case "refused":
            return visible(f"refused: {one['why']}")
        case "policy signed":
            return f"{one['agency']} signs policy {one['version']}, {one['policy'][:12]}…"
        case "delegation":
            return visible(f"{one['agency']} delegates to {one['name']} until {show_instant(one['until'])}")
    return f"{one['what']} {one.get('draft') or one.get('version', '')}".strip()
