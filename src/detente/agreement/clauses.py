"""Clauses: forbid, permit, require and plain text, from nodes to rules (21-language-reference, 10)."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement import units
from detente.agreement.grammar import UNASKED, Grammar
from detente.agreement.paths import DUE, EDGE, Scope
from detente.agreement.source import Node

_COMMON = {
    "id", "source", "says", "not_judged", "assumed", "during", "when", "unless", "prevails_over", "answers", "survives",
    "reading_of", "doubt",
}  # fmt: skip
_FORBID = {"forbid", "by", "watched"}
_PERMIT = {"permit", "by", "then"}
_REQUIRE = {
    "require", "by", "by_each", "to", "to_each", "same", "with", "after", "within", "counting_from", "due", "at_least",
    "at_most",
}  # fmt: skip


def read_rules(grammar: Grammar, node: Node) -> dict[str, f.Rule]:
    """All rules of `clauses`, those under `then` included, by id."""
    rules: dict[str, f.Rule] = {}
    for item in node:
        for rule in _rule(grammar, item, None):
            if rule.id in rules:
                item.fail(f"clause id {rule.id!r} is given twice", "give each clause its own id")
            rules[rule.id] = rule
    for rule in rules.values():
        for over in rule.over:
            if over not in rules:
                node.fail(f"{rule.id} prevails over {over!r}, which is no clause", f"known: {', '.join(rules)}")
    return rules


def clause_kinds(node: Node, parent: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Ids of all clauses with the kinds that each judges, before they are read (findings may name any)."""
    found: dict[str, tuple[str, ...]] = {}
    for item in node:
        pairs = item.mapping("a clause")
        if "id" not in pairs:
            item.fail("a clause needs an id")
        judged = next((pairs[mode] for mode in ("forbid", "permit", "after") if mode in pairs), None)
        if judged is not None and judged.pairs is not None:
            judged = judged.pairs.get("act")
        kinds = tuple(each.text for each in judged if each.text is not None) if judged is not None else parent
        found[pairs["id"].scalar("an id")] = kinds
        if "then" in pairs:
            found |= clause_kinds(pairs["then"], kinds)
    return found


def is_watched(node: Node) -> bool:
    """Whether some clause counts how much was watched: then the agreement has the built-in statement `watch`."""
    return any("watched" in item.mapping("a clause") for item in node)


def _rule(grammar: Grammar, raw: Node, parent: f.Rule | None) -> list[f.Rule]:
    pairs = raw.mapping("a clause")
    if "id" not in pairs:
        raw.fail("a clause needs an id")
    name = pairs["id"].scalar("an id")
    node = raw.under(f"clause {name}")
    pairs = node.mapping()
    modes = [mode for mode in ("forbid", "permit", "require") if mode in pairs]
    if len(modes) > 1:
        node.fail(f"a clause is one of forbid, permit, require, not {' and '.join(modes)}", "make two clauses")
    known = _COMMON | {"forbid": _FORBID, "permit": _PERMIT, "require": _REQUIRE}.get(modes[0] if modes else "", set())
    node.only(known, "a clause" if not modes else f"a {modes[0]} clause")
    common = _common(grammar, name, pairs, parent)
    if not modes:
        if "not_judged" not in pairs:
            node.fail("a clause without forbid, permit or require needs `not_judged`: the words no record decides")
        return [f.Rule(id=name, mode="text", line=raw.place.line, **common)]  # type: ignore[arg-type]
    if modes[0] == "require":
        return [_require(grammar, node, name, raw.place.line, common, parent)]
    kinds = grammar.kind_names(pairs[modes[0]])
    rule = f.Rule(
        id=name,
        mode=modes[0],
        line=raw.place.line,
        kinds=kinds,
        by=grammar.who(pairs["by"], Scope(kinds)) if "by" in pairs else None,
        when=grammar.condition(pairs["when"], Scope(kinds)) if "when" in pairs else None,
        unless=grammar.condition(pairs["unless"], Scope(kinds)) if "unless" in pairs else None,
        **common,  # type: ignore[arg-type]
    )
    rules = [rule]
    if "then" in pairs:
        for item in pairs["then"]:
            rules += _rule(grammar, item, rule)
    return rules


def _texts(node: Node | None) -> tuple[str, ...]:
    return tuple(item.scalar() for item in node) if node is not None else ()


def _common(grammar: Grammar, name: str, pairs: dict[str, Node], parent: f.Rule | None) -> dict[str, object]:
    over, every = _over(pairs.get("prevails_over"))
    return {
        "says": pairs["says"].scalar() if "says" in pairs else "",
        "source": _texts(pairs.get("source")),
        "assumed": _texts(pairs.get("assumed")),
        "not_judged": _texts(pairs.get("not_judged")),
        "during": _phase(grammar, pairs.get("during")),
        "over": over,
        "over_every": every,
        "answers": _person(grammar, pairs.get("answers")),
        "survives": _yes(pairs.get("survives")),
        "watched": _yes(pairs.get("watched")),
        "reading_of": pairs["reading_of"].scalar() if "reading_of" in pairs else "",
        "doubt": _doubt(grammar, pairs["doubt"]) if "doubt" in pairs else {},
        "parent": parent.id if parent else "",
    }


