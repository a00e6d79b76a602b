"""Statements of an agreement's kinds: what fits its schema is an act, what does not is refused by field."""

from __future__ import annotations

from typing import Any

import pytest

from detente.agreement.language import read_agreement
from detente.agreement.record import Interval, Path, Region, Span, Spot
from detente.agreement.saying import LATEST, act_of, check, check_told, event_of
from detente.agreement.scope import BARRED
from detente.errors import GivenError
from detente.geo.areas import read_shape
from detente.model import canon
from detente.model.said import Period, Said, Told
from detente.model.shapes import Cell
from detente.model.statement import decode_statement

AGREEMENT = read_agreement(
    b"""
language: 1
agreement: x
parties: {us: A, ru: B}
others: {nusra: {name: N}}
statements:
  nomination: {target: code, group: who, place: area, window: span}
  consent: {target: code, nomination: act nomination, reason: optional own forces | other}
  sighting: {at_point: point, road: optional line, day: optional day, number: optional count, of: optional time}
events:
  strike: {target: optional code, position: point, against: who}
clauses:
- {id: c, says: s, forbid: consent}
"""
)
SQUARE = [[36_0000000, 35_0000000], [36_1000000, 35_0000000], [36_1000000, 35_1000000], [36_0000000, 35_0000000]]
CELL = Cell(coordinates=(36_0000000, 35_0000000), error=15_000, verbatim="35N 36E", datum="WGS84", grid="geographic")
FITS: dict[str, dict[str, Any]] = {
    "nomination": {
        "target": "t-1",
        "group": "nusra",
        "place": read_shape({"type": "polygon", "edges": "geodesic", "coordinates": [SQUARE]}),
        "window": Period(start=1000, end=2000),
    },
    "consent": {"target": "t-1", "nomination": "a" * 64, "reason": "own forces"},
    "sighting": {
        "at_point": CELL,
        "road": read_shape({"type": "line", "edges": "geodesic", "coordinates": SQUARE[:2]}),
        "day": "2016-09-17",
        "number": 3,
        "of": 5000,
    },
}


def said(name: str, fields: dict[str, Any], **more: Any) -> Said:
    head: dict[str, Any] = {
        "agreement": "0" * 64,
        "author": "us",
        "origin": "d.example/us-ru",
        "time": 0,
        "salt": "0" * 32,
    }
    return Said(**head, label="l", name=name, fields=fields, **more)


@pytest.mark.parametrize("name", FITS)
def test_what_fits_crosses_the_wire_and_is_an_act(name: str):
    one = said(name, FITS[name], until=9000)
    again = decode_statement(canon.encode(one), "said")
    assert again == one
    check(AGREEMENT, one)
    act = act_of(AGREEMENT, one, "b" * 64, received={"ru": Interval(5, 6)}, index=4)
    assert act.kind == name
    assert act.by == frozenset({"us"})
    assert (act.until, act.index) == (9000, 4)
    assert act.received == {"ru": Interval(5, 6)}


def test_places_and_periods_are_what_the_judge_reads():
    fields = act_of(AGREEMENT, said("nomination", FITS["nomination"]), "", received={}).fields
    assert isinstance(fields["place"], Region)
    assert fields["place"].rings[0][0] == (36.0, 35.0)
    assert fields["window"] == Span(1000, 2000)
    seen = act_of(AGREEMENT, said("sighting", FITS["sighting"]), "", received={}).fields
    assert seen["at_point"] == Spot(36.0, 35.0, 15.0)
    assert isinstance(seen["road"], Path)
    assert seen["number"] == 3


MISFITS = [
    ("nothing", {}, "no statement 'nothing'"),
    ("receipt", {}, "no statement 'receipt'"),
    ("nomination", {"weapon": "x"}, "no field 'weapon'"),
    ("nomination", {"window": Period(start=2000, end=2000)}, "later than its start"),
    ("nomination", {"place": CELL}, "circle, or a polygon"),
    ("nomination", {"place": read_shape({"type": "polygon", "edges": "planar", "coordinates": [SQUARE]})}, "geodesic"),
    ("nomination", {"group": "hamas"}, "somebody the agreement names"),
    ("nomination", {"target": "T 1"}, "a code of small letters"),
    ("consent", {"reason": "because"}, "one of own forces, other"),
    ("consent", {"nomination": "t-1"}, "64 hex digits"),
    ("sighting", {"day": "17.9.2016"}, "2016-09-17"),
    ("sighting", {"day": "2016-02-30"}, "2016-09-17"),
    ("sighting", {"day": "\u0662\u0660\u0661\u0666-09-17"}, "2016-09-17"),
    ("sighting", {"of": LATEST}, "before the year 9999"),
    ("nomination", {"window": Period(start=0, end=2**53 - 1)}, "before the year 9999"),
    ("sighting", {"number": -1}, "not negative"),
    ("sighting", {"number": "3"}, "whole number"),
    ("sighting", {"at_point": "35N 36E"}, "a cell"),
]


