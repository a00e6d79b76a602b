"""Phases, people, places, precedence, duties by the clock, accounts and findings, one small record each (3, 8-11)."""

import pytest

from detente.agreement.record import Region
from detente.agreement.reference import judge, overall
from detente.agreement.source import read_source
from tests.agreement.geodesics import Exact
from tests.agreement.reference.small import agreement, findings, record, verdict
from tests.agreement.stories import act_of


def act(name, kind, by, at, more=""):
    return f"- {{id: {name}, type: {kind}, by: {by}, at: {at}{', ' + more if more else ''}}}\n"


def strike(at, name="s", by="us", more="position: {at: [37, 36]}"):
    return act(name, "strike", by, at, more)


IN_PHASE = "- {id: c, forbid: strike, during: p}\n"


def phase(text):
    return f"phases:\n  p: {text}\n"


SIGNED = act("a", "signature", "us", "2016-09-01T00:00:00Z") + act("b", "signature", "ru", "2016-09-02T00:00:00Z")


@pytest.mark.parametrize(
    ("text", "acts", "at", "word"),
    [
        ("{starts: 2016-09-01T00:00:00Z, ends: 2016-09-02T00:00:00Z}", "", "2016-09-01T00:00:00Z", "broken"),
        ("{starts: 2016-09-01T00:00:00Z, ends: 2016-09-02T00:00:00Z}", "", "2016-09-02T00:00:00Z", "not applicable"),
        ("{starts: 2016-09-01T00:00:00Z, ends: {after: 48h}}", "", "2016-09-02T23:59:59Z", "broken"),
        ("{starts: 2016-09-01T00:00:00Z, ends: {after: 48h}}", "", "2016-09-03T00:00:00Z", "not applicable"),
        # 1 September 03:00 in Damascus; two days later ends with 3 September there
        ("{starts: 2016-09-01T00:00:00Z, ends: {after: 2 days}}", "", "2016-09-03T20:59:59Z", "broken"),
        ("{starts: 2016-09-01T00:00:00Z, ends: {after: 2 days}}", "", "2016-09-03T21:00:00Z", "not applicable"),
        ("{starts: {act: signature, by_each: parties}}", SIGNED, "2016-09-01T23:59:59Z", "not applicable"),
        ("{starts: {act: signature, by_each: parties}}", SIGNED, "2016-09-02T00:00:00Z", "broken"),
        (
            "{starts: {act: signature, by_each: parties, plus: 1 days}}",
            SIGNED,
            "2016-09-02T20:59:59Z",
            "not applicable",
        ),
        ("{starts: {act: signature, by_each: parties, plus: 1 days}}", SIGNED, "2016-09-02T21:00:00Z", "broken"),
    ],
)
def test_starts_and_ends(text, acts, at, word):
    assert verdict(IN_PHASE, acts + strike(at), "s", phase(text)) == word


def test_an_end_before_a_delayed_start_cancels_it():
    text = phase("{starts: {act: signature, by: us, plus: 72h}, ends: {act: leaving, by: us}}")
    acts = act("a", "signature", "us", "2016-09-01T00:00:00Z")
    assert verdict(IN_PHASE, acts + strike("2016-09-05T00:00:00Z"), "s", text) == "broken"
    gone = act("l", "leaving", "us", "2016-09-02T00:00:00Z")
    assert verdict(IN_PHASE, acts + gone + strike("2016-09-05T00:00:00Z"), "s", text) == "not applicable"
    before = act("l", "leaving", "us", "2016-08-31T00:00:00Z")
    assert verdict(IN_PHASE, acts + before + strike("2016-09-05T00:00:00Z"), "s", text) == "broken"


def test_a_withdrawal_dated_too_early_takes_effect_at_the_earliest_allowed():
    text = phase("{starts: 2016-09-01T00:00:00Z, ends: {act: leaving, plus: 240h}}")
    early = act("l", "leaving", "us", "2016-09-02T00:00:00Z", "from: 2016-09-03T00:00:00Z")
    assert verdict(IN_PHASE, early + strike("2016-09-11T23:59:59Z"), "s", text) == "broken"
    assert verdict(IN_PHASE, early + strike("2016-09-12T00:00:00Z"), "s", text) == "not applicable"


