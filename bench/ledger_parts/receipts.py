"""Receipts between real processes over mutual TLS: three nodes, each a supervisor, a house and a gateway."""

from __future__ import annotations

import base64
import os
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tiles import leaf_hash as their_leaf_hash
from tlog_scales.tlog import Checkpoint, InclusionProof

from detente.adapters.config import Config
from detente.adapters.control import Control
from detente.adapters.store_shared import SqliteShared
from detente.demo.three import Three
from detente.proof.envelope import Envelope, parse_envelope
from detente.proof.keys import verify_each
from detente.proof.receipt import parse_proof
from detente.proof.roots import KeyState, read_root
from detente.proof.tree import Tree, leaf_hash
from ledger_parts.bare import bare_posts
from ledger_parts.nodes import BATCH, NOTICE, SEED, Keys, keys_of, make_three
from ledger_parts.peers import TilesLog, dsse_key, dsse_sign, dsse_signer, dsse_verify
from ledger_parts.report import Bars, Report, Row, cpu_seconds, median, percentile, seconds, total

WARM = 50
LATENCIES = 600
FLIGHTS = (1, 2, 4, 8, 16)
BATCHES = 32
FINAL_BATCHES = 80
REPEATS = 3
ASSEMBLED = 16
Placed = dict[str, Any]


def receipted(folder: Path, report: Report, bars: Bars) -> None:
    """Rows for one statement at a time, and for requests of 256, several in flight."""
    with make_three(folder) as three:
        three.start()
        singles, times = _one_by_one(three, bars)
        config = three.configs["us"]
        many: list[Placed] = []
        rates: dict[int, float] = {}
        with bars.bar(f"receipted, {BATCH} a request: how many in flight", len(FLIGHTS)) as step:
            for flight in FLIGHTS:
                rates[flight] = _in_flight(config, flight, BATCHES, many)
                step()
        best = max(rates, key=lambda flight: rates[flight])
        spent = cpu_seconds()
        with bars.bar(f"receipted, {BATCH} a request, {best} in flight", REPEATS) as step:
            rate = median(REPEATS, lambda _: _in_flight(config, best, FINAL_BATCHES, many), step)
        each = (cpu_seconds() - spent) / (REPEATS * FINAL_BATCHES * BATCH)
        _check_receipts(three, singles, bars)
        sample = random.Random(SEED).sample(many, len(singles))
        _check_receipts(three, sample, bars)
        refusals = [refusal for code in three.configs for refusal in three.ask(code, "refusals")["refusals"]]
        assert not refusals, f"a node refused something: {refusals[:3]}"
        bare = bare_posts(three.configs["us"].tls("ru"), three.configs["ru"].tls("us"), "ru", LATENCIES, bars)
    said = WARM + len(singles) + len(many)
    entries = _check_copies(three, said)
    keys = keys_of(config)
    notices = [entry for entry in entries[: 20 * BATCH + LATENCIES] if b"vnd.detente.notice+json" in entry]
    envelopes = [parse_envelope(entry) for entry in notices[: ASSEMBLED * BATCH]]
    assembled = _assembled(folder / "assembled", _state(three, "us"), keys, envelopes, bars)
    limit = _limit(keys, envelopes)

    agree = f"{len(singles)} receipts valid to tlog_scales"
    for name, share, aim in (("p50", 0.5, ""), ("p95", 0.95, "≤ 25 ms"), ("longest", 1.0, "")):
        what = f"one statement receipted over mTLS, {name}"
        peer = "limit: one bare POST over the same mTLS, nothing stored"
        ours, theirs = percentile(times, share), percentile(bare, share)
        report.rows.append(Row("receipts", what, ours, peer, theirs, agree, aim, "ms"))
    what = f"receipted over mTLS, {BATCH} a request, {best} in flight"
    for peer, theirs, agree in (
        (
            "securesystemslib + tlog_scales at both ends, in one process, no wire",
            assembled,
            f"{len(sample)} receipts valid to tlog_scales; {said:,} statements counted by ru, same bytes, root",
        ),
        ("limit: libsodium signs and verifies on all cores, nothing else", limit, "every signature"),
    ):
        report.rows.append(Row("receipts", what, rate, peer, theirs, agree, "≥ 10,000 /s"))
    found = ", ".join(f"{flight}: {rates[flight]:,.0f} /s" for flight in FLIGHTS)
    report.notes.append(f"receipted by requests in flight: {found}")
    report.notes.append(
        f"CPU of all processes for one receipted statement: {1e6 * each:.0f} µs, so {os.cpu_count()} cores that do "
        f"nothing else give at most {(os.cpu_count() or 1) / each:,.0f} /s"
    )


