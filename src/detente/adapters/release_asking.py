"""What agencies are asked about a draft, and what has come back: the request, the answers, their conditions, the tally.

Answers count for exactly the bytes and the policy they were given for. A condition is judged over the node's own record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from detente.adapters.desk_sayings import Sayings
from detente.adapters.release_store import ReleaseStore
from detente.agreement.form import Agreement
from detente.agreement.saying import act_of, event_of
from detente.desks import own_conditions
from detente.errors import DetenteError, GivenError, LocalError
from detente.model.said import Said, Told
from detente.node.house import House
from detente.node.release import journal, pipeline
from detente.node.release.labels import read_label
from detente.node.release.papers import Answer, Form, Request, read_signed
from detente.node.release.pipeline import KINDS, Desk, Draft, Paper
from detente.node.release.policy import Policy
from detente.node.release.quorum import Tally, Word, tally

Json = dict[str, Any]
_REMEMBERED = 64


class Asking:
    """Drafts and what is asked about them. `now`: the clock of the process; `desk`: what the pipeline's steps ask."""

    def __init__(self, house: House, kept: ReleaseStore, sayings: Sayings, now: Callable[[], int]) -> None:
        self.house, self.kept, self.sayings, self.now = house, kept, sayings, now
        self._desk = Desk(self.policy, self.agreement, self.schema, self.approvals)
        self._held: dict[tuple[object, ...], bool | None] = {}

    @property
    def policy(self) -> Policy:
        """The version in force."""
        return self.kept.policy

    @property
    def desk(self) -> Desk:
        """What the steps of the pipeline ask, under the policy in force."""
        self._desk.policy = self.policy
        return self._desk

    def agreement(self) -> Agreement | None:
        """The agreement as read; None if this version cannot read it."""
        try:
            return self.sayings.room.agreement
        except DetenteError:
            return None

    def drafts_of(self, name: str) -> list[Draft]:
        """A kept draft, one for each audience; LocalError (not-released) if there is none."""
        kept = self.kept.draft(name)
        if not kept:
            known = ", ".join(self.kept.private.names("draft")) or "none"
            raise LocalError("not-released", f"no draft {name!r}; drafts: {known}")
        kind, fields = kept["kind"], kept["fields"]
        audiences = self.sayings.audiences(kind, kept["to"], fields) if kind in KINDS else self._named(kept["to"])
        label = read_label(kept["label"]) if kept.get("label") is not None else None
        return [Draft(kind, fields, code, label, name) for code in audiences]

    def _named(self, to: str) -> list[str]:
        return self.house.audiences() if to == "*" else [code for code in to.replace(" ", "").split(",") if code]

    def asks(self, draft: Draft) -> bool:
        """Whether agencies are asked about it."""
        if self.policy.stands(draft.statement):
            return False
        rule = self.policy.rule_for(draft.statement, draft.audience, draft.inner, self.now())
        return rule is not None and rule.quorum is not None

    def schema(self, kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        if kind in KINDS:
            return self.sayings.fields(kind, dict(fields))
        return fields  # the kind's own schema is applied when it is signed (node.speaker.build)

    def request(self, name: str, opened: int = 0) -> Request:
        """What agencies are asked about a draft; LocalError if no rule asks any, or its audiences fall under different ones."""
        drafts = self.drafts_of(name)
        papers = [pipeline.through(self.desk, draft, self.now(), "policy") for draft in drafts]
        rule = papers[0].rule
        if rule is None or rule.quorum is None:
            raise LocalError("approval-invalid", f"draft {name}: no agency is asked about it", where="step approvals")
        if any(paper.rule != rule for paper in papers):
            raise LocalError(
                "policy-silent",
                "step policy: its audiences fall under different rules; make one draft for each",
                where="step policy",
            )
        opened = opened or self.kept.forward.get(name, 0)
        return Request(
            node=self.house.me, draft=name, statement=drafts[0].statement, to=[draft.audience for draft in drafts],
            forms=[Form(template=template, fields=text) for template, text in pipeline.forms(self.desk, papers[0])],
            labels=[paper.label for paper in papers if paper.label is not None], rule=rule.name, policy=self.policy.digest,
            opened=opened, until=opened + rule.quorum.within if rule.quorum.within else 0, of=list(rule.quorum.of),
            given=rule.given, lasts=rule.lasts,
        )  # fmt: skip

    def approvals(self, paper: Paper) -> tuple[Tally | None, str]:
        name, rule = paper.draft.name, paper.rule
        assert rule is not None  # noqa: S101 - the step asks of papers with a rule
        assert rule.quorum is not None  # noqa: S101
        if name not in self.kept.forward:
            return None, ""
        digest = self.request(name).digest()
        words = self.words(name, digest)
        found = tally(
            rule.quorum, rule.templates, words, self.kept.forward[name], paper.now, lambda text: self.holds(name, text)
        )
        size, root = self.kept.journal.head()
        salted = journal.salt(self.kept.secret, digest, paper.draft.audience)
        return found, journal.outward(salted, size, root)

    def words(self, name: str, digest: str) -> dict[str, Word]:
        """The newest answer of each agency to exactly this request."""
        found: dict[str, Word] = {}
        for kept in self.kept.answers(name):
            paper = read_signed(kept["file"].encode(), f"answer of {kept['agency']}").paper
            if isinstance(paper, Answer) and paper.request == digest:
                found[kept["agency"]] = Word(kept["agency"], paper.says, paper.template, paper.condition or "")
        return found

    def holds(self, name: str, condition: str) -> bool | None:
        """Whether an agency's condition holds now, as the judge sees the node's own record."""
        ours = tuple(ledger.size for ledger in self.house.ledgers.values())
        theirs = tuple(mirror.size for mirror in self.house.mirrors.values())
        key = (name, condition, self.now(), ours, theirs)
        if key not in self._held:
            if len(self._held) >= _REMEMBERED:
                self._held.clear()
            self._held[key] = self._judged(name, condition)
        return self._held[key]

    def _judged(self, name: str, condition: str) -> bool | None:
        draft = self.drafts_of(name)[0]
        if draft.kind not in KINDS:
            raise GivenError(
                "condition-invalid",
                f"a condition needs a statement of the agreement, not a {draft.kind}",
                where="condition",
            )
        now, room = self.now(), self.sayings.room
        changed = own_conditions.with_condition(self.house.settings.agreement, draft.statement, condition)
        value = msgspec.convert(
            {"type": draft.kind, **pipeline.HEAD, "author": self.house.me, **draft.fields}, KINDS[draft.kind]
        )
        if isinstance(value, Told):
            act = event_of(room.agreement, value, "plan")
        else:
            assert isinstance(value, Said)  # noqa: S101 - KINDS names no other
            act = act_of(room.agreement, value, "plan", received={})
        return own_conditions.holds(room, changed, act, room.record(now), now)
