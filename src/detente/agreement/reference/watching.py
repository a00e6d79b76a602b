"""No breach known (resolution 15): a prohibition over the whole period of the record, with who watched which part of it."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement.finding import PERIOD, Finding
from detente.agreement.record import Interval, Span
from detente.agreement.reference.case import Case


def no_breach_known(rule: f.Rule, case: Case, found: list[Finding], first: int) -> list[Finding]:
    """One finding if no act breaks the clause, or may; `first`: the first instant of the period."""
    now = case.record.now
    if first >= now or any(one.verdict in ("broken", "cannot tell", "not due") and not one.shadow for one in found):
        return []
    watched = sorted({span for act in case.acts for span in _watched(rule.id, act.id, case, first)})
    gaps, reached = [], first
    for start, end in sorted((start, end) for _, start, end in watched):
        if start > reached:
            gaps.append((reached, start))
        reached = max(reached, end)
    if reached < now:
        gaps.append((reached, now))
    at = (first, now)
    shadow = bool(rule.reading_of)
    return [
        Finding(
            rule.id, PERIOD, None, "no breach known", at, shadow=shadow, watched=tuple(watched), unwatched=tuple(gaps)
        )
    ]


def _watched(clause: str, name: str, case: Case, first: int) -> list[tuple[str, int, int]]:
    """What one statement says was watched: by its author, no later than it surely was made."""
    act = case.find(name)
    if act is None or act.kind != "watch" or len(act.by) != 1 or act.fields.get("what") != clause:
        return []
    made: Interval | None = case.made(act)
    period = act.fields.get("period")
    if made is None or made.hi > case.record.now or not isinstance(period, Span):
        return []
    start, end = max(period.start, first), min(period.end, made.lo)
    return [(next(iter(act.by)), start, end)] if start < end else []
