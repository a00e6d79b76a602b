"""C2SP tlog-witness and tlog-mirror bodies: exact, prefix-safe, and never a crash on junk."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.proof.keys import b64
from detente.proof.tree import check_consistency, check_subtree, leaf_hash
from detente.proof.wire import (
    MAX_PACKAGES,
    PACKAGE,
    AddCheckpoint,
    AddEntries,
    Package,
    encode_add_entries,
    encode_info,
    parse_add_checkpoint,
    parse_add_entries,
    parse_info,
    spans,
)
from tests.proof.builders import Log, refused

BIG = Log.of(3_000)


def add_checkpoint(log: Log, old: int, new: int) -> AddCheckpoint:
    return AddCheckpoint(old, tuple(log.tree.consistency(old, new)), log.checkpoint(new))


def add_entries(log: Log, start: int, end: int, limit: int = 10**9) -> bytes:
    return encode_add_entries(log.origin, start, end, log.tree, lambda a, b: log.entries[a:b], limit)


def header(origin: bytes, start: int, end: int, ticket: bytes = b"") -> bytes:
    """The head of an add-entries body, as tlog-mirror lists its fields."""
    parts = [struct.pack(">H", len(origin)), origin, struct.pack(">QQH", start, end, len(ticket)), ticket]
    return b"".join(parts)


# --- add-checkpoint -----------------------------------------------------------------------------------------------


@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_add_checkpoint_round_trips_and_its_proof_holds(first, second):
    """tlog-witness "add-checkpoint": old size, consistency proof, empty line, checkpoint."""
    old, new = sorted((first, second))
    request = add_checkpoint(BIG, old, new)
    again = parse_add_checkpoint(request.encode())
    assert again == request
    check_consistency(old, new, BIG.tree.root(old), again.checkpoint.head.root, again.proof)


def test_the_body_is_the_specified_one():
    """tlog-witness "Example request body", line by line."""
    body = add_checkpoint(BIG, 5, 7).encode().decode()
    front, _, rest = body.partition("\n\n")
    assert front.split("\n") == ["old 5", *(b64(value) for value in BIG.tree.consistency(5, 7))]
    assert rest.encode() == BIG.checkpoint(7).encode()


CHECKPOINT = BIG.checkpoint(7).encode()
PROOF = [b64(value) for value in BIG.tree.consistency(5, 7)]


def body(*front: str, rest: bytes = CHECKPOINT) -> bytes:
    return "\n".join([*front, "", ""]).encode() + rest


BAD = {
    "empty": (b"", "request-invalid"),
    "no old line": (body(*PROOF), "request-invalid"),
    "old without size": (body("old", *PROOF), "request-invalid"),
    "old with two spaces": (body("old  5", *PROOF), "request-invalid"),
    "old in capitals": (body("Old 5", *PROOF), "request-invalid"),
    "old with zero in front": (body("old 05", *PROOF), "request-invalid"),
    "old negative": (body("old -5", *PROOF), "request-invalid"),
    "old in Arabic digits": (body("old \u0665", *PROOF), "request-invalid"),
    "old of 5,000 digits": (body("old " + "5" * 5_000, *PROOF), "request-invalid"),
    "old above the head": (body("old 8", *PROOF), "wrong-size"),
    "64 proof lines": (body("old 5", *PROOF[:1] * 64), "request-invalid"),
    "proof line not base64": (body("old 5", "é"), "base64-invalid"),
    "proof line unpadded": (body("old 5", PROOF[0][:-1]), "base64-invalid"),
    "empty line within the proof": (body("old 5", "", *PROOF), "checkpoint-invalid"),
    "carriage returns": (body("old 5", *PROOF).replace(b"\n", b"\r\n"), "request-invalid"),
    "no checkpoint": (body("old 5", *PROOF, rest=b""), "note-invalid"),
    "checkpoint cut": (body("old 5", *PROOF, rest=CHECKPOINT[:-1]), "note-invalid"),
    "no empty line": ("\n".join(["old 5", *PROOF, ""]).encode() + CHECKPOINT, "base64-invalid"),
}


@pytest.mark.parametrize(("data", "code"), BAD.values(), ids=BAD.keys())
def test_bad_add_checkpoint_bodies_are_refused(data, code):
    """tlog-witness: one form of each line; at most 63 proof lines; old "equal to or lower than" the size."""
    assert parse_add_checkpoint(body("old 5", *PROOF)) == add_checkpoint(BIG, 5, 7)
    with refused(code):
        parse_add_checkpoint(data)


# --- the canonical sequence ---------------------------------------------------------------------------------------


@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_spans_are_the_canonical_sequence(first, second):
    """tlog-mirror "Request Body": rounded_start, rounded_end, and [start, end) of package i, as written."""
    upload_start, upload_end = sorted((first, second))
    if upload_start == upload_end:
        assert spans(upload_start, upload_end) == []
        return
    rounded_start = upload_start // 256 * 256
    rounded_end = -(-upload_end // 256) * 256
    expected = [
        (
            rounded_start + i * 256,
            max(upload_start, rounded_start + i * 256),
            min(upload_end, rounded_start + (i + 1) * 256),
        )
        for i in range((rounded_end - rounded_start) // 256)
    ]
    assert spans(upload_start, upload_end) == expected
    assert all(floor % PACKAGE == 0 and floor <= start < end <= floor + PACKAGE for floor, start, end in expected)


# --- add-entries --------------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.integers(0, 3_000), st.integers(0, 3_000))
def test_add_entries_round_trips_and_its_proofs_hold(first, second):
    """tlog-mirror: every entry once and in order; each package's subtree proof leads to the head."""
    start, end = sorted((first, second))
    request = parse_add_entries(add_entries(BIG, start, end))
    assert (request.origin, request.start, request.end, request.ticket) == (BIG.origin, start, end, b"")
    assert [e for p in request.packages for e in p.entries] == BIG.entries[start:end]
    assert [(p.floor, p.start, p.end) for p in request.packages] == spans(start, end)
    for package in request.packages:
        known = [BIG.tree.leaf(n) for n in range(package.floor, package.start)]
        leaves = known + [leaf_hash(entry) for entry in package.entries]
        node = type(BIG.tree)(leaves).root()
        check_subtree(package.floor, package.end, end, node, BIG.tree.root(end), package.proof)


