"""docs/how-to/judge-a-record.md, run: every command prints what the page shows."""

from __future__ import annotations

import pytest

from tests.docs.story import ROOT, Shell, check, steps_of

PAGE = ROOT / "docs" / "how-to" / "judge-a-record.md"


@pytest.mark.timeout(300)
def test_the_page_runs(tmp_path):
    shell = Shell(tmp_path / "work")
    try:
        check(PAGE.name, PAGE.read_text("utf-8"), shell)
    finally:
        shell.close()


def test_every_command_shows_what_it_prints():
    assert [s.command for s in steps_of(PAGE.read_text("utf-8")) if not s.shown and not s.name] == [
        "python record.py > record.jsonl"
    ]
