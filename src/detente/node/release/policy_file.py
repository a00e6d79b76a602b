"""Reading a release policy: strict YAML, every refusal with file, line, what is wrong and what to write instead.

Format and meaning: docs/reference/release-policy.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NoReturn, get_args

from detente.agreement import source
from detente.agreement.source import Node
from detente.errors import DetenteError, GivenError
from detente.model.when import read_duration, read_instant
from detente.node.release.coarsen import check_levels
from detente.node.release.interface import Levels
from detente.node.release.labels import Becomes, Labels, Shared
from detente.node.release.policy import ALL, ROLES, WHOLE, Box, Counts, Policy, Quorum, Rule, Template
from detente.proof.keys import admit_public

CODE = "release-policy-invalid"
PERSONS = 2
MOST_SLOT = 24 * 3_600_000
_TOP = {"policy", "node", "before", "slot", "agencies", "two_persons", "standing", "labels", "release"}
_RULE = {"rule", "say", "to", "area", "box", "from", "until", "fields", "coarse", "as", "lasts", "quorum", "templates"}
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LENGTH = re.compile(r"(\d{1,7})\s*(m|km|NM)")
_METRES = {"m": 1, "km": 1000, "NM": 1852}
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,7})?")


def read_policy(data: bytes, where: str = "policy.yaml") -> Policy:
    """The policy in a file's bytes; GivenError (release-policy-invalid) with the first thing that is wrong."""
    try:
        return _policy(data, source.read_source(data, where))
    except DetenteError as error:
        if error.code in (CODE, "agreement-invalid", "terms-invalid", "bad-field", "key-not-admitted"):
            raise GivenError(CODE, error.what, where=error.where or where) from error
        raise


def _policy(data: bytes, root: Node) -> Policy:
    top = root.only(_TOP, "a release policy")
    for key in ("policy", "node", "two_persons", "release"):
        if key not in top:
            root.fail(f"`{key}` is missing", "docs/reference/release-policy.md shows a whole file")
    agencies = {code: _key(item) for code, item in _named(top.get("agencies")).items()}
    if len(set(agencies.values())) != len(agencies):
        top["agencies"].fail("two agencies have one key", "give each its own")
    persons = _codes(top["two_persons"], agencies)
    if len(persons) < PERSONS and agencies:
        top["two_persons"].fail("fewer than two", "name two agencies or more whose keys change this policy")
    labels = _labels(top.get("labels"))
    rules = tuple(_rule(item, agencies) for item in top["release"].listed() if not _empty(item))
    seen: set[str] = set()
    for rule, item in zip(rules, top["release"].listed(), strict=False):
        if rule.name in seen:
            item.fail(f"rule {rule.name!r} is given twice", "give each rule its own name")
        seen.add(rule.name)
    version = _whole(top["policy"])
    if version > 1 and "before" not in top:
        root.fail("`before` is missing", "write the SHA-256 of the version that this one follows")
    before = top["before"].scalar() if "before" in top else ""
    if before and not re.fullmatch(r"[0-9a-f]{64}", before):
        top["before"].fail(f"{before[:20]!r} is not 64 hex digits")
    slot = _duration(top["slot"]) if "slot" in top else 0
    if slot > MOST_SLOT or slot % 1000:
        top["slot"].fail("a slot is whole seconds, at most 24h", "write 60s, or 0s to send at once")
    return Policy(
        version=version, node=top["node"].scalar(), digest=hashlib.sha256(data).hexdigest(), before=before, slot=slot,
        agencies=agencies, persons=persons, standing=_standing(top.get("standing")), labels=labels, rules=rules,
    )  # fmt: skip


def _empty(node: Node) -> bool:
    return node.text is not None and node.text in ("", "nothing")


def _named(node: Node | None) -> Mapping[str, Node]:
    if node is None or node.text == "":
        return {}
    pairs = node.mapping("codes with their values")
    for code, item in pairs.items():
        if not _CODE.fullmatch(code):
            item.fail(f"{code!r} is not a code", "small letters, digits, - and _")
    return pairs


def _key(node: Node) -> bytes:
    pairs = node.only({"key"}, "an agency")
    if "key" not in pairs:
        node.fail("`key` is missing", "write {key: HEX}, as `detente policy key` prints it")
    text = pairs["key"].scalar()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        pairs["key"].fail("a key is 64 hex digits", "copy the line that `detente policy key` printed")
    public = bytes.fromhex(text)
    admit_public(public, str(pairs["key"].place))
    return public


def _codes(node: Node, known: Mapping[str, bytes]) -> tuple[str, ...]:
    found = tuple(item.scalar() for item in node if not _empty(item))
    for item in node:
        if not _empty(item) and item.scalar() not in known:
            item.fail(f"no agency is called {item.scalar()!r}", f"known: {', '.join(known) or 'none'}")
    if len(set(found)) != len(found):
        node.fail("an agency is named twice", "name each once")
    return found


