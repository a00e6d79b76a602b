"""The release desk of a running house: every statement that has an author goes out through `ReleaseDesk`, or stays.

`let` gives what `House.say` demands; `say` puts it into the log, or keeps it as a draft where approvals or a slot are to
be waited for; `run` sends what is ready. A draft is sent once: the mark `released NAME` is set in the transaction that
logs it, and what a crash left of the draft is cleared by it.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from detente.adapters.desk_sayings import Sayings
from detente.adapters.release_asking import Asking
from detente.adapters.release_store import ReleaseStore
from detente.errors import DetenteError, GivenError, LocalError
from detente.node.house import House
from detente.node.ports import SharedStore
from detente.node.release import pipeline
from detente.node.release.labels import OwnLabel, outward, read_label
from detente.node.release.pipeline import KINDS, Draft, Paper, Passed, Waits
from detente.node.release.policy import Policy
from detente.node.release.quorum import Tally
from detente.node.speaker import Placed, build

Json = dict[str, Any]
NEVER = 2**53 - 1
MINUTE = 60_000
_DRAFT = re.compile(r"[0-9a-f]{12,64}")
ADOPTING = ("signature", "participation")


class Standing(NamedTuple):
    """How far a draft has come. `state`: draft, waiting, ready or refused; `leaves`: at which slot, 0 if not ready."""

    state: str
    step: str
    what: str
    tally: Tally | None
    leaves: int
    rule: str
    label: str


class ReleaseDesk:
    """See the module's words. `now`: the clock of the process; coarsening and guard are put in by whoever opens the house."""

    def __init__(
        self, house: House, shared: SharedStore, kept: ReleaseStore, sayings: Sayings, now: Callable[[], int]
    ) -> None:
        self.house = house
        self.kept = kept
        self.sayings = sayings
        self.now = now
        self.asking = Asking(house, kept, sayings, now)
        self.told: Callable[[Placed, Passed], None] = lambda placed, passed: None
        """Hears of every statement once it stands: the disclosure register."""
        self.after: list[Callable[[], None]] = []
        self._shared = shared
        self._tried: dict[str, int] = {}
        self._slot = -1

    @property
    def policy(self) -> Policy:
        """The version in force."""
        return self.kept.policy

    # out

    def let(self, draft: Draft) -> Passed:
        """The pipeline; what it refuses it refuses by step, rule and remedy."""
        return pipeline.run(self.asking.desk, draft, self.now(), self.house.random)

    def look(self, draft: Draft) -> Paper:
        """The pipeline without its end: nothing is made that could be said."""
        return pipeline.through(self.asking.desk, draft, self.now())

    def as_it_leaves(self, draft: Draft) -> Paper:
        """The paper in the form of its rule's first template, whether or not it may leave yet."""
        paper = pipeline.through(self.asking.desk, draft, self.now(), "policy")
        return pipeline.revalidate(self.asking.desk, pipeline.coarsen(self.asking.desk, paper))

    def say(
        self,
        kind: str,
        audiences: Sequence[str],
        fields: Json,
        name: str,
        label: OwnLabel | None = None,
        first: str | None = None,
    ) -> list[Placed]:
        """Into the logs to all of them, in one batch or not at all; [] if it is kept, put forward, under `name`. `first`:
        a statement of the same thing to others, which it names by `same_as` (lost where it has to wait)."""
        drafts = [Draft(kind, fields, code, label) for code in audiences]
        if self._waits(drafts):
            draft = {"to": ",".join(audiences), "kind": kind, "fields": fields}
            if label is not None:
                draft["label"] = msgspec.to_builtins(label)
            self.kept.put_draft(name, draft)
            self.sayings.drafted(name)
            return self.put_forward(name)
        return self._log(drafts, first)

    def _waits(self, drafts: Sequence[Draft]) -> bool:
        """Whether any of them is to wait for agencies or for a slot."""
        policy, now = self.policy, self.now()
        for draft in drafts:
            if policy.stands(draft.statement):
                continue
            rule = policy.rule_for(draft.statement, draft.audience, draft.inner, now)
            if rule is not None and (policy.slot or rule.quorum is not None):
                return True
        return False

    def _log(self, drafts: Sequence[Draft], same_as: str | None = None) -> list[Placed]:
        """What passes, into the logs; with a nomination its author's own consent."""
        first = drafts[0]
        if first.kind in ADOPTING:
            self.house.adopting()
        if first.kind in KINDS:
            self.sayings.admit(first.kind, dict(first.fields))
        placed = self._place([self.let(draft) for draft in drafts], same_as)
        more = self.sayings.with_it(first.kind, dict(first.fields), placed[0].id) if first.kind in KINDS else None
        if more:
            placed += self._place([self.let(draft._replace(fields=more, follows=True)) for draft in drafts])
        return placed

    def _place(self, found: Sequence[Passed], same_as: str | None = None) -> list[Placed]:
        placed = self.house.say_to_all([each.outgoing for each in found], self.now(), same_as)
        for one, passed in zip(placed, found, strict=True):
            self.told(one, passed)
        return placed

    # drafts

    def draft_name(self, request: Json) -> str:
        """The name of the draft a request makes. It is kept with the request: one that is tried again makes none twice."""
        name = str(request.setdefault("as", os.urandom(6).hex()))
        if not _DRAFT.fullmatch(name):
            raise GivenError("bad-field", f"{name[:40]!r} is not 12 to 64 hex digits", where="as")
        return name

    def keep(self, name: str, draft: Json) -> None:
        """Keep a draft whose fields have been checked; its label is read, so that a wrong one is named now."""
        kind, fields = draft["kind"], draft["fields"]
        head = {"agreement": "0" * 64, "author": self.house.me, "origin": "draft/check", "time": 0, "salt": "0" * 32}
        build(kind, {"type": kind, "label": "draft", **head, **fields})
        if draft.get("label") is not None:
            read_label(draft["label"])
        self.kept.put_draft(name, draft)

    def put_forward(self, name: str) -> list[Placed]:
        """The release officer signs for it: into the logs now, or as soon as approvals and slot allow ([])."""
        drafts = self.asking.drafts_of(name)
        if self.sent(name):
            raise LocalError("not-released", f"draft {name} has been released before; nothing was said again")
        kept = self.kept.draft(name)
        if not kept.get("forward"):
            now = self.now()
            if any(self.asking.asks(draft) for draft in drafts):
                self.asking.request(name, now)  # refuses what could never be asked, before anything is noted
                self.kept.put_draft(name, {**kept, "forward": now})
                self.kept.note(
                    now,
                    "put forward",
                    draft=name,
                    statement=drafts[0].statement,
                    request=self.asking.request(name).digest(),
                )
            else:
                self.kept.put_draft(name, {**kept, "forward": now})
        return self._try(name, at_once=not self._slotted(drafts))

    def _slotted(self, drafts: Sequence[Draft]) -> bool:
        return bool(self.policy.slot) and not self.policy.stands(drafts[0].statement)

    def _try(self, name: str, *, at_once: bool) -> list[Placed]:
        """Send a draft that was put forward, if it may go now. One that is refused is a plain draft again, and stays."""
        drafts = self.asking.drafts_of(name)
        self._tried[name] = self.now()
        try:
            papers = [self.look(draft) for draft in drafts]
            if not at_once:
                return []
            placed = self._log(drafts)
        except Waits:
            return []
        except DetenteError as error:
            if error.code not in ("not-signing", "disk-full"):
                self.take_back(name, "refused", why=str(error.what))
            raise
        self._shared.set_meta(f"released {name}", "1")
        self.after.append(lambda: self._sent(name, papers))
        return placed

    def sent(self, name: str) -> bool:
        """Whether a draft has been released; what a crash has left of it is cleared."""
        if not self._shared.meta(f"released {name}"):
            return False
        self.after.append(lambda: self._sent(name, []))
        return True

    def _sent(self, name: str, papers: Sequence[Paper]) -> None:
        """After COMMIT: the draft is used up."""
        if name in self.kept.forward and any(paper.approval for paper in papers):
            size, root = self.kept.journal.head()
            digests = {paper.draft.audience: paper.approval for paper in papers}
            self.kept.note(self.now(), "sent", draft=name, size=size, root=root, approval=digests)
        self.kept.forget(name)
        self._tried.pop(name, None)

    def take_back(self, name: str, what: str = "recalled", **values: Any) -> None:
        """A draft put forward is a plain draft again; what agencies said of it counts no more."""
        kept = self.kept.draft(name)
        if kept.pop("forward", 0):
            self.kept.put_draft(name, kept)
            self.kept.note(self.now(), what, draft=name, **values)
        self.kept.put_answers(name, [])

    # slots and the clock

    def slot_after(self, now: int) -> int:
        """The next instant at which the queue leaves."""
        slot = self.policy.slot
        return (now // slot + 1) * slot if slot else now

    def run(self, now: int) -> None:
        """Send what may go. Call inside a batch. What leaves in one slot leaves in an order that tells nothing of approvals."""
        slot = self.policy.slot
        due = not slot
        if slot:
            due, self._slot = 0 <= self._slot < now // slot, now // slot
        for name in sorted(self.kept.forward):
            if not self.kept.draft(name):  # its window has passed: it was shredded
                del self.kept.forward[name]
            elif not self.sent(name) and due and self._may_have_changed(name, now):
                with contextlib.suppress(DetenteError):  # it is a plain draft again; the approvals log says why
                    self._try(name, at_once=True)

    def _may_have_changed(self, name: str, now: int) -> bool:
        """An answer has come in (`touch`), its time is out, a slot is there, or a minute has passed since it was tried."""
        tried = self._tried.get(name, 0)
        return (
            bool(self.policy.slot)
            or now - tried >= MINUTE
            or any(tried < until <= now for until in [self._until(name)])
        )

    def touch(self, name: str) -> None:
        """Something about a draft has changed: it is tried at the next look."""
        self._tried.pop(name, None)

    def _until(self, name: str) -> int:
        drafts = self.asking.drafts_of(name)
        rule = self.policy.rule_for(drafts[0].statement, drafts[0].audience, drafts[0].inner, self.now())
        within = rule.quorum.within if rule and rule.quorum else 0
        return self.kept.forward[name] + within if within else 0

    def due(self, now: int) -> bool:
        """Whether `run` has anything to look at."""
        return bool(self.kept.forward)

    def next_due(self, now: int) -> int:
        """The next instant at which `run` may have something to do."""
        if not self.kept.forward:
            return NEVER
        found = [until for name in self.kept.forward if (until := self._until(name)) > now]
        if self.policy.slot:
            found.append(self.slot_after(now))
        if any(name not in self._tried for name in self.kept.forward):
            found.append(now)
        return min(found, default=NEVER)

    # knowing

    def standing(self, name: str) -> Standing:
        """How far a draft has come, and why no further."""
        drafts = self.asking.drafts_of(name)
        label = ""
        try:
            for draft in drafts:
                found = outward(self.policy.labels, draft.label, draft.audience)
                label = f"{found.policy} {found.class_}" if found else "plain"
            papers = [self.look(draft) for draft in drafts]
        except Waits as waits:
            return Standing("waiting", "approvals", waits.what, waits.tally, 0, "", label)
        except DetenteError as error:
            step = error.where.removeprefix("step ") if error.where.startswith("step ") else "schema"
            asked = error.code == "approvals-missing"
            return Standing("draft" if asked else "refused", step, error.what, None, 0, "", label)
        rule = papers[0].rule
        forward = name in self.kept.forward
        leaves = self.slot_after(self.now()) if forward and self._slotted(drafts) else 0
        return Standing(
            "ready" if forward else "draft", "guard", "", None, leaves, rule.name if rule else papers[0].standing, label
        )
