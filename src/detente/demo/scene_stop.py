"""Scenes *STOP*, *suspended* and *silence*: 17 September as it might have gone, and what goes on without the rest.

All of it is made up but the 27 minutes and the 15 strikes.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from typing import Any

from detente.adapters.store_shared import SqliteShared
from detente.cli.watch_text import screen_lines
from detente.demo.narrate import FACT, MADE_UP
from detente.demo.stage import PARTIES, Stage
from detente.model.when import show_clock, show_duration

SCOPE = {"type": "circle", "coordinates": [401520000, 352650000], "radius": 5000}
SECOND = 1000


def stop(stage: Stage) -> None:
    """A STOP that nobody's usual contact is needed for."""
    say, three = stage.say, stage.three
    say.scene(
        "STOP",
        "The same call as it might have gone: a STOP goes to the watch, not to a person. Nobody acknowledges; the node "
        "carries it on by its own clock. It binds from its receipt.",
    )
    stage.time("17 13:57")
    fields = {"reason": "our forces are under your strikes", "scope": SCOPE}
    three.ask("ru", "stop_raise", fields=fields)
    three.settle()
    line = _line(stage)
    say.ru("raises a STOP: within 5 km of its positions, until lifted", MADE_UP)
    say.us(f"its node signs for it at {show_clock(line['received'])}; the usual contact is absent", MADE_UP)
    three.advance(three.now + 60 * SECOND)
    say.us(f"60 s: {_line(stage)['state']}", MADE_UP)
    three.advance(three.now + 34 * SECOND)
    three.ask("us", "stop_say", name="stop_acknowledgement", stop="", fields={"post": "battle captain"})
    three.settle()
    line = _line(stage)
    words = f"acknowledged by {line['post']} after {show_duration(line['after'])}"
    say.both(words, MADE_UP, f"sees: {words}", MADE_UP)
    say.plain(f"As reported, the caller waited 27 minutes and 15 strikes fell meanwhile {FACT}.")
    three.advance(three.now + 60 * SECOND)
    at = three.now - 30 * SECOND
    place = {"type": "point", "coordinates": [401520000, 352650000]}
    fields = {"strike": "s-9", "against": "daesh", "position": place}
    told = {"name": "strike", "by": ["us"], "first": at, "last": at, "fields": fields}
    began = time.monotonic()
    strike = three.ask("ru", "say", to="us", kind="told", fields=told, wait=True)["placed"][0]["id"]
    say.ru("tells of a strike by us, 64 s after the receipt of its STOP", MADE_UP)
    verdicts: list[str] = []
    for code in PARTIES:
        findings = stage.judge(code).findings()
        (found,) = [one for one in findings if one.act == strike and one.clause == "X-stopped"]
        verdicts.append(f"{found.clause} {found.verdict}, {time.monotonic() - began:.1f} s after it was told")
    say.both(verdicts[0], MADE_UP, verdicts[1], MADE_UP)
    three.ask("us", "stop_say", name="stop_answer", stop="", fields={"reason": "the notice named another place"})
    three.ask("ru", "stop_say", name="lifting_of_stop", stop="", fields={"reason": "it has ended"})
    three.settle()
    say.both("answers with a reason, within 15 min", MADE_UP, "lifts its STOP", MADE_UP)


def suspended(stage: Stage) -> None:
    """The joint part stops; what protects goes on."""
    say, three = stage.say, stage.three
    say.scene("suspended", "us suspends the joint part. What its text lets survive goes on: each screen names it.")
    stage.time("17 14:30")
    three.ask("us", "suspend", reason="the truce has failed")
    three.settle()
    three.advance(three.now + 120 * SECOND)
    say.us("says that the joint part is suspended; ru signs for it", MADE_UP)
    texts = [_part(stage, code, "SUSPENDED") for code in PARTIES]
    say.screen("\n".join(texts[0]))
    say.plain(f"ru's screen says the same: {'yes' if texts[0] == texts[1] else 'NO'} {MADE_UP}")


def silence(stage: Stage) -> None:
    """ru's node falls silent: what is closed, what goes on, what is read over the line."""
    say, three = stage.say, stage.three
    say.scene("silence", "ru's link is cut for longer than its heartbeat is agreed to take. Silence permits nothing.")
    with closing(SqliteShared(three.configs["ru"].shared_db)) as store:
        gateway = int(store.meta("gateway pid"))
    os.kill(gateway, signal.SIGSTOP)
    try:
        three.now += 13 * 3_600 * SECOND
        for code in ("us", "un"):
            three.ask(code, "clock", now=three.now)
            three.ask(code, "tick")
        say.clock(three.now)
        say.screen("\n".join(_part(stage, "us", "SILENCE: nothing ru", "SILENCE: nothing un", "CANNOT TELL")))
    finally:
        os.kill(gateway, signal.SIGCONT)
    three.ask("ru", "clock", now=three.now)
    three.ask("ru", "tick")
    three.settle()
    say.plain(f"The link is back; what waited is carried, and nothing was permitted meanwhile {MADE_UP}.")


def _line(stage: Stage) -> dict[str, Any]:
    (one,) = [each for each in stage.three.ask("us", "stops")["stops"] if each["standing"]]
    line: dict[str, Any] = one["lines"][0]
    return line


def _part(stage: Stage, code: str, begins: str, *until: str) -> list[str]:
    """The lines of a node's screen from one that begins so on."""
    lines = screen_lines(stage.three.ask(code, "watch_screen"))
    start = next(number for number, line in enumerate(lines) if line.startswith(begins))
    ends = (number for number, line in enumerate(lines) if number > start and until and line.startswith(until))
    return lines[start : next(ends, len(lines))]
