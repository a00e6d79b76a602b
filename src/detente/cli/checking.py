"""`detente check`: read an agreement strictly, say it back in plain words, and show what its drafting leaves open."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

import click
import msgspec

from detente.adapters.record_lines import write_record
from detente.agreement.distances import Distances
from detente.agreement.drafting.advice import TITLES, Advice, Shown
from detente.agreement.drafting.check import Drafting, drafting
from detente.agreement.drafting.examplewords import around_words, deed_words, judge_words
from detente.agreement.form import Agreement, Used
from detente.agreement.history import History
from detente.agreement.language import read_agreement
from detente.agreement.problems import errors_in
from detente.agreement.readback import readback_all, readback_terms
from detente.agreement.record import Path as AlongPath
from detente.agreement.record import Region
from detente.cli.formulas import write_mfotl
from detente.cli.readable import visible, visible_lines

WIDE = 120
"""Columns from which the source and the read-back stand side by side."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--readback/--no-readback", default=True, help="Say every clause back beside its source.")
@click.option("--drafting/--no-drafting", "look", default=True, help="Look for drafting faults, each with an example.")
@click.option("--width", type=click.IntRange(40, 400), default=None, help="Columns; default: the terminal's.")
@click.option("--mfotl", type=click.Path(path_type=Path), help="Write the clauses as temporal formulas to this file.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print errors, read-back and findings as JSON, examples as records."
)
@click.pass_context
def check(
    context: click.Context, file: Path, readback: bool, look: bool, width: int | None, mfotl: Path | None, as_json: bool
) -> None:
    """Read the agreement FILE: all its errors, its clauses in plain words, and what its drafting leaves open.

    Every example is a record that the judge has judged. Nothing is decided for the parties. Exit status 1 if FILE has errors.
    """
    data = file.read_bytes()
    errors = errors_in(data, str(file))
    if errors:
        if as_json:
            click.echo(msgspec.json.encode({"errors": [{"where": e.where, "what": e.what} for e in errors]}))
        else:
            count = f"{len(errors)} error{'s' if len(errors) > 1 else ''}"
            click.echo(f"{file}: {count}; nothing is judged by it until they are mended", err=True)
            for error in errors:
                what = visible(f"{error.where}: {error.what}")
                click.echo(_wrapped(what, width or _columns(), "  ", "    "), err=True)
        context.exit(1)
    agreement = read_agreement(data, str(file))
    if mfotl is not None:
        click.echo(write_mfotl(agreement, mfotl), err=True)
    found = drafting(agreement, Distances()) if look else None
    if as_json:
        click.echo(msgspec.json.encode(_plain(agreement, found)))
        return
    columns = width or _columns()
    click.echo(visible_lines("\n".join(_head(agreement, columns))))
    if readback:
        click.echo(visible_lines("\n".join(_side_by_side(agreement, data.decode("utf-8"), columns))))
    if found is not None:
        click.echo(visible_lines("\n".join(_findings(agreement, found, columns))))


def _columns() -> int:
    return min(160, shutil.get_terminal_size((100, 24)).columns)


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _head(agreement: Agreement, columns: int) -> list[str]:
    kind = "a reconstruction, not the text" if agreement.status == "reconstruction" else agreement.status
    parties = ", ".join(f"{code} ({name})" for code, name in agreement.parties.items())
    count = f"{len(agreement.rules)} clauses, no errors; sha256 {agreement.digest[:16]}…"
    title = f"{agreement.code}: {agreement.title}" if agreement.title else agreement.code
    lines = [title, f"{kind}; between {parties}; {count}"]
    lines += [f"uses {name}, sha256 {used.digest[:16]}…: {_roles(used)}" for name, used in agreement.used.items()]
    return [_wrapped(line, columns, "", "  ") for line in lines]


def _roles(used: Used) -> str:
    """The kinds of a vocabulary, and which statement of the agreement's stands for one under another name."""
    return ", ".join(role if own == role else f"{role} (here {own})" for role, own in used.kinds.items())


# read-back


def _side_by_side(agreement: Agreement, text: str, columns: int) -> list[str]:
    """Every clause: the lines of the file, and the sentence made from what was understood."""
    source, said = text.splitlines(), readback_all(agreement)
    lines = ["", "READ BACK: what the judge will go by, beside the file", ""]
    starts = sorted(rule.line for rule in agreement.rules.values())
    for rule in agreement.rules.values():
        end = next((line for line in starts if line > rule.line), len(source) + 1)
        block = [line.rstrip() for line in source[rule.line - 1 : end - 1]]
        while block and (not block[-1].strip() or block[-1].startswith("#")):
            block.pop()
        sentence = said[rule.id]
        if columns < WIDE:
            lines += [_cut(line, columns) for line in block]
            lines += [_wrapped(sentence, columns, "  = ", "    "), ""]
        else:
            lines += [*_columns_of(block, sentence, columns), ""]
    lines += [
        "Phases, places and force",
        *(_wrapped(text, columns, "  = ", "    ") for text in readback_terms(agreement)),
    ]
    return lines


