"""The judge over a whole record: every clause, one run for each side that tells an act its own way, then together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from detente.agreement.finding import Finding, Verdict
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.record import Act, Record
from detente.agreement.reference import duties
from detente.agreement.reference.case import Case

_DEFINITE = ("kept", "broken", "not applicable")


def judge(agreement: Agreement, record: Record, geometry: Geometry) -> list[Finding]:
    """All findings: clauses in the order of the file, triggers in order of time, bearers as named."""
    return merged([run(agreement, told, geometry) for told in tellings(record)], tellings_of(record), agreement)


def run(
    agreement: Agreement, record: Record, geometry: Geometry, relied: frozenset[str] | None = None
) -> list[Finding]:
    """One run over a record without accounts."""
    case = case_of(agreement, record, geometry, relied)
    return [finding for clause in agreement.rules for finding in case.findings_of(clause)]


def case_of(agreement: Agreement, record: Record, geometry: Geometry, relied: frozenset[str] | None = None) -> Case:
    """A case whose findings may be asked for: clauses rest on each other in strata, in no circle (9)."""
    known: dict[str, list[Finding]] = {}
    case = Case(agreement, record, geometry, relied)

    def findings_of(clause: str) -> list[Finding]:
        if clause not in known:
            known[clause] = duties.findings(agreement.rules[clause], case)
        return known[clause]

    case.findings_of = findings_of
    return case


# accounts


def sources(acts: Iterable[Act]) -> list[str]:
    """All who tell some act their own way."""
    return sorted({account.source for act in acts for account in act.accounts})


def tellings_of(record: Record) -> list[str]:
    """The sides of a record ("" if nobody tells anything differently)."""
    return sources(record.acts) or [""]


def tellings(record: Record) -> list[Record]:
    """The record once for each side (11)."""
    return [
        Record(tuple(told(act, side) for act in record.acts), record.now, record.heads) for side in tellings_of(record)
    ]


def told(act: Act, side: str) -> Act:
    """An act as one side tells it. A receipt ends disputes about when: it is one signature, not two accounts."""
    for account in act.accounts:
        if account.source == side:
            if act.received:
                kept = {key: item for key, item in account.changes.items() if key not in ("at", "received")}
                account = replace(account, changes=kept)
            return act.told_by(account)
    return replace(act, accounts=(), sources=act.tellers())


def merged(runs: list[list[Finding]], sides: list[str], agreement: Agreement) -> list[Finding]:
    """Each account is judged; definite verdicts that differ are disputed.

    Where no account binds more than one, there is one finding about the act, whoever the accounts say it was by.
    """
    if len(runs) == 1:
        return runs[0]
    subjects = list(dict.fromkeys((finding.clause, finding.act) for found in runs for finding in found))
    order = list(agreement.rules)
    subjects.sort(key=lambda subject: order.index(subject[0]))
    result = []
    for clause, act in subjects:
        each = [[item for item in found if (item.clause, item.act) == (clause, act)] for found in runs]
        silent = [
            next(
                (item for item in items if item.verdict == "not applicable"),
                Finding(clause, act, None, "not applicable"),
            )
            for items in each
        ]
        spoken = [[item for item in items if item.verdict != "not applicable"] for items in each]
        if all(len(items) <= 1 for items in spoken):
            result.append(
                _one([items[0] if items else none for items, none in zip(spoken, silent, strict=True)], sides)
            )
            continue
        for bearer in dict.fromkeys(item.bearer for items in spoken for item in items):
            said = [
                next((item for item in items if item.bearer == bearer), none)
                for items, none in zip(spoken, silent, strict=True)
            ]
            result.append(_one(said, sides))
    return result


def _one(said: list[Finding], sides: list[str]) -> Finding:
    words = [finding.verdict for finding in said]
    spoken = [finding for finding in said if finding.verdict != "not applicable"] or said
    word: Verdict = words[0]
    if "no verdict" in words:
        word = "no verdict"  # a permission applies or may
    elif len(set(words)) > 1:
        word = "disputed" if all(item in _DEFINITE for item in words) else "cannot tell"
    bearers = {finding.bearer for finding in spoken}
    answers = {finding.answers for finding in spoken}
    timed = [finding.earliest for finding in said]
    ats = [finding.at for finding in spoken if finding.at is not None]
    return replace(
        spoken[0],
        verdict=word,
        bearer=bearers.pop() if len(bearers) == 1 else None,
        answers=answers.pop() if len(answers) == 1 else None,
        at=(min(at[0] for at in ats), max(at[1] for at in ats)) if ats else None,
        evidence=tuple(dict.fromkeys(item for finding in spoken for item in finding.evidence)),
        missing=tuple(dict.fromkeys(item for finding in spoken for item in finding.missing)),
        earliest=max(item for item in timed if item is not None) if None not in timed else None,
        due_by=max((finding.due_by for finding in spoken if finding.due_by is not None), default=None),
        shadow=any(finding.shadow for finding in spoken),
        against=tuple(dict.fromkeys(item for finding in spoken for item in finding.against)),
        sides=tuple(zip(sides, words, strict=True)) if len(set(words)) > 1 else (),
    )
