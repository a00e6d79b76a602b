"""Statements: what a party says under signature. Closed schemas, one payload type for each kind.

A statement exists by being logged (00-product). Every kind has the common head (`Statement`) and its own fields; a
field that is not in the schema is refused, so no field for a weapon, aim point, effect, priority or image can
arrive. Units: times integer ms UTC (claims of their author), coordinates integer 1e-7 degrees, lengths integer
metres, digests hex SHA-256. Files (agreement text, root documents) travel as base64 of their exact bytes.
Source: docs/spec/statements.md.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from detente.errors import RemoteError
from detente.model import canon
from detente.model.head import Category as Category
from detente.model.head import Code as Code
from detente.model.head import Count as Count
from detente.model.head import Digest as Digest
from detente.model.head import FileBytes as FileBytes
from detente.model.head import Frozen as Frozen
from detente.model.head import Label as Label
from detente.model.head import Latitude as Latitude
from detente.model.head import Longitude as Longitude
from detente.model.head import Metres as Metres
from detente.model.head import Ms as Ms
from detente.model.head import Origin as Origin
from detente.model.head import Salt as Salt
from detente.model.head import Seen as Seen
from detente.model.head import Short as Short
from detente.model.head import Statement as Statement
from detente.model.head import Text as Text
from detente.model.said import Said, Told

MAX_PAYLOAD = 48_000
PAYLOAD_TYPE = "application/vnd.detente.{kind}+json"


class Root(Statement, frozen=True, kw_only=True, tag="root"):
    """A root document (keys, roles, thresholds; see proof.roots) made known to this log's audience."""

    kind: ClassVar[str] = "root"
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    document: FileBytes


class Offer(Statement, frozen=True, kw_only=True, tag="offer"):
    """The full text of an agreement and of its terms, offered for signature; `agreement` is the text's digest."""

    kind: ClassVar[str] = "offer"
    text: FileBytes
    terms: FileBytes


class Signature(Statement, frozen=True, kw_only=True, tag="signature"):
    """A party signs the agreement (head field `agreement`) with these terms. A vote."""

    kind: ClassVar[str] = "signature"
    terms: Digest


class Participation(Statement, frozen=True, kw_only=True, tag="participation"):
    """One that is not a party takes part under this agreement and these terms, without a vote."""

    kind: ClassVar[str] = "participation"
    terms: Digest


class Status(Statement, frozen=True, kw_only=True, tag="status"):
    """Sent each heartbeat: which root version is current, and whether somebody is on watch."""

    kind: ClassVar[str] = "status"
    root_version: Annotated[int, Meta(ge=1, le=1_000_000)]
    on_watch: Count


class Window(Frozen, frozen=True, kw_only=True):
    """From one instant to another, ms UTC, the later one not included."""

    start: Ms
    end: Ms

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a window ends after it starts")


class Circle(Frozen, frozen=True, kw_only=True):
    """A place as a circle on the WGS84 ellipsoid."""

    lat: Latitude
    lon: Longitude
    radius: Metres


class Notice(Statement, frozen=True, kw_only=True, tag="notice"):
    """Notice of an operation: which place and window it will stay in. It names no target."""

    kind: ClassVar[str] = "notice"
    operation: Code
    place: Circle
    window: Window
    remark: Text | None = None


class Call(Statement, frozen=True, kw_only=True, tag="call"):
    """A call on the line between the operations centres, as its author tells it."""

    kind: ClassVar[str] = "call"
    about: Code
    text: Text


class Account(Statement, frozen=True, kw_only=True, tag="account"):
    """What a source says happened, verbatim. An account is a claim; `released` is the date of its release."""

    kind: ClassVar[str] = "account"
    source: Code
    line: Annotated[int, Meta(ge=1, le=canon.MAX_INT)]
    released: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    verbatim: Text
    country: Short
    location: Short
    number: Count
    description: Text
    file_digest: Digest


class ReceiptOverdue(Statement, frozen=True, kw_only=True, tag="receipt_overdue"):
    """Our entry below `size` was sent and not signed for within the agreed time; `quorum` cosigners had it by then."""

    kind: ClassVar[str] = "receipt_overdue"
    log: Origin
    size: Count
    root: Digest
    due: Ms
    quorum: Count


