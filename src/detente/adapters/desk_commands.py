"""What an operator can ask of the desks of a running house, and what is looked at before a statement of the agreement is signed.

A statement goes to the other parties, and to whomever a field of it names as addressee; the operator may name others.
What does not fit the agreement is refused before anything is signed. Drafts whose window has passed are shredded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from detente.adapters.record_lines import read_plan, write_record
from detente.adapters.record_values import show_value
from detente.adapters.store_private import PrivateStore
from detente.adapters.word_list import word_list
from detente.agreement.history import History
from detente.agreement.language import read_agreement
from detente.agreement.record import Region
from detente.agreement.saying import act_of, check, check_told
from detente.desks.areas import Area
from detente.desks.lists import CONSENT, NOMINATION, Item
from detente.desks.room import HOLDS, Room
from detente.errors import GivenError, LocalError, RemoteError
from detente.geo.areas import canonical
from detente.model.said import Period, Said, Told
from detente.model.shapes import Line, Polygon
from detente.node.house import House
from detente.proof.checkpoint import Head
from detente.proof.words import words_of

KINDS: Mapping[str, type[Said | Told]] = {"said": Said, "told": Told}
BY_ADOPTING = ("signature", "participation")
MOST_PER_DAY = 50
_HEAD = {"agreement": "0" * 64, "author": "x", "origin": "desk/check", "time": 0, "salt": "0" * 32, "label": "check"}
Answer = dict[str, Any]


class DeskCommands:
    """Requests by name (`table`), and the checks of `say`. `most_per_day`: own nominations in 24 hours; 0 for no bound."""

    def __init__(self, house: House, private: PrivateStore, now: Callable[[], int], most_per_day: int) -> None:
        self._house = house
        self._private = private
        self._now = now
        self._most = most_per_day
        self.table: dict[str, Callable[[Answer], Answer]] = {
            "areas": self._areas, "lists": self._lists, "record": self._record, "may": self._may,
            "picture": self._picture,
        }  # fmt: skip
        self._ends = {name: end for name in private.names("draft") if (end := _end(private.get("draft", name)))}

    @cached_property
    def room(self) -> Room:
        """The desks; GivenError (agreement-invalid) if this version cannot read the node's agreement."""
        agreement = read_agreement(self._house.settings.agreement, "agreement.yaml")
        return Room(agreement, self._house.terms, self._house.store, self._house.me)

    # before anything is signed

    def fields(self, kind: str, given: Answer) -> Answer:
        """The fields of a statement or account of the agreement, areas and lines in their canonical form; GivenError
        (said-invalid, bad-field) names the field that does not fit."""
        try:
            value = msgspec.convert({"type": kind, **_HEAD, **given}, KINDS[kind])
        except msgspec.ValidationError as error:
            raise GivenError("bad-field", str(error), where=f"{kind} {given.get('name', '')}".strip()) from error
        shapes = {name: each for name, each in value.fields.items() if isinstance(each, Polygon | Line)}
        turned = {name: canonical(each, f"{value.name} {name}") for name, each in shapes.items()}
        value = msgspec.structs.replace(value, fields={**value.fields, **turned})
        if isinstance(value, Told):
            check_told(self.room.agreement, value)
        elif value.name in BY_ADOPTING:
            raise GivenError("said-invalid", "this is said by `detente adopt`, and by nothing else", where=value.name)
        else:
            check(self.room.agreement, value)
        return {
            **given,
            "fields": {**given["fields"], **{name: msgspec.to_builtins(each) for name, each in turned.items()}},
        }

    def audiences(self, kind: str, to: str, fields: Answer) -> list[str]:
        """Who hears it: those named (`ru` or `ru,un`), or the other parties and whom a field addresses; first the parties."""
        known = sorted(set(self._house.terms.participants) - {self._house.me})
        if to == "*":
            return known
        named = {code for code in to.replace(" ", "").split(",") if code}
        if not named:
            named = set(self.room.parties) - {self._house.me}
            form = self.room.agreement.kinds[fields["name"]].fields
            addressed = (value for name, value in fields["fields"].items() if form[name].type == "addressee")
            named |= set(addressed) & set(known)
        if strangers := sorted(named - set(known)):
            raise GivenError("unknown-name", f"no log to {strangers[0]!r}; known: {', '.join(known)}", where="to")
        return sorted(named, key=lambda code: (code not in self._house.terms.parties(), code))

    def admit(self, kind: str, fields: Answer) -> None:
        """Whether it may be said now: the agreement is in force, and a nomination is not one too many."""
        if not self._house.adoption.in_force():
            raise LocalError("not-adopted", "no statement counts before both parties have signed the agreement")
        if kind == "said" and fields["name"] == NOMINATION:
            self._admit_nomination(fields)

    def with_it(self, kind: str, fields: Answer, identifier: str) -> Answer | None:
        """What goes out with a statement: with a nomination its author's own consent (05-resolutions 19)."""
        form = self.room.agreement.kinds.get(CONSENT)
        if (
            kind != "said"
            or fields["name"] != NOMINATION
            or form is None
            or set(form.fields) != {"target", "nomination"}
        ):
            return None
        return {"name": CONSENT, "fields": {"target": fields["fields"]["target"], "nomination": identifier}}

    def _admit_nomination(self, fields: Answer) -> None:
        now = self._now()
        if counting := self.room.counting():
            act = read_plan("nomination", json.dumps(self._plan(fields)).encode(), self.room.agreement)
            _, found = self.room.may(act, now)
            barred = [one for one in found if one.clause in counting and one.verdict not in HOLDS]
            if barred:
                says = self.room.agreement.rules[barred[0].clause].says
                raise GivenError(
                    "too-many", f"{barred[0].clause} is against one more nomination: {says}", where="nomination"
                )
            return
        last = [at for at in json.loads(self._house.store.meta("nominated") or "[]") if now - at < 86_400_000]
        if self._most and len(last) >= self._most:
            what = f"this node has handed over {len(last)} nominations in 24 hours; lists.most_per_day is {self._most}"
            raise LocalError("too-many", what, where="node.toml lists.most_per_day")
        self._house.store.set_meta("nominated", json.dumps([*last, now]))

    def _plan(self, fields: Answer) -> Answer:
        """A nomination as a plan for the before-check."""
        said = msgspec.convert({"type": "said", **_HEAD, **fields}, Said)
        kind = self.room.agreement.kinds[said.name]
        act = act_of(self.room.agreement, said, "plan", received={})
        shown = {name: show_value(value, kind.fields[name], self.room.agreement) for name, value in act.fields.items()}
        return {"statement": said.name, "by": self._house.me, "fields": shown}

    # drafts that have had their time

    def drafted(self, name: str) -> None:
        """A draft was kept."""
        if end := _end(self._private.get("draft", name)):
            self._ends[name] = end

    def shred(self, now: int) -> list[str]:
        """Remove drafts whose window has passed, so that their bytes are in no file of the store; their names."""
        past = [name for name, end in self._ends.items() if end <= now]
        for name in past:
            del self._ends[name]
        self._private.shred([("draft", name) for name in past])
        return past

    # knowing

    def _areas(self, _: Answer) -> Answer:
        now = self._now()
        found = self.room.areas(now)
        named = [{"area": area, "by": by, "shape": self._shape(shape)} for area, by, shape in self.room.opposition(now)]
        return {**self._about(now), "areas": [self._area(each) for each in found], "opposition": named}

    def _area(self, each: Area) -> Answer:
        return {
            "area": each.area, "version": each.version, "class": each.in_class, "proposed_class": each.kind,
            "state": each.state, "keys": {code: list(at) for code, at in sorted(each.keys.items())},
            "since": list(each.since), "mixed_with": list(each.mixed_with), "shape": self._shape(each.shape),
        }  # fmt: skip

    def _lists(self, _: Answer) -> Answer:
        now = self._now()
        found = [self._item(each) for each in self.room.items(now)]
        return {**self._about(now), "items": found, "warnings": self._flooded(now)}

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
        counts = {party: self.room.nominated(now, party) for party in self.room.parties if party != self._house.me}
        return [
            f"{party} has handed over {count} nominations in 24 hours, more than {self._most}: refusing many of them one "
            "by one would draw it a map; silence lets them lapse"
            for party, count in counts.items()
            if self._most and count > self._most
        ]

    def _record(self, _: Answer) -> Answer:
        now = self._now()
        record = self.room.record(now)
        lines = list(write_record(History.of(record, "ledger"), self.room.agreement))
        misfits = [each._asdict() for each in self.room.misfits()]
        return {**self._about(now), "lines": lines, "misfits": misfits}

    def _may(self, request: Answer) -> Answer:
        now = self._now()
        act = read_plan("plan", json.dumps(request["plan"]).encode(), self.room.agreement)
        overall, found = self.room.may(act, int(request.get("at") or now))
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
        held = self.room.picture(now)
        head = Head(f"picture/{self.room.agreement.code}", len(held.areas), bytes.fromhex(held.digest))
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
            "agreement": self.room.agreement.code,
            "sha256": self.room.agreement.digest,
        }

    def _shape(self, shape: Region) -> Any:
        return show_value(shape, None, self.room.agreement)


def _end(draft: bytes | None) -> int:
    """When the last window of a draft ends, ms; 0 if it has none."""
    fields = msgspec.json.decode(draft or b"{}").get("fields", {})
    inner = fields.get("fields", {}) if isinstance(fields, dict) else {}
    spans = [value for value in inner.values() if isinstance(value, dict) and value.get("type") == "period"]
    return max((msgspec.convert(span, Period).end for span in spans), default=0)


def _challenge(text: str) -> bytes:
    try:
        challenge = bytes.fromhex(text)
    except ValueError:
        challenge = b""
    if len(challenge) != 8:
        raise GivenError("bad-field", f"{text[:40]!r} is not 16 hex digits", where="challenge")
    return challenge
