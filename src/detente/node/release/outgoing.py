"""What may be said: `Outgoing`, which the release pipeline makes and nothing else, and which `House.say` demands.

The few kinds the node says by itself stand in `NODE_SAYS` by name, with why they wait for nobody. Everything else a
statement can be has an author, and passes the pipeline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from detente.errors import LocalError
from detente.model.head import Label

NODE_SAYS: Final = {
    "root": "the node's public keys, signed by its root keys",
    "status": "root version and number on watch, each heartbeat",
    "receipt_overdue": "that a receipt agreed on has not come",
    "receipts_held": "digests of receipts held",
    "voice": "words that follow from a head and a challenge",
}
"""Kinds whose fields follow from the record and the clock: nobody writes them, and no quorum may hold them back."""
_KEY: Final = object()


class Outgoing:
    """One statement for one audience, as it may be said. `label` None: the plain one; `approval`: 64 hex digits or ""."""

    __slots__ = ("approval", "audience", "fields", "kind", "label")

    def __init__(
        self, key: object, audience: str, kind: str, fields: Mapping[str, Any], label: Label | None, approval: str
    ) -> None:
        if key is not _KEY:
            raise TypeError("only the release pipeline makes what may be said")
        self.audience = audience
        self.kind = kind
        self.fields = fields
        self.label = label
        self.approval = approval


def of_the_node(audience: str, kind: str, fields: Mapping[str, Any]) -> Outgoing:
    """What the node says by itself; LocalError for a kind that has an author."""
    if kind not in NODE_SAYS:
        raise LocalError("not-released", f"a node does not say {kind!r} by itself; it says: {', '.join(NODE_SAYS)}")
    return Outgoing(_KEY, audience, kind, fields, None, "")


def passed(audience: str, kind: str, fields: Mapping[str, Any], label: Label | None, approval: str) -> Outgoing:
    """For the last step of the pipeline, and for nobody else (tests/zones/test_one_way_out.py looks who imports it)."""
    return Outgoing(_KEY, audience, kind, fields, label, approval)
