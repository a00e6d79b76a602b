"""A party that lies about `same_as`, `replaces` and `withdrawn` touches nobody's acts but its own."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from detente.node.speaker import Placed
from tests.node.test_recording import TEXT, consent, recording
from tests.sim.world import MINUTE, T0, World, out, out_to_all

STOP = {"name": "stop", "fields": {"reason": "strike on our troops"}}
STRIKE = {"name": "strike", "by": [], "first": T0, "last": T0 + 5, "fields": {"against": "daesh"}}


@pytest.fixture
def world() -> World:
    return World(agreement=TEXT)


def claim(world: World, author: str, audience: str, kind: str, fields: Mapping[str, object], same: str) -> Placed:
    with world.speaking(author) as house:
        return house.say(out(audience, kind, fields), world.now, same)


def stop(world: World, author: str) -> list[Placed]:
    with world.speaking(author) as house:
        placed = house.say_to_all(out_to_all(house, "said", STOP), world.now)
    world.later(MINUTE)
    return placed


@pytest.mark.parametrize(("author", "liar"), [("us", "ru"), ("ru", "us")])
def test_nobody_s_words_go_into_an_act_of_somebody_else(world: World, author: str, liar: str):
    first = stop(world, author)[0]
    claim(world, liar, author, "said", consent(), first.id)
    world.later(MINUTE)
    for code in ("us", "ru"):
        acts = recording(world, code).record(world.now).acts
        found = {act.kind: act for act in acts}
        assert len(acts) == 2
        assert (found["stop"].by, found["consent"].by) == (frozenset({author}), frozenset({liar}))
        assert set(found["consent"].received) == {author}
        assert liar in found["stop"].received
        assert author not in found["stop"].received


def test_other_words_under_one_name_are_two_acts_alike_on_every_node(world: World):
    first = world.say("us", "ru", "said", STOP)
    claim(world, "us", "un", "said", consent(), first.id)
    claim(world, "us", "ru", "said", STOP, first.id)
    (*ours,) = recording(world, "us").record(world.now).acts
    assert [(act.kind, sorted(act.received)) for act in ours] == [
        ("stop", ["ru"]),
        ("stop", ["ru"]),
        ("consent", ["un"]),
    ]
    assert len({act.id for act in ours}) == 3
    theirs = recording(world, "ru").record(world.now).acts
    assert [act.id for act in theirs] == [act.id for act in ours[:2]]


def test_said_to_all_twice_is_two_acts_with_each_receipt(world: World):
    stop(world, "us")
    stop(world, "us")
    acts = recording(world, "us").record(world.now).acts
    assert [(act.kind, sorted(act.received)) for act in acts] == [("stop", ["ru", "un"])] * 2


@pytest.mark.parametrize("withdrawn", [{}, {"withdrawn": "yes"}])
def test_nobody_replaces_or_withdraws_what_another_said(world: World, withdrawn: dict[str, str]):
    stopped = stop(world, "us")[-1]
    told = world.say("us", "ru", "told", STRIKE)
    own = world.say("ru", "us", "said", STOP)  # a statement is no account: not even one's own is replaced by one
    for target in (stopped.id, told.id, own.id, "a" * 64):
        world.say("ru", "us", "told", {**STRIKE, "replaces": target, **withdrawn})
    for code in ("us", "ru"):
        each = recording(world, code)
        current = each.record(world.now).current().acts
        assert [act.kind for act in current if act.log == "us"] == ["stop", "strike"]
        assert [act.kind for act in current if act.log == "ru"] == ["stop", *(["strike"] * 4 if not withdrawn else [])]
        each.record(world.now)
        assert len(each.misfits) == 4
        assert "replaces no earlier account of its author" in each.misfits[0].what


def test_no_account_replaces_itself_or_a_later_one(world: World):
    claim(world, "ru", "us", "told", {**STRIKE, "replaces": "a" * 64}, "a" * 64)
    claim(world, "ru", "us", "told", {**STRIKE, "by": ["ru"], "replaces": "c" * 64}, "b" * 64)
    claim(world, "ru", "us", "told", {**STRIKE, "by": ["us"], "replaces": "b" * 64}, "c" * 64)
    current = recording(world, "us").record(world.now).current().acts
    assert [(act.id[0], sorted(act.by)) for act in current] == [("a", []), ("c", ["us"])]


@pytest.mark.parametrize("number", [0, 1])
def test_an_account_to_all_is_replaced_by_the_id_of_any_copy(world: World, number: int):
    with world.speaking("ru") as house:
        copy = house.say_to_all(out_to_all(house, "told", STRIKE), world.now)[number]
    assert len(recording(world, "us").record(world.now).current().acts) == 1
    with world.speaking("ru") as house:
        house.say_to_all(
            out_to_all(house, "told", {**STRIKE, "by": ["ru"], "replaces": copy.id, "withdrawn": "yes"}), world.now
        )
    for code in ("us", "ru"):
        assert recording(world, code).record(world.now).current().acts == ()


def test_a_thousand_statements_under_one_name_are_read_in_one_go(world: World):
    with world.speaking("us") as house:
        for number in range(1_000):
            house.say(out("ru", "said", consent(f"t{number % 500}")), world.now, "a" * 64)
    each = recording(world, "ru")
    begun = time.perf_counter()
    acts = each.acts()
    assert time.perf_counter() - begun < 5
    assert len({act.id for act in acts}) == 1_000
