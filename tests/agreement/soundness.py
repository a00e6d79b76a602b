"""Kept and broken are true in every completion of the record (11): a full trace, what a judge might hold of it, and less.

`python -m tests.agreement.soundness --seconds 60 --seed 1` counts blurred traces and contradictions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from random import Random

from detente.agreement import judge as step
from detente.agreement.finding import Finding
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.record import Record
from tests.agreement.agreements import fixed
from tests.agreement.compare import shrink
from tests.agreement.fuzz import CLAUSES
from tests.agreement.geodesics import Exact
from tests.agreement.random_agreements import Tree, draw_agreement
from tests.agreement.random_records import annexes, blur, draw

Judged = Callable[[Agreement, Record, Geometry], list[Finding]]
Said = dict[tuple[str, str, str | None], Finding]
DEFINITE = ("kept", "broken")
TRACES, BLURS = 10, 6
"""Traces for each agreement, blurred records of each trace."""
SIZES = (2, 3, 4, 4, 5, 6, 6, 10, 14)
"""How many acts a trace holds."""


def said(judge: Judged, agreement: Agreement, record: Record, geometry: Exact) -> Said:
    """Findings by their key; edges of phases are named by an instant that a blur may move, and are left out, as are
    findings about findings (their names hold whose they are)."""
    found = judge(agreement, record, geometry)
    return {one.key(): one for one in found if not one.act.startswith(("start_of ", "end_of ", "finding:"))}


def contradictions(
    judge: Judged, agreement: Agreement, more: Record, less: Record, geometry: Exact
) -> tuple[int, list[tuple[Finding, str]]]:
    """How many definite verdicts the lesser record gives, and those that the fuller one denies.

    Definite is also *not in shadow*: a breach may be scored only if the agreement is surely in force.
    """
    return denied(said(judge, agreement, more, geometry), said(judge, agreement, less, geometry))


def denied(truth: Said, lesser: Said) -> tuple[int, list[tuple[Finding, str]]]:
    """The same of what was said of the two."""
    of_act: dict[tuple[str, str], dict[str | None, Finding]] = {}
    for key, one in truth.items():
        of_act.setdefault(key[:2], {})[key[2]] = one
    wrong, number = [], 0
    for key, one in lesser.items():
        if one.verdict not in DEFINITE:
            continue
        number += 1
        there = of_act.get(key[:2], {})
        if one.bearer is not None and one.bearer in there:
            there = {one.bearer: there[one.bearer]}
        verdicts = {item.verdict for item in there.values()} or {"not applicable"}
        if verdicts & {one.verdict, "cannot tell"}:
            if not one.shadow and verdicts == {one.verdict} and all(item.shadow for item in there.values()):
                wrong.append((one, "shadow"))
            continue
        wrong.append((one, ", ".join(sorted(verdicts))))
    return number, wrong


@dataclass
class Tally:
    """What was tried. `definite`: kept or broken of a blurred record."""

    traces: int = 0
    definite: int = 0
    wrong: int = 0
    texts: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.traces += other.traces
        self.definite += other.definite
        self.wrong += other.wrong
        self.texts += other.texts


def run(seed: int, judge: Judged = step.judge, *, shrinking: bool = True) -> Tally:
    """One agreement, some traces, each blurred a little and that blurred again: the more blurred contradicts neither."""
    random = Random(f"sound {seed}")
    tree: Tree | None = None
    if seed % 8 == 0:
        known = fixed()
        agreement = known[random.choice(sorted(known))]
    else:
        tree, agreement = draw_agreement(random, random.choice(CLAUSES))
    tally = Tally()
    for _ in range(TRACES):
        geometry = Exact(annexes(agreement, random))
        trace = draw(agreement, random, random.choice(SIZES))
        whole = said(judge, agreement, trace, geometry)
        for _ in range(BLURS // 2):
            little = blur(trace, agreement, random, 0.12)
            much = blur(little, agreement, random, 0.3)
            some, few = (said(judge, agreement, one, geometry) for one in (little, much))
            for more, less, full, part in (
                (trace, little, whole, some),
                (trace, much, whole, few),
                (little, much, some, few),
            ):
                number, wrong = denied(full, part)
                tally.definite += number
                tally.wrong += len(wrong)
                if wrong and shrinking and not tally.texts:
                    tally.texts.append(f"seed {seed}\n{_shrunk(tree, agreement, more, less, geometry, judge)}")
            tally.traces += 2
    return tally


def _shrunk(tree: Tree | None, agreement: Agreement, more: Record, less: Record, geometry: Exact, judge: Judged) -> str:
    """Acts that both records hold are taken away together."""

    def cut(record: Record, rest: Record) -> Record:
        ids = {act.id for act in rest.acts}
        return Record(tuple(act for act in record.acts if act.id in ids), record.now, record.heads)

    def shows(form: Agreement, rest: Record) -> bool:
        return bool(contradictions(judge, form, rest, cut(less, rest), geometry)[1])

    tree, agreement, more = shrink(tree, agreement, more, shows, plainer=False)
    less = cut(less, more)
    lines = []
    if tree is not None:
        shown = ("phases", "places", "in_force", "clauses", "define", "grace", "settle", "zone", "tolerance")
        lines += [f"  {key}: {tree[key]}" for key in shown if key in tree]
    lines += [f"  known {act}" for act in more.acts] + [f"  known heads {dict(more.heads)} now {more.now}"]
    lines += [f"  blurred {act}" for act in less.acts] + [f"  blurred heads {dict(less.heads)}"]
    for one, true in contradictions(judge, agreement, more, less, geometry)[1]:
        lines.append(f"  {one.key()}: {one.verdict}{' (shadow)' if one.shadow else ''}, known {true}")
    return "\n".join(lines)


def main() -> int:
    """Run for so many seconds in two processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", type=int, default=3)
    given = parser.parse_args()
    start = said = time.monotonic()
    total, seed = Tally(), given.seed
    with ProcessPoolExecutor(given.processes) as pool:
        waiting: set[Future[Tally]] = set()
        while time.monotonic() - start < given.seconds or waiting:
            while time.monotonic() - start < given.seconds and len(waiting) < 2 * given.processes:
                waiting.add(pool.submit(run, seed, shrinking=len(total.texts) < given.show))
                seed += 1
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for one in done:
                total.add(found := one.result())
                for text in found.texts:
                    print(text, flush=True)
            if time.monotonic() - said > 60:  # to be left running: one line a minute
                said = time.monotonic()
                print(
                    f"{total.traces} blurred traces, {total.wrong} contradictions (to seed {seed - 1}, {said - start:.0f} s)",
                    flush=True,
                )
    print(
        f"{total.traces} blurred traces, {total.definite} definite verdicts, {total.wrong} contradictions "
        f"(seeds {given.seed} to {seed - 1}, {time.monotonic() - start:.0f} s)"
    )
    return 1 if total.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
