"""Rows of the attack table (30-ledger) about time, order and silence: each docstring is the row, each test attacks."""

from __future__ import annotations

import pytest

from detente.errors import RemoteError
from detente.model.when import Interval
from detente.node import timing
from detente.node.absence import absent_until
from detente.node.ports import StoredReceipt
from detente.proof.envelope import seal
from detente.proof.lapse import check_lapse, read_lapse
from detente.proof.wire import AddCheckpoint, encode_add_entries
from tests.sim import liars
from tests.sim.world import HOUR, MINUTE, NAMES, NOTICE, SECOND, World, signers_for

DELTA = 30_000


def row(role: str, name: str, size: int, second: int) -> StoredReceipt:
    """A countersignature, as the rules of timing see it."""
    return StoredReceipt("log", size, name, name, role, second, b"", second * 1000)


def test_cosigner_backdates_for_the_sender_kth_earliest() -> None:
    """Attack: cosigner backdates for the sender.

    Check: time = k-th earliest of the quorum, k > liars allowed; (time, size) of each cosigner never falls; lo > hi is
    evidence of backdating.
    """
    honest = [row(timing.COSIGNER, "a", 5, 1_000), row(timing.COSIGNER, "b", 5, 1_010)]
    colluding = row(timing.COSIGNER, "c", 5, 100)
    again = row(timing.COSIGNER, "c", 9, 90)
    kept = [*honest, colluding, again, row(timing.COSIGNER, "d", 4, 50)]
    assert timing.quorum_second(kept, 4, 1) == 90, "with no liar allowed for, one is enough to be believed"
    assert timing.quorum_second(kept, 4, 2) == 1_000, "one liar cannot move it, not even with two lines"
    assert timing.quorum_second(kept, 4, 3) == 1_010
    assert timing.quorum_second(kept, 4, 4) is None, "a smaller head does not cover the entry"
    assert timing.duty_time(kept, 4, DELTA, 2) == timing.span(1_000, DELTA)


def test_cosigner_backdates_for_the_sender_beyond_the_clock_error(world: World) -> None:
    """Attack: cosigner backdates for the sender.

    Check: time = k-th earliest of the quorum, k > liars allowed; (time, size) of each cosigner never falls; lo > hi is
    evidence of backdating.
    """
    world.later(5 * MINUTE)
    world.twists.append(liars.backdate(world, "un", 120))
    placed = world.say("us", "ru", "notice", NOTICE)
    assert ("receipt-time-off", "un") in [(r.code, r.party) for r in world.refused("us")]
    kept = world.store("us").receipts(placed.origin)
    assert timing.quorum_second(kept, placed.entry, 1) is None


def test_cosigner_backdates_for_the_sender_and_goes_back(world: World) -> None:
    """Attack: cosigner backdates for the sender.

    Check: time = k-th earliest of the quorum, k > liars allowed; (time, size) of each cosigner never falls; lo > hi is
    evidence of backdating.
    """
    world.say("us", "ru", "notice", NOTICE)
    world.twists.append(liars.backdate(world, "un", 20))  # within the clock error, but it had signed for less later
    world.say("us", "ru", "notice", NOTICE)
    assert ("receipt-time-backward", "un") in [(r.code, r.party) for r in world.refused("us")]
    files = [data for name, data in world.store("us").evidence() if name.startswith("lapse-")]
    assert len(files) == 1
    earlier, later = check_lapse(read_lapse(files[0]))
    assert earlier.head.size > later.head.size
    assert earlier.time_s < later.time_s


def test_cosigner_backdates_for_the_sender_in_the_eyes_of_the_receiver(world: World) -> None:
    """Attack: cosigner backdates for the sender.

    Check: time = k-th earliest of the quorum, k > liars allowed; (time, size) of each cosigner never falls; lo > hi is
    evidence of backdating.
    """
    world.later(25 * MINUTE)
    world.twists.append(liars.backdate(world, "un", 1500))
    world.later(10 * MINUTE)
    assert ("receipt-time-backward", "un") in [(r.code, r.party) for r in world.refused("ru")]
    (data,) = [data for name, data in world.store("ru").evidence() if name.startswith("lapse-")]
    assert check_lapse(read_lapse(data))[0].head.origin == "demo/test/us/to-ru"


