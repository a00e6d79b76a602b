"""A bundle by itself: what can be checked is, and what cannot is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from detente.adapters.bundle_files import write_bundle
from detente.errors import GivenError
from detente.model.terms import read_terms
from detente.proof.checkpoint import parse_checkpoint
from detente.proof.keys import SoftSigner, VerifierKey
from detente.proof.policy import Policy, parse_policy
from detente.proof.receipt import receipt_policy
from detente.proof.tree import Tree, leaf_hash
from detente.proof.wire import AddCheckpoint, encode_add_entries, parse_add_checkpoint
from tests.audit.conftest import Held
from tests.audit.folders import Files, check, entries_of, fails, flips, holds, load, signed_head, under
from tests.sim.world import origin, root_for, seed, signers_for, terms_text

LOG = origin("us", "ru")
HEAD, ENTRIES = "0001-add-checkpoint", "0002-add-entries"


@pytest.fixture(scope="module")
def policy(large: Held) -> Policy:
    return parse_policy(large.files["logs/us-to-ru/receipt-policy"])


def bundle(held: Held, out: Path, start: int) -> Files:
    write_bundle(held.world.store("us"), LOG, out, start)
    return load(out)


@pytest.fixture(scope="module")
def whole(large: Held, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return bundle(large, tmp_path_factory.mktemp("whole") / "b", 0)


def test_from_the_first_entry_on(large: Held, whole: Files):
    words = f"bundle: us-to-ru, {large.size()} entries (0 to {large.size() - 1}) under the head of {large.size()}"
    verdict = holds(whole, words, f", {large.size()} statements count, signed by the root in entry 0")
    assert "not checked" not in verdict.line
    holds(whole, "the root in entry 0, pinned by the terms", terms=large.world.terms)


def test_whose_root_it_is(large: Held, whole: Files):
    roots = {**large.world.roots, "us": root_for("us", signers_for("us", 7))}
    fails(whole, HEAD, "not the one the terms pin", terms=read_terms(terms_text(roots)))


def test_under_a_policy(large: Held, whole: Files, policy: Policy):
    holds(whole, "statements count, signed by the policy given", policy=policy)
    other = receipt_policy([VerifierKey(LOG, 1, SoftSigner(seed("stranger")).public)], [])
    fails(whole, HEAD, "no current key of log", policy=other)
    fails(whole, HEAD, "is not in the policy", policy=Policy())


@pytest.mark.parametrize("start", [512, 256, 300, 1])
def test_going_on_from_an_earlier_head(large: Held, policy: Policy, tmp_path: Path, start: int):
    files = bundle(large, tmp_path / "b", start)
    verdict = holds(
        files, f"({start} to {large.size() - 1}) under the head", "whether the statements count", policy=policy
    )
    assert "not checked: " in verdict.line
    if start % 256:
        assert f"entries {start} to {(start // 256 + 1) * 256 - 1} (they begin inside a tile" in verdict.line
    else:
        assert "inside a tile" not in verdict.line
    if start & (start - 1):
        root = large.world.house("us").ledgers[LOG].tree.root(start)
        assert f"that your head of {start} has root {root.hex()[:12]}" in verdict.line
    else:
        assert f"that the head of {large.size()} extends your head of {start}" in verdict.line
    with pytest.raises(GivenError, match="neither a policy nor the root in entry 0"):
        check(files)


def test_the_head_alone(large: Held, policy: Policy, tmp_path: Path):
    files = bundle(large, tmp_path / "b", large.size())
    holds(files, f"the head of {large.size()} alone, signed by the policy given", policy=policy)


def test_flipped_bytes_in_the_head(whole: Files, policy: Policy):
    for data in flips(whole[HEAD], 150, "head"):
        verdict = check({**whole, HEAD: data}, policy=policy)
        assert not verdict.ok, verdict
        assert verdict.line.startswith((HEAD, ENTRIES)), verdict


def test_flipped_bytes_in_entries_and_proofs(whole: Files, policy: Policy):
    for data in flips(whole[ENTRIES], 40, "entries"):
        fails({**whole, ENTRIES: data}, ENTRIES, policy=policy)


def test_a_flip_is_pinned_to_its_package(whole: Files):
    data = bytearray(whole[ENTRIES])
    at = whole[ENTRIES].index(b"signatures", len(data) // 2)
    data[at] ^= 1
    fails({**whole, ENTRIES: bytes(data)}, ENTRIES, "entries 256 to 511 do not hash to the signed head")


@pytest.mark.parametrize("cut", [1, 100, 100_000])
def test_a_cut_body(whole: Files, policy: Policy, cut: int):
    fails(
        {**whole, ENTRIES: whole[ENTRIES][:-cut]},
        ENTRIES,
        "cut off or changed in the package from entry",
        policy=policy,
    )


def test_bytes_too_many(whole: Files):
    fails({**whole, ENTRIES: whole[ENTRIES] + b"x"}, ENTRIES, "cut off or changed")
    fails({**whole, HEAD: whole[HEAD] + b"x"}, HEAD)


def parts(held: Held) -> Files:
    """The same entries in four files, under two heads."""
    entries = entries_of(under(held.files, "logs/us-to-ru/"))
    tree = Tree(map(leaf_hash, entries))
    small = signed_head(held.world, "us", "ru", entries[:300], mirror=False)
    newest = parse_checkpoint(held.files["logs/us-to-ru/checkpoint"])
    size = newest.head.size

    def body(start: int, end: int, limit: int) -> bytes:
        return encode_add_entries(LOG, start, end, tree, lambda a, b: entries[a:b], limit)

    return {
        "0001-add-checkpoint": AddCheckpoint(0, (), small).encode(),
        "0002-add-entries": body(0, 300, 1),
        "0003-add-entries": body(256, 300, 1),
        "0004-add-checkpoint": AddCheckpoint(300, tuple(tree.consistency(300, size)), newest).encode(),
        "0005-add-entries": body(300, size, 10**8),
    }


def test_several_heads_and_bodies(large: Held, policy: Policy):
    """What an earlier file gave closes what a later one leaves open."""
    files = parts(large)
    verdict = holds(files, f"{large.size()} entries (0 to {large.size() - 1})", policy=policy)
    assert "not checked" not in verdict.line


def test_what_is_left_out_is_noticed(large: Held, policy: Policy):
    files = parts(large)
    for name in ("0002-add-entries", "0003-add-entries", "0004-add-checkpoint"):
        verdict = check({n: d for n, d in files.items() if n != name}, policy=policy)
        assert not verdict.ok
        assert f"number {int(name[:4])} is missing before this file" in verdict.line
    renumbered = {n: d for n, d in files.items() if n != "0003-add-entries"}
    renumbered["0003-add-checkpoint"] = renumbered.pop("0004-add-checkpoint")
    renumbered["0004-add-entries"] = renumbered.pop("0005-add-entries")
    verdict = check(renumbered, policy=policy)
    assert not verdict.ok
    assert "entry 256 of us-to-ru is missing" in "\n".join([verdict.line, *verdict.details])
    last = {n: d for n, d in files.items() if n != "0005-add-entries"}
    fails(last, "0004-add-checkpoint", "entry 300 of us-to-ru is missing", policy=policy)
    headless = {"0001-add-entries": files["0002-add-entries"]}
    fails(headless, "0001-add-entries", "comes before these entries", policy=policy)


def test_heads_that_do_not_fit_together(large: Held, policy: Policy):
    files = parts(large)
    entries = entries_of(under(large.files, "logs/us-to-ru/"))
    other = signed_head(large.world, "us", "ru", [*entries[:299], b"x"], mirror=False)
    twice = {**files, "0006-add-checkpoint": AddCheckpoint(300, (), other).encode()}
    fails(twice, "0006-add-checkpoint", "two different heads of 300", policy=policy)
    request = parse_add_checkpoint(files["0004-add-checkpoint"])
    wrong = AddCheckpoint(300, request.proof[::-1], request.checkpoint).encode()
    fails({**files, "0004-add-checkpoint": wrong}, "0004-add-checkpoint", "do not fit together", policy=policy)
    spare = AddCheckpoint(
        300, request.proof[:1], parse_add_checkpoint(files["0001-add-checkpoint"]).checkpoint
    ).encode()
    fails({**files, "0006-add-checkpoint": spare}, "0006-add-checkpoint", "equal heads need no proof", policy=policy)


def test_the_receipt_that_came_back(large: Held, whole: Files, policy: Policy):
    receipt = large.files["logs/us-to-ru/checkpoint"]
    plain = parse_checkpoint(receipt)
    lines = tuple(line for line in plain.note.signatures if "cosigner" not in line.name)
    data = plain.note._replace(signatures=lines).encode()
    holds({**whole, "receipt": data}, f"the head of {large.size()} signed for by ru at", policy=policy)
    verdict = holds({**whole, "receipt": data}, "a receipt over the head of", "not checked")
    assert any("whose signatures it carries is not checked" in line for line in verdict.details)
    for flipped in flips(data, 12, "receipt"):
        verdict = check({**whole, "receipt": flipped}, policy=policy)
        assert not verdict.ok
        assert verdict.line.startswith("receipt: ")
    entries = entries_of(under(large.files, "logs/us-to-ru/"))
    early = signed_head(large.world, "us", "ru", entries[:200]).encode()
    fails({**whole, "receipt": early}, "receipt", "which is no head of this bundle", policy=policy)
    other = signed_head(large.world, "us", "ru", [*entries[:-1], b"x"]).encode()
    fails({**whole, "receipt": other}, "receipt", "which is not the head of", policy=policy)


def test_other_files_are_named(whole: Files):
    verdict = holds({**whole, "notes.txt": b""}, "bundle: ")
    assert "notes.txt: no part of the bundle, not checked" in verdict.details


def test_another_log_than_the_terms_know(whole: Files, large: Held):
    terms = replace(large.world.terms, logs={})
    fails(whole, HEAD, "is not a log of these terms", terms=terms)
