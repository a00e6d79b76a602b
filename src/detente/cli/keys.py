"""`detente keys`: making a node's keys, exchanging public things with peers, changing and revoking keys."""

from __future__ import annotations

import os
from pathlib import Path

import click

from detente.adapters.config import Config, load_config
from detente.adapters.control import Control
from detente.adapters.export_folder import keys_as_of_now
from detente.adapters.setup import accept_peer, init_node, next_root, prepare_peer
from detente.adapters.store_private import PrivateStore, load_store_key
from detente.adapters.store_shared import SqliteShared
from detente.cli.node import PASSPHRASE, folder_option, wait_option
from detente.errors import GivenError
from detente.proof.keys import key_id
from detente.proof.roots import ROLES, KeyState, digest_of


@click.group()
def keys() -> None:
    """Make, show, exchange, change and revoke keys."""


@keys.command(short_help="Make a node's folder, keys and root document.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--code", required=True, help="This participant's code, e.g. us.")
@click.option("--name", required=True, help="Schema-less address under which its logs stand, e.g. example.org/line/us.")
@click.option(
    "--release-agency", "agencies", multiple=True, default=("centre",), help="Holder of a release key (repeat)."
)
@click.option("--release-needed", default=1, show_default=True, help="How many of them must sign each statement.")
@click.option("--passphrase", is_flag=True, help="Lock the store key with the passphrase in DETENTE_PASSPHRASE.")
def init(folder: Path, code: str, name: str, agencies: tuple[str, ...], release_needed: int, passphrase: bool) -> None:
    """Make FOLDER with keys and the first root document, and print its digest."""
    secret = os.environ.get(PASSPHRASE, "") if passphrase else ""
    if passphrase and not secret:
        raise GivenError("store-locked", f"set {PASSPHRASE}", where="--passphrase")
    root = init_node(folder, code, name, secret, agencies, release_needed)
    click.echo(f"root document of {code}: {digest_of(root)}")
    click.echo("Read this digest to the others by voice; it goes into the terms file.")


def _private(config: Config) -> PrivateStore:
    return PrivateStore(config.private, load_store_key(config.private, os.environ.get(PASSPHRASE, "")))


@keys.command(short_help="Make TLS files and the folder to hand to a peer.")
@folder_option
@click.argument("peer")
def prepare(folder: Path, peer: str) -> None:
    """Make our TLS authority and certificates for PEER, and the folder to hand to it."""
    config = load_config(folder)
    key = load_store_key(config.private, os.environ.get(PASSPHRASE, ""))
    click.echo(f"hand to {peer}: {prepare_peer(config, key, peer)}")


@keys.command(short_help="Take what a peer handed us.")
@folder_option
@click.argument("peer")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def accept(folder: Path, peer: str, source: Path) -> None:
    """Take what PEER handed us in folder SOURCE; compare the printed digest by voice."""
    digest = accept_peer(load_config(folder), peer, source)
    click.echo(f"root document of {peer}: {digest}")
    click.echo("Compare this digest by voice before you sign terms that name it.")


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
@wait_option
def revoke(folder: Path, identifier: str, reason: str, wait: bool) -> None:
    """Say to everyone that key IDENTIFIER counts no more from here on."""
    config = load_config(folder)
    known = {key_id(public) for public in _own_state(config).roles_ever}
    matches = [each for each in known if each.startswith(identifier)]
    if len(matches) != 1:
        raise GivenError("unknown-name", f"{identifier!r} fits {len(matches)} of our keys", where="IDENTIFIER")
    with Control(config.control) as control:
        control.ask("say", to="*", kind="revoke", fields={"key": matches[0], "reason": reason}, wait=wait)
    click.echo(f"key {matches[0][:16]}… is revoked from here on")
