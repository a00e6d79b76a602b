"""Kept and broken are true in every completion of the record (11): who knows less never contradicts who knows more."""

from pathlib import Path
from random import Random

import pytest

from detente.agreement.language import read_agreement
from detente.agreement.reference import judge, may, overall
from tests.agreement.geodesics import Exact
from tests.agreement.random_records import annexes, blur, draw
from tests.agreement.stories import FOLDER, read_story

EVERYTHING = read_agreement((Path(__file__).parents[1] / "everything.yaml").read_bytes(), "everything")
AGREEMENTS = {
    "everything": EVERYTHING,
    **{
        path.stem: read_agreement(path.read_bytes(), path.name)
        for path in sorted((Path(__file__).parents[3] / "agreements").glob("*.yaml"))
    },
    **{path.stem: read_story(path.read_text()).agreement for path in sorted(FOLDER.glob("*.md"))},
}
DEFINITE = ("kept", "broken", "not applicable")


@pytest.mark.parametrize("name", AGREEMENTS)
@pytest.mark.parametrize("seed", range(8))
def test_knowing_less_contradicts_nothing(name, seed):
    agreement, random = AGREEMENTS[name], Random(seed)
    geometry = Exact(annexes(agreement, random))
    truth = draw(agreement, random, 16)
    known = blur(truth, agreement, random)
    true = {(item.clause, item.act, item.bearer): item.verdict for item in judge(agreement, truth, geometry)}
    for item in judge(agreement, known, geometry):
        said = true.get((item.clause, item.act, item.bearer))
        # `not applicable` may stand for `kept`: no breach on any reading.
        if said in DEFINITE and item.verdict in DEFINITE and {item.verdict, said} != {"kept", "not applicable"}:
            assert item.verdict == said, item


@pytest.mark.parametrize("seed", range(6))
def test_at_the_earliest_instant_it_holds(seed):
    random = Random(seed)
    record = draw(EVERYTHING, random, 8)
    deed = random.choice(record.acts)
    others = tuple(act for act in record.acts if act.id != deed.id)
    record = type(record)(others, record.now)
    at = deed.at.lo if deed.at is not None else 0
    for item in may(EVERYTHING, record, Exact(), deed, at):
        if item.earliest is not None and item.earliest > at:
            past = [
                act
                for act in others
                if act.at is not None and act.at.hi <= at and all(when.hi <= at for when in act.received.values())
            ]
            later = type(record)(tuple(past), item.earliest)
            [again] = [
                found
                for found in may(EVERYTHING, later, Exact(), deed, item.earliest)
                if (found.clause, found.act) == (item.clause, item.act)
            ]
            assert again.verdict in ("kept", "not applicable", "not due")


def test_the_whole_answer_before_an_act():
    words = set()
    for seed in range(6):
        random = Random(seed)
        record = draw(EVERYTHING, random, 6)
        deed = record.acts[-1]
        at = deed.at.lo if deed.at is not None else 0
        said = overall(EVERYTHING, type(record)(record.acts[:-1], record.now), Exact(), deed, at)
        words.add(said.word)
        assert (said.word == "no objection found") <= (said.earliest == at)
    assert words