@pytest.mark.parametrize(("name", "change", "words"), MISFITS)
def test_what_does_not_fit_names_field_and_form(name: str, change: dict[str, Any], words: str):
    with pytest.raises(GivenError) as refused:
        check(AGREEMENT, said(name, {**FITS.get(name, {}), **change}))
    assert refused.value.code == "said-invalid"
    assert words in str(refused.value)
    for field in change:
        assert field in refused.value.where


@pytest.mark.parametrize("field", ["target", "group", "place", "window"])
def test_a_field_left_out_is_named(field: str):
    fields = {name: value for name, value in FITS["nomination"].items() if name != field}
    with pytest.raises(GivenError, match=f"'{field}' is missing"):
        check(AGREEMENT, said("nomination", fields))


@pytest.mark.parametrize("field", [*sorted(BARRED)[:6], "aim_point", "expected_effect", "first_image"])
def test_no_agreement_makes_a_nomination_carry_more_than_a_place(field: str):
    text = f"language: 1\nagreement: x\nparties: {{us: A, ru: B}}\nstatements: {{nomination: {{target: code, {field}: code}}}}\n"
    with pytest.raises(GivenError) as refused:
        read_agreement((text + "clauses:\n- {id: c, says: s, forbid: nomination}\n").encode())
    assert field in str(refused.value)


def test_a_number_beyond_the_bounds_or_a_float_never_decodes():
    for bad in ("1.5", "9007199254740992", "true", "null", "[]", '{"type":"image"}'):
        payload = canon.encode(said("sighting", {"number": 3})).replace(b'"number":3', f'"number":{bad}'.encode())
        with pytest.raises(Exception, match=r"unknown|field|float|bad|integer|number"):
            decode_statement(payload, "said")


def told(**change: Any) -> Told:
    head: dict[str, Any] = {
        "agreement": "0" * 64,
        "author": "us",
        "origin": "d.example/us-ru",
        "time": 0,
        "salt": "0" * 32,
    }
    fields = {"name": "strike", "by": ["us", "ru"], "first": 5, "last": 9, "fields": {"against": "nusra"}}
    return Told(**{**head, "label": "l", **fields, **change})


def test_an_account_of_an_event_may_leave_out_what_nobody_knows():
    check_told(AGREEMENT, told())
    event = event_of(AGREEMENT, told(), "c" * 64)
    assert event.by == frozenset({"us", "ru"})
    assert event.at == Interval(5, 9)
    assert dict(event.fields) == {"against": "nusra"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "nomination"}, "no event 'nomination'"),
        ({"by": ["xx"]}, "nobody the agreement names"),
        ({"last": 4}, "ends before it begins"),
        ({"last": LATEST}, "before the year 9999"),
        ({"withdrawn": "yes"}, "replaces"),
        ({"fields": {"weapon": "x"}}, "no field 'weapon'"),
        ({"fields": {"position": "here"}}, "a cell"),
    ],
)
def test_an_account_that_does_not_fit_is_refused_by_field(change: dict[str, Any], words: str):
    with pytest.raises(GivenError, match=words):
        check_told(AGREEMENT, told(**change))


@pytest.mark.parametrize("bounds", [{"from_": 2**53 - 1}, {"until": LATEST}])
def test_no_calendar_is_asked_for_an_instant_it_does_not_know(bounds: dict[str, int]):
    with pytest.raises(GivenError, match="before the year 9999"):
        check(AGREEMENT, said("consent", FITS["consent"], **bounds))
    check(AGREEMENT, said("consent", FITS["consent"], until=LATEST - 1))
