"""The demo as `make demo` runs it: ends by itself, exit 0, no process left, ledgers that verify."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path, float]:
    out = tmp_path_factory.mktemp("d") / "demo-out"
    began = time.monotonic()
    command = [sys.executable, "-m", "detente.cli.main", "demo", "--out", str(out), "--tamper", "ledger"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, env={**os.environ, "COLUMNS": "118"}
    )
    return done, out, time.monotonic() - began


def test_tamper_ledger_ends_with_one_sentence_and_exit_1(told):
    done, _, _ = told
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert "us-to-ru" in last
    assert "all processes have ended" not in last


def test_the_demo_ends_in_time_and_leaves_no_process(told):
    """90-demo: at most 90 s after install, leaves no process."""
    done, out, seconds = told
    assert seconds <= 90, done.stdout
    left = [p for p in psutil.process_iter(["cmdline"]) if str(out) in " ".join(p.info["cmdline"] or [])]
    assert left == []


def test_every_line_of_the_columns_is_tagged(told):
    done, _, _ = told
    text = done.stdout
    assert "SIMULATED TIME" in text
    assert "[fact]" in text
    assert "[made\u00a0up]" in text
    for line in text.splitlines():
        assert len(line) <= 118 or line.startswith(("us:", "ru:", "un:")) or "us-to-ru" in line, line


def test_what_the_issue_asks_to_be_shown(told):
    """Issue 2 point 2: adoption, an altered copy refused with every differing line, notice, receipt, flipped byte."""
    done, out, _ = told
    text = " ".join(done.stdout.replace("│", " ").split())
    for words in (
        "at_least: 12h",
        "agreement-differs",
        "without a vote",
        "In force on 3 of 3",
        "entry-mismatch",
        "37 strikes",
    ):
        assert words in text, words
    assert (out / "receipts" / "notice-op-1.tlog-proof").exists()
    for code in ("us", "ru", "un"):
        assert (out / code / "logs").is_dir()