def test_suspended_resumed_suspended():
    text = phase("{starts: {act: stop, by: parties}, ends: {act: leaving, by_each: parties}}")
    acts = (
        act("p1", "stop", "us", "2016-09-01T00:00:00Z")
        + act("r1", "leaving", "us", "2016-09-02T00:00:00Z")
        + act("r2", "leaving", "ru", "2016-09-03T00:00:00Z")
        + act("p2", "stop", "ru", "2016-09-05T00:00:00Z")
        + act("r3", "leaving", "ru", "2016-09-06T00:00:00Z")
    )
    for at, word in (("01", "broken"), ("02", "broken"), ("04", "not applicable"), ("05", "broken"), ("07", "broken")):
        assert verdict(IN_PHASE, acts + strike(f"2016-09-{at}T12:00:00Z"), "s", text) == word


def test_renewal_must_come_while_the_phase_runs():
    text = phase(
        "{starts: 2016-09-01T00:00:00Z, ends: {after: 48h}, "
        "renewed_by: {act: extension, by_each: parties, alike: [until]}}"
    )
    until = "until: 2016-09-05T00:00:00Z"
    one = act("a", "extension", "us", "2016-09-02T00:00:00Z", until)
    late = strike("2016-09-04T00:00:00Z")
    assert verdict(IN_PHASE, one + late, "s", text) == "not applicable"
    assert (
        verdict(IN_PHASE, one + act("b", "extension", "ru", "2016-09-02T12:00:00Z", until) + late, "s", text)
        == "broken"
    )
    lapsed = act("b", "extension", "ru", "2016-09-03T00:00:00Z", until)
    assert verdict(IN_PHASE, one + lapsed + late, "s", text) == "not applicable"
    perhaps = act("b", "extension", "ru", "[2016-09-02T23:00:00Z, 2016-09-03T01:00:00Z]", until)
    assert verdict(IN_PHASE, one + perhaps + late, "s", text) == "cannot tell"
    assert verdict(IN_PHASE, one + late, "s", text, heads="{ru: 2016-09-02T00:00:00Z}") == "cannot tell"


def test_streak():
    text = (
        "phases:\n  p: {starts: 2016-09-01T00:00:00Z}\n"
        "  calm: {starts: {streak: 3 days, since: p, each_day: {count: flight, in: day, at_most: 0}}}\n"
    )
    clause = "- {id: c, forbid: strike, during: calm}\n"
    # whole local days 2, 3, 4 September: calm from the 5th, 00:00 in Damascus
    assert verdict(clause, strike("2016-09-04T20:59:59Z"), "s", text) == "not applicable"
    assert verdict(clause, strike("2016-09-04T21:00:00Z"), "s", text) == "broken"
    bad = act("f", "flight", "us", "2016-09-03T12:00:00Z", "flight: a")
    assert verdict(clause, bad + strike("2016-09-06T20:59:59Z"), "s", text) == "not applicable"
    assert verdict(clause, bad + strike("2016-09-06T21:00:00Z"), "s", text) == "broken"
    unsure = act("f", "flight", "us", "[2016-09-03T20:00:00Z, 2016-09-03T22:00:00Z]", "flight: a")
    assert verdict(clause, unsure + strike("2016-09-05T00:00:00Z"), "s", text) == "cannot tell"
    assert (
        verdict(clause, strike("2016-09-05T00:00:00Z"), "s", text + "settle: 48h\n", "2016-09-05T12:00:00Z")
        == "cannot tell"
    )


def test_edges_as_triggers_and_due_times():
    text = phase("{starts: {act: signature, by_each: parties}}") + "grace: 0s\n"
    clause = "- {id: c, require: daily, by_each: parties, after: {start_of: p}, within: 2 days}\n"
    acts = SIGNED + act("d", "daily", "us", "2016-09-04T20:59:59Z") + act("e", "daily", "ru", "2016-09-04T21:00:00Z")
    found = {key[2]: item.verdict for key, item in findings(clause, acts, text).items()}
    assert found == {"us": "kept", "ru": "broken"}
    clause = '- {id: c, require: daily, by: us, due: {every: day, at: "12:00"}, same: {day: next_day}}\n'
    acts = act("d", "daily", "us", "2016-09-03T09:00:00Z", "day: 2016-09-04")
    acts += act("e", "daily", "us", "2016-09-04T09:00:01Z", "day: 2016-09-05")
    found = {key[1]: item.verdict for key, item in findings(clause, acts, now="2016-09-05T00:00:00Z").items()}
    assert found == {"due 2016-09-03T09:00:00Z": "kept", "due 2016-09-04T09:00:00Z": "broken"}
    clause = "- {id: c, require: daily, by: us, due: 2016-09-03T09:00:00Z}\n"
    assert verdict(clause, "", "due 2016-09-03T09:00:00Z", now="2016-09-03T09:00:00Z") == "not due"
    assert verdict(clause, acts, "due 2016-09-03T09:00:00Z") == "kept"


