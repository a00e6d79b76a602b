"""What an operator can ask of the desks of a running house: areas, lists, the record, the before-check, the joint picture.

Nothing here writes; what is said goes through `desk_sayings`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from detente.adapters.desk_sayings import Answer, Sayings
from detente.adapters.record_lines import read_plan, write_record
from detente.adapters.record_values import show_value
from detente.adapters.store_private import PrivateStore
from detente.adapters.told_commands import ToldCommands
from detente.adapters.word_list import word_list
from detente.agreement.history import History
from detente.agreement.record import Region
from detente.desks.areas import Area
from detente.desks.lists import Item
from detente.errors import GivenError, LocalError, RemoteError
from detente.node.house import House
from detente.proof.checkpoint import Head
from detente.proof.words import words_of


class DeskCommands:
    """Requests by name (`table`); `sayings` looks at what is to be said."""

    def __init__(self, house: House, private: PrivateStore, now: Callable[[], int], most_per_day: int) -> None:
        self._house = house
        self._private = private
        self._now = now
        self._most = most_per_day
        self.sayings = Sayings(house, private, now, most_per_day)
        self.told = ToldCommands(house, private, now, self.sayings)
        self.table: dict[str, Callable[[Answer], Answer]] = {
            "areas": self._areas, "lists": self._lists, "record": self._record, "may": self._may,
            "picture": self._picture, "objections": self._objections,
        }  # fmt: skip
        self.table |= self.told.table

    def _areas(self, _: Answer) -> Answer:
        now = self._now()
        found = self.sayings.room.areas(now)
        named = [
            {"area": area, "by": by, "shape": self._shape(shape)}
            for area, by, shape in self.sayings.room.opposition(now)
        ]
        return {**self._about(now), "areas": [self._area(each) for each in found], "opposition": named}

    def _area(self, each: Area) -> Answer:
        return {
            "area": each.area, "version": each.version, "class": each.in_class, "proposed_class": each.kind,
            "state": each.state, "keys": {code: list(at) for code, at in sorted(each.keys.items())},
            "since": list(each.since), "mixed_with": list(each.mixed_with), "shape": self._shape(each.shape),
        }  # fmt: skip

    def _lists(self, _: Answer) -> Answer:
        now = self._now()
        found = [self._item(each) for each in self.sayings.room.items(now)]
        room = self.sayings.room
        return {**self._about(now), "items": found, "warnings": self._flooded(now), "look": room.look()}

    def _item(self, each: Item) -> Answer:
        return {
            "id": each.id, "target": each.target, "nominator": each.nominator, "group": each.group,
            "place": self._shape(each.place), "window": list(each.window), "area": each.area,
            "area_version": each.area_version, "received": list(each.received) if each.received else None,
            "state": each.state, "consents": sorted(each.consents), "ending": each.ending, "idle": list(each.idle),
            "steps": [{"state": s.state, "at": list(s.at), "by": s.by, "statement": s.act} for s in each.steps],
        }  # fmt: skip

    def _flooded(self, now: int) -> list[str]:
        """A named warning for each other party that hands over more in 24 hours than this node would."""
        counts = {
            party: self.sayings.room.nominated(now, party)
            for party in self.sayings.room.parties
            if party != self._house.me
        }
        return self._beyond(now) + [
            f"{party} has handed over {count} nominations in 24 hours, more than {self._most}: refusing many of them one "
            "by one would draw it a map; silence lets them lapse"
            for party, count in counts.items()
            if self._most and count > self._most
        ]

    def _beyond(self, now: int) -> list[str]:
        """The same by the agreement: each clause that counts nominations and that another party's are against."""
        return [
            f"{clause} is against {count} of what {party} has handed over: {self.sayings.room.agreement.rules[clause].says}"
            for clause, party, count in self.sayings.room.beyond(now)
            if party != self._house.me
        ]

    def _objections(self, request: Answer) -> Answer:
        """The clauses that are against a statement, or cannot tell, were it said now."""
        said = self.sayings.fields("said", {name: request[name] for name in ("vocabulary", "name", "fields")})
        rules = self.sayings.room.agreement.rules
        words = {"broken": "is against", "cannot tell": "cannot tell of"}
        clauses = [
            {"clause": one.clause, "verdict": one.verdict, "word": words[one.verdict], "says": rules[one.clause].says}
            for one in self.sayings.objections(said)
            if one.verdict in words
        ]
        return {"clauses": clauses}

    def _record(self, _: Answer) -> Answer:
        now = self._now()
        record = self.sayings.room.record(now)
        lines = list(write_record(History.of(record, "ledger"), self.sayings.room.agreement))
        return {**self._about(now), "lines": lines}

    def _may(self, request: Answer) -> Answer:
        now = self._now()
        act = read_plan("plan", json.dumps(request["plan"]).encode(), self.sayings.room.agreement)
        overall, found = self.sayings.room.may(act, int(request.get("at") or now))
        clauses = [
            {"clause": one.clause, "verdict": one.verdict, "missing": list(one.missing), "earliest": one.earliest}
            for one in found
            if one.verdict != "not applicable"
        ]
        return {
            **self._about(now),
            "word": overall.word,
            "text": overall.text,
            "earliest": overall.earliest,
            "clauses": clauses,
        }

    def _picture(self, request: Answer) -> Answer:
        """The joint picture; under a listener's `challenge` its words; with `peer` and `words`, whether they fit ours."""
        now = self._now()
        held = self.sayings.room.picture(now)
        head = Head(f"picture/{self.sayings.room.agreement.code}", len(held.areas), bytes.fromhex(held.digest))
        answer = {
            **self._about(now), "digest": held.digest, "areas": [self._area(each) for each in held.areas],
            "phases": list(held.phases), "unsure": list(held.unsure),
        }  # fmt: skip
        if request.get("challenge"):
            answer["words"] = words_of(_challenge(str(request["challenge"])), head, word_list())
        elif request.get("words"):
            peer = str(request["peer"])
            spoken = self._private.get("challenge", peer)
            if spoken is None:
                raise LocalError("unknown-name", f"no challenge was spoken to {peer!r}; use `detente voice challenge`")
            ours = words_of(_challenge(spoken.decode()), head, word_list())
            if [str(word).strip().lower() for word in request["words"]] != ours:
                what = f"{peer} reads words of another picture than {held.digest[:12]}…: compare `detente areas` line by line"
                raise RemoteError("picture-differs", what, party=peer)
            answer["same"] = True
        return answer

    def _about(self, now: int) -> Answer:
        return {
            "me": self._house.me,
            "now": now,
            "agreement": self.sayings.room.agreement.code,
            "sha256": self.sayings.room.agreement.digest,
            "misfits": [each._asdict() for each in self.sayings.room.misfits()],
        }

    def _shape(self, shape: Region) -> Any:
        return show_value(shape, None, self.sayings.room.agreement)


def _challenge(text: str) -> bytes:
    try:
        challenge = bytes.fromhex(text)
    except ValueError:
        challenge = b""
    if len(challenge) != 8:
        raise GivenError("bad-field", f"{text[:40]!r} is not 16 hex digits", where="challenge")
    return challenge
