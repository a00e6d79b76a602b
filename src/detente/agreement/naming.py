"""What a part of an agreement names: people, kinds, fields, phases and paths, each resolved or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detente.agreement import form as f
from detente.agreement import paths
from detente.agreement.paths import ANY, Scope
from detente.agreement.source import Node

_WORDS = ("parties", "anyone", "actor", "other", "guarantor")


@dataclass
class Names:
    """What a file has named so far; patterns and conditions are checked against it."""

    people: set[str] = field(default_factory=set)
    kinds: dict[str, f.Kind] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    phases: set[str] = field(default_factory=set)
    define: dict[str, Node] = field(default_factory=dict)
    clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Naming:
    """Reads names against those a file has."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.paths = paths.Paths(names.kinds, names.people)

    def who(self, node: Node, scope: Scope = ANY) -> f.Whos:
        """Words for people: a code, a word, a path from the act asked about, {guarantor: path}; a list is any (or each)."""
        return tuple(self._one_who(item, scope) for item in node)

    def _one_who(self, node: Node, scope: Scope) -> f.Who:
        if node.pairs is not None:
            pairs = node.only({"guarantor"}, "a person")
            if "guarantor" not in pairs:
                node.fail("nobody is named", "write {guarantor: its.field}")
            return f.GuarantorOf(self._person_path(pairs["guarantor"], scope))
        text = node.scalar("a person")
        if text in _WORDS:
            return f.Word(text)  # type: ignore[arg-type]
        if text in self.names.people:
            return f.Person(text)
        if text.startswith("its."):
            return f.WhoPath(self._person_path(node, scope))
        node.fail(f"nobody is called {text!r}", f"known: {', '.join(sorted(self.names.people))}, {', '.join(_WORDS)}")

    def _person_path(self, node: Node, scope: Scope) -> f.Path:
        """A path to people; `its.` is the act asked about itself."""
        path = self.path(node)
        own = path[1:] if path[0] == "its" else path
        if not own:
            node.fail("`its` needs a field", "write its.field")
        paths.wants(node, self.paths.follow(node, own, scope), ("who", "addressee"), "people")
        return path

    def _to(self, node: Node, scope: Scope, types: tuple[str, ...], what: str) -> f.Path:
        """A path that leads to one of these types."""
        path = self.path(node)
        paths.wants(node, self.paths.follow(node, path, scope), types, what)
        return path

    def path(self, node: Node) -> f.Path:
        """A path: names with dots between."""
        text = node.scalar("a path")
        parts = tuple(text.split("."))
        if not all(part and part.replace("_", "").isalnum() for part in parts):
            node.fail(f"{text!r} is not a path")
        return parts

    def kind_names(self, node: Node) -> tuple[str, ...]:
        """One kind or a list of kinds, each known."""
        found = []
        for item in node:
            name = item.scalar("a kind")
            if name not in self.names.kinds:
                item.fail(f"no statement or event is called {name!r}", f"known: {', '.join(sorted(self.names.kinds))}")
            found.append(name)
        return tuple(found)

    @staticmethod
    def _literals(node: Node) -> tuple[str, ...]:
        return tuple(item.text for item in node if item.text is not None)

    def judged(self, node: Node, kinds: tuple[str, ...]) -> tuple[str, ...] | None:
        """What the clauses judge whose findings a pattern asks for; None: any kind."""
        with_ = node.pairs.get("with") if node.pairs is not None else None
        asked = with_.pairs.get("clause") if with_ is not None and with_.pairs is not None else None
        if "finding" not in kinds or asked is None:
            return None
        named = [name for name in self._literals(asked) if name in self.names.clauses]
        return tuple(dict.fromkeys(kind for name in named for kind in self.names.clauses[name]))

    def _fields(self, node: Node | None, scope: Scope) -> tuple[str, ...]:
        if node is None:
            return ()
        for item in node:
            self.paths.follow(item, (item.scalar("a field"),), scope)
        return tuple(item.scalar() for item in node)

    def _same(self, node: Node, inner: Scope) -> tuple[tuple[str, f.Path], ...]:
        """Equal fields: of the act named, and of the act it stands beside."""
        beside = inner.outer or ANY
        if node.pairs is None:
            named = {item.scalar("a field"): item for item in node}
        else:
            named = node.pairs
        pairs: list[tuple[str, f.Path]] = []
        for own, item in named.items():
            path = self.path(item)
            self.paths.follow(item, (own,), inner)
            self.paths.follow(item, path, beside)
            pairs.append((own, path))
        return tuple(pairs)

    def _phase(self, node: Node) -> str:
        if node.scalar("a phase") not in self.names.phases:
            node.fail(f"no phase is called {node.text!r}", f"known: {', '.join(sorted(self.names.phases)) or 'none'}")
        return node.scalar()
