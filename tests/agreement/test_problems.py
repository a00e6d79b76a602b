"""All errors of a file in one run, each with file, line, clause and remedy, and none that another one caused."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from detente.agreement.problems import errors_in

FOLDER = Path(__file__).parents[2] / "agreements"
TEXT = """language: 1
agreement: small
zone: UTC
parties: {us: United States, ru: Russian Federation}
statements:
  notice: {area: area}
events:
  strike: {position: point, against: us | ru}
places:
  zone: {named_in: {act: notice}, field: area}
phases:
  term: {starts: notice, ends: {after: 10 days}}
clauses:
- id: A
  forbid: strike
  by: parties
  when: {inside: zone}
  during: term
- id: B
  require: notice
  by: actor
  after: {act: strike, by: parties}
  within: 1h
- id: C
  permit: strike
  by: us
  when: {against: ru}
  prevails_over: [A]
  then:
  - id: C-then
    require: notice
    by: actor
    within: 1h
"""


def errors(*changes: tuple[str, str]) -> list[tuple[str, str]]:
    """Where and what, after these changes of the text."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return [(error.where, error.what.split("; ")[0]) for error in errors_in(text.encode(), "f")]


def test_a_file_without_errors_has_none():
    assert errors() == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_our_agreements_have_none(path):
    assert errors_in(path.read_bytes(), path.name) == []


def test_errors_of_several_clauses_come_together_in_order():
    found = errors(
        ("when: {inside: zone}", "when: {inside: zon}"),
        ("within: 1h\n- id: C", "within: 1 hour\n- id: C"),
        ("by: us\n", "by: uss\n"),
        ("zone: UTC", "zone: Nowhere/Town"),
    )
    assert [where for where, _ in found] == [
        "f line 3",
        "f line 17, clause A",
        "f line 23, clause B",
        "f line 26, clause C",
    ]
    assert [what for _, what in found] == [
        "'Nowhere/Town' is no IANA zone", "no place is called 'zon'", "'1 hour' is not a duration", "nobody is called 'uss'",
    ]  # fmt: skip


def test_errors_of_one_clause_come_together():
    found = errors(
        ("when: {inside: zone}", "when: {inside: zon, against: xx, weight: 3}"), ("during: term", "during: tern")
    )
    assert [what for _, what in found] == [
        "no place is called 'zon'", "'xx' is not a value of against", "strike has no field 'weight'", "no phase is called 'tern'",
    ]  # fmt: skip
    assert all(", clause A" in where for where, _ in found)


def test_an_error_in_a_duty_under_a_permission_is_found_with_others():
    found = errors(("    within: 1h\n", "    within: soon\n"), ("prevails_over: [A]", "prevails_over: [Z]"))
    assert sorted(what for _, what in found) == ["'soon' is not a duration", "C prevails over 'Z', which is no clause"]


def test_places_and_phases_do_not_drag_their_clauses_along():
    found = errors(
        ("{act: notice}", "{act: notise}"),
        ("{after: 10 days}", "{after: 10 weeks}"),
        ("{against: ru}", "{against: xx}"),
    )
    assert [where.split(", ")[1] for where, _ in found] == ["place zone", "phase term", "clause C"]


def test_errors_in_kinds_come_alone():
    found = errors(("{area: area}", "{area: aria}"), ("us | ru}", "us | us}"), ("during: term", "during: tern"))
    assert [what for _, what in found] == ["'aria' is not a type", "the same value twice, or an empty one"]


def test_an_id_given_twice_and_an_unknown_key():
    found = errors(("- id: B", "- id: A"), ("zone: UTC", "zone: UTC\nzones: UTC"))
    assert [what for _, what in found] == ["an agreement knows no key 'zones'", "clause id 'A' is given twice"]


def test_what_is_no_yaml_is_one_error():
    assert len(errors_in(b"clauses: [", "f")) == 1
    assert len(errors_in(b"", "f")) == 1


def test_one_slip_in_one_clause_is_told_as_that_clause_alone():
    """Names of keys, people, kinds, phases and durations of the Syria file, misspelt one at a time."""
    text = (FOLDER / "syria-2016-07.yaml").read_text("utf-8")
    start = text.index("\nclauses:")
    words = [
        match
        for match in re.finditer(r"(?<=[ \[{:])([a-z_]+|\d+h|\d+min)(?=[,}\]\n:])", text)
        if match.start() > start
        and match[0] != "id"
        and not re.search(r"(says|source|assumed|not_judged|id|#)", line_of(text, match.start()))
    ]
    single = 0
    chosen = random.Random(3).sample(words, 30)
    for match in chosen:
        found = errors_in(f"{text[: match.start()]}{match[0]}qq{text[match.end() :]}".encode(), "f")
        assert len({error.where.partition(", ")[2] for error in found}) <= 1, match
        single += len(found) <= 1
    assert single >= 27


def line_of(text: str, at: int) -> str:
    """The line up to a place."""
    return text[text.rfind("\n", 0, at) + 1 : at]
