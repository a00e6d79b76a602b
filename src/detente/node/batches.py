"""Work in batches: one transaction, at its end what was said is signed, and only then may anything leave.

If anything fails, store and memory are as before the batch. After COMMIT the high-water mark moves to what is signed; it
stands outside the store, so whoever restores the store is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from detente.model.statement import sha256_hex
from detente.node import timing
from detente.node.cosigner import Cosigner
from detente.node.ledger import Ledger
from detente.node.mirror import Mirror
from detente.node.ports import HighWater
from detente.node.release.outgoing import of_the_node

if TYPE_CHECKING:
    from detente.node.house import House

ANCHORS = 256


class Batches:
    """The batches of one house, one after the other."""

    def __init__(self, house: House, high_water: HighWater) -> None:
        self._house = house
        self._high_water = high_water

    @contextmanager
    def batch(self, now: int) -> Iterator[None]:
        """One transaction; at its end what was said is signed into the logs. All undone together if anything fails."""
        house = self._house
        kept = self.keep()
        try:
            with house.store.transaction():
                yield
                self._flush(now)
        except BaseException:
            self._undo(kept)
            raise
        unsure = {copy.log.origin for copy in self.copies() if copy.unsure} | house.restart.closed.keys()
        before = {origin: head for origin, head in house.restart.marked.items() if origin in unsure}
        now_held = {origin: head for origin, head in self.heads().items() if origin not in unsure}
        self._high_water.mark({**before, **now_held})

    def copies(self) -> list[Mirror | Cosigner]:
        """All that follows a log of somebody else's."""
        return [*self._house.mirrors.values(), *self._house.cosigners.values()]

    def heads(self) -> dict[str, tuple[int, str]]:
        """All that we have signed: our own heads, and the heads we signed for. Read from memory, never from the store."""
        held = [
            *((origin, ledger.head) for origin, ledger in self._house.ledgers.items()),
            *((copy.log.origin, copy.head) for copy in self.copies()),
        ]
        return {origin: (head.head.size, head.head.root.hex()) for origin, head in held if head}

    def _flush(self, now: int) -> None:
        house = self._house
        for ledger in house.speaker.waiting():
            self._anchor(ledger, now)
        for ledger in house.speaker.flush(house.keys.given_up):
            house.duties.logged(ledger.origin, ledger.size, now)
        house.keys.given_up = ()
        house.push.start()

    def keep(self) -> dict[str, Any]:
        """What stands in memory only and a batch may change: given back if the batch fails."""
        house = self._house
        return {
            "keys": (house.keys.state, house.speaker.signers),
            "mirrors": {code: mirror.keep() for code, mirror in house.mirrors.items()},
            "cosigners": {origin: cosigner.keep() for origin, cosigner in house.cosigners.items()},
            "duties": house.duties.keep(),
            "restart": house.restart.keep(),
        }

    def _undo(self, kept: dict[str, Any]) -> None:
        house = self._house
        house.speaker.undo()
        house.keys.given_up = ()
        house.keys.take(*kept["keys"])
        for ledger in house.ledgers.values():
            ledger.undo()
        for code, mirror in house.mirrors.items():
            mirror.undo(kept["mirrors"][code])
        for origin, cosigner in house.cosigners.items():
            cosigner.undo(kept["cosigners"][origin])
        house.duties.undo(kept["duties"])
        house.restart.undo(kept["restart"])
        house.push.reload()

    def _anchor(self, ledger: Ledger, now: int) -> None:
        """Log digests of receipts held and not yet anchored, at most once in the time a receipt is due."""
        house, key = self._house, f"anchored {ledger.origin}"
        words = house.store.meta(key).split()
        last_size, last_time = (int(words[0]), int(words[1])) if words else (0, 0)
        if words and now - last_time < house.terms.receipt_due:
            return
        fresh = house.store.receipts_beyond(ledger.origin, last_size, timing.MIRROR)[-ANCHORS:]
        if fresh:
            digests = [sha256_hex(receipt.note) for receipt in fresh]
            house.say(of_the_node(ledger.log.audience, "receipts_held", {"receipts": digests}), now)
            house.store.set_meta(key, f"{fresh[-1].size} {now}")
