"""Kept and broken are true in every completion of the record (21-language-reference, 11): knowing less never contradicts."""

from pathlib import Path
from random import Random

import pytest

from detente.agreement.language import read_agreement
from detente.agreement.reference import judge
from tests.agreement.geodesics import Exact
from tests.agreement.random_records import annexes, blur, draw

AGREEMENTS = sorted((Path(__file__).parents[3] / "agreements").glob("*.yaml"))
ROUNDS = 6


@pytest.mark.parametrize("path", AGREEMENTS, ids=lambda path: path.stem)
def test_soundness(path):
    agreement = read_agreement(path.read_bytes(), path.name)
    for seed in range(ROUNDS):
        random = Random(seed)
        geometry = Exact(annexes(agreement, random))
        truth = draw(agreement, random)
        known = blur(truth, agreement, random)
        true = {(item.clause, item.act, item.bearer): item.verdict for item in judge(agreement, truth, geometry)}
        for item in judge(agreement, known, geometry):
            if item.act.startswith(("due", "finding")) or item.bearer is None:
                continue
            said = true.get((item.clause, item.act, item.bearer))
            if said in ("kept", "broken", "not applicable") and item.verdict in ("kept", "broken", "not applicable"):
                fine = item.verdict == said or {item.verdict, said} == {"kept", "not applicable"}
                assert fine, (seed, item, said)
