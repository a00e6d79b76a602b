"""The fields of a kind as a file writes them: `name: type` (21-language-reference, 4)."""

from __future__ import annotations

import re
from collections.abc import Container

from detente.agreement import form as f
from detente.agreement.source import Node

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
TYPES = ("code", "text", "count", "length", "who", "addressee", "point", "area", "line", "span", "time", "day")


def named(node: Node, what: str) -> dict[str, Node]:
    """The pairs of a mapping whose keys are names."""
    pairs = node.mapping(what)
    for name, item in pairs.items():
        if not NAME.fullmatch(name):
            item.fail(f"{name!r} is not a name for {what}", "small letters, digits and _")
    return pairs


def read_fields(node: Node, kinds: Container[str]) -> dict[str, f.Field]:
    """The fields of one kind; `kinds`: those that `act KIND` may name."""
    fields: dict[str, f.Field] = {}
    for name, item in node.mapping("fields").items():
        if not NAME.fullmatch(name):
            item.fail(f"{name!r} is not a field name", "small letters, digits and _")
        text = " ".join(item.scalar("a type").split())
        optional = text.startswith("optional ")
        kind = text.removeprefix("optional ")
        if kind in TYPES:
            fields[name] = f.Field(name, kind, optional)
        elif kind.startswith("act "):
            if kind[4:] not in kinds:
                item.fail(f"no kind is called {kind[4:]!r}")
            fields[name] = f.Field(name, "act", optional, of=kind[4:])
        elif "|" in kind:
            values = tuple(part.strip() for part in kind.split("|"))
            if len(set(values)) != len(values) or not all(values):
                item.fail("the same value twice, or an empty one")
            fields[name] = f.Field(name, "enum", optional, values=values)
        else:
            item.fail(f"{kind!r} is not a type", f"known: {', '.join(TYPES)}, act KIND, a | b | c; `optional` in front")
    return fields


def type_words(field: f.Field) -> str:
    """A field's type as a file writes it."""
    bare = (
        f"act {field.of}" if field.type == "act" else " | ".join(field.values) if field.type == "enum" else field.type
    )
    return f"optional {bare}" if field.optional else bare
