"""Earlier, later, count and their keys, one small record each (21-language-reference, 7)."""

import pytest

from tests.agreement.reference.small import findings, verdict


def forbid(unless, kind="strike"):
    return f"- {{id: c, forbid: {kind}, unless: {unless}}}\n"


def act(name, kind, by, at, more=""):
    return f"- {{id: {name}, type: {kind}, by: {by}, at: {at}{', ' + more if more else ''}}}\n"


STRIKE = act("s", "strike", "us", "2016-09-11T12:00:00Z", "target: t, position: {at: [37, 36]}")


@pytest.mark.parametrize(
    ("unless", "acts", "word"),
    [
        # at least, in days: from that day's first instant
        ("{earlier: nomination, at_least: 1 days}", [("n", "2016-09-10T20:59:59Z")], "kept"),
        ("{earlier: nomination, at_least: 1 days}", [("n", "2016-09-10T21:00:00Z")], "broken"),  # local 11 September
        ("{earlier: nomination, at_most: 2 days}", [("n", "2016-09-08T21:00:00Z")], "kept"),
        ("{earlier: nomination, at_most: 2 days}", [("n", "2016-09-08T20:59:59Z")], "broken"),
        ("{earlier: nomination, at_most: 12h}", [("n", "2016-09-11T00:00:00Z")], "kept"),
        ("{earlier: nomination, at_most: 12h}", [("n", "2016-09-10T23:59:59Z")], "broken"),
        ("{earlier: nomination, no_later_than: 2016-09-10T00:00:00Z}", [("n", "2016-09-10T00:00:00Z")], "kept"),
        ("{earlier: nomination, no_later_than: 2016-09-10T00:00:00Z}", [("n", "2016-09-10T00:00:01Z")], "broken"),
        # not later than, inclusive
        ("{earlier: nomination}", [("n", "2016-09-11T12:00:00Z")], "kept"),
        ("{earlier: nomination}", [("n", "2016-09-11T12:00:00.001Z")], "broken"),
        # standing
        ("{earlier: nomination, same: [target], ended_by: withdrawal_of}", [("n", "2016-09-01T00:00:00Z")], "kept"),
        (
            "{earlier: nomination, same: [target], ended_by: withdrawal_of}",
            [("n", "2016-09-01T00:00:00Z"), ("w", "2016-09-11T12:00:00Z")],
            "broken",
        ),
        (
            "{earlier: nomination, same: [target], ended_by: withdrawal_of}",
            [("w", "2016-09-01T00:00:00Z"), ("n", "2016-09-01T00:00:00Z")],
            "kept",
        ),
        (
            "{earlier: nomination, same: [target], ended_by: withdrawal_of}",
            [("n", "2016-09-01T00:00:00Z"), ("w", "[2016-09-11T11:59:00Z, 2016-09-11T12:01:00Z]")],
            "cannot tell",
        ),
    ],
)
def test_earlier(unless, acts, word):
    text = "".join(
        act(name, "nomination" if name == "n" else "withdrawal_of", "us", at, "target: t") for name, at in acts
    )
    assert verdict(forbid(unless), text + STRIKE, "s") == word


def test_only_the_author_ends_unless_by_says_so():
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t") + STRIKE
    theirs = act("w", "withdrawal_of", "ru", "2016-09-02T00:00:00Z", "target: t")
    assert (
        verdict(forbid("{earlier: nomination, same: [target], ended_by: withdrawal_of}"), acts + theirs, "s") == "kept"
    )
    by = "{act: withdrawal_of, by: other}"
    assert verdict(forbid(f"{{earlier: nomination, same: [target], ended_by: {by}}}"), acts + theirs, "s") == "broken"
    elsewhere = theirs.replace("target: t", "target: u")
    assert verdict(forbid(f"{{earlier: nomination, same: [target], ended_by: {by}}}"), acts + elsewhere, "s") == "kept"


def test_an_ending_beyond_the_head():
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t") + STRIKE
    clause = forbid("{earlier: nomination, same: [target], ended_by: withdrawal_of}")
    assert verdict(clause, acts, "s", heads="{us: 2016-09-11T11:00:00Z}") == "cannot tell"
    assert verdict(clause, acts, "s", heads="{ru: 2016-09-11T11:00:00Z}") == "kept"


def test_stated_validity():
    clause = forbid("{earlier: nomination}")
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t, until: 2016-09-11T12:00:00Z")
    assert verdict(clause, acts + STRIKE, "s") == "broken"
    assert verdict(clause, acts.replace("12:00:00Z}", "12:00:00.001Z}") + STRIKE, "s") == "kept"
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t, from: 2016-09-11T12:00:00.001Z")
    assert verdict(clause, acts + STRIKE, "s") == "broken"


def test_in_one_log_the_index_decides():
    first = act("n", "nomination", "us", "2016-09-02T00:00:00Z", "target: t, log: us, index: 1")
    second = act("w", "withdrawal_of", "us", "2016-09-01T00:00:00Z", "target: t, log: us, index: 2")
    clause = forbid("{earlier: nomination, same: [target]}", "withdrawal_of")
    assert verdict(clause, first + second, "w") == "kept"
    assert verdict(clause, first.replace("index: 1", "index: 3") + second, "w") == "broken"


