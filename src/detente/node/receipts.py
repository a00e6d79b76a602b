"""What comes back for a log of ours: receipts from its mirror, lines from neutral cosigners. Which of them count.

Checks, each a row of the attack table in 30-ledger: the line is by a current key of the right role; it is over a head
we signed; its time is within the agreed clock error of ours; size and time of one signer never fall; the earliest
receipt held for an entry counts, whatever heartbeat is shown later.
"""

from __future__ import annotations

from detente.errors import RemoteError
from detente.node import timing
from detente.node.copies import lapse
from detente.node.ports import SharedStore, StoredReceipt
from detente.proof.checkpoint import Checkpoint, Cosignature, cosignatures, parse_checkpoint, read_cosignature
from detente.proof.keys import VerifierKey, key_id
from detente.proof.note import NoteSignature


class ReceiptBook:
    """Receipts of one log of ours."""

    def __init__(self, origin: str, store: SharedStore, clock_error: int) -> None:
        self.origin = origin
        self._store = store
        self._clock_error = clock_error

    def all(self) -> list[StoredReceipt]:
        """All countersignatures held, smallest head first."""
        return self._store.receipts(self.origin)

    def add(
        self,
        checkpoint: Checkpoint,
        lines: list[NoteSignature],
        role: str,
        keys: list[VerifierKey],
        now: int,
        *,
        late: bool = False,
    ) -> list[Cosignature]:
        """Verify and keep the lines of `keys` over our own head; RemoteError if a known key's line does not count.

        `late`: they came as a file, on foot; they may be older than the clock error, never younger.
        """
        known = {(key.name, key.id): key for key in keys}
        kept: list[Cosignature] = []
        for line in lines:
            key = known.get((line.name, line.key_id))
            if key is None:
                continue
            cosignature = read_cosignature(checkpoint.head, line, key)
            if any(other.key == key for other in kept):
                raise RemoteError(
                    "receipt-conflicting-times", f"two lines of {key.name} over one head", where=self.origin
                )
            self._check_time(cosignature, now, late)
            self._check_order(checkpoint, cosignature)
            kept.append(cosignature)
        for each in kept:
            note, size = checkpoint.with_lines([each.line]).encode(), checkpoint.head.size
            row = (self.origin, size, each.key.name, key_id(each.key.public), role, each.time_s, note, now)
            self._store.add_receipt(StoredReceipt(*row))
        if not kept:
            names = ", ".join(line.name for line in lines) or "nobody"
            raise RemoteError("receipt-wrong-role", f"signed by {names}, not by the {role} key", where=self.origin)
        return kept

    def check_order(self, checkpoint: Checkpoint, keys: list[VerifierKey]) -> None:
        """LapseError if a line of `keys`, whoever shows it, and one that we hold show that its signer went back.

        The head need not be of the history we now have: a signer that answers low to a restored node makes it fork, and
        an older line over more convicts it.
        """
        for cosignature in cosignatures(checkpoint, keys):
            self._check_order(checkpoint, cosignature)

    def _check_time(self, line: Cosignature, now: int, late: bool) -> None:
        off = line.time_s * 1000 - now
        if off > self._clock_error or (off < -self._clock_error - 1000 and not late):
            raise RemoteError(
                "receipt-time-off",
                f"dated {off / 1000:+.0f} s from our clock; {self._clock_error // 1000} s are agreed",
            )

    def _check_order(self, checkpoint: Checkpoint, line: Cosignature) -> None:
        for other in self._store.receipts_beside(self.origin, line.key.name, line.head.size):
            if (other.size - line.head.size) * (other.time_s - line.time_s) >= 0:
                continue
            if other.key == key_id(line.key.public):
                bare = checkpoint.note._replace(
                    signatures=tuple(s for s in checkpoint.note.signatures if s != line.line)
                )
                shown = Checkpoint(checkpoint.head, bare).with_lines([line.line])
                raise lapse(line.key, parse_checkpoint(other.note), shown)
            what = f"{line.key.name} had signed for {other.size} at second {other.time_s} with another key"
            raise RemoteError("receipt-time-backward", what, where=self.origin)

    def signed_for(self) -> int:
        """How many of our entries the mirror has signed for."""
        newest = self._store.newest_receipt(self.origin, timing.MIRROR)
        return newest.size if newest else 0

    def last_second(self) -> int:
        """The newest second at which the mirror is known to have signed; 0 if never."""
        newest = self._store.newest_receipt(self.origin, timing.MIRROR)
        return newest.time_s if newest else 0
