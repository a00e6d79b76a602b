"""The step judge: the only place that decides, used before, during and after (21-language-reference;
10-architecture).

`judge` over a whole record, `may` and `overall` before an act, and `Judge`, which takes acts as they come: a
late, corrected or withdrawn act re-judges only its subjects and supersedes their findings, naming the cause.
"""

from __future__ import annotations

from collections.abc import Iterable

from detente.agreement.finding import Finding
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.judge.before import Overall
from detente.agreement.judge.incremental import Judge, Revision
from detente.agreement.record import Act, Record

__all__ = ["Judge", "Overall", "Revision", "judge", "may", "overall"]


def judge(agreement: Agreement, record: Record, geometry: Geometry) -> list[Finding]:
    """All findings on a record, `not applicable` left out, by clause and time."""
    return Judge.over(agreement, geometry, record).findings()


def may(
    agreement: Agreement, record: Record, geometry: Geometry, act: Act, at: int, relying_on: Iterable[str] = ()
) -> list[Finding]:
    """What each prohibition would say of an act made at an instant, by what was known then."""
    return Judge.over(agreement, geometry, known_at(record, at)).may(act, at, relying_on)


def overall(
    agreement: Agreement, record: Record, geometry: Geometry, act: Act, at: int, relying_on: Iterable[str] = ()
) -> Overall:
    """The before-check in one word, with the first instant at which all clauses hold together."""
    return Judge.over(agreement, geometry, known_at(record, at)).overall(act, at, relying_on)


def known_at(record: Record, at: int) -> Record:
    """The record as an asker has it: nothing that happened or was received later."""
    from dataclasses import replace

    seen = record.as_known_at(at)
    acts = []
    for act in seen.acts:
        received = {who: when for who, when in act.received.items() if when.lo <= at}
        if act.received and not received:
            continue
        if not act.received and act.at is not None and act.at.lo > at:
            continue
        acts.append(act if len(received) == len(act.received) else replace(act, received=received))
    return Record(tuple(acts), at, seen.heads)
