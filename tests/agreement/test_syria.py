"""The Syria reconstruction at work: one strike that keeps to everything, and what each change of it does.

Everything here is made up but for the clauses. Both engines are asked and must agree.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.agreement import judge as step
from detente.agreement import reference
from detente.agreement.language import read_agreement
from tests.agreement.geodesics import Exact
from tests.agreement.stories import read_record

SYRIA = read_agreement((Path(__file__).resolve().parents[2] / "agreements" / "syria-2016-07.yaml").read_bytes())
BOX = "{poly: [[36.5, 35.5], [37.5, 35.5], [37.5, 36.5], [36.5, 36.5]]}"
WINDOW = "[2016-09-12T06:00:00Z, 2016-09-12T18:00:00Z]"
TARGET = "{circle: [37.0, 36.0], radius: 1000}"
BASE = {
    "sign-us": "type: signature, by: us, at: 2016-09-01T00:00:00Z",
    "sign-ru": "type: signature, by: ru, at: 2016-09-01T00:00:01Z",
    "know-us": "type: common_understanding, by: us, at: 2016-09-08T00:00:00Z",
    "know-ru": "type: common_understanding, by: ru, at: 2016-09-08T00:00:01Z",
    "area-us": f"type: designation, by: us, at: 2016-09-08T01:00:00Z, area: n, version: 1, class: concentrated, shape: {BOX}",
    "area-ru": f"type: designation, by: ru, at: 2016-09-08T01:00:01Z, area: n, version: 1, class: concentrated, shape: {BOX}",
    "own": "type: own_approval, by: us, at: 2016-09-10T00:00:00Z, target: t1, proof: p",
    "nom": f"type: nomination, by: us, at: 2016-09-11T00:00:00Z, target: t1, group: nusra, "
    f"place: {TARGET}, window: {WINDOW}, area: n, area_version: 1",
    "yes-us": "type: consent, by: us, at: 2016-09-11T00:00:00Z, target: t1, nomination: nom",
    "yes-ru": "type: consent, by: ru, at: 2016-09-11T20:00:00Z, target: t1, nomination: nom",
    "air": f"type: air_notice, by: us, at: 2016-09-12T07:00:00Z, operation: o, place: {BOX}, window: {WINDOW}",
    "held": "type: list_held, by: us_cell, at: 2016-09-12T06:00:00Z, strike: s",
    "said": "type: strike_declaration, by: us, at: 2016-09-12T08:10:00Z, strike: s, against: nusra, basis: b, target: t1",
    "report": "type: report, by: us, at: 2016-09-12T12:00:00Z, strike: s, result: r",
    "s": "type: strike, by: us, at: 2016-09-12T08:00:00Z, strike: s, target: t1, position: {at: [37.0, 36.0], r: 20}, against: nusra",
}


def verdicts(now: str = "2016-09-20T00:00:00Z", act: str = "s", **changes: str | None) -> dict[str, str]:
    """Verdicts on one act: `broken`, `cannot tell (JIG-12)` against permissions, shadow ones in brackets."""
    acts = {**BASE, **{name.replace("_", "-"): text for name, text in changes.items()}}
    body = "acts:\n" + "".join(f"- {{id: {name}, {text}}}\n" for name, text in acts.items() if text) + f"now: {now}\n"
    record = read_record(body, SYRIA)
    both = []
    for engine in (step, reference):
        found = {}
        for one in engine.judge(SYRIA, record, Exact({})):
            if one.act == act and one.verdict not in ("not applicable", "no verdict"):
                word = one.verdict + (f" ({', '.join(one.against)})" if one.against else "")
                found[one.clause] = f"[{word}]" if one.shadow else word
        both.append(found)
    assert both[0] == both[1]
    return both[0]


def strike(**changes: str) -> str:
    """The strike with fields changed."""
    fields = dict(
        part.split(": ", 1)
        for part in BASE["s"].replace("position: {at: [37.0, 36.0], r: 20}", "position: P").split(", ")
    )
    fields |= {"position": "{at: [37.0, 36.0], r: 20}"} | changes
    return ", ".join(f"{name}: {value}" for name, value in fields.items() if value)


def objections(found: dict[str, str]) -> dict[str, str]:
    return {clause: word for clause, word in found.items() if word not in ("kept", "no breach known")}


def test_a_strike_that_keeps_to_everything():
    found = verdicts()
    assert objections(found) == {}
    assert {"X-only", "JIG-05", "JIG-06", "JIG-07", "JIG-13", "X-last-mile-us", "X-declared", "X-report"} <= set(found)


@pytest.mark.parametrize("whom", ["opposition", "regime", "civilians"])
def test_those_two_groups_and_exclusively_those_two(whom: str):
    """Nobody else, whoever permits what; that only this one clause says so is what the drafts left out."""
    assert objections(verdicts(s=strike(against=whom))) == {"X-only": "broken"}


def test_whom_a_strike_was_against_is_a_claim_with_its_source():
    claimed = strike(against="") + ", accounts: {us: {against: nusra}, ru: {against: opposition}}"
    assert verdicts(s=claimed)["X-only"] == "disputed"
    assert verdicts(s=strike(against=""))["X-only"] == "cannot tell"


def test_what_a_striker_leaves_out_of_its_declaration_counts_as_a_no():
    silent = "type: strike_declaration, by: us, at: 2016-09-12T08:10:00Z, strike: s, basis: b"
    assert verdicts(act="said", said=silent)["X-declared-only"] == "broken"
    assert verdicts(act="said", said=f"{silent}, against: nusra")["X-declared-only"] == "broken"  # no target
    assert verdicts(act="said", said=f"{silent}, against: daesh")["X-declared-only"] == "kept"
    assert verdicts(said=None)["X-declared"] == "broken"


def test_a_strike_that_cites_an_agreed_target_and_falls_elsewhere():
    assert objections(verdicts(s=strike(position="{at: [37.2, 36.0], r: 20}"))) == {
        "JIG-05": "broken",
        "JIG-06": "broken",
    }


def test_a_strike_in_place_at_the_wrong_time():
    late = strike(at="2016-09-12T18:30:00Z")
    notice = BASE["air"].replace(WINDOW, "[2016-09-12T06:00:00Z, 2016-09-12T20:00:00Z]").replace("T07:00", "T16:00")
    held = BASE["held"].replace("T06:00", "T16:00")
    said = BASE["said"].replace("T08:10", "T18:40")
    report = BASE["report"].replace("T12:00", "T20:00")
    found = verdicts(s=late, air=notice, held=held, said=said, report=report)
    assert objections(found) == {"JIG-05": "broken", "JIG-06": "broken"}


def test_a_day_runs_from_the_receivers_receipt():
    late = BASE["nom"].replace("at: 2016-09-11T00:00:00Z", "received: {ru: 2016-09-11T08:00:00.001Z}")
    assert objections(verdicts(nom=late)) == {"JIG-05": "broken"}


def test_silence_is_not_agreement_and_consent_can_be_withdrawn():
    assert objections(verdicts(yes_ru=None)) == {"JIG-06": "broken"}
    gone = "type: withdrawal_of_consent, by: ru, at: 2016-09-12T07:59:59Z, target: t1"
    assert objections(verdicts(gone=gone)) == {"JIG-06": "broken"}


def test_a_withdrawal_that_crosses_the_strike_is_at_the_strikers_risk():
    crossing = (
        "type: withdrawal_of_consent, by: ru, received: {us: [2016-09-12T07:59:00Z, 2016-09-12T08:01:00Z]}, target: t1"
    )
    assert objections(verdicts(gone=crossing)) == {"JIG-06": "cannot tell"}
    body = "acts:\n" + "".join(f"- {{id: {n}, {t}}}\n" for n, t in {**BASE, "gone": crossing}.items())
    record = read_record(body + "now: 2016-09-20T00:00:00Z\n", SYRIA)
    for engine in (step, reference):
        [finding] = [f for f in engine.judge(SYRIA, record, Exact({})) if (f.clause, f.act) == ("JIG-06", "s")]
        assert finding.borne_by == "us"


@pytest.mark.parametrize("who", ["us", "ru"])
def test_an_abort_by_either_ends_what_was_agreed_and_word_of_who_acts_permits_nothing(who: str):
    abort = f"type: abort, by: {who}, at: 2016-09-12T07:59:59Z, target: t1"
    assert objections(verdicts(gone=abort)) == {"JIG-06": "broken"}
    acts = "type: undertaking, by: us, at: 2016-09-12T06:00:00Z, target: t1"
    assert objections(verdicts(acts=acts, yes_ru=None)) == {"JIG-06": "broken"}
    assert objections(verdicts(acts=acts)) == {}


def test_the_cell_speaks_through_its_own_side_and_nobody_else_for_it():
    """It keeps no log: its silence is known as far as its side's log is, and no further."""
    assert objections(verdicts(held=None)) == {"X-last-mile-us": "broken"}
    assert objections(verdicts(held=BASE["held"].replace("us_cell", "us"))) == {"X-last-mile-us": "broken"}
    assert objections(verdicts(held=BASE["held"].replace("us_cell", "ru_cell"))) == {"X-last-mile-us": "broken"}


