"""The `detente` command: a thin door to the rooms. Every refusal says what, where, whose fault and what to do next."""

from __future__ import annotations

import os
import sys
import traceback

import click

import detente
from detente.cli.readable import visible
from detente.errors import DetenteError, GivenError, LocalError

DEBUG = "DETENTE_DEBUG"
INTERNAL = 70


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(detente.__version__, prog_name="detente")
def cli() -> None:
    """Runs an agreement between parties that do not trust each other: one node per party, signed statements,
    receipts, and a record anyone can verify."""


def _register() -> None:
    from detente.cli.areas import areas
    from detente.cli.bundle import bundle
    from detente.cli.checking import check
    from detente.cli.clauses import clauses
    from detente.cli.demo import demo, demo_live
    from detente.cli.importing import import_group
    from detente.cli.judging import judge
    from detente.cli.judging_before import may
    from detente.cli.keys import keys, terms
    from detente.cli.lists import lists
    from detente.cli.node import adopt, compare, draft, node, offer, refusals, release, say, state
    from detente.cli.operate import discard, override, watch
    from detente.cli.operator import operator
    from detente.cli.place import place
    from detente.cli.record import export, log, receipt, record, voice
    from detente.cli.verify import verify

    first = (
        adopt,
        areas,
        bundle,
        check,
        clauses,
        compare,
        demo,
        demo_live,
        discard,
        draft,
        export,
        import_group,
        judge,
        keys,
    )
    then = (
        lists,
        log,
        may,
        node,
        offer,
        operator,
        override,
        place,
        receipt,
        record,
        refusals,
        release,
        say,
        state,
        terms,
    )
    for command in (*first, *then, verify, voice, watch):
        cli.add_command(command)


def main() -> None:
    """Run the command; exit 1 for a refusal, 2 for a wrong call, 70 for a fault of Detente itself."""
    try:
        _register()
        status = cli(standalone_mode=False)
        sys.stdout.flush()
        if isinstance(status, int):  # what a command gave to `Context.exit`
            sys.exit(status)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        print("detente: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # who read our output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except DetenteError as error:
        print(visible(f"detente: {error}"), file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        sys.exit(_unforeseen(error))


def _unforeseen(error: Exception) -> int:
    """Say in one line what no command caught; the exit status. A file that cannot be used is the caller's to mend."""
    if os.environ.get(DEBUG) == "1":
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.filename is not None:
        where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else str(error.filename)
        print(f"detente: {GivenError('file-unreadable', error.strerror or str(error), where=where)}", file=sys.stderr)
        return 1
    what = f"{type(error).__name__}: {' '.join(str(error).split())}; {DEBUG}=1 shows where"
    print(f"detente: {LocalError('internal', what)}", file=sys.stderr)
    return INTERNAL


if __name__ == "__main__":
    main()
