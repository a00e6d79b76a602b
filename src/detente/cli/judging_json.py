"""A judgement as one JSON object: the same as on the terminal, with every id, instant and ledger position."""

from __future__ import annotations

from typing import Any

from detente.agreement.finding import Finding
from detente.agreement.history import NEVER
from detente.agreement.record import Act, Interval
from detente.cli.judging_tables import tables
from detente.cli.judging_view import WORDS, View
from detente.model.when import write_instant


def plain_judgement(view: View) -> dict[str, Any]:
    """What `detente judge --json` prints (docs/reference/commands.md)."""
    agreement, history, judgement = view.given.agreement, view.given.history, view.judgement
    return {
        "agreement": {"code": agreement.code, "status": agreement.status, "sha256": agreement.digest},
        "record": {
            "labels": list(history.labels),
            "notes": list(history.notes),
            "files": [{"name": name, "sha256": digest} for name, digest in view.given.sources],
            "acts": len(judgement.record.acts),
            "now": write_instant(history.now),
            "heads": {log: write_instant(head) if head > NEVER else None for log, head in history.heads.items()},
        },
        "as_of": _maybe(judgement.as_of),
        "counts": {name: {word: row[word] for word in sorted(row)} for name, row in view.counts().items()},
        "tables": [
            {
                "by": each.title,
                "rows": [
                    {
                        "name": row.name,
                        "findings": row.findings,
                        "acts": row.acts,
                        **{word: row.words[word] for word in WORDS},
                    }
                    for row in each.rows
                ],
            }
            for each in tables(view)
        ],
        "no_breach_known": view.no_breach_known(),
        "findings": [_shown(view, number, one) for number, one in enumerate(view.numbered, 1)],
        "then": [plain_finding(one) for one in judgement.then] if judgement.then is not None else None,
        "superseded": [
            {
                "before": plain_finding(one.before),
                "after": plain_finding(one.after) if one.after is not None else None,
                "at": write_instant(one.at),
                "cause": one.cause,
                "why": one.why,
            }
            for one in judgement.superseded
        ],
        "revisions_followed": judgement.followed,
        "annexes_not_given": list(view.given.lacking),
    }


def plain_finding(finding: Finding) -> dict[str, Any]:
    """One finding without its number."""
    return {
        "clause": finding.clause,
        "act": finding.act,
        "verdict": finding.verdict,
        "bearer": finding.bearer,
        "answers": finding.answers,
        "at": _when(finding.at),
        "shadow": finding.shadow,
        "missing": list(finding.missing),
        "earliest": _maybe(finding.earliest),
        "due_by": _maybe(finding.due_by),
        "against": list(finding.against),
        "borne_by": finding.borne_by or None,
        "sides": dict(finding.sides) or None,
        "watched": [{"by": who, "from": write_instant(a), "until": write_instant(b)} for who, a, b in finding.watched],
        "unwatched": [{"from": write_instant(a), "until": write_instant(b)} for a, b in finding.unwatched],
    }


def _shown(view: View, number: int, finding: Finding) -> dict[str, Any]:
    return {
        "number": number,
        **plain_finding(finding),
        "missing": list(view.missing(finding)),
        "because": view.reason(finding),
        "evidence": [_act(view, view.acts[id]) for id in finding.evidence if id in view.acts],
        "then": view.then(finding),
        "revised": list(view.revised(finding)),
    }


def _act(view: View, act: Act) -> dict[str, Any]:
    return {
        "id": act.id,
        "kind": act.kind,
        "by": sorted(act.by),
        "at": _when(act.at),
        "received": {who: _when(when) for who, when in act.received.items()},
        "log": act.log or None,
        "index": act.index if act.index >= 0 else None,
        "reported_in": view.given.history.reported_in.get(act.id),
    }


def _maybe(ms: int | None) -> str | None:
    return write_instant(ms) if ms is not None and abs(ms) < 1 << 47 else None


def _when(when: Interval | tuple[int, int] | None) -> list[str | None] | None:
    return None if when is None else [_maybe(when[0]), _maybe(when[1])]
