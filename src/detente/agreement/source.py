"""An agreement file as a tree of nodes that remember their lines, so that every refusal can name file, line and clause.

Every scalar is text until its place gives it a type; a key given twice, an anchor, an alias or a tag is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import yaml

from detente.errors import GivenError

CODE = "agreement-invalid"


@dataclass(frozen=True)
class Place:
    """File, line (from 1) and clause (or other heading) of a node."""

    file: str
    line: int
    within: str = ""

    def __str__(self) -> str:
        return f"{self.file} line {self.line}" + (f", {self.within}" if self.within else "")


@dataclass(frozen=True)
class Node:
    """A scalar, list or mapping with its place. Exactly one of `text`, `items`, `pairs` is not None."""

    place: Place
    text: str | None = None
    items: tuple[Node, ...] | None = None
    pairs: dict[str, Node] | None = None

    def fail(self, what: str, fix: str = "") -> NoReturn:
        """Refuse this node: what is wrong, and how to mend it."""
        raise GivenError(CODE, f"{what}; {fix}" if fix else what, where=str(self.place))

    def under(self, heading: str) -> Node:
        """The same node with a heading (clause, phase, place) for its place and all below."""
        place = Place(self.place.file, self.place.line, heading)
        if self.pairs is not None:
            return Node(place, pairs={key: item.under(heading) for key, item in self.pairs.items()})
        if self.items is not None:
            return Node(place, items=tuple(item.under(heading) for item in self.items))
        return Node(place, text=self.text)

    def scalar(self, what: str = "text") -> str:
        """The text of a scalar."""
        if self.text is None:
            self.fail(f"{what} is expected here, not a {'list' if self.items is not None else 'mapping'}")
        return self.text

    def mapping(self, what: str = "a mapping") -> dict[str, Node]:
        """The pairs of a mapping."""
        if self.pairs is None:
            self.fail(f"{what} is expected here")
        return self.pairs

    def listed(self) -> tuple[Node, ...]:
        """The items of a list; one that is no list stands for itself."""
        return self.items if self.items is not None else (self,)

    def only(self, known: set[str], what: str) -> dict[str, Node]:
        """The pairs of a mapping that may hold the known keys only."""
        pairs = self.mapping(what)
        for key, item in pairs.items():
            if key not in known:
                item.fail(f"{what} knows no key {key!r}", f"known: {', '.join(sorted(known))}")
        return pairs

    def __iter__(self) -> Iterator[Node]:
        return iter(self.listed())


def read_source(data: bytes, file: str, *, aliases: bool = False) -> Node:
    """The tree of one YAML document; GivenError(agreement-invalid) naming the line. `aliases`: for records, not agreements."""
    try:
        text = data.decode("utf-8")
        if not aliases:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                marked = isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None
                if marked or getattr(event, "tag", None) is not None:
                    line = event.start_mark.line + 1 if event.start_mark is not None else 1
                    raise GivenError(CODE, "anchors, aliases and tags are not read", where=str(Place(file, line)))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = Place(file, mark.line + 1 if mark is not None else 1)
        raise GivenError(CODE, f"not YAML: {getattr(error, 'problem', None) or error}", where=str(where)) from error
    if node is None:
        raise GivenError(CODE, "the file is empty", where=file)
    return _convert(node, file)


def _convert(node: yaml.Node, file: str) -> Node:
    place = Place(file, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return Node(place, text=str(node.value))
    if isinstance(node, yaml.SequenceNode):
        return Node(place, items=tuple(_convert(item, file) for item in node.value))
    pairs: dict[str, Node] = {}
    for key_node, value_node in node.value:
        where = Place(file, key_node.start_mark.line + 1)
        if not isinstance(key_node, yaml.ScalarNode):
            raise GivenError(CODE, "a key must be text", where=str(where))
        if key_node.value in pairs:
            raise GivenError(CODE, f"key {key_node.value!r} is given twice; keep one", where=str(where))
        pairs[str(key_node.value)] = _convert(value_node, file)
    return Node(place, pairs=pairs)
