"""A judgement as one HTML page: self-contained, A4, no scripts, nothing fetched; labels on every printed page.

For a lawyer who was not there: what was judged, by which text, over which record and how far it is known; the counts; each
finding that needs attention with its explanation; the others in a table; what was revised and why; what is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape as escape_html

from detente.agreement import wording as w
from detente.agreement.finding import Finding
from detente.agreement.readback import readback
from detente.cli.judging_tables import Counted, tables
from detente.cli.judging_view import ATTENTION, NO_BREACH, ONLY, WORDS, View, revision_words
from detente.cli.readable import visible_lines

EXPLAINED = 200
"""Findings explained in full; the rest of those that need attention stand in the table."""
LISTED = 2_000
_STYLE = """
@page { size: A4; margin: 16mm 16mm 20mm 16mm;
  @bottom-left { content: LABELS; font: 7.5pt Arial, sans-serif; color: #555 }
  @bottom-right { content: counter(page) " / " counter(pages); font: 7.5pt Arial, sans-serif; color: #555 } }
* { box-sizing: border-box }
body { font: 10.5pt/1.45 "Source Serif 4", Georgia, "Noto Serif", serif; color: #1a1a1a; background: #fff; overflow-wrap: anywhere;
  max-width: 178mm; margin: 8mm auto; padding: 0 6mm }
h1 { font-size: 19pt; line-height: 1.2; margin: 0 0 1mm }
h2 { font-size: 13pt; margin: 9mm 0 2mm; padding-bottom: 1mm; border-bottom: .4pt solid #888; break-after: avoid }
p { margin: 1.5mm 0 }
.label { font: 600 9.5pt/1.35 "Source Sans 3", Arial, "Noto Sans", sans-serif; border: 1.2pt solid #1a1a1a;
  padding: 2mm 3mm; margin: 0 0 5mm; letter-spacing: .02em }
.small, dl.meta, table { font: 9pt/1.4 "Source Sans 3", Arial, "Noto Sans", sans-serif }
dl { display: grid; grid-template-columns: 24mm 1fr; gap: 1mm 3mm; margin: 2mm 0 }
dt { color: #555; font: 9pt/1.6 "Source Sans 3", Arial, "Noto Sans", sans-serif }
dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; margin: 2mm 0 }
th, td { text-align: left; vertical-align: top; padding: 1mm 2mm; border-bottom: .3pt solid #bbb }
th { border-bottom: .8pt solid #555; font-weight: 600 }
td.n, th.n { text-align: right; white-space: nowrap }
tfoot td { border-top: .8pt solid #555; border-bottom: 0; font-weight: 600 }
thead { display: table-header-group }
tr, article { break-inside: avoid }
article { border: .5pt solid #999; border-left: 3pt solid #555; padding: 2.5mm 4mm; margin: 3.5mm 0 }
article.broken { border-left-color: #8c1d18 }
article.disputed { border-left-color: #6a3d9a }
article.cannot-tell { border-left-color: #9a6700 }
h2 + p { break-after: avoid }
h3 { font-size: 11.5pt; margin: 6mm 0 1mm; break-after: avoid }
article h4 { font: 600 10.5pt/1.35 "Source Sans 3", Arial, "Noto Sans", sans-serif; margin: 0 0 1.5mm }
.word { border: .6pt solid #555; padding: 0 1.6mm; margin-right: 2mm; white-space: nowrap }
.broken .word { border-color: #8c1d18; color: #8c1d18 }
.disputed .word { border-color: #6a3d9a; color: #6a3d9a }
.cannot-tell .word { border-color: #9a6700; color: #7a5200 }
code { font: 8.5pt/1.4 "Source Code Pro", "Noto Sans Mono", monospace; overflow-wrap: anywhere }
@media print { body { margin: 0; padding: 0; max-width: none } }
"""


def escape(text: str) -> str:
    """Text of a record as HTML: no markup, and no hidden direction or control."""
    return escape_html(visible_lines(text))


def report_page(view: View) -> str:
    """The page."""
    body = (
        *_opening(view), *_numbers(view), *_attention(view), *_revisions(view), *_rest(view), *_clauses(view), *_sources(view)
    )  # fmt: skip
    title = escape(f"Findings: {view.given.agreement.code}")
    style = _STYLE.replace("LABELS", _css("; ".join(view.labels())))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width">\n<style>{style}</style>\n</head>\n<body>\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _opening(view: View) -> Iterator[str]:
    agreement, history = view.given.agreement, view.given.history
    for label in view.labels():
        yield f'<p class="label">{escape(label)}</p>'
    yield f"<h1>Findings on the record of {escape(agreement.title or agreement.code)}</h1>"
    yield f"<p>{escape(view.title())}. {escape(ONLY)}</p>"
    yield '<dl class="meta">'
    yield from _pair("Known now", w.instant(history.now))
    if view.judgement.as_of is not None:
        yield from _pair("Known then", w.instant(view.judgement.as_of))
    yield from _pair("Record", f"{len(view.judgement.record.acts):,} acts; logs known to: {view.heads()}")
    for note in history.notes:
        yield from _pair("Note", note)
    yield "</dl>"


def _numbers(view: View) -> Iterator[str]:
    yield "<h2>Counts</h2>"
    yield '<p class="small">Each count stands beside the number of findings and of acts it is counted out of.</p>'
    for each in tables(view):
        if each.rows:
            yield from _counted(each)
    free = view.no_breach_known()
    if free:
        yield f"<p>No breach known of {len(free)}: {escape(', '.join(free))}.</p>"
        yield f'<p class="small">{escape(w.capital(NO_BREACH))}</p>'
    for line in view.aside():
        yield f'<p class="small">{escape(w.capital(line))}.</p>'


def _counted(each: Counted) -> Iterator[str]:
    heads = "".join(f'<th class="n">{word}</th>' for word in (*WORDS, "of findings", "acts"))
    yield f"<table><thead><tr><th>{escape(each.title)}</th>{heads}</tr></thead><tbody>"
    for row in each.rows:
        numbers = (*(row.words[word] for word in WORDS), row.findings, row.acts)
        cells = "".join(f'<td class="n">{number or "–"}</td>' for number in numbers)
        yield f"<tr><td>{escape(row.name)}</td>{cells}</tr>"
    yield "</tbody></table>"
    if each.note:
        yield f'<p class="small">{escape(w.capital(each.note))}.</p>'


def _attention(view: View) -> Iterator[str]:
    found = [one for one in view.numbered if one.verdict in ATTENTION]
    yield "<h2>Findings that need attention</h2>"
    if not found:
        yield "<p>None.</p>"
    explained = found[:EXPLAINED]
    for name, rule in view.given.agreement.rules.items():
        mine = [one for one in explained if one.clause == name]
        if not mine:
            continue
        yield f"<h3>{escape(name)}</h3><dl>"
        yield from _pair("Says", rule.says or "(no words given)")
        yield from _pair("Read as", readback(view.given.agreement, name))
        yield "</dl>"
        for one in mine:
            yield from _explained(view, one)
    if len(found) > EXPLAINED:
        yield f"<p>The other {len(found) - EXPLAINED:,} stand in the table of all findings.</p>"


def _explained(view: View, one: Finding) -> Iterator[str]:
    """One finding; the clause's words stand above it."""
    shadow = " (in shadow: not counted)" if one.shadow else ""
    yield f'<article class="{one.verdict.replace(" ", "-")}">'
    yield (
        f'<h4><span class="word">{escape(one.verdict)}</span>{view.number(one)}. {escape(view.subject(one))}{shadow}</h4><dl>'
    )
    for part in view.parts(one):
        if part.label not in ("Clause", "Says", "Read as", "Act"):
            yield from _pair(part.label, part.text)
    yield "</dl></article>"


def _revisions(view: View) -> Iterator[str]:
    if not view.judgement.superseded:
        return
    yield "<h2>Findings superseded</h2>"
    yield "<p>Each by an act that came late, corrected, withdrew or told otherwise. The older finding stays on record.</p>"
    rows = ((one.before.clause, one.before.act, revision_words(one)) for one in view.judgement.superseded[:LISTED])
    yield from _table(("clause", "act", "what changed, and why"), rows)


def _rest(view: View) -> Iterator[str]:
    attention = [one for one in view.numbered if one.verdict in ATTENTION]
    rest = [one for one in view.numbered if one.verdict not in ATTENTION]
    shown = [*attention[EXPLAINED:], *rest]
    if not shown:
        return
    yield "<h2>All other findings</h2>"
    then = view.judgement.then is not None
    rows = ((*_cells(view, one), *((view.then(one) or "",) if then else ())) for one in shown[:LISTED])
    yield from _table(("", "verdict", "clause", "act", "because", *(("known then",) if then else ())), rows)
    if len(shown) > LISTED:
        yield f"<p>and {len(shown) - LISTED:,} more: <code>detente judge --json</code> gives all.</p>"


def _cells(view: View, one: Finding) -> tuple[str, ...]:
    word = one.verdict + (" (shadow)" if one.shadow else "")
    return str(view.number(one)), word, one.clause, view.subject(one), view.reason(one)


def _clauses(view: View) -> Iterator[str]:
    """The rules as read, so that the page can be read by itself."""
    agreement = view.given.agreement
    yield "<h2>The clauses</h2>"
    yield "<p>What each says, and beside it how it was read. The first is the text, the second is what was judged.</p>"
    rows = []
    for rule in agreement.rules.values():
        more = []
        if rule.assumed:
            more.append(f"Assumed: {w.listed(rule.assumed, 'and')}.")
        if rule.not_judged:
            more.append(f"Not judged: {w.listed(rule.not_judged, 'and')}.")
        source = f" (source {w.listed(rule.source, 'and')})" if rule.source else ""
        rows.append((rule.id, (rule.says or "–") + source, " ".join([readback(agreement, rule.id), *more])))
    yield from _table(("clause", "says", "read as"), rows)


def _sources(view: View) -> Iterator[str]:
    yield "<h2>From what this was made</h2>"
    yield '<dl class="meta">'
    yield from _pair("Agreement", f"{view.given.agreement.code}, SHA-256 {view.given.agreement.digest}")
    for name, digest in view.given.sources:
        yield from _pair("Record", f"{name}, SHA-256 {digest}")
    yield "</dl>"
    yield '<p class="small">Whoever holds these files can run <code>detente judge</code> and get the same findings.</p>'


def _css(text: str) -> str:
    """A string of a style sheet."""
    return '"' + "".join(each if each.isalnum() or each in " ,.:;-" else f"\\{ord(each):06x}" for each in text) + '"'


def _pair(label: str, text: str) -> Iterator[str]:
    yield f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    cells = "".join(f"<th>{escape(each)}</th>" for each in heads)
    yield f"<table><thead><tr>{cells}</tr></thead><tbody>"
    for row in rows:
        cells = "".join(f"<td>{escape(each)}</td>" for each in row)
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table>"
