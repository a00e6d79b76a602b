"""What the release desk keeps in the private store: policies, drafts put forward, answers, delegations, the approvals log.

Everything is written at once and can be written twice: a batch that fails is tried again.
"""

from __future__ import annotations

import os
from typing import Any

import msgspec

from detente.adapters.store_private import PrivateStore
from detente.node.release.first import first_policy
from detente.node.release.journal import Journal
from detente.node.release.policy import Policy
from detente.node.release.policy_file import read_policy

Json = dict[str, Any]


class ReleaseStore:
    """The records of one node's release desk. `me`: its code."""

    def __init__(self, private: PrivateStore, me: str) -> None:
        self.private = private
        data = private.get("policy", "current")
        self.policy_bytes = first_policy(me, {}) if data is None else data
        self.policy: Policy = read_policy(self.policy_bytes, "release policy")
        head = self._json("journal", "head")
        lines = [private.get("journal", f"{number:08d}") or b"" for number in range(head["size"] if head else 0)]
        self._journal = Journal(lines, (head["size"], head["root"]) if head else None)
        secret = private.get("journal", "secret")
        if secret is None:
            secret = os.urandom(32)
            private.put("journal", "secret", secret)
        self.secret = secret
        self.forward: dict[str, int] = {}
        for name in private.names("draft"):
            if at := int(self.draft(name).get("forward", 0)):
                self.forward[name] = at

    def _json(self, kind: str, name: str) -> Json | None:
        data = self.private.get(kind, name)
        return None if data is None else msgspec.json.decode(data)

    def _keep(self, kind: str, name: str, value: Any) -> None:
        self.private.put(kind, name, msgspec.json.encode(value))

    # policies

    def set_policy(self, data: bytes) -> None:
        """A version comes into force; the one before stays readable under its digest."""
        policy = read_policy(data, "release policy")
        self.private.put("policy", self.policy.digest, self.policy_bytes)
        self.private.put("policy", "current", data)
        self.private.delete("policy", "proposed")
        self.policy, self.policy_bytes = policy, data

    def proposed(self) -> Json | None:
        """A version that waits for its second person: `file` (text), `signed` (agency to file)."""
        return self._json("policy", "proposed")

    def propose(self, data: bytes, signed: Json) -> None:
        """Keep a version that waits."""
        self._keep("policy", "proposed", {"file": data.decode(), "signed": signed})

    # drafts

    def draft(self, name: str) -> Json:
        """A draft as kept; empty if there is none."""
        return self._json("draft", name) or {}

    def put_draft(self, name: str, draft: Json) -> None:
        """Keep a draft."""
        self._keep("draft", name, draft)
        if draft.get("forward"):
            self.forward[name] = int(draft["forward"])
        else:
            self.forward.pop(name, None)

    def forget(self, name: str) -> None:
        """A draft is gone: released, discarded or past its time."""
        self.forward.pop(name, None)
        self.private.delete("draft", name)
        self.private.delete("answers", name)

    # answers

    def answers(self, name: str) -> list[Json]:
        """The newest answer of each agency: `file` (text), `agency`, `taken`, `key`."""
        return list((self._json("answers", name) or {}).get("answers", []))

    def put_answers(self, name: str, answers: list[Json]) -> None:
        """Keep the answers to a draft."""
        self._keep("answers", name, {"answers": answers})

    def delegations(self) -> list[str]:
        """Every delegation taken in, as its file."""
        return list((self._json("delegations", "all") or {}).get("files", []))

    def put_delegations(self, files: list[str]) -> None:
        """Keep the delegations."""
        self._keep("delegations", "all", {"files": files})

    # the approvals log

    @property
    def journal(self) -> Journal:
        """The approvals log."""
        return self._journal

    def note(self, at: int, what: str, **values: Any) -> None:
        """A line for the approvals log. The head is kept after its line: a crash between leaves a line that is written again."""
        line = self._journal.add(at, what, values)
        if line is None:
            return
        size, root = self._journal.head()
        self.private.put("journal", f"{size - 1:08d}", line)
        self._keep("journal", "head", {"size": size, "root": root})
