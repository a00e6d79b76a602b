"""Where the two engines once differed: each case with the one answer that both now give."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.record import Act, Span
from tests.agreement.geodesics import Exact
from tests.agreement.reference.small import agreement, record

BOTH = pytest.mark.parametrize("engine", [step, reference], ids=["step", "reference"])
STRIKE = "- {id: s, type: strike, by: us, at: 2016-09-11T12:00:00Z, target: t, position: {at: [37, 36]}, against: X}\n"


def verdict(engine: ModuleType, clause: str, acts: str, against: str = "left") -> str:
    form = agreement(f"- {{id: c, says: s, forbid: strike, {clause}}}")
    found = engine.judge(form, record(acts + STRIKE.replace("X", against), form), Exact())
    return next((one.verdict for one in found if (one.clause, one.act) == ("c", "s")), "not applicable")


@BOTH
@pytest.mark.parametrize(
    ("asked", "against", "word"),
    [
        ("[left, regime]", "{one_of: [left, regime]}", "kept"),
        ("[opposition, regime]", "{one_of: [left, regime]}", "kept"),
        ("[left, right]", "{one_of: [left, regime]}", "cannot tell"),
        ("[nusra, right]", "{one_of: [left, regime]}", "broken"),
    ],
)
def test_a_list_of_people_is_asked_together(engine: ModuleType, asked: str, against: str, word: str):
    assert verdict(engine, f"unless: {{against: {asked}}}", "", against) == word


def said(name: str, kind: str, by: str, hour: int, more: str) -> str:
    return f"- {{id: {name}, type: {kind}, by: {by}, at: 2016-09-11T{hour:02d}:00:00Z, {more}}}\n"


@BOTH
@pytest.mark.parametrize(
    ("targets", "word"),
    [(("t",), "kept"), (("t", "u"), "kept"), (("t", "t"), "broken"), (("u", "u"), "kept")],
)
def test_an_ending_by_each_alike_takes_one_of_each(engine: ModuleType, targets: tuple[str, ...], word: str):
    endings = "".join(
        said(f"w{number}", "withdrawal_of", by, 3 + number, f"target: {target}")
        for number, (by, target) in enumerate(zip(("us", "ru"), targets, strict=False))
    )
    ender = "{act: withdrawal_of, by_each: parties, alike: [target]}"
    clause = f"unless: {{earlier: nomination, same: [target], ended_by: {ender}}}"
    assert verdict(engine, clause, said("n", "nomination", "us", 1, "target: t") + endings) == word


def letter(name: str, hour: int, got: int, target: str) -> str:
    """Made known to the United Nations at one hour and to Russia at another."""
    times = f"un: 2016-09-11T{hour:02d}:00:00Z, ru: 2016-09-11T{got:02d}:00:00Z"
    return f"- {{id: {name}, type: nomination, by: us, received: {{{times}}}, target: {target}, area: a}}\n"


@BOTH
@pytest.mark.parametrize(("first", "second", "word"), [((1, 2), (3, 4), "broken"), ((1, 4), (2, 3), "kept")])
def test_the_newest_goes_by_the_receipt_that_is_asked_for(
    engine: ModuleType, first: tuple[int, int], second: tuple[int, int], word: str
):
    acts = letter("one", *first, "t") + letter("two", *second, "u")
    clause = "unless: {earlier: nomination, to: ru, newest_per: [area], with: {target: t}}"
    assert verdict(engine, clause, acts) == word
    assert verdict(engine, clause.replace("to: ru", "to: un"), acts) == "broken"


@BOTH
def test_a_set_with_the_act_asked_about_holds_no_later_act(engine: ModuleType):
    later = "- {id: l, type: strike, by: ru, at: 2016-09-11T13:00:00Z, target: t, position: {at: [37, 36]}}\n"
    clause = "unless: {count: strike, by_each: parties, alike: [target], at_least: 1}"
    assert verdict(engine, clause, later) == "broken"
    assert verdict(engine, clause, later.replace("T13", "T11")) == "kept"


@BOTH
def test_of_nobody_nothing_is_counted(engine: ModuleType):
    clause = "unless: {count: nomination, by_each: {guarantor: its.against}, alike: [target], at_most: 3}"
    assert verdict(engine, clause, "", "nusra") == "broken"
    assert verdict(engine, clause, "", "left") == "kept"


CALM = """
phases:
  truce: {starts: 2016-09-12T16:00:00Z}
  calm: {starts: {streak: 3 days, since: truce, each_day: CONDITION}}
