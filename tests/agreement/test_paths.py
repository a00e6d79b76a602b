"""Every path leads to a field of the right type, and what would be read and forgotten is refused, with line, clause and remedy."""

from __future__ import annotations

import pytest

from detente.agreement.language import read_agreement
from detente.errors import GivenError

HEAD = """language: 1
agreement: small
zone: Asia/Damascus
parties: {us: United States, ru: Russian Federation}
others:
  regime: {name: government, guarantor: ru}
  un: {name: United Nations, keeps_log: true}
statements:
  nomination: {target: code, place: area, window: span, size: count}
  consent: {target: code, nomination: act nomination}
  letter: {to_whom: addressee, accused: who}
  report: {target: code}
  notice: {eta: time, host: addressee}
  arrived: {flight: act notice}
events:
  strike: {target: code, position: point, against: who, number: count, colour: red | blue}
  meeting: {subject: text}
  pair: {one: point, two: point}
phases:
  term: {starts: 2016-09-01T00:00:00Z}
"""


def read(clause: str, more: str = "", head: str = HEAD):
    return read_agreement(f"{head}{more}\nclauses:\n{clause}\n".encode(), "small.yaml")


def refusal(clause: str, more: str = "", head: str = HEAD) -> str:
    with pytest.raises(GivenError) as refused:
        read(clause, more, head)
    assert refused.value.code == "agreement-invalid"
    assert refused.value.where.startswith("small.yaml line ")
    return f"{refused.value.where}: {refused.value.what}"


STRIKE = "- {{id: c, forbid: strike, by: parties, unless: {}}}"
NOTICE = "- {{id: c, forbid: notice, unless: {}}}"


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        (NOTICE.format("{elapsed: {from: at, to: eta, at_least: 1h}}"), ""),
        (NOTICE.format("{elapsed: {from: at, to: etta, at_least: 1h}}"), "notice has no field 'etta'"),
        (
            NOTICE.format("{elapsed: {from: host, to: eta, at_least: 1h}}"),
            "'host' is of type addressee, not an instant",
        ),
        (NOTICE.format("{elapsed: {from: received.host, to: received.parties, at_least: 1h}}"), ""),
        (NOTICE.format("{elapsed: {from: received.eta, to: eta, at_least: 1h}}"), "nobody receives under 'eta'"),
        (
            STRIKE.format("{elapsed: {from: received, to: at, at_least: 1h}}"),
            "strike is an event; only statements are received",
        ),
        (STRIKE.format("{earlier: nomination, with: {window: {covers: its.at}, place: {covers: its.position}}}"), ""),
        (
            STRIKE.format("{earlier: nomination, with: {window: {covers: its.position}}}"),
            "'position' is of type point, not an instant",
        ),
        (STRIKE.format("{earlier: nomination, with: {place: {covers: its.at}}}"), "'at' is of type time, not a place"),
        (STRIKE.format("{earlier: nomination, with: {place: {covers: its.spot}}}"), "strike has no field 'spot'"),
        (
            STRIKE.format("{earlier: nomination, with: {target: {covers: its.at}}}"),
            "'target' is of type code, not an area or a span",
        ),
        (STRIKE.format("{earlier: nomination, with: {size: {at_least: its.number}}}"), ""),
        (
            STRIKE.format("{earlier: nomination, with: {size: {at_least: its.target}}}"),
            "'target' is of type code, not a number",
        ),
        (STRIKE.format("{target: {at_least: 3}}"), "'target' is of type code, not a number"),
        (STRIKE.format("{against: its.against}"), "no act stands outside"),
        (STRIKE.format("{earlier: consent, with: {nomination.place: {covers: its.position}}}"), ""),
        (
            STRIKE.format("{earlier: consent, with: {nomination.spot: {covers: its.position}}}"),
            "nomination has no field 'spot'",
        ),
        (
            STRIKE.format("{earlier: consent, with: {target.place: {covers: its.position}}}"),
            "'target' is of type code, which has no parts",
        ),
        (STRIKE.format("{earlier: nomination, with: {window.middle: x}}"), "a span has no part 'middle'"),
        (STRIKE.format("{earlier: letter, same: {accused: against}}"), ""),
        (STRIKE.format("{earlier: letter, same: {accused: gainst}}"), "strike has no field 'gainst'"),
        (STRIKE.format("{earlier: letter, by: its.target}"), "'target' is of type code, not people"),
        (STRIKE.format("{earlier: letter, by: {guarantor: its.against}}"), ""),
        (
            STRIKE.format("{earlier: nomination, by: parties, alike: [target]}"),
            "`alike` means nothing without `by_each`",
        ),
        (STRIKE.format("{count: nomination, in: day}"), "a count needs at_least or at_most"),
        (STRIKE.format("{colour: green}"), "'green' is not a value of colour; it has: red | blue"),
        (STRIKE.format("{position: {inside: {within: 1 km, of: {shape: {annex: a}}}}}"), ""),
        (STRIKE.format("{against: {inside: {shape: {annex: a}}}}"), "'against' is of type who, not a place"),
        ("- {id: c, forbid: meeting, when: {inside: {shape: {annex: a}}}}", "meeting is nowhere"),
        ("- {id: c, forbid: pair, when: {inside: {shape: {annex: a}}}}", "pair has 2 places and none is `position`"),
    ],
)
def test_paths_of_conditions(clause: str, says: str):
    if says:
        assert says in refusal(clause)
    else:
        read(clause)


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        ("require: report, by: its.host, after: notice, within: 1h", ""),
        ("require: report, by: its.eta, after: notice, within: 1h", "'eta' is of type time, not people"),
        ("require: report, by: us, after: notice, counting_from: eta, within: 1h", ""),
        (
            "require: report, by: us, after: notice, counting_from: host, within: 1h",
            "'host' is of type addressee, not an instant",
        ),
        (
            "require: report, by: us, after: notice, counting_from: window.until, within: 1h",
            "notice has no field 'window'",
        ),
        (
            "require: report, by: us, after: {start_of: term}, same: [target], within: 1h",
            "a phase's edge has no field 'target'",
        ),
        ("require: report, by: us, due: {every: day, at: '12:00'}, same: {target: next_day}", ""),
        (
            "require: report, by: us, due: {every: day, at: '12:00'}, same: {target: tomorrow}",
            "a due time has no field 'tomorrow'",
        ),
    ],
)
def test_paths_of_duties(clause: str, says: str):
    if says:
        assert says in refusal(f"- {{id: c, {clause}}}")
    else:
        read(f"- {{id: c, {clause}}}")


