"""The `detente` command: a thin door to the rooms. Every refusal says what, where, whose fault and what to do next."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

import detente
from detente.cli.readable import visible
from detente.errors import DetenteError, GivenError, LocalError

DEBUG = "DETENTE_DEBUG"
INTERNAL = 70


COMMANDS = {
    "account": "told:account",
    "adopt": "node:adopt",
    "approvals": "approve:approvals",
    "approve": "approve:approve",
    "areas": "areas:areas",
    "bundle": "bundle:bundle",
    "check": "checking:check",
    "clauses": "clauses:clauses",
    "compare": "node:compare",
    "demo": "demo:demo",
    "demo-live": "demo:demo_live",
    "discard": "operate:discard",
    "draft": "release:draft",
    "export": "record:export",
    "import": "importing:import_group",
    "judge": "judging:judge",
    "keys": "keys:keys",
    "lists": "lists:lists",
    "log": "record:log",
    "may": "judging_before:may",
    "node": "node:node",
    "offer": "node:offer",
    "operator": "operator:operator",
    "override": "operate:override",
    "movements": "movements:movements",
    "place": "place:place",
    "policy": "policy:policy",
    "recall": "release:recall",
    "receipt": "record:receipt",
    "record": "record:record",
    "refusals": "node:refusals",
    "release": "release:release",
    "say": "node:say",
    "sites": "sites:sites",
    "share": "share:share",
    "state": "node:state",
    "terms": "keys:terms",
    "told": "told:told",
    "verify": "verify:verify",
    "vocabularies": "vocabularies:vocabularies",
    "voice": "record:voice",
    "stop": "stop:stop",
    "watch": "watch:watch",
}
"""Command to `module:name` of detente.cli; a command's module is read when it is asked for, so that the others cost no time."""


class Lazy(click.Group):
    """A group whose commands stand in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found: click.Command = getattr(importlib.import_module(f"detente.cli.{module}"), name)
        return found


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(detente.__version__, prog_name="detente")
def cli() -> None:
    """Runs an agreement between parties that do not trust each other: one node per party, signed statements,
    receipts, and a record anyone can verify."""


def main() -> None:
    """Run the command; exit 1 for a refusal, 2 for a wrong call, 70 for a fault of Detente itself."""
    try:
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