def test_what_a_side_is_told_reaches_its_cell_within_two_hours():
    stop = "type: stop, by: ru, at: 2016-09-12T09:00:00Z, reason: r"
    told = "type: cell_receipt, by: us_cell, at: 2016-09-12T10:59:00Z, of: stop"
    clause = "X-last-mile-receipt-us"
    assert verdicts(act="receipt:stop:us", stop=stop, told=told)[clause] == "kept"
    assert verdicts(act="receipt:stop:us", stop=stop)[clause] == "broken"
    assert verdicts(act="receipt:stop:us", stop=stop, told=told.replace("us_cell", "us"))[clause] == "broken"
    assert verdicts(act="receipt:stop:us", stop=stop, told=told.replace("of: stop", "of: other"))[clause] == "broken"


def test_consent_to_one_place_is_no_consent_to_another():
    """The nominator hands the same target over again, somewhere else, a day before: the old consent does not cover it."""
    moved = BASE["nom"].replace(TARGET, "{circle: [37.2, 36.0], radius: 1000}")
    found = verdicts(nom_2=moved, s=strike(position="{at: [37.2, 36.0], r: 20}"))
    assert objections(found) == {"JIG-06": "broken"}


def test_mixed_and_opposition_areas_are_not_designated():
    mixed = {
        f"mixed_{who}": f"type: designation, by: {who}, at: 2016-09-09T00:00:00Z, area: m, version: 1, class: mixed, shape: {TARGET}"
        for who in ("us", "ru")
    }
    assert objections(verdicts(**mixed)) == {"JIG-07": "broken"}
    gone = "type: revocation, by: us, at: 2016-09-10T00:00:00Z, area: m"
    assert objections(verdicts(**mixed, gone=gone)) == {"JIG-07": "broken"}  # to end a protection takes both
    assert objections(verdicts(**mixed, gone=gone, gone_too=gone.replace("by: us", "by: ru"))) == {}
    assert objections(verdicts(gone=gone.replace("area: m", "area: n"))) == {
        "JIG-07": "broken"
    }  # to end a designation, one
    theirs = f"type: opposition_area, by: us, at: 2016-09-09T00:00:00Z, area: o, version: 1, shape: {TARGET}"
    assert objections(verdicts(theirs=theirs)) == {"JIG-07": "broken", "X-opposition": "broken"}


