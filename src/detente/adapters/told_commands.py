"""What an operator can ask about what leaves: what has been told, a preview, private accounts, one's own view.

All answers are for the own desk alone; none of this is served to a peer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from detente.adapters.desk_sayings import KINDS, Sayings
from detente.adapters.record_values import show_value
from detente.adapters.store_private import PrivateStore
from detente.adapters.told_ledger import ToldLedger
from detente.agreement.finding import Finding
from detente.agreement.judge import judge
from detente.agreement.kinds import Kind
from detente.agreement.record import Act, Region
from detente.agreement.saying import event_of
from detente.desks.room import model_shape
from detente.errors import GivenError, LocalError
from detente.geo.areas import Shape, read_shape
from detente.model.said import Said, Told, Value
from detente.model.when import show_instant
from detente.node import timing
from detente.node.house import House
from detente.node.release.evidence import Kept, own_view, resting_on_kept
from detente.node.release.facts import Fact
from detente.node.release.motion import width
from detente.node.release.register import NOT_CAUGHT, Question, words

Answer = dict[str, Any]
HOUR = 3_600_000
_HEAD = {"agreement": "0" * 64, "origin": "desk/private", "time": 0, "salt": "0" * 32, "label": "private"}


class ToldCommands:
    """Requests by name (`table`)."""

    def __init__(self, house: House, private: PrivateStore, now: Callable[[], int], sayings: Sayings) -> None:
        self._house, self._private, self._now, self._sayings = house, private, now, sayings
        self.ledger = ToldLedger(house, private)
        self.table: dict[str, Callable[[Answer], Answer]] = {
            "told": self._told, "account_keep": self._keep, "accounts": self._accounts,
            "account_tell": self._tell, "account_view": self._view,
        }  # fmt: skip

    # what has been told

    def _told(self, request: Answer) -> Answer:
        """`party`; optional `area` (a code or a shape), `hour` (ms; an hour from there), `subject`."""
        party, now = str(request["party"]), self._now()
        log = self._house.terms.log_between(self._house.me, party)
        if log is None:
            known = ", ".join(sorted(set(self._house.terms.participants) - {self._house.me}))
            raise LocalError("unknown-name", f"no log to {party!r}; known: {known}")
        hour = request.get("hour")
        question = Question(
            self._area(request.get("area")),
            (int(hour), int(hour) + HOUR - 1) if hour is not None else None,
            str(request.get("subject") or ""),
        )
        register, assets = self.ledger.register(), self.ledger.assets()
        found = register.told(party, question)
        mirror = self._house.mirrors[party]
        receipt = self._house.store.newest_receipt(log.origin, timing.MIRROR)
        known_to = receipt.time_s * 1000 if receipt else 0
        rows = self._house.store.statements("", log.origin)
        kinds = [] if question.subject else self._speakable(placed=question.area is not None)
        silences = register.silences(party, kinds, rows[0].received if rows else now, known_to, question)
        subjects = dict.fromkeys(fact.subject for fact in found if fact.place is not None and fact.subject)
        limits = assets.remains or {}
        together = [
            {"subject": subject, "metres": int(register.remaining(subject)), "places": self._places(found, subject)}
            for subject in subjects
            if any(fact.subject == subject and fact.kind in limits for fact in found)
        ]
        return {
            "me": self._house.me, "party": party, "now": now, "known_to": known_to,
            "facts": [self._fact(fact, now) for fact in found],
            "together": together,
            "silences": [each.kind for each in silences],
            "holds": {"origin": mirror.origin, "entries": mirror.size},
            "guarded": [each.name for each in assets.protected], "assets": assets.given,
            "not_caught": list(NOT_CAUGHT),
        }  # fmt: skip

    def _speakable(self, *, placed: bool) -> list[str]:
        """Statements and events that could have been told; `placed`: of which a place is told."""
        kinds = self.ledger.agreement.kinds.values() if self.ledger.agreement else ()
        places = {"point", "area", "line"}
        return [
            kind.name
            for kind in kinds
            if kind.name not in ("receipt", "finding")
            and (not placed or places & {f.type for f in kind.fields.values()})
        ]

    @staticmethod
    def _places(facts: list[Fact], subject: str) -> int:
        return len({(f.held, f.place) for f in facts if f.subject == subject and f.place is not None})

    @staticmethod
    def _fact(fact: Fact, now: int) -> Answer:
        return {
            "subject": fact.subject, "kind": fact.kind, "words": words(fact), "statement": fact.statement,
            "to": fact.audience, "said": fact.said, "held": list(fact.held) if fact.held else None,
            "until": fact.until, "current": fact.until is None or now < fact.until, "approved": list(fact.approved),
            "cell_km": fact.cell.km if fact.cell else None,
            "width_m": int(width(fact.place)) if fact.place is not None else None,
        }  # fmt: skip

    def _area(self, given: object) -> Shape | None:
        """A shape, or an area by its code: as agreed or last proposed, or an opposition area."""
        if given is None or given == "":
            return None
        if isinstance(given, dict):
            return read_shape(given, "area")
        now = self._now()
        found: dict[str, Region] = {code: shape for code, _, shape in self._sayings.room.opposition(now)}
        found |= {each.area: each.shape for each in self._sayings.room.areas(now)}
        if given not in found:
            known = ", ".join(sorted(found)) or "none; give a place with --around"
            raise GivenError("unknown-name", f"no area {given!r} has been named; known: {known}", where="--area")
        return model_shape(found[str(given)])

    # before sending

    def preview(self, kind: Kind, fields: dict[str, Value], audiences: list[str]) -> Answer:
        """What will have been told after a statement that leaves in this form."""
        found = self.ledger.preview(kind, fields, audiences, self._now())
        return {
            "text": found.text(),
            "new": [words(fact) for fact in found.new],
            "left": {subject: int(metres) for subject, metres in found.left.items()},
            "objections": [each._asdict() for each in found.objections],
            "not_caught": list(NOT_CAUGHT),
        }

    def _convert(self, kind: str, fields: Answer) -> Said | Told:
        return msgspec.convert({"type": kind, "author": self._house.me, **_HEAD, **fields}, KINDS[kind])

    # private accounts

    def _keep(self, request: Answer) -> Answer:
        """Keep an account at home: `fields` of a told statement, `coarse` in metres (0: of its places nothing leaves)."""
        told = self._convert("told", self._sayings.fields("told", request["fields"]))
        assert isinstance(told, Told)  # noqa: S101 - converted as such
        kept = self.ledger.keep_account(told, int(request.get("coarse") or 0), self._now())
        return {"account": kept.name}

    def _accounts(self, _: Answer) -> Answer:
        return {"me": self._house.me, "accounts": [self._show(each) for each in self.ledger.kept()]}

    def _show(self, kept: Kept) -> Answer:
        act = self._act(kept)
        kind = self._sayings.room.agreement.kinds[kept.told.name]
        fields = {n: show_value(v, kind.fields[n], self._sayings.room.agreement) for n, v in act.fields.items()}
        return {
            "account": kept.name, "event": kept.told.name, "by": sorted(kept.told.by), "first": kept.told.first,
            "last": kept.told.last, "fields": fields, "kept": kept.at, "coarse": kept.coarse, "instead": kept.instead,
        }  # fmt: skip

    def _tell(self, request: Answer) -> Answer:
        """Statement `statement`, already released, stands outside for kept account `account`."""
        row = self._house.store.statement(str(request["statement"]))
        if row is None or row.author != self._house.me or row.kind != "told":
            raise GivenError("unknown-name", "no account of ours with that id has been released", where="statement")
        kept = self.ledger.instead(str(request["account"]), row.id)
        return {"account": kept.name, "instead": kept.instead}

    def _act(self, kept: Kept) -> Act:
        return event_of(self._sayings.room.agreement, kept.told, f"own-{kept.name}", known_from=kept.at)

    def _view(self, _: Answer) -> Answer:
        """Findings of one's own view, each with what rests on evidence that was not released."""
        room, now = self._sayings.room, self._now()
        record = room.record(now).current()
        mine = own_view(record, [(each, self._act(each)) for each in self.ledger.kept()])
        outward = judge(room.agreement, record, room.geometry)
        acts = {act.id: act for act in mine.acts}
        found = resting_on_kept(outward, judge(room.agreement, mine, room.geometry))
        return {
            "me": self._house.me, "now": now, "agreement": room.agreement.code, "kept": len(self.ledger.kept()),
            "findings": [self._finding(one, remark, acts.get(one.act)) for one, remark in found],
        }  # fmt: skip

    @staticmethod
    def _finding(one: Finding, remark: str, act: Act | None) -> Answer:
        about = f"{act.kind} by {', '.join(sorted(act.by)) or 'nobody named'}" if act else one.act
        if act is not None and act.at is not None:
            about += f" at {show_instant(act.at.lo)}"
        return {
            "clause": one.clause, "verdict": one.verdict, "act": one.act, "about": about, "evidence": remark,
            "missing": list(one.missing),
        }  # fmt: skip
