"""One party's node without its I/O: it speaks, mirrors, countersigns, keeps receipts, and notices what is missing.

Everything here follows from bytes, the store, and the time and randomness passed in; the same class runs in the house
process, in the simulator and in tests. This module puts the rooms together and is what others call; the work is done in
`batches` (transactions), `keyring` (whose keys), `requests` and `correspondence` (what peers ask and answer), `duties`
(the clock), `restart` (whether we may sign at all), `push` (bringing our heads to others).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from detente.errors import LocalError
from detente.model.statement import Status, sha256_hex
from detente.model.terms import LogTerms
from detente.node import timing
from detente.node.adoption import Adoption
from detente.node.batches import Batches
from detente.node.correspondence import Correspondence
from detente.node.cosigner import Cosigner
from detente.node.duties import Duties
from detente.node.keyring import Keyring
from detente.node.ledger import Ledger
from detente.node.mirror import Mirror
from detente.node.ports import HighWater, Random, Refused, Reply, SharedStore
from detente.node.push import Push
from detente.node.reader import LogReader, Read
from detente.node.receipts import ReceiptBook
from detente.node.release.outgoing import Outgoing, of_the_node
from detente.node.requests import Requests
from detente.node.restart import Restart
from detente.node.revocation import standing
from detente.node.settings import Settings, pinned_states
from detente.node.speaker import Placed, Speaker
from detente.proof.checkpoint import Checkpoint, parse_checkpoint
from detente.proof.keys import Signer, VerifyMany, verify_each
from detente.proof.receipt import LogProof
from detente.proof.roots import KeyState


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
        states = pinned_states(settings)
        self.keys = Keyring(self, states[self.me], signers)
        self.keys.restore()
        self.adoption = Adoption(self.me, self.terms, settings.terms_bytes, settings.agreement, store)
        self.ledgers = {log.origin: Ledger(log, store) for log in self.terms.logs.values() if log.sender == self.me}
        self.books = {o: ReceiptBook(o, store, self.terms.clock_error) for o in self.ledgers}
        self.mirrors = {
            log.sender: self._mirror(log, states[log.sender], signers["mirror"][0], verify_many)
            for log in self.terms.logs.values()
            if log.audience == self.me
        }
        self.cosigners = {
            log.origin: self._cosigner(log, signers["cosigner"][0]) for log in self.terms.cosigned_by(self.me)
        }
        self.speaker = Speaker(self.me, self.adoption.digest, store, signers, random, self.terms.clock_error)
        self.speaker.needed = self.state.document.threshold("release")
        self.restart = Restart(store, self.terms, self.ledgers, high_water)
        self.batches = Batches(self, high_water)
        heads = self.batches.heads()
        for copy in self.batches.copies():
            marked = self.restart.marked.get(copy.log.origin)
            copy.floor, copy.unsure = marked[0] if marked else 0, marked != heads.get(copy.log.origin)
        for mirror in self.mirrors.values():
            if mirror.unsure:
                self.restart.close(mirror.reader.answers)
        self.push = Push(store, self.ledgers)
        self.duties = Duties(self, now)
        self.requests = Requests(self)
        self.correspondence = Correspondence(self)

    @property
    def state(self) -> KeyState:
        """Our own keys as of now."""
        return self.keys.state

    # starting

    def _mirror(self, log: LogTerms, keys: KeyState, signer: Signer, verify_many: VerifyMany) -> Mirror:
        ours = self.terms.log_between(self.me, log.sender)
        assert ours is not None  # noqa: S101 - read_terms asks for a log in each direction
        reader = LogReader(log.origin, log.sender, ours.origin, self.adoption.digest, keys)
        name, root_at = f"{self.state.document.name}/mirror", self.ledgers[ours.origin].root_at
        mirror = Mirror(log, self.terms, self.store, reader, name, signer, verify_many, root_at)
        self._restore(reader)
        mirror.on_read, mirror.admit = self._on_read, self.keys.admit
        mirror.may_judge = partial(self._is_open, ours.origin)
        return mirror

    def _cosigner(self, log: LogTerms, signer: Signer) -> Cosigner:
        name, log_keys = f"{self.state.document.name}/cosigner", partial(self.keys.log_keys, log)
        return Cosigner(log, self.store, name, signer, log_keys, self.terms.clock_error)

    def _restore(self, reader: LogReader) -> None:
        """Bring a reader to the state it had: keys from root and revoke statements, last claims as kept."""
        rows = self.store.statements("root", reader.origin) + self.store.statements("revoke", reader.origin)
        for row in sorted(rows, key=lambda row: row.entry):
            reader.read(row.entry, self.store.entries(row.origin, row.entry, row.entry + 1), verify_each)
        words = self.store.meta(f"claims {reader.origin}").split()
        reader.last_time, reader.last_seen = (int(words[0]), int(words[1])) if words else (0, 0)

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
                self.say(of_the_node(ledger.log.audience, "root", {"version": 1, "document": document}), now)

    def batch(self, now: int) -> AbstractContextManager[None]:
        """One transaction; at its end what was said is signed into the logs. All undone together if anything fails."""
        return self.batches.batch(now)

    # speaking

    def is_closed(self, origin: str) -> bool:
        """Whether we may not sign this log now."""
        return origin in self.restart.closed

    def _is_open(self, origin: str) -> bool:
        return not self.is_closed(origin)

    def say(self, what: Outgoing, now: int, same_as: str | None = None) -> Placed:
        """Put what came out of the release pipeline into our log to its audience. Call inside a batch; it stands at its end."""
        if not isinstance(what, Outgoing):
            raise LocalError("not-released", f"a {type(what).__name__} did not come out of the release pipeline")
        log = self.terms.log_between(self.me, what.audience)
        if log is None:
            known = ", ".join(self.audiences())
            raise LocalError("unknown-name", f"no log to {what.audience!r}; known: {known}")
        if self.is_closed(log.origin):
            raise LocalError("not-signing", "this node may be running on a restored backup", where=log.origin)
        if what.kind == "revoke":
            self.keys.state = self.state.revoke(str(what.fields.get("key")))  # it counts for us as for everybody else
        held = self.mirrors[what.audience].head
        return self.speaker.say(self.ledgers[log.origin], what, held.head if held else None, now, same_as)

    def say_to_all(self, each: Sequence[Outgoing], now: int, first: str | None = None) -> list[Placed]:
        """The same words to every audience: statements of their own, linked by `same_as` to the first, or to `first`, one
        said before of the same thing."""
        for origin in self.restart.closed:  # to all or to nobody: the caller may go on with its batch
            raise LocalError("not-signing", "this node may be running on a restored backup", where=origin)
        placed: list[Placed] = []
        for what in each:
            placed.append(self.say(what, now, first or (placed[0].id if placed else None)))
        return placed

    def audiences(self) -> list[str]:
        """All to whom we keep a log, in order of code."""
        return sorted(set(self.terms.participants) - {self.me})

    def offer_fields(self, agreement: bytes | None = None, terms: bytes | None = None) -> dict[str, Any]:
        """The fields of an offer of agreement and terms (ours, unless others are given), in full."""
        text = self.settings.agreement if agreement is None else agreement
        terms = self.settings.terms_bytes if terms is None else terms
        return {"agreement": sha256_hex(text), "text": text, "terms": terms}

    def adopting(self) -> tuple[str, dict[str, Any]]:
        """Kind and fields with which to sign (a party) or take part (another), if every other party offered our bytes."""
        self.adoption.check_ready()
        kind = "signature" if self.me in self.terms.parties() else "participation"
        return kind, {"terms": self.terms.digest}

    # listening

    def serve(self, peer: str, path: str, body: bytes, now: int) -> Reply:
        """Answer one request of a peer. Call inside a batch."""
        return self.requests.serve(peer, path, body, now)

    def answered(self, peer: str, purpose: str, status: int, body: bytes, now: int) -> None:
        """Take the answer to a job of ours. Call inside a batch."""
        self.correspondence.answered(peer, purpose, status, body, now)

    def take_receipt(self, data: bytes, now: int) -> Checkpoint:
        """A head of ours with its mirror's signature that came back as a file. Call inside a batch."""
        return self.correspondence.take_receipt(data, now)

    def take_bundle(self, peer: str, checkpoint: bytes, entries: Sequence[bytes], now: int) -> Reply:
        """One round of a peer's requests that came as files. Call inside a batch."""
        return self.requests.take_bundle(peer, checkpoint, entries, now)

    @property
    def on_watch(self) -> int:
        """How many are on watch, as the operator last said; told to everyone with each heartbeat."""
        return int(self.store.meta("on watch") or 0)

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

    def receipt(self, origin: str, index: int, *, with_entry: bool = False) -> LogProof:
        """The receipt of an entry of ours; LocalError(receipt-overdue) while there is none."""
        stored = standing(self.store, self.mirrors[self.ledgers[origin].log.audience].origin, origin, index)
        if stored is None:
            raise LocalError("receipt-overdue", f"entry {index} is not signed for", where=origin)
        return self.ledgers[origin].proof(index, parse_checkpoint(stored.note), with_entry=with_entry)

    def _on_read(self, read: Read, root_version: int, now: int) -> None:
        if read.counts and isinstance(read.statement, Status):
            self.duties.status_shown(read.statement.author, read.statement, root_version, now)

    def refuse(self, now: int, party: str, origin: str, code: str, what: str) -> None:
        """Log a named refusal. `party`: whose fault; `origin`: the log it is about ("" if none)."""
        self.store.add_refusal(Refused(now, party, origin, -1, code, what))
