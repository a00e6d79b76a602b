"""One party's node without its I/O: it speaks, mirrors, countersigns, keeps receipts, and notices what is missing.

Everything here follows from bytes, the store, and the time and randomness passed in; the same class runs in the house
process, in the simulator and in tests. Work is done in batches: `batch(now)` opens a transaction, statements said in
it are signed into their logs at its end, and only after COMMIT may anything leave or the high-water mark move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from detente.errors import LocalError, RemoteError
from detente.model.statement import Revoke, Root, Status, decode_statement, sha256_hex
from detente.model.terms import LogTerms
from detente.node import timing
from detente.node.adoption import Adoption
from detente.node.correspondence import Correspondence
from detente.node.cosigner import Cosigner
from detente.node.duties import Duties
from detente.node.ledger import Ledger
from detente.node.mirror import Mirror
from detente.node.ports import HighWater, Random, Refused, Reply, SharedStore
from detente.node.push import Push
from detente.node.reader import LogReader, Read
from detente.node.receipts import ReceiptBook
from detente.node.restart import Restart
from detente.node.revocation import stands
from detente.node.settings import Settings, pinned_states
from detente.node.speaker import Placed, Speaker
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.envelope import parse_envelope
from detente.proof.keys import Signer, VerifierKey, VerifyMany, verify_each
from detente.proof.receipt import LogProof
from detente.proof.roots import KeyState, RootDocument, admit_together, read_root
from detente.proof.wire import TYPE_TEXT, parse_add_checkpoint

ANCHORS = 256


class House:
    """See the module's words. `signers` maps role to our keys' signers; `high_water` lives outside the store."""

    def __init__(
        self,
        settings: Settings,
        store: SharedStore,
        signers: Mapping[str, Sequence[Signer]],
        high_water: HighWater,
        random: Random,
        now: int,
        verify_many: VerifyMany = verify_each,
    ) -> None:
        self.me, self.terms, self.store, self.random = settings.me, settings.terms, store, random
        self.settings = settings
        self.on_watch = 0
        self.signers_for: Callable[[RootDocument], Mapping[str, Sequence[Signer]]] = lambda _: signers
        """Our signers under a root of ours, from wherever the private halves are kept."""
        self._high_water = high_water
        self._verify_many = verify_many
        self._rotation: tuple[KeyState, dict[str, Sequence[Signer]]] | None = None
        states = pinned_states(settings)
        self.state = states[self.me]
        self.adoption = Adoption(self.me, self.terms, settings.terms_bytes, settings.agreement, store)
        self.ledgers = {log.origin: Ledger(log, store) for log in self.terms.logs.values() if log.sender == self.me}
        self.books = {o: ReceiptBook(o, store, self.terms.clock_error) for o in self.ledgers}
        self.mirrors: dict[str, Mirror] = {}
        for log in self.terms.logs.values():
            if log.audience == self.me:
                ours = self.terms.log_between(self.me, log.sender)
                assert ours is not None  # noqa: S101 - read_terms asks for a log in each direction
                reader = LogReader(log.origin, log.sender, ours.origin, self.adoption.digest, states[log.sender])
                name, signer = f"{self.state.document.name}/mirror", signers["mirror"][0]
                root_at = self.ledgers[ours.origin].root_at
                mirror = Mirror(log, self.terms, store, reader, name, signer, verify_many, root_at)
                self._restore(reader)
                mirror.on_read, mirror.admit = self._on_read, self._admit
                mirror.may_judge = partial(self._is_open, ours.origin)
                self.mirrors[log.sender] = mirror
        self.cosigners = {
            log.origin: Cosigner(
                log,
                store,
                f"{self.state.document.name}/cosigner",
                signers["cosigner"][0],
                partial(self._log_keys, log),
            )
            for log in self.terms.cosigned_by(self.me)
        }
        self.restore_own_root()
        self.speaker = Speaker(self.me, self.adoption.digest, store, signers, random)
        self.speaker.needed = self.state.document.threshold("release")
        self.restart = Restart(store, self.terms, self.ledgers, high_water)
        heads = self._heads()
        for copy in self._copies():
            marked = self.restart.marked.get(copy.log.origin)
            copy.floor, copy.unsure = marked[0] if marked else 0, marked != heads.get(copy.log.origin)
        for mirror in self.mirrors.values():
            if mirror.unsure:
                self.restart.close(mirror.reader.answers)
        self.push = Push(store, self.ledgers)
        self.duties = Duties(self, now)
        self.correspondence = Correspondence(self)

    # starting

    def _restore(self, reader: LogReader) -> None:
        """Bring a reader to the state it had: keys from root and revoke statements, last claims as kept."""
        rows = self.store.statements("root", reader.origin) + self.store.statements("revoke", reader.origin)
        for row in sorted(rows, key=lambda row: row.entry):
            reader.read(row.entry, self.store.entries(row.origin, row.entry, row.entry + 1), verify_each)
        words = self.store.meta(f"claims {reader.origin}").split()
        reader.last_time, reader.last_seen = (int(words[0]), int(words[1])) if words else (0, 0)

    def restore_own_root(self) -> None:
        """Bring our own keys to what our logs show: later roots, and what we have revoked."""
        rows = [row for kind in ("root", "revoke") for row in self.store.statements(kind) if row.author == self.me]
        for row in sorted(rows, key=lambda row: (row.origin, row.entry)):
            data = self.store.entries(row.origin, row.entry, row.entry + 1)[0]
            statement = decode_statement(parse_envelope(data).payload, row.kind)
            if isinstance(statement, Root) and statement.version == self.state.document.version + 1:
                self.state = read_root(statement.document, self.state)
            elif isinstance(statement, Revoke):
                self.state = self.state.revoke(statement.key)

    def start(self, now: int) -> None:
        """The first batch: open the logs with our root document, or ask the others whether we run on a backup."""
        with self.batch(now):
            if self.restart.closed:
                for origin in self.restart.closed:
                    self.refuse(
                        now, self.me, origin, "not-signing", "head and high-water mark differ, or the machine restarted"
                    )
                self.restart.ask()
            else:
                self.open_logs(now)
            for code, mirror in self.mirrors.items():
                if mirror.unsure:  # whoever is asked sees that we may have lost something, and sends it again
                    self.restart.ask_one(mirror.reader.answers, timing.MIRROR, code)
            self.store.set_meta("started", "1")
            self.duties.start()
            self.push.start()

    def open_logs(self, now: int) -> None:
        """Say our root document in every log of ours that is still empty."""
        for origin, ledger in self.ledgers.items():
            if ledger.size == 0 and not self.is_closed(origin):
                document = self.settings.roots[self.me]
                self.say(ledger.log.audience, "root", {"version": 1, "document": document}, now)

    # batches

    @contextmanager
    def batch(self, now: int) -> Iterator[None]:
        """One transaction; at its end what was said is signed into the logs. All undone together if anything fails."""
        kept = self._keep()
        try:
            with self.store.transaction():
                yield
                self._flush(now)
        except BaseException:
            self._undo(kept)
            raise
        unsure = {copy.log.origin for copy in self._copies() if copy.unsure} | self.restart.closed.keys()
        before = {origin: head for origin, head in self.restart.marked.items() if origin in unsure}
        now_held = {origin: head for origin, head in self._heads().items() if origin not in unsure}
        self._high_water.mark({**before, **now_held})

    def _copies(self) -> list[Mirror | Cosigner]:
        return [*self.mirrors.values(), *self.cosigners.values()]

    def _heads(self) -> dict[str, tuple[int, str]]:
        """All that we have signed: our own heads, and the heads we signed for."""
        held = [
            *((origin, ledger.head) for origin, ledger in self.ledgers.items()),
            *((mirror.origin, mirror.head) for mirror in self.mirrors.values()),
            *((origin, cosigner.held()) for origin, cosigner in self.cosigners.items()),
        ]
        return {origin: (head.head.size, head.head.root.hex()) for origin, head in held if head}

    def _flush(self, now: int) -> None:
        old_log_signers = self._rotation[1]["log"] if self._rotation else ()
        for ledger in self.speaker.waiting():
            self._anchor(ledger, now)
        for ledger in self.speaker.flush(old_log_signers):
            self.duties.logged(ledger.origin, ledger.size, now)
        self._rotation = None
        self.push.start()

    def _keep(self) -> dict[str, Any]:
        """What stands in memory only and a batch may change: given back if the batch fails."""
        return {
            "keys": (self.state, self.speaker.signers),
            "mirrors": {code: mirror.keep() for code, mirror in self.mirrors.items()},
            "cosigners": {origin: cosigner.keep() for origin, cosigner in self.cosigners.items()},
            "duties": self.duties.keep(),
            "restart": self.restart.keep(),
        }

    def _undo(self, kept: dict[str, Any]) -> None:
        self.speaker.undo()
        self._rotation = None
        self._use(*kept["keys"])
        for ledger in self.ledgers.values():
            ledger.undo()
        for code, mirror in self.mirrors.items():
            mirror.undo(kept["mirrors"][code])
        for origin, cosigner in self.cosigners.items():
            cosigner.undo(kept["cosigners"][origin])
        self.duties.undo(kept["duties"])
        self.restart.undo(kept["restart"])
        self.push.reload()

    def _anchor(self, ledger: Ledger, now: int) -> None:
        """Log digests of receipts held and not yet anchored, at most once in the time a receipt is due."""
        key = f"anchored {ledger.origin}"
        words = self.store.meta(key).split()
        last_size, last_time = (int(words[0]), int(words[1])) if words else (0, 0)
        if words and now - last_time < self.terms.receipt_due:
            return
        fresh = self.store.receipts_beyond(ledger.origin, last_size, timing.MIRROR)[-ANCHORS:]
        if fresh:
            digests = [sha256_hex(receipt.note) for receipt in fresh]
            self.say(ledger.log.audience, "receipts_held", {"receipts": digests}, now)
            self.store.set_meta(key, f"{fresh[-1].size} {now}")

    # speaking

    def is_closed(self, origin: str) -> bool:
        """Whether we may not sign this log now."""
        return origin in self.restart.closed

    def _is_open(self, origin: str) -> bool:
        return not self.is_closed(origin)

    def say(self, audience: str, kind: str, fields: Mapping[str, Any], now: int, same_as: str | None = None) -> Placed:
        """Release one statement into our log to `audience`. Call inside a batch; it stands once the batch ends."""
        log = self.terms.log_between(self.me, audience)
        if log is None:
            known = ", ".join(sorted(set(self.terms.participants) - {self.me}))
            raise LocalError("unknown-name", f"no log to {audience!r}; known: {known}")
        if self.is_closed(log.origin):
            raise LocalError("not-signing", "this node may be running on a restored backup", where=log.origin)
        if kind == "revoke":
            self.state = self.state.revoke(str(fields.get("key")))  # it counts for us as for everybody else
        held = self.mirrors[audience].head
        return self.speaker.say(self.ledgers[log.origin], kind, fields, held.head if held else None, now, same_as)

    def say_to_all(self, kind: str, fields: Mapping[str, Any], now: int) -> list[Placed]:
        """The same words to every audience: statements of their own, linked to the first by `same_as`."""
        for origin in self.restart.closed:  # to all or to nobody: the caller may go on with its batch
            raise LocalError("not-signing", "this node may be running on a restored backup", where=origin)
        placed: list[Placed] = []
        for code in sorted(self.terms.participants):
            if code != self.me:
                placed.append(self.say(code, kind, fields, now, placed[0].id if placed else None))
        return placed

    def offer(self, now: int, agreement: bytes | None = None, terms: bytes | None = None) -> list[Placed]:
        """Offer agreement and terms (ours, unless others are given) to everyone, in full."""
        text = agreement if agreement is not None else self.settings.agreement
        fields = {
            "agreement": sha256_hex(text),
            "text": text,
            "terms": terms if terms is not None else self.settings.terms_bytes,
        }
        return self.say_to_all("offer", fields, now)

    def adopt(self, now: int) -> list[Placed]:
        """Sign (a party) or take part (another), if every other party offered exactly our bytes."""
        self.adoption.check_ready()
        kind = "signature" if self.me in self.terms.parties() else "participation"
        return self.say_to_all(kind, {"terms": self.terms.digest}, now)

    def rotate(self, document: bytes, signers: Mapping[str, Sequence[Signer]], now: int) -> KeyState:
        """Publish the next root document to everyone. Call inside a batch.

        The heads over it carry the old and the new log key. Our receipts carry the old and the new mirror key until
        the peer has signed for the entry that holds the new root, since before it cannot know the new one.
        """
        state = read_root(document, self.state)
        admit_together([state, *(self._state_of(code) for code in self.mirrors)])
        placed = self.say_to_all("root", {"version": state.document.version, "document": document}, now)
        self._rotation = (self.state, self.speaker.signers)
        self._use(state, signers)
        for code, mirror in self.mirrors.items():
            own = self.terms.log_between(self.me, code)
            entry = next(p.entry for p in placed if own is not None and p.origin == own.origin)
            mirror.change_signer(signers["mirror"][0], entry)
        for cosigner in self.cosigners.values():
            ends = (cosigner.log.sender, cosigner.log.audience)
            waits = {p.origin: p.entry for p in placed if self.ledgers[p.origin].log.audience in ends}
            cosigner.change_signer(signers["cosigner"][0], partial(self._signed_beyond, waits))
        return state

    def _signed_beyond(self, entries: Mapping[str, int]) -> bool:
        """Whether these entries of ours are all signed for by their audiences."""
        return all(self.books[origin].signed_for() > entry for origin, entry in entries.items())

    def use_keys(self, signers: Mapping[str, Sequence[Signer]]) -> None:
        """Sign with the keys of the root that our logs show as current (after a start, when it is not the first)."""
        self._use(self.state, signers)
        for mirror in self.mirrors.values():
            mirror.signer = signers["mirror"][0]
        for cosigner in self.cosigners.values():
            cosigner.signer = signers["cosigner"][0]

    def _use(self, state: KeyState, signers: Mapping[str, Sequence[Signer]]) -> None:
        self.state = state
        self.speaker.signers = dict(signers)
        self.speaker.needed = state.document.threshold("release")

    # listening

    def serve(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        """Answer one request of a peer. Call inside a batch."""
        if path.startswith("/mirror/") and peer in self.mirrors:
            before, unsure = self.mirrors[peer].size, self.mirrors[peer].unsure
            reply = self.mirrors[peer].serve(path, body, now)
            if path == "/mirror/sign-again":
                self.push.look_again(peer)
            if self.mirrors[peer].size > before:
                self.duties.heard(peer, now)
            if unsure and not self.mirrors[peer].unsure:
                self.correspondence.reopen(now)
            return reply
        if path.startswith("/cosigner/"):
            try:
                origin = (
                    body.decode() if path.endswith("/sign-again") else parse_add_checkpoint(body).checkpoint.head.origin
                )
                cosigner = self.cosigners.get(origin)
                if cosigner is None or peer not in (cosigner.log.sender, cosigner.log.audience):
                    raise RemoteError("unknown-origin", f"log {origin[:80]!r} is not countersigned here for {peer}")
                return cosigner.serve(peer, path, body, now)
            except (RemoteError, UnicodeDecodeError) as error:
                code = error.code if isinstance(error, RemoteError) else "request-invalid"
                self.refuse(now, peer, "", code, error.what if isinstance(error, RemoteError) else "no origin of a log")
                return Reply(404 if code == "unknown-origin" else 400, TYPE_TEXT, f"refused: {code}\n".encode())
        self.refuse(now, peer, "", "request-invalid", f"no such path {path[:80]}")
        return Reply(404, TYPE_TEXT, b"refused: request-invalid\n")

    def answered(self, peer: str, purpose: str, status: int, body: bytes, now: int) -> None:
        """Take the answer to a job of ours. Call inside a batch."""
        self.correspondence.answered(peer, purpose, status, body, now)

    def take_receipt(self, data: bytes, now: int) -> Checkpoint:
        """A head of ours with its mirror's signature that came back as a file. Call inside a batch."""
        return self.correspondence.take_receipt(data, now)

    def take_bundle(self, peer: str, checkpoint: bytes, entries: Sequence[bytes], now: int) -> Reply:
        """One round of a peer's requests that came as files. Call inside a batch."""
        if peer not in self.mirrors:
            raise LocalError("unknown-name", f"no log from {peer!r}; known: {', '.join(sorted(self.mirrors))}")
        return self.mirrors[peer].take_bundle(checkpoint, entries, now)

    def override(self, now: int, reason: str) -> list[str]:
        """The operator signs without answers; logged with the reason."""
        opened = self.restart.override()
        for origin in opened:
            self.refuse(now, self.me, origin, "not-signing", f"operator override: {reason}")
        self.open_logs(now)
        return opened

    def tick(self, now: int) -> None:
        """Do what is due by the clock, then what waits for an answer. Call inside a batch."""
        self.duties.run(now)
        self.retry()

    def retry(self) -> None:
        """Ask and send again where no answer has come. Call inside a batch."""
        if self.restart.closed:
            self.restart.ask()
        self.push.try_again()

    # knowing

    def _state_of(self, code: str) -> KeyState:
        state = self.state if code == self.me else self.mirrors[code].reader.state
        assert state is not None  # noqa: S101 - pinned at the start
        return state

    def _log_keys(self, log: LogTerms) -> list[VerifierKey]:
        return self._state_of(log.sender).log_keys(log.origin)

    def keys_of(self, code: str, role: str) -> list[VerifierKey]:
        """Whose lines count as receipts (`mirror`) or neutral countersignatures (`cosigner`) of a participant."""
        state = self._state_of(code)
        return state.mirror_keys() if role == timing.MIRROR else state.cosigner_keys()

    def receipt(self, origin: str, index: int, *, with_entry: bool = False) -> LogProof:
        """The receipt of an entry of ours; LocalError(receipt-overdue) while there is none."""
        stored = self.store.receipt_over(origin, index, timing.MIRROR)
        answers = self.mirrors[self.ledgers[origin].log.audience].origin
        if stored is not None and not stands(self.store, answers, stored):
            stored = timing.receipt_of((r for r in self.books[origin].all() if stands(self.store, answers, r)), index)
        if stored is None:
            raise LocalError("receipt-overdue", f"entry {index} is not signed for", where=origin)
        return self.ledgers[origin].proof(index, parse_checkpoint(stored.note), with_entry=with_entry)

    def _admit(self, state: KeyState) -> None:
        """RemoteError if a new root of a peer holds a key that serves another participant."""
        code = state.document.participant
        admit_together([state, *(self._state_of(other) for other in self.terms.participants if other != code)])

    def _on_read(self, read: Read, root_version: int, now: int) -> None:
        if read.counts and isinstance(read.statement, Status):
            self.duties.status_shown(read.statement.author, read.statement, root_version, now)

    def refuse(self, now: int, party: str, origin: str, code: str, what: str) -> None:
        """Log a named refusal. `party`: whose fault; `origin`: the log it is about ("" if none)."""
        self.store.add_refusal(Refused(now, party, origin, -1, code, what))
