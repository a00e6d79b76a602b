"""Strike releases: every flaw in a made-up file, then the whole real file, kept outside the repository."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.adapters import table
from detente.adapters.centcom import CentcomFile, read_centcom
from detente.adapters.table import AccountRow, Apart, write_apart
from detente.errors import GivenError
from detente.model import canon
from detente.model.statement import (
    MAX_PAYLOAD,
    Account,
    Seen,
    Statement,
    decode_statement,
    encode_statement,
)

REAL = Path(__file__).parents[2] / "../shared/data/coalition/centcom_oir_releases.csv.gz"

HEADER = "date,country,location,number,description,line\n"
ROW = '10/17/2016,Syria,Abu Kamal,1,strike hit six trucks.,"- Near Abu Kamal, one strike hit six trucks."\n'
OTHER = '10/16/2016,Iraq,Mosul,2,strikes hit a bridge.,"- Near Mosul, two strikes hit a bridge."\n'


def account(row: AccountRow) -> Account:
    return Account(
        agreement="a" * 64,
        author="blue",
        origin="blue.example/log",
        time=1,
        salt="0" * 32,
        label="release",
        **msgspec.structs.asdict(row),
    )


def row_of(date="10/17/2016", country="Syria", location="Manbij", number="1", description="d", line="l") -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(
        (date, country, location, number, description, line)
    )
    return out.getvalue()


def read(*rows: str) -> CentcomFile:
    return read_centcom((HEADER + "".join(rows)).encode())


def refusal(data: bytes) -> GivenError:
    with pytest.raises(GivenError) as caught:
        read_centcom(data)
    assert caught.value.advice()
    return caught.value


# What is taken, and how.


def test_a_row_is_taken_with_exactly_the_fields_the_file_gives():
    data = (HEADER + ROW).encode()
    found = read_centcom(data)
    assert found.rows == (
        AccountRow(
            source="centcom",
            line=2,
            released="2016-10-17",
            verbatim="- Near Abu Kamal, one strike hit six trucks.",
            country="Syria",
            location="Abu Kamal",
            number=1,
            description="strike hit six trucks.",
            file_digest=hashlib.sha256(data).hexdigest(),
        ),
    )
    assert found.apart == ()
    assert found.remarks == ()
    assert found.digest == found.rows[0].file_digest


def test_the_fields_are_those_of_an_account_without_the_head_and_admit_the_same():
    def types(cls: type) -> dict[str, msgspec.inspect.Type]:
        info = msgspec.inspect.type_info(cls)
        assert isinstance(info, msgspec.inspect.StructType)
        return {field.name: field.type for field in info.fields}

    of_the_head = types(Statement)
    assert types(AccountRow) == {name: kind for name, kind in types(Account).items() if name not in of_the_head}


def test_a_taken_row_is_an_account():
    made = account(read(ROW).rows[0])
    assert decode_statement(encode_statement(made), "account") == made


def test_gzip_gives_the_same_and_the_digest_is_of_the_unpacked_bytes():
    plain = (HEADER + ROW + OTHER).encode()
    assert read_centcom(gzip.compress(plain)) == read_centcom(plain)
    assert read_centcom(plain).digest == hashlib.sha256(plain).hexdigest()


def test_lines_are_physical_lines_also_behind_a_row_of_several():
    found = read(ROW, row_of(line="one\ntwo\n\nfour"), OTHER)
    assert [row.line for row in found.rows] == [2, 7]
    assert [row.line for row in found.apart] == [3]


def test_carriage_returns_of_line_ends_are_no_part_of_the_text():
    data = (HEADER + ROW + OTHER).replace("\n", "\r\n").encode()
    found = read_centcom(data)
    assert [row.verbatim for row in found.rows] == [row.verbatim for row in read(ROW, OTHER).rows]
    assert read_centcom(data + b"short\r\n").apart == (Apart(4, "1 columns, not 6", "short"),)


@pytest.mark.parametrize(
    "text",
    [
        "  two  spaces ",
        'he said "one"',
        "Mar’a – cafés",
        "=1+1",
        "a\u00a0b",
        "\\n, \\u0041",
        "'",
        "NULL",
        "é",
    ],
)
def test_verbatim_is_verbatim(text):
    found = read(row_of(description=text, line=text, location=text, country=text))
    (row,) = found.rows
    assert (row.verbatim, row.description, row.location, row.country) == (text,) * 4
    made = account(row)
    assert decode_statement(encode_statement(made), "account") == made


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=4, max_size=4))
def test_any_text_is_taken_verbatim_or_kept_apart_whole(texts):
    country, location, description, line = texts
    written = row_of(country=country, location=location, description=description, line=line)
    found = read(written, ROW)
    assert len(found.rows) + len(found.apart) == 2
    for row in found.rows[:-1]:
        assert [row.country, row.location, row.description, row.verbatim] == texts
        made = account(row)
        assert decode_statement(encode_statement(made), "account") == made
    assert found.rows[-1].location == "Abu Kamal"
    for kept in found.apart:
        assert kept.raw == written.rstrip("\r\n")


def test_the_largest_row_leaves_room_for_the_largest_head(monkeypatch):
    wide = "\U00010000"
    monkeypatch.setattr(table, "MAX_ROW", MAX_PAYLOAD * 2)
    (row,) = read(row_of(country=wide * 200, location=wide * 200, description=wide * 8000, line=wide)).rows
    head = Account(
        agreement="a" * 64,
        author="a" * 32,
        origin="a" * 63 + "/" + "b" * 63 + "/" + "c" * 63,
        time=canon.MAX_INT,
        salt="0" * 32,
        label=wide * 200,
        seen=Seen(origin="a" * 63 + "/" + "b" * 63 + "/" + "c" * 63, size=canon.MAX_INT, root="0" * 64),
        approval="0" * 64,
        same_as="0" * 64,
        **msgspec.structs.asdict(row),
    )
    monkeypatch.undo()
    # An origin may be 200 long: 9 more in each of the two.
    needed = len(encode_statement(head)) + 2 * 9 - len(canon.encode(row))
    assert needed <= MAX_PAYLOAD - table.MAX_ROW


# What is kept apart.

APART = {
    "tab": (row_of(line="a\tb"), "line: U+0009"),
    "tab_in_description": (row_of(description="a\tb"), "description: U+0009"),
    "nul": (row_of(line="a\0b"), "line: U+0000"),
    "carriage_return_within_quotes": (
        '10/17/2016,Syria,Manbij,1,d,"a\rb"\n',
        "line: U+000D",
    ),
    "carriage_return_bare": ("10/17/2016,Syria,Manbij,1,d,a\rb\n", "not CSV"),
    "line_end": (row_of(line="a\nb"), "one row on 2 lines"),
    "line_separator": (row_of(line="a\u2028b"), "line: U+2028"),
    "next_line": (row_of(location="a\x85b"), "location: U+0085"),
    "zero_width": (row_of(country="Syria\u200b"), "country: U+200B"),
    "right_to_left_mark": (row_of(line="a\u200fb"), "line: U+200F"),
    "byte_order_mark": ("\ufeff" + ROW, "date: "),
    "not_nfc": (row_of(location="cafe\u0301"), "location: text is not in normal form NFC"),
    "private_use": (row_of(line="\ue000"), "line: U+E000"),
    "country_too_long": (row_of(country="x" * 201), "$.country"),
    "location_too_long": (row_of(location="x" * 201), "$.location"),
    "description_too_long": (row_of(description="x" * 8001), "$.description"),
    "line_too_long": (row_of(line="x" * 8001), "$.verbatim"),
    "country_empty": (row_of(country=""), "$.country"),
    "line_empty": (row_of(line=""), "$.verbatim"),
    "too_large_together": (
        row_of(description="\u4e00" * 8000, line="\u4e00" * 8000),
        "leave room for its head",
    ),
    "column_past_the_csv_limit": (row_of(line="x" * 131_073), "not CSV"),
    "number_word": (row_of(number="one"), "number: 'one'"),
    "number_empty": (row_of(number=""), "number: ''"),
    "number_negative": (row_of(number="-1"), "number: '-1'"),
    "number_fraction": (row_of(number="1.0"), "number: '1.0'"),
    "number_spaced": (row_of(number=" 1"), "number: ' 1'"),
    "number_leading_zero": (row_of(number="01"), "number: '01'"),
    "number_other_digits": (row_of(number="\u0663"), "number: "),
    "number_past_2_53": (row_of(number="9007199254740992"), "$.number"),
    "number_endless": (row_of(number="9" * 5000), "number: "),
    "date_iso": (row_of(date="2016-10-17"), "date: '2016-10-17'"),
    "date_day_first": (row_of(date="17/10/2016"), "date: '17/10/2016'"),
    "date_no_such_day": (row_of(date="02/30/2016"), "date: '02/30/2016'"),
    "date_year_0": (row_of(date="02/03/0000"), "date: "),
    "date_short": (row_of(date="1/2/2016"), "date: "),
    "date_empty": (row_of(date=""), "date: ''"),
    "column_missing": ("10/17/2016,Syria,Manbij,1,d\n", "5 columns, not 6"),
    "column_more": ("10/17/2016,Syria,Manbij,1,d,l,x\n", "7 columns, not 6"),
    "empty_line": ("\n", "0 columns, not 6"),
    "header_again": (HEADER, "date: 'date'"),
    "stray_quotes": ('10/17/2016,Syria,Manbij,1,"d"x"",l\n', "not CSV"),
}


@pytest.mark.parametrize("flaw", APART)
def test_a_flawed_row_is_kept_apart_and_the_rows_about_it_are_taken(flaw):
    written, reason = APART[flaw]
    found = read(ROW, written, OTHER)
    assert [row.location for row in found.rows] == ["Abu Kamal", "Mosul"]
    (kept,) = found.apart
    assert kept.line == 3
    assert reason in kept.reason
    assert kept.raw == written.removesuffix("\n")


def test_every_flaw_of_a_row_is_named():
    (kept,) = read(row_of(date="x", number="y", location="a\tb", line="c\td")).apart
    assert [part.partition(":")[0] for part in kept.reason.split("; ")] == [
        "date",
        "number",
        "location",
        "line",
    ]


def test_a_last_row_without_line_end_is_taken_only_if_a_quote_closes_it():
    quoted = read(ROW.removesuffix("\n"))
    assert (len(quoted.rows), quoted.apart) == (1, ())
    cut = "10/17/2016,Syria,Manbij,1,strike hit a bridge.,one strike hit a bri"
    (kept,) = read(ROW, cut).apart
    assert kept == Apart(3, "the file ends here without a line end: the row may be cut", cut)
    assert len(read(ROW, cut + '"quoted"').apart) == 1
    assert len(read(ROW, cut + "\n").rows) == 2


def test_a_file_may_hold_nothing_but_unfit_rows():
    found = read("\n", "x\n")
    assert (found.rows, len(found.apart)) == ((), 2)


# What is taken with a remark.


def remarks_on(*rows: str) -> list[tuple[int, str, int | None]]:
    found = read(*rows)
    assert not found.apart
    return [(remark.line, remark.code, remark.other) for remark in found.remarks]


def test_a_double_names_the_first_row_like_it():
    assert remarks_on(ROW, OTHER, ROW, ROW) == [(4, "repeats", 2), (5, "repeats", 2)]


def test_rows_alike_but_for_the_country():
    moved = ROW.replace("Syria", "Iraq")
    assert remarks_on(ROW, moved, moved) == [(3, "country-differs", 2), (4, "repeats", 3)]
    assert remarks_on(ROW, ROW.replace("10/17", "10/16"), ROW.replace(",Abu", ",Albu")) == []


def test_a_double_of_a_row_kept_apart_is_kept_apart():
    assert [kept.line for kept in read(row_of(line="a\tb"), row_of(line="a\tb")).apart] == [2, 3]


def test_countries():
    assert remarks_on(row_of(country="Unknown")) == [(2, "country-unknown", None)]
    assert remarks_on(row_of(country="Tikrit, Iraq")) == [(2, "country-odd", None)]
    assert remarks_on(row_of(country="Iraq")) == []


@pytest.mark.parametrize(
    ("number", "text", "remarked"),
    [
        ("1", "one strike hit a bridge", False),
        ("1", "An airstrike hit two bridges", False),
        ("17", "17 airstrikes hit a bridge", False),
        ("2", "two  strikes hit a bridge", False),
        ("1", "a bridge was hit", False),
        ("0", "zero strikes", False),
        ("5", "five airstrikes near Kobani. Near Abu Kamal, an airstrike hit a truck", True),
        ("1", "one strike north of Sinjar; another strike south of it", True),
        ("2", "three strikes hit a bridge", True),
        ("1", "One strike, and 999999999999999 strikes", True),
    ],
)
def test_a_number_that_is_not_what_the_text_counts(number, text, remarked):
    expected = [(2, "number", None)] if remarked else []
    assert remarks_on(row_of(number=number, line=text)) == expected


def test_spaces_at_an_edge_and_lost_characters_stay_and_are_remarked():
    found = read(row_of(location=" Kobani", line="l "), row_of(description="an \ufffc\ufffc\ufffdvehicle"))
    assert [(remark.line, remark.code) for remark in found.remarks] == [
        (2, "edge-space"),
        (3, "lost-character"),
    ]
    assert found.remarks[0].text.endswith("location, line")
    assert found.remarks[1].text.startswith("U+FFFC, U+FFFD ")
    assert (found.rows[0].location, found.rows[1].description) == (" Kobani", "an \ufffc\ufffc\ufffdvehicle")


# What is refused as a whole.

WHOLE = (HEADER + ROW + OTHER).encode()
REFUSED = {
    "empty": (b"", "line 1"),
    "empty_gzip": (gzip.compress(b""), "line 1"),
    "blank_line": (b"\n", "line 1"),
    "header_only": (HEADER.encode(), "line 1"),
    "header_cut": (HEADER.encode()[:20], "line 1"),
    "header_of_another_file": (b"id,lat,lon\n1,2,3\n", "line 1"),
    "header_in_other_order": (WHOLE.replace(b"date,country", b"country,date"), "line 1"),
    "header_with_byte_order_mark": (b"\xef\xbb\xbf" + WHOLE, "line 1"),
    "header_missing": (ROW.encode(), "line 1"),
    "semicolons": (WHOLE.replace(b",", b";"), "line 1"),
    "carriage_returns_only": (WHOLE.replace(b"\n", b"\r"), "line 1"),
    "web_page": (b"<!DOCTYPE html>\n<html>\n", "line 1"),
    "utf_16": (WHOLE.decode().encode("utf-16"), "line 1"),
    "noise": (bytes(range(256)) * 20, "line 2"),
    "latin_1": (WHOLE.replace(b"a bridge", b"a caf\xe9"), "line 3"),
    "surrogate": (WHOLE.replace(b"a bridge", b"\xed\xa0\x80"), "line 3"),
    "cut_within_a_character": (HEADER.encode() + "10/17/2016,Syria,Mar’".encode()[:-1], "line 2"),
    "cut_within_a_row": (WHOLE[: WHOLE.index(b"Mosul")], "line 3"),
    "cut_within_quotes": (WHOLE[:-10], "line 3"),
    "cut_after_an_opening_quote": (WHOLE[: WHOLE.index(b"- Near Mosul")], "line 3"),
    "quote_never_closed": (WHOLE.replace(b'trucks."', b"trucks."), "line 2"),
    "quote_never_closed_to_the_end": (HEADER.encode() + b'10/17/2016,"Syria\n10/17/2016,Syria\n', "line 2"),
    "quote_too_many": (WHOLE.replace(b"one strike", b'one" strike'), "line 2"),
}


@pytest.mark.parametrize("flaw", REFUSED)
def test_a_file_that_cannot_be_relied_on_is_refused_with_its_line(flaw):
    data, where = REFUSED[flaw]
    assert refusal(data).where == where


def test_bad_utf_8_names_the_byte_of_its_line():
    error = refusal(HEADER.encode() + b"abc\xff\n")
    assert error.code == "bad-text"
    assert "byte 4 of the line, 0xFF" in error.what


@pytest.mark.parametrize("cut", [2, 5, 20, -9, -1])
def test_a_cut_gzip_is_refused(cut):
    assert "gzip" in refusal(gzip.compress(WHOLE)[:cut]).what


def test_a_damaged_gzip_is_refused():
    packed = bytearray(gzip.compress(WHOLE))
    packed[len(packed) // 2] ^= 1
    assert "gzip" in refusal(bytes(packed)).what
    assert "gzip" in refusal(gzip.compress(WHOLE) + b"more").what


def test_a_gzip_that_swells_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(table, "MAX_FILE", len(WHOLE))
    assert len(read_centcom(gzip.compress(WHOLE)).rows) == 2
    assert refusal(gzip.compress(WHOLE + b"\n")).code == "too-large"
    assert refusal(WHOLE + b"\n").code == "too-large"


@given(st.integers(0, len(WHOLE) - 1))
def test_wherever_a_file_is_cut_no_cut_row_is_taken(length):
    try:
        found = read_centcom(WHOLE[:length])
    except GivenError:
        return
    whole = read_centcom(WHOLE)
    assert [row.verbatim for row in found.rows] == [row.verbatim for row in whole.rows[: len(found.rows)]]


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(noise):
    for data in (noise, HEADER.encode() + noise, b"\x1f\x8b" + noise):
        try:
            found = read_centcom(data)
        except GivenError:
            continue
        assert found.rows or found.apart


# The file of the rows kept apart.


def test_rows_kept_apart_are_written_as_csv():
    found = read(ROW, '10/17/2016,Syria,Manbij,1,d,"a\tb, ""c"""\n')
    assert write_apart(found.apart) == (
        '"line","reason","raw"\n'
        '3,"line: U+0009 (unnamed) at character 1 may not stand in a statement (Unicode 14.0.0)",'
        '"10/17/2016,Syria,Manbij,1,d,""a\tb, """"c"""""""\n'
    )
    assert write_apart(()) == '"line","reason","raw"\n'


