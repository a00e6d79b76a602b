"""Open lists: every move of the table, silence, windows, versions; the same state whatever the order of arrival."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.agreement.record import Act, Interval, Region, Span
from detente.desks.lists import TABLE, Item, items, moves
from detente.desks.moves import mermaid

HOUR = 3_600_000
PARTIES = ("us", "ru")
OTHER = {"us": "ru", "ru": "us"}
PLACE = Region(centre=(36.9, 36.1), radius=200.0)


class Talk:
    """Acts said one after the other, each signed for at the minute given (None: not signed for)."""

    def __init__(self) -> None:
        self.acts: list[Act] = []

    def say(self, by: str, kind: str, minute: int | None, **fields: Any) -> str:
        identifier = f"{len(self.acts):064x}"
        received = {} if minute is None else {OTHER[by]: Interval(minute * 60_000, minute * 60_000 + 999)}
        index = sum(act.log == by for act in self.acts)
        self.acts.append(Act(identifier, kind, frozenset({by}), None, received, fields, log=by, index=index))
        return identifier

    def nominate(
        self, minute: int | None, by: str = "us", target: str = "t1", hours: tuple[int, int] = (30, 40)
    ) -> str:
        window = Span(hours[0] * HOUR, hours[1] * HOUR)
        fields = {"target": target, "group": "nusra", "place": PLACE, "window": window, "area": "a", "area_version": 1}
        return self.say(by, "nomination", minute, **fields)

    def consent(self, by: str, minute: int | None, nomination: str, target: str = "t1") -> str:
        return self.say(by, "consent", minute, target=target, nomination=nomination)

    def state(self, hour: int, versions: dict[str, list[tuple[int, int]]] | None = None) -> list[Item]:
        return items(self.acts, PARTIES, hour * HOUR, versions or {"a": [(1, 0)]})


@pytest.fixture
def talk() -> Talk:
    return Talk()


def states(found: list[Item]) -> list[str]:
    return [item.state for item in found]


def test_what_nobody_signed_for_is_not_handed_over(talk: Talk):
    talk.nominate(None)
    (item,) = talk.state(1)
    assert item.state == "not handed over"
    assert item.ready_at(24 * HOUR) is None


def test_the_time_to_look_runs_from_the_receivers_receipt(talk: Talk):
    talk.nominate(10)
    (item,) = talk.state(1)
    assert item.state == "handed over"
    assert item.ready_at(24 * HOUR) == 10 * 60_000 + 999 + 24 * HOUR


def test_both_keys_agree_and_one_does_not(talk: Talk):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    assert states(talk.state(1)) == ["handed over"]
    talk.consent("ru", 50, one)
    assert states(talk.state(1)) == ["agreed"]


def test_silence_lapses_when_the_window_begins_and_a_late_consent_revives_nothing(talk: Talk):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    assert states(talk.state(30)) == ["lapsed"]
    talk.consent("ru", 30 * 60, one)
    (item,) = talk.state(31)
    assert item.state == "lapsed"
    assert len(item.idle) == 1


def test_a_consent_for_another_nomination_of_the_target_does_not_count(talk: Talk):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    two = talk.nominate(20)
    talk.consent("ru", 30, one)
    talk.consent("us", 31, two)
    assert states(talk.state(1)) == ["replaced", "handed over"], "ru agreed to the place as it was, not as it is"
    assert talk.state(1)[-1].consents == {"us"}
    talk.consent("ru", 32, two)
    assert states(talk.state(1)) == ["replaced", "agreed"]


@pytest.mark.parametrize(
    ("kind", "after"), [("refusal", "refused"), ("withdrawal_of_consent", "withdrawn"), ("abort", "aborted")]
)
@pytest.mark.parametrize("by", PARTIES)
def test_either_side_ends_what_was_agreed(talk: Talk, kind: str, after: str, by: str):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    talk.consent("ru", 12, one)
    talk.say(by, kind, 13, target="t1")
    assert states(talk.state(1)) == [after]
    talk.consent("us", 14, one)
    talk.consent("ru", 15, one)
    assert states(talk.state(1)) == [after], "what has ended is nominated anew, not revived"


def test_a_withdrawal_on_its_way_is_shown_before_it_is_signed_for(talk: Talk):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    talk.consent("ru", 12, one)
    talk.say("ru", "withdrawal_of_consent", None, target="t1")
    (item,) = talk.state(1)
    assert item.state == "agreed"
    assert item.ending


def test_a_new_area_version_voids_what_was_agreed_and_a_consent_after_it_counts_for_nothing(talk: Talk):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    talk.consent("ru", 120, one)
    assert states(talk.state(3, {"a": [(1, 0), (2, 60 * 60_000)]})) == ["void"]
    assert states(talk.state(3, {"a": [(1, 0), (2, 150 * 60_000)]})) == ["void"]
    assert states(talk.state(3, {"a": [(1, 0)], "b": [(2, 60_000)]})) == ["agreed"]


def test_an_agreed_item_expires_and_its_result_may_still_come(talk: Talk):
    one = talk.nominate(10)
    talk.consent("us", 11, one)
    talk.consent("ru", 12, one)
    assert states(talk.state(40)) == ["expired"]
    talk.say("us", "result", 41 * 60, target="t1")
    assert states(talk.state(42)) == ["reported"]


def test_the_receiver_cannot_withdraw_what_it_has_not_agreed_to(talk: Talk):
    talk.nominate(10)
    talk.say("ru", "withdrawal_of_consent", 12, target="t1")
    (item,) = talk.state(1)
    assert (item.state, len(item.idle)) == ("handed over", 1)


def test_a_consent_in_the_second_of_its_nomination_comes_after_it_and_a_withdrawal_after_both(talk: Talk):
    """ru sorts before us, and both receipts bear the same second."""
    one = talk.nominate(10)
    talk.consent("us", 10, one)
    talk.consent("ru", 10, one)
    assert states(talk.state(1)) == ["agreed"]
    talk.say("ru", "withdrawal_of_consent", 10, target="t1")
    assert states(talk.state(1)) == ["withdrawn"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(PARTIES),
        st.sampled_from(
            ["nomination", "consent", "consent", "refusal", "withdrawal_of_consent", "undertaking", "abort", "result"]
        ),
        st.sampled_from(["t1", "t2"]),
        st.integers(0, 45),
    ),
    max_size=20,
)


def spoken(steps: list[tuple[str, str, str, int]]) -> Talk:
    talk, minute, last = Talk(), 0, {"t1": "f" * 64, "t2": "f" * 64}
    for by, kind, target, wait in steps:
        minute += wait * 10
        if kind == "nomination":
            last[target] = talk.nominate(minute, by, target)
        elif kind == "consent":
            talk.consent(by, minute, last[target], target)
        else:
            talk.say(by, kind, minute, target=target)
    return talk


@given(STEPS, st.integers(0, 60), st.integers())
def test_the_same_state_whatever_the_order_of_arrival(steps: list[tuple[str, str, str, int]], hour: int, seed: int):
    talk = spoken(steps)
    versions = {"a": [(1, 0), (2, 25 * HOUR)]}
    expected = talk.state(hour, versions)
    shuffled = list(talk.acts)
    Random(seed).shuffle(shuffled)
    assert items(shuffled, PARTIES, hour * HOUR, versions) == expected


@given(STEPS, st.integers(0, 60))
def test_only_moves_of_the_table_are_made_and_agreed_needs_both(steps: list[tuple[str, str, str, int]], hour: int):
    for item in spoken(steps).state(hour):
        before = TABLE.start
        for step in item.steps:
            assert any(before in move.before and move.after == step.state for move in TABLE.moves), (before, step)
            before = step.state
        assert item.state == before
        if "agreed" in {step.state for step in item.steps}:
            assert item.consents == set(PARTIES)
        assert item.state != "agreed" or hour * HOUR < item.window.end


def test_a_refusal_in_the_second_of_its_nomination_ends_it_whichever_came_first(talk: Talk):
    """Nobody can say which it was: a refusal is never lost. ru sorts before us, and both receipts bear the same second."""
    talk.say("ru", "refusal", 10, target="t1")
    one = talk.nominate(10)
    talk.consent("us", 10, one)
    talk.consent("ru", 10, one)
    talk.consent("ru", 11, one)
    assert states(talk.state(1)) == ["refused"]
    again = talk.nominate(12)
    talk.consent("us", 12, again)
    talk.consent("ru", 12, again)
    assert states(talk.state(1)) == ["refused", "agreed"], "a refusal of an earlier minute is of what stood then"


@given(STEPS, st.integers(0, 60))
def test_what_is_foretold_to_move_moves_and_nothing_else_does(steps: list[tuple[str, str, str, int]], hour: int):
    """`moves` is what the commands ask before they sign; a later word is tried on each item as it stands."""
    talk = spoken(steps)
    minute = sum(wait * 10 for *_, wait in steps) + 1
    for kind, by in product(("refusal", "withdrawal_of_consent", "undertaking", "abort", "result"), PARTIES):
        for target in ("t1", "t2"):
            before = items(talk.acts, PARTIES, minute * 60_000 + 999, {"a": [(1, 0)]})
            after = items(
                [*talk.acts, said(talk, by, kind, minute, target)], PARTIES, minute * 60_000 + 999, {"a": [(1, 0)]}
            )
            moved = [old.id for old, new in zip(before, after, strict=True) if old.state != new.state]
            assert moved == [old.id for old in before if old.target == target
                             and moves(old.state, old.nominator, sorted(old.consents), by, kind)]  # fmt: skip


def said(talk: Talk, by: str, kind: str, minute: int, target: str) -> Act:
    received = {OTHER[by]: Interval(minute * 60_000, minute * 60_000 + 999)}
    return Act("f" * 63 + "e", kind, frozenset({by}), None, received, {"target": target}, log=by, index=99)


def test_every_state_is_reached_and_the_diagram_names_every_move():
    assert set(TABLE.ends) == {"refused", "withdrawn", "replaced", "void", "lapsed", "aborted", "reported"}
    drawn = mermaid(TABLE)
    for move in TABLE.moves:
        for state in move.before:
            assert f"{state.replace(' ', '_')} --> {move.after.replace(' ', '_')}" in drawn
