"""Acts, corrections, withdrawals, heads and time in any order of arrival come to the same findings as all at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from detente.agreement.finding import Finding
from detente.agreement.form import Agreement
from detente.agreement.judge import Judge, Revision, judge
from detente.agreement.judge.engine import Subject
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Record
from tests.agreement.compare import disturb, words
from tests.agreement.fuzz import drawn_agreement
from tests.agreement.geodesics import Exact
from tests.agreement.random_records import HOUR, annexes, blur, draw

Step = tuple[str, object]


def arrivals(record: Record, random: Random) -> list[Step]:
    """All that comes, in any order but that a later version of an act with the same id comes after the earlier."""
    steps: list[list[Step]] = []
    for act in record.acts:
        mine: list[Step] = [("act", act)]
        if act.withdrawn or random.random() < 0.1:  # known first, another way or whole, and then as it stands
            first = replace(act, withdrawn=False, accounts=())
            mine.insert(0, ("act", first if random.random() < 0.5 else replace(first, fields={})))
        steps.append(mine)
    for log, head in record.heads.items():
        steps.append([("head", (log, head))])
    steps.append([("now", record.now - random.choice((HOUR, 48 * HOUR))), ("now", record.now)])
    queue = [number for number, mine in enumerate(steps) for _ in mine]
    random.shuffle(queue)
    return [steps[number].pop(0) for number in queue]


def piece_by_piece(agreement: Agreement, geometry: Exact, steps: list[Step], now: int) -> tuple[Judge, list[Revision]]:
    """A judge that took all this, and every revision it made (what it said of an empty record first)."""
    live = Judge(agreement, geometry, now - 60 * 24 * HOUR)
    made = [Revision(None, one, "now") for one in live.findings()]
    for what, item in steps:
        if what == "act":
            assert isinstance(item, Act)
            made += live.add(item)
        elif what == "head":
            made += live.head(*item)  # type: ignore[misc]
        else:
            made += live.now(item)  # type: ignore[arg-type]
    return live, made


@pytest.mark.parametrize("seed", range(30))
def test_any_order_comes_to_the_same(seed: int):
    random = Random(f"order {seed}")
    agreement = drawn_agreement(random)
    geometry = Exact(annexes(agreement, random))
    record = draw(agreement, random, random.choice((6, 10)))
    if random.random() < 0.6:
        record = blur(record, agreement, random)
    record = disturb(record, agreement, random)
    at_once = judge(agreement, record, geometry)
    for _ in range(2):
        live, made = piece_by_piece(agreement, geometry, arrivals(record, random), record.now)
        assert words(live.findings()) == words(at_once)
        standing: dict[tuple[str, str, str | None], Finding] = {}
        causes = {act.id for act in record.acts} | {"head", "now"}
        for one in made:  # the revisions alone lead to what stands, each naming its cause
            assert one.cause in causes
            key = (one.before or one.after).key()  # type: ignore[union-attr]
            assert standing.get(key) == one.before
            standing.pop(key, None)
            if one.after is not None:
                standing[key] = one.after
        assert standing == {one.key(): one for one in live.findings()}


def test_a_late_act_judges_again_only_what_it_concerns():
    random = Random("concerns")
    agreement = drawn_agreement(random, name="everything")
    drawn = (draw(agreement, random, 30) for _ in range(50))
    record = next(one for one in drawn if any(act.kind == "strike" for act in one.acts))
    geometry = Exact(annexes(agreement, random))
    live = Judge.over(agreement, geometry, record)
    before = {one.key(): one for one in live.findings()}
    late = next(act for act in record.acts if act.kind == "strike")
    other = replace(late, id="late", fields={**late.fields, "target": "elsewhere"}, at=late.at)
    made = live.add(other)
    touched = {(one.before or one.after).key() for one in made}  # type: ignore[union-attr]
    assert any(key[1] == "late" for key in touched)
    for key, one in before.items():
        if key not in touched:
            assert live.finding(*key) is one  # the very finding that stood


WINDOWS = read_agreement(
    b"""
agreement: windows
parties: {us: US, ru: RU}
statements: {notice: {op: code}, report: {op: code}}
events: {strike: {op: code}}
clauses:
- {id: noticed, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [op], at_most: 12h}}
- {id: often, forbid: strike, when: {count: strike, in: 6h, at_least: 3}}
- {id: reported, require: report, by: actor, after: strike, same: [op], within: 12h}
- {id: lead, forbid: strike, by: parties, unless: {earlier: report, by: actor, same: [op], at_least: 24h}}
"""
)


@pytest.mark.parametrize(
    ("kind", "clauses"),
    [
        ("notice", {"noticed": 13}),  # those of the twelve hours after it, both edges
        ("report", {"reported": 13, "lead": 52}),  # those of the twelve hours before it; every later one
        ("strike", {"often": 7 + 1, "noticed": 1, "reported": 1, "lead": 1}),
    ],
)
def test_a_late_act_judges_again_only_within_the_windows(kind: str, clauses: dict[str, int]):
    us = frozenset(("us",))
    fields = {"op": "x"}
    strikes = [Act(f"s{n:03}", "strike", us, Interval(n * HOUR, n * HOUR), {}, fields) for n in range(100)]
    live = Judge.over(WINDOWS, Exact({}), Record(tuple(strikes), 1000 * HOUR))
    [engine] = live._engines.values()
    judged: list[str] = []
    original = engine._judge

    def counted(subject: Subject) -> None:
        judged.append(subject.clause.rule.id)
        original(subject)

    engine._judge = counted  # type: ignore[method-assign]
    at = Interval(48 * HOUR, 48 * HOUR)
    late = Act("late", kind, us, at, {} if kind == "strike" else {"ru": at}, fields)
    live.add(late)
    assert Counter(judged) == clauses
    assert words(live.findings()) == words(judge(WINDOWS, Record((*strikes, late), 1000 * HOUR), Exact({})))


REFERS = read_agreement(
    b"""
agreement: refers
parties: {us: US, ru: RU}
statements: {notice: {op: code}}
events: {flight: {notice: act notice}}
clauses:
- {id: c, forbid: flight, when: {notice.op: x}}
"""
)


def test_what_refers_to_a_later_act_is_judged_again_when_it_comes():
    us = frozenset(("us",))
    flight = Act("f", "flight", us, Interval(HOUR, HOUR), {}, {"notice": "n"})
    late = Interval(9 * HOUR, 9 * HOUR)
    live = Judge.over(REFERS, Exact({}), Record((flight,), 10 * HOUR))
    assert [one.verdict for one in live.findings()] == ["cannot tell"]
    live.add(Act("n", "notice", us, late, {"ru": late}, {"op": "y"}))
    assert live.findings() == []
    live.add(Act("n", "notice", us, late, {"ru": late}, {"op": "x"}))
    assert [one.verdict for one in live.findings()] == ["broken"]
