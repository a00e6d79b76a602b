"""The house process: the only one that opens the private store, verifies, signs and countersigns.

It has no network. Peers' bytes reach it as rows of the shared store's inbox, put there by the gateway; what it wants
sent it leaves there as jobs. Operators speak to it over the control socket. One thread, one batch at a time:
everything that has come in since the last batch is handled in one transaction, then answered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from detente.adapters.commands import Commands, Waiting
from detente.adapters.config import Config, load_config
from detente.adapters.control import LIMIT, error_value
from detente.adapters.store_private import HighWaterFile, PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.adapters.threads import threaded_verifier
from detente.errors import DetenteError, LocalError
from detente.node.house import House, Settings
from detente.proof.roots import read_root

BATCH = 64
TICK_SECONDS = 0.5


class Clock:
    """Wall time, or the time a scenario's driver has told (kept in the store over restarts)."""

    def __init__(self, config: Config, store: SqliteShared) -> None:
        self.scenario = config.clock == "scenario"
        self._store = store
        self._now = int(store.meta("scenario now") or config.scenario_start)

    def now(self) -> int:
        """Milliseconds UTC."""
        return self._now if self.scenario else time.time_ns() // 1_000_000

    def set(self, now: int) -> None:
        """Tell the scenario time; never backwards, never on a production node."""
        if not self.scenario:
            raise LocalError("clock-invalid", "this node runs on wall time")
        if now < self._now:
            raise LocalError("clock-invalid", f"{now} lies before {self._now}")
        self._now = now
        with self._store.transaction():
            self._store.set_meta("scenario now", str(now))


def open_house(config: Config, key: bytes) -> tuple[House, SqliteShared, PrivateStore, Clock]:
    """Open both stores and wake the house; LocalError with the reason if it may not start."""
    terms = config.terms()
    private = PrivateStore(config.private, key)
    store = SqliteShared(config.shared_db, max_pages=config.max_pages)
    clock = Clock(config, store)
    roots = config.roots(terms)
    settings = Settings(
        config.code, config.agreement(), terms, config.terms_bytes(), roots, production=not clock.scenario
    )
    if config.code not in roots:
        raise LocalError("root-invalid", f"no root document for {config.code}", where=str(config.root_path(config.code)))
    first = read_root(roots[config.code]).document
    high_water = HighWaterFile(config.private / "highwater.json")
    verify = threaded_verifier()
    house = House(settings, store, private.signers(first), high_water, os.urandom, clock.now(), verify)
    if house.state.document.version > 1:
        house.use_keys(private.signers(house.state.document))
    return house, store, private, clock


class HouseProcess:
    """The loop around one house."""

    def __init__(self, config: Config, key: bytes, poke: socket.socket) -> None:
        self.house, self.store, self.private, self.clock = open_house(config, key)
        self.commands = Commands(self.house, self.store, self.private, self.clock)
        self._config = config
        self._poke = poke
        self._queue: list[tuple[dict[str, Any], asyncio.Future[dict[str, Any]]]] = []
        self._waiting: list[tuple[Waiting, asyncio.Future[dict[str, Any]]]] = []
        self._trouble = ""
        self._scheduled = False
        self._stopped = False

    async def run(self) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self.house.start(self.clock.now())
        loop.add_reader(self._poke, self._poked)
        path = self._config.control
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._converse, path=str(path), limit=LIMIT)
        os.chmod(path, 0o600)
        self._soon()
        self._tell_gateway()
        parent = os.getppid()
        while not stop.is_set() and os.getppid() == parent:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_SECONDS)
            self._tick()
        server.close()
        loop.remove_reader(self._poke)
        self._stopped = True
        self.store.close()
        self.private.close()

    def _poked(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._poke.recv(4096)
        self._soon()

    def _soon(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work)

    def _tell_gateway(self) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            self._poke.send(b"h")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(line)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("not an object")
        except ValueError as error:
            return {"error": error_value(LocalError("request-invalid", f"not a request: {error}"))}
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._queue.append((request, future))
        self._soon()
        return await future

    def _work(self) -> None:
        """One batch: everything that has come in, one transaction, then the answers."""
        self._scheduled = False
        while not self._stopped:
            items = self.store.inbox(BATCH)
            queue, self._queue = self._queue, []
            if not items and not queue:
                break
            done: list[tuple[asyncio.Future[dict[str, Any]], dict[str, Any] | Waiting]] = []
            now = self.clock.now()
            if not self._guard(partial(self._batch, items, queue, done, now)):
                failure = {"error": error_value(LocalError("disk-full", self._trouble))}
                for _, future in queue:
                    if not future.done():
                        future.set_result(failure)
                return
            for future, answer in done:
                if isinstance(answer, Waiting):
                    self._waiting.append((answer, future))
                elif not future.done():
                    future.set_result(answer)
            self._settle_waiting()
            self._tell_gateway()

    def _batch(self, items: Any, queue: Any, done: list[Any], now: int) -> None:
        with self.house.batch(now):
            for item in items:
                if item.job:
                    self.house.answered(item.peer, item.purpose, item.status, item.body, now)
                    self.store.settle(item, 0, "", b"")
                else:
                    reply = self.house.serve(item.peer, item.path, item.body, now)
                    self.store.settle(item, reply.status, reply.type, reply.body)
            for request, future in queue:
                done.append((future, self._command(request)))

    def _command(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        try:
            return self.commands.run(request)
        except DetenteError as error:
            if error.code == "disk-full":
                raise
            return {"error": error_value(error)}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": error_value(LocalError("request-invalid", f"the request lacks or mistypes {error}"))}

    def _settle_waiting(self) -> None:
        still: list[tuple[Waiting, asyncio.Future[dict[str, Any]]]] = []
        for waiting, future in self._waiting:
            if waiting.ready(self.house):
                if not future.done():
                    future.set_result(waiting.answer)
            else:
                still.append((waiting, future))
        self._waiting = still

    def _tick(self) -> None:
        def tick() -> None:
            now = self.clock.now()
            with self.house.batch(now):
                if self.clock.scenario:
                    self.house.retry()  # what is due by the clock is done when the driver says so
                else:
                    self.house.tick(now)

        if self._guard(tick):
            self._soon()
            self._tell_gateway()

    def _guard(self, work: Callable[[], None]) -> bool:
        """Run a batch; a full disk is said and survived, nothing is signed meanwhile, and the next tick tries again."""
        try:
            work()
        except LocalError as error:
            if error.code != "disk-full":
                raise
            if self._trouble != str(error):
                print(f"{self._config.code}: {error}", file=sys.stderr, flush=True)
            self._trouble = self.commands.trouble = str(error)
            return False
        if self._trouble:
            print(f"{self._config.code}: the store can be written again", file=sys.stderr, flush=True)
        self._trouble = self.commands.trouble = ""
        return True


def main() -> None:
    """Entry point of the process; descriptors are inherited from the supervisor."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--poke", type=int, required=True)
    parser.add_argument("--key", type=int, required=True)
    arguments = parser.parse_args()
    try:
        with os.fdopen(arguments.key, "rb") as pipe:
            key = pipe.read()
        poke = socket.socket(fileno=arguments.poke)
        poke.setblocking(False)
        asyncio.run(HouseProcess(load_config(arguments.config), key, poke).run())
    except DetenteError as error:
        print(f"house: {error}", file=sys.stderr, flush=True)
        sys.exit(3)
    except Exception:
        traceback.print_exc()
        sys.exit(4)


if __name__ == "__main__":
    main()
