"""What is proved never to hold is never found to hold: random conditions, proved with Z3 and searched for with the judge."""

from __future__ import annotations

import random

import pytest

from detente.agreement import form as f
from detente.agreement.distances import Distances
from detente.agreement.drafting.logic import Logic, entails
from detente.agreement.drafting.probe import Goal, Probe
from tests.agreement.drafting.small import small
from tests.agreement.drafting.test_faults import needs_z3

ATOMS = (
    'urgent: "yes"', 'urgent: "no"', "inside: zones", "outside: zones", "inside: sites", "during: trial",
    "earlier: notice, by: actor, same: [strike], at_least: 24h", "earlier: notice, by: actor, same: [strike], at_least: 12h",
    "earlier: notice, by: actor, same: [strike], at_most: 36h", "earlier: notice, by: actor, same: [strike], at_least: 24h, at_most: 12h",
    "earlier: consent, by_each: parties, same: [strike]", "earlier: consent, by: parties, same: [strike]",
    "earlier: consent, by: us, same: [strike]", "earlier: [consent, notice], by: parties",
)  # fmt: skip


def condition(rng: random.Random, depth: int) -> str:
    """A condition as the language writes it."""
    pick = rng.random()
    if depth == 0 or pick < 0.3:
        return "{" + rng.choice(ATOMS) + "}"
    if pick < 0.5:
        return "{not: " + condition(rng, depth - 1) + "}"
    word = "all" if pick < 0.85 else "any"
    return f"{{{word}: [{', '.join(condition(rng, depth - 1) for _ in range(rng.randint(2, 3)))}]}}"


@needs_z3
@pytest.mark.parametrize("seed", range(6))
def test_what_is_proved_never_to_hold_is_never_found(seed):
    rng = random.Random(seed)
    never = held = 0
    for _ in range(40):
        agreement = small(f"- {{id: C, forbid: strike, by: parties, when: {condition(rng, 2)}}}")
        asked = agreement.rules["C"].when
        assert asked is not None
        probe, logic = Probe(agreement, Distances()), Logic(agreement)
        impossible = logic.never(logic.author((f.Word("parties"),)), logic.holds(asked))
        example = probe.find("strike", ["us", "ru"], [Goal(asked)], lambda example: True, sure=asked, tries=6)
        assert not (impossible and example is not None), asked
        never += impossible
        held += example is not None
    assert never
    assert held > 20


def test_entailment_goes_one_way():
    def asked(text: str) -> f.Pattern:
        rule = small(f"- {{id: C, forbid: strike, by: parties, unless: {{{text}}}}}").rules["C"]
        assert isinstance(rule.unless, f.Ask)
        return rule.unless.pattern

    agreement = small("- {id: C, forbid: strike, by: parties}")
    pairs = [
        ("earlier: notice, by: actor, at_least: 24h", "earlier: notice, by: actor, at_least: 12h"),
        ("earlier: notice, by: actor, at_most: 12h", "earlier: notice, by: actor, at_most: 24h"),
        ("earlier: notice, by: actor, at_most: 12h", "earlier: notice, by: actor"),
        ("earlier: consent, by_each: parties", "earlier: consent, by: parties"),
        ("earlier: consent, by: us", "earlier: consent, by: parties"),
        ("earlier: consent, by: us, same: [strike]", "earlier: consent, by: us"),
        ("earlier: site, by: us, ended_by: removal", "earlier: site, by: us"),
        ("earlier: consent, by: us", "earlier: [consent, notice], by: us"),
    ]
    for one, other in pairs:
        assert entails(agreement, asked(one), asked(other)), (one, other)
        assert not entails(agreement, asked(other), asked(one)), (other, one)