def _names(node: Node) -> tuple[str, ...]:
    found = tuple(item.scalar() for item in node if not _empty(item))
    for name in found:
        if not _NAME.fullmatch(name):
            node.fail(f"{name!r} is not the name of a statement", "small letters, digits and _; or all")
    return found


def _standing(node: Node | None) -> Mapping[str, tuple[str, ...]]:
    if node is None or _empty(node):
        return {}
    return {role: _names(item) for role, item in node.only(set(ROLES), "standing").items()}


def _labels(node: Node | None) -> Labels:
    if node is None or _empty(node):
        return Labels({}, ())
    top = node.only({"unlabelled", "shared", "own"}, "labels")
    shared: dict[str, Shared] = {}
    for name, item in (top["shared"].mapping("shared labels") if "shared" in top else {}).items():
        pairs = item.only({"policy", "class", "to"}, "a shared label")
        for key in ("policy", "class"):
            if key not in pairs:
                item.fail(f"`{key}` is missing")
        to = tuple(each.scalar() for each in pairs["to"]) if "to" in pairs else ()
        shared[name] = Shared(pairs["policy"].scalar(), pairs["class"].scalar(), to)

    def known(item: Node) -> str:
        if item.scalar() not in shared:
            item.fail(f"no shared label is called {item.scalar()!r}", f"known: {', '.join(shared) or 'none'}")
        return item.scalar()

    own: list[Becomes] = []
    for item in top.get("own", ()):
        pairs = item.only({"policy", "class", "categories", "becomes"}, "an own label")
        for key in ("policy", "class", "becomes"):
            if key not in pairs:
                item.fail(f"`{key}` is missing")
        given = pairs["categories"].mapping("categories") if "categories" in pairs else {}
        categories = frozenset((name, frozenset(each.scalar() for each in values)) for name, values in given.items())
        own.append(Becomes(pairs["policy"].scalar(), pairs["class"].scalar(), categories, known(pairs["becomes"])))
    return Labels(shared, tuple(own), known(top["unlabelled"]) if "unlabelled" in top else "")


def _rule(node: Node, agencies: Mapping[str, bytes]) -> Rule:
    pairs = node.only(_RULE, "a rule")
    for key in ("rule", "say", "to"):
        if key not in pairs:
            node.fail(f"`{key}` is missing", "a rule has a name, what is said, and to whom")
    name = pairs["rule"].scalar()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        pairs["rule"].fail(f"{name!r} is not a name", "small letters, digits, - and _")
    levels = _levels(pairs["coarse"]) if "coarse" in pairs else Levels()
    given = pairs["as"].scalar() if "as" in pairs else "released"
    if given not in ("released", "disclosed"):
        pairs["as"].fail(f"{given!r} is neither released nor disclosed")
    start, until = (
        read_instant(pairs[key].scalar(), str(pairs[key].place)) if key in pairs else None for key in ("from", "until")
    )
    if start is not None and until is not None and until <= start:
        pairs["until"].fail("it ends no later than it begins")
    return Rule(
        name=name, line=node.place.line, say=_names(pairs["say"]), to=tuple(each.scalar() for each in pairs["to"]),
        areas=tuple(each.scalar() for each in pairs["area"]) if "area" in pairs else (),
        box=_box(pairs["box"]) if "box" in pairs else None, start=start, until=until,
        fields=frozenset(_names(pairs["fields"])) if "fields" in pairs else None,
        templates=_templates(pairs.get("templates"), levels), given=given,  # type: ignore[arg-type]
        lasts=_duration(pairs["lasts"]) if "lasts" in pairs else 0,
        quorum=_quorum(pairs["quorum"], agencies) if "quorum" in pairs else None,
    )  # fmt: skip


def _box(node: Node) -> Box:
    pairs = node.only({"south", "west", "north", "east"}, "a box")
    values = []
    for key in Box._fields:
        if key not in pairs:
            node.fail(f"`{key}` is missing", "write south, west, north and east in degrees")
        text = pairs[key].scalar()
        if not _DEGREES.fullmatch(text):
            pairs[key].fail(f"{text!r} is not degrees", "write 35.25")
        whole, _, rest = text.lstrip("-").partition(".")
        values.append(int(whole + rest.ljust(7, "0")) * (-1 if text.startswith("-") else 1))
    box = Box(*values)
    if box.south >= box.north or box.west >= box.east:
        node.fail("a box has its south below its north and its west before its east")
    return box


