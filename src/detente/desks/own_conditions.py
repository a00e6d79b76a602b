"""Conditions of one's own on a release, in the agreement's language, judged by the judge over the node's record.

"Yes, if grounding holds": the condition is put as `unless` of a clause of our own that forbids the statement; what the
judge says of that clause is the answer. It is seen by nobody else. Doubt is not yes.
"""

from __future__ import annotations

import json
from functools import lru_cache

from detente.agreement.form import Agreement
from detente.agreement.judge import Judge, known_at
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Record
from detente.desks.room import Room
from detente.errors import DetenteError, GivenError
from detente.model.strict_yaml import read_yaml

CLAUSE = "own-condition"


@lru_cache(maxsize=16)
def with_condition(text: bytes, kind: str, condition: str) -> Agreement:
    """The agreement with one clause of our own; GivenError (condition-invalid) if the condition cannot be read."""
    plain = read_yaml(text, "agreement.yaml", "agreement-invalid")
    try:
        wanted = read_yaml(condition.encode(), "condition", "condition-invalid")
        clause = {
            "id": CLAUSE, "says": "A condition of our own on what leaves.", "forbid": kind, "unless": wanted,
            "prevails_over": "every permission",
        }  # fmt: skip
        return read_agreement(json.dumps({**plain, "clauses": [*plain["clauses"], clause]}).encode(), "condition")
    except DetenteError as error:
        raise GivenError("condition-invalid", error.what, where="condition") from error


def holds(room: Room, changed: Agreement, act: Act, record: Record, now: int) -> bool | None:
    """Whether the condition holds at `now` for this statement: True, False, or None where the judge cannot tell."""
    found = Judge.over(changed, room.geometry, known_at(record, now)).may(act, now)
    verdict = next((one.verdict for one in found if one.clause == CLAUSE), "cannot tell")
    return True if verdict == "kept" else False if verdict == "broken" else None
