"""The story of the demo: the Syria reconstruction from its draft to 17 September 2016, on three running nodes.

Only what runs is shown, scene by scene (one module each). Everything is made up unless tagged as fact.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from detente.demo.narrate import Narrator
from detente.demo.scene_before import before
from detente.demo.scene_convoy import convoy
from detente.demo.scene_lists import lists
from detente.demo.scene_map import area_map
from detente.demo.scene_own_house import own_house
from detente.demo.scene_paper import paper
from detente.demo.scene_record import line_cut, record
from detente.demo.scene_release import release
from detente.demo.scene_september import calls, notice
from detente.demo.scene_stop import silence, stop, suspended
from detente.demo.scene_trial import trial
from detente.demo.stage import Stage, at
from detente.demo.three import Three

START = at("3 20:30")
OUT = "demo-out"
SCENES: tuple[Callable[[Stage], None], ...] = (
    paper,
    own_house,
    area_map,
    trial,
    lists,
    before,
    release,
    notice,
    calls,
    stop,
    line_cut,
    suspended,
    silence,
    convoy,
    record,
)
HEARTBEAT = "12h"
"""Longer than one would agree on, so that twelve days pass in seconds."""


def run_demo(agreement: bytes, out: Path) -> None:
    """The whole demo into folder `out`: nodes, story, ledgers. Leaves no process behind."""
    narrator = Narrator()
    began = time.monotonic()
    if out.exists():
        shutil.rmtree(out)
    (out / "nodes").mkdir(parents=True)
    narrator.title("DETENTE — three nodes, one story                                        SIMULATED TIME")
    narrator.plain(
        "The Syria agreement here is a reconstruction from press reports, never the text. [fact] was reported; [made up] was "
        "invented for this demo. What the nodes do about it is really run: three pairs of processes over mutual TLS 1.3."
    )
    with Three(out / "nodes", agreement, "syria-2016-07", start=START, numbers={"heartbeat": HEARTBEAT}) as three:
        three.start()
        three.settle()
        for code in three.configs:
            listens = ", ".join(f"{p.port} for {p.code}" for p in three.configs[code].peers.values())
            narrator.plain(f"{code}: supervisor {three.process(code).pid}, listening on {listens}", indent="  ")
        stage = Stage(three, agreement, out, narrator)
        for scene in SCENES:
            scene(stage)
    narrator.plain(f"\nDone in {time.monotonic() - began:.0f} s; all processes have ended.")
