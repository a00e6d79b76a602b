"""What falls due by the clock: receipts, heartbeats, read-backs, comparing views. Nothing here permits anything.

Each finding is a named fault in the record of refusals, once for each occasion: `receipt-overdue`, `heartbeat-missed`,
`root-stale`, `mirror-lost-entry`, `fork` (two views of one log).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from detente.errors import RemoteError
from detente.model.statement import Status
from detente.node import timing
from detente.node.ledger import Ledger
from detente.node.mirror import Mirror
from detente.node.neutral import keep_neutral
from detente.node.ports import Refused
from detente.node.release.outgoing import of_the_node
from detente.proof.checkpoint import cosignatures, parse_checkpoint
from detente.proof.tiles import WIDTH, TileName, parse_bundle
from detente.proof.wire import TYPE_TEXT, mirror_prefix

if TYPE_CHECKING:
    from detente.node.house import House


class Duties:
    """The timers of one node. `house` is asked to speak; all times in ms."""

    def __init__(self, house: House, now: int) -> None:
        self._house = house
        self._waiting: dict[str, deque[tuple[int, int]]] = {origin: deque() for origin in house.ledgers}
        self._told: set[str] = set()
        self._next_beat = int(house.store.meta("next beat") or 0) or now + house.terms.heartbeat
        self._heard: dict[str, int] = dict.fromkeys(house.mirrors, now)
        self._root_shown: dict[str, int] = dict.fromkeys(house.mirrors, now)
        for origin, ledger in house.ledgers.items():
            if house.books[origin].signed_for() < ledger.size:
                self._waiting[origin].append((ledger.size, now))

    # what the house reports

    def logged(self, origin: str, size: int, now: int) -> None:
        """A head of ours was signed; its receipt is due from now on."""
        self._waiting[origin].append((size, now))

    def signed_for(self, origin: str, size: int) -> None:
        """The mirror signed for our head of `size`."""
        queue = self._waiting[origin]
        while queue and queue[0][0] <= size:
            queue.popleft()
        self._told.discard(f"overdue {origin}")

    def heard(self, peer: str, now: int) -> None:
        """Something new came in a peer's own log. Receipts for ours are no substitute: a silent log is a finding."""
        self._heard[peer] = max(now, self._heard.get(peer, now))
        self._told.discard(f"silent {peer}")

    def status_shown(self, peer: str, status: Status, root_version: int, now: int) -> None:
        """A peer's heartbeat names its root version; `root_version` is what its log has shown up to there."""
        if status.root_version == root_version:
            self._root_shown[peer] = now
        else:
            what = f"heartbeat names root {status.root_version}; this log has shown root {root_version}"
            self._fault(now, peer, "root-stale", what)

    def start(self) -> None:
        """Keep the next heartbeat, so that restarts do not put it off. Call inside a batch."""
        self._house.store.set_meta("next beat", str(self._next_beat))

    def keep(self) -> tuple[object, ...]:
        """What a batch that fails must give back."""
        waiting = {origin: deque(queue) for origin, queue in self._waiting.items()}
        return (waiting, set(self._told), self._next_beat, dict(self._heard), dict(self._root_shown))

    def undo(self, kept: tuple[Any, ...]) -> None:
        """Back to what `keep` gave."""
        self._waiting, self._told, self._next_beat, self._heard, self._root_shown = kept

    # the clock

    def next_due(self) -> int:
        """The next instant at which `run` has something to do: the first millisecond that is too late for something."""
        terms = self._house.terms
        late = [
            queue[0][1] + terms.receipt_due
            for origin, queue in self._waiting.items()
            if queue and f"overdue {origin}" not in self._told
        ]
        late += [self._silent_at(peer) for peer in self._heard if f"silent {peer}" not in self._told]
        late += [
            self._root_shown[peer] + terms.root_max_age for peer in self._heard if f"root {peer}" not in self._told
        ]
        return min([self._next_beat, *(instant + 1 for instant in late)])

    def _silent_at(self, peer: str) -> int:
        terms = self._house.terms
        return self._heard[peer] + terms.heartbeat + terms.receipt_due + 2 * terms.clock_error

    def run(self, now: int) -> None:
        """Do all that is due at `now`. Call inside a batch."""
        for origin, ledger in self._house.ledgers.items():
            self._overdue(origin, ledger, now)
        for peer in self._heard:
            if now > self._silent_at(peer):
                self._once(
                    f"silent {peer}", now, peer, "heartbeat-missed", "nothing signed by them for longer than agreed"
                )
            if now > self._root_shown[peer] + self._house.terms.root_max_age:
                self._once(f"root {peer}", now, peer, "root-stale", "no root shown for longer than agreed")
            else:
                self._told.discard(f"root {peer}")
        step = self._house.terms.heartbeat
        if self._next_beat > now + step:  # kept by a clock that ran ahead and has been put right
            self._next_beat = now
        if now >= self._next_beat:
            self._next_beat += ((now - self._next_beat) // step + 1) * step
            self._house.store.set_meta("next beat", str(self._next_beat))
            self._beat(now)

    def _overdue(self, origin: str, ledger: Ledger, now: int) -> None:
        queue = self._waiting[origin]
        due = queue[0][1] + self._house.terms.receipt_due if queue else now
        if not queue or now <= due or f"overdue {origin}" in self._told:
            return
        size = queue[0][0]
        receipts = self._house.books[origin].all()
        quorum = len({r.name for r in receipts if r.role == timing.COSIGNER and r.size >= size})
        audience = ledger.log.audience
        self._once(
            f"overdue {origin}",
            now,
            audience,
            "receipt-overdue",
            f"{audience} has not signed for our entries below {size}; {quorum} cosigners had them",
        )
        root = ledger.root_at(size)
        if root is not None and not self._house.is_closed(origin):
            fields = {"log": origin, "size": size, "root": root.hex(), "due": due, "quorum": quorum}
            self._house.say(of_the_node(audience, "receipt_overdue", fields), now)

    def _beat(self, now: int) -> None:
        """The heartbeat: status to everyone, anchors, and one look at what others hold."""
        house = self._house
        for origin, ledger in house.ledgers.items():
            if not house.is_closed(origin):
                fields = {"root_version": house.state.document.version, "on_watch": house.on_watch}
                house.say(of_the_node(ledger.log.audience, "status", fields), now)
            self._ask_read_back(ledger)
        for mirror in house.mirrors.values():
            for cosigner in mirror.log.cosigners:
                self._ask(
                    cosigner, f"view|{mirror.origin}|{cosigner}", "POST", "/cosigner/sign-again", mirror.origin.encode()
                )

    # looking at what others hold

    def _ask(self, peer: str, purpose: str, method: str, path: str, body: bytes) -> None:
        lane = purpose.rpartition("|")[0] if purpose.startswith("readback") else purpose
        if not self._house.store.jobs(lane):
            self._house.store.add_job(peer, lane, method, path, TYPE_TEXT, body, purpose)

    def _ask_read_back(self, ledger: Ledger) -> None:
        signed = min(self._house.books[ledger.origin].signed_for(), ledger.size)
        if signed == 0:
            return
        index = int.from_bytes(self._house.random(8), "big") % signed
        number = index // WIDTH
        name = TileName(-1, number, min(WIDTH, signed - number * WIDTH))
        path = f"{mirror_prefix(ledger.origin)}/{name.path()}"
        self._ask(ledger.log.audience, f"readback|{ledger.origin}|{index}", "GET", path, b"")

    def read_back(self, origin: str, index: int, status: int, body: bytes, now: int) -> None:
        """A bundle of our own entries as the mirror serves it; RemoteError unless it holds what it signed for."""
        ledger = self._house.ledgers[origin]
        if status == 200:
            try:
                bundle = parse_bundle(body)
            except RemoteError:
                bundle = []
            start = index - index % WIDTH
            if (
                bundle
                and bundle == self._house.store.entries(origin, start, start + len(bundle))
                and index < start + len(bundle)
            ):
                return
        raise RemoteError(
            "mirror-lost-entry",
            f"{ledger.log.audience} signed for entry {index} and answers {status} with other bytes or none",
            where=origin,
            party=ledger.log.audience,
        )

    def compare_view(self, mirror: Mirror, cosigner: str, status: int, body: bytes, now: int) -> None:
        """A cosigner's newest head of a log that we mirror; ForkError if it is not of the history we hold."""
        if status != 200 or mirror.head is None:
            return
        theirs = parse_checkpoint(body)
        if theirs.head.origin != mirror.origin:
            raise RemoteError(
                "wrong-origin", f"asked about {mirror.origin}, answered about {theirs.head.origin}", party=cosigner
            )
        if theirs.head.size > mirror.size and not mirror.knows_key_of(theirs):
            return  # signed under a root that we have yet to read
        mirror.check_history(theirs)
        lines = cosignatures(theirs, self._house.keys.of(cosigner, timing.COSIGNER))
        if not lines:
            raise RemoteError("receipt-wrong-role", f"{cosigner} answered without its signature", party=cosigner)
        for line in lines:
            keep_neutral(self._house, mirror, theirs, line, now)
        # A view that was ahead of our copy when it came is compared now that our copy has reached it.
        for earlier in self._house.store.receipts_beside(mirror.origin, lines[0].key.name, mirror.size + 1)[:1]:
            if earlier.size <= mirror.size:
                mirror.check_history(parse_checkpoint(earlier.note))

    # records

    def _once(self, key: str, now: int, party: str, code: str, what: str) -> None:
        if key not in self._told:
            self._told.add(key)
            self._fault(now, party, code, what)

    def _fault(self, now: int, party: str, code: str, what: str) -> None:
        self._house.store.add_refusal(Refused(now, party, "", -1, code, what))
