"""STOP on three real nodes: Deir ez-Zor's absent contact, the alert command, one heard by voice, suspension.

Places, posts and words are made up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from detente.adapters.store_shared import SqliteShared
from detente.agreement.distances import Distances
from detente.agreement.judge import Judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Spot
from detente.demo.three import Three
from detente.model.when import read_instant
from detente.node.recording import Recording
from tests.cli.conftest import Run

TEXT = (Path(__file__).resolve().parents[2] / "agreements" / "syria-2016-07.yaml").read_bytes()
START = read_instant("2016-09-17T13:27:00Z")
AT = ("--place", "35.2650 N 40.1520 E", "--radius", 5000)
STRIKE = {
    "event": "strike", "by": "us",
    "fields": {"strike": "s1", "against": "daesh",
               "position": {"type": "point", "coordinates": [401520000, 352650000], "error_mm": 20000}},
}  # fmt: skip


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    folder = tmp_path_factory.mktemp("n")
    with Three(folder, TEXT, "syria-2016-07", start=START) as nodes:
        home = nodes.configs["us"].folder
        ring = home / "ring"
        ring.write_text('#!/bin/sh\necho "$1|$2|$3" >> rung\n')
        ring.chmod(0o755)
        config = home / "node.toml"
        config.write_text(f"alert = [{json.dumps(str(ring))}]\n" + config.read_text())
        nodes.start()
        nodes.settle()
        nodes.adopt()
        nodes.advance(nodes.now + 120_000)
        yield nodes


def node(three: Three, code: str) -> tuple[str, Path]:
    return "--node", three.configs[code].folder


def rung(three: Three, count: int) -> list[str]:
    """The alert command's own lines, once there are so many."""
    path, end = three.configs["us"].folder / "rung", time.monotonic() + 30
    while time.monotonic() < end:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            return lines
        time.sleep(0.05)
    raise AssertionError(f"fewer than {count} alerts")


def stops(three: Three, code: str) -> dict[str, Any]:
    return three.ask(code, "stops")


def test_the_usual_contact_is_absent(three: Three, detente: Run):
    """17 September 2016 as it might have been: escalated at 60 s, acknowledged in 94 s, a later strike found at once."""
    detente("watch", "take", *node(three, "us"), "--post", "duty officer", "--people", 2)
    detente("watch", "take", *node(three, "ru"), "--post", "watch of the base")
    three.settle()
    assert "manned by duty officer" in detente("watch", *node(three, "us")).stdout
    said = detente("stop", "raise", *node(three, "ru"), *AT, "--reason", "our forces are under it").stdout
    assert "us's node signed for it at 13:29:00Z; it binds" in said
    identifier = stops(three, "us")["stops"][0]["id"]
    assert rung(three, 1)[0] == f"stop|{identifier}|STOP by ru: our forces are under it"
    before = three.ask("us", "may", plan=STRIKE)
    assert before["word"] != "no objection"
    assert {one["clause"]: one["verdict"] for one in before["clauses"]}["X-stopped"] in ("broken", "cannot tell")

    three.advance(three.now + 60_000)
    assert rung(three, 2)[1].startswith("whole watch|")
    assert (
        detente("watch", "follow", *node(three, "us"), "--once", "--no-bell", status=7).stdout.count("whole watch") == 1
    )
    three.advance(three.now + 34_000)
    detente("stop", "ack", *node(three, "us"), "--post", "battle captain")
    three.settle()
    for code in ("us", "ru"):
        assert "acknowledged by battle captain after 94 s" in detente("stop", "list", *node(three, code)).stdout
    detente("stop", "own", *node(three, "us"), "--post", "air operations floor")
    shown = detente("stop", "list", *node(three, "us")).stdout
    assert "own operations: air operations floor has it" in shown
    assert "ran, exit 0" in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert "not-your-stop" in detente("stop", "lift", *node(three, "us"), "--reason", "x", status=1).stderr

    # a strike after the receipt: found within a second, on the signed ledgers of both
    agreement = read_agreement(TEXT)
    for code in ("us", "ru"):
        with closing(SqliteShared(three.configs[code].shared_db)) as store:
            record = Recording(agreement, three.configs[code].terms(), store, code).record(three.now)
        judge = Judge.over(agreement, Distances(), record.current())
        judge.findings()
        at = three.now - 20_000
        strike = Act("later", "strike", frozenset({"us"}), Interval(at, at), {},
                     {"strike": "s9", "against": "daesh", "position": Spot(40.152, 35.265, 20.0)}, log="ru")  # fmt: skip
        began = time.monotonic()
        judge.add(strike)
        found = {one.clause: one.verdict for one in judge.findings() if one.act == "later"}
        assert time.monotonic() - began < 1
        assert found["X-stopped"] == "broken"

    detente("stop", "answer", *node(three, "us"), "--reason", "the notice named another place")
    detente("stop", "lift", *node(three, "ru"), "--reason", "it is over")
    three.settle()
    assert detente("stop", "list", *node(three, "us")).stdout.startswith("no STOP stands")