def test_newest_replaces_and_does_not_revive():
    place = "shape: {circle: [37, 36], radius: 9000}"
    far = "shape: {circle: [38, 36], radius: 9000}"
    more = """
places:
  zone:
    named_in: {act: designation, by_each: parties, alike: [area, version, shape], newest_per: [area],
               ended_by: revocation}
    field: shape
"""
    clause = "- {id: c, forbid: strike, unless: {inside: zone}}\n"
    one = "".join(
        act(f"a{w}", "designation", w, "2016-09-01T00:00:00Z", f"area: n, version: 1, {place}") for w in ("us", "ru")
    )
    half = act("b", "designation", "us", "2016-09-02T00:00:00Z", f"area: n, version: 2, {far}")
    other = act("d", "designation", "ru", "2016-09-03T00:00:00Z", f"area: n, version: 2, {far}")
    gone = act("r", "revocation", "us", "2016-09-04T00:00:00Z", "area: n")
    assert verdict(clause, STRIKE, "s", more) == "broken"
    assert verdict(clause, one + STRIKE, "s", more) == "kept"
    assert verdict(clause, one + half + STRIKE, "s", more) == "kept"  # the old area until both have the new one
    assert verdict(clause, one + half + other + STRIKE, "s", more) == "broken"
    assert verdict(clause, one + half + other + gone + STRIKE, "s", more) == "broken"
    assert verdict(clause, one + gone + STRIKE, "s", more) == "broken"


def test_receivers():
    acts = (
        "- {id: n, type: nomination, by: us, "
        "target: t, received: {un: 2016-09-01T00:00:00Z, ru: 2016-09-12T00:00:00Z}}\n"
    )
    assert verdict(forbid("{earlier: nomination}"), acts + STRIKE, "s") == "broken"  # the first other party
    assert verdict(forbid("{earlier: nomination, to: un}"), acts + STRIKE, "s") == "kept"
    assert verdict(forbid("{earlier: nomination, to_each: [un, ru]}"), acts + STRIKE, "s") == "broken"
    assert verdict(forbid("{earlier: nomination, to: [un, ru]}"), acts + STRIKE, "s") == "kept"
    letter = (
        "- {id: l, type: letter, by: us, received: {un: 2016-09-01T00:00:00Z, ru: 2016-09-12T00:00:00Z}, to_whom: ru}\n"
    )
    assert verdict(forbid("{earlier: letter}"), letter + STRIKE, "s") == "broken"
    assert verdict(forbid("{earlier: letter}"), letter.replace("to_whom: ru", "to_whom: un") + STRIKE, "s") == "kept"


def test_same_and_unknown_fields():
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t")
    clause = forbid("{earlier: nomination, same: [target]}")
    blur = STRIKE.replace("target: t", "target: {one_of: [t, u]}")
    assert verdict(clause, acts + blur, "s") == "cannot tell"
    assert verdict(clause, acts + STRIKE.replace("target: t, ", ""), "s") == "cannot tell"  # an event: not known
    assert verdict(clause, acts + STRIKE.replace("target: t", "target: u"), "s") == "broken"
    silent = act("n", "nomination", "us", "2016-09-01T00:00:00Z")  # a statement: not stated
    assert verdict(clause, silent + STRIKE, "s") == "broken"


def test_with_steps_in_and_its_steps_out():
    clause = forbid("{earlier: nomination, with: {target: its.target, area: n}}")
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t, area: n")
    assert verdict(clause, acts + STRIKE, "s") == "kept"
    assert verdict(clause, acts.replace("area: n", "area: m") + STRIKE, "s") == "broken"
    nested = forbid("{earlier: nomination, with: {earlier: claim, by: actor, with: {strike: its.target}}}")
    mine = act("k", "claim", "us", "2016-08-01T00:00:00Z", "strike: t")
    assert verdict(nested, mine + acts + STRIKE, "s") == "kept"
    assert verdict(nested, mine.replace("by: us", "by: ru") + acts + STRIKE, "s") == "broken"


LATER = "- {id: c, require: answer, by: other, after: stop, same: {stop: id}, within: 2min}\n"
STOP = act("p", "stop", "ru", "2016-09-11T12:00:00Z")


@pytest.mark.parametrize(
    ("answer", "now", "word"),
    [
        ("2016-09-11T12:02:00Z", "2016-10-01T00:00:00Z", "kept"),
        ("2016-09-11T12:02:00.001Z", "2016-10-01T00:00:00Z", "broken"),
        (None, "2016-09-11T12:03:00Z", "not due"),
        (None, "2016-09-11T12:03:00.001Z", "broken"),
        ("[2016-09-11T12:01:00Z, 2016-09-11T12:03:00Z]", "2016-10-01T00:00:00Z", "cannot tell"),
    ],
)
def test_later(answer, now, word):
    acts = STOP + (act("a", "answer", "us", answer, "stop: p") if answer else "")
    assert verdict(LATER, acts, "p", "grace: 1min", now) == word


