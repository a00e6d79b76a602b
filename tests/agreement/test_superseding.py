"""Late, corrected, withdrawn and differently told acts supersede findings, and the cause is named."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from detente.agreement.distances import Distances
from detente.agreement.history import NEVER, History, Told, Withdrawn
from detente.agreement.judge import judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Account, Act, Interval, Record
from detente.agreement.superseding import judge_history
from tests.agreement.agreements import fixed
from tests.agreement.random_records import draw

HOUR = 3_600_000
AGREEMENT = read_agreement(
    b"""
agreement: a
parties: {us: US, ru: RU}
statements: {notice: {op: code}}
events: {strike: {op: code}}
clauses:
- {id: A, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [op], at_least: 1h}}
"""
)


def at(hour: float) -> Interval:
    return Interval(round(hour * HOUR), round(hour * HOUR))


STRIKE = Act("s", "strike", frozenset({"us"}), at(10), fields={"op": "x"})
NOTICE = Act("n", "notice", frozenset({"us"}), received={"ru": at(8)}, fields={"op": "x"})


def history(*acts: Act, told: dict[str, tuple[Told, ...]] | None = None, withdrawn: dict[str, Withdrawn] | None = None):
    return History(100 * HOUR, {act.id: act for act in acts}, told or {}, withdrawn or {})


def story(found):
    return [
        (one.before.act, one.before.verdict, one.after and one.after.verdict, one.at // HOUR, one.why) for one in found
    ]


def test_a_late_notice():
    found = judge_history(AGREEMENT, history(STRIKE, replace(NOTICE, known_from=20 * HOUR)), Distances())
    assert story(found.superseded) == [("s", "broken", "kept", 20, "n, notice, came to be known late")]
    assert [one.verdict for one in found.now] == ["kept"]


def test_a_correction_and_a_withdrawal():
    corrected = replace(STRIKE, id="s2", at=at(8.5), replaces="s", known_from=30 * HOUR)
    found = judge_history(AGREEMENT, history(STRIKE, NOTICE, corrected), Distances(), as_of=12 * HOUR)
    assert story(found.superseded) == [("s", "kept", None, 30, "s2, a correction of s")]
    assert [(one.act, one.verdict) for one in found.now] == [("s2", "broken")]
    assert [(one.act, one.verdict) for one in found.then or ()] == [("s", "kept")]
    taken = history(STRIKE, NOTICE, withdrawn={"n": Withdrawn(40 * HOUR)})
    found = judge_history(AGREEMENT, taken, Distances(), as_of=12 * HOUR)
    assert story(found.superseded) == [("s", "kept", "broken", 40, "withdrawal of n")]
    assert [one.verdict for one in found.then or ()] == ["kept"]


def test_an_account():
    account = Told(Account("ru", {"at": at(8.5)}), 50 * HOUR)
    found = judge_history(AGREEMENT, history(STRIKE, NOTICE, told={"s": (account,)}), Distances())
    assert story(found.superseded) == [("s", "kept", "broken", 50, "an account by ru of s")]


def test_what_comes_in_its_time_revises_nothing():
    found = judge_history(AGREEMENT, history(STRIKE, NOTICE), Distances(), as_of=5 * HOUR)
    assert found.superseded == []
    assert (found.then, [one.verdict for one in found.now]) == ([], ["kept"])


def test_then_is_blind_to_what_came_later():
    found = judge_history(AGREEMENT, history(STRIKE, replace(NOTICE, known_from=20 * HOUR)), Distances(), 15 * HOUR)
    assert [one.verdict for one in found.then or ()] == ["broken"]
    assert found.then_of(found.now[0]) == found.then[0]  # type: ignore[index]
    assert found.revisions(found.now[0].key()) == found.superseded


@pytest.mark.parametrize("seed", range(20))
def test_the_last_link_of_each_chain_is_what_is_found_now(seed):
    """Random records with late, corrected and withdrawn acts: the findings of now are those of the record of now."""
    random = Random(seed)
    known = fixed()
    agreement = known[sorted(known)[seed % len(known)]]
    record = draw(agreement, random, 12)
    acts = {act.id: act for act in record.acts}
    late = max([record.now, *(r.hi for act in record.acts for r in act.received.values())]) + HOUR
    for number, id in enumerate(random.sample(sorted(acts), 6)):
        if number % 3 == 0:
            acts[id] = replace(acts[id], known_from=late + number * HOUR)
        elif number % 3 == 1:
            acts[id + "c"] = replace(acts[id], id=id + "c", replaces=id, known_from=late + number * HOUR)
    gone = {id: Withdrawn(late + 20 * HOUR) for id in random.sample(sorted(acts), 1)}
    past = History(late + 24 * HOUR, acts, {}, gone, dict.fromkeys(agreement.parties, late + 22 * HOUR))
    found = judge_history(agreement, past, Distances())
    assert found.now == judge(agreement, past.record(), Distances())
    last = {one.before.key(): one.after for one in found.superseded}
    now = {one.key(): one for one in found.now}
    for key, after in last.items():
        if after is not None and after.verdict in ("kept", "broken"):
            assert key in now, (key, after)
    assert all(one.at > NEVER and one.why for one in found.superseded)
    assert isinstance(found.record, Record)
