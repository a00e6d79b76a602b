"""Root documents: which keys speak for a participant in which role, how many must sign, and how that changes.

As TUF's root: version n+1 is signed by the root thresholds of n and of n+1 and names the digest of n. One key
serves one participant, one role, for ever (the Ed25519 cosignature message does not name its cosigner, so a shared key
would let a cosigner's line pass as a receipt). Root version 1 is pinned by its digest in the terms file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import Code, Digest, Frozen, Origin
from detente.proof.envelope import Envelope, SignedBy, check_threshold, parse_envelope, seal
from detente.proof.keys import (
    TYPE_COSIGNATURE,
    TYPE_NOTE,
    Signer,
    VerifierKey,
    VerifyMany,
    admit_public,
    key_id,
    verify_each,
)

PAYLOAD_TYPE = "application/vnd.detente.root-document+json"
Role = Literal["root", "log", "mirror", "cosigner", "release"]
ROLES: tuple[str, ...] = get_args(Role)
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]


class KeyEntry(Frozen, frozen=True, kw_only=True):
    """One public key, its one role, and the agency that holds it (agencies are counted, keys are not enough)."""

    public: PublicKey
    role: Role
    agency: Code


class Threshold(Frozen, frozen=True, kw_only=True):
    """How many distinct agencies must sign for a role."""

    role: Role
    needed: Annotated[int, Meta(ge=1, le=16)]


class RootDocument(Frozen, frozen=True, kw_only=True, tag_field="type", tag="root_document"):
    """A participant's keys. `name` prefixes the names of its logs, mirror and cosigner."""

    participant: Code
    name: Origin
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    keys: Annotated[list[KeyEntry], Meta(min_length=4, max_length=64)]
    thresholds: Annotated[list[Threshold], Meta(min_length=1, max_length=8)]
    previous: Digest | None = None

    def log_origin(self, audience: str) -> str:
        """Origin of this participant's log to `audience`."""
        return f"{self.name}/to-{audience}"

    def threshold(self, role: str) -> int:
        """Signatures of distinct agencies needed for a role (1 unless stated)."""
        return next((t.needed for t in self.thresholds if t.role == role), 1)

    def holders(self, role: str) -> dict[str, SignedBy]:
        """Key id to key and agency, for one role."""
        return {key_id(k.public): SignedBy(k.public, k.agency) for k in self.keys if k.role == role}


_decoder = msgspec.json.Decoder(RootDocument)


def decode_root(data: bytes) -> RootDocument:
    """The document in a signed root document whose signatures were verified before."""
    return canon.decode(parse_envelope(data).payload, _decoder)


def seal_root(document: RootDocument, signers: Iterable[Signer]) -> bytes:
    """Entry bytes of a signed root document."""
    return seal(PAYLOAD_TYPE, canon.encode(document), signers).encode()


def digest_of(data: bytes) -> str:
    """The digest under which terms and later roots name a root document: of what is signed (PAE), not of who signed."""
    return parse_envelope(data).id()


def read_root(data: bytes, previous: KeyState | None = None, verify_many: VerifyMany = verify_each) -> KeyState:
    """Verify a signed root document, as version 1 or as the successor of `previous`; RemoteError otherwise."""
    envelope = parse_envelope(data)
    if envelope.payloadType != PAYLOAD_TYPE:
        raise RemoteError("wrong-payload-type", f"{envelope.payloadType!r} is no root document")
    document = canon.decode(envelope.payload, _decoder)
    _check_keys(document)
    _check_signed(envelope, document.holders("root"), document, verify_many)
    digest = digest_of(data)
    if previous is None:
        if document.version != 1 or document.previous is not None:
            raise RemoteError(
                "root-invalid", f"the first root has version 1 and follows none; this has version {document.version}"
            )
        return KeyState(document, digest, {k.public: (document.participant, k.role) for k in document.keys})
    old = previous.document
    if document.participant != old.participant or document.name != old.name:
        raise RemoteError("root-invalid", f"this root is of {document.participant}, not of {old.participant}")
    if document.version != old.version + 1 or document.previous != previous.digest:
        raise RemoteError(
            "root-invalid", f"root {document.version} does not follow root {old.version} ({previous.digest[:12]}…)"
        )
    _check_signed(envelope, previous.holders("root"), old, verify_many)
    roles = dict(previous.roles_ever)
    for key in document.keys:
        if roles.setdefault(key.public, (document.participant, key.role)) != (document.participant, key.role):
            raise RemoteError("key-in-two-roles", f"a {key.role} key served as {roles[key.public][1]} before")
        if key_id(key.public) in previous.revoked:
            raise RemoteError("key-revoked", f"root {document.version} brings back a revoked {key.role} key")
    return replace(previous, document=document, digest=digest, roles_ever=roles)


