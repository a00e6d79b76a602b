"""A world in memory: three whole nodes, a scripted clock, and a network that can be told to lie.

The nodes are the real `House` on the real store (SQLite in memory), and what peers may read comes from the gateway's
real `Served`; only sockets and processes are left out. us and ru are parties, un takes part and countersigns.

    world = World(receipt_due="60s")            # terms can be changed by name
    placed = world.say("us", "ru", "notice", NOTICE)
    world.later(10 * MINUTE)                    # every node ticks each minute
    world.cut("ru")                             # nothing reaches or leaves ru; jobs wait
    world.hold("ru", "us")                      # what ru sends to us waits; answers to us still come
    world.restart("us", store=backup)           # a restored backup
    world.twists.append(liars.withhold_receipts(world, "ru"))

A *twist* sees each request on its way: it may let it pass (None), change its body (bytes), answer it (a `Reply`) or
lose it (`LOST`: the job stays queued). Ready-made liars stand in tests/sim/liars.py. `world.traffic` keeps every
message carried. All times are ms; keys, salts and choices are repeatable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, get_args

from detente.adapters.store_shared import SqliteShared
from detente.adapters.tiles_served import Served
from detente.errors import LocalError
from detente.model.terms import Terms, read_terms
from detente.model.when import read_instant
from detente.node.house import House
from detente.node.mirror import Mirror
from detente.node.ports import Refused, Reply, settles
from detente.node.reader import LogReader, Read
from detente.node.release import pipeline
from detente.node.release.first import first_policy
from detente.node.release.outgoing import NODE_SAYS, Outgoing, of_the_node
from detente.node.release.policy_file import read_policy
from detente.node.settings import Settings
from detente.node.speaker import Placed
from detente.proof.keys import SoftSigner, verify_each
from detente.proof.roots import KeyEntry, Role, RootDocument, Threshold, digest_of, seal_root
from detente.proof.wire import MAX_BODY, TYPE_TEXT

SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000
T0 = read_instant("2016-09-17T09:00:00Z")
ROLES: tuple[Role, ...] = get_args(Role)
NAMES = {
    "us": ("United States", "party"),
    "ru": ("Russian Federation", "party"),
    "un": ("United Nations", "other"),
}
AGREEMENT = b"language: 1\nagreement: test-2016\nclauses:\n- id: A\n  at_least: 24h\n"
NOTICE: dict[str, Any] = {
    "operation": "op",
    "place": {"lat": 352850000, "lon": 401760000, "radius": 2000},
    "window": {"start": T0, "end": T0 + HOUR},
}
Signers = dict[str, list[SoftSigner]]
Twist = Callable[[str, str, str, bytes], "Reply | bytes | None"]
"""(sender, receiver, path, body) -> an answer in the receiver's name, another body, or None to let it pass."""
LOST = Reply(0, "", b"")
"""A twist's way of losing a request: no answer ever comes and the job stays queued."""


class Message(NamedTuple):
    """One request that was carried, as it arrived, and its answer."""

    sender: str
    receiver: str
    path: str
    body: bytes
    reply: Reply


def seed(*words: str) -> bytes:
    """A repeatable 32-byte key seed."""
    return hashlib.sha256("|".join(words).encode()).digest()


def signers_for(code: str, version: int = 1, keep: Sequence[str] = (), release: int = 1) -> Signers:
    """Signers of all roles for root `version`; roles in `keep` stay those of version 1; `release` release keys."""

    def one(role: str, number: int = 0) -> SoftSigner:
        return SoftSigner(seed(code, role, "1" if role in keep else str(version), *([str(number)] if number else [])))

    return {role: [one(role, n) for n in range(release if role == "release" else 1)] for role in ROLES}


def root_for(
    code: str,
    signers: Signers,
    version: int = 1,
    previous: bytes | None = None,
    also: Sequence[SoftSigner] = (),
    thresholds: Sequence[tuple[Role, int]] = (("root", 1),),
) -> bytes:
    """A signed root document; `also` are the old root keys at a change. Each key of a role has its own agency."""
    document = RootDocument(
        participant=code,
        name=f"demo/test/{code}",
        version=version,
        previous=digest_of(previous) if previous else None,
        keys=[
            KeyEntry(public=s.public, role=role, agency=f"{role}-{n}")
            for role in ROLES
            for n, s in enumerate(signers[role])
        ],
        thresholds=[Threshold(role=role, needed=needed) for role, needed in thresholds],
    )
    old = {s.public for s in signers["root"]}
    return seal_root(document, [*signers["root"], *(s for s in also if s.public not in old)])


