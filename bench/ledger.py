"""The ledger's figures, each beside a peer from the registry or the limit of this machine, on the same input, in one run.

Four parts: own append, verified ingest, receipts between real processes over mutual TLS, proofs. Every part ends in a
check that ours and theirs gave the same answers (entry bytes, refused entries, roots, paths, receipts); a difference
ends the run. Speed never does. How to read the table: bench/README.md.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import platform
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pymerkle
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import PlainEd25519Signer, Vkey, VkeySet
from tlog_scales.tiles import leaf_hash as their_leaf_hash
from tlog_scales.tlog import ConsistencyProof, InclusionProof
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.writer import TilesWriter

from detente.adapters.config import Config
from detente.adapters.control import Control
from detente.adapters.house_process import open_house
from detente.adapters.store_private import PrivateStore, load_store_key
from detente.adapters.store_shared import SqliteShared
from detente.adapters.threads import threaded_verifier
from detente.adapters.tls import SERVER_NAME, client_context, server_context
from detente.demo.three import Three, free_ports
from detente.node.house import House
from detente.proof.checkpoint import Head, sign_checkpoint
from detente.proof.envelope import DsseSignature, Envelope, parse_envelope
from detente.proof.keys import SoftSigner, VerifierKey, key_id, verify_each
from detente.proof.receipt import parse_proof
from detente.proof.roots import KeyState, read_root
from detente.proof.tree import Tree, check_consistency, check_inclusion, leaf_hash
from detente.proof.wire import MAX_BODY, AddCheckpoint, encode_add_entries, parse_add_entries

BATCH = 256
SINGLES = 512
BATCHES = 78  # with the singles: 20,480 statements
SPOILED = 16
REPEATS = 3
LATENCIES = 600
FLIGHTS = (1, 2, 4, 6, 8, 12, 16)
FLIGHT_BATCHES = 24
FINAL_BATCHES = 72
PROOFS = 2_000
SEED = 2016
AGREEMENT = b"language: 1\nagreement: bench-2016\nclauses:\n- id: A\n  at_least: 24h\n"
NUMBERS = {"entries": "900000000", "bytes": "900000000000"}  # the quota is not what is measured
NOTICE = {
    "operation": "op-1",
    "place": {"lat": 352850000, "lon": 401760000, "radius": 2000},
    "window": {"start": 1474102800000, "end": 1474106400000},
}


@dataclass
class Row:
    """One line of the table. `ours` and `theirs` are rates (1/s), or milliseconds where `unit` is ms."""

    part: str
    what: str
    unit: str
    ours: float | None
    peer: str
    theirs: float | None
    agree: str
    aim: str = ""

    def factor(self) -> float | None:
        """How many times faster ours is."""
        if not self.ours or not self.theirs:
            return None
        return self.theirs / self.ours if self.unit == "ms" else self.ours / self.theirs


@dataclass
class Report:
    """What the run found, and on what machine."""

    machine: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *values: Any, **named: Any) -> None:
        """One more line."""
        self.rows.append(Row(*values, **named))


class Bars:
    """Progress bars that leave nothing behind."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description:<58}"), BarColumn(30), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)

    @contextmanager
    def bar(self, words: str, total: int) -> Iterator[Callable[[], None]]:
        """A bar of `total` steps; the function given takes one step."""
        with self._progress:
            task = self._progress.add_task(words, total=total)
            yield lambda: self._progress.advance(task)
            self._progress.remove_task(task)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median_of(repeats: int, work: Callable[[int], float], step: Callable[[], None]) -> float:
    """The median of what `work(n)` measures."""
    found = []
    for n in range(repeats):
        found.append(work(n))
        step()
    return statistics.median(found)


