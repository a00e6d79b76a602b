"""What an operator asks of a running house where no link is up: bundles carried as files, and heads compared by voice."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from detente.adapters.control import b64, unb64
from detente.adapters.store_private import PrivateStore
from detente.adapters.word_list import word_list
from detente.errors import GivenError, LocalError
from detente.node.house import House
from detente.node.ledger import Ledger
from detente.node.release.outgoing import of_the_node
from detente.proof.checkpoint import Head
from detente.proof.words import check_words, words_of

_CHALLENGE = re.compile(r"[0-9a-f]{16}")


class CarryCommands:
    """Requests by name (`table`). `after`: what is done once the batch stands."""

    def __init__(
        self, house: House, private: PrivateStore, now: Callable[[], int], after: list[Callable[[], None]]
    ) -> None:
        self._house = house
        self._private = private
        self._now = now
        self._after = after
        self.table = {
            "bundle": self._bundle, "bundle_receipt": self._bundle_receipt, "challenge": self._challenge,
            "words": self._words, "hear": self._hear,
        }  # fmt: skip

    def _bundle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take requests of a peer that came as files; the answers go back the same way."""
        peer, now = str(request["peer"]), self._now()
        answers = []
        for item in request["requests"]:
            reply = self._house.take_bundle(peer, unb64(item["checkpoint"]), [unb64(b) for b in item["entries"]], now)
            answers.append({"status": reply.status, "body": b64(reply.body)})
        return {"answers": answers}

    def _bundle_receipt(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take a peer's signature over a head of ours that came back as a file."""
        head = self._house.take_receipt(unb64(request["receipt"]), self._now()).head
        return {"origin": head.origin, "size": head.size, "signed_for": self._house.books[head.origin].signed_for()}

    def _challenge(self, request: dict[str, Any]) -> dict[str, Any]:
        """The listener's random challenge for words read over the line; kept until the words come."""
        peer = str(request["peer"])
        if peer not in self._house.mirrors:
            raise self._no_log("from", peer)
        challenge = self._house.random(8).hex()
        self._private.put("challenge", peer, challenge.encode())
        return {"challenge": challenge}

    def _words(self, request: dict[str, Any]) -> dict[str, Any]:
        """The words for the newest head of our log to a peer, under the challenge it has spoken."""
        ledger = self._ledger_to(str(request["peer"]))
        challenge = str(request["challenge"]).lower()
        if not _CHALLENGE.fullmatch(challenge):
            raise GivenError("bad-field", f"{challenge[:40]!r} is not 16 hex digits", where="challenge")
        if ledger.head is None:
            raise LocalError("not-signing", "the log has no head yet", where=ledger.origin)
        head = ledger.head.head
        words = words_of(bytes.fromhex(challenge), head, word_list())
        fields = {
            "log": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "challenge": challenge,
            "words": words,
        }
        placed = self._house.say(of_the_node(ledger.log.audience, "voice", fields), self._now())
        return {"words": words, "size": head.size, "placed": [placed._asdict()]}

    def _hear(self, request: dict[str, Any]) -> dict[str, Any]:
        """Check words a peer has read for the head of its log at `size`, against our copy and our challenge."""
        peer, size = str(request["peer"]), int(request["size"])
        challenge = self._private.get("challenge", peer)
        mirror = self._house.mirrors.get(peer)
        if challenge is None or mirror is None:
            raise LocalError("unknown-name", f"no challenge was spoken to {peer!r}; use `detente voice challenge`")
        root = mirror.root_at(size)
        if root is None:
            raise LocalError(
                "not-adopted", f"{peer} reads words for {size} entries; we hold {mirror.size}", where=mirror.origin
            )
        check_words(
            bytes.fromhex(challenge.decode()), Head(mirror.origin, size, root), list(request["words"]), word_list()
        )
        self._after.append(partial(self._private.delete, "challenge", peer))
        return {"same": True, "size": size}

    def _ledger_to(self, peer: str) -> Ledger:
        for ledger in self._house.ledgers.values():
            if ledger.log.audience == peer:
                return ledger
        raise self._no_log("to", peer)

    def _no_log(self, way: str, peer: str) -> GivenError:
        known = ", ".join(sorted(self._house.mirrors))
        return GivenError("unknown-name", f"no log {way} {peer!r}; known: {known}")
