"""Vocabularies: the statements and events that a desk reads, shipped with Detente and named by digest (05-resolutions 14).

An agreement says `use: {lists-1: <sha256>}`. The vocabulary's kinds are then kinds of the agreement, under their own names or,
with `map`, under names of the agreement's. What the file says of such a kind is held against the vocabulary: it may add
optional fields, demand one that is optional, and narrow values; nothing else, for the desk could not read the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from detente.agreement import form as f
from detente.agreement.fieldtypes import read_fields, type_words
from detente.agreement.source import Node, read_source

_BOTH = {"statements": False, "events": True}
_DIGEST = 64


class Vocabulary(NamedTuple):
    """One file: `name` with its version ("lists-1"), SHA-256 of its bytes in hex, its text, its kinds."""

    name: str
    digest: str
    text: str
    kinds: Mapping[str, f.Kind]


@cache
def shipped() -> Mapping[str, Vocabulary]:
    """Every vocabulary of this version of Detente, by name. They are part of the program, as its modules are."""
    folder = files("detente.agreement") / "vocabularies"
    found = (read_vocabulary(each.read_bytes(), each.name) for each in folder.iterdir() if each.name.endswith(".yaml"))
    return {each.name: each for each in sorted(found)}


def read_vocabulary(data: bytes, file: str) -> Vocabulary:
    """A vocabulary file; GivenError (agreement-invalid) as for an agreement."""
    root = read_source(data, file)
    top = root.only({"vocabulary", *_BOTH}, "a vocabulary")
    if "vocabulary" not in top:
        root.fail("`vocabulary` is missing")
    raw = {
        name: (item, event) for key, event in _BOTH.items() if key in top for name, item in top[key].mapping().items()
    }
    kinds = {name: f.Kind(name, event, read_fields(item.under(name), raw)) for name, (item, event) in raw.items()}
    return Vocabulary(top["vocabulary"].scalar(), hashlib.sha256(data).hexdigest(), data.decode("utf-8"), kinds)


class Use(NamedTuple):
    """One entry of `use` as read: where it stands, the vocabulary, and the agreement's own names for kinds and fields."""

    node: Node
    vocabulary: Vocabulary
    kinds: Mapping[str, str]
    fields: Mapping[str, Mapping[str, str]]

    def own(self, role: str) -> str:
        """The agreement's name for a kind of the vocabulary."""
        return self.kinds.get(role, role)


def read_use(node: Node) -> list[Use]:
    """The entries of `use`, each of a vocabulary that is shipped, with the digest it has."""
    known = shipped()
    uses = []
    for name, item in node.mapping("vocabularies by name").items():
        entry = item.under(f"use {name}")
        if name not in known:
            entry.fail(f"no vocabulary is called {name!r}", f"known: {', '.join(known)}")
        pairs = entry.only({"digest", "map"}, "a vocabulary") if entry.pairs is not None else {"digest": entry}
        if "digest" not in pairs:
            entry.fail(f"the digest of {name} is missing", f"write {known[name].digest}")
        digest = pairs["digest"].scalar("a digest")
        if digest != known[name].digest:
            size = "" if len(digest) == _DIGEST else " (64 hex digits)"
            pairs["digest"].fail(
                f"this is not the digest of {name}{size}", f"this version of Detente has {known[name].digest}"
            )
        uses.append(_mapped(entry, known[name], pairs.get("map")))
    return uses


def _mapped(entry: Node, vocabulary: Vocabulary, node: Node | None) -> Use:
    kinds: dict[str, str] = {}
    fields: dict[str, dict[str, str]] = {}
    for path, item in node.mapping("names by kind or kind.field").items() if node is not None else ():
        role, _, name = path.partition(".")
        if role not in vocabulary.kinds:
            item.fail(f"{vocabulary.name} has no kind {role!r}", f"known: {', '.join(vocabulary.kinds)}")
        if name and name not in vocabulary.kinds[role].fields:
            item.fail(f"its {role} has no field {name!r}", f"known: {', '.join(vocabulary.kinds[role].fields)}")
        if name:
            fields.setdefault(role, {})[name] = item.scalar("a field of this agreement's")
        else:
            kinds[role] = item.scalar("a kind of this agreement's")
    for role in fields:
        if role not in kinds:
            entry.fail(f"fields of {role} are mapped, and it is not", f"map {role} to a kind of this agreement's")
    return Use(entry, vocabulary, kinds, fields)


