"""What a neutral cosigner shows us of a log that we mirror: its lines are kept, and held against each other.

Checks (attack rows "cosigner backdates for the sender", "peer answers low to make us fork"): size and time of one
cosigner never fall; no line is older than a head of ours that the newest statement under it names as seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from detente.errors import RemoteError
from detente.model.statement import decode_statement, kind_of
from detente.node import timing
from detente.node.copies import lapse
from detente.node.mirror import Mirror
from detente.node.ports import Refused, StoredReceipt
from detente.proof.checkpoint import Checkpoint, Cosignature, parse_checkpoint
from detente.proof.envelope import parse_envelope
from detente.proof.keys import key_id

if TYPE_CHECKING:
    from detente.node.house import House


def keep_neutral(house: House, mirror: Mirror, checkpoint: Checkpoint, line: Cosignature, now: int) -> None:
    """Keep a cosigner's line over a log that we mirror; EvidenceError if with an earlier one it convicts."""
    name, size = line.key.name, checkpoint.head.size
    note = Checkpoint(checkpoint.head, checkpoint.note)
    row = StoredReceipt(
        mirror.origin, size, name, key_id(line.key.public), timing.COSIGNER, line.time_s, note.encode(), now
    )
    off = line.time_s * 1000 - now
    if off > house.terms.clock_error:  # a clock that ran ahead; kept, it would convict the next honest line
        what = f"dated {off / 1000:+.0f} s from our clock; {house.terms.clock_error // 1000} s are agreed"
        raise RemoteError("receipt-time-off", what, where=mirror.origin, party=name.split("/")[-2])
    for other in house.store.receipts_beside(mirror.origin, name, size):
        if (other.size - size) * (other.time_s - line.time_s) < 0 and other.key == row.key:
            raise lapse(line.key, parse_checkpoint(other.note), checkpoint)
    house.store.add_receipt(row)
    if is_backdated(house, mirror, row):
        what = f"{name} dated a head of {size} before a head of ours that its newest statement names as seen"
        house.store.add_refusal(Refused(now, name.split("/")[-2], mirror.origin, size - 1, "backdated", what))


def is_backdated(house: House, mirror: Mirror, row: StoredReceipt) -> bool:
    """Whether a line over a log that we mirror is older than what the last statement under it provably follows."""
    if not 0 < row.size <= mirror.size:
        return False
    try:
        envelope = parse_envelope(house.store.entries(mirror.origin, row.size - 1, row.size)[0])
        seen = decode_statement(envelope.payload, kind_of(envelope.payloadType)).seen
    except RemoteError:
        return False
    if seen is None:
        return False
    theirs = house.store.receipts(mirror.reader.answers)
    made = timing.made_between([row], row.size - 1, theirs, seen.size, house.terms.clock_error, 1)
    return timing.is_backdated(made)