@given(st.lists(st.builds(Apart, st.integers(2, 10**6), st.text(max_size=20), st.text(max_size=20)), max_size=4))
def test_what_is_written_reads_back_the_same(apart):
    rows = list(csv.reader(io.StringIO(write_apart(apart), newline=""), strict=True))
    assert [Apart(int(line), reason, raw) for line, reason, raw in rows[1:]] == apart


# The real file.


@pytest.fixture(scope="module")
def packed() -> bytes:
    if not REAL.exists():
        pytest.skip("the strike releases are not here: ../shared/data/coalition/centcom_oir_releases.csv.gz")
    return REAL.read_bytes()


@pytest.fixture(scope="module")
def real(packed) -> CentcomFile:
    return read_centcom(packed)


def test_real_counts(real):
    assert real.digest == "408d2da9644a510c289ca4f7d4f2184680a9b30d66b8f9aab62e7b651330ea6e"
    assert len(real.rows) + len(real.apart) == 5_605
    assert [kept.line for kept in real.apart] == [384, 415, 541]
    assert all("\t" in kept.raw and "U+0009" in kept.reason for kept in real.apart)
    assert sorted([row.line for row in real.rows] + [kept.line for kept in real.apart]) == list(range(2, 5_607))
    assert Counter(row.country for row in real.rows) == {
        "Iraq": 3_922,
        "Syria": 1_604,
        "Unknown": 75,
        "Tikrit, Iraq": 1,
    }
    assert (min(row.released for row in real.rows), max(row.released for row in real.rows)) == (
        "2014-10-02",
        "2016-10-17",
    )


