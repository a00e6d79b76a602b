"""Stories: agreement, acts, questions before an act and expected findings in one literate file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path as File

from detente.agreement.form import Agreement, Kind
from detente.agreement.language import read_agreement
from detente.agreement.record import UNKNOWN, Account, Act, Interval, OneOf, Path, Record, Region, Span, Spot
from detente.agreement.source import Node, read_source

FOLDER = File(__file__).parent.parent / "stories"
AGREEMENTS = File(__file__).parents[2] / "agreements"
_BLOCK = re.compile(r"^```(agreement|acts|gate|findings)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Gate:
    """A question before an act: of each clause a verdict and, if it matters, the earliest instant or never."""

    act: Act
    at: int
    expect: dict[str, tuple[str, int | str | None]]


@dataclass(frozen=True)
class Story:
    """One file. Findings: (clause, act, who, verdict); who `-`: not looked at, `None`: nobody named."""

    agreement: Agreement
    record: Record
    gates: list[Gate] = field(default_factory=list)
    findings: list[tuple[str, str, str, str]] = field(default_factory=list)


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a story."""
    for match in _BLOCK.finditer(text):
        yield match[1], match[2]


def agreement_text(body: str) -> bytes:
    """The agreement of a story: its text, or the file of agreements/ that it names."""
    if body.startswith("file: "):
        return (AGREEMENTS / body.removeprefix("file: ").strip()).read_bytes()
    return body.encode()


def read_story(text: str, name: str = "story") -> Story:
    """A story from its text."""
    parts = list(blocks(text))
    agreement = read_agreement(agreement_text(next(body for kind, body in parts if kind == "agreement")), name)
    body = next((body for kind, body in parts if kind == "acts"), "acts: []\nnow: 2100-01-01T00:00:00Z\n")
    record = read_record(body, agreement)
    gates, found = [], []
    for kind, body in parts:
        if kind == "gate":
            gates.append(_gate(body, agreement))
        elif kind == "findings":
            rows = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in body.splitlines()]
            found += [(row[0], row[1], row[2], row[3]) for row in rows[2:]]
    return Story(agreement, record, gates, found)


def read_record(body: str, agreement: Agreement) -> Record:
    """The acts of a story, `now`, and `heads` if any."""
    top = read_source(body.encode(), "acts", aliases=True).mapping()
    acts = tuple(act_of(node, agreement) for node in top["acts"]) if top["acts"].items is not None else ()
    heads = {log: instant(node) for log, node in top["heads"].mapping().items()} if "heads" in top else {}
    return Record(acts, instant(top["now"]), heads)


def _gate(body: str, agreement: Agreement) -> Gate:
    top = read_source(body.encode(), "gate", aliases=True).mapping()
    expect: dict[str, tuple[str, int | str | None]] = {}
    for clause, node in top["expect"].mapping().items():
        if node.items is None:
            expect[clause] = (node.scalar(), None)
        else:
            verdict, when = node.items
            expect[clause] = (verdict.scalar(), "never" if when.text == "never" else instant(when))
    return Gate(act_of(top["act"], agreement), instant(top["at"]), expect)


def instant(node: Node) -> int:
    """ms of an instant."""
    moment = datetime.fromisoformat(node.scalar())
    assert moment.tzinfo is not None
    return round(moment.timestamp() * 1000)


def interval(node: Node) -> Interval:
    """An instant, or [first, last]."""
    if node.items is not None:
        return Interval(instant(node.items[0]), instant(node.items[1]))
    return Interval(instant(node), instant(node))


def act_of(node: Node, agreement: Agreement) -> Act:
    """One act. A statement with `at` and no `received` was received then by all others who keep a log."""
    pairs = dict(node.mapping())
    kind = agreement.kinds[pairs.pop("type").scalar()]
    head: dict[str, object] = {"id": pairs.pop("id").scalar(), "kind": kind.name}
    accounts = []
    said = pairs.pop("accounts").mapping() if "accounts" in pairs else {}
    head |= _head(pairs, kind, agreement, frozenset())
    by = head.get("by", frozenset())
    assert isinstance(by, frozenset)
    for source, changes in said.items():
        own = dict(changes.mapping())
        more = _head(own, kind, agreement, by)
        accounts.append(Account(source, more | {name: value_of(item, kind, name) for name, item in own.items()}))
    if accounts and any("received" in account.changes for account in accounts):
        head.pop("received", None)  # told, not receipted
    fields = {name: value_of(item, kind, name) for name, item in pairs.items()}
    return Act(fields=fields, accounts=tuple(accounts), **head)  # type: ignore[arg-type]


def _head(pairs: dict[str, Node], kind: Kind, agreement: Agreement, by: frozenset[str]) -> dict[str, object]:
    head: dict[str, object] = {}
    if "by" in pairs:
        who = pairs.pop("by")
        by = frozenset(item.scalar() for item in (who.pairs["one_of"] if who.pairs else who))
        head["by"] = by
    if "at" in pairs:
        when = interval(pairs.pop("at"))
        head["at"] = when
        if not kind.event and "received" not in pairs:
            keepers = [code for code, other in agreement.others.items() if other.keeps_log]
            head["received"] = {code: when for code in [*agreement.parties, *keepers] if by != {code}}
    if "received" in pairs:
        head["received"] = {code: interval(item) for code, item in pairs.pop("received").mapping().items()}
    for name, key in (("from", "from_"), ("until", "until"), ("known_from", "known_from")):
        if name in pairs:
            head[key] = instant(pairs.pop(name))
    if "index" in pairs:
        head["index"] = int(pairs.pop("index").scalar())
    for name in ("log", "replaces"):
        if name in pairs:
            head[name] = pairs.pop(name).scalar()
    if "withdrawn" in pairs:
        head["withdrawn"] = pairs.pop("withdrawn").text == "true"
    return head


def value_of(node: Node, kind: Kind, name: str) -> object:
    """A field's value by its type."""
    if node.pairs is not None and "sealed" in node.pairs:
        return UNKNOWN
    if node.pairs is not None and "one_of" in node.pairs:
        return OneOf(tuple(value_of(item, kind, name) for item in node.pairs["one_of"]))
    if node.text == "unknown":
        return UNKNOWN
    form = kind.fields[name].type if name in kind.fields else "code"
    if form in ("count", "length"):
        return int(node.scalar().removesuffix("m").strip())
    if form == "time":
        return instant(node)
    if form == "span":
        assert node.items is not None
        return Span(instant(node.items[0]), instant(node.items[1]))
    if form in ("point", "area", "line"):
        return _shape(node)
    return node.scalar()


def _point(node: Node) -> tuple[float, float]:
    assert node.items is not None
    return float(node.items[0].scalar()), float(node.items[1].scalar())


def _shape(node: Node) -> object:
    pairs = node.mapping()
    if "circle" in pairs:
        return Region(centre=_point(pairs["circle"]), radius=float(pairs["radius"].scalar()))
    if "poly" in pairs:
        return Region(rings=(tuple(_point(item) for item in pairs["poly"]),))
    if "line" in pairs:
        return Path(tuple(_point(item) for item in pairs["line"]))
    return Spot(*_point(pairs["at"]), float(pairs["r"].scalar()) if "r" in pairs else 0.0)
