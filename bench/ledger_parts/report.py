"""What a run found, on what machine, and how it is shown."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import psutil
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

T = TypeVar("T")
Step = Callable[[], None]
NOTICEABLE = 0.1
PEERS = ("cryptography", "PyNaCl", "securesystemslib", "tlog-scales", "pymerkle")


@dataclass
class Row:
    """One line of the table. `ours` and `theirs` are rates (1/s), or milliseconds where `unit` is ms."""

    part: str
    what: str
    ours: float
    peer: str
    theirs: float
    agree: str
    aim: str = ""
    unit: str = "/s"

    def factor(self) -> float:
        """How many times faster ours is."""
        return self.theirs / self.ours if self.unit == "ms" else self.ours / self.theirs


@dataclass
class Report:
    """The rows, and remarks under the table."""

    machine: dict[str, str]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """The figures as JSON."""
        rows = [{**asdict(row), "factor": row.factor()} for row in self.rows]
        content = {"machine": self.machine, "notes": self.notes, "rows": rows}
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


class Bars:
    """Progress bars that leave nothing behind."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description:<60}"), BarColumn(30), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    @contextmanager
    def bar(self, words: str, total: int) -> Iterator[Step]:
        """A bar of `total` steps; the function given takes one step."""
        with self._progress:
            task = self._progress.add_task(words, total=total)
            yield lambda: self._progress.advance(task)
            self._progress.remove_task(task)


class Others:
    """How much of the machine other people's processes took while a part ran: what makes figures lie on a shared one."""

    def __init__(self) -> None:
        self.shares: dict[str, float] = {}

    @contextmanager
    def watch(self, part: str) -> Iterator[None]:
        """Measure around one part."""
        own, busy, start = cpu_seconds(), _busy_seconds(), time.monotonic()
        yield
        whole = (time.monotonic() - start) * (os.cpu_count() or 1)
        foreign = (_busy_seconds() - busy) - (cpu_seconds() - own)
        self.shares[part] = max(0.0, foreign / whole)

    def words(self) -> str:
        """One line."""
        shares = ", ".join(f"{part} {share:.0%}" for part, share in self.shares.items())
        warning = ""
        if max(self.shares.values(), default=0.0) > NOTICEABLE:
            warning = "; the machine was not ours alone, so figures of ours and of peers are too low: run again"
        return f"share of the machine taken by other processes: {shares}{warning}"


def cpu_seconds() -> float:
    """CPU seconds of this process and all below it, ended ones included."""
    me = psutil.Process()
    took = 0.0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            took += times.user + times.system + times.children_user + times.children_system
    return took


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0))


# measuring


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def total(work: Callable[[T], object], values: Sequence[T], step: Step) -> float:
    """How long `work` takes for all values, without what lies between."""
    took = 0.0
    for value in values:
        start = time.perf_counter()
        work(value)
        took += time.perf_counter() - start
        step()
    return took


def median(repeats: int, work: Callable[[int], float], step: Step) -> float:
    """The median of what `work(0)`, `work(1)`, ... measure."""
    found: list[float] = []
    for n in range(repeats):
        found.append(work(n))
        step()
    return statistics.median(found)


def percentile(times: Sequence[float], share: float) -> float:
    """The smallest time that `share` of all do not exceed, ms."""
    ordered = sorted(times)
    return 1e3 * ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


# the machine


def file_system(folder: Path) -> str:
    """The file system a folder stands on, where the system tells."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return "unknown"
    fitting = [(len(at), kind) for at, kind in mounts if folder.resolve().is_relative_to(at)]
    return max(fitting)[1] if fitting else "unknown"


def sync_ms(folder: Path) -> float:
    """Median of writing 4 KiB and syncing them, ms."""
    times: list[float] = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(200):
            file.write(bytes(4096))
            times.append(seconds(lambda: os.fsync(file.fileno())))
    return 1e3 * statistics.median(times)


def machine(folder: Path, peers: Sequence[str] = PEERS) -> dict[str, str]:
    """Where this ran."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    except OSError:
        pass
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": str(os.cpu_count()),
        "processor": model,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "disk": f"{file_system(folder)}, fsync of 4 KiB {sync_ms(folder):.2f} ms",
        "packages": ", ".join(f"{name} {version(name)}" for name in peers),
    }


# showing


def figure(value: float, unit: str) -> str:
    """A figure with its unit."""
    return f"{value:,.1f} ms" if unit == "ms" else f"{value:,.0f} /s"


def show(console: Console, report: Report, title: str = "The ledger beside its peers") -> None:
    """The table."""
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column("what", ratio=8)
    table.add_column("aim", no_wrap=True)
    table.add_column("ours", justify="right", no_wrap=True)
    table.add_column("peer, or limit of the machine", ratio=9)
    table.add_column("theirs", justify="right", no_wrap=True)
    table.add_column("ours is", justify="right", no_wrap=True)
    table.add_column("answers agree", ratio=7)
    last = Row("", "", 0, "", 0, "")
    for row in report.rows:
        if row.part != last.part and last.part:
            table.add_section()
        fresh = row.what != last.what
        ours = (row.what, row.aim, figure(row.ours, row.unit)) if fresh else ("", "", "")
        agree = row.agree if fresh or row.agree != last.agree else "as above"
        table.add_row(*ours, row.peer, figure(row.theirs, row.unit), f"{row.factor():.2f} ×", agree)
        last = row
    console.print(table)
    for line in (*report.notes, "machine: " + "; ".join(f"{key} {value}" for key, value in report.machine.items())):
        console.print(line, highlight=False)
