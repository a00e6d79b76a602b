"""Refusals as rows, bounded: for each party and code the first hundred and the newest are kept, the rest counted.

A peer chooses how much it sends that must be refused. Bounding each code by itself keeps a flood of one from washing away
another; keeping the first of each keeps what began it. What was receipted is never in here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from detente.node.ports import Refused

KEPT, FIRST, AT_ONCE = 1_000, 100, 100
SCHEMA = """
CREATE TABLE IF NOT EXISTS refusal(
    n INTEGER PRIMARY KEY, at INTEGER, party TEXT, origin TEXT, idx INTEGER, code TEXT, what TEXT);
CREATE INDEX IF NOT EXISTS refusal_of ON refusal(party, code, n);
CREATE TABLE IF NOT EXISTS refused(
    party TEXT, code TEXT, kept INTEGER, dropped INTEGER, PRIMARY KEY(party, code)) WITHOUT ROWID;
"""
_COUNT = """
INSERT INTO refused VALUES(?, ?, 1, 0) ON CONFLICT DO UPDATE SET kept = kept + 1 RETURNING kept
"""
_DROP = """
DELETE FROM refusal WHERE n IN (SELECT n FROM refusal WHERE party=? AND code=? ORDER BY n LIMIT ? OFFSET ?)
"""


class RefusalRows:
    """The refusals of one store, within its transactions."""

    def __init__(self, db: sqlite3.Connection, write: Callable[[str, Sequence[Any]], sqlite3.Cursor]) -> None:
        self._db = db
        self._write = write

    def add(self, refused: Refused) -> None:
        """Keep one, and forget some of the same party and code if there are too many."""
        self._write("INSERT INTO refusal(at, party, origin, idx, code, what) VALUES(?,?,?,?,?,?)", refused)
        (kept,) = self._write(_COUNT, (refused.party, refused.code)).fetchone()
        if kept > KEPT:
            gone = self._write(_DROP, (refused.party, refused.code, AT_ONCE, FIRST)).rowcount
            self._write(
                "UPDATE refused SET kept = kept - ?, dropped = dropped + ? WHERE party=? AND code=?",
                (gone, gone, refused.party, refused.code),
            )

    def last(self, number: int) -> list[Refused]:
        """The last `number` kept, oldest first."""
        query = "SELECT at, party, origin, idx, code, what FROM refusal ORDER BY n DESC LIMIT ?"
        return [Refused(*row) for row in self._db.execute(query, (number,))][::-1]

    def dropped(self) -> dict[str, int]:
        """Party to how many of its refusals are no longer kept."""
        rows = self._db.execute("SELECT party, sum(dropped) FROM refused GROUP BY party HAVING sum(dropped) > 0")
        return dict(rows.fetchall())
