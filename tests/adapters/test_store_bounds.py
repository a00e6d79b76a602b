"""What one peer can make the store hold or read: bounds, and what is kept of what goes beyond them."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.adapters.door import BYTES_AT_ONCE, MOST_AT_ONCE, MOST_STORED, Door
from detente.adapters.refusal_rows import FIRST, KEPT
from detente.adapters.store_shared import SqliteShared
from detente.adapters.tiles_served import Served
from detente.errors import RemoteError
from detente.node.ports import Refused
from detente.proof.tiles import parse_path
from detente.proof.wire import MAX_BODY, log_prefix
from tests.sim.world import NOTICE, World, origin


def test_no_tile_number_runs_over_into_another_log():
    """Entries of all logs lie under one integer key; the log of another peer begins where this one's places end."""
    world = World()
    world.say("us", "un", "notice", NOTICE)
    store, served = world.store("us"), Served(world.store("us"), world.terms, "us")
    for log in (origin("us", "ru"), origin("us", "un"), origin("ru", "us")):
        size = store.entry_count(log)
        for ahead in range(1, 8):
            assert store.entries(log, ahead << 40, (ahead << 40) + 256) == []
        assert store.entries(log, size, 1 << 45) == []
        assert store.entries(log, -(1 << 40), 1) == store.entries(log, 0, 1)
    for ahead in range(1, 8):
        number = ahead << 32
        for width in (1, 2):
            path = f"tile/entries/{_digits(number)}.p/{width}"
            assert served.get("ru", f"{log_prefix(origin('us', 'ru'))}/{path}")[0] == 404
    with pytest.raises(RemoteError) as refused:
        parse_path(f"tile/entries/{_digits(10**12)}")
    assert refused.value.code == "request-invalid"


def _digits(number: int) -> str:
    text = str(number)
    text = text.zfill(-(-len(text) // 3) * 3)
    parts = [text[at : at + 3] for at in range(0, len(text), 3)]
    return "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])


def test_refusals_of_one_kind_are_thinned_and_counted():
    store = SqliteShared(None)
    with store.transaction():
        store.add_refusal(Refused(0, "ru", "", -1, "fork", "the one that matters"))
        for n in range(5 * KEPT):
            store.add_refusal(Refused(n, "ru", "", -1, "request-invalid", f"flood {n}"))
        store.add_refusal(Refused(9, "un", "", -1, "request-invalid", "another's"))
    kept = store.refusals(100 * KEPT)
    flood = [int(r.what.split()[1]) for r in kept if r.what.startswith("flood")]
    assert len(flood) <= KEPT
    assert flood[:FIRST] == list(range(FIRST)), "how it began"
    assert flood[-500:] == list(range(5 * KEPT - 500, 5 * KEPT)), "and how it goes on"
    assert {r.what for r in kept if not r.what.startswith("flood")} == {"the one that matters", "another's"}
    assert store.refusals_dropped() == {"ru": 5 * KEPT - len(flood)}


def test_a_peer_has_so_many_requests_with_us_and_no_more(tmp_path: Path):
    store = SqliteShared(tmp_path / "shared.db")
    door = Door(store)
    assert [door.enter("ru") for _ in range(MOST_AT_ONCE + 2)] == [True] * MOST_AT_ONCE + [False] * 2
    assert door.enter("un"), "a flood from one keeps nobody else out"
    door.leave("ru", 0)
    assert door.enter("ru")
    for _ in range(MOST_AT_ONCE):
        door.leave("ru", 0)
    for n in range(MOST_STORED):
        assert door.enter("ru"), n
        door.leave("ru", 0)
        store.add_request("ru", "/mirror/add-entries", b"x")
    assert not door.enter("ru"), "the house is behind: what it has not handled counts too"
    assert store.turned_away("ru") == 0
    door.save()
    door.save()
    assert (store.turned_away("ru"), store.turned_away("un")) == (3, 0)
    with store.transaction():
        for item in store.inbox():
            store.settle(item, 200, "", b"")
    assert door.enter("ru")


def test_a_peer_has_so_many_bytes_with_us_and_no_more():
    door = Door(SqliteShared(None))
    assert door.enter("ru")
    assert door.carry("ru", BYTES_AT_ONCE)
    assert not door.carry("ru", 1)
    door.leave("ru", BYTES_AT_ONCE)
    assert door.carry("ru", MAX_BODY)
