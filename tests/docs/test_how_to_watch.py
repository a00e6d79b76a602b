"""docs/how-to/raise-stop.md and keep-the-watch.md, run on three nodes that have signed the Syria reconstruction.

`python -m tests.docs.test_how_to_watch` puts the outputs of a run of today into the pages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detente.demo.three import Three
from tests.docs.story import ROOT, Shell, _filled, check, steps_of

PAGES = [ROOT / "docs" / "how-to" / name for name in ("raise-stop.md", "keep-the-watch.md")]
SILENT = 'detente stop form --from ru --to us --item t-1 --reason "our people are there" > form'
SYRIA = ROOT / "agreements" / "syria-2016-07.yaml"


@contextmanager
def signed(folder: Path) -> Iterator[Shell]:
    """A shell in the folder in which three nodes run that have signed."""
    shell = Shell(folder)
    try:
        with Three(folder, SYRIA.read_bytes(), "syria-2016-07", prefix="test") as nodes:
            nodes.start()
            nodes.settle()
            for request in ("offer", "adopt"):
                for code in nodes.configs:
                    nodes.ask(code, request)
                    nodes.settle()
            yield shell
    finally:
        shell.close()


@pytest.mark.timeout(300)
def test_the_pages_run(tmp_path: Path):
    with signed(tmp_path / "work") as shell:
        for page in PAGES:
            check(page.name, page.read_text("utf-8"), shell)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_shows_what_it_prints(page: Path):
    silent = [
        step.command.split("=")[0] for step in steps_of(page.read_text("utf-8")) if not step.shown and not step.name
    ]
    assert silent == ([] if page.stem == "keep-the-watch" else [SILENT, "words"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, signed(Path(name).resolve() / "work") as run:
        for each in PAGES:
            each.write_text(_filled(each.read_text("utf-8"), run), "utf-8")
