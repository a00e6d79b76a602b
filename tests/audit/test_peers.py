"""Somebody else's verifier (tlog-scales) accepts the exported folders unchanged.

It reads checkpoints, tiles, entries, inclusion and consistency; it has no `.tlog-proof`, so that file is taken apart here
and the entry hashed by the test itself.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tlog import Checkpoint, InclusionProof

from tests.audit.conftest import Held
from tests.audit.folders import entries_of, under


def vkeys(policy: bytes) -> VkeySet:
    """The keys of a tlog-policy file."""
    lines = [line.split() for line in policy.decode().splitlines()]
    return VkeySet(*(Vkey.from_string(words[-1]) for words in lines if words[0] in ("log", "witness")))


def reader(folder: Path) -> tuple[TilesReader, Checkpoint]:
    tiles = TilesReader(LocalBackend(folder))
    return tiles, tiles.get_checkpoint()


@pytest.mark.parametrize("log", ["us-to-ru", "us-to-un", "ru-to-us", "un-to-us"])
def test_every_line_of_the_head_is_verified(small: Held, log: str):
    folder = small.path / "logs" / log
    _, checkpoint = reader(folder)
    found: set[str] = set()
    for policy in ("receipt-policy", "cosigner-policy"):
        found |= {
            key.name for key, _ in vkeys((folder / policy).read_bytes()).verify(checkpoint.signatures, checkpoint)
        }
    assert found == {line.name for line in checkpoint.signatures}
    assert checkpoint.origin in found
    assert any(name.endswith("/mirror") for name in found)


def test_inclusion_of_every_entry(large: Held):
    tiles, checkpoint = reader(large.path / "logs/us-to-ru")
    assert tiles.calculate_root_hash() == checkpoint.root_hash
    entries = entries_of(under(large.files, "logs/us-to-ru/"))
    assert len(entries) == checkpoint.size
    for index, entry in enumerate(entries):
        assert tiles.get_entry(index) == entry
        leaf = hashlib.sha256(b"\0" + entry).digest()
        tiles.get_inclusion_proof(index, checkpoint.size).check(leaf, checkpoint.root_hash)


def test_consistency_between_sizes(large: Held):
    tiles, checkpoint = reader(large.path / "logs/us-to-ru")
    sizes = [1, 2, 3, 7, 8, 100, 255, 256, 257, 300, 511, 512, 513, checkpoint.size - 1, checkpoint.size]
    for old in sizes:
        for new in sizes:
            if old <= new:
                proof = tiles.get_consistency_proof(old, new)
                proof.check(tiles.mth(0, old), tiles.mth(0, new))


def test_receipts_taken_apart(small: Held):
    for name, data in small.files.items():
        if "/receipts/" not in name:
            continue
        front, _, note = data.decode().partition("\n\n")
        header, extra, index, *path = front.split("\n")
        assert header == "c2sp.org/tlog-proof@v1"
        entry = base64.b64decode(extra.removeprefix("extra "))
        checkpoint = Checkpoint.from_text(note)
        hashes = [base64.b64decode(line) for line in path]
        proof = InclusionProof(int(index.removeprefix("index ")), checkpoint.size, hashes)
        proof.check(hashlib.sha256(b"\0" + entry).digest(), checkpoint.root_hash)
        policy = small.files[name.partition("receipts/")[0] + "receipt-policy"]
        names = [key.name for key, _ in vkeys(policy).verify(checkpoint.signatures, checkpoint)]
        assert sorted(names) == sorted(line.name for line in checkpoint.signatures)
        assert sum(each.endswith("/mirror") for each in names) == 1
