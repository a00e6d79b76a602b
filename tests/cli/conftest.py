"""Three real nodes on wall time for the commands, as their operators would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from detente.demo.three import Three

AGREEMENT = (
    b"language: 1\nagreement: line-2016\nclauses:\n- id: A\n  says: A notice is given a day before.\n  at_least: 24h\n"
)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    folder = tmp_path_factory.mktemp("n")
    with Three(folder, AGREEMENT, "line-2016", prefix="test") as nodes:
        nodes.start()
        nodes.settle()
        yield nodes


@pytest.fixture
def detente(tmp_path: Path) -> Run:
    """Run the command as a shell would; fails the test on another exit status than expected."""

    def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "detente.cli.main", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=dict(os.environ))
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
