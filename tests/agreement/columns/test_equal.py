"""Columns, the step judge and the slow reference say the same; broken columns are caught."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.columns import Loaded, clauses, joins, judge_all, measure, places, questions, standing
from detente.agreement.columns.codes import F, T, U
from detente.agreement.language import read_agreement
from detente.agreement.record import Account, Act, Interval, Record
from tests.agreement.agreements import fixed
from tests.agreement.columns.longer import differences, of_columns, of_step, twenty
from tests.agreement.columns.longer import small as small_of_any
from tests.agreement.compare import judged, words
from tests.agreement.fuzz import drawn
from tests.agreement.geodesics import Exact
from tests.agreement.judge import everything as e
from tests.agreement.judge.exact import Exact as Small
from tests.agreement.random_records import annexes, blur, draw

ALL = fixed()
EVERYTHING = e.agreement()


def small(name: str, seed: int, size: int = 12) -> tuple[Record, Exact]:
    agreement = ALL[name]
    r = Random(f"columns {name} {seed}")
    geometry = Exact(annexes(agreement, r))
    record = draw(agreement, r, size)
    return (blur(record, agreement, r) if seed % 2 else record), geometry


def dense(seed: int, size: int = 60, *, accounts: bool = False) -> Record:
    """Many acts under every construct: blurred, some withdrawn, corrected or told by several."""
    r = random.Random(seed)
    record = Record(tuple(e.random_acts(r, EVERYTHING, size)), e.NOW)
    if seed % 3:
        record = e.blurred(r, EVERYTHING, record)
    acts: list[Act] = []
    for act in e.with_accounts(r, list(record.acts)) if accounts else record.acts:
        pick = r.random()
        if pick < 0.03:
            acts += [act, replace(act, withdrawn=True)]
        elif pick < 0.06:
            acts += [replace(act, id=act.id + "-old"), replace(act, replaces=act.id + "-old")]
        else:
            acts.append(act)
    return replace(record, acts=tuple(acts))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", sorted(ALL))
def test_columns_equal_the_step_judge(name: str, seed: int):
    record, geometry = small(name, seed)
    assert of_columns(judge_all(ALL[name], record, geometry)) == of_step(ALL[name], record, geometry)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", sorted(ALL))
def test_columns_equal_the_reference(name: str, seed: int):
    record, geometry = small(name, seed, 10)

    ours = words(judge_all(ALL[name], record, geometry).findings())
    assert ours == judged(reference, ALL[name], record, geometry)


@pytest.mark.parametrize("seed", range(1, 13))
def test_random_agreements_are_judged_alike(seed: int):
    """Records blurred, corrected, withdrawn and told by several, under agreements that no reader has seen."""
    for case in drawn(seed, records=8)[1]:
        if case.act is None:
            history = judge_all(case.agreement, case.record, case.geometry)
            assert of_columns(history) == of_step(case.agreement, case.record, case.geometry), history.explain()


TWENTY = twenty()


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_the_twenty_clauses_of_the_bench_are_judged_alike_by_all_three(first: int):
    """Small records, each judged by columns, the step judge and the reference."""
    said = 0
    for seed in range(first, first + 20):
        number, different = differences(TWENTY, *small_of_any(TWENTY, seed), slow=True)
        said += number
        assert not different, seed
    assert said > 10


def test_a_record_loaded_once_is_judged_by_any_agreement():
    record, geometry = small("everything", 3)
    loaded = Loaded(record)
    for name in ("everything", "cessation-2016-09"):
        assert of_columns(judge_all(ALL[name], loaded, geometry)) == of_step(ALL[name], record, geometry)
        assert of_columns(judge_all(ALL[name], loaded, geometry)) == of_columns(judge_all(ALL[name], record, geometry))


@pytest.mark.parametrize("seed", range(12))
def test_dense_records_are_equal_finding_for_finding(seed: int):
    record, geometry = dense(seed), Small()
    history = judge_all(EVERYTHING, record, geometry)
    assert list(history.findings()) == step.judge(EVERYTHING, record, geometry)
    assert not history.refused


@pytest.mark.parametrize("seed", range(4))
def test_each_telling_is_judged_and_put_together(seed: int):
    record, geometry = dense(seed, accounts=True), Small()
    assert list(judge_all(EVERYTHING, record, geometry).findings()) == step.judge(EVERYTHING, record, geometry)


def test_columns_decide_nearly_all_themselves():
    history = judge_all(EVERYTHING, dense(3, 600), Small())
    said = history.explain()
    assert not [name for name, word in said.items() if word.startswith("step judge")]
    asked = sum(int(word.split()[1]) for word in said.values() if word.startswith("columns,"))
    told = sum(sum(count.values()) for count in history.counts().values())
    assert told > 300
    assert asked < told / 20


def test_counts_are_those_of_the_verdicts():
    history = judge_all(EVERYTHING, dense(2, 150), Small())
    counted: dict[tuple[str, str], int] = {}
    for said in history.verdicts():
        counted[said.clause, said.verdict] = counted.get((said.clause, said.verdict), 0) + 1
    assert {
        (clause, verdict): n for clause, count in history.counts().items() for verdict, n in count.items()
    } == counted


TEXT = b"""
language: 1
agreement: few
parties: {us: A, ru: B}
statements: {nomination: {target: code}}
events: {strike: {target: code, position: optional point}}
clauses:
- {id: lead, forbid: strike, by: parties, unless: {earlier: nomination, by_each: parties, same: [target], at_least: 24h}}
"""
FEW = read_agreement(TEXT, "few")
H = 3_600_000


def test_a_clause_without_a_column_is_handed_over_by_name():
    people = [f"p{n}" for n in range(70)]
    acts = tuple(
        Act(f"s{n}", "strike", frozenset((who,)), Interval(n, n), {}, {"target": "x"}) for n, who in enumerate(people)
    )
    acts += (Act("s", "strike", frozenset(("us",)), Interval(1, 1), {}, {"target": "x"}),)
    history = judge_all(FEW, Record(acts, 100), Small())
    assert history.refused == "more than 62 different people"
    assert history.explain() == {"lead": "step judge: more than 62 different people"}
    assert of_columns(history) == of_step(FEW, Record(acts, 100), Small())


def test_people_are_keys_however_few_values_there_are():
    text = TEXT.replace(
        b"- {id: lead",
        b"- {id: often, forbid: strike, when: {count: strike, same: [by], in: 12h, at_least: 2}}\n- {id: lead",
    )
    agreement = read_agreement(text, "few")
    people = ["us", "ru", *(f"p{n}" for n in range(20))]
    acts = tuple(
        Act(f"s{n}", "strike", frozenset((who,)), Interval(n, n), {}, {})
        for n, who in enumerate([*people, *people[:7]])
    )
    history, record = judge_all(agreement, Record(acts, 100), Small()), Record(acts, 100)
    assert not history.refused
    assert of_columns(history) == of_step(agreement, record, Small())
    assert history.counts()["often"] == {"broken": 7}


def test_one_side_told_it_otherwise():
    told = (Account("us", {"target": "y"}), Account("ru", {}))
    said = {"ru": Interval(0, 0)}, {"us": Interval(0, 0)}
    acts = (
        Act("n1", "nomination", frozenset(("us",)), None, said[0], {"target": "x"}),
        Act("n2", "nomination", frozenset(("ru",)), None, said[1], {"target": "x"}),
        Act("s", "strike", frozenset(("us",)), Interval(30 * H, 30 * H), {}, {"target": "x"}, accounts=told),
    )
    [one] = judge_all(FEW, Record(acts, 40 * H), Small()).findings()
    assert one.verdict == "disputed"
    assert one.sides == (("ru", "kept"), ("us", "broken"))


@pytest.mark.parametrize(("lead", "verdict"), [(24 * H, "kept"), (24 * H - 1, "broken")])
def test_to_the_millisecond(lead: int, verdict: str):
    acts = [Act(f"n{who}", "nomination", frozenset((who,)), None, {other: Interval(0, 0)}, {"target": "x"})
            for who, other in (("us", "ru"), ("ru", "us"))]  # fmt: skip
    acts.append(Act("s", "strike", frozenset(("us",)), Interval(lead, lead), {}, {"target": "x"}))
    [said] = judge_all(FEW, Record(tuple(acts), 40 * H), Small()).verdicts()
    assert said.verdict == verdict


# mutants: a column that is wrong by one rule must not pass


def _late(original: object) -> object:
    return lambda lo, hi, other_lo, other_hi: np.where(hi < other_lo, T, np.where(lo > other_hi, F, U)).astype(np.int8)


def _swapped(original: np.ndarray) -> np.ndarray:
    table = original.copy()
    table[4, 1] = table[4, 4]
    return table


MUTANTS: list[tuple[str, Any, str, Any]] = [
    ("bounds are exclusive", standing, "not_later", _late),
    ("cannot tell is kept", clauses, "_TABLE", _swapped),
    ("nothing is ever ended", standing.Ender, "value", lambda f: lambda self, made, asking: np.full(len(asking), F)),
    ("no newer version supersedes", standing.Standing, "superseded",
     lambda f: lambda self, made, asking, one, at: np.full(len(at), F)),
    ("every log is known to now", questions.Question, "complete",
     lambda f: lambda self, asking, one, until: np.ones(len(asking), bool)),
    ("acts with unknown fields are forgotten", joins.Search, "others", lambda f: lambda self, result=None: []),
    ("the error of a position is forgotten", places.Places, "against",
     lambda f: lambda self, shape, where, reach: f(self, shape, where._replace(radius=0.0 * where.radius), reach)),
    ("distances are half", measure, "geodesic_bounds", lambda f: lambda chord: tuple(0.5 * side for side in f(chord))),
]  # fmt: skip


def _different() -> Iterator[bool]:
    for seed in range(40):
        record = dense(seed, 80)
        yield of_columns(judge_all(EVERYTHING, record, Small())) != of_step(EVERYTHING, record, Small())


@pytest.mark.parametrize(("name", "where", "what", "mutant"), MUTANTS, ids=[mutant[0] for mutant in MUTANTS])
def test_broken_columns_are_caught(name: str, where: object, what: str, mutant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(where, what, mutant(getattr(where, what)))
    assert any(_different()), name
