"""Polarity on nodes: whatever keeps a protection, a STOP or an ending from us, no answer of ours becomes "no objection".

Real houses and stores; ru says something that is against a strike of us, and each fault keeps it away. As long as a log is
silent for no longer than heartbeat and receipt time together its author has said nothing as far as anybody can know; the
faults are looked at once that time is over, or at once where something came that could not be read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Spot
from detente.desks.room import Room
from detente.errors import LocalError
from tests.sim.world import MINUTE, World

TEXT = b"""
language: 1
agreement: test-2016
zone: UTC
tolerance: 50 m
parties: {us: A, ru: B}
others: {un: {name: N, keeps_log: true}}
statements:
  signature: {}
  stop: {reason: text}
  lifting_of_stop: {stop: act stop}
  stop_acknowledgement: {stop: act stop}
  site: {site: code, position: point}
  consent: {target: code}
  withdrawal_of_consent: {target: code}
events:
  strike: {target: code, position: point}
places:
  sites: {within: 500 m, of: {named_in: {act: site, by: [parties, un], newest_per: [site, by]}, field: position}}
clauses:
- {id: stopped, says: s, forbid: strike, by: parties, when: {earlier: stop, by: other, ended_by: {act: lifting_of_stop, same: {stop: id}}}}
- {id: near, says: s, forbid: strike, when: {inside: sites}}
- {id: agreed, says: s, forbid: strike, by: parties, unless: {earlier: consent, by: other, same: [target], ended_by: withdrawal_of_consent}}
"""
AGREEMENT = read_agreement(TEXT)
HERE = {"type": "cell", "coordinates": [370000000, 360000000], "error": 20000, "datum": "WGS84", "grid": "degrees",
        "verbatim": "36 N 37 E"}  # fmt: skip
AGAINST: dict[str, dict[str, Any]] = {
    "stop": {"reason": "ours"},
    "site": {"site": "h", "position": HERE},
    "withdrawal_of_consent": {"target": "t"},
}


def silence(world: World, say: Callable[[], None]) -> None:
    """ru's node is cut off: it speaks, and nothing arrives."""
    world.cut("ru")
    say()
    world.later(30 * MINUTE)


def one_way(world: World, say: Callable[[], None]) -> None:
    """What ru sends waits; what we send arrives."""
    world.hold("ru", "us")
    say()
    world.later(30 * MINUTE)


def other_version(world: World, say: Callable[[], None]) -> None:
    """ru speaks under another text: refused by name here."""
    speaker = world.house("ru").speaker
    speaker._agreement, held = "0" * 64, speaker._agreement
    say()
    speaker._agreement = held
    world.later(MINUTE)


def expired_key(world: World, say: Callable[[], None]) -> None:
    """ru signs with a release key that is not of its root: refused by name here."""
    speaker = world.house("ru").speaker
    held = speaker.signers
    speaker.signers = {**held, "release": world.house("un").speaker.signers["release"]}
    say()
    speaker.signers = held
    world.later(MINUTE)


def full_disk(world: World, say: Callable[[], None]) -> None:
    """Our own disk is full: nothing that comes can be kept."""
    world.store("us").full = True
    with contextlib.suppress(LocalError):
        say()
    world.now += 30 * MINUTE


FAULTS = (silence, one_way, other_version, expired_key, full_disk)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("name", AGAINST)
def test_what_a_fault_keeps_away_never_becomes_no_objection(name: str, fault: Callable[..., None]):
    world, room = ready()
    assert word(world, room) == "no objection"

    def say() -> None:
        world.say("ru", "us", "said", {"name": name, "fields": AGAINST[name]})

    fault(world, say)
    assert word(world, room) != "no objection"


@pytest.mark.parametrize("name", AGAINST)
def test_what_was_received_stands_through_a_fault(name: str):
    """A protection in force is in force whoever falls silent afterwards."""
    world, room = ready()
    world.say("ru", "us", "said", {"name": name, "fields": AGAINST[name]})
    world.later(2 * MINUTE)
    assert word(world, room) in ("stop", "not yet")
    world.cut("ru")
    world.later(30 * MINUTE)
    assert word(world, room) != "no objection"
    broken = [one.clause for one in room.may(strike(), world.now)[1] if one.verdict == "broken"]
    assert broken or name == "withdrawal_of_consent" or word(world, room) == "cannot tell"


def test_what_does_not_fit_the_agreement_is_doubt_before_an_act():
    """A STOP with a field nobody knows is no act; it may have been meant, so nobody is told that nothing objects."""
    world, room = ready()
    world.say("ru", "us", "said", {"name": "stop", "fields": {"reason": "ours", "scope": HERE}})
    assert room.misfits() or word(world, room)
    assert word(world, room) == "cannot tell"


def ready() -> tuple[World, Room]:
    """Both have signed, ru has consented, and some minutes have passed."""
    world = World(agreement=TEXT)
    world.adopt()
    world.say("ru", "us", "said", {"name": "consent", "fields": {"target": "t"}})
    world.later(5 * MINUTE)
    room = Room(AGREEMENT, world.house("us").terms, world.store("us"), "us")
    return world, room


def strike() -> Act:
    return Act("plan", "strike", frozenset({"us"}), None, {}, {"target": "t", "position": Spot(37.0, 36.0, 20.0)})


def word(world: World, room: Room) -> str:
    return room.may(strike(), world.now)[0].word
