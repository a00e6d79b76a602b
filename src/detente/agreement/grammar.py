"""Patterns, conditions, places and phases: from nodes to the internal form, with every name resolved or refused.

"A mapping means all of its keys. A list means any of its items." (21-language-reference, 1)
"""

from __future__ import annotations

from typing import Literal

from detente.agreement import form as f
from detente.agreement import paths, units
from detente.agreement.naming import Names, Naming
from detente.agreement.paths import ANY, NOTHING, Scope
from detente.agreement.source import Node

QUESTIONS = ("earlier", "later", "count")
_PATTERN_KEYS = {
    "act", "earlier", "later", "count", "by", "to", "by_each", "to_each", "same", "with", "during", "no_later_than",
    "at_least", "at_most", "within", "counting_from", "ended_by", "alike", "newest_per", "in", "distinct", "plus",
}  # fmt: skip
_ONLY = {"within": ("later",), "counting_from": ("later",), "in": ("count",), "distinct": ("count",), "plus": ()}
UNASKED = ("at_least", "at_most", "newest_per", "ended_by")
"""Keys that a trigger, a start or an end has no use for: what brings something about happens once (decision 0011.25)."""


class Grammar(Naming):
    """Reads parts of an agreement against its names."""

    def __init__(self, names: Names) -> None:
        super().__init__(names)
        self.buffers: list[tuple[Node, f.PlaceForm]] = []
        self._reading: set[str] = set()

    # patterns

    def pattern(
        self,
        node: Node,
        key: str = "act",
        scope: Scope = NOTHING,
        more: tuple[str, ...] = (),
        never: tuple[str, ...] = (),
        words: Scope | None = None,
    ) -> f.Pattern:
        """A pattern; a bare kind (or list of kinds) stands for {act: kind}.

        `scope`: the act it stands beside, for `same` and paths; `words`: that of its words for people, if another.
        `more`, `never`: keys that mean something only in this place, or nothing in it.
        """
        if node.pairs is None:
            return f.Pattern(self.kind_names(node))
        pairs = node.only(_PATTERN_KEYS, "a pattern")
        if key not in pairs:
            node.fail(f"a pattern needs its kind under {key!r}")
        kinds = self.kind_names(pairs[key])
        counting = key == "count"
        inner = scope.inner(kinds, self.judged(node, kinds))
        for name in never:
            if name in pairs:
                pairs[name].fail(
                    f"{name!r} is not asked here", "put the question under `when`, or `with` as an `earlier`"
                )
        for name in pairs:
            if name in _ONLY and key not in _ONLY[name] and name not in more:
                place = " or ".join(_ONLY[name]) or "a start or end"
                pairs[name].fail(f"{name!r} means nothing here", f"it belongs to {place}")
        if "alike" in pairs and "by_each" not in pairs:
            pairs["alike"].fail("`alike` means nothing without `by_each`", "say whose acts are to be alike")
        if counting and not {"at_least", "at_most"} & set(pairs):
            node.fail("a count needs at_least or at_most", "say how many")
        if key == "later" and ("at_least" in pairs or "at_most" in pairs):
            node.fail("`later` has no at_least or at_most", "give `within`")
        for each, one in (("by_each", "by"), ("to_each", "to")):
            if each in pairs and one in pairs:
                pairs[each].fail(f"give {one} or {each}, not both")
        by = pairs.get("by_each") or pairs.get("by")
        to = pairs.get("to_each") or pairs.get("to")
        return f.Pattern(
            kinds=kinds,
            by=self.who(by, words or scope) if by else None,
            each="by_each" in pairs,
            to=self.who(to, words or scope) if to else None,
            to_each="to_each" in pairs,
            same=self._same(pairs["same"], inner) if "same" in pairs else (),
            with_=self.condition(pairs["with"], inner) if "with" in pairs else None,
            during=self._phase(pairs["during"]) if "during" in pairs else "",
            no_later_than=units.instant(pairs["no_later_than"]) if "no_later_than" in pairs else None,
            at_least=units.duration(pairs["at_least"]) if "at_least" in pairs and not counting else None,
            at_most=units.duration(pairs["at_most"]) if "at_most" in pairs and not counting else None,
            within=units.duration(pairs["within"]) if "within" in pairs else None,
            counting_from=self._to(pairs["counting_from"], scope, paths.INSTANTS, "an instant")
            if "counting_from" in pairs
            else None,
            window=self._window(pairs["in"]) if "in" in pairs else None,
            least=units.count(pairs["at_least"]) if "at_least" in pairs and counting else None,
            most=units.count(pairs["at_most"]) if "at_most" in pairs and counting else None,
            distinct=self._fields(pairs.get("distinct"), inner),
            ended_by=tuple(self.pattern(item, scope=inner, words=words or scope) for item in pairs["ended_by"])
            if "ended_by" in pairs
            else (),
            alike=self._fields(pairs.get("alike"), inner),
            newest_per=self._fields(pairs.get("newest_per"), inner),
        )

    def _window(self, node: Node) -> f.Duration | Literal["day", "month", "quarter", "year"]:
        if node.text in ("day", "month", "quarter", "year"):
            return node.text  # type: ignore[return-value]
        return units.duration(node)

    # conditions

    def condition(self, node: Node, scope: Scope) -> f.Condition:
        """A condition on the act of a scope."""
        if node.items is not None:
            return f.Any_(tuple(self.condition(item, scope) for item in node.items))
        if node.text is not None:
            return self._named(node, scope)
        pairs = node.mapping("a condition")
        asked = [key for key in QUESTIONS if key in pairs]
        if asked:
            if len(asked) > 1:
                node.fail("a mapping asks one question; put several under `all` or `any`")
            for key, item in pairs.items():
                if key not in _PATTERN_KEYS:
                    item.fail(f"{key!r} cannot stand beside `{asked[0]}`", "put both under `all`")
            return f.Ask(self.pattern(node, asked[0], scope), asked[0])  # type: ignore[arg-type]
        parts = [self._part(key, item, scope) for key, item in pairs.items()]
        return parts[0] if len(parts) == 1 else f.All(tuple(parts))

    def _named(self, node: Node, scope: Scope) -> f.Named:
        """A condition by name; what it says is checked against the act it is used for."""
        name = node.scalar()
        if name not in self.names.define:
            node.fail(f"no condition is called {name!r}", "name it under `define`")
        if name not in self._reading:
            self._reading.add(name)
            self.condition(self.names.define[name], scope)
            self._reading.discard(name)
        return f.Named(name)

    def _part(self, key: str, node: Node, scope: Scope) -> f.Condition:
        if key in ("inside", "outside"):
            self._has_place(node, scope)
            return f.Inside(self.place(node)) if key == "inside" else f.Not(f.Inside(self.place(node)))
        if key == "during":
            return f.During(self._phase(node))
        if key == "elapsed":
            return self._elapsed(node, scope)
        if key == "given":
            self.paths.follow(node, (node.scalar("a field"),), scope)
            return f.Given(node.scalar())
        if key == "clock":
            pairs = node.only({"days", "from", "until"}, "clock")
            return f.Clock(
                units.weekdays(pairs["days"]) if "days" in pairs else None,
                units.minute(pairs["from"]) if "from" in pairs else None,
                units.minute(pairs["until"]) if "until" in pairs else None,
            )
        if key == "not":
            return f.Not(self.condition(node, scope))
        if key in ("any", "all"):
            items = tuple(self.condition(item, scope) for item in node)
            return f.Any_(items) if key == "any" else f.All(items)
        parts = tuple(key.split("."))
        fields = self.paths.follow(node, parts, scope)
        return f.Is(parts, self._matcher(node, fields, scope, parts))

    def _has_place(self, node: Node, scope: Scope) -> None:
        """`inside` asks where an act is: its `position`, else its only place."""
        for kind in scope.kinds or ():
            fields = self.names.kinds[kind].fields.values() if kind in self.names.kinds else ()
            places = [form.name for form in fields if form.type in paths.PLACES]
            if kind != "finding" and "position" not in places and len(places) != 1:
                several = f"has {len(places)} places and none is `position`" if places else "is nowhere"
                node.fail(
                    f"{kind} {several}", "give it a field `position`, or ask of a field: {field: {inside: place}}"
                )

    def _elapsed(self, node: Node, scope: Scope) -> f.ElapsedIs:
        pairs = node.only({"from", "to", "at_least", "at_most"}, "elapsed")
        if "from" not in pairs or "to" not in pairs or not ({"at_least", "at_most"} & set(pairs)):
            node.fail("elapsed needs from, to, and at_least or at_most")
        return f.ElapsedIs(
            self._to(pairs["from"], scope, paths.INSTANTS, "an instant"),
            self._to(pairs["to"], scope, paths.INSTANTS, "an instant"),
            units.duration(pairs["at_least"]) if "at_least" in pairs else None,
            units.duration(pairs["at_most"]) if "at_most" in pairs else None,
        )

    def _matcher(self, node: Node, fields: tuple[f.Field, ...], scope: Scope, path: f.Path) -> f.Matcher:
        if node.pairs is None:
            return f.OneOf(tuple(self._literal(item, fields, scope, path) for item in node))
        pairs = node.only({"at_least", "at_most", "covers", "inside"}, "a matcher")
        if "covers" in pairs and len(pairs) == 1:
            paths.wants(node, fields, ("area", "span"), "an area or a span")
            spans = {field.type == "span" for field in fields}
            types = paths.INSTANTS if spans == {True} else paths.PLACES if spans == {False} else ("time", *paths.PLACES)
            return f.Covers(self._to(pairs["covers"], scope, types, "an instant" if True in spans else "a place"))
        if "inside" in pairs and len(pairs) == 1:
            paths.wants(node, fields, paths.PLACES, "a place")
            return f.FieldInside(self.place(pairs["inside"]))
        if not pairs or not set(pairs) <= {"at_least", "at_most"}:
            node.fail("a matcher is at_least and at_most, or covers, or inside", "put several under `all`")
        paths.wants(node, fields, paths.NUMBERS, "a number")
        return f.Range(self._bound(pairs.get("at_least"), scope), self._bound(pairs.get("at_most"), scope))

    def _bound(self, node: Node | None, scope: Scope) -> int | f.PathValue | None:
        if node is None:
            return None
        if units.is_length(node):
            return units.length(node)
        if node.text is not None and node.text.isdigit():
            return int(node.text)
        return f.PathValue(self._to(node, scope, paths.NUMBERS, "a number"))

    def _literal(self, node: Node, fields: tuple[f.Field, ...], scope: Scope, path: f.Path) -> str | f.PathValue:
        text = node.scalar("a value")
        if text == "this":
            return f.PathValue(("this",))
        if text.startswith("its."):
            self.paths.follow(node, self.path(node), scope)
            return f.PathValue(tuple(text.split(".")))
        for form in fields:
            if form.type == "enum" and text not in form.values:
                node.fail(f"{text!r} is not a value of {form.name}", f"it has: {' | '.join(form.values)}")
            if form.type in ("who", "addressee") and text not in self.names.people:
                node.fail(f"nobody is called {text!r}", f"known: {', '.join(sorted(self.names.people))}")
        if scope.kinds is not None and "finding" in scope.kinds:
            if path == ("clause",) and text not in self.names.clauses:
                node.fail(f"no clause is called {text!r}", f"known: {', '.join(sorted(self.names.clauses))}")
            if path == ("verdict",) and text not in paths.VERDICTS:
                node.fail(f"{text!r} is no verdict", f"write {', '.join(paths.VERDICTS)}")
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
            pattern = self.pattern(pairs["named_in"], scope=ANY)
            if "field" not in pairs:
                node.fail("named_in needs the field that holds the place")
            self._to(pairs["field"], Scope(pattern.kinds), paths.PLACES, "a place")
            drift = units.speed(pairs["drift"]) if "drift" in pairs else 0.0
            base = f.NamedIn(pattern, pairs["field"].scalar(), drift)
        else:
            if "of" not in pairs:
                node.fail("within needs `of`: the place it is measured from")
            of = self.place(pairs["of"])
            self.buffers.append((pairs["of"], of))
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
            self.pattern(pairs["renewed_by"], never=UNASKED) if "renewed_by" in pairs else None,
        )

    def _edge(self, node: Node) -> f.Edge:
        if node.text is not None:
            return (
                f.Instant(units.instant(node)) if units.is_instant(node) else f.ByAct(f.Pattern(self.kind_names(node)))
            )
        pairs = node.mapping("a start or end")
        edge = self.edge_of(node)
        if edge is not None:
            return edge
        if "streak" in pairs:
            pairs = node.only({"streak", "since", "each_day"}, "a streak")
            days = units.duration(pairs["streak"])
            if not isinstance(days, f.Calendar) or days.unit != "days":
                pairs["streak"].fail("a streak counts whole days", "write 7 days")
            return f.Streak(days.number, self._phase(pairs["since"]), self.condition(pairs["each_day"], NOTHING))
        if "after" in pairs:
            return f.After(units.duration(node.only({"after"}, "an end")["after"]))
        pattern = self.pattern(node, more=("plus",), never=UNASKED)
        return f.ByAct(pattern, units.duration(pairs["plus"]) if "plus" in pairs else None)

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
