"""No string that can reach a person says of anything that it is cleared, approved, safe, lawful, authorised or OK.

Every string constant of src is read (messages, help, advice, templates, phrases; docstrings, since those of commands are
help), the pages on commands and errors, the sentences of the nine agreements, and the screens of all stories. The few
that stand in `ALLOWED` are about something else than a strike, each with its reason (decision 0040). What the demo
prints is read in tests/demo.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from detente.agreement.explain import explain
from detente.agreement.judge import judge
from detente.agreement.language import read_agreement
from detente.desks.phrases import PHRASES
from tests.agreement.judge.exact import Exact
from tests.agreement.judge.stories import FOLDER, load

ROOT = Path(__file__).resolve().parents[2]
BANNED = re.compile(
    r"\b(?:[Cc]leared|[Aa]pproved|[Ss]afe|[Ll]awful|[Aa]uthori[sz]ed|OK)\b|[\u2705\u2713\u2714\U0001f5f8]"
)
ALLOWED = {
    "returns the approved plan": "black-sea and others: an inspection plan, in the words of the reconstructed text",
    "safe, unhindered and sustained": "humanitarian access, in the words of the reconstructed text",
}
OF_A_RELEASE = {
    "adapters/release_asking.py", "adapters/release_desk.py", "adapters/told_commands.py", "adapters/told_ledger.py",
    "cli/told.py",
}  # fmt: skip
"""Here, and in node/release, `approved` and `cleared` are said of the release of a statement by one's own agencies."""
AGREEMENTS = sorted((ROOT / "agreements").glob("*.yaml"))


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Every string constant of a module, docstrings and parts of f-strings among them, with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _of_a_release(path: Path) -> set[str]:
    name = path.relative_to(ROOT / "src" / "detente").as_posix()
    return {"approved", "cleared"} if name in OF_A_RELEASE or name.startswith("node/release/") else set()


def bad(text: str) -> list[str]:
    for phrase in ALLOWED:
        text = text.replace(phrase, "")
    return BANNED.findall(text)


def test_the_words_are_found_where_they_stand():
    for text in ("It is cleared.", "Safe to go", "an OK", "authorized", "\u2705"):
        assert bad(text), text
    assert not bad("safety of flight, broken, look, unsafely")


def test_no_string_of_the_code_says_it():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text[:80]!r}"
        for path in sorted((ROOT / "src" / "detente").rglob("*.py"))
        for line, text in strings(path)
        if set(bad(text)) - _of_a_release(path)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["commands.md", "errors.md", "desks.md"])
def test_no_page_of_commands_says_it(name: str):
    assert bad((ROOT / "docs" / "reference" / name).read_text("utf-8")) == []


@pytest.mark.parametrize("path", AGREEMENTS, ids=lambda path: path.stem)
def test_no_clause_says_it(path: Path):
    agreement = read_agreement(path.read_bytes(), path.name)
    assert [rule.id for rule in agreement.rules.values() if bad(" ".join(rule.says.split()))] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_no_screen_of_a_story_says_it(path: Path):
    story = load(path)
    for finding in judge(story.agreement, story.record, Exact()):
        assert bad(" ".join(explain(story.agreement, finding, story.record, finding).split())) == []


def test_no_phrase_read_over_the_line_says_it():
    assert [key for key, phrase in PHRASES.items() if bad(phrase.en)] == []
    assert {key for key, phrase in PHRASES.items() if phrase.strike} == {"stop", "acknowledge", "lift"}
