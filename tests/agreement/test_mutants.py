"""Rules broken on purpose in the judge or in the reference are caught by the seeded runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.agreement.caught import CAUGHT
from tests.agreement.mutants import MUTANTS, Mutant, caught, known_cases


def test_every_one_has_a_seed_that_catches_it():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 30
    assert set(CAUGHT) == set(names)


@pytest.mark.parametrize("seed", sorted(set(CAUGHT.values()), key=str))
def test_broken_rules_are_caught(seed: int | str):
    cases = known_cases(seed)
    survivors = [one.name for one in MUTANTS if CAUGHT.get(one.name) == seed and not caught(one, cases)]
    assert survivors == []


def test_a_mutant_is_gone_afterwards():
    mutant: Mutant = MUTANTS[0]
    code: Callable[[], object] = mutant.target().__code__.co_code.__len__
    before = code()
    with mutant.applied():
        pass
    assert mutant.target().__code__.co_code.__len__() == before
