"""The private approvals log: who said what about which draft, in order, with the proofs of a Merkle tree (RFC 6962).

A line is canonical JSON. The lines make a tree; what goes out in the field `approval` is a salted digest of its root, so a
side that opens it later cannot have rewritten what its agencies said. Lines never leave.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from detente.errors import LocalError
from detente.model import canon
from detente.proof.tree import Tree, check_inclusion, leaf_hash

CODE = "approvals-damaged"


class Journal:
    """The log in memory; `lines` as they were kept, `head` as it was kept beside them."""

    def __init__(self, lines: Iterable[bytes] = (), head: tuple[int, str] | None = None) -> None:
        self.lines = list(lines)
        self.tree = Tree(map(leaf_hash, self.lines))
        if head is not None:
            size, root = head
            if size > len(self.lines) or self.tree.root(size).hex() != root:
                raise LocalError(CODE, f"the approvals log does not give the root kept for its {size} lines")

    def add(self, at: int, what: str, values: Mapping[str, Any]) -> bytes | None:
        """A new line's bytes; None if it says what the last one says (a batch that failed is tried again)."""
        body = {"at": at, "what": what, **values}
        if self.lines:
            last = msgspec.json.decode(self.lines[-1])
            last.pop("n")
            if canon.encode(last) == canon.encode(body):
                return None
        line = canon.encode({"n": len(self.lines), **body})
        self.lines.append(line)
        self.tree.append(leaf_hash(line))
        return line

    def head(self) -> tuple[int, str]:
        """Size and root (hex)."""
        return self.tree.size, self.tree.root().hex()

    def read(self) -> list[dict[str, Any]]:
        """Every line with its proof of inclusion checked against the root."""
        size, root = self.tree.size, self.tree.root()
        for number, line in enumerate(self.lines):
            check_inclusion(number, size, leaf_hash(line), root, self.tree.inclusion(number, size))
        return [msgspec.json.decode(line) for line in self.lines]


def salt(secret: bytes, request: str, audience: str) -> bytes:
    """The salt of one outward digest: anew from the node's secret, so that a crash loses none."""
    return hmac.digest(secret, f"{request} {audience}".encode(), "sha256")


def outward(salted: bytes, size: int, root: str) -> str:
    """The 32 bytes (hex) that stand in `approval`: they tell nothing without the salt."""
    return hashlib.sha256(b"detente approval\n" + salted + f"{size} {root}".encode()).hexdigest()
