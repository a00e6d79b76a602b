"""Two users: with house and gateway under users of their own, the machine itself keeps the zones apart.

05-resolutions 3: "With one user id the test proves 'holds no key and never opens the path'; the docs say how to run them
under two." Here the gateway's user tries, and the kernel refuses it.
"""

from __future__ import annotations

import dataclasses
import os
import pwd
import shutil
import signal
import site
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import detente
from detente.adapters.config import write_config
from tests.faults.nodes import (
    CODES,
    assert_no_traceback,
    assert_one_history,
    assert_receipted,
    await_child,
    eventually,
    kill,
    log_of,
    processes_of,
    rest,
    say,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
SOURCE = Path(detente.__file__).parent.parent


def users():
    """Two users with groups of their own and a third one, from those every Debian has."""
    found: list[pwd.struct_passwd] = []
    for name in ("daemon", "nobody", "games", "www-data", "mail"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        if user.pw_uid and user.pw_gid not in {other.pw_gid for other in found}:
            found.append(user)
    return found


def run_as(user, command, **more):
    """A command as this user, with its own group and no other."""
    return subprocess.run(
        command,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        **more,
    )


def interpreter(user):
    """A Python that this user can run and that finds what the node needs, with its environment; None if there is none."""
    packages = os.pathsep.join([str(SOURCE), *site.getsitepackages()])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": packages}
    needed = "import uvicorn, aiohttp, msgspec, nacl.secret, cryptography.x509, click, yaml, detente"
    for path in (
        sys.executable,
        f"/usr/bin/python3.{sys.version_info.minor}",
        f"/usr/local/bin/python3.{sys.version_info.minor}",
    ):
        try:
            if run_as(user, [path, "-c", needed], env=environment, cwd="/").returncode == 0:
                return path, environment
        except OSError:
            continue
    return None


@pytest.fixture(scope="module")
def apart():
    """Three nodes; us runs its house and its gateway as two users. Gives the nodes, the users, and how to start us."""
    if os.geteuid() != 0:
        pytest.skip("only root can run processes as two users")
    found = users()
    if len(found) < 3:
        pytest.skip("this machine has too few users")
    python = interpreter(found[1])
    if python is None:
        pytest.skip("no Python that another user may run has the packages")
    folder = Path(tempfile.mkdtemp(prefix="detente-users-"))  # pytest's folders are closed to other users
    folder.chmod(0o755)
    try:
        with three(folder, started=False) as nodes:
            configured = dataclasses.replace(
                nodes.configs["us"], house_user=found[0].pw_name, gateway_user=found[1].pw_name
            )
            nodes.configs["us"] = configured
            write_config(configured)

            def start():
                command = [python[0], "-m", "detente.cli.main", "node", "--config", str(configured.folder)]
                with nodes.log.open("ab") as log:
                    process = subprocess.Popen(
                        command, stdout=log, stderr=log, start_new_session=True, env=python[1], cwd="/"
                    )
                nodes._processes["us"] = process
                nodes.line("us")

            nodes.start("ru", "un")
            start()
            rest(nodes)
            yield nodes, found, start
            assert_no_traceback(nodes)
    finally:
        shutil.rmtree(folder)


def identity(pid):
    fields = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    return (
        {int(n) for n in fields["Uid"].split()},
        {int(n) for n in fields["Gid"].split()},
        set(fields["Groups"].split()),
    )


def test_house_and_gateway_run_as_their_users_and_nothing_of_root_is_left(apart):
    """Real, effective, saved and file-system ids; the house is in the gateway's group too (they share the store)."""
    nodes, (house, gateway, *_), _ = apart
    assert identity(await_child(nodes, "us", "gateway")) == ({gateway.pw_uid}, {gateway.pw_gid}, set())
    assert identity(await_child(nodes, "us", "house")) == ({house.pw_uid}, {house.pw_gid}, {str(gateway.pw_gid)})


def test_the_two_work_together(apart):
    """Statements go out and come in, receipts are given and had, also after either was killed."""
    nodes, _, _ = apart
    placed = [say(nodes, "us", "ru", "out"), say(nodes, "ru", "us", "in"), say(nodes, "us", "un", "out")]
    for name in ("gateway", "house", "gateway"):
        before = await_child(nodes, "us", name)
        kill(before, signal.SIGKILL)
        await_child(nodes, "us", name, before)
        nodes.hang_up("us")
        eventually(lambda: not log_of(nodes, "us", "ru")["closed"])
        placed += [say(nodes, "us", "ru", f"{name} is back"), say(nodes, "ru", "us", f"{name} is back")]
    rest(nodes)
    assert_receipted(nodes, placed)
    assert_one_history(nodes)


READ = "import sys\ntry: open(sys.argv[1], 'rb').read()\nexcept PermissionError: sys.exit(13)"
LIST = "import os, sys\ntry: os.listdir(sys.argv[1])\nexcept PermissionError: sys.exit(13)"
DIAL = """import socket, sys
try: socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except PermissionError: sys.exit(13)"""


def attempt(user, code, path):
    """True if the user may, False if the kernel refuses it."""
    python, environment = interpreter(user)
    done = run_as(user, [python, "-c", code, str(path)], env=environment, cwd="/")
    assert done.returncode in (0, 13), done.stderr
    return done.returncode == 0


def test_the_gateways_user_reads_nothing_private(apart):
    """The claim itself: not the store, not the key, not even the names; nor can it speak to the house as an operator."""
    nodes, (_, gateway, *_), _ = apart
    us = nodes.configs["us"]
    files = sorted(us.private.iterdir())
    assert {"private.db", "store.key", "highwater.json"} <= {path.name for path in files}
    assert not any(attempt(gateway, READ, path) for path in files)
    assert not attempt(gateway, LIST, us.private)
    assert not attempt(gateway, DIAL, us.control)
    # the control: what it needs it can read
    for path in (us.shared_db, us.root_path("us"), us.tls("ru") / "listener.key", us.folder / "node.toml"):
        assert attempt(gateway, READ, path), path


def test_the_houses_user_reads_no_tls_key_and_a_stranger_reads_nothing(apart):
    nodes, (house, _, stranger, *_), _ = apart
    us = nodes.configs["us"]
    assert attempt(house, READ, us.private / "private.db")
    assert attempt(house, READ, us.shared_db)
    keys = [*(us.shared / "tls").glob("*/*.key")]
    assert len(keys) == 4
    assert not any(attempt(house, READ, path) for path in keys)
    everything = [path for path in us.folder.rglob("*") if path.is_file() and "public" not in path.parts]
    assert len(everything) > 20
    assert not any(attempt(stranger, READ, path) for path in [us.shared_db, us.private / "private.db", *keys])
    assert not attempt(stranger, LIST, us.folder)


def test_a_node_of_two_users_can_be_stopped_and_started(apart):
    """Files made since the first start have the right owners; a backup copied back by root is shared out again."""
    nodes, _, start = apart
    nodes.stop("us")
    for path in [*nodes.configs["us"].shared.glob("shared.db*"), *nodes.configs["us"].private.iterdir()]:
        os.chown(path, 0, 0)
        path.chmod(0o600)
    start()
    rest(nodes)
    assert_receipted(nodes, [say(nodes, "us", "ru", "started again"), say(nodes, "ru", "us", "started again")])
    for code in CODES:
        assert len(processes_of(nodes.folder, code)) == 3


@pytest.mark.parametrize(
    ("house", "gateway", "words"),
    [
        ("no-such-user", "nobody", "no user 'no-such-user'"),
        ("daemon", "", "no user ''"),
        ("daemon", "daemon", "two users"),
        ("root", "daemon", "not root"),
    ],
)
def test_users_that_cannot_be_used_are_named(tmp_path, house, gateway, words):
    """config-invalid, exit code 3, nothing started."""
    with three(tmp_path, started=False) as nodes:
        us = dataclasses.replace(nodes.configs["us"], house_user=house, gateway_user=gateway)
        write_config(us)
        command = [sys.executable, "-m", "detente.cli.main", "node", "--config", str(us.folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 3
        assert "[config-invalid; fault: ours]" in done.stderr
        if os.geteuid() == 0 or house == "no-such-user":
            assert words in done.stderr


def test_a_socket_in_a_closed_folder_is_out_of_reach(tmp_path):
    """The control of DIAL: the refusal is the folder's, not the absence of a listener."""
    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        done = subprocess.run([sys.executable, "-c", DIAL, str(path)], check=False, timeout=30)
    assert done.returncode == 0
