"""What an operator can ask of a running house, one method for each request on the control line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from detente.adapters.changes import Changes, mark, sizes
from detente.adapters.control import b64, unb64
from detente.adapters.desk_commands import DeskCommands
from detente.adapters.desk_sayings import KINDS, MOST_PER_DAY
from detente.adapters.store_private import PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.adapters.word_list import word_list
from detente.errors import GivenError, LocalError
from detente.model.statement import Statement
from detente.node.house import House
from detente.node.ledger import Ledger
from detente.node.speaker import Placed, build
from detente.proof.checkpoint import Head
from detente.proof.keys import key_id
from detente.proof.roots import decode_root
from detente.proof.words import check_words, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

SPOKEN = ("notice", "call", "account", "attachment", "received", "said", "told")
"""Kinds that an operator says; the node says the others itself, each from a request or a duty of its own."""
MOST_ON_WATCH = 1_000
HEAD_FIELDS = frozenset(each.name for each in msgspec.structs.fields(Statement)) | {"type"}
"""What the node writes into every statement; nobody may give it with the fields of a kind."""
_CHALLENGE = re.compile(r"[0-9a-f]{16}")


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
    ) -> None:
        self._house = house
        self._store = store
        self._private = private
        self._clock = clock
        self.trouble = ""
        self.after: list[Callable[[], None]] = []
        desks = DeskCommands(house, private, clock.now, most_per_day)
        self.sayings = desks.sayings
        self._table: dict[str, Callable[[dict[str, Any]], dict[str, Any] | Waiting | Changes]] = {
            name.removeprefix("do_"): getattr(self, name) for name in dir(self) if name.startswith("do_")
        }
        self._table |= desks.table

    def committed(self) -> None:
        """The batch stands: now forget in the private store what it has used up."""
        while self.after:
            self.after.pop(0)()

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
        return {"next_due": self._house.duties.next_due(), "busy": bool(self._store.lanes()) or self._store.has_input()}

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
        return self._placed(self._say(kind, to, self._fields(kind, request["fields"])), request)

    def _say(self, kind: str, to: str, fields: dict[str, Any]) -> list[Placed]:
        now = self._clock.now()
        if kind not in KINDS:
            return self._house.say_to_all(kind, fields, now) if to == "*" else [self._house.say(to, kind, fields, now)]
        self.sayings.admit(kind, fields)
        audiences = self.sayings.audiences(kind, to, fields)
        placed = self._say_to(audiences, kind, fields, now)
        more = self.sayings.with_it(kind, fields, placed[0].id)
        return placed + (self._say_to(audiences, kind, more, now) if more else [])

    def _say_to(self, audiences: list[str], kind: str, fields: dict[str, Any], now: int) -> list[Placed]:
        """The same words to each, linked to the first."""
        placed: list[Placed] = []
        for code in audiences:
            placed.append(self._house.say(code, kind, fields, now, placed[0].id if placed else None))
        return placed

    def do_say_many(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Release many statements of one kind to one audience, in one head."""
        kind, to = str(request["kind"]), str(request.get("to") or "")
        many = [self._fields(kind, fields) for fields in request["many"]]
        return self._placed([placed for fields in many for placed in self._say(kind, to, fields)], request)

    def do_draft(self, request: dict[str, Any]) -> dict[str, Any]:
        """Keep a statement in the private store; nothing of it leaves before `release`."""
        kind, to = str(request["kind"]), str(request.get("to") or "")
        fields = self._fields(kind, request["fields"])
        head = {"agreement": "0" * 64, "author": self._house.me, "origin": "draft/check", "time": 0, "salt": "0" * 32}
        build(kind, {"type": kind, "label": "draft", **head, **fields})
        draft = {"to": to, "kind": kind, "fields": fields}
        name = self._house.random(6).hex()
        self._private.put("draft", name, msgspec.json.encode(draft))
        self.sayings.drafted(name)
        return {"draft": name}

    def do_discard(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget a draft; nothing is said."""
        name = str(request["draft"])
        self._draft(name)
        self.after.append(partial(self._private.delete, "draft", name))
        return {"discarded": name}

    def _draft(self, name: str) -> bytes:
        data = self._private.get("draft", name)
        if data is None:
            known = ", ".join(self._private.names("draft")) or "none"
            raise LocalError("not-released", f"no draft {name!r}; drafts: {known}")
        return data

    def do_drafts(self, _: dict[str, Any]) -> dict[str, Any]:
        """Drafts that have not been released."""
        drafts = {
            name: msgspec.json.decode(self._private.get("draft", name) or b"{}")
            for name in self._private.names("draft")
        }
        return {"drafts": drafts}

    def do_release(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Sign a draft with the release key and log it; then it is a draft no more."""
        name = str(request["draft"])
        data = self._draft(name)
        if self._store.meta(f"released {name}"):  # said in this batch, or before a crash that kept the draft
            self.after.append(partial(self._private.delete, "draft", name))
            raise LocalError("not-released", f"draft {name} has been released before; nothing was said again")
        draft = msgspec.json.decode(data)
        answer = self.do_say({**draft, "wait": request.get("wait")})
        self._store.set_meta(f"released {name}", "1")
        self.after.append(partial(self._private.delete, "draft", name))
        return answer

    # adopting

    def do_offer(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Offer our agreement and terms, or another text given, to everyone."""
        text = unb64(request["agreement"]) if request.get("agreement") else None
        terms = unb64(request["terms"]) if request.get("terms") else None
        return self._placed(self._house.offer(self._clock.now(), text, terms), request)

    def do_compare(self, request: dict[str, Any]) -> dict[str, Any]:
        """Differing lines between our files and what another participant last offered."""
        found = self._house.adoption.compare(str(request["code"]))
        return {"same": not found, "differences": [difference._asdict() for difference in found]}

    def do_adopt(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Sign or take part."""
        return self._placed(self._house.adopt(self._clock.now()), request)

    # time and trouble

    def do_clock(self, request: dict[str, Any]) -> dict[str, Any]:
        """A scenario's driver tells the time. First to every node, so that none runs ahead, then `tick` to each."""
        self._clock.set(int(request["now"]))
        return {"now": self._clock.now()}

    def do_tick(self, _: dict[str, Any]) -> dict[str, Any]:
        """Do what is due at the scenario's time before answering."""
        if not self._clock.scenario:
            raise LocalError("clock-invalid", "this node runs on wall time")
        self._house.tick(self._clock.now())
        self.sayings.shred(self._clock.now())
        return {"now": self._clock.now(), "next_due": self._house.duties.next_due()}

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

    def do_bundle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take requests of a peer that came as files; the answers go back the same way."""
        peer, now = str(request["peer"]), self._clock.now()
        answers = []
        for item in request["requests"]:
            reply = self._house.take_bundle(peer, unb64(item["checkpoint"]), [unb64(b) for b in item["entries"]], now)
            answers.append({"status": reply.status, "body": b64(reply.body)})
        return {"answers": answers}

    def do_bundle_receipt(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take a peer's signature over a head of ours that came back as a file."""
        head = self._house.take_receipt(unb64(request["receipt"]), self._clock.now()).head
        return {"origin": head.origin, "size": head.size, "signed_for": self._house.books[head.origin].signed_for()}

    def do_challenge(self, request: dict[str, Any]) -> dict[str, Any]:
        """The listener's random challenge for words read over the line; kept until the words come."""
        peer = str(request["peer"])
        if peer not in self._house.mirrors:
            raise self._no_log("from", peer)
        challenge = self._house.random(8).hex()
        self._private.put("challenge", peer, challenge.encode())
        return {"challenge": challenge}

    def do_words(self, request: dict[str, Any]) -> dict[str, Any]:
        """The words for the newest head of our log to a peer, under the challenge it has spoken."""
        ledger = self._ledger_to(str(request["peer"]))
        challenge = str(request["challenge"]).lower()
        if not _CHALLENGE.fullmatch(challenge):
            raise GivenError("bad-field", f"{challenge[:40]!r} is not 16 hex digits", where="challenge")
        if ledger.head is None:
            raise LocalError("not-signing", "the log has no head yet", where=ledger.origin)
        head = ledger.head.head
        words = words_of(bytes.fromhex(challenge), head, word_list())
        fields = {
            "log": head.origin,
            "size": head.size,
            "root": head.root.hex(),
            "challenge": challenge,
            "words": words,
        }
        placed = self._house.say(ledger.log.audience, "voice", fields, self._clock.now())
        return {"words": words, "size": head.size, "placed": [placed._asdict()]}

    def do_hear(self, request: dict[str, Any]) -> dict[str, Any]:
        """Check words a peer has read for the head of its log at `size`, against our copy and our challenge."""
        peer, size = str(request["peer"]), int(request["size"])
        challenge = self._private.get("challenge", peer)
        mirror = self._house.mirrors.get(peer)
        if challenge is None or mirror is None:
            raise LocalError("unknown-name", f"no challenge was spoken to {peer!r}; use `detente voice challenge`")
        root = mirror.root_at(size)
        if root is None:
            raise LocalError(
                "not-adopted", f"{peer} reads words for {size} entries; we hold {mirror.size}", where=mirror.origin
            )
        check_words(
            bytes.fromhex(challenge.decode()), Head(mirror.origin, size, root), list(request["words"]), word_list()
        )
        self.after.append(partial(self._private.delete, "challenge", peer))
        return {"same": True, "size": size}

    def _ledger_to(self, peer: str) -> Ledger:
        for ledger in self._house.ledgers.values():
            if ledger.log.audience == peer:
                return ledger
        raise self._no_log("to", peer)

    def _no_log(self, way: str, peer: str) -> GivenError:
        known = ", ".join(sorted(self._house.mirrors))
        return GivenError("unknown-name", f"no log {way} {peer!r}; known: {known}")

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
        return self._placed(self._house.say_to_all("revoke", fields, self._clock.now()), request)

    def do_rotate(self, request: dict[str, Any]) -> dict[str, Any] | Waiting:
        """Publish the next root document, whose keys `detente keys rotate` has put into the private store."""
        data = self._private.get("root", "next")
        if data is None:
            raise LocalError("root-invalid", "no next root document is prepared; run `detente keys rotate` first")
        signers = self._private.signers(decode_root(data))
        state = self._house.keys.rotate(data, signers, self._clock.now())
        return {"version": state.document.version}
