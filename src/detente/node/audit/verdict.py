"""What an offline check found: one line when all holds; where it does not, what, where, whose fault, what next.

Pure helpers of the audit modules. Files are named by their path in the folder that was checked, entries by their
index, bytes by their offset in the file. An *error* makes the verdict fail. A *remark* does not, but a reader should
know it (an entry that does not count, a claim in doubt). A *note* says how the answer was reached, or what was not
checked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from detente.errors import DetenteError, GivenError
from detente.model.when import show_instant
from detente.proof.checkpoint import Cosignature

Read = Callable[[str], bytes | None]
"""The bytes of a file by its path relative to the folder checked; None: there is no such file."""
Progress = Callable[[int, int], None]
"""Entries read so far, entries in all."""
SHOWN = 20
"""How many of one kind (refused entries, changed entries of one bundle) are listed one by one."""


@dataclass(frozen=True)
class Folder:
    """A folder as given: how to read a file, every file's path, and what messages put before such a path."""

    read: Read
    names: Collection[str]
    base: str = ""

    def under(self, prefix: str) -> Folder:
        """The folder below `prefix` (which ends in a slash)."""
        names = {name.removeprefix(prefix) for name in self.names if name.startswith(prefix)}
        return Folder(lambda path: self.read(prefix + path), names, self.base + prefix)

    def get(self, path: str) -> bytes:
        """A file's bytes; empty if there is no such file."""
        return self.read(path) or b""

    def at(self, path: str) -> str:
        """The file's path for a message."""
        return self.base + path


@dataclass(frozen=True)
class Verdict:
    """`ok`: everything checked holds; `line` says what, or what fails first; `details` the rest, most telling first."""

    ok: bool
    line: str
    details: list[str]


@dataclass
class Findings:
    """Collected while checking one file or folder."""

    errors: list[DetenteError] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fail(self, code: str, what: str, where: str) -> None:
        """The file at `where` is at fault: this copy of it was changed, cut, or is not what it is said to be."""
        self.errors.append(GivenError(code, what, where=where))

    def fail_as(self, error: DetenteError, where: str) -> None:
        """A refusal met while reading the file at `where`; offline nobody can tell who changed the copy."""
        place = f"{where}: {error.where}" if error.where and not error.where.startswith(where) else error.where or where
        self.errors.append(GivenError(error.code, error.what, where=place))

    def add(self, other: Findings) -> None:
        """Take over all that `other` found."""
        self.errors += other.errors
        self.remarks += other.remarks
        self.notes += other.notes

    def verdict(self, line: str) -> Verdict:
        """`line` if nothing fails, else the first error; either says how much more there is to know."""
        if not self.errors:
            more = f"; {counted(len(self.remarks), 'remark')} in the details" if self.remarks else ""
            return Verdict(True, line + more, [*self.remarks, *self.notes])
        first, *others = map(str, self.errors)
        more = f" ({len(others)} more in the details)" if others else ""
        return Verdict(False, first + more, [*others, *self.remarks, *self.notes])


def short_name(origin: str) -> str:
    """`us-to-ru` for `demo/test/us/to-ru`: the last two parts of an origin."""
    return "-".join(origin.split("/")[-2:])


def signer_name(key_name: str) -> str:
    """`ru` for `demo/test/ru/mirror`: the participant's part of a mirror's or cosigner's key name."""
    parts = key_name.split("/")
    return parts[-2] if len(parts) > 1 and parts[-1] in ("mirror", "cosigner") else key_name


def by_whom(lines: Sequence[Cosignature]) -> str:
    """`signed for by ru at ...`; `countersigned by` where a line is not a mirror's: a cosigner has seen no entry."""
    if not lines:
        return "signed for by nobody"
    verb = "signed for by" if all(line.key.name.endswith("/mirror") for line in lines) else "countersigned by"
    who = {f"{signer_name(line.key.name)} at {show_instant(line.time_s * 1000)}": None for line in lines}
    return f"{verb} {' and '.join(who)}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 entry`, `3 entries`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(items: Sequence[str]) -> list[str]:
    """The first `SHOWN` items, and how many are left out."""
    left = len(items) - SHOWN
    return [*items[:SHOWN], *([f"... and {left} more like these"] if left > 0 else [])]
