"""The house as a whole: batches are all or nothing, whatever peers send or answer gives a reply or a named refusal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import ADVICE, GivenError, LocalError
from detente.node.ports import Reply
from detente.proof.checkpoint import Head, sign_checkpoint
from detente.proof.tree import EMPTY_ROOT
from detente.proof.wire import AddCheckpoint, encode_add_entries
from tests.sim import liars
from tests.sim.world import MINUTE, NAMES, NOTICE, T0, MemoryStore, World, out, out_to_all, root_for, signers_for

LOG, BACK = "demo/test/us/to-ru", "demo/test/ru/to-us"


def memory(world: World, code: str) -> dict[str, object]:
    """All that a house holds in memory, as values that can be compared."""
    house = world.house(code)
    return {
        "ledgers": {o: (v.size, v.tree.size, v.tree.root(), v.head) for o, v in house.ledgers.items()},
        "mirrors": {c: (m.head, m.pending, m.tree.size, m.reader.copy(), m.signer) for c, m in house.mirrors.items()},
        "kept": house.batches.keep(),
        "lanes": {n: (v.offered, v.next, v.goal, v.signed, v.busy) for n, v in house.push.lanes.items()},
        "state": house.state,
        "signers": house.speaker.signers,
        "waiting": house.speaker.waiting(),
    }


def stored(store: MemoryStore) -> str:
    """Everything in a store."""
    return "\n".join(store._db.iterdump())


def test_a_batch_that_fails_leaves_nothing_in_memory_or_store(world: World) -> None:
    """Speaking, reading a peer's change of keys, rotating one's own, answers and timers: all undone together."""
    world.adopt()
    us = world.house("us")
    pen = liars.Pen.of(world, "ru", "us")
    new = signers_for("ru", 2)
    document = root_for("ru", new, 2, world.roots["ru"], also=pen.signers["root"])
    pen.add(pen.entry("call"), pen.entry("root", version=2, document=document))
    own = signers_for("us", 2)
    own_document = root_for("us", own, 2, world.roots["us"], also=world.nodes["us"].signers["root"])
    head = AddCheckpoint(
        pen.offered,
        tuple(pen.tree.consistency(pen.offered, len(pen.entries))),
        pen.checkpoint(signers=[*new["log"], *pen.signers["log"]]),
    ).encode()
    before, rows = memory(world, "us"), stored(world.store("us"))
    later = world.now + 12 * MINUTE

    def work() -> None:
        us.say(out("ru", "notice", NOTICE), later)
        assert us.serve("ru", "/mirror/add-checkpoint", head, later).status == 200
        assert us.serve("ru", "/mirror/add-entries", pen.entries_body(), later).status == 200
        assert us.mirrors["ru"].reader.state.document.version == 2  # type: ignore[union-attr]
        us.tick(later)
        us.keys.rotate(own_document, own, later)
        us.serve("ru", "/mirror/sign-again", b"", later)
        us.answered("ru", f"push|mirror {LOG} ru|entries|1", 200, b"", later)
        if not world.store("us").full:
            raise ZeroDivisionError

    for full in (True, False):  # the commit fails, or the work itself does
        world.store("us").full = full
        with pytest.raises((LocalError, ZeroDivisionError)), us.batch(later):
            work()
        assert memory(world, "us") == before
        assert stored(world.store("us")) == rows
    world.store("us").full = False
    world.later(25 * MINUTE)
    for code in NAMES:
        assert world.refusals(code) == [], code


def test_a_refused_request_undoes_its_own_part_only(world: World) -> None:
    us = world.house("us")
    pen = liars.Pen.of(world, "ru", "us")
    pen.add(pen.entry("call")).offer()
    with us.batch(world.now):
        placed = us.say(out("ru", "notice", NOTICE), world.now)
        before = us.mirrors["ru"].tree.size
        bad = us.serve("ru", "/mirror/add-entries", liars.flipped(pen.entries_body(), 200), world.now)
        assert bad.status == 422
        assert us.mirrors["ru"].tree.size == before
        assert us.serve("ru", "/mirror/add-entries", pen.entries_body(), world.now).status == 200
    world.run()
    assert us.receipt(placed.origin, placed.entry)
    assert world.mirror("us", "ru").size == len(pen.entries)


def test_bad_fields_are_named_and_nothing_is_said(world: World) -> None:
    us = world.house("us")
    before = us.ledgers[LOG].size
    with us.batch(world.now):
        for fields, code in (
            ({"about": "op"}, "bad-field"),
            ({"about": "op", "text": "x", "weapon": "x"}, "bad-field"),
            ({"about": "op", "text": "a\u202eb"}, "bad-text"),
            ({"about": "OP", "text": "x"}, "bad-field"),
            ({"about": "op", "text": 7}, "bad-field"),
        ):
            with pytest.raises(GivenError) as refused:
                us.say(out("ru", "call", fields), world.now)
            assert refused.value.code == code, fields
        with pytest.raises(LocalError) as kind:
            us.say(out("ru", "order", {}), world.now)
        with pytest.raises(LocalError) as audience:
            us.say(out("cn", "call", {"about": "op", "text": "x"}), world.now)
    assert kind.value.code == audience.value.code == "unknown-name"
    assert us.ledgers[LOG].size == before


def test_the_same_words_to_two_audiences_are_two_statements(world: World) -> None:
    with world.speaking("us") as house:
        first, second = house.say_to_all(out_to_all(house, "notice", NOTICE), world.now)
    assert first.id != second.id
    said = world.read("us", second.origin, second.entry).statement
    assert said is not None
    assert said.same_as == first.id


def test_one_head_for_each_batch(world: World) -> None:
    with world.speaking("us") as house:
        for _ in range(50):
            house.say(out("ru", "notice", NOTICE), world.now)
    sizes = {r.size for r in world.store("us").receipts(LOG)}
    assert sizes == {1, 52}, "the root; fifty notices and the digest of the receipt held"


# junk from peers

PEERS = st.sampled_from(["us", "un", "xx", ""])
PATHS = st.one_of(
    st.sampled_from(
        [
            *(f"/mirror/{end}" for end in ("add-checkpoint", "add-entries", "sign-again", "")),
            *(f"/cosigner/{end}" for end in ("add-checkpoint", "sign-again", "add-entries")),
            "/",
            "",
        ]
    ),
    st.text(max_size=30),
)


class Junk:
    """A world, real bytes seen in it, and ways to spoil them."""

    def __init__(self) -> None:
        self.world = World()
        self.world.say("us", "ru", "notice", NOTICE)
        self.world.later(11 * MINUTE)
        pen = liars.Pen.of(self.world, "us", "ru")
        pen.add(pen.entry("call"))
        empty = sign_checkpoint(Head(LOG, 0, EMPTY_ROOT), pen.signers["log"])
        wrong = sign_checkpoint(Head(LOG, 0, b"\x07" * 32), pen.signers["log"])
        huge = sign_checkpoint(Head(LOG, 2**53 - 1, b"\x07" * 32), pen.signers["log"])
        bodies = [m.body for m in self.world.traffic] + [m.reply.body for m in self.world.traffic]
        bodies += [AddCheckpoint(0, (), head).encode() for head in (empty, wrong, huge)]
        bodies += [
            encode_add_entries(LOG, n, n, pen.tree, lambda a, b: pen.entries[a:b]) for n in (0, 1, len(pen.entries))
        ]
        bodies += [pen.checkpoint_body(), pen.entries_body(), LOG.encode(), b"", b"\xff\xfe", b"0\n0\n\n"]
        self.bodies = sorted(set(bodies), key=len)


JUNK = Junk()


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(JUNK.bodies))
    way = draw(st.sampled_from(["as it is", "flip", "cut", "join", "insert", "random"]))
    if way == "random" or not body:
        return draw(st.binary(max_size=200))
    at = draw(st.integers(0, len(body) - 1))
    if way == "flip":
        return liars.flipped(body, at)
    if way == "cut":
        return body[:at]
    if way == "join":
        return body[:at] + draw(st.sampled_from(JUNK.bodies))[at:]
    return body[:at] + draw(st.binary(max_size=5)) + body[at:] if way == "insert" else body


@settings(max_examples=400)
@given(PEERS, PATHS, bodies())
def test_any_request_gets_a_reply_or_a_named_refusal(peer: str, path: str, body: bytes) -> None:
    world = JUNK.world
    house = world.house("ru")
    before = len(world.refused("ru"))
    with house.batch(world.now):
        reply = house.serve(peer, path, body, world.now)
    assert isinstance(reply, Reply)
    assert reply.status in (200, 202, 400, 403, 404, 409, 413, 422, 429)
    new = world.refused("ru")[before:]
    assert {refused.code for refused in new} <= ADVICE.keys()
    if reply.status in (400, 403, 413, 422, 429):
        assert new, "a refusal is kept"


PURPOSES = st.sampled_from(
    [
        f"push|mirror {LOG} ru|offer|2",
        f"push|mirror {LOG} ru|entries|2",
        f"push|cosigner {LOG} un|offer|2",
        f"again|{LOG}|mirror|ru",
        f"again|{LOG}|cosigner|un",
        f"pull|{LOG}|9|0",
        f"readback|{LOG}|0",
        f"view|{BACK}|un",
    ]
)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_any_answer_is_taken_or_refused_by_name(closed: bool) -> None:
    world = World()
    world.later(11 * MINUTE)
    backup = world.backup("us")
    world.say("us", "ru", "notice", NOTICE)
    world.cut("us")
    if closed:
        world.restart("us", store=backup)
    house = world.house("us")

    @settings(max_examples=300)
    @given(PURPOSES, st.sampled_from([200, 202, 404, 409, 429, 500, 0, 999]), bodies())
    def answer(purpose: str, status: int, body: bytes) -> None:
        lane = house.push.lanes.get(purpose.split("|")[1])
        if lane is not None:
            purpose = purpose.rpartition("|")[0] + f"|{lane.goal}"
        sizes = {o: v.size for o, v in house.ledgers.items()}
        before = len(world.refused("us"))
        with house.batch(world.now):
            house.answered("ru", purpose, status, body, world.now)
        assert {refused.code for refused in world.refused("us")[before:]} <= ADVICE.keys()
        assert sizes == {o: v.size for o, v in house.ledgers.items()}, "an answer makes us sign nothing"

    answer()
    assert bool(house.restart.closed) is closed
    world.restore("us")
    world.later(30 * MINUTE)
    placed = world.say("us", "ru", "notice", NOTICE)
    assert house.receipt(placed.origin, placed.entry), "and the node is as good as before"
    assert world.now > T0


def test_an_empty_head_is_signed_for_like_any_other() -> None:
    """tlog-checkpoint allows a log of no entries; ours never show one, but a peer may."""
    world = World()
    world.cut("un")
    fresh = MemoryStore()
    world.restart("ru", store=fresh)
    pen = liars.Pen(world, "us", "ru", world.nodes["us"].signers)
    assert pen.offer(0).status == 200
    assert pen.deliver(0).status == 409, "below what ru had signed for by its mark"
    world.house("ru").mirrors["us"].unsure = False
    assert pen.deliver(0).status == 200
    wrong = sign_checkpoint(Head(LOG, 0, b"\x07" * 32), pen.signers["log"])
    assert pen.send(liars.ADD_CHECKPOINT, AddCheckpoint(0, (), wrong).encode()).status in (400, 409)
    assert world.refusals("ru")[-1] in ("checkpoint-invalid", "fork"), "an empty log has one root only"
