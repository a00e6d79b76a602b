"""Gateway and house, each killed at the worst moment: no reply is lost, mixed up or kept for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import psutil
import pytest

from tests.faults.nodes import (
    PAIRS,
    assert_no_traceback,
    assert_one_history,
    assert_receipted,
    await_child,
    child,
    client_tls,
    connect,
    eventually,
    origin,
    refusals,
    request,
    rest,
    rows,
    say,
    three,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

# Requests of us to un, and how each reply is known from the others.
ASKED = [
    ("/cosigner/sign-again", origin("us", "ru").encode(), 200, origin("us", "ru").encode() + b"\n"),
    ("/cosigner/sign-again", origin("ru", "us").encode(), 200, origin("ru", "us").encode() + b"\n"),
    ("/mirror/sign-again", b"", 200, origin("us", "un").encode() + b"\n"),
    ("/mirror/add-entries", b"?", 400, b"refused: request-invalid"),
    ("/cosigner/sign-again", b"demo/nobody", 404, b"refused: unknown-origin"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Three nodes for all tests of this file."""
    with three(tmp_path_factory.mktemp("gateway")) as made:
        for sender, audience in PAIRS:
            say(made, sender, audience, "hello")
        yield made


@pytest.fixture
def nodes(running):
    """The same, at rest before and after each test, with one history and nothing unforeseen in their log."""
    rest(running)
    yield running
    rest(running)
    assert_one_history(running)
    assert_no_traceback(running)


class Asker(threading.Thread):
    """One request in a thread of its own, and whether its reply was the right one."""

    def __init__(self, nodes, number):
        super().__init__(daemon=True)
        self.nodes = nodes
        self.path, self.body, self.status, self.start_of_reply = ASKED[number % len(ASKED)]
        self.answer = None
        self.start()

    def run(self):
        self.answer = request(self.nodes, "us", "un", self.path, self.body)

    def check(self):
        self.join(30)
        assert not self.is_alive(), f"{self.path} was never answered"
        assert self.answer is not None
        if self.answer[0] == 429:  # more wait at once than one peer may leave (adapters/door.py): refused by that name
            assert self.answer[1].startswith(b"refused: too-many-waiting")
            return
        assert self.answer[0] == self.status, self.answer
        assert self.answer[1].startswith(self.start_of_reply), "another request's reply"


def test_a_house_killed_with_twenty_requests_in_flight_answers_them_all_when_it_is_back(nodes):
    """A request is a row of the store before the house sees it: the next house answers it, to who asked it."""
    house = await_child(nodes, "un", "house")
    os.kill(house, signal.SIGSTOP)  # so that all twenty are under way at the moment of the kill
    path = nodes.configs["un"].shared_db
    askers = [Asker(nodes, n) for n in range(20)]
    eventually(lambda: rows(path, "SELECT count(*) FROM inbox")[0][0] >= 20)
    assert all(asker.is_alive() for asker in askers)
    os.kill(house, signal.SIGKILL)
    for asker in askers:
        asker.check()
    assert await_child(nodes, "un", "house", house)


def test_replies_are_never_mixed_under_load_while_the_house_is_killed(nodes):
    """The same with kills in the stream of requests."""
    askers = []
    for n in range(60):
        askers.append(Asker(nodes, n))
        time.sleep(0.02)
        if n % 20 == 10:
            os.kill(await_child(nodes, "un", "house"), signal.SIGKILL)
    for asker in askers:
        asker.check()


def test_a_gateway_killed_in_the_middle_of_a_body_has_taken_nothing(nodes):
    """Half a request is no request; the same request in full works afterwards."""
    path, body = "/cosigner/sign-again", origin("us", "ru").encode()
    count = len(refusals(nodes, "un"))
    gateway = await_child(nodes, "un", "gateway")
    with connect(nodes, "un", "us", client_tls(nodes, "us", "un")) as stream:
        stream.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:10])
        time.sleep(0.2)
        os.kill(gateway, signal.SIGKILL)
        with contextlib.suppress(OSError):
            assert stream.recv(1) == b"", "an answer to half a request"
    assert await_child(nodes, "un", "gateway", gateway)
    status, answer = eventually(lambda: reachable(nodes, path, body))
    assert status == 200
    assert answer.startswith(body)
    assert len(refusals(nodes, "un")) == count


def reachable(nodes, path, body):
    try:
        return request(nodes, "us", "un", path, body)
    except OSError:
        return None


def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_nothing(nodes):
    count = len(refusals(nodes, "un"))
    for _ in range(20):
        with connect(nodes, "un", "us", client_tls(nodes, "us", "un")) as stream:
            stream.sendall(b"POST /mirror/add-entries HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    Asker(nodes, 0).check()
    assert len(refusals(nodes, "un")) == count


def test_a_gateway_killed_with_requests_in_flight_does_not_give_old_replies_to_new_requests(nodes):
    """Replies to the dead gateway's requests are nobody's: numbers are never used twice."""
    house, gateway = await_child(nodes, "un", "house"), await_child(nodes, "un", "gateway")
    os.kill(house, signal.SIGSTOP)
    threads = [threading.Thread(target=lambda n=n: reachable(nodes, *ASKED[n % 5][:2]), daemon=True) for n in range(20)]
    for thread in threads:
        thread.start()
    path = nodes.configs["un"].shared_db
    eventually(lambda: rows(path, "SELECT count(*) FROM inbox")[0][0] >= 20)
    os.kill(gateway, signal.SIGKILL)
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    await_child(nodes, "un", "gateway", gateway)
    eventually(lambda: reachable(nodes, "/nowhere-get", None))
    askers = [Asker(nodes, n) for n in range(20)]
    os.kill(house, signal.SIGCONT)
    for asker in askers:
        asker.check()


def test_the_table_of_replies_does_not_grow(nodes):
    """The gateway forgets replies it has sent, within seconds, and those nobody waits for."""
    path = nodes.configs["un"].shared_db
    with_one_line = psutil.Process(await_child(nodes, "un", "gateway")).memory_info().rss
    most = 0
    end = time.monotonic() + 7
    count = 0
    while time.monotonic() < end:
        for asker in [Asker(nodes, n) for n in range(10)]:
            asker.check()
            count += 1
        most = max(most, rows(path, "SELECT count(*) FROM reply")[0][0])
    assert count > most
    eventually(lambda: rows(path, "SELECT count(*) FROM reply")[0][0] == 0, 15)
    assert rows(path, "SELECT count(*) FROM inbox") == [(0,)]
    grown = psutil.Process(child(nodes, "un", "gateway")).memory_info().rss - with_one_line
    assert grown < 50_000_000
    placed = [say(nodes, "us", "un", "afterwards")]
    assert_receipted(nodes, placed)
