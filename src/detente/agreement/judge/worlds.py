"""One run per side: where sides tell an act differently, each account is judged (21-language-reference, 11).

Verdicts that are definite and differ are `disputed`; if one cannot tell, `cannot tell`. `not applicable` is definite
(resolution 16). A field one account leaves out never weakens another account.
"""

from __future__ import annotations

from dataclasses import replace

from detente.agreement.finding import Finding, Verdict
from detente.agreement.record import Account, Act

_DEFINITE = {"kept", "broken", "not applicable"}


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
    return replace(act, accounts=(), sources=act.tellers()) if act.accounts else act


def combined(found: list[tuple[str, list[Finding]]]) -> list[Finding]:
    """What the runs come to together for one clause and act; a run that says nothing says not applicable.

    Where no run binds more than one there is one finding about the act, whoever the sides say it was by.
    """
    said = [(source, [one for one in each if one.verdict != "not applicable"]) for source, each in found]
    if all(len(each) <= 1 for _, each in said):
        return [_one([(source, each[0] if each else None) for source, each in said])] if any(e for _, e in said) else []
    bearers = dict.fromkeys(one.bearer for _, each in said for one in each)
    return [
        _one([(source, next((one for one in each if one.bearer == bearer), None)) for source, each in said])
        for bearer in bearers
    ]


def _one(found: list[tuple[str, Finding | None]]) -> Finding:
    known = [finding for _, finding in found if finding is not None]
    verdicts: set[Verdict] = {finding.verdict if finding is not None else "not applicable" for _, finding in found}
    verdict: Verdict = known[0].verdict
    if "no verdict" in verdicts:
        verdict = "no verdict"  # a permission applies, or may
    elif len(verdicts) > 1:
        verdict = "disputed" if verdicts <= _DEFINITE else "cannot tell"
    bearers = {finding.bearer for finding in known}
    answers = {finding.answers for finding in known}
    times = [finding.at for finding in known if finding.at is not None]
    sides = tuple((source, finding.verdict if finding is not None else "not applicable") for source, finding in found)
    return replace(
        known[0],
        verdict=verdict,
        bearer=known[0].bearer if len(bearers) == 1 else None,
        answers=known[0].answers if len(answers) == 1 else None,
        at=(min(lo for lo, _ in times), max(hi for _, hi in times)) if times else None,
        evidence=tuple(dict.fromkeys(id for finding in known for id in finding.evidence)),
        missing=tuple(dict.fromkeys(word for finding in known for word in finding.missing)),
        due_by=max((finding.due_by for finding in known if finding.due_by is not None), default=None),
        shadow=any(finding.shadow for finding in known),
        against=tuple(dict.fromkeys(id for finding in known for id in finding.against)),
        sides=sides if len(verdicts) > 1 else (),
    )
