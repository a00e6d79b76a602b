"""Small agreements about one construct each: random records meet its edges far more often than random agreements do."""

# ruff: noqa: E501 - one agreement a line
from __future__ import annotations

from detente.agreement.form import Agreement
from tests.agreement.random_agreements import EVENTS, PARTIES, STATEMENTS, Tree, read_tree

_RENEWED: Tree = {
    "starts": {"act": "signature", "by": "parties"},
    "ends": {"after": "24h"},
    "renewed_by": {"act": "extension", "by": "parties"},
}
_CALM: Tree = {"streak": "2 days", "since": "begun", "each_day": {"count": "strike", "in": "day", "at_most": "0"}}
_CIRCLE: Tree = {"shape": {"circle": ["37", "36"], "radius": "3000"}}


def _strike(unless: object, **more: object) -> Tree:
    return {"clauses": [{"id": "c", "forbid": "strike", "unless": unless}], **more}


def _doubted(doubt: Tree) -> Tree:
    asked: Tree = {"earlier": "nomination", "same": ["target"], "at_least": "1h", "ended_by": "refusal"}
    return {"clauses": [{"id": "c", "forbid": "strike", "when": {"number": "1"}, "unless": asked, "doubt": doubt}]}


def _within(phase: Tree, kind: str = "strike", **more: object) -> Tree:
    clause: Tree = {"id": "c", "forbid": kind, "unless": {"during": "phase"}}
    return {"phases": {**more, "phase": phase}, "clauses": [clause]}


def _permit(when: Tree, **more: object) -> list[Tree]:
    forbid: Tree = {"id": "c", "forbid": "strike", "unless": {"earlier": "nomination", "same": ["target"]}}
    return [forbid, {"id": "p", "permit": "strike", "when": when, "prevails_over": ["c"], **more}]


TREES: dict[str, Tree] = {
    "lead": _strike({"earlier": "nomination", "by": "parties", "same": ["target"], "at_least": "24h"}),
    "days of lead": _strike({"earlier": "nomination", "same": ["target"], "at_least": "1 days", "at_most": "2 days"}),
    "grace": {"grace": "5min", "clauses": [{"id": "c", "after": {"act": "nomination"}, "require": "claim", "same": ["target"], "by": "parties", "within": "1h"}]},
    "ended": _strike({"earlier": "nomination", "same": ["target"], "ended_by": "refusal"}),
    "newest": _strike({"earlier": "nomination", "same": ["target"], "newest_per": ["target"], "with": {"number": {"at_most": "1"}}}),
    "versions": _strike({"earlier": "designation", "by_each": "parties", "alike": ["area", "version"], "newest_per": ["area"], "with": {"version": {"at_most": "1"}}}),
    "minus": _strike({"inside": "place"}, places={"place": {**_CIRCLE, "minus": {"shape": {"circle": ["37", "36"], "radius": "30"}}}}),
    "from": _within({"starts": {"act": "signature", "by": "parties"}, "ends": {"act": "leaving", "by": "parties"}}),
    "renewal": _within(_RENEWED),
    "ended before its start": _within({"starts": {"act": "signature", "by": "parties", "plus": "24h"}, "ends": {"act": "leaving", "by": "parties"}}),
    "people": _strike({"by": ["us", "left"]}),
    "calm": _within({"starts": _CALM}, "flight", begun={"starts": "2016-09-12T00:00:00Z"}),
    "then": {"clauses": _permit({"number": {"at_least": "1"}}, then=[{"id": "t", "require": "claim", "by": "actor", "same": ["target"], "within": "1h"}])},
    "survives": {
        "phases": {"phase": {"starts": {"act": "signature", "by": "parties"}, "ends": {"act": "leaving"}}},
        "in_force": {"during": "phase"},
        "clauses": [{**_permit({})[0], "survives": "true"}, _permit({"number": {"at_least": "1"}})[1]],
    },
    "ahead": {"clauses": _permit({"later": "claim", "by": "actor", "same": ["target"], "within": "1h"})},
    "span": _strike({"earlier": "notice", "same": ["target"], "with": {"window": {"covers": "its.at"}}}),
    "clock": _strike({"clock": {"from": "00:00", "until": "12:00"}}, zone="UTC"),
    "other": _strike({"earlier": "flight", "by": "other", "same": ["target"]}),
    "addressee": _strike({"earlier": "letter", "same": ["target"]}),
    "to": _strike({"earlier": "nomination", "to": "other", "same": ["target"], "ended_by": "refusal"}),
    "doubt of any": _doubted({"any": "actor"}),
    "doubt of the deed": _doubted({"strike": "other", "nomination": "guarantor"}),
    "doubt of the word": _doubted({"refusal": "us", "nomination": "actor"}),
    "sources": _strike({"earlier": "flight", "same": ["target"], "at_most": "24h"}, sources={"strike": "2", "flight": "3"}),
    "counted sources": _strike({"count": "strike", "by": "actor", "in": "day", "at_most": "1"}, sources={"strike": "2"}),
    "told phases": {**_within({"starts": {"act": "flight", "by": "parties"}, "ends": {"act": "flight"}}), "sources": {"flight": "2"}},
    "watched": {"clauses": [{"id": "c", "forbid": "strike", "by": "ru", "unless": {"earlier": "notice", "same": ["target"]}, "watched": "true"}]},
    "alike": _strike({"earlier": "nomination", "by_each": "parties", "same": ["target"], "ended_by": {"act": "refusal", "by_each": "parties", "alike": ["target"]}}),
}  # fmt: skip
"""What differs from the common head."""


def focused() -> dict[str, Agreement]:
    """Each by its name."""
    found = {}
    for name, part in TREES.items():
        tree: Tree = {
            "language": "1",
            "agreement": "focused",
            "zone": "Asia/Damascus",
            "parties": PARTIES,
            "others": {
                "regime": {"name": "government", "guarantor": "ru"},
                "left": {"name": "a faction", "guarantor": "us"},
                "lone": {"name": "nobody answers for it"},
                "opposition": {"name": "opposition", "members": ["left"]},
                "un": {"name": "United Nations", "keeps_log": "true"},
            },
            "statements": STATEMENTS,
            "events": EVENTS,
            **part,
        }
        agreement = read_tree(tree)
        assert agreement is not None, name
        found[f"only {name}"] = agreement
    return found