def test_cosigner_backdates_for_the_sender_statement_citing_a_newer_head(world: World) -> None:
    """Attack: cosigner backdates for the sender.

    Check: time = k-th earliest of the quorum, k > liars allowed; (time, size) of each cosigner never falls; lo > hi is
    evidence of backdating.
    """
    honest = World()
    honest.later(20 * MINUTE)
    assert honest.refusals("ru") == []
    world.twists.append(liars.backdate(world, "un", 1500))
    world.later(20 * MINUTE)
    found = world.refused("ru", "backdated")
    assert {(r.party, r.origin) for r in found} == {("un", "demo/test/us/to-ru")}

    made = timing.made_between(
        [row(timing.COSIGNER, "a", 5, 1_000)], 4, [row(timing.MIRROR, "us", 7, 1_100)], 7, DELTA, 1
    )
    assert made == Interval(1_100_000 - DELTA, 1_000_999 + DELTA)
    assert timing.is_backdated(made)
    assert not timing.is_backdated(Interval(None, 5))
    assert not timing.is_backdated(timing.made_between([row(timing.COSIGNER, "a", 5, 1_050)], 4, [], 7, DELTA, 1))


@pytest.mark.parametrize(
    ("late", "surely", "possibly"),
    [(-1, False, False), (0, False, True), (1, True, True)],
    ids=["24h less a second", "24h to the second", "24h and a second"],
)
def test_seconds_in_cosignatures_ms_in_statements(late: int, surely: bool, possibly: bool) -> None:
    """Attack: seconds in cosignatures, ms in statements.

    Check: a cosignature at t means [t, t + 1 s) ± δ.
    """
    second = 1_474_102_800
    received = timing.permission_time([row(timing.MIRROR, "ru", 5, second)], 4, 0)
    assert received == Interval(second * 1000, second * 1000 + 999), "somewhere in that second"
    lo, hi = received
    assert lo is not None
    assert hi is not None
    act = second * 1000 + 24 * HOUR + late * SECOND
    assert (act - hi >= 24 * HOUR) is surely
    assert (act - lo >= 24 * HOUR) is possibly
    assert timing.span(second, DELTA) == Interval(lo - DELTA, hi + DELTA)


def test_seen_held_back(world: World) -> None:
    """Attack: `seen` held back ("we had not read it").

    Check: `seen` never falls; ≥ any size their mirror key cosigned before the act's lo − δ; root equal to ours.
    """
    early = world.mirror("ru", "us").head
    assert early is not None
    named = {"origin": early.head.origin, "size": early.head.size, "root": early.head.root.hex()}
    world.say("us", "ru", "notice", NOTICE)  # ru's mirror key signs for it at once
    world.now += 3 * MINUTE
    pen = liars.Pen.of(world, "ru", "us")
    pen.post(pen.entry("call", seen=named))
    assert world.refusals("us") == ["seen-held-back"]
    assert world.reads("us", "ru")[-1].counts, "the statement counts, so that a liar cannot silence its own words"

    pen.post(pen.entry("call"))
    pen.post(pen.entry("call", seen=None))
    pen.post(pen.entry("call", seen=named | {"size": 9_999}))
    now = world.mirror("ru", "us").head
    assert now is not None
    pen.post(pen.entry("call", seen=named | {"size": now.head.size, "root": "0" * 64}))
    assert world.refusals("us") == ["seen-held-back", "seen-fell", "seen-unknown", "seen-unknown"]


def test_seen_held_back_is_not_said_of_a_slow_link(world: World) -> None:
    """Attack: `seen` held back ("we had not read it").

    Check: `seen` never falls; ≥ any size their mirror key cosigned before the act's lo − δ; root equal to ours.
    """
    world.hold("ru", "us")  # ru's words to us are slow; ours reach ru, and its receipts reach us
    for _ in range(8):
        world.say("ru", "us", "call", {"about": "op", "text": "said before it read what follows"})
        world.later(2 * MINUTE)
        world.say("us", "ru", "call", {"about": "op", "text": "read at once"})
    world.release("ru", "us")
    world.later(MINUTE)
    assert {code for code in world.refusals("us") if code.startswith("seen")} == set()
    assert world.mirror("us", "ru").size == world.house("ru").ledgers["demo/test/ru/to-us"].size