def test_later_needs_the_log_whole():
    assert verdict(LATER, STOP, "p", heads="{us: 2016-09-11T12:01:00Z}") == "cannot tell"
    assert verdict(LATER, STOP, "p", heads="{us: 2016-09-11T12:02:00Z}") == "broken"


def test_counting_from_moves_the_deadline_only():
    clause = "- {id: c, require: reason, by: actor, after: notice, counting_from: window.until, within: 1h}\n"
    notice = act("n", "notice", "us", "2016-09-01T00:00:00Z", "window: [2016-09-02T00:00:00Z, 2016-09-03T00:00:00Z]")
    for at, word in (
        ("2016-09-01T12:00:00Z", "kept"),
        ("2016-09-03T01:00:00Z", "kept"),
        ("2016-09-03T01:00:01Z", "broken"),
    ):
        assert verdict(clause, notice + act("r", "reason", "us", at, "strike: x"), "n") == word


def test_to_each_and_receipts():
    clause = (
        "- {id: c, require: receipt, by_each: [ru, un], after: {act: nomination, by: us}, same: {of: id}, within: 1h}\n"
    )
    acts = (
        "- {id: n, type: nomination, by: us, "
        "received: {ru: 2016-09-01T00:00:00Z, un: 2016-09-01T02:00:00Z}, target: t}\n"
    )
    found = findings(clause, acts)
    assert found["c", "n", "ru"].verdict == "kept"
    assert found["c", "n", "un"].verdict == "broken"
    clause = "- {id: c, require: reason, by: actor, to_each: [ru, un], after: stop, within: 1h}\n"
    acts = act("p", "stop", "us", "2016-09-01T00:00:00Z") + (
        "- {id: r, type: reason, by: us, received: {ru: 2016-09-01T00:10:00Z, un: 2016-09-01T00:50:00Z}, strike: x}\n"
    )
    assert verdict(clause, acts, "p") == "kept"
    assert verdict(clause, acts.replace("un: 2016-09-01T00:50", "un: 2016-09-01T01:50"), "p") == "broken"


@pytest.mark.parametrize(
    ("when", "times", "word"),
    [
        ("{count: flight, in: 1h, at_least: 3}", ["10:00", "10:30", "11:00"], "broken"),
        ("{count: flight, in: 1h, at_least: 3}", ["09:59", "10:30", "11:00"], "not applicable"),
        ("{count: flight, in: day, at_least: 3}", ["00:00", "10:30", "11:00"], "broken"),
        ("{count: flight, in: month, at_most: 2}", ["00:00", "10:30", "11:00"], "not applicable"),
        ("{count: flight, in: day, at_least: 2, distinct: [flight]}", ["10:30", "11:00"], "not applicable"),
        ("{count: flight, in: day, at_least: 2, with: {flight: a}}", ["10:30", "11:00"], "broken"),
        ("{count: flight, in: 10min, at_most: 1}", ["11:00"], "broken"),
    ],
)
def test_count(when, times, word):
    acts = "".join(act(f"f{at[:2]}{at[3:]}", "flight", "us", f"2016-09-11T{at}:00+03:00", "flight: a") for at in times)
    assert verdict(f"- {{id: c, forbid: flight, when: {when}}}\n", acts, "f1100") == word


def test_count_of_an_incomplete_record():
    acts = act("f", "flight", "us", "2016-09-30T11:00:00Z", "flight: a")
    clause = "- {id: c, forbid: flight, when: {count: flight, in: 1h, at_least: 3}}\n"
    assert verdict(clause, acts, "f", "settle: 48h") == "cannot tell"
    clause = "- {id: c, forbid: flight, when: {count: flight, in: 1h, at_most: 3}}\n"
    assert verdict(clause, acts, "f", "settle: 1h") == "broken"
    assert verdict(clause, acts, "f", "settle: 48h") == "cannot tell"


def test_count_standing():
    clause = forbid("{count: nomination, same: [target], ended_by: withdrawal_of, at_least: 2}")
    acts = act("n", "nomination", "us", "2016-09-01T00:00:00Z", "target: t")
    acts += act("m", "nomination", "ru", "2016-09-01T00:00:00Z", "target: t")
    assert verdict(clause, acts + STRIKE, "s") == "kept"
    acts += act("w", "withdrawal_of", "ru", "2016-09-02T00:00:00Z", "target: t")
    assert verdict(clause, acts + STRIKE, "s") == "broken"


def test_absence_of_an_event_waits_for_settle():
    clause = forbid("{not: {earlier: flight}}")
    assert verdict(clause, STRIKE, "s", "settle: 1h", "2016-09-11T13:00:00Z") == "kept"
    assert verdict(clause, STRIKE, "s", "settle: 1h", "2016-09-11T12:59:59Z") == "cannot tell"
