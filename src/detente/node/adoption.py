"""Adopting an agreement: offers with their full text, a comparison line by line, signatures over the same bytes.

What is signed is the SHA-256 of the raw agreement file and of the terms file. An altered copy is not signed, and every
differing line is named. Parties log `signature`; one that is not a party logs `participation` and has no vote.
"""

from __future__ import annotations

import difflib
from typing import NamedTuple

from detente.errors import LocalError
from detente.model.statement import Offer, Participation, Signature, decode_statement, sha256_hex
from detente.model.terms import ROLE_PARTY, Terms
from detente.node import timing
from detente.node.ports import SharedStore, StatementRow
from detente.proof.envelope import parse_envelope


class Difference(NamedTuple):
    """One differing line: which file, line number there (ours; theirs if we have no such line), both texts.

    A side that has no such line has None; an empty line is "".
    """

    file: str
    line: int
    ours: str | None
    theirs: str | None

    def __str__(self) -> str:
        ours, theirs = ("no such line" if text is None else repr(text) for text in (self.ours, self.theirs))
        return f"{self.file} line {self.line}: we hold {ours}, they hold {theirs}"


class Adopted(NamedTuple):
    """How far one participant has come: digests it last offered and signed ("" if none); is that received?"""

    code: str
    role: str
    offered: str
    signed: str
    received: bool


def differences(file: str, ours: bytes, theirs: bytes) -> list[Difference]:
    """Every differing line of two texts, in order; bytes are compared, what is not UTF-8 is shown escaped."""
    a, b = ours.split(b"\n"), theirs.split(b"\n")
    found: list[Difference] = []
    for tag, a0, a1, b0, b1 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(a1 - a0, b1 - b0)):
            mine = _shown(a[a0 + offset]) if a0 + offset < a1 else None
            other = _shown(b[b0 + offset]) if b0 + offset < b1 else None
            number = (b0 if mine is None else a0) + offset + 1
            found.append(Difference(file, number, mine, other))
    return found


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


class Adoption:
    """The state of adoption as this node's record shows it."""

    def __init__(self, me: str, terms: Terms, terms_bytes: bytes, agreement: bytes, store: SharedStore) -> None:
        self.me = me
        self.terms = terms
        self.terms_bytes = terms_bytes
        self.agreement = agreement
        self.digest = sha256_hex(agreement)
        self._store = store

    def offer_of(self, code: str) -> Offer | None:
        """The newest offer of another participant to us that counts."""
        log = self.terms.log_between(code, self.me)
        rows = self._store.statements("offer", log.origin) if log else []
        statement = self._statement(rows[-1]) if rows else None
        return statement if isinstance(statement, Offer) else None

    def compare(self, code: str) -> list[Difference]:
        """Differences between our files and what `code` last offered; empty if they are the same bytes."""
        offer = self.offer_of(code)
        if offer is None:
            raise LocalError("not-adopted", f"{code} has offered nothing yet", party=code)
        return [
            *differences("agreement", self.agreement, offer.text),
            *differences("terms", self.terms_bytes, offer.terms),
        ]

    def check_ready(self) -> None:
        """LocalError(agreement-differs) naming every differing line, unless all other parties offered our bytes."""
        for code in self.terms.parties():
            if code == self.me:
                continue
            found = self.compare(code)
            if found:
                lines = "; ".join(map(str, found))
                raise LocalError("agreement-differs", f"{code} offers another text: {lines}", party=code)

    def state(self) -> list[Adopted]:
        """How far each participant has come, ourselves included, in order of code."""
        return [self._state_of(code) for code in sorted(self.terms.participants)]

    def in_force(self) -> bool:
        """Whether every party has signed these bytes and each signature has been received."""
        return all(a.signed == self.digest and a.received for a in self.state() if a.role == ROLE_PARTY)

    def _state_of(self, code: str) -> Adopted:
        role = self.terms.participants[code].role
        logs = [log for log in self.terms.logs.values() if log.sender == code and self.me in (code, log.audience)]
        offered, signed, received = "", "", bool(logs)
        for log in logs:
            for row in self._store.statements("offer", log.origin)[-1:]:
                statement = self._statement(row)
                offered = statement.agreement if statement else ""
            rows = self._store.statements("signature" if role == ROLE_PARTY else "participation", log.origin)
            matching = [(row, said) for row in rows if (said := self._same_terms(row)) is not None]
            if not matching:
                received = False
                continue
            row, said = matching[
                0
            ]  # a signature stands once made; what is said after it under other terms is another one
            signed = said.agreement
            needed = log.audience in self.terms.parties()
            if needed and self._store.receipt_over(log.origin, row.entry, timing.MIRROR) is None:
                received = False
        return Adopted(code, role, offered, signed, received and bool(signed))

    def _same_terms(self, row: StatementRow) -> Signature | Participation | None:
        """The signature or participation in a row, if it is under the terms we hold."""
        said = self._statement(row)
        return said if isinstance(said, Signature | Participation) and said.terms == self.terms.digest else None

    def _statement(self, row: StatementRow) -> Offer | Signature | Participation | None:
        data = self._store.entries(row.origin, row.entry, row.entry + 1)[0]
        statement = decode_statement(parse_envelope(data).payload, row.kind)
        return statement if isinstance(statement, Offer | Signature | Participation) else None
