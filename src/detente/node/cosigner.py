"""Countersigning heads of logs between others, as a neutral who sees hashes only (C2SP tlog-witness).

A line means: as of this second, this is the largest head of the log that I have seen, and it extends all before. Size
and time never fall: after a start on what may be a restored backup (`unsure`) nothing is signed until the sender has
brought us up to `floor`: what the high-water mark says we signed, and what the sender names as its newest head.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detente.errors import RemoteError
from detente.model.terms import LogTerms
from detente.node.copies import (
    behind,
    check_offer,
    doubted_head,
    drop_doubt,
    fork,
    keep_what_it_shows,
    own_lines,
    refusal_reply,
)
from detente.node.ports import HEAD_COSIGNED, Refused, Reply, SharedStore
from detente.node.seconds import SigningSeconds
from detente.proof.checkpoint import Checkpoint, cosign, parse_checkpoint
from detente.proof.keys import Signer, VerifierKey
from detente.proof.note import NoteSignature
from detente.proof.wire import TYPE_SIZE, TYPE_TEXT, parse_add_checkpoint


class Cosigner:
    """Our countersigning of one log between two others. `log_keys` gives the sender's current log keys."""

    def __init__(
        self,
        log: LogTerms,
        store: SharedStore,
        name: str,
        signer: Signer,
        log_keys: Callable[[], list[VerifierKey]],
        clock_error: int,
    ) -> None:
        self.log = log
        self._store = store
        self._name = name
        self.signer = signer
        self._log_keys = log_keys
        self._old_signers: tuple[tuple[Signer, Callable[[], bool]], ...] = ()
        self._seconds = SigningSeconds(store, f"cosigner time {log.origin}", clock_error)
        self.floor = 0
        self.unsure = False
        note = store.head(log.origin, HEAD_COSIGNED)
        self.head = parse_checkpoint(note) if note else None
        """The newest head we countersigned, with our line in it."""

    def change_signer(self, signer: Signer, known: Callable[[], bool]) -> None:
        """Sign with a new key, and with the old one beside it until both ends of the log know the new (`known`)."""
        if signer.public != self.signer.public:
            old = [*self._old_signers, (self.signer, known)]
            self._old_signers = tuple(pair for pair in old if pair[0].public != signer.public)
            self.signer = signer

    def keep(self) -> tuple[Any, ...]:
        """What a batch that fails must give back."""
        return (self.signer, self._old_signers, self.unsure, self.floor, self.head)

    def undo(self, kept: tuple[Any, ...]) -> None:
        """Back to what `keep` gave."""
        self.signer, self._old_signers, self.unsure, self.floor, self.head = kept

    def ahead(self, now: int) -> int:
        """How far our signatures of this log are dated after `now`, ms."""
        return self._seconds.ahead(self.signer.public, now)

    def serve(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        """One request under /cosigner/ for this log; refusals are logged."""
        held = self.head
        try:
            with self._store.transaction():
                if path == "/cosigner/add-checkpoint" and peer == self.log.sender:
                    return self._add(body, held, now)
                if path == "/cosigner/sign-again":
                    if held is None:
                        return Reply(404, TYPE_TEXT, b"no head held\n")
                    if self.unsure:
                        return behind(own_lines(held))
                    return Reply(200, TYPE_TEXT, self._signed(held, now)[0].encode())
                raise RemoteError("request-invalid", f"no such path for {peer}: {path[:80]}")
        except RemoteError as error:
            self.head = held
            keep_what_it_shows(self._store, self.log.origin, error)
            self._store.add_refusal(Refused(now, peer, self.log.origin, -1, error.code, error.what))
            return refusal_reply(error, held.head.size if held else 0)

    def _add(self, body: bytes, held: Checkpoint | None, now: int) -> Reply:
        request = parse_add_checkpoint(body)
        if request.checkpoint.head.origin != self.log.origin:
            raise RemoteError("unknown-origin", f"log {request.checkpoint.head.origin} is not countersigned here")
        keys = self._log_keys()
        if self.unsure:
            self.floor = max(self.floor, request.checkpoint.head.size)
        if held is not None and request.checkpoint.head.size < held.head.size:
            raise RemoteError("stale-checkpoint", f"offered {request.checkpoint.head.size}; we hold {held.head.size}")
        if self.unsure and not request.checkpoint.note.lines_by(keys):
            raise RemoteError("wrong-size", "perhaps signed under a root that our backup does not hold")
        check_offer(request, keys, held)
        size = request.checkpoint.head.size
        if self.unsure and size < self.floor:
            self._hold(own_lines(request.checkpoint))
            return Reply(409, TYPE_SIZE, f"{size}\n".encode())
        self.unsure = False
        lines = self._signed(request.checkpoint, now)[1]
        self._settle_doubt(keys, now)
        return Reply(200, TYPE_TEXT, "".join(line.encode() for line in lines).encode())

    def _signed(self, checkpoint: Checkpoint, now: int) -> tuple[Checkpoint, list[NoteSignature]]:
        """The head with its log's lines and ours of this second, kept; and our lines alone."""
        self._old_signers = tuple((signer, known) for signer, known in self._old_signers if not known())
        signers = [self.signer, *(signer for signer, _ in self._old_signers)]
        lines = [cosign(checkpoint.head, self._name, each, self._seconds.of(each.public, now)) for each in signers]
        signed = own_lines(checkpoint).with_lines(lines)
        self._hold(signed)
        return signed, lines

    def _hold(self, checkpoint: Checkpoint) -> None:
        self.head = checkpoint
        self._store.set_head(self.log.origin, HEAD_COSIGNED, checkpoint.head.size, checkpoint.encode())

    def _settle_doubt(self, keys: list[VerifierKey], now: int) -> None:
        """A head refused before, at the size we now hold: the two prove a fork, or there was none."""
        doubted = doubted_head(self._store, self.log.origin)
        if doubted is None or self.head is None or doubted.head.size != self.head.head.size:
            return
        drop_doubt(self._store, self.log.origin)
        if doubted.head.root != self.head.head.root:
            found = fork(keys, self.head, doubted, self.head.head.root, [])
            self._store.add_evidence(found.name, found.data)
            self._store.add_refusal(Refused(now, self.log.sender, self.log.origin, -1, found.code, found.what))
