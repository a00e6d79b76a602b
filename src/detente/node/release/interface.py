"""What the steps of the release pipeline give each other, and what is put in from outside: coarsening and the guard.

Fields are values of the agreement's kinds (model.said.Value): ms, 1e-7 degrees, metres. `kind` is the agreement's form
of the statement or event (its fields with their types).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from detente.agreement.kinds import Kind
from detente.model.said import Value

Fields = Mapping[str, Value]


class Levels(NamedTuple):
    """How fine a statement may be: grid of places and step of altitudes in metres, step of times in ms, the edges of the
    bands into which counts fall (ascending). 0 and () leave it as it is."""

    place: int = 0
    time: int = 0
    altitude: int = 0
    counts: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return any((self.place, self.time, self.altitude, self.counts))


class Objection(NamedTuple):
    """Why a statement may not leave: the rule by its name, what it found, and what its author can do. For own eyes."""

    rule: str
    what: str
    remedy: str


class Coarsen(Protocol):
    """Makes fields as coarse as the levels say: same input, same output, never finer than before, no noise."""

    def __call__(self, kind: Kind, fields: Fields, levels: Levels, /) -> Fields: ...


class Guard(Protocol):
    """Looks whether an outgoing statement lets the place of something of our own be known."""

    def asks(self) -> bool:
        """Whether there is anything to look for; GivenError if what is to be protected cannot be read."""

    def objection(self, kind: Kind, fields: Fields, audience: str, now: int, /) -> Objection | None: ...
