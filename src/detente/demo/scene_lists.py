"""Scene *lists*: places handed over, clocks that run from receipts, an agreement, a refusal and a silence."""

from __future__ import annotations

from typing import Any

from detente.demo.kept_back import kept_back
from detente.demo.narrate import MADE_UP
from detente.demo.stage import PARTIES, Stage, at
from detente.model.when import show_duration, show_instant

HOURS_24 = 86_400_000
LONG = ("17 07:00", "17 11:00")
SOON = ("16 18:00", "16 22:00")
PLACE_1 = (365500000, 360000000)
"""The middle of the place both will agree to, inside a-1; longitude, latitude, 1e-7 degrees."""
PLACES = (
    ("us", "t-1", PLACE_1[0], LONG),
    ("us", "t-2", 365300000, LONG),
    ("us", "t-3", 365200000, LONG),
    *(("ru", f"r-{number}", 365600000 + number * 50000, LONG) for number in range(1, 5)),
    ("ru", "r-5", 365700000, SOON),
)
"""By whom, target, longitude, window."""


def lists(stage: Stage) -> None:
    """us hands over three places, ru five; two doubtful ones are kept back; agreed, refused, withdrawn, lapsed."""
    say = stage.say
    say.scene(
        "lists",
        "Each hands over a place and a window, nothing else. The 24 hours to look run from the receiver's own receipt; "
        "handing over is the nominator's own consent; silence is not agreement.",
    )
    stage.time("16 05:00")
    stage.state("us", "opening_of_centre")
    say.us("opens the centre after the calm week", MADE_UP)
    stage.each("line_test")
    stage.each("common_understanding")
    say.both(*("declares that the exchange of maps gave one understanding", MADE_UP) * 2)
    stage.pass_to("16 05:30")
    for code, target, *_ in PLACES:
        stage.state(code, "own_approval", target=target, proof="under the rule of its own side")
    say.both(*("says that its own approval is given; what was said at home stays there", MADE_UP) * 2)
    kept_back(stage)
    stage.time("16 06:00")
    ids = {target: _nominate(stage, code, target, lon, window) for code, target, lon, window in PLACES}
    say.both(
        "hands over t-1, t-2 and t-3", MADE_UP, "hands over r-1 to r-5; the window of r-5 begins in 12 hours", MADE_UP
    )
    for item in stage.three.ask("us", "lists")["items"]:
        if item["target"] in ("t-1", "r-5"):
            say.item(f"{_clock(item)} {MADE_UP}")
    stage.time("16 09:10")
    stage.state("ru", "consent", target="t-1", nomination=ids["t-1"])
    stage.state("ru", "refusal", target="t-2", reason="civilians")
    stage.state("us", "withdrawal_of_consent", target="t-3")
    stage.state("us", "consent", target="r-1", nomination=ids["r-1"])
    for target in ("r-2", "r-3", "r-4"):
        stage.state("us", "refusal", target=target)
    say.both(
        "agrees to r-1, refuses three without a reason, says nothing of r-5; withdraws its consent to t-3", MADE_UP,
        "agrees to t-1, refuses t-2 (reason: civilians)", MADE_UP,
    )  # fmt: skip
    stage.time("16 18:30")
    _states(stage)


def _nominate(stage: Stage, code: str, target: str, lon: int, window: tuple[str, str]) -> str:
    """One place with its window; the node says the nominator's own consent with it. The id of the nomination."""
    placed = stage.state(
        code,
        "nomination",
        target=target,
        group="nusra",
        place={"type": "circle", "coordinates": [lon, PLACE_1[1]], "radius": 300},
        window={"type": "period", "start": at(window[0]), "end": at(window[1])},
        area="a-1",
        area_version=1,
    )
    return str(placed["id"])


def _clock(item: dict[str, Any]) -> str:
    """Since when the receiver holds it, and what that means for its window."""
    received = -(-item["received"][1] // 1000) * 1000  # to the next second
    ready, start = received + HOURS_24, int(item["window"][0])
    words = f"{item['target']} by {item['nominator']}: received by {show_instant(received)}, the 24 h end {show_instant(ready)}"
    if start < ready:
        return f"{words}, {show_duration(ready - start)} after its window begins"
    return f"{words}, {show_duration(start - ready)} before its window begins"


def _states(stage: Stage) -> None:
    """What each node says has become of every place."""
    found = [sorted(_words(item) for item in stage.three.ask(code, "lists")["items"]) for code in PARTIES]
    for us, ru in zip(*found, strict=True):
        stage.say.both(f"  {us}", MADE_UP, f"  {ru}", MADE_UP)


def _words(item: dict[str, Any]) -> str:
    last = item["steps"][-1]
    who = f"by {last['by']}" if last["by"] else "in silence: its window began and nobody had agreed"
    return f"{item['target']} {item['state']}, {who}"
