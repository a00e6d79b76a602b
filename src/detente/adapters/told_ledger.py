"""The disclosure register of a house: read from its own logs, with what the private store keeps of each statement.

Nothing about what was told is kept anywhere but in the logs; the private store adds who approved a statement and until
when it counts. That entry is written before the batch is committed, under the statement's id: after a crash an entry
whose statement is in no log is never looked at, and a statement without an entry is a fact all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec

from detente.adapters.store_private import PrivateStore
from detente.agreement.form import Agreement
from detente.agreement.kinds import Kind
from detente.agreement.language import read_agreement
from detente.errors import DetenteError, GivenError, LocalError
from detente.model.said import Told
from detente.model.statement import decode_statement
from detente.node.house import House
from detente.node.release import evidence
from detente.node.release.assets import Assets, read_assets
from detente.node.release.evidence import Kept
from detente.node.release.facts import Fact, draft_facts, facts_of
from detente.node.release.interface import Fields, Objection
from detente.node.release.own import OwnPosition
from detente.node.release.pipeline import Paper, Passed, meaning
from detente.node.release.register import Known, Preview, Register
from detente.node.speaker import Placed
from detente.proof.envelope import parse_envelope

ASSETS = "assets.yaml"
REGISTER, ACCOUNT = "register", "account"


class Saying(NamedTuple):
    """What was said in a batch that has not ended, as `draft_facts` takes it."""

    kind: Kind
    fields: Fields
    audience: str
    now: int
    statement: str


class ToldLedger:
    """What the house has told, and the guard that looks at what it is about to tell."""

    def __init__(self, house: House, private: PrivateStore) -> None:
        self._house, self._private = house, private
        self._register: Register | None = None
        self._read: dict[str, int] = {}
        self._assets = b"", Assets()
        self._looked = False
        self._subjects: dict[str, str] = {}
        self._saying: list[Saying] = []
        self._said: list[Fact] = []
        self._kept: list[Kept] | None = None

    # what is known

    @property
    def path(self) -> Path:
        """The file of own assets, in the private zone."""
        return self._private.path.parent / ASSETS

    def assets(self) -> Assets:
        """The file as it stands in this batch; GivenError(assets-invalid) if it cannot be read. Without one: nothing is guarded."""
        if not self._looked:
            data = self.path.read_bytes() if self.path.exists() else b""
            if data != self._assets[0]:
                self._assets = data, read_assets(data, ASSETS)
                self._register = None
            self._looked = True
        return self._assets[1]

    @cached_property
    def agreement(self) -> Agreement | None:
        """The agreement as this version reads it; None if it cannot, and then objects have no names."""
        try:
            return read_agreement(self._house.settings.agreement, "agreement.yaml")
        except DetenteError:
            return None

    def register(self) -> Register:
        """The register, read up to the newest statement of ours."""
        assets = self.assets()
        if self._register is None:
            self._register, self._read = Register(assets), {}
        for origin, ledger in self._house.ledgers.items():
            done = self._read.get(origin, 0)
            if ledger.size == done:
                continue
            for row in self._house.store.statements("", origin, done):
                (data,) = self._house.store.entries(origin, row.entry, row.entry + 1)
                statement = decode_statement(parse_envelope(data).payload, row.kind)
                facts = facts_of(statement, row.id, ledger.log.audience, self.agreement, self._subjects)
                self._subjects[row.id] = facts[0].subject
                self._register.add(facts, self._known(row.id))
            self._read[origin] = ledger.size
        return self._register

    def _known(self, identifier: str) -> Known | None:
        data = self._private.get(REGISTER, identifier)
        return msgspec.json.decode(data, type=Known) if data else None

    # the guard, as the pipeline asks it

    def said(self, placed: Placed, passed: Passed) -> None:
        """A statement stands once the batch ends: it counts as told for the rest of it. What the private store keeps of it
        is written now, so that no statement is committed without it."""
        paper = passed.paper
        with contextlib.suppress(GivenError):  # a STOP: nothing else passes while the file of own assets cannot be read
            if self.asks():
                self._remember(placed, paper)
        lasts = paper.rule.lasts if paper.rule else 0
        known = Known(paper.approved, paper.now + lasts if lasts else None)
        if known != Known():
            self._private.put(REGISTER, placed.id, msgspec.json.encode(known))

    def _remember(self, placed: Placed, paper: Paper) -> None:
        kind, fields = meaning(paper.draft, self.agreement)
        if kind is not None:
            self._saying.append(Saying(kind, fields, paper.draft.audience, paper.now, placed.id))

    def ended(self) -> None:
        """The batch is committed, and what was said stands in the logs; or it failed, and nothing was said."""
        self._saying, self._said, self._looked = [], [], False

    def _told_in_this_batch(self) -> list[Fact]:
        """Facts of what was said in this batch; made when they are asked for."""
        for each in self._saying:
            self._said += draft_facts(*each)
        self._saying = []
        return self._said

    @property
    def own(self) -> OwnPosition:
        """Guard and register over the file of own assets as it stands."""
        return OwnPosition(self.assets(), self.register, self._told_in_this_batch, self._shown)

    def asks(self) -> bool:
        """Whether the file or a kept account asks for anything; where neither does, no statement has to be read."""
        return bool(self.assets().ask or self.kept())

    def objection(self, kind: Kind, fields: Fields, audience: str, now: int, /) -> Objection | None:
        """See `interface.Guard`."""
        return self.own.objection(kind, fields, audience, now)

    def preview(self, kind: Kind, fields: Fields, audiences: Sequence[str], now: int) -> Preview:
        """What would have been told after this; `.text()` is for people."""
        return self.own.preview(kind, fields, audiences, now)

    def _shown(self, kind: Kind, fields: Fields) -> Objection | None:
        return evidence.objection(self.kept(), kind, fields) if kind.event else None

    # private accounts

    def kept(self) -> list[Kept]:
        """Accounts kept at home, oldest first."""
        if self._kept is None:
            boxes = [self._private.get(ACCOUNT, name) or b"" for name in self._private.names(ACCOUNT)]
            kept = [msgspec.json.decode(box, type=Kept) for box in boxes]
            self._kept = sorted(kept, key=lambda one: (one.at, one.name))
        return self._kept

    def keep_account(self, told: Told, coarse: int, now: int) -> Kept:
        """Keep an account at home."""
        kept = Kept(name=self._house.random(6).hex(), at=now, told=told, coarse=coarse)
        self._put(kept)
        return kept

    def instead(self, name: str, identifier: str) -> Kept:
        """A released account stands outside for a kept one; LocalError(unknown-name) if none bears the name."""
        kept = msgspec.structs.replace(self.named(name), instead=identifier)
        self._put(kept)
        return kept

    def named(self, name: str) -> Kept:
        """The kept account of this name."""
        found = [each for each in self.kept() if each.name == name]
        if not found:
            known = ", ".join(each.name for each in self.kept()) or "none"
            raise LocalError("unknown-name", f"no account {name!r} is kept; kept: {known}")
        return found[0]

    def _put(self, kept: Kept) -> None:
        self._private.put(ACCOUNT, kept.name, msgspec.json.encode(kept))
        self._kept = None