def test_in_force_and_survives():
    text = "phases:\n  p: {starts: 2016-09-01T00:00:00Z, ends: 2016-09-02T00:00:00Z}\nin_force: {during: p}\n"
    clauses = (
        "- {id: c, forbid: strike}\n"
        "- {id: d, forbid: strike, survives: true}\n"
        "- {id: e, forbid: strike, reading_of: d}\n"
    )
    found = findings(clauses, strike("2016-09-01T12:00:00Z") + strike("2016-09-03T00:00:00Z", "t"), text)
    assert all(item.verdict == "broken" for item in found.values())
    shadows = {key[:2] for key, item in found.items() if item.shadow}
    assert shadows == {("c", "t"), ("e", "s"), ("e", "t")}


def test_people():
    aimed = "- {id: c, forbid: strike, when: {against: nusra}}\n"
    for name, at, word in (
        ("nusra", "2016-09-01", "broken"),
        ("Front", "2016-01-01", "broken"),
        ("Sham", "2016-07-29", "broken"),
        ("Sham", "2016-07-27", "cannot tell"),
        ("regime", "2016-09-01", "not applicable"),
        ("{one_of: [nusra, regime]}", "2016-09-01", "cannot tell"),
        ("unknown", "2016-09-01", "cannot tell"),
    ):
        assert verdict(aimed, strike(f"{at}T00:00:00Z", more=f"against: {name}"), "s") == word, name
    for by, word in (
        ("left", "broken"), ("regime", "not applicable"), ("{one_of: [left, right]}", "broken"),
        ("{one_of: [left, us]}", "cannot tell"),
    ):  # fmt: skip
        assert (
            verdict("- {id: c, forbid: strike, by: opposition}\n", strike("2016-09-01T00:00:00Z", by=by), "s") == word
        )


def test_opt_in():
    clause = "- {id: c, forbid: strike, by: covered, when: {against: covered}}\n"
    joined = act("a", "acceptance", "left", "2016-09-01T00:00:00Z") + act(
        "b", "acceptance", "regime", "2016-09-01T00:00:00Z"
    )
    hit = strike("2016-09-05T00:00:00Z", by="left", more="against: regime")
    assert verdict(clause, joined + hit, "s") == "broken"
    assert verdict(clause, joined.splitlines()[0] + "\n" + hit, "s") == "not applicable"
    late = joined.replace("regime, at: 2016-09-01", "regime, at: 2016-09-03")
    assert verdict(clause, late + hit, "s") == "not applicable"
    left = act("d", "departure", "regime", "2016-09-04T00:00:00Z")
    assert verdict(clause, joined + left + hit, "s") == "not applicable"
    assert verdict(clause, joined + hit, "s", heads="{ru: 2016-09-03T00:00:00Z}") == "cannot tell"


def test_guarantor_answers():
    found = findings(
        "- {id: c, forbid: flight, by: regime}\n", act("f", "flight", "regime", "2016-09-01T00:00:00Z", "flight: a")
    )
    assert found["c", "f", "regime"].answers == "ru"


@pytest.mark.parametrize(
    ("lon", "error", "word"),
    [
        (37.0, 0, "broken"),
        (37.0105, 0, "broken"),
        (37.0109, 0, "cannot tell"),
        (37.0112, 10, "cannot tell"),
        (37.02, 0, "not applicable"),
    ],
)
def test_a_buffer_and_its_band(lon, error, word):
    # at 36 N 0.0111 degrees are 1000 m
    text = "places:\n  near: {within: 1 km, of: {named_in: {act: site, newest_per: [site]}, field: position}}\n"
    acts = act("n", "site", "us", "2016-09-01T00:00:00Z", "site: x, position: {at: [37, 36]}")
    clause = "- {id: c, forbid: strike, when: {inside: near}}\n"
    assert (
        verdict(
            clause, acts + strike("2016-09-02T00:00:00Z", more=f"position: {{at: [{lon}, 36], r: {error}}}"), "s", text
        )
        == word
    )


