"""An own house in memory for tests: us with agencies, a policy in force, a real private store, and the real pipeline."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from detente.adapters.commands import Commands, Waiting
from detente.adapters.store_private import PrivateStore
from detente.errors import DetenteError
from detente.node.release.papers import Answer, Delegation, PolicySignature, read_request, sign
from detente.node.release.policy_file import read_policy
from detente.proof.keys import SoftSigner
from tests.sim.world import World, seed

AGENCIES = ("state", "white_house", "intelligence", "defence", "treasury")
TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others: {un: {name: United Nations, keeps_log: true}}
statements:
  opening: {}
  track_report: {incident: code, position: point, track: optional line, count: optional count}
  stop: {reason: text}
  stop_acknowledgement: {stop: act stop}
phases:
  grounding: {starts: {act: opening, by: ru}}
clauses:
- {id: stopped, says: s, not_judged: [all]}
"""
REPORT: dict[str, Any] = {
    "name": "track_report",
    "fields": {
        "incident": "i-1",
        "position": {
            "type": "cell",
            "coordinates": [371234567, 351234567],
            "error": 50000,
            "verbatim": "seen",
            "datum": "WGS84",
            "grid": "lat lon",
        },
        "track": {"type": "line", "coordinates": [[371234567, 351234567], [372234567, 351234567]], "edges": "geodesic"},
    },
}
STOP = {"name": "stop", "fields": {"reason": "own people"}}
REPORTS = (
    "- {rule: reports, say: track_report, to: ru, templates: [{name: without_tracks, withhold: [track]}],\n"
    "   quorum: {needed: all, of: [state, white_house, intelligence, defence, treasury], within: 4h, silence: lowers,\n"
    "            abstain: lowers}}\n"
)


def key(agency: str) -> SoftSigner:
    """The key of an agency."""
    return SoftSigner(seed("agency", agency))


def policy_text(rules: str, version: int = 1, before: str = "", slot: str = "0s", standing: str = "{}") -> bytes:
    """A policy of us with these rules; state and defence change it."""
    lines = [f"policy: {version}", "node: us", f"slot: {slot}", *([f"before: {before}"] if before else []), "agencies:"]
    lines += [f"  {each}: {{key: {key(each).public.hex()}}}" for each in AGENCIES]
    lines += [
        "two_persons: [state, defence]",
        f"standing: {standing}",
        "release:" + ("" if rules.strip() else " nothing"),
        rules,
    ]
    return ("\n".join(lines) + "\n").encode()


class Own:
    """us with this policy, adopted. `ask` is one batch; a refusal stands in the place of an answer."""

    def __init__(
        self, folder: Path, rules: str = REPORTS, *, slot: str = "0s", standing: str = "{}", world: World | None = None
    ) -> None:
        self.world = world or World(agreement=TEXT)
        if world is None:
            self.world.adopt()
        self.private = PrivateStore(folder, b"k" * 32)
        self.private.put("policy", "current", policy_text(rules, slot=slot, standing=standing))
        self.start()

    def start(self) -> None:
        """The house process again, on the same stores."""
        clock = SimpleNamespace(scenario=True, now=lambda: self.world.now, set=None)
        self.commands = Commands(self.world.house("us"), self.world.store("us"), self.private, clock)

    def ask(self, do: str, *, crash: bool = False, **values: Any) -> Any:
        """One request in one batch."""
        try:
            with self.world.speaking("us"):
                answer = self.commands.run({"do": do, **values})
        except DetenteError as error:
            self.commands.undone()
            return error
        self.commands.undone() if crash else self.commands.committed()
        return answer.answer if isinstance(answer, Waiting) else answer

    def later(self, ms: int) -> None:
        """Time passes, and the driver ticks."""
        self.world.now += ms
        self.ask("tick")

    def forward(self, fields: dict[str, Any] = REPORT) -> str:
        """A report drafted and put forward; the draft's name."""
        name: str = self.ask("draft", to="ru", kind="said", fields=fields)["draft"]
        found = self.ask("release", draft=name)
        assert found["placed"] == [], found
        return name

    def answer(self, name: str, agency: str, says: str, *, by: str = "", **more: Any) -> str:
        """The signed answer of an agency to the request as it is now."""
        request = read_request(self.ask("approval_request", draft=name)["file"].encode(), "request")
        paper = Answer(request=request.digest(), draft=name, agency=agency, says=says, at=self.world.now, **more)  # type: ignore[arg-type]
        return sign(paper, key(by or agency)).decode()

    def approve(self, name: str, agency: str, says: str, **more: Any) -> Any:
        """The answer, taken in."""
        return self.ask("approve", file=self.answer(name, agency, says, **more))

    def delegate(self, agency: str, to: str, until: int) -> Any:
        """A delegation, taken in."""
        paper = Delegation(node="us", agency=agency, to=key(to).public.hex(), name=to, until=until, at=self.world.now)
        return self.ask("approve", file=sign(paper, key(agency)).decode())

    def sign_policy(self, data: bytes, by: str, key_of: str = "") -> Any:
        """A person's signature under a version, taken in."""
        policy = read_policy(data)
        paper = PolicySignature(node="us", policy=policy.digest, version=policy.version, agency=by)
        return self.ask("approve", file=sign(paper, key(key_of or by)).decode())

    def said(self, kind: str = "said", to: str = "ru") -> list[Any]:
        """The statements of a kind in our log to an audience."""
        store, origin = self.world.store("us"), f"demo/test/us/to-{to}"
        return [self.world.read("us", origin, row.entry).statement for row in store.statements(kind, origin)]

    def close(self) -> None:
        """The private store is closed."""
        self.private.close()
