"""Read-back and explanation: every rule of the nine agreements, no forbidden words, one screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detente.agreement.explain import COLUMNS, LINES, explain
from detente.agreement.finding import Finding
from detente.agreement.judge import judge
from detente.agreement.language import read_agreement
from detente.agreement.readback import readback, readback_all, readback_terms
from detente.agreement.record import Record
from tests.agreement.judge import everything
from tests.agreement.judge.exact import Exact
from tests.agreement.judge.stories import FOLDER, load

AGREEMENTS = sorted((Path(__file__).resolve().parents[3] / "agreements").glob("*.yaml"))
FORBIDDEN = re.compile(r"\b(cleared|safe|lawful|authorised|OK)\b", re.I)
VERDICTS = ("kept", "broken", "not due", "cannot tell", "disputed", "not applicable", "no verdict")


def test_the_sentence_of_the_reference():
    text = b"""
language: 1
agreement: x
parties: {us: A, ru: B}
others: {nusra: {name: N}}
statements: {nomination: {target: code}}
events: {strike: {target: code, against: who}}
clauses:
- id: JIG-05
  forbid: strike
  by: parties
  when: {against: nusra}
  unless: {earlier: nomination, by_each: parties, same: [target], at_least: 24h}
"""
    assert readback(read_agreement(text), "JIG-05") == (
        "No party may make a strike, when against N, unless there is a nomination by each of the parties "
        "for the same target made at least 24h before."
    )


@pytest.mark.parametrize("path", AGREEMENTS, ids=lambda path: path.stem)
def test_every_rule_reads_back_and_explains(path: Path):
    agreement = read_agreement(path.read_bytes(), path.name)
    own = " ".join(w for k in (*agreement.kinds, *agreement.phases, *agreement.places) for w in k.split("_"))
    for clause, sentence in readback_all(agreement).items():
        assert sentence.endswith("."), clause
        rule = agreement.rules[clause]
        allowed = own + " " + " ".join(rule.not_judged)
        assert all(word in allowed for word in FORBIDDEN.findall(sentence)), sentence
        for verdict in VERDICTS:
            finding = Finding(clause, "act", "us", verdict, (0, 1), missing=("a thing by us",), due_by=5)  # type: ignore[arg-type]
            fits(explain(agreement, finding, Record((), 0), finding))
    assert all(sentence.endswith(".") for sentence in readback_terms(agreement))


def fits(screen: str) -> None:
    lines = screen.splitlines()
    assert len(lines) <= LINES
    assert all(len(line) <= COLUMNS for line in lines), max(lines, key=len)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_stories_explain(path: Path):
    story = load(path)
    for finding in judge(story.agreement, story.record, Exact()):
        screen = explain(story.agreement, finding, story.record, finding)
        fits(screen)
        assert finding.verdict in screen
        assert finding.clause in screen


def test_every_construct_reads_back():
    assert all(everything.agreement() and text for text in readback_all(everything.agreement()).values())
