"""Telling the story on a terminal: us and ru side by side, un below, every line tagged [fact] or [made up]."""

from __future__ import annotations

import shutil
import sys
import textwrap

from detente.model.when import show_instant

FACT = "[fact]"
MADE_UP = "[made\u00a0up]"  # never broken over two lines
_BOLD, _DIM, _RED, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[0m"


class Narrator:
    """Prints scenes. Width follows the terminal between 80 and 140 columns; colour only on a terminal."""

    def __init__(self) -> None:
        self.width = max(80, min(140, shutil.get_terminal_size((118, 40)).columns))
        self._colour = sys.stdout.isatty()
        self.count = 0

    def _style(self, text: str, code: str) -> str:
        return f"{code}{text}{_PLAIN}" if self._colour else text

    def title(self, text: str) -> None:
        """A heading over the whole width."""
        print(self._style(text, _BOLD))

    def plain(self, text: str, indent: str = "") -> None:
        """A paragraph over the whole width."""
        print(textwrap.fill(text, self.width, initial_indent=indent, subsequent_indent=indent))

    def scene(self, name: str, what: str) -> None:
        """Open a scene."""
        self.count += 1
        line = f"── {self.count} · {name} "
        print()
        print(self._style(line + "─" * (self.width - len(line)), _BOLD))
        self.plain(what)
        half = self._half()
        print(self._style(f"{'us':<{half}} │ ru", _DIM))

    def clock(self, now: int) -> None:
        """The time of the scenario, with its banner."""
        print(self._style(f"{show_instant(now)}  SIMULATED TIME", _DIM))

    def _half(self) -> int:
        return (self.width - 3) // 2

    def us(self, text: str, tag: str) -> None:
        """Something on the left."""
        self.both(text, tag, "", "")

    def ru(self, text: str, tag: str) -> None:
        """Something on the right."""
        self.both("", "", text, tag)

    def both(self, left: str, left_tag: str, right: str, right_tag: str) -> None:
        """Something on each side."""
        half = self._half()
        rows = [textwrap.wrap(f"{text} {tag}".strip(), half) for text, tag in ((left, left_tag), (right, right_tag))]
        for number in range(max(map(len, rows))):
            a, b = (row[number] if number < len(row) else "" for row in rows)
            print(f"{a:<{half}} │ {b}".rstrip())

    def un(self, text: str, tag: str) -> None:
        """Something at the UN node, below both."""
        print(textwrap.fill(f"{text} {tag}", self.width, initial_indent="    un │ ", subsequent_indent="       │ "))

    def item(self, text: str) -> None:
        """One of several, over the whole width, its further lines indented."""
        print(textwrap.fill(text, self.width, initial_indent="  ", subsequent_indent="     "))

    def screen(self, text: str) -> None:
        """Lines as they were laid out elsewhere, such as an explanation of at most 80 columns."""
        for line in text.splitlines():
            print(line)

    def caught(self, text: str) -> None:
        """What went wrong and was caught, over the whole width."""
        wrapped = textwrap.fill(text, self.width, initial_indent="  ✗ ", subsequent_indent="    ")
        print(self._style(wrapped, _RED))
