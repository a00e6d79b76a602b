"""What no agreement can make Detente carry: how, with what, or exactly where on it something is struck (00-product).

A statement that names a target has no field for a weapon, an aim point, an effect, a priority or an image. Statements
about other things may count weapons: those that a convoy carries out of a town, those seen on a road.
"""

from __future__ import annotations

from detente.agreement.form import Kind
from detente.agreement.source import Node

_WORDS = """
    weapon weapons munition munitions ordnance warhead yield bomb bombs missile missiles fuze fuse aim aimpoint dmpi effect
    effects damage bda collateral priority priorities rank ranking kill sortie image images imagery photo photos video picture
    sensor
"""
BARRED = frozenset(_WORDS.split())


def check_scope(kind: Kind, node: Node, *, on_list: bool = False) -> None:
    """Refuse (agreement-invalid) a statement kind that names a target and would carry what Detente does not.

    `on_list`: it stands for a statement of the lists desk, under whatever names.
    """
    if kind.event or not (on_list or {"target", "nomination"} & (set(kind.fields) | set(kind.name.split("_")))):
        return
    for name in kind.fields:
        if barred := sorted(BARRED & {name, *name.split("_")}):
            node.fail(
                f"a {kind.name} names a target and has a field {name!r}",
                f"leave it out: no statement about a target carries {barred[0]}",
            )
