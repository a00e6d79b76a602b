"""`detente clauses`: where the agreement files say what was collected from real arrangements, or why not."""

from __future__ import annotations

import textwrap
from collections import Counter
from pathlib import Path

import click
import msgspec

from detente.adapters.config import given_file
from detente.agreement.collected import Located, locate, read_collected, strangers
from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.errors import GivenError

FOLDER = Path("agreements")
COLUMNS = 100


@click.command(short_help="Where collected clauses are said.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--agreements",
    "folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Folder of the agreement files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def clauses(file: Path, folder: Path, as_json: bool) -> None:
    """For each clause collected in FILE (JSON): said (file, clause), not judged (words), or why not."""
    collected = read_collected(given_file(file), file.name)
    agreements = _agreements(folder)
    found = locate(collected, agreements)
    slips = strangers(collected, agreements)
    if as_json:
        click.echo(msgspec.json.encode(_plain(found, agreements, slips)).decode())
        return
    width = max(len(one.collected.id) for one in found)
    for one in found:
        click.echo(_line(one, width))
    counts = Counter(one.state for one in found)
    answered = counts["said"] + counts["not judged"]
    rules = sum(len(agreement.rules) for agreement in agreements.values())
    click.echo(
        f"{answered} of {len(found)}: {counts['said']} said, {counts['not judged']} not judged; {counts['not said']} not said"
    )
    click.echo(f"looked for in {len(agreements)} files, {rules} clauses, by the ids their sources name")
    for name, clause, stranger in slips:
        click.echo(f"{name}, clause {clause}: its source {stranger} is not collected in {file.name}", err=True)


def _agreements(folder: Path) -> dict[str, Agreement]:
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise GivenError("file-unreadable", "no agreement (*.yaml) is in this folder; name another", where=str(folder))
    return {path.name: read_agreement(given_file(path), path.name) for path in paths}


def _line(one: Located, width: int) -> str:
    if one.state == "not said":
        about = f" ({one.collected.act})" if one.collected.act else ""
        text = f"not said: no clause of these files names it as its source{about}"
    else:
        files: dict[str, list[str]] = {}
        for place in one.places:
            files.setdefault(place.file, []).append(place.clause)
        where = "; ".join(f"{name}: {', '.join(ids)}" for name, ids in files.items())
        words = f"; not judged: {', '.join(one.words)}" if one.words else ""
        text = f"said, {where}{words}" if one.state == "said" else f"not judged: {', '.join(one.words)} ({where})"
    return textwrap.fill(
        f"{one.collected.id:<{width}}  {text}",
        COLUMNS,
        subsequent_indent=" " * (width + 2),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _plain(
    found: list[Located], agreements: dict[str, Agreement], slips: list[tuple[str, str, str]]
) -> dict[str, object]:
    counts = Counter(one.state for one in found)
    return {
        "clauses": [
            {
                "id": one.collected.id,
                "state": one.state,
                "places": [{"file": place.file, "clause": place.clause, "judged": place.rule} for place in one.places],
                "not_judged": list(one.words),
            }
            for one in found
        ],
        "counts": {state: counts[state] for state in ("said", "not judged", "not said")},
        "files": {name: len(agreement.rules) for name, agreement in agreements.items()},
        "unknown_sources": [{"file": name, "clause": clause, "id": stranger} for name, clause, stranger in slips],
    }
