"""C2SP tlog-proof: one file that shows an entry stands in a log under a countersigned head.

With the other side's mirror line in it, the file is a receipt its signer cannot deny. `extra` carries our entry
bytes (unauthenticated by the format; believed only once they hash to the proved leaf).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from detente.errors import RemoteError
from detente.model.statement import sha256_hex
from detente.proof.checkpoint import Checkpoint, Cosignature, parse_checkpoint
from detente.proof.keys import VerifierKey, b64, unb64
from detente.proof.policy import Policy
from detente.proof.tree import MAX_PROOF, check_inclusion, leaf_hash

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
MAX_FILE = 262_144


@dataclass(frozen=True)
class LogProof:
    """Entry index, inclusion path, signed head, and (optionally) the entry itself."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    entry: bytes | None = None

    def encode(self) -> bytes:
        """The `.tlog-proof` file."""
        lines = [HEADER]
        if self.entry is not None:
            lines.append(f"extra {b64(self.entry)}")
        lines += [f"index {self.index}", *(b64(value) for value in self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.encode()

    def digest(self) -> str:
        """What a `receipts_held` statement anchors: hex SHA-256 of the countersigned head with its lines."""
        return sha256_hex(self.checkpoint.encode())

    def check(self, entry: bytes) -> None:
        """RemoteError unless `entry` stands at `index` under the head (whose signatures the policy checks)."""
        head = self.checkpoint.head
        if self.index >= head.size:
            raise RemoteError("receipt-too-small", f"entry {self.index} lies beyond the head of {head.size}")
        check_inclusion(self.index, head.size, leaf_hash(entry), head.root, self.path)


def parse_proof(data: bytes) -> LogProof:
    """Read a `.tlog-proof` file; RemoteError(proof-invalid) naming what is wrong."""
    if len(data) > MAX_FILE:
        raise RemoteError("proof-invalid", f"{len(data)} bytes; at most {MAX_FILE}")
    front, gap, rest = data.partition(b"\n\n")
    try:
        lines = front.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise RemoteError("proof-invalid", "not ASCII before the checkpoint") from error
    if not gap or lines[0] != HEADER:
        raise RemoteError("proof-invalid", f"the first line is not {HEADER}")
    entry = None
    at = 1
    if at < len(lines) and lines[at].startswith("extra "):
        entry = unb64(lines[at][6:], "extra")
        at += 1
    match = _INDEX.fullmatch(lines[at]) if at < len(lines) else None
    if not match:
        raise RemoteError("proof-invalid", "no index line")
    path = tuple(unb64(line, f"path line {n}") for n, line in enumerate(lines[at + 1 :], 1))
    if len(path) > MAX_PROOF or any(len(value) != 32 for value in path):
        raise RemoteError("proof-invalid", "a path has at most 63 hashes of 32 bytes")
    return LogProof(int(match[1]), path, parse_checkpoint(rest), entry)


def check_receipt(proof: LogProof, entry: bytes, log_policy: Policy) -> list[Cosignature]:
    """RemoteError unless `proof` is valid for `entry` under a receipt policy; the countersignatures that count."""
    proof.check(entry)
    lines = log_policy.check(proof.checkpoint)
    if log_policy.quorum is None:
        raise RemoteError("receipt-wrong-role", "a policy without quorum makes no receipts")
    return lines


def receipt_policy(log: list[VerifierKey], mirror: list[VerifierKey]) -> Policy:
    """The policy of receipts for one log: its keys, and any one current mirror key of the audience."""
    policy = Policy()
    for key in log:
        policy.logs.setdefault(key.name, []).append(key)
    names = [f"mirror-{n}" for n in range(1, len(mirror) + 1)]
    policy.witnesses = dict(zip(names, mirror, strict=True))
    if len(names) == 1:
        policy.quorum = names[0]
    elif names:
        policy.groups["receipt"] = (1, names)
        policy.quorum = "receipt"
    return policy
