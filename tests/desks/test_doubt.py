"""What does not fit the agreement, or cannot be read, permits nothing: asked of nodes, alike on both where both hold it.

The statements are made by hand or by a node that does not check; an honest node refuses to sign them.
"""

from __future__ import annotations

from typing import Any

import pytest

from detente.model import canon
from detente.node.misfits import Misfit
from tests.desks.test_stories import PARTIES, Centre, circle
from tests.sim.liars import Pen
from tests.sim.world import MINUTE

CELL = {"type": "cell", "error": 20_000, "datum": "WGS84", "grid": "degrees", "verbatim": "x"}
MISFITS: dict[str, dict[str, Any]] = {
    "stop": {"reason": "ours are there", "scop": circle(37.0, 36.0)},
    "withdrawal_of_consent": {"target": "t1", "why": "ours are there"},
    "refusal": {"target": "t1", "reason": "no"},
    "abort": {"target": "T1"},
    "revocation": {},
    "opposition_area": {"area": "o", "version": -1, "shape": circle(37.0, 36.0)},
    "site_entry": {"site": "h", "version": 1, "position": {**CELL, "coordinates": [370000000, 360000000]}},
}


@pytest.fixture(scope="module")
def centre() -> Centre:
    centre = Centre()
    centre.ready()
    return centre


def word(centre: Centre) -> str:
    return centre.may(centre.strike())["word"]


def ours(centre: Centre) -> str:
    """What us's node says: ru's holds another history where its log was written by hand."""
    return centre.rooms["us"].may(centre.strike(), centre.world.now)[0].word


def misfits(centre: Centre, code: str = "us") -> list[Misfit]:
    return centre.rooms[code].misfits()


FITTING: dict[str, dict[str, Any]] = {
    "stop": {"reason": "far from here", "scope": circle(39.0, 34.0)},
    "withdrawal_of_consent": {"target": "t9"},
    "refusal": {"target": "t9"},
    "abort": {"target": "t9"},
    "revocation": {"area": "m"},
    "opposition_area": {"area": "o", "version": 1, "shape": circle(39.0, 34.0)},
    "site_entry": {
        "site": "h", "version": 1, "verified": "yes", "position": {**CELL, "coordinates": [390000000, 340000000]},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MISFITS)
def test_a_protection_that_does_not_fit_leaves_it_untold_until_its_author_says_it_anew(centre: Centre, name: str):
    before = word(centre)
    identifier = centre.say("ru", name, **MISFITS[name])
    found = centre.may(centre.strike())
    assert (before, found["word"]) == ("no objection", "cannot tell")
    assert "broken" not in found.values(), "it convicts nobody"
    for code in PARTIES:
        (misfit,) = misfits(centre, code)
        assert (misfit.id, misfit.doubts) == (identifier, (name,))
    (item,) = centre.items()
    assert item.ending == (name in ("withdrawal_of_consent", "refusal", "abort"))
    (area,) = [each for each in centre.rooms["us"].areas(centre.world.now) if each.state == "agreed"]
    assert bool(area.mixed_with) == (name == "opposition_area")
    centre.later(10 * MINUTE)
    assert word(centre) == "cannot tell", "time does not mend it"
    anew = {"name": name, "same_as": identifier, "fields": FITTING[name]}
    centre.world.say("ru", "us", "said", anew)
    centre.later(5 * MINUTE)
    assert (word(centre), misfits(centre)) == ("no objection", [])


def test_what_is_no_protection_puts_nothing_in_doubt(centre: Centre):
    centre.say("ru", "consent", target="t1")
    centre.say("ru", "lifting_of_stop")
    assert word(centre) == "no objection"
    assert [one.doubts for one in misfits(centre)] == [(), ()]


def unreadable(pen: Pen) -> dict[str, bytes]:
    """Entries of ru's log that a node refuses by name, each under ru's own keys."""
    stop: dict[str, Any] = {"name": "stop", "fields": {"reason": "ours are there"}}
    return {
        "a name nobody knows": pen.entry("said", name="stopp", fields={}),
        "another agreement": pen.entry("said", agreement="0" * 64, **stop),
        "for another log": pen.entry("said", origin="demo/test/ru/to-un", **stop),
        "under a lost key": pen.entry("said", by=pen.signers["log"][:1], **stop),
        "a head too many": pen.raw(pen.payload("said", **stop, extra=1), "said"),
        "no JSON": pen.raw(b"{", "said"),
        "no envelope": b"\x00\x01",
        "no payload type": pen.raw(canon.encode({}), payload_kind="application/x"),
    }


def test_an_account_that_does_not_fit_protects_nothing(centre: Centre):
    centre.world.say("ru", "us", "told", {"name": "raid", "by": [], "first": 0, "last": 0, "fields": {}})
    assert word(centre) == "no objection"


def test_what_cannot_be_read_may_have_been_a_stop():
    centre = Centre()
    centre.ready()
    pen = Pen.of(centre.world, "ru", "us")
    for number, (what, entry) in enumerate(unreadable(pen).items()):
        answers = pen.post(entry)
        assert [answer.status for answer in answers] == [200, 200], what
        assert ours(centre) == "cannot tell", what
        assert len(misfits(centre)) == number + 1, what
        centre.rooms["us"]._recording._mended |= {(one.origin, one.id) for one in misfits(centre)}
        assert ours(centre) == "no objection", what
        centre.rooms["us"]._recording._mended.clear()


def test_nobody_mends_what_another_said(centre: Centre):
    identifier = centre.say("ru", "stop", reason="ours are there", scop="x")
    centre.world.say("us", "ru", "said", {"name": "line_test", "same_as": identifier, "fields": {}})
    assert word(centre) == "cannot tell"
    centre.world.say("ru", "us", "said", {"name": "stop", "same_as": identifier, "fields": FITTING["stop"]})
    centre.later(5 * MINUTE)
    assert word(centre) == "no objection"
