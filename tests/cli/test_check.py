"""`detente check`, as a negotiator would run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from detente.adapters.record_lines import read_record
from detente.agreement.distances import Distances
from detente.agreement.drafting import logic
from detente.agreement.judge import judge
from detente.agreement.language import read_agreement
from detente.cli.checking import check
from tests.agreement.drafting.small import HEAD

CLAUSES = """
clauses:
- id: N
  says: No strike without a notice.
  forbid: strike
  by: parties
  unless: {earlier: notice, by: actor, same: [strike]}
- id: P
  says: An urgent strike may be made at once.
  assumed: [urgent]
  permit: strike
  by: parties
  when: {urgent: "yes"}
"""


@pytest.fixture
def run(tmp_path: Path):
    def invoke(text: str, *options: str, status: int = 0):
        path = tmp_path / "a.yaml"
        path.write_text(text, "utf-8")
        result = CliRunner().invoke(check, [str(path), *options], catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    return invoke


def test_narrow_stacks_and_wide_sets_beside(run):
    narrow = run(HEAD + CLAUSES, "--width", "100").output
    assert "  = No party may make a strike, unless there is a notice" in narrow
    assert all(len(line) <= 100 for line in narrow.splitlines())
    wide = run(HEAD + CLAUSES, "--width", "140").output
    assert any("- id: N" in line and "| No party may make a strike" in line for line in wide.splitlines())


def test_a_finding_has_example_judge_and_choices(run):
    output = run(HEAD + CLAUSES, "--no-readback", "--width", "100").output
    assert "1. PERMITTED AND FORBIDDEN, AND NEITHER COMES FIRST" in output
    assert "N forbids what P permits; the text states no precedence." in output
    assert "a strike by United States, urgent yes." in output
    assert "Judge    N cannot tell, since P would permit it" in output
    assert "The parties may: say that N prevails over P; or say that P prevails over N" in output
    assert "still to be settled: P." in output


def test_errors_come_all_at_once_and_nothing_else(run):
    text = (HEAD + CLAUSES).replace("[strike]}", "[strik]}").replace('{urgent: "yes"}', '{urgent: "maybe"}')
    result = run(text, status=1)
    assert "2 errors" in result.stderr
    assert "clause N" in result.stderr
    assert "'maybe' is not a value of urgent; it has: yes | no" in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_errors_as_json(run):
    answer = json.loads(run((HEAD + CLAUSES).replace("[strike]}", "[strik]}"), "--json", status=1).stdout)
    assert [error["where"].split("a.yaml ")[1] for error in answer["errors"]] == ["line 40, clause N"]


def test_examples_as_records_are_judged_alike_when_read_again(run):
    text = HEAD + CLAUSES
    answer = json.loads(run(text, "--json").stdout)
    agreement = read_agreement(text.encode())
    example = answer["findings"][0]["examples"][0]
    history = read_record([("example", "\n".join(example["record"]).encode())], agreement)
    found = {(one.clause, one.act): one for one in judge(agreement, history.record(), Distances())}
    for told in example["findings"]:
        assert found[(told["clause"], told["act"])].verdict == told["verdict"]
        assert list(found[(told["clause"], told["act"])].against) == told["against"]


def test_without_z3_it_says_what_it_skips(run, monkeypatch):
    monkeypatch.setattr(logic, "available", lambda: False)
    output = " ".join(run(HEAD + CLAUSES, "--no-readback").output.split())
    assert "Not looked for, since Z3 is not installed" in output
    assert "values in keeping only under a permission; redundant clauses" in output


def test_formulas_are_written_beside_their_predicates(run, tmp_path):
    out = tmp_path / "a.mfotl"
    result = run(HEAD + CLAUSES, "--mfotl", str(out), "--no-drafting")
    assert "a.mfotl: 1 formulas" in result.stderr
    text = out.read_text("utf-8")
    assert "# N\n" in text
    assert "ONCE[0,*) (EXISTS i2. (notice(i2,by1,strike1)))" in text
    assert "strike(id:string,by:string,strike:string,urgent:string)" in (tmp_path / "a.mfotl.sig").read_text("utf-8")
