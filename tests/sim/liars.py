"""Ready-made liars for the simulated world: what a peer might do to us, or to its own log, with the keys it has.

Two kinds. A *twist* answers or changes requests on their way, in the name of the node it belongs to:

    world.twists.append(liars.withhold_receipts(world, "ru"))

A `Pen` writes a participant's log by hand, under its real keys: entries no honest node would make, or a second history
of a log it already has. What it writes reaches the audience as requests; nothing of it is in the participant's node.

    pen = liars.Pen.of(world, "ru", "us")           # goes on from the real log (its node knows nothing of it)
    pen.post(pen.entry("status", time=T0 - 1))      # the answers: add-checkpoint, add-entries
    fork = liars.Pen.of(world, "ru", "us", at=1)    # a second history that leaves the real one after entry 0
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from detente.model import canon
from detente.model.statement import payload_type
from detente.node.ports import Reply
from detente.node.speaker import build
from detente.proof.checkpoint import Checkpoint, Head, cosign, parse_checkpoint, sign_checkpoint
from detente.proof.envelope import Envelope, seal
from detente.proof.keys import Signer, SoftSigner
from detente.proof.note import NoteSignature
from detente.proof.tiles import encode_bundle, parse_path
from detente.proof.tree import Tree, leaf_hash
from detente.proof.wire import (
    TYPE_ENTRIES,
    TYPE_INFO,
    TYPE_SIZE,
    TYPE_TEXT,
    AddCheckpoint,
    encode_add_entries,
    encode_info,
    mirror_prefix,
    parse_add_checkpoint,
    parse_add_entries,
)
from tests.sim.world import LOST, Message, Signers, Twist, World, origin

ADD_CHECKPOINT, ADD_ENTRIES, SIGN_AGAIN = "add-checkpoint", "add-entries", "sign-again"


# twists: a peer that lies in its answers


def answers(world: World, liar: str, ending: str, change: Callable[[bytes], Reply | bytes], *to: str) -> Twist:
    """The liar's honest answer to requests whose path has this ending (from those named), changed on its way out."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | bytes | None:
        if receiver != liar or not path.endswith(ending) or (to and sender not in to):
            return None
        reply = world.request(sender, receiver, path, body)
        if reply.status != 200:
            return reply
        changed = change(reply.body)
        return changed if isinstance(changed, Reply) else reply._replace(body=changed)

    return twist


def withhold_receipts(world: World, liar: str) -> Twist:
    """The liar stores everything and never signs for it: the answers carry no line."""
    return answers(world, liar, "/mirror/" + ADD_ENTRIES, lambda _: b"")


