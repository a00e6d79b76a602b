"""Findings over a history: what was found then, what is found now, and which act made the difference.

The judge is fed what came to be known, in order. A finding that a late, corrected, withdrawn or differently told act
changes is superseded: the old one stays on record with the cause and the instant (21-language-reference, 11). What comes in
its time, and time going on, are no revisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from detente.agreement.finding import Finding
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.history import Change, History
from detente.agreement.judge import Judge, Revision, judge
from detente.agreement.record import Act, Record

Key = tuple[str, str, str | None]
MOST = 2_000
"""Revisions that are followed one by one; beyond, only the two views are given (`followed` is False)."""


@dataclass(frozen=True)
class Superseded:
    """`before` gave way to `after` (None: the clause no longer speaks of it) at an instant, because of an act."""

    before: Finding
    after: Finding | None
    at: int
    cause: str
    why: str


@dataclass(frozen=True)
class Judgement:
    """`now`: findings by all that is known. `then`: by what was known at `as_of` (None if not asked)."""

    record: Record
    now: list[Finding]
    superseded: list[Superseded]
    as_of: int | None = None
    then: list[Finding] | None = None
    then_record: Record | None = None
    followed: bool = True

    def then_of(self, finding: Finding) -> Finding | None:
        """What was found then under the same key."""
        return self._then.get(finding.key())

    @cached_property
    def _then(self) -> dict[Key, Finding]:
        return {one.key(): one for one in self.then or ()}

    @cached_property
    def _revised(self) -> dict[Key, list[Superseded]]:
        found: dict[Key, list[Superseded]] = {}
        for one in self.superseded:
            found.setdefault(one.before.key(), []).append(one)
        return found

    def revisions(self, key: Key) -> list[Superseded]:
        """What a finding superseded, oldest first."""
        return self._revised.get(key, [])


def judge_history(agreement: Agreement, history: History, geometry: Geometry, as_of: int | None = None) -> Judgement:
    """Both views of a history, and the revisions between them (from the first one on if no `as_of` is given)."""
    record = history.record()
    now = judge(agreement, record, geometry)
    known = history.known_at(as_of) if as_of is not None else None
    then = judge(agreement, known, geometry) if known is not None else None
    first = history.first_revision()
    if first is None or (as_of is not None and as_of >= history.now):
        return Judgement(record, now, [], as_of, then, known)
    start = as_of if as_of is not None else first - 1
    changes = history.changes(start)
    followed = sum(bool(change.why) for change in changes) <= MOST
    superseded = _follow(agreement, history, geometry, start, changes) if followed else []
    return Judgement(record, now, superseded, as_of, then, known, followed)


def _follow(
    agreement: Agreement, history: History, geometry: Geometry, start: int, changes: list[Change]
) -> list[Superseded]:
    """Feed the changes; a finding that was there before a revision and differs after it is superseded."""
    judging = Judge.over(agreement, geometry, history.known_at(start))
    found: list[Superseded] = []
    for change in changes:
        act = history.act_at(change.id, change.at)
        if act is None:
            continue
        if not change.why:
            judging.hold(act)
            continue
        judging.look(change.at, {log: min(head, change.at) for log, head in history.heads.items()})
        for revision in sorted(judging.add(act), key=_place):
            before, after = revision.before, revision.after
            if before is not None and _says(before) != (None if after is None else _says(after)):
                found.append(Superseded(before, after, change.at, change.id, _why(change, act, history)))
    return found


def _place(revision: Revision) -> tuple[str, str, str]:
    key = revision.before.key() if revision.before is not None else ("", "", "")
    return key[0], key[1], key[2] or ""


def _says(finding: Finding) -> tuple[object, ...]:
    return finding.verdict, finding.shadow, finding.sides, finding.against


def _why(change: Change, act: Act, history: History) -> str:
    """The cause in words."""
    if change.why == "late":
        return f"{change.id}, {act.kind.replace('_', ' ')}, came to be known late"
    if change.why.startswith("correction"):
        return f"{change.id}, a {change.why}"
    if change.why.startswith("withdrawal"):
        reason = history.withdrawn[change.id].reason
        return f"{change.why} ({reason})" if reason else change.why
    return f"an {change.why} of {change.id}"
