"""The stories: expected findings and gates hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.agreement.distances import Distances
from detente.agreement.judge import judge, may
from tests.agreement.judge.stories import FOLDER, Story, load

STORIES = sorted(FOLDER.glob("*.md"))


@pytest.fixture(params=STORIES, ids=lambda path: path.stem)
def story(request: pytest.FixtureRequest) -> Story:
    path = request.param
    assert isinstance(path, Path)
    return load(path)


def test_findings(story: Story):
    found = judge(story.agreement, story.record, Distances())
    table: dict[tuple[str, str, str, str], object] = {}
    for one in found:
        if one.verdict != "not applicable":
            table.setdefault((one.clause, one.act, str(one.bearer), one.verdict), one)
    rest = set(table)
    for clause, act, who, verdict in story.expected:
        hits = {row for row in rest if row[0] == clause and who in ("-", row[2]) and row[3] == verdict}
        if act.endswith(" *"):  # all that begin so
            hits = {row for row in hits if row[1].startswith(act[:-1])}
            assert hits, (clause, act, who, verdict)
            rest -= hits
            continue
        hits = {row for row in hits if row[1] == act}
        assert hits, (clause, act, who, verdict, sorted(row for row in table if row[:2] == (clause, act)))
        rest -= {sorted(hits)[0]}
    assert not rest


def test_gates(story: Story):
    for gate in story.gates:
        found = {one.clause: one for one in may(story.agreement, story.record, Distances(), gate.act, gate.at)}
        for clause, (verdict, earliest, stated) in gate.expect.items():
            assert found[clause].verdict == verdict, (gate, found[clause])
            if stated:
                assert found[clause].earliest == earliest, (gate, found[clause])
