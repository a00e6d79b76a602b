"""What the node needs from outside, as interfaces: a store, a way to ask peers, randomness. No I/O here.

The store has transactions; nothing written in one is visible to the gateway before it is committed, so nothing can
leave before it is durable. Adapters implement these; the simulator uses the same store in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

Random = Callable[[int], bytes]
"""Random(n) gives n unpredictable bytes."""

HEAD_OWN = "own"  # the newest head we signed for a log of ours
HEAD_MIRROR = "mirror"  # the newest head of a peer's log that we hold whole and signed for
HEAD_PENDING = "pending"  # a newer head of that log whose entries have not all arrived
HEAD_COSIGNED = "cosigned"  # the newest head of somebody's log that we countersigned as a neutral
HEAD_DOUBTED = "doubted"  # a head of somebody's log, signed by it, that its proof did not join to the one we hold
HEAD_TURN = "turn"  # (and a size) a head of ours signed with the old and the new log keys
HEAD_GOAL = "goal"  # (and a lane) the head of ours that a receiver is being brought to


class Reply(NamedTuple):
    """Our answer to a peer's request: HTTP status, content type, body."""

    status: int
    type: str
    body: bytes


class Job(NamedTuple):
    """A request the gateway has to make. Jobs of one `lane` go out one after the other."""

    id: int
    peer: str
    lane: str
    method: str
    path: str
    type: str
    body: bytes
    purpose: str


def settles(path: str, status: int, body: bytes) -> bool:
    """Whether an answer settles a job; otherwise the courier asks again. The simulator's network keeps the same rule.

    429 and 503 say "not now", but for one: a countersigner that is asked to sign again and may run on a backup shows
    the head it holds with a 503, which is an answer. Words of a refusal in its place are none.
    """
    if status == 503 and path.endswith("/sign-again"):
        return not body.startswith(b"refused:")
    return status not in (429, 503)


class StoredReceipt(NamedTuple):
    """A countersignature over a head of our own log. `held` = when we got it (ms, our clock)."""

    origin: str
    size: int
    name: str
    key: str
    role: str
    time_s: int
    note: bytes
    held: int


class Refused(NamedTuple):
    """A named refusal, kept: when (ms), whose, in which log and entry (-1: none), code and words."""

    at: int
    party: str
    origin: str
    entry: int
    code: str
    what: str


class StatementRow(NamedTuple):
    """Where a statement stands. `received` = ms when we stored it (our own: when we logged it)."""

    id: str
    origin: str
    entry: int
    kind: str
    author: str
    time: int
    received: int


class SharedStore(Protocol):
    """The released record: entries, heads, receipts, refusals, jobs. Nothing private is ever put here."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing; LocalError(disk-full) if it cannot be made durable."""

    def entry_count(self, origin: str) -> int: ...
    def entries(self, origin: str, start: int, end: int) -> list[bytes]: ...
    def add_entries(self, origin: str, start: int, entries: Sequence[bytes]) -> None: ...

    def head(self, origin: str, kind: str) -> bytes | None: ...
    def set_head(self, origin: str, kind: str, size: int, note: bytes) -> None: ...

    def add_statements(self, rows: Sequence[StatementRow]) -> None: ...
    def known(self, identifiers: Sequence[str]) -> set[str]:
        """Those of these statement ids that are indexed."""

    def statement(self, identifier: str) -> StatementRow | None: ...
    def statements(self, kind: str, origin: str = "", start: int = 0) -> list[StatementRow]: ...

    def add_receipt(self, receipt: StoredReceipt) -> None: ...
    def receipts(self, origin: str) -> list[StoredReceipt]: ...
    def receipts_beyond(self, origin: str, size: int, role: str) -> list[StoredReceipt]:
        """Receipts of a role over heads larger than `size`, smallest head first."""

    def receipt_over(self, origin: str, index: int, role: str) -> StoredReceipt | None:
        """The earliest receipt that covers the entry: over the smallest head beyond it, first in time."""

    def newest_receipt(self, origin: str, role: str, before_s: int = 2**53) -> StoredReceipt | None:
        """The newest receipt dated before this second."""

    def receipts_beside(self, origin: str, name: str, size: int) -> list[StoredReceipt]:
        """A signer's receipts over the nearest smaller head and over the nearest larger head."""

    def add_refusal(self, refused: Refused) -> None: ...
    def refusals(self, last: int = 100) -> list[Refused]: ...
    def add_evidence(self, name: str, data: bytes) -> None: ...
    def evidence(self) -> list[tuple[str, bytes]]: ...

    def add_job(self, peer: str, lane: str, method: str, path: str, type: str, body: bytes, purpose: str) -> int: ...
    def jobs(self, lane: str = "") -> list[Job]: ...
    def lanes(self) -> list[str]:
        """The lane of each job waiting."""

    def meta(self, key: str) -> str: ...
    def set_meta(self, key: str, value: str) -> None: ...


class HighWater(Protocol):
    """The newest heads we signed, kept outside the database, so that a restored backup is noticed."""

    @property
    def begun(self) -> bool:
        """Whether this node's keys have ever signed; then an empty store is a lost one, not a first start."""

    def read(self) -> dict[str, tuple[int, str]]:
        """Origin to (size, hex root) as last marked; empty if there is no mark or the machine was restarted."""

    def mark(self, heads: dict[str, tuple[int, str]]) -> None: ...
