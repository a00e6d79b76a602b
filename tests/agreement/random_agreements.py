"""Agreements drawn at random from the grammar: every construct, nested, over few kinds so that acts meet the clauses.

`draw_agreement` gives the file as nested mappings; `text_of` writes it as the parser reads it. What the grammar refuses
(a circle of findings, a cut that is widened) is drawn again.
"""

# ruff: noqa: E501 - a table reads better with its rows whole
from __future__ import annotations

import json
from random import Random
from typing import Any

from detente.agreement import form as f
from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.agreement.strata import walk
from detente.errors import DetenteError

Tree = dict[str, object]
PARTIES = {"us": "United States", "ru": "Russian Federation"}
_TARGET = {
    "nomination", "refusal", "claim", "letter", "notice", "strike", "flight", "report",
}  # fmt: skip
_AREA = {"designation", "revocation"}
STATEMENTS: dict[str, dict[str, str]] = {
    "signature": {},
    "leaving": {},
    "extension": {},
    "acceptance": {},
    "departure": {},
    "stop": {},
    "nomination": {"target": "code", "number": "optional count"},
    "refusal": {"target": "code"},
    "claim": {"target": "code"},
    "letter": {"target": "code", "to_whom": "addressee"},
    "designation": {"area": "code", "version": "count", "shape": "area"},
    "revocation": {"area": "code"},
    "site": {"target": "code", "position": "point"},
    "notice": {
        "target": "code",
        "place": "area",
        "window": "span",
        "whose": "who",
        "eta": "optional time",
        "day": "day",
    },
    "answer": {"stop": "act stop"},
}
EVENTS: dict[str, dict[str, str]] = {
    "strike": {"target": "code", "position": "point", "against": "who", "number": "count"},
    "flight": {
        "target": "code",
        "position": "point",
        "notice": "optional act notice",
        "use": "rescue | medical | other",
    },
}
_INSTANTS = ("2016-09-12T00:00:00Z", "2016-09-12T01:00:00Z", "2016-09-13T00:00:00Z", "2016-09-14T00:00:00Z")
_LENGTHS = ("1ms", "1min", "5min", "30min", "1h", "2h", "12h", "24h", "48h", "1 days", "2 days", "1 months")


