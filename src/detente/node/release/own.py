"""The last look before the ledger, as the pipeline asks it: the guard, then the register.

What is looked at is the draft as it would leave, as a fact among all facts told before and those that wait to be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from detente.agreement.kinds import Kind
from detente.node.release.assets import Assets
from detente.node.release.facts import Fact, draft_facts
from detente.node.release.guard import Guard
from detente.node.release.interface import Fields, Objection
from detente.node.release.register import Preview, Register


class OwnPosition:
    """`register`: what has been told, read anew each time; `waiting`: facts of what is approved and not yet sent."""

    def __init__(
        self,
        assets: Assets,
        register: Callable[[], Register],
        waiting: Callable[[], Sequence[Fact]] = tuple,
        kept: Callable[[Kind, Fields], Objection | None] = lambda kind, fields: None,
    ) -> None:
        """`kept`: what private evidence has against it (evidence.py)."""
        self._assets, self._register, self._waiting, self._kept = assets, register, waiting, kept
        self._guard = Guard(assets)

    def objection(self, kind: Kind, fields: Fields, audience: str, now: int, /) -> Objection | None:
        """The first reason why it does not leave, or None."""
        register, waiting = self._register(), self._waiting()
        new = draft_facts(kind, fields, audience, now)
        told = [*register.facts, *waiting] if self._assets.protected else []
        found = next((each for fact in new if (each := self._guard.objection(fact, told))), None)
        found = found or self._kept(kind, fields)
        if found or all(self._assets.limits(fact.kind) is None for fact in new):  # of other kinds nothing has to remain
            return found
        return next(register.objections(new, waiting), None)

    def preview(self, kind: Kind, fields: Fields, audiences: Sequence[str], now: int) -> Preview:
        """What would have been told, with what the guard has against it."""
        register, waiting = self._register(), self._waiting()
        new = [fact for audience in audiences for fact in draft_facts(kind, fields, audience, now)]
        found = register.preview(new, waiting)
        told = [*register.facts, *waiting]
        stops = [each for fact in new if (each := self._guard.objection(fact, told))]
        stops += [each for each in (self._kept(kind, fields),) if each]
        return found.with_objections(stops)
