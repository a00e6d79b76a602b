"""STOP at a running house: raised, read, heard by voice, carried from post to post until somebody has it.

What is said goes through the house's ordinary way of speaking, as a standing release. Where the node may not sign (it
may run on a restored backup), a STOP is kept and said as soon as it may; until then the voice form is the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, Protocol

from detente.adapters.alerts import Alerts
from detente.adapters.desk_sayings import Sayings
from detente.adapters.record_values import show_value
from detente.adapters.spoken import PREFIX, Spoken
from detente.adapters.store_private import PrivateStore
from detente.adapters.word_list import word_list
from detente.desks import stop as desk
from detente.desks.moves import lacking
from detente.desks.stop_voice import check_stop_words
from detente.desks.watch import alarms, unheard
from detente.errors import GivenError, LocalError
from detente.node.house import House
from detente.node.recording import Recording
from detente.node.speaker import Placed

Answer = dict[str, Any]
WAITING = "stop waiting"


class Say(Protocol):
    """The house's ordinary way of speaking."""

    def __call__(self, kind: str, to: str, fields: Answer) -> list[Placed]: ...


class StopDesk:
    """Requests about STOPs (`table`), and the clock that carries them on (`tick`)."""

    def __init__(
        self, house: House, private: PrivateStore, now: Callable[[], int], sayings: Sayings, say: Say, alerts: Alerts
    ) -> None:
        self._house = house
        self._private = private
        self._now = now
        self._sayings = sayings
        self._say = say
        self.alerts = alerts
        self._told: dict[str, str] = json.loads(private.get("watch", "told") or b"{}")
        self._seen = ""
        self._next = 0
        self._waiting = set(private.names(WAITING))
        self.table: dict[str, Callable[[Answer], Answer]] = {
            "stops": self._list, "stop_raise": self._raise, "stop_say": self._about, "stop_heard": self._heard,
            "stop_disown": self._disown, "stop_own": self._own,
        }  # fmt: skip

    @cached_property
    def _spoken(self) -> Spoken:
        return Spoken(self._private, self._sayings.room.agreement, self._house.me)

    @cached_property
    def _recording(self) -> Recording:
        return Recording(
            self._sayings.room.agreement, self._house.terms, self._house.store, self._house.me, names=desk.KINDS
        )

    def why_closed(self) -> str:
        """Why there is no such desk under this agreement; "" if there is."""
        return lacking(self._sayings.room.agreement, desk.NEEDED)

    def found(self, now: int) -> list[desk.Stop]:
        """Every STOP, those heard by voice among them; LocalError (no-desk) under an agreement without one."""
        if why := self.why_closed():
            raise LocalError("no-desk", f"no STOP desk: {why}")
        acts = self._recording.acts()
        parties = self._house.terms.parties()
        return desk.stops([*acts, *self._spoken.acts(acts)], parties, self._house.me, now)

    # knowing

    def _list(self, _: Answer) -> Answer:
        now = self._now()
        found = self.found(now)
        own = {stop.id: json.loads(self._private.get("own", stop.id) or b"null") for stop in found}
        return {
            "me": self._house.me, "now": now, "agreement": self._sayings.room.agreement.code,
            "stops": [{**self._shown(stop), "own": own[stop.id]} for stop in found],
            "waiting": [json.loads(self._private.get(WAITING, name) or b"{}") for name in sorted(self._waiting)],
            "alarms": alarms(found, self._house.me),
            "by_voice": [{"stop": stop.id, "to": to} for stop, to in unheard(found, self._house.me)],
            "counts": desk.counts(found), "alerts": self.alerts.shown(), "alert_command": self.alerts.configured,
            "misfits": [each._asdict() for each in self._recording.misfits],
        }  # fmt: skip

    def _shown(self, stop: desk.Stop) -> Answer:
        agreement = self._sayings.room.agreement
        return {
            "id": stop.id, "by": stop.by, "reason": stop.reason, "item": stop.item, "raised": stop.raised,
            "scope": show_value(stop.scope, None, agreement) if stop.scope else None,
            "window": list(stop.window) if stop.window else None, "standing": stop.standing,
            "alleged": stop.alleged, "why_lifted": stop.why_lifted,
            "lines": [
                {**asdict(line), "steps": [step._asdict() for step in line.steps], "after": line.after}
                for line in stop.lines
            ],
        }  # fmt: skip

    # speaking

    def _raise(self, request: Answer) -> Answer:
        fields = dict(request["fields"])
        to = str(request.get("to") or "")
        checked = self._sayings.fields("said", {"name": desk.RAISED, "fields": fields})
        try:
            return {"placed": [each._asdict() for each in self._say("said", to, checked)]}
        except LocalError as error:
            if error.code not in ("not-signing", "disk-full"):
                raise
            name = self._house.random(6).hex()
            self._waiting.add(name)
            self._private.put(WAITING, name, json.dumps({"to": to, "fields": fields}).encode())
            return {"placed": [], "unlogged": str(error)}

    def _about(self, request: Answer) -> Answer:
        """Acknowledge, act on, answer or lift a STOP: to its author and to the other parties."""
        name, stop = str(request["name"]), self._named(str(request["stop"]))
        if name not in desk.KINDS or name == desk.RAISED:
            raise GivenError("unknown-name", f"{name!r} is nothing that is said of a STOP", where="name")
        if stop.alleged:
            raise GivenError(
                "not-receipted", f"{stop.id} was heard by voice; its author's node has not said it", where="stop"
            )
        me, own = self._house.me, stop.by == self._house.me
        if own != (name == desk.LIFTED):
            who = "by its author alone" if name == desk.LIFTED else "by those it was said to"
            raise GivenError(
                "not-your-stop",
                f"{name.replace('_', ' ')} is said {who}; {stop.id[:16]}… is by {stop.by}",
                where="stop",
            )
        to = {*self._house.terms.parties(), stop.by} - {me}
        fields = {**request.get("fields", {}), "stop": stop.id}
        given = self._sayings.room.agreement.kinds.get(name)
        fields = {key: value for key, value in fields.items() if given is None or key in given.fields}
        checked = self._sayings.fields("said", {"name": name, "fields": fields})
        return {"placed": [each._asdict() for each in self._say("said", ",".join(sorted(to)), checked)]}

    def _named(self, identifier: str) -> desk.Stop:
        """The STOP with this id, or the only one whose id begins so; without an id the only one that stands."""
        found = self.found(self._now())
        fitting = [s for s in found if s.id.startswith(identifier)] if identifier else [s for s in found if s.standing]
        if len(fitting) != 1:
            known = ", ".join(f"{s.id[:16]} by {s.by}" for s in found if s.standing) or "none"
            what = f"{len(fitting)} STOPs are meant by {identifier or 'no id'!r}; standing: {known}"
            raise GivenError("unknown-name", what, where="stop")
        return fitting[0]

    # by voice, and at home

    def _heard(self, request: Answer) -> Answer:
        by, fields, words = str(request["by"]), dict(request["fields"]), list(request.get("words") or ())
        if by == self._house.me or by not in self._house.terms.participants:
            others = ", ".join(sorted(set(self._house.terms.participants) - {self._house.me}))
            raise GivenError("unknown-name", f"{by!r} is not another participant: {others}", where="from")
        checked = self._sayings.fields("said", {"name": desk.RAISED, "fields": fields})
        if words:
            challenge = self._private.get("challenge", by) if request.get("challenged") else None
            check_stop_words(by, fields, words, word_list(), bytes.fromhex((challenge or b"").decode()))
        now = self._now()
        self._seen = ""
        identifier = self._spoken.keep(
            self._house.random(6).hex(), by, checked["fields"], now, str(request.get("post", "")), bool(words)
        )
        return {"stop": identifier, "heard": now, "checked": bool(words)}

    def _disown(self, request: Answer) -> Answer:
        """Its alleged author says it raised no such STOP. Written down with the reason, told on the record, and ended."""
        identifier, reason = str(request["stop"]), str(request.get("reason") or "")
        if not reason:
            raise GivenError(
                "bad-field", "say who of the other side took it back, and how it was asked", where="reason"
            )
        spoken = self._spoken.read(identifier)
        if spoken is None:
            raise GivenError("unknown-name", f"{identifier!r} was not heard by voice, or is settled", where="stop")
        text = f"A STOP heard by voice as yours is taken for not raised: {reason}"
        placed = self._say("call", spoken["by"], {"about": "stop", "text": text})
        self._spoken.drop(identifier)
        return {"placed": [each._asdict() for each in placed]}

    def _own(self, request: Answer) -> Answer:
        """Own operations have it: which post says so. It stays at home."""
        stop = self._named(str(request["stop"]))
        post = str(request["post"])
        value = {"post": post, "at": self._now()}
        self._private.put("own", stop.id, json.dumps(value).encode())
        return {"stop": stop.id, **value}

    # the clock

    def tick(self, now: int) -> None:
        """Carry on what nobody has read, and say what could not be said. Call outside a batch."""
        self.alerts.poll()
        state = " ".join(str(self._house.store.entry_count(origin)) for origin in self._house.terms.logs)
        state += f" {len(self._waiting)}"
        if state == self._seen and now < self._next:
            return
        try:
            why = self.why_closed()
        except GivenError as error:  # an agreement that this version cannot read; every desk says so when asked
            why = error.what
        if why:
            self._seen, self._next = state, now + 60_000
            return
        found = self.found(now)
        for name in sorted(self._waiting):
            self._say_waiting(name, now)
        levels = alarms(found, self._house.me) | {stop.id: "not received" for stop, _ in unheard(found, self._house.me)}
        told = dict(self._told)
        for stop in found:
            level = levels.get(stop.id)
            if level is not None and told.get(stop.id) != level:
                told[stop.id] = level
                self.alerts.ring(now, stop.id, level, f"STOP by {stop.by}: {stop.reason}")
        if told != self._told:
            self._told = told
            self._private.put("watch", "told", json.dumps(told).encode())
        self._seen, self._next = state, now + (500 if levels else 5_000)

    def _say_waiting(self, name: str, now: int) -> None:
        kept = json.loads(self._private.get(WAITING, name) or b"{}")
        try:
            with self._house.batch(now):
                self._say("said", kept["to"], {"name": desk.RAISED, "fields": kept["fields"]})
        except LocalError:
            return
        self._private.delete(WAITING, name)
        self._waiting.discard(name)


def is_alleged(identifier: str) -> bool:
    """Whether an id is of a STOP heard by voice."""
    return identifier.startswith(PREFIX)


def standing_words(stops: Sequence[Answer]) -> str:
    """`2 STOPs stand`, for a line of a screen."""
    count = sum(each["standing"] for each in stops)
    return "no STOP stands" if not count else "1 STOP STANDS" if count == 1 else f"{count} STOPs STAND"
