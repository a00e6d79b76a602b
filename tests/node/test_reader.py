"""The reader's rules, one by one, in bytes: what counts, what is refused and why, and that refusals change nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.node.reader import LogReader, Read, Surroundings
from detente.proof.keys import key_id, verify_each
from detente.proof.tree import EMPTY_ROOT
from tests.sim.liars import Pen
from tests.sim.world import T0, World, root_for, signers_for

AGREEMENT: str = World().house("us").adoption.digest


def reader_of(world: World, state: bool = True) -> LogReader:
    mirror = world.mirror("us", "ru")
    pinned = mirror.reader.state if state else None
    return LogReader(mirror.origin, "ru", mirror.reader.answers, AGREEMENT, pinned)


def codes(reads: list[Read]) -> list[list[str]]:
    return [[code for code, _ in read.faults] for read in reads]


@pytest.fixture(scope="module")
def shared() -> World:
    """A world that no test here changes."""
    return World()


@pytest.fixture
def pen(shared: World) -> Pen:
    return Pen.of(shared, "ru", "us")


def test_an_offline_reader_takes_its_keys_from_the_entry_that_opens_the_log(shared: World, pen: Pen) -> None:
    pen.add(pen.entry("call"))
    reader = reader_of(shared, state=False)
    assert codes(reader.read(0, pen.entries, verify_each)) == [[], []]
    assert reader.state == shared.mirror("us", "ru").reader.state


@pytest.mark.parametrize("opening", ["a call", "junk", "a root of somebody else", "a root of version 2"])
def test_a_log_that_opens_otherwise_never_gets_keys(shared: World, pen: Pen, opening: str) -> None:
    other = signers_for("ru", 9)
    entry = {
        "a call": pen.entry("call"),
        "junk": b"{}",
        "a root of somebody else": pen.entry("root", version=1, document=root_for("un", signers_for("un"))),
        "a root of version 2": pen.entry(
            "root", version=2, document=root_for("ru", signers_for("ru", 2), 2, shared.roots["ru"], also=other["root"])
        ),
    }[opening]
    reader = reader_of(shared, state=False)
    reads = reader.read(0, [entry, pen.entries[0], pen.entry("call")], verify_each)
    assert [read.counts for read in reads] == [False] * 3
    later = reader.read(3, [pen.entries[0], pen.entry("call")], verify_each)
    assert [read.counts for read in later] == [False] * 2, "nor do later entries open it"


def test_entries_read_one_by_one_or_together_read_alike(shared: World, pen: Pen) -> None:
    new = signers_for("ru", 2)
    document = root_for("ru", new, 2, shared.roots["ru"], also=pen.signers["root"])
    entries = [
        pen.entries[0],
        pen.entry("call"),
        b"junk",
        pen.entry("root", version=2, document=document),
        pen.entry("call"),
        pen.entry("call", by=new["release"], time=T0 + 5),
        pen.entry("call", by=new["release"], time=T0 + 4),
        pen.entry("revoke", by=new["release"], key=key_id(new["release"][0].public)),
        pen.entry("call", by=new["release"]),
    ]
    together = reader_of(shared)
    whole = together.read(0, entries, verify_each)
    single = reader_of(shared)
    one_by_one = [single.read(n, [entry], verify_each)[0] for n, entry in enumerate(entries)]
    assert whole == one_by_one
    assert together == single
    assert codes(whole) == [
        [],
        [],
        ["json-invalid"],
        [],
        ["unknown-key"],
        [],
        ["time-backward"],
        ["time-backward"],
        ["unknown-key"],
    ]


def test_a_refused_entry_has_no_effect(shared: World, pen: Pen) -> None:
    new = signers_for("ru", 2)
    document = root_for("ru", new, 2, shared.roots["ru"], also=pen.signers["root"])
    alone = root_for("ru", new, 2, shared.roots["ru"])
    reader = reader_of(shared)
    before = reader.copy()
    entries = [
        pen.entry("root", version=3, document=document),
        pen.entry("root", version=2, document=alone),
        pen.entry("root", version=2, document=document, agreement="0" * 64),
        pen.entry("revoke", key="f" * 64),
        pen.entry("revoke", key=key_id(pen.signers["release"][0].public), author="us"),
        pen.entry(
            "call", agreement="0" * 64, time=T0 + 999, seen={"origin": reader.answers, "size": 9, "root": "0" * 64}
        ),
    ]
    faults = ["root-invalid", "root-invalid", "wrong-agreement", "unknown-key", "wrong-author", "wrong-agreement"]
    assert codes(reader.read(1, entries, verify_each)) == [[code] for code in faults]
    assert reader == before


def test_a_root_that_takes_somebody_elses_key_is_refused(shared: World, pen: Pen) -> None:
    document = root_for("ru", signers_for("ru", 2), 2, shared.roots["ru"], also=pen.signers["root"])
    entry = pen.entry("root", version=2, document=document)
    house = shared.house("us")
    around = Surroundings(admit=house.keys.admit)
    assert codes(reader_of(shared).read(1, [entry], verify_each, around)) == [[]]
    taken = signers_for("ru", 2) | {"log": shared.nodes["us"].signers["release"]}
    document = root_for("ru", taken, 2, shared.roots["ru"], also=pen.signers["root"])
    entry = pen.entry("root", version=2, document=document)
    reader = reader_of(shared)
    assert codes(reader.read(1, [entry], verify_each, around)) == [["key-in-two-roles"]]
    assert reader == reader_of(shared)


def seen(size: int, root: bytes = EMPTY_ROOT) -> dict[str, object]:
    return {"origin": "demo/test/us/to-ru", "size": size, "root": root.hex()}


def test_seen_is_weighed_against_our_heads_and_their_signatures(shared: World, pen: Pen) -> None:
    roots = {0: EMPTY_ROOT, 3: b"\x03" * 32, 5: b"\x05" * 32}
    around = Surroundings(our_root=roots.get, least_seen=lambda time: 5 if time > T0 + 10 else 0)
    entries = [
        pen.entry("call", seen=seen(3, roots[3])),
        pen.entry("call", seen=seen(0)),
        pen.entry("call", seen=seen(4)),
        pen.entry("call", seen=seen(5)),
        pen.entry("call", seen=None),
        pen.entry("call", seen=seen(3, roots[3]), time=T0 + 10),
        pen.entry("call", seen=seen(3, roots[3]), time=T0 + 11),
        pen.entry("call", seen=seen(5, roots[5]), time=T0 + 11),
    ]
    reader = reader_of(shared)
    found = codes(reader.read(1, entries, verify_each, around))
    assert found == [[], ["seen-fell"], ["seen-unknown"], ["seen-unknown"], ["seen-fell"], [], ["seen-held-back"], []]
    assert reader.last_seen == 5

    offline = reader_of(shared)  # knows nothing of our log: only that `seen` never falls
    assert codes(offline.read(1, entries, verify_each)) == [[], ["seen-fell"], [], [], ["seen-fell"]] + [
        ["seen-fell"]
    ] * 2 + [[]]


def test_a_wrong_time_does_not_poison_what_follows(shared: World, pen: Pen) -> None:
    around = Surroundings(not_after=T0 + 30_000)
    times = [T0, T0 + 30_001, T0 + 30_000, T0 + 29_999, T0 + 30_000]
    entries = [pen.entry("call", time=time) for time in times]
    reader = reader_of(shared)
    assert codes(reader.read(1, entries, verify_each, around)) == [[], ["time-future"], [], ["time-backward"], []]
    assert reader.last_time == T0 + 30_000
    assert all(read.counts for read in reader.read(6, [pen.entry("call", time=0)], verify_each))


def test_a_repeated_statement_counts_once(shared: World, pen: Pen) -> None:
    entry = pen.entry("call")
    reader = reader_of(shared)
    assert codes(reader.read(1, [entry, entry], verify_each)) == [[], ["replay"]]
    known = Surroundings(known=set)
    assert codes(reader.read(3, [entry], verify_each, known)) == [["replay"]]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(0, 5))
def test_junk_between_entries_changes_nothing_but_itself(junk: list[bytes], place: int) -> None:
    world = SHARED
    pen = Pen.of(world, "ru", "us")
    good = [pen.entry("call", time=T0 + n) for n in range(5)]
    mixed = [*good[:place], *junk, *good[place:]]
    one, other = reader_of(world), reader_of(world)
    clean = one.read(1, good, verify_each)
    dirty = other.read(1, mixed, verify_each)
    assert [read.id for read in dirty if read.counts] == [read.id for read in clean]
    assert one == other
    assert all(read.faults for read in dirty if not read.counts)


SHARED = World()
