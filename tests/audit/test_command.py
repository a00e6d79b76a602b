"""`detente verify` as a command: exit status, one line on success, words on failure, JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from detente.adapters.bundle_files import write_bundle
from detente.cli import verify as command
from tests.audit.conftest import Held
from tests.audit.folders import save, under
from tests.sim.world import origin

LOG = "logs/us-to-ru"


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(command.verify, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def out(small: Held, tmp_path: Path) -> Path:
    return save(small.files, tmp_path / "us")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_what_holds_takes_one_line(out: Path, small: Held, tmp_path: Path):
    write_bundle(small.world.store("us"), origin("us", "ru"), tmp_path / "bundle", 0)
    receipt = next((out / LOG / "receipts").iterdir())
    for path, words in (
        (out, "export of us: "),
        (out / LOG, "us-to-ru: "),
        (receipt, "entry "),
        (tmp_path / "bundle", "bundle: us-to-ru, "),
    ):
        result = run(path)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith(words)
        assert len(result.stdout.splitlines()) == 1
        assert result.stderr == ""


def test_details_are_there_for_the_asking(out: Path):
    result = run(out, "--details")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert sum("nothing changed or left out below that head" in line for line in lines[1:]) == 4


def test_json(out: Path):
    told = json.loads(run(out, "--json").stdout)
    assert told["ok"] is True
    assert told["line"].startswith("export of us")
    assert isinstance(told["details"], list)
    flip(out / LOG / "checkpoint")
    result = run(out, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False


@pytest.mark.parametrize(
    "name", ["terms.yaml", "agreement.yaml", "roots/us.json", LOG + "/checkpoint", LOG + "/receipt-policy"]
)
def test_what_does_not_hold_is_named_and_ends_with_1(out: Path, name: str):
    flip(out / name)
    result = run(out)
    assert result.exit_code == 1
    assert result.stdout.startswith(name)
    assert "fault: " in result.stdout
    assert "Next: " in result.stdout
    assert len(result.stdout.splitlines()) <= 2 + command.SHOWN


def test_a_receipt_that_was_changed(out: Path):
    receipt = next((out / LOG / "receipts").iterdir())
    flip(receipt)
    result = run(receipt)
    assert result.exit_code == 1
    assert result.stdout.startswith(receipt.name)


def test_policy_and_terms(out: Path, tmp_path: Path):
    policy, terms = out / LOG / "receipt-policy", out / "terms.yaml"
    assert "by the policy given" in run(out / LOG, "--policy", policy).stdout
    assert "as given)" in run(out, "--terms", terms).stdout
    assert "pinned by the terms" in run(out / LOG, "--terms", terms).stdout
    assert run(out / "logs/us-to-un", "--policy", policy).exit_code == 1
    other = tmp_path / "terms.yaml"
    other.write_bytes(terms.read_bytes().replace(b"10min", b"12min"))
    result = run(out, "--terms", other)
    assert result.exit_code == 1
    assert result.stdout.startswith("terms.yaml: ")


def test_what_cannot_be_read_ends_with_2(out: Path, small: Held, tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    bad = tmp_path / "bad"
    bad.write_text("logg\n")
    loose = tmp_path / "loose.tlog-proof"
    loose.write_bytes(next((out / LOG / "receipts").iterdir()).read_bytes())
    bare = save({n: d for n, d in under(small.files, LOG + "/").items() if "policy" not in n}, tmp_path / "bare")
    linked = save(small.files, tmp_path / "linked")
    (linked / LOG / "tile" / "x").symlink_to(tmp_path)
    for arguments, words in (
        ((tmp_path / "nowhere",), "No such file"),
        ((empty,), "neither an export"),
        ((bad,), "neither a .tlog-proof nor an evidence file"),
        ((out, "--policy", bad), "unknown or incomplete line"),
        ((out, "--terms", bad), "terms-invalid"),
        ((out, "--policy", tmp_path / "nowhere"), "No such file"),
        ((loose,), "give a policy with --policy"),
        ((bare,), "give a policy with --policy"),
        ((linked,), "a link"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, (arguments, result.output)
        assert words in result.stderr, (arguments, result.stderr)
        assert result.stdout == ""
    told = json.loads(run(empty, "--json").stdout)
    assert told["ok"] is False


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_may_not_be_read(out: Path):
    (out / "terms.yaml").chmod(0)
    assert run(out).exit_code == 2


def test_the_bar_comes_after_a_second_and_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch):
    class Clock:
        now = 0.0

        @classmethod
        def monotonic(cls) -> float:
            return cls.now

    monkeypatch.setattr(command, "time", Clock)
    for terminal in (True, False):
        Clock.now = 0.0
        bar = command._Bar()
        bar._console = Console(stderr=True, force_terminal=terminal)
        bar.tell(1, 10)
        assert bar._bar is None
        Clock.now = 1.5
        bar.tell(2, 10)
        assert (bar._bar is not None) == terminal
        bar.stop()
