"""Own append: one house builds, signs and logs statements durably; then peers log the same payloads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pymerkle

from detente.node.release import pipeline
from detente.node.release.first import first_policy
from detente.node.release.policy_file import read_policy
from detente.proof.envelope import Envelope, parse_envelope
from detente.proof.tree import Tree, leaf_hash
from ledger_parts.nodes import BATCH, NOTICE, Keys, Logged, carry, keys_of, make_three, now_ms, open_node
from ledger_parts.peers import TilesLog, dsse_sign, dsse_signer
from ledger_parts.report import Bars, Report, Row, total

SINGLES = 512
BATCHES = 78  # with the singles: 20,480 statements


@dataclass(frozen=True)
class _Part:
    """Entries [first, last) of the log, logged `size` a head in `took` seconds."""

    first: int
    last: int
    size: int
    took: float


def own_append(folder: Path, report: Report, bars: Bars) -> Logged:
    """Two rows for one statement a head, two for 256; the log made."""
    configs = make_three(folder).configs
    house, store, private = open_node(configs["us"])
    ru, ru_store, ru_private = open_node(configs["ru"])
    for each in (house, ru):
        each.start(now_ms())
    carry({"us": (house, store), "ru": (ru, ru_store)})
    ru_store.close()
    ru_private.close()
    origin = house.state.document.log_origin("ru")
    ledger = house.ledgers[origin]

    policy = read_policy(first_policy("us", {}))
    desk = pipeline.Desk(policy, lambda: None, lambda kind, fields: fields, lambda paper: (None, ""))
    notice = pipeline.Draft("notice", NOTICE, "ru")

    def say(count: int) -> None:
        now = now_ms()
        with house.batch(now):
            for _ in range(count):
                house.say(pipeline.run(desk, notice, now, os.urandom).outgoing, now)

    parts: list[_Part] = []
    for size, heads in ((1, SINGLES), (BATCH, BATCHES)):
        first = ledger.size
        with bars.bar(f"own append, {size} a head", heads) as step:
            took = total(say, [size] * heads, step)
        parts.append(_Part(first, ledger.size, size, took))
    entries = store.entries(origin, 0, ledger.size)
    assert Tree(map(leaf_hash, entries)).root() == ledger.tree.root(), "the log read back has another root"
    store.close()
    private.close()
    keys = keys_of(configs["us"])
    for part in parts:
        _peers(folder / f"peers-{part.size}", origin, entries, keys, part, report, bars)
    return Logged(origin, entries, keys, configs["ru"])


def _peers(
    folder: Path, origin: str, entries: list[bytes], keys: Keys, part: _Part, report: Report, bars: Bars
) -> None:
    """The same payloads signed by securesystemslib, and logged by tlog_scales or by pymerkle on SQLite."""
    before, ours = entries[: part.first], entries[part.first : part.last]
    root = Tree(map(leaf_hash, entries[: part.last])).root()
    payloads = [parse_envelope(entry) for entry in ours]
    groups = [payloads[at : at + part.size] for at in range(0, len(payloads), part.size)]
    signer = dsse_signer(keys.release_seed, keys.release.public)
    folder.mkdir()
    tiles = TilesLog(folder / "tiles", origin, before)
    merkle = pymerkle.SqliteTree(str(folder / "pymerkle.db"))
    merkle.append_entries(before)
    made: list[bytes] = []

    def sign(group: list[Envelope]) -> list[bytes]:
        signed = [dsse_sign(signer, each.payloadType, each.payload) for each in group]
        made.extend(signed)
        return signed

    with bars.bar(f"peers append, {part.size} a head", 2 * len(groups)) as step:
        in_tiles = total(lambda group: tiles.grow(sign(group)), groups, step)
        in_sqlite = total(lambda group: merkle.append_entries(sign(group)), groups, step)
    assert made == ours + ours, "securesystemslib signed other entry bytes than ours"
    assert tiles.root() == merkle.get_root() == root, "a peer has another root"
    merkle.close()
    count = len(ours)
    what = f"own append, {'one statement' if part.size == 1 else f'{part.size} statements'} a head"
    for peer, theirs in (
        ("securesystemslib signs, tlog_scales logs", in_tiles),
        ("securesystemslib signs, pymerkle logs (SQLite, no head)", in_sqlite),
    ):
        agree = f"{count:,} entries byte for byte; root"
        report.rows.append(Row("append", what, count / part.took, peer, count / theirs, agree))
