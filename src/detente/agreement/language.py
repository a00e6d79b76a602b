"""An agreement file read whole: strict, every name resolved, every refusal with file, line, clause and remedy."""

from __future__ import annotations

import hashlib
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from detente.agreement import form as f
from detente.agreement import units
from detente.agreement.clauses import clause_kinds, is_watched, read_rules
from detente.agreement.fieldtypes import named, read_fields
from detente.agreement.grammar import Grammar
from detente.agreement.naming import Names
from detente.agreement.paths import ANY, NOTHING
from detente.agreement.scope import check_scope
from detente.agreement.source import Node, read_source
from detente.agreement.strata import order_of, walk
from detente.agreement.vocabulary import Use, fit, names_of, read_use, whole

_TOP = {
    "language", "agreement", "title", "status", "zone", "tolerance", "grace", "settle", "assumed", "parties", "others", "use",
    "statements", "events", "sources", "places", "phases", "define", "in_force", "clauses",
}  # fmt: skip
_STATUS = ("draft", "signed", "transcription", "reconstruction")

RECEIPT = f.Kind("receipt", False, {"of": f.Field("of", "code"), "kind": f.Field("kind", "code")})
FINDING = f.Kind(
    "finding",
    False,
    {
        "clause": f.Field("clause", "code"),
        "verdict": f.Field("verdict", "code"),
        "act": f.Field("act", "code"),
    },
)


WATCH = f.Kind(
    "watch",
    False,
    {
        "what": f.Field("what", "code"),
        "period": f.Field("period", "span"),
        "where": f.Field("where", "text"),
        "how": f.Field("how", "text"),
    },
)


def read_agreement(data: bytes, file: str = "agreement", root: Node | None = None) -> f.Agreement:
    """The agreement in a file; GivenError(agreement-invalid) with the first thing that is wrong. `root`: its tree, if read."""
    root = root or read_source(data, file)
    top = root.only(_TOP, "an agreement")
    for key in ("agreement", "parties", "clauses"):
        if key not in top:
            root.fail(f"`{key}` is missing")
    if "language" in top and top["language"].scalar() != "1":
        top["language"].fail(f"language {top['language'].text!r} is not known", "write language: 1")
    names = Names(clauses=clause_kinds(top["clauses"]))
    grammar = Grammar(names)
    parties = {code: item.scalar() for code, item in named(top["parties"], "a party").items()}
    raw_others = named(top["others"], "another") if "others" in top else {}
    for code in raw_others:
        if code in parties:
            raw_others[code].fail(f"{code!r} is a party already")
    names.people |= set(parties) | set(raw_others)
    names.kinds |= {"receipt": RECEIPT, "finding": FINDING}
    if is_watched(top["clauses"]):
        names.kinds["watch"] = WATCH
    uses = read_use(top["use"]) if "use" in top else []
    used = _read_kinds(top, names, uses)
    names.phases |= set(named(top["phases"], "a phase")) if "phases" in top else set()
    names.places |= set(named(top["places"], "a place")) if "places" in top else set()
    conditions = named(top["define"], "a condition") if "define" in top else {}
    names.define |= {name: item.under(f"define {name}") for name, item in conditions.items()}
    others = {code: _other(grammar, code, item, parties) for code, item in raw_others.items()}
    places = {
        name: grammar.place(item.under(f"place {name}"))
        for name, item in (top["places"].mapping() if "places" in top else {}).items()
    }
    phases = {
        name: grammar.phase(name, item.under(f"phase {name}"))
        for name, item in (top["phases"].mapping() if "phases" in top else {}).items()
    }
    define = {name: grammar.condition(item, ANY) for name, item in names.define.items()}
    rules = read_rules(grammar, top["clauses"])
    agreement = f.Agreement(
        code=top["agreement"].scalar(),
        title=top["title"].scalar() if "title" in top else "",
        status=_status(top.get("status")),
        zone=_zone(top.get("zone")),
        tolerance=units.length(top["tolerance"]) if "tolerance" in top else 0,
        grace=units.elapsed(top["grace"]) if "grace" in top else 0,
        settle=units.elapsed(top["settle"]) if "settle" in top else 0,
        assumed=tuple(item.scalar() for item in top["assumed"]) if "assumed" in top else (),
        parties=parties,
        others=others,
        kinds=names.kinds,
        places=places,
        phases=phases,
        define=define,
        in_force=grammar.condition(top["in_force"], NOTHING) if "in_force" in top else None,
        rules=rules,
        digest=hashlib.sha256(data).hexdigest(),
        sources=_sources(top["sources"], names) if "sources" in top else {},
        used=used,
    )
    _check_names(agreement, root)
    _check_buffers(agreement, grammar.buffers)
    _check_zone(agreement, root)
    _check_cycles(agreement, root)
    return agreement


def _read_kinds(top: dict[str, Node], names: Names, uses: list[Use]) -> dict[str, f.Used]:
    """The kinds that vocabularies bring in and those that the file defines, each with its fields."""
    own: dict[str, tuple[Node, bool]] = {}
    for key, event in (("statements", False), ("events", True)):
        for name, item in (named(top[key], "a kind") if key in top else {}).items():
            if name in names.kinds or name in own:
                item.fail(f"{name!r} is a kind already")
            own[name] = (item.under(f"{key} {name}"), event)
    every = {**names_of(uses, own), **{name: event for name, (_, event) in own.items()}}
    names.kinds |= {name: f.Kind(name, event, {}) for name, event in every.items()}
    fields = {name: read_fields(node, names.kinds) for name, (node, _) in own.items()}
    listed = {use.own(role) for use in uses for role, kind in use.vocabulary.kinds.items() if "target" in kind.fields}
    for name, event in every.items():
        names.kinds[name] = f.Kind(name, event, whole(uses, name, fields.get(name, {})))
        if name in own:
            check_scope(names.kinds[name], own[name][0], on_list=name in listed)
    return fit(uses, fields, {name: node for name, (node, _) in own.items()})


