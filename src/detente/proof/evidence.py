"""Evidence of a fork: two heads signed by one log that cannot both be of one append-only history.

The file holds the larger head, the smaller head, and the root that the larger one provably has at the smaller
one's size. If that root differs from the smaller head's, no excuse is left; anyone can check it offline.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from detente.errors import GivenError, RemoteError
from detente.model import canon
from detente.model.statement import Count, Digest, Frozen
from detente.proof.checkpoint import Checkpoint, Head, check_log_signature, parse_checkpoint
from detente.proof.keys import VerifierKey
from detente.proof.tree import check_consistency

Key = Annotated[str, Meta(min_length=1, max_length=300)]


class ForkEvidence(Frozen, frozen=True, kw_only=True, tag_field="type", tag="fork_evidence"):
    """`key`: the log's vkey; `larger`, `smaller`: checkpoint bytes; `root`: hex root of the larger at `size`."""

    key: Key
    larger: bytes
    smaller: bytes
    size: Count
    root: Digest
    proof: list[Digest]

    def encode(self) -> bytes:
        """File bytes."""
        return canon.encode(self)


_decoder = msgspec.json.Decoder(ForkEvidence)


def make_fork(
    key: VerifierKey, larger: Checkpoint, smaller: Checkpoint, root: bytes, proof: list[bytes]
) -> ForkEvidence:
    """Evidence from two heads of one log; `root` and `proof` come from our copy of the larger history."""
    return ForkEvidence(
        key=key.encode(),
        larger=larger.encode(),
        smaller=smaller.encode(),
        size=smaller.head.size,
        root=root.hex(),
        proof=[value.hex() for value in proof],
    )


def read_fork(data: bytes) -> ForkEvidence:
    """Read an evidence file; RemoteError if it is not one."""
    return canon.decode(data, _decoder)


def check_fork(evidence: ForkEvidence) -> tuple[Head, Head]:
    """The two heads, if the file proves a fork; RemoteError(proof-invalid) if it proves nothing."""
    try:
        key = VerifierKey.decode(evidence.key)
    except GivenError as error:
        raise RemoteError("proof-invalid", f"the log's key cannot be read: {error.what}") from error
    larger, smaller = parse_checkpoint(evidence.larger), parse_checkpoint(evidence.smaller)
    for checkpoint in (larger, smaller):
        if checkpoint.head.origin != key.name:
            raise RemoteError("proof-invalid", f"a head is of {checkpoint.head.origin}, the key of {key.name}")
        check_log_signature(checkpoint, [key.public])
    root = bytes.fromhex(evidence.root)
    if smaller.head.size != evidence.size or smaller.head.root == root:
        raise RemoteError("proof-invalid", "the two heads agree: this file proves no fork")
    if larger.head.size == evidence.size:
        if larger.head.root != root:
            raise RemoteError("proof-invalid", "the stated root is not the larger head's")
    else:
        proof = [bytes.fromhex(value) for value in evidence.proof]
        check_consistency(evidence.size, larger.head.size, root, larger.head.root, proof)
    return larger.head, smaller.head