def _cut(line: str, columns: int) -> str:
    """A line of the file, folded if it is too long."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return (
        textwrap.fill(line, columns, subsequent_indent=indent, break_on_hyphens=False) if len(line) > columns else line
    )


def _columns_of(block: list[str], sentence: str, columns: int) -> list[str]:
    half = (columns - 3) // 2
    left = [part for line in block for part in _cut(line, half).splitlines()]
    right = textwrap.wrap(sentence, half, break_on_hyphens=False)
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    return [f"{one:<{half}} | {other}".rstrip() for one, other in zip(left, right, strict=True)]


# findings


def _findings(agreement: Agreement, found: Drafting, columns: int) -> list[str]:
    count = len(found.advice)
    order = ", the heaviest first; the parties decide" if count > 1 else ""
    lines = ["", f"DRAFTING: {count or 'no'} finding{'' if count == 1 else 's'}{order}"]
    for number, advice in enumerate(found.advice, 1):
        lines += ["", *_finding(agreement, number, advice, columns)]
    assumed = [rule.id for rule in agreement.rules.values() if rule.assumed]
    lines.append("")
    notes = []
    if assumed:
        notes.append(f"Filled in where the text is open (`assumed`), still to be settled: {', '.join(assumed)}.")
    if found.skipped:
        skipped = "; ".join(found.skipped)
        notes.append(f"Not looked for, since Z3 is not installed (pip install 'detente[draft]'): {skipped}.")
    seen = "1 made-up record was judged" if found.judged == 1 else f"{found.judged} made-up records were judged"
    notes.append(f"{seen}. The search is bounded: what is not shown may still be there.")
    lines += [_wrapped(note, columns) for note in notes]
    return lines


def _finding(agreement: Agreement, number: int, advice: Advice, columns: int) -> list[str]:
    lines = [f"{number}. {TITLES[advice.kind].upper()}"]
    proved = f" ({advice.proved}.)" if advice.proved else ""
    lines.append(_wrapped(advice.says + proved, columns, "   ", "   "))
    for shown in advice.shown:
        lines += _example(agreement, advice, shown, columns)
    lines.append(_wrapped(f"The parties may: {'; or '.join(advice.choices)}.", columns, "   ", "   "))
    return lines


def _example(agreement: Agreement, advice: Advice, shown: Shown, columns: int) -> list[str]:
    rows = [("Example", deed_words(shown.example)), *(("", text) for text in around_words(shown.example))]
    if advice.kind != "conflict":
        rows.append(("Shows", f"{shown.says}."))
    rows.append(("Judge", judge_words(agreement, shown)))
    return [_wrapped(text, columns, f"   {label:<9}", " " * 12) for label, text in rows]


# JSON


def _plain(agreement: Agreement, found: Drafting | None) -> dict[str, object]:
    answer: dict[str, object] = {
        "agreement": agreement.code, "digest": agreement.digest, "status": agreement.status, "errors": [],
        "used": {name: {"sha256": used.digest, "kinds": used.kinds} for name, used in agreement.used.items()},
        "readback": readback_all(agreement), "terms": readback_terms(agreement),
        "assumed": {rule.id: rule.assumed for rule in agreement.rules.values() if rule.assumed},
    }  # fmt: skip
    if found is not None:
        answer["findings"] = [_plain_advice(agreement, advice) for advice in found.advice]
        answer |= {"skipped": found.skipped, "judged": found.judged}
    return answer


def _plain_advice(agreement: Agreement, advice: Advice) -> dict[str, object]:
    return {
        "kind": advice.kind, "clauses": advice.clauses, "says": advice.says, "choices": advice.choices,
        "proved": advice.proved, "examples": [_plain_example(agreement, shown) for shown in advice.shown],
    }  # fmt: skip


def _plain_example(agreement: Agreement, shown: Shown) -> dict[str, object]:
    example = shown.example
    found = [finding for finding in example.findings if finding.clause in shown.clauses]
    return {
        "shows": shown.says,
        "deed": example.deed,
        "words": [deed_words(example), *around_words(example)],
        "judge": judge_words(agreement, shown),
        "findings": [{"clause": one.clause, "act": one.act, "bearer": one.bearer, "verdict": one.verdict,
                      "shadow": one.shadow, "against": one.against} for one in found],
        "record": list(write_record(History.of(example.record), agreement)),
        "annexes": {name: _annex(area) for name, area in example.scene.annexes.items()},
    }  # fmt: skip


def _annex(drawn: Region | AlongPath) -> dict[str, object]:
    if isinstance(drawn, AlongPath):
        return {"line": drawn.points}
    return {"centre": drawn.centre, "radius": drawn.radius}
