"""One finding on one screen: at most 24 lines of 80 columns (20-agreement; R-rows of 00-product).

The clause and where it is from, the rule read back, the fact that decided, the evidence with its receipts and its place in
the ledger, what would change it, and what was known then beside what is known now. `parts` gives the same as labelled
paragraphs, for a page. Where a screen would overflow, the read-back and the evidence are shortened first, with a mark.
"""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from detente.agreement import wording as w
from detente.agreement.finding import Finding
from detente.agreement.form import Agreement, Rule
from detente.agreement.geometry import Geometry
from detente.agreement.nearmiss import lookup, near_misses
from detente.agreement.readback import readback
from detente.agreement.record import Act, Record

LINES, COLUMNS = 24, 80
_INDENT = 11
_SHRINK = ("Read as", "Evidence", "Says", "Because", "Act", "Otherwise")


class Part(NamedTuple):
    """A labelled paragraph; on a screen of at most so many lines."""

    label: str
    text: str
    most: int


def explain(
    agreement: Agreement,
    finding: Finding,
    record: Record,
    then: Finding | None = None,
    *,
    geometry: Geometry | None = None,
    revised: tuple[str, ...] = (),
) -> str:
    """The explanation of a finding; `then`: what the same finding was by what was known at the time; `revised`: what it
    superseded and why."""
    found = parts(agreement, finding, record, then, geometry=geometry, revised=revised)
    shown = [_section(part) for part in found]
    while sum(map(len, shown)) > LINES:
        longest = max(
            (number for number, part in enumerate(found) if part.label in _SHRINK and len(shown[number]) > 1),
            key=lambda number: (len(shown[number]) - 1) * 10 - _SHRINK.index(found[number].label),
            default=None,
        )
        if longest is None:
            evidence = [number for number, part in enumerate(found) if not part.label]
            if not evidence:
                break
            del found[evidence[-1]], shown[evidence[-1]]
            continue
        found[longest] = found[longest]._replace(most=len(shown[longest]) - 1)
        shown[longest] = _section(found[longest])
    return "\n".join(line for lines in shown for line in lines)


def parts(
    agreement: Agreement,
    finding: Finding,
    record: Record,
    then: Finding | None = None,
    *,
    geometry: Geometry | None = None,
    revised: tuple[str, ...] = (),
) -> list[Part]:
    """The labelled paragraphs of an explanation; one without a label goes on from the one before."""
    rule = agreement.rules[finding.clause]
    acts = lookup(record).by_id
    found = [
        Part("Clause", f"{rule.id}, {agreement.code}{_status(agreement, rule)}", 2),
        Part("Says", rule.says or "(no words given)", 3),
        Part("Read as", readback(agreement, rule.id), 6),
        Part("Act", _act_line(finding, acts.get(finding.act)), 2),
        Part("Finding", _verdict(finding), 2),
        Part("Because", because(agreement, finding, record, geometry), 6),
    ]
    evidence = [acts[id] for id in finding.evidence if id in acts and id != finding.act]
    shown = evidence[:4]
    for number, act in enumerate(shown):
        found.append(Part("Evidence" if number == 0 else "", evidence_words(act), 2))
    if len(evidence) > len(shown):
        found.append(Part("", f"and {len(evidence) - len(shown)} more", 1))
    found.append(Part("Otherwise", _change(agreement, finding, acts.get(finding.act)), 3))
    found += [Part("Revised" if number == 0 else "", text, 2) for number, text in enumerate(revised[-2:])]
    if then is not None:
        found.append(Part("Known then", _verdict(then), 1))
        found.append(Part("Known now", _verdict(finding), 1))
    return found


def because(
    agreement: Agreement, finding: Finding, record: Record, geometry: Geometry | None = None, *, short: bool = False
) -> str:
    """The fact that decided; `short`: without the acts that nearly fit where there is none to name."""
    acts = lookup(record).by_id
    near = near_misses(agreement, finding, record, geometry)
    text = _reason(agreement, finding, acts.get(finding.act))
    if not near:
        rests = [id for id in finding.evidence if id in acts and id != finding.act]
        return f"{text}; it rests on {w.listed(rests[:6], 'and')}" if short and rests else text
    return "; ".join(near) if short else f"{text}. What comes nearest: {'; '.join(near)}"


def missing_words(agreement: Agreement, finding: Finding, act: Act | None) -> tuple[str, ...]:
    """What is missing, by the codes of whom it is missing from."""
    by = act.by if act is not None and act.by else frozenset({finding.bearer} if finding.bearer else ())
    if not by:
        return finding.missing
    words = {"the actor": by, "the other": frozenset(agreement.parties) - by}
    words["the guarantor"] = frozenset(
        agreement.others[code].guarantor if code in agreement.others else code for code in by
    )
    found = []
    for text in finding.missing:
        for word, codes in words.items():
            if text.endswith(f"by {word}") and codes and "" not in codes:
                text = f"{text.removesuffix(word)}{w.listed(sorted(codes))}"
        found.append(text)
    return tuple(found)


def act_words(finding: Finding, act: Act | None) -> str:
    """What was judged: `a strike by us`."""
    return f"{w.a_kind(act.kind)} by {_who(act)}" if act is not None else w.plain(finding.act)