# what the negotiators left open stays open

RESERVED = strike(against="daesh", target="", position="{at: [38.5, 35.0], r: 20}")


def test_a_reserved_strike_without_the_air_notice_is_left_open():
    """A permission and a prohibition, and no word on which prevails: nobody decides it here."""
    said = BASE["said"].replace("nusra", "daesh")
    assert objections(verdicts(s=RESERVED, said=said, air=None)) == {"JIG-13": "cannot tell (JIG-12)"}


def test_a_strike_on_daesh_inside_the_areas_falls_under_nothing():
    """No clause on areas, lists or consent speaks of it; what is left is what every strike meets."""
    found = verdicts(s=strike(against="daesh", target=""), nom=None, yes_us=None, yes_ru=None)
    assert objections(found) == {}
    assert set(found) == {"X-only", "JIG-13", "X-last-mile-us", "X-declared", "X-report"}


def test_an_imminent_threat_by_somebody_else_is_left_open():
    claim = "type: imminent_threat_claim, by: us, at: 2016-09-12T08:30:00Z, strike: s, basis: b"
    found = verdicts(s=strike(against="opposition"), claim=claim)
    assert objections(found) == {"X-only": "cannot tell (JIG-11)"}


def test_an_imminent_threat_lifts_lists_and_areas_and_owes_a_reason():
    claim = "type: imminent_threat_claim, by: us, at: 2016-09-12T08:30:00Z, strike: s, basis: b"
    found = verdicts(nom=None, yes_ru=None, claim=claim)
    assert objections(found) == {"JIG-11-reason": "broken"}
    assert objections(verdicts(nom=None, yes_ru=None)) == {"JIG-05": "broken", "JIG-06": "broken"}


