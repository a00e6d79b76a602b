"""The judge and the slow reference, written apart from each other, say the same, verdict for verdict.

Random agreements (three seeds in four) and the fixed ones, random records: blurred, corrected, withdrawn, told by several, and
before-checks. More of the same: `python -m tests.agreement.fuzz --seconds 600`.
"""

from __future__ import annotations

from random import Random

import pytest

from tests.agreement.agreements import fixed
from tests.agreement.fuzz import Tally, run
from tests.agreement.random_agreements import MODES, draw_agreement, parts_of

SEEDS = range(1, 9)
BATCH = 2


@pytest.mark.parametrize("first", SEEDS[::BATCH])
def test_the_judge_and_the_reference_agree(first: int):
    total = Tally()
    for seed in range(first, first + BATCH):
        total.add(run(seed))
    assert total.different == 0, "\n".join(text for _, text in total.texts)
    assert total.findings > 30


@pytest.mark.parametrize("name", sorted(fixed()))
def test_they_agree_on_every_agreement_that_is_shipped(name: str):
    total = run(1, names=[name], records=8)
    assert total.different == 0, "\n".join(text for _, text in total.texts)
    assert total.pairs > 0


def test_random_agreements_use_every_construct():
    seen: set[str] = set()
    for seed in range(200):
        seen |= parts_of(draw_agreement(Random(seed))[1])
        if seen >= MODES:
            break
    assert MODES - seen == set()
