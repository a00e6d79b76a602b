"""Scenes of 17 September 2016: the notice and the calls.

Reported (fact): strikes from 12:55 to 13:56Z, 37 of them; the notice named a place 9 km south of the airfield, the targets
lay 3 to 6 km south-west; the caller waited 27 minutes and 15 strikes fell meanwhile. Made up: the notice's time and radius,
the minute of the call (inferred: 13:56 less 27), every word of the calls.
"""

from __future__ import annotations

from detente.adapters.control import unb64
from detente.demo.narrate import FACT, MADE_UP
from detente.demo.stage import Stage, at
from detente.proof.receipt import parse_proof

AIRFIELD_SOUTH = {"lat": 352040000, "lon": 401760000, "radius": 2000}


def notice(stage: Stage) -> None:
    """A notice, its receipt, and what the receipt proves."""
    say, three = stage.say, stage.three
    say.scene("17 Sept, the notice", "A notice counts from its receiver's signed receipt, not from its sender's clock.")
    stage.pass_to("17 08:30")
    stage.each("line_test")
    stage.time("17 11:30")
    fields = {
        "operation": "op-1",
        "place": AIRFIELD_SOUTH,
        "window": {"start": at("17 12:30"), "end": at("17 15:00")},
        "remark": "place as reported of the real notice: 9 km south of the airfield",
    }
    drafted = three.ask("us", "draft", to="ru", kind="notice", fields=fields)
    say.us(f"drafts the notice in its private store (draft {drafted['draft']}); nothing has left", MADE_UP)
    released = three.ask("us", "release", draft=drafted["draft"], wait=True)
    words, receipt = stage.signed(released["placed"][0], "us")
    say.us("releases it: an operation 9 km south of the Deir ez-Zor airfield", FACT)
    say.us("notice at 11:30Z, window 12:30–15:00Z, radius 2 km", MADE_UP)
    say.both(f"holds the receipt: {words}", MADE_UP, "stored it durably before signing", MADE_UP)
    folder = stage.out / "receipts"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "notice-op-1.tlog-proof"
    path.write_bytes(unb64(receipt["file"]))
    proof = parse_proof(path.read_bytes())
    say.plain(
        f"The receipt is one file of {path.stat().st_size} bytes ({path}), {len(proof.path)} hashes deep; ru cannot deny it."
    )


def calls(stage: Stage) -> None:
    """The strikes and the calls, as reported."""
    say, three = stage.say, stage.three
    say.scene(
        "17 Sept, the calls",
        "The targets lay 3 to 6 km south-west, not 9 km south. The node records who said what and when it was received; "
        "neither has put a strike on the record as an account, so the judge has none to compare with the notice.",
    )
    stage.time("17 12:55")
    say.us("strikes begin at 12:55Z; 37 strikes until 13:56Z", FACT)
    stage.time("17 13:29")
    call = {
        "about": "op-1",
        "text": "Our forces are under your strikes near the airfield. We ask for the usual contact.",
    }
    told = three.ask("ru", "say", to="us", kind="call", fields=call, wait=True)
    say.both(
        "", "", f"calls at 13:29Z (inferred: 13:56 less 27 min); {stage.signed(told['placed'][0], 'ru')[0]}", MADE_UP
    )
    say.ru("waits 27 minutes for the usual contact", FACT)
    say.us("15 of the 37 strikes fall meanwhile", FACT)
    stage.time("17 13:56")
    answer = {"about": "op-1", "text": "Understood. Strikes on this place have ended."}
    three.ask("us", "say", to="ru", kind="call", fields=answer, wait=True)
    say.us("strikes end at 13:56Z", FACT)
    say.us("answers the call, on the record", MADE_UP)
    say.plain(
        "What the record now proves: the receipt of ru's call carries us's own signature of 13:29Z, 27 minutes before the end."
    )
