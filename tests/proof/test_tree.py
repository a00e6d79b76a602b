"""RFC 6962 / RFC 9162 trees against the definitions, published vectors, and two other implementations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.tlog import ConsistencyProof, ConsistencyProofInvalid, InclusionProof, InclusionProofInvalid

from detente.errors import LocalError, RemoteError
from detente.proof import tree
from detente.proof.tree import Tree, check_consistency, check_inclusion, check_subtree, fold, is_subtree, leaf_hash
from tests.proof import reference
from tests.proof.builders import entry, refused

EXHAUSTIVE = 70
VECTORS = json.loads((Path(__file__).parent.parent / "vectors/rfc6962-trees.json").read_text("utf-8"))


@cache
def leaves(size: int) -> tuple[bytes, ...]:
    return tuple(leaf_hash(entry(n)) for n in range(size))


@cache
def grown(size: int) -> Tree:
    return Tree(leaves(size))


@cache
def root(size: int) -> bytes:
    return reference.mth(leaves(size))


# --- the published vectors ----------------------------------------------------------------------------------------


def published() -> Tree:
    return Tree(leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"])


def test_certificate_transparency_roots():
    """RFC 6962, 2.1, with the eight leaf inputs of the CT reference implementation."""
    assert [published().root(size).hex() for size in range(9)] == VECTORS["roots"]
    assert tree.EMPTY_ROOT.hex() == VECTORS["roots"][0]


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda c: f"{c['index']} of {c['size']}")
def test_certificate_transparency_inclusion_proofs(case):
    """RFC 6962, 2.1.1, published paths."""
    log = published()
    path = log.inclusion(case["index"], case["size"])
    assert [value.hex() for value in path] == case["path"]
    check_inclusion(case["index"], case["size"], log.leaf(case["index"]), log.root(case["size"]), path)


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda c: f"{c['old']} to {c['new']}")
def test_certificate_transparency_consistency_proofs(case):
    """RFC 6962, 2.1.2, published proofs."""
    log = published()
    proof = log.consistency(case["old"], case["new"])
    assert [value.hex() for value in proof] == case["proof"]
    check_consistency(case["old"], case["new"], log.root(case["old"]), log.root(case["new"]), proof)


# --- the definitions, exhaustively --------------------------------------------------------------------------------


def test_roots_equal_the_definition_exhaustively():
    """RFC 6962, 2.1: MTH, for every size, and for every earlier size of one grown tree."""
    assert [grown(EXHAUSTIVE).root(size) for size in range(EXHAUSTIVE + 1)] == [root(n) for n in range(EXHAUSTIVE + 1)]


def test_a_tree_grown_leaf_by_leaf_equals_one_grown_at_once():
    """`append` and `extend` are one thing."""
    slowly = Tree()
    for leaf in leaves(EXHAUSTIVE):
        slowly.append(leaf)
        assert slowly.root() == root(slowly.size)


def test_inclusion_proofs_equal_the_definition_exhaustively():
    """RFC 6962, 2.1.1: PATH(m, D[n]) for every m < n <= 70, and each is accepted."""
    log = grown(EXHAUSTIVE)
    for size in range(1, EXHAUSTIVE + 1):
        for index in range(size):
            path = log.inclusion(index, size)
            assert path == reference.path(index, leaves(size))
            check_inclusion(index, size, leaves(size)[index], root(size), path)


def test_consistency_proofs_equal_the_definition_exhaustively():
    """RFC 6962, 2.1.2: PROOF(m, D[n]) for every 0 < m <= n <= 70, and each is accepted."""
    log = grown(EXHAUSTIVE)
    for new in range(1, EXHAUSTIVE + 1):
        assert log.consistency(0, new) == []
        check_consistency(0, new, tree.EMPTY_ROOT, root(new), [])
        for old in range(1, new + 1):
            proof = log.consistency(old, new)
            assert proof == reference.proof(old, leaves(new))
            check_consistency(old, new, root(old), root(new), proof)


def test_subtrees_equal_the_definition_exhaustively():
    """The draft used by tlog-mirror: which [start, end) are subtrees."""
    expected = set(reference.subtrees(EXHAUSTIVE))
    for start in range(EXHAUSTIVE):
        for end in range(EXHAUSTIVE + 1):
            assert is_subtree(start, end) == ((start, end) in expected)


def test_subtree_proofs_satisfy_the_drafts_own_verification_exhaustively():
    """Subtree consistency proofs, for every subtree of every tree up to 40: the iterative verifier agrees."""
    for size in range(1, 41):
        for start, end in reference.subtrees(size):
            proof = grown(EXHAUSTIVE).prove(start, end, size)
            node = reference.mth(leaves(size)[start:end])
            assert reference.verify_subtree(start, end, size, proof, node, root(size))
            assert fold(start, end, size, node, proof) == (node, root(size))
            check_subtree(start, end, size, node, root(size), proof)


# --- the definitions, at random sizes -----------------------------------------------------------------------------

SIZES = st.integers(1, 3_000)


@given(SIZES, st.data())
def test_larger_trees_equal_the_definition(size, data):
    """The same by hypothesis beyond 70."""
    log = grown(3_000)
    assert log.root(size) == root(size)
    index = data.draw(st.integers(0, size - 1))
    path = log.inclusion(index, size)
    assert path == reference.path(index, leaves(size))
    check_inclusion(index, size, leaves(size)[index], root(size), path)
    old = data.draw(st.integers(1, size))
    proof = log.consistency(old, size)
    assert proof == reference.proof(old, leaves(size))
    check_consistency(old, size, root(old), root(size), proof)


@given(SIZES, st.data())
def test_larger_subtree_proofs_satisfy_the_drafts_own_verification(size, data):
    """Subtrees, by hypothesis beyond 40."""
    width = 1 << data.draw(st.integers(0, size.bit_length() - 1))
    start = width * data.draw(st.integers(0, (size - 1) // width))
    end = data.draw(st.integers(start + 1, min(start + width, size)))
    proof = grown(3_000).prove(start, end, size)
    node = reference.mth(leaves(size)[start:end])
    assert reference.verify_subtree(start, end, size, proof, node, root(size))
    check_subtree(start, end, size, node, root(size), proof)


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 600))
def test_truncate_undoes_extend(first, more, again):
    """A batch that was not committed leaves no trace: the tree goes on as if it had never been there."""
    log = Tree(leaves(first))
    log.extend(leaf_hash(b"rolled back %d" % n) for n in range(more))
    log.truncate(first)
    assert log.size == first
    assert log.root() == root(first)
    log.extend(leaves(first + again)[first:])
    assert log.root() == root(first + again)
    assert [log.leaf(n) for n in range(log.size)] == list(leaves(first + again))


# --- proofs that are wrong ----------------------------------------------------------------------------------------


def broken(proof: list[bytes]) -> Iterator[list[bytes]]:
    """A proof with any hash flipped, dropped, added, swapped, shortened or repeated."""
    for n, value in enumerate(proof):
        flipped = bytes([value[0] ^ 1]) + value[1:]
        yield [*proof[:n], flipped, *proof[n + 1 :]]
        yield [*proof[:n], value[:-1] + bytes([value[-1] ^ 0x80]), *proof[n + 1 :]]
        yield [*proof[:n], value[:31], *proof[n + 1 :]]
        yield [*proof[:n], value + b"\x00", *proof[n + 1 :]]
        yield [*proof[:n], b"", *proof[n + 1 :]]
        yield proof[:n] + proof[n + 1 :]
        yield [*proof[:n], value, value, *proof[n + 1 :]]
        for m in range(n):
            if proof[m] != value:
                yield [*proof[:m], value, *proof[m + 1 : n], proof[m], *proof[n + 1 :]]
    for n in range(len(proof) + 1):
        yield [*proof[:n], bytes(32), *proof[n:]]
    if proof:
        yield []
    yield [*proof, *proof, bytes(32)]
    yield proof + [bytes(32)] * 64


@pytest.mark.parametrize("size", [*range(1, 18), 31, 32, 33])
def test_a_broken_inclusion_proof_is_refused(size):
    """ "flipped byte ... a named refusal": every hash flipped, dropped, added, swapped; wrong index, size, leaf."""
    log = grown(EXHAUSTIVE)
    for index in range(size):
        path = log.inclusion(index, size)
        for wrong in broken(path):
            with pytest.raises(RemoteError) as caught:
                check_inclusion(index, size, log.leaf(index), root(size), wrong)
            assert caught.value.code == "inclusion-fails"
        for other in range(size + 2):
            if other != index:
                with refused("inclusion-fails"):
                    check_inclusion(other, size, log.leaf(index), root(size), path)
                with refused("inclusion-fails"):
                    check_inclusion(index, size, log.leaf(other), root(size), path)
        with refused("inclusion-fails"):
            check_inclusion(index, size, log.leaf(index), root(size + 1), path)


@pytest.mark.parametrize("new", [*range(1, 18), 31, 32, 33])
def test_a_broken_consistency_proof_is_refused(new):
    """Row "two heads ... or a failing consistency proof": every way to break one, wrong sizes, wrong roots."""
    log = grown(EXHAUSTIVE)
    for old in range(1, new + 1):
        proof = log.consistency(old, new)
        for wrong in broken(proof):
            with pytest.raises(RemoteError) as caught:
                check_consistency(old, new, root(old), root(new), wrong)
            assert caught.value.code == "consistency-fails"
        for other in range(new + 3):
            if other != old:
                with refused("consistency-fails"):
                    check_consistency(old, new, root(other), root(new), proof)
            if other != new:
                with refused("consistency-fails"):
                    check_consistency(old, new, root(old), root(other), proof)
        with refused("consistency-fails"):
            check_consistency(new + 1, new, root(old), root(new), proof)


def test_wrong_sizes_are_refused_whenever_the_roots_differ():
    """A proof of one pair of sizes shows nothing of another pair."""
    log = grown(EXHAUSTIVE)
    for new in range(1, 13):
        for old in range(1, new):
            proof = log.consistency(old, new)
            for old2 in range(1, 15):
                for new2 in range(old2, 15):
                    if (old2, new2) != (old, new):
                        with pytest.raises(RemoteError):
                            check_consistency(old2, new2, root(old2), root(new2), [*proof, b"\x00" * 32])
                        if log.consistency(old2, new2) != proof:
                            with pytest.raises(RemoteError):
                                check_consistency(old2, new2, root(old2), root(new2), proof)


def test_an_empty_tree_has_the_empty_root_and_needs_no_proof():
    """tlog-witness: "The proof MUST be empty if the old size is zero"."""
    with refused("consistency-fails"):
        check_consistency(0, 5, tree.EMPTY_ROOT, root(5), [bytes(32)])
    with refused("consistency-fails"):
        check_consistency(0, 5, bytes(32), root(5), [])


def test_two_heads_of_one_size_must_be_one_root():
    """tlog-witness: "If the old size matches ... the root hashes are also identical"."""
    check_consistency(5, 5, root(5), root(5), [])
    with refused("consistency-fails"):
        check_consistency(5, 5, root(5), root(4), [])


@given(
    st.integers(-3, 2**64),
    st.integers(-3, 2**64),
    st.integers(-3, 2**64),
    st.binary(max_size=33),
    st.lists(st.binary(max_size=33) | st.binary(min_size=32, max_size=32), max_size=66),
)
def test_fold_never_crashes_on_junk(start, end, size, node, proof):
    """A proof is bytes from the other side: two hashes or a refusal, no third outcome."""
    try:
        part, whole = fold(start, end, size, node, proof)
    except RemoteError:
        return
    assert part == node or len(part) == 32
    assert whole == node or len(whole) == 32


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_fold_takes_hashes_of_32_bytes_only(length):
    """tlog-witness: each proof line "MUST encode a single hash"; what is no hash is not hashed along."""
    with refused("inclusion-fails"):
        fold(0, 1, 2, leaves(1)[0], [bytes(length)])
    with refused("inclusion-fails"):
        fold(0, 3, 4, root(3), [leaves(4)[2], bytes(length), root(2)])


@given(st.integers(1, 80), st.integers(0, 79), st.data())
def test_fold_refuses_exactly_what_the_draft_refuses(size, index, data):
    """With a proof of the right or a wrong length: both verifiers agree on each random range."""
    end = data.draw(st.integers(index + 1, index + 20))
    log = grown(EXHAUSTIVE + 30)
    proof = (
        log.prove(index, end, size)
        if is_subtree(index, end) and end <= size
        else data.draw(st.lists(st.sampled_from(leaves(EXHAUSTIVE)), max_size=8))
    )
    node = reference.mth(leaves(100)[index:end])
    expected = is_subtree(index, end) and reference.verify_subtree(index, end, size, proof, node, root(size))
    try:
        check_subtree(index, end, size, node, root(size), proof)
    except RemoteError:
        assert not expected
    else:
        assert expected


def test_our_own_mistakes_are_ours():
    """Asking our tree for what it does not hold is no fault of the other side."""
    log = Tree(leaves(5))
    for ask in (
        lambda: log.root(6),
        lambda: log.root(-1),
        lambda: log.inclusion(5, 5),
        lambda: log.inclusion(2, 6),
        lambda: log.consistency(4, 3),
        lambda: log.prove(1, 3, 5),
        lambda: log.prove(2, 2, 5),
    ):
        with refused("internal", LocalError):
            ask()


# --- other implementations ----------------------------------------------------------------------------------------


@given(SIZES, st.data())
def test_tlog_scales_accepts_our_proofs_and_refuses_broken_ones(size, data):
    """ "Somebody else's verifier must accept our files unchanged": RFC 9162's iterative algorithms."""
    log = grown(3_000)
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    path, proof = log.inclusion(index, size), log.consistency(old, size)
    InclusionProof(index, size, path).check(log.leaf(index), log.root(size))
    ConsistencyProof(old, size, proof).check(log.root(old), log.root(size))
    with pytest.raises(InclusionProofInvalid):
        InclusionProof(index, size, [*path, bytes(32)]).check(log.leaf(index), log.root(size))
    if old < size:
        with pytest.raises(ConsistencyProofInvalid):
            ConsistencyProof(old, size, [*proof, bytes(32)]).check(log.root(old), log.root(size))


def test_pymerkle_agrees_on_roots_and_accepts_our_proofs():
    """A second implementation, which counts leaves from 1 and begins its paths with the leaf."""
    theirs = pymerkle.InmemoryTree.init_from_entries([entry(n) for n in range(40)], algorithm="sha256")
    log = grown(EXHAUSTIVE)
    for size in range(1, 41):
        assert theirs.get_root(size) == log.root(size)
        for index in range(size):
            proof = theirs.prove_inclusion(index + 1, size)
            assert proof.path == [log.leaf(index), *log.inclusion(index, size)]
            check_inclusion(index, size, proof.path[0], theirs.get_root(size), proof.path[1:])
        for old in range(1, size + 1):
            consistency = theirs.prove_consistency(old, size)
            pymerkle.verify_consistency(log.root(old), log.root(size), consistency)
