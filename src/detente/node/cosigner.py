"""Countersigning heads of logs between others, as a neutral who sees hashes only (C2SP tlog-witness).

A line means: as of this second, this is the largest head of the log that I have seen, and it extends all before. Size
and time never fall.
"""

from __future__ import annotations

from collections.abc import Callable

from detente.errors import RemoteError
from detente.model.terms import LogTerms
from detente.node.copies import ForkError, check_offer, refusal_reply
from detente.node.ports import HEAD_COSIGNED, Refused, Reply, SharedStore
from detente.proof.checkpoint import Checkpoint, cosign, parse_checkpoint
from detente.proof.keys import Signer, VerifierKey
from detente.proof.note import NoteSignature
from detente.proof.wire import TYPE_TEXT, parse_add_checkpoint


class Cosigner:
    """Our countersigning of one log between two others. `log_keys` gives the sender's current log keys."""

    def __init__(
        self,
        log: LogTerms,
        store: SharedStore,
        name: str,
        signer: Signer,
        log_keys: Callable[[], list[VerifierKey]],
    ) -> None:
        self.log = log
        self._store = store
        self._name = name
        self.signer = signer
        self._log_keys = log_keys

    def held(self) -> Checkpoint | None:
        """The newest head we countersigned, with our line in it."""
        note = self._store.head(self.log.origin, HEAD_COSIGNED)
        return parse_checkpoint(note) if note else None

    def serve(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        """One request under /cosigner/ for this log; refusals are logged."""
        held = self.held()
        try:
            with self._store.transaction():
                if path == "/cosigner/add-checkpoint" and peer == self.log.sender:
                    return Reply(200, TYPE_TEXT, self._add(body, held, now))
                if path == "/cosigner/sign-again":
                    if held is None:
                        return Reply(404, TYPE_TEXT, b"no head held\n")
                    return Reply(200, TYPE_TEXT, self._signed(held, now).encode())
                raise RemoteError("request-invalid", f"no such path for {peer}: {path[:80]}")
        except RemoteError as error:
            if isinstance(error, ForkError):
                self._store.add_evidence(error.name, error.data)
            self._store.add_refusal(Refused(now, peer, self.log.origin, -1, error.code, error.what))
            return refusal_reply(error, held.head.size if held else 0)

    def _add(self, body: bytes, held: Checkpoint | None, now: int) -> bytes:
        request = parse_add_checkpoint(body)
        if request.checkpoint.head.origin != self.log.origin:
            raise RemoteError("unknown-origin", f"log {request.checkpoint.head.origin} is not countersigned here")
        keys = self._log_keys()
        if held is not None and request.checkpoint.head.size < held.head.size:
            raise RemoteError("stale-checkpoint", f"offered {request.checkpoint.head.size}; we hold {held.head.size}")
        check_offer(request, keys, held)
        signed = self._signed(request.checkpoint, now)
        return signed.note.signatures[-1].encode().encode()

    def _signed(self, checkpoint: Checkpoint, now: int) -> Checkpoint:
        key = f"cosigner time {self.log.origin}"
        time_s = max(now // 1000, int(self._store.meta(key) or 0))
        self._store.set_meta(key, str(time_s))
        names = {key.name for key in self._log_keys()}
        own: list[NoteSignature] = [line for line in checkpoint.note.signatures if line.name in names]
        line = cosign(checkpoint.head, self._name, self.signer, time_s)
        signed = Checkpoint(checkpoint.head, checkpoint.note._replace(signatures=(*own, line)))
        self._store.set_head(self.log.origin, HEAD_COSIGNED, checkpoint.head.size, signed.encode())
        return signed
