"""docs/reference/desks.md shows the tables as they are.

`python -m tests.desks.test_page` writes the diagrams anew.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from detente import desks
from detente.desks import areas, lists, movements, sites, stop, watch
from detente.desks.moves import Table, mermaid

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "desks.md"
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ARROW = re.compile(r"^    (.+?) --> ([^:\n]+)", re.MULTILINE)
TABLES = (areas.TABLE, lists.TABLE, sites.TABLE, movements.TABLE, stop.TABLE, stop.ANSWER, watch.HANDOVER)


def test_the_diagrams_are_those_of_the_tables():
    assert DIAGRAM.findall(PAGE.read_text("utf-8")) == [mermaid(table) for table in TABLES]


def test_every_table_of_the_desks_is_on_the_page_and_every_move_of_it_is_drawn():
    modules = [import_module(f"detente.desks.{each.name}") for each in iter_modules(desks.__path__)]
    every = {value.name: value for module in modules for value in vars(module).values() if isinstance(value, Table)}
    assert every == {table.name: table for table in TABLES}
    for table, drawn in zip(TABLES, DIAGRAM.findall(PAGE.read_text("utf-8")), strict=True):
        arrows = Counter(ARROW.findall(drawn.replace("_", " ")))
        moves = Counter((state, move.after) for move in table.moves for state in move.before)
        assert arrows == moves + Counter([("[*]", table.start), *((end, "[*]") for end in table.ends)])


if __name__ == "__main__":
    drawn = iter(mermaid(table) for table in TABLES)
    PAGE.write_text(DIAGRAM.sub(lambda _: f"```mermaid\n{next(drawn)}```", PAGE.read_text("utf-8")), "utf-8")
