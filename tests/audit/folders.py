"""Exports of simulated nodes as dictionaries of files, so that a test can spoil one byte and ask again at once."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from detente.adapters.export import Exported, export_node
from detente.adapters.export_folder import keys_as_of_now
from detente.node.audit.verdict import Verdict
from detente.node.audit.verify import verify_folder
from detente.proof.checkpoint import Checkpoint, Head, cosign, sign_checkpoint
from detente.proof.tiles import WIDTH, encode_bundle, parse_bundle, tiles_of
from detente.proof.tree import Tree, leaf_hash
from tests.sim.world import AGREEMENT, NOTICE, World, origin, out

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
    assert re.match(re.escape(file) + "[ :]", verdict.line), verdict
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


def adopted_world(between: str = "un") -> World:
    """us, ru and un have adopted; us has given notice; half an hour has passed. `between`: who countersigns us↔ru."""
    world = World(between=between)
    world.adopt()
    world.say("us", "ru", "notice", NOTICE)
    world.later(30 * 60_000)
    return world


def talk(world: World, sender: str, audience: str, number: int) -> None:
    """Many short statements in one batch."""
    with world.speaking(sender) as house:
        for n in range(number):
            house.say(out(audience, "call", {"about": "op", "text": f"call {n}"}), world.now)


def entries_of(log: Mapping[str, bytes]) -> list[bytes]:
    """All entries of a log folder, in order."""
    names = sorted((n for n in log if n.startswith("tile/entries/")), key=lambda n: n.partition(".p/")[0])
    return [entry for name in names for entry in parse_bundle(log[name])]


def log_folder(entries: Sequence[bytes], checkpoint: bytes, others: Mapping[str, bytes]) -> Files:
    """A log folder over these entries: tiles made anew, `others` (policies, receipts) taken over."""
    tree = Tree(map(leaf_hash, entries))
    files: Files = {name: data for name, data in others.items() if not name.startswith("tile/")}
    for tile in tiles_of(len(entries)):
        if tile.level < 0:
            files[tile.path()] = encode_bundle(entries[tile.number * WIDTH : tile.number * WIDTH + tile.width])
        else:
            files[tile.path()] = tree.tile(tile.level, tile.number, tile.width)
    return {**files, "checkpoint": checkpoint}


def signed_head(world: World, sender: str, audience: str, entries: Sequence[bytes], mirror: bool = True) -> Checkpoint:
    """A head over any entries, as `sender` would sign it and (if it lets itself be used) its mirror countersign it."""
    log = origin(sender, audience)
    head = Head(log, len(entries), Tree(map(leaf_hash, entries)).root())
    checkpoint = sign_checkpoint(head, world.nodes[sender].signers["log"])
    if not mirror:
        return checkpoint
    signer = world.nodes[audience].signers["mirror"][0]
    return checkpoint.with_lines([cosign(head, f"demo/test/{audience}/mirror", signer, world.now // 1000)])
