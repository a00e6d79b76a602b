"""Single files, offline: a `.tlog-proof` (a receipt with its entry), evidence of a fork or of a countersigner's lapse.

A file that proves what it is said to prove gives a verdict that holds, however bad the news in it is.
"""

from __future__ import annotations

import msgspec

from detente.errors import DetenteError, RemoteError
from detente.model.terms import Terms
from detente.model.when import show_instant
from detente.node.audit.read import statement_in
from detente.node.audit.verdict import Findings, Verdict, by_whom
from detente.proof.checkpoint import Checkpoint, cosignatures, parse_checkpoint
from detente.proof.evidence import ForkEvidence, check_fork, read_fork
from detente.proof.keys import TYPE_COSIGNATURE, VerifierKey
from detente.proof.lapse import LapseEvidence, check_lapse, read_lapse
from detente.proof.policy import Policy
from detente.proof.receipt import HEADER, check_receipt, parse_proof


class _Tagged(msgspec.Struct):
    type: str


_tagged = msgspec.json.Decoder(_Tagged)


def is_proof(data: bytes) -> bool:
    """Whether the file says it is a C2SP tlog-proof."""
    return data.startswith(HEADER[:9].encode())


def is_evidence(data: bytes) -> bool:
    """Whether the file says it is evidence."""
    return data[:1] == b"{"


def verify_proof(data: bytes, policy: Policy, terms: Terms | None, where: str, basis: str) -> Verdict:
    """Does the entry in the file stand under a head that the policy believes? `basis`: whose policy it is, in words."""
    found = Findings()
    try:
        proof = parse_proof(data)
        if proof.entry is None:
            raise RemoteError("proof-invalid", "it carries no entry (an `extra` line), so there is nothing to prove")
        lines = check_receipt(proof, proof.entry, policy)
    except RemoteError as error:
        found.fail_as(error, where)
        return found.verdict("")
    head = proof.checkpoint.head
    _check_terms(head.origin, terms, where, found)
    known = {(key.name, key.id) for key in (*policy.logs[head.origin], *policy.witnesses.values())}
    for line in proof.checkpoint.note.signatures:
        if (line.name, line.key_id) not in known:
            found.remarks.append(f"a signature line of {line.name}, whom the policy does not name: not checked")
    found.notes.append("not checked: the entry's own signatures and whether it counts (that takes the log's roots)")
    return found.verdict(
        f"entry {proof.index} of {head.origin}, {_told(proof.entry, head.origin)}, stands under the head of "
        f"{head.size} {by_whom(lines)} (by {basis})"
    )


def _told(entry: bytes, origin: str) -> str:
    statement = statement_in(entry)
    if statement is None:
        return "which no node reads as a statement"
    place = "" if statement.origin == origin else f" made for {statement.origin}"
    return f"a {statement.kind} of {statement.author}{place} dated {show_instant(statement.time)} by itself"


def _check_terms(origin: str, terms: Terms | None, where: str, found: Findings) -> None:
    if terms is not None and origin not in terms.logs:
        found.fail("unknown-origin", f"{origin} is not a log of these terms", where)
    elif terms is not None:
        found.notes.append("not checked: that the keys are those the terms pin (that takes the log's roots)")


def verify_evidence(data: bytes, policy: Policy | None, terms: Terms | None, where: str) -> Verdict:
    """Does the file prove what it says? With a policy, also: is the key it convicts the one the policy names?"""
    found = Findings()
    line = check_evidence(data, policy, where, found)
    if line:
        _check_terms(accused_log(data), terms, where, found)
    return found.verdict(line)


def accused_log(data: bytes) -> str:
    """Origin of the log whose heads a checked evidence file holds."""
    if _tagged.decode(data).type == "fork_evidence":
        return parse_checkpoint(read_fork(data).smaller).head.origin
    return parse_checkpoint(read_lapse(data).later).head.origin


def check_evidence(data: bytes, policy: Policy | None, where: str, found: Findings) -> str:
    """What an evidence file proves, in one line; "" and an error in `found` if it proves nothing."""
    try:
        tag = _tagged.decode(data).type
        if tag == "fork_evidence":
            return _check_fork(read_fork(data), policy, found)
        if tag == "lapse_evidence":
            return _check_lapse(read_lapse(data), policy, found)
        raise RemoteError("proof-invalid", f"evidence of type {tag!r} is not known to this version")
    except DetenteError as error:
        found.fail_as(error, where)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found.fail("proof-invalid", f"no evidence file: {error}", where)
    return ""


def _check_fork(evidence: ForkEvidence, policy: Policy | None, found: Findings) -> str:
    larger, smaller = check_fork(evidence)
    key = VerifierKey.decode(evidence.key)
    if policy is None:
        found.notes.append(f"not checked: that key {key.id:08x} is the log's own; compare it, or give a policy")
    elif key not in policy.logs.get(key.name, []):
        raise RemoteError("unknown-key", f"both heads are signed by {key.id:08x}, which is no known key of {key.name}")
    for data in (evidence.larger, evidence.smaller):
        _check_other_lines(parse_checkpoint(data), key, policy, found)
    owner = "the log's key" if policy else f"key {key.id:08x}: compare it"
    larger_words = f"{larger}, whose root at {evidence.size} is {evidence.root[:8]}…"
    return f"a fork is proved: {key.name} signed two histories, {larger_words}, and {smaller} ({owner})"


def _check_lapse(evidence: LapseEvidence, policy: Policy | None, found: Findings) -> str:
    earlier, later = check_lapse(evidence)
    key = earlier.key
    if policy is None:
        found.notes.append(f"not checked: that key {key.id:08x} is {key.name}'s own; compare it, or give a policy")
    elif key not in policy.witnesses.values():
        raise RemoteError("unknown-key", f"both lines are by {key.id:08x}, which is no known key of {key.name}")
    found.notes.append(
        "not checked: the log's own signatures under the two heads; the countersigner's lines convict it"
    )
    owner = "its known key" if policy else f"key {key.id:08x}: compare it"
    times = [show_instant(line.time_s * 1000) for line in (earlier, later)]
    words = f"signed for {earlier.head} at {times[0]} and, later, only for {later.head} at {times[1]}"
    return f"a countersigner went back: {key.name} {words} ({owner})"


def _check_other_lines(checkpoint: Checkpoint, key: VerifierKey, policy: Policy | None, found: Findings) -> None:
    """Countersignatures in the heads add nothing to the proof; those that can be checked must fit all the same."""
    witnesses = [k for k in policy.witnesses.values() if k.type == TYPE_COSIGNATURE] if policy else []
    for line in cosignatures(checkpoint, witnesses):
        found.notes.append(
            f"{checkpoint.head} was countersigned by {line.key.name} at {show_instant(line.time_s * 1000)}"
        )
    known = {(k.name, k.id) for k in [key, *witnesses]}
    for other in checkpoint.note.signatures:
        if (other.name, other.key_id) not in known:
            found.notes.append(f"{checkpoint.head} carries a line of {other.name}: not checked, it adds nothing")
