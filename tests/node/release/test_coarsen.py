"""What leaves tells nothing of what was made coarse: the bytes are the same for every fine value of the same cell and slot."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.agreement.language import read_agreement
from detente.agreement.saying import check
from detente.errors import GivenError
from detente.geo.coarse import cell_at
from detente.geo.ellipsoid import offset
from detente.model.said import Period, Said, Value
from detente.model.shapes import Cell, Circle, Line
from detente.node.release.coarsen import SLOTS, check_levels, coarse_span, coarsen, timetable
from detente.node.release.interface import Levels
from detente.proof.envelope import parse_envelope
from tests.sim.world import MINUTE, SECOND, T0, World

TEXT = b"""language: 1
agreement: test-2016
parties: {us: United States, ru: Russian Federation}
others: {un: {name: United Nations, keeps_log: true}}
statements:
  signature: {}
  seen: {object: code, at: point, area: area, when: time, window: span, height: length, number: count, version: count,
         note: optional text, way: optional line}
events:
  strike: {position: point}
clauses:
- {id: c, says: s, forbid: strike}
"""
AGREEMENT = read_agreement(TEXT)
KIND = AGREEMENT.kinds["seen"]
LEVELS = Levels(place=20_000, time=30 * MINUTE, altitude=1_000, counts=(1, 3, 10))
LON, LAT = 371234567, 361234567


def drafted(
    lon: int = LON, lat: int = LAT, when: int = T0 + 7 * MINUTE, number: int = 4, **more: Value
) -> dict[str, Value]:
    return {
        "object": "alpha",
        "at": Cell(
            coordinates=(lon, lat), error=30_000, verbatim="36 07 24.4N 037 07 24.4E", datum="ED50", grid="MGRS"
        ),
        "area": Circle(coordinates=(lon, lat), radius=700),
        "when": when,
        "window": Period(start=when, end=when + 50 * MINUTE),
        "height": 7_321,
        "number": number,
        "version": 2,
        **more,
    }


def said(fields: dict[str, Value]) -> Said:
    head: dict[str, Any] = {"agreement": "0" * 64, "author": "us", "origin": "o/x", "time": 0, "salt": "0" * 32}
    return Said(name="seen", fields=fields, label="l", **head)


def test_what_is_coarse_still_fits_the_agreement():
    check(AGREEMENT, said(coarsen(KIND, drafted(), LEVELS)))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 30 * MINUTE - 1), st.integers(3, 9))
def test_every_fine_value_of_a_cell_slot_and_band_gives_the_same(east: int, north: int, ms: int, number: int):
    """So no field, order or size of what leaves can hold anything finer."""
    south, west, top, right = cell_at(LAT, LON, 20).bounds()
    lon, lat = west + east % (right - west), south + north % (top - south)
    other = drafted(lon, lat, T0 + ms, number) | {"height": 7_000 + number}
    assert coarsen(KIND, other, LEVELS) == coarsen(KIND, drafted(), LEVELS)


def test_the_fine_value_is_in_no_byte_that_leaves():
    """Released twice on a real log: entries, heads and ids; only salt, time and what follows from them differ."""
    world = World(agreement=TEXT)
    placed, payloads = [], []
    for fine in (drafted(), drafted(LON - 70_000, LAT - 90_000, T0 + 11 * MINUTE, 5)):
        fields = {name: json.loads(json.dumps(to_plain(value))) for name, value in coarsen(KIND, fine, LEVELS).items()}
        placed.append(world.say("us", "ru", "said", {"name": "seen", "fields": fields}))
        (data,) = world.store("us").entries(placed[-1].origin, placed[-1].entry, placed[-1].entry + 1)
        payloads.append(payload_of(data))
    first, second = ({k: v for k, v in p.items() if k not in ("salt", "time", "seen")} for p in payloads)
    assert first == second
    assert placed[0].id != placed[1].id
    assert len(payloads[0]["salt"]) == 32
    assert payloads[0]["salt"] != payloads[1]["salt"]
    sent = b"".join(message.body for message in world.traffic)
    stored = b"".join(world.store("us").entries(placed[0].origin, 0, placed[1].entry + 1))
    for bytes_ in (sent, stored, json.dumps(payloads).encode()):
        for fine_text in ("371234567", "361234567", "36 07 24", "ED50", "7321", "371164567", str(T0 + 7 * MINUTE)):
            assert fine_text.encode() not in bytes_
    assert len(payloads[0]["fields"]["at"]["verbatim"]) == len(payloads[1]["fields"]["at"]["verbatim"])


def to_plain(value: Value) -> Any:
    return msgspec.to_builtins(value)


def payload_of(entry: bytes) -> dict[str, Any]:
    return dict(json.loads(parse_envelope(entry).payload))


@pytest.mark.parametrize(("number", "band"), [(0, 0), (1, 1), (2, 1), (3, 3), (9, 3), (10, 10), (11, 10), (10**6, 10)])
def test_counts_fall_to_fixed_edges(number: int, band: int):
    assert coarsen(KIND, drafted(number=number), LEVELS)["number"] == band


def test_one_more_tells_nothing_within_a_band():
    """n and n + 1: two releases differ only where a fixed edge lies between them."""
    told = [coarsen(KIND, drafted(number=n), LEVELS) for n in range(3, 10)]
    assert all(each == told[0] for each in told)


def test_a_version_is_no_count():
    assert coarsen(KIND, drafted(), LEVELS)["version"] == 2


def test_altitudes_fall_to_a_band():
    assert coarsen(KIND, drafted(), LEVELS)["height"] == 7_000


@given(st.integers(0, 10**12), st.integers(1, 10**9), st.sampled_from(SLOTS))
def test_a_span_holds_what_it_stands_for_and_its_length_tells_only_the_length(start: int, length: int, slot: int):
    low, high = coarse_span(start, start + length, slot)
    assert low <= start < start + length <= high
    assert high - low == coarse_span(0, length, slot)[1]
    assert low % slot == high % slot == 0


def test_the_second_of_a_crossing_is_not_told():
    """Two flights that cross the edge of a cell at different odd seconds of a slot are told alike."""
    told = []
    for second in (601, 1397):
        track = [(T0 + s * SECOND, offset(LAT, LON, 90, 250.0 * (s - second))) for s in range(0, 3600, 7)]
        edge = [(at, "west" if lon < LON else "east") for at, (_, lon) in track]
        told.append(timetable(edge, 30 * MINUTE))
    assert told[0] == told[1]
    assert [place for _, place in told[0]] == ["west", "east"]


@pytest.mark.parametrize("slots", [SLOTS])
def test_slots_nest(slots: tuple[int, ...]):
    assert all(longer % shorter == 0 for shorter, longer in pairwise(slots))


def test_telling_twice_gives_equal_values():
    assert coarsen(KIND, drafted(), LEVELS) == coarsen(KIND, drafted(), LEVELS)


@pytest.mark.parametrize("text", ["north of 36.1234 N", "at 3 6 1 2 3 4", "file 37-1234"])
def test_a_text_with_digits_of_the_place_does_not_leave(text: str):
    with pytest.raises(GivenError, match="digits of a place") as refused:
        coarsen(KIND, drafted(note=text), LEVELS)
    assert refused.value.where == "seen note"


def test_a_code_with_digits_of_the_place_does_not_leave():
    with pytest.raises(GivenError, match="digits of a place"):
        coarsen(KIND, drafted() | {"object": "t-3612"}, LEVELS)


def test_a_line_is_not_told_coarsely():
    way = Line(coordinates=((LON, LAT), (LON + 10**6, LAT)), edges="geodesic")
    with pytest.raises(GivenError, match="withhold it"):
        coarsen(KIND, drafted(way=way), LEVELS)


@pytest.mark.parametrize(
    ("levels", "what"),
    [
        (Levels(place=7_000), "not 7 km"),
        (Levels(time=7 * MINUTE), "slots are"),
        (Levels(counts=(3, 1)), "edges of bands"),
        (Levels(counts=(-1, 1)), "edges of bands"),
    ],
)
def test_levels_are_fixed_ones(levels: Levels, what: str):
    with pytest.raises(GivenError, match=re.escape(what)):
        check_levels(levels)
