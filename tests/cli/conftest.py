"""Three real nodes on wall time for the commands, as their operators would run them."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from detente.cli.main import COMMANDS, main
from detente.demo.three import Three

AGREEMENT = (
    b"language: 1\nagreement: line-2016\nclauses:\n- id: A\n  says: A notice is given a day before.\n  at_least: 24h\n"
)
_FORK = multiprocessing.get_context("fork")
for _place in COMMANDS.values():
    importlib.import_module(f"detente.cli.{_place.partition(':')[0]}")  # once for all forks
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    folder = tmp_path_factory.mktemp("n")
    with Three(folder, AGREEMENT, "line-2016", prefix="test") as nodes:
        nodes.start()
        nodes.settle()
        yield nodes


def _command(arguments: list[str], folder: Path, out: Path, err: Path) -> None:
    """The life of a forked process: another folder, its own descriptors, then what the shell's `detente` does."""
    os.chdir(folder)
    for number, path in enumerate((Path(os.devnull), out, err)):
        os.dup2(os.open(path, os.O_WRONLY if number else os.O_RDONLY), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    sys.argv = ["detente", *arguments]
    main()


@pytest.fixture
def detente(tmp_path: Path) -> Run:
    """Run the command in a process of its own; fails the test on another exit status than expected.

    The process is forked from this one, which has imported what the command imports: more than half of the time of a start
    from nothing, hundreds of times. tests/docs starts it from nothing.
    """

    def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        command = list(map(str, arguments))
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            out.touch()
            err.touch()
            process = _FORK.Process(target=_command, args=(command, tmp_path, out, err))
            process.start()
            process.join(60)
            if process.exitcode is None:
                process.kill()
                process.join()
            done = subprocess.CompletedProcess(command, process.exitcode or 0, out.read_text(), err.read_text())
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run
