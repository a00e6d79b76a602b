"""`detente judge`: what an agreement makes of a record. Exit status 0 whatever is found; 1 if something cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import click

from detente.agreement.superseding import judge_history
from detente.cli.judging_input import annex_option, file_type, progress, read_given, read_moment
from detente.cli.judging_json import plain_judgement
from detente.cli.judging_report import report_page
from detente.cli.judging_text import head, item, summary
from detente.cli.judging_view import View
from detente.cli.readable import visible_lines


@click.command(short_help="Judge a record by an agreement.")
@click.argument("file", type=file_type)
@click.argument("records", type=file_type, nargs=-1, required=True, metavar="RECORD...")
@click.option("--as-of", metavar="INSTANT", help="Also what was found then, by what was known at that instant.")
@click.option("--clause", metavar="ID", help="Only the findings of this clause; the explanation if there is one.")
@click.option("--finding", "number", type=int, metavar="N", help="One finding explained on one screen.")
@click.option("--all", "every", is_flag=True, help="List every finding, not only those that need attention.")
@annex_option
@click.option("--json", "as_json", is_flag=True, help="Print the whole judgement as JSON.")
@click.option("--report", type=file_type, metavar="OUT.html", help="Write a page for print (A4, one file, no scripts).")
def judge(
    file: Path,
    records: tuple[Path, ...],
    as_of: str | None,
    clause: str | None,
    number: int | None,
    every: bool,
    annexes: Path | None,
    as_json: bool,
    report: Path | None,
) -> None:
    """Judge the record in the files RECORD... by the agreement in FILE, clause by clause."""
    moment = read_moment(as_of, "--as-of")
    given = read_given(file, records, annexes)
    with progress(f"judging {len(given.history.acts):,} acts"):
        view = View.of(given, judge_history(given.agreement, given.history, given.geometry, moment))
    if report is not None:
        report.write_text(report_page(view), encoding="utf-8")
        click.echo(f"{report}: {len(view.numbered)} findings", err=as_json)
    if as_json:
        click.echo(json.dumps(plain_judgement(view), ensure_ascii=False))
    elif number is not None:
        click.echo(visible_lines(view.explanation(view.by_number(number))))
    elif clause is not None:
        _clause(view, clause)
    elif report is None:
        click.echo(visible_lines("\n".join(summary(view, every=every))))


def _clause(view: View, clause: str) -> None:
    """The findings of one clause; if there is one only, explained."""
    found = view.of_clause(clause)
    if len(found) == 1:
        click.echo(visible_lines(view.explanation(found[0])))
        return
    lines = [*head(view), "", *(line for one in found for line in item(view, one))]
    if not found:
        free = clause in view.no_breach_known()
        lines.append(f"  {clause}: {'no breach known' if free else 'no finding'} in this record")
    else:
        lines.append("One finding on one screen: --finding N")
    click.echo(visible_lines("\n".join(lines)))
