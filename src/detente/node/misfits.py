"""Statements that are no act because they do not fit the agreement, or cannot be read: named, and never taken for unsaid.

Silence, doubt or a fault never permits a strike (00-product, Polarity). So what such a statement may have meant to protect
stands in the record as an act of which nobody can say whether it counts: a protecting kind (agreement.protecting) under
the name it bears, each of them where its name cannot be read. What rests on its absence is then `cannot tell`, until its
author says it anew, in the same log, with `same_as` naming what did not fit. It proves nothing against anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from detente.agreement.form import Agreement
from detente.agreement.protecting import protecting
from detente.agreement.record import NO_END, UNKNOWN, Act, Interval
from detente.agreement.saying import doubtful
from detente.errors import RemoteError
from detente.model.said import Said
from detente.model.statement import decode_statement, kind_of, sha256_hex
from detente.proof.envelope import parse_envelope


class Misfit(NamedTuple):
    """A statement that does not fit the agreement: where it stands, what is wrong, what it may have meant to protect."""

    origin: str
    entry: int
    what: str
    id: str = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """An entry that no statement stands for: its id ("" if it has none that can be read), and the words if they can be."""

    id: str
    said: Said | None


class Doubts:
    """What misfits may have meant."""

    def __init__(self, agreement: Agreement) -> None:
        self._agreement = agreement
        self._protecting = protecting(agreement)

    def kinds(self, said: Said | None) -> tuple[str, ...]:
        """The protecting kinds it may be of; none if its name is that of another kind."""
        if said is not None and said.name in self._agreement.kinds:
            return (said.name,) if said.name in self._protecting else ()
        return self._protecting

    def acts(self, misfit: Misfit, said: Said | None, author: str, audience: str, first: int) -> Iterator[Act]:
        """The acts it may be, received by `audience` at `first` (ms) or later, if ever."""
        for kind in misfit.doubts:
            form = self._agreement.kinds[kind]
            named = said is not None and said.name == kind
            fields = (
                doubtful(self._agreement, form, said.fields) if named and said else dict.fromkeys(form.fields, UNKNOWN)
            )
            yield Act(
                id=misfit.id if named else sha256_hex(f"{misfit.id} {kind}".encode()),
                kind=kind,
                by=frozenset({author}),
                received={audience: Interval(first, NO_END)},
                fields=fields,
                log=author,
                known_from=first,
            )


def read_entry(data: bytes) -> Entry | None:
    """What an entry that does not count says under the agreement; None if it is of another payload type."""
    identifier = ""
    try:
        envelope = parse_envelope(data)
        identifier = sha256_hex(envelope.pae())
        kind = kind_of(envelope.payloadType)
        if kind != Said.kind:
            return None
        said = decode_statement(envelope.payload, kind)
    except RemoteError:
        return Entry(identifier or sha256_hex(data), None)
    return Entry(identifier, said if isinstance(said, Said) else None)
