"""One finding on one screen: at most 24 lines of 100 columns (20-agreement; R-rows of 00-product).

The clause and where it is from, the rule read back, the fact that decided, the evidence with its receipts, what would
change it, and what was known then beside what is known now.
"""

from __future__ import annotations

import textwrap

from detente.agreement import wording as w
from detente.agreement.finding import Finding
from detente.agreement.form import Agreement, Rule
from detente.agreement.readback import readback
from detente.agreement.record import Act, Record

LINES, COLUMNS = 24, 100
_INDENT = 11


def explain(agreement: Agreement, finding: Finding, record: Record, then: Finding | None = None) -> str:
    """The explanation of a finding; `then`: what the same finding was by what was known at the time."""
    rule = agreement.rules[finding.clause]
    acts = {act.id: act for act in record.acts}
    lines = _section("Clause", f"{rule.id}, {agreement.code}{_status(agreement, rule)}", 1)
    lines += _section("Says", rule.says or "(no words given)", 3)
    lines += _section("Read as", readback(agreement, rule.id), 4)
    lines += _section("Act", _act_line(finding, acts.get(finding.act)), 2)
    lines += _section("Finding", _verdict(finding), 2)
    lines += _section("Because", _reason(finding), 2)
    evidence = [acts[id] for id in finding.evidence if id in acts]
    shown = evidence[:4]
    for number, act in enumerate(shown):
        lines += _section("Evidence" if number == 0 else "", _evidence(act), 1)
    if len(evidence) > len(shown):
        lines += _section("", f"and {len(evidence) - len(shown)} more", 1)
    lines += _section("Otherwise", _change(agreement, finding), 2)
    if then is not None:
        lines += _section("Known then", _verdict(then), 1)
        lines += _section("Known now", _verdict(finding), 1)
    return "\n".join(lines[:LINES])


def _section(label: str, text: str, most: int) -> list[str]:
    """A labelled paragraph of at most so many lines; what does not fit is cut with a mark."""
    head = f"{label:<{_INDENT}}" if len(label) < _INDENT else f"{label}  "
    lines = textwrap.wrap(text, COLUMNS, initial_indent=head, subsequent_indent=" " * _INDENT) or [head.rstrip()]
    if len(lines) > most:
        lines = lines[:most]
        lines[-1] = lines[-1][: COLUMNS - 2].rstrip() + " …"
    return lines


def _status(agreement: Agreement, rule: Rule) -> str:
    words = [agreement.status]
    if rule.source:
        words.append(f"source {w.listed(rule.source, 'and')}")
    if rule.assumed:
        words.append(f"assumed: {w.listed(rule.assumed, 'and')}")
    return f" ({'; '.join(words)})"


def _act_line(finding: Finding, act: Act | None) -> str:
    when = ""
    if finding.at is not None:
        lo, hi = finding.at
        when = f", {_moment(lo)}" if lo == hi else f", between {_moment(lo)} and {_moment(hi)}"
    if act is None:
        return f"{finding.act}{when}"
    return f"{finding.act}, {w.a_kind(act.kind)} by {_who(act)}{when}"


def _who(act: Act) -> str:
    return w.listed(sorted(act.by)) or "somebody not known"


def _moment(ms: int) -> str:
    return w.instant(ms) if abs(ms) < 1 << 59 else "an instant not known"


def _verdict(finding: Finding) -> str:
    text: str = finding.verdict
    if finding.bearer:
        text += f", bound: {finding.bearer}"
    if finding.answers and finding.answers != finding.bearer:
        text += f", asked: {finding.answers}"
    if finding.shadow:
        text += " (in shadow: not scored)"
    if finding.borne_by:
        text += f"; the doubt is borne by {finding.borne_by}"
    return text


def _reason(finding: Finding) -> str:
    """The fact that decided."""
    missing = w.listed(finding.missing)
    if finding.sides:
        return "the accounts differ: " + "; ".join(
            f"{source or 'the record'} has {verdict}" for source, verdict in finding.sides
        )
    if finding.against:
        return f"{w.listed(finding.against, 'and')} would permit it, and the text gives neither precedence"
    if finding.verdict == "kept":
        return "what the clause asks for is in the record"
    if finding.verdict == "broken":
        return (
            f"not in the record: {missing}"
            if missing
            else "the clause speaks of this act, and nothing it allows applies"
        )
    if finding.verdict == "not due":
        return f"its time is not over{f'; awaited: {missing}' if missing else ''}"
    if finding.verdict == "cannot tell":
        return f"not known well enough: {missing or 'a fact of the act itself'}"
    if finding.verdict == "no verdict":
        return "a permission applies; it gives no verdict of its own"
    return "the clause does not speak of this act"


def _evidence(act: Act) -> str:
    text = f"{act.id}: {w.a_kind(act.kind)} by {_who(act)}"
    if act.received:
        receipts = sorted(act.received.items(), key=lambda item: item[1])
        shown = [f"received by {who} {_moment(when.hi)}" for who, when in receipts[:2]]
        return f"{text}, {', '.join(shown)}"
    if act.at is not None:
        text += (
            f", {_moment(act.at.lo)}" if act.at.lo == act.at.hi else f", {_moment(act.at.lo)} to {_moment(act.at.hi)}"
        )
    return text


def _change(agreement: Agreement, finding: Finding) -> str:
    """What would change the finding."""
    missing = w.listed(finding.missing)
    if finding.against:
        return f"a word in the text on which prevails, {finding.clause} or {w.listed(finding.against)}"
    if finding.sides:
        return "a receipt, which is one signature and not two accounts"
    if finding.verdict == "not due" and finding.due_by is not None:
        return f"{missing or 'what is owed'} by {_moment(finding.due_by)}; after that, its absence"
    if finding.verdict == "broken":
        earliest = f" (at the earliest {_moment(finding.earliest)})" if finding.earliest is not None else ""
        return (
            f"a record, late or corrected, of {missing}{earliest}"
            if missing
            else f"a corrected account of the act{earliest}"
        )
    if finding.verdict == "cannot tell":
        return f"a closer account of the act, or {missing or 'logs known to a later instant'}"
    return f"a correction of the evidence; reports count until {w.duration_ms(agreement.settle)} after an event"
