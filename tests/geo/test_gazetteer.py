"""Places by name in both scripts, near-twins, nearest; on made-up places, and on the real ones where at hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.adapters.gazetteer_files import read_gazetteer
from detente.errors import GivenError
from detente.geo import names
from detente.geo.ellipsoid import geodesic
from detente.geo.gazetteer import Gazetteer, Place

REAL = Path(__file__).parents[2] / "../shared/data/gazetteer/syria_places_syrianarchive_ocha.csv.gz"


def at(name_en, name_ar, lat, lon, pcode="", others=()):
    return Place(name_en, name_ar, round(lat * 1e7), round(lon * 1e7), pcode, others, "Made-up")


MADE_UP = Gazetteer(
    [
        at("Tall Rifa", "تل رفعا", 36.0, 37.0, "X1", ("Tel Rifaa", "Tell Rif'a")),
        at("Tall Rifal", "تل رفال", 36.5, 37.5, "X2"),
        at("Tall Rima", "تل ريما", 36.01, 37.01, "X3"),
        at("Ar-Rasafah (Made-up)", "الرصافة", 35.0, 38.0, "X4"),
        at("Kafr Nur", "كفر نور", 35.1, 36.1, "X5"),
        at("Kafr Nur", "كفر نور", 35.9, 36.9, "X6"),
        at("Ma", "ما", 34.0, 36.0, "X7"),
    ]
)


@pytest.mark.parametrize(
    ("name", "pcode"),
    [
        ("tall rifa", "X1"),
        ("Tell Rif'a", "X1"),
        ("TEL RIFAA", "X1"),
        ("Rasafah", "X4"),
        ("al-Rasafah", "X4"),
        ("الرصافة", "X4"),
        ("رصافه", "X4"),
        ("الرَّصافة", "X4"),
        ("ما", "X7"),
    ],
)
def test_a_place_is_picked_in_either_script(name, pcode):
    assert MADE_UP.pick(name).pcode == pcode


def test_a_name_of_two_places_needs_the_p_code():
    with pytest.raises(GivenError, match="means 2 places") as refusal:
        MADE_UP.pick("Kafr Nur")
    assert refusal.value.code == "place-unknown"
    assert MADE_UP.pick("كفر نور", "X6").lat == 359_000_000


def test_a_wrong_spelling_is_not_taken_but_shown():
    with pytest.raises(GivenError, match="is no place of the gazetteer: Tall Rifa / "):
        MADE_UP.pick("Tall Riff")
    with pytest.raises(GivenError, match="is no place"):
        MADE_UP.pick("")


def test_near_twins_are_far_places_with_near_names():
    place = MADE_UP.pick("Tall Rifa")
    assert [match.place.pcode for match in MADE_UP.twins(place)] == ["X2"]  # X3 is as near in name but 1.4 km away
    assert "Tall Rifal" in MADE_UP.twin_warning(place)[0].text
    assert {match.place.pcode for match in MADE_UP.twins(MADE_UP.pick("كفر نور", "X5"))} == {"X6"}
    assert MADE_UP.twin_warning(MADE_UP.pick("Ma")) == ()


def test_nearest_says_which_way():
    near = MADE_UP.nearest(360_000_000, 370_100_000, 2)
    assert [each.place.pcode for each in near] == ["X1", "X3"]
    assert near[0].metres == pytest.approx(geodesic(360_000_000, 370_000_000, 360_000_000, 370_100_000), abs=1e-6)
    assert near[0].bearing == pytest.approx(90, abs=0.1)
    assert Gazetteer([]).nearest(0, 0) == []


WORDS = st.text(alphabet="abklmnrstu", min_size=1, max_size=9)


def plain_distance(first: str, second: str) -> int:
    if not first or not second:
        return len(first) + len(second)
    return min(
        plain_distance(first[1:], second) + 1,
        plain_distance(first, second[1:]) + 1,
        plain_distance(first[1:], second[1:]) + (first[0] != second[0]),
    )


@given(st.text(alphabet="abc", max_size=5), st.text(alphabet="abc", max_size=5))
def test_edit_distance_is_the_textbook_one(first, second):
    assert names.distance(first, second) == min(plain_distance(first, second), 3)


@given(st.lists(WORDS, max_size=40), WORDS)
def test_the_index_of_spellings_loses_none(spellings, wanted):
    found = dict(names.Spellings(spellings).near(wanted))
    assert found == {each: names.distance(each, wanted) for each in spellings if names.distance(each, wanted) <= 2}


@pytest.fixture(scope="module")
def real():
    if not REAL.exists():
        pytest.skip("the real gazetteer is kept outside the repository")
    return Gazetteer(read_gazetteer(REAL).places)


def test_real_places_are_found_in_both_scripts(real):
    assert len(real) == 5_975
    assert real.pick("Afrin", "C1366") == real.pick("عفرين", "C1366")
    assert any(match.place.pcode == "C1029" for match in real.find("أورم الكبرى"))


def test_four_in_ten_real_places_have_a_near_twin(real):
    """20-agreement: 39 % have a near-twin more than 10 km away: the share among names of six letters or more."""
    spelled = [(place.name_en.lower(), place) for place in real.places if len(place.name_en) >= 6]
    index = names.Spellings(name for name, _ in spelled)
    by_name: dict[str, list[Place]] = {}
    for name, place in spelled:
        by_name.setdefault(name, []).append(place)
    sample = spelled[::12]
    twins = sum(
        any(
            geodesic(place.lat, place.lon, other.lat, other.lon) > 10_000
            for near, _ in index.near(name)
            for other in by_name[near]
        )
        for name, place in sample
    )
    assert twins / len(sample) == pytest.approx(0.39, abs=0.05)