def test_logged_under_signed_signature_added_at_hour_23() -> None:
    """Attack: logged under-signed, signature added at hour 23.

    Check: time = first entry whose own envelope meets the threshold; statement id repeated does not move it back.
    """
    keys = {code: signers_for(code, release=2) for code in NAMES}
    world = World(signers=keys, thresholds=(("root", 1), ("release", 2)), root_max_age="48h")
    pen = liars.Pen.of(world, "us", "ru")
    first, second = pen.signers["release"]
    both = pen.envelope("notice", by=[first, second], **NOTICE)
    lone = seal(both.payloadType, both.payload, [first])
    assert lone.id() == both.id(), "the same statement"
    pen.post(lone.encode())
    early = len(pen.entries) - 1
    assert world.refusals("ru") == ["too-few-signatures"]
    assert world.store("ru").statement(both.id()) is None

    world.now += 23 * HOUR
    pen.post(both.encode())
    found = world.store("ru").statement(both.id())
    assert found is not None
    assert (found.entry, found.received) == (early + 1, world.now), "the add of the second agency starts the clock"
    world.now += HOUR
    pen.post(both.encode(), lone.encode())
    assert world.store("ru").statement(both.id()) == found
    assert [r.code for r in world.refused("ru") if r.entry > early] == ["replay", "too-few-signatures"]


def test_stale_or_selective_bundle_withdrawal_left_out(world: World) -> None:
    """Attack: stale or selective bundle (withdrawal left out).

    Check: facts of absence need a head younger than H; replays are idempotent by statement id and index.
    """
    world.hold("ru", "us")
    notice = world.say("ru", "us", "notice", NOTICE)
    ledger, store = world.house("ru").ledgers[notice.origin], world.store("ru")
    assert ledger.head is not None

    def bundle() -> tuple[bytes, list[bytes]]:
        assert ledger.head is not None
        size, tree = ledger.size, ledger.tree
        body = encode_add_entries(notice.origin, 0, size, tree, lambda a, b: store.entries(notice.origin, a, b))
        return AddCheckpoint(0, (), ledger.head).encode(), [body]

    stale = bundle()
    world.now += 11 * MINUTE
    withdrawn = world.say("ru", "us", "call", {"about": "op", "text": "the notice is withdrawn"})

    def bring(files: tuple[bytes, list[bytes]]) -> int:
        with world.speaking("us") as house:
            return house.take_bundle("ru", *files, world.now).status

    assert bring(stale) == 200
    mirror, us = world.mirror("us", "ru"), world.store("us")
    assert us.statement(notice.id) is not None
    assert us.statement(withdrawn.id) is None
    with pytest.raises(RemoteError) as old:
        absent_until(mirror, us, world.terms, world.now)
    assert old.value.code == "head-too-old", "it arrived now, and is eleven minutes old all the same"

    whole = bundle()
    before = us.statement(notice.id)
    for files in (whole, stale, whole):
        assert bring(files) == 200
    assert absent_until(mirror, us, world.terms, world.now) == world.now
    assert us.statement(withdrawn.id) is not None
    assert us.statement(notice.id) == before
    assert us.entry_count(notice.origin) == ledger.size


def test_stale_bundle_while_a_cosigner_has_seen_more(world: World) -> None:
    """Attack: stale or selective bundle (withdrawal left out).

    Check: facts of absence need a head younger than H; replays are idempotent by statement id and index.
    """
    world.later(10 * MINUTE)
    us = world.store("us")
    assert absent_until(world.mirror("us", "ru"), us, world.terms, world.now) == world.now
    world.twists.append(liars.silent("ru", "us"))
    world.say("ru", "us", "call", {"about": "op", "text": "un sees a larger head than we"})
    world.later(10 * MINUTE)
    with pytest.raises(RemoteError) as kept_back:
        absent_until(world.mirror("us", "ru"), us, world.terms, world.now)
    assert kept_back.value.code == "head-too-old"


def test_own_head_withheld_to_stay_in_cannot_tell(world: World) -> None:
    """Attack: own head withheld to stay in "cannot tell".

    Check: missed heartbeat is a finding.
    """
    world.later(30 * MINUTE)
    assert world.refused("us", "heartbeat-missed") == []
    world.twists.append(liars.silent("ru", "us"))  # and it goes on signing for ours
    world.later(15 * MINUTE)
    assert [r.party for r in world.refused("us", "heartbeat-missed")] == ["ru"]
    assert world.refused("us", "receipt-overdue") == []
    world.later(60 * MINUTE)
    assert len(world.refused("us", "heartbeat-missed")) == 1, "once for each silence"
    world.twists.clear()
    world.later(15 * MINUTE)
    world.twists.append(liars.silent("ru", "us"))
    world.later(15 * MINUTE)
    assert len(world.refused("us", "heartbeat-missed")) == 2


def test_own_head_withheld_from_everyone(world: World) -> None:
    """Attack: own head withheld to stay in "cannot tell".

    Check: missed heartbeat is a finding.
    """
    world.cut("ru")
    world.later(13 * MINUTE)
    for code in ("us", "un"):
        assert [r.party for r in world.refused(code, "heartbeat-missed")] == ["ru"]