def _over(node: Node | None) -> tuple[tuple[str, ...], bool]:
    if node is None:
        return (), False
    if node.text == "every permission":
        return (), True
    return _texts(node), False


def _phase(grammar: Grammar, node: Node | None) -> str:
    if node is None:
        return ""
    if node.scalar("a phase") not in grammar.names.phases:
        node.fail(f"no phase is called {node.text!r}", f"known: {', '.join(sorted(grammar.names.phases)) or 'none'}")
    return node.scalar()


def _person(grammar: Grammar, node: Node | None) -> str:
    if node is None:
        return ""
    if node.scalar("a person") not in grammar.names.people:
        node.fail(f"nobody is called {node.text!r}", f"known: {', '.join(sorted(grammar.names.people))}")
    return node.scalar()


def _doubt(grammar: Grammar, node: Node) -> dict[str, str]:
    """Who bears the doubt that an act of a kind (or any) leaves."""
    found = {}
    for kind, item in node.mapping("doubt").items():
        if kind != "any" and kind not in grammar.names.kinds:
            item.fail(f"no statement or event is called {kind!r}", "name a kind, or `any`")
        words = ("actor", "guarantor", "other")
        if item.scalar("a person") not in words and item.text not in grammar.names.people:
            item.fail(
                f"nobody is called {item.text!r}",
                f"known: {', '.join(sorted(grammar.names.people))}, {', '.join(words)}",
            )
        found[kind] = item.scalar()
    return found


def _yes(node: Node | None) -> bool:
    if node is None:
        return False
    if node.scalar() not in ("true", "false"):
        node.fail(f"{node.text!r} is neither true nor false")
    return node.text == "true"


def _require(
    grammar: Grammar, node: Node, name: str, line: int, common: dict[str, object], parent: f.Rule | None
) -> f.Rule:
    pairs = node.mapping()
    if "by" not in pairs and "by_each" not in pairs:
        node.fail("a duty needs its bearer: by or by_each")
    trigger, scope = _trigger(grammar, pairs, node, parent)
    owed_kinds = grammar.kind_names(pairs["require"])
    keys = ("to", "to_each", "with", "within", "counting_from", "at_least", "at_most")
    inner: dict[str, Node] = {key: pairs[key] for key in keys if key in pairs}
    if "same" in pairs:
        inner["same"] = pairs["same"]
    inner["act"] = pairs["require"]
    owed = grammar.pattern(Node(node.place, pairs=inner), "act", scope, ("within", "counting_from"))
    if trigger.due is None and owed.within is None:
        node.fail("a duty after an act or a phase needs `within`")
    if trigger.due is None and (owed.at_least is not None or owed.at_most is not None):
        node.fail("a duty after an act or a phase has no at_least or at_most", "give `within`")
    if trigger.due is not None and owed.within is not None:
        node.fail("a duty with `due` has no `within`; its time is the due time")
    by = pairs.get("by_each") or pairs["by"]
    return f.Rule(
        id=name,
        mode="require",
        line=line,
        kinds=owed_kinds,
        by=grammar.who(by, scope),
        each="by_each" in pairs,
        when=grammar.condition(pairs["when"], scope) if "when" in pairs else None,
        unless=grammar.condition(pairs["unless"], scope) if "unless" in pairs else None,
        owed=owed,
        trigger=trigger,
        **common,  # type: ignore[arg-type]
    )


def _trigger(grammar: Grammar, pairs: dict[str, Node], node: Node, parent: f.Rule | None) -> tuple[f.Trigger, Scope]:
    """The trigger, and the act (edge, due time) that brings the duty about."""
    given = [key for key in ("after", "due") if key in pairs]
    if parent is not None and not given:
        return f.Trigger(pattern=f.Pattern(parent.kinds)), Scope(parent.kinds)
    if len(given) != 1:
        node.fail("a duty needs one of `after` and `due`")
    if given[0] == "after":
        edge = grammar.edge_of(pairs["after"])
        if edge is not None:
            return f.Trigger(edge=edge), Scope((EDGE.name,))
        pattern = grammar.pattern(pairs["after"], never=UNASKED)
        return f.Trigger(pattern=pattern), Scope(pattern.kinds, grammar.judged(pairs["after"], pattern.kinds))
    due = pairs["due"]
    if due.pairs is None:
        return f.Trigger(due=f.Due(units.instant(due))), Scope((DUE.name,))
    parts = due.only({"every", "at"}, "due")
    if set(parts) != {"every", "at"}:
        due.fail("due needs `every` and `at`")
    return f.Trigger(due=f.Due(None, units.weekdays(parts["every"]), units.minute(parts["at"]))), Scope((DUE.name,))
