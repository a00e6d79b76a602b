"""Keys as one node knows them: its own root and signers, everybody else's as their logs have shown them.

A change of our keys is published to everyone in one batch. The heads over it carry the old and the new log key. Our
receipts carry the old and the new mirror key until the peer has signed for the entry that holds the new root, since before
it cannot know the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from detente.model.statement import Revoke, Root, decode_statement
from detente.model.terms import LogTerms
from detente.node import timing
from detente.node.ports import SharedStore
from detente.node.release.outgoing import of_the_node
from detente.proof.envelope import parse_envelope
from detente.proof.keys import Signer, VerifierKey
from detente.proof.roots import KeyState, RootDocument, admit_together, read_root

if TYPE_CHECKING:
    from detente.node.house import House

Signers = Mapping[str, Sequence[Signer]]


def shown_keys(store: SharedStore, code: str, first: KeyState) -> KeyState:
    """A participant's keys by all logs of its that are held: every later root, whatever log shows it, every revocation."""
    rows = [row for kind in ("root", "revoke") for row in store.statements(kind) if row.author == code]
    state = first
    revoked: set[str] = set()
    waiting: dict[int, bytes] = {}
    for row in rows:
        data = store.entries(row.origin, row.entry, row.entry + 1)[0]
        statement = decode_statement(parse_envelope(data).payload, row.kind)
        if isinstance(statement, Root):
            waiting[statement.version] = statement.document
        elif isinstance(statement, Revoke):
            revoked.add(statement.key)
    while document := waiting.get(state.document.version + 1):
        state = read_root(document, state)
    for key in sorted(revoked - state.revoked):
        state = state.revoke(key)
    return state


class Keyring:
    """Our keys and what we know of others'.

    `signers_for`: our signers under a root of ours, wherever they are kept; `ours`: every public key whose private half is
    kept there. A backup of the record may be of before a change of keys, of which only that other place still knows.
    """

    def __init__(self, house: House, own: KeyState, signers: Signers) -> None:
        self._house = house
        self.state = own
        self.signers_for: Callable[[RootDocument], Signers] = lambda _: signers
        self.ours: Callable[[], Sequence[bytes]] = lambda: ()
        self.given_up: Sequence[Signer] = ()
        """The log keys given up in the batch that is open."""

    def restore(self) -> None:
        """Bring our own keys to what our logs show."""
        self.state = shown_keys(self._house.store, self._house.me, self.state)

    def restored(self) -> None:
        """Entries of ours were pulled back: perhaps the backup was of before a change of keys."""
        version = self.state.document.version
        self.restore()
        if self.state.document.version > version:
            self.use(self.signers_for(self.state.document))

    def use(self, signers: Signers) -> None:
        """Sign with the keys of the root that our logs show as current (after a start, when it is not the first)."""
        self.take(self.state, signers)
        for mirror in self._house.mirrors.values():
            mirror.signer = signers["mirror"][0]
        for cosigner in self._house.cosigners.values():
            cosigner.signer = signers["cosigner"][0]

    def take(self, state: KeyState, signers: Signers) -> None:
        """From now on this is our root, and these sign what we say."""
        self.state = state
        self._house.speaker.signers = dict(signers)
        self._house.speaker.needed = state.document.threshold("release")

    def rotate(self, document: bytes, signers: Signers, now: int) -> KeyState:
        """Publish the next root document to everyone. Call inside a batch."""
        house = self._house
        state = read_root(document, self.state)
        admit_together([state, *(self.state_of(code) for code in house.mirrors)])
        fields = {"version": state.document.version, "document": document}
        placed = house.say_to_all([of_the_node(code, "root", fields) for code in house.audiences()], now)
        self.given_up = house.speaker.signers["log"]
        self.take(state, signers)
        for code, mirror in house.mirrors.items():
            own = house.terms.log_between(house.me, code)
            entry = next(p.entry for p in placed if own is not None and p.origin == own.origin)
            mirror.change_signer(signers["mirror"][0], entry)
        for cosigner in house.cosigners.values():
            ends = (cosigner.log.sender, cosigner.log.audience)
            waits = {p.origin: p.entry for p in placed if house.ledgers[p.origin].log.audience in ends}
            cosigner.change_signer(signers["cosigner"][0], partial(self._signed_beyond, waits))
        return state

    def _signed_beyond(self, entries: Mapping[str, int]) -> bool:
        """Whether these entries of ours are all signed for by their audiences."""
        return all(self._house.books[origin].signed_for() > entry for origin, entry in entries.items())

    # everybody's

    def state_of(self, code: str) -> KeyState:
        """A participant's keys as of now."""
        state = self.state if code == self._house.me else self._house.mirrors[code].reader.state
        assert state is not None  # noqa: S101 - pinned at the start
        return state

    def log_keys(self, log: LogTerms) -> list[VerifierKey]:
        """Whose lines sign the heads of a log."""
        return self.state_of(log.sender).log_keys(log.origin)

    def of(self, code: str, role: str) -> list[VerifierKey]:
        """Whose lines count as receipts (`mirror`) or neutral countersignatures (`cosigner`) of a participant."""
        state = self.state_of(code)
        return state.mirror_keys() if role == timing.MIRROR else state.cosigner_keys()

    def admit(self, state: KeyState) -> None:
        """RemoteError if a new root of a peer holds a key that serves another participant."""
        code = state.document.participant
        admit_together([state, *(self.state_of(other) for other in self._house.terms.participants if other != code)])
