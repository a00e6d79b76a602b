"""The ledger's figures, each beside a peer from the registry or a limit of this machine, on the same input in one run.

Four parts: own append, verified ingest, receipts between real processes over mutual TLS, proofs. Every part ends in a
check that ours and theirs gave the same answers (entry bytes, refused entries, roots, paths, receipts); a difference
ends the run. Speed never does. How to read the table: bench/README.md.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from ledger_parts.append import own_append
from ledger_parts.bare import serve
from ledger_parts.ingest import ingest
from ledger_parts.proofs import proofs
from ledger_parts.receipts import receipted
from ledger_parts.report import Bars, Others, Report, file_system, machine, show
from rich.console import Console

WIDTH = 150


def scratch(given: Path | None) -> Path:
    """A folder on a disk: stores are synced, and a file system in memory would hide what that costs."""
    if given is None and file_system(Path(tempfile.gettempdir())) in ("tmpfs", "ramfs"):
        given = Path.cwd()
    return Path(tempfile.mkdtemp(prefix="bench-", dir=given))


def run(folder: Path, console: Console) -> Report:
    """All four parts."""
    report, bars, others = Report(machine(folder)), Bars(console), Others()
    for name in ("append", "ingest", "receipts"):
        (folder / name).mkdir()
    with others.watch("append"):
        logged = own_append(folder / "append", report, bars)
    with others.watch("ingest"):
        ingest(folder / "ingest", logged, report, bars)
    with others.watch("receipts"):
        receipted(folder / "receipts", report, bars)
    with others.watch("proofs"):
        proofs(folder / "proofs", logged, report, bars)
    report.notes.append(others.words())
    return report


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--folder", type=Path, help="where the stores of the run are made (removed afterwards)")
    parser.add_argument("--bare", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare:
        serve(Path(arguments.bare[0]), int(arguments.bare[1]))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    folder = scratch(arguments.folder)
    try:
        report = run(folder, console)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(console, report)
    if arguments.json:
        report.write(arguments.json)


if __name__ == "__main__":
    main()
