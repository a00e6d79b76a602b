"""The examples of 21-language-reference, 18: one clause, three readings."""

import pytest

from detente.agreement.reference import may, overall
from detente.agreement.source import read_source
from tests.agreement.geodesics import Exact
from tests.agreement.reference.small import agreement, record, verdict
from tests.agreement.stories import act_of

CLAUSE = """
- id: c
  forbid: strike
  by: parties
  when: {against: nusra}
  unless: {earlier: nomination, by_each: parties, same: [target], at_least: 24h}
"""
STRIKE = (
    "- {id: s, type: strike, by: us, at: 2016-09-11T12:00:00Z, target: t, against: nusra, position: {at: [37, 36]}}\n"
)


def nominations(second, first="2016-09-09T00:00:00Z"):
    return (
        f"- {{id: n1, type: nomination, by: us, received: {{ru: {first}}}, target: t}}\n"
        f"- {{id: n2, type: nomination, by: ru, received: {{us: {second}}}, target: t}}\n"
    )


@pytest.mark.parametrize(
    ("received", "word"),
    [
        ("2016-09-10T12:00:00Z", "kept"),
        ("2016-09-10T12:00:00.001Z", "broken"),
        ('["2016-09-10T11:59:30Z", "2016-09-10T12:00:30Z"]', "cannot tell"),
    ],
)
def test_received(received, word):
    assert verdict(CLAUSE, nominations(received) + STRIKE, "s") == word


@pytest.mark.parametrize(
    ("head", "word"),
    [
        ("2016-09-09T12:00:00Z", "cannot tell"),
        ("2016-09-10T12:00:00Z", "broken"),
        ("2016-09-10T11:59:59Z", "cannot tell"),
    ],
)
def test_not_in_the_record(head, word):
    acts = nominations("2016-09-10T00:00:00Z").splitlines()[0] + "\n" + STRIKE
    assert verdict(CLAUSE, acts, "s", heads=f"{{ru: {head}}}") == word


def test_said_but_not_received_is_not_made():
    acts = nominations("2016-09-10T00:00:00Z").splitlines()[0] + "\n- {id: n2, type: nomination, by: ru, target: t}\n"
    assert verdict(CLAUSE, acts + STRIKE, "s") == "broken"


def test_before_check():
    form = agreement(CLAUSE)
    known = record(nominations("2016-09-10T12:00:00Z"), form)
    act = act_of(read_source(b"{id: q, type: strike, by: us, target: t, against: nusra}", "q"), form)
    at, day = 1473465600000, 86_400_000  # 2016-09-10T00:00Z, before the second nomination
    [finding] = may(form, known, Exact(), act, at)
    assert (finding.verdict, finding.earliest) == ("broken", None)
    assert overall(form, known, Exact(), act, at).word == "not yet"  # a nomination would mend it
    [finding] = may(form, known, Exact(), act, at + day)
    assert (finding.verdict, finding.earliest) == ("broken", at + day + day // 2)
    said = overall(form, known, Exact(), act, at + day)
    assert (said.word, said.earliest) == ("not yet", at + day + day // 2)
    said = overall(form, known, Exact(), act, at + 2 * day)
    assert (said.word, said.earliest, said.clauses) == ("no objection found", at + 2 * day, 1)
