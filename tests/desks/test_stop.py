"""STOP and the watch over made-up acts: clocks, who may say what, an alleged one, what is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.adapters.word_list import word_list
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, Interval, Span
from detente.desks import stop, watch
from detente.desks.phrases import LANGUAGES, PHRASES
from detente.desks.stop_voice import check_stop_words, stop_words
from detente.errors import RemoteError

T = 1_474_117_740_000
PARTIES = ("us", "ru")
SYRIA = read_agreement((Path(__file__).resolve().parents[2] / "agreements" / "syria-2016-07.yaml").read_bytes())


def act(kind: str, by: str, at: int, to: str = "us", **fields: object) -> Act:
    return Act(f"{kind}-{by}-{at}", kind, frozenset({by}), None, {to: Interval(T + at, T + at + 999)}, fields, log=by,
               known_from=T + at)  # fmt: skip


RAISED = act("stop", "ru", 0, reason="ours are under it")


def said(kind: str, by: str, at: int, **fields: object) -> Act:
    return act(kind, by, at, "ru" if by == "us" else "us", stop=RAISED.id, **fields)


def line(now: int, *more: Act, me: str = "us", raised: Act = RAISED) -> stop.Line:
    (found,) = stop.stops([raised, *more], PARTIES, me, T + now)
    (one,) = found.lines
    return one


@pytest.mark.parametrize(
    ("now", "state", "level"),
    [
        (59_999, "received", "stop"),
        (60_000, stop.WATCH, "whole watch"),
        (119_999, stop.WATCH, "whole watch"),
        (120_000, stop.OPERATIONS, "own operations"),
        (86_400_000, stop.OPERATIONS, "own operations"),
    ],
)
def test_silence_carries_it_on_and_never_ends_it(now, state, level):
    assert line(now).state == state
    found = stop.stops([RAISED], PARTIES, "us", T + now)
    assert watch.alarms(found, "us") == {RAISED.id: level}
    assert watch.alarms(found, "ru") == {}
    assert found[0].standing


def test_acknowledged_after_94_seconds_by_a_post():
    ack = said("stop_acknowledgement", "us", 94_000, post="battle captain")
    found = line(95_000, ack)
    assert (found.state, found.after, found.post) == ("acknowledged", 94_000, "battle captain")
    assert [step.state for step in found.steps] == ["raised", "received", stop.WATCH, "acknowledged"]
    assert stop.counts(stop.stops([RAISED, ack], PARTIES, "us", T + 95_000))["us"]["after 60 s or not at all"] == 1


def test_in_one_second_acknowledged_acted_and_lifted_in_that_order():
    more = [
        said(kind, by, 5_000, post="p", what="w", reason="r")
        for kind, by in (("lifting_of_stop", "ru"), ("stop_acted", "us"), ("stop_acknowledgement", "us"))
    ]
    found = line(6_000, *more)
    assert [step.state for step in found.steps][2:] == ["acknowledged", "acted on", "lifted"]
    assert found.after == 5_000


def test_only_its_author_lifts_it_and_only_its_receiver_acknowledges():
    assert line(10_000, said("lifting_of_stop", "us", 5_000)).state == "received"
    assert line(10_000, said("stop_acknowledgement", "ru", 5_000)).state == "received"
    assert line(10_000, said("lifting_of_stop", "ru", 5_000, reason="over")).state == "lifted"


def test_a_reason_is_owed_in_15_minutes_whatever_became_of_it():
    lifted = said("lifting_of_stop", "ru", 5_000)
    assert line(899_000, lifted).answer == "answer awaited"
    assert line(900_000, lifted).answer == "answer overdue"
    assert line(900_000, lifted, said("stop_answer", "us", 600_000, reason="r")).answer == "answered"


def test_it_ends_with_its_own_time():
    raised = act("stop", "ru", 0, reason="r", window=Span(T, T + 30_000))
    assert line(29_999, raised=raised).state == "received"
    assert line(30_000, raised=raised).state == "expired"


def test_without_a_receipt_it_goes_by_voice():
    raised = Act("s", "stop", frozenset({"ru"}), None, {}, {"reason": "r"}, log="ru", known_from=T)
    assert line(59_999, raised=raised, me="ru").state == "raised"
    found = stop.stops([raised], PARTIES, "ru", T + 60_000)
    assert [(each.id, to) for each, to in watch.unheard(found, "ru")] == [("s", "us")]


def test_words_over_the_line_change_with_every_field():
    fields = {"reason": "ours", "item": "t-1"}
    words = stop_words("ru", fields, word_list())
    check_stop_words("ru", fields, [word.upper() for word in words], word_list())
    for by, other in (("un", fields), ("ru", {**fields, "item": "t-2"}), ("ru", {"reason": "ours"})):
        assert stop_words(by, other, word_list()) != words
    with pytest.raises(RemoteError, match="words-differ"):
        check_stop_words("ru", fields, words[::-1], word_list())
    assert stop_words("ru", fields, word_list(), b"\1" * 8) != words


def test_a_watch_is_manned_by_an_answer_and_not_by_a_heartbeat():
    taken = watch.took(watch.Watch(), "duty officer", 2, T)._replace(tested=T)
    assert watch.manned(taken, {"ru": T - 1}, ["ru"]).state == "taken"
    assert watch.manned(taken, {"ru": T + 5}, ["ru"]).state == "manned"
    nobody = watch.Peer("ru", T, False, True, 0, None)
    assert "NOBODY ON WATCH" in nobody.words


def test_suspension_stops_the_joint_part_and_nothing_that_protects():
    """05-resolutions 13: air notices, line tests, STOP, grounding, sites and monitoring go on."""
    held = watch.suspended(SYRIA)
    go_on = {"JIG-13", "JIG-13-line", "X-stop", "X-stopped", "JIG-08-areas", "JIG-08-everywhere", "JIG-14", "X-ground"}
    assert go_on <= set(held.goes_on)
    assert {"JIG-03", "JIG-05", "JIG-06", "JIG-07", "JIG-12"} <= set(held.closed)
    phases = {"term": True, "suspended": True}
    assert watch.in_force(SYRIA, phases) is False
    assert watch.in_force(SYRIA, {**phases, "suspended": None}) is None
    assert watch.in_force(SYRIA, {**phases, "suspended": False}) is True


def test_every_phrase_is_there_in_each_language_with_the_same_names():
    for key, phrase in PHRASES.items():
        names = {name: f"<{name}>" for name in ("us", "them", "what", "reason", "time", "post")}
        texts = [phrase.spoken(language, **names) for language in LANGUAGES]
        used = [{name for name in names if f"<{name}>" in text} for text in texts]
        assert used[0] == used[1] == used[2], key
    assert [title for title in LANGUAGES.values() if "unreviewed" in title] == [*LANGUAGES.values()][1:]
