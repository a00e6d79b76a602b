"""Polarity, the first law (00-product): a fault permits nothing and strips no protection. One property, for the judge.

A record is what was said; a fault keeps a part of one author's log from the asker: what was received after some instant is
gone, and that log is known up to there (silence, a cut link, an expired key, a full disk, another version, something that
cannot be read: each comes to this at a node, tests/sim/test_polarity.py). Then, for every clause and every deed asked
about, and for the word over all:

* where the asker with the fault finds a clause to hold, it held without the fault too;
* "no objection" with the fault was "no objection" without it.

So a fault can only move an answer away from "no objection". Statements of every kind of the nine agreements are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from detente.agreement.form import Agreement
from detente.agreement.judge import Judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Record
from tests.agreement.geodesics import Exact
from tests.agreement.random_records import HOUR, annexes, draw

AGREEMENTS = sorted((Path(__file__).resolve().parents[2] / "agreements").glob("*.yaml"))
HOLDS = ("kept", "not applicable", "not due")
ROUNDS = 25
MOST = 400


def faulty(record: Record, author: str, until: int) -> Record:
    """The record without what was received of this author after an instant, its log known up to there."""
    kept = tuple(
        act
        for act in record.acts
        if act.log != author or not act.received or min(when.hi for when in act.received.values()) <= until
    )
    return Record(kept, record.now, {**record.heads, author: until})


def asked(agreement: Agreement, record: Record, geometry: Exact, deed: Act) -> tuple[str, Mapping[str, str]]:
    judge = Judge.over(agreement, geometry, record)
    found = {
        one.clause: str(one.verdict)
        for one in judge.may(deed, record.now)
        if agreement.rules[one.clause].mode == "forbid"
    }
    return judge.overall(deed, record.now).word, found


@pytest.mark.parametrize("path", AGREEMENTS, ids=lambda path: path.stem)
def test_a_fault_moves_the_answer_only_away_from_no_objection(path: Path):
    agreement = read_agreement(path.read_bytes(), path.name)
    deeds = {kind for rule in agreement.rules.values() if rule.mode == "forbid" for kind in rule.kinds}
    random, moved, seen = Random(f"polarity {path.stem}"), 0, 0
    for _ in range(MOST):
        if seen == ROUNDS:
            break
        record = draw(agreement, random, 12)
        record = replace(record, now=record.now + random.choice((0, HOUR)))
        plans = [act for act in record.acts if act.kind in deeds and len(act.by) == 1]
        logs = sorted({act.log for act in record.acts if act.log and act.received})
        if not plans or not logs:
            continue
        plan = random.choice(plans)
        whole = Record(tuple(act for act in record.acts if act.id != plan.id), record.now, record.heads)
        deed = replace(plan, id="asked", at=None, received={}, accounts=(), log="", index=-1)
        author = random.choice([code for code in logs if code not in plan.by] or logs)
        instants = [when.hi for act in whole.acts if act.log == author for when in act.received.values()]
        until = random.choice(instants or [record.now]) - random.choice((1, HOUR))
        geometry = Exact(annexes(agreement, random))
        word, truth = asked(agreement, whole, geometry, deed)
        fault_word, fault = asked(agreement, faulty(whole, author, until), geometry, deed)
        told = f"{plan.kind}, {author} known to {until} of {record.now}"
        for clause, verdict in fault.items():
            if verdict in HOLDS:
                assert truth.get(clause, "not applicable") in HOLDS, (
                    f"{clause}: {truth[clause]} became {verdict}; {told}"
                )
        assert fault_word != "no objection" or word == "no objection", f"{word} became no objection; {told}"
        seen += 1
        moved += fault != truth
    assert seen == ROUNDS, "too few records had somebody's log and a deed to ask about"
