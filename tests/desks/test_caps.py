"""Caps that an agreement sets on nominations, by window and by area: the own node keeps to them, the other's are named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.adapters.desk_commands import DeskCommands
from detente.adapters.store_private import PrivateStore
from detente.errors import GivenError
from tests.desks.test_stories import box, circle
from tests.desks.test_two_nodes import TEXT as PLAIN
from tests.sim.world import HOUR, MINUTE, World

CAPS = b"""
- id: X-day
  says: Each side hands over at most four places in 24 hours.
  forbid: nomination
  by: parties
  when: {count: nomination, same: [by], in: 24h, at_least: 5}
- id: X-area
  says: Each side hands over at most two places of one area in 24 hours.
  forbid: nomination
  by: parties
  when: {count: nomination, same: [by, area], in: 24h, at_least: 3}
- id: X-window
  says: No window is longer than two days.
  forbid: nomination
  by: parties
  unless: {elapsed: {from: window.from, to: window.until, at_most: 48h}}
"""
TEXT = PLAIN.replace(b"clauses: [{id: c, says: Nobody strikes., forbid: strike}]\n", b"clauses:" + CAPS)


class Desk:
    """Two nodes; `us` looks at what it is about to say, `ru` says what it likes."""

    def __init__(self, folder: Path) -> None:
        self.world = World(agreement=TEXT)
        self.world.adopt()
        self.private = PrivateStore(folder, bytes(32))
        self.commands = DeskCommands(self.world.house("us"), self.private, lambda: self.world.now, 50)
        for area in ("n", "m"):
            for by, other in (("us", "ru"), ("ru", "us")):
                fields = {"area": area, "version": 1, "class": "concentrated", "shape": box(36.5, 35.5, 37.5, 36.5)}
                self.world.say(by, other, "said", {"name": "designation", "fields": fields})
        self.world.later(2 * MINUTE)

    def fields(self, target: str, area: str = "n", hours: int = 10) -> dict[str, Any]:
        start = self.world.now + 26 * HOUR
        return {"name": "nomination", "fields": {
            "target": target, "group": "nusra", "place": circle(37.0, 36.0), "area": area, "area_version": 1,
            "window": {"type": "period", "start": start, "end": start + hours * HOUR},
        }}  # fmt: skip

    def ours(self, target: str, area: str = "n") -> None:
        """As the node's `say` does it: looked at first, then said."""
        self.commands.sayings.admit("said", self.fields(target, area))
        self.world.say("us", "ru", "said", self.fields(target, area))
        self.world.later(5 * MINUTE, 5 * MINUTE)

    def theirs(self, target: str, area: str = "n") -> None:
        """A node that does not look."""
        self.world.say("ru", "us", "said", self.fields(target, area))
        self.world.later(5 * MINUTE, 5 * MINUTE)

    def warnings(self) -> list[str]:
        found: list[str] = self.commands.table["lists"]({})["warnings"]
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.private.close()


def test_the_agreements_caps_by_area_and_by_window_are_kept_and_named(desk: Desk):
    assert set(desk.commands.sayings.room.counting()) == {"X-day", "X-area"}
    desk.ours("a")
    desk.ours("b")
    with pytest.raises(GivenError, match="too-many") as third:
        desk.ours("c")
    assert "X-area is against one more nomination: Each side hands over at most two" in str(third.value)
    desk.ours("c", "m")
    desk.ours("d", "m")
    desk.world.later(1 * HOUR, 10 * MINUTE)
    with pytest.raises(GivenError) as fifth:
        desk.ours("e", "k")
    assert "X-day" in str(fifth.value)
    assert [item.target for item in desk.commands.sayings.room.items(desk.world.now)] == ["a", "b", "c", "d"]
    desk.world.later(24 * HOUR, HOUR)
    desk.ours("e")


def test_what_the_other_hands_over_beyond_the_caps_is_named_to_the_receiver(desk: Desk):
    for target in ("a", "b"):
        desk.theirs(target)
    desk.world.later(20 * MINUTE)
    assert desk.warnings() == []
    desk.theirs("c")
    desk.world.later(20 * MINUTE)
    (warning,) = desk.warnings()
    assert warning.startswith("X-area is against 1 of what ru has handed over: Each side hands over at most two")
    for target in ("d", "e"):
        desk.theirs(target, "m")
    desk.world.later(20 * MINUTE)
    assert ["X-area" in each or "X-day" in each for each in desk.warnings()] == [True, True]


def test_a_window_longer_than_the_agreement_allows_is_named_before_it_goes_out(desk: Desk):
    def against(hours: int) -> list[str]:
        said = desk.fields("a", hours=hours)
        asked = {"vocabulary": "lists-1", "name": "nomination", "fields": said["fields"]}
        return [one["clause"] for one in desk.commands.table["objections"](asked)["clauses"]]

    assert against(48) == []
    assert against(49) == ["X-window"]
