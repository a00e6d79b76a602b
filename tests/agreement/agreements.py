"""The agreements that tests judge: all of `agreements/`, those of the stories, and everything.yaml."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from tests.agreement.stories import read_story

HERE = Path(__file__).resolve().parent
FILES = sorted([*(HERE.parents[1] / "agreements").glob("*.yaml"), HERE / "everything.yaml"])
STORIES = sorted((HERE.parent / "stories").glob("*.md"))


@lru_cache(maxsize=1)
def fixed() -> dict[str, Agreement]:
    """Each by its name."""
    found = {path.stem: read_agreement(path.read_bytes(), path.name) for path in FILES}
    for path in STORIES:
        text = path.read_text()
        if "```agreement" in text:
            found[path.stem] = read_story(text, path.name).agreement
    return found
