"""What a node's logs say to the judge: acts with the receivers' own receipts, alike on both sides."""

from __future__ import annotations

import pytest

from detente.agreement.history import NEVER
from detente.agreement.language import read_agreement
from detente.agreement.record import Interval
from detente.node.recording import Recording
from tests.sim.world import MINUTE, SECOND, T0, World, out_to_all

TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others:
  un: {name: United Nations, keeps_log: true}
  cell: {name: the cell that can act, keeps_log: true, guarantor: us}
  crew: {name: the crew, guarantor: us}
  daesh: {name: Daesh}
statements:
  signature: {}
  consent: {target: code}
  stop: {reason: text}
events:
  strike: {against: who, position: point}
clauses:
- {id: c, says: s, forbid: strike}
"""
AGREEMENT = read_agreement(TEXT)


@pytest.fixture
def world() -> World:
    return World(agreement=TEXT)


def recording(world: World, code: str) -> Recording:
    house = world.house(code)
    return Recording(AGREEMENT, house.terms, house.store, code)


def consent(target: str = "t1") -> dict[str, object]:
    return {"name": "consent", "fields": {"target": target}}


def test_an_act_is_received_when_the_receiver_signed_for_it(world: World):
    world.say("us", "ru", "said", consent())
    for code in ("us", "ru"):
        (act,) = recording(world, code).record(world.now).acts
        assert (act.kind, act.log) == ("consent", "us")
        assert act.by == frozenset({"us"})
        assert act.received == {"ru": Interval(T0 - 30 * SECOND, T0 + 999 + 30 * SECOND)}
        assert act.fields == {"target": "t1"}


def test_what_is_not_signed_for_has_no_receipt(world: World):
    world.cut("ru")
    world.say("us", "ru", "said", consent())
    (act,) = recording(world, "us").record(world.now).acts
    assert act.received == {}


def test_one_statement_to_all_is_one_act_with_each_receipt(world: World):
    with world.speaking("us") as house:
        house.say_to_all(out_to_all(house, "said", consent()), world.now)
    (ours,) = recording(world, "us").record(world.now).acts
    assert set(ours.received) == {"ru", "un"}
    theirs = [act for code in ("ru", "un") for act in recording(world, code).record(world.now).acts]
    assert {act.id for act in theirs} == {ours.id}


def test_what_does_not_fit_the_agreement_is_named_and_is_no_act(world: World):
    world.say("us", "ru", "said", {"name": "consent", "fields": {}})
    world.say("us", "ru", "told", {"name": "flight", "by": [], "first": 0, "last": 0, "fields": {}})
    for code in ("us", "ru"):
        each = recording(world, code)
        assert each.record(world.now).acts == ()
        assert [("'target' is missing" in misfit.what, "no event" in misfit.what) for misfit in each.misfits] == [
            (True, False),
            (False, True),
        ]


def test_an_account_is_an_event_as_its_author_tells_it(world: World):
    told = {"name": "strike", "by": ["us", "ru"], "first": T0, "last": T0 + 5, "fields": {"against": "daesh"}}
    first = world.say("ru", "us", "told", told)
    world.say("ru", "us", "told", {**told, "by": ["us"], "replaces": first.id})
    record = recording(world, "us").record(world.now)
    assert [act.by for act in record.acts] == [{"us", "ru"}, {"us"}]
    (act,) = record.current().acts
    assert act.at == Interval(T0, T0 + 5)


def test_an_account_beside_anothers_is_an_account_of_the_same_event(world: World):
    """What one side tells `about` another's account, in its newest correction; nobody stands beside itself."""
    told = {"name": "strike", "by": ["us"], "first": T0, "last": T0 + 5, "fields": {"against": "daesh"}}
    first = world.say("ru", "us", "told", told)
    own = world.say("us", "ru", "told", {**told, "first": T0 + 1, "fields": {}, "about": first.id})
    world.say("us", "ru", "told", {**told, "first": T0 + 2, "fields": {}, "about": first.id, "replaces": own.id})
    world.say("ru", "us", "told", {**told, "about": first.id})
    for code in ("us", "ru"):
        both, again = recording(world, code).record(world.now).current().acts
        assert both.id == first.id
        assert [account.source for account in both.accounts] == ["ru", "us"]
        assert both.told_by(both.accounts[1]).at == Interval(T0 + 2, T0 + 5)
        assert both.told_by(both.accounts[1]).fields == {"against": "daesh"}
        assert again.accounts == ()


