"""Reading a log: which entries are statements that count, by rules that give the same answer on every node.

A mirror stores and signs for whatever the signed head covers (docs/decisions/0002): refusing to store one bad entry
would jam the log and keep back the STOP behind it. What counts is decided here, from bytes and key state alone:

 1. the entry is a canonical envelope of at most 65,535 bytes           (json-*, envelope-invalid, too-large)
 2. its payload type names a known kind                                 (unknown-kind)
 3. enough release keys, current and unrevoked at this index, signed it (unknown-key, bad-signature, too-few-signatures)
 4. the payload is a canonical statement of exactly that kind           (unknown-field, float, bad-text, ...)
 5. its author and origin are those of the log it stands in             (wrong-author, wrong-origin)
 6. it speaks under the agreement held; an offer under the text it offers (wrong-agreement)
 7. it was not said before: the first place of an id stands             (replay)
 8. `root` and `revoke` change the keys for the entries after them      (root-invalid, key-revoked, ...)

An entry that fails 1-8 is refused by name and has no effect. Then its claims are weighed; a claim that fails is
refused by name, the statement still counts and its receipt's time stands (a wrong clock must not silence a STOP):

 9. claimed time: not before the log's last one, not after receipt plus the clock error  (time-backward, time-future)
10. `seen`: never falls, a head of ours, not less than its author signed for             (seen-fell, seen-unknown,
                                                                                           seen-held-back)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from detente.errors import RemoteError
from detente.model.statement import Offer, Revoke, Root, Seen, Statement, decode_statement, kind_of, sha256_hex
from detente.proof.envelope import Envelope, SignedBy, check_threshold, parse_envelope
from detente.proof.keys import VerifyMany
from detente.proof.roots import KeyState, digest_of, read_root

Fault = tuple[str, str]
RELEASE = "release"
STEP = 512
_CHANGING = (Root, Revoke)  # statements after which other keys may hold


class _Parsed(NamedTuple):
    """One entry as its bytes alone show it. `message` is the PAE; `fault` says why there is no statement."""

    envelope: Envelope | None
    message: bytes
    id: str
    kind: str
    statement: Statement | None
    fault: RemoteError | None


class _Step(NamedTuple):
    """Entries from `start` on that one set of keys judges. `good` answers for each of their signatures, in order."""

    start: int
    parsed: list[_Parsed]
    signatures: list[int]
    good: Iterator[bool]
    holders: dict[str, SignedBy]
    changes: bool


class Read(NamedTuple):
    """One entry as read. `statement` is None where it could not be read; `faults` are (code, words)."""

    entry: int
    id: str
    kind: str
    statement: Statement | None
    counts: bool
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Surroundings:
    """What the reader's own node knows that bears on claims; each may be unknown (None) to an offline reader."""

    known: Callable[[Sequence[str]], set[str]] = lambda _: set()
    """Those of these statement ids that were read before."""
    our_root: Callable[[int], bytes | None] | None = None
    """Root of our log to the author at a size, None if we never had that size."""
    not_after: int | None = None
    """Receipt time plus clock error, ms."""
    least_seen: Callable[[int], int] = lambda _: 0
    """The size of our log that the author had signed for by an instant of its own clock (ms)."""
    admit: Callable[[KeyState], None] = lambda _: None
    """RemoteError if a new root of the author holds a key that serves somebody else."""


