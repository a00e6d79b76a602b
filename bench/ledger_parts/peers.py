"""The peers: other people's libraries, set up so that they do the same work on the same bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey
from tlog_scales.signing import PlainEd25519Signer
from tlog_scales.tlog import Checkpoint
from tlog_scales.writer import TilesWriter

from detente.proof.keys import key_id


def dsse_key(public: bytes) -> SSlibKey:
    """A release key as securesystemslib holds it, under the id that ours has."""
    return SSlibKey(key_id(public), "ed25519", "ed25519", {"public": public.hex()})


def dsse_signer(seed: bytes, public: bytes) -> CryptoSigner:
    """A signer of securesystemslib. Ed25519 repeats, so its envelopes must be ours byte for byte."""
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(seed), dsse_key(public))


def dsse_sign(signer: CryptoSigner, payload_type: str, payload: bytes) -> bytes:
    """Envelope bytes as securesystemslib signs them, written in our byte form."""
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(signer)
    return msgspec.json.encode(envelope.to_dict(), order="sorted")


def dsse_verify(key: SSlibKey, entry: bytes) -> bool:
    """Whether securesystemslib accepts an entry."""
    try:
        return bool(Envelope.from_dict(json.loads(entry)).verify([key], 1))
    except VerificationError:
        return False


class TilesLog:
    """A log of tlog_scales: tile files and a signed checkpoint, each file synced."""

    def __init__(self, folder: Path, origin: str, entries: Sequence[bytes] = ()) -> None:
        self.folder = folder
        self._writer = TilesWriter.create(folder, origin)
        self._signers = [PlainEd25519Signer(origin, bytes(32))]
        if entries:
            self.grow(entries)

    def grow(self, entries: Sequence[bytes]) -> None:
        """More entries under one new head."""
        for entry in entries:
            self._writer.add_leaf(entry)
        self._writer.commit(self._signers)

    def root(self) -> bytes:
        """The root in the checkpoint file."""
        return Checkpoint.from_text((self.folder / "checkpoint").read_text(encoding="utf-8")).root_hash
