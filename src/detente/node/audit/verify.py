"""`detente verify` without its I/O: what does a folder or a file prove, offline, to somebody who trusts nobody?

An export is checked by `export`, a log folder by `log` (its bytes by `tiles`, its statements by
`read`), a bundle by `bundle`, a `.tlog-proof` and evidence by `files`. Each gives a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Collection

from detente.errors import GivenError
from detente.model.terms import Terms
from detente.node.audit.bundle import is_bundle, verify_bundle
from detente.node.audit.export import is_export, pinned_by, verify_export
from detente.node.audit.files import is_evidence, is_proof, verify_evidence, verify_proof
from detente.node.audit.log import head_of, pin, read_log
from detente.node.audit.policy import GIVEN, RECEIPT
from detente.node.audit.read import Pinned
from detente.node.audit.verdict import Folder, Progress, Read, Verdict
from detente.proof.keys import VerifyMany, verify_each
from detente.proof.policy import Policy, parse_policy


def verify_folder(
    read: Read,
    names: Collection[str],
    *,
    policy: Policy | None = None,
    terms: Terms | None = None,
    verify_many: VerifyMany = verify_each,
    progress: Progress = lambda done, total: None,
) -> Verdict:
    """Check an export, a log folder or a bundle, whichever it is. `names`: all its files, relative, with slashes.

    GivenError(file-unreadable) if it is none of them, GivenError(policy-invalid) if no policy is given or found.
    """
    folder = Folder(read, frozenset(names))
    if is_export(folder):
        return verify_export(folder, policy, terms, verify_many, progress)
    if "checkpoint" in folder.names or any(name.startswith("tile/") for name in folder.names):
        return _verify_log(folder, policy, terms, verify_many, progress)
    if is_bundle(folder.names):
        return verify_bundle(folder, policy, terms, verify_many)
    what = "neither an export (terms.yaml, logs/), nor a log folder (checkpoint, tile/), nor a bundle (0001-add-...)"
    raise GivenError("file-unreadable", what)


def _verify_log(
    folder: Folder, policy: Policy | None, terms: Terms | None, verify_many: VerifyMany, progress: Progress
) -> Verdict:
    """One log folder; terms, if given, pin its root and the log in the other direction."""
    head = head_of(folder)
    pinned = pinned_by(terms, head.origin, {}, "") if terms and head else Pinned()
    result = read_log(folder, verify_many, policy=policy, pinned=pinned, progress=progress)
    if terms is not None and result.tree is not None:
        pin(result, terms)
    return result.found.verdict(result.line() if result.tree is not None else "")


def verify_file(
    data: bytes,
    where: str,
    *,
    policy: Policy | None = None,
    terms: Terms | None = None,
    beside: bytes | None = None,
) -> Verdict:
    """Check a `.tlog-proof` or an evidence file. `beside`: the receipt policy of the folder it lies in, if any.

    Terms can only say whether the log is one of theirs: keys are pinned by roots, which such a file does not hold.

    GivenError(file-unreadable) if it is neither, GivenError(policy-invalid) if a proof comes without any policy.
    """
    if is_evidence(data):
        return verify_evidence(data, policy, terms, where)
    if not is_proof(data):
        raise GivenError("file-unreadable", "neither a .tlog-proof nor an evidence file", where=where)
    if policy is not None:
        return verify_proof(data, policy, terms, where, GIVEN)
    if beside is None:
        what = "nothing says whose signatures count: give a policy with --policy"
        raise GivenError("policy-invalid", what, where=where)
    return verify_proof(data, parse_policy(beside, RECEIPT), terms, where, "the receipt-policy beside it")
