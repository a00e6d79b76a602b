"""The strict reader: what each notation means, what is refused and why, and that a cell holds what it came from."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import GivenError
from detente.geo.cell import check_group, show_dms, show_length
from detente.geo.coordinates import read_cell, read_columns
from detente.geo.datums import from_wgs84, read_datum
from detente.geo.ellipsoid import geodesic
from detente.geo.mgrs import write_mgrs
from detente.geo.projection import gk_zone, project, utm_zone
from detente.model.shapes import E7

GEO = {"datum": "WGS84", "grid": "geographic"}


@pytest.mark.parametrize(
    ("text", "canonical", "lat", "lon"),
    [
        ("36.1503N 37.1502E", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("N36.1503, E37.1502", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("37.1502° E; 36.1503° N", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("36.1503 north 37.1502 east", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("lat 36.1503, lon 37.1502", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("longitude: -37.1502 latitude: -36.1503", "36.1503S 037.1502W", -36.1503, -37.1502),
        ("36°09'06\"N 037°09'00\"E", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("36º 09′ 06.5″ N, 37˚ 09’ 00.0” E", "36 09 06.5N 037 09 00.0E", 36 + 9 / 60 + 6.5 / 3600, 37.15),
        ("36 09 06 N 037 09 00 E", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("36-09-06N 037-09-00E", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("36°09.10'N 037°09.02'E", "36 09.10N 037 09.02E", 36 + 9.1 / 60, 37 + 9.02 / 60),
        ("360906N0370900E", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("360906N/0370900E", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("3609.1N/03709.0E", "36 09.1N 037 09.0E", 36 + 9.1 / 60, 37.15),
        ("3609N03709E", "36 09N 037 09E", 36.15, 37.15),
        ("٣٦٫١٥٠٣° شمالاً، ٣٧٫١٥٠٢° شرقاً", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("٣٦٠٩٠٦ شمال ٠٣٧٠٩٠٠ شرق", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("۳۶٫۱۵۰۳ N ۳۷٫۱۵۰۲ E", "36.1503N 037.1502E", 36.1503, 37.1502),
        ("36°09′06″ с.ш. 37°09′00″ в.д.", "36 09 06N 037 09 00E", 36 + 9 / 60 + 6 / 3600, 37.15),
        ("33.5S 70.25W", "33.5S 070.25W", -33.5, -70.25),
    ],
)
def test_geographic_notations(text, canonical, lat, lon):
    cell = read_cell(text, **GEO)
    assert cell.verbatim == text
    assert cell.canonical == canonical
    assert (cell.lat, cell.lon) == (round(lat * E7), round(lon * E7))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("36.1503, 37.1502", "does not say which number is the latitude"),
        ("36.1503N 37.1502", "one of N, S and one of E, W"),
        ("36.1503N 37.1502N", "names the latitude twice"),
        ("lat 36.1 lat 37.1", "names the latitude twice"),
        ("136.2N 37.1E", "beyond 90"),
        ("36.2N 181.1E", "beyond 180"),
        ("036.2N 37.1E", "is it the longitude"),
        ("36.09.06N 37.09.00E", "two points may be"),
        ("36,1503N 37,1502E", "write a decimal point"),
        ("36 9 06 N 037 09 00 E", "two digits"),
        ("36°09'6\"N 037°09'00\"E", "two digits"),
        ("36°60'06\"N 037°09'00\"E", "60 minutes"),
        ("36°09'75\"N 037°09'00\"E", "75 seconds"),
        ("366109N0370900E", "61 minutes"),
        ("36906N0370900E", "not DDMM or DDMMSS"),
        ("360906N370900E", "not DDDMM or DDDMMSS"),
        ("36.1503N 37°09'00\"E", "two notations"),
        ("360906N03709E", "two notations"),
        ("-36.1503S 37.1502E", "a sign and the letter"),
        ("٣٦.1503N 37.1502E", "mixes kinds of digits"),
        ("36.1503ش 37.1502ش", "write the whole word"),
        ("36.1503N\u200f 37.1502E", "invisible U\\+200F"),
        ("36.1503Ν 37.1502E", "U\\+039D"),  # a Greek letter that looks like N
        ("３６.1503N 37.1502E", "U\\+FF13"),  # full-width digits
        ("", "1 to 100 characters"),
        ("9" * 101, "1 to 100 characters"),
        ("near the bakery", "one of N, S and one of E, W"),
    ],
)
def test_geographic_refusals(text, why):
    with pytest.raises(GivenError, match=why) as refusal:
        read_cell(text, **GEO)
    assert refusal.value.code == "coordinate-invalid"
    assert "docs/reference/coordinates.md" in refusal.value.advice()


@pytest.mark.parametrize(
    ("text", "datum", "grid", "canonical"),
    [
        ("332345 4003456", "WGS84", "UTM 37 north", "332345 4003456"),
        ("0332345 4003456", "WGS84", "utm zone 37 north", "332345 4003456"),
        ("37 332345 4003456", "WGS84", "UTM 37 north", "332345 4003456"),
        ("37 E 332345 N 4003456", "WGS84", "UTM 37 north", "332345 4003456"),
        ("332345mE 4003456mN", "WGS84", "UTM 37 north", "332345 4003456"),
        ("N 4003456 E 332345", "ED50", "UTM 37 north", "332345 4003456"),
        ("332345.5 4003456.5", "WGS84", "UTM 37 north", "332345.5 4003456.5"),
        ("X 4003456 Y 7332345", "SK-42", "GK 7", "X 4003456 Y 7332345"),
        ("Х=4003456, У=7332345", "SK-42", "GK 7", "X 4003456 Y 7332345"),  # Cyrillic axes
        ("4003456 7332345", "SK-42", "Gauss-Krüger zone 7", "X 4003456 Y 7332345"),
        ("37S CA 123 678", "WGS84", "mgrs", "37S CA 123 678"),
    ],
)
def test_metric_notations(text, datum, grid, canonical):
    assert read_cell(text, datum=datum, grid=grid).canonical == canonical


@pytest.mark.parametrize(
    ("text", "datum", "grid", "why"),
    [
        ("7332345 4003456", "WGS84", "UTM 37 north", "a zone number before it is Gauss-Krüger's"),
        ("33234 4003456", "WGS84", "UTM 37 north", "5 and 7 digits"),
        ("4003456 332345", "WGS84", "UTM 37 north", "Gauss-Krüger's"),
        ("36 332345 4003456", "WGS84", "UTM 37 north", "names zone 36"),
        ("37R 332345 4003456", "WGS84", "UTM 37 north", "fits neither"),
        ("132345 4003456", "WGS84", "UTM 37 north", "outside UTM 37 north"),
        ("332345 9903456", "WGS84", "UTM 37 north", "outside UTM 37 north"),
        ("332345 4003456 12", "WGS84", "UTM 37 north", "not an easting and a northing"),
        ("X 4003456 Y 332345", "SK-42", "GK 7", "7 and 6 digits"),
        ("7332345 4003456", "SK-42", "GK 7", "may be exchanged"),
        ("X 4003456 Y 6332345", "SK-42", "GK 7", "does not begin with zone 7"),
        ("4003456 4332345", "SK-42", "GK 4", "write X and Y"),
        ("7S 4003456 7332345", "SK-42", "GK 7", "have none"),
    ],
)
def test_metric_refusals(text, datum, grid, why):
    with pytest.raises(GivenError, match=why) as refusal:
        read_cell(text, datum=datum, grid=grid)
    assert refusal.value.code == "coordinate-invalid"


@pytest.mark.parametrize(
    ("datum", "grid", "code"),
    [
        ("", "geographic", "datum-missing"),
        ("WGS84", "", "grid-missing"),
        ("WGS72", "geographic", "datum-unknown"),
        ("WGS84", "UTM", "grid-unknown"),
        ("WGS84", "UTM 37S", "grid-unknown"),
        ("WGS84", "UTM 61 north", "grid-unknown"),
        ("WGS84", "GK 7", "grid-unknown"),
        ("SK-42", "MGRS", "grid-unknown"),
        ("SK-42", "UTM 37 north", "grid-unknown"),
    ],
)
def test_datum_and_grid_are_stated_and_fit(datum, grid, code):
    with pytest.raises(GivenError) as refusal:
        read_cell("36.15N 37.15E", datum=datum, grid=grid, where="row 5")
    assert refusal.value.code == code
    assert refusal.value.where.startswith("row 5")


@pytest.mark.parametrize(
    ("text", "grid", "codes"),
    [
        ("36.1503N 37.150E", "geographic", ["digits-unequal"]),
        ("36.1500N 37.1500E", "geographic", ["round-figures"]),
        ("360900N0370900E", "geographic", ["round-figures"]),
        ("36.15N 37.17E", "geographic", ["point-or-minutes", "coarse"]),
        ("36.15N 37.77E", "geographic", ["coarse"]),
        ("37S CA 12300 67800", "MGRS", ["round-figures"]),
        ("37S CA 12 67", "MGRS", ["coarse"]),
        ("37S 332345 4003456", "UTM 37 north", ["band-letter"]),
        ("37N 332345 4003456", "UTM 37 north", []),
        ("227000 4003000", "UTM 37 north", ["zone-edge", "round-figures"]),
        ("36.15031N 37.15022E", "geographic", []),
    ],
)
def test_warnings(text, grid, codes):
    assert [warning.code for warning in read_cell(text, datum="WGS84", grid=grid).warnings] == codes


@pytest.mark.parametrize(
    ("text", "grid", "metres"),
    [
        ("36.15031N 37.15022E", "geographic", 0.72),  # half of 1.11 m by 0.90 m
        ("36°09'06\"N 037°09'00\"E", "geographic", 19.9),
        ("3609N03709E", "geographic", 1191),
        ("37S CA 12345 67890", "MGRS", 0.71),
        ("37S CA 123 678", "MGRS", 70.8),
        ("332345 4003456", "UTM 37 north", 0.72),
    ],
)
def test_the_error_is_half_the_diagonal_of_the_cell(text, grid, metres):
    assert read_cell(text, datum="WGS84", grid=grid).error_mm / 1000 == pytest.approx(metres, rel=0.02)


def written(lat, lon, kind, places):
    """A position as (text, datum, grid), to so many places of its notation."""
    if kind == "MGRS":
        return write_mgrs(lat, lon, places * 2), "WGS84", "MGRS"
    if kind in ("UTM", "GK"):
        datum = "WGS84" if kind == "UTM" else "SK-42"
        number = int((lon + 180) // 6) + 1 if kind == "UTM" else int(lon // 6) + 1
        zone = utm_zone(number, True) if kind == "UTM" else gk_zone(number)
        east, north = project(read_datum(datum).ellipsoid, zone, *from_wgs84(read_datum(datum), lat, lon))
        if kind == "UTM":
            return f"{east:.{places}f} {north:.{places}f}", datum, f"UTM {number} north"
        return f"X {north:.{places}f} Y {east:.{places}f}", datum, f"GK {number}"
    parts = []
    for value, width, letter in ((lat, 2, "N"), (lon, 3, "E")):
        if kind == "decimal":
            parts.append(f"{value:.{places}f}{letter}")
            continue
        scale = 60 if kind == "minutes" else 3600
        count = round(value * scale * 10**places)
        whole, rest = divmod(count, 10**places)
        decimals = f".{rest:0{places}d}" if places else ""
        if kind == "minutes":
            parts.append(f"{whole // 60:0{width}d}°{whole % 60:02d}{decimals}'{letter}")
        else:
            parts.append(f"{whole // 3600:0{width}d}{whole // 60 % 60:02d}{whole % 60:02d}{decimals}{letter}")
    return " ".join(parts), "WGS84", "geographic"


@given(
    st.floats(10, 70),
    st.floats(30, 130),
    st.sampled_from(["decimal", "minutes", "seconds", "MGRS", "UTM", "GK"]),
    st.integers(0, 3),
)
def test_a_cell_holds_the_position_it_was_written_from(lat, lon, kind, places):
    """Soundness of the error radius: whatever the notation and however few the digits."""
    places = places + 1 if kind == "decimal" else places
    text, datum, grid = written(lat, lon, kind, places)
    try:
        cell = read_cell(text, datum=datum, grid=grid)
    except GivenError as refusal:  # near 10° north a datum shift can leave the zone of a position on its edge
        assert "outside" in refusal.what  # noqa: PT017
        return
    away = geodesic(cell.lat, cell.lon, round(lat * E7), round(lon * E7))
    assert away * 1000 <= cell.error_mm + 8


@given(st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000))
def test_every_position_of_the_record_can_be_written_and_read(lat, lon):
    cell = read_columns(f"{lat / E7:.7f}", f"{lon / E7:.7f}", datum="WGS84")
    assert (cell.lat, cell.lon) == (lat, lon)
    assert cell.error_mm <= 8
    assert show_dms(lat, lon)


def test_columns_are_named_not_guessed():
    assert read_columns("36.15", "37.25", datum="WGS84").canonical == "36.15N 037.25E"
    assert read_columns("-36.15", "-37.25", datum="WGS84").canonical == "36.15S 037.25W"
    with pytest.raises(GivenError):
        read_columns("36.15N", "37.25E", datum="WGS84")


def test_the_check_group_changes_with_any_character_and_any_exchange():
    dice = random.Random(3)
    text = "37S CA 12345 67890"
    own = check_group("WGS84", "MGRS", text)
    assert len(own) == 4
    for at, letter in enumerate(text):
        for other in "0123456789ABCSX ":
            if other != letter:
                assert check_group("WGS84", "MGRS", text[:at] + other + text[at + 1 :]) != own
        for second in range(at + 1, len(text)):
            if text[second] != letter:
                swapped = list(text)
                swapped[at], swapped[second] = swapped[second], swapped[at]
                assert check_group("WGS84", "MGRS", "".join(swapped)) != own
    assert check_group("SK-42", "MGRS", text) != own
    many = {check_group("WGS84", "MGRS", f"37S CA {dice.randrange(10**5):05d} 67890") for _ in range(500)}
    assert len(many) > 450


def test_spelling_does_not_change_the_check_group():
    texts = ("36.1503N 37.1502E", "37.1502° E; 36.1503° N", "٣٦٫١٥٠٣° شمالاً، ٣٧٫١٥٠٢° شرقاً")
    assert len({read_cell(text, **GEO).check_group for text in texts}) == 1


def test_lengths_are_shown_rounded_up():
    assert [show_length(mm) for mm in (1, 710, 9_999, 10_001, 707_107, 1_234_567)] == [
        "0.1 m",
        "0.8 m",
        "10.0 m",
        "11 m",
        "708 m",
        "1.3 km",
    ]


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_by_name(text):
    for datum, grid in (("WGS84", "geographic"), ("WGS84", "MGRS"), ("WGS84", "UTM 37 north"), ("SK-42", "GK 7")):
        try:
            read_cell(text, datum=datum, grid=grid)
        except GivenError as refusal:
            assert refusal.code == "coordinate-invalid"  # noqa: PT017


@given(st.text(alphabet="0123456789NSEW°'\". ,/-LATO", max_size=26))
def test_text_like_coordinates_is_read_or_refused_by_name(text):
    try:
        cell = read_cell(text, **GEO)
    except GivenError as refusal:
        assert refusal.code == "coordinate-invalid"  # noqa: PT017
    else:
        assert abs(cell.lat) <= 90 * E7
        assert abs(cell.lon) <= 180 * E7
        assert cell.error_mm > 0
