"""`detente demo`: three nodes, one story, ended by itself, with ledgers anyone can verify."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from detente.adapters.config import given_file
from detente.agreement.superseding import judge_history
from detente.cli.judging_input import read_given
from detente.cli.judging_report import report_page
from detente.cli.judging_view import View
from detente.cli.verify import check_path
from detente.demo.live import serve_demo
from detente.demo.scene_record import record_file
from detente.demo.story import OUT, run_demo
from detente.errors import GivenError
from detente.model.when import read_instant

AGREEMENT = Path("agreements/syria-2016-07.yaml")


def flip_in_ledger(out: Path) -> Path:
    """Flip one bit in the middle of the ledger of us to ru as ru holds it; the file changed."""
    folder = out / "ru" / "logs" / "us-to-ru" / "tile" / "entries"
    path = next(path for path in sorted(folder.rglob("*")) if path.is_file())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    return path


def _report(agreement: Path, out: Path) -> str:
    """Judge the record that us's node wrote, into report.html; what was found, in one line."""
    record = record_file(out, "us")
    given = read_given(agreement, (record,), None)
    view = View.of(given, judge_history(given.agreement, given.history, given.geometry))
    page = out / "report.html"
    page.write_text(report_page(view), encoding="utf-8")
    return f"{page}: {len(view.numbered)} findings; the same on the terminal: detente judge {agreement} {record}"


def _ours(out: Path) -> None:
    """GivenError if the folder holds something that no demo wrote: it would be lost."""
    if out.exists() and any(out.iterdir()) and not (out / "nodes").is_dir():
        raise GivenError(
            "file-unreadable", "the folder holds something that no demo wrote; name another with --out", where=str(out)
        )


@click.command("demo-live", short_help="The demo's nodes with their pages in the browser.")
@click.option(
    "--out", type=click.Path(path_type=Path), default="demo-live", show_default=True, help="Folder for the nodes."
)
@click.option(
    "--agreement", type=click.Path(path_type=Path), default=AGREEMENT, show_default=True, help="As for `demo`."
)
@click.option("--at", "until", default="", help="Stop the story there, e.g. 2016-09-17T12:50Z; default: at its end.")
@click.option("--port", type=click.IntRange(1024, 65_000), help="Ports of the pages: this one and the next two.")
def demo_live(out: Path, agreement: Path, until: str, port: int | None) -> None:
    """Run the three nodes up to an instant of the story and serve their pages on this machine until Ctrl-C."""
    _ours(out)
    moment = read_instant(until, "--at") if until else None
    ports = {code: port + at for at, code in enumerate(("us", "ru", "un"))} if port else None
    serve_demo(given_file(agreement), out, moment, ports)


@click.command(short_help="Three nodes, one story.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=OUT, show_default=True, help="Folder for what it writes."
)
@click.option(
    "--agreement",
    type=click.Path(path_type=Path),
    default=AGREEMENT,
    show_default=True,
    help="The Syria agreement, or a variant of it.",
)
@click.option("--tamper", type=click.Choice(["ledger"]), help="Flip one bit of a written ledger, then verify it.")
def demo(out: Path, agreement: Path, tamper: str | None) -> None:
    """Run three nodes (us, ru, un) from the draft to 17 September 2016, and verify and judge what they wrote."""
    _ours(out)
    run_demo(given_file(agreement), out)
    click.echo(_report(agreement, out))
    if tamper:
        flip_in_ledger(out)
        verdict = check_path(out / "ru")
        click.echo(verdict.line)
        sys.exit(1 if not verdict.ok else 0)
    failed = False
    for code in ("us", "ru", "un"):
        verdict = check_path(out / code)
        click.echo(f"{code}: {verdict.line}")
        failed |= not verdict.ok
    click.echo(f"Try: detente verify {out / 'ru'} --details   ·   detente demo --tamper ledger")
    sys.exit(1 if failed else 0)
