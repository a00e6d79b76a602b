"""Clauses: forbid, permit, require and plain text, from nodes to rules (21-language-reference, 10)."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement import units
from detente.agreement.grammar import Grammar
from detente.agreement.source import Node

_COMMON = {
    "id", "source", "says", "not_judged", "assumed", "during", "when", "unless", "prevails_over", "answers", "survives",
    "reading_of", "doubt",
}  # fmt: skip
_FORBID = {"forbid", "by"}
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


def clause_ids(node: Node) -> set[str]:
    """Ids of all clauses, before they are read (findings may name any)."""
    found: set[str] = set()
    for item in node:
        pairs = item.mapping("a clause")
        if "id" not in pairs:
            item.fail("a clause needs an id")
        found.add(pairs["id"].scalar("an id"))
        if "then" in pairs:
            found |= clause_ids(pairs["then"])
    return found


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
        by=grammar.who(pairs["by"]) if "by" in pairs else None,
        when=grammar.condition(pairs["when"], kinds) if "when" in pairs else None,
        unless=grammar.condition(pairs["unless"], kinds) if "unless" in pairs else None,
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
        "reading_of": pairs["reading_of"].scalar() if "reading_of" in pairs else "",
        "doubt": {k: v.scalar() for k, v in pairs["doubt"].mapping("doubt").items()} if "doubt" in pairs else {},
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
    trigger, about = _trigger(grammar, node, pairs, parent)
    owed_kinds = grammar.kind_names(pairs["require"])
    names = ("to", "to_each", "with", "within", "counting_from", "at_least", "at_most")
    inner: dict[str, Node] = {key: pairs[key] for key in names if key in pairs}
    if "same" in pairs:
        inner["same"] = pairs["same"]
    inner["act"] = pairs["require"]
    owed = grammar.pattern(Node(node.place, pairs=inner), "act", about if trigger.due is None and about else ())
    if trigger.due is None and owed.within is None:
        node.fail("a duty after an act or a phase needs `within`")
    if trigger.due is not None and owed.within is not None:
        node.fail("a duty with `due` has no `within`; its time is the due time")
    by = pairs.get("by_each") or pairs["by"]
    return f.Rule(
        id=name,
        mode="require",
        line=line,
        kinds=owed_kinds,
        by=grammar.who(by),
        each="by_each" in pairs,
        when=grammar.condition(pairs["when"], about) if "when" in pairs else None,
        unless=grammar.condition(pairs["unless"], about) if "unless" in pairs else None,
        owed=owed,
        trigger=trigger,
        **common,  # type: ignore[arg-type]
    )


def _trigger(
    grammar: Grammar, node: Node, pairs: dict[str, Node], parent: f.Rule | None
) -> tuple[f.Trigger, tuple[str, ...]]:
    """The trigger, and the kinds of the act that brings the duty about (empty for phases and due times)."""
    given = [key for key in ("after", "due") if key in pairs]
    if parent is not None and not given:
        return f.Trigger(pattern=f.Pattern(parent.kinds)), parent.kinds
    if len(given) != 1:
        node.fail("a duty needs one of `after` and `due`")
    if given[0] == "after":
        edge = grammar.edge_of(pairs["after"])
        if edge is not None:
            return f.Trigger(edge=edge), ()
        pattern = grammar.pattern(pairs["after"])
        return f.Trigger(pattern=pattern), pattern.kinds
    due = pairs["due"]
    if due.pairs is None:
        return f.Trigger(due=f.Due(units.instant(due))), ()
    parts = due.only({"every", "at"}, "due")
    if set(parts) != {"every", "at"}:
        due.fail("due needs `every` and `at`")
    return f.Trigger(due=f.Due(None, units.weekdays(parts["every"]), units.minute(parts["at"]))), ()