def terms_text(roots: Mapping[str, bytes], **changes: str) -> bytes:
    """A terms file for us, ru (parties) and un (other), un countersigning between the parties."""
    values = {
        "receipt_due": "60s",
        "clock_error": "30s",
        "heartbeat": "10min",
        "root_max_age": "24h",
        "cosigners": "1",
        "liars": "0",
        "entries": "20000",
        "bytes": "64000000",
        "between": "un",
    } | changes
    neutral = f", cosigners: [{values['between']}]" if values["between"] else ""
    lines = [
        "terms: 1",
        "agreement: test-2016",
        "verifier: libsodium",
        *(f"{key}: {values[key]}" for key in ("receipt_due", "clock_error", "heartbeat", "root_max_age")),
        f"quorum: {{cosigners: {values['cosigners']}, liars: {values['liars']}}}",
        f"quota: {{entries: {values['entries']}, bytes: {values['bytes']}, per: 1h}}",
        "mirror_minimum_index: 0",
        "participants:",
        *(f"  {c}: {{name: {n}, role: {r}, root: {digest_of(roots[c])}}}" for c, (n, r) in NAMES.items()),
        "logs:",
    ]
    for sender in NAMES:
        for audience in NAMES:
            if sender != audience:
                cosigners = neutral if "un" not in (sender, audience) else ""
                lines.append(f"  {origin(sender, audience)}: {{from: {sender}, to: {audience}{cosigners}}}")
    return ("\n".join(lines) + "\n").encode()


def origin(sender: str, audience: str) -> str:
    """The origin of a log of this world."""
    return f"demo/test/{sender}/to-{audience}"


def _open_desk() -> pipeline.Desk:
    """A release desk whose policy lets everything leave, as a node's first policy does."""
    policy = read_policy(first_policy("us", {}))
    return pipeline.Desk(policy, lambda: None, lambda kind, fields: fields, lambda paper: (None, ""))


DESK = _open_desk()


def out(audience: str, kind: str, fields: Mapping[str, Any]) -> Outgoing:
    """What `House.say` demands: the node's own kinds as it makes them, all else through the real release pipeline.

    The digest for `approval` is the same each time, so that salts do not depend on it."""
    if kind in NODE_SAYS:
        return of_the_node(audience, kind, fields)
    return pipeline.run(DESK, pipeline.Draft(kind, fields, audience), T0, lambda size: bytes(size)).outgoing


def out_to_all(house: House, kind: str, fields: Mapping[str, Any]) -> list[Outgoing]:
    """The same for each audience."""
    return [out(code, kind, fields) for code in house.audiences()]


def offer(house: House, now: int, text: bytes | None = None, terms: bytes | None = None) -> list[Placed]:
    """Offer agreement and terms to everyone."""
    return house.say_to_all(out_to_all(house, "offer", house.offer_fields(text, terms)), now)


def adopt(house: House, now: int) -> list[Placed]:
    """Sign or take part."""
    return house.say_to_all(out_to_all(house, *house.adopting()), now)


