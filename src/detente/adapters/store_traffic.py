"""The traffic between house and gateway, as rows of the shared store: jobs and answers one way, requests and replies the other.

The house queues whole requests in the transaction that stores what they are about; nothing can leave before COMMIT. The
gateway stores what comes in as it came. Bodies are read one at a time, when they are wanted; they stand last in their rows, so
that nothing else is read through them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from detente.adapters.store_file import SqliteFile
from detente.node.ports import Job

FULL = b"f"  # the gateway's poke when it could not write
_JOB = "id, peer, lane, method, path, type, body, purpose"
_INBOX = "id, peer, path, body, job, status, purpose"


class Inbox(NamedTuple):
    """Unsigned input the gateway stored: a peer's request (job 0), or the answer to a job of ours."""

    id: int
    peer: str
    path: str
    body: bytes
    job: int
    status: int
    purpose: str


class Link(NamedTuple):
    """Whether the peer's listener answers; `since` is wall time in ms."""

    peer: str
    up: bool
    since: int
    error: str


class SqliteTraffic(SqliteFile):
    """Queues on the shared file."""

    def try_writing(self) -> None:
        """Write and take back what a statement needs; LocalError(disk-full) if it cannot be made durable."""
        with self.transaction():
            self.set_meta("try", "0" * 65_535)
        with self.transaction():
            self._write("DELETE FROM meta WHERE key='try'")

    def add_job(self, peer: str, lane: str, method: str, path: str, type: str, body: bytes, purpose: str) -> int:
        """Queue a request for the gateway; it leaves only once this transaction is committed."""
        row = (peer, lane, method, path, type, body, purpose)
        cursor = self._write("INSERT INTO job(peer,lane,method,path,type,body,purpose) VALUES(?,?,?,?,?,?,?)", row)
        return int(cursor.lastrowid or 0)

    def jobs(self, lane: str = "") -> list[Job]:
        """Jobs waiting with their bodies, in order (of one lane, or all)."""
        rows = self._db.execute(f"SELECT {_JOB} FROM job WHERE ?='' OR lane=? ORDER BY id", (lane, lane))  # noqa: S608
        return [Job(*row) for row in rows]

    def next_job(self, lane: str) -> Job | None:
        """The oldest job of a lane."""
        row = self._db.execute(f"SELECT {_JOB} FROM job WHERE lane=? ORDER BY id LIMIT 1", (lane,)).fetchone()  # noqa: S608
        return Job(*row) if row else None

    def lanes(self) -> list[str]:
        """The lane of each job waiting."""
        return [row[0] for row in self._db.execute("SELECT lane FROM job ORDER BY id")]

    def add_request(self, peer: str, path: str, body: bytes, status: int = 0) -> int:
        """Gateway: store a peer's request; its number. A status says that it must be refused with it (413)."""
        with self.transaction():
            query = "INSERT INTO inbox(peer,path,body,job,status,purpose) VALUES(?,?,?,0,?,'')"
            return int(self._write(query, (peer, path, body, status)).lastrowid or 0)

    def waiting_of(self, peer: str) -> tuple[int, int]:
        """Gateway: a peer's requests that the house has not handled: how many, and their bytes."""
        query = "SELECT count(*), ifnull(sum(length(body)), 0) FROM inbox WHERE peer=? AND job=0"
        row = self._db.execute(query, (peer,)).fetchone()
        return row[0], row[1]

    def add_turned_away(self, counts: Mapping[str, int]) -> None:
        """Gateway: add to how many requests of each peer were turned away at the door."""
        with self.transaction():
            for peer, number in counts.items():
                self.set_meta(f"turned away {peer}", str(self.turned_away(peer) + number))

    def turned_away(self, peer: str) -> int:
        """How many requests of a peer were turned away because too many were waiting."""
        return int(self.meta(f"turned away {peer}") or 0)

    def add_answer(self, job: Job, status: int, body: bytes) -> None:
        """Gateway: store the answer to a job and take the job off the queue; a job has one answer, the first."""
        with self.transaction():
            if self._write("DELETE FROM job WHERE id=?", (job.id,)).rowcount:
                query = "INSERT INTO inbox(peer,path,body,job,status,purpose) VALUES(?,?,?,?,?,?)"
                self._write(query, (job.peer, job.path, body, job.id, status, job.purpose))

    def inbox(self, limit: int = 64) -> list[Inbox]:
        """House: input not yet handled, oldest first."""
        return [Inbox(*row) for row in self._db.execute(f"SELECT {_INBOX} FROM inbox ORDER BY id LIMIT ?", (limit,))]  # noqa: S608 - fixed text

    def has_input(self) -> bool:
        """House: whether there is input not yet handled."""
        return self._db.execute("SELECT 1 FROM inbox LIMIT 1").fetchone() is not None

    def settle(self, item: Inbox, status: int, type: str, body: bytes) -> None:
        """House: input handled; a request gets its reply, in the same transaction as its effects."""
        self._write("DELETE FROM inbox WHERE id=?", (item.id,))
        if item.job == 0:
            self._write("INSERT OR REPLACE INTO reply VALUES(?,?,?,?)", (item.id, status, type, body))

    def take_replies(self, wanted: Sequence[int]) -> dict[int, tuple[int, str, bytes]]:
        """Gateway: those replies to these requests that are ready: status, type, body."""
        found: dict[int, tuple[int, str, bytes]] = {}
        for identifier in wanted:
            row = self._db.execute("SELECT status, type, body FROM reply WHERE id=?", (identifier,)).fetchone()
            if row:
                found[identifier] = (row[0], row[1], row[2])
        return found

    def drop_replies(self, below: int) -> None:
        """Gateway: forget replies to requests numbered below `below` (they have been sent, or nobody waits)."""
        with self.transaction():
            self._write("DELETE FROM reply WHERE id<?", (below,))

    def set_link(self, link: Link) -> None:
        """Gateway: whether a peer's listener answers."""
        with self.transaction():
            self._write("INSERT OR REPLACE INTO link VALUES(?,?,?,?)", link)

    def links(self) -> list[Link]:
        """The last known state of each link."""
        rows = self._db.execute("SELECT peer, up, since, error FROM link ORDER BY peer")
        return [Link(row[0], bool(row[1]), row[2], row[3]) for row in rows]
