"""Columns beside the step judge and the reference for long: `python -m tests.agreement.columns.longer --seconds 60 --seed 1`.

Random agreements beside the step judge; the bench's twenty clauses beside the step judge and the reference. Prints what was
compared and each difference.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.columns import History, judge_all
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry
from detente.agreement.language import read_agreement
from detente.agreement.record import Record
from tests.agreement.compare import disturb
from tests.agreement.fuzz import drawn
from tests.agreement.geodesics import Exact
from tests.agreement.random_records import annexes, blur, draw

Said = dict[tuple[str, str, str | None], tuple[str, bool]]
TWENTY = Path(__file__).parents[3] / "bench" / "judge_parts" / "twenty.yaml"
SILENT = ("not applicable", "no verdict")


def of_columns(history: History) -> Said:
    """Every verdict, as columns have it."""
    return {said.key(): (said.verdict, said.shadow) for said in history.verdicts()}


def of_step(agreement: Agreement, record: Record, geometry: Geometry) -> Said:
    """Every verdict, as the step judge has it."""
    return {one.key(): (one.verdict, one.shadow) for one in step.judge(agreement, record, geometry)}


def of_reference(agreement: Agreement, record: Record, geometry: Geometry) -> Said:
    """Every verdict, as the reference has it; permissions it words otherwise are left out."""
    found = reference.judge(agreement, record, geometry)
    return {one.key(): (one.verdict, one.shadow) for one in found if one.verdict not in SILENT}


def twenty() -> Agreement:
    """The clauses of bench/judge."""
    return read_agreement(TWENTY.read_bytes(), TWENTY.name)


def small(agreement: Agreement, seed: int) -> tuple[Record, Exact]:
    """A small record, half of them blurred, many disturbed."""
    random = Random(f"columns beside {seed}")
    geometry = Exact(annexes(agreement, random))
    record = draw(agreement, random, random.choice((6, 10, 14)))
    if seed % 2:
        record = blur(record, agreement, random)
    if seed % 3:
        record = disturb(record, agreement, random)
    return record, geometry


def differences(agreement: Agreement, record: Record, geometry: Geometry, *, slow: bool) -> tuple[int, list[object]]:
    """How many verdicts there are, and where the engines differ."""
    ours = of_columns(judge_all(agreement, record, geometry))
    theirs = of_step(agreement, record, geometry)
    found: list[object] = [
        (key, ours.get(key), theirs.get(key)) for key in ours.keys() | theirs if ours.get(key) != theirs.get(key)
    ]
    if slow:
        told = {key: said for key, said in ours.items() if said[0] not in SILENT}
        obvious = of_reference(agreement, record, geometry)
        found += [
            (key, told.get(key), obvious.get(key)) for key in told.keys() | obvious if told.get(key) != obvious.get(key)
        ]
    return len(theirs), found


def _cases(seed: int) -> Iterator[tuple[Agreement, Record, Geometry, bool]]:
    for case in drawn(seed, records=8)[1]:
        if case.act is None:
            yield case.agreement, case.record, case.geometry, False
    for number in range(8):
        agreement = twenty()
        yield agreement, *small(agreement, 8 * seed + number), True


def main() -> int:
    """Run for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    start, seed = time.monotonic(), given.seed
    records, verdicts, slow, different = 0, 0, 0, 0
    while time.monotonic() - start < given.seconds:
        for agreement, record, geometry, with_reference in _cases(seed):
            number, found = differences(agreement, record, geometry, slow=with_reference)
            records, verdicts, slow = records + 1, verdicts + number, slow + with_reference
            different += len(found)
            for one in found:
                print(f"seed {seed}: {one}")
        seed += 1
    print(
        f"{records} records, {slow} of them (twenty clauses) beside the reference too: {verdicts} verdicts, {different} differ "
        f"(seeds {given.seed} to {seed - 1})"
    )
    return 1 if different else 0


if __name__ == "__main__":
    raise SystemExit(main())