def test_the_body_is_the_specified_one_byte_by_byte():
    """tlog-mirror "Request Body": the listed values, concatenated."""
    log = Log.of(5)
    proof = log.tree.prove(0, 5, 5)
    expected = header(log.origin.encode(), 2, 5)
    expected += (
        b"".join(struct.pack(">H", len(e)) + e for e in log.entries[2:5]) + bytes([len(proof)]) + b"".join(proof)
    )
    assert add_entries(log, 2, 5) == expected


def test_an_empty_upload_asks_for_the_mirrors_state():
    """tlog-mirror: "it MAY initially make a request with upload_start and upload_end set to zero"."""
    assert parse_add_entries(add_entries(BIG, 0, 0)) == AddEntries(BIG.origin, 0, 0, b"", ())
    assert parse_add_entries(header(b"us.example/log", 7, 7, b"ticket")).ticket == b"ticket"


@settings(max_examples=60)
@given(st.integers(0, 700), st.integers(0, 700), st.data())
def test_a_cut_body_gives_a_prefix(first, second, data):
    """tlog-mirror: "The mirror discards any partial bytes after the last successfully authenticated entry package"."""
    start, end = sorted((first, second))
    whole = add_entries(BIG, start, end)
    packages = parse_add_entries(whole).packages
    cut = data.draw(st.integers(0, len(whole)))
    if cut < len(header(BIG.origin.encode(), start, end)):
        with refused("request-invalid"):
            parse_add_entries(whole[:cut])
        return
    got = parse_add_entries(whole[:cut])
    assert got.packages == packages[: len(got.packages)]
    assert (len(got.packages) == len(packages)) == (cut == len(whole) or not packages)


@settings(max_examples=30)
@given(st.integers(0, 3_000), st.integers(0, 3_000), st.integers(0, 60_000))
def test_a_limit_of_bytes_gives_whole_packages_and_at_least_one(first, second, limit):
    """A body never passes the limit, except that one package always goes out; the rest follows in further requests."""
    start, end = sorted((first, second))
    data = add_entries(BIG, start, end, limit)
    packages = parse_add_entries(data).packages
    assert packages == parse_add_entries(add_entries(BIG, start, end)).packages[: len(packages)]
    assert len(packages) >= min(1, end - start)
    assert len(data) <= limit or len(packages) <= 1


