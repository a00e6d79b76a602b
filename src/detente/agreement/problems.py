"""All that is wrong with an agreement file in one run.

The strict reader stops at the first error. Here the part that was refused is put aside (a key of a clause, a clause, a place)
and the rest is read again, until nothing is refused or nothing can be put aside. Errors in statements, events and people come
alone: what clauses say of a kind that was not understood would be refused for no fault of theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from detente.agreement.language import read_agreement
from detente.agreement.source import Node, Place, read_source
from detente.agreement.vocabulary import shipped
from detente.errors import GivenError

_MOST = 200
_TAKEN_FOR_FIELD = re.compile(
    r"has no field '(same|with|ended_by|at_least|at_most|within|newest_per|alike|by_each|to)'"
)
_CIRCLE = "these depend on themselves"
_LINE = re.compile(r" line (\d+)(?:, (.*))?$")
_KEPT = (
    "id", "forbid", "permit", "require", "earlier", "later", "count", "act", "after", "due", "every", "at", "guarantor",
    "shape", "covers", "named_in", "field", "of", "starts", "from", "to", "start_of", "end_of",
    "at_least", "at_most", "streak", "since", "each_day",
)  # fmt: skip
_ORDINARY = {"within": "1h", "by": "parties", "by_each": "parties"}
"""Put in place of what a duty cannot do without."""
_WORDS = ("use", "statements", "events", "others", "parties")
_SECTIONS = {"places": "place", "phases": "phase", "define": "define"}
_NEEDED = ("agreement", "clauses", *_WORDS[1:])


def errors_in(data: bytes, file: str = "agreement") -> list[GivenError]:
    """The errors of a file in the order of its lines; empty if it can be read."""
    try:
        root = read_source(data, file)
    except GivenError as unread:
        return [unread]
    found: list[GivenError] = []
    error = _refusal(data, file, root)
    while error is not None and len(found) < _MOST:
        found.append(error)
        rest = _put_aside(data, file, root, error)
        if rest is None:
            break
        root, error = rest
    found = list({_same_fault(one): one for one in found}.values())
    # A circle is told alone: what was put aside may have closed it.
    found = [one for one in found if not one.what.startswith(_CIRCLE)] or found
    # Where a question's own key is misspelt, its other keys are taken for fields.
    found = [one for one in found if not _TAKEN_FOR_FIELD.search(one.what)] or found
    words = [one for one in found if _heading(one).split(" ")[0] in _WORDS]
    return sorted(words or found, key=lambda one: _line(one))


def _refusal(data: bytes, file: str, root: Node) -> GivenError | None:
    try:
        read_agreement(data, file, root)
    except GivenError as error:
        return error
    return None


def _put_aside(data: bytes, file: str, root: Node, error: GivenError) -> tuple[Node, GivenError | None] | None:
    """The file without what was refused, and what is refused next; None if nothing serves."""
    if _heading(error).startswith("clause "):
        return _aside_in_clause(data, file, root, error)
    second: tuple[Node, GivenError | None] | None = None
    for candidate in _candidates(root, error):
        following = _refusal(data, file, candidate)
        if following is None or _heading(following) != _heading(error):
            return candidate, following
        if second is None and _same_fault(following) != _same_fault(error):
            second = candidate, following
    return second


def _aside_in_clause(data: bytes, file: str, root: Node, error: GivenError) -> tuple[Node, GivenError | None] | None:
    """The smallest part whose absence leaves the clause in order; else, since the clause has more faults than this, the part
    after which most agree on the next fault: so no fault is told that only the putting aside has made.
    """
    clauses = (root.pairs or {})["clauses"]
    name = _heading(error).removeprefix("clause ")
    parts = [(_with(root, "clauses", smaller), leaf) for smaller, leaf in _clauses(clauses, name, _line(error))]
    # A key that is not known is most often another one misspelt: without it the clause would lack that one too.
    misspelt = " knows no key " in error.what
    for leaves in () if misspelt else (True, False):
        others: list[tuple[Node, GivenError]] = []
        for candidate, leaf in parts:
            following = _refusal(data, file, candidate) if leaf == leaves else error
            if following is None or _heading(following) != _heading(error):
                return candidate, following
            if _same_fault(following) != _same_fault(error):
                others.append((candidate, following))
        if others:
            votes = Counter(_same_fault(following) for _, following in others)
            return max(others, key=lambda other: votes[_same_fault(other[1])])
    for candidate in _as_words(root, name):
        return candidate, _refusal(data, file, candidate)
    return None


def _same_fault(error: GivenError) -> tuple[str, str]:
    """What makes two refusals the same: the place and the fault, without the remedy (which lists what is known)."""
    return error.what.split("; ")[0], error.where


def _line(error: GivenError) -> int:
    match = _LINE.search(error.where)
    return int(match[1]) if match else 0


def _heading(error: GivenError) -> str:
    match = _LINE.search(error.where)
    return (match[2] or "") if match else ""


def _candidates(root: Node, error: GivenError) -> Iterator[Node]:
    """The file with ever more of what was refused put aside."""
    top = root.pairs
    if top is None:
        return
    kind, _, name = _heading(error).partition(" ")
    if kind in ("place", "phase", "define"):
        section = kind if kind == "define" else f"{kind}s"
        yield _with(root, section, _with(top[section], name, _neutral(kind, top[section].place)))
    elif kind == "use":
        yield from _uses(root, name)
    elif kind in ("statements", "events", "others"):
        if " stands for " in error.what:
            for used in (top["use"].pairs or {}) if "use" in top else ():
                yield from _uses(root, used)
        yield from _words(root, kind, name, _line(error))
    else:
        yield from _others(root, top, _line(error))


def _clauses(node: Node, name: str, line: int) -> Iterator[tuple[Node, bool]]:
    """The clauses without one part of a clause, as `_smaller` takes them."""
    items = node.items or ()
    for number, item in enumerate(items):
        pairs = item.pairs or {}
        if "id" in pairs and pairs["id"].text == name:
            for smaller, leaf in _smaller(item, line):
                yield _replaced(node, number, smaller), leaf
        elif "then" in pairs:
            for then, leaf in _clauses(pairs["then"], name, line):
                yield _replaced(node, number, _with(item, "then", then)), leaf


def _as_words(root: Node, name: str) -> Iterator[Node]:
    """The file with a clause as mere text."""
    clauses = (root.pairs or {}).get("clauses")
    for number, item in enumerate((clauses.items or ()) if clauses is not None else ()):
        pairs = item.pairs or {}
        own = "id" in pairs and pairs["id"].text == name
        below = any("id" in (one.pairs or {}) and (one.pairs or {})["id"].text == name for one in pairs.get("then", ()))
        if clauses is not None and (own or below):
            words = Node(item.place, items=(Node(item.place, text="not understood"),))
            text = Node(item.place, pairs={"id": pairs["id"], "not_judged": words})
            yield _with(root, "clauses", _replaced(clauses, number, text))


def _smaller(node: Node, line: int) -> Iterator[tuple[Node, bool]]:
    """A node without one of its parts that stand on a line, and whether the part holds no smaller one that could be taken.

    A part without which the rest would be refused for no fault of its own is not taken alone.
    """
    for number, item in enumerate(node.items or ()):
        for smaller, leaf in _smaller(item, line):
            yield _replaced(node, number, smaller), leaf
    for key, item in (node.pairs or {}).items():
        if line not in _lines(item):
            continue
        below = list(_smaller(item, line))
        yield from ((_with(node, key, smaller), leaf) for smaller, leaf in below)
        if key in _ORDINARY and "require" in (node.pairs or {}):
            yield _with(node, key, Node(item.place, text=_ORDINARY[key])), True
        elif key not in _KEPT:
            yield _without(node, key), not below


def _words(root: Node, kind: str, name: str, line: int) -> Iterator[Node]:
    """The file with one field of a kind taken as a code, or one person as a mere name."""
    section = (root.pairs or {})[kind]
    entry = (section.pairs or {})[name]
    for key in sorted(entry.pairs or {}, key=lambda key: line not in _lines((entry.pairs or {})[key])):
        if kind != "others":
            yield _with(root, kind, _with(section, name, _with(entry, key, Node(entry.place, text="code"))))
        yield _with(root, kind, _with(section, name, _without(entry, key)))
    yield _with(root, kind, _with(section, name, Node(entry.place, pairs={})))


def _uses(root: Node, name: str) -> Iterator[Node]:
    """The file with the vocabulary meant, or without it."""
    entry = (root.pairs or {})["use"]
    if name in shipped():
        yield _with(root, "use", _with(entry, name, Node(entry.place, text=shipped()[name].digest)))
    yield _with(root, "use", _without(entry, name))


def _others(root: Node, top: dict[str, Node], line: int) -> Iterator[Node]:
    """The file without a clause, precedence or key at a line."""
    clauses = top["clauses"].items or () if "clauses" in top else ()
    for number, item in enumerate(clauses):
        if item.place.line == line:
            yield _with(root, "clauses", replace(top["clauses"], items=clauses[:number] + clauses[number + 1 :]))
    for number, item in enumerate(clauses):
        if "prevails_over" in (item.pairs or {}):
            yield _with(root, "clauses", _replaced(top["clauses"], number, _without(item, "prevails_over")))
    for key in sorted(top, key=lambda key: line not in _lines(top[key])):
        if key == "zone":
            yield _with(root, key, Node(top[key].place, text="UTC"))
        elif key in _SECTIONS:
            for name, item in (top[key].pairs or {}).items():
                if line in _lines(item):
                    yield _with(root, key, _with(top[key], name, _neutral(_SECTIONS[key], item.place)))
        elif key not in _NEEDED:
            yield _without(root, key)


def _neutral(kind: str, place: Place) -> Node:
    """A place, phase or condition that nothing is wrong with."""
    if kind == "place":
        return Node(place, pairs={"shape": Node(place, pairs={"annex": Node(place, text="not understood")})})
    if kind == "phase":
        return Node(place, pairs={"starts": Node(place, text="2000-01-01T00:00:00Z")})
    return Node(place, pairs={"all": Node(place, items=())})


def _lines(node: Node) -> set[int]:
    """The lines a node and its parts begin on."""
    parts = [*(node.items or ()), *(node.pairs or {}).values()]
    return {node.place.line}.union(*(_lines(part) for part in parts))


def _with(node: Node, key: str, value: Node) -> Node:
    return replace(node, pairs={**(node.pairs or {}), key: value})


def _without(node: Node, key: str) -> Node:
    return replace(node, pairs={name: item for name, item in (node.pairs or {}).items() if name != key})


def _replaced(node: Node, number: int, item: Node) -> Node:
    items = node.items or ()
    return replace(node, items=(*items[:number], item, *items[number + 1 :]))
