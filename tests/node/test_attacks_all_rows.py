"""Every row of the attack table has a test, or stands among the rows that wait, and those stand in docs/limits.md.

A test names its row in its docstring: `Attack:` and `Check:` in the words of the table (../shared/design/30-ledger.md).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TABLE = REPOSITORY.parent / "shared" / "design" / "30-ledger.md"
LIMITS = REPOSITORY / "docs" / "limits.md"

# Resolution 9 of 05-resolutions lets these wait: there are no such keys, statements or labels yet.
WAITING = (
    "ML-DSA cosignature with time 0 or of a subtree (allowed by the standard)",
    "sealed statement used to run a notice clock",
    "sealed hash copied, revealed after the owner",
    "guessable sealed value",
    "label outside differs, partial reveal at a lower label, export drops it",
)


def plain(text: str) -> str:
    """One line, without the stop at its end."""
    return " ".join(text.split()).rstrip(".")


def attacks_made() -> dict[str, list[tuple[str, str]]]:
    """Attack: the tests that make it, each with the check it names."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(Path(__file__).parent.glob("test_attacks_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                match = re.fullmatch(r"Attack: (.+?)\n\s*\n\s*Check: (.+)", ast.get_docstring(node) or "", re.DOTALL)
                if match:
                    found.setdefault(plain(match[1]), []).append((node.name, plain(match[2])))
    return found


def rows() -> dict[str, tuple[str, str]]:
    """Attack: (check, test) of each row of the table; skips where the design pages are not at hand."""
    if not TABLE.exists():
        pytest.skip(f"the attack table is not at hand: {TABLE}")
    lines = TABLE.read_text().split("## Attacks", 1)[1].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return {plain(attack): (plain(check), test) for attack, check, test in cells[1:]}


def test_every_row_is_attacked_or_waits() -> None:
    attacks = rows()
    assert len(attacks) > 30
    missing = attacks.keys() - attacks_made().keys() - set(map(plain, WAITING))
    assert not missing
    assert set(map(plain, WAITING)) <= attacks.keys()


def test_no_test_names_a_row_or_a_check_that_is_not_in_the_table() -> None:
    attacks = rows()
    for attack, tests in attacks_made().items():
        assert attack in attacks, tests
        for name, check in tests:
            assert check == attacks[attack][0].replace("as named", "refused"), name


def test_a_test_is_named_after_its_row() -> None:
    small = {"a", "the", "of", "it", "to", "or", "in", "and", "us", "is", "one", "shown", "by"}
    for attack, tests in attacks_made().items():
        words = (
            set(re.findall(r"[a-z0-9]+", attack.lower().replace("`", "").replace("-", "_").replace("_", " "))) - small
        )
        for name, _ in tests:
            shared = words & set(name.split("_"))
            assert len(shared) >= 2, (attack, name)


def test_the_rows_that_wait_stand_in_the_limits() -> None:
    if not LIMITS.exists():
        pytest.skip(f"not written yet: {LIMITS}")
    section = re.split(r"^## ", LIMITS.read_text(), flags=re.MULTILINE)[1]
    listed = [line.strip("|").split("|")[0].strip() for line in section.splitlines() if line.startswith("| ")][1:]
    short = [re.sub(r" \(.*\)$", "", attack) for attack in WAITING]
    assert [re.sub(r" \(.*\)$", "", attack) for attack in listed] == short
