"""The released record in SQLite: entries, heads, receipts, refusals, and the traffic between gateway and house.

WAL, synchronous=FULL, one transaction for each batch. The gateway opens this file and no other; nothing that has
not been released is ever in it. Entries live under one integer key (log number << 40 | index), so reading a range
is one scan. Tiles are derived on demand. kill -9 at any instant leaves either the whole batch or none of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from detente.adapters import refusal_rows
from detente.errors import LocalError
from detente.node.ports import Job, Refused, StatementRow, StoredReceipt

FULL = b"f"  # the gateway's poke when it could not write
_SHIFT = 40
_SCHEMA = """
CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, origin TEXT UNIQUE NOT NULL, size INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS entry(place INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS head(origin TEXT, kind TEXT, size INTEGER, note BLOB, PRIMARY KEY(origin, kind)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statement(
    id TEXT PRIMARY KEY, origin TEXT, idx INTEGER, kind TEXT, author TEXT, time INTEGER, received INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS statement_kind ON statement(kind, origin, idx);
CREATE TABLE IF NOT EXISTS receipt(
    origin TEXT, size INTEGER, name TEXT, key TEXT, role TEXT, time_s INTEGER, note BLOB, held INTEGER,
    PRIMARY KEY(origin, size, key, time_s)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipt_time ON receipt(origin, role, time_s, size);
CREATE INDEX IF NOT EXISTS receipt_name ON receipt(origin, name, size, time_s);
CREATE TABLE IF NOT EXISTS evidence(name TEXT PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS job(
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT, lane TEXT, method TEXT, path TEXT, type TEXT, body BLOB, purpose TEXT);
CREATE TABLE IF NOT EXISTS inbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT, path TEXT, body BLOB, job INTEGER, status INTEGER, purpose TEXT);
CREATE TABLE IF NOT EXISTS reply(id INTEGER PRIMARY KEY, status INTEGER, type TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS link(peer TEXT PRIMARY KEY, up INTEGER, since INTEGER, error TEXT);
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT);
"""


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


@contextmanager
def named_errors(store: str) -> Iterator[None]:
    """What SQLite reports of a store, as refusals: disk-full if it cannot be written, store-damaged if not read."""
    try:
        yield
    except sqlite3.OperationalError as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
        if full or "full" in str(error) or "disk I/O" in str(error):
            raise LocalError("disk-full", f"the {store} store cannot be written: {error}") from error
        raise
    except sqlite3.DatabaseError as error:
        raise LocalError("store-damaged", f"the {store} store cannot be read: {error}") from error


class SqliteShared:
    """`node.ports.SharedStore` on one SQLite file (or in memory), and the gateway's side of it."""

    def __init__(self, path: Path | None, *, max_pages: int = 0) -> None:
        with named_errors("shared"):
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            self._db.executescript(_SCHEMA + refusal_rows.SCHEMA)
        if max_pages:
            self._db.execute(f"PRAGMA max_page_count={int(max_pages)}")
        self._ids: dict[str, int] = {}
        self._refusals = refusal_rows.RefusalRows(self._db)
        self._depth = 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable at the end of the outermost one; an inner one can be undone by itself."""
        depth = self._depth
        begin = f"SAVEPOINT s{depth}" if depth else "BEGIN IMMEDIATE"
        with named_errors("shared"):
            self._db.execute(begin)
            self._depth += 1
            try:
                yield
                self._db.execute(f"RELEASE s{depth}" if depth else "COMMIT")
            except BaseException:
                self._ids.clear()
                if self._db.in_transaction:
                    self._db.execute(f"ROLLBACK TO s{depth}" if depth else "ROLLBACK")
                    if depth:
                        self._db.execute(f"RELEASE s{depth}")
                raise
            finally:
                self._depth = depth

    # entries and heads

    def _log(self, origin: str) -> int:
        if origin not in self._ids:
            self._db.execute("INSERT OR IGNORE INTO log(origin) VALUES(?)", (origin,))
            row = self._db.execute("SELECT id FROM log WHERE origin=?", (origin,)).fetchone()
            self._ids[origin] = row[0]
        return self._ids[origin]

    def origins(self) -> list[str]:
        """Every log of which entries are held."""
        return [row[0] for row in self._db.execute("SELECT origin FROM log ORDER BY origin")]

    def entry_count(self, origin: str) -> int:
        """How many entries of the log are held, from index 0 without a gap."""
        row = self._db.execute("SELECT size FROM log WHERE origin=?", (origin,)).fetchone()
        return int(row[0]) if row else 0

    def entries(self, origin: str, start: int, end: int) -> list[bytes]:
        """Entries [start, end) of the log."""
        row = self._db.execute("SELECT id, size FROM log WHERE origin=?", (origin,)).fetchone()
        start, end = max(0, start), min(end, row[1] if row else 0)
        if start >= end:  # also: no index may run over into the next log's places
            return []
        base = row[0] << _SHIFT
        found = self._db.execute(
            "SELECT data FROM entry WHERE place>=? AND place<? ORDER BY place", (base + start, base + end)
        )
        return [row[0] for row in found]

    def add_entries(self, origin: str, start: int, entries: Sequence[bytes]) -> None:
        """Append entries from index `start`, which must be the log's size."""
        if start != self.entry_count(origin):
            raise LocalError(
                "internal", f"entries from {start} do not follow the {self.entry_count(origin)} held", where=origin
            )
        base = (self._log(origin) << _SHIFT) + start
        self._db.executemany("INSERT INTO entry VALUES(?,?)", [(base + n, data) for n, data in enumerate(entries)])
        self._db.execute("UPDATE log SET size=? WHERE origin=?", (start + len(entries), origin))

    def head(self, origin: str, kind: str) -> bytes | None:
        """The newest head of this kind, as note bytes."""
        row = self._db.execute("SELECT note FROM head WHERE origin=? AND kind=?", (origin, kind)).fetchone()
        return row[0] if row else None

    def set_head(self, origin: str, kind: str, size: int, note: bytes) -> None:
        """Replace the newest head of this kind."""
        self._db.execute("INSERT OR REPLACE INTO head VALUES(?,?,?,?)", (origin, kind, size, note))

    # statements, receipts, refusals

    def add_statements(self, rows: Sequence[StatementRow]) -> None:
        """Index statements that count; the first place of an id stands."""
        self._db.executemany("INSERT OR IGNORE INTO statement VALUES(?,?,?,?,?,?,?)", rows)

    def statement(self, identifier: str) -> StatementRow | None:
        """Where the statement with this id stands."""
        row = self._db.execute("SELECT * FROM statement WHERE id=?", (identifier,)).fetchone()
        return StatementRow(*row) if row else None

    def statements(self, kind: str, origin: str = "") -> list[StatementRow]:
        """Statements of a kind (all kinds: ""), in one log or in all, in log order."""
        query = "SELECT * FROM statement WHERE (?='' OR kind=?) AND (?='' OR origin=?) ORDER BY origin, idx"
        return [StatementRow(*row) for row in self._db.execute(query, (kind, kind, origin, origin))]

    def add_receipt(self, receipt: StoredReceipt) -> None:
        """Keep a countersignature; the first copy stands."""
        self._db.execute("INSERT OR IGNORE INTO receipt VALUES(?,?,?,?,?,?,?,?)", receipt)

    def receipts(self, origin: str) -> list[StoredReceipt]:
        """All countersignatures over heads of the log, smallest head first."""
        query = "SELECT * FROM receipt WHERE origin=? ORDER BY size, time_s"
        return [StoredReceipt(*row) for row in self._db.execute(query, (origin,))]

    def _receipt(self, query: str, values: tuple[object, ...]) -> StoredReceipt | None:
        row = self._db.execute(f"SELECT * FROM receipt WHERE {query} LIMIT 1", values).fetchone()  # noqa: S608 - fixed texts
        return StoredReceipt(*row) if row else None

    def receipt_over(self, origin: str, index: int, role: str) -> StoredReceipt | None:
        """The earliest receipt that covers the entry: over the smallest head beyond it, first in time."""
        return self._receipt("origin=? AND size>? AND role=? ORDER BY size, time_s", (origin, index, role))

    def newest_receipt(self, origin: str, role: str, before_s: int = 2**53) -> StoredReceipt | None:
        """The newest receipt dated before this second."""
        return self._receipt(
            "origin=? AND role=? AND time_s<? ORDER BY time_s DESC, size DESC", (origin, role, before_s)
        )

    def receipts_beside(self, origin: str, name: str, size: int) -> list[StoredReceipt]:
        """A signer's receipts over the nearest smaller head and over the nearest larger head."""
        below = self._receipt("origin=? AND name=? AND size<? ORDER BY size DESC, time_s DESC", (origin, name, size))
        above = self._receipt("origin=? AND name=? AND size>? ORDER BY size, time_s", (origin, name, size))
        return [receipt for receipt in (below, above) if receipt]

    def add_refusal(self, refused: Refused) -> None:
        """Log a named refusal; of too many of one party and code some are forgotten and counted."""
        self._refusals.add(refused)

    def refusals(self, last: int = 100) -> list[Refused]:
        """The last refusals, oldest first."""
        return self._refusals.last(last)

    def refusals_dropped(self) -> dict[str, int]:
        """Party to how many of its refusals are no longer kept."""
        return self._refusals.dropped()

    def add_evidence(self, name: str, data: bytes) -> None:
        """Keep an evidence file under its name; the first stands."""
        self._db.execute("INSERT OR IGNORE INTO evidence VALUES(?,?)", (name, data))

    def evidence(self) -> list[tuple[str, bytes]]:
        """All evidence files."""
        return [(row[0], row[1]) for row in self._db.execute("SELECT name, data FROM evidence ORDER BY name")]

    def meta(self, key: str) -> str:
        """A small value, "" if unset."""
        row = self._db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return row[0] if row else ""

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small value."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES(?,?)", (key, value))

    # traffic: the house queues jobs and answers requests; the gateway carries both

    def try_writing(self) -> None:
        """Write and take back what a statement needs; LocalError(disk-full) if it cannot be made durable."""
        with self.transaction():
            self.set_meta("try", "0" * 65_535)
        with self.transaction():
            self._db.execute("DELETE FROM meta WHERE key='try'")

    def add_job(self, peer: str, lane: str, method: str, path: str, type: str, body: bytes, purpose: str) -> int:
        """Queue a request for the gateway; it leaves only once this transaction is committed."""
        row = (peer, lane, method, path, type, body, purpose)
        cursor = self._db.execute("INSERT INTO job(peer,lane,method,path,type,body,purpose) VALUES(?,?,?,?,?,?,?)", row)
        return int(cursor.lastrowid or 0)

    def jobs(self, lane: str = "") -> list[Job]:
        """Jobs waiting, in order (of one lane, or all)."""
        rows = self._db.execute("SELECT * FROM job WHERE ?='' OR lane=? ORDER BY id", (lane, lane))
        return [Job(*row) for row in rows]

    def add_request(self, peer: str, path: str, body: bytes, status: int = 0) -> int:
        """Gateway: store a peer's request; its number. A status says that it must be refused with it (413)."""
        with self.transaction():
            query = "INSERT INTO inbox(peer,path,body,job,status,purpose) VALUES(?,?,?,0,?,'')"
            return int(self._db.execute(query, (peer, path, body, status)).lastrowid or 0)

    def add_answer(self, job: Job, status: int, body: bytes) -> None:
        """Gateway: store the answer to a job and take the job off the queue; a job has one answer, the first."""
        with self.transaction():
            if self._db.execute("DELETE FROM job WHERE id=?", (job.id,)).rowcount:
                query = "INSERT INTO inbox(peer,path,body,job,status,purpose) VALUES(?,?,?,?,?,?)"
                self._db.execute(query, (job.peer, job.path, body, job.id, status, job.purpose))

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

    def inbox(self, limit: int = 64) -> list[Inbox]:
        """House: input not yet handled, oldest first."""
        return [Inbox(*row) for row in self._db.execute("SELECT * FROM inbox ORDER BY id LIMIT ?", (limit,))]

    def settle(self, item: Inbox, status: int, type: str, body: bytes) -> None:
        """House: input handled; a request gets its reply, in the same transaction as its effects."""
        self._db.execute("DELETE FROM inbox WHERE id=?", (item.id,))
        if item.job == 0:
            self._db.execute("INSERT OR REPLACE INTO reply VALUES(?,?,?,?)", (item.id, status, type, body))

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
            self._db.execute("DELETE FROM reply WHERE id<?", (below,))

    def set_link(self, link: Link) -> None:
        """Gateway: whether a peer's listener answers."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO link VALUES(?,?,?,?)", link)

    def links(self) -> list[Link]:
        """The last known state of each link."""
        rows = self._db.execute("SELECT peer, up, since, error FROM link ORDER BY peer")
        return [Link(row[0], bool(row[1]), row[2], row[3]) for row in rows]
