"""The judge over long records: whole columns beside the step judge, the reference, DuckDB's ASOF joins and a runtime monitor.

Every record is made up from a seed: synthetic. Each row of the table ends in a check that the answers are equal; a
difference ends the run. Speed never does. How to read the table: bench/README.md.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from judge_parts import nomination
from judge_parts.synthetic import record
from ledger_parts.report import Others, Report, Row, machine, show
from rich.console import Console

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.columns import History, Loaded, judge_all
from detente.agreement.distances import Distances
from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.agreement.record import Record

WIDTH = 150
PEERS = ("numpy", "duckdb", "reelay")
TWENTY = Path(__file__).parent / "judge_parts" / "twenty.yaml"
T = TypeVar("T")
Said = dict[tuple[str, str, str | None], tuple[str, bool]]


def timed(work: Callable[[], T], repeats: int = 1) -> tuple[float, float, T]:
    """The best wall time and its CPU time, s, and what came of it. What was there before is not swept meanwhile."""
    best, cpu = float("inf"), 0.0
    for _ in range(repeats):
        gc.collect()
        gc.freeze()
        wall, busy = time.perf_counter(), time.process_time()
        found = work()
        took, used = time.perf_counter() - wall, time.process_time() - busy
        if took < best:
            best, cpu = took, used
    return best, cpu, found


def megabytes() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def of_columns(history: History) -> Said:
    return {said.key(): (said.verdict, said.shadow) for said in history.verdicts()}


def same(ours: Said, theirs: Said) -> None:
    """Ends the run where two engines differ."""
    different = [
        (key, ours.get(key), theirs.get(key)) for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)
    ]
    assert not different, f"{len(different)} verdicts differ, among them {different[:3]}"


def twenty(report: Report, events: int, seed: int, by_step: int, by_reference: int) -> None:
    """A hundred thousand events under twenty clauses of every construct."""
    agreement: Agreement = read_agreement(TWENTY.read_bytes(), TWENTY.name)
    whole: Record = record(events, seed)
    before = megabytes()
    reading, read, loaded = timed(lambda: Loaded(whole), 3)
    wall, cpu, history = timed(lambda: judge_all(agreement, loaded, Distances()), 3)
    after = megabytes()
    verdicts = sum(sum(count.values()) for count in history.counts().values())
    part = whole if by_step >= events else record(by_step, seed)
    _, _, again = timed(lambda: judge_all(agreement, part, Distances()))
    slow, _, found = timed(lambda: step.judge(agreement, part, Distances()))
    same(of_columns(again), {one.key(): (one.verdict, one.shadow) for one in found})
    report.rows.append(
        Row("twenty", f"{events:,} events × 20 clauses, loaded", events / wall, f"our own step judge, {by_step:,} events",
            by_step / slow, f"all {len(found):,} verdicts of the {by_step:,}", f"{events:,} /s")
    )  # fmt: skip
    few = record(by_reference, seed)
    quadratic, _, obvious = timed(lambda: reference.judge(agreement, few, Distances()))
    silent = ("not applicable", "no verdict")
    theirs: Said = {one.key(): (one.verdict, one.shadow) for one in obvious if one.verdict not in silent}
    ours = of_columns(judge_all(agreement, few, Distances()))
    same({key: said for key, said in ours.items() if said[0] not in silent}, theirs)
    report.rows.append(
        Row("twenty", f"{events:,} events × 20 clauses, loaded", events / wall, f"the slow reference, {by_reference:,} events",
            by_reference / quadratic, f"all {len(theirs):,} of the {by_reference:,}", f"{events:,} /s")
    )  # fmt: skip
    handed = [f"{name}: {words}" for name, words in history.explain().items() if words not in ("columns", "not judged")]
    report.notes += [
        f"twenty: {len(whole.acts):,} acts as objects loaded into columns in {reading:.2f} s ({read:.2f} s of CPU), from the loaded "
        f"record to {verdicts:,} verdicts in {wall:.2f} s ({cpu:.2f} s of CPU), together {reading + wall:.2f} s; best of 3 each; "
        f"memory {before:,.0f} MB with the record, at most {after:,.0f} MB while judging",
        f"twenty: not decided by columns: {'; '.join(handed) or 'nothing'}",
    ]


def nominated(report: Report, strikes: int, seed: int, targets: int) -> None:
    """The nomination rule."""
    made = nomination.trace(strikes, seed)
    acts = sum(len(one.at) for one in made.kinds.values())
    wall, cpu, (_, ours, history) = timed(lambda: nomination.ours(made), 3)
    assert set(history.explain().values()) == {"columns"}
    runs = [nomination.theirs(made, threads) for threads in (1, 1, 2, 2)]
    words = f"{strikes:,} strikes × 3 clauses"
    for threads, pair in ((1, runs[:2]), (2, runs[2:])):
        took, theirs = min(pair, key=lambda one: one[0])
        for clause in nomination.CLAUSES:
            assert np.array_equal(ours[clause], theirs[clause]), f"{clause}: DuckDB differs"
        report.rows.append(
            Row("nomination", words, acts / wall, f"DuckDB, ASOF joins, {threads} thread{'s' * (threads > 1)}", acts / took,
                f"all {3 * strikes:,} answers", "1,000,000 /s")
        )  # fmt: skip
    took, fed, monitored, chosen = nomination.monitored(made, targets)
    for clause in nomination.CLAUSES:
        assert np.array_equal(ours[clause][chosen], monitored[clause][chosen]), f"{clause}: Reelay differs"
    report.rows.append(
        Row("nomination", words, acts / wall, f"Reelay, dense time, the whole trace of {targets} of {made.targets:,} targets", fed / took,
            f"all {3 * len(chosen):,} answers of those targets", "1,000,000 /s")
    )  # fmt: skip
    kept = ", ".join(f"{clause} {ours[clause].mean():.0%}" for clause in nomination.CLAUSES)
    report.notes.append(
        f"nomination: {acts:,} acts in arrays, {wall:.2f} s ({cpu:.2f} s of CPU), best of 3, one thread; kept: {kept}; "
        f"the process has held at most {megabytes():,.0f} MB, DuckDB's tables included"
    )


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--strikes", type=int, default=2_000_000)
    parser.add_argument("--step", type=int, default=10_000, help="events that the step judge judges too")
    parser.add_argument(
        "--reference", type=int, default=150, help="events that the reference judges too: it is quadratic"
    )
    parser.add_argument("--targets", type=int, default=10, help="targets whose strikes Reelay monitors")
    parser.add_argument("--seed", type=int, default=2016)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    report, others = Report(machine(Path.cwd(), PEERS)), Others()
    with others.watch("twenty"):
        twenty(report, arguments.events, arguments.seed, min(arguments.step, arguments.events), arguments.reference)
    with others.watch("nomination"):
        nominated(report, arguments.strikes, arguments.seed, arguments.targets)
    report.notes.append(others.words())
    show(console, report, "The judge beside its peers (synthetic records)")
    if arguments.json:
        report.write(arguments.json)


if __name__ == "__main__":
    main()
