"""Sites, movements and events near them, from acts alone. All of it is made up."""

from __future__ import annotations

import random
from collections.abc import Sequence

from detente.adapters.desk_sites import _away, _metres
from detente.agreement.record import Act, Interval, Path, Span, Spot
from detente.desks import movements as moving
from detente.desks import near_sites as near
from detente.desks import sites as desk
from detente.desks.site_alarms import alarms

DAY = 86_400_000
T0 = 1_473_000_000_000
HERE, THERE = Spot(36.97, 36.15, 20.0), Spot(36.97, 36.25, 20.0)


def said(identifier: str, kind: str, at: int, by: str = "un", to: Sequence[str] = ("us",), **fields: object) -> Act:
    received = {code: Interval(at, at) for code in to}
    return Act(identifier, kind, frozenset({by}), None, received, fields, log=by, known_from=at)


def entry(identifier: str, at: int, version: int = 1, place: Spot = HERE, by: str = "un", **more: object) -> Act:
    return said(identifier, desk.ENTRY, at, by, site="h", version=version, position=place, verified="yes")


def states(acts: Sequence[Act], now: int) -> list[tuple[int, str]]:
    found = desk.sites(acts, lambda _: ("us",), now)
    shuffled = desk.sites(random.Random(1).sample(list(acts), len(acts)), lambda _: ("us",), now)
    assert found == shuffled
    return [(site.version, line.state) for site in found for line in site.lines]


def test_an_entry_from_its_receipt_to_its_removal():
    acts = [entry("e1", T0)]
    assert states(acts, T0) == [(1, "received")]
    acts.append(said("a", desk.ACKNOWLEDGEMENT, T0 + 10_000, "us", ("un",), site="h", version=1))
    assert states(acts, T0 + DAY) == [(1, "acknowledged")]
    acts.append(said("x", desk.REJECTION, T0 + 20_000, "us", ("un",), site="h", version=1, reason="duplicate"))
    assert states(acts, T0 + DAY) == [(1, "rejected")]
    assert states(acts, T0 + 91 * DAY) == [(1, "expired")]
    acts.append(said("c", desk.CONFIRMATION, T0 + 92 * DAY, site="h"))
    assert states(acts, T0 + 93 * DAY) == [(1, "received")]
    acts.append(entry("e2", T0 + 94 * DAY, 2, THERE))
    assert states(acts, T0 + 95 * DAY) == [(1, "moved"), (2, "received")]
    acts.append(entry("e3", T0 + 96 * DAY, 3, THERE))
    acts.append(said("r", desk.REMOVAL, T0 + 97 * DAY, site="h"))
    assert states(acts, T0 + 98 * DAY) == [(1, "moved"), (2, "replaced"), (3, "withdrawn")]


def test_sources_in_conflict_and_age_are_named():
    acts = [entry("e1", T0), entry("b1", T0, place=THERE, by="ru")]
    found = alarms(desk.sites(acts, lambda _: ("us",), T0 + 100 * DAY), _metres)
    assert [one.code for one in found] == ["site-age", "site-age", "site-sources"]
    assert "both are protected" in found[-1].text


def test_every_kind_and_state_of_the_tables_is_reached_from_the_start():
    for table in (desk.TABLE, moving.TABLE):
        known = {table.start}
        for _ in table.moves:
            known |= {move.after for move in table.moves if set(move.before) & known}
        assert known == set(table.states)
    assert set(desk.TABLE.ends) == {"moved", "replaced", "withdrawn"}
    assert moving.TABLE.ends == ("closed",)


def test_a_movement_that_nobody_hears_of_is_overdue_and_not_over():
    window = Span(T0 + 100, T0 + 200)
    acts = [
        said("m", moving.MOVEMENT, T0, movement="c", version=1, route=Path(((36.9, 36.1), (37.0, 36.1))), window=window)
    ]
    seen = [moving.movements(acts, lambda _: ("us", "ru"), now)[0] for now in (T0, T0 + 150, T0 + DAY)]
    assert [one.state for one in seen] == ["planned", "under way", "overdue"]
    assert {each.to: each.state for each in seen[0].told} == {"us": "received", "ru": "sent"}


def test_events_are_counted_by_distance_before_and_after():
    found = desk.sites([entry("e1", T0)], lambda _: ("us",), T0 + 40 * DAY)
    here = [(T0 - DAY, Spot(36.97, 36.151)), *[(T0 + n * DAY, Spot(36.97, 36.151)) for n in (1, 2, 3, 4)]]
    further = [
        (T0 + DAY, Spot(36.97, 36.16)),
        (T0 + DAY, Spot(36.97, 36.1545, 100.0)),
        (T0 - 31 * DAY, Spot(36.97, 36.15)),
    ]
    events = [near.Event(Interval(at, at), place) for at, place in [*here, *further]]
    (score,) = near.scores(found, events, _away, T0 - 10 * DAY, T0 + 20 * DAY)
    assert (score.sites, score.days_before, score.days_after) == (1, 10.0, 20.0)
    first, second, third = score.rows
    assert (first.before, first.after, first.too_few) == ((1, 0), (4, 1), False)
    assert (second.before, second.after, second.too_few) == ((0, 0), (1, 1), True)
    assert (third.before, third.after, third.too_few) == ((0, 0), (0, 0), True)
