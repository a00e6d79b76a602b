"""At which second a key of ours signs for somebody's head: now, never before one at which it signed already.

A clock that ran far ahead leaves a key that may only sign in the future; the others refuse such lines. It is not put back:
two lines of one key, the larger head dated earlier, convict it. The way out is a new key (`detente keys rotate --role mirror
--role cosigner`), which begins at now. If the old key was ahead by no more than the agreed clock error, the new one
goes on from there, so that the change of key shows nowhere.
"""

from __future__ import annotations

from detente.node.ports import SharedStore
from detente.proof.keys import key_id


class SigningSeconds:
    """The seconds of one log; `name` under which they are kept, `clock_error` in ms."""

    def __init__(self, store: SharedStore, name: str, clock_error: int) -> None:
        self._store = store
        self._name = name
        self._clock_error = clock_error

    def of(self, public: bytes, now: int) -> int:
        """The second at which this key signs at `now` (ms), kept. Call inside a transaction."""
        by_others = int(self._store.meta(self._name) or 0)
        if by_others * 1000 > now + self._clock_error:
            by_others = 0
        second = max(now // 1000, self._last(public), by_others)
        self._store.set_meta(self._name, str(second))
        self._store.set_meta(self._of_key(public), str(second))
        return second

    def ahead(self, public: bytes, now: int) -> int:
        """How far after `now` this key last signed, ms; 0 if it did not."""
        return max(0, self._last(public) * 1000 - now)

    def _of_key(self, public: bytes) -> str:
        return f"{self._name} {key_id(public)}"

    def _last(self, public: bytes) -> int:
        return int(self._store.meta(self._of_key(public)) or 0)
