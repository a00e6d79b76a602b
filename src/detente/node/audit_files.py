"""Single files, offline: a `.tlog-proof` (a receipt and its entry), and evidence of a fork.

A file that proves what it is said to prove gives a verdict that holds, however bad the news in it is.
"""

from __future__ import annotations

import msgspec

from detente.errors import DetenteError, GivenError, RemoteError
from detente.model.when import show_instant
from detente.node.audit_read import statement_in
from detente.node.verdict import Findings, Verdict, by_whom
from detente.proof.checkpoint import cosignatures, parse_checkpoint
from detente.proof.evidence import check_fork, read_fork
from detente.proof.keys import TYPE_COSIGNATURE, VerifierKey
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


def verify_proof(data: bytes, policy: Policy, where: str, basis: str) -> Verdict:
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
    known = {(key.name, key.id) for key in (*policy.logs[head.origin], *policy.witnesses.values())}
    for line in proof.checkpoint.note.signatures:
        if (line.name, line.key_id) not in known:
            found.remarks.append(f"a signature line of {line.name}, whom the policy does not name: not checked")
    found.notes.append("not checked: the entry's own signatures and whether it counts (that takes the log's roots)")
    return found.verdict(
        f"entry {proof.index} of {head.origin}, {_told(proof.entry, head.origin)}, stands under the head of {head.size} "
        f"{by_whom(lines)} (by {basis})"
    )


def _told(entry: bytes, origin: str) -> str:
    statement = statement_in(entry)
    if statement is None:
        return "which no node reads as a statement"
    place = "" if statement.origin == origin else f" made for {statement.origin}"
    return f"a {statement.kind} of {statement.author}{place} dated {show_instant(statement.time)} by itself"


def verify_evidence(data: bytes, policy: Policy | None, where: str) -> Verdict:
    """Does the file prove a fork? With a policy, also: is the key that signed both heads the log's own?"""
    found = Findings()
    try:
        tag = _tagged.decode(data).type
        if tag != "fork_evidence":
            raise GivenError("proof-invalid", f"evidence of type {tag!r} is not known to this version")
        evidence = read_fork(data)
        larger, smaller = check_fork(evidence)
        key = VerifierKey.decode(evidence.key)
        for note in (evidence.larger, evidence.smaller):
            _check_other_lines(note, key, policy, found)
        if policy is None:
            found.notes.append(f"not checked: that key {key.id:08x} is the log's own; compare it, or give a policy")
        elif key not in policy.logs.get(key.name, []):
            raise GivenError(
                "unknown-key", f"both heads are signed by {key.id:08x}, no key of {key.name} by the policy"
            )
    except DetenteError as error:
        found.fail_as(error, where)
        return found.verdict("")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found.fail("proof-invalid", f"no evidence file: {error}", where)
        return found.verdict("")
    owner = "the key of the policy" if policy else f"key {key.id:08x}, which you must compare"
    second = f"{smaller}, while its larger head has root {evidence.root[:8]}… there"
    return found.verdict(
        f"a fork is proved: {key.name} signed two histories, {larger} and {second} (signed by {owner})"
    )


def _check_other_lines(data: bytes, key: VerifierKey, policy: Policy | None, found: Findings) -> None:
    """Countersignatures in the heads add nothing to the proof; those that can be checked must fit all the same."""
    checkpoint = parse_checkpoint(data)
    witnesses = [k for k in policy.witnesses.values() if k.type == TYPE_COSIGNATURE] if policy else []
    for line in cosignatures(checkpoint, witnesses):
        found.notes.append(
            f"{checkpoint.head} was countersigned by {line.key.name} at {show_instant(line.time_s * 1000)}"
        )
    known = {(k.name, k.id) for k in [key, *witnesses]}
    for line in checkpoint.note.signatures:
        if (line.name, line.key_id) not in known:
            found.notes.append(f"{checkpoint.head} carries a line of {line.name}: not checked, it adds nothing")
