"""What an operator can ask about what leaves: drafts, putting forward, approvals, recall, the policy, the approvals log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detente.adapters.desk_sayings import Answer
from detente.adapters.release_desk import MINUTE, ReleaseDesk
from detente.desks import own_conditions
from detente.errors import DetenteError, GivenError, LocalError
from detente.node.release.papers import Answer as Approval
from detente.node.release.papers import Delegation, PolicySignature, Signed, holder, read_signed, write_request
from detente.node.release.pipeline import KINDS
from detente.node.release.policy_file import PERSONS, plain, read_policy
from detente.node.speaker import Placed

AHEAD = 10 * MINUTE
"""How far an agency's clock may be ahead of the node's."""


class ReleaseCommands:
    """Requests by name (`table`). `fields`: the check of what an operator says; `placed`: the answer once it stands."""

    def __init__(
        self,
        desk: ReleaseDesk,
        fields: Callable[[str, Any], Answer],
        placed: Callable[[list[Placed], Answer], Any],
    ) -> None:
        self._desk = desk
        self._asking = desk.asking
        self._kept = desk.kept
        self._fields = fields
        self._placed = placed
        self.table: dict[str, Callable[[Answer], Any]] = {
            "draft": self._draft, "discard": self._discard, "drafts": self._drafts, "release": self._release,
            "recall": self._recall, "approval_request": self._request, "approve": self._approve,
            "approvals": self._approvals, "policy": self._policy, "policy_propose": self._propose,
        }  # fmt: skip

    # drafts

    def _draft(self, request: Answer) -> Answer:
        """Keep a statement in the private store; nothing of it leaves before `release`."""
        kind, to = str(request["kind"]), str(request.get("to") or "")
        draft: Answer = {"to": to, "kind": kind, "fields": self._fields(kind, request["fields"])}
        if request.get("label") is not None:
            draft["label"] = request["label"]
        name = self._desk.draft_name(request)
        self._desk.keep(name, draft)
        self._desk.sayings.drafted(name)
        return {"draft": name}

    def _discard(self, request: Answer) -> Answer:
        """Forget a draft; nothing is said."""
        name = str(request["draft"])
        self._asking.drafts_of(name)
        self._desk.after.append(lambda: self._kept.forget(name))
        return {"discarded": name}

    def _drafts(self, _: Answer) -> Answer:
        """Drafts that have not been released, and how far each has come."""
        names = self._kept.private.names("draft")
        kept = {name: self._kept.draft(name) for name in names}
        return {"now": self._desk.now(), "drafts": kept, "states": {name: self.state(name) for name in names}}

    def state(self, name: str) -> Answer:
        """How far a draft has come: which step, waiting for whom, until when, which slot."""
        try:
            found = self._desk.standing(name)
        except DetenteError as error:
            return {"state": "refused", "step": "schema", "what": error.what}
        answer: Answer = {
            "state": found.state, "step": found.step, "what": found.what, "rule": found.rule, "label": found.label,
            "forward": self._kept.forward.get(name, 0), "leaves": found.leaves,
        }  # fmt: skip
        if found.tally is not None:
            answer["quorum"] = found.tally._asdict()
        return answer

    def shown(self, name: str) -> Answer:
        """A draft that was kept, as an answer."""
        return {"draft": name, "state": self.state(name)}

    def _release(self, request: Answer) -> Any:
        """Put a draft forward: it is signed and logged as soon as agencies and slot allow; then it is a draft no more."""
        name = str(request["draft"])
        placed = self._desk.put_forward(name)
        return self._placed(placed, request) if placed else {"placed": [], **self.shown(name)}

    def _recall(self, request: Answer) -> Answer:
        """A draft put forward is a draft again; nothing was said."""
        name = str(request["draft"])
        self._asking.drafts_of(name)
        if self._desk.sent(name):
            raise LocalError("not-released", f"draft {name} has been sent; what has left cannot be recalled")
        if name not in self._kept.forward:
            raise LocalError("not-released", f"draft {name} was not put forward")
        self._desk.take_back(name, reason=str(request.get("reason") or ""))
        return {"recalled": name}

    # approvals

    def _request(self, request: Answer) -> Answer:
        """The request file about a draft that was put forward, for agencies here and on other networks."""
        name = str(request["draft"])
        self._asking.drafts_of(name)
        if name not in self._kept.forward:
            raise LocalError("approval-invalid", f"draft {name} was not put forward: detente release {name}")
        asked = self._asking.request(name)
        return {"file": write_request(asked).decode(), "digest": asked.digest()}

    def _refused(self, file: str, what: str) -> GivenError:
        """Refuse a paper, and keep that it was tried."""
        self._kept.note(self._desk.now(), "refused", why=what, file=file[:2_000])
        return GivenError("approval-invalid", what, where="approval")

    def _approve(self, request: Answer) -> Answer:
        """Take in a signed file: an agency's answer, a delegation, or a signature under a policy."""
        file = str(request["file"])
        try:
            signed = read_signed(file.encode(), "approval")
        except GivenError as error:
            raise self._refused(file, error.what) from error
        match signed.paper:
            case Approval():
                return self._answer(signed, signed.paper, file)
            case Delegation():
                return self._delegation(signed, signed.paper, file)
            case PolicySignature():
                return self._sign(signed, signed.paper, file)

    def _answer(self, signed: Signed, paper: Approval, file: str) -> Answer:
        name, now = paper.draft, self._desk.now()
        if name not in self._kept.forward:
            raise self._refused(file, f"draft {name} was not put forward, or has been sent or recalled")
        asked = self._asking.request(name)
        if paper.request != asked.digest():
            raise self._refused(
                file, f"it answers another request than the one about draft {name} now: other bytes, or another policy"
            )
        if paper.agency not in asked.of:
            raise self._refused(file, f"agency {paper.agency} is not asked; asked: {', '.join(asked.of)}")
        if not self._may_answer(signed.key, paper.agency, asked.statement, now):
            raise self._refused(file, f"its key is neither {paper.agency}'s nor delegated to by it at this time")
        if paper.template not in [form.template for form in asked.forms]:
            raise self._refused(
                file, f"no template {paper.template!r}; the request has: {', '.join(f.template for f in asked.forms)}"
            )
        if paper.at > now + AHEAD:
            raise self._refused(file, "its time lies ahead of this node's clock")
        if paper.condition:
            if asked.statement not in (self._desk.sayings.room.agreement.kinds if self._is_of_agreement(name) else ()):
                raise self._refused(file, "a condition needs a statement of the agreement")
            own_conditions.with_condition(self._desk.house.settings.agreement, asked.statement, paper.condition)
        held = {each["agency"]: each for each in self._kept.answers(name)}
        if before := held.get(paper.agency):
            old = read_signed(before["file"].encode(), "answer").paper
            if (
                before["file"] != file
                and isinstance(old, Approval)
                and old.request == paper.request
                and old.at >= paper.at
            ):
                raise self._refused(file, f"{paper.agency} has answered at this time or later already; answer anew")
        held[paper.agency] = {"file": file, "agency": paper.agency, "taken": now}
        self._kept.put_answers(name, list(held.values()))
        self._kept.note(
            now, "answer", draft=name, request=paper.request, agency=paper.agency, key=signed.key.hex(), says=paper.says,
            template=paper.template, condition=paper.condition or "", reason=paper.reason or "", said=paper.at,
        )  # fmt: skip
        self._desk.touch(name)
        if not self._desk.policy.slot:
            self._desk.run(now)
        if self._kept.forward.get(name) and not self._desk.sent(name):
            return {"taken": paper.agency, "says": paper.says, **self.shown(name)}
        return {"taken": paper.agency, "says": paper.says, "draft": name, "state": {"state": "sent"}}

    def _is_of_agreement(self, name: str) -> bool:
        return self._asking.drafts_of(name)[0].kind in KINDS

    def _may_answer(self, key: bytes, agency: str, statement: str, now: int) -> bool:
        """By the agency's own key, or by one it delegated to: the newest delegation to that key decides."""
        agencies = self._desk.policy.agencies
        if holder(agencies, key) == agency:
            return True
        newest: Delegation | None = None
        for file in self._kept.delegations():
            signed = read_signed(file.encode(), "delegation")
            paper = signed.paper
            if (
                isinstance(paper, Delegation)
                and paper.agency == agency
                and bytes.fromhex(paper.to) == key
                and holder(agencies, signed.key) == agency
                and (newest is None or paper.at > newest.at)
            ):
                newest = paper
        return newest is not None and now < newest.until and (not newest.say or statement in newest.say)

    def _delegation(self, signed: Signed, paper: Delegation, file: str) -> Answer:
        now = self._desk.now()
        if paper.node != self._desk.house.me or holder(self._desk.policy.agencies, signed.key) != paper.agency:
            raise self._refused(file, f"a delegation of {paper.agency} is signed by its own key, for this node")
        if paper.at > now + AHEAD:
            raise self._refused(file, "its time lies ahead of this node's clock")
        files = self._kept.delegations()
        if file not in files:
            self._kept.put_delegations([*files, file])
        self._kept.note(
            now, "delegation", agency=paper.agency, to=paper.to, name=paper.name, until=paper.until, say=paper.say
        )
        return {"taken": paper.agency, "delegates_to": paper.name, "until": paper.until}

    def _approvals(self, request: Answer) -> Answer:
        """The approvals log, each line proved to stand under its root."""
        lines = self._kept.journal.read()
        if request.get("draft"):
            lines = [line for line in lines if line.get("draft") == str(request["draft"])]
        size, root = self._kept.journal.head()
        return {"size": size, "root": root, "lines": lines}

    # the policy

    def _policy(self, _: Answer) -> Answer:
        """The policy in force, and one that waits for its second person."""
        answer: Answer = {"in_force": plain(self._desk.policy), "file": self._kept.policy_bytes.decode()}
        if proposed := self._kept.proposed():
            policy = read_policy(proposed["file"].encode(), "proposed policy")
            answer["proposed"] = {**plain(policy), "file": proposed["file"], "signed": sorted(proposed["signed"])}
        return answer

    def _propose(self, request: Answer) -> Answer:
        """Keep a new version until two persons have signed it; the one in force goes on."""
        data = str(request["file"]).encode()
        policy, current = read_policy(data, "policy"), self._desk.policy
        if (policy.node, policy.version, policy.before) != (self._desk.house.me, current.version + 1, current.digest):
            what = f"the next version is `policy: {current.version + 1}`, `node: {self._desk.house.me}`, `before: {current.digest}`"
            raise GivenError("release-policy-invalid", what, where="policy")
        if len(policy.persons) < PERSONS:
            raise GivenError(
                "release-policy-invalid", "fewer than two persons could change it again", where="two_persons"
            )
        held = self._kept.proposed()
        if held is None or held["file"] != data.decode():
            self._kept.propose(data, {})
        self._kept.note(self._desk.now(), "policy proposed", version=policy.version, policy=policy.digest)
        return {"policy": policy.digest, "version": policy.version, "needed": PERSONS, "of": list(current.persons)}

    def _sign(self, signed: Signed, paper: PolicySignature, file: str) -> Answer:
        current, held, now = self._desk.policy, self._kept.proposed(), self._desk.now()
        if paper.policy == current.digest and holder(current.agencies, signed.key):
            return {"policy": current.digest, "version": current.version, "in_force": True, "signed": []}
        policy = read_policy(held["file"].encode(), "proposed policy") if held else None
        if (
            held is None
            or policy is None
            or (policy.digest, policy.version, self._desk.house.me) != (paper.policy, paper.version, paper.node)
        ):
            raise self._refused(file, f"it signs policy {paper.policy[:12]}…, which is not the one proposed here")
        agency = holder(current.agencies, signed.key)
        if agency != paper.agency or agency not in current.persons:
            raise self._refused(
                file,
                f"the key of {paper.agency} may not change the policy in force; who may: {', '.join(current.persons) or 'nobody'}",
            )
        if agency in held["signed"] and held["signed"][agency] != file:
            raise self._refused(file, f"{agency} has signed it already; the second signature is another person's")
        signatures = {**held["signed"], agency: file}
        self._kept.note(now, "policy signed", policy=policy.digest, version=policy.version, agency=agency)
        if len(signatures) < PERSONS:
            self._kept.propose(held["file"].encode(), signatures)
            return {"policy": policy.digest, "version": policy.version, "in_force": False, "signed": sorted(signatures)}
        self._kept.set_policy(held["file"].encode())
        self._kept.note(now, "policy in force", policy=policy.digest, version=policy.version, by=sorted(signatures))
        return {"policy": policy.digest, "version": policy.version, "in_force": True, "signed": sorted(signatures)}