def _check_keys(document: RootDocument) -> None:
    seen: set[bytes] = set()
    for key in document.keys:
        admit_public(key.public, f"{document.participant} {key.role}")
        if key.public in seen:
            raise RemoteError("key-in-two-roles", f"one key stands twice in root {document.version}")
        seen.add(key.public)
    for role in ("root", "log", "mirror", "release"):
        agencies = {k.agency for k in document.keys if k.role == role}
        if len(agencies) < document.threshold(role):
            raise RemoteError(
                "root-invalid", f"role {role} needs {document.threshold(role)} agencies, has {len(agencies)}"
            )
    if len({t.role for t in document.thresholds}) != len(document.thresholds):
        raise RemoteError("root-invalid", "a role has two thresholds")


def _check_signed(
    envelope: Envelope, holders: Mapping[str, SignedBy], by: RootDocument, verify_many: VerifyMany
) -> None:
    good = verify_many(envelope.checks({i: h.public for i, h in holders.items()}))
    try:
        check_threshold(envelope, holders, good, by.threshold("root"))
    except RemoteError as error:
        raise RemoteError("root-invalid", f"not signed as root {by.version} asks: {error.what}") from error


@dataclass(frozen=True)
class KeyState:
    """A participant's keys at one place in one of its logs: the root in force and what has been revoked before."""

    document: RootDocument
    digest: str
    roles_ever: Mapping[bytes, tuple[str, str]]
    revoked: frozenset[str] = field(default_factory=frozenset)

    def holders(self, role: str) -> dict[str, SignedBy]:
        """Key id to key and agency for a role, without revoked keys."""
        return {i: h for i, h in self.document.holders(role).items() if i not in self.revoked}

    def publics(self, role: str) -> list[bytes]:
        """Raw keys of a role, without revoked keys."""
        return [h.public for h in self.holders(role).values()]

    def revoke(self, identifier: str) -> KeyState:
        """The state after a `revoke` statement; RemoteError if the key was never this participant's."""
        if identifier not in {key_id(public) for public in self.roles_ever}:
            raise RemoteError("unknown-key", f"revocation of key {identifier[:12]}…, which was never in a root")
        return replace(self, revoked=self.revoked | {identifier})

    def mirror_keys(self) -> list[VerifierKey]:
        """Whose 0x04 lines are receipts of this participant."""
        return [VerifierKey(f"{self.document.name}/mirror", TYPE_COSIGNATURE, p) for p in self.publics("mirror")]

    def cosigner_keys(self) -> list[VerifierKey]:
        """Whose 0x04 lines are this participant's as a neutral cosigner."""
        return [VerifierKey(f"{self.document.name}/cosigner", TYPE_COSIGNATURE, p) for p in self.publics("cosigner")]

    def log_keys(self, origin: str) -> list[VerifierKey]:
        """Whose 0x01 lines sign the checkpoints of this participant's log `origin`."""
        return [VerifierKey(origin, TYPE_NOTE, p) for p in self.publics("log")]


def admit_together(states: Iterable[KeyState]) -> None:
    """RemoteError(key-in-two-roles) if any key stands with two participants or in two roles."""
    owners: dict[bytes, tuple[str, str]] = {}
    for state in states:
        for public, owner in state.roles_ever.items():
            if owners.setdefault(public, owner) != owner:
                first = " ".join(owners[public])
                raise RemoteError("key-in-two-roles", f"one key serves {first} and {' '.join(owner)}", party=owner[0])
