"""us, ru and un on this machine: made, paired, started as separate processes, stopped without a trace.

Everything a real pairing does happens here through the same functions the commands use; only the voice comparison of
digests is left out, since one process makes all three. Origins stand under demo/ and a scenario clock is used, so a
production node would refuse them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from detente.adapters.config import Config, Peer, write_config
from detente.adapters.control import Control
from detente.adapters.setup import accept_peer, draft_terms, init_node, prepare_peer
from detente.adapters.store_private import load_store_key
from detente.errors import LocalError

NAMES = {
    "us": ("United States", "party"),
    "ru": ("Russian Federation", "party"),
    "un": ("United Nations humanitarian office", "other"),
}
START_SECONDS = 30.0


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Three:
    """The three nodes in one folder, on a scenario clock that begins at `start` (ms), or on wall time. `web`: the port of
    each one's pages."""

    def __init__(
        self,
        folder: Path,
        agreement: bytes,
        code: str,
        *,
        start: int | None = None,
        prefix: str = "demo",
        numbers: dict[str, str] | None = None,
        max_pages: dict[str, int] | None = None,
        web: dict[str, int] | None = None,
        zone: str = "",
    ) -> None:
        self.folder = folder
        self.now = start or 0
        self.configs: dict[str, Config] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lines: dict[str, Control] = {}
        self.log = folder / "nodes.log"
        ports = iter(free_ports(6))
        listens = {(a, b): next(ports) for a in NAMES for b in NAMES if a != b}
        roots = {c: init_node(folder / c, c, f"{prefix}/{code}/{c}") for c in NAMES}
        cosigners = {("us", "ru"): ["un"], ("ru", "us"): ["un"]}
        self.terms = draft_terms(code, roots, NAMES, cosigners, numbers)
        for c in NAMES:
            home = folder / c
            peers = {
                p: Peer(p, "127.0.0.1", listens[c, p], f"https://127.0.0.1:{listens[p, c]}") for p in NAMES if p != c
            }
            pages = (max_pages or {}).get(c, 0)
            config = Config(
                folder=home.resolve(),
                code=c,
                clock="wall" if start is None else "scenario",
                agreement_path=home / "agreement.yaml",
                terms_path=home / "terms.yaml",
                peers=peers,
                scenario_start=start or 0,
                max_pages=pages,
                web=f"127.0.0.1:{web[c]}" if web else "",
                zone=zone if web else "",
            )
            config.agreement_path.write_bytes(agreement)
            config.terms_path.write_bytes(self.terms)
            write_config(config)
            self.configs[c] = config
        for config in self.configs.values():
            key = load_store_key(config.private)
            for peer in config.peers:
                prepare_peer(config, key, peer)
        for c, config in self.configs.items():
            for peer in config.peers:
                accept_peer(config, peer, self.configs[peer].folder / "public" / f"for-{c}")

    def start(self, *codes: str) -> None:
        """Start nodes (all, if none is named) and wait until each answers its operator."""
        with self.log.open("ab") as log:
            for code in codes or tuple(NAMES):
                command = [sys.executable, "-m", "detente.cli.main", "node", "--config", str(self.configs[code].folder)]
                self._processes[code] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        for code in codes or tuple(NAMES):
            self.line(code)

    def line(self, code: str) -> Control:
        """The operator's line to a node, dialled again if it was cut."""
        end = time.monotonic() + START_SECONDS
        while code not in self._lines:
            try:
                line = Control(self.configs[code].control)
                line.ask("next_due")
                self._lines[code] = line
            except LocalError:
                process = self._processes.get(code)
                if time.monotonic() > end or (process is not None and process.poll() is not None):
                    tail = self.log.read_text(errors="replace")[-2000:]
                    raise LocalError("node-unreachable", f"{code} did not start: {tail}", where=str(self.log)) from None
                time.sleep(0.02)
        return self._lines[code]

    def ask(self, code: str, do: str, /, **values: Any) -> dict[str, Any]:
        """One request to a node."""
        try:
            return self.line(code).ask(do, **values)
        except LocalError as error:
            if error.code != "node-unreachable":
                raise
            self.hang_up(code)
            return self.line(code).ask(do, **values)

    def adopt(self) -> None:
        """All offer the files they hold, then all sign or take part; each is at rest before the next."""
        for request in ("offer", "adopt"):
            for code in NAMES:
                self.ask(code, request)
                self.settle()

    def settle(self, *codes: str) -> None:
        """Wait until no node has anything under way (or none of those named)."""
        end = time.monotonic() + START_SECONDS
        while any(self.ask(code, "next_due")["busy"] for code in codes or tuple(NAMES)):
            if time.monotonic() > end:
                raise LocalError("peer-dead", "messages do not come to rest", where=str(self.log))
            time.sleep(0.005)

    def advance(self, now: int, *codes: str) -> None:
        """Bring the scenario to `now`, stopping at every instant at which a node has something to do."""
        chosen = codes or tuple(NAMES)
        while True:
            due = min(int(self.ask(code, "next_due")["next_due"]) for code in chosen)
            step = min(now, max(due, self.now + 1))
            for code in chosen:
                self.ask(code, "clock", now=step)
            self.now = step
            for code in chosen:
                self.ask(code, "tick")
            self.settle(*codes)
            if step == now:
                return

    def hang_up(self, code: str) -> None:
        """Drop the line, so that the next request dials anew."""
        line = self._lines.pop(code, None)
        if line is not None:
            line.close()

    def process(self, code: str) -> subprocess.Popen[bytes]:
        """The supervisor of a node."""
        return self._processes[code]

    def stop(self, *codes: str, kill: bool = False) -> None:
        """Stop nodes (all, if none is named); with `kill`, the whole process group at once."""
        chosen = codes or tuple(self._processes)
        for code in chosen:
            self.hang_up(code)
            process = self._processes.get(code)
            if process is not None and process.poll() is None:
                if kill:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.terminate()
        for code in chosen:
            process = self._processes.pop(code, None)
            if process is not None:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def __enter__(self) -> Three:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