def names_of(uses: list[Use], own: Mapping[str, tuple[Node, bool]]) -> dict[str, bool]:
    """The kinds that vocabularies bring in under their own names: event or not. Refused: a name that two bring in, a name
    mapped to that the file does not define, and a statement that the file defines as an event."""
    found: dict[str, str] = {}
    brought: dict[str, bool] = {}
    for use in uses:
        for role, kind in use.vocabulary.kinds.items():
            name = use.own(role)
            if name in found:
                use.node.fail(f"{name!r} is a kind of {found[name]} too", "map one of the two to a name of your own")
            found[name] = use.vocabulary.name
            if role in use.kinds and name not in own:
                use.node.fail(
                    f"{role} is mapped to {name!r}, which the file does not define", "define it, or leave it out"
                )
            if name in own and own[name][1] != kind.event:
                word = "an event" if kind.event else "a statement"
                own[name][0].fail(f"{name!r} is {word} in {use.vocabulary.name}", f"define it as {word}")
            brought[name] = kind.event
    return brought


def fit(uses: list[Use], own: Mapping[str, Mapping[str, f.Field]], nodes: Mapping[str, Node]) -> dict[str, f.Used]:
    """The vocabularies as an agreement uses them. `own`: fields of the kinds that the file defines, `nodes` where.

    Refused: a field that the desk needs and the kind has not, of another type, or optional; and a further one that is not.
    """
    used = {}
    for use in uses:
        fields = {role: _fields(use, role, own.get(use.own(role), {}), nodes) for role in use.vocabulary.kinds}
        names = {role: use.own(role) for role in use.vocabulary.kinds}
        used[use.vocabulary.name] = f.Used(use.vocabulary.digest, names, fields)
    return used


def _fields(use: Use, role: str, own: Mapping[str, f.Field], nodes: Mapping[str, Node]) -> dict[str, str]:
    """Field of the vocabulary's kind to the agreement's; an optional one that a mapped kind has not is left out."""
    given = use.fields.get(role, {})
    node = nodes.get(use.own(role), use.node)
    names: dict[str, str] = {}
    for name, wanted in use.vocabulary.kinds[role].fields.items():
        other = given.get(name, name)
        if other in own:
            if other in names.values():
                node.fail(f"{other!r} stands for two fields of {use.vocabulary.name}", "map each to its own")
            _hold(node, use, role, wanted, own[other])
            names[name] = other
        elif role not in use.kinds:
            names[name] = name
        elif not wanted.optional or name in given:
            node.fail(
                f"it stands for the {role} of {use.vocabulary.name} and has no field {other!r}",
                f"define {other}: {type_words(_named(use, wanted))}",
            )
    for name, field in own.items():
        if name not in names.values() and not field.optional:
            node.fail(
                f"the desk that reads {use.vocabulary.name} knows no field {name!r} and would leave it out",
                f"write {name}: optional {type_words(field)}",
            )
    return names


def _hold(node: Node, use: Use, role: str, wanted: f.Field, field: f.Field) -> None:
    """Whether the agreement's own field is one that the desk can read and write."""
    wanted = _named(use, wanted)
    same = (field.type, field.of) == (wanted.type, wanted.of) and set(field.values) <= set(wanted.values)
    narrowed = field.type == "enum" and wanted.type in ("code", "text")
    if not (same or narrowed) or (field.optional and not wanted.optional):
        at = (node.pairs or {}).get(field.name, node)
        at.fail(
            f"{field.name!r} is {type_words(field)}; the {role} of {use.vocabulary.name} has {type_words(wanted)}",
            "write it so, or map another field",
        )


def _named(use: Use, field: f.Field) -> f.Field:
    """A field of the vocabulary with the agreement's names for the kinds it refers to."""
    return f.Field(field.name, field.type, field.optional, use.own(field.of) if field.of else "", field.values)


def whole(uses: list[Use], name: str, own: Mapping[str, f.Field]) -> dict[str, f.Field]:
    """The fields of a kind: the vocabulary's that the file does not say again, then the file's."""
    for use in uses:
        if name in use.vocabulary.kinds and name not in use.kinds:
            brought = {each.name: _named(use, each) for each in use.vocabulary.kinds[name].fields.values()}
            return {**brought, **own}
    return dict(own)
