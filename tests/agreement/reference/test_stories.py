"""The five incidents give the findings and the before-checks that their pages expect."""

import pytest

from detente.agreement.reference import judge
from tests.agreement.geodesics import Exact
from tests.agreement.stories import FOLDER, read_story

STORIES = sorted(FOLDER.glob("*.md"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_findings(path):
    story = read_story(path.read_text(), path.name)
    found = {(item.clause, item.act, item.bearer): item.verdict for item in judge(story.agreement, story.record, Exact())}
    for clause, act, who, verdict in story.findings:
        said = [word for (c, a, w), word in found.items() if (c, a) == (clause, act) and who in ("-", str(w))]
        assert said == [verdict], (clause, act, who)
