"""Sessions of operators: a random token in a cookie, its digest here. They end with the process, with the shift, when idle.

A session bears a second token, the one that every form must repeat (CSRF). Times in seconds, given by the caller.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

LONGEST, IDLE = 12 * 3600, 2 * 3600
MOST = 200


@dataclass
class Session:
    """Who is signed in, since when, and the token of its forms."""

    name: str
    began: float
    seen: float
    form: str


class Sessions:
    """The open sessions of this process."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}

    def begin(self, name: str, now: float) -> tuple[str, Session]:
        """A new session and the token of its cookie. The oldest makes room when there are too many."""
        token = secrets.token_urlsafe(32)
        while len(self._open) >= MOST:
            self._open.pop(min(self._open, key=lambda each: self._open[each].seen))
        session = self._open[_digest(token)] = Session(name, now, now, secrets.token_urlsafe(24))
        return token, session

    def find(self, token: str, now: float, *, live: bool = False) -> Session | None:
        """The session of a cookie. `live`: a page that updates itself, which keeps nobody signed in."""
        session = self._open.get(_digest(token)) if token else None
        if session is None:
            return None
        if now - session.began > LONGEST or now - session.seen > IDLE:
            self.end(token)
            return None
        if not live:
            session.seen = now
        return session

    def end(self, token: str) -> None:
        """Sign out."""
        self._open.pop(_digest(token), None)

    def end_all(self, name: str) -> None:
        """Sign a post out everywhere."""
        self._open = {digest: session for digest, session in self._open.items() if session.name != name}


def same(given: str, held: str) -> bool:
    """Compared without telling where they differ."""
    return hmac.compare_digest(given.encode(), held.encode())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
