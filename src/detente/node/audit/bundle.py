"""A bundle, offline: the request bodies that travelled as files (`0001-add-checkpoint`, `0002-add-entries`, ...).

 1. the numbers run without a gap; each file is exactly one body of its kind          (bundle-invalid, request-invalid)
 2. every head is signed by a key of its log: of the policy, or of the root in entry 0 if the bundle starts there
 3. each head extends the one it names, as far as that can be seen from here                  (consistency-fails)
 4. the entries stand under the head they were sent for, and none up to it is missing   (entry-mismatch, bundle-invalid)
 5. if they start with entry 0, they are read by the rules of node.reader; what does not count is a remark
 6. a `receipt` that came back is over a head of the bundle; with a policy: it is one

A bundle that goes on from an earlier one cannot be checked alone in every point: its first package may begin inside
a tile, and the head it goes on from is with the receiver. The verdict says which entries and which step that concerns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from detente.errors import GivenError, RemoteError
from detente.model.terms import Terms
from detente.node.audit.policy import GIVEN
from detente.node.audit.read import OfflineReader, Pinned
from detente.node.audit.verdict import Findings, Folder, Verdict, by_whom, counted, listed, short_name
from detente.node.copies import log_keys_ever
from detente.proof.checkpoint import Checkpoint, Head, check_log_signature, parse_checkpoint
from detente.proof.keys import VerifyMany
from detente.proof.policy import Policy
from detente.proof.tree import EMPTY_ROOT, Tree, check_consistency, check_subtree, fold, leaf_hash
from detente.proof.wire import AddCheckpoint, AddEntries, parse_add_checkpoint, parse_add_entries

RECEIPT = "receipt"
_NAME = re.compile(r"([0-9]{4,8})-(add-checkpoint|add-entries)")


@dataclass
class _Log:
    """What the bundle holds of one log: heads with the file each came in, roots known by size, entries by index."""

    origin: str
    heads: list[tuple[AddCheckpoint, str]] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=lambda: {0: EMPTY_ROOT})
    entries: dict[int, bytes] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def newest(self) -> Checkpoint:
        return max((request.checkpoint for request, _ in self.heads), key=lambda checkpoint: checkpoint.head.size)


def is_bundle(names: Iterable[str]) -> bool:
    """Whether a folder holds files named as a bundle's."""
    return any(_NAME.fullmatch(name) for name in names)


def verify_bundle(folder: Folder, policy: Policy | None, terms: Terms | None, verify_many: VerifyMany) -> Verdict:
    """See the module's words. GivenError(policy-invalid) if no key is known to check the heads with."""
    found = Findings()
    logs: dict[str, _Log] = {}
    files = sorted((int(match[1]), name) for name in folder.names if (match := _NAME.fullmatch(name)))
    for (before, _), (number, name) in pairwise(files):
        if number > before + 1:
            found.fail("bundle-invalid", f"number {before + 1} is missing before this file", folder.at(name))
    for _, name in files:
        try:
            body = folder.get(name)
            if name.endswith("add-checkpoint"):
                _take_head(logs, body, name)
            else:
                _take_entries(logs, body)
        except RemoteError as error:
            found.fail_as(error, folder.at(name))
    others = sorted(name for name in folder.names if not _NAME.fullmatch(name) and name != RECEIPT)
    found.remarks += listed([f"{folder.at(name)}: no part of the bundle, not checked" for name in others])
    lines = []
    for log in logs.values():
        if log.heads:
            lines.append(_check_log(log, folder, policy, terms, verify_many, found))
    if RECEIPT in folder.names:
        try:
            lines.append(_receipt(folder.get(RECEIPT), logs, policy, found))
        except RemoteError as error:
            found.fail_as(error, folder.at(RECEIPT))
    return found.verdict("; ".join(lines))


def _take_head(logs: dict[str, _Log], body: bytes, name: str) -> None:
    request = parse_add_checkpoint(body)
    if request.encode() != body:
        raise RemoteError("request-invalid", "not the one form of this body")
    head = request.checkpoint.head
    log = logs.setdefault(head.origin, _Log(head.origin))
    log.heads.append((request, name))
    if log.roots.setdefault(head.size, head.root) != head.root:
        raise RemoteError("bundle-invalid", f"two different heads of {head.size} stand in this bundle")


def _check_extension(log: _Log, request: AddCheckpoint) -> None:
    """Step 3. The older root is known from a head or from entries of the bundle; else the proof may at least imply it."""
    head, old, proof = request.checkpoint.head, request.old, request.proof
    short = old in log.roots or old > len(log.entries)
    below = [None] if short else [log.entries.get(n) for n in range(old)]
    if None not in below:
        log.roots[old] = Tree(leaf_hash(entry) for entry in below if entry is not None).root()
    if old == head.size:
        if proof:
            raise RemoteError("consistency-fails", "equal heads need no proof")
    elif old in log.roots:
        check_consistency(old, head.size, log.roots[old], head.root, proof)
    else:
        part, whole = fold(0, old, head.size, bytes(32), proof)
        if old & (old - 1) == 0:  # a full subtree: its root is not in the proof, only the length can be wrong
            log.open.append(f"that the head of {head.size} extends your head of {old}")
        elif whole != head.root:
            raise RemoteError("consistency-fails", f"the proof from {old} does not lead to the head of {head.size}")
        else:
            log.roots[old] = part
            log.open.append(f"that your head of {old} has root {part.hex()[:12]}")


