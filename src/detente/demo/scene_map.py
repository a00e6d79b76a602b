"""Scene *map*: areas proposed, countered and agreed; ground shared with the opposition; a version that nobody asked for."""

from __future__ import annotations

from typing import Any

from detente.demo.narrate import MADE_UP
from detente.demo.stage import PARTIES, Stage

BOX = (365000000, 359500000, 366000000, 360500000)
"""West, south, east, north of the agreed area, 1e-7 degrees."""
WIDER = (365000000, 359500000, 366600000, 360500000)
OPPOSITION_MIDDLE = (367500000, 358000000)
OPPOSITION = {"type": "circle", "coordinates": list(OPPOSITION_MIDDLE), "radius": 6_000}
SHARED = {"type": "circle", "coordinates": [368300000, 358000000], "radius": 5_000}


def box(west: int, south: int, east: int, north: int) -> dict[str, Any]:
    """A polygon with geodesic edges."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "polygon", "coordinates": [ring], "edges": "geodesic"}


def area_map(stage: Stage) -> None:
    """Both propose; the nodes say what is agreed, what is mixed, and that the joint pictures are one."""
    say = stage.say
    say.scene(
        "map",
        "Each proposes areas; one is agreed when both keys are on the same version, class and shape. An area that either "
        "side names as the opposition's is protected by that one word, and ground shared with it is mixed.",
    )
    stage.time("4 06:00")
    for code in PARTIES:
        stage.state(code, "map_contribution", map=f"what {code} gives for the common map")
        stage.state(code, "roster", roles="watch officer, nomination cell, legal adviser")
    stage.state("us", "opposition_area", area="o-1", version=1, shape=OPPOSITION)
    say.us("names o-1 as an area of the opposition", MADE_UP)
    _propose(stage, "us", "a-1", 1, box(*BOX))
    _propose(stage, "ru", "a-1", 1, box(*WIDER))
    say.both("proposes a-1, version 1", MADE_UP, "proposes a-1, version 1, 6 km wider to the east", MADE_UP)
    _states(stage)
    stage.time("4 06:40")
    _propose(stage, "ru", "a-1", 1, box(*BOX))
    for code in PARTIES:
        _propose(stage, code, "a-2", 1, SHARED)
    say.both("proposes a-2 as concentrated", MADE_UP, "signs a-1 as us drew it, and a-2 as us proposes it", MADE_UP)
    _states(stage)
    _picture(stage)
    stage.time("4 07:30")
    _propose(stage, "ru", "a-1", 2, box(*WIDER))
    say.ru("offers a-1, version 2, unasked: the wider shape", MADE_UP)
    _states(stage, only="a-1")
    _picture(stage)


def _propose(stage: Stage, code: str, area: str, version: int, shape: dict[str, Any]) -> None:
    stage.state(code, "designation", area=area, version=version, shape=shape, **{"class": "concentrated"})


def _states(stage: Stage, only: str = "") -> None:
    """What each node says of every area, side by side."""
    found = [
        [_words(each) for each in stage.three.ask(code, "areas")["areas"] if _shown(each, only)] for code in PARTIES
    ]
    for us, ru in zip(*found, strict=True):
        stage.say.both(f"  {us}", MADE_UP, f"  {ru}", MADE_UP)


def _shown(each: dict[str, Any], only: str) -> bool:
    return only in ("", each["area"]) and each["state"] != "superseded"


def _words(each: dict[str, Any]) -> str:
    """One area as a node has it."""
    counts = (
        f"; counts as {each['class']}: ground shared with {', '.join(each['mixed_with'])}" if each["mixed_with"] else ""
    )
    return f"{each['area']} v{each['version']} {each['state']} (keys {', '.join(each['keys'])}){counts}"


def _picture(stage: Stage) -> None:
    """us reads the words of its joint picture under ru's challenge; ru's node says whether they fit its own."""
    challenge = stage.three.ask("ru", "challenge", peer="us")["challenge"]
    read = stage.three.ask("us", "picture", challenge=challenge)
    fits = stage.three.ask("ru", "picture", peer="us", words=read["words"]).get("same")
    us = f"joint picture of {len(read['areas'])} agreed areas, read aloud: {' '.join(read['words'])}"
    ru = "the words fit the joint picture here" if fits else "the words do not fit the joint picture here"
    stage.say.both(us, MADE_UP, f"spoke the challenge {challenge}; {ru}", MADE_UP)
