"""`detente vocabularies`: the statements and events that the desks read, each version with the digest an agreement names."""

from __future__ import annotations

import click

from detente.agreement.vocabulary import shipped
from detente.cli.node import json_option, show
from detente.errors import GivenError


@click.command(short_help="Vocabularies of the desks, with their digests.")
@click.argument("name", default="")
@json_option
def vocabularies(name: str, as_json: bool) -> None:
    """Every vocabulary of this version with its digest, as an agreement writes it under `use`; with NAME, its text."""
    known = shipped()
    if name and name not in known:
        raise GivenError("unknown-name", f"no vocabulary {name!r}; known: {', '.join(known)}", where="name")
    chosen = [known[name]] if name else list(known.values())
    if as_json:
        show({"vocabularies": [{"name": one.name, "sha256": one.digest, "kinds": list(one.kinds)} for one in chosen]})
    elif name:
        click.echo(f"# sha256 {chosen[0].digest} (of what follows)\n{chosen[0].text}", nl=False)
    else:
        for one in chosen:
            click.echo(f"{one.name}: {one.digest}\n  {', '.join(one.kinds)}")
