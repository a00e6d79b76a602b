"""What every scene stands on: the three nodes, the agreement as read, the narrator, and what each node's record says.

A node's record is read from its own store by the code that the node itself would use (node.recording); the judge is the
one that `detente judge` and `detente may` ask. Nothing here is remembered from what the driver said.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from detente.adapters.store_shared import SqliteShared
from detente.agreement.distances import Distances
from detente.agreement.form import Agreement
from detente.agreement.judge import Judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Record
from detente.demo.narrate import Narrator
from detente.demo.three import Three
from detente.model.when import read_instant, show_clock
from detente.node.recording import Recording

PARTIES = ("us", "ru")


def at(text: str) -> int:
    """An instant of September 2016: `17 12:55`, UTC."""
    day, clock = text.split()
    return read_instant(f"2016-09-{int(day):02d}T{clock}:00Z")


class Enough(Exception):
    """The story has come to the instant up to which it was to be told."""


class Stage:
    """The three nodes and what is told of them."""

    def __init__(self, three: Three, agreement: bytes, out: Path, narrator: Narrator) -> None:
        self.three, self.text, self.out, self.say = three, agreement, out, narrator
        self.until: int | None = None

    @cached_property
    def agreement(self) -> Agreement:
        """The agreement as the judge reads it."""
        return read_agreement(self.text, "agreement")

    def time(self, text: str) -> None:
        """Go on to an instant of September 2016 and show it."""
        self.pass_to(text)
        self.say.clock(self.three.now)

    def pass_to(self, text: str) -> None:
        """Go on to an instant; Enough where the story was to be told up to an earlier one."""
        if self.until is not None and at(text) > self.until:
            self.three.advance(max(self.until, self.three.now))
            raise Enough
        self.three.advance(at(text))

    def state(self, code: str, name: str, to: str = "", **fields: Any) -> dict[str, Any]:
        """A side says a statement of the agreement's kinds, to the other side unless `to` names others ("*": all).

        The answer comes once its receiver has signed for it: where it stands.
        """
        said = {"name": name, "fields": fields}
        answer = self.three.ask(code, "say", to=to or other(code), kind="said", fields=said, wait=True)
        placed: dict[str, Any] = answer["placed"][0]
        return placed

    def each(self, name: str, **fields: Any) -> None:
        """Both sides say it, each to the other."""
        for code in PARTIES:
            self.state(code, name, **fields)

    def tell(self, code: str, name: str, by: str, when: tuple[str, str], about: str = "", **fields: Any) -> str:
        """A side tells the other what happened between two instants; the id of its account."""
        told = {"name": name, "by": [by], "first": at(when[0]), "last": at(when[1]), "fields": fields}
        told |= {"about": about} if about else {}
        answer = self.three.ask(code, "say", to=other(code), kind="told", fields=told, wait=True)
        return str(answer["placed"][0]["id"])

    def signed(self, placed: dict[str, Any], code: str) -> tuple[str, dict[str, Any]]:
        """Who signed for a statement of `code`, in words, and the receipt."""
        receipt = self.three.ask(code, "receipt", origin=placed["origin"], entry=placed["entry"])
        by = receipt["by"].split("/")[-2]
        return f"{by} signed for entry {placed['entry']} at {show_clock(receipt['at'])}", receipt

    def record(self, code: str, *, pair: bool = False) -> Record:
        """What a node holds, for the judge; `pair`: of the logs between us and ru alone, which both can compare."""
        config = self.three.configs[code]
        with closing(SqliteShared(config.shared_db)) as store:
            recording = Recording(self.agreement, config.terms(), store, code, only=PARTIES if pair else None)
            return recording.record(self.three.now)

    def judge(self, code: str, *, pair: bool = False) -> Judge:
        """The judge over a node's record."""
        return Judge.over(self.agreement, Distances(), self.record(code, pair=pair).current())


def other(code: str) -> str:
    """The other party."""
    return PARTIES[1 - PARTIES.index(code)]


def short(record: Record) -> Record:
    """The record with ids that a person can compare at a glance: the first ten digits of each."""
    names = {act.id: act.id[:10] for act in record.acts}

    def named(value: object) -> object:
        return names.get(value, value) if isinstance(value, str) else value

    acts = [
        replace(
            act,
            id=names[act.id],
            replaces=names.get(act.replaces, ""),
            fields={name: named(value) for name, value in act.fields.items()},
        )
        for act in record.acts
    ]
    return Record(tuple(acts), record.now, record.heads)