@dataclass
class LogReader:
    """Reads one log in order. State: keys, last claimed time, last head seen."""

    origin: str
    sender: str
    answers: str
    """Origin of the log in the other direction (whose heads `seen` names)."""
    agreement: str
    state: KeyState | None
    last_time: int = 0
    last_seen: int = 0

    def read(
        self, start: int, entries: Sequence[bytes], verify_many: VerifyMany, around: Surroundings | None = None
    ) -> list[Read]:
        """Read entries from index `start` on, in order; changes the state.

        It is done step by step: while the signatures of one step are verified (`verify_many` may do that on other
        cores), the next step's bytes are decoded. A step ends where the keys may change.
        """
        around = around or Surroundings()
        result: list[Read] = []
        said: set[str] = set()
        before: _Step | None = None
        at = 0
        while at < len(entries) or before:
            step = None
            if at < len(entries) and not (before and before.changes):
                step = self._step(start + at, entries[at : at + STEP], verify_many)
                at += len(step.parsed)
            if before:
                result += self._judge(before, said, around)
            before = step
        return result

    def _step(self, start: int, entries: Sequence[bytes], verify_many: VerifyMany) -> _Step:
        """Decode entries up to the first that may change the keys, and have their signatures verified."""
        parsed: list[_Parsed] = []
        changes = False
        for data in entries:
            one = _parse(data)
            parsed.append(one)
            if isinstance(one.statement, _CHANGING):
                changes = True
                break
        if self.state is None and start == 0:
            self.state = self._first_keys(parsed[0])
        holders = self.state.holders(RELEASE) if self.state else {}
        publics = {identifier: holder.public for identifier, holder in holders.items()}
        checks = [each.envelope.checks(publics, each.message) if each.envelope else [] for each in parsed]
        good = iter(verify_many([check for each in checks for check in each]))
        return _Step(start, parsed, [len(each) for each in checks], good, holders, changes)

    def _judge(self, step: _Step, said: set[str], around: Surroundings) -> list[Read]:
        """Which entries of a step count, and what is wrong with the others; `said`: ids that have counted so far."""
        result: list[Read] = []
        needed = self.state.document.threshold(RELEASE) if self.state else 1
        said |= around.known([each.id for each in step.parsed if each.id])
        for index, (one, signatures) in enumerate(zip(step.parsed, step.signatures, strict=True), step.start):
            envelope, _, identifier, kind, statement, fault = one
            good = [next(step.good) for _ in range(signatures)]
            try:
                if fault or envelope is None:
                    raise fault or RemoteError("envelope-invalid", "unreadable")
                check_threshold(envelope, step.holders, good, needed)
                assert statement is not None  # noqa: S101 - _parse gives a fault or a statement
                self._check_place(statement)
                if identifier in said:
                    raise RemoteError("replay", "said before; the first place stands")
                self._apply(statement, around)
            except RemoteError as error:
                result.append(Read(index, identifier, kind, statement, False, ((error.code, error.what),)))
                continue
            said.add(identifier)
            result.append(Read(index, identifier, kind, statement, True, tuple(self._claims(statement, around))))
        return result

    def copy(self) -> LogReader:
        """A reader in the same state, for reading ahead without committing."""
        return replace(self)

    def _first_keys(self, first: _Parsed) -> KeyState | None:
        """An offline reader without pinned keys takes them from the root statement that opens the log."""
        statement = first.statement
        if not isinstance(statement, Root):
            return None
        try:
            return read_root(statement.document)
        except RemoteError:
            return None

    def _check_place(self, statement: Statement) -> None:
        if statement.author != self.sender:
            raise RemoteError("wrong-author", f"author {statement.author} in a log of {self.sender}")
        if statement.origin != self.origin:
            raise RemoteError("wrong-origin", f"made for log {statement.origin}, found in {self.origin}")
        if isinstance(statement, Offer):
            if statement.agreement != sha256_hex(statement.text):
                raise RemoteError("wrong-agreement", "the offer's digest is not that of the text it carries")
        elif self.agreement and statement.agreement != self.agreement:
            raise RemoteError(
                "wrong-agreement",
                f"under agreement {statement.agreement[:12]}…, this log is under {self.agreement[:12]}…",
            )
        if statement.seen is not None and statement.seen.origin != self.answers:
            raise RemoteError("wrong-origin", f"names {statement.seen.origin} as seen; expected {self.answers}")

    def _apply(self, statement: Statement, around: Surroundings) -> None:
        if self.state is None:
            raise RemoteError("unknown-key", "the log does not open with a root document")
        if isinstance(statement, Root):
            state = self.state
            if digest_of(statement.document) != state.digest:
                state = read_root(statement.document, state)
                around.admit(state)
            if statement.version != state.document.version:
                raise RemoteError("root-invalid", f"says version {statement.version}, holds {state.document.version}")
            self.state = state
        elif isinstance(statement, Revoke):
            self.state = self.state.revoke(statement.key)

    def _claims(self, statement: Statement, around: Surroundings) -> list[Fault]:
        faults: list[Fault] = []
        if statement.time < self.last_time:
            faults.append(("time-backward", "the claimed time lies before the log's last; the receipt's time stands"))
        elif around.not_after is not None and statement.time > around.not_after:
            faults.append(("time-future", "the claimed time lies after receipt; the receipt's time stands"))
        else:
            self.last_time = statement.time
        seen = statement.seen
        size = seen.size if seen else 0
        if size < self.last_seen:
            faults.append(("seen-fell", f"saw {size} entries of ours, {self.last_seen} before"))
        elif around.our_root is not None and seen is not None and not self._is_ours(seen, around.our_root):
            faults.append(("seen-unknown", f"names a head of {size} that we never signed"))
        elif size < (least := around.least_seen(self.last_time)):
            faults.append(("seen-held-back", f"admits {size} entries of ours, had signed for {least} by then"))
        else:
            self.last_seen = size
        return faults

    @staticmethod
    def _is_ours(seen: Seen, our_root: Callable[[int], bytes | None]) -> bool:
        root = our_root(seen.size)
        return root is not None and root.hex() == seen.root


def _parse(data: bytes) -> _Parsed:
    envelope, message, identifier, kind = None, b"", "", ""
    try:
        envelope = parse_envelope(data)
        message = envelope.pae()
        identifier = sha256_hex(message)
        kind = kind_of(envelope.payloadType)
        return _Parsed(envelope, message, identifier, kind, decode_statement(envelope.payload, kind), None)
    except RemoteError as error:
        return _Parsed(envelope, message, identifier, kind, None, error)
