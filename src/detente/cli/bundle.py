"""`detente bundle`: a push on foot, for links that are cut or one-way."""

from __future__ import annotations

import os
from pathlib import Path

import click

from detente.adapters.bundle_files import RECEIPT, read_bundle, write_bundle
from detente.adapters.config import load_config
from detente.adapters.control import b64, unb64
from detente.adapters.store_shared import SqliteShared
from detente.cli.node import folder_option, line
from detente.errors import GivenError


@click.group()
def bundle() -> None:
    """Carry statements and receipts as files when no link is up."""


@bundle.command("export")
@folder_option
@click.option("--to", "peer", required=True, help="The audience.")
@click.option("--from", "start", type=int, help="First entry to include (default: the first not yet signed for).")
@click.argument("out", type=click.Path(path_type=Path))
def export_bundle(folder: Path, peer: str, start: int | None, out: Path) -> None:
    """Write what PEER has not signed for to folder OUT."""
    config = load_config(folder)
    log = config.terms().log_between(config.code, peer)
    if log is None:
        raise GivenError("unknown-name", f"no log to {peer!r}", where="--to")
    store = SqliteShared(config.shared_db)
    first, end = write_bundle(store, log.origin, out, start)
    store.close()
    click.echo(
        f"{out}: entries {first} to {end - 1} of {log.origin}"
        if end > first
        else f"{out}: the head of {end}, no new entries"
    )


@bundle.command("import")
@folder_option
@click.option("--from", "peer", required=True, help="Who made the bundle.")
@click.option("--receipt-to", type=click.Path(path_type=Path), help="Folder for the receipt (default: SOURCE).")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def import_bundle(folder: Path, peer: str, receipt_to: Path | None, source: Path) -> None:
    """Take the bundle in folder SOURCE; our signature for it is written there as `receipt`, to be carried back."""
    content = read_bundle(source)
    receipt = (receipt_to or source) / RECEIPT
    if not receipt.parent.is_dir() or not os.access(receipt.parent, os.W_OK | os.X_OK):
        what = "the receipt cannot be written here, so nothing was taken in; name another folder with --receipt-to"
        raise GivenError("file-unreadable", what, where=str(receipt.parent))
    request = {"checkpoint": b64(content.checkpoint), "entries": [b64(body) for body in content.entries]}
    _, control = line(folder)
    with control:
        answer = control.ask("bundle", peer=peer, requests=[request])["answers"][0]
        body = unb64(answer["body"])
        if answer["status"] != 200:
            last = control.ask("refusals", last=1)["refusals"]
            detail = f": {last[0]['what']}" if last else ""
            raise GivenError("bundle-invalid", f"{body.decode(errors='replace').strip()}{detail}", where=str(source))
    receipt.write_bytes(body)
    last = int(body.split(b"\n")[1]) - 1
    click.echo(f"taken in and signed for up to entry {last}; carry {receipt} back to {peer}")


@bundle.command("receipt")
@folder_option
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def take_receipt(folder: Path, source: Path) -> None:
    """Take the receipt that came back in folder SOURCE (or the file itself)."""
    path = source / RECEIPT if source.is_dir() else source
    _, control = line(folder)
    with control:
        answer = control.ask("bundle_receipt", receipt=b64(path.read_bytes()))
    click.echo(f"{answer['origin']}: signed for up to entry {answer['size'] - 1}")
