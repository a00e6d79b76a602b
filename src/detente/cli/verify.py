"""`detente verify PATH`: check an export, a log folder, a bundle, a `.tlog-proof` or an evidence file, offline.

Exit status 0: what was checked holds; 1: it does not; 2: it could not be read or nothing says whose keys count.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import Progress

from detente.adapters.threads import threaded_verifier
from detente.errors import DetenteError, GivenError
from detente.model.terms import Terms, read_terms
from detente.node.audit.policy import RECEIPT
from detente.node.audit.verdict import Verdict
from detente.node.audit.verify import verify_file, verify_folder
from detente.proof.policy import Policy, parse_policy

SHOWN = 5
"""How many details are shown unasked when something does not hold."""
MAX_FILES = 4_000_000


@click.command(short_help="Check ledgers, proofs, bundles and evidence offline.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--policy", "policy_path", type=click.Path(path_type=Path), help="C2SP tlog-policy: whose signatures count."
)
@click.option(
    "--terms", "terms_path", type=click.Path(path_type=Path), help="The terms file you signed; pins the keys."
)
@click.option("--details", is_flag=True, help="Say what was read, what does not count, and what was not checked.")
@click.option("--json", "as_json", is_flag=True, help="Print {ok, line, details} as JSON.")
def verify(path: Path, policy_path: Path | None, terms_path: Path | None, details: bool, as_json: bool) -> None:
    """Check PATH offline: an export, a log folder, a bundle, a .tlog-proof or an evidence file."""
    try:
        policy = parse_policy(_read(policy_path), str(policy_path)) if policy_path else None
        terms = read_terms(_read(terms_path), str(terms_path)) if terms_path else None
        verdict = check_path(path, policy, terms)
    except GivenError as error:
        _unreadable(error, as_json)
    if as_json:
        click.echo(json.dumps({"ok": verdict.ok, "line": verdict.line, "details": verdict.details}, ensure_ascii=False))
    else:
        click.echo(verdict.line)
        shown = verdict.details if details else [] if verdict.ok else verdict.details[:SHOWN]
        for line in shown:
            click.echo(f"  {line}")
        if not verdict.ok and len(verdict.details) > len(shown):
            click.echo(f"  ... {len(verdict.details) - len(shown)} more lines with --details")
    raise SystemExit(0 if verdict.ok else 1)


def _unreadable(error: DetenteError, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"ok": False, "line": str(error), "details": []}, ensure_ascii=False))
    else:
        click.echo(str(error), err=True)
    raise SystemExit(2)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise GivenError("file-unreadable", error.strerror or str(error), where=str(path)) from error


def check_path(path: Path, policy: Policy | None = None, terms: Terms | None = None) -> Verdict:
    """The verdict on whatever PATH is; GivenError if it cannot be read."""
    if not path.is_dir():
        beside = path.parent.parent / RECEIPT
        return verify_file(
            _read(path), path.name, policy=policy, terms=terms, beside=_read(beside) if beside.is_file() else None
        )

    def read(name: str) -> bytes | None:
        return _read(path / name) if name in names else None

    names = _names(path)
    bar = _Bar()
    try:
        return verify_folder(
            read, names, policy=policy, terms=terms, verify_many=threaded_verifier(), progress=bar.tell
        )
    finally:
        bar.stop()


def _names(folder: Path) -> frozenset[str]:
    """Every file below the folder, relative, with slashes; a link to elsewhere is refused."""

    def refuse(error: OSError) -> NoReturn:
        raise GivenError(
            "file-unreadable", error.strerror or str(error), where=str(error.filename or folder)
        ) from error

    names: set[str] = set()
    for top, folders, files in os.walk(folder, onerror=refuse):
        for name in (*folders, *files):
            if os.path.islink(os.path.join(top, name)):
                raise GivenError("file-unreadable", "a link: what it points to is no part of the folder", where=name)
        names |= {Path(top, name).relative_to(folder).as_posix() for name in files}
        if len(names) > MAX_FILES:
            raise GivenError("file-unreadable", f"more than {MAX_FILES} files", where=str(folder))
    return frozenset(names)


class _Bar:
    """A progress bar on the terminal, from the second second on."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._console = Console(stderr=True)
        self._bar: Progress | None = None

    def tell(self, done: int, total: int) -> None:
        """So many entries of so many are read."""
        if self._bar is None and self._console.is_terminal and time.monotonic() - self._since > 1:
            self._bar = Progress(console=self._console, transient=True)
            self._bar.start()
            self._bar.add_task("checking entries", total=total)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