def test_real_remarks(real):
    assert Counter(remark.code for remark in real.remarks) == {
        "country-unknown": 75,
        "number": 72,
        "repeats": 4,
        "edge-space": 4,
        "country-differs": 2,
        "country-odd": 1,
        "lost-character": 1,
    }
    by_code: dict[str, list[tuple[int, int | None]]] = {}
    for remark in real.remarks:
        by_code.setdefault(remark.code, []).append((remark.line, remark.other))
    assert by_code["repeats"] == [(1114, 1113), (2833, 2832), (3903, 3902), (4012, 4011)]
    assert by_code["country-differs"] == [(2210, 2209), (4340, 4338)]
    assert [line for line, _ in by_code["edge-space"]] == [3283, 4257, 4540, 4541]
    assert by_code["country-odd"] == [(4996, None)]
    assert by_code["lost-character"] == [(3780, None)]
    # Rows of country Unknown tell whole releases: nearly all count strikes more than once.
    unknown = {line for line, _ in by_code["country-unknown"]}
    assert unknown == set(range(5532, 5607))
    assert [line for line, _ in by_code["number"] if line not in unknown] == [218, 1540, 2826, 3046]


def test_real_rows_all_survive_as_accounts(real):
    for row in real.rows:
        made = account(row)
        assert decode_statement(encode_statement(made), "account") == made


def test_real_verbatim_is_the_column_byte_for_byte(packed, real):
    lines = gzip.decompress(packed).split(b"\n")
    for row in real.rows:
        raw, column = lines[row.line - 1], row.verbatim.encode()
        # Compared with the bytes themselves, not with what a CSV library makes of them.
        if raw.endswith(b'"'):
            assert raw.endswith(b',"' + column.replace(b'"', b'""') + b'"')
        else:
            assert b'"' not in column
            assert raw.endswith(b"," + column)
        month, day, year = raw[:10].decode().split("/")
        assert row.released == f"{year}-{month}-{day}"
    assert [lines[kept.line - 1].decode() for kept in real.apart] == [kept.raw for kept in real.apart]
