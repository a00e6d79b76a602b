"""docs/how-to/areas-and-lists.md, run on three nodes under the Syria reconstruction that have signed it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detente.demo.three import Three
from tests.docs.story import ROOT, Shell, check, steps_of
from tests.faults.nodes import eventually

PAGE = ROOT / "docs" / "how-to" / "areas-and-lists.md"
SYRIA = ROOT / "agreements" / "syria-2016-07.yaml"
NUMBERS = {"clock_error": "1s"}


@pytest.fixture
def shell(tmp_path) -> Iterator[Shell]:
    """A shell in the folder in which the nodes run."""
    folder = tmp_path / "work"
    shell = Shell(folder)
    try:
        with Three(folder, SYRIA.read_bytes(), "syria-2016-07", prefix="test", numbers=NUMBERS) as nodes:
            nodes.start()
            nodes.settle()
            for request in ("offer", "adopt"):
                for code in nodes.configs:
                    nodes.ask(code, request)
                    nodes.settle()
            # a phase that began at the signature is sure once the clocks' error has passed: until then pictures may differ
            eventually(lambda: not any(nodes.ask(code, "picture")["unsure"] for code in ("us", "ru")), 60)
            yield shell
    finally:
        shell.close()


@pytest.mark.timeout(300)
def test_the_page_runs(shell):
    check(PAGE.name, PAGE.read_text("utf-8"), shell)


def test_every_command_shows_what_it_prints():
    assert [s.command for s in steps_of(PAGE.read_text("utf-8")) if not s.shown and not s.name] == [
        'of="--target t1 --group nusra --area north --window 2097-01-02T06:00Z 2097-01-02T18:00Z"',
        'on="--datum WGS84 --grid geographic --radius 500"',
    ]
