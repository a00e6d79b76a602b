"""The released record in SQLite: entries, heads, statements, receipts, refusals, evidence.

One transaction for each batch. The gateway opens this file and no other; nothing that has not been released is ever in
it. Entries and statements live under one integer key (log number << 40 | index), so reading a range is one scan. A
statement is found by its id through the id's first 8 bytes, as a number: the index is in random order, and a narrow one
dirties fewer pages; the whole id in the row decides. Tiles are derived on demand. kill -9 at any instant leaves either
the whole batch or none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detente.adapters.refusal_rows import RefusalRows
from detente.adapters.store_traffic import SqliteTraffic
from detente.errors import LocalError
from detente.node.ports import Refused, StatementRow, StoredReceipt

_SHIFT = 40
_INDEX = (1 << _SHIFT) - 1
_ASKED = 256  # ids looked up in one query
_STATEMENT = "SELECT place, id, kind, author, time, received FROM statement"


def _start(identifier: bytes) -> int:
    return int.from_bytes(identifier[:8], "big", signed=True)


class SqliteShared(SqliteTraffic):
    """`node.ports.SharedStore` on one SQLite file (or in memory), and the gateway's side of it."""

    def __init__(self, path: Path | None, *, max_pages: int = 0, durable: bool = True) -> None:
        super().__init__(path, max_pages=max_pages, durable=durable)
        self._ids: dict[str, int] = {}
        self._refusals = RefusalRows(self._db, self._write)

    def _undone(self) -> None:
        self._ids.clear()

    # entries and heads

    def _log(self, origin: str) -> int:
        if origin not in self._ids:
            self._write("INSERT OR IGNORE INTO log(origin) VALUES(?)", (origin,))
            row = self._db.execute("SELECT id FROM log WHERE origin=?", (origin,)).fetchone()
            self._ids[origin] = row[0]
        return self._ids[origin]

    def _name(self, number: int) -> str:
        known = next((origin for origin, found in self._ids.items() if found == number), None)
        if known is None:
            row = self._db.execute("SELECT origin FROM log WHERE id=?", (number,)).fetchone()
            known = str(row[0])
            self._ids[known] = number
        return known

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
        self._write_many("INSERT INTO entry VALUES(?,?)", [(base + n, data) for n, data in enumerate(entries)])
        self._write("UPDATE log SET size=? WHERE origin=?", (start + len(entries), origin))

    def head(self, origin: str, kind: str) -> bytes | None:
        """The newest head of this kind, as note bytes."""
        row = self._db.execute("SELECT note FROM head WHERE origin=? AND kind=?", (origin, kind)).fetchone()
        return row[0] if row else None

    def set_head(self, origin: str, kind: str, size: int, note: bytes) -> None:
        """Replace the newest head of this kind."""
        self._write("INSERT OR REPLACE INTO head VALUES(?,?,?,?)", (origin, kind, size, note))

    # statements, receipts, refusals

    def add_statements(self, rows: Sequence[StatementRow]) -> None:
        """Index statements that count: their ids are not `known`. Should one stand here twice, its first place stands."""
        values: list[tuple[int, int, bytes, str, str, int, int]] = []
        for text, origin, entry, kind, author, time, received in rows:
            identifier = bytes.fromhex(text)
            place = self._log(origin) << _SHIFT | entry
            values.append((place, _start(identifier), identifier, kind, author, time, received))
        self._write_many(
            "INSERT INTO statement(place,start,id,kind,author,time,received) VALUES(?,?,?,?,?,?,?)", values
        )

    def known(self, identifiers: Sequence[str]) -> set[str]:
        """Those of these statement ids that are indexed."""
        found: set[str] = set()
        for at in range(0, len(identifiers), _ASKED):
            asked = [_start(bytes.fromhex(identifier[:16])) for identifier in identifiers[at : at + _ASKED]]
            marks = ",".join("?" * len(asked))
            rows = self._db.execute(f"SELECT id FROM statement WHERE start IN ({marks})", asked)  # noqa: S608 - marks only
            found.update(row[0].hex() for row in rows)
        return found.intersection(identifiers)

    def _row(self, values: tuple[int, bytes, str, str, int, int]) -> StatementRow:
        place, identifier, kind, author, time, received = values
        return StatementRow(identifier.hex(), self._name(place >> _SHIFT), place & _INDEX, kind, author, time, received)

    def statement(self, identifier: str) -> StatementRow | None:
        """Where the statement with this id stands."""
        whole = bytes.fromhex(identifier)
        row = self._db.execute(
            f"{_STATEMENT} WHERE start=? AND id=? ORDER BY place LIMIT 1", (_start(whole), whole)
        ).fetchone()
        return self._row(row) if row else None

    def statements(self, kind: str, origin: str = "", start: int = 0) -> list[StatementRow]:
        """Statements of a kind (all kinds: ""), in one log or in all, in log order, each log from entry `start` on."""
        found: list[StatementRow] = []
        for log in [origin] if origin else self.origins():
            row = self._db.execute("SELECT id FROM log WHERE origin=?", (log,)).fetchone()
            if row is None:
                continue
            places = ((row[0] << _SHIFT) + start, (row[0] + 1) << _SHIFT)
            if kind:
                query = f"{_STATEMENT} WHERE kind=? AND place>=? AND place<? ORDER BY place"
                rows = self._db.execute(query, (kind, *places))
            else:
                rows = self._db.execute(f"{_STATEMENT} WHERE place>=? AND place<? ORDER BY place", places)
            found += map(self._row, rows)
        return found

    def add_receipt(self, receipt: StoredReceipt) -> None:
        """Keep a countersignature; the first copy stands."""
        self._write("INSERT OR IGNORE INTO receipt VALUES(?,?,?,?,?,?,?,?)", receipt)

    def receipts(self, origin: str) -> list[StoredReceipt]:
        """All countersignatures over heads of the log, smallest head first."""
        query = "SELECT * FROM receipt WHERE origin=? ORDER BY size, time_s"
        return [StoredReceipt(*row) for row in self._db.execute(query, (origin,))]

    def receipts_beyond(self, origin: str, size: int, role: str) -> list[StoredReceipt]:
        """Receipts of a role over heads larger than `size`, smallest head first."""
        query = "SELECT * FROM receipt WHERE origin=? AND size>? AND role=? ORDER BY size, time_s"
        return [StoredReceipt(*row) for row in self._db.execute(query, (origin, size, role))]

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
        self._write("INSERT OR IGNORE INTO evidence VALUES(?,?)", (name, data))

    def evidence(self) -> list[tuple[str, bytes]]:
        """All evidence files."""
        return [(row[0], row[1]) for row in self._db.execute("SELECT name, data FROM evidence ORDER BY name")]

    def meta(self, key: str) -> str:
        """A small value, "" if unset."""
        row = self._db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return row[0] if row else ""

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small value."""
        self._write("INSERT OR REPLACE INTO meta VALUES(?,?)", (key, value))
