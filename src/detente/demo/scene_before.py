"""Scene *before*: what the agreement objects to before an act, asked of running nodes. Nothing here gives leave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from detente.agreement import wording as w
from detente.agreement.distances import Distances
from detente.demo.narrate import MADE_UP
from detente.demo.scene_lists import PLACE_1
from detente.demo.scene_map import BOX
from detente.demo.scene_map import OPPOSITION_MIDDLE as IN_OPPOSITION
from detente.demo.stage import PARTIES, Stage, at
from detente.model.shapes import E7
from detente.model.when import show_clock, show_duration

SITE = (365620000, 360000000)
"""Where the UN has notified a hospital; longitude, latitude, 1e-7 degrees."""
ROUTE = {"type": "circle", "coordinates": [365500000, 360000000], "radius": 40_000}
OBJECTS = ("broken", "disputed", "cannot tell")


def before(stage: Stage) -> None:
    """Seven plans: what is not yet, what is stopped, what nobody can tell, and one to which no clause objects."""
    say = stage.say
    say.scene(
        "before",
        "Asked before an act, each node answers from its own record: which clause objects, what is missing, by whom, and "
        "when at the earliest. The best answer there is: no objection found. It gives nobody leave.",
    )
    entry = {"type": "cell", "coordinates": list(SITE), "error": 20_000, "datum": "WGS84", "grid": "degrees"}
    stage.state(
        "un",
        "site_entry",
        to="*",
        site="h-1",
        version=1,
        verified="yes",
        position={**entry, "verbatim": "36.000 N 36.562 E"},
    )
    say.un("notifies a hospital, h-1; both sign for it", MADE_UP)
    window = {"type": "period", "start": at("17 06:00"), "end": at("17 23:00")}
    stage.state("ru", "flight_notice", flight="f-1", purpose="medical", route=ROUTE, window=window)
    say.ru("gives notice of a medical flight by government forces, f-1, on 17 Sept", MADE_UP)
    stage.time("16 18:40")
    flight = {"flight": "f-1", "military": "yes", "purpose": "medical", "position": _point(PLACE_1, 20)}
    plan = {"event": "flight", "by": "regime", "fields": flight}
    _ask(stage, "ru", "f-1 now, over a-1", plan, ("JIG-08-areas", "JIG-08-everywhere"))
    agreed = {"target": "t-1", "against": "nusra"}
    _ask(stage, "us", "a strike on t-1 now", _strike("us", _point(PLACE_1, 20), **agreed), ("JIG-05",))
    near = (SITE[0] - 38_800, SITE[1])
    words = f"a strike {_metres(SITE[0], near[0])} m from the hospital"
    _ask(stage, "us", words, _strike("us", _point(near, 20), **agreed), ("JIG-14",))
    edge = (BOX[2] - 6_650, PLACE_1[1])
    words = f"a strike {_metres(BOX[2], edge[0])} m inside a-1's edge, the place known to 100 m"
    _ask(stage, "ru", words, _strike("ru", _point(edge, 100), against="nusra"), ("JIG-07",))
    daesh = _strike("ru", _point(IN_OPPOSITION, 50), against="daesh")
    _ask(stage, "ru", "a strike in o-1, labelled Daesh", daesh, ("X-opposition",))
    stage.pass_to("16 19:30")
    stage.each("watch_report", where="the designated areas", how="as on the days of the trial")
    _in_order(stage, _strike("us", _point(PLACE_1, 20), **agreed))


def _in_order(stage: Stage, plan: dict[str, Any]) -> None:
    """The morning of t-1's window: all that was missing is said, and then the side that acts says that it will not."""
    say = stage.say
    stage.time("17 06:30")
    window = {"type": "period", "start": at("17 06:30"), "end": at("17 11:00")}
    stage.state("us", "air_notice", operation="op-0", place=ROUTE, window=window)
    stage.state("us", "undertaking", target="t-1")
    held = {"name": "list_held", "speaks_for": "us_cell", "fields": {"strike": "plan-1"}}
    stage.three.ask("us", "say", to="ru", kind="said", fields=held, wait=True)
    say.us(
        "says that its side acts on t-1, gives the air notice, and says for its cell that it holds the list", MADE_UP
    )
    stage.time("17 07:10")
    _ask(stage, "us", "the same strike on t-1 now", plan, ())
    stage.state("us", "abort", target="t-1")
    say.us("aborts t-1", MADE_UP)
    stage.time("17 07:15")
    _ask(stage, "us", "the same strike once more", plan, ("JIG-06",))


def _strike(by: str, position: dict[str, Any], **fields: str) -> dict[str, Any]:
    return {"event": "strike", "by": by, "fields": {"strike": "plan-1", "position": position, **fields}}


def _point(position: tuple[int, int], metres: int) -> dict[str, Any]:
    return {"type": "point", "coordinates": list(position), "error_mm": metres * 1000}


def _metres(one: int, other: int) -> int:
    """Between two longitudes on the latitude of these places."""
    lat = PLACE_1[1] / E7
    return round(Distances().between(one / E7, lat, other / E7, lat))


def _ask(stage: Stage, code: str, words: str, plan: dict[str, Any], shown: tuple[str, ...]) -> None:
    """One question to both nodes: the word, the clauses to be shown, and what is missing by the others."""
    say, now = stage.say, stage.three.now
    with ThreadPoolExecutor(len(PARTIES)) as both:  # each node thinks in a process of its own
        answers = list(both.map(lambda node: stage.three.ask(node, "may", plan=plan), PARTIES))
    (say.us if code == "us" else say.ru)(f"asks: {words}", MADE_UP)
    say.both(*(text for answer in answers for text in (_answer(answer), MADE_UP)))
    for clause in answers[PARTIES.index(code)]["clauses"]:
        if clause["clause"] in shown:
            say.item(_clause(stage, clause, now))
    awaited = [
        f"{w.listed(_missing(clause, code), 'and')} ({clause['clause']})"
        for clause in answers[PARTIES.index(code)]["clauses"]
        if clause["verdict"] in OBJECTS and clause["clause"] not in shown and clause["earliest"] is None
    ]
    if awaited:
        say.item(f"also missing, or not known here: {'; '.join(awaited)} {MADE_UP}")


def _answer(answer: dict[str, Any]) -> str:
    objecting = [each["clause"] for each in answer["clauses"] if each["verdict"] in OBJECTS]
    return f"{answer['word']}: {w.listed(objecting, 'and')}" if objecting else str(answer["text"])


def _missing(clause: dict[str, Any], code: str) -> list[str]:
    return [text.replace("by the actor", f"by {code}") for text in clause["missing"]]


def _clause(stage: Stage, clause: dict[str, Any], now: int) -> str:
    """What one clause says, and when it would be met at the earliest."""
    word = {"broken": "objects"}.get(clause["verdict"], clause["verdict"])
    text = f"{clause['clause']} {word}: {stage.agreement.rules[clause['clause']].says.rstrip()}"
    earliest = clause["earliest"]
    if earliest is not None and earliest > now:
        local = datetime.fromtimestamp(earliest / 1000, ZoneInfo(stage.agreement.zone))
        text += f" Not yet: {show_duration(earliest - now)} ({show_clock(earliest)}, {local:%H:%M} in {stage.agreement.zone})."
    return f"{text} {MADE_UP}"
