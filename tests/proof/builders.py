"""Builders for the tests of the pure rooms: keys named by a label, logs that grow, participants with a root.

Everything is made from the label it is asked for, so a failing test names its key and runs the same next time.
`refused` is how every test states a refusal: the class (whose fault), the code, and words a reader can act on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
import pytest

from detente.errors import ADVICE, DetenteError, RemoteError
from detente.proof.checkpoint import Checkpoint, Head, cosign, sign_checkpoint
from detente.proof.keys import TYPE_COSIGNATURE, TYPE_NOTE, SoftSigner, VerifierKey
from detente.proof.note import NoteSignature
from detente.proof.roots import KeyEntry, KeyState, Role, RootDocument, Threshold, read_root, seal_root
from detente.proof.tree import Tree, leaf_hash

ORIGIN = "us.example/log/to-ru"
NOW = 1_474_117_200
"""Seconds, 2016-09-17 13:00:00Z."""


@contextmanager
def refused(code: str, error: type[DetenteError] = RemoteError, naming: str = "") -> Iterator[None]:
    """Expect exactly this refusal, and that its text says what is wrong, whose fault it is and what to do next."""
    with pytest.raises(error) as caught:
        yield
    assert type(caught.value) is error, f"{type(caught.value).__name__} is another party's fault"
    assert caught.value.code == code, str(caught.value)
    text = str(caught.value)
    assert caught.value.what in text
    assert ADVICE[code] in text
    assert f"fault: {caught.value.fault()}" in text
    assert naming in text, f"{naming!r} is not named in: {text}"


def digest(label: str) -> str:
    """A hex SHA-256 that stands for something else."""
    return hashlib.sha256(label.encode()).hexdigest()


@cache
def signer(label: str) -> SoftSigner:
    """The key with this label."""
    return SoftSigner(hashlib.sha256(b"test key " + label.encode()).digest())


def log_key(origin: str = ORIGIN, label: str = "log") -> VerifierKey:
    """The vkey of a log."""
    return VerifierKey(origin, TYPE_NOTE, signer(label).public)


def cosigner_key(label: str) -> VerifierKey:
    """The vkey of a mirror or cosigner, named after its label."""
    return VerifierKey(f"{label}.example/key", TYPE_COSIGNATURE, signer(label).public)


@dataclass
class Log:
    """A log in memory: entries, tree, and heads signed by the key `label`."""

    origin: str = ORIGIN
    label: str = "log"
    entries: list[bytes] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)

    @staticmethod
    def of(size: int, origin: str = ORIGIN, label: str = "log", salt: str = "") -> Log:
        """A log of `size` entries; another salt gives another history."""
        return Log(origin, label).add(entry(n, salt) for n in range(size))

    def add(self, entries: Iterable[bytes]) -> Log:
        """Append entries."""
        for data in entries:
            self.entries.append(data)
            self.tree.append(leaf_hash(data))
        return self

    def head(self, size: int | None = None) -> Head:
        """The head at `size`."""
        size = len(self.entries) if size is None else size
        return Head(self.origin, size, self.tree.root(size))

    def checkpoint(self, size: int | None = None, cosigners: Sequence[str] = (), time_s: int = NOW) -> Checkpoint:
        """A signed head, countersigned by the keys labelled `cosigners`."""
        head = self.head(size)
        return sign_checkpoint(head, [signer(self.label)]).with_lines(line(head, label, time_s) for label in cosigners)


def entry(number: int, salt: str = "") -> bytes:
    """Bytes of an entry; lengths vary, the empty entry is among them."""
    return b"" if number == 3 and not salt else f"{salt}entry {number} ".encode() * (number % 4 + 1)


def line(head: Head, label: str, time_s: int = NOW) -> NoteSignature:
    """A countersignature by the key `label`."""
    return cosign(head, cosigner_key(label).name, signer(label), time_s)


@dataclass(frozen=True)
class Party:
    """A participant and its first root, not yet signed."""

    name: str
    root: RootDocument

    @staticmethod
    def of(name: str = "us", needed: int = 2, root_agencies: Sequence[str] = ("defense", "state", "energy")) -> Party:
        """`root_agencies` hold one root key each, `needed` of them must sign; the other roles have one key each."""
        keys = [key(name, "root", agency) for agency in root_agencies]
        keys += [key(name, "log", "node"), key(name, "mirror", "node"), key(name, "release", "defense")]
        keys.append(key(name, "cosigner", "node"))
        document = RootDocument(
            participant=name,
            name=f"{name}.example/log",
            version=1,
            keys=keys,
            thresholds=[Threshold(role="root", needed=needed)],
        )
        return Party(name, document)

    def sealed(self, agencies: Sequence[str] = ("defense", "state"), **changes: Any) -> bytes:
        """Signed root bytes, by the root keys of `agencies` (label `name-root-agency`)."""
        return seal_root(change(self.root, **changes), [signer(f"{self.name}-root-{a}") for a in agencies])

    def state(self) -> KeyState:
        """The verified first root."""
        return read_root(self.sealed())


def change(document: RootDocument, **changes: Any) -> RootDocument:
    """The document with some fields changed."""
    return msgspec.structs.replace(document, **changes)


def key(participant: str, role: Role, agency: str, label: str = "") -> KeyEntry:
    """A key of a root, labelled `participant-role-agency` unless told otherwise."""
    return KeyEntry(public=signer(label or f"{participant}-{role}-{agency}").public, role=role, agency=agency)
