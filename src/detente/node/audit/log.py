"""One log folder, offline: is it whole, is it signed, which of its statements count, how far is it signed for?

1. `checkpoint` is a head of one log                                          (note-invalid, checkpoint-invalid)
2. a log key of the policy signed it; every other line is by a key of the folder's policies and fits
3. bundles and hash tiles are exactly those of the head                       (`tiles`: entry- and tile-mismatch)
4. every entry is read by the rules of node.reader; one that does not count is a remark: its bytes are authentic, and a
   sender that logs nonsense must not make the record of the other side unreadable
5. the policy's log keys stand in the log's roots, and a current one signed the head      (unknown-key)
6. receipts/: each is one, of the entry in its name, in the tree of the head  (receipts of another history: fork)
7. the quorum stands over the head, or over the largest head among the receipts; the line says how far. A policy that
   somebody gave and that no head meets fails the folder; the folder's own only makes it say `by nobody`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from detente.errors import DetenteError, RemoteError
from detente.model.terms import Terms
from detente.node.audit.policy import COSIGNER, FOLDER, GIVEN, RECEIPT, own_policy
from detente.node.audit.read import OfflineReader, Pinned, read_opening
from detente.node.audit.tiles import bundle_paths, check_tiles
from detente.node.audit.verdict import Findings, Folder, Progress, by_whom, counted, listed, short_name
from detente.proof.checkpoint import Checkpoint, Cosignature, Head, check_log_signature, parse_checkpoint
from detente.proof.keys import VerifierKey, VerifyMany, key_id
from detente.proof.policy import Policy
from detente.proof.receipt import parse_proof
from detente.proof.tiles import parse_bundle
from detente.proof.tree import Tree, leaf_hash

BUNDLES_AT_ONCE = 16
_RECEIPT = re.compile(r"receipts/([0-9]{6,16})\.tlog-proof")


@dataclass
class LogResult:
    """What was found about one log. `covered`: entries below the largest head that meets the policy, by `lines`."""

    folder: Folder
    found: Findings = field(default_factory=Findings)
    policies: list[Policy] = field(default_factory=list)
    given: bool = False
    checkpoint: Checkpoint | None = None
    tree: Tree | None = None
    read: OfflineReader | None = None
    pinned: bool = False
    covered: int = 0
    lines: list[Cosignature] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.checkpoint.head.origin if self.checkpoint else ""

    @property
    def reading(self) -> OfflineReader:
        """What was read, once the folder has proved whole."""
        assert self.read is not None  # noqa: S101 - asked only after `tree` is there
        return self.read

    @property
    def size(self) -> int:
        return self.checkpoint.head.size if self.checkpoint else 0

    def signed(self) -> str:
        """How far it is signed for, in words."""
        if self.policies[0].quorum is None:
            return "no countersignature asked for"
        if not self.lines:
            return f"signed for by nobody: only {(self.read and self.read.sender) or 'its sender'} vouches for it"
        who = by_whom(self.lines)
        left = self.size - self.covered
        return who if not left else f"the first {self.covered} {who}, the last {left} by nobody yet"

    def line(self) -> str:
        """What holds, in one line."""
        counting, refused = (len(self.read.ids), len(self.read.refused)) if self.read else (0, 0)
        basis = (
            f"by {GIVEN if self.given else FOLDER}, root {'as pinned by the terms' if self.pinned else 'not pinned'}"
        )
        return (
            f"{short_name(self.origin)}: {counted(self.size, 'entry', 'entries')}, "
            f"{counted(counting, 'statement counts', 'statements count')}{f', {refused} refused' if refused else ''}, "
            f"{self.signed()}, nothing changed or left out below {'that' if self.covered == self.size else 'the'} head "
            f"({basis})"
        )


def read_log(
    folder: Folder,
    verify_many: VerifyMany,
    *,
    policy: Policy | None = None,
    pinned: Pinned | None = None,
    progress: Progress = lambda done, total: None,
) -> LogResult:
    """Check one log folder. GivenError only if it holds no policy and none is given; all else is in the result."""
    result = LogResult(folder, given=policy is not None)
    found = result.found
    try:
        result.policies = [policy] if policy else [own_policy(folder, RECEIPT), own_policy(folder, COSIGNER)]
    except DetenteError as error:
        if folder.read(RECEIPT) is None:
            raise
        found.errors.append(error)
        return result
    if not _check_head(result):
        return result
    assert result.checkpoint is not None  # noqa: S101 - set by _check_head
    result.tree = check_tiles(folder, result.checkpoint.head, found)
    if result.tree is None:
        return result
    if not _read_entries(result, pinned or Pinned(), verify_many, progress):
        result.tree = None
        return result
    _check_log_keys(result)
    _check_receipts(result)
    if result.given and result.policies[0].quorum is not None and not result.lines:
        found.fail(
            "quorum-missing", "neither this head nor a receipt in the folder meets the policy", folder.at("checkpoint")
        )
    others = [
        n
        for n in folder.names
        if not n.startswith(("tile/", "receipts/")) and n not in ("checkpoint", RECEIPT, COSIGNER)
    ]
    found.remarks += listed([f"{folder.at(name)}: no part of the log, not checked" for name in sorted(others)])
    return result


def _check_head(result: LogResult) -> bool:
    folder, found, where = result.folder, result.found, result.folder.at("checkpoint")
    data = folder.read("checkpoint")
    if data is None:
        found.fail("tile-mismatch", "is missing: nothing says what the folder should hold", where)
        return False
    try:
        checkpoint = parse_checkpoint(data)
        for policy, role, name in zip(result.policies, ("receipt", "neutral"), (RECEIPT, COSIGNER), strict=False):
            others = any(checkpoint.head.origin in other.logs for other in result.policies)
            if others and checkpoint.head.origin not in policy.logs:
                found.fail("policy-invalid", f"is not of log {checkpoint.head.origin}", folder.at(name))
                return False
            _check_quorum(result, checkpoint, policy, role)
        _check_lines(checkpoint, result.policies, result.given, where, found)
    except RemoteError as error:
        found.fail_as(error, where)
        return False
    result.checkpoint = checkpoint
    return not found.errors


def _check_quorum(result: LogResult, checkpoint: Checkpoint, policy: Policy, role: str) -> None:
    try:
        lines = policy.check(checkpoint)
    except RemoteError as error:
        if error.code != "quorum-missing":
            raise
        name = short_name(checkpoint.head.origin)
        result.found.notes.append(f"{name}: the newest head lacks its {role} quorum: {error.what}")
        return
    if role == "receipt":
        result.covered, result.lines = checkpoint.head.size, lines
    elif lines:
        result.found.notes.append(f"{short_name(checkpoint.head.origin)}: the head is {by_whom(lines)}")


def _check_lines(checkpoint: Checkpoint, policies: Sequence[Policy], given: bool, where: str, found: Findings) -> None:
    """Lines of unknown keys prove nothing: an export writes none; under a policy given from outside they may stand."""
    known: list[VerifierKey] = []
    for policy in policies:
        known += [*policy.logs.get(checkpoint.head.origin, []), *policy.witnesses.values()]
    pairs = {(key.name, key.id) for key in known}
    for line in checkpoint.note.signatures:
        if (line.name, line.key_id) not in pairs:
            what = f"a signature line of {line.name}+{line.key_id:08x}, which no policy here names"
            if given:
                found.notes.append(f"{where}: {what}: not checked")
            else:
                found.fail("unknown-key", what, where)


def head_of(folder: Folder) -> Head | None:
    """The head a log folder claims, unverified; None if it cannot be read."""
    try:
        return parse_checkpoint(folder.get("checkpoint")).head
    except RemoteError:
        return None


def opening_agreement(folder: Folder) -> str:
    """Digest of the agreement under which the log's opening root speaks; "" if it does not open with a root."""
    bundle = next((n for n in sorted(folder.names) if n.startswith("tile/entries/000")), "")
    data = folder.get(bundle)
    return read_opening(data[2 : 2 + int.from_bytes(data[:2], "big")]).agreement


