"""Scene *release*: what a notice would tell is shown before it leaves; only the coarse one passes the guard."""

from __future__ import annotations

from typing import Any

import msgspec

from detente.demo.narrate import MADE_UP
from detente.demo.stage import Stage, at
from detente.errors import DetenteError
from detente.geo.coarse import coarse_cell
from detente.model.shapes import Circle

ASSETS = """\
# Made up for this demo: a tanker's orbit, and what must remain of where it is. Never leaves this folder.
assets: 1
protected:
- name: tanker-1
  told_as: [operation op-t]
  racetrack: {from: 35.0000 N 038.0000 E, to: 35.0000 N 038.4000 E, width: 10 km}
  datum: WGS84
  protect: 20 km
  bound: 18 km
remains:
- {statements: [air_notice], width: 12 km, slot: 30min, speed: 300 m/s}
"""
WINDOW = {"type": "period", "start": at("17 09:00"), "end": at("17 10:00")}
FINE = Circle(coordinates=(382100000, 350300000), radius=2_000)
ORBIT = Circle(coordinates=(382000000, 350000000), radius=8_000)


def release(stage: Stage) -> None:
    """us drafts three notices; what each would tell is previewed, two are stopped at home."""
    say = stage.say
    say.scene(
        "release",
        "us has written down, at home, where a tanker of its own flies. Before anything leaves, its node says what ru will "
        "have been told after it, and stops what would show the tanker. ru sees nothing of this.",
    )
    (stage.three.configs["us"].private / "assets.yaml").write_text(ASSETS, "utf-8")
    _try(stage, "the orbit of the tanker as the place of operation op-t", "op-t", ORBIT)
    _try(stage, "a place of 2 km beside the orbit, for operation op-2", "op-2", FINE)
    coarse = coarse_cell(FINE, 20)
    _try(stage, "the same, told by the cell of 20 km that holds it", "op-2", coarse.polygon(), show=True)
    answer = stage.three.ask("us", "told", party="ru", subject="op-2")
    (fact,) = answer["facts"]
    say.item(f"us asks its register: told ru of op-2: {fact['words']} {MADE_UP}")


def _try(stage: Stage, what: str, operation: str, place: Any, *, show: bool = False) -> None:
    """Draft, preview, release; what the node of us says to each."""
    fields = {"operation": operation, "place": msgspec.to_builtins(place), "window": WINDOW}
    said = {"name": "air_notice", "fields": fields}
    name = stage.three.ask("us", "draft", to="ru", kind="said", fields=said)["draft"]
    stage.say.us(f"drafts a notice: {what}", MADE_UP)
    if show:
        stage.say.screen(stage.three.ask("us", "preview", draft=name)["text"])
    try:
        placed = stage.three.ask("us", "release", draft=name, wait=True)["placed"][0]
        stage.say.both("releases it", MADE_UP, stage.signed(placed, "us")[0], MADE_UP)
    except DetenteError as error:
        stage.say.caught(f"us: {error.what} [{error.code}]; the draft stays at home, ru gets nothing")
        stage.three.ask("us", "discard", draft=name)