def _section(part: Part) -> list[str]:
    """A paragraph of at most so many lines; what does not fit is cut with a mark."""
    head = f"{part.label:<{_INDENT}}" if len(part.label) < _INDENT else f"{part.label}  "
    lines = textwrap.wrap(part.text, COLUMNS, initial_indent=head, subsequent_indent=" " * _INDENT) or [head.rstrip()]
    if len(lines) > part.most:
        lines = lines[: part.most]
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
    text = finding.act if act is None else f"{finding.act}, {act_words(finding, act)}"
    when = f", {moment_words(finding)}" if finding.at is not None else ""
    place = f" ({act.log} log, entry {act.index})" if act is not None and act.log and act.index >= 0 else ""
    return text + when + place


def moment_words(finding: Finding) -> str:
    """The judged instant, or between which two it lies."""
    if finding.at is None:
        return ""
    lo, hi = finding.at
    if lo == hi:
        return _moment(lo)
    return f"between {_moment(lo)} and {_moment(hi)}" if abs(lo) < 1 << 47 else _moment(lo)


def _who(act: Act) -> str:
    return w.listed(sorted(act.by)) or "somebody not known"


def _moment(ms: int) -> str:
    return w.instant(ms) if abs(ms) < 1 << 47 else "an instant not known"


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


def _reason(agreement: Agreement, finding: Finding, act: Act | None) -> str:
    missing = w.listed(missing_words(agreement, finding, act))
    if finding.sides:
        return "the accounts differ: " + "; ".join(
            f"by {source or 'the record'}'s account it is {verdict}" for source, verdict in finding.sides
        )
    if finding.against:
        return f"{w.listed(finding.against, 'and')} would lift it, and the text gives neither precedence"
    if finding.verdict == "kept":
        return "what the clause asks for is in the record"
    if finding.verdict == "broken" and missing:
        return f"the record has no fitting {missing}"
    if finding.verdict == "broken" and agreement.rules[finding.clause].unless is None:
        return "the clause speaks of this act and has no exception that applies"
    if finding.verdict == "broken":
        return "the clause speaks of this act, and nothing it allows applies"
    if finding.verdict == "not due":
        return f"its time is not over{f'; awaited: {missing}' if missing else ''}"
    if finding.verdict == "cannot tell":
        loose = "; the act's own time lies between two instants" if finding.at and finding.at[0] < finding.at[1] else ""
        return f"not known well enough: {missing or 'a fact of the act itself (its time, place or author)'}{loose}"
    if finding.verdict == "no verdict":
        return "the clause applies to this act; it gives no verdict of its own"
    if finding.verdict == "no breach known":
        return (
            f"nothing in the record breaks it, which is no proof that nothing did; "
            f"watched: {_watched(finding)}; not watched: {_unwatched(finding)}"
        )
    return "the clause does not speak of this act"


def _watched(finding: Finding) -> str:
    spans = [f"by {who} {_moment(start)} to {_moment(end)}" for who, start, end in finding.watched]
    return "; ".join(spans[:4]) + (f"; and {len(spans) - 4} more" if len(spans) > 4 else "") or "by nobody"


def _unwatched(finding: Finding) -> str:
    spans = [f"{_moment(start)} to {_moment(end)}" for start, end in finding.unwatched]
    return "; ".join(spans[:4]) + (f"; and {len(spans) - 4} more" if len(spans) > 4 else "") or "nothing"


def evidence_words(act: Act) -> str:
    """An act as evidence: who, its place in the ledger, who received it when."""
    text = f"{act.id}: {w.a_kind(act.kind)} by {_who(act)}"
    if act.log and act.index >= 0:
        text += f", {act.log} log entry {act.index}"
    if act.received:
        receipts = sorted(act.received.items(), key=lambda item: item[1])
        return f"{text}, received by {', '.join(f'{who} {_moment(when.hi)}' for who, when in receipts[:2])}"
    if act.at is not None:
        text += (
            f", {_moment(act.at.lo)}" if act.at.lo == act.at.hi else f", {_moment(act.at.lo)} to {_moment(act.at.hi)}"
        )
    return text


def _change(agreement: Agreement, finding: Finding, act: Act | None) -> str:
    """What would change the finding."""
    missing = w.listed(missing_words(agreement, finding, act))
    if finding.against:
        return f"a word in the text on which prevails, {finding.clause} or {w.listed(finding.against)}"
    if finding.sides:
        return "a receipt, which is one signature and not two accounts; or accounts that agree"
    if finding.verdict == "not due" and finding.due_by is not None:
        return f"{missing or 'what is owed'} by {_moment(finding.due_by)}; after that, its absence"
    if finding.verdict == "broken":
        earliest = f" (at the earliest {_moment(finding.earliest)})" if finding.earliest is not None else ""
        if missing:
            return f"a record, late or corrected, of a fitting {missing}{earliest}; a corrected account of the act"
        return f"a corrected account of the act{earliest}"
    if finding.verdict == "cannot tell":
        return f"a closer account of the act; {missing or 'logs known to a later instant'}"
    return f"a correction of the evidence; reports count until {w.duration_ms(agreement.settle)} after an event"