def _read_entries(result: LogResult, pinned: Pinned, verify_many: VerifyMany, progress: Progress) -> bool:
    """Step 4. The bundles are read again, and hashed again: what is read must be what was checked."""
    assert result.tree is not None  # noqa: S101 - read_log has set it
    paths = bundle_paths(result.size)
    first = parse_bundle(result.folder.get(paths[0]))[0] if paths else b""
    result.read = reader = OfflineReader(result.origin, first, pinned, verify_many)
    for at in range(0, len(paths), BUNDLES_AT_ONCE):
        some = paths[at : at + BUNDLES_AT_ONCE]
        entries = [entry for path in some for entry in parse_bundle(result.folder.get(path))]
        if any(result.tree.leaf(n) != leaf_hash(entry) for n, entry in enumerate(entries, reader.entries)):
            result.found.fail("entry-mismatch", "was changed while it was being read", result.folder.at(some[0]))
            return False
        reader.feed(entries)
        progress(reader.entries, result.size)
    reader.report(short_name(result.origin), result.found)
    return True


def _check_log_keys(result: LogResult) -> None:
    assert result.checkpoint is not None  # noqa: S101 - read_log has set it
    assert result.read is not None  # noqa: S101 - read_log has set it
    state, where = result.read.reader.state, result.folder.at("checkpoint")
    if state is None:
        return
    owner = (state.document.participant, "log")
    try:
        for key in result.policies[0].logs[result.origin]:
            if state.roles_ever.get(key.public) != owner:
                raise RemoteError(
                    "unknown-key", f"log key {key.id:08x} of the policy stands in no root of {owner[0]} in this log"
                )
        check_log_signature(result.checkpoint, state.publics("log"))
    except RemoteError as error:
        result.found.fail_as(error, where)


