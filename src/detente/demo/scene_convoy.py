"""Scene *19 Sept*: a convoy that both had signed for, a truce that ended, a strike twelve minutes later.

Reported (fact): 31 trucks, the place, the truce's end at 16:00Z, the first strike at 16:12Z, that the UN said all had been
told and Russia that only the rebels had, and that the UN's board named nobody. Made up: every time of notice and journey.
"""

from __future__ import annotations

from typing import Any

from detente.demo.narrate import FACT, MADE_UP
from detente.demo.stage import PARTIES, Stage, at
from detente.model.when import show_instant

WAREHOUSE = {
    "type": "cell", "coordinates": [369677500, 361515830], "error": 100_000,
    "verbatim": "36.151583 N 36.967750 E", "datum": "WGS84", "grid": "geographic",
}  # fmt: skip
ROUTE = {"type": "line", "edges": "geodesic", "coordinates": [[371500000, 361900000], [369677500, 361515830]]}
NEAR = {**WAREHOUSE, "coordinates": [369680000, 361510000], "error": 200_000}


def convoy(stage: Stage) -> None:
    """Protection outlives the phase; nobody is named without proof; a receipt settles who was told."""
    say, three = stage.say, stage.three
    say.scene(
        "19 Sept",
        "A third node gives notice of a convoy. What protects it ends with its journey, not with a truce; who was told is "
        "settled by a signature.",
    )
    stage.time("18 12:00")
    window = {"type": "period", "start": at("19 06:00"), "end": at("19 20:00")}
    placed = _movement(stage, "movement", route=ROUTE, window=window, vehicles=31)
    say.un("notifies a convoy of 31 trucks to Urum al-Kubra, to us and ru", FACT)
    receipts = {code: _signed(stage, placed, code) for code in PARTIES}
    say.both(f"signs for it at {receipts['us']}", MADE_UP, f"signs for it at {receipts['ru']}", MADE_UP)
    stage.time("19 11:05")
    _movement(stage, "arrival", position=WAREHOUSE)
    say.un("the trucks have arrived and unload: still protected, until un closes the movement", MADE_UP)
    stage.time("19 16:00")
    say.both("the truce has ended", FACT, "the truce has ended", FACT)
    stage.time("19 16:12")
    fields = {"strike": "s-19", "position": NEAR}
    told = {"name": "strike", "by": [], "first": at("19 16:12"), "last": at("19 16:12"), "fields": fields}
    three.ask("un", "say", to="us,ru", kind="told", fields=told, wait=True)
    three.settle()
    say.un("tells both of a strike on the place at 16:12Z; by whom it cannot say", FACT)
    for code in PARTIES:
        judge = stage.judge(code)
        (found,) = [one for one in judge.findings() if one.clause == "X-movement" and one.verdict != "not applicable"]
        phases = judge.phases()
        joint = "suspended" if phases["suspended"] else "running"
        by = found.bearer or "cannot tell"
        text = f"X-movement {found.verdict}; by whom: {by}; the joint part is {joint}: protection outlived the phase"
        (say.us if code == "us" else say.ru)(text, MADE_UP)
    stage.time("19 19:00")
    three.ask(
        "ru",
        "say",
        to="us",
        kind="call",
        fields={"about": "s-19", "text": "We were not told of this convoy."},
        wait=True,
    )
    say.ru("says it had not been told", FACT)
    say.plain(
        f"un holds ru's own signed receipt of {receipts['ru']}, the day before. It shows what ru's node was told, not who flew."
    )


def _movement(stage: Stage, name: str, **fields: Any) -> list[dict[str, Any]]:
    answer = stage.three.ask("un", "movement_say", movement="convoy-31", name=name, fields=fields, to="us,ru")
    stage.three.settle()
    placed: list[dict[str, Any]] = answer["placed"]
    return placed


def _signed(stage: Stage, placed: list[dict[str, Any]], code: str) -> str:
    (one,) = [each for each in placed if each["origin"].endswith(f"to-{code}")]
    receipt = stage.three.ask("un", "receipt", origin=one["origin"], entry=one["entry"])
    return show_instant(receipt["at"])
