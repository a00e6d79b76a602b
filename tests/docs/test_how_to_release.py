"""docs/how-to/release.md, run on three nodes that have signed: policy, agencies, share, recall, told; and zero content.

`python -m tests.docs.test_how_to_release` puts the outputs of a run of today into the page.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.docs.story import ROOT, _filled, check
from tests.docs.test_how_to_watch import signed

PAGE = ROOT / "docs" / "how-to" / "release.md"


@pytest.mark.timeout(300)
def test_the_page_runs(tmp_path: Path):
    with signed(tmp_path / "work") as shell:
        check(PAGE.name, PAGE.read_text("utf-8"), shell)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, signed(Path(name).resolve() / "work") as run:
        PAGE.write_text(_filled(PAGE.read_text("utf-8"), run), "utf-8")
