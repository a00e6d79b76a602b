"""The watch of a running house: who has it, who is there on the other side, what waits for a person, what is closed.

Nothing here permits anything. What stays at home (posts, who has seen what) stands in the private store.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from detente.adapters.desk_sayings import Sayings
from detente.adapters.desk_stops import Answer, Say, StopDesk
from detente.adapters.store_private import PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.adapters.word_list import word_list
from detente.agreement.judge import Judge
from detente.agreement.record import Act, Record
from detente.desks import areas as areas_desk
from detente.desks import watch as desk
from detente.desks.moves import closed
from detente.desks.stop import second
from detente.desks.stop_voice import NO_CHALLENGE
from detente.errors import GivenError, LocalError
from detente.model.statement import Status, decode_statement
from detente.node import timing
from detente.node.house import House
from detente.proof.checkpoint import Head
from detente.proof.envelope import parse_envelope
from detente.proof.words import words_of

SPOKEN = ("said", "told", "call", "notice", "account")
SUSPENSION, RESUMPTION = "suspension", "resumption"
DAY = 86_400_000


class WatchDesk:
    """Requests about the watch (`table`)."""

    def __init__(
        self, house: House, private: PrivateStore, now: Callable[[], int], sayings: Sayings, say: Say, stops: StopDesk
    ) -> None:
        self._house = house
        self._private = private
        self._now = now
        self._sayings = sayings
        self._say = say
        self._stops = stops
        self.table: dict[str, Callable[[Answer], Answer]] = {
            "watch_take": self._take, "watch_hand_over": self._hand_over, "watch_leave": self._leave,
            "watch_screen": self._screen, "watch_seen": self._mark_seen, "suspend": self._suspend,
        }  # fmt: skip

    # taking and handing over

    def _held(self) -> desk.Watch:
        data = self._private.get("watch", "now")
        return desk.Watch(**json.loads(data)) if data else desk.Watch()

    def _keep(self, watch: desk.Watch) -> Answer:
        self._private.put("watch", "now", json.dumps(watch._asdict()).encode())
        self._house.store.set_meta("on watch", str(watch.people))
        return watch._asdict()

    def _take(self, request: Answer) -> Answer:
        """A post takes the watch and tests the line; it is manned once the other side has answered."""
        post, people, now = str(request["post"]), request["people"], self._now()
        if not isinstance(people, int) or isinstance(people, bool) or not 1 <= people <= 1000:
            raise GivenError("bad-field", f"{people!r} is not a number from 1 to 1000", where="people")
        watch = desk.took(self._held(), post, people, now)
        if self._has_line_test() and self._house.adoption.in_force():
            self._say("said", "", self._sayings.fields("said", {"name": desk.TEST, "fields": {}}))
            watch = watch._replace(tested=now)
        return self._keep(watch)

    def _has_line_test(self) -> bool:
        try:
            return desk.TEST in self._sayings.room.agreement.kinds
        except GivenError:  # this version cannot read the agreement: there is a watch all the same
            return False

    def _hand_over(self, _: Answer) -> Answer:
        return self._keep(self._moved(desk.HAND_OVER))

    def _leave(self, _: Answer) -> Answer:
        return self._keep(self._moved(desk.LEAVE)._replace(people=0))

    def _moved(self, kind: str) -> desk.Watch:
        held = self._held()
        held = self._manned(held, self._acts(self._now())) if self._has_line_test() else held
        move = desk.HANDOVER.find(held.state, ("post",), kind)
        if move is None:
            raise LocalError("unknown-name", f"the watch is {held.state!r}; nobody can {kind} now")
        return held._replace(state=move.after)

    def _manned(self, watch: desk.Watch, acts: list[Act]) -> desk.Watch:
        """With a line test of every other party after ours, by the second at which we signed for it."""
        me, tests = self._house.me, dict[str, int]()
        for act in acts:
            if act.kind == desk.TEST and me in act.received:
                author = min(act.by)
                tests[author] = max(tests.get(author, 0), second(act.received[me]) + 999)
        return desk.manned(watch, tests, [code for code in self._house.terms.parties() if code != me])

    # the screen

    def _screen(self, _: Answer) -> Answer:
        now = self._now()
        record = self._sayings.room.record(now).current()
        acts = list(record.acts)
        stops = self._stops.table["stops"]({}) if not self._stops.why_closed() else None
        peers = [self._peer(code, now) for code in sorted(self._house.mirrors)]
        agreement = self._sayings.room.agreement
        phases = Judge.over(agreement, self._sayings.room.geometry, record).phases()
        return {
            "me": self._house.me, "now": now, "agreement": agreement.code, "title": agreement.title,
            "sha256": agreement.digest, "watch": self._manned(self._held(), acts)._asdict(),
            "peers": [{**peer.__dict__, "words": peer.words} for peer in peers],
            "stops": stops, "queue": self._queue(acts, now), "strip": self._strip(record, now),
            "silence": desk.silent(agreement)._asdict(), "suspension": self._suspension(phases),
            "phases": {name: runs for name, runs in phases.items() if runs is not False},
            "says": {rule.id: " ".join(rule.says.split()) for rule in agreement.rules.values()},
            "code": self._code(), "misfits": [each._asdict() for each in self._sayings.room.misfits()],
        }  # fmt: skip

    def _acts(self, now: int) -> list[Act]:
        return list(self._sayings.room.record(now).current().acts)

    def _peer(self, code: str, now: int) -> desk.Peer:
        house, origin = self._house, self._house.mirrors[code].origin
        store = cast(SqliteShared, house.store)
        line = store.newest_receipt(origin, timing.MIRROR)
        signed = line.time_s * 1000 if line else None
        late = house.terms.heartbeat + house.terms.receipt_due
        rows = store.statements("status", origin)
        spoken = [row.received for kind in SPOKEN for row in store.statements(kind, origin)[-1:]]
        up = next((link.up for link in store.links() if link.peer == code), False)
        return desk.Peer(
            code, signed, signed is None or now - signed > late, up,
            self._on_watch(origin, rows[-1].entry) if rows else None, max(spoken, default=None),
        )  # fmt: skip

    def _on_watch(self, origin: str, entry: int) -> int | None:
        (data,) = self._house.store.entries(origin, entry, entry + 1)
        status = decode_statement(parse_envelope(data).payload, "status")
        return status.on_watch if isinstance(status, Status) else None

    def _queue(self, acts: list[Act], now: int) -> list[Answer]:
        """What a person here has to see: notices and movements of others whose window has not passed. STOPs stand apart."""
        me, rows = self._house.me, []
        for act in acts:
            window = act.fields.get("window")
            if act.kind in desk.QUEUED and me not in act.by and getattr(window, "end", now + 1) > now:
                what = " ".join(str(value) for value in act.fields.values() if isinstance(value, str))
                rows.append({"id": act.id, "kind": act.kind, "by": min(act.by, default=""), "what": what})
        store = self._house.store
        for code, mirror in self._house.mirrors.items():
            for row in store.statements("notice", mirror.origin):
                if now - row.received < DAY:
                    rows.append({"id": row.id, "kind": "notice", "by": code, "what": f"entry {row.entry}"})
        return [{**row, "seen": json.loads(self._private.get("seen", row["id"]) or b"null")} for row in rows]

    def _mark_seen(self, request: Answer) -> Answer:
        """A post here has read it. It stays at home: for the other side its node has signed for it long ago."""
        identifier, post = str(request["id"]), str(request["post"])
        fitting = [
            row["id"] for row in self._queue(self._acts(self._now()), self._now()) if row["id"].startswith(identifier)
        ]
        if len(fitting) != 1 or not identifier:
            raise GivenError("unknown-name", f"{len(fitting)} rows of the queue begin with {identifier!r}", where="id")
        self._private.put("seen", fitting[0], json.dumps({"post": post, "at": self._now()}).encode())
        return {"id": fitting[0], "post": post}

    # versions

    def _strip(self, record: Record, now: int) -> list[Answer]:
        """What we hold, and what each other had signed for when it last signed anything here."""
        ours = self._versions(list(record.acts))
        rows = [{"who": "we", "text": self._sayings.room.agreement.digest[:8], **ours, "at": now}]
        for code, mirror in sorted(self._house.mirrors.items()):
            origin = next(o for o, ledger in self._house.ledgers.items() if ledger.log.audience == code)
            line = self._house.store.newest_receipt(mirror.origin, timing.MIRROR)
            seconds = [self._house.books[origin].last_second(), line.time_s if line else 0]
            at = max(seconds) * 1000
            known = [act for act in record.acts if self._held_by(act, code, at)]
            rows.append({"who": code, "text": self._text_of(code), **self._versions(known), "at": at or None})
        return rows

    def _held_by(self, act: Act, code: str, at: int) -> bool:
        return code in act.by or (code in act.received and second(act.received[code]) <= at)

    def _versions(self, acts: list[Act]) -> Answer:
        agreement, parties = self._sayings.room.agreement, self._house.terms.parties()
        areas = None
        if not closed(agreement, areas_desk.VOCABULARY):
            found = areas_desk.in_force(areas_desk.areas(acts, parties, lambda one, other: False))
            areas = max((each.version for each in found.values()), default=0)
        sites = {(act.fields.get("site"), min(act.by, default="")) for act in acts if act.kind == "site_entry"}
        gone = {(act.fields.get("site"), min(act.by, default="")) for act in acts if act.kind == "site_removal"}
        return {"areas": areas, "sites": len(sites - gone) if "site_entry" in agreement.kinds else None}

    def _text_of(self, code: str) -> str:
        """Digest of the agreement that its last statement names, eight digits; `other` if it was refused as another's."""
        last = next(
            (r for r in reversed(self._house.store.refusals()) if r.party == code and r.code == "wrong-agreement"), None
        )
        heard = self._house.mirrors[code].reader.last_time
        if last is not None and last.at >= heard:
            return "OTHER"
        return self._sayings.room.agreement.digest[:8] if heard else "-"

    # suspension

    def _suspension(self, phases: dict[str, bool | None]) -> Answer:
        agreement = self._sayings.room.agreement
        return {
            "in_force": desk.in_force(agreement, phases), "runs": phases.get("suspended"),
            "possible": SUSPENSION in agreement.kinds, **desk.suspended(agreement)._asdict(),
        }  # fmt: skip

    def _suspend(self, request: Answer) -> Answer:
        """Say that the joint part is suspended, or that it is taken up again (which takes both)."""
        name = RESUMPTION if request.get("end") else SUSPENSION
        kind = self._sayings.room.agreement.kinds.get(name)
        if kind is None:
            raise LocalError("no-desk", f"no suspension: the agreement defines no statement {name!r}")
        given: dict[str, Any] = (
            {"reason": request["reason"]} if "reason" in kind.fields and request.get("reason") else {}
        )
        checked = self._sayings.fields("said", {"name": name, "fields": given})
        return {"placed": [each._asdict() for each in self._say("said", "", checked)]}

    def _code(self) -> list[str]:
        """Five words of the agreement both signed, to show that both read from the same text; no proof of who speaks."""
        agreement = self._sayings.room.agreement
        return words_of(NO_CHALLENGE, Head(f"card/{agreement.code}", 0, bytes.fromhex(agreement.digest)), word_list())