@pytest.mark.parametrize("start", [0, 5, 255, 256])
def test_more_packages_than_one_request_takes_are_a_prefix_too(start):
    """tlog-mirror allows a body of any length; we read the first 32 packages, each exactly canonical, and no more."""
    size = start + (MAX_PACKAGES + 3) * PACKAGE
    log = Log().add(b"%d" % n for n in range(size))
    one_request = parse_add_entries(add_entries(log, start, size))
    assert [(p.floor, p.start, p.end) for p in one_request.packages] == spans(start, size)[:MAX_PACKAGES]
    longer = header(log.origin.encode(), start, size)
    for floor, first, last in spans(start, size):
        proof = log.tree.prove(floor, last, size)
        longer += b"".join(struct.pack(">H", len(e)) + e for e in log.entries[first:last])
        longer += bytes([len(proof)]) + b"".join(proof)
    assert parse_add_entries(longer) == one_request


BAD_ENTRIES = {
    "empty": b"",
    "one byte": b"\x00",
    "origin cut": b"\x00\x20us.example",
    "origin not ASCII": header("\u0443\u0441.example".encode(), 0, 1),
    "sizes cut": header(b"us.example/log", 0, 1)[:-3],
    "start above end": header(b"us.example/log", 2, 1),
    "ticket cut": header(b"us.example/log", 0, 1, b"ticket")[:-1],
    "a range nobody has": header(b"us.example/log", 0, 2**63),
    "the largest numbers": header(b"us.example/log", 0, 2**64 - 1),
    "64 hashes": header(b"us.example/log", 0, 1) + b"\x00\x01x" + b"\x40" + bytes(64 * 32),
    "255 hashes": header(b"us.example/log", 0, 1) + b"\x00\x01x" + b"\xff" + bytes(255 * 32),
}


@pytest.mark.parametrize("data", BAD_ENTRIES.values(), ids=BAD_ENTRIES.keys())
def test_bad_add_entries_bodies_are_refused(data):
    """tlog-mirror: `num_hashes` MUST be at most 63; the head must be whole."""
    with refused("request-invalid"):
        parse_add_entries(data)


def test_a_far_away_range_costs_nothing():
    """2^40 entries claimed, none sent: answered at once, with no packages."""
    far = parse_add_entries(header(b"us.example/log", 2**63, 2**63 + 2**40))
    assert far.packages == ()


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.lists(st.binary(min_size=32, max_size=32), max_size=63)
)
def test_any_package_is_read_as_it_stands(entries, proof):
    """The reader judges form only; whether the proof holds is for the tree."""
    data = header(b"o", 0, len(entries)) + b"".join(struct.pack(">H", len(e)) + e for e in entries)
    data += bytes([len(proof)]) + b"".join(proof)
    assert parse_add_entries(data).packages == (Package(0, 0, len(entries), tuple(entries), tuple(proof)),)


# --- mirror-info --------------------------------------------------------------------------------------------------


@given(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_mirror_info_round_trips(size, next_entry):
    """tlog-mirror: three lines, size, next entry, ticket in base64 (possibly empty)."""
    assert parse_info(encode_info(size, next_entry)) == (size, next_entry)
    assert parse_info(b"%d\n%d\ndGlja2V0\n" % (size, next_entry)) == (size, next_entry)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"5",
        b"5\n",
        b"5\n6\n",
        b"5\n\n\n",
        b"-5\n6\n\n",
        b"5\n-6\n\n",
        b"05\n6\n\n",
        b" 5\n6\n\n",
        b"1_0\n6\n\n",
        b"+5\n6\n\n",
        b"5\n6\n\nmore",
        b"5\n6\n?\n",
        b"5\r\n6\r\n\r\n",
        "\u0665\n6\n\n".encode(),
        b"9" * 5_000 + b"\n6\n\n",
        b"<html>",
    ],
)
def test_bad_mirror_info_is_refused(data):
    """Unsigned, a hint and nothing more, but no negative size and no crash comes of it."""
    with refused("request-invalid"):
        parse_info(data)
