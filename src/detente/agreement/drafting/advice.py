"""One drafting finding: what is wrong with a text, in which clauses, what could be chosen, and an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detente.agreement.drafting.probe import Example

Kind = Literal[
    "conflict", "gap", "only under a permission", "never applies", "impossible duty", "ends with a phase", "readings",
    "no bearer", "no addressee", "remembers", "two-sided border", "undecidable", "redundant",
]  # fmt: skip
ORDER: tuple[Kind, ...] = (
    "conflict", "gap", "readings", "only under a permission", "never applies", "impossible duty", "no bearer",
    "ends with a phase", "no addressee", "remembers", "two-sided border", "undecidable", "redundant",
)  # fmt: skip
"""By weight: what parties would dispute about first comes first."""

TITLES: dict[Kind, str] = {
    "conflict": "Permitted and forbidden, and neither comes first",
    "gap": "No clause speaks of it",
    "readings": "Readings that differ",
    "only under a permission": "In keeping only under a permission",
    "never applies": "Never applies",
    "impossible duty": "A duty nobody can meet",
    "no bearer": "A duty that binds nobody",
    "ends with a phase": "A protection that ends",
    "no addressee": "Several parties and no addressee",
    "remembers": "Remembers for ever",
    "two-sided border": "A border with two sides",
    "undecidable": "Words and claims the judge cannot decide",
    "redundant": "Adds nothing",
}


@dataclass(frozen=True)
class Shown:
    """An example with what it shows: `says` in one sentence, `clauses` whose findings matter."""

    example: Example
    says: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """`choices`: ways out that the parties may choose among, none preferred. `proved`: "" if the example is all there is to
    show, else how the general statement was proved."""

    kind: Kind
    clauses: tuple[str, ...]
    says: str
    choices: tuple[str, ...]
    shown: tuple[Shown, ...]
    proved: str = ""

    def weight(self) -> int:
        """Smaller is heavier."""
        return ORDER.index(self.kind)