def _check_names(agreement: f.Agreement, root: Node) -> None:
    """Conditions and places that name themselves are refused; so is `within` of a place that is cut by its name (8)."""
    forms = {("condition", name): form for name, form in agreement.define.items()}
    places = {("place", name): form for name, form in agreement.places.items()}

    def follow(form: object, path: tuple[tuple[str, str], ...]) -> None:
        for part in walk(form):
            key = ("condition", part.name) if isinstance(part, f.Named) else ("place", getattr(part, "name", ""))
            if isinstance(part, f.Named | f.PlaceName):
                if key in path:
                    root.fail(f"{key[0]} {key[1]!r} names itself", "break the circle")
                follow((forms | places)[key], (*path, key))

    for key, form in (forms | places).items():
        follow(form, (key,))


def _check_buffers(agreement: f.Agreement, buffers: list[tuple[Node, f.PlaceForm]]) -> None:
    """`within` of a place that is cut, by its own words or by its name, is refused (8)."""

    def cut(place: f.PlaceForm) -> str:
        """What cuts it: "" if nothing does."""
        if isinstance(place, f.PlaceName):
            return place.name if cut(agreement.places[place.name]) else ""
        if isinstance(place, f.Union):
            return next((found for item in place.items if (found := cut(item))), "")
        return "this place" if isinstance(place, f.Cut) else cut(place.of) if isinstance(place, f.Within) else ""

    for node, place in buffers:
        if found := cut(place):
            node.fail(
                f"{found} is cut (inside or minus), and `within` of a cut place would say something else on either side of the cut",
                "buffer first, cut after",
            )


def _check_zone(agreement: f.Agreement, root: Node) -> None:
    """Whose midnight: a zone is required where days, months, civil times or streaks are used (2)."""
    for part in walk(agreement):
        civil = isinstance(part, f.Calendar | f.Clock | f.Streak) or (isinstance(part, f.Due) and part.instant is None)
        if not agreement.zone and (civil or (isinstance(part, f.Pattern) and isinstance(part.window, str))):
            root.fail("`zone` is missing", "days, months and civil times are counted in a zone: name it")


def _sources(node: Node, names: Names) -> dict[str, int]:
    """How many independent sources an event of a kind needs (05-resolutions 16)."""
    found = {}
    for name, item in node.mapping("kinds of event").items():
        item = item.under(f"sources {name}")
        if name not in names.kinds or not names.kinds[name].event:
            known = ", ".join(kind.name for kind in names.kinds.values() if kind.event) or "none"
            item.fail(f"no event is called {name!r}", f"known: {known}; statements need no sources, they are signed")
        if not re.fullmatch(r"[2-9]", item.scalar("a number")):
            item.fail(
                f"{item.text!r} is no number of sources", "write a whole number from 2 to 9; without it one is enough"
            )
        found[name] = int(item.scalar())
    return found


def _status(node: Node | None) -> str:
    if node is None:
        return "draft"
    if node.scalar() not in _STATUS:
        node.fail(f"status {node.text!r} is not known", f"write {', '.join(_STATUS)}")
    return node.scalar()


def _zone(node: Node | None) -> str:
    if node is None:
        return ""
    try:
        ZoneInfo(node.scalar())
    except (ZoneInfoNotFoundError, ValueError):
        node.fail(f"{node.text!r} is no IANA zone", "write Asia/Damascus or UTC")
    return node.scalar()


def _other(grammar: Grammar, code: str, node: Node, parties: dict[str, str]) -> f.Other:
    node = node.under(f"others {code}")
    pairs = node.only({"name", "guarantor", "keeps_log", "aliases", "members", "joined_by"}, "another")
    people = grammar.names.people
    for key in ("guarantor", "members"):
        for item in pairs.get(key, ()):
            if item.scalar() not in people:
                item.fail(f"nobody is called {item.text!r}", f"known: {', '.join(sorted(people))}")
    aliases = []
    for item in pairs.get("aliases", ()):
        if item.pairs is not None:
            each = item.only({"name", "from"}, "an alias")
            aliases.append(f.Alias(each["name"].scalar(), units.instant(each["from"]) if "from" in each else None))
        else:
            aliases.append(f.Alias(item.scalar(), None))
    return f.Other(
        code=code,
        name=pairs["name"].scalar() if "name" in pairs else code,
        guarantor=pairs["guarantor"].scalar() if "guarantor" in pairs else "",
        keeps_log=_yes(pairs.get("keeps_log")),
        aliases=tuple(aliases),
        members=tuple(item.scalar() for item in pairs["members"]) if "members" in pairs else (),
        joined_by=grammar.pattern(pairs["joined_by"], scope=ANY) if "joined_by" in pairs else None,
    )


def _yes(node: Node | None) -> bool:
    if node is not None and node.scalar() not in ("true", "false"):
        node.fail(f"{node.text!r} is neither true nor false")
    return node is not None and node.text == "true"


def _check_cycles(agreement: f.Agreement, root: Node) -> None:
    """Phases and findings that depend on themselves are refused (21-language-reference, 9)."""
    order_of(agreement, root)