def test_a_finding_has_the_fields_of_the_act_judged_and_no_others():
    """The draft of Open Skies asked a finding on a notice for the notice's flight: no such finding could ever be found."""
    late = "- {id: late, forbid: notice}\n"
    early = "- {id: early, forbid: arrived}\n"
    ask = "- {{id: c, forbid: arrived, unless: {{earlier: finding, {}, with: {{clause: {}, verdict: broken}}}}}}"
    read(late + early + ask.format("same: {act: flight}", "late"))
    read(late + early + ask.format("same: [flight]", "early"))
    said = refusal(late + early + ask.format("same: [flight]", "[late, early]"))
    assert "a finding on a notice has no field 'flight'; it has: act, clause, verdict, eta, host" in said
    assert "no clause is called 'lat'" in refusal(late + ask.format("same: {act: flight}", "lat"))
    broke = ask.format("same: {act: flight}", "late").replace("broken", "broke")
    assert "'broke' is no verdict" in refusal(late + broke)


def test_a_named_condition_is_checked_against_the_act_it_is_used_for():
    define = "define: {fits: {earlier: nomination, with: {place: {covers: its.position}}}}"
    read(STRIKE.format("fits"), define)
    said = refusal("- {id: c, forbid: meeting, unless: fits}", define)
    assert "define fits" in said
    assert "meeting has no field 'position'" in said


@pytest.mark.parametrize("key", ["at_least: 1h", "at_most: 1h", "newest_per: [target]", "ended_by: report"])
@pytest.mark.parametrize(
    "place",
    [
        "- {{id: c, require: report, by: us, within: 1h, after: {{act: nomination, {}}}}}",
        "- {{id: c, forbid: strike, during: late}}\nphases: {{late: {{starts: {{act: nomination, {}}}}}}}",
        "- {{id: c, forbid: strike, during: late}}\nphases: {{late: {{starts: 2016-09-01T00:00:00Z, ends: {{act: nomination, {}}}}}}}",
        "- {{id: c, forbid: strike, during: late}}\n"
        "phases: {{late: {{starts: 2016-09-01T00:00:00Z, renewed_by: {{act: nomination, {}}}}}}}",
    ],
)
def test_what_a_trigger_a_start_or_an_end_has_no_use_for(place: str, key: str):
    head = HEAD.partition("phases:")[0] if "phases" in place else HEAD
    said = refusal(place.format(key), head=head)
    assert f"{key.partition(':')[0]!r} is not asked here" in said


@pytest.mark.parametrize(
    ("doubt", "says"),
    [
        ("{nomination: actor, any: us}", ""),
        ("{nominaton: actor}", "no statement or event is called 'nominaton'"),
        ("{any: striker}", "nobody is called 'striker'"),
        ("actor", "doubt is expected here"),
    ],
)
def test_who_bears_doubt_is_a_person_and_for_a_kind(doubt: str, says: str):
    clause = f"- {{id: c, forbid: strike, doubt: {doubt}}}"
    if says:
        assert says in refusal(clause)
    else:
        read(clause)


@pytest.mark.parametrize("of", ["cut", "round_it", "[plain, cut]"])
def test_buffer_first_cut_after_by_name_too(of: str):
    places = f"""places:
  plain: {{shape: {{annex: a}}}}
  cut: {{shape: {{annex: a}}, minus: plain}}
  round_it: {{within: 1 km, of: plain, inside: plain}}
  asked: {{within: 2 km, of: {of}}}
"""
    said = refusal(STRIKE.format("{inside: asked}"), places)
    assert "place asked" in said
    assert f"{'round_it' if of == 'round_it' else 'cut'} is cut" in said
    assert "buffer first, cut after" in said


def test_vocabularies_are_refused_by_name():
    assert "vocabularies by name is expected here" in refusal(STRIKE.format("{target: x}"), "use: [flights]")
    assert "flights-9" in refusal(STRIKE.format("{target: x}"), f"use: {{flights-9: {'a' * 64}}}")


def test_what_is_neither_true_nor_false():
    said = refusal(STRIKE.format("{target: x}"), head=HEAD.replace("keeps_log: true", "keeps_log: yes"))
    assert "others un" in said
    assert "'yes' is neither true nor false" in said


def test_assumptions_of_the_whole_file():
    agreement = read(STRIKE.format("{target: x}"), "assumed: [settle 24h, grace 5min]")
    assert agreement.assumed == ("settle 24h", "grace 5min")