def test_one_heard_by_voice_counts_before_an_act_and_is_no_finding(three: Three, detente: Run):
    scope = ("--item", "s1", "--reason", "our people are there")
    words = (
        detente("stop", "form", "--from", "ru", "--to", "us", *scope).stdout.partition("Words to read: ")[2].split()[:5]
    )
    wrong = detente("stop", "heard", *node(three, "us"), "--from", "ru", *scope, "--words", *words[::-1], status=1)
    assert "words-differ" in wrong.stderr
    heard = detente("stop", "heard", *node(three, "us"), "--from", "ru", *scope, "--words", *words).stdout
    assert "ALLEGED" in heard
    assert "the words fit" in heard
    three.advance(three.now + 2_000)
    asked = {one["clause"]: one["verdict"] for one in three.ask("us", "may", plan=STRIKE)["clauses"]}
    assert asked["X-stopped"] == "broken"
    assert "spoken-" not in "".join(three.ask("us", "record")["lines"])
    assert (
        "not-receipted" in detente("stop", "ack", *node(three, "us"), heard.split()[0], "--post", "p", status=1).stderr
    )

    detente("stop", "raise", *node(three, "ru"), *scope)
    three.settle()
    standing = [one for one in stops(three, "us")["stops"] if one["standing"]]
    assert [one["alleged"] for one in standing] == [False], "what was heard is now receipted, and stands once"
    detente("stop", "lift", *node(three, "ru"), "--reason", "over")
    three.settle()
    other = detente("stop", "heard", *node(three, "us"), "--from", "un", "--reason", "somebody says so").stdout.split()[
        0
    ]
    detente("stop", "disown", *node(three, "us"), other, "--reason", "un's watch says on the line that it raised none")
    assert [one for one in stops(three, "us")["stops"] if one["standing"]] == []


def test_suspended_and_silent_as_the_screen_says(three: Three, detente: Run):
    detente("watch", "suspend", *node(three, "us"), "--reason", "the talks have stopped")
    three.settle()
    three.advance(three.now + 120_000)
    for code in ("us", "ru"):
        text = detente("watch", *node(three, code)).stdout
        assert max(map(len, text.splitlines())) <= 100
        stopped, _, goes_on = text.partition("SUSPENDED")[2].partition("goes on:")
        assert "JIG-05," in stopped
        assert all(clause in goes_on for clause in ("JIG-13", "X-stopped", "JIG-14", "X-ground", "JIG-08-areas"))
    three.stop("ru")
    for _ in range(15):
        three.now += 60_000
        for code in ("us", "un"):
            three.ask(code, "clock", now=three.now)
            three.ask(code, "tick")
    text = detente("watch", *node(three, "us")).stdout
    assert "SILENCE: nothing ru says has reached this node since" in text
    assert "code, the same words on both sides" in text
    late = detente("stop", "raise", *node(three, "us"), "--wait", 0.2, status=6).stdout
    assert "Call by voice now" in late
    card = detente("watch", "card", *node(three, "us")).stdout
    assert card.count("unreviewed") == 2
    assert max(map(len, card.splitlines())) <= 100
