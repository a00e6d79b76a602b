"""One node: a supervisor, the house process, the gateway process and, if configured, the pages. What dies is started again.

The supervisor reads the store key and hands it to the house through an inherited pipe; the gateway never gets it. The two
are joined by a socket pair for pokes; all that matters passes through the shared store. Both hold the reading end of a
pipe whose writing end is the supervisor's alone: if it is killed, they read its end and leave at once (inherited.py).
Ctrl-C in a terminal reaches all three; only the supervisor minds it, and ends the others.

Under root they can run as two users (node.toml, [users]); adapters/users.py gives each what is its own.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.adapters.config import Config, load_config
from detente.adapters.store_private import load_store_key
from detente.adapters.tls import client_context, server_context
from detente.adapters.users import Account, account, share_out
from detente.errors import DetenteError, LocalError

FIRST_PAUSE, LAST_PAUSE, CALM = 0.05, 5.0, 1.0
REFUSED_TO_START = 3


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE


class Supervisor:
    """Starts and restarts the two processes of a node."""

    def __init__(self, config_path: Path, passphrase: str = "") -> None:
        self._path = config_path
        self._passphrase = passphrase
        self._stop = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit status, REFUSED_TO_START with the reason on stderr if it cannot start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        try:
            self._prepare()
        except DetenteError as error:
            print(f"detente: {error}", file=sys.stderr, flush=True)
            return REFUSED_TO_START
        self._house_end, self._gateway_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._life, _ours = os.pipe()  # never written to and never closed: its end is the end of this process
        return self._watch()

    def _prepare(self) -> None:
        self.config: Config = load_config(self._path)
        if not self.config.peers:
            raise LocalError("config-invalid", "no peers are configured", where=str(self._path))
        self._key = load_store_key(self.config.private, self._passphrase)
        for peer in self.config.peers:
            server_context(self.config.tls(peer))
            client_context(self.config.tls(peer))
        self._accounts: dict[str, Account] = {}
        if self.config.house_user or self.config.gateway_user:
            house = account(self.config.house_user, "users.house")
            gateway = account(self.config.gateway_user, "users.gateway")
            share_out(self.config, house, gateway)
            self._accounts = {"house": house, "gateway": gateway}

    def _watch(self) -> int:
        names = ("house", "gateway", "web") if self.config.web else ("house", "gateway")
        children = {name: self._start(name) for name in names}
        status = 0
        while not self._stop:
            time.sleep(0.02)
            for name, child in children.items():
                code = child.process.poll()
                if code is None:
                    continue
                if code == REFUSED_TO_START:
                    status, self._stop = code, True
                    break
                calm = time.monotonic() - child.started > CALM
                print(f"{self.config.code}: {name} ended ({code}); starting it again", file=sys.stderr, flush=True)
                time.sleep(FIRST_PAUSE if calm else child.pause)
                children[name] = self._start(name)
                children[name].pause = FIRST_PAUSE if calm else min(LAST_PAUSE, child.pause * 2)
                break
        for child in children.values():
            if child.process.poll() is None:
                child.process.terminate()
        for child in children.values():
            _wait(child.process)
        return status

    def _told_to_stop(self, *_: object) -> None:
        self._stop = True

    def _start(self, name: str) -> _Child:
        if name == "web":  # as the house's user, whose line it asks; without key, poke or `private/`
            asked = [
                sys.executable,
                "-m",
                "detente.web.process",
                "--config",
                str(self._path),
                "--life",
                str(self._life),
            ]
            return _Child(name, _spawn(asked, [self._life], self._user("house")), time.monotonic())
        poke = self._gateway_end if name == "gateway" else self._house_end
        module = f"detente.adapters.{name if name == 'gateway' else 'house_process'}"
        command = [sys.executable, "-m", module, "--config", str(self._path)]
        command += ["--poke", str(poke.fileno()), "--life", str(self._life)]
        passed = [poke.fileno(), self._life]
        if name == "gateway":
            return _Child(name, _spawn(command, passed, self._user(name)), time.monotonic())
        read, write = os.pipe()
        os.write(write, self._key)  # before there is a house: neither can be killed between its start and this
        os.close(write)
        process = _spawn([*command, "--key", str(read)], [*passed, read], self._user(name))
        os.close(read)
        return _Child(name, process, time.monotonic())

    def _user(self, name: str) -> dict[str, Any]:
        """As whom a child runs. What both write (the shared store) belongs to the gateway's group and to nobody else."""
        if not self._accounts:
            return {"umask": 0o077}
        own, gateway = self._accounts[name], self._accounts["gateway"]
        extra = [gateway.group] if name == "house" else []
        return {"user": own.user, "group": own.group, "extra_groups": extra, "umask": 0o007}


def _spawn(command: list[str], passed: list[int], user: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start a child with SIGINT blocked from its first instruction on."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(command, pass_fds=passed, **user)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
