"""The house process: the only one that opens the private store, verifies, signs and countersigns.

It has no network. Peers' bytes reach it as rows of the shared store's inbox, put there by the gateway; what it wants
sent it leaves there as jobs. Operators speak to it over the control socket. One thread, one batch at a time:
everything that has come in since the last batch is handled in one transaction, then answered. If that transaction cannot
be kept, each of its parts is tried by itself, so that none holds up another: a request that fails leaves nothing behind.

Only one house process works on a store at a time (house_opening.only_one): two would sign two histories.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from detente.adapters.alerts import Alerts
from detente.adapters.changes import Changes
from detente.adapters.commands import Commands, Waiting
from detente.adapters.config import Config, load_config
from detente.adapters.control import LIMIT, error_value
from detente.adapters.house_opening import open_house
from detente.adapters.inherited import inherited_key, inherited_poke, leave_with_supervisor, send_poke, take_pokes
from detente.adapters.store_traffic import FULL, Inbox
from detente.errors import DetenteError, LocalError
from detente.node.ports import Refused
from detente.proof.wire import TYPE_TEXT

BATCH = 64
STATEMENTS = 512
COLLECT = (20_000, 20, 20)  # a batch makes some 10,000 objects and drops them all
TICK_SECONDS = 0.5
KNOWING = {
    "state", "changes", "refusals", "next_due", "receipt", "drafts", "compare", "areas", "lists", "record", "may", "policy",
    "approvals", "approval_request", "picture", "stops", "watch_screen",
}  # fmt: skip
"""Requests that write nothing."""
Asked = tuple[dict[str, Any], "asyncio.Future[dict[str, Any]]"]


class HouseProcess:
    """The loop around one house."""

    def __init__(self, config: Config, key: bytes, poke: socket.socket) -> None:
        self.house, self.store, self.private, self.clock = open_house(config, key)
        alerts = Alerts(config.alert, config.folder)
        self.commands = Commands(self.house, self.store, self.private, self.clock, config.most_per_day, alerts)
        self._config = config
        self._poke = poke
        self._queue: list[Asked] = []
        self._waiting: list[tuple[Waiting | Changes, asyncio.Future[dict[str, Any]]]] = []
        self._lines: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._fatal: Exception | None = None
        self._full = False
        self._started = False
        self._scheduled = False

    async def run(self) -> None:
        """Serve until told to stop."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        self._tick()
        gc.freeze()  # what a node holds for good, its trees above all, is not looked through again for cycles
        gc.set_threshold(*COLLECT)
        loop.add_reader(self._poke, self._poked)
        path = self._config.control
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._dialled, path=str(path), limit=LIMIT)
        os.chmod(path, 0o600)
        while not self._stop.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TICK_SECONDS)
            if not self._stop.is_set():
                self._tick()
        server.close()
        loop.remove_reader(self._poke)
        await self._hang_up()
        self.store.close()
        self.private.close()
        if self._fatal is not None:  # not a refusal to start: the supervisor starts us again
            raise RuntimeError("the house had to stop") from self._fatal

    def _poked(self) -> None:
        if FULL in take_pokes(self._poke):
            self._try_the_disk()
        self._soon()

    def _soon(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work)

    async def _hang_up(self) -> None:
        """End every operator's line; who waits for a receipt learns of it after the next start."""
        for task in self._lines:
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def _dialled(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(line)
                writer.write(msgspec.json.encode(answer) + b"\n")
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
        except (ValueError, RecursionError) as error:
            return {"error": error_value(LocalError("request-invalid", f"not a request: {error}"))}
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._queue.append((request, future))
        self._soon()
        return await future

    def _work(self) -> None:
        """One batch: what has come in, one transaction, then the answers; then the next, once the lines were looked at."""
        self._scheduled = False
        if self._stop.is_set():
            return
        try:
            items = self.store.inbox(BATCH) if self._started else []
            queue = self._next_requests()
            if not items and not queue:
                return
            error = self._keep(items, queue)
            if error is not None:
                for item in items:
                    self._keep_item(item)
                for asked in queue:
                    self._keep_request(asked)
            self._settle_waiting()
            send_poke(self._poke, b"h")
            if self._queue or error is None:
                self._soon()
        except Exception as error:
            self._fatal = error
            self._stop.set()

    def _next_requests(self) -> list[Asked]:
        """Requests for one batch. Not all at once: the first statements are on their way while the next are signed."""
        count = weight = 0
        while count < len(self._queue) and weight < STATEMENTS:
            many = self._queue[count][0].get("many")
            weight += len(many) if isinstance(many, list) else 1
            count += 1
        queue, self._queue = self._queue[:count], self._queue[count:]
        return queue

    def _keep(self, items: Sequence[Inbox], queue: Sequence[Asked]) -> Exception | None:
        """Handle all of these in one transaction and answer them; or none of them, then why not."""
        done: list[tuple[asyncio.Future[dict[str, Any]], dict[str, Any] | Waiting | Changes]] = []
        now = self.clock.now()
        try:
            with self.house.batch(now):
                for item in items:
                    self._handle(item, now)
                for request, future in queue:
                    if not self._started and request.get("do") not in KNOWING:
                        raise LocalError("disk-full", self.commands.trouble)
                    done.append((future, self.commands.run(request)))
        except OSError:
            raise  # the mark beside the store, after COMMIT: what stands must not be tried again
        except Exception as error:
            self.commands.undone()
            self._say_full(error)
            return error
        self.commands.committed()
        for future, answer in done:
            if isinstance(answer, Waiting | Changes):
                self._waiting.append((answer, future))
            elif not future.done():
                future.set_result(answer)
        return None

    def _handle(self, item: Inbox, now: int) -> None:
        if item.job:
            self.house.answered(item.peer, item.purpose, item.status, item.body, now)
            self.store.settle(item, 0, "", b"")
        elif item.status:
            self.store.add_refusal(
                Refused(now, item.peer, "", -1, "too-large", f"a body beyond the limit to {item.path[:80]}")
            )
            self.store.settle(item, item.status, TYPE_TEXT, b"refused: too-large\n")
        else:
            reply = self.house.serve(item.peer, item.path, item.body, now)
            self.store.settle(item, reply.status, reply.type, reply.body)

    def _keep_item(self, item: Inbox) -> None:
        """One piece of input by itself. What finds no room is put off; what nobody foresaw is refused and said."""
        error = self._keep([item], [])
        if error is None:
            return
        full = isinstance(error, LocalError) and error.code == "disk-full"
        if isinstance(error, LocalError) and not full:
            raise error
        if full and item.job:
            return
        now, status = self.clock.now(), 503 if full else 500
        if not full:
            traceback.print_exception(error)
        with contextlib.suppress(LocalError), self.house.batch(now):
            if not full:
                what = f"{type(error).__name__} at {item.path[:80]}; see the node's log"
                self.store.add_refusal(Refused(now, item.peer, "", -1, "internal", what))
            self.store.settle(item, status, TYPE_TEXT, b"refused: not now\n" if full else b"refused: internal\n")

    def _keep_request(self, asked: Asked) -> None:
        """One operator's request by itself; what went wrong is the answer. Knowing needs no room on the disk."""
        error = self._keep([], [asked])
        if isinstance(error, LocalError) and error.code == "disk-full" and asked[0].get("do") in KNOWING:
            answer = self.commands.run(asked[0])
            if isinstance(answer, Waiting | Changes):
                self._waiting.append((answer, asked[1]))
            elif not asked[1].done():
                asked[1].set_result(answer)
            return
        if error is None:
            return
        if isinstance(error, LookupError | TypeError | ValueError | ArithmeticError):
            error = LocalError("request-invalid", f"the request lacks or mistypes {error}")
        elif not isinstance(error, DetenteError):
            raise error
        if not asked[1].done():
            asked[1].set_result({"error": error_value(error)})

    def _settle_waiting(self) -> None:
        still: list[tuple[Waiting | Changes, asyncio.Future[dict[str, Any]]]] = []
        for waiting, future in self._waiting:
            if future.cancelled():
                continue
            if waiting.ready(self.house):
                if not future.done():
                    future.set_result(waiting.answer)
            else:
                still.append((waiting, future))
        self._waiting = still

    def _tick(self) -> None:
        """Twice a second: start if that has not succeeded yet, do what is due, and see whether trouble is over."""
        now = self.clock.now()
        self._full = False
        try:
            if not self._started:
                self.house.start(now)
                self._started = True
            with self.house.batch(now):
                if self.clock.scenario:
                    self.house.retry()  # what is due by the clock is done when the driver says so
                else:
                    self.house.tick(now)
            if not self.clock.scenario:
                self.commands.sayings.shred(now)
                self.commands.sites.annexes.shred(now)
                self._send_ready(now)
            self.commands.stops.tick(now)
        except LocalError as error:
            if error.code != "disk-full":
                raise
            self._say_full(error)
        self._work()
        self._settle_waiting()
        if self.commands.trouble and not self._full:
            self._try_the_disk()

    def _send_ready(self, now: int) -> None:
        """Drafts that were put forward and may go now."""
        if not self.commands.release.due(now):
            return
        try:
            with self.house.batch(now):
                self.commands.release.run(now)
        except BaseException:
            self.commands.undone()
            raise
        self.commands.committed()
        send_poke(self._poke, b"h")

    def _say_full(self, error: Exception) -> None:
        """A full disk is said once and survived; nothing is signed meanwhile."""
        if isinstance(error, LocalError) and error.code == "disk-full":
            self._full = True
            if not self.commands.trouble:
                self.commands.trouble = str(error)
                print(f"{self._config.code}: {error}", file=sys.stderr, flush=True)

    def _try_the_disk(self) -> None:
        """Whether the store can be written: in trouble, or when the gateway found that it cannot."""
        try:
            self.store.try_writing()
        except LocalError as error:
            self._say_full(error)
            return
        if self.commands.trouble:
            print(f"{self._config.code}: the store can be written again", file=sys.stderr, flush=True)
        self.commands.trouble = ""


async def _run(config: Config, key: bytes, poke: socket.socket) -> None:
    await HouseProcess(config, key, poke).run()


def main() -> None:
    """Entry point of the process; descriptors are inherited from the supervisor."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--poke", type=int, required=True)
    parser.add_argument("--life", type=int, required=True)
    parser.add_argument("--key", type=int, required=True)
    arguments = parser.parse_args()
    leave_with_supervisor(arguments.life)
    key = inherited_key(arguments.key)
    try:
        uvloop.run(_run(load_config(arguments.config), key, inherited_poke(arguments.poke)))
    except DetenteError as error:
        print(f"house: {error}", file=sys.stderr, flush=True)
        sys.exit(4 if error.code == "disk-full" else 3)  # 3: the supervisor does not start it again
    except Exception:
        traceback.print_exc()
        sys.exit(4)


if __name__ == "__main__":
    main()
