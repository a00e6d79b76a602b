"""A full disk: said to the operator, survived, nothing receipted is lost, nothing is signed for that cannot be kept."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from detente.adapters.config import write_config
from detente.errors import DetenteError, LocalError
from detente.proof.envelope import parse_envelope
from tests.faults.nodes import (
    CODES,
    T0,
    assert_no_traceback,
    assert_one_history,
    assert_receipted,
    await_child,
    child,
    entries_of,
    eventually,
    log_of,
    notice,
    origin,
    refusals,
    rest,
    say,
    tell_time,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]
LONG = "x" * 1_500


def fill(nodes, code, audience):
    """Say long notices until ten in a row find no room, they or their receipts; those that were receipted."""
    placed: list[dict[str, Any]] = []
    refused = 0
    while refused < 10:
        try:
            placed.append(say(nodes, code, audience, f"{len(placed)} {LONG}", timeout=3))
            refused = 0
        except LocalError as error:
            said_but_not_receipted = error.code == "node-unreachable" and "timed out" in error.what
            if not said_but_not_receipted and (error.code != "disk-full" or "cannot be written" not in error.what):
                raise
            refused += 10 if said_but_not_receipted else 1
        assert len(placed) < 2_000, "the store never became full"
    return placed


def remarks(nodes, code, sender, audience):
    """All statements of a log as one node holds them, as text."""
    entries = entries_of(nodes, code, origin(sender, audience))
    return [parse_envelope(entry).payload.decode() for entry in entries]


def lift(nodes, code, pages=0):
    """Stop a node, change the limit in its node.toml, start it again."""
    nodes.stop(code)
    nodes.configs[code] = dataclasses.replace(nodes.configs[code], max_pages=pages)
    write_config(nodes.configs[code])
    nodes.start(code)


def test_a_full_node_says_so_keeps_what_it_has_and_goes_on_with_more_room(tmp_path):
    """30-ledger, crash rule; 05-resolutions 9: "Disk full is tested with max_page_count or a file-size limit"."""
    with three(tmp_path, max_pages={"us": 160}) as nodes:
        placed = fill(nodes, "us", "ru")
        assert len(placed) > 20
        with pytest.raises(LocalError, match="disk-full"):
            say(nodes, "us", "ru", f"refused {LONG}", timeout=3)

        # it says so, again and again, and still answers
        for _ in range(5):
            state = nodes.ask("us", "state")
            assert "cannot be written" in state["trouble"]
        assert "us: the shared store cannot be written" in nodes.log.read_text()
        assert refusals(nodes, "us") is not None
        assert_receipted(nodes, placed)

        # it takes in nothing it cannot keep: the peer gets no receipt, and is told to come again
        for n in range(60):
            say(nodes, "ru", "us", f"for a full node {n} {LONG}", wait=False)
        eventually(lambda: any(k["peer"] == "us" and not k["up"] for k in nodes.ask("ru", "state")["links"]), 40)
        link = next(k for k in nodes.ask("ru", "state")["links"] if k["peer"] == "us")
        assert "503" in link["error"]
        log = log_of(nodes, "ru", "us")
        assert log["signed_for"] < log["size"]
        held = remarks(nodes, "us", "ru", "us")
        assert log["signed_for"] <= len(held) <= log["size"]
        assert nodes.process("us").poll() is None

        lift(nodes, "us")
        rest(nodes)
        assert nodes.ask("us", "state")["trouble"] == ""
        placed.append(say(nodes, "us", "ru", "there is room again"))
        assert_receipted(nodes, placed)
        assert_one_history(nodes)
        assert sum("for a full node" in text for text in remarks(nodes, "us", "ru", "us")) == 60
        assert not any("refused" in text for text in remarks(nodes, "us", "us", "ru"))
        for code in CODES:
            assert nodes.ask(code, "state")["evidence"] == []
    assert_no_traceback(nodes)


def test_a_full_peer_gives_no_receipt_and_that_is_noticed(tmp_path):
    """30-ledger: "Overdue: collect the neutral quorum, log `receipt_overdue`, fail closed"."""
    with three(tmp_path, max_pages={"ru": 160}) as nodes:
        fill(nodes, "ru", "un")
        rest_of = say(nodes, "us", "un", "the other links go on")
        for n in range(60):
            late = say(nodes, "us", "ru", f"late {n} {LONG}", wait=False)
        eventually(lambda: any(k["peer"] == "ru" and not k["up"] for k in nodes.ask("us", "state")["links"]), 40)
        tell_time(nodes, T0 + 61_000, "us", "un")
        overdue = [r for r in refusals(nodes, "us") if r["code"] == "receipt-overdue"]
        assert [r["party"] for r in overdue] == ["ru"]
        assert "1 cosigners had them" in overdue[0]["what"]
        assert any('"receipt_overdue"' in text for text in remarks(nodes, "us", "us", "ru"))
        # nothing that needs the receipt is permitted: there is none
        with pytest.raises(LocalError, match="receipt-overdue"):
            nodes.ask("us", "receipt", origin=late["origin"], entry=late["entry"])

        lift(nodes, "ru")
        tell_time(nodes, T0 + 61_000)
        rest(nodes)
        assert_receipted(nodes, [rest_of, late])
        assert_one_history(nodes)
    assert_no_traceback(nodes)


def limit_files(nodes, code, more):
    """No file of a node's two processes may grow by more than `more` bytes from now on; None lifts it."""
    size = -1
    if more is not None:
        size = more + max(path.stat().st_size for path in nodes.configs[code].shared.glob("shared.db*"))
    for name in ("house", "gateway"):
        psutil.Process(await_child(nodes, code, name)).rlimit(psutil.RLIMIT_FSIZE, (size, -1))


