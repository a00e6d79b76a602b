"""Speaking: statements are built, signed with the release key, and put into our logs, one head for each batch.

Nothing else in the node makes a statement. What is said waits in memory until the batch ends; then entries and head
are stored in the transaction that is open, or forgotten with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from detente.errors import GivenError, LocalError, RemoteError
from detente.model.statement import KINDS, Seen, check_payload, encode_statement, payload_type
from detente.node.ledger import Ledger
from detente.node.ports import Random, SharedStore, StatementRow
from detente.node.release.outgoing import Outgoing
from detente.proof.checkpoint import Head
from detente.proof.envelope import seal_entry
from detente.proof.keys import Signer


class Placed(NamedTuple):
    """Where a statement of ours stands once its batch is committed."""

    id: str
    origin: str
    entry: int


@dataclass
class _Batch:
    ledger: Ledger
    time: int
    entries: list[bytes] = field(default_factory=list)
    rows: list[StatementRow] = field(default_factory=list)
    held: Head | None = None
    seen: Seen | None = None
    head: dict[str, Any] = field(default_factory=dict)
    """Fields that all statements of the batch have in common."""


class Speaker:
    """Builds and signs our statements. `signers`: role to signers; `needed`: release signatures on each statement."""

    def __init__(
        self,
        me: str,
        agreement: str,
        store: SharedStore,
        signers: Mapping[str, Sequence[Signer]],
        random: Random,
        clock_error: int,
    ) -> None:
        self._me = me
        self._agreement = agreement
        self._store = store
        self._random = random
        self._clock_error = clock_error
        self._batches: dict[str, _Batch] = {}
        self.signers = dict(signers)
        self.needed = 1

    def say(
        self,
        ledger: Ledger,
        what: Outgoing,
        seen: Head | None,
        now: int,
        same_as: str | None = None,
    ) -> Placed:
        """Sign one statement for this log, as the release pipeline let it through; GivenError names the field that is wrong.

        Claimed time never runs back, but for one: an earlier claim further ahead than the agreed clock error was made by
        a clock that has been put right since. Its reader has refused it (time-future), so it holds nobody back.
        """
        kind, fields = what.kind, what.fields
        if kind not in KINDS:
            raise LocalError("unknown-name", f"no kind {kind!r}; known: {', '.join(KINDS)}")
        batch = self._batches.get(ledger.origin)
        if batch is None:
            batch = self._batches[ledger.origin] = _Batch(ledger, self._last_time(ledger.origin))
            self._set_head(batch, seen)
        elif seen is not batch.held:  # something came in within this batch
            self._set_head(batch, seen)
        time = now if batch.time > now + self._clock_error else max(now, batch.time)
        whole = {"type": kind, "time": time, "salt": self._random(16).hex(), **batch.head}
        if same_as is not None:
            whole["same_as"] = same_as
        if what.label is not None:
            whole["label"] = msgspec.to_builtins(what.label)
        if what.approval:
            whole["approval"] = what.approval
        payload = build(kind, {**whole, **fields})
        sealed = seal_entry(payload_type(kind), payload, self.signers["release"][: self.needed])
        place = ledger.size + len(batch.entries)
        batch.time = time
        batch.entries.append(sealed.entry)
        batch.rows.append(StatementRow(sealed.id, ledger.origin, place, kind, self._me, time, now))
        return Placed(sealed.id, ledger.origin, place)

    def _set_head(self, batch: _Batch, held: Head | None) -> None:
        origin = batch.ledger.origin
        batch.held, batch.seen = held, self._best_seen(origin, held)
        label = f"releasable to {batch.ledger.log.audience}"
        batch.head = {"agreement": self._agreement, "author": self._me, "origin": origin, "label": label}
        if batch.seen is not None:
            batch.head["seen"] = batch.seen

    def _best_seen(self, origin: str, held: Head | None) -> Seen | None:
        """The head held, or the larger one that we named before a restored backup took our copy of it away."""
        words = self._store.meta(f"last seen {origin}").split()
        if words and (held is None or held.size < int(words[1])):
            return Seen(origin=words[0], size=int(words[1]), root=words[2])
        return Seen(origin=held.origin, size=held.size, root=held.root.hex()) if held else None

    def _last_time(self, origin: str) -> int:
        return int(self._store.meta(f"last time {origin}") or 0)

    def waiting(self) -> list[Ledger]:
        """Logs for which something was said in this batch."""
        return [batch.ledger for batch in self._batches.values() if batch.entries]

    def flush(self, old: Sequence[Signer] = ()) -> list[Ledger]:
        """Store what was said and sign the heads (with `old`, the log keys given up, at a change of root)."""
        ready = [batch for batch in self._batches.values() if batch.entries]
        self._batches.clear()
        for batch in ready:
            batch.ledger.append(batch.entries, self.signers["log"], old)
            self._store.add_statements(batch.rows)
            remember(self._store, batch.ledger.origin, batch.rows[-1].time, batch.seen)
        return [batch.ledger for batch in ready]

    def undo(self) -> None:
        """Forget what was said in a batch that failed."""
        self._batches.clear()


def remember(store: SharedStore, origin: str, time: int, seen: Seen | None) -> None:
    """Keep what our next statement in this log may not fall behind: claimed time and head seen."""
    store.set_meta(f"last time {origin}", str(time))
    if seen is not None:
        store.set_meta(f"last seen {origin}", f"{seen.origin} {seen.size} {seen.root}")


def build(kind: str, fields: Mapping[str, Any]) -> bytes:
    """Payload bytes of a statement; byte fields as bytes, or base64 text if there are no bytes among the fields."""
    plain = bytes not in map(type, fields.values())
    try:
        statement = msgspec.convert(fields, type=KINDS[kind], builtin_types=None if plain else (bytes,))
        payload = encode_statement(statement)
        check_payload(payload)
    except msgspec.ValidationError as error:
        raise GivenError("bad-field", str(error), where=kind) from error
    except RemoteError as error:
        raise GivenError(error.code, error.what, where=kind) from error
    return payload
