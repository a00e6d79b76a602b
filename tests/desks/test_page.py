"""docs/reference/desks.md shows the tables as they are.

`python -m tests.desks.test_page` writes the diagrams anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from detente.desks import areas, lists, movements, sites, stop, watch
from detente.desks.moves import mermaid

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "desks.md"
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLES = (areas.TABLE, lists.TABLE, sites.TABLE, movements.TABLE, stop.TABLE, stop.ANSWER, watch.HANDOVER)


def test_the_diagrams_are_those_of_the_tables():
    assert DIAGRAM.findall(PAGE.read_text("utf-8")) == [mermaid(table) for table in TABLES]


if __name__ == "__main__":
    drawn = iter(mermaid(table) for table in TABLES)
    PAGE.write_text(DIAGRAM.sub(lambda _: f"```mermaid\n{next(drawn)}```", PAGE.read_text("utf-8")), "utf-8")
