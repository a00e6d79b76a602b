"""A judgement for a terminal: the summary first, then what needs attention, then how to see one finding."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from detente.agreement import wording as w
from detente.agreement.finding import Finding
from detente.cli.judging_tables import Counted, tables
from detente.cli.judging_view import ATTENTION, NO_BREACH, ONLY, WORDS, View, revision_words

COLUMNS = 80
LISTED = 20
_INDENT = 18
_NAME = 20
_OUT_OF = ("of", "acts")


def summary(view: View, *, every: bool = False) -> Iterator[str]:
    """The lines of the whole answer; `every`: all findings, not only those that need attention."""
    yield from head(view)
    yield ""
    yield from table(view)
    for line in view.aside():
        yield from _wrapped(line, "  ")
    yield ""
    shown = [one for one in view.numbered if every or one.verdict in ATTENTION]
    yield "All findings:" if every else "Findings that need attention:" if shown else "No finding needs attention."
    limit = len(shown) if every else LISTED
    for one in shown[:limit]:
        yield from item(view, one)
    if len(shown) > limit:
        yield f"  and {len(shown) - limit} more: --all, or --clause X"
    yield from revisions(view, every=every)
    yield ""
    rest = len(view.numbered) - len(shown)
    if rest and not every:
        yield f"{rest} more need no attention: --all"
    if view.numbered:
        yield "One finding on one screen: --finding N. For print: --report OUT.html"
    yield from _wrapped(ONLY, "")


def head(view: View) -> Iterator[str]:
    """What was judged."""
    yield from view.labels()
    history, judgement = view.given.history, view.judgement
    yield view.title()
    yield f"  {len(judgement.record.acts):,} acts, as known at {w.instant(history.now)}"
    for note in history.notes:
        yield from _wrapped(note, "  ")
    yield from _wrapped(f"logs known to: {view.heads()}", "  ")
    if judgement.as_of is not None:
        yield f"  known then: at {w.instant(judgement.as_of)}"


def table(view: View) -> Iterator[str]:
    """Counts by clause, by who is bound and by day; clauses of which nothing is to be said are named below."""
    counts, free = view.counts(), view.no_breach_known()
    by_clause, *others = tables(view)
    for each in (by_clause, *(one for one in others if one.rows)):
        if each is not by_clause:
            yield ""
        yield from _counted(each)
    spoken = {row.name for row in by_clause.rows}
    if free:
        yield ""
        yield from _wrapped(f"no breach known of {len(free)}: {', '.join(free)}", "  ")
        yield from _wrapped(NO_BREACH, "  ")
    silent = [name for name in counts if name not in spoken and name not in free]
    if silent:
        yield from _wrapped(f"no occasion yet for {', '.join(silent)}", "  ")


def _counted(each: Counted) -> Iterator[str]:
    """One table: every count beside the number of findings and acts it is counted out of."""
    wide = min(_NAME, max([len(row.name) for row in each.rows] + [len(each.title)]))
    heads = (*WORDS, *_OUT_OF)
    yield f"  {each.title:<{wide}}" + "".join(f"  {word:>{max(len(word), 4)}}" for word in heads)
    for row in each.rows:
        numbers = [row.words[word] for word in WORDS] + [row.findings, row.acts or 0]
        cells = (f"  {number or '-':>{max(len(word), 4)}}" for word, number in zip(heads, numbers, strict=True))
        yield f"  {row.name if len(row.name) <= wide else row.name[: wide - 1] + '…':<{wide}}" + "".join(cells)
    if each.note:
        yield f"  ({each.note})"


def item(view: View, finding: Finding) -> Iterator[str]:
    """One finding in the list."""
    word = finding.verdict + ("*" if finding.shadow else "")
    bound = f" (bound: {finding.bearer})" if finding.bearer and finding.bearer not in view.subject(finding) else ""
    lead = f"{view.number(finding):>4} {word:<12} "
    text = f"{finding.clause}: {view.subject(finding)}{bound}"
    yield from textwrap.wrap(text, COLUMNS, initial_indent=lead, subsequent_indent=" " * _INDENT)
    if finding.verdict in (*ATTENTION, "no breach known") or finding.missing:
        yield from _wrapped(view.reason(finding), " " * _INDENT)
    then = view.then(finding)
    if then is not None and then != finding.verdict:
        yield from _wrapped(f"known then: {then}", " " * _INDENT)
    for text in view.revised(finding)[-1:]:
        yield from _wrapped(f"revised: {text}", " " * _INDENT)


def revisions(view: View, *, every: bool) -> Iterator[str]:
    """Findings that are gone or changed because of a late, corrected, withdrawn or differently told act."""
    judgement = view.judgement
    if not judgement.followed:
        yield ""
        yield from _wrapped("Too many late or corrected acts to follow one by one; --as-of T compares two views.", "")
    if judgement.superseded:
        count = len(judgement.superseded)
        yield ""
        yield f"Superseded: {count}, each by an act that came late, corrected, withdrew or differed:"
        shown = judgement.superseded if every else judgement.superseded[:LISTED]
        for one in shown:
            yield from _wrapped(f"{one.before.clause}, {one.before.act}: {revision_words(one)}", "  ")
        if len(shown) < count:
            yield f"  and {count - len(shown)} more: --all"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent=indent, subsequent_indent=indent)