def test_both_readings_of_the_grounding_are_judged_unscored():
    inside = "type: flight, by: regime, at: 2016-09-12T08:00:00Z, flight: f, military: 'yes', position: {at: [37.0, 36.0], r: 20}"
    outside = inside.replace("37.0, 36.0", "35.5, 34.5")
    both = {"JIG-08-areas": "[broken]", "JIG-08-everywhere": "[broken]"}
    assert verdicts(act="f", f=f"{inside}, purpose: combat") == both
    assert verdicts(act="f", f=f"{outside}, purpose: combat") == {"JIG-08-everywhere": "[broken]"}


@pytest.mark.parametrize(
    ("purpose", "hours", "word"),
    [
        ("medical", 25, "kept"),
        ("medical", 1, "broken"),
        ("rescue", 1, "kept"),
        ("humanitarian", 1, "broken"),
        ("combat", 25, "broken"),
    ],
)
def test_a_rescue_is_notified_just_before_and_the_others_a_day(purpose: str, hours: int, word: str):
    at = f"2016-09-1{1 if hours == 25 else 2}T07:00:00Z"
    told = "medical" if purpose == "combat" else purpose
    flight = f"type: flight, by: regime, at: 2016-09-12T08:00:00Z, flight: f, military: 'yes', purpose: {purpose}, "
    flight += "position: {at: [37.0, 36.0], r: 20}"
    notice = f"type: flight_notice, by: ru, at: {at}, flight: f, purpose: {told}, route: {TARGET}, window: {WINDOW}"
    assert verdicts(act="f", f=flight, n=notice)["JIG-08-areas"] == f"[{word}]"


# protections outlive the phase


@pytest.mark.parametrize("end", ["suspension, reason: r", "withdrawal"])
def test_protections_survive_suspension_and_withdrawal(end: str):
    kind, _, rest = end.partition(", ")
    over = f"type: {kind}, by: us, at: 2016-09-12T00:00:00Z" + (f", {rest}" if rest else "")
    site = "type: site_entry, by: un, at: 2016-01-01T00:00:00Z, site: h, version: 1, position: {at: [37.001, 36.0], r: 10}, verified: 'no'"
    found = verdicts(over=over, site=site, air=None, held=None, nom=None)
    assert (found["JIG-14"], found["JIG-13"], found["X-last-mile-us"]) == ("broken", "broken", "broken")
    assert (found["JIG-05"], found["X-only"]) == ("[broken]", "[kept]")


