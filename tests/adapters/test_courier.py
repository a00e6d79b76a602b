"""The gateway's couriers over a real socket: what settles a job, and what is asked again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterable
from types import SimpleNamespace

import aiohttp

from detente.adapters import gateway as gateway_module
from detente.adapters.config import Peer
from detente.adapters.gateway import Gateway, _listen
from detente.adapters.store_shared import SqliteShared

BEHIND = b"demo/test/us/to-ru\n5\nAAAA\n\n\xe2\x80\x94 demo/test/us/to-ru AAAA\n"


def answer(status: int, body: bytes, *, told: int | None = None) -> bytes:
    """An HTTP answer; `told`: the length it says it has."""
    length = len(body) if told is None else told
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, length) + body


def endless(body: bytes) -> bytes:
    """An answer without a length, to the end of the connection."""
    return b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + body


def carried(path: str, answers: Iterable[bytes]) -> list[tuple[int, bytes]]:
    """What the house finds in its inbox once one job to `path` has been answered by one answer after the other."""
    waiting = list(answers)

    async def run() -> list[tuple[int, bytes]]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(waiting.pop(0))
                await writer.drain()
                writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        store = SqliteShared(None)
        with store.transaction():
            store.add_job("ru", "lane", "GET", path, "", b"", "p")
        courier = object.__new__(Gateway)  # its listeners and TLS are other tests' business
        courier._config = SimpleNamespace(peers={"ru": Peer("ru", "127.0.0.1", port, f"http://127.0.0.1:{port}")})  # type: ignore[assignment]
        courier._store = store
        courier._poke, house_end = socket.socketpair()
        courier._sessions = {"ru": aiohttp.ClientSession()}
        with contextlib.suppress(TimeoutError):  # it asks for ever: the inbox shows what it took
            await asyncio.wait_for(courier._lane("lane"), 5)
        await courier._sessions["ru"].close()
        server.close()
        courier._poke.close()
        house_end.close()
        found = [(item.status, item.body) for item in store.inbox()]
        store.close()
        return found

    return asyncio.run(run())


def test_an_answer_that_is_cut_or_too_long_is_none(monkeypatch):
    monkeypatch.setattr(gateway_module, "MAX_BODY", 300_000)
    monkeypatch.setattr(gateway_module, "FIRST_PAUSE", 0.01)
    whole = b"w" * 250_000  # more than one read brings
    cut, long = answer(200, b"half", told=1_000), endless(b"x" * 300_001)
    assert carried("/mirror/add-entries", [cut, long, answer(200, whole)]) == [(200, whole)]


def test_not_now_is_asked_again_and_being_behind_is_an_answer(monkeypatch):
    monkeypatch.setattr(gateway_module, "FIRST_PAUSE", 0.01)
    busy, full = answer(429, b"refused: too-many-waiting\n"), answer(503, b"refused: not now\n")
    fine = answer(200, b"fine")
    for path in ("/mirror/add-entries", "/cosigner/add-checkpoint"):
        assert carried(path, [busy, full, answer(503, BEHIND), fine]) == [(200, b"fine")]
    for path in ("/mirror/sign-again", "/cosigner/sign-again"):
        assert carried(path, [busy, full, answer(503, BEHIND)]) == [(503, BEHIND)]


def test_accepted_connections_send_at_once():
    """Without it a receipt waits 40 ms for a delayed acknowledgement."""
    listener = _listen(Peer("ru", "127.0.0.1", 0, ""))
    with listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
