"""One changed byte, anywhere in an export, is refused, and the file it is in is the one named first."""

from __future__ import annotations

import re

import pytest

from detente.proof.tree import leaf_hash
from tests.audit.conftest import Held
from tests.audit.folders import check, fails, flips, holds, under

LOG = "logs/us-to-ru/"
KINDS = {
    "agreement": r"agreement\.yaml",
    "terms": r"terms\.yaml",
    "root": r"roots/.*",
    "checkpoint": r"logs/[^/]+/checkpoint",
    "receipt policy": r"logs/[^/]+/receipt-policy",
    "cosigner policy": r"logs/[^/]+/cosigner-policy",
    "receipt": r"logs/[^/]+/receipts/.*",
    "entries": r"logs/[^/]+/tile/entries/.*",
    "hashes": r"logs/[^/]+/tile/0/.*",
}


def test_the_exports_hold(small: Held, large: Held):
    holds(small.files, "export of us: 4 of the terms' 6 logs, ", " statements count, all signed for by their")
    holds(large.files, f"1 of the terms' 6 logs, {large.size()} entries, {large.size()} statements count, all signed")


def test_every_file_is_of_a_kind_tested_here(small: Held):
    for name in small.files:
        assert any(re.fullmatch(kind, name) for kind in KINDS.values()), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_byte_is_pinned_to_its_file(small: Held, kind: str):
    names = [name for name in small.files if re.fullmatch(KINDS[kind], name)]
    assert names
    for name in names:
        for data in flips(small.files[name], max(3, 48 // len(names)), name):
            fails({**small.files, name: data}, name)


@pytest.mark.parametrize("name", ["checkpoint", "receipt-policy", "cosigner-policy"])
def test_every_byte_of_the_short_files(small: Held, name: str):
    log = under(small.files, LOG)
    for at, byte in enumerate(log[name]):
        for change in (0x01, 0x20):
            data = bytearray(log[name])
            data[at] = byte ^ change
            fails({**log, name: bytes(data)}, name)


def test_a_blank_turned_into_a_tab_is_noticed_in_a_policy(small: Held):
    log = under(small.files, LOG)
    fails({**log, "receipt-policy": log["receipt-policy"].replace(b" ", b"\t", 1)}, "receipt-policy", "was changed")


def test_a_flip_in_an_entry_names_the_entry_and_its_bytes(large: Held):
    bundle = large.files[LOG + "tile/entries/001"]
    at = 0
    for _ in range(17):
        at += 2 + int.from_bytes(bundle[at : at + 2], "big")
    end = at + 1 + int.from_bytes(bundle[at : at + 2], "big")
    for place in (at + 2, (at + end) // 2, end):
        data = bytearray(bundle)
        data[place] ^= 1
        words = f"entry 273 (bytes {at} to {end}) was changed: it does not hash to the signed head of {large.size()}"
        verdict = fails({**large.files, LOG + "tile/entries/001": bytes(data)}, LOG + "tile/entries/001", words)
        assert "more in the details" not in verdict.line
    data = bytearray(bundle)
    data[at] ^= 1  # a length: what follows cannot be read as it was written
    words = f"cut off or changed at entry 273, from byte {at} on"
    fails({**large.files, LOG + "tile/entries/001": bytes(data)}, LOG + "tile/entries/001", words)


@pytest.mark.parametrize("tile", ["tile/0/000", "tile/0/001", "tile/0/002.p/", "tile/1/000.p/2"])
def test_a_flip_in_a_hash_tile_names_the_hash_and_what_it_covers(large: Held, tile: str):
    name = next(name for name in large.files if name.startswith(LOG + tile))
    for n, data in enumerate(flips(large.files[name], 12, tile)):
        at = next(i for i, (a, b) in enumerate(zip(data, large.files[name], strict=True)) if a != b)
        level, first = int(tile[5]), 256 * int(tile[9])
        covered = f"entries {256 * (at // 32)} to {256 * (at // 32) + 255}" if level else f"entry {first + at // 32}"
        words = f"hash {at // 32} (bytes {at // 32 * 32} to {at // 32 * 32 + 31}) is not that of {covered}"
        fails({**large.files, name: data}, name, words)
        assert n < 12


def test_two_flips_in_different_files_are_both_named(large: Held):
    files = dict(large.files)
    last = LOG + f"tile/entries/002.p/{large.size() - 512}"
    for name in (LOG + "tile/entries/000", LOG + "tile/0/001", last):
        files[name] = next(flips(files[name][::-1], 1, name))[::-1]  # the last byte
    verdict = check(files)
    text = "\n".join([verdict.line, *verdict.details])
    assert not verdict.ok
    assert f"{LOG}tile/entries/000: entry 255 " in text
    assert f"{LOG}tile/0/001: hash 255 " in text
    assert f"{last}: entry {large.size() - 1} " in text


def test_an_entry_and_its_hash_changed_together(large: Held):
    """Neither copy fits the head then; both are named, nothing is claimed about which was right."""
    files = dict(large.files)
    bundle = bytearray(files[LOG + "tile/entries/000"])
    bundle[10] ^= 1
    files[LOG + "tile/entries/000"] = bytes(bundle)
    size = int.from_bytes(bundle[:2], "big")
    tile = files[LOG + "tile/0/000"]
    files[LOG + "tile/0/000"] = leaf_hash(bytes(bundle[2 : 2 + size])) + tile[32:]
    verdict = check(files)
    assert not verdict.ok
    text = "\n".join([verdict.line, *verdict.details])
    assert "tile/1/000.p/2: hash 0" in text or "tile/entries/000" in text
