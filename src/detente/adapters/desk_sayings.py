"""What is looked at before a statement of the agreement is signed, who hears it, and drafts that have had their time.

A statement goes to the other parties, and to whomever a field of it names as addressee; the operator may name others.
What does not fit the agreement is refused before anything is signed. Drafts whose window has passed are shredded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from detente.adapters.record_lines import read_plan
from detente.adapters.record_values import show_value
from detente.adapters.spoken import Spoken
from detente.adapters.store_private import PrivateStore
from detente.agreement.finding import Finding
from detente.agreement.language import read_agreement
from detente.agreement.saying import act_of, check, check_told
from detente.desks.lists import ABORT, CONSENT, NOMINATION, REFUSAL, UNDERTAKING, WITHDRAWAL
from detente.desks.lists import VOCABULARY as LISTS
from detente.desks.room import DAY, HOLDS, Room
from detente.errors import DetenteError, GivenError, LocalError
from detente.geo.areas import canonical
from detente.model.said import Period, Said, Told
from detente.model.shapes import Line, Polygon
from detente.node.house import House

KINDS: Mapping[str, type[Said | Told]] = {"said": Said, "told": Told}
ON_A_NOMINATION = (CONSENT, REFUSAL, WITHDRAWAL, UNDERTAKING, ABORT)
BY_ADOPTING = ("signature", "participation")
MOST_PER_DAY = 50
_HEAD = {"agreement": "0" * 64, "origin": "desk/check", "time": 0, "salt": "0" * 32, "label": "check"}
Answer = dict[str, Any]


class Sayings:
    """The checks of `say`, `draft` and `release`. `most_per_day`: own nominations in 24 hours; 0 for no bound."""

    def __init__(self, house: House, private: PrivateStore, now: Callable[[], int], most_per_day: int) -> None:
        self._house = house
        self._private = private
        self._now = now
        self._most = most_per_day
        self._stands = False
        self._ends: dict[str, int] = {}
        self._unread = private.names("draft")
        """Drafts whose end is not known yet: of those before this start, read at the first look."""

    @cached_property
    def room(self) -> Room:
        """The desks; GivenError (agreement-invalid) if this version cannot read the node's agreement."""
        agreement = read_agreement(self._house.settings.agreement, "agreement.yaml")
        room = Room(agreement, self._house.terms, self._house.store, self._house.me)
        room.alleged = Spoken(self._private, agreement, self._house.me).acts
        return room

    def fields(self, kind: str, given: Answer) -> Answer:
        """The fields of a statement or account of the agreement, areas and lines in their canonical form; GivenError
        (said-invalid, bad-field) names the field that does not fit. What a desk says (`vocabulary`) is put in the agreement's
        own names first; LocalError (no-desk) if it has none."""
        if vocabulary := given.get("vocabulary"):
            name, named = self.room.in_words(str(vocabulary), str(given["name"]), given["fields"])
            given = {"name": name, "fields": named}
        try:
            value = msgspec.convert({"type": kind, "author": self._house.me, **_HEAD, **given}, KINDS[kind])
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
        self._stands = self._stands or self._house.adoption.in_force()  # what all have signed for stays signed for
        if not self._stands:
            raise LocalError("not-adopted", "no statement counts before both parties have signed the agreement")
        if kind == "said" and self.room.role(fields["name"]) == NOMINATION:
            self._admit_nomination(fields)

    def with_it(self, kind: str, fields: Answer, identifier: str) -> Answer | None:
        """What goes out with a statement: with a nomination its author's own consent (05-resolutions 19)."""
        if kind != "said" or self.room.role(fields["name"]) != NOMINATION:
            return None
        target = self.room.in_role(NOMINATION, fields["fields"])["target"]
        name, own = self.room.in_words(LISTS, CONSENT, {"target": target, "nomination": identifier})
        return {"name": name, "fields": own}

    def objections(self, fields: Answer) -> list[Finding]:
        """What the before-check has against a statement of the agreement, said now: broken, or cannot tell."""
        act = read_plan(fields["name"], json.dumps(self._plan(fields)).encode(), self.room.agreement)
        _, found = self.room.may(act, self._now())
        return [one for one in found if one.verdict not in HOLDS]

    def _admit_nomination(self, fields: Answer) -> None:
        now = self._now()
        if counting := self.room.counting():
            barred = [one for one in self.objections(fields) if one.clause in counting]
            if barred:
                says = self.room.agreement.rules[barred[0].clause].says
                raise GivenError(
                    "too-many", f"{barred[0].clause} is against one more nomination: {says}", where="nomination"
                )
            return
        last = [at for at in json.loads(self._house.store.meta("nominated") or "[]") if now - at < DAY]
        if self._most and len(last) >= self._most:
            what = f"this node has handed over {len(last)} nominations in 24 hours; lists.most_per_day is {self._most}"
            raise LocalError("too-many", what, where="node.toml lists.most_per_day")
        self._house.store.set_meta("nominated", json.dumps([*last, now]))

    def _plan(self, fields: Answer) -> Answer:
        """A nomination as a plan for the before-check."""
        said = msgspec.convert({"type": "said", "author": self._house.me, **_HEAD, **fields}, Said)
        kind = self.room.agreement.kinds[said.name]
        act = act_of(self.room.agreement, said, "plan", received={})
        shown = {name: show_value(value, kind.fields[name], self.room.agreement) for name, value in act.fields.items()}
        return {"statement": said.name, "by": sorted(act.by), "fields": shown}

    # drafts that have had their time

    def drafted(self, name: str) -> None:
        """A draft was kept."""
        if end := self._end(name):
            self._ends[name] = end

    def shred(self, now: int) -> list[str]:
        """Remove drafts whose window has passed, so that their bytes are in no file of the store; their names."""
        while self._unread:
            self.drafted(self._unread.pop())
        past = [name for name, end in self._ends.items() if end <= now]
        for name in past:
            del self._ends[name]
        self._private.shred([(kind, name) for name in past for kind in ("draft", "answers")])
        return past

    def _end(self, name: str) -> int:
        """When a draft has had its time, ms: at the end of its own last window, or, of a word on a nomination, at the end of
        that one's; 0 if never. A result may come after the window, so it stays."""
        fields = msgspec.json.decode(self._private.get("draft", name) or b"{}").get("fields", {})
        inner = fields.get("fields", {}) if isinstance(fields, dict) else {}
        spans = [value for value in inner.values() if isinstance(value, dict) and value.get("type") == "period"]
        if spans or "name" not in fields:
            return max((msgspec.convert(span, Period).end for span in spans), default=0)
        try:
            role = self.room.role(fields["name"])
            if role not in ON_A_NOMINATION:
                return 0
            target = self.room.in_role(role, inner)["target"]
            items = self.room.items(self._now())
        except DetenteError:  # an agreement this version cannot read has no windows
            return 0
        return max((item.window.end for item in items if item.target == target), default=0)
