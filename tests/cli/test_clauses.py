"""`detente clauses`: collected clauses against the agreement files, with no mapping of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from detente.cli.clauses import clauses
from detente.errors import DetenteError, GivenError

ROOT = Path(__file__).resolve().parents[2]
COLLECTED = ROOT.parent / "shared" / "clauses.json"
AGREEMENT = """language: 1
agreement: small
parties: {us: United States, ru: Russian Federation}
events: {strike: {}}
clauses:
- {id: one, source: [ABC-01 read], says: No strike., forbid: strike, not_judged: [soon]}
- {id: two, source: "ABC-01, as reported", says: None., forbid: strike}
- {id: three, source: [Article 2, ABC-03 from memory], says: Wisely., not_judged: [wisely]}
- {id: four, source: [added, ABC-99], says: Never., forbid: strike}
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "small.yaml").write_text(AGREEMENT)

    def invoke(collected, *options):
        path = tmp_path / "collected.json"
        path.write_text(collected if isinstance(collected, str) else json.dumps(collected))
        words = [str(path), "--agreements", str(tmp_path / "files"), *options]
        return CliRunner().invoke(clauses, words, catch_exceptions=False)

    return invoke


THREE = [{"id": f"ABC-0{number}", "act": f"act {number}"} for number in (1, 2, 3)]


def test_said_not_judged_and_why_not(run):
    lines = run(THREE).stdout.splitlines()
    assert lines[:3] == [
        "ABC-01  said, small.yaml: one, two; not judged: soon",
        "ABC-02  not said: no clause of these files names it as its source (act 2)",
        "ABC-03  not judged: wisely (small.yaml: three)",
    ]
    assert lines[3] == "2 of 3: 1 said, 1 not judged; 1 not said"


def test_a_source_that_nobody_collected_is_named(run):
    assert "small.yaml, clause four: its source ABC-99 is not collected in collected.json" in run(THREE).stderr


def test_json(run):
    found = json.loads(run(THREE, "--json").stdout)
    assert found["counts"] == {"said": 1, "not judged": 1, "not said": 1}
    assert found["clauses"][0]["places"][1] == {"file": "small.yaml", "clause": "two", "judged": True}
    assert found["unknown_sources"] == [{"file": "small.yaml", "clause": "four", "id": "ABC-99"}]


@pytest.mark.parametrize(
    ("collected", "says"),
    [
        ("[{]", "not JSON"),
        ("- {id: ABC-01, act: x}", "not JSON"),
        ("{}", "a list of clauses is expected"),
        ("[]", "no clause is collected here"),
        ([{"act": "x"}], "needs 'id'"),
        ([{"id": "ABC-01"}], "needs 'act'"),
        ([{"id": "ABC 1", "act": "x"}], "'ABC 1' is not an id"),
        ([{"id": "ABC-01", "act": 5}], "'act' is not text"),
        ([{"id": "ABC-01", "act": "x", "more": "y"}], "knows no key 'more'"),
        ([THREE[0], THREE[0]], "ABC-01 is collected twice"),
        ('[{"id": "ABC-01", "act": "x", "act": "y"}]', "key 'act' is given twice"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(run, collected, says):
    with pytest.raises(GivenError) as refused:
        run(collected)
    assert says in refused.value.what
    assert refused.value.where.startswith("collected.json line ")


def test_a_folder_without_agreements_and_a_file_that_is_not_there(tmp_path):
    for words in ([str(tmp_path / "none.json")], [__file__, "--agreements", str(tmp_path)]):
        with pytest.raises(DetenteError) as refused:
            CliRunner().invoke(clauses, words, catch_exceptions=False)
        assert refused.value.code in ("file-unreadable", "agreement-invalid")


@pytest.mark.skipif(
    not COLLECTED.is_file(), reason="../shared/clauses.json is not here: the 66 clauses are kept outside the project"
)
def test_the_66_collected_clauses():
    """Issue 3: at least 57 said or not judged by intent; here all, and no source names what was not collected."""
    result = CliRunner().invoke(clauses, [str(COLLECTED), "--agreements", str(ROOT / "agreements"), "--json"])
    found = json.loads(result.stdout)
    assert sum(found["counts"].values()) == 66
    assert found["counts"]["said"] + found["counts"]["not judged"] >= 57
    assert found["unknown_sources"] == []
    assert all(one["not_judged"] for one in found["clauses"] if one["state"] == "not judged")
    taken_out = json.loads(
        CliRunner()
        .invoke(clauses, [str(COLLECTED), "--agreements", str(ROOT / "tests" / "agreement"), "--json"])
        .stdout
    )
    assert taken_out["counts"]["not said"] == 66
