"""What an operator can ask of a running house, one method for each request on the control line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from detente.adapters.alerts import Alerts
from detente.adapters.carry_commands import CarryCommands
from detente.adapters.changes import Changes, mark, sizes
from detente.adapters.control import b64, unb64
from detente.adapters.desk_commands import DeskCommands
from detente.adapters.desk_movements import MovementDesk
from detente.adapters.desk_sayings import KINDS, MOST_PER_DAY
from detente.adapters.desk_sites import SiteDesk
from detente.adapters.desk_stops import StopDesk
from detente.adapters.desk_watch import WatchDesk
from detente.adapters.release_commands import ReleaseCommands
from detente.adapters.release_desk import ReleaseDesk
from detente.adapters.release_store import ReleaseStore
from detente.adapters.store_private import PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.agreement.kinds import Kind
from detente.errors import GivenError, LocalError
from detente.model.statement import Statement
from detente.node.house import House
from detente.node.release.coarsen import coarsen
from detente.node.release.labels import read_label
from detente.node.release.pipeline import meaning
from detente.node.speaker import Placed
from detente.proof.keys import key_id
from detente.proof.roots import decode_root

if TYPE_CHECKING:
    from collections.abc import Callable

SPOKEN = ("notice", "call", "account", "attachment", "received", "said", "told")
"""Kinds that an operator says; the node says the others itself, each from a request or a duty of its own."""
MOST_ON_WATCH = 1_000
HEAD_FIELDS = frozenset(each.name for each in msgspec.structs.fields(Statement)) | {"type"}
"""What the node writes into every statement; nobody may give it with the fields of a kind."""


class ClockLike(Protocol):
    """The clock of the process."""

    scenario: bool

    def now(self) -> int: ...
    def set(self, now: int) -> None: ...


@dataclass
class Waiting:
    """An answer that is held back until the audience of each log named has signed for that entry of it."""

    answer: dict[str, Any]
    entries: dict[str, int]

    def ready(self, house: House) -> bool:
        """Whether all have been signed for; a receipt covers every entry before it too."""
        return all(house.books[origin].signed_for() > entry for origin, entry in self.entries.items())


class Commands:
    """Requests by name. `run` is called inside a batch of the house."""

    def __init__(
        self,
        house: House,
        store: SqliteShared,
        private: PrivateStore,
        clock: ClockLike,
        most_per_day: int = MOST_PER_DAY,
        alerts: Alerts | None = None,
    ) -> None:
        self._house = house
        self._store = store
        self._private = private
        self._clock = clock
        self.trouble = ""
        self.after: list[Callable[[], None]] = []
        desks = DeskCommands(house, private, clock.now, most_per_day)
        self.sayings = desks.sayings
        self.release = ReleaseDesk(house, store, ReleaseStore(private, house.me), self.sayings, clock.now)
        self._told = desks.told
        steps = self.release.asking.desk
        steps.coarsen, steps.guard = coarsen, self._told.ledger
        self.release.told = self._told.ledger.said
        self._kept = ReleaseCommands(self.release, self._fields, self._placed)
        self._table: dict[str, Callable[[dict[str, Any]], dict[str, Any] | Waiting | Changes]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }
        alerts = alerts or Alerts((), private.path.parent)
        self.stops = StopDesk(house, private, clock.now, desks.sayings, self._say_now, alerts)
        watch = WatchDesk(house, private, clock.now, desks.sayings, self._say_now, self.stops)
        self.sites = SiteDesk(house, private, clock.now, desks.sayings, self._say_now)
        moving = MovementDesk(house, clock.now, desks.sayings, self._say_now)
        carried = CarryCommands(house, private, clock.now, self.after)
        for each in (desks, self._kept, self.stops, watch, self.sites, moving, carried):
            self._table |= each.table

    def committed(self) -> None:
        """The batch stands: now forget in the private store what it has used up."""
        self._told.ledger.ended()
        for waiting in (self.after, self.release.after):
            while waiting:
                waiting.pop(0)()

    def undone(self) -> None:
        """The batch failed: nothing of it is to be forgotten."""
        self._told.ledger.ended()
        self.after.clear()
        self.release.after.clear()

    def run(self, request: dict[str, Any]) -> dict[str, Any] | Waiting | Changes:
        """Answer one request; DetenteError if it is refused."""
        command = self._table.get(str(request.get("do")))
        if command is None:
            raise LocalError(
                "unknown-name", f"no request {request.get('do')!r}; known: {', '.join(sorted(self._table))}"
            )
        return command(request)

    # knowing

    def do_state(self, _: dict[str, Any]) -> dict[str, Any]:
        """What a watch officer needs to know of node, links, logs and adoption."""
        house = self._house
        logs = [
            {
                "origin": origin,
                "to": ledger.log.audience,
                "size": ledger.size,
                "root": ledger.head.head.root.hex() if ledger.head else "",
                "signed_for": house.books[origin].signed_for(),
                "signed_at": house.books[origin].last_second() * 1000,
                "closed": house.is_closed(origin),
            }
            for origin, ledger in house.ledgers.items()
        ]
        copies = [
            {"origin": m.origin, "from": code, "size": m.size, "root": m.head.head.root.hex() if m.head else ""}
            for code, m in house.mirrors.items()
        ]
        return {
            "code": house.me,
            "now": self._clock.now(),
            "simulated": self._clock.scenario,
            "agreement": house.adoption.digest,
            "terms": house.terms.digest,
            "in_force": house.adoption.in_force(),
            "adoption": [adopted._asdict() for adopted in house.adoption.state()],
            "logs": logs,
            "copies": copies,
            "links": [link._asdict() for link in self._store.links()],
            "waiting_jobs": len(self._store.lanes()),
            "evidence": [name for name, _ in self._store.evidence()],
            "signing_ahead": max((copy.ahead(self._clock.now()) for copy in house.batches.copies()), default=0),
            "on_watch": house.on_watch,
            "turned_away": {code: n for code in house.mirrors if (n := self._store.turned_away(code))},
            "refusals_dropped": self._store.refusals_dropped(),
            "trouble": self.trouble,
        }

    def do_changes(self, request: dict[str, Any]) -> Changes:
        """Held back until something has changed since the position named (`logs`, `mark`), or for 25 s."""
        return Changes(self._position, dict(request.get("logs") or {}), str(request.get("mark") or ""))

    def _position(self) -> dict[str, Any]:
        seen = mark(self._house, self._store, self._private, self.trouble)
        return {"logs": sizes(self._house), "mark": seen, "now": self._clock.now()}

    def do_refusals(self, request: dict[str, Any]) -> dict[str, Any]:
        """The last named refusals."""
        return {"refusals": [refused._asdict() for refused in self._store.refusals(int(request.get("last", 100)))]}

    def do_next_due(self, _: dict[str, Any]) -> dict[str, Any]:
        """The next instant at which this node has something to do by itself."""
        due = min(self._house.duties.next_due(), self.release.next_due(self._clock.now()))
        return {"next_due": due, "busy": bool(self._store.lanes()) or self._store.has_input()}

    def do_receipt(self, request: dict[str, Any]) -> dict[str, Any]:
        """The `.tlog-proof` file of an entry of ours, with the time its signer gave."""
        origin, entry = str(request["origin"]), int(request["entry"])
        ledger = self._house.ledgers.get(origin)
        if ledger is None:
            raise GivenError("unknown-name", f"no log {origin!r} of ours; known: {', '.join(self._house.ledgers)}")
        if not 0 <= entry < ledger.size:
            raise GivenError("unknown-name", f"no entry {entry}; the log holds {ledger.size}", where=origin)
        proof = self._house.receipt(origin, entry, with_entry=True)
        line = proof.checkpoint.note.signatures[-1]
        return {"file": b64(proof.encode()), "by": line.name, "at": int.from_bytes(line.value[:8], "big") * 1000}

    # speaking

    def _fields(self, kind: str, fields: Any) -> dict[str, Any]:
        """Fields of a statement that an operator may say; GivenError names what is the node's to say or to write."""
        if kind not in SPOKEN:
            raise GivenError("unknown-name", f"{kind!r} is no kind an operator says; known: {', '.join(SPOKEN)}")
        if not isinstance(fields, dict):
            raise LocalError("request-invalid", f"the fields of a {kind} are not an object")
        for name in sorted(HEAD_FIELDS & fields.keys()):
            raise GivenError("bad-field", f"{name!r} stands in the head, which the node writes", where=f"{kind} {name}")
        return self.sayings.fields(kind, fields) if kind in KINDS else fields

    @staticmethod
    def _placed(placed: list[Placed], request: dict[str, Any]) -> dict[str, Any] | Waiting:
        answer = {"placed": [p._asdict() for p in placed]}
        newest = {p.origin: p.entry for p in placed}  # in each log they stand in order
        return Waiting(answer, newest) if request.get("wait") else answer

    def do_say(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Release one statement to one audience, or to all ("*"); one of the agreement to whom it concerns if none is named."""
        kind, to = str(request["kind"]), str(request.get("to") or "")
        return self._spoken(request, self._say(request, kind, to, self._fields(kind, request["fields"])))

    def _say(
        self, request: dict[str, Any], kind: str, to: str, fields: dict[str, Any], first: str | None = None
    ) -> list[Placed]:
        if kind in KINDS:
            audiences = self.sayings.audiences(kind, to, fields)
        else:
            audiences = self._house.audiences() if to == "*" else [to]
        label = read_label(request["label"]) if request.get("label") is not None else None
        return self.release.say(kind, audiences, fields, self.release.draft_name(request), label, first)

    def do_preview(self, request: dict[str, Any]) -> dict[str, Any]:
        """What everybody will have been told once draft `draft` has left, in the form in which it would leave."""
        seen = [self.release.as_it_leaves(draft) for draft in self.release.asking.drafts_of(str(request["draft"]))]
        audiences = [paper.draft.audience for paper in seen]
        kind, values = meaning(seen[0].draft, self.release.asking.agreement())
        return self._told.preview(kind or Kind(seen[0].draft.kind, event=False, fields={}), values, audiences)

    def _say_now(self, kind: str, to: str, fields: dict[str, Any], first: str | None = None) -> list[Placed]:
        """What a desk says: through the pipeline like any other, where it is a standing release."""
        return self._say({}, kind, to, fields, first)

    def _spoken(self, request: dict[str, Any], placed: list[Placed]) -> dict[str, Any] | Waiting:
        """Where it stands; or, kept until agencies and slot allow, the draft and how far it has come."""
        if placed:
            return self._placed(placed, request)
        return {"placed": [], **self._kept.shown(str(request["as"]))}

    def do_say_many(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Release many statements of one kind to one audience, in one head. Of those that have to wait, a draft each."""
        kind, to = str(request["kind"]), str(request.get("to") or "")
        many = [self._fields(kind, fields) for fields in request["many"]]
        names = request.setdefault("each", [{} for _ in many])
        placed = [self._say(one, kind, to, fields) for one, fields in zip(names, many, strict=True)]
        waiting = [str(one["as"]) for one, found in zip(names, placed, strict=True) if not found]
        answer = self._placed([one for found in placed for one in found], request)
        return {**answer, "waiting": waiting} if waiting and isinstance(answer, dict) else answer

    def _to_all(self, request: dict[str, Any], kind: str, fields: dict[str, Any]) -> dict[str, Any] | Waiting:
        """One of the kinds that go to everyone, through the pipeline like any other."""
        name = self.release.draft_name(request)
        return self._spoken(request, self.release.say(kind, self._house.audiences(), fields, name))

    # adopting

    def do_offer(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Offer our agreement and terms, or another text given, to everyone."""
        text = unb64(request["agreement"]) if request.get("agreement") else None
        terms = unb64(request["terms"]) if request.get("terms") else None
        fields = {
            name: b64(value) if isinstance(value, bytes) else value
            for name, value in self._house.offer_fields(text, terms).items()
        }
        return self._to_all(request, "offer", fields)

    def do_compare(self, request: dict[str, Any]) -> dict[str, Any]:
        """Differing lines between our files and what another participant last offered."""
        found = self._house.adoption.compare(str(request["code"]))
        return {"same": not found, "differences": [difference._asdict() for difference in found]}

    def do_adopt(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Sign or take part."""
        return self._to_all(request, *self._house.adopting())

    # time and trouble

    def do_clock(self, request: dict[str, Any]) -> dict[str, Any]:
        """A scenario's driver tells the time. First to every node, so that none runs ahead, then `tick` to each."""
        self._clock.set(int(request["now"]))
        return {"now": self._clock.now()}

    def do_tick(self, _: dict[str, Any]) -> dict[str, Any]:
        """Do what is due at the scenario's time before answering."""
        if not self._clock.scenario:
            raise LocalError("clock-invalid", "this node runs on wall time")
        now = self._clock.now()
        self._house.tick(now)
        self.sayings.shred(now)
        self.sites.annexes.shred(now)
        self.after.append(partial(self.stops.tick, now))
        self.release.run(now)
        return {"now": now, "next_due": min(self._house.duties.next_due(), self.release.next_due(now))}

    def do_override(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sign again without the others' answers; logged with the reason. The origins of the logs opened."""
        reason = str(request.get("reason") or "")
        if not reason:
            raise LocalError("request-invalid", "an override needs a reason")
        return {"opened": self._house.override(self._clock.now(), reason)}

    def do_watch(self, request: dict[str, Any]) -> dict[str, Any]:
        """How many are on watch from now on; told to everyone with the next heartbeat."""
        number = request["on_watch"]
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MOST_ON_WATCH:
            raise GivenError("bad-field", f"{number!r} is not a number from 0 to {MOST_ON_WATCH}", where="on_watch")
        self._store.set_meta("on watch", str(number))
        return {"on_watch": number}

    def do_revoke(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Say to everyone that a key of ours (its whole id) counts no more from here on."""
        key = str(request["key"])
        if key not in {key_id(public) for public in self._house.state.roles_ever}:
            raise GivenError(
                "unknown-name", f"no key {key[:64]!r} of ours; `detente keys show` lists them", where="key"
            )
        state = self._house.state.revoke(key)
        for role in ("root", "log", "mirror", "release"):
            agencies = {holder.agency for holder in state.holders(role).values()}
            if len(agencies) < state.document.threshold(role):
                raise LocalError("root-invalid", f"without this key nobody signs as {role} any more: rotate first")
        fields = {"key": key, "reason": request["reason"]}
        return self._to_all(request, "revoke", fields)

    def do_rotate(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Publish the next root document, whose keys `detente keys rotate` has put into the private store."""
        data = self._private.get("root", "next")
        if data is None:
            raise LocalError("root-invalid", "no next root document is prepared; run `detente keys rotate` first")
        signers = self._private.signers(decode_root(data))
        state = self._house.keys.rotate(data, signers, self._clock.now())
        return {"version": state.document.version}
