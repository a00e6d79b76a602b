"""What one judgement sees and notes: now, how far each log is known, and what was read, found and missing on the
way.

Source S is complete to h(S) (21-language-reference, 11): absence up to t is *no* only if h ≥ t for every log in
which the act would stand; for events and findings all logs, and then h ≥ t + settle.
"""

from __future__ import annotations

from collections.abc import Mapping

from detente.agreement.form import Agreement
from detente.agreement.judge.calendar import FAR
from detente.agreement.judge.store import Cell


class Frame:
    """One view of the record. `volatile`: a later `now` may change the answer, or a head. `short`:
    the first instant which no log need reach for the answer to stay. `relied`: permissions
    that look ahead and are named, in a before-check. `free`: what statements not yet made
    could settle counts as unknown. `marks`: instants at which the answer may change, when asked for."""

    __slots__ = (
        "_everywhere",
        "_heads",
        "_known",
        "_logs",
        "_now",
        "_settle",
        "evidence",
        "free",
        "marks",
        "missing",
        "reads",
        "relied",
        "short",
        "volatile",
    )

    def __init__(self, agreement: Agreement, now: int, heads: Mapping[str, int]) -> None:
        self._logs = tuple(agreement.parties) + tuple(o.code for o in agreement.others.values() if o.keeps_log)
        self._settle = agreement.settle
        self.reads: dict[Cell, None] | None = None
        self.evidence: list[str] = []
        self.missing: list[str] = []
        self.marks: list[int] | None = None
        self.volatile = False
        self.short = FAR
        self.free = False
        self.relied: frozenset[str] | None = None
        self.see(now, heads)

    def see(self, now: int, heads: Mapping[str, int]) -> None:
        """Look from another instant, or with other heads."""
        self._now = now
        self._heads = dict(heads)
        self._known: dict[tuple[str, ...], int] = {}
        self._everywhere = min(self._heads.get(log, now) for log in self._logs)

    @property
    def logs(self) -> tuple[str, ...]:
        """Whoever keeps a log."""
        return self._logs

    @property
    def now(self) -> int:
        return self._now

    @property
    def heads(self) -> Mapping[str, int]:
        return self._heads

    def head(self, log: str) -> int:
        """Up to when a log is known whole."""
        return self._heads.get(log, self._now)

    def complete(self, logs: tuple[str, ...] | None, until: int, event: bool) -> bool:
        """Whether an act that is absent up to an instant was not made. `logs` None: any log could hold it."""
        if event:
            known = self._everywhere - self._settle
        elif logs is None:
            known = self._everywhere
        else:
            found = self._known.get(logs)
            if found is None:
                found = self._known[logs] = min((self.head(log) for log in logs), default=FAR)  # nobody makes any
            known = found
        if known >= until:
            return True
        self.short = min(self.short, until + self._settle if event else until)
        return False

    def begin(self, *, track: bool) -> None:
        """Start noting afresh."""
        self.reads = {} if track else None
        self.evidence = []
        self.missing = []
        self.volatile = False
        self.short = FAR