def _take_entries(logs: dict[str, _Log], body: bytes) -> None:
    request = parse_add_entries(body)
    log = logs.get(request.origin)
    root = log.roots.get(request.end) if log else None
    if log is None or root is None or all(r.checkpoint.head.size != request.end for r, _ in log.heads):
        raise RemoteError(
            "bundle-invalid", f"no head of {request.end} of {request.origin[:80]} comes before these entries"
        )
    _check_length(request, body)
    for package in request.packages:
        log.entries |= dict(enumerate(package.entries, package.start))
        below = [log.entries.get(n) for n in range(package.floor, package.end)]
        if None in below:
            log.open.append(
                f"entries {package.start} to {package.end - 1} (they begin inside a tile; the rest is with you)"
            )
            continue
        part = Tree(leaf_hash(entry) for entry in below if entry is not None).root()
        try:
            check_subtree(package.floor, package.end, request.end, part, root, package.proof)
        except RemoteError as error:
            what = f"entries {package.start} to {package.end - 1} do not hash to the signed head of {request.end}"
            raise RemoteError("entry-mismatch", what) from error


def _check_length(request: AddEntries, body: bytes) -> None:
    """On the wire bytes after the last whole package are discarded; a file that has any was cut or changed."""
    size = 2 + len(request.origin) + 18 + len(request.ticket)
    for package in request.packages:
        size += sum(2 + len(entry) for entry in package.entries) + 1 + 32 * len(package.proof)
    if size != len(body):
        after = request.packages[-1].end if request.packages else request.start
        raise RemoteError("bundle-invalid", f"cut off or changed in the package from entry {after} on (byte {size})")


def _check_log(
    log: _Log, folder: Folder, policy: Policy | None, terms: Terms | None, verify_many: VerifyMany, found: Findings
) -> str:
    """Steps 2 to 5 for one log; what holds of it, in words."""
    newest = log.newest().head
    name, held = short_name(log.origin), sorted(log.entries)
    _check_whole(log, held, newest, folder, found)
    if policy is not None:
        _check_heads(log, [key.public for key in policy.logs.get(log.origin, [])], folder, found)
    reader = None
    if held and held[0] == 0 and not found.errors:
        reader = OfflineReader(log.origin, log.entries[0], Pinned(), verify_many)
        reader.feed([log.entries[n] for n in held])
        reader.report(name, found)
    basis = GIVEN if policy else "the root in entry 0"
    if terms is not None:
        _pin(log, terms, reader.opening.root if reader else "", folder, found)
        basis += ", pinned by the terms" if reader else ""
    state = reader.reader.state if reader else None
    if policy is None and state is None and not found.errors:
        what = f"{log.origin}: neither a policy nor the root in entry 0 says which key signs this log; use --policy"
        raise GivenError("policy-invalid", what, where=folder.at(log.heads[0][1]))
    if policy is None and state is not None:
        _check_heads(log, [key.public for key in log_keys_ever(state, log.origin)], folder, found)
    counts = f", {counted(len(reader.ids), 'statement counts', 'statements count')}" if reader else ""
    if held and reader is None:
        log.open.append("whether the statements count (that takes the keys since entry 0)")
    left = f"; not checked: {'; '.join(log.open)}" if log.open else ""
    what = f"the head of {newest.size} alone"
    if held:
        entries = f"{counted(len(held), 'entry', 'entries')} ({held[0]} to {held[-1]})"
        what = f"{entries} under the head of {newest.size}{counts}"
    return f"bundle: {name}, {what}, signed by {basis}{left}"


def _check_whole(log: _Log, held: list[int], newest: Head, folder: Folder, found: Findings) -> None:
    if held and (len(held) != held[-1] - held[0] + 1 or held[-1] + 1 != newest.size):
        gap = next((n for n in range(held[0], newest.size) if n not in log.entries), newest.size)
        what = f"entry {gap} of {short_name(log.origin)} is missing; the head is of {newest.size}"
        found.fail("bundle-invalid", what, folder.at(log.heads[-1][1]))


def _check_heads(log: _Log, keys: list[bytes], folder: Folder, found: Findings) -> None:
    for request, file in log.heads:
        try:
            if not keys:
                raise RemoteError("unknown-origin", f"log {log.origin} is not in the policy")
            check_log_signature(request.checkpoint, keys)
            _check_extension(log, request)
        except RemoteError as error:
            found.fail_as(error, folder.at(file))


def _pin(log: _Log, terms: Terms, digest: str, folder: Folder, found: Findings) -> None:
    agreed = terms.logs.get(log.origin)
    where = folder.at(log.heads[0][1])
    if agreed is None:
        found.fail("unknown-origin", f"{log.origin} is not a log of these terms", where)
    elif digest and digest != terms.participants[agreed.sender].root:
        found.fail("root-invalid", f"entry 0 holds root {digest[:12]}, not the one the terms pin", where)


def _receipt(data: bytes, logs: Mapping[str, _Log], policy: Policy | None, found: Findings) -> str:
    """What came back with the bundle: one of its heads, signed by its receiver if a policy says so."""
    checkpoint = parse_checkpoint(data)
    head = checkpoint.head
    log = logs.get(head.origin)
    if log is None or head.size not in log.roots:
        raise RemoteError("receipt-too-small", f"over {head}, which is no head of this bundle")
    if log.roots[head.size] != head.root:
        raise RemoteError("bundle-invalid", f"over {head}, which is not the head of {head.size} in this bundle")
    if policy is None:
        found.remarks.append(f"{RECEIPT}: whose signatures it carries is not checked: give a policy")
        return f"a receipt over the head of {head.size}, not checked"
    return f"the head of {head.size} {by_whom(policy.check(checkpoint))}"
