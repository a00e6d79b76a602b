"""One run per side: where sides tell an act differently, each account is judged (21-language-reference, 11).

Verdicts that are definite and differ are `disputed`; if one cannot tell, `cannot tell`. `not applicable` is definite
(resolution 16). A field one account leaves out never weakens another account.
"""

from __future__ import annotations

from dataclasses import replace

from detente.agreement.finding import Finding, Verdict
from detente.agreement.record import Account, Act

_DEFINITE = {"kept", "broken", "not applicable", "disputed"}


def tellings(sources: set[str]) -> list[str]:
    """Whose telling to judge: each source that tells anything, else "", the record as it stands."""
    return sorted(sources) or [""]


def told(act: Act, source: str) -> Act:
    """An act as one source tells it."""
    for account in act.accounts:
        if account.source == source:
            changes = dict(account.changes)
            if act.received:  # its receipt is one signature, not two accounts
                changes = {key: value for key, value in changes.items() if key not in ("received", "at")}
            return act.told_by(Account(source, changes))
    return replace(act, accounts=()) if act.accounts else act


def combined(found: list[tuple[str, Finding | None]]) -> Finding | None:
    """What the runs come to together; None is not applicable."""
    known = [finding for _, finding in found if finding is not None]
    if not known:
        return None
    verdicts = {finding.verdict if finding is not None else "not applicable" for _, finding in found}
    if len(verdicts) == 1:
        return known[0]
    verdict: Verdict = "disputed" if verdicts <= _DEFINITE else "cannot tell"
    sides = tuple((source, finding.verdict if finding is not None else "not applicable") for source, finding in found)
    evidence = tuple(dict.fromkeys(id for finding in known for id in finding.evidence))
    return replace(known[0], verdict=verdict, evidence=evidence, sides=sides)