def test_drift_and_minus_and_annex():
    text = (
        "places:\n  near: {within: 1 km, of: {named_in: {act: site, newest_per: [site]}, field: position, "
        "drift: 36 km/h}}\n"
    )
    acts = act("n", "site", "us", "2016-09-01T00:00:00Z", "site: x, position: {at: [37, 36]}")
    clause = "- {id: c, forbid: strike, when: {inside: near}}\n"
    assert verdict(clause, acts + strike("2016-09-01T00:01:00Z"), "s", text) == "broken"  # 600 m
    assert verdict(clause, acts + strike("2016-09-01T00:02:00Z"), "s", text) == "cannot tell"
    far = strike("2016-09-01T00:01:00Z", more="position: {at: [37.02, 36]}")
    assert (
        verdict(clause, acts + far, "s", text) == "cannot tell"
        or verdict(clause, acts + far, "s", text) == "not applicable"
    )
    text = "places:\n  z: {shape: {annex: big}, minus: {shape: {circle: [37, 36], radius: 1000}}}\n"
    clause = "- {id: c, forbid: strike, when: {inside: z}}\n"
    big = Region(centre=(37.0, 36.0), radius=9000)
    assert verdict(clause, strike("2016-09-01T00:00:00Z"), "s", text, big=big) == "not applicable"
    other = strike("2016-09-01T00:00:00Z", more="position: {at: [37.05, 36]}")
    assert verdict(clause, other, "s", text, big=big) == "broken"
    assert verdict(clause, other, "s", text) == "cannot tell"


PERMIT = """
- {id: c, forbid: strike, unless: {earlier: nomination, same: [target]}}
- id: q
  permit: strike
  by: parties
  when: {later: claim, by: actor, same: [strike], within: 1h}
  prevails_over: [c]
  then: [{id: d, require: reason, by: actor, same: [strike], within: 24h}]
"""


def test_a_permission_that_looks_ahead():
    hit = strike("2016-09-01T12:00:00Z", more="strike: x, target: t")
    now = "2016-09-01T12:30:00Z"
    found = findings(PERMIT, hit, now=now)
    assert found["c", "s", "us"].verdict == "not due"
    assert found["c", "s", "us"].due_by == found["c", "s", "us"].at[0] + 3_600_000
    assert findings(PERMIT, hit)["c", "s", "us"].verdict == "broken"
    claim = act("k", "claim", "us", "2016-09-01T12:45:00Z", "strike: x")
    found = findings(PERMIT, hit + claim)
    assert [found[c, "s", "us"].verdict for c in "cqd"] == ["kept", "no verdict", "broken"]
    reason = act("r", "reason", "us", "2016-09-02T12:00:00Z", "strike: x")
    assert findings(PERMIT, hit + claim + reason)["d", "s", "us"].verdict == "kept"
    named = act("n", "nomination", "ru", "2016-08-01T00:00:00Z", "target: t")
    assert findings(PERMIT, named + hit + claim)["d", "s", "us"].verdict == "not applicable"  # it was not needed


def test_a_permission_before_the_act_counts_only_if_relied_on():
    form = agreement(PERMIT)
    deed = act_of(read_source(b"{id: z, type: strike, by: us, strike: x, target: t, against: nusra}", "z"), form)
    known, at = record("", form), 1472731200000
    assert overall(form, known, Exact(), deed, at).word == "not yet"
    said = overall(form, known, Exact(), deed, at, ["q"])
    assert (said.word, said.earliest) == ("no objection found", at)
    assert said.owed == (("c", at + 3_600_000), ("d", at + 86_400_000))


def test_stop_where_no_statement_helps():
    form = agreement("- {id: c, forbid: strike, when: {earlier: stop, by: other, ended_by: leaving}}\n")
    deed = act_of(read_source(b"{id: z, type: strike, by: us}", "z"), form)
    known = record(act("p", "stop", "ru", "2016-09-01T00:00:00Z"), form)
    assert overall(form, known, Exact(), deed, 1472731200000).word == "stop"


def test_precedence():
    hit = strike("2016-09-01T12:00:00Z")
    free = "- {id: q, permit: strike, by: parties}\n"
    found = findings("- {id: c, forbid: strike}\n" + free, hit)
    assert (found["c", "s", "us"].verdict, found["c", "s", "us"].against) == ("cannot tell", ("q",))
    assert (
        findings("- {id: c, forbid: strike, prevails_over: every permission}\n" + free, hit)["c", "s", "us"].verdict
        == "broken"
    )
    assert findings("- {id: c, forbid: strike, prevails_over: [q]}\n" + free, hit)["c", "s", "us"].verdict == "broken"
    over = free.replace("by: parties}", "by: parties, prevails_over: [c]}")
    assert findings("- {id: c, forbid: strike}\n" + over, hit)["c", "s", "us"].verdict == "kept"


