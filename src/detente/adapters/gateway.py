"""The gateway process: all traffic with peers, and nothing else. It opens the shared store only and holds no signing key.

Coming in: one listener for each peer over mutual TLS 1.3. A request is stored as it is, the house is poked, and the
house's reply is sent back. Going out: jobs the house has committed are carried to the peer's listener, lane by lane, again
and again until an answer comes; the answer is stored as it is. Peers may read their log with us and our copy of theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from detente.adapters.config import Config, Peer, load_config
from detente.adapters.door import TURNED_AWAY, Door
from detente.adapters.inherited import inherited_poke, leave_with_supervisor, send_poke, take_pokes
from detente.adapters.store_shared import SqliteShared
from detente.adapters.store_traffic import FULL, Link
from detente.adapters.tiles_served import Served
from detente.adapters.tls import SERVER_NAME, client_context, server_context
from detente.errors import DetenteError, LocalError
from detente.node.ports import Job, settles
from detente.proof.wire import MAX_BODY, TYPE_TEXT

REPLY_SECONDS = 20.0
FIRST_PAUSE, LAST_PAUSE = 0.1, 3.0
SAID_DOWN_AFTER = 2
OPENINGS = ("open", "sqlite3.connect", "os.listdir", "os.scandir")
NOT_NOW = (503, TYPE_TEXT, b"refused: not now\n")


def bar_private(folder: Path) -> None:
    """From now on this process refuses to open anything of the private folder (a fault, not a defence by itself)."""
    barred = str(folder.resolve())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in OPENINGS and arguments and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.fsdecode(arguments[0])
            if event == "sqlite3.connect":
                path = path.removeprefix("file:").partition("?")[0]
            path = os.path.realpath(path)
            if path == barred or path.startswith(barred + "/"):
                raise LocalError("gateway-barred", "the gateway tried to open the private store", where=path)

    sys.addaudithook(hook)


def _listen(peer: Peer) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
        listener = socket.create_server((peer.host.strip("[]"), peer.port), family=family)
        # accepted sockets inherit it; asyncio sets it only where the protocol number is given, and create_server gives none
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        what = f"cannot listen for {peer.code}: {error.strerror or error}"
        raise LocalError("cannot-listen", what, where=f"{peer.host}:{peer.port}") from error


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The whole body of an answer; one that is cut or too long is no answer."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(65_536):
        size += len(chunk)
        if size > MAX_BODY:
            raise aiohttp.ClientError("answered more than any answer holds")
        chunks.append(chunk)
    return b"".join(chunks)


class _Server(uvicorn.Server):
    """A uvicorn server among several in one process; signals are the process's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Gateway:
    """Listeners and couriers of one node."""

    def __init__(self, config: Config, poke: socket.socket) -> None:
        self._config = config
        self._poke = poke
        self._store = SqliteShared(config.shared_db, max_pages=config.max_pages, durable=False)
        self._served = Served(self._store, config.terms(), config.code)
        self._door = Door(self._store)
        self._pending: dict[int, asyncio.Future[tuple[int, str, bytes]]] = {}
        self._requests: set[asyncio.Task[Any]] = set()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._last_drop = 0
        self._leaving = False

    async def run(self) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.add_reader(self._poke, self._poked)
        sockets = [_listen(peer) for peer in self._config.peers.values()]
        servers = [self._server(peer) for peer in self._config.peers.values()]
        for code in self._config.peers:
            connector = aiohttp.TCPConnector(ssl=client_context(self._config.tls(code)), limit=8)
            timeout = aiohttp.ClientTimeout(total=30, connect=5)
            self._sessions[code] = aiohttp.ClientSession(connector=connector, timeout=timeout)
        tasks = [asyncio.create_task(server.serve([each])) for server, each in zip(servers, sockets, strict=True)]
        with contextlib.suppress(LocalError), self._store.transaction():
            self._store.set_meta("gateway pid", str(os.getpid()))
        self._carry()
        while not stop.is_set() and not any(task.done() for task in tasks):
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)
            self._carry()
        loop.remove_reader(self._poke)
        self._leaving = True
        for each in self._requests:
            each.cancel()
        for server in servers:
            server.should_exit = True
        for lane in self._lanes.values():
            lane.cancel()
        await asyncio.gather(*self._lanes.values(), return_exceptions=True)
        await asyncio.gather(*(session.close() for session in self._sessions.values()))
        await asyncio.wait(tasks, timeout=2)
        self._store.close()

    # coming in

    def _server(self, peer: Peer) -> uvicorn.Server:
        context = server_context(self._config.tls(peer.code))

        async def post(request: Request) -> Response:
            return await self._take(peer.code, request)

        async def get(request: Request) -> Response:
            status, kind, body = NOT_NOW if self._leaving else self._served.get(peer.code, request.url.path)
            return Response(body, status, media_type=kind)

        routes = [
            Route("/{path:path}", post, methods=["POST"]),
            Route("/mirror/{path:path}", get, methods=["GET"]),
            Route("/log/{path:path}", get, methods=["GET"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            host=peer.host,
            port=peer.port,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
        )
        config.load()
        config.ssl = context
        return _Server(config)

    async def _take(self, peer: str, request: Request) -> Response:
        """The answer to one request; whoever is under way with one when this process leaves is told to come again."""
        if self._leaving:
            return Response(NOT_NOW[2], NOT_NOW[0], media_type=NOT_NOW[1])
        if not self._door.enter(peer):
            return Response(TURNED_AWAY.body, TURNED_AWAY.status, media_type=TYPE_TEXT)
        chunks: list[bytes] = []
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - uvicorn runs each request in a task
        self._requests.add(task)
        try:
            return await self._admitted(peer, request, chunks)
        except asyncio.CancelledError:  # only ever by a gateway that leaves
            return Response(NOT_NOW[2], NOT_NOW[0], media_type=NOT_NOW[1])
        finally:
            self._requests.discard(task)
            self._door.leave(peer, sum(map(len, chunks)))

    async def _admitted(self, peer: str, request: Request, chunks: list[bytes]) -> Response:
        size = status = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    status = 413
                    break
                if not self._door.carry(peer, len(chunk)):
                    return Response(TURNED_AWAY.body, TURNED_AWAY.status, media_type=TYPE_TEXT)
                chunks.append(chunk)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it; half a request is none
        try:
            number = self._store.add_request(peer, request.url.path, b"" if status else b"".join(chunks), status)
        except LocalError:
            self._poke_house(FULL)
            return Response(NOT_NOW[2], 503, media_type=TYPE_TEXT)
        future: asyncio.Future[tuple[int, str, bytes]] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        self._poke_house()
        try:
            status, kind, body = await asyncio.wait_for(future, REPLY_SECONDS)
        except TimeoutError:
            status, kind, body = NOT_NOW
        finally:
            self._pending.pop(number, None)
        return Response(body, status, media_type=kind)

    def _poke_house(self, word: bytes = b"g") -> None:
        send_poke(self._poke, word)

    def _poked(self) -> None:
        take_pokes(self._poke)
        for number, reply in self._store.take_replies(list(self._pending)).items():
            future = self._pending[number]
            if not future.done():
                future.set_result(reply)
        self._carry()

    # going out

    def _carry(self) -> None:
        """Start a courier in every lane that has jobs and none."""
        for name in self._store.lanes():
            task = self._lanes.get(name)
            if task is None or task.done():
                self._lanes[name] = asyncio.create_task(self._lane(name))
        self._drop_replies()

    def _drop_replies(self) -> None:
        """Once in a while forget replies that have been sent, and count what was turned away."""
        if time.monotonic() - self._last_drop > 5:
            self._last_drop = int(time.monotonic())
            self._door.save()
            with contextlib.suppress(LocalError):
                self._store.drop_replies(min(self._pending, default=2**62))

    async def _lane(self, lane: str) -> None:
        pause, failures = FIRST_PAUSE, 0
        while job := self._store.next_job(lane):
            peer = self._config.peers.get(job.peer)
            if peer is None:
                self._answer(job, 502, b"no such peer configured")
                continue
            try:
                kind = {"Content-Type": job.type} if job.method == "POST" else None
                async with self._sessions[job.peer].request(
                    job.method,
                    peer.url + job.path,
                    data=job.body if job.method == "POST" else None,
                    headers=kind,
                    server_hostname=SERVER_NAME.format(code=job.peer),
                ) as response:
                    body = await _whole(response)
                    status = response.status
                if not settles(job.path, status, body):
                    raise aiohttp.ClientError(f"answered {status}")
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                failures += 1
                if failures >= SAID_DOWN_AFTER:
                    self._link(job.peer, False, str(error) or type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(LAST_PAUSE, pause * 2)
                continue
            pause, failures = FIRST_PAUSE, 0
            self._link(job.peer, True, "")
            if not self._answer(job, status, body):
                await asyncio.sleep(LAST_PAUSE)

    def _answer(self, job: Job, status: int, body: bytes) -> bool:
        try:
            self._store.add_answer(job, status, body)
        except LocalError:
            self._poke_house(FULL)
            return False
        self._poke_house()
        return True

    def _link(self, peer: str, up: bool, error: str) -> None:
        known = next((link for link in self._store.links() if link.peer == peer), None)
        if known is None or known.up != up:
            with contextlib.suppress(LocalError):
                self._store.set_link(Link(peer, up, time.time_ns() // 1_000_000, error))


def main() -> None:
    """Entry point of the process; the poke descriptor is inherited from the supervisor."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--poke", type=int, required=True)
    parser.add_argument("--life", type=int, required=True)
    arguments = parser.parse_args()
    leave_with_supervisor(arguments.life)
    try:
        config = load_config(arguments.config)
        bar_private(config.private)
        uvloop.run(Gateway(config, inherited_poke(arguments.poke)).run())
    except DetenteError as error:
        print(f"gateway: {error}", file=sys.stderr, flush=True)
        sys.exit(4 if error.code in ("disk-full", "cannot-listen") else 3)  # 3: it is not started again


if __name__ == "__main__":
    main()