class Drawer:
    """Draws the parts of one agreement; what is named so far may be used."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.phases: list[str] = []
        self.places: list[str] = []
        self.clauses: list[str] = []
        self.define: list[str] = []
        self.groups: list[str] = []
        self.looking_ahead = True

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, *items: Any) -> Any:
        return self.random.choice(items)

    def some(self, items: list[str], most: int = 2) -> object:
        """One, or a short list."""
        number = min(len(items), self.random.choice((1, 1, 1, most)))
        found = self.random.sample(items, number)
        return found[0] if number == 1 else found

    def length(self) -> str:
        return self.random.choice(_LENGTHS)

    # people

    def who(self, *, about: set[str] | None, each: bool = False) -> object:
        words = ["parties", "parties", "us", "ru"]
        if not each:
            words += ["anyone", "regime", "left", "opposition", "un", "lone", *self.groups]
        else:
            words += ["un", "left", "opposition", *self.groups]
        if about is not None:
            words += ["actor", "actor", "other", "other", "guarantor"]
            if about <= {"notice"}:
                words += ["its.whose"]
            if about <= {"strike"}:
                words += ["its.against"]
        found = self.some(words)
        if about is not None and about <= {"strike"} and self.chance(0.1):
            return {"guarantor": "its.against"}
        return found

    # patterns

    def pattern(self, key: str, about: set[str] | None, depth: int, *, edge: bool = False, kinds: Any = None) -> Tree:
        """`about`: the kinds that ask (None: a phase, nobody); `edge`: of a start, end or trigger."""
        kind = kinds if kinds is not None else self.kinds(statements=self.chance(0.75) or edge)
        names = {kind} if isinstance(kind, str) else set(kind)
        found: Tree = {key: kind}
        if self.chance(0.7):
            each = self.chance(0.3) and not edge
            found["by_each" if each else "by"] = self.who(about=about, each=each)
        elif edge and self.chance(0.5):
            found["by_each"] = "parties"
        each = "by_each" in found
        if self.chance(0.1) and names.isdisjoint(EVENTS):
            found["to_each" if self.chance(0.4) else "to"] = self.pick(
                "parties", "us", "un", *(["other"] if about else [])
            )
        shared = self.shared(names, about)
        if about is not None and shared and self.chance(0.6):
            found["same"] = shared
        elif about is not None and "stop" in about and names == {"answer"}:
            found["same"] = {"stop": "id"}
        elif about is not None and self.chance(0.1):
            found["same"] = {"by": "by"}
        if depth > 0 and self.chance(0.25):
            found["with"] = self.condition(names, depth - 1, outer=about, ahead=False)
        if self.phases and self.chance(0.1):
            found["during"] = self.random.choice(self.phases)
        if self.chance(0.07):
            found["no_later_than"] = self.pick(*_INSTANTS)
        if edge and not each:
            return found
        own = [name for name in ("target", "area") if all(name in self.fields(one) for one in names)]
        if each and self.chance(0.5) and not names & {"extension"}:
            extra = [name for name in ("number", "version") if all(name in self.fields(one) for one in names)]
            found["alike"] = [*own, *(extra if self.chance(0.6) else [])] or ["until"]
        elif each and names == {"extension"}:
            found["alike"] = ["until"]
        if edge or key == "later":
            return found
        if own and self.chance(0.15):
            found["newest_per"] = own
        if self.chance(0.25):
            found["ended_by"] = self.ender(names, about, depth)
        return found

    def ender(self, names: set[str], about: set[str] | None, depth: int) -> object:
        if names & _AREA:
            kind = "revocation"
        elif names & _TARGET:
            kind = self.pick("refusal", "refusal", "claim")
        else:
            kind = self.pick("departure", "leaving", "stop")
        if self.chance(0.5):
            return kind
        found: Tree = {"act": kind}
        if self.chance(0.6):
            each = self.chance(0.25)
            found["by_each" if each else "by"] = self.who(about=about or set(), each=each)
        if kind in ("refusal", "claim", "revocation") and self.chance(0.4):
            shared = "area" if kind == "revocation" else "target"
            if all(shared in self.fields(one) for one in names):
                found["same"] = [shared]
        if depth > 0 and self.chance(0.1):
            found["with"] = self.condition({str(kind)}, 0, outer=names, ahead=False)
        return [found, "departure"] if self.chance(0.2) else found

    def fields(self, kind: str) -> dict[str, str]:
        return {**STATEMENTS, **EVENTS}.get(kind, {})

    def shared(self, names: set[str], about: set[str] | None) -> list[str]:
        common = [
            name for name in ("target", "area") if all(name in self.fields(one) for one in names | (about or set()))
        ]
        return common if about else []

    def kinds(self, *, statements: bool) -> Any:
        base = list(STATEMENTS) + ["nomination"] * 6 + ["designation", "site", "notice", "notice", "stop"]
        if not statements:
            base = ["strike", "strike", "flight"]
        if self.chance(0.06) and statements:
            return ["nomination", "claim"]
        return self.random.choice(base)

    def ask(self, about: set[str] | None, depth: int, *, ahead: bool) -> Tree:
        mode = self.random.choice(["earlier"] * 6 + ["count", "count"] + (["later", "later"] if ahead else []))
        if mode == "count" and self.chance(0.15) and self.clauses:
            found: Tree = {
                "count": "finding",
                "with": {"clause": self.random.choice(self.clauses), "verdict": "broken"},
            }
            if about and self.chance(0.4):
                found["same"] = ["by"]
            found["in"] = self.pick("day", "48h", "12h")
            found["at_least"] = self.pick(1, 2)
            return found
        kind = None
        if mode == "count" and about and self.chance(0.6):
            kind = self.random.choice(sorted(about & {*STATEMENTS, *EVENTS}) or ["strike"])
        found = self.pattern(mode, about, depth, kinds=kind)
        if mode == "earlier":
            if self.chance(0.4):
                found["at_least"] = self.length()
            if self.chance(0.3):
                found["at_most"] = self.length()
        elif mode == "later":
            found["within"] = self.length()
            if about and about <= {"notice"} and self.chance(0.4):
                found["counting_from"] = self.pick("window.until", "window.from", "eta", "day")
        else:
            if self.chance(0.6):
                found["in"] = self.pick("day", "month", "quarter", "year", "12h", "24h", "1 days", "2 days")
                found.pop("newest_per", None)
            bound = self.pick("at_least", "at_most", "both")
            if bound != "at_most":
                found["at_least"] = self.pick(1, 2, 2, 3)
            if bound != "at_least":
                found["at_most"] = self.pick(0, 1, 2, 3)
            if self.chance(0.2):
                kinds = {kind_} if isinstance(kind_ := found["count"], str) else set(kind_)  # type: ignore[call-overload]
                names = [name for name in ("target", "number", "area") if all(name in self.fields(k) for k in kinds)]
                if names:
                    found["distinct"] = names[:1] if self.chance(0.7) else names
        return {key: str(item) if isinstance(item, int) else item for key, item in found.items()}

    # conditions

    def condition(
        self, about: set[str] | None, depth: int, *, outer: set[str] | None = None, ahead: bool = True
    ) -> object:
        """`about` None: a phase's day or the agreement's force, of which only time is known."""
        ahead = ahead and self.looking_ahead
        if depth > 0 and self.chance(0.3):
            parts = [self.condition(about, depth - 1, outer=outer, ahead=ahead) for _ in range(2)]
            return self.pick({"any": parts}, {"all": parts}, parts)
        if depth > 0 and self.chance(0.15):
            return {"not": self.condition(about, depth - 1, outer=outer, ahead=ahead)}
        if depth > 0 and self.chance(0.5):
            return self.ask(about, depth - 1, ahead=ahead)
        return self.simple(about, outer) or self.ask(about, 0, ahead=ahead)

    def simple(self, about: set[str] | None, outer: set[str] | None) -> Tree | None:
        kind = next(iter(about)) if about and len(about) == 1 else ""
        fields = self.fields(kind)
        options: list[Tree] = [{"clock": {"from": self.pick("08:00", "22:00"), "until": self.pick("20:00", "06:00")}}]
        options.append({"clock": {"days": self.random.sample(["mon", "tue", "wed", "sat"], 2)}})
        if self.phases:
            options += [{"during": self.random.choice(self.phases)}] * 2
        if kind:
            options += [{"by": self.pick("us", "regime", "left", ["us", "left"])}]
        if "target" in fields:
            options += [{"target": self.pick("x", "y", ["x", "z"])}] * 2
            if outer and all("target" in self.fields(one) for one in outer):
                options += [{"target": "its.target"}] * 2
        if "number" in fields:
            options += [{"number": {self.random.choice(("at_least", "at_most")): self.pick("1", "2")}}] * 2
            options.append({"given": "number"})
        if "against" in fields:
            options += [{"against": self.some(["regime", "left", "opposition", "lone", *self.groups])}] * 2
        if "use" in fields:
            options += [{"use": self.some(["rescue", "medical", "other"])}] * 2
        if "notice" in fields:
            options += [{"notice.target": self.pick("x", "y")}, {"given": "notice"}]
        if "position" in fields and self.places:
            options += [{self.random.choice(("inside", "outside")): self.place_name()}] * 4
        if kind == "notice":
            options += [
                {"elapsed": {"from": "at", "to": self.pick("window.from", "eta"), "at_least": self.length()}},
                {"elapsed": {"from": self.pick("at", "window.from", "day"), "to": self.pick("at", "received.parties"), "at_most": self.length()}},
                {"window": {"covers": "its.at" if outer else "at"}},
                {"given": self.pick("eta", "until")},
            ]  # fmt: skip
            if outer and all("position" in self.fields(one) for one in outer):
                options += [{"place": {"covers": "its.position"}}] * 3
        if not kind:
            options = [one for one in options if "clock" in one or "during" in one]
        return self.random.choice(options)

    def place_name(self) -> object:
        if self.chance(0.2):
            return {"within": self.pick("100 m", "2 km"), "of": {"shape": {"circle": ["37", "36"], "radius": "800"}}}
        if self.chance(0.1) and len(self.places) > 1:
            return self.random.sample(self.places, 2)
        return self.random.choice(self.places)

    def place(self) -> Tree:
        shapes: list[Tree] = [
            {"shape": {"circle": ["37", "36"], "radius": "3000"}},
            {"shape": {"annex": "zone"}},
            {"shape": {"poly": [["36.99", "35.99"], ["37.011", "35.99"], ["37.011", "36.01"], ["36.99", "36.01"]]}},
            {"shape": {"line": [["36.9", "36"], ["37.1", "36.02"]]}},
        ]
        base: Tree = dict(self.random.choice(shapes))
        if self.chance(0.55):
            kind, field = self.pick(("designation", "shape"), ("site", "position"), ("notice", "place"))
            pattern = self.pattern("act", {"strike", "flight"}, 1, kinds=kind)
            pattern.pop("same", None)
            if kind == "designation" and self.chance(0.6):
                pattern = {
                    "act": kind,
                    "by_each": "parties",
                    "alike": ["area", "version"],
                    "newest_per": ["area"],
                    "ended_by": "revocation",
                }
            base = {"named_in": pattern, "field": field}
            if self.chance(0.3):
                base["drift"] = self.pick("1 km/h", "5 kn")
        if self.chance(0.3):
            base = {"within": self.pick("500 m", "2 km"), "of": base}
        if self.chance(0.25):
            base["inside"] = self.random.choice(shapes)
        if self.chance(0.25) and self.places:
            base["minus"] = self.random.choice(self.places)
        return base

    # phases

    def phase(self) -> Tree:
        found: Tree = {"starts": self.start()}
        ends: list[object] = []
        if self.chance(0.5):
            ends.append({"after": self.pick("1h", "24h", "1 days", "2 days", "1 months")})
        if self.chance(0.5):
            end = self.pattern("act", None, 1, edge=True, kinds=self.pick("leaving", "departure", "stop", "refusal"))
            if self.chance(0.3):
                end["plus"] = self.pick("1h", "24h", "1 days")
            ends.append(end)
        if self.chance(0.15):
            ends.append(self.pick(*_INSTANTS[1:]))
        if self.phases and self.chance(0.15):
            ends.append({self.random.choice(("start_of", "end_of")): self.random.choice(self.phases)})
        if ends:
            found["ends"] = ends
        if ends and self.chance(0.4):
            found["renewed_by"] = self.pick(
                {"act": "extension", "by_each": "parties", "alike": ["until"]}, {"act": "extension", "by": "parties"}, "extension",
                {"act": "extension", "by_each": "parties"},
            )  # fmt: skip
        return found

    def start(self) -> object:
        pick = self.random.random()
        if pick < 0.2:
            return self.pick(*_INSTANTS)
        if pick < 0.35 and self.phases:
            return {self.random.choice(("start_of", "end_of")): self.random.choice(self.phases)}
        if pick < 0.5 and self.phases:
            self.looking_ahead = False
            day = self.pick({"count": "strike", "in": "day", "at_most": "0"}, self.condition(None, 1, ahead=False))
            self.looking_ahead = True
            return {"streak": self.pick("1 days", "2 days"), "since": self.random.choice(self.phases), "each_day": day}
        kind = self.pick("signature", "signature", "nomination", "stop", "extension", "flight")
        start = self.pattern("act", None, 1, edge=True, kinds=kind)
        if self.chance(0.3):
            start["plus"] = self.pick("1h", "24h", "1 days")
        return start if self.chance(0.85) else [start, self.pick(*_INSTANTS)]

    # clauses

    def clause(self, name: str) -> Tree:
        mode = self.random.choice(["forbid"] * 5 + ["permit"] * 2 + ["require"] * 4)
        found: Tree = {"id": name}
        if mode == "require":
            found |= self.duty()
        else:
            kind = self.random.choice(["strike"] * 4 + ["flight"] * 2 + ["notice", "nomination", "stop"])
            found[mode] = ["strike", "flight"] if self.chance(0.07) else kind
            about = {"strike", "flight"} if isinstance(found[mode], list) else {kind}
            if self.chance(0.6):
                found["by"] = self.who(about=None)
            if self.chance(0.5):
                found["when"] = self.condition(about, 2)
            if self.chance(0.75 if mode == "forbid" else 0.2):
                found["unless"] = self.condition(about, 3)
            before = [one for one in self.clauses if one.startswith("forbid" if mode == "permit" else "permit")]
            if before and self.chance(0.6):
                found["prevails_over"] = self.random.sample(before, min(len(before), self.random.choice((1, 2))))
                if mode == "permit" and self.chance(0.35):
                    found["then"] = [{"id": f"{name}-then", "require": "claim", "by": "actor", "within": self.length()}]
                    if all("target" in self.fields(one) for one in about):
                        found["then"][0]["same"] = ["target"]  # type: ignore[index]
            elif mode == "forbid" and self.chance(0.1):
                found["prevails_over"] = "every permission"
        if mode == "forbid" and self.chance(0.15):
            found["watched"] = "true"
        if self.phases and self.chance(0.2):
            found["during"] = self.random.choice(self.phases)
        if self.chance(0.1):
            found["survives"] = "true"
        if self.chance(0.25):
            keys = self.random.sample(("any", "nomination", "strike", "refusal", "claim", "flight"), 2)
            found["doubt"] = {key: self.pick("actor", "other", "guarantor", "us") for key in keys}
        if self.chance(0.08):
            found["answers"] = "us"
        if self.chance(0.05):
            found["reading_of"] = "one"
        return found

    def duty(self) -> Tree:
        trigger = self.random.random()
        found: Tree = {}
        about: set[str] | None
        if trigger < 0.6:
            self.looking_ahead = False
            pattern = self.pattern(
                "act", None, 1, edge=True, kinds=self.pick("stop", "nomination", "notice", "strike", "refusal")
            )
            self.looking_ahead = True
            about = {str(pattern["act"])}
            if self.clauses and self.chance(0.2):
                one = self.random.choice(self.clauses)
                pattern, about = {"act": "finding", "with": {"clause": one, "verdict": "broken"}}, set()
            found["after"] = pattern
        elif trigger < 0.75 and self.phases:
            found["after"] = {self.random.choice(("start_of", "end_of")): self.random.choice(self.phases)}
            about = None
        else:
            found["due"] = self.pick(
                "2016-09-13T12:00:00Z", {"every": "day", "at": "12:00"}, {"every": ["mon", "thu"], "at": self.pick("08:00", "24:00")}
            )  # fmt: skip
            about = None
        owed = self.random.choice(["answer", "nomination", "claim", "letter", "stop", "report", "receipt", "notice"])
        if owed == "report":
            owed = "claim"
        found["require"] = owed
        each = self.chance(0.4)
        found["by_each" if each else "by"] = self.who(about=about, each=each)
        if about and self.shared({owed}, about) and self.chance(0.7):
            found["same"] = self.shared({owed}, about)
        if owed == "answer" and about == {"stop"}:
            found["same"] = {"stop": "id"}
        if owed == "receipt" and about:
            found["same"] = {"of": "id"}
        if self.chance(0.12) and owed != "receipt":
            found["to_each" if self.chance(0.5) else "to"] = self.pick("parties", "un", "ru")
        if self.chance(0.12):
            found["with"] = self.condition({owed}, 0, outer=about, ahead=False)
        if "due" not in found:
            found["within"] = self.length()
            if about == {"notice"} and self.chance(0.4):
                found["counting_from"] = self.pick("window.until", "eta")
        elif self.chance(0.2):
            found[self.random.choice(("at_least", "at_most"))] = self.length()
        if self.chance(0.25):
            found["when"] = self.condition(about or None, 1, ahead=False)
        if self.chance(0.25):
            found["unless"] = self.condition(about or None, 1, ahead=False)
        return found


def draw_tree(random: Random, size: int = 0) -> Tree:
    """An agreement as nested mappings, lists and texts; it may be one that the parser refuses."""
    d = Drawer(random)
    others: Tree = {
        "regime": {"name": "government", "guarantor": "ru"},
        "left": {"name": "a faction", "guarantor": "us", "aliases": ["Lefts", {"name": "New Left", "from": "2016-09-12T01:00:00Z"}]},
        "lone": {"name": "nobody answers for it"},
        "opposition": {"name": "opposition", "members": ["left", "lone"] if d.chance(0.3) else ["left"]},
        "un": {"name": "United Nations", "keeps_log": "true"},
    }  # fmt: skip
    if d.chance(0.5):
        joined: Tree = {
            "act": "acceptance",
            "by": d.pick(["left", "regime"], ["opposition", "regime"]),
            "to": "parties",
        }
        if d.chance(0.3):
            joined.pop("to")
        if d.chance(0.4):
            joined["no_later_than"] = d.pick(*_INSTANTS[1:])
        if d.chance(0.6):
            joined["ended_by"] = "departure"
        others["covered"] = {"name": "covered", "joined_by": joined}
        d.groups.append("covered")
    tree: Tree = {
        "language": "1",
        "agreement": "drawn",
        "zone": d.pick("Asia/Damascus", "UTC"),
        "tolerance": d.pick("0 m", "0 m", "50 m"),
        "grace": d.pick("0s", "5min"),
        "settle": d.pick("0s", "1h"),
        "parties": PARTIES,
        "others": others,
        "statements": STATEMENTS,
        "events": EVENTS,
    }
    if d.chance(0.2):
        tree["sources"] = d.pick({"strike": "2"}, {"flight": "2"}, {"strike": "3", "flight": "2"})
    phases: Tree = {}
    for number in range(random.choice((0, 1, 1, 2, 3))):
        phases[f"phase{number}"] = d.phase()
        d.phases.append(f"phase{number}")
    places: Tree = {}
    for number in range(random.choice((0, 1, 2))):
        places[f"place{number}"] = d.place()
        d.places.append(f"place{number}")
    if phases:
        tree["phases"] = phases
    if places:
        tree["places"] = places
    if d.chance(0.3):
        tree["define"] = {"waived": {"earlier": "letter", "by": "other", "same": ["target"]}}
    if d.phases and d.chance(0.4):
        parts: Tree = {"during": random.choice(d.phases)}
        if len(d.phases) > 1 and d.chance(0.5):
            parts["not"] = {"during": random.choice(d.phases)}
        tree["in_force"] = parts
    clauses: list[object] = []
    for number in range(size or random.choice((2, 3, 4, 5))):
        clause = d.clause(f"c{number}")
        for mode in ("forbid", "permit", "require"):
            if mode in clause:
                clause["id"] = f"{mode}{number}"
        if "then" in clause:
            clause["then"][0]["id"] = f"then{number}"  # type: ignore[index]
        clauses.append(clause)
        d.clauses.append(str(clause["id"]))
    tree["clauses"] = clauses
    return tree


def text_of(tree: Tree) -> bytes:
    """The file: JSON is YAML."""
    return json.dumps(tree).encode()


def read_tree(tree: Tree) -> Agreement | None:
    """The agreement; None if the parser refuses it."""
    try:
        return read_agreement(text_of(tree), "drawn")
    except (DetenteError, KeyError):
        return None


def draw_agreement(random: Random, size: int = 0) -> tuple[Tree, Agreement]:
    """An agreement that the parser takes, of so many clauses (0: two to five)."""
    while True:
        tree = draw_tree(random, size)
        found = read_tree(tree)
        if found is not None:
            return tree, found


MODES = frozenset(
    {
        "All", "Any_", "Not", "Inside", "During", "ElapsedIs", "Given", "Clock", "OneOf", "Range", "Covers",
        "Shape", "NamedIn", "Within", "Cut", "Union", "Instant", "ByAct", "EdgeOf", "Streak", "After", "GuarantorOf", "WhoPath",
        "earlier", "later", "count", "forbid", "permit", "require", "by_each", "to_each", "same", "with_", "during",
        "no_later_than", "at_least", "at_most", "within", "counting_from", "window", "distinct", "ended_by", "alike",
        "newest_per", "renewed_by", "in_force", "joined_by", "due", "edge", "then", "survives", "over", "over_every",
        "reading_of", "doubt", "answers", "finding", "receipt",
    }
)  # fmt: skip
"""What random agreements must make use of."""


def parts_of(agreement: Agreement) -> set[str]:
    """The constructs of an agreement, by the names of the internal form."""
    found: set[str] = set()
    if agreement.in_force is not None:
        found.add("in_force")
    for part in walk(agreement):
        found.add(type(part).__name__)
        if isinstance(part, f.Ask):
            found.add(part.mode)
        elif isinstance(part, f.Pattern):
            found |= {name for name in MODES if getattr(part, name, None)}
            found |= {"by_each"} if part.each else set()
            found |= {"finding", "receipt"} & set(part.kinds)
        elif isinstance(part, f.Phase) and part.renewed_by is not None:
            found.add("renewed_by")
        elif isinstance(part, f.Other) and part.joined_by is not None:
            found.add("joined_by")
        elif isinstance(part, f.Trigger):
            found |= {name for name in ("due", "edge") if getattr(part, name) is not None}
        elif isinstance(part, f.Rule):
            found.add(part.mode)
            found |= {name for name in MODES if getattr(part, name, None)}
            found |= {"then"} if part.parent else set()
            found |= {"by_each"} if part.each else set()
    return found
