"""Which receipts stand once their key is revoked (attack row "receipt key stolen afterwards, receipts denied").

Receipts are outside every log, so "index before the revoke" does not reach them. The sender therefore logs the digests
of receipts it holds (`receipts_held`). A receipt by a revoked key stands if its digest stood in the sender's log at an
entry that the revoking side had seen when it spoke its `revoke`: its `seen`, there or before, is under its release
and log keys, which a thief of the receipt key does not have. The `reason` and any date in it change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from detente.model.statement import ReceiptsHeld, Revoke, Statement, decode_statement, sha256_hex
from detente.node import timing
from detente.node.ports import SharedStore, StatementRow, StoredReceipt
from detente.proof.envelope import parse_envelope


def standing(store: SharedStore, answers: str, origin: str, index: int) -> StoredReceipt | None:
    """The earliest receipt of entry `index` of our log `origin` that counts; None if there is none."""
    first = store.receipt_over(origin, index, timing.MIRROR)
    if first is None or stands(store, answers, first):
        return first
    return timing.receipt_of((r for r in store.receipts(origin) if stands(store, answers, r)), index)


def stands(store: SharedStore, answers: str, receipt: StoredReceipt) -> bool:
    """Whether a receipt counts; `answers` is the log of the receipt's signer back to the sender."""
    revoked = revoked_at(store, answers, receipt.key)
    if revoked is None:
        return True
    anchored = anchored_at(store, receipt)
    return anchored is not None and anchored < seen_by(store, answers, revoked)


def revoked_at(store: SharedStore, log: str, key: str) -> int | None:
    """The entry of `log` that revokes the key (its hex id); None if none does."""
    found = (row.entry for row, said in _said(store, log, "revoke") if isinstance(said, Revoke) and said.key == key)
    return next(found, None)


def anchored_at(store: SharedStore, receipt: StoredReceipt) -> int | None:
    """The first entry of the receipt's own log that names its digest; None if none does."""
    digest = sha256_hex(receipt.note)
    held = _said(store, receipt.origin, "receipts_held")
    return next((row.entry for row, said in held if isinstance(said, ReceiptsHeld) and digest in said.receipts), None)


def seen_by(store: SharedStore, log: str, entry: int) -> int:
    """How much of the other side's log the author of `log` had admitted to have seen, up to and with this entry."""
    sizes = (said.seen.size for row, said in _said(store, log, "") if row.entry <= entry and said.seen)
    return max(sizes, default=0)


def _said(store: SharedStore, log: str, kind: str) -> Iterator[tuple[StatementRow, Statement]]:
    for row in store.statements(kind, log):
        envelope = parse_envelope(store.entries(log, row.entry, row.entry + 1)[0])
        yield row, decode_statement(envelope.payload, row.kind)
