"""An overdue heartbeat (a log whose head lies behind) strips no protection and opens no permission (resolution 12)."""

from __future__ import annotations

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from tests.agreement.geodesics import Exact
from tests.agreement.reference.small import agreement, record

CLAUSES = """
- {id: stopped, forbid: strike, by: parties, when: {earlier: stop, by: other, ended_by: leaving}}
- {id: near, forbid: strike, when: {inside: sites}}
- {id: consent, forbid: strike, by: parties, unless: {earlier: nomination, by: other, same: [target], ended_by: withdrawal_of}}
- {id: free, forbid: strike, by: parties, unless: {not: {earlier: stop, by: other}}}
- {id: lead, forbid: strike, by: parties, unless: {earlier: nomination, by: other, same: [target], at_least: 24h}}
- {id: duty, require: answer, by: other, after: {act: stop, by: parties}, same: {stop: id}, within: 5min}
"""
MORE = """
places:
  sites: {within: 1 km, of: {named_in: {act: site, newest_per: [site]}, field: position}}
"""
ACTS = """
- {type: nomination, id: n, by: ru, at: 2016-09-10T00:00:00Z, target: x}
- {type: stop, id: own, by: us, at: 2016-09-13T11:00:00Z}
- {type: strike, id: s, by: us, at: 2016-09-13T12:00:00Z, target: x, position: {at: [37.0, 36.0]}, against: nusra}
"""
BEHIND = "{ru: 2016-09-13T10:00:00Z, un: 2016-09-13T10:00:00Z}"


def said(engine, heads: str) -> dict[str, str]:
    form = agreement(CLAUSES, MORE)
    found = engine.judge(form, record(ACTS, form, "2016-09-13T13:00:00Z", heads), Exact())
    return {one.clause: one.verdict for one in found if one.verdict != "not applicable"}


@pytest.mark.parametrize("engine", [step, reference])
def test_all_logs_alive(engine):
    assert said(engine, "{}") == {"consent": "kept", "free": "kept", "lead": "kept", "duty": "broken"}


@pytest.mark.parametrize("engine", [step, reference])
def test_an_overdue_heartbeat(engine):
    assert said(engine, BEHIND) == {
        "stopped": "cannot tell",  # a STOP not received is possible
        "near": "cannot tell",  # so is a site
        "consent": "cannot tell",  # and the end of a consent
        "free": "cannot tell",  # a permission that rests on their absence
        "lead": "kept",  # what was received a day before needs no head
        "duty": "cannot tell",  # an answer may have come
    }


@pytest.mark.parametrize("engine", [step, reference])
def test_before_the_act_nothing_is_objected_to_only_with_all_logs(engine):
    form = agreement(CLAUSES, MORE)
    whole, behind = (record(ACTS, form, "2016-09-13T12:00:00Z", heads) for heads in ("{}", BEHIND))
    act = next(act for act in whole.acts if act.id == "s")
    for known, word in ((whole, "no objection"), (behind, "cannot tell")):
        rest = type(known)(tuple(one for one in known.acts if one.id != "s"), known.now, known.heads)
        answer = engine.overall(form, rest, Exact(), act, known.now)
        assert answer.word.removesuffix(" found") == word
