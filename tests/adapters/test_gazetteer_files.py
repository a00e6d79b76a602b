"""Gazetteers from files: the three headings, flawed rows by line and reason, and the real files where at hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from detente.adapters.gazetteer_files import BadRow, read_gazetteer
from detente.errors import GivenError

REAL = Path(__file__).parents[2] / "../shared/data/gazetteer"
OCHA = "id,name_en,name_ar,ocha_pcode,parents_en,parents_ar,lat,lon,sa_only,old_sa_name\n"
GEONAMES = "geonameid,name,lat,lon,cc,admin1,population,alternatenames\n"
AIRPORTS = "icao,iata,name,city,subd,country,elevation,lat,lon,tz,lid\n"


def made(tmp_path, text, name="places.csv"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_gazetteer(path)


@pytest.mark.parametrize("name", ["places.csv", "places.csv.gz"])
def test_syrian_places(tmp_path, name):
    file = made(
        tmp_path, OCHA + "0,Abin,ابين,C1353,Efrin > Afrin,عفرين,36.46697414,36.99295155,FALSE,حلب : عابين\n", name
    )
    (place,) = file.places
    assert (place.name_en, place.name_ar, place.pcode, place.within) == ("Abin", "ابين", "C1353", "Efrin > Afrin")
    assert (place.lat, place.lon, place.others, place.source) == (364_669_741, 369_929_516, ("عابين",), name)


def test_geonames(tmp_path):
    (place,) = made(tmp_path, GEONAMES + "1,Fīq,32.77935,35.70032,IL,03,0,Feeq|Fīq|فيق|Фик\n").places
    assert (place.name_en, place.name_ar, place.others) == ("Fīq", "فيق", ("Feeq", "Фик"))


def test_airports(tmp_path):
    (place,) = made(
        tmp_path, AIRPORTS + "OSDZ,DEZ,Deir ez-Zor Airport,Deir ez-Zor,,SY,700,35.2854,40.176,Asia/Damascus,\n"
    ).places
    assert (place.pcode, place.others) == ("OSDZ", ("OSDZ", "DEZ", "Deir ez-Zor"))


def test_bad_rows_are_reported_and_the_others_taken(tmp_path):
    rows = [
        "0,Good,,C1,,,36.4,36.9,FALSE,",
        "1,No place,,C2,,,,,FALSE,",
        "2,,,C3,,,36.4,36.9,FALSE,",
        "3,Far,,C4,,,136.4,36.9,FALSE,",
        "4,Short,C5",
        "5,Long,,C6,,,36.4,36.9,FALSE,,,",
        "6,Nan,,C6,,,nan,36.9,FALSE,",
    ]
    file = made(tmp_path, OCHA + "\n".join(rows) + "\n")
    assert [place.name_en for place in file.places] == ["Good"]
    assert file.bad == (
        BadRow(3, "lat '' is no number"),
        BadRow(4, "has no name"),
        BadRow(5, "lat 136.4 is beyond 90 degrees"),
        BadRow(6, "has another number of columns than the heading"),
        BadRow(7, "has another number of columns than the heading"),
        BadRow(8, "lat nan is beyond 90 degrees"),
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n1,2\n", "file-invalid"),
        (b"", "file-invalid"),
        (b"\xff\xfe", "file-invalid"),
        (gzip.compress(OCHA.encode())[:-9], "file-invalid"),
        ((OCHA + '0,"Abin').encode(), "file-invalid"),
        (None, "file-unreadable"),
    ],
)
def test_files_that_cannot_be_relied_on(tmp_path, content, code):
    path = tmp_path / "places.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GivenError) as refusal:
        read_gazetteer(path)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("name", "places", "bad"),
    [
        ("syria_places_syrianarchive_ocha.csv.gz", 5_975, 22),
        ("geonames_cities500_levant.csv.gz", 3_041, 0),
        ("airports_levant.csv", 99, 0),
    ],
)
def test_the_real_files(name, places, bad):
    if not (REAL / name).exists():
        pytest.skip("the real gazetteers are kept outside the repository")
    file = read_gazetteer(REAL / name)
    assert (len(file.places), len(file.bad)) == (places, bad)
