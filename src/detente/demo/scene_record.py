"""Scenes *line cut* and *record*: statements go on foot, a flipped byte is refused, and the ledgers are written out."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

from detente.adapters.bundle_files import read_bundle, write_bundle
from detente.adapters.control import b64, unb64
from detente.adapters.export_folder import export_folder
from detente.adapters.record_lines import write_record
from detente.adapters.store_shared import SqliteShared
from detente.agreement.history import History
from detente.demo.narrate import MADE_UP
from detente.demo.stage import PARTIES, Stage


def line_cut(stage: Stage) -> None:
    """The link is cut; statements go on foot; a flipped byte is refused."""
    say, three = stage.say, stage.three
    say.scene(
        "line cut",
        "The link fails. What us has to say goes to ru as files, in the very bytes the link would have carried.",
    )
    stage.time("17 14:10")
    config = three.configs["us"]
    store = SqliteShared(config.shared_db)
    gateway = int(store.meta("gateway pid"))
    os.kill(gateway, signal.SIGSTOP)
    try:
        call = {"about": "op-1", "text": "We repeat by courier: strikes on this place have ended."}
        placed = three.ask("us", "say", to="ru", kind="call", fields=call)["placed"][0]
        say.us(f"the gateway is stopped; entry {placed['entry']} is logged and waits", MADE_UP)
        folder = stage.out / "bundle"
        first, end = write_bundle(store, placed["origin"], folder)
        say.us(f"writes a bundle of entries {first} to {end - 1} to {folder}", MADE_UP)
        content = read_bundle(folder)
        _flipped(stage, content.checkpoint, content.entries)
        request = {"checkpoint": b64(content.checkpoint), "entries": [b64(body) for body in content.entries]}
        answer = three.ask("ru", "bundle", peer="us", requests=[request])["answers"][0]
        say.ru("takes the intact bundle and signs for it", MADE_UP)
        (folder / "receipt").write_bytes(unb64(answer["body"]))
        taken = three.ask("us", "bundle_receipt", receipt=answer["body"])
        say.us(f"the receipt comes back on foot: signed for up to entry {taken['signed_for'] - 1}", MADE_UP)
    finally:
        os.kill(gateway, signal.SIGCONT)
        store.close()
    three.settle()
    say.plain("The link is back; what it sends again is recognised and changes nothing.")


def _flipped(stage: Stage, checkpoint: bytes, entries: list[bytes]) -> None:
    body = bytearray(entries[0])
    body[len(body) // 2] ^= 1
    request = {"checkpoint": b64(checkpoint), "entries": [b64(bytes(body))]}
    answer = stage.three.ask("ru", "bundle", peer="us", requests=[request])["answers"][0]
    last = stage.three.ask("ru", "refusals", last=1)["refusals"][0]
    stage.say.ru(f"one byte was flipped on the way: answer {answer['status']}", MADE_UP)
    stage.say.caught(f"ru refuses: {last['code']}, {last['what']}; nothing of it is stored, fault of {last['party']}")


def record(stage: Stage) -> None:
    """The ledgers, written out for anyone to verify, and what they say to the judge."""
    say, three = stage.say, stage.three
    say.scene("record", "Each node writes what it holds; anyone can verify it offline, with or without Detente.")
    for code, config in three.configs.items():
        export_folder(config, stage.out / code)
        records = record_file(stage.out, code)
        note = f"the record of the demo's node {code}, from its signed ledgers"
        history = replace(History.of(stage.record(code), "synthetic"), notes=(note,))
        records.write_text("".join(f"{line}\n" for line in write_record(history, stage.agreement)), encoding="utf-8")
    us, ru = (
        f"wrote its ledgers to {stage.out / code}, what they say to {record_file(stage.out, code)}" for code in PARTIES
    )
    say.both(us, MADE_UP, ru, MADE_UP)
    say.un(f"wrote its ledgers to {stage.out / 'un'}", MADE_UP)


def record_file(out: Path, code: str) -> Path:
    """Where the record of a node is written, as `detente judge` reads it."""
    return out / f"record-{code}.jsonl"
