"""Run a page as one shell session and hold what comes out against what the page shows.

In a `console` block a line that starts with `$ ` is a command and what follows is its output. A block of another
language under a line "`NAME`:" is a file. In shown output `…` stands for any text of a line, a line of `…` alone for
any lines. Digits, and runs of eight hex digits or more, differ from run to run; what later commands and files repeat
of them (a digest, a challenge, an entry, a port) is replaced by what this run printed.

    python -m tests.docs.story [PAGE ...] PAGE        puts the outputs of a run of today into the last page

A page before it is run first, up to its section "Stop": what the last page goes on from.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import detente
from detente.demo.three import free_ports

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
REST = 4.0
WIDTH = 118
STOP = "## 8. Stop"
_BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```([a-z]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PORT = re.compile(r"127\.0\.0\.1:(\d+)")
_VARIES = re.compile(r"…|(?<![0-9a-z])[0-9a-f]{8,}|^ +(?=\d)|\d+")
_AGAIN = re.compile(r"detente (state|log|refusals|compare|may|lists show|(areas|lists) --node) ")
"""Commands that only look: asked again until the nodes have come to rest."""
_WORDS = re.compile(r"read: ([a-z]+(?: [a-z]+){4}), for (\d+) entries")
_CHALLENGE = re.compile(r"speak: ((?:[0-9a-f]{4} ?){4})")
_ENTRY = re.compile(r"(\S+/to-[a-z]+) entry (\d+), id")
_NAMED = re.compile(r"(?<![0-9a-f])([0-9a-f]{12,64})(?![0-9a-f])")


@dataclass
class Step:
    """A command and the output shown for it; or, with a name, a file and its text."""

    command: str
    shown: list[str] = field(default_factory=list)
    name: str = ""


def steps_of(page: str) -> list[Step]:
    """All commands and files of a page, in order."""
    steps: list[Step] = []
    for name, language, text in _BLOCK.findall(page):
        if language != "console":
            steps += [Step(text, name=name)] if name else []
            continue
        for line in text.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:]))
            else:
                steps[-1].shown.append(line)
    return steps


class Shell:
    """One bash in its own folder, with `detente` on its path; everything it started ends with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tools = folder / ".bin"
        tools.mkdir(parents=True)
        for name, call in (("detente", "-m detente.cli.main"), ("python", "")):
            (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {call} "$@"\n')
            (tools / name).chmod(0o755)
        (folder / "agreements").symlink_to(ROOT / "agreements")
        path = f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        source = str(Path(detente.__file__).resolve().parents[1])
        environment = os.environ | {"PATH": path, "PYTHONPATH": source, "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
        environment.pop("DETENTE_PASSPHRASE", None)
        self._bash = subprocess.Popen(
            ["/bin/bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.names: dict[str, str] = {}

    def run(self, command: str) -> list[str]:
        """The lines a command prints. AssertionError if it has not ended after twice PATIENCE, or the shell has."""
        assert self._bash.stdin
        assert self._bash.stdout
        self._bash.stdin.write(f"{command}\n__status=$?; printf '\\n--done--\\n'; (exit $__status)\n".encode())
        self._bash.stdin.flush()
        end = time.monotonic() + 2 * PATIENCE
        data = b""
        while not data.endswith(b"\n--done--\n"):
            if not select.select([self._bash.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"still running after {2 * PATIENCE:g} s: $ {command}\n{data.decode()}")
            part = os.read(self._bash.stdout.fileno(), 65536)
            if not part:
                raise AssertionError(f"the shell ended at $ {command}\n{data.decode()}")
            data += part
        lines = [line.rstrip() for line in data.decode().removesuffix("\n--done--\n").splitlines()]
        return lines[:-1] if lines and not lines[-1] else lines

    def mapped(self, text: str) -> str:
        """What a page says, with what this run printed in place of what the page shows."""
        for old, new in self.names.items():
            text = re.sub(rf"(?<![0-9a-f]){re.escape(old)}(?![0-9a-f])", new, text)
        return text

    def close(self) -> None:
        """End the shell and all it started."""
        for number in (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._bash.pid, number)
            except ProcessLookupError:
                break
            time.sleep(0.5)
        self._bash.communicate()


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether printed lines are those shown, but for what differs from run to run."""
    pattern = ""
    for line in shown:
        if line == "…":
            pattern += r"(?:[^\n]*\n)*"
        elif _CHALLENGE.fullmatch(line):
            pattern += r"speak: [0-9a-f ]+\n"
        elif _WORDS.fullmatch(line):
            pattern += r"read: [a-z ]+, for \d+ entries\n"
        else:
            last = 0
            for found in _VARIES.finditer(line):
                pattern += re.escape(line[last : found.start()])
                if found[0] == "…":
                    pattern += r"[^\n]*"
                elif found[0].isspace():  # numbers at the right of a column
                    pattern += " *"
                else:
                    pattern += r"[0-9a-f]+" if len(found[0]) >= 8 else r"\d+"
                last = found.end()
            pattern += re.escape(line[last:]) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def _shape(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, shape in ((_CHALLENGE, "speak: #"), (_WORDS, "read: #"), (_VARIES, "#")):
        line = pattern.sub(shape, line)
    return line


def _learn(shown: list[str], printed: list[str], names: dict[str, str]) -> None:
    """What this run printed in place of a digest, draft, challenge, entry or words that the page shows.

    Only lines of one shape are paired: a page may be older than a line that a command prints now.
    """
    matcher = SequenceMatcher(None, list(map(_shape, shown)), list(map(_shape, printed)), autojunk=False)
    for start, start_, size in matcher.get_matching_blocks():
        for one, other in zip(shown[start : start + size], printed[start_ : start_ + size], strict=True):
            for (words, count), (words_, count_) in zip(_WORDS.findall(one), _WORDS.findall(other), strict=True):
                names[f"{count} {words}"] = f"{count_} {words_}"
            for (log, entry), (log_, entry_) in zip(_ENTRY.findall(one), _ENTRY.findall(other), strict=True):
                names[f"{log} {entry}"] = f"{log_} {entry_}"
            for pattern in (_CHALLENGE, _NAMED):
                for old, new in zip(pattern.findall(one), pattern.findall(other), strict=False):
                    names[old.strip()] = new.strip()


def _settled(step: Step, command: str, shell: Shell, fresh: bool) -> list[str]:
    """What a command prints: a look, and what finds no node yet, is asked again, for a minute, until it fits.

    With old outputs (`fresh`) nothing need fit: a look is asked again until it says the same for a while.
    AssertionError if no node answers in all that time, with the end of the nodes' logs.
    """
    end = time.monotonic() + PATIENCE
    rest = time.monotonic() + REST
    printed = shell.run(command)
    while not fits(step.shown, printed) and time.monotonic() < end:
        away = any("node-unreachable" in line for line in printed)
        looks = _AGAIN.match(command) and not (fresh and time.monotonic() > rest)
        if not (looks or away):
            break
        time.sleep(0.3)
        last, printed = printed, shell.run(command)
        if list(map(_shape, last)) != list(map(_shape, printed)):
            rest = time.monotonic() + REST
    if any("node-unreachable" in line for line in printed) and not fits(step.shown, printed):
        logs = "\n".join(shell.run("tail -n 3 *.log"))
        raise AssertionError(f"$ {command}\n" + "\n".join(printed) + f"\n-- logs\n{logs}")
    return printed


def play(page: str, shell: Shell, *, fresh: bool = False) -> Iterator[tuple[Step, list[str]]]:
    """Run a page; each step with what it printed.

    `fresh`: the page's outputs are old; its ports are used as they are.
    """
    used = [] if fresh else sorted(set(_PORT.findall(page)))
    shell.names |= dict(zip(used, map(str, free_ports(len(used))), strict=True))
    for step in steps_of(page):
        command = shell.mapped(step.command)
        if step.name:
            shell.run(f"cat > {step.name} <<'END_OF_FILE'\n{command}END_OF_FILE")
            yield Step(command, name=step.name), []
            continue
        if fresh:
            print(f"$ {command}", file=sys.stderr)
        printed = _settled(step, command, shell, fresh)
        _learn(step.shown, printed, shell.names)
        yield Step(command, step.shown), printed


def before(text: str, heading: str) -> str:
    """A page up to a heading."""
    return text.partition(f"\n{heading}\n")[0]


def check(name: str, text: str, shell: Shell) -> None:
    """Every command of a page prints what the page shows."""
    for step, printed in play(text, shell):
        shown = "\n".join(step.shown)
        assert step.name or fits(step.shown, printed), (
            f"{name}: $ {step.command}\n-- shown\n{shown}\n-- printed\n" + "\n".join(printed)
        )


def _shorten(step: Step, printed: list[str], folder: str) -> list[str]:
    """Output as the page shows it: cut where it was cut before, no long lines, no path of this machine.

    Cut in several places it is kept if it still fits; if not, it is cut at the first, and the page is to be mended by hand.
    """
    lines = [line.replace(folder, "…") for line in printed]
    lines = [line if len(line) <= WIDTH else line[: WIDTH - 1].rstrip() + "…" for line in lines]
    if step.shown.count("…") > 1 and fits(step.shown, lines):
        return step.shown
    if "…" in step.shown:
        at = step.shown.index("…")
        after = len(step.shown) - at - 1
        lines = [*lines[:at], "…", *lines[len(lines) - after :]]
    return lines


def _filled(page: str, shell: Shell) -> str:
    """The page with the outputs of a run in place of those it shows."""
    played = iter([(s, _shorten(s, printed, str(shell.folder))) for s, printed in play(page, shell, fresh=True)])

    def block(match: re.Match[str]) -> str:
        steps = [next(played) for _ in steps_of(match[0])]
        if not steps:
            return match[0]
        if steps[0][0].name:
            return f"`{match[1]}`:\n\n```{match[2]}\n{steps[0][0].command}```"
        lines = [line for step, printed in steps for line in (f"$ {step.command}", *printed)]
        return "```console\n" + "".join(line + "\n" for line in lines) + "```"

    return _BLOCK.sub(block, page)


def _main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the nodes end with it
    *first, last = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        shell = Shell(Path(name).resolve() / "work")
        try:
            for page in first:
                for _ in play(before(page.read_text("utf-8"), STOP), shell, fresh=True):
                    pass
            last.write_text(_filled(last.read_text("utf-8"), shell), "utf-8")
        finally:
            shell.close()


if __name__ == "__main__":
    _main()