def test_an_account_that_claims_to_correct_what_corrects_it_stands_alone(world: World):
    told = {"name": "strike", "by": ["us"], "first": T0, "last": T0 + 5, "fields": {"against": "daesh"}}
    first = world.say("ru", "us", "told", told)
    second = world.say("ru", "us", "told", {**told, "replaces": first.id})
    world.say("us", "ru", "told", {**told, "about": first.id, "replaces": second.id})
    for code in ("us", "ru"):
        recording(world, code).record(world.now)  # comes to an end


def test_the_logs_between_two_alone_are_the_same_on_both(world: World):
    world.adopt()
    with world.speaking("ru") as house:
        house.say_to_all(out_to_all(house, "said", consent()), world.now)
    pair = [
        Recording(AGREEMENT, world.house(code).terms, world.house(code).store, code, only=("us", "ru")).record(
            world.now
        )
        for code in ("us", "ru")
    ]
    kept = [[(act.id, act.kind, act.by, act.received) for act in each.acts] for each in pair]
    assert sorted(kept[0]) == sorted(kept[1])
    assert len(kept[0]) == 3
    assert pair[0].heads == pair[1].heads
    assert set(pair[0].heads) == {"us", "ru"}


def test_a_log_whose_author_is_silent_is_known_no_further_than_its_last_head(world: World):
    world.say("ru", "us", "said", consent())
    said_at = world.now
    assert recording(world, "us").record(world.now).complete_to("ru") == world.now
    world.cut("ru")
    world.later(30 * MINUTE)
    heads = recording(world, "us").record(world.now).heads
    assert heads["us"] == world.now
    assert said_at - 30 * SECOND <= heads["ru"] <= said_at + 10 * MINUTE


def test_reading_on_gives_what_reading_anew_gives(world: World):
    going = recording(world, "ru")
    for number in range(5):
        world.say("us", "ru", "said", consent(f"t{number}"))
        world.say("ru", "us", "said", consent(f"t{number}"))
        assert going.record(world.now) == recording(world, "ru").record(world.now)
    assert [act.index for act in going.acts() if act.log == "us"] == sorted(
        act.index for act in going.acts() if act.log == "us"
    )


def test_signatures_of_the_agreement_are_acts(world: World):
    world.adopt()
    acts = recording(world, "us").record(world.now).acts
    assert {act.log for act in acts if act.kind == "signature"} == {"us", "ru"}


def test_a_log_that_nobody_carries_here_is_not_known(world: World):
    heads = recording(world, "us").record(world.now).heads
    assert (heads["us"], heads["ru"], heads["cell"]) == (world.now, world.now, NEVER)


def test_one_that_is_not_a_party_does_not_take_what_it_was_not_told_for_unsaid(world: World):
    world.say("us", "ru", "said", consent())
    record = recording(world, "un").record(world.now)
    assert record.acts == ()
    assert (record.heads["un"], record.heads["us"], record.heads["ru"]) == (world.now, NEVER, NEVER)


def test_what_a_guarantor_says_for_one_without_a_log_is_that_ones_act_in_the_guarantors_log(world: World):
    placed = world.say("us", "ru", "said", consent() | {"speaks_for": "crew"})
    world.later(MINUTE)
    for code in ("us", "ru"):
        record = recording(world, code).record(world.now)
        (act,) = record.acts
        assert (act.id, act.by, act.log, act.index) == (placed.id, frozenset({"crew"}), "us", placed.entry)
        assert set(act.received) == {"ru"}, "received as any word in that log"
        assert "crew" not in record.heads, "it has no log of its own"
        assert record.heads["us"] > T0


@pytest.mark.parametrize(
    ("author", "whom", "known"),
    [
        ("ru", "crew", "nobody"),
        ("us", "cell", "crew"),
        ("us", "ru", "crew"),
        ("us", "us", "crew"),
        ("us", "daesh", "crew"),
    ],
)
def test_nobody_speaks_for_one_that_it_does_not_guarantee_or_that_has_a_log(
    world: World, author: str, whom: str, known: str
):
    world.say(author, "ru" if author == "us" else "us", "said", consent() | {"speaks_for": whom})
    for code in ("us", "ru"):
        each = recording(world, code)
        assert each.record(world.now).acts == ()
        (misfit,) = each.misfits
        assert f"{author} does not speak for {whom!r}; it speaks for: {known}" in misfit.what
