"""A head that its own log signed and that does not join to ours: kept until the two can be held against each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.node.audit.verify import verify_file
from detente.node.copies import doubted_head
from detente.proof.checkpoint import Head, sign_checkpoint
from detente.proof.evidence import check_fork, read_fork
from detente.proof.wire import AddCheckpoint
from tests.audit.folders import export, fails, holds, load
from tests.sim import liars
from tests.sim.world import NOTICE, MemoryMark, MemoryStore, World, out

LOG = "demo/test/us/to-ru"


def grow(world: World, size: int) -> None:
    while world.house("us").ledgers[LOG].size < size:
        world.say("us", "ru", "notice", NOTICE)


def forged(world: World, size: int) -> liars.Pen:
    """A second history of us→ru that leaves the real one after entry 0."""
    pen = liars.Pen.of(world, "us", "ru", at=1)
    while len(pen.entries) < size:
        pen.add(pen.entry("call"))
    return pen


@pytest.mark.parametrize("role", ["mirror ru", "cosigner un"])
@pytest.mark.parametrize("held", [4, 8, 3, 7])
def test_a_fork_of_any_size_is_proved_at_last(world: World, role: str, held: int) -> None:
    """At a power of two the forger's proof shows nothing of its own root there; once we hold its size, the heads do."""
    kind, judge = role.split()
    grow(world, held)
    pen = forged(world, held + 3)
    reply = world.request("us", judge, f"/{kind}/add-checkpoint", pen.checkpoint_body(held))
    if held & (held - 1):
        assert reply.body == b"refused: fork\n"
    else:
        assert reply.body == b"refused: consistency-fails\n"
        assert world.store(judge).evidence() == [], "nothing is proved yet"
        assert doubted_head(world.store(judge), LOG) is not None
        grow(world, held + 2)
        assert world.store(judge).evidence() == []
        grow(world, held + 3)
        assert doubted_head(world.store(judge), LOG) is None
    ((name, data),) = world.store(judge).evidence()
    larger, smaller = check_fork(read_fork(data))
    assert {larger.size, smaller.size} <= {held, held + 3}
    verdict = verify_file(data, name)
    assert verdict.ok
    assert "a fork is proved" in verdict.line
    assert [r.party for r in world.refused(judge, "fork")] == ["us"]
    grow(world, held + 5)
    assert world.house("us").receipt(LOG, held + 4), "the branch that was signed for stands and goes on"


def test_a_fork_at_one_size_is_proved_by_the_two_heads_alone(world: World) -> None:
    grow(world, 4)
    reply = world.request("us", "ru", "/mirror/add-checkpoint", forged(world, 4).checkpoint_body(4))
    assert reply.body == b"refused: fork\n"
    ((name, data),) = world.store("ru").evidence()
    assert read_fork(data).proof == []
    assert "a fork is proved" in verify_file(data, name).line


def test_a_wrong_proof_of_an_honest_head_convicts_nobody(world: World) -> None:
    grow(world, 4)
    with world.house("us").batch(world.now):
        world.house("us").say(out("ru", "notice", NOTICE), world.now)
    ledger = world.house("us").ledgers[LOG]
    assert ledger.head is not None
    body = AddCheckpoint(4, (b"\1" * 32,), ledger.head).encode()
    assert world.request("us", "ru", "/mirror/add-checkpoint", body).body == b"refused: consistency-fails\n"
    assert doubted_head(world.store("ru"), LOG) is not None
    world.run()
    assert doubted_head(world.store("ru"), LOG) is None
    assert world.store("ru").evidence() == []
    assert world.refused("ru", "fork") == []


def test_the_nearest_head_in_doubt_is_kept(world: World) -> None:
    """Who sends many does not put off the comparison."""
    grow(world, 4)
    for size in (9, 7, 12):
        world.request("us", "ru", "/mirror/add-checkpoint", forged(world, size).checkpoint_body(4))
    doubted = doubted_head(world.store("ru"), LOG)
    assert doubted is not None
    assert doubted.head.size == 7


def test_heads_countersigned_and_doubted_are_exported_and_verified(world: World, tmp_path: Path) -> None:
    grow(world, 4)
    world.request("us", "ru", "/mirror/add-checkpoint", forged(world, 7).checkpoint_body(4))
    export(world, "un", tmp_path / "un")
    export(world, "ru", tmp_path / "ru")
    un, ru = load(tmp_path / "un"), load(tmp_path / "ru")
    assert {n for n in un if n.startswith("heads/")} == {f"heads/{n}/cosigned" for n in ("us-to-ru", "ru-to-us")}
    assert {n for n in ru if n.startswith("heads/")} == {"heads/us-to-ru/doubted"}
    details = holds(un, "export of un").details
    assert any("countersigned by demo/test/un/cosigner" in line for line in details)
    assert any("doubted; its entries are not in this export" in line for line in holds(ru, "export of ru").details)
    path = "heads/us-to-ru/cosigned"
    for at in range(0, len(un[path]), 7):
        changed = bytearray(un[path])
        changed[at] ^= 1
        fails(un | {path: bytes(changed)}, path)
    fails(un | {path: ru["heads/us-to-ru/doubted"]}, path, "countersigned by nobody")
    fails(un | {"heads/us-to-ru/other": un[path]}, "heads/us-to-ru/other", "wrong-origin")
    forked = forged(world, 3).checkpoint().encode()
    fails(ru | {"heads/us-to-ru/doubted": forked}, "heads/us-to-ru/doubted", "not of the history in this export")


def test_an_empty_log_has_one_root(world: World) -> None:
    """Attack: a signed head of size 0 with another root, sent to one who holds nothing yet."""
    world.hold("us", "ru")
    world.restart("ru", store=MemoryStore(), mark=MemoryMark())
    assert world.mirror("ru", "us").head is None
    head = Head(LOG, 0, b"\1" * 32)
    body = AddCheckpoint(0, (), sign_checkpoint(head, world.nodes["us"].signers["log"])).encode()
    reply = world.request("us", "ru", "/mirror/add-checkpoint", body)
    assert (reply.status, reply.body) == (400, b"refused: checkpoint-invalid\n")
    assert [r.party for r in world.refused("ru", "checkpoint-invalid")] == ["us"]
    assert world.mirror("ru", "us").pending is None
