"""`detente keys`: making a node's keys, exchanging public things with peers, changing and revoking keys."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from detente.adapters.agency_keys import HAND_OUT, PERSONS
from detente.adapters.config import Config, add_peer, load_config
from detente.adapters.control import Control
from detente.adapters.export_folder import keys_as_of_now
from detente.adapters.setup import (
    Paired,
    accept_peer,
    begin_config,
    digests_in,
    draft_for,
    init_node,
    next_root,
    prepare_peer,
)
from detente.adapters.store_private import PrivateStore, load_store_key
from detente.adapters.store_shared import SqliteShared
from detente.cli.node import PASSPHRASE, folder_option, wait_option
from detente.errors import GivenError
from detente.model.statement import sha256_hex
from detente.model.when import read_instant
from detente.proof.keys import key_id
from detente.proof.roots import ROLES, KeyState, digest_of

replace_option = click.option("--replace", is_flag=True, help="Put it in place of another one that is there.")


@click.group()
def keys() -> None:
    """Make, show, exchange, change and revoke keys."""


@keys.command(short_help="Make a node's folder, keys and root document.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--code", required=True, help="This participant's code, e.g. us.")
@click.option("--name", required=True, help="Schema-less address under which its logs stand, e.g. example.org/line/us.")
@click.option(
    "--release-agency",
    "agencies",
    multiple=True,
    default=("centre",),
    help="Holder of a release key (repeat; default: centre).",
)
@click.option("--release-needed", default=1, show_default=True, help="How many of them must sign each statement.")
@click.option(
    "--policy-person",
    "persons",
    multiple=True,
    default=PERSONS,
    show_default=True,
    metavar="CODE",
    help="Who may change the release policy, any two together (repeat).",
)
@click.option("--passphrase", is_flag=True, help="Lock the store key with the passphrase in DETENTE_PASSPHRASE.")
@click.option("--clock", type=click.Choice(("wall", "scenario")), default="wall", show_default=True, help="Whose time.")
@click.option("--scenario-start", help="First instant of a scenario clock, e.g. 2016-09-17T12:00:00Z.")
def init(
    folder: Path,
    code: str,
    name: str,
    agencies: tuple[str, ...],
    release_needed: int,
    persons: tuple[str, ...],
    passphrase: bool,
    clock: str,
    scenario_start: str | None,
) -> None:
    """Make FOLDER with keys, the first root document and a node.toml without peers, and print the root's digest."""
    if (clock == "scenario") != (scenario_start is not None):
        raise click.UsageError("--scenario-start goes with --clock scenario, and only with it")
    start = read_instant(scenario_start, "--scenario-start") if scenario_start is not None else 0
    secret = os.environ.get(PASSPHRASE, "") if passphrase else ""
    if passphrase and not secret:
        raise GivenError("store-locked", f"set {PASSPHRASE}", where="--passphrase")
    root = init_node(folder, code, name, secret, agencies, release_needed, persons)
    click.echo(f"root document of {code}: {digest_of(root)}")
    click.echo("Read this digest to the others by voice; it goes into the terms file.")
    click.echo(
        f"Whoever changes what may leave: keys of {' and '.join(persons)} in {folder / HAND_OUT}; each takes its own away."
    )
    if not begin_config(folder, code, clock, start):
        click.echo("The node.toml that is there was left as it is.")


def _private(config: Config) -> PrivateStore:
    return PrivateStore(config.private, load_store_key(config.private, os.environ.get(PASSPHRASE, "")))


@keys.command(short_help="Make TLS files and the folder to hand to a peer.")
@folder_option
@replace_option
@click.argument("peer")
def prepare(folder: Path, replace: bool, peer: str) -> None:
    """Make our TLS authority and certificates for PEER, and the folder to hand to it."""
    config = load_config(folder)
    key = load_store_key(config.private, os.environ.get(PASSPHRASE, ""))
    public = prepare_peer(config, key, peer, replace=replace)
    click.echo(f"hand to {peer}: {public}")
    _print_digests(digests_in(public, config.code), config.code, peer)


def _print_digests(digests: Paired, code: str, peer: str) -> None:
    click.echo(f"authority of {code} for {peer}: {digests.authority}")
    click.echo(f"root document of {code}: {digests.root}")


@keys.command(short_help="Take what a peer handed us.")
@folder_option
@replace_option
@click.argument("peer")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def accept(folder: Path, replace: bool, peer: str, source: Path) -> None:
    """Take what PEER handed us in folder SOURCE; compare the printed digests by voice."""
    config = load_config(folder)
    _print_digests(accept_peer(config, peer, source, replace=replace), peer, config.code)
    click.echo("Compare both digests by voice before you start the node or sign terms that name the root.")


