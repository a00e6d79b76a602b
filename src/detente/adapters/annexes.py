"""Annexes: what is known of a site and belongs in no ledger (names, phones, plates, photographs), erasable, with an expiry.

The content stays in the node's private store. A statement bears the SHA-256 of a random salt and the content, so that an
annex shown later can be checked against it, and nobody can guess the content from the digest. Erasing it erases the salt
with it: what is left in the ledger then says nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

from detente.adapters.store_private import PrivateStore
from detente.model import canon

KIND, INDEX = "annex", "annex index"
DAY = 86_400_000
LASTS = 180
"""Days that an annex is kept unless its notifier says otherwise."""
SALT_BYTES = 16


def digest_of(salt: bytes, content: Mapping[str, str]) -> str:
    """Salted SHA-256 of an annex, hex."""
    return hashlib.sha256(salt + canon.encode(dict(content))).hexdigest()


class Annexes:
    """The annexes of one node by site. Times ms."""

    def __init__(self, private: PrivateStore, random: Callable[[int], bytes]) -> None:
        self._private = private
        self._random = random
        self._index: dict[str, int] = json.loads(private.get(INDEX, "all") or b"{}")

    def keep(self, many: Mapping[str, tuple[Mapping[str, str], int]]) -> dict[str, str]:
        """Keep annexes, site to (content, expiry), instead of what was there; site to salted digest."""
        boxes, digests = {}, {}
        for site, (content, expires) in many.items():
            salt = self._random(SALT_BYTES)
            value = {"salt": salt.hex(), "content": dict(content), "expires": expires}
            boxes[site], digests[site] = json.dumps(value).encode(), digest_of(salt, content)
            self._index[site] = expires
        if boxes:
            self._private.put_many(KIND, boxes)
            self._keep_index()
        return digests

    def _keep_index(self) -> None:
        self._private.put(INDEX, "all", json.dumps(self._index).encode())

    def read(self, site: str) -> tuple[dict[str, str], int, str] | None:
        """Content, expiry and digest; None if there is none, or it was erased."""
        data = self._private.get(KIND, site)
        if data is None:
            return None
        value = json.loads(data)
        return value["content"], value["expires"], digest_of(bytes.fromhex(value["salt"]), value["content"])

    def erase(self, sites: list[str]) -> list[str]:
        """Erase annexes and their salts; those that were there."""
        gone = [site for site in sites if site in self._index]
        for site in gone:
            del self._index[site]
        if gone:
            self._keep_index()
        self._private.shred([(KIND, site) for site in gone])
        return gone

    def shred(self, now: int) -> list[str]:
        """Erase those that have expired."""
        return self.erase([site for site, expires in self._index.items() if expires <= now])
