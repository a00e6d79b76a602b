"""The limit of a round trip: POSTs over the same mutual TLS, to a process of the same stack that stores nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import uvicorn

from detente.adapters.tls import SERVER_NAME, client_context, server_context
from detente.demo.three import free_ports
from ledger_parts.report import Bars, Step

BODY = 1_100  # bytes of an add-entries body with one statement
WARM = 50


def bare_posts(client: Path, server: Path, code: str, count: int, bars: Bars) -> list[float]:
    """Seconds of each POST, one after the other. `client`, `server`: TLS folders; `code`: whose listener it is."""
    (port,) = free_ports(1)
    command = [sys.executable, str(Path(__file__).parent.parent / "ledger.py"), "--bare", str(server), str(port)]
    process = subprocess.Popen(command)
    try:
        with bars.bar("limit: bare POSTs over the same mTLS", WARM + count) as step:
            return asyncio.run(_post(client, code, port, count, step))
    finally:
        process.terminate()
        process.wait()


async def _post(client: Path, code: str, port: int, count: int, step: Step) -> list[float]:
    body = os.urandom(BODY)
    times: list[float] = []
    end = time.monotonic() + 20
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_context(client))) as session:
        while len(times) < WARM + count:
            url, name = f"https://127.0.0.1:{port}/", SERVER_NAME.format(code=code)
            start = time.perf_counter()
            try:
                async with session.post(url, data=body, server_hostname=name) as response:
                    assert await response.read() == body, "the answer is not what was sent"
            except aiohttp.ClientConnectorError:
                assert time.monotonic() < end, "the bare server did not start"
                await asyncio.sleep(0.05)
                continue
            times.append(time.perf_counter() - start)
            step()
    return times[WARM:]


async def _echo(_: Any, receive: Any, send: Any) -> None:
    """The smallest ASGI application that reads a body and sends it back."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def serve(server: Path, port: int) -> None:
    """The process of the bare server, until it is told to stop."""
    config = uvicorn.Config(_echo, host="127.0.0.1", port=port, log_level="error", access_log=False, lifespan="off")
    config.load()
    config.ssl = server_context(server)
    uvicorn.Server(config).run()
