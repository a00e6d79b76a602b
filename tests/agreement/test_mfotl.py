"""The exported formulas against the judge on random traces, verdict for verdict; and what cannot be said, by name."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from detente.agreement import formulas, mfotl
from detente.agreement.distances import Distances
from detente.agreement.judge import judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Record
from tests.agreement.mfotl_trace import Point, answers

AGREEMENTS = sorted((Path(__file__).parents[2] / "agreements").glob("*.yaml"))
HOUR = 3_600_000
TEXT = """
language: 1
agreement: small
grace: 5min
parties: {us: United States, ru: Russian Federation}
others: {regime: {name: government, guarantor: ru}, red: {name: Red}, blue: {name: Blue}}
statements:
  nomination: {target: code, urgent: yes | no}
  consent: {target: code}
  refusal: {target: code}
  claim: {strike: code}
  report: {strike: code}
  halt: {}
  lifting: {halt: act halt}
events:
  strike: {strike: code, target: code, against: who}
  flight: {strike: code, crew: count}
clauses:
- {id: lead, forbid: strike, by: parties, when: {against: red}, unless: {earlier: nomination, by: parties, same: [target], at_least: 24h}}
- {id: lapse, forbid: strike, unless: {earlier: nomination, by: actor, same: [target], at_least: 2h, at_most: 30h, with: {urgent: "yes"}}}
- {id: both, forbid: strike, by: parties, when: {not: {against: blue}}, unless: {earlier: consent, by_each: parties, same: [target],
   ended_by: refusal}}
- {id: other, forbid: strike, by: parties, unless: {earlier: consent, by: other, same: [target]}}
- {id: halted, forbid: [strike, flight], by: [us, ru, regime], when: {earlier: halt, by: ru, ended_by: {act: lifting, same: {halt: id}}}}
- {id: nested, forbid: strike, by: us, unless: {earlier: consent, by: ru, same: [target],
   with: {earlier: nomination, by: us, same: [target], at_least: 1h}}}
- {id: mixed, forbid: strike, by: parties, unless: {any: [{against: blue},
   {all: [{against: red}, {not: {earlier: refusal, by: parties, same: [target]}}]}]}}
