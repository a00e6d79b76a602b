"""`detente place`, as an officer would run it, over a made-up gazetteer."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from detente.cli.place import place

PLACES = """id,name_en,name_ar,ocha_pcode,parents_en,parents_ar,lat,lon,sa_only,old_sa_name
0,Tall Rifa,تل رفعا,X1,Made-up,,36.74,36.90,FALSE,
1,Tall Rifal,تل رفال,X2,Made-up,,36.95,37.20,FALSE,
2,Nowhere,,X3,Made-up,,,,FALSE,
"""


@pytest.fixture
def run(tmp_path):
    (tmp_path / "places.csv").write_text(PLACES, "utf-8")

    def invoke(*arguments, status=0):
        words = [str(tmp_path / "places.csv") if each == "PLACES" else each for each in arguments]
        result = CliRunner().invoke(place, words, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    return invoke


STATED = ("--datum", "WGS84", "--grid", "MGRS")


def test_it_prints_cell_error_and_nearest_places_in_both_scripts(run):
    result = run("37S CA 123 678", *STATED, "--gazetteer", "PLACES")
    assert "error    within 71 m of the centre" in result.output
    assert "centre   36.7378410 N 36.8983349 E" in result.output
    assert "read back 37S CA 123 678   check group 2187" in result.output
    assert "282 m SW of Tall Rifa / تل رفعا (Made-up) X1" in result.output
    assert "1 rows left out (line 4: lat '' is no number)" in result.stderr
    assert "warning" not in result.stdout


def test_it_prints_warnings(run):
    result = run(
        *(
            "37S CA 123 678",
            *STATED,
            "--gazetteer",
            "PLACES",
            "--named",
            "تل رفال",
            "--theatre",
            "30",
            "30",
            "31",
            "31",
        ),
        *(
            "--second",
            "SK-42",
            "GK 7",
            "X 4070000 Y 7312345",
            "--own",
            "WGS84",
            "MGRS",
            "37S CA 123 679",
            "--check",
            "1",
        ),
    )
    codes = ["outside-theatre", "far-from-place", "sources-differ", "own-position", "check-group", "near-twin"]
    for code in codes:
        assert f"[{code}]" in result.output


def test_a_refusal_says_why_and_the_others_are_read(run):
    result = run("37S CA 123 67", "37S CA 123 678", *STATED, status=1)
    assert "one is missing or doubled" in result.stderr
    assert "Next: write it as docs/reference/coordinates.md shows" in result.stderr
    assert "check group 2187" in result.stdout
    assert "names were not compared" in result.stdout


def test_json_has_a_line_each(run):
    result = run("37S CA 123 678", "nowhere", *STATED, "--json", "--gazetteer", "PLACES", status=1)
    cell, refusal = (json.loads(line) for line in result.stdout.splitlines())
    assert (cell["lat"], cell["error_mm"], cell["nearest"][0]["name_ar"]) == (367_378_410, 70_710, "تل رفعا")
    assert refusal["refused"] == "coordinate-invalid"


def test_datum_and_grid_must_be_stated(run):
    assert "no datum is stated" in run("36.15N 37.15E", status=1).stderr
    assert "no grid is stated" in run("36.15N 37.15E", "--datum", "WGS84", status=1).stderr