def _one_by_one(three: Three, bars: Bars) -> tuple[list[Placed], list[float]]:
    """Where each statement stands, and seconds from asking our node to its answer that ru has signed for it."""
    line = three.line("us")
    for _ in range(WARM):
        line.ask("say", to="ru", kind="notice", fields=NOTICE, wait=True)
    times: list[float] = []
    placed: list[Placed] = []
    with bars.bar("receipted, one statement after the other", LATENCIES) as step:
        for _ in range(LATENCIES):
            start = time.perf_counter()
            answer = line.ask("say", to="ru", kind="notice", fields=NOTICE, wait=True)
            times.append(time.perf_counter() - start)
            placed += answer["placed"]
            step()
    return placed, times


def _in_flight(config: Config, flight: int, batches: int, placed: list[Placed]) -> float:
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


def _state(three: Three, code: str) -> KeyState:
    """The keys of a participant."""
    return read_root(three.configs["us"].root_path(code).read_bytes())


def _check_receipts(three: Three, placed: Sequence[Placed], bars: Bars) -> None:
    """Fetch each statement's receipt and let tlog_scales judge it: log line, mirror line, inclusion path."""
    us, ru = _state(three, "us"), _state(three, "ru")
    origin = us.document.log_origin("ru")
    log, mirror = (
        VkeySet(*(Vkey.from_string(key.encode()) for key in keys)) for keys in (us.log_keys(origin), ru.mirror_keys())
    )
    with bars.bar("receipts checked by tlog_scales", len(placed)) as step:
        for place in placed:
            answer = three.ask("us", "receipt", origin=place["origin"], entry=place["entry"])
            proof = parse_proof(base64.b64decode(answer["file"]))
            theirs = Checkpoint.from_text(proof.checkpoint.encode().decode())
            assert len(log.verify(theirs.signatures, theirs)) == 1, "no line of the log"
            assert len(mirror.verify(theirs.signatures, theirs)) == 1, "no line of the mirror"
            assert proof.entry is not None
            assert parse_envelope(proof.entry).id() == place["id"], "the receipt is for another statement"
            path = InclusionProof(proof.index, theirs.size, list(proof.path))
            path.check(their_leaf_hash(proof.entry), theirs.root_hash)
            step()


def _check_copies(three: Three, said: int) -> list[bytes]:
    """After the nodes have stopped: ru holds the bytes of us and counts every statement; the log's entries."""
    us, ru = (SqliteShared(three.configs[code].shared_db) for code in ("us", "ru"))
    origin = _state(three, "us").document.log_origin("ru")
    count = us.entry_count(origin)
    ours, theirs = us.entries(origin, 0, count), ru.entries(origin, 0, count)
    counted = len(ru.statements("notice", origin))
    us.close()
    ru.close()
    assert ours == theirs, "the copy at ru differs"
    assert counted == said, f"ru counts {counted} of {said} statements"
    tiles = TilesLog(three.folder / "tiles", origin, theirs)
    assert tiles.root() == Tree(map(leaf_hash, ours)).root(), "tlog_scales has another root"
    return ours


def _assembled(folder: Path, us: KeyState, keys: Keys, envelopes: list[Envelope], bars: Bars) -> float:
    """Statements a second of what one could put together from the registry, both ends in one process: sign, log and
    sync; read, verify, log and sync."""
    signer, key = dsse_signer(keys.release_seed, keys.release.public), dsse_key(keys.release.public)
    origin = us.document.log_origin("ru")
    folder.mkdir()
    here, there = TilesLog(folder / "us", origin), TilesLog(folder / "ru", origin)
    made: list[bytes] = []

    def batch(group: list[Envelope]) -> None:
        signed = [dsse_sign(signer, each.payloadType, each.payload) for each in group]
        here.grow(signed)
        assert all(dsse_verify(key, entry) for entry in signed)
        there.grow(signed)
        made.extend(signed)

    groups = [envelopes[at : at + BATCH] for at in range(0, len(envelopes), BATCH)]
    with bars.bar("peer assembled from the registry, both ends", len(groups)) as step:
        took = total(batch, groups, step)
    assert here.root() == there.root()
    assert made == [each.encode() for each in envelopes], "securesystemslib signed other entry bytes than ours"
    return len(made) / took


def _limit(keys: Keys, envelopes: list[Envelope]) -> float:
    """Statements a second that libsodium signs and verifies, once each, on all cores."""
    messages = [each.pae() for each in envelopes]
    cores = os.cpu_count() or 1

    def both(part: list[bytes]) -> bool:
        return all(verify_each([(keys.release.public, keys.release.sign(each), each) for each in part]))

    with ThreadPoolExecutor(cores) as pool:
        start = time.perf_counter()
        good = list(pool.map(both, [messages[n::cores] for n in range(cores)]))
        took = time.perf_counter() - start
    assert all(good)
    return len(messages) / took
