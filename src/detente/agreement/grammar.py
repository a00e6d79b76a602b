"""Patterns, conditions, places and phases: from nodes to the internal form, with every name resolved or refused.

"A mapping means all of its keys. A list means any of its items." (21-language-reference, 1)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from detente.agreement import form as f
from detente.agreement import units
from detente.agreement.source import Node

QUESTIONS = ("earlier", "later", "count")
_PATTERN_KEYS = {
    "act", "earlier", "later", "count", "by", "to", "by_each", "to_each", "same", "with", "during", "no_later_than",
    "at_least", "at_most", "within", "counting_from", "ended_by", "alike", "newest_per", "in", "distinct", "plus",
}  # fmt: skip
_ONLY = {"within": ("later",), "counting_from": ("later",), "in": ("count",), "distinct": ("count",), "plus": ()}
_HEAD = {"id", "by", "at", "from", "until"}
_WORDS = ("parties", "anyone", "actor", "other", "guarantor")


@dataclass
class Names:
    """What a file has named so far; patterns and conditions are checked against it."""

    people: set[str] = field(default_factory=set)
    kinds: dict[str, f.Kind] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    phases: set[str] = field(default_factory=set)
    define: set[str] = field(default_factory=set)
    clauses: set[str] = field(default_factory=set)


class Grammar:
    """Reads parts of an agreement against its names."""

    def __init__(self, names: Names) -> None:
        self.names = names

    # people and paths

    def who(self, node: Node) -> f.Whos:
        """Words for people: a code, a word, a path, {guarantor: path}; a list is any (or each)."""
        return tuple(self._one_who(item) for item in node)

    def _one_who(self, node: Node) -> f.Who:
        if node.pairs is not None:
            pairs = node.only({"guarantor"}, "a person")
            return f.GuarantorOf(self.path(pairs["guarantor"]))
        text = node.scalar("a person")
        if text in _WORDS:
            return f.Word(text)  # type: ignore[arg-type]
        if text in self.names.people:
            return f.Person(text)
        if text.startswith("its."):
            return f.WhoPath(self.path(node))
        node.fail(f"nobody is called {text!r}", f"known: {', '.join(sorted(self.names.people))}, {', '.join(_WORDS)}")

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

    def check_field(self, node: Node, kinds: Iterable[str], name: str) -> None:
        """Refuse a field that some kind asked about does not have."""
        for kind in kinds:
            known = self.names.kinds[kind].fields
            if name not in known and name not in _HEAD and kind != "finding":
                node.fail(f"{kind} has no field {name!r}", f"it has: {', '.join(sorted(known)) or 'none'}")

    def _field_of(self, kinds: tuple[str, ...], name: str) -> f.Field | None:
        found = [self.names.kinds[kind].fields[name] for kind in kinds if name in self.names.kinds[kind].fields]
        return found[0] if found else None

    # patterns

    def pattern(
        self, node: Node, key: str = "act", about: tuple[str, ...] = (), more: tuple[str, ...] = ()
    ) -> f.Pattern:
        """A pattern; a bare kind (or list of kinds) stands for {act: kind}. `about`: kinds of the act asked for, for
        `same`; `more`: keys that mean something only in this place."""
        if node.pairs is None:
            return f.Pattern(self.kind_names(node))
        pairs = node.only(_PATTERN_KEYS, "a pattern")
        if key not in pairs:
            node.fail(f"a pattern needs its kind under {key!r}")
        kinds = self.kind_names(pairs[key])
        counting = key == "count"
        for name in pairs:
            if name in _ONLY and key not in _ONLY[name] and name not in more:
                place = " or ".join(_ONLY[name]) or "a start or end"
                pairs[name].fail(f"{name!r} means nothing here", f"it belongs to {place}")
        if key == "later" and ("at_least" in pairs or "at_most" in pairs):
            node.fail("`later` has no at_least or at_most", "give `within`")
        for each, one in (("by_each", "by"), ("to_each", "to")):
            if each in pairs and one in pairs:
                pairs[each].fail(f"give {one} or {each}, not both")
        by = pairs.get("by_each") or pairs.get("by")
        to = pairs.get("to_each") or pairs.get("to")
        return f.Pattern(
            kinds=kinds,
            by=self.who(by) if by else None,
            each="by_each" in pairs,
            to=self.who(to) if to else None,
            to_each="to_each" in pairs,
            same=self._same(pairs["same"], kinds, about) if "same" in pairs else (),
            with_=self.condition(pairs["with"], kinds) if "with" in pairs else None,
            during=self._phase(pairs["during"]) if "during" in pairs else "",
            no_later_than=units.instant(pairs["no_later_than"]) if "no_later_than" in pairs else None,
            at_least=units.duration(pairs["at_least"]) if "at_least" in pairs and not counting else None,
            at_most=units.duration(pairs["at_most"]) if "at_most" in pairs and not counting else None,
            within=units.duration(pairs["within"]) if "within" in pairs else None,
            counting_from=self.path(pairs["counting_from"]) if "counting_from" in pairs else None,
            window=self._window(pairs["in"]) if "in" in pairs else None,
            least=units.count(pairs["at_least"]) if "at_least" in pairs and counting else None,
            most=units.count(pairs["at_most"]) if "at_most" in pairs and counting else None,
            distinct=self._fields(pairs.get("distinct"), kinds),
            ended_by=tuple(self._ender(item) for item in pairs["ended_by"]) if "ended_by" in pairs else (),
            alike=self._fields(pairs.get("alike"), kinds),
            newest_per=self._fields(pairs.get("newest_per"), kinds),
        )

    def _ender(self, node: Node) -> f.Pattern:
        return self.pattern(node)

    def _fields(self, node: Node | None, kinds: tuple[str, ...]) -> tuple[str, ...]:
        if node is None:
            return ()
        for item in node:
            self.check_field(item, kinds, item.scalar("a field"))
        return tuple(item.scalar() for item in node)

    def _same(self, node: Node, kinds: tuple[str, ...], about: tuple[str, ...]) -> tuple[tuple[str, f.Path], ...]:
        pairs: list[tuple[str, f.Path]] = []
        if node.pairs is not None:
            for own, path in node.pairs.items():
                self.check_field(path, kinds, own)
                pairs.append((own, self.path(path)))
        else:
            for item in node:
                name = item.scalar("a field")
                self.check_field(item, kinds, name)
                if about:
                    self.check_field(item, about, name)
                pairs.append((name, (name,)))
        return tuple(pairs)

    def _window(self, node: Node) -> f.Duration | Literal["day", "month", "quarter", "year"]:
        if node.text in ("day", "month", "quarter", "year"):
            return node.text  # type: ignore[return-value]
        return units.duration(node)

    def _phase(self, node: Node) -> str:
        if node.scalar("a phase") not in self.names.phases:
            node.fail(f"no phase is called {node.text!r}", f"known: {', '.join(sorted(self.names.phases)) or 'none'}")
        return node.scalar()

    # conditions

    def condition(self, node: Node, about: tuple[str, ...]) -> f.Condition:
        """A condition on acts of the kinds `about`."""
        if node.items is not None:
            return f.Any_(tuple(self.condition(item, about) for item in node.items))
        if node.text is not None:
            if node.text not in self.names.define:
                node.fail(f"no condition is called {node.text!r}", "name it under `define`")
            return f.Named(node.text)
        pairs = node.mapping("a condition")
        asked = [key for key in QUESTIONS if key in pairs]
        if asked:
            if len(asked) > 1:
                node.fail("a mapping asks one question; put several under `all` or `any`")
            for key, item in pairs.items():
                if key not in _PATTERN_KEYS:
                    item.fail(f"{key!r} cannot stand beside `{asked[0]}`", "put both under `all`")
            return f.Ask(self.pattern(node, asked[0], about), asked[0])  # type: ignore[arg-type]
        parts = [self._part(key, item, about) for key, item in pairs.items()]
        return parts[0] if len(parts) == 1 else f.All(tuple(parts))

    def _part(self, key: str, node: Node, about: tuple[str, ...]) -> f.Condition:
        if key == "inside":
            return f.Inside(self.place(node))
        if key == "outside":
            return f.Not(f.Inside(self.place(node)))
        if key == "during":
            return f.During(self._phase(node))
        if key == "elapsed":
            return self._elapsed(node)
        if key == "given":
            self.check_field(node, about, node.scalar("a field"))
            return f.Given(node.scalar())
        if key == "clock":
            pairs = node.only({"days", "from", "until"}, "clock")
            return f.Clock(
                units.weekdays(pairs["days"]) if "days" in pairs else None,
                units.minute(pairs["from"]) if "from" in pairs else None,
                units.minute(pairs["until"]) if "until" in pairs else None,
            )
        if key == "not":
            return f.Not(self.condition(node, about))
        if key in ("any", "all"):
            items = tuple(self.condition(item, about) for item in node)
            return f.Any_(items) if key == "any" else f.All(items)
        parts = tuple(key.split("."))
        self.check_field(node, about, parts[0])
        return f.Is(parts, self._matcher(node, about, parts))

    def _elapsed(self, node: Node) -> f.ElapsedIs:
        pairs = node.only({"from", "to", "at_least", "at_most"}, "elapsed")
        if "from" not in pairs or "to" not in pairs or not ({"at_least", "at_most"} & set(pairs)):
            node.fail("elapsed needs from, to, and at_least or at_most")
        return f.ElapsedIs(
            self.path(pairs["from"]),
            self.path(pairs["to"]),
            units.duration(pairs["at_least"]) if "at_least" in pairs else None,
            units.duration(pairs["at_most"]) if "at_most" in pairs else None,
        )

    def _matcher(self, node: Node, about: tuple[str, ...], path: f.Path) -> f.Matcher:
        if node.pairs is not None:
            pairs = node.only({"at_least", "at_most", "covers", "inside"}, "a matcher")
            if "covers" in pairs:
                return f.Covers(self.path(pairs["covers"]))
            if "inside" in pairs:
                return f.FieldInside(self.place(pairs["inside"]))
            return f.Range(self._bound(pairs.get("at_least")), self._bound(pairs.get("at_most")))
        field_ = self._field_of(about, path[0]) if len(path) == 1 else None
        return f.OneOf(tuple(self._literal(item, field_, path) for item in node))

    def _bound(self, node: Node | None) -> int | f.PathValue | None:
        if node is None:
            return None
        if units.is_length(node):
            return units.length(node)
        if node.text is not None and node.text.isdigit():
            return int(node.text)
        return f.PathValue(self.path(node))

    def _literal(self, node: Node, field_: f.Field | None, path: f.Path) -> str | f.PathValue:
        text = node.scalar("a value")
        if text.startswith("its.") or text == "this":
            return f.PathValue(tuple(text.split(".")))
        if field_ is not None and field_.type == "enum" and text not in field_.values:
            node.fail(f"{text!r} is not a value of {field_.name}", f"it has: {' | '.join(field_.values)}")
        is_person = path == ("by",) or (field_ is not None and field_.type in ("who", "addressee"))
        if is_person and text not in self.names.people:
            node.fail(f"nobody is called {text!r}", f"known: {', '.join(sorted(self.names.people))}")
        return text

    # places

    def place(self, node: Node) -> f.PlaceForm:
        """A place: a name, a list (any), or a base with cuts."""
        if node.items is not None:
            return f.Union(tuple(self.place(item) for item in node.items))
        if node.text is not None:
            if node.text not in self.names.places:
                node.fail(
                    f"no place is called {node.text!r}", f"known: {', '.join(sorted(self.names.places)) or 'none'}"
                )
            return f.PlaceName(node.text)
        pairs = node.only({"shape", "named_in", "field", "drift", "within", "of", "inside", "minus"}, "a place")
        bases = [key for key in ("shape", "named_in", "within") if key in pairs]
        if len(bases) != 1:
            node.fail("a place has one base: shape, named_in or within")
        base: f.PlaceForm
        if bases[0] == "shape":
            base = self._shape(pairs["shape"])
        elif bases[0] == "named_in":
            pattern = self.pattern(pairs["named_in"])
            if "field" not in pairs:
                node.fail("named_in needs the field that holds the place")
            self.check_field(pairs["field"], pattern.kinds, pairs["field"].scalar())
            drift = units.speed(pairs["drift"]) if "drift" in pairs else 0.0
            base = f.NamedIn(pattern, pairs["field"].scalar(), drift)
        else:
            if "of" not in pairs:
                node.fail("within needs `of`: the place it is measured from")
            of = self.place(pairs["of"])
            if isinstance(of, f.Cut):
                pairs["of"].fail(
                    "within of a cut place would say something else on either side of the cut",
                    "buffer first, cut after",
                )
            base = f.Within(units.length(pairs["within"]), of)
        cuts = {key: tuple(self.place(item) for item in pairs[key]) for key in ("inside", "minus") if key in pairs}
        return f.Cut(base, cuts.get("inside", ()), cuts.get("minus", ())) if cuts else base

    def _shape(self, node: Node) -> f.Shape:
        if node.pairs is not None and "annex" in node.pairs:
            return f.Shape(annex=node.only({"annex"}, "a shape")["annex"].scalar())
        return f.Shape(literal=(plain(node),))

    # phases

    def phase(self, name: str, node: Node) -> f.Phase:
        """A phase with its starts, ends and renewals."""
        pairs = node.only({"starts", "ends", "renewed_by"}, "a phase")
        if "starts" not in pairs:
            node.fail("a phase needs `starts`")
        return f.Phase(
            name,
            tuple(self._edge(item) for item in pairs["starts"]),
            tuple(self._edge(item) for item in pairs["ends"]) if "ends" in pairs else (),
            self.pattern(pairs["renewed_by"]) if "renewed_by" in pairs else None,
        )

    def _edge(self, node: Node) -> f.Edge:
        if node.text is not None:
            return f.Instant(units.instant(node)) if units.is_instant(node) else f.ByAct(self.pattern(node))
        pairs = node.mapping("a start or end")
        edge = self.edge_of(node)
        if edge is not None:
            return edge
        if "streak" in pairs:
            pairs = node.only({"streak", "since", "each_day"}, "a streak")
            days = units.duration(pairs["streak"])
            if not isinstance(days, f.Calendar) or days.unit != "days":
                pairs["streak"].fail("a streak counts whole days", "write 7 days")
            return f.Streak(days.number, self._phase(pairs["since"]), self.condition(pairs["each_day"], ()))
        if "after" in pairs:
            return f.After(units.duration(node.only({"after"}, "an end")["after"]))
        return f.ByAct(self.pattern(node, more=("plus",)), units.duration(pairs["plus"]) if "plus" in pairs else None)

    def edge_of(self, node: Node) -> f.EdgeOf | None:
        """{start_of: phase} or {end_of: phase}."""
        for key, edge in (("start_of", "start"), ("end_of", "end")):
            if node.pairs is not None and key in node.pairs:
                return f.EdgeOf(self._phase(node.only({key}, "an edge")[key]), edge)  # type: ignore[arg-type]
        return None


def plain(node: Node) -> object:
    """Texts, tuples and pairs of a node, for literal shapes."""
    if node.text is not None:
        return node.text
    if node.items is not None:
        return tuple(plain(item) for item in node.items)
    return tuple((key, plain(item)) for key, item in (node.pairs or {}).items())
