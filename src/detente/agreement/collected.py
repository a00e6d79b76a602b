"""Clauses collected from real arrangements, and where the agreement files say them.

The mapping stands in the files: a clause's `source` names the collected id first ("JIG-05 reported"). Nothing is mapped
here, so that a collected clause no file names reads *not said*.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from detente.agreement.form import Agreement
from detente.agreement.source import CODE, Node, read_source
from detente.errors import GivenError

_KEYS = {"id", "src", "conf", "modality", "actor", "act", "where", "when", "unless", "evidence"}
_ID = re.compile(r"[A-Z][A-Za-z]*-\d+")
State = Literal["said", "not judged", "not said"]


@dataclass(frozen=True)
class Collected:
    """A clause of a real arrangement in short: its id, who, what, when, as they were collected."""

    id: str
    actor: str
    act: str
    when: str


@dataclass(frozen=True)
class Said:
    """A clause of an agreement file that names a collected one as its source; `words`: what of it no record decides."""

    file: str
    clause: str
    rule: bool
    words: tuple[str, ...]


@dataclass(frozen=True)
class Located:
    """Where a collected clause is said. *said*: some rule judges it; *not judged*: only words that no record decides."""

    collected: Collected
    state: State
    places: tuple[Said, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Words that no record decides, of all its places."""
        return tuple(dict.fromkeys(word for place in self.places for word in place.words))


def read_collected(data: bytes, file: str = "clauses") -> list[Collected]:
    """The collected clauses of a JSON file: a list of objects of text with `id` and `act`; GivenError names the line."""
    try:
        plain = json.loads(data)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise GivenError(CODE, f"not JSON: {getattr(error, 'msg', error)}", where=f"{file} line {line}") from error
    root = read_source(data, file)
    if root.items is None:
        root.fail("a list of clauses is expected", "write [{...}, {...}]")
    found: dict[str, Collected] = {}
    for item, values in zip(root.items, plain, strict=True):
        one = _collected(item, values)
        if one.id in found:
            item.fail(f"{one.id} is collected twice", "keep one")
        found[one.id] = one
    if not found:
        root.fail("no clause is collected here")
    return list(found.values())


def _collected(node: Node, values: object) -> Collected:
    pairs = node.only(_KEYS, "a collected clause")
    for key in ("id", "act"):
        if key not in pairs:
            node.fail(f"a collected clause needs {key!r}")
    for key, value in values.items() if isinstance(values, dict) else ():
        if not isinstance(value, str):
            pairs[key].fail(f"{key!r} is not text", "write it in quotes")
    name = pairs["id"].scalar()
    if not _ID.fullmatch(name):
        pairs["id"].fail(f"{name!r} is not an id", "write letters, a dash and a number: JIG-05")
    texts = {key: item.scalar() for key, item in pairs.items()}
    return Collected(name, texts.get("actor", ""), texts["act"], texts.get("when", ""))


def named(source: str) -> str:
    """The collected id a source begins with, "" if none: "JIG-05 reported" names JIG-05."""
    first = source.split()[0].rstrip(",;:") if source.split() else ""
    return first if _ID.fullmatch(first) else ""


def locate(collected: Iterable[Collected], agreements: Mapping[str, Agreement]) -> list[Located]:
    """Each collected clause with the clauses (of files by name) that name it as their source."""
    places: dict[str, list[Said]] = {}
    for file, agreement in agreements.items():
        for rule in agreement.rules.values():
            for name in dict.fromkeys(map(named, rule.source)):
                places.setdefault(name, []).append(Said(file, rule.id, rule.mode != "text", rule.not_judged))
    found = []
    for one in collected:
        here = tuple(places.get(one.id, ()))
        state: State = "said" if any(place.rule for place in here) else "not judged" if here else "not said"
        found.append(Located(one, state, here))
    return found


def strangers(collected: Iterable[Collected], agreements: Mapping[str, Agreement]) -> list[tuple[str, str, str]]:
    """Sources that look like a collected id of the same family but are none: (file, clause, id). A slip of the pen."""
    known = {one.id for one in collected}
    families = {name.split("-")[0] for name in known}
    return [
        (file, rule.id, name)
        for file, agreement in agreements.items()
        for rule in agreement.rules.values()
        for name in map(named, rule.source)
        if name and name not in known and name.split("-")[0] in families
    ]
