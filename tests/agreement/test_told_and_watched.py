"""How many independent sources an event needs (resolution 16), and how much was watched (resolution 15): both engines."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from detente.agreement import judge, reference
from detente.agreement.finding import Finding
from detente.agreement.language import read_agreement
from detente.agreement.record import Account, Act, Interval, Record, Span
from tests.agreement.geodesics import Exact

AGREEMENT = read_agreement(
    b"""
language: 1
agreement: told
parties: {us: one, ru: other}
others: {regime: {name: government, guarantor: ru}}
events: {strike: {target: code}}
sources: {strike: 2}
clauses:
- {id: c, forbid: strike, when: {target: x}, watched: true}
"""
)
HOUR = 3_600_000
START = 1_473_638_400_000
STRIKE = Act("s", "strike", frozenset({"us"}), Interval(START, START), fields={"target": "x"})
ENGINES = pytest.mark.parametrize("engine", [judge, reference])


def said(engine: ModuleType, *acts: Act) -> list[Finding]:
    found = engine.judge(AGREEMENT, Record(acts, START + 10 * HOUR), Exact({}))
    return [one for one in found if one.verdict != "not applicable"]


@ENGINES
@pytest.mark.parametrize(
    ("sources", "verdict"),
    [
        ((), "cannot tell"),
        (("press",), "cannot tell"),
        (("ru", "regime"), "cannot tell"),  # one and the same party answers for both
        (("ru", "press"), "broken"),
    ],
)
def test_fewer_sources_than_agreed_leave_it_open(engine: ModuleType, sources: tuple[str, ...], verdict: str):
    [found] = said(engine, replace(STRIKE, sources=sources))
    assert found.verdict == verdict
    assert bool(found.missing) == (verdict == "cannot tell")


@ENGINES
def test_accounts_that_differ_are_disputed_once_there_are_enough(engine: ModuleType):
    told = (Account("us", {"target": "y"}), Account("press", {}))
    assert [one.verdict for one in said(engine, replace(STRIKE, accounts=told)) if one.act == "s"] == ["disputed"]
    assert [one.verdict for one in said(engine, replace(STRIKE, accounts=told[1:]))] == ["cannot tell"]


@ENGINES
def test_what_was_watched_is_named_and_so_is_the_rest(engine: ModuleType):
    other = replace(STRIKE, fields={"target": "y"}, sources=("us", "ru"))
    watch = Act(
        "w",
        "watch",
        frozenset({"ru"}),
        None,
        {"us": Interval(START + 4 * HOUR, START + 4 * HOUR)},
        {"what": "c", "period": Span(START + HOUR, START + 9 * HOUR), "where": "the line", "how": "cameras"},
    )
    [found] = said(engine, other, watch)
    assert found.verdict == "no breach known"
    assert found.at == (START, START + 10 * HOUR)
    assert found.watched == (("ru", START + HOUR, START + 4 * HOUR),)  # nobody watches what is still to come
    assert found.unwatched == ((START, START + HOUR), (START + 4 * HOUR, START + 10 * HOUR))


@ENGINES
def test_silence_is_never_kept(engine: ModuleType):
    [found] = said(engine, replace(STRIKE, fields={"target": "y"}, sources=("us", "ru")))
    assert (found.verdict, found.watched) == ("no breach known", ())
    assert found.unwatched == ((START, START + 10 * HOUR),)
