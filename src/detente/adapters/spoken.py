"""STOPs heard by voice, kept in the private store until their author's node has said them, or says it did not.

They are alleged: no finding rests on them. Before an act they count as if raised, for doubt never permits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from detente.adapters.store_private import PrivateStore
from detente.agreement.form import Agreement
from detente.agreement.record import Act, Interval
from detente.agreement.saying import act_of, check
from detente.desks.stop import RAISED
from detente.model.said import Said

KIND = "spoken"
PREFIX = "spoken-"
_NAMES: WeakKeyDictionary[PrivateStore, set[str]] = WeakKeyDictionary()
_HEAD = {"agreement": "0" * 64, "origin": "stop/heard", "time": 0, "salt": "0" * 32, "label": "alleged"}


class Spoken:
    """Alleged STOPs. `me`: who heard them."""

    def __init__(self, private: PrivateStore, agreement: Agreement, me: str) -> None:
        self._private = private
        self._agreement = agreement
        self._me = me
        if private not in _NAMES:
            _NAMES[private] = set(private.names(KIND))
        self.names = _NAMES[private]
        """Those that are kept: the store would have to open every record to find them."""

    def keep(self, name: str, by: str, fields: dict[str, Any], heard: int, post: str, checked: bool) -> str:
        """Write one down; its id. GivenError (said-invalid, bad-field) if its fields are no STOP of the agreement."""
        check(self._agreement, _said(by, fields))
        value = {"by": by, "fields": fields, "heard": heard, "post": post, "checked": checked}
        self._private.put(KIND, name, json.dumps(value).encode())
        self.names.add(name)
        return PREFIX + name

    def drop(self, identifier: str) -> dict[str, Any] | None:
        """Forget one; what it was."""
        found = self.read(identifier)
        if found is not None:
            self._private.delete(KIND, identifier.removeprefix(PREFIX))
            self.names.discard(identifier.removeprefix(PREFIX))
        return found

    def read(self, identifier: str) -> dict[str, Any] | None:
        """One as it was written down."""
        data = self._private.get(KIND, identifier.removeprefix(PREFIX))
        found: dict[str, Any] | None = json.loads(data) if data else None
        return found

    def acts(self, known: Iterable[Act]) -> list[Act]:
        """Those that are not receipted: no STOP of the same author, area, time and item has come since, in `known`."""
        if not self.names:
            return []
        receipted = [act for act in known if act.kind == RAISED and act.log]
        found = []
        for name in sorted(self.names):
            value = json.loads(self._private.get(KIND, name) or b"{}")
            heard = int(value["heard"])
            act = act_of(
                self._agreement, _said(value["by"], value["fields"]), PREFIX + name,
                received={self._me: Interval(heard, heard)}, known_from=heard,
            )  # fmt: skip
            if not any(_same(act, other) for other in receipted):
                found.append(replace(act, log=""))
        return found


def _said(by: str, fields: dict[str, Any]) -> Said:
    return msgspec.convert({"type": "said", **_HEAD, "author": by, "name": RAISED, "fields": fields}, Said)


def _same(heard: Act, said: Act) -> bool:
    """Whether a STOP that came by link is the one heard: same author, area, time and item; the words of a reason may differ."""
    names = ("scope", "window", "item")
    alike = all(heard.fields.get(name) == said.fields.get(name) for name in names)
    since = min((when.hi for when in said.received.values()), default=0)
    return alike and heard.by == said.by and since >= (heard.known_from or 0) - 3_600_000