def _levels(node: Node, floor: Levels | None = None) -> Levels:
    pairs = node.only({"place", "time", "altitude", "count"}, "coarse")
    count = tuple(_whole(item) for item in pairs["count"]) if "count" in pairs else ()
    if list(count) != sorted(set(count)):
        pairs["count"].fail("the edges of bands ascend", "write [0, 1, 10, 100]")
    levels = Levels(
        _length(pairs["place"]) if "place" in pairs else 0, _duration(pairs["time"]) if "time" in pairs else 0,
        _length(pairs["altitude"]) if "altitude" in pairs else 0, count,
    )  # fmt: skip
    try:
        check_levels(levels, "coarse")
    except GivenError as error:
        node.fail(error.what, "docs/reference/release-policy.md shows cells, slots and bands")
    if floor is None:
        return levels
    if count and not set(count) <= set(floor.counts or count):
        pairs["count"].fail("finer than the template before", "its edges are some of those")
    for mine, least, key in (
        (levels.place, floor.place, "place"),
        (levels.time, floor.time, "time"),
        (levels.altitude, floor.altitude, "altitude"),
    ):
        if mine and (mine < least or (least and mine % least)):
            pairs[key].fail("finer than the template before, or no multiple of it", f"write a multiple of that {key}")
    return Levels(
        levels.place or floor.place, levels.time or floor.time, levels.altitude or floor.altitude, count or floor.counts
    )


def _templates(node: Node | None, levels: Levels) -> tuple[Template, ...]:
    found = [Template(WHOLE, frozenset(), levels)]
    for item in node or ():
        pairs = item.only({"name", "withhold", "coarse"}, "a template")
        if "name" not in pairs or not _NAME.fullmatch(pairs["name"].scalar()):
            item.fail("a template needs a name", "small letters, digits and _")
        withhold = frozenset(_names(pairs["withhold"])) if "withhold" in pairs else frozenset()
        last = found[-1]
        coarse = _levels(pairs["coarse"], last.levels) if "coarse" in pairs else last.levels
        name = pairs["name"].scalar()
        if any(name == each.name for each in found):
            item.fail(f"template {name!r} is given twice; {WHOLE} is the first of every rule")
        found.append(Template(name, last.withhold | withhold, coarse))
    return tuple(found)


def _quorum(node: Node, agencies: Mapping[str, bytes]) -> Quorum:
    pairs = node.only({"needed", "of", "within", "silence", "abstain"}, "a quorum")
    for key in ("needed", "of"):
        if key not in pairs:
            node.fail(f"`{key}` is missing", "write {needed: 2, of: [state, defence], within: 5h}")
    of = _codes(pairs["of"], agencies)
    needed = len(of) if pairs["needed"].scalar() == ALL else _whole(pairs["needed"])
    if not 1 <= needed <= len(of):
        pairs["needed"].fail(f"{needed} of {len(of)} agencies cannot be had", f"write 1 to {len(of)}, or all")
    within = _duration(pairs["within"]) if "within" in pairs else 0
    silence, abstain = (_counts(pairs.get(key)) for key in ("silence", "abstain"))
    if silence != "no" and not within:
        node.fail("`within` is missing", "a silence can only count once its time has passed")
    return Quorum(needed, of, within, silence, abstain)


def _counts(node: Node | None) -> Counts:
    if node is None:
        return "no"
    if node.scalar() not in get_args(Counts):
        node.fail(f"{node.scalar()!r} is none of {', '.join(get_args(Counts))}")
    return node.scalar()  # type: ignore[return-value]


def _whole(node: Node) -> int:
    if not re.fullmatch(r"\d{1,9}", node.scalar("a whole number")):
        node.fail(f"{node.scalar()!r} is not a whole number")
    return int(node.scalar())


def _duration(node: Node) -> int:
    return read_duration(node.scalar("a duration"), str(node.place))


def _length(node: Node) -> int:
    match = _LENGTH.fullmatch(node.scalar("a length"))
    if not match:
        _bad_length(node)
    return int(match[1]) * _METRES[match[2]]


def _bad_length(node: Node) -> NoReturn:
    node.fail(f"{node.scalar()!r} is not a length", "write 500 m, 20 km or 10 NM")


def plain(policy: Policy) -> dict[str, Any]:
    """A policy in a few words, for people and JSON: version, digest, persons, standing releases, rules."""
    rules = [
        {
            "rule": rule.name, "say": list(rule.say), "to": list(rule.to), "given": rule.given,
            "fields": sorted(rule.fields) if rule.fields is not None else None,
            "templates": [each.name for each in rule.templates], "coarse": rule.templates[0].levels._asdict(),
            "lasts": rule.lasts,
            "quorum": None if rule.quorum is None else {
                "needed": rule.quorum.needed, "of": list(rule.quorum.of), "within": rule.quorum.within,
                "silence": rule.quorum.silence, "abstain": rule.quorum.abstain,
            },
        }
        for rule in policy.rules
    ]  # fmt: skip
    return {
        "version": policy.version, "node": policy.node, "digest": policy.digest, "before": policy.before,
        "slot": policy.slot, "two_persons": list(policy.persons), "agencies": sorted(policy.agencies),
        "standing": {role: list(names) for role, names in policy.standing.items()}, "rules": rules,
    }  # fmt: skip
