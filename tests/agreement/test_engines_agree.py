"""The judge and the slow reference, written apart from each other, say the same of random records, verdict for verdict.

Known to differ by decision 0012: membership of one whom `joined_by` cannot name, and a renewal that may have shortened a
phase. There the judge is or the reference is more cautious; a difference counts only if neither says "cannot tell".
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.agreement.record import Record
from tests.agreement.geodesics import Exact
from tests.agreement.random_records import annexes, blur, draw, start_of
from tests.agreement.stories import read_story

HERE = Path(__file__).resolve().parent
AGREEMENTS = sorted([*(HERE.parents[1] / "agreements").glob("*.yaml"), HERE / "everything.yaml"])
STORIES = sorted((HERE.parent / "stories").glob("*.md"))
SEEDS = range(12)


def agreements() -> dict[str, Agreement]:
    found = {path.stem: read_agreement(path.read_bytes(), path.name) for path in AGREEMENTS}
    found |= {path.stem: read_story(path.read_text(), path.name).agreement for path in STORIES}
    return found


ALL = agreements()


def verdicts(engine: object, agreement: Agreement, record: Record, geometry: Exact) -> dict[tuple[str, str, str], str]:
    found = engine.judge(agreement, record, geometry)  # type: ignore[attr-defined]
    spoken = (one for one in found if one.verdict not in ("not applicable", "no verdict"))
    # an edge that is not known to the millisecond is named by its first instant here and by its last there
    return {
        (one.clause, one.act.split(" 20")[0], str(one.bearer)): one.verdict + (" (shadow)" if one.shadow else "")
        for one in spoken
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", sorted(ALL))
def test_the_judge_and_the_reference_agree(name: str, seed: int):
    agreement = ALL[name]
    random = Random(f"{name} {seed}")
    geometry = Exact(annexes(agreement, random))
    record = draw(agreement, random, 10)
    if seed % 2:
        record = blur(record, agreement, random)
    assert start_of(agreement) > 0
    ours, slow = (verdicts(engine, agreement, record, geometry) for engine in (step, reference))
    different = {
        key: (ours.get(key, "-"), slow.get(key, "-"))
        for key in ours.keys() | slow.keys()
        if ours.get(key) != slow.get(key)
    }
    definite = {
        key: pair for key, pair in different.items() if not any(each.startswith("cannot tell") for each in pair)
    }
    assert definite == {}
    assert len(different) <= 1, different