- {id: twice, forbid: strike, by: parties, when: {earlier: strike, by: actor, same: [target], at_most: 12h}}
- {id: crowd, forbid: flight, by: parties, when: {crew: {at_least: 3}}, unless: {later: claim, by: actor, same: [strike], within: 6h}}
- {id: threat, permit: strike, by: parties, when: {later: claim, by: actor, same: [strike], within: 6h}, prevails_over: [lead, both]}
- {id: free, permit: strike, by: us, when: {against: blue}}
- {id: tell, require: report, by: actor, same: [strike], after: {act: strike, by: parties}, within: 12h}
- {id: stand, require: lifting, by: ru, same: {halt: id}, after: halt, within: 24h, unless: {earlier: refusal, by: parties}}
- {id: each, require: report, by_each: parties, same: [strike], after: {act: strike, with: {against: red}}, within: 20h}
"""


def random_trace(rng: random.Random, agreement) -> tuple[Record, list[Point]]:
    """Acts at distinct times, each fully known, as a record and as a trace."""
    acts, points = [], []
    halts: list[str] = []
    times = sorted(rng.sample(range(1, 96 * 12), rng.randint(6, 22)))
    kinds = [kind for kind in agreement.kinds if kind not in ("finding", "receipt")]
    for number, time in enumerate(times):
        kind = agreement.kinds[rng.choice([*kinds, "strike", "strike", "nomination", "consent"])]
        if kind.name == "lifting" and not halts:
            continue
        id, at = f"a{number}", 1_500_000_000_000 + time * HOUR // 12
        by = rng.choice(["us", "ru", "regime"] if kind.event else ["us", "ru"])
        fields: dict[str, object] = {}
        for name, form in kind.fields.items():
            if form.type == "act":
                fields[name] = rng.choice(halts)
            elif form.type == "who":
                fields[name] = rng.choice(["red", "blue", "regime"])
            elif form.type == "enum":
                fields[name] = rng.choice(form.values)
            else:
                fields[name] = rng.randint(1, 4) if form.type == "count" else f"{name}{rng.randint(1, 2)}"
        halts += [id] if kind.name == "halt" else []
        when = Interval(at, at)
        received = {} if kind.event else {"ru" if by == "us" else "us": when}
        acts.append(Act(id, kind.name, frozenset({by}), when, received, fields))
        points.append(Point(at, ((kind.name, (id, by, *(str(fields[name]) for name in kind.fields))),)))
    return Record(tuple(acts), 1_600_000_000_000), points


@pytest.mark.parametrize("seed", range(8))
def test_the_formulas_call_broken_what_the_judge_calls_broken(seed):
    rng = random.Random(seed)
    agreement = read_agreement(TEXT.encode())
    found = mfotl.export(agreement)
    assert found.refused == {}
    assert found.facts == {}
    seen: set[str] = set()
    for _ in range(25):
        record, trace = random_trace(rng, agreement)
        ours = {
            (one.clause, one.act, one.bearer)
            for one in judge(agreement, record, Distances())
            if one.verdict == "broken"
        }
        theirs = set()
        for name, formula in found.formulas.items():
            clause = name.split(" ")[0]
            for i in range(len(trace)):
                for env in answers(formula, trace, i, {}):
                    bearer = name.split(" of ")[1] if " of " in name else env["by1"]
                    theirs.add((clause, env["i1"], bearer))
        assert ours == theirs
        seen |= {clause for clause, _, _ in ours}
    assert len(seen) >= 11, seen


@pytest.mark.parametrize("path", AGREEMENTS, ids=lambda path: path.stem)
def test_every_clause_of_our_agreements_has_a_formula_or_a_reason(path):
    agreement = read_agreement(path.read_bytes())
    found = mfotl.export(agreement)
    judged = {rule.id for rule in agreement.rules.values() if rule.mode in ("forbid", "require")}
    assert {name.split(" ")[0] for name in found.formulas} | set(found.refused) == judged
    assert not {name.split(" ")[0] for name in found.formulas} & set(found.refused)
    signature = {line.split("(")[0]: line.count(":") for line in mfotl.signature(agreement, found)}
    for formula in found.formulas.values():
        assert all(len({formulas.free(item) for item in one.items}) == 1 for one in eithers(formula))
        text = formulas.text(formula).replace(",*)", ",*]")
        assert text.count("(") == text.count(")")
        for name, inside in re.findall(r"([a-z_0-9]+)\(([^()]*)\)", text):
            assert len(inside.split(",")) == signature[name]


def eithers(part):
    """Every OR of a formula."""
    if isinstance(part, formulas.Either):
        yield part
    for name in getattr(part, "__dataclass_fields__", ()):
        value = getattr(part, name)
        for item in value if isinstance(value, tuple) else (value,):
            yield from eithers(item)


@pytest.mark.parametrize(
    ("clause", "why"),
    [
        ("{id: C, forbid: strike, unless: {earlier: nomination, by_each: parties, alike: [target]}}", "`alike`"),
        ("{id: C, forbid: strike, when: {count: strike, in: 7 days, at_least: 3}}", "`count`"),
        ("{id: C, forbid: strike, unless: {earlier: nomination, by: guarantor}}", "guarantor"),
        ("{id: C, forbid: strike, unless: {earlier: nomination, at_least: 2 days}}", "calendar"),
        ("{id: C, forbid: strike, unless: {earlier: nomination, to: ru}}", "`to`"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(clause, why):
    text = TEXT[: TEXT.index("clauses:")] + f"zone: UTC\nclauses:\n- {clause}\n"
    found = mfotl.export(read_agreement(text.encode()))
    assert found.formulas == {}
    assert why in found.refused["C"]
