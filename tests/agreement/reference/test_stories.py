"""The stories give the findings and the before-checks that their pages expect."""

import pytest

from detente.agreement.distances import Distances
from detente.agreement.reference import judge, may
from tests.agreement.stories import FOLDER, read_story

STORIES = sorted(FOLDER.glob("*.md"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_findings(path):
    story = read_story(path.read_text(), path.name)
    findings = judge(story.agreement, story.record, Distances())
    found = {(item.clause, item.act, item.bearer): item.verdict for item in findings}
    for clause, act, who, verdict in story.findings:
        if act.endswith(" *"):  # all that begin so and say so; the step judge's test sees that no other is left
            some = [
                w for (c, a, w), word in found.items() if c == clause and a.startswith(act[:-1]) and word == verdict
            ]
            assert any(who in ("-", str(w)) for w in some), (clause, act, who)
            continue
        said = [word for (c, a, w), word in found.items() if (c, a) == (clause, act) and who in ("-", str(w))]
        assert said == [verdict], (clause, act, who)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_gates(path):
    story = read_story(path.read_text(), path.name)
    for gate in story.gates:
        found = {item.clause: item for item in may(story.agreement, story.record, Distances(), gate.act, gate.at)}
        for clause, (verdict, when) in gate.expect.items():
            assert found[clause].verdict == verdict, (gate.at, clause)
            if when is not None:
                assert (found[clause].earliest or "never") == when, (gate.at, clause)