settle: 24h
"""


GATE = """
- {id: c, says: s, forbid: signature, unless: {during: calm}}
- {id: quiet, says: s, forbid: strike}
"""


def before(engine: ModuleType, condition: str, acts: str = "", heads: str = "{}") -> tuple[object, str]:
    """The first instant at which a signature would be kept, asked on 7 September, and the word over all."""
    form = agreement(GATE, CALM.replace("CONDITION", condition))
    asked = Act("g", "signature", frozenset(("us",)))
    seen, at = record(acts, form, "2016-09-07T14:00:00Z", heads), ms("2016-09-07T14:00:00+00:00")
    [finding] = engine.may(form, seen, Exact(), asked, at)
    word = engine.overall(form, seen, Exact(), asked, at).word
    return finding.earliest, word.removesuffix(" found")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@BOTH
def test_calm_days_are_looked_for_from_a_truce_that_is_still_to_come(engine: ModuleType):
    """In Damascus: 13, 14 and 15 September; word of a breach takes a day."""
    earliest, _ = before(engine, "{count: strike, in: day, at_most: 0}")
    assert earliest == ms("2016-09-16T20:59:59.999+00:00")


@pytest.mark.parametrize(("engine", "to_the_hour"), [(step, False), (reference, True)], ids=["step", "reference"])
def test_calm_days_are_looked_for_after_the_last_strike_has_left_its_month(engine: ModuleType, to_the_hour: bool):
    """The first whole days of October, with the first in its own month: 1, 2 and 3. The step judge names no hour: to look
    for what a condition of calm days rests on costs a judgement for every day of the record (docs/limits.md)."""
    strike = STRIKE.replace("X", "left").replace("-11T", "-07T")
    earliest, _ = before(engine, "{count: strike, in: month, at_most: 0}", strike)
    assert earliest == (ms("2016-10-04T20:59:59.999+00:00") if to_the_hour else None)


@BOTH
def test_a_finding_is_no_statement_that_could_mend_a_breach(engine: ModuleType):
    """With a log that is behind nobody will ever know that no breach was found; nothing that is said can change it."""
    calm = "{count: finding, with: {clause: quiet, verdict: broken}, in: day, at_most: 0}"
    assert before(engine, calm, heads="{ru: 2016-09-07T13:00:00Z}") == (None, "stop")


@BOTH
@pytest.mark.parametrize(("asked", "word"), [("{guarantor: its.against}", "broken"), ("its.against", "cannot tell")])
def test_whoever_it_is_a_party_answers_for_him(engine: ModuleType, asked: str, word: str):
    """Against whom is not known: the government may be whom the strike was against, and answers for nobody."""
    acts = said("n", "nomination", "regime", 1, "target: t")
    assert verdict(engine, f"unless: {{earlier: nomination, by: {asked}, same: [target]}}", acts, "unknown") == word


@BOTH
def test_a_name_before_its_day_is_one_or_a_stranger(engine: ModuleType):
    clause = "unless: {earlier: nomination, by: its.against, same: [target]}"
    for by, word in (("regime", "broken"), ("nusra", "cannot tell")):
        form = agreement(f"- {{id: c, says: s, forbid: strike, {clause}}}")
        day = "2016-07-2"
        acts = said("n", "nomination", by, 1, "target: t") + STRIKE.replace("X", "Sham")
        found = engine.judge(form, record(acts.replace("2016-09-1", day), form), Exact())
        assert [one.verdict for one in found if one.clause == "c"] == [word]


@BOTH
@pytest.mark.parametrize("log", ["", ", log: ru, index: 0"])
def test_no_act_ends_the_phase_that_it_founds(engine: ModuleType, log: str):
    """Its receipt lies somewhere within two hours; it is not later than itself."""
    received = "received: {us: [2016-09-11T10:00:00Z, 2016-09-11T12:00:00Z]}"
    acts = f"- {{id: x, type: stop, by: ru, {received}{log}}}\n" + STRIKE.replace("X", "left").replace("T12", "T13")
    phase = "phases: {halt: {starts: {act: stop}, ends: [{act: stop}]}}"
    form = agreement("- {id: c, says: s, forbid: strike, during: halt}", phase)
    [found] = engine.judge(form, record(acts, form), Exact())
    assert found.verdict == "broken"


@BOTH
def test_a_notice_may_be_given_from_the_start_of_its_own_window(engine: ModuleType):
    """The window is stated by the act asked about alone."""
    form = agreement("- {id: c, says: s, forbid: notice, unless: {window: {covers: at}}}")
    start, end = ms("2016-09-07T15:00:00+00:00"), ms("2016-09-07T18:00:00+00:00")
    asked = Act("n", "notice", frozenset(("us",)), fields={"window": Span(start, end)})
    [finding] = engine.may(form, record("", form, "2016-09-07T14:00:00Z"), Exact(), asked, start - 3_600_000)
    assert (finding.verdict, finding.earliest) == ("broken", start)
