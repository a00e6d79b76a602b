"""Reading a log's entries offline: the rules of node.reader, with what an auditor knows in place of a node's memory.

Keys, sender and the other direction's origin come from outside where they are pinned; else from the root document in
entry 0 and from the first statement that names a head as seen. When entries arrived is not known: claimed times
are held against each other only, and a `seen` that was held back is not noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from detente.errors import RemoteError
from detente.model.statement import Participation, Revoke, Root, Signature, Statement, decode_statement, kind_of
from detente.node.audit.verdict import Findings, listed
from detente.node.reader import LogReader, Read, Surroundings
from detente.proof.envelope import parse_envelope
from detente.proof.keys import VerifyMany
from detente.proof.roots import KeyState, digest_of, read_root


class Pinned(NamedTuple):
    """What is known of a log from outside it; "" or None: taken from the log itself."""

    sender: str = ""
    answers: str = ""
    agreement: str = ""
    state: KeyState | None = None


class Opening(NamedTuple):
    """What a root statement in entry 0 gives: keys, the root document's digest, the agreement it speaks under."""

    state: KeyState | None
    root: str
    agreement: str


class Named(NamedTuple):
    """A head of the other direction's log that a statement names as seen."""

    entry: int
    origin: str
    size: int
    root: str


class Adopting(NamedTuple):
    """A signature or participation, counting or not: the digests of agreement and terms it is for."""

    entry: int
    agreement: str
    terms: str


def statement_in(entry: bytes) -> Statement | None:
    """The statement in an entry by its bytes alone, no signature checked; None if no node reads it."""
    try:
        envelope = parse_envelope(entry)
        return decode_statement(envelope.payload, kind_of(envelope.payloadType))
    except RemoteError:
        return None


def read_opening(entry: bytes) -> Opening:
    """What the entry gives if it is a root statement with a valid first root; nothing otherwise."""
    statement = statement_in(entry)
    if isinstance(statement, Root):
        try:
            return Opening(read_root(statement.document), digest_of(statement.document), statement.agreement)
        except RemoteError:
            pass
    return Opening(None, "", "")


class OfflineReader:
    """Feed it every entry in order; it keeps what an auditor asks about."""

    def __init__(self, origin: str, first: bytes, pinned: Pinned, verify_many: VerifyMany) -> None:
        self.opening = read_opening(first)
        state = pinned.state or self.opening.state
        self.sender = pinned.sender or (state.document.participant if state else "")
        agreement = pinned.agreement or self.opening.agreement
        self.reader = LogReader(origin, self.sender, pinned.answers, agreement, state)
        self.ids: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.refused: list[str] = []
        self.doubtful: list[str] = []
        self.seen: list[Named] = []
        self.adopting: list[Adopting] = []
        self.revoked: dict[str, int] = {}
        self.entries = 0
        self._verify_many = verify_many

    def feed(self, entries: Sequence[bytes]) -> None:
        """Read the next entries."""
        if not self.reader.answers:
            self.reader.answers = self._first_seen(entries)
        around = Surroundings(known=self.ids.intersection)
        for read in self.reader.read(self.entries, entries, self._verify_many, around):
            self._take(read)
        self.entries += len(entries)

    def _take(self, read: Read) -> None:
        faults = "; ".join(f"{what} [{code}]" for code, what in read.faults)
        if read.counts:
            self.ids.add(read.id)
            self.kinds[read.kind] += 1
            if faults:
                self.doubtful.append(f"entry {read.entry} ({read.kind}) counts, but: {faults}")
        else:
            self.refused.append(f"entry {read.entry} ({read.kind or 'unreadable'}) does not count: {faults}")
        statement = read.statement
        if isinstance(statement, Signature | Participation):
            self.adopting.append(Adopting(read.entry, statement.agreement, statement.terms))
        if isinstance(statement, Revoke) and read.counts:
            self.revoked.setdefault(statement.key, read.entry)
        seen = statement.seen if statement and read.counts else None
        if seen is not None and (not self.seen or self.seen[-1][2:] != (seen.size, seen.root)):
            self.seen.append(Named(read.entry, seen.origin, seen.size, seen.root))

    def _first_seen(self, entries: Sequence[bytes]) -> str:
        for entry in entries:
            statement = statement_in(entry)
            if statement is not None and statement.seen is not None and statement.origin == self.reader.origin:
                return statement.seen.origin
        return ""

    def report(self, name: str, found: Findings) -> None:
        """Put what does not count, what is doubtful and what was read into `found`, under the log's short name."""
        state = self.reader.state
        found.remarks += [f"{name}: {words}" for words in (*listed(self.refused), *listed(self.doubtful))]
        if state is None:
            found.remarks.append(f"{name}: does not open with a root document: no key is known, no statement counts")
        elif not self.reader.origin.startswith(f"{state.document.name}/to-"):
            found.remarks.append(f"{name}: the root of {self.sender} names its logs {state.document.name}/to-...")
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.kinds.items()))
        found.notes.append(f"{name}: {kinds or 'no statements'}; agreement {self.reader.agreement[:12] or 'unknown'}")
