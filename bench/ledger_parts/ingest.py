"""Verified ingest: a peer's log taken in whole, every signature verified, durably; peers on the same entries."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pymerkle

from detente.adapters.threads import threaded_verifier
from detente.proof.checkpoint import Head, sign_checkpoint
from detente.proof.envelope import DsseSignature, Envelope, parse_envelope
from detente.proof.keys import key_id
from detente.proof.tree import Tree, leaf_hash
from detente.proof.wire import MAX_BODY, AddCheckpoint, encode_add_entries, parse_add_entries
from ledger_parts.nodes import SEED, Logged, copied, now_ms, open_node
from ledger_parts.peers import TilesLog, dsse_key, dsse_verify
from ledger_parts.report import Bars, Report, Row, median, seconds

SPOILED = 16
REPEATS = 3


def spoil(entries: list[bytes], picks: set[int]) -> list[bytes]:
    """The entries, those picked with a signature that does not fit."""
    result = list(entries)
    for index in picks:
        envelope = parse_envelope(entries[index])
        (signature,) = envelope.signatures
        wrong = DsseSignature(signature.keyid, bytes([signature.sig[0] ^ 1]) + signature.sig[1:])
        result[index] = Envelope(envelope.payload, envelope.payloadType, [wrong]).encode()
    return result


def requests(logged: Logged, entries: list[bytes], tree: Tree) -> list[tuple[str, bytes]]:
    """Path and body of each request that brings everything after the root document: the head, then the entries."""
    checkpoint = sign_checkpoint(Head(logged.origin, tree.size, tree.root()), [logged.keys.log])
    offer = AddCheckpoint(1, tuple(tree.consistency(1, tree.size)), checkpoint)
    found = [("/mirror/add-checkpoint", offer.encode())]
    at = 1
    while at < tree.size:
        body = encode_add_entries(logged.origin, at, tree.size, tree, lambda a, b: entries[a:b], MAX_BODY)
        found.append(("/mirror/add-entries", body))
        at = parse_add_entries(body).packages[-1].end
    return found


def ingest(folder: Path, logged: Logged, report: Report, bars: Bars) -> None:
    """Five rows: an assembled peer, its parts, and the limit."""
    picks = set(random.Random(SEED).sample(range(1, len(logged.entries)), SPOILED))
    entries = spoil(logged.entries, picks)
    tree = Tree(map(leaf_hash, entries))
    with bars.bar(f"verified ingest of {len(entries) - 1:,} entries", REPEATS) as step:
        took = median(REPEATS, lambda n: _ours(folder / f"ru-{n}", logged, entries, tree, picks), step)
    fresh = entries[1:]
    key = dsse_key(logged.keys.release.public)
    publics = {key_id(logged.keys.release.public): logged.keys.release.public}
    checks = [check for entry in fresh for check in parse_envelope(entry).checks(publics)]
    verify_many = threaded_verifier()

    def judged(answers: list[bool]) -> None:
        refused = {n for n, good in enumerate(answers, 1) if not good}
        assert refused == picks, "a peer refuses other entries than ours"

    def verify(_: int) -> float:
        start = time.perf_counter()
        answers = [dsse_verify(key, entry) for entry in fresh]
        spent = time.perf_counter() - start
        judged(answers)
        return spent

    def limit(_: int) -> float:
        start = time.perf_counter()
        answers = list(verify_many(checks))
        spent = time.perf_counter() - start
        judged(answers)
        return spent

    def tiles(n: int) -> float:
        theirs = TilesLog(folder / f"tiles-{n}", logged.origin, entries[:1])
        spent = seconds(lambda: theirs.grow(fresh))
        assert theirs.root() == tree.root(), "tlog_scales has another root"
        return spent

    def merkle(n: int) -> float:
        theirs = pymerkle.SqliteTree(str(folder / f"pymerkle-{n}.db"))
        theirs.append_entries(entries[:1])
        spent = seconds(lambda: (theirs.append_entries(fresh), theirs.get_root()))
        assert theirs.get_root() == tree.root(), "pymerkle has another root"
        theirs.close()
        return spent

    with bars.bar("peers verify and store the same entries", 4 * REPEATS) as step:
        verified, in_tiles, in_sqlite, raw = (median(REPEATS, work, step) for work in (verify, tiles, merkle, limit))
    what = f"verified ingest of {len(fresh):,} entries, bodies of up to 32 packages"
    same = f"the same {SPOILED} spoiled entries refused"
    for peer, theirs, agree in (
        ("securesystemslib verifies, then tlog_scales stores", verified + in_tiles, f"{same}; root"),
        ("securesystemslib verifies, nothing stored", verified, same),
        ("tlog_scales stores (files), nothing verified", in_tiles, "root"),
        ("pymerkle stores (SQLite), nothing verified", in_sqlite, "root"),
        ("limit: libsodium verifies on all cores, nothing else", raw, same),
    ):
        count = len(fresh)
        report.rows.append(Row("ingest", what, count / took, peer, count / theirs, agree, "≥ 15,000 /s"))


def _ours(home: Path, logged: Logged, entries: list[bytes], tree: Tree, picks: set[int]) -> float:
    """Seconds of the house of a copy of ru, one transaction a request as in its process."""
    shutil.copytree(logged.ru.folder, home)
    house, store, private = open_node(copied(logged.ru, home))
    took = 0.0
    for path, body in requests(logged, entries, tree):
        now = now_ms()
        start = time.perf_counter()
        with house.batch(now):
            reply = house.serve("us", path, body, now)
        took += time.perf_counter() - start
        assert reply.status in (200, 202), reply
    assert reply.status == 200, "the mirror did not sign for the whole log"
    refused = {refusal.entry for refusal in store.refusals(1000) if refusal.code == "bad-signature"}
    assert refused == picks, "the mirror counts other entries than it should"
    assert house.mirrors["us"].tree.root() == tree.root(), "the mirror has another root"
    assert store.entries(logged.origin, 0, tree.size) == entries, "the mirror stored other bytes"
    store.close()
    private.close()
    return took
