"""The example of docs/spec: two keys of us, two of ru, a log of two entries, a receipt. Every byte follows from SEEDS.

Made here with Detente's own code; tests/docs/test_spec.py recomputes it from the pages with nothing but the standard
library and one Ed25519 function.
"""

from __future__ import annotations

import hashlib

from detente.model.statement import Call, Root, Seen, encode_statement, payload_type
from detente.proof.checkpoint import Head, cosign, sign_checkpoint
from detente.proof.envelope import Envelope, seal
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_NOTE, SoftSigner, VerifierKey
from detente.proof.receipt import LogProof, receipt_policy
from detente.proof.roots import ROLES, KeyEntry, RootDocument, Threshold, seal_root
from detente.proof.tree import Tree, leaf_hash

NAME = "example.org/line"
ORIGIN = f"{NAME}/us/to-ru"
ANSWERS = f"{NAME}/ru/to-us"
AGREEMENT = hashlib.sha256(b"an example agreement\n").hexdigest()
TIME_S = 1_474_117_740
"""2016-09-17 13:09:00Z."""


def seed(code: str, role: str) -> bytes:
    """The seed of an example key."""
    return hashlib.sha256(f"detente example: {code} {role}".encode()).digest()


def signer(code: str, role: str) -> SoftSigner:
    """The signer of an example key."""
    return SoftSigner(seed(code, role))


def root() -> bytes:
    """The first root document of us, as signed."""
    keys = [KeyEntry(public=signer("us", role).public, role=role, agency="centre") for role in ROLES]  # type: ignore[arg-type]
    document = RootDocument(
        participant="us",
        name=f"{NAME}/us",
        version=1,
        keys=keys,
        thresholds=[Threshold(role="root", needed=1), Threshold(role="release", needed=1)],
    )
    return seal_root(document, [signer("us", "root")])


def _head(number: int) -> dict[str, object]:
    salt = hashlib.sha256(f"detente example: salt {number}".encode()).hexdigest()[:32]
    return {"agreement": AGREEMENT, "author": "us", "origin": ORIGIN, "salt": salt, "label": "releasable to ru"}


def call() -> bytes:
    """The payload of the example statement."""
    seen = Seen(origin=ANSWERS, size=3, root=hashlib.sha256(b"detente example: root").hexdigest())
    text = "We repeat: strikes near «Ас-Сарда» have ended."
    statement = Call(**_head(1), time=TIME_S * 1000 - 120, seen=seen, about="op-1", text=text)  # type: ignore[arg-type]
    return encode_statement(statement)


def envelope() -> Envelope:
    """The example statement in its envelope: entry 1 of the log."""
    return seal(payload_type("call"), call(), [signer("us", "release")])


def entries() -> list[bytes]:
    """The log: the root statement that opens it, and the call."""
    opening = Root(**_head(0), time=TIME_S * 1000 - 60_000, version=1, document=root())  # type: ignore[arg-type]
    first = seal(payload_type("root"), encode_statement(opening), [signer("us", "release")])
    return [first.encode(), envelope().encode()]


def receipt() -> bytes:
    """The receipt of entry 1: path, head of two entries, the lines of the log of us and the mirror of ru."""
    tree = Tree(map(leaf_hash, entries()))
    head = Head(ORIGIN, 2, tree.root())
    line = cosign(head, f"{NAME}/ru/mirror", signer("ru", "mirror"), TIME_S)
    checkpoint = sign_checkpoint(head, [signer("us", "log")]).with_lines([line])
    return LogProof(1, tuple(tree.inclusion(1, 2)), checkpoint, entries()[1]).encode()


def policy() -> str:
    """The receipt policy under which the receipt holds."""
    log = VerifierKey(ORIGIN, TYPE_NOTE, signer("us", "log").public)
    mirror = VerifierKey(f"{NAME}/ru/mirror", TYPE_COSIGNATURE, signer("ru", "mirror").public)
    return receipt_policy([log], [mirror]).encode()


def fold(text: str, width: int = 100) -> str:
    """RFC 8792, single backslash: how a page shows a long line."""
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > width:
            at = width - 1
            while line[at] == " " or line[at - 1] == " ":
                at -= 1
            lines.append(line[:at] + "\\")
            line = line[at:]
        lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    for data in (call(), envelope().encode(), receipt(), policy().encode()):
        print(fold(data.decode()), "\n")
    print(envelope().id())