def _check_receipts(result: LogResult) -> None:
    for path in sorted(name for name in result.folder.names if name.startswith("receipts/")):
        where = result.folder.at(path)
        match = _RECEIPT.fullmatch(path)
        if not match:
            result.found.fail("proof-invalid", "the name is not an entry's number with .tlog-proof", where)
            continue
        try:
            _check_receipt(result, path, int(match[1]), where)
        except RemoteError as error:
            if error.code == "fork":
                result.found.errors.append(error.at(where))
            else:
                result.found.fail_as(error, where)


def _check_receipt(result: LogResult, path: str, index: int, where: str) -> None:
    assert result.tree is not None  # noqa: S101 - read_log has set it
    proof = parse_proof(result.folder.get(path))
    head = proof.checkpoint.head
    policy = result.policies[0]
    if proof.index != index or head.origin != result.origin:
        raise RemoteError("proof-invalid", f"it is of entry {proof.index} of {head.origin}")
    if proof.entry is None:
        raise RemoteError("proof-invalid", "it does not carry its entry")
    proof.check(proof.entry)
    lines = _receipt_lines(policy, proof.checkpoint, result.given)
    if lines is None:
        result.found.notes.append(f"{where}: no receipt under {GIVEN}")
        return
    _check_lines(proof.checkpoint, result.policies[:1], result.given, where, result.found)
    signers = [key for key, _ in proof.checkpoint.note.lines_by(policy.logs[head.origin])]
    if all(result.reading.revoked.get(key_id(key.public), head.size) < head.size for key in signers):
        raise RemoteError("key-revoked", f"its head of {head.size} is signed by a log key revoked before that")
    if head.size > result.size:
        raise RemoteError(
            "stale-checkpoint", f"it is over {head.size} entries, the folder's head over {result.size}: cut"
        )
    if result.tree.root(head.size) != head.root:
        raise RemoteError("fork", f"a signed head of another history: {head}", party=result.reading.sender)
    if head.size > result.covered:
        result.covered, result.lines = head.size, lines
    result.found.notes.append(f"{where}: entry {index}, {by_whom(lines)}")


def _receipt_lines(policy: Policy, checkpoint: Checkpoint, given: bool) -> list[Cosignature] | None:
    try:
        return policy.check(checkpoint)
    except RemoteError as error:
        if given and error.code == "quorum-missing":
            return None
        raise


def pin(result: LogResult, terms: Terms) -> None:
    """Hold a log against terms: is it one of theirs, and are its keys those they pin?"""
    log = terms.logs.get(result.origin)
    if log is None:
        result.found.fail(
            "unknown-origin", f"{result.origin} is not a log of these terms", result.folder.at("checkpoint")
        )
        return
    root = terms.participants[log.sender].root
    if result.read is not None and not result.pinned and result.read.opening.root != root:
        held = result.read.opening.root[:12] or "(none)"
        what = f"entry 0 opens the log with root {held}, the terms pin {root[:12]} for {log.sender}"
        result.found.fail("root-invalid", what, result.folder.at(bundle_paths(max(result.size, 1))[0]))
    result.pinned = True
