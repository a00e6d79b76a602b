"""Which statements are one act: the same words of one author to several audiences.

`same_as` is a claim of its author, and the author may lie. A statement joins the one it names only if it is of the same
author and kind, says the same words and stands in another log; otherwise it is an act of its own. So nobody can put
words into an act of somebody else, give it a receipt, or make it vanish; and nobody hides a second statement in a first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from detente.model.statement import Statement
from detente.node.ports import StatementRow


class Place(NamedTuple):
    """A statement and where it stands."""

    origin: str
    row: StatementRow
    statement: Statement


@dataclass
class Group:
    """One act: its id, and where its words stand, at most once in each log."""

    id: str
    places: list[Place] = field(default_factory=list)


def grouped(places: Sequence[Place]) -> list[Group]:
    """Every place in one group, in the order of their first places.

    The id is that of the statement named by `same_as`, held here or not, so that nodes which hold different copies call
    the act alike; it is the statement's own id where somebody else, or something else, has that name. Words that stand
    several times in a log are as many acts: the second in one log goes with the second in another.
    """
    words = {place.row.id: _words(place.statement) for place in places}
    authors = {place.row.id: place.row.author for place in places}
    claimed = Counter(name for _, name in {(place.row.author, _name(place)) for place in places})
    groups: list[Group] = []
    found: dict[tuple[str, str, bytes], list[Group]] = {}
    times: Counter[tuple[str, str, bytes]] = Counter()
    taken: set[str] = set()
    for place in places:
        own, name, said = place.row.id, _name(place), words[place.row.id]
        same = found.setdefault((place.row.author, name, said), [])
        before = times[place.origin, name, said]
        times[place.origin, name, said] += 1
        if before == len(same):
            if name in words:  # the name is that of the words that stand under it
                free = (authors[name], words[name]) == (place.row.author, said)
            else:
                free = claimed[name] == 1
            same.append(Group(name if free and name not in taken else own))
            taken.add(same[-1].id)
            groups.append(same[-1])
        same[before].places.append(place)
    return groups


def replaces(new: Group, old: Group) -> bool:
    """Whether an account may stand instead of another: of the same author, and later in every log that holds both."""
    before = {place.origin: place.row.entry for place in old.places}
    both = [(before[place.origin], place.row.entry) for place in new.places if place.origin in before]
    old_row, new_row = old.places[0].row, new.places[0].row
    alike = (old_row.author, old_row.kind) == (new_row.author, new_row.kind)
    return alike and bool(both) and all(earlier < later for earlier, later in both)


def _name(place: Place) -> str:
    return place.statement.same_as or place.row.id


def _words(statement: Statement) -> bytes:
    """The statement without what differs between its copies."""
    alike = msgspec.structs.replace(
        statement, origin="", time=0, salt="", label="", seen=None, approval=None, same_as=None
    )
    return msgspec.json.encode(alike, order="sorted")
