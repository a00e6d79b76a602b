"""Nodes of ours in this process: real houses on real stores on disk, without gateways and sockets."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from detente.adapters.config import Config
from detente.adapters.house_opening import open_house
from detente.adapters.store_private import PrivateStore, load_store_key
from detente.adapters.store_shared import SqliteShared
from detente.demo.three import Three
from detente.node.house import House
from detente.proof.keys import SoftSigner, key_id
from detente.proof.roots import read_root

BATCH = 256
SEED = 2016
AGREEMENT = b"language: 1\nagreement: bench-2016\nclauses:\n- id: A\n  at_least: 24h\n"
NUMBERS = {"entries": "900000000", "bytes": "900000000000"}  # the quota is not what is measured
NOTICE = {
    "operation": "op-1",
    "place": {"lat": 352850000, "lon": 401760000, "radius": 2000},
    "window": {"start": 1474102800000, "end": 1474106400000},
}


def make_three(folder: Path) -> Three:
    """us, ru and un as a real pairing makes them, on wall time; nothing is started."""
    return Three(folder, AGREEMENT, "bench-2016", prefix="bench", numbers=NUMBERS)


def now_ms() -> int:
    """Wall time."""
    return time.time_ns() // 1_000_000


def open_node(config: Config) -> tuple[House, SqliteShared, PrivateStore]:
    """A node's house in this process, as the house process opens it: store on disk, threaded verifier."""
    house, store, private, _ = open_house(config, load_store_key(config.private))
    return house, store, private


def copied(config: Config, folder: Path) -> Config:
    """A node's configuration, for a copy of its folder."""
    return replace(config, folder=folder, agreement_path=folder / "agreement.yaml", terms_path=folder / "terms.yaml")


def carry(nodes: dict[str, tuple[House, SqliteShared]]) -> None:
    """Carry what the houses have to tell each other until nothing is left; what is for others stays."""
    moved = True
    while moved:
        moved = False
        for code, (house, store) in nodes.items():
            for job in [job for job in store.jobs() if job.peer in nodes]:
                peer = nodes[job.peer][0]
                with peer.batch(now_ms()):
                    reply = peer.serve(code, job.path, job.body, now_ms())
                store.add_answer(job, reply.status, reply.body)
                with house.batch(now_ms()):
                    for item in store.inbox():
                        house.answered(item.peer, item.purpose, item.status, item.body, now_ms())
                        store.settle(item, 0, "", b"")
                moved = True


@dataclass(frozen=True)
class Keys:
    """Private halves of a node, for peers that shall sign the same bytes and for logs spoiled on purpose."""

    release: SoftSigner
    release_seed: bytes
    log: SoftSigner


def keys_of(config: Config) -> Keys:
    """The release and log keys of a node's first root."""
    private = PrivateStore(config.private, load_store_key(config.private))
    try:
        signers = private.signers(read_root(config.root_path(config.code).read_bytes()).document)
        release, log = signers["release"][0], signers["log"][0]
        seed = private.get("seed", key_id(release.public))
    finally:
        private.close()
    assert isinstance(release, SoftSigner)
    assert isinstance(log, SoftSigner)
    assert seed is not None
    return Keys(release, seed, log)


@dataclass(frozen=True)
class Logged:
    """The log us→ru that the part `append` makes: the input of ingest and proofs."""

    origin: str
    entries: list[bytes]
    keys: Keys
    ru: Config
