"""Every command of a how-to page runs and prints what the page shows."""

from __future__ import annotations

import pytest

from tests.docs.story import ROOT, Shell, check

HOW_TO = ROOT / "docs" / "how-to"


@pytest.fixture
def shell(tmp_path):
    """A shell in a folder of its own, ended with all it started."""
    shell = Shell(tmp_path / "work")
    yield shell
    shell.close()


@pytest.mark.timeout(600)
def test_run_three_nodes(shell):
    check(HOW_TO / "run-three-nodes.md", shell)