def percentiles(times: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and the largest, in ms."""
    ordered = sorted(times)
    return tuple(1e3 * ordered[min(len(ordered) - 1, int(len(ordered) * p))] for p in (0.5, 0.95, 1.0))  # type: ignore[return-value]


# --- nodes in this process ----------------------------------------------------------------------------------------


def now_ms() -> int:
    """Wall time."""
    return time.time_ns() // 1_000_000


def opened(config: Config) -> tuple[House, SqliteShared, PrivateStore]:
    """A node's house in this process, on its store on disk, as the house process opens it."""
    house, store, private, _ = open_house(config, load_store_key(config.private))
    return house, store, private


def carry(nodes: dict[str, tuple[House, SqliteShared]]) -> None:
    """Carry what the houses have to tell each other until nothing is left, without gateways."""
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


@dataclass
class Logged:
    """The log us→ru that part one makes: the input of parts two and four."""

    origin: str
    entries: list[bytes]
    release: SoftSigner
    release_seed: bytes
    log: SoftSigner
    ru: Config


def seed_of(private: PrivateStore, public: bytes) -> bytes:
    """The seed of a key of a private store; peers sign with the same key, so their bytes must be ours."""
    seed = private.get("seed", key_id(public))
    assert seed is not None
    return seed


# --- peers --------------------------------------------------------------------------------------------------------


def their_key(public: bytes) -> SSlibKey:
    """A release key as securesystemslib holds it."""
    return SSlibKey(key_id(public), "ed25519", "ed25519", {"public": public.hex()})


def their_signer(seed: bytes, public: bytes) -> CryptoSigner:
    """A release signer of securesystemslib."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed), their_key(public))


def their_sign(signer: CryptoSigner, kind: str, payload: bytes) -> bytes:
    """Envelope bytes as securesystemslib signs them, in our byte form."""
    envelope = TheirEnvelope(payload, kind, {})
    envelope.sign(signer)
    return msgspec.json.encode(envelope.to_dict(), order="sorted")


def their_verify(key: SSlibKey, entry: bytes) -> bool:
    """Whether securesystemslib accepts an entry."""
    try:
        return bool(TheirEnvelope.from_dict(json.loads(entry)).verify([key], 1))
    except VerificationError:
        return False


def their_log(folder: Path, origin: str) -> tuple[TilesWriter, list[PlainEd25519Signer]]:
    """A log of tlog_scales: tile files and a signed checkpoint, synced."""
    return TilesWriter.create(folder, origin), [PlainEd25519Signer(origin, bytes(32))]


def grow(writer: TilesWriter, signers: list[PlainEd25519Signer], entries: Sequence[bytes]) -> None:
    """One head over more entries."""
    for entry in entries:
        writer.add_leaf(entry)
    writer.commit(signers)


def root_of(folder: Path) -> bytes:
    """Root in the checkpoint of a log of tlog_scales."""
    return TheirCheckpoint.from_text((folder / "checkpoint").read_text()).root_hash


# --- part one: own append -----------------------------------------------------------------------------------------


def own_append(folder: Path, report: Report, bars: Bars) -> Logged:
    """Statements built, signed and logged by one house, durably; then the same payloads by peers."""
    three = Three(folder, AGREEMENT, "bench-2016", prefix="bench", numbers=NUMBERS)
    house, store, private = opened(three.configs["us"])
    ru, ru_store, ru_private = opened(three.configs["ru"])
    for each in (house, ru):
        each.start(now_ms())
    carry({"us": (house, store), "ru": (ru, ru_store)})
    ru_store.close()
    ru_private.close()
    origin = house.terms.log_between("us", "ru").origin  # type: ignore[union-attr]
    opening = house.ledgers[origin].size

    def say(count: int) -> None:
        now = now_ms()
        with house.batch(now):
            for _ in range(count):
                house.say("ru", "notice", NOTICE, now)

    with bars.bar("own append, one statement a head", SINGLES) as step:
        singles = sum(seconds(lambda: say(1)) + (step() or 0) for _ in range(SINGLES))
    with bars.bar(f"own append, {BATCH} statements a head", BATCHES) as step:
        batches = sum(seconds(lambda: say(BATCH)) + (step() or 0) for _ in range(BATCHES))
    ledger = house.ledgers[origin]
    entries = store.entries(origin, 0, ledger.size)
    signers = private.signers(house.state.document)
    release, log = signers["release"][0], signers["log"][0]
    logged = Logged(origin, entries, release, seed_of(private, release.public), log, three.configs["ru"])
    root = ledger.tree.root()
    store.close()
    private.close()

    for part, first, last, size, took, aim in (
        ("one statement a head", opening, opening + SINGLES, 1, singles, ""),
        (f"{BATCH} statements a head", opening + SINGLES, len(entries), BATCH, batches, ""),
    ):
        count = last - first
        what = f"own append, {part}"
        found = peers_append(folder / f"peers-{size}", logged, first, last, size, bars)
        for peer, (theirs, agree) in found.items():
            report.add("own", what, "/s", count / took, peer, count / theirs, agree, aim=aim)
    whole = Tree(map(leaf_hash, entries))
    assert whole.root() == root, "the log read back from the store has another root"
    return logged


def peers_append(
    folder: Path, logged: Logged, first: int, last: int, size: int, bars: Bars
) -> dict[str, tuple[float, str]]:
    """The same payloads signed by securesystemslib and logged by tlog_scales, and by pymerkle on SQLite."""
    ours = logged.entries[first:last]
    opened_entries = [parse_envelope(entry) for entry in ours]
    signer = their_signer(logged.release_seed, logged.release.public)
    before = Tree(map(leaf_hash, logged.entries[:first]))
    root = Tree(map(leaf_hash, logged.entries[:last])).root()
    groups = [opened_entries[at : at + size] for at in range(0, len(opened_entries), size)]
    folder.mkdir()
    made: list[bytes] = []
    writer, log_signers = their_log(folder / "tiles", logged.origin)
    grow(writer, log_signers, logged.entries[:first])
    assert root_of(folder / "tiles") == before.root()

    def tlog(group: list[Envelope]) -> None:
        signed = [their_sign(signer, e.payloadType, e.payload) for e in group]
        made.extend(signed)
        grow(writer, log_signers, signed)

    merkle = pymerkle.SqliteTree(str(folder / "pymerkle.db"))
    merkle.append_entries(logged.entries[:first])

    def sqlite(group: list[Envelope]) -> None:
        merkle.append_entries([their_sign(signer, e.payloadType, e.payload) for e in group])

    with bars.bar(f"peers append, {size} a head", 2 * len(groups)) as step:
        tiles_took = sum(seconds(lambda g=group: tlog(g)) + (step() or 0) for group in groups)
        sqlite_took = sum(seconds(lambda g=group: sqlite(g)) + (step() or 0) for group in groups)
    assert made == ours, "securesystemslib signed other entry bytes than ours"
    assert root_of(folder / "tiles") == root, "tlog_scales has another root"
    assert merkle.get_root() == root, "pymerkle has another root"
    merkle.close()
    same = f"{len(made):,} entries byte for byte; root"
    return {
        "securesystemslib + tlog_scales (files)": (tiles_took, same),
        "securesystemslib + pymerkle (SQLite; no head)": (sqlite_took, same),
    }


# --- part two: verified ingest ------------------------------------------------------------------------------------


def spoil(entries: list[bytes], picks: set[int]) -> list[bytes]:
    """The entries, those picked with a signature that does not fit."""
    result = list(entries)
    for index in picks:
        envelope = parse_envelope(entries[index])
        (signature,) = envelope.signatures
        wrong = DsseSignature(signature.keyid, bytes([signature.sig[0] ^ 1]) + signature.sig[1:])
        result[index] = Envelope(envelope.payload, envelope.payloadType, [wrong]).encode()
    return result


def bodies(logged: Logged, entries: list[bytes], tree: Tree) -> tuple[bytes, list[bytes]]:
    """add-checkpoint from entry 1 on, and add-entries bodies of up to 32 packages."""
    checkpoint = sign_checkpoint(Head(logged.origin, tree.size, tree.root()), [logged.log])
    offer = AddCheckpoint(1, tuple(tree.consistency(1, tree.size)), checkpoint).encode()
    found: list[bytes] = []
    at = 1
    while at < tree.size:
        body = encode_add_entries(logged.origin, at, tree.size, tree, lambda a, b: entries[a:b], MAX_BODY)
        found.append(body)
        at = parse_add_entries(body).packages[-1].end
    return offer, found


def ingest(folder: Path, logged: Logged, report: Report, bars: Bars) -> None:
    """A peer's log taken in whole, every signature verified, durably; peers on the same entries."""
    picks = set(random.Random(SEED).sample(range(1, len(logged.entries)), SPOILED))
    entries = spoil(logged.entries, picks)
    tree = Tree(map(leaf_hash, entries))
    offer, parts = bodies(logged, entries, tree)
    fresh = entries[1:]
    largest = max(len(parse_add_entries(part).packages) for part in parts)

    def ours(n: int) -> float:
        home = folder / f"ru-{n}"
        shutil.copytree(logged.ru.folder, home, ignore=shutil.ignore_patterns("*.sock"))
        house, store, private = opened(msgspec.structs.replace(logged.ru, folder=home) if False else moved(logged.ru, home))
        took = 0.0
        for path, body in (("/mirror/add-checkpoint", offer), *(("/mirror/add-entries", part) for part in parts)):
            now = now_ms()
            start = time.perf_counter()
            with house.batch(now):
                reply = house.serve("us", path, body, now)
            took += time.perf_counter() - start
            assert reply.status in (200, 202), reply
        assert reply.status == 200, "our mirror did not sign for the whole log"
        refused = {r.entry for r in store.refusals(1000) if r.code == "bad-signature"}
        assert refused == picks, "our mirror counts other entries than it should"
        assert house.mirrors["us"].tree.root() == tree.root()
        assert store.entries(logged.origin, 0, tree.size) == entries
        store.close()
        private.close()
        return took

    with bars.bar(f"verified ingest of {len(fresh):,} entries", REPEATS) as step:
        took = median_of(REPEATS, ours, step)
    what = f"verified ingest, {len(fresh):,} entries in {len(parts)} bodies of up to {largest} packages"
    rate = len(fresh) / took
    key = their_key(logged.release.public)
    refused: list[set[int]] = []

    def verify(_: int) -> float:
        start = time.perf_counter()
        answers = [their_verify(key, entry) for entry in fresh]
        end = time.perf_counter()
        refused.append({n for n, good in enumerate(answers, 1) if not good})
        return end - start

    def tiles(n: int) -> float:
        writer, signers = their_log(folder / f"tiles-{n}", logged.origin)
        grow(writer, signers, entries[:1])
        took = seconds(lambda: grow(writer, signers, fresh))
        assert root_of(folder / f"tiles-{n}") == tree.root(), "tlog_scales has another root"
        return took

    def merkle(n: int) -> float:
        theirs = pymerkle.SqliteTree(str(folder / f"pymerkle-{n}.db"))
        theirs.append_entries(entries[:1])
        took = seconds(lambda: (theirs.append_entries(fresh), theirs.get_root()))
        assert theirs.get_root() == tree.root(), "pymerkle has another root"
        theirs.close()
        return took

    publics = {key_id(logged.release.public): logged.release.public}
    checks = [check for entry in fresh for check in parse_envelope(entry).checks(publics)]
    verify_many = threaded_verifier()

    def limit(_: int) -> float:
        start = time.perf_counter()
        answers = verify_many(checks)
        end = time.perf_counter()
        refused.append({n for n, good in enumerate(answers, 1) if not good})
        return end - start

    with bars.bar("peers verify and store the same entries", 4 * REPEATS) as step:
        verified, in_tiles, in_sqlite, raw = (
            median_of(REPEATS, work, step) for work in (verify, tiles, merkle, limit)
        )
    assert all(each == picks for each in refused), "a peer refuses other entries than ours"
    same = f"the same {SPOILED} refused"
    count = len(fresh)
    report.add("ingest", what, "/s", rate, "securesystemslib, then tlog_scales", count / (verified + in_tiles),
               f"{same}; root", aim="≥ 15,000/s")  # fmt: skip
    report.add("ingest", what, "/s", rate, "securesystemslib verify alone (nothing stored)", count / verified, same)
    report.add("ingest", what, "/s", rate, "tlog_scales writer alone (nothing verified)", count / in_tiles, "root")
    report.add("ingest", what, "/s", rate, "pymerkle SQLite alone (nothing verified)", count / in_sqlite, "root")
    report.add("ingest", what, "/s", rate, "limit: libsodium verify on all cores", count / raw, same)


def moved(config: Config, home: Path) -> Config:
    """A node's configuration, for a copy of its folder."""
    from dataclasses import replace

    return replace(config, folder=home, agreement_path=home / "agreement.yaml", terms_path=home / "terms.yaml")


# --- part three: receipts between real processes over mutual TLS -----------------------------------------------------


def receipted(folder: Path, report: Report, bars: Bars) -> None:
    """Three nodes, two processes each; `us` speaks to `ru` and waits until `ru` has signed for it."""
    with Three(folder, AGREEMENT, "bench-2016", prefix="bench", numbers=NUMBERS) as three:
        three.start()
        line = three.line("us")
        for _ in range(50):
            line.ask("say", to="ru", kind="notice", fields=NOTICE, wait=True)
        times: list[float] = []
        placed: list[dict[str, Any]] = []
        with bars.bar("receipted over mTLS, one statement", LATENCIES) as step:
            for _ in range(LATENCIES):
                start = time.perf_counter()
                answer = line.ask("say", to="ru", kind="notice", fields=NOTICE, wait=True)
                times.append(time.perf_counter() - start)
                placed += answer["placed"]
                step()
        single = check_receipts(three, placed, bars)
        many: list[dict[str, Any]] = []
        rates: dict[int, float] = {}
        with bars.bar(f"receipted over mTLS, {BATCH} a request: how many in flight", len(FLIGHTS)) as step:
            for flight in FLIGHTS:
                rates[flight] = in_flight(three.configs["us"], flight, max(FLIGHT_BATCHES, 2 * flight), many)
                step()
        best = max(rates, key=lambda flight: rates[flight])
        with bars.bar(f"receipted over mTLS, {BATCH} a request, {best} in flight", REPEATS) as step:
            rate = median_of(REPEATS, lambda _: in_flight(three.configs["us"], best, FINAL_BATCHES, many), step)
        several = check_receipts(three, random.Random(SEED).sample(many, LATENCIES), bars)
        refusals = [r for code in ("us", "ru", "un") for r in three.ask(code, "refusals")["refusals"]]
        assert not refusals, f"a node refused something: {refusals[:3]}"
        bare = bare_posts(three, bars)
        three.stop()
        said = 50 + len(placed) + len(many)
        checked = check_copies(three, said)
        assembled, peer_agree, raw = assembled_from_registry(folder / "assembled", three, bars)
    p50, p95, largest = percentiles(times)
    b50, b95, b_largest = percentiles(bare)
    peer = "limit: one bare POST over the same TLS, nothing stored"
    agree = f"{len(placed)} receipts valid to tlog_scales"
    assert single == len(placed)
    report.add("receipted", "one statement receipted over mTLS, p50", "ms", p50, peer, b50, agree)
    report.add("receipted", "one statement receipted over mTLS, p95", "ms", p95, peer, b95, agree, aim="p95 ≤ 25 ms")
    report.add("receipted", "one statement receipted over mTLS, largest", "ms", largest, peer, b_largest, agree)
    what = f"receipted over mTLS, {BATCH} a request, {best} requests in flight"
    peer = "securesystemslib + tlog_scales at both ends, one process, no wire"
    agree = f"{several} receipts valid to tlog_scales; {checked}"
    report.add("receipted", what, "/s", rate, peer, assembled, f"{agree}; {peer_agree}", aim="≥ 10,000/s")
    report.add("receipted", what, "/s", rate, "limit: libsodium sign + verify on all cores", raw, "every signature")
    report.notes.append(
        "receipted statements a second by requests in flight: "
        + ", ".join(f"{flight}: {rates[flight]:,.0f}" for flight in FLIGHTS)
    )


def in_flight(config: Config, flight: int, batches: int, placed: list[dict[str, Any]]) -> float:
    """Statements a second with `flight` requests of 256 under way at a time, each on its own control line."""
    lines = [Control(config.control) for _ in range(flight)]
    left = iter(range(batches))
    lock = threading.Lock()

    def work(line: Control) -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            answer = line.ask("say_many", to="ru", kind="notice", many=[NOTICE] * BATCH, wait=True)
            with lock:
                placed.extend(answer["placed"])

    with ThreadPoolExecutor(flight) as pool:
        took = seconds(lambda: list(pool.map(work, lines)))
    for line in lines:
        line.close()
    return batches * BATCH / took


def verifiers(three: Three) -> tuple[VkeySet, VkeySet]:
    """Whose lines tlog_scales shall believe: the log's, and the mirror's."""
    us, ru = (read_root(three.configs["us"].root_path(code).read_bytes()) for code in ("us", "ru"))
    log = us.log_keys(us.document.log_origin("ru"))
    return tuple(VkeySet(*(Vkey.from_string(k.encode()) for k in keys)) for keys in (log, ru.mirror_keys()))  # type: ignore[return-value]


def check_receipts(three: Three, placed: Sequence[dict[str, Any]], bars: Bars) -> int:
    """Fetch each statement's receipt and let tlog_scales judge it: log line, mirror line, inclusion path."""
    log, mirror = verifiers(three)
    with bars.bar("receipts checked by tlog_scales", len(placed)) as step:
        for place in placed:
            proof = parse_proof(base64.b64decode(three.ask("us", "receipt", **one_entry(place))["file"]))
            theirs = TheirCheckpoint.from_text(proof.checkpoint.encode().decode())
            assert len(log.verify(theirs.signatures, theirs)) == 1, "no line of the log"
            assert len(mirror.verify(theirs.signatures, theirs)) == 1, "no line of the mirror"
            assert proof.entry is not None
            assert parse_envelope(proof.entry).id() == place["id"], "the receipt is for another statement"
            InclusionProof(proof.index, theirs.size, list(proof.path)).check(
                their_leaf_hash(proof.entry), theirs.root_hash
            )
            step()
    return len(placed)


def one_entry(place: dict[str, Any]) -> dict[str, Any]:
    """The request for a receipt."""
    return {"origin": place["origin"], "entry": place["entry"]}


def check_copies(three: Three, said: int) -> str:
    """After the nodes have stopped: ru holds the same bytes as us, counts every statement, and tlog_scales agrees."""
    us, ru = (SqliteShared(three.configs[code].shared_db) for code in ("us", "ru"))
    origin = read_root(three.configs["us"].root_path("us").read_bytes()).document.log_origin("ru")
    count = us.entry_count(origin)
    ours, theirs = us.entries(origin, 0, count), ru.entries(origin, 0, count + 1)
    assert ours == theirs, "the copy at ru differs"
    counted = len(ru.statements("notice", origin))
    assert counted == said, f"ru counts {counted} of {said} statements"
    us.close()
    ru.close()
    folder = three.folder / "tiles"
    writer, signers = their_log(folder, origin)
    grow(writer, signers, ours)
    assert root_of(folder) == Tree(map(leaf_hash, theirs)).root()
    return f"{said:,} statements counted at ru, bytes and root equal"


def bare_posts(three: Three, bars: Bars) -> list[float]:
    """Seconds of one POST each to a server of the same stack, certificates and body size, that stores nothing."""
    (port,) = free_ports(1)
    tls = three.configs["ru"].tls("us")
    server = subprocess.Popen([sys.executable, __file__, "--echo", str(tls), str(port)])
    try:
        with bars.bar("limit: bare POSTs over the same mTLS", LATENCIES) as step:
            return asyncio.run(post_all(three.configs["us"].tls("ru"), port, step))
    finally:
        server.terminate()
        server.wait()


async def post_all(tls: Path, port: int, step: Callable[[], None]) -> list[float]:
    """Post `LATENCIES` bodies one after the other over one connection."""
    body = os.urandom(1_100)
    times: list[float] = []
    connector = aiohttp.TCPConnector(ssl=client_context(tls))
    async with aiohttp.ClientSession(connector=connector) as session:
        end = time.monotonic() + 20
        while len(times) < LATENCIES + 50:
            start = time.perf_counter()
            try:
                url = f"https://127.0.0.1:{port}/"
                async with session.post(url, data=body, server_hostname=SERVER_NAME.format(code="ru")) as response:
                    assert await response.read() == body, "the answer is not what was sent"
            except aiohttp.ClientConnectorError:
                assert time.monotonic() < end, "the bare server did not start"
                await asyncio.sleep(0.05)
                continue
            times.append(time.perf_counter() - start)
            step()
    return times[50:]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """The smallest ASGI application that reads a body and sends it back."""
    body = b""
    more = scope["type"] == "http"
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def serve_echo(tls: Path, port: int) -> None:
    """The process of the bare server."""
    config = uvicorn.Config(echo, host="127.0.0.1", port=port, log_level="error", access_log=False, lifespan="off")
    config.load()
    config.ssl = server_context(tls)
    uvicorn.Server(config).run()


def assembled_from_registry(folder: Path, three: Three, bars: Bars) -> tuple[float, str, float]:
    """What one could put together from the registry, without a wire: sign, log and sync, read, verify, log and sync.

    Also the limit of the machine: libsodium signing and verifying the same statements once each on all cores.
    """
    store = SqliteShared(three.configs["us"].shared_db)
    origin = read_root(three.configs["us"].root_path("us").read_bytes()).document.log_origin("ru")
    entries = [e for e in store.entries(origin, 1, 20 * BATCH + 400) if b"vnd.detente.notice+json" in e][: 16 * BATCH]
    store.close()
    payloads = [parse_envelope(entry) for entry in entries]
    config = three.configs["us"]
    private = PrivateStore(config.private, load_store_key(config.private))
    state: KeyState = read_root(config.root_path("us").read_bytes())
    release = private.signers(state.document)["release"][0]
    assert isinstance(release, SoftSigner)
    seed = seed_of(private, release.public)
    private.close()
    signer, key = their_signer(seed, release.public), their_key(release.public)
    folder.mkdir()
    here, log_signers = their_log(folder / "us", origin)
    there, _ = their_log(folder / "ru", origin)
    made: list[bytes] = []

    def batch(group: list[Envelope]) -> None:
        signed = [their_sign(signer, e.payloadType, e.payload) for e in group]
        grow(here, log_signers, signed)
        assert all(their_verify(key, entry) for entry in signed)
        grow(there, log_signers, signed)
        assert root_of(folder / "us") == root_of(folder / "ru")
        made.extend(signed)

    groups = [payloads[at : at + BATCH] for at in range(0, len(payloads), BATCH)]
    with bars.bar("peer assembled from the registry, both ends", len(groups)) as step:
        took = sum(seconds(lambda g=group: batch(g)) + (step() or 0) for group in groups)
    assert made == entries, "securesystemslib signed other entry bytes than ours"

    messages = [e.pae() for e in payloads]

    def sign_and_verify(part: list[bytes]) -> bool:
        checks = [(release.public, release.sign(message), message) for message in part]
        return all(verify_each(checks))

    cores = os.cpu_count() or 1
    parts = [messages[n::cores] for n in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        start = time.perf_counter()
        assert all(pool.map(sign_and_verify, parts))
        raw = time.perf_counter() - start
    return len(entries) / took, f"peer signs {len(made):,} entries to the same bytes", len(messages) / raw


# --- part four: proofs --------------------------------------------------------------------------------------------


def proofs(folder: Path, logged: Logged, report: Report, bars: Bars) -> None:
    """Inclusion and consistency proofs of one tree, made and checked, by three implementations."""
    entries = logged.entries
    size = len(entries)
    tree = Tree(map(leaf_hash, entries))
    root = tree.root()
    writer, signers = their_log(folder, logged.origin)
    grow(writer, signers, entries)
    reader = TilesReader(LocalBackend(folder))
    reader.get_checkpoint()
    merkle = pymerkle.InmemoryTree.init_from_entries(entries, algorithm="sha256")
    assert reader.calculate_root_hash() == merkle.get_root() == root, "roots differ"
    draw = random.Random(SEED)
    places = [draw.randrange(size) for _ in range(PROOFS)]
    olds = [draw.randrange(1, size) for _ in range(PROOFS)]
    leaves = [tree.leaf(index) for index in places]
    roots = [tree.root(old) for old in olds]

    def each(words: str, made: Callable[[int], Any], of: Sequence[int], checked: Callable[[int, Any], None]) -> Any:
        start = time.perf_counter()
        found = [made(value) for value in of]
        middle = time.perf_counter()
        for n, proof in enumerate(found):
            checked(n, proof)
        end = time.perf_counter()
        return found, len(of) / (middle - start), len(of) / (end - middle)

    with bars.bar(f"proofs over a tree of {size:,}", 6) as step:

        def run(*values: Any) -> Any:
            step()
            return each(*values)

        ours_in = run("", lambda i: tree.inclusion(i, size), places,
                      lambda n, p: check_inclusion(places[n], size, leaves[n], root, p))  # fmt: skip
        scales_in = run("", lambda i: reader.get_inclusion_proof(i, size), places,
                        lambda n, p: p.check(leaves[n], root))  # fmt: skip
        merkle_in = run("", lambda i: merkle.prove_inclusion(i + 1, size), places,
                        lambda n, p: pymerkle.verify_inclusion(leaves[n], root, p))  # fmt: skip
        ours_con = run("", lambda old: tree.consistency(old, size), olds,
                       lambda n, p: check_consistency(olds[n], size, roots[n], root, p))  # fmt: skip
        scales_con = run("", lambda old: reader.get_consistency_proof(old, size), olds,
                         lambda n, p: p.check(roots[n], root))  # fmt: skip
        merkle_con = run("", lambda old: merkle.prove_consistency(old, size), olds,
                         lambda n, p: pymerkle.verify_consistency(roots[n], root, p))  # fmt: skip
    assert [p.node_hashes for p in scales_in[0]] == ours_in[0], "tlog_scales has other inclusion paths"
    assert [p.path[1:] for p in merkle_in[0]] == ours_in[0], "pymerkle has other inclusion paths"
    assert [p.node_hashes for p in scales_con[0]] == ours_con[0], "tlog_scales has other consistency paths"
    for n, path in enumerate(ours_con[0]):
        ConsistencyProof(olds[n], size, path).check(roots[n], root)
    same, valid = f"{PROOFS:,} paths equal", f"{PROOFS:,} valid to each"
    for name, ours, scales, other, agree in (
        ("inclusion", ours_in, scales_in, merkle_in, same),
        ("consistency", ours_con, scales_con, merkle_con, valid),
    ):
        for at, verb in ((1, "made"), (2, "checked")):
            what = f"{name} proofs {verb}, tree of {size:,}"
            report.add("proofs", what, "/s", ours[at], "tlog_scales", scales[at], same)
            report.add("proofs", what, "/s", ours[at], "pymerkle in memory", other[at], agree)


# --- the run ------------------------------------------------------------------------------------------------------


def file_system(folder: Path) -> str:
    """The file system a folder stands on, where the system tells."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    fitting = [(len(at), kind) for at, kind in mounts if folder.resolve().is_relative_to(at)]
    return max(fitting)[1] if fitting else "unknown"


def sync_ms(folder: Path) -> float:
    """Median of writing 4 KiB and syncing them, ms. Near zero: this disk does not sync, and the figures say nothing."""
    times: list[float] = []
    with (folder / "sync").open("wb") as file:
        for _ in range(200):
            file.write(bytes(4096))
            file.flush()
            times.append(seconds(lambda: os.fsync(file.fileno())))
    return 1e3 * statistics.median(times)


def machine(folder: Path) -> dict[str, str]:
    """Where this ran."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    names = ("cryptography", "PyNaCl", "securesystemslib", "tlog-scales", "pymerkle")
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": str(os.cpu_count()),
        "processor": model,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "disk": f"{file_system(folder)}, write and fsync of 4 KiB {sync_ms(folder):.2f} ms",
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }


def figure(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    if value is None:
        return "–"
    return f"{value:,.1f} ms" if unit == "ms" else f"{value:,.0f} /s"


def show(console: Console, report: Report) -> None:
    """The table."""
    table = Table(title="the ledger beside its peers", title_justify="left", show_lines=False, pad_edge=False)
    table.add_column("what", ratio=9)
    table.add_column("aim", no_wrap=True)
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("peer or limit", ratio=9)
    table.add_column("theirs", justify="right", no_wrap=True)
    table.add_column("ours is", justify="right", no_wrap=True)
    table.add_column("answers agree", ratio=7)
    last = Row("", "", "", None, "", None, "")
    for row in report.rows:
        if last.part and row.part != last.part:
            table.add_section()
        again = row.what == last.what
        factor = row.factor()
        table.add_row(
            "" if again else row.what,
            "" if again else row.aim,
            "" if again else figure(row.ours, row.unit),
            row.peer,
            figure(row.theirs, row.unit),
            f"{factor:.2f} ×" if factor else "–",
            row.agree,
        )
        last = row
    console.print(table)
    for note in report.notes:
        console.print(note)
    console.print("machine: " + "; ".join(f"{key} {value}" for key, value in report.machine.items()))


def scratch(given: Path | None) -> Path:
    """A folder on a disk: stores are synced, and a file system in memory would hide what that costs."""
    if given is None and file_system(Path(tempfile.gettempdir())) in ("tmpfs", "ramfs"):
        given = Path.cwd()
    return Path(tempfile.mkdtemp(prefix="bench-", dir=given))


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--folder", type=Path, help="where the stores of the run are made, and removed afterwards")
    parser.add_argument("--echo", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.echo:
        serve_echo(Path(arguments.echo[0]), int(arguments.echo[1]))
        return
    screen = Console()
    console = screen if screen.is_terminal else Console(width=150)
    bars = Bars(console)
    folder = scratch(arguments.folder)
    try:
        report = Report(machine(folder))
        for name in ("own", "in", "tls", "proofs"):
            (folder / name).mkdir()
        logged = own_append(folder / "own", report, bars)
        ingest(folder / "in", logged, report, bars)
        receipted(folder / "tls", report, bars)
        proofs(folder / "proofs" / "tiles", logged, report, bars)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(console, report)
    if arguments.json:
        rows = [{**asdict(row), "factor": row.factor()} for row in report.rows]
        content = {"machine": report.machine, "notes": report.notes, "rows": rows}
        arguments.json.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
