"""What the desks of a house answer: a statement that does not fit the agreement counts for nothing, and is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.adapters.desk_commands import DeskCommands
from detente.adapters.store_private import PrivateStore
from detente.cli.node import warn_of_misfits
from tests.sim.world import World

TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others: {un: {name: United Nations, keeps_log: true}, opposition: {name: Opposition}}
statements:
  designation: {area: code, version: count, class: code, shape: area}
  revocation: {area: code}
  opposition_area: {area: code, version: count, shape: area}
  stop: {reason: text}
events:
  strike: {position: point}
clauses:
- {id: stopped, says: s, forbid: strike, when: {earlier: stop, by: other}}
"""


@pytest.mark.parametrize("fields", [{}, {"reason": "x", "scope": "everywhere"}])
def test_a_stop_with_a_wrong_field_is_shown_by_every_answer(
    fields: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    world = World(agreement=TEXT)
    world.say("ru", "us", "said", {"name": "stop", "fields": fields})  # a peer's own house need not look first
    house = world.house("us")
    private = PrivateStore(tmp_path, bytes(32))
    desks = DeskCommands(house, private, lambda: world.now, 50)
    for name in ("areas", "record"):
        answer = desks.table[name]({})
        (misfit,) = answer["misfits"]
        assert misfit["entry"] == 1
        warn_of_misfits(answer)
        shown = capsys.readouterr().err
        assert shown.startswith("warning: not in the record, ask its author what was meant: ")
        assert "stop" in shown
    private.close()
