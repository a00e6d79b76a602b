"""Every row of the attack table of 50-release has its test, or stands in docs/limits.md among the rows that wait."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
LIMITS = TESTS.parent / "docs" / "limits.md"
TABLE = TESTS.parents[1] / "shared" / "design" / "50-release.md"
HEAD = "## Rows of the attack table (50-release) that wait"
MADE = {
    "coarse fixes combined": "node/release/test_motion.py::test_an_adversary_with_the_same_engine_never_gets_below_the_bound",
    "each release on its own grid": "node/release/test_coarsen.py::test_telling_twice_gives_equal_values",
    "release when a cell edge is crossed": "node/release/test_coarsen.py::test_the_second_of_a_crossing_is_not_told",
    "sending times, approval times": "adapters/test_twins.py::test_slots_are_equal_under_fast_and_slow_approval",
    "complete record": "adapters/test_told_commands.py::test_queries_after_silence_name_what_was_not_said",
    "refusal, delay or wording as oracle": "adapters/test_twins.py::test_twins_answer_real_and_spoilt_requests_alike",
    "shape of partial approval": "adapters/test_own_house.py::test_withheld_equals_absent",
    "caveats in labels": "adapters/test_own_house.py::test_labels_are_mapped_or_stay",
    "verbatim source, digits": "node/release/test_coarsen.py::test_the_fine_value_is_in_no_byte_that_leaves",
    "counts differenced between two releases": "node/release/test_coarsen.py::test_one_more_tells_nothing_within_a_band",
    "finer re-release, recall after sending": "adapters/test_own_house.py::test_recall_and_what_was_sent",
}
"""How a row begins: the test that makes the attack."""


def waiting() -> list[str]:
    """First cells of the table in docs/limits.md."""
    section = LIMITS.read_text("utf-8").split(HEAD, 1)[1].split("\n## ", 1)[0]
    return [line.strip("|").split("|")[0].strip() for line in section.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("where", MADE.values())
def test_the_tests_named_are_there(where: str):
    path, name = where.split("::")
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    assert name in [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_every_row_is_attacked_or_waits():
    if not TABLE.exists():
        pytest.skip(f"the attack table is not at hand: {TABLE}")
    lines = TABLE.read_text("utf-8").split("## Attacks", 1)[1].splitlines()
    rows = [line.strip("|").split("|")[0].strip() for line in lines if line.startswith("| ")][1:]
    assert len(rows) == len(MADE) + len(waiting()), rows
    for row in rows:
        assert sum(row.startswith(each) for each in (*MADE, *waiting())) == 1, row