def test_a_file_that_may_not_grow_is_a_full_disk_and_over_when_it_may(tmp_path):
    """05-resolutions 9. The limit is lifted under the running node: it goes on by itself."""
    with three(tmp_path) as nodes:
        first = say(nodes, "us", "ru", "before")
        limit_files(nodes, "us", 100_000)
        placed = [first, *fill(nodes, "us", "ru")]
        house = child(nodes, "us", "house")
        assert nodes.ask("us", "state")["trouble"]
        for n in range(60):
            say(nodes, "ru", "us", f"{n} {LONG}", wait=False)
        limit_files(nodes, "us", None)
        eventually(lambda: nodes.ask("us", "state")["trouble"] == "")
        assert "us: the store can be written again" in nodes.log.read_text()
        placed.append(say(nodes, "us", "ru", "after"))
        rest(nodes)
        assert_receipted(nodes, placed)
        assert_one_history(nodes)
        assert child(nodes, "us", "house") == house
    assert_no_traceback(nodes)


@pytest.fixture
def small_disk(tmp_path):
    """A folder for three nodes where that of us is a file system of 4 MB."""
    folder = tmp_path / "us"
    folder.mkdir()
    mount = shutil.which("mount") or "mount"
    command = [mount, "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield tmp_path
    subprocess.run(["umount", "-l", folder], check=True)  # noqa: S607


def stuff(folder: Path) -> Path:
    """A file that takes all the room there is."""
    path = folder / "stuffing"
    with path.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return path


def test_a_node_on_a_full_disk_can_be_killed_and_comes_back_when_there_is_room(small_disk):
    """Not even its high-water mark can be written: after the kill it asks the others before it signs."""
    with three(small_disk) as nodes:
        placed = [say(nodes, "us", "ru", "before")]
        stuffing = stuff(small_disk / "us")
        placed += fill(nodes, "us", "ru")
        os.kill(child(nodes, "us", "house"), signal.SIGKILL)
        nodes.hang_up("us")
        state = eventually(lambda: nodes.ask("us", "state"))
        with pytest.raises(LocalError, match=r"disk-full|not-signing"):
            say(nodes, "us", "ru", f"not now {LONG}")
        assert state["code"] == "us"
        assert nodes.process("us").poll() is None
        stuffing.unlink()
        eventually(lambda: nodes.ask("us", "state")["trouble"] == "")
        rest(nodes)
        placed.append(say(nodes, "us", "ru", "after"))
        assert_receipted(nodes, placed)
        assert_one_history(nodes)


def test_a_request_that_fails_leaves_nothing_behind(tmp_path):
    """House process: all or nothing for each request, and none holds up another."""
    with three(tmp_path) as nodes:
        size = log_of(nodes, "us", "ru")["size"]
        many = [notice("one"), notice("two"), {"operation": "NOT A CODE"}]
        for wrong in ({"many": many}, {"many": [notice("one"), 7]}, {"many": 7}, {}):
            with pytest.raises(DetenteError, match=r"bad-field|request-invalid"):
                nodes.ask("us", "say_many", to="ru", kind="notice", **wrong)
        with pytest.raises(DetenteError, match=r"request-invalid|unknown-name"):
            nodes.ask("us", "receipt", origin=origin("us", "ru"), entry=2**70)
        assert log_of(nodes, "us", "ru")["size"] == size
        assert nodes.ask("us", "say_many", to="ru", kind="notice", many=many[:2], wait=True)["placed"]
