"""Compare the judge and the reference on random agreements and records: `python -m tests.agreement.fuzz --seconds 60 --seed 1`.

Prints how many pairs (agreement × record, or × before-check) and findings were compared, and each difference shrunk.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from random import Random
from types import ModuleType

from detente.agreement.form import Agreement
from detente.agreement.record import Act, Record
from tests.agreement.agreements import fixed
from tests.agreement.compare import Key, Said, asked, compare, compare_before, disturb, judged, shrink
from tests.agreement.focused import focused
from tests.agreement.geodesics import Exact
from tests.agreement.random_agreements import MODES, Tree, draw_agreement, parts_of
from tests.agreement.random_records import annexes, blur, draw

RECORDS = 48
"""Records drawn for each agreement."""
SMALL, LARGE = (1, 2, 2, 3, 3, 4, 4, 5, 6), (10, 14)
"""How many acts they hold: most differences show with few, which are quick to compare; one in eight is large."""
CLAUSES = (1, 1, 2, 2, 3, 3, 4, 5)
"""How many clauses a random agreement has (a permission may bring one more)."""
CHECKED = 6
"""One before-check for so many records: the reference tries every instant named."""


@dataclass
class Tally:
    """What was compared. `silent`: pairs without any finding; `texts`: the differences, shrunk; `parts`: by construct,
    the pairs with an agreement that uses it."""

    pairs: int = 0
    silent: int = 0
    checks: int = 0
    findings: int = 0
    different: int = 0
    texts: list[tuple[str, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.pairs += other.pairs
        self.silent += other.silent
        self.checks += other.checks
        self.findings += other.findings
        self.different += other.different
        self.texts += other.texts
        self.kinds.update(other.kinds)
        self.parts.update(other.parts)


@dataclass(frozen=True)
class Case:
    """One thing to compare. `act`: asked about before it is made."""

    agreement: Agreement
    record: Record
    geometry: Exact
    act: Act | None = None
    at: int = 0
    relied: tuple[str, ...] = ()

    def of(self, engine: ModuleType) -> Said:
        """What one engine says."""
        if self.act is None:
            return judged(engine, self.agreement, self.record, self.geometry)
        return asked(engine, self.agreement, self.record, self.geometry, self.act, self.at, self.relied)

    def compared(self) -> tuple[int, dict[Key, tuple[str, str]]]:
        """Findings compared, and differences."""
        if self.act is None:
            return compare(self.agreement, self.record, self.geometry)
        return compare_before(self.agreement, self.record, self.geometry, self.act, self.at, self.relied)


def cases(agreement: Agreement, random: Random, records: int = RECORDS) -> list[Case]:
    """Records, half of them blurred, many disturbed, and a before-check on each sixth."""
    found: list[Case] = []
    for number in range(records):
        if number % 6 == 0:
            geometry = Exact(annexes(agreement, random))
        record = draw(agreement, random, random.choice(LARGE if number % 8 == 3 else SMALL))
        if number % 2:
            record = blur(record, agreement, random)
        if random.random() < 0.6:
            record = disturb(record, agreement, random)
        found.append(Case(agreement, record, geometry))
        if number % CHECKED == 0 and (one := before(agreement, record, geometry, random)) is not None:
            found.append(one)
    return found


def before(agreement: Agreement, record: Record, geometry: Exact, random: Random) -> Case | None:
    """A before-check of one of the acts, or none if no clause speaks of its kind."""
    judged = {kind for rule in agreement.rules.values() if rule.mode in ("forbid", "permit") for kind in rule.kinds}
    gone = {act.replaces for act in record.acts}
    mine = [act for act in record.acts if act.kind in judged and act.at is not None and len(act.by) == 1]
    mine = [act for act in mine if act.id not in gone]
    if not mine:
        return None
    act = random.choice(mine)
    assert act.at is not None
    rest = Record(tuple(one for one in record.acts if one.id != act.id), record.now, record.heads)
    at = min(record.now, act.at.lo + random.choice((0, 0, 1, 60_000, 3_600_000)))
    permits = [rule.id for rule in agreement.rules.values() if rule.mode == "permit"]
    relied = tuple(name for name in permits if random.random() < 0.5)
    asked = Act(act.id, act.kind, act.by, None, {}, act.fields, from_=act.from_, until=act.until)
    return Case(agreement, rest, geometry, asked, at, relied)


def cases_of_seed(seed: int) -> list[Case]:
    """What one seed compares."""
    return drawn(seed)[1]


def drawn_agreement(random: Random, name: str = "") -> Agreement:
    """A fixed agreement of a name, or one of them, or (three times in four) a random one."""
    known = fixed()
    if name or random.random() < 0.25:
        return known[name or random.choice(sorted(known))]
    return draw_agreement(random)[1]


def drawn(seed: int, names: list[str] | None = None, records: int = RECORDS) -> tuple[Tree | None, list[Case]]:
    """A random agreement (each eighth seed a fixed one, each sixteenth a focused one, or one named) with its cases."""
    random = Random(seed)
    tree: Tree | None = None
    if names or seed % 8 == 0 or seed % 16 == 15:
        known = focused() if seed % 16 == 15 and not names else fixed() | (focused() if names else {})
        agreement = known[random.choice(names or sorted(known))]
    else:
        tree, agreement = draw_agreement(random, random.choice(CLAUSES))
    return tree, cases(agreement, random, records)


def run(seed: int, *, shrinking: bool = True, names: list[str] | None = None, records: int = RECORDS) -> Tally:
    """Everything of one seed compared."""
    tree, found = drawn(seed, names, records)
    tally = Tally()
    for case in found:
        number, different = case.compared()
        if case.act is None:
            tally.pairs += 1
            tally.silent += number == 0
        else:
            tally.checks += 1
        tally.findings += number
        if different:
            tally.different += len(different)
            for key, (ours, slow) in different.items():
                kind = f"{'may ' if case.act else ''}{key[0].rstrip('0123456789') if tree else key[0]}: {ours} | {slow}"
                tally.kinds[kind] += 1
            if shrinking:
                tally.texts.append((kind, f"seed {seed}\n{shrunk(tree, case)}"))
                break
    tally.parts = Counter(dict.fromkeys(parts_of(found[0].agreement) & MODES, tally.pairs))
    return tally


def shrunk(tree: Tree | None, case: Case) -> str:
    """A difference as small as it will go."""

    pairs = set(case.compared()[1].values())

    def shows(agreement: Agreement, record: Record) -> bool:
        one = Case(agreement, record, case.geometry, case.act, case.at, case.relied)
        return not pairs.isdisjoint(one.compared()[1].values())

    tree, agreement, record = shrink(tree, case.agreement, case.record, shows)
    last = Case(agreement, record, case.geometry, case.act, case.at, case.relied)
    lines = []
    if tree is not None:
        shown = {
            key: item
            for key, item in tree.items()
            if key not in ("language", "agreement", "parties", "statements", "events")
        }
        lines += [f"  {key}: {json.dumps(item)}" for key, item in shown.items()]
    lines += [f"  {act}" for act in record.acts]
    lines.append(f"  now {record.now} heads {dict(record.heads)}")
    if case.act is not None:
        lines.append(f"  before {case.act} at {case.at} relying on {case.relied}")
    lines += [f"  {key}: judge {pair[0]!r}, reference {pair[1]!r}" for key, pair in last.compared()[1].items()]
    return "\n".join(lines)


def said_of(parts: Counter[str]) -> str:
    """How many constructs were met, and the rarest."""
    [(rarest, number)] = parts.most_common()[-1:]
    never = sorted(MODES - parts.keys())
    return (
        f"{len(parts)} of {len(MODES)} constructs met, the rarest {rarest} in {number} pairs; never: {never or 'none'}"
    )


def main() -> int:
    """Run for so many seconds in two processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agreements", nargs="*", help="names of fixed agreements; without it random ones too")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--show", type=int, default=3, help="differences shown in full")
    given = parser.parse_args()
    start = said = time.monotonic()
    total, seed = Tally(), given.seed
    with ProcessPoolExecutor(given.processes) as pool:
        waiting: set[Future[Tally]] = set()
        while time.monotonic() - start < given.seconds or waiting:
            while time.monotonic() - start < given.seconds and len(waiting) < 2 * given.processes:
                shrinking = len({kind for kind, _ in total.texts}) < given.show
                waiting.add(pool.submit(run, seed, shrinking=shrinking, names=given.agreements))
                seed += 1
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for one in done:
                total.add(found := one.result())
                for kind, text in found.texts:
                    print(f"{kind}\n{text}", flush=True)
            if time.monotonic() - said > 60:  # to be left running: one line a minute
                said = time.monotonic()
                print(
                    f"{total.pairs} pairs, {total.checks} before-checks, {total.different} differ "
                    f"(to seed {seed - 1}, {said - start:.0f} s)",
                    flush=True,
                )
            if sys.stderr.isatty():
                share = min(1.0, (time.monotonic() - start) / given.seconds)
                bar = "#" * round(share * 30)
                print(f"\r[{bar:<30}] {total.findings:>9} findings, {total.different} differ", end="", file=sys.stderr)
    print(
        f"{total.pairs} agreement × record pairs and {total.checks} before-checks: {total.findings} findings compared, "
        f"{total.different} differ (seeds {given.seed} to {seed - 1}, {time.monotonic() - start:.0f} s)"
    )
    print(f"  {total.silent} pairs have no finding in either; {said_of(total.parts)}")
    for kind, number in total.kinds.most_common(40):
        print(f"  {number:>6} {kind}")
    return 1 if total.different else 0


if __name__ == "__main__":
    raise SystemExit(main())
