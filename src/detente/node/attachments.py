"""What is named by digest: a receipt of the naming entry does not cover it (attack row "attachment by digest").

Only the receiver's own `received` statement says that the content has arrived and is readable; until then a duty
about it is not met, whatever has been receipted.
"""

from __future__ import annotations

from detente.model.statement import Attachment, Received, decode_statement
from detente.model.when import Interval
from detente.node.ports import SharedStore, StatementRow
from detente.node.timing import permission_time
from detente.proof.envelope import parse_envelope


def received_in(store: SharedStore, answers: str, digest: str) -> StatementRow | None:
    """The first statement of the receiver, in its log back to the sender, that lists the digest as received."""
    for row in store.statements("received", answers):
        envelope = parse_envelope(store.entries(answers, row.entry, row.entry + 1)[0])
        statement = decode_statement(envelope.payload, "received")
        if isinstance(statement, Received) and digest in statement.digests:
            return row
    return None


def readable_time(store: SharedStore, answers: str, digest: str, clock_error: int) -> Interval | None:
    """When the receiver had the content readable; None: it has not said so, and no clock about the content runs."""
    row = received_in(store, answers, digest)
    return permission_time(store.receipts(answers), row.entry, clock_error) if row else None


def not_received(store: SharedStore, log: str, answers: str) -> list[str]:
    """Digests of attachments named in `log` that its receiver has not said to have, in log order."""
    missing: list[str] = []
    for row in store.statements("attachment", log):
        envelope = parse_envelope(store.entries(log, row.entry, row.entry + 1)[0])
        statement = decode_statement(envelope.payload, "attachment")
        if isinstance(statement, Attachment) and received_in(store, answers, statement.digest) is None:
            missing.append(statement.digest)
    return missing