class ReceiptsHeld(Statement, frozen=True, kw_only=True, tag="receipts_held"):
    """Digests of receipts we hold from the other side, anchored so that a later revocation cannot undo them."""

    kind: ClassVar[str] = "receipts_held"
    receipts: Annotated[list[Digest], Meta(min_length=1, max_length=256)]


class Revoke(Statement, frozen=True, kw_only=True, tag="revoke"):
    """A key of the author's root does not count from this place in this log on. `reason` explains, nothing more."""

    kind: ClassVar[str] = "revoke"
    key: Digest
    reason: Text


class Received(Statement, frozen=True, kw_only=True, tag="received"):
    """Attachments named by digest have arrived and are readable; before this no duty about them is met."""

    kind: ClassVar[str] = "received"
    digests: Annotated[list[Digest], Meta(min_length=1, max_length=256)]


class Attachment(Statement, frozen=True, kw_only=True, tag="attachment"):
    """Something too large for an entry, named by digest; a receipt of this statement does not cover its content."""

    kind: ClassVar[str] = "attachment"
    digest: Digest
    size: Count
    title: Short


class Voice(Statement, frozen=True, kw_only=True, tag="voice"):
    """Words read over the line for a head of `log`, under the listener's challenge (see proof.words)."""

    kind: ClassVar[str] = "voice"
    log: Origin
    size: Count
    root: Digest
    challenge: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    words: Annotated[list[Code], Meta(min_length=5, max_length=5)]


KINDS: dict[str, type[Statement]] = {
    cls.kind: cls
    for cls in (
        Root,
        Offer,
        Signature,
        Participation,
        Status,
        Notice,
        Call,
        Account,
        ReceiptOverdue,
        ReceiptsHeld,
        Revoke,
        Received,
        Attachment,
        Voice,
        Said,
        Told,
    )
}
_DECODERS = {kind: msgspec.json.Decoder(cls) for kind, cls in KINDS.items()}


_TYPE_OF_KIND = {kind: PAYLOAD_TYPE.format(kind=kind) for kind in KINDS}
_KIND_OF_TYPE = {text: kind for kind, text in _TYPE_OF_KIND.items()}


def payload_type(kind: str) -> str:
    """The DSSE payload type under which this kind, and no other, may stand."""
    return _TYPE_OF_KIND[kind]


def kind_of(payload_type_text: str) -> str:
    """The kind of a payload type, or RemoteError(unknown-kind)."""
    kind = _KIND_OF_TYPE.get(payload_type_text)
    if kind is None:
        raise RemoteError("unknown-kind", f"payload type {payload_type_text!r} is not one of {len(KINDS)} known kinds")
    return kind


def encode_statement(statement: Statement) -> bytes:
    """Canonical payload bytes of a statement."""
    return canon.encode(statement)


def check_payload(payload: bytes) -> None:
    """RemoteError if `encode_statement` made bytes that others would refuse: too many, or text that may not stand."""
    _check_size(payload)
    canon.check_encoded(payload)


def decode_statement(payload: bytes, kind: str) -> Statement:
    """The statement in `payload`, which must be canonical and of exactly this kind; RemoteError otherwise."""
    _check_size(payload)
    try:
        return canon.decode(payload, _DECODERS[kind])
    except RemoteError as error:
        if error.code in ("unknown-field", "bad-field"):
            _refuse_other_kind(payload, kind, error)
        raise


def _check_size(payload: bytes) -> None:
    if len(payload) > MAX_PAYLOAD:
        raise RemoteError("too-large", f"payload of {len(payload)} bytes; at most {MAX_PAYLOAD} fit an entry")


class _Typed(msgspec.Struct):
    type: str


_typed = msgspec.json.Decoder(_Typed)


def _refuse_other_kind(payload: bytes, kind: str, error: RemoteError) -> None:
    """RemoteError(wrong-payload-type) if the payload says itself that it is of another kind."""
    try:
        found = _typed.decode(payload).type
    except msgspec.DecodeError:
        return
    if found != kind:
        raise RemoteError("wrong-payload-type", f"the payload is a {found!r}, not a {kind}") from error


def sha256_hex(data: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data).hexdigest()
