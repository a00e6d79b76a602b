"""Who may see and do what on the pages of a node. Roles are posts, not persons; an operator may hold several.

A role says which desks are shown and which acts are offered. Everything not named here is refused: no role, no act.
STOP is every operator's (00-product, polarity).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Role(NamedTuple):
    """`desks`: pages shown; `acts`: what may be done there, as `desk.act` or `desk.*`."""

    words: str
    desks: frozenset[str]
    acts: frozenset[str]


LOOK = frozenset({"watch", "areas", "lists", "before", "agreement", "findings", "record"})
ASK = frozenset({"before.ask"})
ROLES: dict[str, Role] = {
    "watch": Role("watch officer", LOOK, ASK | {"watch.*"}),
    "nomination": Role("nomination cell", LOOK | {"release"}, ASK | {"areas.*", "lists.*"}),
    "release": Role("release officer", LOOK | {"release"}, ASK | {"release.*"}),
    "legal": Role("legal adviser", LOOK, ASK),
    "admin": Role(
        "administrator", frozenset({"watch", "agreement", "record", "operators"}), frozenset({"operators.*"})
    ),
}
EVERYONE = frozenset({"stop.raise", "session.end"})


def desks(roles: Iterable[str]) -> frozenset[str]:
    """The pages these roles show."""
    return frozenset().union(*(ROLES[role].desks for role in roles if role in ROLES))


def may(roles: Iterable[str], act: str) -> bool:
    """Whether an act is offered to these roles."""
    desk = act.partition(".")[0]
    return act in EVERYONE or any({act, f"{desk}.*"} & ROLES[role].acts for role in roles if role in ROLES)
