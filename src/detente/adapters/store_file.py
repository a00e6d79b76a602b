"""The file of the released record: its tables, its transactions, and small values kept by name.

WAL. The house writes with synchronous=FULL: what it has committed is on the disk. The gateway writes with NORMAL: what
it stores is a peer's request or answer, which comes again if a power cut takes it, and nothing is promised for it before the
house has committed. kill -9 takes nothing that either has committed.

A transaction takes the file's one write lock with its first write, not before. House and gateway write different
tables, but for the queues between them, where each waits for the other's rows and never changes them; so what is read
before the first write still holds at it, and the gateway can work while the house signs or verifies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from detente.adapters import refusal_rows
from detente.errors import LocalError

_SETTINGS = (
    "cache_size=-32768",  # KiB: a batch of the largest bodies is not written twice for want of room
    "wal_autocheckpoint=4000",  # pages: a page that several batches change is copied back once
    "secure_delete=FAST",  # what stands here has been released; pages that are free are not overwritten
)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS log(id INTEGER PRIMARY KEY, origin TEXT UNIQUE NOT NULL, size INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS entry(place INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS head(origin TEXT, kind TEXT, size INTEGER, note BLOB, PRIMARY KEY(origin, kind)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS statement(
    place INTEGER PRIMARY KEY, start INTEGER, id BLOB, kind TEXT, author TEXT, time INTEGER, received INTEGER);
CREATE INDEX IF NOT EXISTS statement_start ON statement(start);
CREATE INDEX IF NOT EXISTS statement_kind ON statement(kind, place);
CREATE TABLE IF NOT EXISTS receipt(
    origin TEXT, size INTEGER, name TEXT, key TEXT, role TEXT, time_s INTEGER, note BLOB, held INTEGER,
    PRIMARY KEY(origin, size, key, time_s)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipt_time ON receipt(origin, role, time_s, size);
CREATE INDEX IF NOT EXISTS receipt_name ON receipt(origin, name, size, time_s);
CREATE TABLE IF NOT EXISTS evidence(name TEXT PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS job(
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT, lane TEXT, method TEXT, path TEXT, type TEXT, purpose TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS inbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT, path TEXT, job INTEGER, status INTEGER, purpose TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS reply(id INTEGER PRIMARY KEY, status INTEGER, type TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS link(peer TEXT PRIMARY KEY, up INTEGER, since INTEGER, error TEXT);
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT);
"""


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


class SqliteFile:
    """One SQLite file (or one in memory). `durable`: a commit is on the disk when it returns."""

    def __init__(self, path: Path | None, *, max_pages: int = 0, durable: bool = True) -> None:
        with named_errors("shared"):
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            for setting in _SETTINGS:
                self._db.execute(f"PRAGMA {setting}")
            self._db.executescript(_SCHEMA + refusal_rows.SCHEMA)
        if max_pages:
            self._db.execute(f"PRAGMA max_page_count={int(max_pages)}")
        self._depth = 0
        self._begun = 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, durable at the end of the outermost one; an inner one can be undone by itself."""
        depth = self._depth
        with named_errors("shared"):
            self._depth += 1
            try:
                yield
                if self._begun > depth:
                    self._db.execute(f"RELEASE s{depth}" if depth else "COMMIT")
            except BaseException:
                self._undone()
                if self._begun > depth and self._db.in_transaction:
                    self._db.execute(f"ROLLBACK TO s{depth}" if depth else "ROLLBACK")
                    if depth:
                        self._db.execute(f"RELEASE s{depth}")
                raise
            finally:
                self._depth = depth
                self._begun = min(self._begun, depth)

    def _undone(self) -> None:
        """A transaction fails: forget what was taken from it."""

    def _lock(self) -> None:
        """Begin, at the first write, the transactions that are open."""
        if self._begun and not self._db.in_transaction:
            raise LocalError("disk-full", "the shared store took back a transaction that was under way")
        while self._begun < self._depth:
            self._db.execute(f"SAVEPOINT s{self._begun}" if self._begun else "BEGIN IMMEDIATE")
            self._begun += 1

    def _write(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._lock()
        return self._db.execute(query, values)

    def _write_many(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        self._lock()
        self._db.executemany(query, rows)

    def meta(self, key: str) -> str:
        """A small value, "" if unset."""
        row = self._db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return row[0] if row else ""

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small value."""
        self._write("INSERT OR REPLACE INTO meta VALUES(?,?)", (key, value))
