"""Requests on the control line against a house in memory and a real private store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from detente.adapters.commands import Commands, Waiting
from detente.adapters.house_opening import LAST_INSTANT, Clock
from detente.adapters.store_private import PrivateStore
from detente.adapters.store_shared import SqliteShared
from detente.errors import DetenteError, GivenError, LocalError
from detente.proof.keys import key_id
from tests.sim.world import HOUR, NOTICE, T0, World, origin

LOG = origin("us", "ru")
CALL = {"about": "line", "text": "do you read us?"}


class Desk:
    """An operator of us. `crash`: what the private store should forget after a batch is not forgotten."""

    def __init__(self, world: World, private: PrivateStore) -> None:
        self.world, self.private = world, private
        clock = SimpleNamespace(scenario=True, now=lambda: world.now, set=None)
        self.commands = Commands(world.house("us"), world.store("us"), private, clock)

    def ask(self, *requests: dict[str, Any], crash: bool = False) -> list[Any]:
        """Requests of one batch; a refusal stands in the place of an answer."""
        answers: list[Any] = []
        with self.world.speaking("us"):
            for request in requests:
                try:
                    answers.append(self.commands.run(request))
                except DetenteError as error:
                    answers.append(error)
        if crash:
            self.commands.undone()
        self.commands.committed()
        return [each.answer if isinstance(each, Waiting) else each for each in answers]

    def calls(self) -> int:
        return len(self.world.store("us").statements("call", LOG))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    private = PrivateStore(tmp_path, b"k" * 32)
    yield Desk(World(), private)
    private.close()


def draft(**more: Any) -> dict[str, Any]:
    return {"do": "draft", "to": "ru", "kind": "call", "fields": CALL, **more}


def test_a_draft_is_released_once(desk: Desk):
    """Twice in one batch, or again after a crash that kept the draft: said once. The same words twice are two drafts."""
    first, second = (answer["draft"] for answer in desk.ask(draft(), draft()))
    assert first != second, "a name says nothing of the words"
    release = {"do": "release", "draft": first}
    said, refused = desk.ask(release, release, crash=True)
    assert "placed" in said
    assert refused.code == "not-released"
    assert desk.calls() == 1
    assert desk.private.names("draft") == sorted([first, second]), "the crash kept it"
    (refused,) = desk.ask(release)
    assert "released before" in str(refused)
    assert desk.calls() == 1
    assert desk.private.names("draft") == [second]


def test_a_draft_can_be_discarded(desk: Desk):
    (name,) = (answer["draft"] for answer in desk.ask(draft()))
    assert desk.ask({"do": "discard", "draft": name}) == [{"discarded": name}]
    assert desk.private.names("draft") == []
    for do in ("discard", "release"):
        (refused,) = desk.ask({"do": do, "draft": name})
        assert (refused.code, desk.calls()) == ("not-released", 0)


def test_no_key_is_revoked_without_which_nobody_signs(desk: Desk):
    """A revocation cannot be taken back: the node would be mute, and so would be its way out, a new root."""
    state = desk.world.house("us").state
    for role in ("root", "log", "mirror", "release"):
        (public,) = state.publics(role)
        (refused,) = desk.ask({"do": "revoke", "key": key_id(public), "reason": "lost"})
        assert refused.code == "root-invalid", role
        assert f"nobody signs as {role}" in refused.what
    assert desk.world.house("us").state.revoked == frozenset()
    assert desk.world.store("us").statements("revoke") == []


def test_what_we_revoke_counts_for_us_as_for_everybody(desk: Desk):
    (public,) = desk.world.house("us").state.publics("cosigner")
    desk.ask({"do": "revoke", "key": key_id(public), "reason": "lost"})
    assert desk.world.house("us").state.publics("cosigner") == []
    assert desk.world.house("us").keys.of("us", "cosigner") == []
    assert desk.world.restart("us").state.publics("cosigner") == [], "and after a start"


def test_who_is_on_watch_is_told_with_the_next_heartbeat(desk: Desk):
    for wrong in (-1, 10**9, "2", True, None):
        (refused,) = desk.ask({"do": "watch", "on_watch": wrong})
        assert isinstance(refused, GivenError), wrong
    desk.ask({"do": "watch", "on_watch": 2})
    desk.world.restart("us")
    desk.world.later(11 * 60_000)
    row = desk.world.store("ru").statements("status", LOG)[-1]
    assert desk.world.read("ru", LOG, row.entry).statement.on_watch == 2  # type: ignore[union-attr]


@pytest.mark.parametrize("end", [T0, T0 - 1])
def test_a_window_that_ends_before_it_starts_is_refused_when_drafted_and_when_said(desk: Desk, end: int):
    fields = NOTICE | {"window": {"start": T0, "end": end}}
    for do in ("draft", "say"):
        (refused,) = desk.ask({"do": do, "to": "ru", "kind": "notice", "fields": fields})
        assert isinstance(refused, GivenError)
        assert refused.code == "bad-field"
        assert "a window ends after it starts" in refused.what
    assert desk.world.store("us").statements("notice") == []


def test_what_was_turned_away_and_forgotten_is_said_in_the_state(desk: Desk):
    store = desk.world.store("us")
    store.add_turned_away({"ru": 7})
    (state,) = desk.ask({"do": "state"})
    assert (state["turned_away"], state["refusals_dropped"], state["signing_ahead"]) == ({"ru": 7}, {}, 0)


def test_a_scenario_has_a_last_instant():
    """Beyond the year 9999 no instant can be written, and the clock never runs back from there."""
    clock = Clock(SimpleNamespace(clock="scenario", scenario_start=T0), SqliteShared(None))  # type: ignore[arg-type]
    for beyond in (LAST_INSTANT + 1, 2**63):
        with pytest.raises(LocalError) as refused:
            clock.set(beyond)
        assert refused.value.code == "clock-invalid"
    clock.set(T0 + HOUR)
    clock.set(LAST_INSTANT)
    assert clock.now() == LAST_INSTANT