def silent(liar: str, *to: str) -> Twist:
    """The liar answers what it is asked and keeps its own log back (from those named, or from all)."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        pushes = path.endswith((ADD_CHECKPOINT, ADD_ENTRIES))
        return LOST if sender == liar and pushes and (not to or receiver in to) else None

    return twist


def sign_smaller(world: World, liar: str, less: int = 1) -> Twist:
    """The liar's mirror signs for n - `less` entries when n were sent."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if receiver != liar or not path.endswith("/mirror/" + ADD_ENTRIES):
            return None
        goal = parse_add_entries(body).end
        reply = world.request(sender, receiver, path, body)
        mirror = world.mirror(liar, sender)
        head = Head(mirror.origin, goal - less, mirror.tree.root(goal - less))
        line = mirror_line(world, liar, head, world.now // 1000)
        return reply._replace(body=line.encode().encode()) if reply.status == 200 else reply

    return twist


def sign_with(world: World, liar: str, *lines: Callable[[Head], NoteSignature]) -> Twist:
    """The liar's mirror answers with these lines over the head it was sent, instead of its own."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if receiver != liar or not path.endswith("/mirror/" + ADD_ENTRIES):
            return None
        reply = world.request(sender, receiver, path, body)
        held = world.mirror(liar, sender).head
        if reply.status != 200 or held is None:
            return reply
        return reply._replace(body="".join(make(held.head).encode() for make in lines).encode())

    return twist


def mirror_line(world: World, code: str, head: Head, time_s: int, signers: Signers | None = None) -> NoteSignature:
    """A receipt line of `code` over any head at any second."""
    return cosign(head, f"demo/test/{code}/mirror", (signers or world.nodes[code].signers)["mirror"][0], time_s)


def cosigner_line(world: World, code: str, head: Head, time_s: int) -> NoteSignature:
    """A neutral line of `code` over any head at any second."""
    return cosign(head, f"demo/test/{code}/cosigner", world.nodes[code].signers["cosigner"][0], time_s)


def backdate(world: World, liar: str, seconds: int) -> Twist:
    """The liar countersigns others' logs `seconds` too early."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if receiver != liar or "/cosigner/" not in path:
            return None
        reply = world.request(sender, receiver, path, body)
        if reply.status != 200:
            return reply
        if path.endswith(SIGN_AGAIN):
            shown = parse_checkpoint(reply.body)
            own = tuple(line for line in shown.note.signatures if line.name == shown.head.origin)
            line = cosigner_line(world, liar, shown.head, world.now // 1000 - seconds)
            return reply._replace(body=Checkpoint(shown.head, shown.note._replace(signatures=(*own, line))).encode())
        head = parse_add_checkpoint(body).checkpoint.head
        line = cosigner_line(world, liar, head, world.now // 1000 - seconds)
        return reply._replace(body=line.encode().encode())

    return twist


def answer_low(world: World, liar: str, log: str, note: Checkpoint) -> Twist:
    """Asked for the newest head of `log` it has signed for, the liar signs an old one afresh."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if receiver != liar or not path.endswith("/mirror/" + SIGN_AGAIN) or body.decode() != log:
            return None
        own = tuple(line for line in note.note.signatures if line.name == log)
        line = mirror_line(world, liar, note.head, world.now // 1000)
        return Reply(200, TYPE_TEXT, Checkpoint(note.head, note.note._replace(signatures=(*own, line))).encode())

    return twist


def answer_unsigned(liar: str, status: int, size: int) -> Twist:
    """Asked for the newest head it has signed for, the liar only says a number."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        asked = receiver == liar and path.endswith(SIGN_AGAIN)
        return Reply(status, TYPE_SIZE, f"{size}\n".encode()) if asked else None

    return twist


def refuse_with(liar: str, reply: Reply) -> Twist:
    """The liar answers every push with the same words."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        return reply if receiver == liar and path.endswith((ADD_CHECKPOINT, ADD_ENTRIES)) else None

    return twist


def claim_size(liar: str, size: int) -> Twist:
    """The liar says, unsigned, that it holds `size` entries already (or only that many)."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if receiver != liar or not path.endswith((ADD_CHECKPOINT, ADD_ENTRIES)):
            return None
        if path.endswith(ADD_CHECKPOINT):
            return Reply(409, TYPE_SIZE, f"{size}\n".encode())
        return Reply(409, TYPE_INFO, encode_info(size, size))

    return twist


def never_done(liar: str) -> Twist:
    """The liar accepts every head and asks for the entries again and again."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        if receiver != liar or not path.endswith("/mirror/" + ADD_ENTRIES):
            return None
        return Reply(202, TYPE_INFO, encode_info(parse_add_entries(body).end, 0))

    return twist


def drop_entries(world: World, liar: str, log: str, below: int = 2**53) -> Twist:
    """The liar's copy no longer has the entries below an index (a pruned mirror), or any (the default)."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        prefix = mirror_prefix(log) + "/"
        if receiver != liar or not path.startswith(prefix + "tile/entries"):
            return None
        name = parse_path(path.removeprefix(prefix))
        if name.number * 256 < below:
            return Reply(404, TYPE_TEXT, b"not found\n")
        return None

    return twist


def swap_entry(world: World, liar: str, log: str, index: int, data: bytes) -> Twist:
    """The liar's copy holds other bytes at one index than it signed for."""

    def twist(sender: str, receiver: str, path: str, body: bytes) -> Reply | None:
        prefix = mirror_prefix(log) + "/"
        if receiver != liar or not path.startswith(prefix + "tile/entries"):
            return None
        name = parse_path(path.removeprefix(prefix))
        start = name.number * 256
        entries = world.store(liar).entries(log, start, start + name.width)
        if start <= index < start + name.width:
            entries[index - start] = data
        return Reply(200, TYPE_ENTRIES, encode_bundle(entries))

    return twist


# twists: a network that does harm


def flip(path_ending: str, at: int = -1, *, sender: str = "", times: int = 1) -> Twist:
    """One bit of a request's body is flipped on its way, `times` times. `at` counts from the end if negative."""
    left = [times]

    def twist(source: str, receiver: str, path: str, body: bytes) -> Reply | bytes | None:
        if not left[0] or not path.endswith(path_ending) or (sender and source != sender):
            return None
        left[0] -= 1
        return flipped(body, at)

    return twist


def flipped(data: bytes, at: int = -1) -> bytes:
    """The bytes with one bit changed."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def replay(world: World, message: Message) -> Reply:
    """A request that was carried before, brought again."""
    return world.request(message.sender, message.receiver, message.path, message.body)


# a pen: a participant that writes its own log by hand


@dataclass
class Pen:
    """One participant's log to one audience, written by hand under its real keys."""

    world: World
    sender: str
    audience: str
    signers: Signers
    entries: list[bytes] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)
    offered: int = 0
    salt: int = 0

    @staticmethod
    def of(world: World, sender: str, audience: str, at: int | None = None) -> Pen:
        """A pen that goes on after the first `at` entries of the real log (all, if not given)."""
        pen = Pen(world, sender, audience, world.nodes[sender].signers)
        store, log = world.store(sender), origin(sender, audience)
        size = store.entry_count(log)
        pen.add(*store.entries(log, 0, size if at is None else at))
        pen.offered = size
        return pen

    @property
    def origin(self) -> str:
        return origin(self.sender, self.audience)

    def fields(self, kind: str, **changes: Any) -> dict[str, Any]:
        """The fields of a plain statement of this log; what a kind needs is filled in, `changes` replace."""
        self.salt += 1
        seen = self.world.mirror(self.sender, self.audience).head
        filled: dict[str, dict[str, Any]] = {
            "status": {"root_version": 1, "on_watch": 1},
            "call": {"about": "op", "text": f"call {self.salt}"},
            "revoke": {"key": "0" * 64, "reason": "lost"},
        }
        head: dict[str, Any] = {
            "type": kind,
            "agreement": self.world.house(self.sender).adoption.digest,
            "author": self.sender,
            "origin": self.origin,
            "time": self.world.now,
            "salt": hashlib.sha256(f"{self.origin} {self.salt}".encode()).hexdigest()[:32],
            "label": "releasable",
        }
        if seen is not None:
            head["seen"] = {"origin": seen.head.origin, "size": seen.head.size, "root": seen.head.root.hex()}
        return {name: value for name, value in {**head, **filled.get(kind, {}), **changes}.items() if value is not None}

    def envelope(self, kind: str, *, by: Sequence[Signer] = (), **changes: Any) -> Envelope:
        """A well-formed statement, sealed by the release key (or by others)."""
        payload = build(kind, self.fields(kind, **changes))
        return seal(payload_type(kind), payload, by or self.signers["release"][:1])

    def entry(self, kind: str, *, by: Sequence[Signer] = (), **changes: Any) -> bytes:
        """Entry bytes of a well-formed statement."""
        return self.envelope(kind, by=by, **changes).encode()

    def raw(self, payload: bytes, kind: str = "call", payload_kind: str | None = None) -> bytes:
        """Entry bytes around any payload bytes, sealed by the release key under a kind's payload type."""
        return seal(
            payload_type(kind) if payload_kind is None else payload_kind, payload, self.signers["release"][:1]
        ).encode()

    def payload(self, kind: str, **changes: Any) -> bytes:
        """Canonical payload bytes; nothing is checked, any field may be added."""
        return canon.encode(self.fields(kind, **changes))

    def add(self, *entries: bytes) -> Pen:
        """Write entries."""
        self.entries += entries
        self.tree.extend(map(leaf_hash, entries))
        return self

    def checkpoint(self, size: int | None = None, signers: Sequence[SoftSigner] = ()) -> Checkpoint:
        """A signed head of this history."""
        size = len(self.entries) if size is None else size
        return sign_checkpoint(Head(self.origin, size, self.tree.root(size)), signers or self.signers["log"])

    def checkpoint_body(self, old: int | None = None, size: int | None = None) -> bytes:
        """An add-checkpoint body from `old` (what was offered last, unless told)."""
        size = len(self.entries) if size is None else size
        old = min(self.offered, size) if old is None else old
        proof = tuple(self.tree.consistency(old, size)) if old <= size else ()
        return AddCheckpoint(old, proof, self.checkpoint(size)).encode()

    def entries_body(self, start: int | None = None, end: int | None = None) -> bytes:
        """An add-entries body for [start, end)."""
        end = len(self.entries) if end is None else end
        start = min(self.offered, end) if start is None else start
        return encode_add_entries(self.origin, start, end, self.tree, lambda a, b: self.entries[a:b])

    def offer(self, old: int | None = None, size: int | None = None) -> Reply:
        """Bring the head to the audience's mirror."""
        return self.send(ADD_CHECKPOINT, self.checkpoint_body(old, size))

    def deliver(self, start: int | None = None) -> Reply:
        """Bring the entries to the audience's mirror."""
        reply = self.send(ADD_ENTRIES, self.entries_body(start))
        if reply.status == 200:
            self.offered = len(self.entries)
        return reply

    def show(self, cosigner: str, old: int | None = None) -> Reply:
        """Bring the head to a cosigner."""
        return self.world.request(self.sender, cosigner, "/cosigner/add-checkpoint", self.checkpoint_body(old))

    def post(self, *entries: bytes) -> tuple[Reply, Reply]:
        """Write entries and bring head and entries to the audience."""
        self.add(*entries)
        return self.offer(), self.deliver()

    def send(self, what: str, body: bytes) -> Reply:
        """One request to the audience's mirror, as the network would bring it."""
        return self.world.request(self.sender, self.audience, f"/mirror/{what}", body)
