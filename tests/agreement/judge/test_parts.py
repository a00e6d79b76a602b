"""Parts of the judge: the grid loses nothing, the calendar, the before-check in one word, permissions relied on."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from detente.agreement.form import Calendar, Elapsed
from detente.agreement.judge import Judge, judge, overall
from detente.agreement.judge.calendar import LocalCalendar
from detente.agreement.judge.named import Grid
from detente.agreement.judge.shapes import box_of, grow
from detente.agreement.record import Act, Interval, Record, Region, Spot
from tests.agreement.judge import everything as e
from tests.agreement.judge.exact import Exact

AGREEMENT = e.agreement()
EXACT = Exact()


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_boxes_hold_all_within_reach(seed: int):
    r = random.Random(seed)
    lon, lat = r.uniform(-170, 170), r.uniform(-65, 65)
    side = r.choice([0.01, 0.5, 3.0])
    shape: Spot | Region = Spot(lon, lat, 500.0)
    if r.random() < 0.7:
        shape = Region(rings=(((lon, lat), (lon + side, lat), (lon + side, lat + side), (lon, lat + side)),))
    reach = r.choice([100.0, 5000.0, 50_000.0])
    spot = (lon + r.uniform(-2, 2) * side, lat + r.uniform(-2, 2) * side)
    box, mine = box_of(shape), grow((*spot, *spot), reach)
    d = EXACT.to_region(*spot, shape) if isinstance(shape, Region) else EXACT.between(*spot, lon, lat) - 500
    if d <= reach and box is not None and mine is not None:
        assert box[0] <= mine[2]
        assert mine[0] <= box[2]
        assert box[1] <= mine[3]
        assert mine[1] <= box[3]
        assert set(Grid._cells(box) or ()) & set(Grid._cells(mine) or ()) or Grid._cells(box) is None


@given(st.integers(1_200_000_000_000, 1_700_000_000_000), st.integers(0, 90), st.sampled_from(["days", "months"]))
@settings(max_examples=100, deadline=None)
def test_calendar_turns_round(ms: int, number: int, unit):
    calendar = LocalCalendar("Asia/Damascus")
    span = Calendar(number, unit)
    last = calendar.latest_before(ms, span)
    assert calendar.at_least(last, span) <= ms < calendar.at_least(last + 1, span)
    first = calendar.earliest_within(ms, span)
    assert calendar.within(first, span) >= ms > calendar.within(first - 1, span)
    assert calendar.at_least(ms, Elapsed(5)) == ms + 5


def strike(at: int, **fields: object) -> Act:
    stated = {
        "strike": "s",
        "target": "t",
        "operation": "o",
        "position": Spot(36.5, 35.5, 10.0),
        "against": "rebels",
        **fields,
    }
    return Act("q", "strike", frozenset(("us",)), Interval(at, at), {}, stated)


def said(kind: str, id: str, by: str, at: int, **fields: object) -> Act:
    other = "ru" if by == "us" else "us"
    return Act(id, kind, frozenset((by,)), Interval(at, at), {other: Interval(at, at), "un": Interval(at, at)}, fields)


def test_before_check_in_one_word():
    at = e.START + 20 * e.H
    site = said("site_entry", "site", "us", e.START, site="a", position=Spot(36.5, 35.5, 10.0))
    signed = [said("signature", who, who, e.START) for who in ("us", "ru")]
    record = Record((site, *signed), at)
    answer = overall(AGREEMENT, record, EXACT, strike(at), at)
    assert answer.word == "stop"
    answer = overall(AGREEMENT, Record(tuple(signed), at), EXACT, strike(at), at)
    assert answer.word == "not yet"
    assert answer.earliest is None
    shape = Region(centre=(36.5, 35.5), radius=20000.0)
    from detente.agreement.record import Span

    everything = [
        *signed,
        *(said("designation", f"d{who}", who, e.START, area="a", version=1, shape=shape) for who in ("us", "ru")),
        *(said("consent", f"c{who}", who, e.START, target="t") for who in ("us", "ru")),
        said("nomination", "n", "us", e.START, target="t"),
        said("air_notice", "an", "us", at, operation="o", place=shape, window=Span(e.START, e.START + 90 * e.H)),
    ]
    answer = overall(AGREEMENT, Record(tuple(everything), at), EXACT, strike(at), at)
    assert answer.word == "not yet"
    assert answer.earliest == e.START + 24 * e.H
    later = e.START + 25 * e.H
    answer = overall(AGREEMENT, Record(tuple(everything), later), EXACT, strike(later), later)
    assert answer.word == "no objection"
    assert answer.text.startswith("no objection found in")


def test_a_permission_relied_on():
    at = e.START + 20 * e.H
    live = Judge(AGREEMENT, EXACT, at)
    for who in ("us", "ru"):
        live.add(said("signature", who, who, e.START))
    asked = {one.clause: one.verdict for one in live.may(strike(at, position=Spot(36.5, 35.9, 10.0)), at)}
    assert asked["NOM"] == "broken" or asked["NOM"] == "cannot tell"
    relied = {one.clause: one for one in live.may(strike(at, position=Spot(36.5, 35.9, 10.0)), at, ["THREAT"])}
    assert relied["NOM"].verdict == "not due"  # as the table says: its time has not run out
    assert any(one.clause == "THREAT-reason" for one in relied.values())


def test_late_and_withdrawn_name_their_cause():
    live = Judge(AGREEMENT, EXACT, e.NOW)
    act = replace(strike(e.START + 30 * e.H), id="s")
    found = live.add(act)
    assert {one.cause for one in found} == {"s"}
    assert {one.before for one in found} == {None}
    changed = live.add(said("nomination", "n", "us", e.START, target="t"))
    assert any(one.after is not None and one.after.clause == "NOM" and one.cause == "n" for one in changed)
    assert all(
        one.after is None for one in live.add(replace(act, withdrawn=True)) if one.before and one.before.act == "s"
    )
    assert live.findings() == judge(
        AGREEMENT, Record((said("nomination", "n", "us", e.START, target="t"),), e.NOW), EXACT
    )