class MemoryStore(SqliteShared):
    """The real store in memory. `full`: the disk is full, no transaction can be made durable."""

    full = False

    def __init__(self) -> None:
        super().__init__(None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with super().transaction():
            yield
            if self.full and self._depth == 1:
                raise LocalError("disk-full", "the disk of the simulation is full")

    def copy(self) -> MemoryStore:
        """Everything in it as it is now."""
        copied = MemoryStore()
        self._db.backup(copied._db)
        return copied


@dataclass
class MemoryMark:
    """A high-water mark that outlives the store. Empty after `forget`, as when the machine was restarted."""

    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    begun: bool = False

    def read(self) -> dict[str, tuple[int, str]]:
        return dict(self.heads)

    def mark(self, heads: dict[str, tuple[int, str]]) -> None:
        self.heads, self.begun = dict(heads), True

    def forget(self) -> None:
        self.heads = {}


class Node:
    """One node of the world, with what survives a restart. `rings`: signers by root version, as its private store has."""

    def __init__(
        self,
        settings: Settings,
        signers: Signers,
        store: MemoryStore,
        mark: MemoryMark,
        now: int,
        draws: int = 0,
        rings: dict[int, Signers] | None = None,
    ) -> None:
        self.code = settings.me
        self.settings = settings
        self.signers = signers
        self.store = store
        self.mark = mark
        self.draws = draws
        self.rings = rings or {1: signers}
        self.house = House(settings, store, self.rings[1], mark, self.random, now)
        self.house.keys.signers_for = lambda document: self.rings[document.version]
        self.house.keys.ours = lambda: [
            s.public for ring in self.rings.values() for each in ring.values() for s in each
        ]
        if self.house.state.document.version > 1:
            self.house.keys.use(self.rings[self.house.state.document.version])

    def random(self, size: int) -> bytes:
        """Repeatable bytes, never the same twice, not even after a restart."""
        self.draws += 1
        return hashlib.shake_256(f"{self.code}|{self.draws}".encode()).digest(size)


class World:
    """Three nodes; `now` is the only clock. `run()` carries messages until nothing is left to carry."""

    def __init__(
        self,
        *,
        signers: Mapping[str, Signers] | None = None,
        thresholds: Sequence[tuple[Role, int]] = (("root", 1),),
        agreement: bytes = AGREEMENT,
        **terms: str,
    ) -> None:
        self.now = T0
        self.twists: list[Twist] = []
        self.traffic: list[Message] = []
        self._cut: set[str] = set()
        self._held: set[tuple[str, str]] = set()
        self._put_off: set[tuple[str, str]] = set()
        keys = dict(signers) if signers else {code: signers_for(code) for code in NAMES}
        self.roots = {code: root_for(code, keys[code], thresholds=thresholds) for code in NAMES}
        # quotas smaller than the terms allow, so that tests of them stay small
        entries, size = int(terms.pop("entries", "20000")), int(terms.pop("bytes", "64000000"))
        self.terms_bytes = terms_text(self.roots, **terms)
        self.terms: Terms = replace(read_terms(self.terms_bytes), quota_entries=entries, quota_bytes=size)
        self.nodes: dict[str, Node] = {}
        for code in NAMES:
            settings = Settings(code, agreement, self.terms, self.terms_bytes, self.roots, production=False)
            self.nodes[code] = Node(settings, keys[code], MemoryStore(), MemoryMark(), self.now)
        for node in self.nodes.values():
            node.house.start(self.now)
        self.run()

    # nodes

    def house(self, code: str) -> House:
        """The house of a node."""
        return self.nodes[code].house

    def store(self, code: str) -> MemoryStore:
        """The store of a node."""
        return self.nodes[code].store

    def mirror(self, code: str, sender: str) -> Mirror:
        """Code's copy of the log sender→code."""
        return self.house(code).mirrors[sender]

    def backup(self, code: str) -> MemoryStore:
        """A copy of a node's store as it is now."""
        return self.store(code).copy()

    def restart(self, code: str, *, store: MemoryStore | None = None, mark: MemoryMark | None = None) -> House:
        """Start a node again, on its own store or on another (a restored backup); nothing is carried yet."""
        old = self.nodes[code]
        kept = (store or old.store, mark or old.mark, self.now, old.draws, old.rings)
        node = Node(old.settings, old.signers, *kept)
        self.nodes[code] = node
        node.house.start(self.now)
        return node.house

    def rotate(self, code: str, keep: Sequence[str] = (), version: int = 2) -> Signers:
        """Publish code's next root with new keys in every role but those in `keep`; carried to the others."""
        node = self.nodes[code]
        old = node.signers
        new = signers_for(code, version) | {role: old[role] for role in keep}
        previous = self.root_document(code)
        document = root_for(code, new, version, previous, also=old["root"])
        with self.speaking(code) as house:
            house.keys.rotate(document, new, self.now)
        node.signers = node.rings[version] = new
        return new

    def root_document(self, code: str) -> bytes:
        """The signed root document now in force at code's own node."""
        digest = self.house(code).state.digest
        for row in self.store(code).statements("root"):
            statement = self.read(code, row.origin, row.entry).statement
            document = getattr(statement, "document", b"")
            if digest_of(document) == digest:
                return bytes(document)
        return self.roots[code]

    # speaking, and time

    @contextmanager
    def speaking(self, code: str) -> Iterator[House]:
        """A batch at one node, carried to the others afterwards."""
        house = self.house(code)
        with house.batch(self.now):
            yield house
        self.run()

    def say(self, sender: str, audience: str, kind: str, fields: Mapping[str, Any]) -> Placed:
        """One statement in a batch of its own, carried."""
        with self.speaking(sender) as house:
            return house.say(out(audience, kind, fields), self.now)

    def adopt(self) -> None:
        """Everyone offers, then everyone adopts."""
        for code in self.nodes:
            with self.speaking(code) as house:
                offer(house, self.now)
        for code in self.nodes:
            with self.speaking(code) as house:
                adopt(house, self.now)

    def later(self, ms: int, step: int = MINUTE) -> None:
        """Let time pass, ticking every node in steps."""
        end = self.now + ms
        while self.now < end:
            self.now = min(end, self.now + step)
            self.tick()

    def tick(self) -> None:
        """Let every node do what is due now."""
        for node in self.nodes.values():
            with node.house.batch(self.now):
                node.house.tick(self.now)
        self.run()

    # the network

    def cut(self, code: str) -> None:
        """Nothing reaches or leaves a node; jobs wait."""
        self._cut.add(code)

    def restore(self, code: str) -> None:
        """The link of a node is back; what waited is carried."""
        self._cut.discard(code)
        self.run()

    def hold(self, sender: str, receiver: str) -> None:
        """Requests of one node to another wait (answers the other way still come)."""
        self._held.add((sender, receiver))

    def release(self, sender: str, receiver: str) -> None:
        """What was held is carried."""
        self._held.discard((sender, receiver))
        self.run()

    def run(self, limit: int = 5_000) -> int:
        """Carry jobs until none is left that can be carried; how many were.

        As the gateway does, a lane goes on only once its first job is answered; what says "not now" (429, 503 but for a
        fresh signature) or is longer than any answer is none, and is asked again, here in the next run.
        """
        carried = 0
        self._put_off.clear()
        while True:
            moved = [self._carry_one(node) for node in self.nodes.values()]
            carried += sum(moved)
            if not any(moved):
                return carried
            if carried > limit:
                raise AssertionError("messages do not come to rest")

    def _carry_one(self, node: Node) -> bool:
        for job in node.store.jobs():
            lane = (node.code, job.lane)
            if {node.code, job.peer} & self._cut or (node.code, job.peer) in self._held or lane in self._put_off:
                continue
            reply = self._carry(node.code, job.peer, job.path, job.body)
            if reply is LOST:
                self._put_off.add(lane)
                continue
            node.store.add_answer(job, reply.status, reply.body)
            with node.house.batch(self.now):
                for item in node.store.inbox():
                    node.house.answered(item.peer, item.purpose, item.status, item.body, self.now)
                    node.store.settle(item, 0, "", b"")
            return True
        return False

    def _carry(self, sender: str, receiver: str, path: str, body: bytes) -> Reply:
        """The answer as the sender's gateway would hand it over; LOST if it would ask again."""
        reply = self._reply(sender, receiver, path, body)
        whole = len(reply.body) <= MAX_BODY
        return reply if reply is not LOST and whole and settles(path, reply.status, reply.body) else LOST

    def _reply(self, sender: str, receiver: str, path: str, body: bytes) -> Reply:
        for twist in self.twists:
            answer = twist(sender, receiver, path, body)
            if isinstance(answer, Reply):
                return answer
            if isinstance(answer, bytes):
                body = answer
        return self.request(sender, receiver, path, body)

    def request(self, sender: str, receiver: str, path: str, body: bytes) -> Reply:
        """One request as the receiver answers it (GETs, and bodies beyond the limit, as its gateway would)."""
        node = self.nodes[receiver]
        if len(body) > MAX_BODY:
            return Reply(413, TYPE_TEXT, b"refused: too-large\n")
        if "/tile/" in path or path.endswith("/checkpoint"):
            reply = Reply(*Served(node.store, self.terms, receiver).get(sender, path))
        else:
            with node.house.batch(self.now):
                reply = node.house.serve(sender, path, body, self.now)
        self.traffic.append(Message(sender, receiver, path, body, reply))
        return reply

    # looking

    def refusals(self, code: str) -> list[str]:
        """Codes of the refusals a node has logged, in order."""
        return [refused.code for refused in self.refused(code)]

    def refused(self, code: str, *codes: str) -> list[Refused]:
        """The refusals a node has logged (of these codes, if any are named), in order."""
        return [r for r in self.store(code).refusals(100_000) if not codes or r.code in codes]

    def reads(self, code: str, sender: str) -> list[Read]:
        """All entries of the log sender→code as code's node holds them, read offline: keys from the log itself."""
        mirror = self.mirror(code, sender)
        reader = LogReader(mirror.origin, sender, mirror.reader.answers, mirror.reader.agreement, None)
        return reader.read(0, self.store(code).entries(mirror.origin, 0, mirror.size), verify_each)

    def read(self, code: str, log: str, entry: int) -> Read:
        """One entry of a log as it stands in code's store, parsed; no key is asked whether it counts."""
        reader = LogReader(log, log.split("/")[-2], "", "", None)
        return reader.read(entry, self.store(code).entries(log, entry, entry + 1), verify_each)[0]
