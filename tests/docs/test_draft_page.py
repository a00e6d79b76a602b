"""docs/how-to/draft-an-agreement.md, run: every command prints what the page shows."""

from __future__ import annotations

import pytest

from detente.agreement.drafting import logic
from tests.docs.story import ROOT, Shell, check

PAGE = ROOT / "docs" / "how-to" / "draft-an-agreement.md"


@pytest.mark.skipif(
    not logic.available(), reason="z3-solver is not installed (the `draft` extra): the page shows its findings"
)
def test_the_page_prints_what_it_shows(tmp_path):
    shell = Shell(tmp_path / "work")
    try:
        check(PAGE.name, PAGE.read_text("utf-8"), shell)
    finally:
        shell.close()
