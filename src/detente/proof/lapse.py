"""Evidence that a countersigner went back: one key signed for fewer entries at a later second than it had before.

A mirror or cosigner line means "the largest head of this log I have seen, as of this second". Whoever says so of a
smaller head later has either lied or lost what it signed for; two of its own lines show it, and anyone can check.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from detente.errors import GivenError, RemoteError
from detente.model import canon
from detente.model.statement import Frozen
from detente.proof.checkpoint import Checkpoint, Cosignature, cosignatures, parse_checkpoint
from detente.proof.keys import VerifierKey

Key = Annotated[str, Meta(min_length=1, max_length=300)]


class LapseEvidence(Frozen, frozen=True, kw_only=True, tag_field="type", tag="lapse_evidence"):
    """`key`: the countersigner's vkey; `earlier`, `later`: checkpoint bytes, each with its line."""

    key: Key
    earlier: bytes
    later: bytes

    def encode(self) -> bytes:
        """File bytes."""
        return canon.encode(self)


_decoder = msgspec.json.Decoder(LapseEvidence)


def make_lapse(key: VerifierKey, earlier: Checkpoint, later: Checkpoint) -> LapseEvidence:
    """Evidence from two heads of one log, both with a line of `key`."""
    return LapseEvidence(key=key.encode(), earlier=earlier.encode(), later=later.encode())


def read_lapse(data: bytes) -> LapseEvidence:
    """Read an evidence file; RemoteError if it is not one."""
    return canon.decode(data, _decoder)


def check_lapse(evidence: LapseEvidence) -> tuple[Cosignature, Cosignature]:
    """The earlier and the later line, if the file convicts; RemoteError(proof-invalid) if it proves nothing."""
    try:
        key = VerifierKey.decode(evidence.key)
    except GivenError as error:
        raise RemoteError("proof-invalid", f"the countersigner's key cannot be read: {error.what}") from error
    found = [cosignatures(parse_checkpoint(data), [key]) for data in (evidence.earlier, evidence.later)]
    if not all(found):
        raise RemoteError("proof-invalid", f"a head is not signed by {key.name}")
    earlier, later = found[0][0], found[1][0]
    if earlier.head.origin != later.head.origin:
        raise RemoteError("proof-invalid", "the two heads are of different logs")
    if not (earlier.time_s < later.time_s and earlier.head.size > later.head.size):
        raise RemoteError("proof-invalid", "the later line is not over a smaller head: this file proves nothing")
    return earlier, later