def test_nobody_moves_or_removes_what_another_has_put_under_protection():
    site = "type: site_entry, by: un, at: 2016-01-01T00:00:00Z, site: h, version: 1, position: {at: [37.001, 36.0], r: 10}, verified: 'no'"
    moved = site.replace("by: un", "by: us").replace("37.001", "38.0").replace("2016-01-01", "2016-02-01")
    removed = "type: site_removal, by: us, at: 2016-03-01T00:00:00Z, site: h"
    assert objections(verdicts(site=site, moved=moved, removed=removed)) == {"JIG-14": "broken"}
    assert objections(verdicts(site=site, moved=moved.replace("by: us", "by: un"))) == {}
    theirs = f"type: opposition_area, by: us, at: 2016-09-09T00:00:00Z, area: o, version: 1, shape: {TARGET}"
    smaller = theirs.replace("by: us", "by: ru").replace("1000", "1").replace("09-09", "09-10")
    assert objections(verdicts(theirs=theirs, smaller=smaller)) == {"JIG-07": "broken", "X-opposition": "broken"}


def test_stop_binds_from_its_receipt_and_only_its_own_lifting_ends_it():
    stop = "type: stop, by: ru, at: 2016-09-12T07:59:59.999Z, reason: r"
    other = "type: stop, by: ru, at: 2016-09-12T07:00:00Z, reason: r"
    lifting = "type: lifting_of_stop, by: ru, at: 2016-09-12T07:59:59.999Z, stop: other"
    assert verdicts(stop=stop)["X-stopped"] == "broken"
    assert verdicts(stop=other.replace("by: ru", "by: un"))["X-stopped"] == "broken"
    assert verdicts(other=other, stop=stop, lift=lifting)["X-stopped"] == "broken"
    assert "X-stopped" not in verdicts(other=other, lift=lifting)
    assert "X-stopped" not in verdicts(stop=f"{stop}, scope: {{circle: [39.0, 35.0], radius: 1000}}")


# calm days


def watches(days: range, who: tuple[str, ...] = ("us", "ru")) -> dict[str, str]:
    return {
        f"w{day}{code}": f"type: watch_report, by: {code}, at: 2016-09-{day:02d}T12:00:00Z, where: w, how: h"
        for day in days
        for code in who
    }


def test_seven_calm_days_need_watchers_and_no_known_attack():
    centre = "type: opening_of_centre, by: us, at: 2016-09-12T08:00:00Z"
    attack = "type: ground_attack, by: regime, at: 2016-09-06T09:00:00Z, incident: i, against: opposition, "
    attack += "position: {at: [37.0, 36.0], r: 20}"
    calm = watches(range(2, 12))
    assert verdicts(act="c", c=centre, **calm)["X-calm"] == "kept"
    assert verdicts(act="c", c=centre)["X-calm"] == "broken"  # that nothing is known earns nothing
    assert verdicts(act="c", c=centre, **watches(range(2, 12), ("us",)))["X-calm"] == "broken"
    assert verdicts(act="c", c=centre, a=attack, **calm)["X-calm"] == "broken"
    assert verdicts(act="a", c=centre, a=attack, **calm)["X-ground"] == "broken"


def test_with_sealed_lists_the_second_reading_is_judged_beside_the_first():
    """Unscored, and only once both have chosen sealed lists: until then it is no objection to anybody."""
    chosen = {
        f"seal_{who}": f"type: choice_of_sealed_lists, by: {who}, at: 2016-09-09T00:00:00Z" for who in ("us", "ru")
    }
    alone = verdicts(**chosen)
    assert (alone["JIG-05"], alone["JIG-05-sealed"]) == ("kept", "[broken]")
    second = BASE["nom"].replace("by: us", "by: ru")
    assert verdicts(**chosen, second=second)["JIG-05-sealed"] == "[kept]"
    assert "JIG-05-sealed" not in verdicts()
