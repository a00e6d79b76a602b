"""Inclusion and consistency proofs of one tree, made and checked by three implementations."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import pymerkle
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader

from detente.proof.tree import Tree, check_consistency, check_inclusion, leaf_hash
from ledger_parts.nodes import SEED, Logged
from ledger_parts.peers import TilesLog
from ledger_parts.report import Bars, Report, Row

PROOFS = 2_000
P = TypeVar("P")


class _Rates(NamedTuple):
    made: float
    checked: float


def _measure(of: Sequence[int], make: Callable[[int], P], check: Callable[[int, P], object]) -> tuple[list[P], _Rates]:
    """The proofs for each value, and how many a second were made and checked; `check` takes the place and the proof."""
    start = time.perf_counter()
    found = [make(value) for value in of]
    middle = time.perf_counter()
    for place, proof in enumerate(found):
        check(place, proof)
    end = time.perf_counter()
    return found, _Rates(len(of) / (middle - start), len(of) / (end - middle))


def proofs(folder: Path, logged: Logged, report: Report, bars: Bars) -> None:
    """Eight rows: inclusion and consistency, made and checked, beside two peers."""
    size = len(logged.entries)
    tree = Tree(map(leaf_hash, logged.entries))
    root = tree.root()
    TilesLog(folder, logged.origin, logged.entries)
    reader = TilesReader(LocalBackend(folder))
    reader.get_checkpoint()
    merkle = pymerkle.InmemoryTree.init_from_entries(logged.entries, algorithm="sha256")
    assert reader.calculate_root_hash() == merkle.get_root() == root, "roots differ"
    draw = random.Random(SEED)
    at = [draw.randrange(size) for _ in range(PROOFS)]
    old = [draw.randrange(1, size) for _ in range(PROOFS)]
    leaves, roots = [tree.leaf(index) for index in at], [tree.root(each) for each in old]

    with bars.bar(f"proofs in a tree of {size:,}", 6) as step:
        paths, ours = _measure(
            at, lambda i: tree.inclusion(i, size), lambda n, p: check_inclusion(at[n], size, leaves[n], root, p)
        )
        step()
        scales_paths, scales = _measure(
            at, lambda i: reader.get_inclusion_proof(i, size), lambda n, p: p.check(leaves[n], root)
        )
        step()
        merkle_paths, other = _measure(
            at,
            lambda i: merkle.prove_inclusion(i + 1, size),
            lambda n, p: pymerkle.verify_inclusion(leaves[n], root, p, at[n] + 1, size),
        )
        step()
        assert [p.node_hashes for p in scales_paths] == paths, "tlog_scales has other inclusion paths"
        assert [p.path[1:] for p in merkle_paths] == paths, "pymerkle has other inclusion paths"
        same = f"{PROOFS:,} paths equal"
        _rows(report, "inclusion", size, ours, {"tlog_scales": (scales, same), "pymerkle in memory": (other, same)})

        steps, ours = _measure(
            old,
            lambda m: tree.consistency(m, size),
            lambda n, p: check_consistency(old[n], size, roots[n], root, p),
        )
        step()
        scales_steps, scales = _measure(
            old, lambda m: reader.get_consistency_proof(m, size), lambda n, p: p.check(roots[n], root)
        )
        step()
        _, other = _measure(
            old,
            lambda m: merkle.prove_consistency(m, size),
            lambda n, p: pymerkle.verify_consistency(roots[n], root, p, old[n], size),
        )
        step()
        assert [p.node_hashes for p in scales_steps] == steps, "tlog_scales has other consistency paths"
        roots_same = f"{PROOFS:,} proofs valid for our roots"  # pymerkle's have another form
        _rows(
            report,
            "consistency",
            size,
            ours,
            {"tlog_scales": (scales, same), "pymerkle in memory": (other, roots_same)},
        )


def _rows(report: Report, name: str, size: int, ours: _Rates, peers: dict[str, tuple[_Rates, str]]) -> None:
    for verb in _Rates._fields:
        for peer, (theirs, agree) in peers.items():
            what = f"{name} proofs {verb}, tree of {size:,}"
            report.rows.append(Row("proofs", what, getattr(ours, verb), peer, getattr(theirs, verb), agree))
