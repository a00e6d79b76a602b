"""`detente log`, `export`, `receipt`, `voice`: reading the record, taking it along, comparing it by voice."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import click
import msgspec

from detente.adapters.config import load_config
from detente.adapters.control import unb64
from detente.adapters.export_folder import export_folder
from detente.adapters.store_shared import SqliteShared
from detente.cli.node import entries, folder_option, json_option, line, warn_of_misfits
from detente.cli.readable import readable
from detente.errors import GivenError
from detente.model.statement import decode_statement
from detente.model.when import show_clock, show_instant
from detente.proof.envelope import parse_envelope

HEAD_FIELDS = ("agreement", "approval", "author", "origin", "salt", "label", "seen", "time", "type")


@click.command(short_help="The statements of a log that count.")
@folder_option
@click.argument("sender")
@click.argument("audience")
@click.option("--from", "start", default=0, help="First entry.")
@json_option
def log(folder: Path, sender: str, audience: str, start: int, as_json: bool) -> None:
    """The statements that count in the log from SENDER to AUDIENCE, as this node holds it."""
    config = load_config(folder)
    known = config.terms()
    found = known.log_between(sender, audience)
    if found is None:
        raise GivenError("unknown-name", f"no log from {sender!r} to {audience!r}")
    if config.code not in (sender, audience):
        held = [
            f"{log.sender} {log.audience}" for log in known.logs.values() if config.code in (log.sender, log.audience)
        ]
        what = f"{config.code} does not hold the log from {sender} to {audience}; it holds: {', '.join(held)}"
        raise GivenError("unknown-name", what)
    with closing(SqliteShared(config.shared_db)) as store:
        for row in store.statements("", found.origin):
            if row.entry < start:
                continue
            data = store.entries(row.origin, row.entry, row.entry + 1)[0]
            statement = decode_statement(parse_envelope(data).payload, row.kind)
            if as_json:
                placed = {"entry": row.entry, "id": row.id, "received": row.received}
                click.echo(json.dumps({**placed, **msgspec.to_builtins(statement)}, ensure_ascii=False))
                continue
            fields = msgspec.to_builtins(statement, builtin_types=(bytes,))
            text = readable({name: value for name, value in fields.items() if name not in HEAD_FIELDS})
            shown = f"{text[:160]}{'…' if len(text) > 160 else ''}"
            click.echo(f"{row.entry:6} {show_instant(row.received)} {row.kind}: {shown}")


@click.command(short_help="Write the ledgers for anyone to verify.")
@folder_option
@click.argument("out", type=click.Path(path_type=Path))
def export(folder: Path, out: Path) -> None:
    """Write every log this node holds to folder OUT, for anyone to verify. The node may be running."""
    exported = export_folder(load_config(folder), out)
    click.echo(f"{out}: {len(exported.logs)} logs; check with: detente verify {out}")


@click.command(short_help="What the judge reads of this node, as JSON lines.")
@folder_option
def record(folder: Path) -> None:
    """Everything said and told under the agreement as this node holds it, with receipts and how far each log is known.

    `detente judge AGREEMENT FILE` reads it. What does not fit the agreement is named on standard error.
    """
    _, control = line(folder)
    with control:
        answer = control.ask("record")
    warn_of_misfits(answer)
    click.echo("\n".join(answer["lines"]))


@click.command(short_help="Write the receipt of an entry as a file.")
@folder_option
@click.argument("origin")
@click.argument("entry", type=int)
@click.argument("out", type=click.Path(path_type=Path))
def receipt(folder: Path, origin: str, entry: int, out: Path) -> None:
    """Write the receipt of entry ENTRY of our log ORIGIN as a .tlog-proof file."""
    _, control = line(folder)
    with control:
        answer = control.ask("receipt", origin=origin, entry=entry)
    out.write_bytes(unb64(answer["file"]))
    click.echo(f"{out}: {answer['by']} signed for it at {show_clock(answer['at'])}")


@click.group(short_help="Compare a log by voice.")
def voice() -> None:
    """Compare a log by voice: the listener challenges, the owner reads five words, the listener checks them."""


@voice.command()
@folder_option
@click.argument("peer")
def challenge(folder: Path, peer: str) -> None:
    """Listener: a random challenge to speak to PEER."""
    _, control = line(folder)
    with control:
        text = control.ask("challenge", peer=peer)["challenge"]
    click.echo("speak: " + " ".join(text[at : at + 4] for at in range(0, 16, 4)))


@voice.command()
@folder_option
@click.argument("peer")
@click.argument("challenge_text", nargs=-1, required=True)
def words(folder: Path, peer: str, challenge_text: tuple[str, ...]) -> None:
    """Owner: the words to read to PEER for our newest head, under the challenge it spoke."""
    _, control = line(folder)
    with control:
        answer = control.ask("words", peer=peer, challenge="".join(challenge_text))
    click.echo(f"read: {' '.join(answer['words'])}, for {answer['size']} entries")
    for one in answer["placed"]:
        click.echo(f"a voice statement was logged: {one['origin']} entry {one['entry']}")


@voice.command()
@folder_option
@click.argument("peer")
@click.argument("size", type=int)
@click.argument("spoken", nargs=5)
def check(folder: Path, peer: str, size: int, spoken: tuple[str, ...]) -> None:
    """Listener: check the five words PEER read for SIZE entries."""
    _, control = line(folder)
    with control:
        control.ask("hear", peer=peer, size=size, words=list(spoken))
    click.echo(f"the words fit: {peer} and we hold the same {entries(size)}")
