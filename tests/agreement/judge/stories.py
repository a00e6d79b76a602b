"""Reads the story files: agreement, acts, gates and expected findings in one literate file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from detente.agreement import form as f
from detente.agreement.language import read_agreement
from detente.agreement.record import UNKNOWN, Account, Act, Interval, OneOf, Record, Region, Span, Spot
from detente.agreement.record import Path as Line
from detente.agreement.source import Node, read_source
from detente.agreement.units import count, instant, is_length, length

FOLDER = Path(__file__).resolve().parents[2] / "stories"
AGREEMENTS = Path(__file__).resolve().parents[3] / "agreements"


@dataclass(frozen=True)
class Gate:
    at: int
    act: Act
    expect: dict[str, tuple[str, int | None, bool]]
    """Verdict, earliest, and whether an earliest (or `never`) is stated."""


@dataclass(frozen=True)
class Story:
    name: str
    agreement: f.Agreement
    record: Record
    gates: tuple[Gate, ...]
    expected: tuple[tuple[str, str, str, str], ...]


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.S | re.M)


def load(path: Path) -> Story:
    text = path.read_text(encoding="utf-8")
    body = blocks(text, "agreement")[0]
    named = re.fullmatch(r"file: (\S+)\s*", body)
    body = (AGREEMENTS / named[1]).read_text(encoding="utf-8") if named else body
    agreement = read_agreement(body.encode(), path.name)
    pairs = read_source(blocks(text, "acts")[0].encode(), path.name, aliases=True).mapping()
    acts = tuple(read_act(agreement, node) for node in pairs["acts"])
    gates = []
    for block in blocks(text, "gate"):
        gate = read_source(block.encode(), path.name).mapping()
        expect: dict[str, tuple[str, int | None, bool]] = {}
        for clause, node in gate["expect"].mapping().items():
            if node.items is None:
                expect[clause] = (node.scalar(), None, False)
            else:
                when = node.items[1]
                expect[clause] = (node.items[0].scalar(), None if when.text == "never" else instant(when), True)
        gates.append(Gate(instant(gate["at"]), read_act(agreement, gate["act"]), expect))
    rows = [
        tuple(c.strip() for c in line.strip().strip("|").split("|"))
        for line in blocks(text, "findings")[0].splitlines()
    ]
    expected = tuple((r[0], r[1], r[2], r[3]) for r in rows[2:] if len(r) == 4)
    return Story(path.name, agreement, Record(acts, instant(pairs["now"])), tuple(gates), expected)


def read_act(agreement: f.Agreement, node: Node) -> Act:
    """An act as a story writes it; a statement with a bare `at` was received then by everybody who keeps a log."""
    pairs = dict(node.mapping())
    kind = agreement.kinds[pairs.pop("type").scalar()]
    name = pairs.pop("id").scalar()
    by = _people(pairs.pop("by", None))
    accounts = pairs.pop("accounts", None)
    head = _head(agreement, kind, by, pairs)
    fields = {key: value(kind.fields[key], item) for key, item in pairs.items()}
    told = []
    for source, item in (accounts.mapping() if accounts else {}).items():
        inner = dict(item.mapping())
        changes: dict[str, object] = _head(agreement, kind, by, inner)
        changes.update({key: value(kind.fields[key], one) for key, one in inner.items()})
        told.append(Account(source, changes))
    if any("received" in account.changes for account in told):
        head.pop("received", None)  # told, not receipted
    return Act(name, kind.name, by, fields=fields, accounts=tuple(told), **head)  # type: ignore[arg-type]


def _head(agreement: f.Agreement, kind: f.Kind, by: frozenset[str], pairs: dict[str, Node]) -> dict[str, object]:
    head: dict[str, object] = {}
    at = _when(pairs.pop("at")) if "at" in pairs else None
    if at is not None:
        head["at"] = at
        if not kind.event:
            loggers = [*agreement.parties, *(o.code for o in agreement.others.values() if o.keeps_log)]
            head["received"] = {who: at for who in loggers if by != {who}}
    if "received" in pairs:
        head["received"] = {who: _when(item) for who, item in pairs.pop("received").mapping().items()}
    for key in ("from", "until"):
        if key in pairs:
            head["from_" if key == "from" else key] = instant(pairs.pop(key))
    return head


def _people(node: Node | None) -> frozenset[str]:
    if node is None:
        return frozenset()
    if node.pairs is not None:
        return frozenset(item.scalar() for item in node.pairs["one_of"])
    return frozenset((node.scalar(),))


def _when(node: Node) -> Interval:
    if node.items is not None:
        return Interval(instant(node.items[0]), instant(node.items[1]))
    return Interval(instant(node), instant(node))


def value(field: f.Field, node: Node) -> object:
    if node.pairs is not None and "sealed" in node.pairs:
        return UNKNOWN
    if node.pairs is not None and "one_of" in node.pairs:
        return OneOf(tuple(value(field, item) for item in node.pairs["one_of"]))
    if field.type == "point":
        pairs = node.mapping()
        lon, lat = (float(item.scalar()) for item in pairs["at"])
        return Spot(lon, lat, float(pairs["r"].scalar()) if "r" in pairs else 0.0)
    if field.type == "area":
        pairs = node.mapping()
        if "circle" in pairs:
            lon, lat = (float(item.scalar()) for item in pairs["circle"])
            return Region(centre=(lon, lat), radius=float(pairs["radius"].scalar()))
        return Region(rings=(points(pairs["poly"]),))
    if field.type == "line":
        return Line(points(node.mapping()["line"]))
    if field.type == "span":
        start, end = (instant(item) for item in node)
        return Span(start, end)
    if field.type == "time":
        return _when(node)
    if field.type == "length":
        return length(node) if is_length(node) else int(node.scalar())
    if field.type == "count":
        return count(node)
    return node.scalar()


def points(node: Node) -> tuple[tuple[float, float], ...]:
    return tuple((float(item.items[0].scalar()), float(item.items[1].scalar())) for item in node if item.items)
