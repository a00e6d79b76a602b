"""The `detente` command: a thin door to the rooms. Every refusal says what, where, whose fault and what to do next."""

from __future__ import annotations

import sys

import click

import detente
from detente.errors import DetenteError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(detente.__version__, prog_name="detente")
def cli() -> None:
    """Runs an agreement between parties that do not trust each other: one node per party, signed statements,
    receipts, and a record anyone can verify."""


def _register() -> None:
    from detente.cli.bundle import bundle
    from detente.cli.demo import demo
    from detente.cli.importing import import_group
    from detente.cli.keys import keys
    from detente.cli.node import adopt, compare, draft, node, offer, refusals, release, say, state
    from detente.cli.place import place
    from detente.cli.record import export, log, receipt, voice
    from detente.cli.verify import verify

    commands = (adopt, bundle, compare, demo, draft, export, import_group, keys, log, node, offer, receipt, refusals)
    for command in (*commands, place, release, say, state, verify, voice):
        cli.add_command(command)


def main() -> None:
    """Run the command; exit 1 for a refusal, 2 for a wrong call."""
    _register()
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except DetenteError as error:
        print(f"detente: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
