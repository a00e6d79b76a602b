"""`detente operator`: who may sign in to the pages of a node. Posts, not persons."""

from __future__ import annotations

from pathlib import Path

import click

from detente.adapters.config import given_file, load_config
from detente.cli.desk import table
from detente.cli.node import folder_option, json_option, show
from detente.model.when import show_instant
from detente.web.operators import Operators
from detente.web.roles import ROLES


@click.group(short_help="Who may sign in to a node's pages.")
def operator() -> None:
    """Posts that may sign in to the pages of a node, their roles and passwords."""


@operator.command("add", short_help="Add a post, or give it new roles and a new password.")
@folder_option
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(list(ROLES)), help="Repeat for several."
)
@click.option("--password-file", type=click.Path(path_type=Path), help="Its first line; else you are asked.")
def add(folder: Path, name: str, roles: tuple[str, ...], password_file: Path | None) -> None:
    """Add post NAME. Whoever is signed in under it is signed out."""
    if password_file is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = given_file(password_file).decode().split("\n")[0]
    operators = Operators(load_config(folder).folder)
    operators.set(name, roles, password)
    operators.close()
    click.echo(f"{name} may sign in as {', '.join(ROLES[role].words for role in roles)}")


@operator.command("remove", short_help="Take a post off.")
@folder_option
@click.argument("name")
def remove(folder: Path, name: str) -> None:
    """Remove post NAME; it is signed out at once."""
    operators = Operators(load_config(folder).folder)
    operators.remove(name)
    operators.close()
    click.echo(f"{name} may not sign in any more")


@operator.command("list", short_help="The posts and their roles.")
@folder_option
@json_option
def list_posts(folder: Path, as_json: bool) -> None:
    """Every post that may sign in."""
    operators = Operators(load_config(folder).folder)
    found = operators.all()
    operators.close()
    if as_json:
        show(
            {"operators": [{"name": one.name, "roles": one.roles, "changed": int(one.changed * 1000)} for one in found]}
        )
    elif not found:
        click.echo("no post may sign in; add one with `detente operator add`")
    else:
        rows = [
            (
                one.name,
                ", ".join(ROLES[role].words for role in one.roles if role in ROLES),
                show_instant(int(one.changed) * 1000),
            )
            for one in found
        ]
        table(("post", "roles", "set"), rows)
