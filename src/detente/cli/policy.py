"""`detente policy`: show, check, propose and sign the release policy; two persons change it, one alone cannot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from detente.adapters.agency_keys import HAND_OUT, PERSONS, begin_policy, make_agency_key, read_agency_key
from detente.adapters.config import load_config
from detente.adapters.house_opening import only_one
from detente.adapters.store_private import PrivateStore, load_store_key
from detente.agreement.language import read_agreement
from detente.agreement.source import read_source
from detente.cli.approve import _read, _take_in, _write
from detente.cli.node import PASSPHRASE, folder_option, json_option, line, show
from detente.model.when import show_duration
from detente.node.release.papers import PolicySignature, sign
from detente.node.release.policy import ALL, Policy
from detente.node.release.policy_file import plain, read_policy

SPOKEN = {
    "notice",
    "call",
    "account",
    "attachment",
    "received",
    "offer",
    "signature",
    "participation",
    "revoke",
    "stop",
    ALL,
}


@click.group()
def policy() -> None:
    """What may leave this node. Two persons sign each new version."""


@policy.command("show", short_help="The policy in force, and one that waits.")
@folder_option
@click.option("--file", "whole", is_flag=True, help="Print the file itself, to change it.")
@json_option
def show_policy(folder: Path, whole: bool, as_json: bool) -> None:
    """The release policy in force in a few lines; what waits for a second signature beside it."""
    _, control = line(folder)
    with control:
        answer = control.ask("policy")
    if as_json:
        show(answer)
        return
    if whole:
        click.echo(answer["file"], nl=False)
        return
    _print(answer["in_force"])
    if proposed := answer.get("proposed"):
        by = ", ".join(proposed["signed"]) or "nobody yet"
        click.echo(f"proposed: policy {proposed['version']}, {proposed['digest']}; signed by {by}")


def _print(one: dict[str, Any]) -> None:
    click.echo(f"policy {one['version']} of {one['node']}, {one['digest']}")
    sent = f"at slots of {show_duration(one['slot'])}" if one["slot"] else "at once"
    click.echo(f"  what may leave leaves {sent}; changed by two of: {', '.join(one['two_persons']) or 'nobody'}")
    for role, names in one["standing"].items():
        if names:
            click.echo(f"  waits for nobody, {role}: {', '.join(names)}"[:100])
    for rule in one["rules"]:
        click.echo(f"  rule {rule['rule']}: {', '.join(rule['say'])} to {', '.join(rule['to'])}, {rule['given']}"[:100])
        if quorum := rule["quorum"]:
            within = f" within {show_duration(quorum['within'])}" if quorum["within"] else ""
            counts = f"silence {quorum['silence']}, abstention {quorum['abstain']}"
            click.echo(f"    {quorum['needed']} of {', '.join(quorum['of'])}{within}; {counts}")
        if len(rule["templates"]) > 1:
            click.echo(f"    forms: {', '.join(rule['templates'])}")
    if not one["rules"]:
        click.echo("  no rule: nothing leaves but what waits for nobody")


@policy.command(short_help="Read a policy file and say what is wrong with it.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--agreement", type=click.Path(path_type=Path), help="Name what the policy says that this agreement does not know."
)
@json_option
def check(file: Path, agreement: Path | None, as_json: bool) -> None:
    """Whether FILE is a release policy; with --agreement, which names in it the agreement does not define."""
    found = read_policy(_read(file), str(file))
    unknown = _unknown(found, _read(agreement), str(agreement)) if agreement is not None else []
    if as_json:
        show({**plain(found), "unknown": unknown})
        return
    _print(plain(found))
    for name in unknown:
        click.echo(f"warning: the agreement defines no {name}: what is said of it has no effect", err=True)


def _unknown(found: Policy, data: bytes, where: str) -> list[str]:
    kinds = read_agreement(data, where, read_source(data, where)).kinds
    named = {name for rule in found.rules for name in rule.say} | {
        n for names in found.standing.values() for n in names
    }
    return sorted(named - set(kinds) - SPOKEN)


@policy.command(short_help="Put a new version before the node.")
@folder_option
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def propose(folder: Path, file: Path, as_json: bool) -> None:
    """FILE waits until two persons have signed it; the version in force goes on meanwhile."""
    data = _read(file)
    read_policy(data, str(file))
    _, control = line(folder)
    with control:
        answer = control.ask("policy_propose", file=data.decode())
    if as_json:
        show(answer)
        return
    click.echo(f"policy {answer['version']} proposed: {answer['policy']}")
    click.echo(f"It is in force once {answer['needed']} of {', '.join(answer['of'])} have signed: detente policy sign")


@policy.command("sign", short_help="Sign a new version as one person.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", "key", type=click.Path(path_type=Path), required=True, help="The person's key file.")
@click.option("--node", "folder", type=click.Path(path_type=Path), help="Take the signature in at this node.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the signature here, to be taken in with detente approve."
)
@json_option
def sign_policy(file: Path, key: Path, folder: Path | None, out: Path | None, as_json: bool) -> None:
    """Sign the bytes of FILE; read it first. With --node the signature is taken in at once."""
    data = _read(file)
    found = read_policy(data, str(file))
    agency, signer = read_agency_key(key)
    signed = sign(PolicySignature(node=found.node, policy=found.digest, version=found.version, agency=agency), signer)
    if out is not None:
        _write(out, signed)
        click.echo(f"{agency} signs policy {found.version}, {found.digest[:16]}…: {out}")
    if folder is not None:
        _take_in(folder, signed.decode(), as_json)
    if folder is None and out is None:
        raise click.UsageError("give --node FOLDER or --out FILE")


@policy.command("key", short_help="Make a key file for an agency or a person.")
@click.argument("agency")
@click.argument("file", type=click.Path(path_type=Path))
def key_command(agency: str, file: Path) -> None:
    """Make FILE for AGENCY, readable by its owner only, and print the line for the policy file."""
    public = make_agency_key(agency, file)
    click.echo(f"  {agency}: {{key: {public.hex()}}}")


@policy.command(short_help="Give a node that was made without one its first policy.")
@folder_option
@click.option(
    "--person", "persons", multiple=True, default=PERSONS, show_default=True, help="Who may change it (repeat)."
)
def begin(folder: Path, persons: tuple[str, ...]) -> None:
    """For a node made before nodes had policies; it must not be running."""
    config = load_config(folder)
    only_one(config.private)
    private = PrivateStore(config.private, load_store_key(config.private, os.environ.get(PASSPHRASE, "")))
    try:
        begin_policy(private, config.code, config.folder / HAND_OUT, persons)
    finally:
        private.close()
    click.echo(f"policy 1 made; keys of {' and '.join(persons)} in {config.folder / HAND_OUT}: each takes its own away")
