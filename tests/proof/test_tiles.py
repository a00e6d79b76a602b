"""C2SP tlog-tiles: names, bundles, and a folder that somebody else's reader takes unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tiles import leaf_hash as their_leaf_hash

from detente.errors import RemoteError
from detente.proof.tiles import TileName, encode_bundle, hashes_of, parse_bundle, parse_path, tiles_of
from tests.proof.builders import Log, log_key, refused


def write_folder(log: Log, folder):
    """The log as static files."""
    for name in tiles_of(len(log.entries)):
        path = folder / name.path()
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.level < 0:
            first = name.number * 256
            path.write_bytes(encode_bundle(log.entries[first : first + name.width]))
        else:
            path.write_bytes(log.tree.tile(name.level, name.number, name.width))
    (folder / "checkpoint").write_bytes(log.checkpoint().encode())


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 513])
def test_tlog_scales_reads_our_folder(size, tmp_path):
    """30-ledger: "Somebody else's verifier must accept our files unchanged": every entry, root, inclusion, consistency.

    05-resolutions 9: tlog-scales has no `.tlog-proof` and hashes no entry itself, so the test does.
    """
    log = Log.of(size)
    write_folder(log, tmp_path)
    reader = TilesReader(LocalBackend(tmp_path))
    checkpoint = reader.get_checkpoint()
    assert VkeySet(Vkey.from_string(log_key().encode())).verify(checkpoint.signatures, checkpoint)
    assert (checkpoint.size, checkpoint.root_hash) == (size, log.tree.root())
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for index in range(size):
        assert reader.get_entry(index) == log.entries[index]
        proof = reader.get_inclusion_proof(index, size)
        proof.check(their_leaf_hash(log.entries[index]), checkpoint.root_hash)
        assert proof.node_hashes == log.tree.inclusion(index, size)
    for old in range(1, size + 1):
        consistency = reader.get_consistency_proof(old, size)
        consistency.check(log.tree.root(old), checkpoint.root_hash)
        assert consistency.node_hashes == log.tree.consistency(old, size)


def test_tlog_scales_reads_a_folder_of_three_levels(tmp_path):
    """65,536 entries and more: a full tile at level 1 and a partial one at level 2."""
    size = 65_536 + 300
    log = Log().add(b"%d" % n for n in range(size))
    write_folder(log, tmp_path)
    reader = TilesReader(LocalBackend(tmp_path))
    checkpoint = reader.get_checkpoint()
    assert (tmp_path / "tile/2/000.p/1").exists()
    assert reader.calculate_root_hash() == checkpoint.root_hash == log.tree.root()
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        assert reader.get_entry(index) == log.entries[index]
        reader.get_inclusion_proof(index, size).check(their_leaf_hash(log.entries[index]), checkpoint.root_hash)
        reader.get_consistency_proof(index + 1, size).check(log.tree.root(index + 1), checkpoint.root_hash)


def test_the_example_of_the_specification():
    """tlog-tiles "Partial Tiles": "a tree of size 70,000 will be represented by 273 full level 0 tiles, one partial
    level 0 tile of width 112, one full level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile
    of width 1", and of size 256 "by a full level 0 tile and a partial level 1 tile of width 1"."""
    tiles = [name for name in tiles_of(70_000) if name.level >= 0]
    assert [n for n in tiles if n.level == 0] == [*(TileName(0, i, 256) for i in range(273)), TileName(0, 273, 112)]
    assert [n for n in tiles if n.level > 0] == [TileName(1, 0, 256), TileName(1, 1, 17), TileName(2, 0, 1)]
    assert [n for n in tiles_of(256) if n.level >= 0] == [TileName(0, 0, 256), TileName(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 2_000_000))
def test_entry_bundles_have_the_shape_of_level_0(size):
    """tlog-tiles "Log entries": `<N>` and `.p/<W>` have the same meaning as in Merkle Tree tile paths."""
    bundles = [(n.number, n.width) for n in tiles_of(size) if n.level == -1]
    assert bundles == [(n.number, n.width) for n in tiles_of(size) if n.level == 0]
    assert sum(width for _, width in bundles) == size


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (TileName(-1, 0, 3), "tile/entries/000.p/3"),
        (TileName(63, 999, 255), "tile/63/999.p/255"),
        (TileName(1, 1000, 256), "tile/1/x001/000"),
    ],
)
def test_paths_of_the_specification(name, path):
    """tlog-tiles: "index 1234067 will be encoded as x001/x234/067"."""
    assert name.path() == path
    assert parse_path(path) == name


@given(st.integers(-1, 63), st.integers(0, 10**12 - 1), st.integers(1, 256))
def test_paths_round_trip(level, number, width):
    """Every tile has one path."""
    assert parse_path(TileName(level, number, width).path()) == TileName(level, number, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/entries/000/",
        "/tile/0/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/",
        "tile/0/x000/001",
        "tile/0/x000/x001/001",
        "tile/0/001/001",
        "tile/0/x01/001",
        "tile/0/../0/000",
        "tile/0/000\n",
        "tile/0/\u0660\u0660\u0661",
        "tile/0/x\u0660\u0660\u0661/000",
        "tile/0/" + "x123/" * 2_000 + "000",
        "tile/entries/000.p/1?x",
    ],
)
def test_other_paths_are_refused(path):
    """One path for one tile, and nothing else is a request: no alias, no other digits, no huge number."""
    with refused("request-invalid"):
        parse_path(path)


@given(st.text(max_size=40) | st.text("tile/entries0123456789x.p", max_size=40))
def test_any_path_is_a_tile_or_a_refusal(path):
    """What a peer asks for is text from outside."""
    try:
        name = parse_path(path)
    except RemoteError:
        return
    assert name.path() == path


@given(st.lists(st.binary(max_size=300) | st.just(b"x" * 65_535), max_size=8))
def test_bundles_round_trip(entries):
    """tlog-tiles: "sequences of big-endian uint16 length-prefixed log entries"."""
    data = encode_bundle(entries)
    assert parse_bundle(data) == entries
    assert parse_bundle(data, len(entries)) == entries
    with refused("tile-mismatch"):
        parse_bundle(data, len(entries) + 1)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.data())
def test_a_cut_bundle_is_noticed(entries, data):
    """Cut within an entry: refused. Cut between entries: the number of entries tells."""
    whole = encode_bundle(entries)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(RemoteError) as caught:
        parse_bundle(cut, len(entries))
    assert caught.value.code == "tile-mismatch"


def test_hashes_of_a_tile():
    """32 bytes each."""
    log = Log.of(5)
    assert hashes_of(log.tree.tile(0, 0, 5)) == [log.tree.leaf(n) for n in range(5)]
