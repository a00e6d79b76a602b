"""Loaded by every Python process that a test starts with this folder on PYTHONPATH; looks into gateway processes only.

Each opening is written down from before the program's first line on; SIGUSR1 makes the process try, from inside, every
way it has to open the private store, and write down what came of it.
"""

import contextlib
import os
import signal
import sqlite3
import sys
from pathlib import Path

TRACE = os.environ.get("ZONES_TRACE", "")
OPENINGS = ("open", "sqlite3.connect", "os.listdir", "os.scandir", "os.rename", "os.remove", "os.link", "os.symlink")


def spy():
    trying: list[bool] = []
    out = os.open(TRACE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(*words):
        os.write(out, ("\t".join(map(str, words)) + "\n").encode())

    def hook(event, arguments):
        if event in OPENINGS and not trying:
            note("opened", event, os.fspath(arguments[0]) if not isinstance(arguments[0], int) else arguments[0])

    def attempt(*_):
        private = Path(os.environ["ZONES_PRIVATE"])
        base, link = private / "private.db", Path(os.environ["ZONES_LINK"])
        ways = {
            "open": lambda: open(str(base), "rb"),  # noqa: SIM115
            "open a Path": lambda: base.open("rb"),
            "open bytes": lambda: open(os.fsencode(base), "rb"),  # noqa: SIM115
            "open relative": lambda: open(os.path.relpath(base), "rb"),  # noqa: SIM115
            "open through ..": lambda: open(private.parent / "shared" / ".." / "private" / "private.db", "rb"),  # noqa: SIM115
            "open a link": lambda: open(link, "rb"),  # noqa: SIM115
            "os.open": lambda: os.open(base, os.O_RDONLY),
            "open the folder": lambda: os.open(private, os.O_RDONLY),
            "sqlite3": lambda: sqlite3.connect(str(base)),
            "sqlite3 a Path": lambda: sqlite3.connect(base),
            "sqlite3 an address": lambda: sqlite3.connect(f"file:{base}?mode=ro", uri=True),
            "listdir": lambda: os.listdir(private),
            "scandir": lambda: os.scandir(private),
            "read the key": (private / "store.key").read_bytes,
        }
        trying.append(True)
        for way, act in ways.items():
            try:
                act()
                note("tried", way, "LET IN")
            except Exception as error:
                note("tried", way, getattr(error, "code", repr(error)))
        trying.clear()
        note("tried", "the end", "")

    sys.addaudithook(hook)
    signal.signal(signal.SIGUSR1, attempt)


if TRACE and "detente.adapters.gateway" in sys.orig_argv:
    with contextlib.suppress(Exception):
        spy()
