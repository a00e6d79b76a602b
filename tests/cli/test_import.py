"""`detente import centcom`: real strike releases as signed accounts, receipted by the other side and verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detente.demo.three import Three
from tests.cli.conftest import Run

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "coalition" / "centcom_oir_releases.csv.gz"
SYNTHETIC = (
    "date,country,location,number,description,line\n"
    '10/17/2016,Syria,Abu Kamal,1,strike destroyed a pump.,"- Near Abu Kamal, one strike destroyed a pump."\n'
    '10/17/2016,Syria,Manbij,1,strike\tengaged a unit.,"- Near Manbij, one strike\tengaged a unit."\n'
    "10/17/2016,Unknown,Iraq,2,two strikes.,Two strikes.\n"
)


def node(three: Three, code: str) -> list[str]:
    return ["--node", str(three.configs[code].folder)]


def test_a_synthetic_file_with_a_bad_row_named_by_line(three: Three, detente: Run, tmp_path: Path):
    file = tmp_path / "releases.csv"
    file.write_text(SYNTHETIC)
    said = detente("import", "centcom", *node(three, "us"), "--to", "ru", file).stdout
    assert "3 rows: 2 accounts" in said
    assert "kept apart: line 3" in said
    assert "1 country-unknown" in said
    assert "Manbij" in (tmp_path / "releases-kept-apart.csv").read_text()
    told = [json.loads(line) for line in detente("log", *node(three, "ru"), "us", "ru", "--json").stdout.splitlines()]
    accounts = [one for one in told if one["type"] == "account"]
    assert [one["line"] for one in accounts] == [2, 4]
    assert accounts[0]["verbatim"] == "- Near Abu Kamal, one strike destroyed a pump."


@pytest.mark.skipif(
    not REAL.exists(), reason=f"the real releases are not here: {REAL.name} under ../shared/data/coalition"
)
def test_the_real_releases_verbatim_receipted_and_verified(three: Three, detente: Run, tmp_path: Path):
    """Issue 2 point 10: 5,605 lines; three hold a TAB and are kept apart by line."""
    said = detente("import", "centcom", *node(three, "us"), "--to", "ru", REAL).stdout
    assert "5605 rows: 5602 accounts" in said
    for line in (384, 415, 541):
        assert f"kept apart: line {line}:" in said
    out = tmp_path / "out"
    detente("export", *node(three, "ru"), out)
    verdict = json.loads(detente("verify", out, "--json").stdout)
    assert verdict["ok"]
    assert any("us-to-ru" in line and "account" in line for line in verdict["details"])
