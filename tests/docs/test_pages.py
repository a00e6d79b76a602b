"""All pages: links lead somewhere, every page is found from the index, tests that are named exist, lines are short."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")
_MACHINE = re.compile(r"(?<![\w.])/(?:tmp|home|root|work|Users|private/var|mnt)/|[A-Z]:\\")
_REGISTRY = re.compile(r"pypi\.org|pythonhosted|--index-url|--extra-index|registry\.npmjs|proxy\.golang")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", PAGES, ids=name)


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _FENCE.sub("", page.read_text("utf-8"))


def links(page: Path) -> list[tuple[Path, str]]:
    """Relative links: target and anchor."""
    found = []
    for link in _LINK.findall(prose(page)):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            found.append(((page.parent / path).resolve() if path else page, anchor))
    return found


@cache
def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as a forge makes them."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@every_page
def test_links_lead_somewhere(page):
    for target, anchor in links(page):
        assert target.exists(), f"{name(page)} links to {target}"
        assert not anchor or anchor in anchors(target), f"{name(page)} links to #{anchor} of {target.name}"


def test_every_page_is_found_from_the_index():
    found, todo = set(), [DOCS / "README.md"]
    while todo:
        page = todo.pop()
        if page not in found:
            found.add(page)
            todo += [target for target, _ in links(page) if target.suffix == ".md" and DOCS in target.parents]
    assert {name(page) for page in DOCS.rglob("*.md")} - {name(page) for page in found} == set()


@every_page
def test_no_page_names_a_place_of_one_machine(page):
    text = page.read_text("utf-8")
    assert _MACHINE.findall(text) == []
    assert _REGISTRY.findall(text) == []


@every_page
def test_tests_that_are_named_exist(page):
    for found in _TEST.findall(page.read_text("utf-8")):
        path, _, function = found.partition("::")
        assert (ROOT / path).is_file(), f"{name(page)} names {path}"
        assert not function or function in functions(ROOT / path), f"{name(page)} names {found}"


@cache
def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.parent.name in ("spec", "reference", "how-to", "explanation")], ids=name
)
def test_lines_are_short(page):
    lines = page.read_text("utf-8").split("\n")
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == [], (
        "a table's row cannot be folded"
    )


@pytest.mark.parametrize("page", sorted((DOCS / "spec").glob("*.md")), ids=name)
def test_a_must_is_one_that_is_tested(page):
    """80-style: "MUSTs only where testable". Each stands in a paragraph or item that names its test."""
    for part in re.split(r"\n\n|\n(?=- |\d+\. )", prose(page)):
        if "MUST" in part and not part.startswith("|"):
            named = _TEST.search(part) or "A MUST names the test" in part.replace("\n", " ") or "section 3" in part
            assert named, f"{name(page)}: {part}"