@keys.command("peer", short_help="Add a peer to node.toml.")
@folder_option
@click.argument("peer")
@click.option("--listen", required=True, help="host:port at which we listen for PEER, and for nobody else.")
@click.option("--url", required=True, help="https://host:port at which PEER listens for us.")
def peer_command(folder: Path, peer: str, listen: str, url: str) -> None:
    """Add PEER to node.toml; the node reads it at its next start."""
    add_peer(load_config(folder), peer, listen, url)
    click.echo(f"{peer}: we listen at {listen} and call {url}")


def _own_state(config: Config) -> KeyState:
    """Our own keys as our logs show them."""
    store = SqliteShared(config.shared_db)
    try:
        return keys_as_of_now(store, config.code, config.root_path(config.code).read_bytes())
    finally:
        store.close()


@keys.command("show", short_help="Our keys, and which are revoked.")
@folder_option
def show_keys(folder: Path) -> None:
    """Our keys: role, agency, key id, and whether revoked."""
    state = _own_state(load_config(folder))
    click.echo(f"{state.document.participant}: root {state.document.version}, {state.digest}")
    for entry in state.document.keys:
        identifier = key_id(entry.public)
        gone = "  REVOKED" if identifier in state.revoked else ""
        click.echo(f"  {entry.role:9} {entry.agency:12} {identifier}{gone}")


@keys.command(short_help="Make new keys and publish the next root document.")
@folder_option
@click.option(
    "--role", "roles", multiple=True, type=click.Choice(ROLES), help="Which to change (repeat; default: all)."
)
def rotate(folder: Path, roles: tuple[str, ...]) -> None:
    """Make new keys and publish the next root document through the running node."""
    config = load_config(folder)
    private = _private(config)
    document = next_root(private, _own_state(config), roles or ROLES)
    private.put("root", "next", document)
    private.close()
    with Control(config.control) as control:
        version = control.ask("rotate")["version"]
    click.echo(f"root {version} published: {digest_of(document)}")


@keys.command(short_help="Say that a key counts no more from here on.")
@folder_option
@click.argument("identifier")
@click.option("--reason", required=True, help="What is said with it.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@wait_option
def revoke(folder: Path, identifier: str, reason: str, yes: bool, wait: bool) -> None:
    """Say to everyone that key IDENTIFIER (8 hex digits or more of its id) counts no more from here on."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", identifier):
        raise GivenError(
            "bad-field", f"{identifier[:80]!r} is not 8 to 64 hex digits of a key's id", where="IDENTIFIER"
        )
    config = load_config(folder)
    state = _own_state(config)
    agencies = {entry.public: entry.agency for entry in state.document.keys}
    matches = {key_id(public): public for public in state.roles_ever if key_id(public).startswith(identifier)}
    if len(matches) != 1:
        raise GivenError("unknown-name", f"{identifier!r} fits {len(matches)} of our keys", where="IDENTIFIER")
    ((key, public),) = matches.items()
    holder = f"of {agencies[public]}" if public in agencies else "given up before"
    named = f"{state.roles_ever[public][1]} key {holder}, {key[:16]}…"
    if not yes and not click.confirm(f"Revoke the {named}? It cannot be taken back.", err=True):
        raise click.Abort
    with Control(config.control) as control:
        control.ask("revoke", key=key, reason=reason, wait=wait)
    click.echo(f"the {named} is revoked from here on")


@click.command(short_help="Draft a terms file to negotiate from.")
@folder_option
@click.option("--agreement", required=True, help="The agreement's name, as in its file.")
@click.option("--party", "parties", multiple=True, required=True, metavar="CODE=NAME", help="A party (repeat).")
@click.option(
    "--other", "others", multiple=True, metavar="CODE=NAME", help="One that takes part without a vote (repeat)."
)
@click.option(
    "--cosigner", "cosigners", multiple=True, metavar="FROM:TO:CODE", help="Who countersigns a log's heads (repeat)."
)
@click.argument("out", type=click.Path(path_type=Path))
def terms(
    folder: Path,
    agreement: str,
    parties: tuple[str, ...],
    others: tuple[str, ...],
    cosigners: tuple[str, ...],
    out: Path,
) -> None:
    """Draft a terms file from the root documents this node holds; OUT must not be there yet."""
    named = [_split(each, "=", 2) for each in (*parties, *others)]
    if len({code for code, _ in named}) != len(named):
        raise GivenError("bad-field", "a participant is named twice", where="--party, --other")
    neutral: dict[tuple[str, str], list[str]] = {}
    for sender, audience, code in (_split(each, ":", 3) for each in cosigners):
        neutral.setdefault((sender, audience), []).append(code)
    first, rest = dict(named[: len(parties)]), dict(named[len(parties) :])
    data = draft_for(load_config(folder), agreement, first, rest, neutral)
    with out.open("xb") as file:
        file.write(data)
    click.echo(f"{out}: {sha256_hex(data)}")
    click.echo("Read it through and change what is to be changed; all must hold the same bytes.")


def _split(text: str, by: str, count: int) -> list[str]:
    parts = text.split(by, count - 1)
    if len(parts) != count or not all(parts):
        raise click.UsageError(f"{text!r}: expected {count} parts with {by!r} between them")
    return parts
