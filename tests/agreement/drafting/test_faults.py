"""Each kind of fault is found where it is, and nothing is found where there is none; the judge and the reference confirm all."""

from __future__ import annotations

import pytest

from detente.agreement.distances import Distances
from detente.agreement.drafting import logic
from detente.agreement.drafting.never import SKIPPED
from detente.agreement.drafting.probe import Drawn
from detente.agreement.language import read_agreement
from detente.agreement.reference import judge as reference
from tests.agreement.drafting.faults import CLEAN, FAULTS
from tests.agreement.drafting.small import checked, kinds, small

needs_z3 = pytest.mark.skipif(not logic.available(), reason="z3-solver is not installed (the `draft` extra)")
PROVED = {"only under a permission", "never applies", "redundant"}


@needs_z3
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_nothing_else(name):
    clauses, force, expected = FAULTS[name]
    assert kinds(small(clauses, force)) == expected


@needs_z3
@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_where_there_is_nothing(name):
    clauses, force = CLEAN[name]
    assert kinds(small(clauses, force)) == {}


def same_findings(agreement, found):
    """The reference evaluator says of every example what the judge said of the clauses shown."""
    for advice in found.advice:
        assert advice.shown
        assert len(advice.choices) >= 2
        for shown in advice.shown:
            example = shown.example
            geometry = Drawn(Distances(), example.scene.annexes)
            told = {one.key(): one for one in reference(agreement, example.record, geometry)}
            ours = [one for one in example.findings if one.clause in shown.clauses]
            theirs = [one for one in told.values() if one.clause in shown.clauses and one.verdict != "not applicable"]
            assert {(o.key(), o.verdict, o.shadow, frozenset(o.against)) for o in ours} == {
                (t.key(), t.verdict, t.shadow, frozenset(t.against)) for t in theirs
            }, (advice.says, shown.says)


@pytest.mark.parametrize("name", FAULTS)
def test_the_reference_confirms_every_example(name):
    clauses, force, _ = FAULTS[name]
    agreement = small(clauses, force)
    same_findings(agreement, checked(agreement))


@pytest.mark.parametrize("name", FAULTS)
def test_without_z3_what_needs_a_proof_is_skipped_by_name(name):
    clauses, force, expected = FAULTS[name]
    found = checked(small(clauses, force), proofs=False)
    assert found.skipped == SKIPPED
    searched = {advice.kind for advice in found.advice}
    assert searched <= set(expected)
    if (
        "only under" not in name
        and "never" not in name
        and "within" not in name
        and "both" not in name
        and "together" not in name
    ):
        assert searched == set(expected)


THREE = b"""
language: 1
agreement: three
parties: {a: Alpha, b: Beta, c: Gamma}
statements: {notice: {strike: code}}
events: {strike: {strike: code}}
clauses:
- {id: N, forbid: strike, by: parties, unless: {earlier: notice, by: actor, same: [strike]%s}}
"""


def test_of_several_parties_one_that_has_received_is_enough_unless_the_text_says_who():
    agreement = read_agreement(THREE.replace(b"%s", b""), "three")
    found = checked(agreement, proofs=False)
    [advice] = found.advice
    assert (advice.kind, advice.clauses) == ("no addressee", ("N",))
    assert "only Beta has received the notice, Gamma never had it" in advice.shown[0].says
    assert advice.shown[0].example.verdict("N") == "kept"
    same_findings(agreement, found)
    to_all = read_agreement(THREE.replace(b"%s", b", to_each: other"), "three")
    assert checked(to_all, proofs=False).advice == ()
