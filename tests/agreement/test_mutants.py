"""Rules broken on purpose in the judge or in the reference are caught by the seeded runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.agreement.caught import CAUGHT
from tests.agreement.mutants import MUTANTS, Mutant, caught, known_cases


def test_at_least_thirty_have_a_seed_that_catches_them():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names) >= 30
    assert set(CAUGHT) <= set(names)
    assert len(CAUGHT) >= 30  # the others survived the seeds that were tried: `--find` names them


@pytest.mark.parametrize("seed", sorted(set(CAUGHT.values())))
def test_broken_rules_are_caught(seed: int):
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
