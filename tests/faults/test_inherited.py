"""What passes between a supervisor and its children, cut at each of its instants: one line or none, never a traceback."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from detente.adapters import supervisor
from detente.adapters.config import add_peer, load_config
from detente.adapters.control import Control
from detente.adapters.inherited import inherited_poke, send_poke, take_pokes
from detente.adapters.setup import begin_config, init_node
from detente.adapters.store_private import load_store_key
from detente.adapters.supervisor import Supervisor
from detente.errors import LocalError
from tests.faults.nodes import (
    assert_no_traceback,
    await_child,
    client_tls,
    connect,
    eventually,
    origin,
    processes_of,
    request,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    """Three nodes for all tests of this file, none of them running before a test starts it."""
    with three(tmp_path_factory.mktemp("inherited"), started=False) as made:
        yield made


class Child:
    """One of a node's processes without a supervisor; this process holds what a supervisor would."""

    def __init__(self, module: str, config: Path, key: bytes | None = None) -> None:
        self.ours, theirs = socket.socketpair()
        read, self.life = os.pipe()
        key_read, self.key_write = os.pipe()
        command = [sys.executable, "-m", f"detente.adapters.{module}", "--config", str(config)]
        command += ["--poke", str(theirs.fileno()), "--life", str(read)]
        command += ["--key", str(key_read)] if module == "house_process" else []
        if key is not None:
            os.write(self.key_write, key)
            os.close(self.key_write)
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno(), read, key_read], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        theirs.close()
        os.close(read)
        os.close(key_read)

    def lose_supervisor(self) -> None:
        os.close(self.life)

    def ended(self) -> tuple[int, str]:
        """Exit status and all it said."""
        said = self.process.communicate(timeout=60)[0]
        return self.process.returncode, said.decode()


@pytest.mark.parametrize("key", [b"", bytes(31)])
def test_a_house_that_gets_no_key_says_so_in_one_line(nodes, key):
    house = Child("house_process", nodes.configs["us"].folder, key)
    assert house.ended() == (4, "house: the supervisor ended before it had handed over the store key\n")
    house.lose_supervisor()


def test_the_key_is_in_the_pipe_before_there_is_a_house(nodes, monkeypatch):
    """So neither a supervisor killed after that start nor a house killed at once leaves the other with half of it."""
    seen = []

    def spawn(command, pass_fds, **_):
        if "--key" in command:
            descriptor = int(command[-1])
            assert descriptor in pass_fds
            seen.extend([os.read(descriptor, 100), os.read(descriptor, 100)])
        return subprocess.Popen([sys.executable, "-c", ""])  # ends at once, and has read nothing

    config = nodes.configs["us"]
    one = Supervisor(config.folder)
    one._prepare()
    one._house_end, one._gateway_end = socket.socketpair()
    one._life, ours = os.pipe()
    monkeypatch.setattr(supervisor, "_spawn", lambda command, passed, user: spawn(command, passed))
    for name in ("house", "gateway"):
        one._start(name).process.wait(30)
    assert seen == [load_store_key(config.private), b""], "the whole key, then the end: nobody else holds that pipe"
    for descriptor in (one._life, ours):
        os.close(descriptor)


def test_a_house_without_a_supervisor_leaves_while_it_waits_for_its_key(nodes):
    house = Child("house_process", nodes.configs["us"].folder)
    house.lose_supervisor()
    assert house.ended() == (0, "")
    os.close(house.key_write)


def test_a_house_without_a_supervisor_leaves_while_it_opens_its_stores(nodes):
    """Else it would keep the next one from the store, or, as here, wait for the lock and then refuse to start."""
    config = nodes.configs["us"]
    lock = os.open(config.private / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    house = Child("house_process", config.folder, load_store_key(config.private))
    house.lose_supervisor()
    assert house.ended() == (0, "")
    os.close(lock)


def test_a_gateway_without_a_supervisor_leaves_at_once_and_frees_its_ports(nodes):
    config = nodes.configs["us"]
    gateway = Child("gateway", config.folder)
    peer = config.peers["ru"]

    def listens():
        try:
            socket.create_connection((peer.host, peer.port), 5).close()
        except OSError:
            return False
        return True

    eventually(listens)
    gateway.lose_supervisor()
    assert gateway.ended() == (0, "")
    assert not listens()


def test_a_poke_to_one_who_was_killed_with_pokes_unread_is_nothing():
    """The other end of the pair is closed with bytes in it: the next call on ours is a reset, the one after a broken pipe."""
    for first in (send_poke, lambda poke, _: take_pokes(poke)):
        ours, theirs = socket.socketpair()
        poke = inherited_poke(ours.detach())
        send_poke(poke, b"g")
        theirs.close()
        for _ in range(3):
            first(poke, b"g")
            assert take_pokes(poke) == b""
        poke.close()


def test_ctrl_c_while_a_node_starts_ends_it_without_a_word(nodes, tmp_path):
    """A terminal sends SIGINT to the whole group; the children are still importing when it comes."""
    log = tmp_path / "log"
    command = [sys.executable, "-m", "detente.cli.main", "node", "--config", str(nodes.configs["us"].folder)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    eventually(lambda: len(processes_of(nodes.folder, "us")) == 3)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    assert log.read_text() == ""
    assert not processes_of(nodes.folder, "us")


def test_a_house_that_dies_over_an_answer_has_not_answered(tmp_path):
    """Half a line is what a kill leaves of a long answer."""
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def half() -> None:
            line, _ = listener.accept()
            line.recv(1000)
            line.sendall(b'{"logs": [')
            line.close()

        thread = threading.Thread(target=half)
        thread.start()
        with Control(path) as control, pytest.raises(LocalError) as refused:
            control.ask("state")
        thread.join()
    assert refused.value.code == "node-unreachable"


@pytest.fixture
def running(nodes):
    nodes.start()
    nodes.settle()
    yield nodes
    nodes.stop()


def test_a_gateway_told_to_stop_in_the_middle_of_a_body_says_not_now(running):
    path, body = "/cosigner/sign-again", origin("us", "ru").encode()
    gateway = await_child(running, "un", "gateway")
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with connect(running, "un", "us", client_tls(running, "us", "un")) as stream:
        stream.sendall(head.encode() + body[:10])
        assert stream.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n", "it waits for the rest"
        os.kill(gateway, signal.SIGTERM)
        answer = b"".join(iter(lambda: stream.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert answer.endswith(b"\r\n\r\nrefused: not now\n")
    await_child(running, "un", "gateway", gateway)
    assert eventually(lambda: answers(running, path, body))[0] == 200
    assert_no_traceback(running)
    assert "graceful" not in running.log.read_text()


def answers(nodes, path, body):
    try:
        return request(nodes, "us", "un", path, body)
    except OSError:
        return None


def test_a_configuration_is_replaced_at_once(tmp_path):
    """A process that is started again while a peer is added reads the old file or the new one, never a part."""
    init_node(tmp_path, "us", "example.org/line/us")
    begin_config(tmp_path, "us")
    path = tmp_path / "node.toml"
    os.chmod(path, 0o640)
    old = path.read_text()
    with path.open() as opened:
        add_peer(load_config(tmp_path), "ru", "127.0.0.1:7101", "https://127.0.0.1:7201")
        assert opened.read() == old
    assert "ru" in load_config(tmp_path).peers
    assert path.stat().st_mode & 0o777 == 0o640
