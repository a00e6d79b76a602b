"""The how-to pages, run: every command prints what the page shows. One run of three nodes serves all pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.story import ROOT, STOP, Shell, _learn, before, check, fits, steps_of

HOW_TO = ROOT / "docs" / "how-to"
pytestmark = pytest.mark.timeout(900)


def text(name: str) -> str:
    return (HOW_TO / name).read_text("utf-8")


@pytest.fixture(scope="module")
def shell(tmp_path_factory) -> Iterator[Shell]:
    """A shell in which three nodes run, as the first page has them run before it stops them."""
    shell = Shell(tmp_path_factory.mktemp("how-to") / "work")
    try:
        check("run-three-nodes.md", before(text("run-three-nodes.md"), STOP), shell)
        yield shell
    finally:
        shell.close()


def test_run_three_nodes(shell):
    """The fixture has run the page up to its last section."""
    assert text("run-three-nodes.md").count(STOP) == 1


@pytest.mark.parametrize("page", ["verify-without-detente.md", "carry-by-hand.md", "backup-and-restore.md"])
def test_a_page_goes_on_from_three_nodes(page, shell):
    check(page, text(page), shell)


def test_they_stop(shell):
    """The last section of the first page, and nothing is left running."""
    check("run-three-nodes.md", text("run-three-nodes.md").partition(f"\n{STOP}\n")[2], shell)
    assert shell.run("jobs -r") == []


def test_output_is_compared_but_for_what_varies():
    shown = ["root of us: 29bc52ad4036e130", "entry 4, id 4fca029f15b6…: ru signed for it at 14:43:16Z", "…", "end"]
    printed = ["root of us: 000011112222aaaa", "entry 12, id 0123456789ab…: ru signed for it at 00:00:00Z", "end"]
    assert fits(shown, printed)
    assert fits(shown, [*printed[:2], "more", "and more", "end"])
    assert not fits(shown, [printed[0], printed[1].replace("ru", "un"), "end"])
    assert not fits(shown, [*printed, "more"])
    assert fits(["     7 a call"], ["    10 a call"])


def test_files_and_commands_are_told_apart():
    page = "`a.txt`:\n\n```text\none\n```\n\n```console\n$ cat a.txt\none\n```\n\n```json\n{}\n```\n"
    assert [(step.name, step.command, step.shown) for step in steps_of(page)] == [
        ("a.txt", "one\n", []),
        ("", "cat a.txt", ["one"]),
    ]


def test_a_page_older_than_a_line_of_output_still_learns_what_changed():
    """Digests are paired by the kind of line they stand in, not by its number."""
    names: dict[str, str] = {}
    shown = ["root document of ru: 000011112222aaaa", "Compare."]
    _learn(
        shown, ["authority of ru: 333344445555bbbb", "root document of ru: 666677778888cccc", "Compare both."], names
    )
    assert names == {"000011112222aaaa": "666677778888cccc"}


def test_a_command_that_does_not_end_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.docs.story.PATIENCE", 0.2)
    shell = Shell(tmp_path / "work")
    try:
        assert shell.run("echo one; echo two") == ["one", "two"]
        with pytest.raises(AssertionError, match=r"still running after 0.4 s: \$ sleep 30"):
            shell.run("sleep 30")
    finally:
        shell.close()
