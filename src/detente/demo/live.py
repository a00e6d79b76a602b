"""The three nodes at the last moment of the demo, or at any other, with their pages served. Time goes on from there."""

from __future__ import annotations

import contextlib
import io
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from detente.demo.narrate import Narrator
from detente.demo.stage import Enough, Stage
from detente.demo.story import HEARTBEAT, SCENES, START
from detente.demo.three import NAMES, Three, free_ports
from detente.model.when import show_instant
from detente.web.operators import Operators
from detente.web.roles import ROLES

ZONE = "Asia/Damascus"
POST = "watch"


def serve_demo(agreement: bytes, out: Path, until: int | None, ports: dict[str, int] | None = None) -> None:
    """Tell the story silently up to `until` (ms; None: to its end), then serve the pages of all nodes until interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends it ends the nodes too
    if out.exists():
        shutil.rmtree(out)
    (out / "nodes").mkdir(parents=True)
    web = ports or dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    numbers = {"heartbeat": HEARTBEAT}
    console = Console(stderr=True)
    with Three(out / "nodes", agreement, "syria-2016-07", start=START, numbers=numbers, web=web, zone=ZONE) as three:
        password = secrets.token_urlsafe(12)
        for config in three.configs.values():
            operators = Operators(config.folder)
            operators.set(POST, list(ROLES), password)
            operators.close()
        three.start()
        three.settle()
        stage = Stage(three, agreement, out, Narrator())
        stage.until = until
        with contextlib.suppress(Enough), console.status("telling the story") as status:
            for number, scene in enumerate(SCENES, 1):
                status.update(f"scene {number} of {len(SCENES)}: {scene.__name__.replace('_', ' ')}")
                with contextlib.redirect_stdout(io.StringIO()):
                    scene(stage)
        print(f"SIMULATED TIME {show_instant(three.now)}; sign in as `{POST}` with password `{password}`")
        for code, port in web.items():
            print(f"  {code}: http://127.0.0.1:{port}/   {NAMES[code][0]}")
        print("Ctrl-C ends it and stops the nodes.", flush=True)
        _go_on(three)


def _go_on(three: Three) -> None:
    """The scenario's time goes on as fast as any other, until interrupted."""
    began, since = time.monotonic(), three.now
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1.0)
            three.advance(since + int((time.monotonic() - began) * 1000))
    print("stopping", file=sys.stderr)
