"""Areas from files: each format, its one meaning, and every refusal with the feature or line it is about."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from detente.adapters.area_files import STEP, read_areas
from detente.errors import GivenError

SQUARE = [[36.5, 35.5], [37.5, 35.5], [37.5, 36.5], [36.5, 36.5], [36.5, 35.5]]
SMALL = [[36.5, 35.5], [36.505, 35.5], [36.505, 35.505], [36.5, 35.505], [36.5, 35.5]]
KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>North Box</name><Polygon>
<outerBoundaryIs><LinearRing><coordinates>36.5,35.5,0 36.505,35.5,0 36.505,35.505,0 36.5,35.505,0 36.5,35.5,0
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"""


def geojson(*rings: Any, kind: str = "Polygon", name: str = "North Box") -> bytes:
    geometry = {"type": kind, "coordinates": list(rings)}
    return json.dumps({"type": "Feature", "properties": {"name": name}, "geometry": geometry}).encode()


def refusal(name: str, data: bytes, **options: Any) -> GivenError:
    with pytest.raises(GivenError) as caught:
        read_areas(name, data, **options)
    return caught.value


def test_the_three_formats_give_the_same_area():
    listed = b"# corners as sent\narea: North Box\n35.5 N 36.5 E\n35.5 N 36.505 E\n35.505 N 36.505 E\n35.505 N 36.5 E\n"
    (one,) = read_areas("a.geojson", geojson(SMALL))
    (two,) = read_areas("a.kml", KML.encode())
    (three,) = read_areas("a.txt", listed, datum="WGS84", grid="geographic")
    assert one.shape == two.shape == three.shape
    assert one.code == two.code == three.code == "north-box"
    assert one.shape.edges == "geodesic"
    assert [remark for remark in three.remarks if "line 3" in remark], "so few digits leave a corner open: it is said"


def test_where_a_flat_line_and_the_shortest_way_differ_the_reader_must_be_told():
    error = refusal("a.geojson", geojson(SQUARE))
    assert error.code == "edges-unstated"
    assert "feature 1 (North Box)" in error.where
    (kept,) = read_areas("a.geojson", geojson(SQUARE), edges="geodesic")
    assert len(kept.shape.coordinates[0]) == 5
    (dense,) = read_areas("a.geojson", geojson(SQUARE), edges="densify")
    ring = dense.shape.coordinates[0]
    assert len(ring) == 201
    assert max(abs(b[0] - a[0]) for a, b in itertools.pairwise(ring)) <= STEP


def test_an_area_of_several_parts_is_split_by_request_or_refused_by_name():
    other = [[lon + 1, lat] for lon, lat in SMALL]
    data = geojson([SMALL], [other], kind="MultiPolygon")
    assert "'north-box' has 2 parts" in refusal("a.geojson", data).what
    assert [each.code for each in read_areas("a.geojson", data, split=True)] == ["north-box-1", "north-box-2"]


@pytest.mark.parametrize(
    ("data", "words", "where"),
    [
        (geojson(SMALL[:-1]), "not closed", "feature 1 (North Box) ring 0"),
        (geojson(SMALL[:2]), "2 positions make no area", "ring 0"),
        (geojson([[200, 1], [1, 1], [1, 2], [200, 1]]), "off the earth", "position 0"),
        (geojson([["x", 1], [1, 1], [1, 2], ["x", 1]]), "no longitude and latitude", "position 0"),
        (geojson([[SMALL[0][0], 35.5], [36.505, 35.505], [36.505, 35.5], [36.5, 35.505], SMALL[0]]), "", "feature 1"),
        (geojson(SMALL, kind="LineString"), "LineString: an area is a Polygon", "feature 1"),
        (b'{"type": "FeatureCollection", "features": []}', "no area", "f"),
        (b'{"type": "Feature", "crs": {"properties": {"name": "EPSG:3857"}}}', "another reference system", "crs"),
        (b"{", "not JSON", "f"),
        (b"\xff\xfe", "not UTF-8", "f"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><kml/>', "never read", "f"),
        (b"<kml><NetworkLink/></kml>", "never fetched", "f"),
        (b"<kml><Placemark><name>P</name><Point/></Placemark></kml>", "no Polygon", "placemark 1 (P)"),
        (b"<kml>", "not XML", "f"),
        (KML.replace("36.505,35.5,0", "36.505", 1).encode(), "not longitude,latitude", "placemark 1 (North Box) ring 0"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_refused_with_its_place(data: bytes, words: str, where: str):
    error = refusal("f", data)
    assert words in error.what
    assert where in error.where


def test_a_line_of_a_list_that_cannot_be_read_is_named():
    error = refusal("f.txt", b"area: a\n36.5 N 37.5 E\n36.5 37.5\n", datum="WGS84", grid="geographic")
    assert error.where.startswith("f.txt line 3")
    assert refusal("f.txt", b"36.5 N 37.5 E\n").code == "datum-missing"


def test_two_areas_of_one_name_are_refused():
    feature = json.loads(geojson(SMALL))
    data = json.dumps({"type": "FeatureCollection", "features": [feature, feature]}).encode()
    assert "two areas are called 'north-box'" in refusal("f", data).what
