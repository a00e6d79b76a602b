"""Where the two engines once differed: each case with the one answer that both now give."""

from __future__ import annotations

from types import ModuleType

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
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
