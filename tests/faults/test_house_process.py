"""The house process as it runs: what stops it is no reason to stay down, and no line of an operator stops it."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import time

import pytest

from tests.faults.nodes import (
    assert_no_traceback,
    assert_one_history,
    assert_receipted,
    await_child,
    child,
    eventually,
    log_of,
    origin,
    refusals,
    request,
    rest,
    say,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@pytest.mark.parametrize("restored", [False, True])
def test_two_nodes_rebooted_together_come_up_again(tmp_path, restored):
    """Neither knows whether it runs on a backup, so neither signs; each shows the other what it holds, by a 503.

    If one does run on a backup, that is how it learns, from one who signs nothing either, what it has lost.
    """
    with three(tmp_path) as nodes:
        shared = nodes.configs["us"].shared
        nodes.stop("us")
        backup = {path.name: path.read_bytes() for path in shared.glob("shared.db*")}
        nodes.start("us")
        placed = [say(nodes, a, b, "before") for a, b in (("us", "ru"), ("ru", "us"))]
        rest(nodes)
        nodes.stop("us", "ru")
        if restored:
            for path in shared.glob("shared.db*"):
                path.unlink()
            for name, data in backup.items():
                (shared / name).write_bytes(data)
        for code in ("us", "ru"):
            (nodes.configs[code].private / "highwater.json").unlink()  # of an earlier run of the machine
        nodes.start("us", "ru")
        rest(nodes)
        found = {r["code"] for code in ("us", "ru") for r in refusals(nodes, code)}
        expected = {"not-signing", "backup-restored"} if restored else {"not-signing"}
        assert expected <= found, (
            "each names why it signs nothing; what else is refused meanwhile depends on who speaks first"
        )
        assert "fork" not in found
        placed += [say(nodes, a, b, "after") for a, b in (("us", "ru"), ("ru", "us"))]
        assert_receipted(nodes, placed)
        assert_one_history(nodes)
        assert_no_traceback(nodes)


def damage(path, log, more):
    """Say in the store that it holds more entries of a log than it does."""
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as base, base:
        base.execute("UPDATE log SET size = size + ? WHERE origin=?", (more, log))


def test_a_house_that_had_to_stop_is_started_again(tmp_path):
    """Exit 4, not 3: 3 says that it refuses to start, and the supervisor then leaves it."""
    with three(tmp_path) as nodes:
        path, log = nodes.configs["us"].shared_db, origin("ru", "us")
        before = await_child(nodes, "us", "house")
        damage(path, log, 1)
        placed = say(nodes, "ru", "us", "finds the damage", wait=False)
        eventually(lambda: "us: house ended (4); starting it again" in nodes.log.read_text(), 30)
        damage(path, log, -1)
        await_child(nodes, "us", "house", other_than=before)
        assert nodes.process("us").poll() is None
        eventually(lambda: log_of(nodes, "ru", "us")["signed_for"] > placed["entry"], 60)
        assert "house ended (3)" not in nodes.log.read_text()
        assert_receipted(nodes, [placed])


def test_a_line_nested_without_end_is_refused(tmp_path):
    with three(tmp_path) as nodes:
        house = child(nodes, "us", "house")
        for line in (b"[" * 200_000, b'{"do":' * 100_000, b'{"do": "state", "x": ' + b"[" * 100_000):
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(str(nodes.configs["us"].control))
                control.sendall(line + b"\n" + b'{"do": "next_due"}\n')
                answers = control.makefile("rb")
                refused, next_due = json.loads(answers.readline()), json.loads(answers.readline())
            assert refused["error"]["code"] == "request-invalid"
            assert "next_due" in next_due
        assert child(nodes, "us", "house") == house
        assert_no_traceback(nodes)


def test_more_requests_than_may_wait_are_turned_away_and_counted(tmp_path):
    """The house stands still; what a peer sends beyond the bound is answered 429 at once, and said in the state."""
    import signal
    from concurrent.futures import ThreadPoolExecutor

    from detente.adapters.door import MOST_AT_ONCE
    from tests.faults.nodes import kill

    with three(tmp_path) as nodes:
        placed = [say(nodes, "ru", "us", "before")]
        rest(nodes)
        house = child(nodes, "us", "house")
        nodes.hang_up("us")
        assert kill(house, signal.SIGSTOP)
        try:
            more = 20
            with ThreadPoolExecutor(MOST_AT_ONCE + more) as pool:
                asked = [
                    pool.submit(request, nodes, "ru", "us", "/mirror/sign-again", origin("ru", "us").encode())
                    for _ in range(MOST_AT_ONCE + more)
                ]
                eventually(lambda: sum(f.done() for f in asked) >= more, 15)
                time.sleep(0.5)
                early = [f.result() for f in asked if f.done()]
                assert [status for status, _ in early] == [429] * more
                assert {body for _, body in early} == {b"refused: too-many-waiting\n"}
                kill(house, signal.SIGCONT)
                late = [f.result()[0] for f in asked]
                assert sorted(set(late)) == [200, 429]
        finally:
            kill(house, signal.SIGCONT)
        eventually(lambda: nodes.ask("us", "state")["turned_away"] == {"ru": more}, 15)
        placed.append(say(nodes, "ru", "us", "after"))
        assert_receipted(nodes, placed)
