"""The how-to pages that begin with three nodes that have signed the Syria reconstruction, each run on nodes of its own.

`python -m tests.docs.test_how_to_signed PAGE...` puts the outputs of a run of today into pages, one after the other.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from detente.demo.three import Three
from tests.docs.story import ROOT, Shell, _filled, check, steps_of
from tests.faults.nodes import eventually

SYRIA = ROOT / "agreements" / "syria-2016-07.yaml"
SILENT = {
    "areas-and-lists": (
        'of="--target t1 --group nusra --area north --window 2097-01-02T06:00Z 2097-01-02T18:00Z"',
        'on="--datum WGS84 --grid geographic --radius 500"',
    ),
    "raise-stop": (
        'detente stop form --from ru --to us --item t-1 --reason "our people are there" > form',
        "words=\"$(sed -n 's/^Words to read: //p' form)\"",
    ),
    "keep-the-watch": (),
    "release": None,
    "notify-sites-and-a-convoy": None,
}
"""Each page, and its commands that print nothing and are meant to; None: not looked at."""
RUNS = [("areas-and-lists",), ("raise-stop", "keep-the-watch"), ("release",), ("notify-sites-and-a-convoy",)]
"""Pages that run on the same nodes, one going on from the other."""


@contextmanager
def signed(folder: Path) -> Iterator[Shell]:
    """A shell in the folder in which three nodes run that have signed."""
    shell = Shell(folder)
    try:
        with Three(folder, SYRIA.read_bytes(), "syria-2016-07", prefix="test", numbers={"clock_error": "1s"}) as nodes:
            nodes.start()
            nodes.settle()
            nodes.adopt()
            # a phase that began at the signature is sure once the clocks' error has passed: until then pictures may differ
            eventually(lambda: not any(nodes.ask(code, "picture")["unsure"] for code in ("us", "ru")), 60)
            yield shell
    finally:
        shell.close()


def page_of(name: str) -> Path:
    return ROOT / "docs" / "how-to" / f"{name}.md"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("names", RUNS, ids=lambda names: names[0])
def test_the_pages_run(names: tuple[str, ...], tmp_path: Path):
    with signed(tmp_path / "work") as shell:
        for name in names:
            check(f"{name}.md", page_of(name).read_text("utf-8"), shell)


@pytest.mark.parametrize("name", [name for name, silent in SILENT.items() if silent is not None])
def test_every_command_shows_what_it_prints(name: str):
    steps = steps_of(page_of(name).read_text("utf-8"))
    assert tuple(step.command for step in steps if not step.shown and not step.name) == SILENT[name]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, signed(Path(place).resolve() / "work") as run:
        for each in map(Path, sys.argv[1:]):
            each.write_text(_filled(each.read_text("utf-8"), run), "utf-8")
