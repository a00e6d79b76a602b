"""Kept and broken are true in every completion of the record: blurred traces never contradict the truth, nor each other.

More of the same: `python -m tests.agreement.soundness --seconds 600`.
"""

from __future__ import annotations

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from tests.agreement.soundness import Tally, run


@pytest.mark.parametrize(("engine", "seeds"), [(step, range(1, 5)), (reference, range(1, 3))])
def test_knowing_less_contradicts_nothing(engine, seeds):
    total = Tally()
    for seed in seeds:
        total.add(run(seed, engine.judge))
    assert total.wrong == 0, "\n".join(total.texts)
    assert total.definite > 100
