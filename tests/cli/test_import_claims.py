"""`detente import airwars|declared`: rows of others as accounts and as a record the judge reads. Allegations throughout."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from detente.adapters.airwars import HEADER, read_airwars
from detente.adapters.claims import escaped, unescaped
from detente.adapters.declared import read_declared
from detente.errors import GivenError
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
INCIDENTS = DATA / "incidents" / "airwars_syria_2014_2016.csv.gz"
SAID = DATA / "incidents" / "airwars_party_statements_2014_2016.jsonl.gz"
DECLARED = DATA / "coalition" / "information_dk_points_2014-08_2015-06.csv"
AGREEMENT = ROOT / "agreements" / "cessation-2016-09.yaml"
needs_data = pytest.mark.skipif(
    not INCIDENTS.exists(), reason="the real incidents are not here: ../shared/data/incidents"
)
# First and last day, allegations a day: the figures of ../shared/data/README.md ("Russia-attributed incidents a day in 2016").
FIGURES = [
    ("2016-02-01", "2016-02-26", "6.50"),
    ("2016-02-27", "2016-03-31", "1.59"),
    ("2016-04-01", "2016-04-30", "1.33"),
    ("2016-07-01", "2016-07-31", "3.71"),
    ("2016-09-01", "2016-09-11", "5.27"),
]


def incident(**changes: str) -> str:
    row = dict.fromkeys(HEADER, "") | {
        "code": "S1", "date": "2016-03-01", "belligerent": "Russian Military", "lat": "36.2000000", "lon": "37.1000000",
        "geo_accuracy": "village", "location": "Synthetic", "published": "2016-03-02", "url": "https://example.org/s1",
    }  # fmt: skip
    return ",".join(f'"{value}"' for value in (row | changes).values())


def incidents(*rows: str) -> bytes:
    return ("\r\n".join([",".join(HEADER), *rows]) + "\r\n").encode()


def test_an_incident_is_a_claim_with_its_row_and_line():
    raw = incident()
    content = read_airwars(incidents(raw))
    (row,), (claim,) = content.rows, content.claims
    assert (row.line, row.source, row.released) == (2, "airwars", "2016-03-02")
    assert unescaped(row.verbatim) == raw
    assert (claim.by, claim.first, claim.last) == (("Russian Military",), date(2016, 3, 1), date(2016, 3, 1))
    assert claim.spot is not None
    assert (claim.spot.lon, claim.spot.lat) == (371000000, 362000000)
    assert 2_000_000 <= claim.spot.error_mm < 2_010_000


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code": ""}, "code: empty"),
        ({"date": "2016-02-30"}, "date: '2016-02-30' is not a day"),
        ({"date_end": "2016-02-01"}, "lies before date"),
        ({"belligerent": " "}, "a claim about nobody"),
        ({"lat": "96.2"}, "lat '96.2'"),
        ({"strike_type": "Rumour"}, "strike_type"),
    ],
)
def test_a_bad_row_is_kept_apart_with_line_and_reason(changes, reason):
    content = read_airwars(incidents(incident(), incident(**({"code": "S2"} | changes))))
    assert len(content.rows) == 1
    ((line, why, raw),) = content.apart
    assert line == 3
    assert reason in why
    assert raw.startswith('""')


def test_a_code_given_twice_is_kept_apart():
    content = read_airwars(incidents(incident(), incident()))
    assert content.apart[0].reason == "code: 'S1' was given on line 2; one event has one row"


def test_another_header_is_refused():
    with pytest.raises(GivenError, match="the header must read"):
        read_airwars(b"a,b\n1,2\n")


@pytest.mark.parametrize(
    "raw", ["plain", "back\\slash \\u{41}", "mark \u200e here", "e\u0301 not NFC", "\u0627\u0644 fine"]
)
def test_an_escaped_row_comes_back(raw):
    assert unescaped(escaped(raw)) == raw


def test_each_declared_strike_is_an_event_and_no_attack_is_none():
    rows = b"date,location,attacks,lat,lon\n2015-01-02,Synthetic ,2,36.1,37.1\n2015-01-02,None,0,36.1,37.1\n"
    content = read_declared(rows)
    assert [claim.id for claim in content.claims] == ["declared-2-1", "declared-2-2"]
    assert (content.claims[0].first, content.claims[0].last) == (date(2015, 1, 1), date(2015, 1, 2))
    assert [bad.line for bad in content.apart] == [3]
    assert [remark.code for remark in content.remarks] == ["edge-space"]


def test_a_record_says_allegations_and_a_second_source_has_an_account(detente: Run, tmp_path: Path):
    said = {"code": "S2", "belligerent": "coalition", "belligerent_assessment": "credible", "date": "2016-03-01"}
    silent = said | {"belligerent": "russia", "belligerent_assessment": "not_yet_assessed"}
    lost = said | {"code": "S9"}
    rows = [incident(), incident(code="S2", belligerent="Russian Military, U.S.-led Coalition")]
    (tmp_path / "i.csv").write_bytes(incidents(*rows))
    (tmp_path / "s.jsonl.gz").write_bytes(
        gzip.compress("".join(json.dumps(each) + "\n" for each in (said, silent, lost)).encode())
    )
    out = tmp_path / "r.jsonl"
    told = detente(
        "import", "airwars", tmp_path / "i.csv", tmp_path / "s.jsonl.gz", "--to", out, "--agreement", AGREEMENT
    ).stdout
    assert "2 events, each a claim of its source (allegations)" in told
    assert "not in the record: line 3: coalition tells of S9" in told
    head, *lines = map(json.loads, out.read_text().splitlines())
    assert head["label"] == "allegations"
    events = [line for line in lines if "event" in line]
    assert [(line["id"], line.get("by")) for line in events] == [("S1", "ru"), ("S2", None)]
    assert events[0]["at"] == ["2016-02-29T22:00:00.000Z", "2016-03-01T21:59:59.999Z"]
    assert events[0]["reported_in"] == "airwars (i.csv line 2), https://example.org/s1"
    assert [(line["account"], line["source"], line["by"]) for line in lines if "account" in line] == [
        ("S2", "airwars", ["ru", "us"]),
        ("S2", "coalition", "us"),
    ]
    assert len((tmp_path / "r.accounts.jsonl").read_text().splitlines()) == 5


@needs_data
def test_every_real_row_is_taken_or_kept_apart():
    for file, reader, rows in (
        (INCIDENTS, read_airwars, 2096),
        (SAID, read_airwars, 3151),
        (DECLARED, read_declared, 1860),
    ):
        content = reader(file.read_bytes())
        assert len(content.rows) + len(content.apart) == rows
        plain = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        lines = plain.decode().split("\n")
        assert all(unescaped(row.verbatim) == lines[row.line - 1].rstrip("\r") for row in content.rows)


@needs_data
@pytest.mark.parametrize(("first", "last", "a_day"), FIGURES)
def test_the_judge_gives_the_figures_of_the_truce_as_allegations(first, last, a_day, detente: Run, tmp_path: Path):
    """Issue 3 point 8. Counted are findings about `ru` alone, and none of them is a breach."""
    out = tmp_path / "r.jsonl"
    detente("import", "airwars", INCIDENTS, SAID, "--to", out, "--agreement", AGREEMENT, "--days", f"{first}/{last}")
    judged = json.loads(detente("judge", AGREEMENT, out, "--json").stdout)
    assert judged["record"]["labels"] == ["allegations"]
    about = [one for one in judged["findings"] if one["clause"] == "X-civilians" and one["bearer"] == "ru"]
    assert {one["verdict"] for one in about} == {"cannot tell"}
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    assert f"{len({one['act'] for one in about}) / days:.2f}" == a_day
    assert "broken" not in Counter(one["verdict"] for one in judged["findings"])
