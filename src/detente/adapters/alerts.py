"""The command that a node runs when a STOP is raised and each time it has to be carried further (node.toml `alert`).

The house starts it, with three arguments after its own (level, STOP id, text), no input, no descriptor of the house, and
only PATH and LANG of its environment. It is a bell or a pager of the same room. Status 0 within LONGEST is its own
acknowledgement, which says that it ran, not that anybody heard it. It never acknowledges a STOP.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST = 10.0
KEPT = 50


@dataclass
class _Run:
    at: int
    stop: str
    level: str
    process: subprocess.Popen[bytes] | None
    started: float
    status: int | None = None
    failed: str = ""
    took: float = 0.0


class Alerts:
    """Runs of the configured command; without one nothing runs and that is said."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command = tuple(command)
        self._folder = folder
        self._runs: list[_Run] = []

    @property
    def configured(self) -> bool:
        """Whether there is a command."""
        return bool(self._command)

    def ring(self, at: int, stop: str, level: str, text: str) -> None:
        """Start the command; what goes wrong is kept beside the STOP it was for. `at`: ms, shown."""
        if not self._command:
            return
        run = _Run(at, stop, level, None, time.monotonic())
        environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        try:
            run.process = subprocess.Popen(
                [*self._command, level, stop, text],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            run.failed = error.strerror or str(error)
        self._runs = [*self._runs, run][-KEPT:]

    def poll(self) -> None:
        """See which have ended; end those that run too long."""
        for run in self._runs:
            if run.process is None or run.status is not None or run.failed:
                continue
            status = run.process.poll()
            run.took = time.monotonic() - run.started
            if status is not None:
                run.status = status
            elif run.took > LONGEST:
                run.process.kill()
                run.process.wait()
                run.failed = f"ended after {LONGEST:g} s without an answer"

    def shown(self) -> list[dict[str, Any]]:
        """Every run: when, for which STOP and level, and whether the command acknowledged."""
        self.poll()
        return [
            {
                "at": run.at, "stop": run.stop, "level": run.level, "acknowledged": run.status == 0,
                "status": run.status, "failed": run.failed, "took_ms": round(run.took * 1000),
            }
            for run in self._runs
        ]  # fmt: skip