def test_findings_are_acts():
    clauses = """
- {id: a, forbid: flight, by: regime}
- {id: c, require: reason, by_each: parties, after: {act: finding, with: {clause: a, verdict: broken}}, within: 48h,
   when: {count: finding, same: [by], with: {clause: a, verdict: broken}, in: 168h, at_least: 3}}
"""
    acts = "".join(act(f"f{d}", "flight", "regime", f"2016-09-0{d}T00:00:00Z", "flight: a") for d in (1, 2, 3))
    found = {key[1:]: item.verdict for key, item in findings(clauses, acts).items() if key[0] == "c"}
    assert found["finding:a:f2:regime", "us"] == "not applicable"
    assert found["finding:a:f3:regime", "ru"] == "broken"


def test_accounts():
    clause = "- {id: c, forbid: strike, by: us, unless: {target: t}}\n"
    told = strike("2016-09-01T00:00:00Z", more="target: t, accounts: {us: {target: t}, ru: {target: %s}}")
    assert verdict(clause, told % "u", "s") == "disputed"
    assert verdict(clause, told % "t", "s") == "kept"
    assert verdict(clause, told % "unknown", "s") == "cannot tell"


def test_corrected_and_withdrawn():
    clause = "- {id: c, require: answer, by: other, after: stop, same: {stop: id}, within: 2min}\n"
    acts = act("p", "stop", "us", "2016-09-01T00:00:00Z") + act("a", "answer", "ru", "2016-09-01T00:01:00Z", "stop: p")
    assert verdict(clause, acts, "p") == "kept"
    assert verdict(clause, acts + act("p2", "stop", "us", "2016-09-01T00:00:30Z", "replaces: p"), "p2") == "kept"
    assert verdict(clause, acts.replace("stop: p", "stop: p, withdrawn: true"), "p") == "broken"


def test_doubt_names_who_bears_it_and_changes_nothing():
    clause = "- {id: c, forbid: strike, unless: {earlier: nomination}, doubt: {nomination: other}}\n"
    acts = act("n", "nomination", "us", "[2016-09-01T00:00:00Z, 2016-09-03T00:00:00Z]", "target: t")
    found = findings(clause, acts + strike("2016-09-02T00:00:00Z"))["c", "s", "us"]
    assert (found.verdict, found.borne_by) == ("cannot tell", "ru")


def test_conditions_on_one_act():
    def notice(more, unless):
        text = act(
            "n", "notice", "us", "2016-09-01T06:00:00Z", f"window: [2016-09-02T06:00:00Z, 2016-09-03T00:00:00Z], {more}"
        )
        return verdict(f"- {{id: c, forbid: notice, unless: {unless}}}\n", text, "n")

    assert notice("purpose: rescue", "{elapsed: {from: at, to: window.from, at_least: 24h}}") == "kept"
    assert notice("purpose: rescue", "{elapsed: {from: at, to: window.from, at_most: 23h}}") == "broken"
    assert notice("purpose: rescue", "{given: distance}") == "broken"
    assert notice("distance: 50", "{distance: {at_least: 50 m}}") == "kept"
    assert notice("distance: {one_of: [49, 50]}", "{distance: {at_least: 50 m}}") == "cannot tell"
    assert notice("distance: {sealed: x}", "{all: [{given: distance}]}") == "kept"
    assert notice("purpose: {one_of: [rescue, medical]}", "{purpose: [rescue]}") == "cannot tell"
    assert notice("purpose: rescue", '{clock: {days: [thu], from: "09:00", until: "10:00"}}') == "kept"
    assert notice("purpose: rescue", '{clock: {days: [thu], from: "08:00", until: "09:00"}}') == "broken"
    assert notice("purpose: rescue", '{clock: {from: "22:00", until: "10:00"}}') == "kept"
    assert notice("purpose: rescue", "{not: {given: place}}") == "kept"


def test_order_of_findings():
    form = agreement("- {id: b, forbid: strike}\n- {id: a, forbid: strike}\n")
    acts = strike("2016-09-02T00:00:00Z", "x") + strike("2016-09-01T00:00:00Z", "y")
    said = [(item.clause, item.act) for item in judge(form, record(acts, form), Exact())]
    assert said == [("b", "y"), ("b", "x"), ("a", "y"), ("a", "x")]
