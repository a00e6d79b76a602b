"""The operators of a node: posts, roles, passwords as argon2id, and the lock after wrong ones. `FOLDER/web/operators.db`.

After `TRIES` wrong passwords in a row a post is locked for `LOCKED` seconds, and each time twice as long, up to an hour.
A name nobody has is checked like any other, so that the time to refuse tells nothing.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nacl.exceptions
import nacl.pwhash

from detente.errors import GivenError
from detente.web.roles import ROLES

TRIES, LOCKED, LONGEST_LOCK = 5, 60, 3600
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,31}")
_SCHEMA = """CREATE TABLE IF NOT EXISTS operator(
    name TEXT PRIMARY KEY, roles TEXT NOT NULL, hash BLOB NOT NULL, wrong INTEGER NOT NULL DEFAULT 0,
    locked_until REAL NOT NULL DEFAULT 0, changed REAL NOT NULL) WITHOUT ROWID"""


class Operator(NamedTuple):
    """A post. `changed`: when its password or roles were last set (s); sessions from before that are ended."""

    name: str
    roles: tuple[str, ...]
    changed: float


class Operators:
    """The file of operators; one writer at a time. `cheap`: hashes for tests, never for a node that is used."""

    def __init__(self, folder: Path, *, cheap: bool = False) -> None:
        place = folder / "web"
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = place / "operators.db"
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        os.chmod(path, 0o600)
        self._db.execute(_SCHEMA)
        names = ("MIN",) * 2 if cheap else ("INTERACTIVE", "INTERACTIVE")
        self._ops = getattr(nacl.pwhash.argon2id, f"OPSLIMIT_{names[0]}")
        self._mem = getattr(nacl.pwhash.argon2id, f"MEMLIMIT_{names[1]}")
        self._nobody = self._hash("nobody has this password, and nobody has this name")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def set(self, name: str, roles: Sequence[str], password: str) -> None:
        """Add a post, or give it new roles and a new password; GivenError(operator-invalid) names what does not fit."""
        if not _NAME.fullmatch(name):
            raise GivenError(
                "operator-invalid", f"{name[:40]!r} is not a name of small letters and digits", where="name"
            )
        if not roles or (unknown := sorted(set(roles) - ROLES.keys())):
            what = f"no role {unknown[0]!r}" if roles else "no role is given"
            raise GivenError("operator-invalid", f"{what}; known: {', '.join(ROLES)}", where="role")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            what = f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; this one has {len(password)}"
            raise GivenError("operator-invalid", what, where="password")
        values = (name, ",".join(sorted(set(roles))), self._hash(password), time.time())
        self._db.execute(
            "INSERT INTO operator(name, roles, hash, changed) VALUES(?,?,?,?) ON CONFLICT(name) DO UPDATE SET "
            "roles=excluded.roles, hash=excluded.hash, changed=excluded.changed, wrong=0, locked_until=0",
            values,
        )

    def remove(self, name: str) -> None:
        """Take a post off; GivenError(unknown-name) if there is none."""
        if not self._db.execute("DELETE FROM operator WHERE name=?", (name,)).rowcount:
            known = ", ".join(one.name for one in self.all()) or "none"
            raise GivenError("unknown-name", f"no operator {name[:40]!r}; known: {known}", where="name")

    def all(self) -> list[Operator]:
        """Every post."""
        rows = self._db.execute("SELECT name, roles, changed FROM operator ORDER BY name").fetchall()
        return [Operator(name, tuple(roles.split(",")), changed) for name, roles, changed in rows]

    def get(self, name: str) -> Operator | None:
        """One post as it is now."""
        row = self._db.execute("SELECT name, roles, changed FROM operator WHERE name=?", (name,)).fetchone()
        return Operator(row[0], tuple(row[1].split(",")), row[2]) if row else None

    def locked(self, name: str, now: float) -> int:
        """Seconds for which a post is still locked; 0 if it is not."""
        row = self._db.execute("SELECT locked_until FROM operator WHERE name=?", (name,)).fetchone()
        return max(0, round(row[0] - now + 0.5)) if row and row[0] > now else 0

    def check(self, name: str, password: str, now: float) -> Operator | None:
        """The post if name and password fit and it is not locked. Takes as long whatever is wrong."""
        row = self._db.execute("SELECT hash, wrong, locked_until FROM operator WHERE name=?", (name,)).fetchone()
        held, wrong, locked_until = row or (self._nobody, 0, 0.0)
        fits = self._fits(held, password)
        if row is None or locked_until > now:
            return None
        if fits:
            self._db.execute("UPDATE operator SET wrong=0, locked_until=0 WHERE name=?", (name,))
            return self.get(name)
        wrong += 1
        until = now + min(LOCKED * 2 ** (wrong // TRIES - 1), LONGEST_LOCK) if wrong % TRIES == 0 else 0.0
        self._db.execute("UPDATE operator SET wrong=?, locked_until=? WHERE name=?", (wrong, until, name))
        return None

    def _hash(self, password: str) -> bytes:
        return nacl.pwhash.argon2id.str(password.encode(), self._ops, self._mem)

    @staticmethod
    def _fits(held: bytes, password: str) -> bool:
        try:
            return nacl.pwhash.verify(held, password.encode()[: LONGEST_PASSWORD * 4])
        except nacl.exceptions.InvalidkeyError:
            return False
