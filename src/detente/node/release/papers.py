"""What agencies are asked and what they sign: requests, answers, delegations, and signatures under a policy.

A request holds the exact bytes of every form in which the statement may leave; its SHA-256 is what an answer names, so an
answer to one draft says nothing of another, nor of the same one after a byte or the policy has changed. Answers,
delegations and policy signatures are DSSE envelopes, each kind under its own payload type. All of it stays at home.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from detente.errors import DetenteError, GivenError
from detente.model import canon
from detente.model.head import Code, Digest, Frozen, Label, Ms, Short, Text
from detente.proof.envelope import parse_envelope, seal
from detente.proof.keys import Signer, key_id, verify

CODE = "approval-invalid"
TYPE = "application/vnd.detente.own.{kind}+json"
MAX_FILE = 1_000_000


class Form(Frozen, frozen=True, kw_only=True):
    """One form in which a statement may leave: the template's name and the fields, as their canonical JSON text."""

    template: Code
    fields: str


class Request(Frozen, frozen=True, kw_only=True):
    """May this leave? `labels`: in the order of `to`, none if the plain one goes out. `policy`: the version under which it is
    asked. `until`: when the time to answer ends, 0 for never."""

    kind: Literal["approval_request"] = "approval_request"
    node: Code
    draft: Annotated[str, Meta(pattern=r"^[0-9a-f]{12,64}$")]
    statement: Code
    to: Annotated[list[Code], Meta(min_length=1, max_length=64)]
    forms: Annotated[list[Form], Meta(min_length=1, max_length=32)]
    labels: Annotated[list[Label], Meta(max_length=64)]
    rule: Short
    policy: Digest
    opened: Ms
    until: Ms
    of: Annotated[list[Code], Meta(min_length=1, max_length=64)]
    given: Literal["released", "disclosed"]
    lasts: Ms = 0

    def digest(self) -> str:
        """What an answer names."""
        return hashlib.sha256(canon.encode(self)).hexdigest()


class Answer(Frozen, frozen=True, kw_only=True):
    """One agency's word. `template`: the narrowest form allowed; `condition`: of the agreement's language, as JSON text or
    the name of a condition or phase it defines; `reason` stays in the approvals log."""

    TYPE: ClassVar[str] = TYPE.format(kind="approval")
    kind: Literal["approval"] = "approval"
    request: Digest
    draft: Annotated[str, Meta(pattern=r"^[0-9a-f]{12,64}$")]
    agency: Code
    says: Literal["yes", "no", "abstain"]
    template: Code = "whole"
    condition: Text | None = None
    reason: Text | None = None
    at: Ms


class Delegation(Frozen, frozen=True, kw_only=True):
    """An agency lets another key answer for it until an instant, for the statements named (none: all). `until` 0 ends it."""

    TYPE: ClassVar[str] = TYPE.format(kind="delegation")
    kind: Literal["delegation"] = "delegation"
    node: Code
    agency: Code
    to: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    name: Short
    until: Ms
    say: Annotated[list[Code], Meta(max_length=64)] = msgspec.field(default_factory=list)
    at: Ms


class PolicySignature(Frozen, frozen=True, kw_only=True):
    """A person's signature under a new version of the release policy."""

    TYPE: ClassVar[str] = TYPE.format(kind="policy")
    kind: Literal["policy"] = "policy"
    node: Code
    policy: Digest
    version: int
    agency: Code


Paper = TypeVar("Paper", Answer, Delegation, PolicySignature)
_KINDS: dict[str, type[Answer | Delegation | PolicySignature]] = {
    c.TYPE: c for c in (Answer, Delegation, PolicySignature)
}


class Signed(NamedTuple):
    """A paper with the key that signed it."""

    paper: Answer | Delegation | PolicySignature
    key: bytes
    file: bytes


def sign(paper: Answer | Delegation | PolicySignature, signer: Signer) -> bytes:
    """The bytes of the signed file. The key's public half travels in it."""
    envelope = seal(paper.TYPE, canon.encode(paper), [signer])
    return (
        msgspec.json.format(canon.encode({"envelope": _plain(envelope.encode()), "key": signer.public.hex()}), indent=2)
        + b"\n"
    )


def _plain(data: bytes) -> Any:
    return msgspec.json.decode(data)


def read_signed(data: bytes, where: str) -> Signed:
    """A signed file whose signature fits the key it names; GivenError (approval-invalid) otherwise. Whose key, ask the policy."""
    if len(data) > MAX_FILE:
        raise GivenError(CODE, f"a file of {len(data)} bytes is no approval", where=where)
    try:
        file = msgspec.json.decode(data)
        envelope = parse_envelope(canon.encode(file["envelope"]))
        key = bytes.fromhex(file["key"])
        kind = _KINDS[envelope.payloadType]
        paper = canon.decode(envelope.payload, msgspec.json.Decoder(kind))
    except DetenteError as error:
        raise GivenError(CODE, error.what, where=where) from error
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise GivenError(CODE, "not a signed approval, delegation or policy signature", where=where) from error
    signatures = [each for each in envelope.signatures if each.keyid == key_id(key)]
    if len(envelope.signatures) != 1 or not signatures or not verify(key, signatures[0].sig, envelope.pae()):
        raise GivenError(CODE, "the signature does not fit what stands in the file", where=where)
    return Signed(paper, key, data)


def read_request(data: bytes, where: str) -> Request:
    """A request as the node wrote it; GivenError (approval-invalid) for any other bytes."""
    try:
        return canon.decode(data.strip(), msgspec.json.Decoder(Request))
    except DetenteError as error:
        raise GivenError(CODE, f"not an approval request: {error.what}", where=where) from error


def write_request(request: Request) -> bytes:
    """The bytes of a request file."""
    return canon.encode(request) + b"\n"


def holder(agencies: Mapping[str, bytes], key: bytes) -> str:
    """The agency whose own key this is; "" if it is nobody's."""
    return next((code for code, public in agencies.items() if public == key), "")
