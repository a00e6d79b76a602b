"""What the judge says of one clause and one act (or one due time): a verdict with what it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from typing import Literal

from detente.model import canon
from detente.model.statement import sha256_hex

Verdict = Literal[
    "kept", "broken", "no breach known", "not due", "cannot tell", "disputed", "not applicable", "no verdict"
]


PERIOD = "period"
"""The name under which `no breach known` stands: nothing but the period itself is judged."""


@dataclass(frozen=True)
class Finding:
    """`act`: id of the judged act, or of the trigger, or a due time's name; `bearer`: who is bound (None: nobody named).

    `answers`: who is asked. `at`: the judged instant (lo, hi). `evidence`: ids of acts that decided. `missing`: what would
    settle it or mend it, in words. `earliest`: first instant at which it would be kept if nothing more were said, None: it
    waits for somebody. `shadow`: the agreement was not in force. `against`: clauses in conflict without precedence.
    Of `no breach known`: `watched` by whom from when until when (end not included), `unwatched` the rest of the period, ms.
    """

    clause: str
    act: str
    bearer: str | None
    verdict: Verdict
    at: tuple[int, int] | None = None
    answers: str | None = None
    evidence: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    earliest: int | None = None
    due_by: int | None = None
    shadow: bool = False
    against: tuple[str, ...] = ()
    borne_by: str = ""
    sides: tuple[tuple[str, str], ...] = field(default=())
    watched: tuple[tuple[str, int, int], ...] = ()
    unwatched: tuple[tuple[int, int], ...] = ()

    def key(self) -> tuple[str, str, str | None]:
        """What the finding is about: a later one with the same key supersedes it."""
        return (self.clause, self.act, self.bearer)


def digest_of(findings: Iterable[Finding]) -> str:
    """Hex SHA-256 over findings, whatever their order: equal where the same was found on the same acts."""
    return sha256_hex(canon.encode(sorted(repr(astuple(one)) for one in findings)))
