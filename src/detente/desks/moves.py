"""Tables of moves: states, who moves what, what a move needs, what runs out. Data for desks, diagrams and tests.

A move is made by a statement (its kind, by whom) or by the clock. What a table does not list cannot happen: a statement
that makes no move in the present state is *idle*, kept and named, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from detente.agreement.form import Agreement, Used
from detente.agreement.record import Act

Mover = Literal["nominator", "receiver", "either", "author", "other", "both", "post", "clock"]


@dataclass(frozen=True)
class Move:
    """From any of these states to another, by a statement `kind` of the mover, or when the clock says so."""

    before: tuple[str, ...]
    after: str
    mover: Mover
    kind: str
    needs: str = ""


@dataclass(frozen=True)
class Table:
    """All moves of one desk. `start` is the state of a thing nobody has spoken of; `ends` can be left by no move."""

    name: str
    start: str
    moves: tuple[Move, ...]

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the table names them."""
        found = [self.start]
        for move in self.moves:
            found += [state for state in (*move.before, move.after) if state not in found]
        return tuple(found)

    @property
    def ends(self) -> tuple[str, ...]:
        """States that no move leaves."""
        left = {state for move in self.moves for state in move.before}
        return tuple(state for state in self.states if state not in left)

    def find(self, state: str, mover: Iterable[str], kind: str) -> Move | None:
        """The move that this statement makes in this state, by anyone of these roles; None: it is idle."""
        roles = set(mover)
        return next((m for m in self.moves if state in m.before and m.kind == kind and m.mover in roles), None)


def closed(agreement: Agreement, vocabulary: str) -> str:
    """Why an agreement has no desk that reads this vocabulary; "" if it has one (05-resolutions 14)."""
    if vocabulary in agreement.used:
        return ""
    return f"the agreement does not `use` the vocabulary {vocabulary}, nor map statements of its own to it"


def lacking(agreement: Agreement, needed: Mapping[str, frozenset[str]]) -> str:
    """Which kinds or fields an agreement lacks for a desk that has no vocabulary; "" if none."""
    for name, fields in needed.items():
        kind = agreement.kinds.get(name)
        if kind is None:
            return f"the agreement has no statement {name!r}"
        if without := sorted(fields - kind.fields.keys()):
            return f"its {name!r} has no field {', '.join(without)}"
    return ""


def in_roles(used: Used, acts: Iterable[Act]) -> list[Act]:
    """The acts that a desk reads, with the vocabulary's names for kinds and fields; others are left out."""
    roles = {own: role for role, own in used.kinds.items()}
    return [_in_role(used, roles[act.kind], act) for act in acts if act.kind in roles]


def _in_role(used: Used, role: str, act: Act) -> Act:
    fields = used.fields[role]
    if act.kind == role and all(name == own for name, own in fields.items()):
        return act
    return replace(act, kind=role, fields={name: act.fields[own] for name, own in fields.items() if own in act.fields})


def in_words(used: Used, role: str, fields: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """A statement of the vocabulary in the agreement's own names: kind, and fields. What it has no name for stays as it is,
    to be refused with its name."""
    names = used.fields[role]
    return used.kinds[role], {names.get(name, name): value for name, value in fields.items()}


def mermaid(table: Table) -> str:
    """The table as a state diagram (Mermaid), for the docs."""
    lines = ["stateDiagram-v2", f"    [*] --> {_name(table.start)}"]
    for move in table.moves:
        label = f"{move.kind.replace('_', ' ')} by {_who(move.mover)}" if move.mover != "clock" else move.kind
        label += f", {move.needs}" if move.needs else ""
        lines += [f"    {_name(state)} --> {_name(move.after)}: {label}" for state in move.before]
    lines += [f"    {_name(state)} --> [*]" for state in table.ends]
    return "\n".join(lines) + "\n"


def _name(state: str) -> str:
    return state.replace(" ", "_")


def _who(mover: Mover) -> str:
    return {"both": "both", "either": "either side"}.get(mover, f"the {mover}")
