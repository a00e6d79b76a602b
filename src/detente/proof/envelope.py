"""DSSE envelopes in one byte form, and who signed them.

Narrowed from DSSE: canonical JSON, signatures sorted by key id, key id = SHA-256 of the raw key and always
recomputed (a common library counts one key under two ids twice), padded base64. Entry bytes are the envelope,
at most 65,535 (tlog-tiles). A statement's id is the SHA-256 of its pre-authentication encoding (PAE).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

import msgspec

from detente.errors import LocalError, RemoteError
from detente.model import canon
from detente.proof.keys import Check, Signer, key_id

MAX_ENTRY = 65_535
MAX_SIGNATURES = 16


class DsseSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One signature: hex key id and 64 bytes."""

    keyid: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    sig: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A DSSE envelope."""

    payload: bytes
    payloadType: Annotated[str, msgspec.Meta(max_length=200)]
    signatures: Annotated[list[DsseSignature], msgspec.Meta(min_length=1, max_length=MAX_SIGNATURES)]

    def encode(self) -> bytes:
        """Entry bytes."""
        return canon.encode(self)

    def pae(self) -> bytes:
        """What is signed."""
        return pae(self.payloadType, self.payload)

    def id(self) -> str:
        """Hex SHA-256 of the PAE."""
        return hashlib.sha256(self.pae()).hexdigest()

    def checks(self, keys: Mapping[str, bytes], message: bytes | None = None) -> list[Check]:
        """The signature checks to run for those signatures whose key id stands in `keys` (id: raw public key).

        `message`: this envelope's PAE, if it is at hand.
        """
        message = self.pae() if message is None else message
        return [(keys[s.keyid], s.sig, message) for s in self.signatures if s.keyid in keys]


class SignedBy(NamedTuple):
    """A key allowed for a role, and the agency that holds it."""

    public: bytes
    agency: str


_decoder = msgspec.json.Decoder(Envelope)


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


class Sealed(NamedTuple):
    """A signed statement: its id, its envelope, and that envelope's bytes."""

    id: str
    envelope: Envelope
    entry: bytes


def seal(payload_type: str, payload: bytes, signers: Iterable[Signer]) -> Envelope:
    """The envelope of `seal_entry`."""
    return seal_entry(payload_type, payload, signers).envelope


def seal_entry(payload_type: str, payload: bytes, signers: Iterable[Signer]) -> Sealed:
    """Sign a payload with each signer; LocalError if the entry would not fit a log or nobody would accept it."""
    message = pae(payload_type, payload)
    signatures = [DsseSignature(key_id(s.public), s.sign(message)) for s in signers]
    distinct = len({s.keyid for s in signatures})
    if distinct != len(signatures) or not 1 <= distinct <= MAX_SIGNATURES:
        raise LocalError("internal", f"{len(signatures)} signatures by {distinct} keys make no envelope")
    envelope = Envelope(payload, payload_type, sorted(signatures, key=lambda s: s.keyid))
    entry = envelope.encode()
    if len(entry) > MAX_ENTRY:
        raise LocalError("too-large", f"envelope of {len(entry)} bytes; an entry has at most {MAX_ENTRY}")
    return Sealed(hashlib.sha256(message).hexdigest(), envelope, entry)


def parse_envelope(data: bytes) -> Envelope:
    """Read entry bytes; RemoteError for any other byte form, twin or unsorted key ids, or size."""
    if len(data) > MAX_ENTRY:
        raise RemoteError("too-large", f"entry of {len(data)} bytes; at most {MAX_ENTRY}")
    envelope = canon.decode(data, _decoder)
    ids = [s.keyid for s in envelope.signatures]
    if len(ids) > 1 and ids != sorted(set(ids)):
        raise RemoteError("envelope-invalid", "signatures must be sorted by key id, each key once")
    return envelope


def check_threshold(envelope: Envelope, allowed: Mapping[str, SignedBy], good: Iterable[bool], threshold: int) -> None:
    """RemoteError unless `threshold` distinct keys of distinct agencies signed.

    `good` answers `envelope.checks(...)` for the same allowed keys, in order. A signature of an allowed key that does
    not verify is refused even if enough others do.
    """
    present = [s.keyid for s in envelope.signatures if s.keyid in allowed]
    if not present:
        raise RemoteError("unknown-key", "no signature is by a key current for this role at this place")
    publics: set[bytes] = set()
    agencies: set[str] = set()
    for identifier, fits in zip(present, good, strict=True):
        holder = allowed[identifier]
        if key_id(holder.public) != identifier:
            raise RemoteError("key-id-mismatch", f"key id {identifier[:12]}… is not the digest of its key")
        if not fits:
            raise RemoteError("bad-signature", f"the signature of key {identifier[:12]}… does not fit the statement")
        publics.add(holder.public)
        agencies.add(holder.agency)
    if min(len(publics), len(agencies)) < threshold:
        raise RemoteError(
            "too-few-signatures",
            f"{len(agencies)} of {threshold} signatures by distinct keys of distinct agencies",
        )
