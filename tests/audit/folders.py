"""Exports of simulated nodes as dictionaries of files, so that a test can spoil one byte and ask again at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from detente.adapters.export import Exported, export_node
from detente.adapters.export_folder import keys_as_of_now
from detente.node.audit import verify_folder
from detente.node.verdict import Verdict
from tests.sim.world import AGREEMENT, NOTICE, World

Files = dict[str, bytes]


def export(world: World, code: str, out: Path, **options: Any) -> Exported:
    """Export one node of a world."""
    store = world.store(code)
    states = {who: keys_as_of_now(store, who, document) for who, document in world.roots.items()}
    return export_node(store, world.terms, world.terms_bytes, AGREEMENT, world.roots, states, out, **options)


def load(folder: Path) -> Files:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def save(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files to a folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def under(files: Mapping[str, bytes], prefix: str) -> Files:
    """The files below a prefix, with paths relative to it."""
    return {name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)}


def check(files: Mapping[str, bytes], **known: Any) -> Verdict:
    """Verify a folder that is only in memory."""
    return verify_folder(files.get, files.keys(), **known)


def holds(files: Mapping[str, bytes], *words: str, **known: Any) -> Verdict:
    """Verify a folder that must hold; its line must say these words."""
    verdict = check(files, **known)
    assert verdict.ok, verdict
    for word in words:
        assert word in verdict.line, verdict
    return verdict


def fails(files: Mapping[str, bytes], file: str, *words: str, **known: Any) -> Verdict:
    """Verify a folder that must fail: the line names this file first, these words, whose fault it is and what to do."""
    verdict = check(files, **known)
    assert not verdict.ok, verdict
    assert verdict.line.startswith(f"{file}: "), verdict
    assert "; fault: " in verdict.line
    assert "Next: " in verdict.line
    for word in words:
        assert word in verdict.line, verdict
    return verdict


def flips(data: bytes, number: int, seed: str) -> Iterator[bytes]:
    """`number` copies of `data` with one byte changed each: first, last, and anywhere between."""
    draw = random.Random(seed)
    places = [0, len(data) - 1, *(draw.randrange(len(data)) for _ in range(number - 2))]
    for at in places[:number]:
        yield data[:at] + bytes([data[at] ^ draw.choice((1, 2, 4, 8, 16, 32, 64, 128, 255))]) + data[at + 1 :]


def adopted_world(**terms: str) -> World:
    """us, ru and un have adopted; us has given notice; half an hour has passed."""
    world = World(**terms)
    world.adopt()
    world.say("us", "ru", "notice", NOTICE)
    world.later(30 * 60_000)
    return world


def talk(world: World, sender: str, audience: str, number: int) -> None:
    """Many short statements in one batch."""
    with world.speaking(sender) as house:
        for n in range(number):
            house.say(audience, "call", {"about": "op", "text": f"call {n}"}, world.now)
