"""`detente sites` and `movements` on three real nodes under the Syria reconstruction. All sites, places and names are made up."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from detente.demo.three import Three
from detente.model.when import read_instant, write_instant
from tests.cli.conftest import Run
from tests.cli.test_desks import HOUR, SYRIA

DAY = 24 * HOUR
START = read_instant("2016-09-10T06:00:00Z")
PLACES = """id,name_en,name_ar,ocha_pcode,parents_en,lat,lon,old_sa_name
1,Abin,ابين,C1,Afrin,36.51,36.88,
2,Tell Amber,تل عنبر,C2,Harim,36.10,36.60,
3,Tell Amber,تل عنبر,C3,Idlib,35.70,36.70,
4,Kafr Zita,كفر زيتا,C4,Hama,35.37,36.60,
5,Kafr Zeta,كفر زيته,C5,Homs,34.70,36.60,
"""
MAPPING = """\
datum: WGS84
decimals: 5
to: {us: full, ru: coarse}
columns:
  Code: site
  Lat: latitude
  Lon: longitude
  Village: named
  P-code: pcode
  Type: kind
  Contact: "annex: contact"
  Phone: "annex: phone"
  No.: ignore
"""
HEAD = ["No.", "Code", "Lat", "Lon", "Village", "P-code", "Type", "Contact", "Phone"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    with Three(tmp_path_factory.mktemp("n"), SYRIA, "syria-2016-07", start=START) as nodes:
        nodes.start()
        nodes.settle()
        nodes.adopt()
        yield nodes


def node(three: Three, code: str) -> Path:
    return three.configs[code].folder


def listed(three: Three, detente: Run, code: str) -> dict[str, Any]:
    three.settle()
    answer: dict[str, Any] = json.loads(detente("sites", "--node", node(three, code), "--json").stdout)
    return answer


def lines(answer: dict[str, Any], site: str) -> dict[tuple[int, str], tuple[str, str]]:
    """(version, receiver) to (state, precision)."""
    return {
        (one["version"], each["to"]): (each["state"], each["precision"])
        for one in answer["sites"]
        if one["site"] == site
        for each in one["lines"]
    }


def test_a_site_is_told_to_each_as_chosen_and_answered(three: Three, detente: Run):
    un, us, ru = (node(three, code) for code in ("un", "us", "ru"))
    place = ("--datum", "WGS84", "--place", "36.15158 N 36.96775 E")
    refused = detente("sites", "add", "--node", un, "h-1", *place, status=1)
    assert "--to us=full" in refused.stderr
    detente("sites", "add", "--node", un, "h-1", *place, "--to", "us=full", "--to", "ru=coarse", "--kind", "health",
            "--second", "ocha", "WGS84", "geographic", "36.15160 N 36.96770 E", "--annex", "contact=Dr Example Name")  # fmt: skip
    detente("sites", "add", "--node", un, "s-2", *place, "--to", "us=full", "--to", "ru=withheld")
    mine = listed(three, detente, "un")
    assert lines(mine, "h-1") == {(1, "us"): ("received", "full"), (1, "ru"): ("received", "coarse")}
    assert mine["withheld"] == [{"site": "s-2", "to": "ru"}]
    theirs = listed(three, detente, "ru")
    (coarse,) = [each for one in theirs["sites"] for each in one["lines"]]
    assert [one["site"] for one in theirs["sites"]] == ["h-1"]  # of what is withheld nothing is known there
    assert coarse["position"]["error_mm"] > 3_000_000
    assert coarse["position"]["coordinates"] != [369677500, 361515800]
    assert theirs["sites"][0]["verified"]
    detente("sites", "ack", "--node", us, "h-1")
    detente("sites", "reject", "--node", ru, "h-1", "--reason", "far-from-named-place")
    mine = listed(three, detente, "un")
    assert lines(mine, "h-1") == {(1, "us"): ("acknowledged", "full"), (1, "ru"): ("rejected", "coarse")}
    three.ask("un", "tick")
    detente(
        "sites", "move", "--node", un, "h-1", "--datum", "WGS84", "--place", "36.16158 N 36.96775 E", "--max-age", 1
    )
    mine = listed(three, detente, "un")
    assert lines(mine, "h-1")[1, "us"][0] == "moved"
    assert lines(mine, "h-1")[2, "us"] == ("received", "full")
    assert lines(mine, "h-1")[2, "ru"] == ("received", "coarse")
    text = detente("sites", "--node", un).stdout
    assert max(map(len, text.splitlines())) <= 100
    assert "Protection depends on none of these states" in text
    assert "rests on one source" in text
    shown = detente("sites", "show", "--node", un, "h-1").stdout
    assert "rejected" in shown
    assert "to be confirmed every 90 days" in shown
    assert "to be confirmed every 1 days" in shown
    detente("sites", "withdraw", "--node", un, "s-2")
    assert lines(listed(three, detente, "un"), "s-2") == {(1, "us"): ("withdrawn", "full")}
    again = detente("sites", "withdraw", "--node", un, "s-2", status=1)
    assert "no one standing entry" in again.stderr


def test_names_are_in_no_ledger_and_an_annex_can_be_erased(three: Three, detente: Run):
    un = node(three, "un")
    assert "Dr Example Name" in detente("sites", "annex", "show", "--node", un, "h-1").stdout
    assert "erased: h-1" in detente("sites", "annex", "erase", "--node", un, "h-1").stdout
    assert "no annex" in detente("sites", "annex", "show", "--node", un, "h-1", status=1).stderr


def test_a_movement_from_its_notice_to_its_end(three: Three, detente: Run):
    un, us = node(three, "un"), node(three, "us")
    window = [write_instant(three.now + hours * HOUR) for hours in (2, 8)]
    route = ("--via", "36.2 N 37.1 E", "--via", "36.15 N 36.97 E", "--datum", "WGS84")
    detente("movements", "add", "--node", un, "c-1", *route, "--window", *window, "--vehicles", 31)
    three.settle()
    detente("movements", "ack", "--node", us, "c-1")
    later = [write_instant(three.now + hours * HOUR) for hours in (3, 9)]
    detente("movements", "slip", "--node", un, "c-1", "--window", *later)
    three.settle()

    def state() -> dict[str, Any]:
        (one,) = json.loads(detente("movements", "--node", un, "--json").stdout)["movements"]
        return dict(one)

    assert (state()["version"], state()["slips"], state()["state"]) == (2, 1, "planned")
    assert {each["to"]: each["state"] for each in state()["told"]} == {"us": "received", "ru": "received"}
    three.advance(three.now + 10 * HOUR)
    assert state()["state"] == "overdue"
    detente("movements", "position", "--node", un, "c-1", "--place", "36.16 N 37.0 E", "--datum", "WGS84")
    three.settle()
    assert state()["state"] == "overdue"  # seen, and late all the same
    assert state()["position"]["coordinates"] == [370000000, 361600000]
    detente("movements", "arrive", "--node", un, "c-1", "--place", "36.15158 N 36.96775 E", "--datum", "WGS84")
    three.settle()
    assert state()["state"] == "arrived"
    text = detente("movements", "--node", us).stdout
    assert max(map(len, text.splitlines())) <= 100
    assert "protected until its notifier closes it" in text
    assert "31" in text
    detente("movements", "close", "--node", un, "c-1")
    three.settle()
    assert state()["state"] == "closed"
    assert "is closed" in detente("movements", "close", "--node", un, "c-1", status=1).stderr
    assert "under way" in detente("movements", "show", "--node", un, "c-1").stdout


def sheet(folder: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Sites"
    page.append(HEAD)
    for row in rows:
        page.append(row)
    book.save(folder / "sites.xlsx")
    (folder / "map.yaml").write_text(MAPPING, "utf-8")
    (folder / "places.csv").write_text(PLACES, "utf-8")
    return folder / "sites.xlsx"


def test_a_spreadsheet_is_taken_or_named_by_cell(three: Three, detente: Run, tmp_path: Path):
    un = node(three, "un")
    rows: list[list[object]] = [
        [1, "x-1", 36.512, 36.883, "ابين", None, "health", "Layla Example", "+963 93 555 0101"],
        [2, "x-2", 36.101, 36.601, "Tell Amber", None, "school", "Omar Example", None],  # means two
        [3, "x-3", 36.101, 36.601, "تل عنبر", "C2", "school", None, None],
        [4, "x-4", 136.1, 36.6, None, None, "school", None, None],
        [5, "x-4b", 36.1, None, None, None, "0933 555 0102", None, None],  # two errors in one row
        [6, "x-5", None, None, "Kafr Zita", None, "camp", None, None],  # a near-twin, and nothing else to tell
        [7, "x-6", None, None, "Kafr Zita", "C4", "camp", None, None],
        [8, "x-7", 35.37, 36.60, "Abin", None, "camp", None, None],  # 130 km from the place named
        [None] * 9,
        [9, "x-8", 36.3, 36.9, None, None, "other", None, None],
        [10, "x-8", 36.4, 36.9, None, None, "other", None, None],
    ]
    given = (sheet(tmp_path, rows), "--map", "map.yaml", "--gazetteer", "places.csv")
    looked = detente("sites", "import", "--node", un, *given, "--check", status=3)
    assert "11 rows = 3 would be taken + 0 as told before + 7 not taken + 1 empty" in looked.stdout
    done = detente("sites", "import", "--node", un, *given, "--named", "named.csv", status=3)
    assert "11 rows = 3 taken + 0 as told before + 7 not taken + 1 empty" in done.stdout
    named = {row["cell"]: row["what"] for row in csv.DictReader((tmp_path / "named.csv").open(encoding="utf-8"))}
    assert set(named) == {
        "Sites!E3", "Sites!C5", "Sites!D6", "Sites!G6", "Sites!E7", "Sites!C9", "Sites!B11", "Sites!B12",
    }  # fmt: skip
    assert "means 2 places" in named["Sites!E3"]
    assert "near-twin" in named["Sites!E7"]
    assert "telephone" in named["Sites!G6"]
    again = detente("sites", "import", "--node", un, *given, status=3)
    assert "11 rows = 0 taken + 3 as told before" in again.stdout
    rows[1][5] = "C2"
    sheet(tmp_path, rows)
    assert "= 1 taken + 3 as told before" in detente("sites", "import", "--node", un, *given, status=3).stdout
    three.settle()
    assert lines(listed(three, detente, "ru"), "x-1") == {(1, "ru"): ("received", "coarse")}
    assert "Layla Example" in detente("sites", "annex", "show", "--node", un, "x-1").stdout
    for code in ("us", "ru", "un"):  # what was mapped to an annex is in no ledger, and in no other file of a node
        for file in node(three, code).rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                assert not any(word in data for word in (b"Layla", b"555 0101", b"Dr Example Name")), file
    refused = detente("sites", "import", "--node", un, sheet(tmp_path, [["a"] * 12]), "--map", "map.yaml", status=3)
    assert "stands under no heading" in refused.stdout


def test_headings_that_nobody_mapped_are_refused(three: Three, detente: Run, tmp_path: Path):
    given = sheet(tmp_path, [[1, "x-1", 36.5, 36.9, None, None, "health", None, None]])
    (tmp_path / "map.yaml").write_text(MAPPING.replace("  No.: ignore\n", "  Fax: ignore\n"), "utf-8")
    refused = detente("sites", "import", "--node", node(three, "un"), given, "--map", "map.yaml", status=1)
    assert "A1 'No.' is not mapped" in refused.stderr
    assert "no column is headed 'Fax'" in refused.stderr


def test_age_comes_last_and_strips_nothing(three: Three, detente: Run):
    three.advance(three.now + DAY)
    answer = listed(three, detente, "un")
    assert lines(answer, "h-1")[2, "us"] == ("expired", "full")
    assert any(one["code"] == "site-age" and one["site"] == "h-1" for one in answer["alarms"])
    plan = {
        "event": "strike", "by": ["us"],
        "fields": {"strike": "s-1", "against": "daesh", "position": {"type": "point", "coordinates": [369677500, 361615800]}},
    }  # fmt: skip
    found = {one["clause"]: one["verdict"] for one in three.ask("us", "may", plan=plan)["clauses"]}
    assert found["JIG-14"] == "broken"
    detente("sites", "confirm", "--node", node(three, "un"), "h-1")
    assert lines(listed(three, detente, "un"), "h-1")[2, "us"] == ("received", "full")
