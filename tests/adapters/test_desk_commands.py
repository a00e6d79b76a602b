"""What the desks of a house answer: a statement that does not fit the agreement counts for nothing, and is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.adapters.desk_commands import DeskCommands
from detente.adapters.store_private import PrivateStore
from detente.agreement.vocabulary import shipped
from detente.cli.node import warn_of_misfits
from detente.errors import LocalError
from tests.sim.world import World

TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others: {un: {name: United Nations, keeps_log: true}, opposition: {name: Opposition}}
use: {areas-1: "%s"}
statements:
  stop: {reason: text}
events:
  strike: {position: point}
clauses:
- {id: stopped, says: s, forbid: strike, when: {earlier: stop, by: other}}
""".replace(b"%s", shipped()["areas-1"].digest.encode())


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


MAPPED = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others: {un: {name: United Nations, keeps_log: true}, nusra: {name: Nusra}}
use:
  lists-1:
    digest: %s
    map: {nomination: handed, nomination.target: thing, nomination.window: period, consent: yes, consent.nomination: what}
statements:
  handed: {thing: code, group: who, place: area, period: span}
  yes: {target: code, what: act handed}
events:
  strike: {position: point}
clauses:
- {id: one, says: s, forbid: strike, unless: {earlier: yes, by_each: parties, alike: [what]}}
""".replace(b"%s", shipped()["lists-1"].digest.encode())


def test_a_desk_speaks_and_reads_the_names_of_the_agreement(tmp_path: Path):
    world = World(agreement=MAPPED)
    private = PrivateStore(tmp_path, bytes(32))
    desks = DeskCommands(world.house("us"), private, lambda: world.now, 50)
    place = {"type": "circle", "coordinates": [370000000, 360000000], "radius": 500}
    fields = {"target": "t", "group": "nusra", "place": place, "window": {"type": "period", "start": 1, "end": 2}}
    own = desks.sayings.fields("said", {"vocabulary": "lists-1", "name": "nomination", "fields": fields})
    assert own["name"] == "handed"
    assert set(own["fields"]) == {"thing", "group", "place", "period"}
    said = world.say("us", "ru", "said", own).id
    more = desks.sayings.with_it("said", own, said)
    assert more == {"name": "yes", "fields": {"target": "t", "what": said}}
    (item,) = desks.table["lists"]({})["items"]
    assert (item["target"], item["nominator"], item["window"]) == ("t", "us", [1, 2])
    with pytest.raises(LocalError, match="does not `use` the vocabulary areas-1"):
        desks.table["areas"]({})
    with pytest.raises(LocalError, match="no desk for areas-1"):
        desks.sayings.fields("said", {"vocabulary": "areas-1", "name": "revocation", "fields": {"area": "a"}})
    private.close()
