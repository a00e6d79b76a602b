"""The record as JSON lines: stories to files and back, strict refusals, what was known when."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from detente.adapters import record_lines
from detente.adapters.record_lines import log_keepers, read_record, write_record
from detente.agreement.distances import Distances
from detente.agreement.form import Agreement
from detente.agreement.history import NEVER, Change, History
from detente.agreement.judge import Judge, judge
from detente.agreement.language import read_agreement
from detente.agreement.record import Act, OneOf, Path, Record, Spot
from detente.errors import GivenError
from detente.model.when import read_instant
from tests.agreement.random_records import blur, draw
from tests.agreement.stories import FOLDER, read_story

STORIES = sorted(FOLDER.glob("*.md"))
AGREEMENT = read_agreement(
    b"""
agreement: a
parties: {us: US, ru: RU}
others:
  un: {name: UN, keeps_log: true}
  nusra: {name: Nusra, aliases: [Nusra Front]}
statements:
  notice: {area: area, window: span, level: high | low}
  call: {about: act notice, to: addressee, note: optional text}
events:
  strike: {position: point, against: who, bombs: count, height: length, day: day, hour: time, track: line}
clauses:
- {id: A, forbid: strike, by: parties, unless: {earlier: notice, by: actor}}
"""
)
FIRST = '{"record": 1, "agreement": "a", "label": "synthetic", "now": "2016-09-20T00:00:00Z"}'


def read(*lines: str, now: str = FIRST) -> History:
    return read_record([("r.jsonl", "\n".join((now, *lines)).encode())], AGREEMENT)


def ms(text: str) -> int:
    return read_instant(text)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_to_a_file_and_back(path):
    story = read_story(path.read_text(), path.name)
    lines = list(write_record(History.of(story.record), story.agreement))
    found = read_record([("story", "\n".join(lines).encode())], story.agreement)
    assert list(write_record(found, story.agreement)) == lines
    again = found.record()
    assert judge(story.agreement, again, Distances()) == judge(story.agreement, story.record, Distances())
    assert [replace(act, fields={}) for act in again.acts] == [replace(act, fields={}) for act in story.record.acts]
    assert (again.now, set(again.heads.values())) == (story.record.now, {story.record.now})


def listed(act: Act, agreement: Agreement) -> dict[str, object]:
    """Its fields, less those that hold a word outside their list."""
    kinds = agreement.kinds[act.kind].fields
    words = {
        name: {word for word in (value.values if isinstance(value, OneOf) else (value,)) if isinstance(word, str)}
        for name, value in act.fields.items()
    }
    return {
        name: value
        for name, value in act.fields.items()
        if kinds[name].type != "enum" or words[name] <= set(kinds[name].values)
    }


@pytest.mark.parametrize("seed", range(30))
def test_random_records_to_a_file_and_back(seed):
    """Blurred ones too: intervals, unknown values, one of several, accounts, corrections, withdrawals, short heads."""
    from random import Random

    from tests.agreement.agreements import fixed

    random = Random(seed)
    known = fixed()
    agreement = known[sorted(known)[seed % len(known)]]
    record = draw(agreement, random, 14)
    record = blur(record, agreement, random) if seed % 2 else record
    latest = max([record.now, *(r.lo for act in record.acts for r in act.received.values())])
    acts = [act if act.log in log_keepers(agreement) else replace(act, log="", index=-1) for act in record.acts]
    acts = [replace(act, fields=listed(act, agreement)) for act in acts]  # `blur` also draws words that no list has
    record = Record(tuple(acts), max(latest, *(act.at.lo for act in record.acts if act.at)), record.heads)
    lines = "\n".join(write_record(History.of(record), agreement)).encode()
    again = read_record([("r", lines)], agreement).record()
    assert [undirected(act) for act in again.acts] == [undirected(act) for act in record.acts]


def grains(path: Path) -> tuple[tuple[float, float], ...]:
    return tuple((round(lon, 7), round(lat, 7)) for lon, lat in path.points)


def undirected(act: Act) -> Act:
    """Lines are kept from their smaller end."""
    fields = {
        name: Path(min(grains(value), grains(value)[::-1])) if isinstance(value, Path) else value
        for name, value in act.fields.items()
    }
    return replace(act, fields=fields)


LINES = [
    '{"statement": "notice", "id": "n", "by": "us", "received": {"ru": "2016-09-17T10:00:00Z"}, "log": "us", "index": 4,'
    ' "from": "2016-09-17T11:00:00Z", "until": "2016-09-18T00:00:00+03:00", "fields": {"level": "high",'
    ' "area": {"type": "circle", "coordinates": [371234567, 361234567], "radius": 5000},'
    ' "window": ["2016-09-17T12:00Z", "2016-09-17T13:00Z"]}}',
    '{"event": "strike", "id": "s", "by": ["us", "ru"], "at": ["2016-09-17T12:00:00Z", "2016-09-17T12:01:00.500Z"],'
    ' "reported_in": "press", "fields": {"position": {"type": "point", "coordinates": [371234567, 361234567],'
    ' "error_mm": 1500}, "against": "Nusra Front", "bombs": {"one_of": [2, 3]}, "height": {"unknown": true},'
    ' "day": "2016-09-17", "hour": "2016-09-17T12:00Z",'
    ' "track": {"type": "line", "coordinates": [[370000000, 360000000], [371000000, 360000000]], "edges": "geodesic"}}}',
    '{"account": "s", "source": "ru", "known_from": "2016-09-18T00:00:00Z", "by": "us", "fields": {"bombs": 3}}',
    '{"head": "us", "complete_to": "2016-09-19T00:00:00Z"}',
    '{"event": "strike", "id": "t", "by": {"stranger": "somebody"}, "fields": {"against": {"stranger": "HTS"}}}',
    '{"event": "strike", "id": "t2", "by": null, "at": "2016-09-17T15:00:00Z", "replaces": "t",'
    ' "known_from": "2016-09-19T00:00:00Z"}',
    '{"withdrawal": "t2", "known_from": "2016-09-19T12:00:00Z", "reason": "doubled"}',
]


def test_every_field_is_read_and_written():
    found = read(*LINES)
    assert list(write_record(found, AGREEMENT)) != []
    again = read_record([("r", "\n".join(write_record(found, AGREEMENT)).encode())], AGREEMENT)
    assert again.acts == found.acts
    assert again.record() == found.record()
    strike = found.record().acts[1]
    assert strike.by == {"us", "ru"}
    assert strike.at == (ms("2016-09-17T12:00:00Z"), ms("2016-09-17T12:01:00.500Z"))
    assert strike.fields["position"] == Spot(37.1234567, 36.1234567, 1.5)
    assert strike.accounts[0].changes == {"by": frozenset({"us"}), "bombs": 3}
    assert found.heads == {"us": ms("2016-09-19T00:00:00Z"), "ru": NEVER, "un": NEVER}
    assert found.reported_in == {"s": "press"}


def test_a_log_without_a_head_proves_nothing_by_silence():
    strike = (
        LINES[1]
        .replace('["us", "ru"]', '"us"')
        .replace('["2016-09-17T12:00:00Z", "2016-09-17T12:01:00.500Z"]', '"2016-09-17T12:00:00Z"')
    )
    for head, verdict in (("", "cannot tell"), (LINES[3], "broken")):
        (found,) = judge(AGREEMENT, read(strike, head).record(), Distances())
        assert found.verdict == verdict


def test_what_was_known_when():
    found = read(*LINES)
    noon, later = ms("2016-09-17T13:00:00Z"), ms("2016-09-18T12:00:00Z")
    assert [act.id for act in found.known_at(noon).acts] == ["n", "s", "t"]
    assert found.known_at(noon).acts[1].accounts == ()
    assert found.known_at(later).acts[1].accounts[0].source == "ru"
    assert found.known_at(noon).heads["us"] == noon
    assert found.known_at(found.now).acts[-1].withdrawn
    assert found.changes(noon) == [
        Change(ms("2016-09-18T00:00:00Z"), "s", "account by ru"),
        Change(ms("2016-09-19T00:00:00Z"), "t2", "correction of t"),
        Change(ms("2016-09-19T12:00:00Z"), "t2", "withdrawal of t2"),
    ]
    assert found.first_revision() == ms("2016-09-18T00:00:00Z")


def test_feeding_the_changes_comes_to_the_record_of_now():
    found = read(*LINES)
    judging = Judge.over(AGREEMENT, Distances(), found.known_at(ms("2016-09-17T13:00:00Z")))
    for change in found.changes(ms("2016-09-17T13:00:00Z")):
        judging.now(change.at)
        act = found.act_at(change.id, change.at)
        assert act is not None
        judging.add(act)
    for log, head in found.heads.items():
        judging.head(log, head)
    judging.now(found.now)
    assert judging.findings() == judge(AGREEMENT, found.record(), Distances())


@pytest.mark.parametrize(
    ("line", "where", "what"),
    [
        ("{", "r.jsonl line 2", "not JSON"),
        ("[]", "line 2", "one JSON object"),
        ('{"id": "x"}', "line 2", "has none of them"),
        ('{"event": "strike", "statement": "notice", "id": "x"}', "line 2", "has 'statement' and 'event'"),
        ('{"event": "strike", "id": "x", "id": "y"}', "line 2", "'id' is given twice"),
        ('{"event": "strike", "id": "x", "fields": {"bombs": 1.5}}', "line 2", "1.5 is not a whole number"),
        ('{"event": "strike", "id": "x", "fields": {"bombs": NaN}}', "line 2", "NaN is not a whole number"),
        ('{"event": "strike", "id": "x", "fields": {"bombs": true}}', "line 2, fields bombs", "not a whole number"),
        ('{"event": "strike", "id": "x", "fields": {"bombs": "2"}}', "line 2, fields bombs", "not a whole number"),
        ('{"event": "strike", "id": "x", "fields": {"colour": "red"}}', "line 2, fields colour", "known: position"),
        ('{"event": "raid", "id": "x"}', "line 2, event", "no event of a; known: strike"),
        ('{"statement": "strike", "id": "x"}', "line 2, statement", "no statement of a; known: "),
        ('{"event": "strike", "id": "x", "by": "fr"}', "line 2, by", "nobody in a; known: us, ru, un, nusra"),
        ('{"event": "strike", "id": "x", "fields": {"against": "HTS"}}', "line 2, fields against", "stranger"),
        ('{"event": "strike", "id": "x", "at": "2016-09-17 12:00"}', "line 2, at", "is not an instant"),
        ('{"event": "strike", "id": "x", "at": "2016-09-17T12:00"}', "line 2, at", "is not an instant"),
        ('{"event": "strike", "id": "x", "at": "2016-02-30T12:00Z"}', "line 2, at", "is not an instant"),
        ('{"event": "strike", "id": "x", "at": ["2016-09-17T12:00Z", "2016-09-17T11:00Z"]}', "line 2, at", "exchange"),
        ('{"event": "strike", "id": "x", "received": {"ru": "2016-09-17T12:00Z"}}', "received", "not received"),
        ('{"event": "strike", "id": "x", "colour": "red"}', "line 2, colour", "no key 'colour'"),
        ('{"event": "strike"}', "line 2, id", "'id' is missing"),
        ('{"event": "strike", "id": "x", "log": "nusra"}', "line 2, log", "keeps no log; known: us, ru, un"),
        ('{"event": "strike", "id": "x", "index": -2}', "line 2, index", "whole number from 0"),
        ('{"event": "strike", "id": "x", "replaces": "y"}', "line 2, replaces", "no act of this record"),
        ('{"event": "strike", "id": "x", "at": "9999-12-31T23:59Z"}', "line 2, at", "after 9998"),
        ('{"event": "strike", "id": "x", "at": "1899-12-31T23:59Z"}', "line 2, at", "before 1900"),
        ('{"event": "strike", "id": "x", "known_from": "2017-01-01T00:00Z"}', "line 2", "later than the record's `now`"),
        ('{"statement": "notice", "id": "x", "fields": {"level": "loud"}}', "fields level", "one of: high, low"),
        ('{"statement": "notice", "id": "x", "fields": {"window": ["2016-09-17T12:00Z"]}}', "window", "[start, end]"),
        ('{"event": "strike", "id": "x", "fields": {"position": [37, 36]}}', "position type", "type point"),
        ('{"event": "strike", "id": "x", "fields": {"day": "17 Sep"}}', "fields day", "write 2016-09-17"),
        ('{"account": "s", "source": "ru"}', "line 2, account", "'s' is no act of this record"),
        ('{"withdrawal": "s", "known_from": "2016-09-18T00:00Z"}', "line 2, withdrawal", "no act of this record"),
        ('{"head": "nusra", "complete_to": "2016-09-18T00:00Z"}', "line 2, head", "keeps no log"),
        ('{"head": "us", "complete_to": "2017-09-18T00:00Z"}', "line 2", "later than the record's `now`"),
        (FIRST, "line 2, record", "second `record` line"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_file_line_field_and_fix(line, where, what):
    with pytest.raises(GivenError) as refused:
        read(line)
    assert refused.value.code == "record-invalid"
    assert refused.value.where.startswith("r.jsonl line 2")
    assert where in refused.value.where
    assert what in refused.value.what
    assert refused.value.fault() == "the file or argument given"


@pytest.mark.parametrize(
    ("new", "what"),
    [
        ({"statement": "notice", "id": "y", "log": "us", "index": 1}, "nobody corrects another's word"),
        ({"event": "strike", "id": "y"}, "a statement corrects a statement"),
    ],
)
def test_nobody_corrects_what_another_said(new, what):
    said = {"statement": "notice", "id": "x", "by": "ru", "log": "ru", "index": 7}
    with pytest.raises(GivenError, match=what):
        read(json.dumps(said), json.dumps({**new, "by": "us", "replaces": "x"}))
    read(json.dumps(said), json.dumps({**said, "id": "y", "index": 8, "replaces": "x"}))


def test_an_area_that_crosses_itself_is_refused_with_line_and_edge():
    bow = [[360000000, 360000000], [370000000, 370000000], [370000000, 360000000], [360000000, 370000000]]
    shape = {"type": "polygon", "coordinates": [[*bow, bow[0]]], "edges": "geodesic"}
    line = {"statement": "notice", "id": "x", "fields": {"area": shape}}
    with pytest.raises(GivenError, match=r"line 2, fields area.*edge 0 crosses") as refused:
        read(json.dumps(line))
    assert refused.value.code == "shape-invalid"
    shape["edges"] = "planar"
    with pytest.raises(GivenError, match="planar edges are not judged"):
        read(json.dumps(line))


@pytest.mark.parametrize(
    ("first", "what"),
    [
        ("", "the record is empty"),
        (LINES[3], "the first line of a file is its `record` line"),
        (FIRST.replace('"a"', '"b"'), "the record is of 'b'"),
        (FIRST.replace("synthetic", "true story"), "is not one of: synthetic"),
        (FIRST.replace('"record": 1', '"record": 2'), "reads record 1"),
        (FIRST.replace(', "now": "2016-09-20T00:00:00Z"', ""), "'now' is missing"),
    ],
)
def test_the_first_line(first, what):
    with pytest.raises(GivenError, match=what):
        read(now=first)


def test_an_id_is_given_once_over_all_files():
    data = f"{FIRST}\n{LINES[4]}".encode()
    with pytest.raises(GivenError, match="'t' is given before, one line 2"):
        read_record([("one", data), ("two", data)], AGREEMENT)


def test_progress_is_told():
    told: list[int] = []
    many = [json.dumps({"event": "strike", "id": str(n)}) for n in range(2500)]
    read_record([("r", "\n".join((FIRST, *many)).encode())], AGREEMENT, told.append)
    assert told == [1000, 2000]


def test_the_example_of_the_page_is_read():
    page = (FOLDER.parents[1] / "docs" / "reference" / "record.md").read_text()
    lines, agreement = (re.findall(rf"```{kind}\n(.*?)```", page, re.S)[0] for kind in ("json", "yaml"))
    lines = lines.replace("\\\n", "")
    read_it = read_agreement(agreement.encode())
    found = read_record([("example", lines.encode())], read_it)
    verdicts = {one.act: one.verdict for one in judge(read_it, found.record(), Distances())}
    assert verdicts == {"s1": "broken", "s2b": "cannot tell"}


def test_every_key_of_a_line_is_on_the_page():
    page = (FOLDER.parents[1] / "docs" / "reference" / "record.md").read_text()
    keys = {*record_lines._ACT.split(", "), *record_lines._ACCOUNT.split(", "), *record_lines.FORMS, "reason", "note"}
    assert {key for key in keys if f"`{key}`" not in page and f'"{key}"' not in page} == set()
