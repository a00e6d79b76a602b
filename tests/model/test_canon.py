"""The one byte form of a document (30-ledger, "Statement bytes" and the row "two byte forms of one statement")."""

from __future__ import annotations

import json

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import Count, Frozen, Text
from detente.proof.envelope import parse_envelope, seal
from tests.model.strategies import documents
from tests.proof.builders import refused, signer

PAYLOAD = b'{"a":"x","b":[1,-2,true,null]}'

# The row's "24 inputs" and more. Each is another byte form of a document, or no document at all; what a decoder
# makes of it is the right half. None of them may be taken for a document.
OTHER_FORMS = {
    "duplicate key": (b'{"a":1,"a":1}', "duplicate-key"),
    "duplicate key, other value": (b'{"a":1,"a":2}', "duplicate-key"),
    "duplicate key in a nested object": (b'{"a":{"b":1,"b":1}}', "duplicate-key"),
    "duplicate key by escape": (b'{"a":1,"\\u0061":1}', "duplicate-key"),
    "key order": (b'{"b":1,"a":2}', "json-not-canonical"),
    "minus zero": (b'{"a":-0}', "json-not-canonical"),
    "float 1.0": (b'{"a":1.0}', "float"),
    "float 1e2": (b'{"a":1e2}', "float"),
    "float -0.0": (b'{"a":-0.0}', "float"),
    "NaN": (b'{"a":NaN}', "float"),
    "Infinity": (b'{"a":-Infinity}', "float"),
    "leading zero": (b'{"a":01}', "json-invalid"),
    "plus sign": (b'{"a":+1}', "json-invalid"),
    "2^53": (b'{"a":9007199254740992}', "number-out-of-range"),
    "-2^53": (b'{"a":-9007199254740992}', "number-out-of-range"),
    "2^63": (b'{"a":9223372036854775808}', "number-out-of-range"),
    "2^70": (b'{"a":1180591620717411303424}', "number-out-of-range"),
    "5,001 digits": (b'{"a":1' + b"0" * 5000 + b"}", "number-out-of-range"),
    "escape \\u0041": (b'{"a":"\\u0041"}', "json-not-canonical"),
    "escape of a non-ASCII letter": (b'{"a":"\\u00e9"}', "json-not-canonical"),
    "escape \\/": (b'{"a":"\\/"}', "json-not-canonical"),
    "escape of the quote by number": (b'{"a":"\\u0022"}', "json-not-canonical"),
    "escape in a key": (b'{"\\u0061":1}', "json-not-canonical"),
    "escaped newline": (b'{"a":"x\\ny"}', "bad-text"),
    "escaped tab": (b'{"a":"x\\ty"}', "bad-text"),
    "escaped NUL": (b'{"a":"\\u0000"}', "bad-text"),
    "escaped control, upper-case hex": (b'{"a":"\\u001F"}', "bad-text"),
    "raw NUL": (b'{"a":"\x00"}', "json-invalid"),
    "raw newline in text": (b'{"a":"x\ny"}', "json-invalid"),
    "DEL": (b'{"a":"x\x7fy"}', "bad-text"),
    "DEL in a key": (b'{"a\x7f":1}', "bad-text"),
    "C1 control": ('{"a":"\x85"}'.encode(), "bad-text"),
    "space after a colon": (b'{"a": 1}', "json-not-canonical"),
    "space after a comma": (b'{"a":1, "b":2}', "json-not-canonical"),
    "space in front": (b' {"a":1}', "json-not-canonical"),
    "trailing newline": (b'{"a":1}\n', "json-not-canonical"),
    "trailing space": (b'{"a":1} ', "json-not-canonical"),
    "trailing garbage": (b'{"a":1}x', "json-invalid"),
    "trailing second document": (b'{"a":1}{"a":1}', "json-invalid"),
    "trailing comma": (b'{"a":1,}', "json-invalid"),
    "cut off": (b'{"a":1', "json-invalid"),
    "empty": (b"", "json-invalid"),
    "byte order mark": (b'\xef\xbb\xbf{"a":1}', "json-not-canonical"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "json-not-canonical"),
    "UTF-32": ('{"a":1}'.encode("utf-32"), "json-not-canonical"),
    "comment": (b'{"a":1/**/}', "json-invalid"),
    "single quotes": (b"{'a':1}", "json-invalid"),
    "lone surrogate by escape": (b'{"a":"\\ud800"}', "bad-text"),
    "surrogate pair by escape": (b'{"a":"\\ud83d\\ude00"}', "json-not-canonical"),
    "surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "bad-text"),
    "overlong UTF-8 of the slash": (b'{"a":"\xc0\xaf"}', "json-invalid"),
    "overlong UTF-8 of NUL": (b'{"a":"\xc0\x80"}', "json-invalid"),
    "UTF-8 beyond U+10FFFF": (b'{"a":"\xf4\x90\x80\x80"}', "json-invalid"),
    "cut UTF-8": (b'{"a":"\xe2\x80"}', "json-invalid"),
    "NFD": ('{"a":"e\u0301"}'.encode(), "bad-text"),
    "singleton (Kelvin sign)": ('{"a":"\u212a"}'.encode(), "bad-text"),
    "bidi override": ('{"a":"\u202e"}'.encode(), "bad-text"),
    "line separator U+2028": ('{"a":"\u2028"}'.encode(), "bad-text"),
    "paragraph separator U+2029": ('{"a":"\u2029"}'.encode(), "bad-text"),
    "zero-width joiner": ('{"a":"\u200d"}'.encode(), "bad-text"),
    "soft hyphen": ('{"a":"\u00ad"}'.encode(), "bad-text"),
    "tag character": ('{"a":"\U000e0041"}'.encode(), "bad-text"),
    "private use": ('{"a":"\ue000"}'.encode(), "bad-text"),
    "unassigned": ('{"a":"\u0378"}'.encode(), "bad-text"),
    "assigned after Unicode 14 (U+0CF3, 15.0)": ('{"a":"\u0cf3"}'.encode(), "bad-text"),
    "noncharacter": ('{"a":"\uffff"}'.encode(), "bad-text"),
}
BY_NAME = pytest.mark.parametrize(("data", "code"), OTHER_FORMS.values(), ids=OTHER_FORMS.keys())


@given(documents)
def test_encoding_equals_rfc_8785(document):
    """05-resolutions 5: payloads encode with msgspec order="sorted", which under our limits is RFC 8785."""
    assert canon.encode(document) == rfc8785.dumps(document)


@given(documents)
def test_decoding_gives_back_what_was_encoded(document):
    """One document, one byte form, and back."""
    assert canon.decode_plain(canon.encode(document)) == document


@given(documents, st.data())
def test_no_other_spelling_of_a_document_is_accepted(document, data):
    """Attack row "two byte forms": decode, re-encode, compare bytes. Here: other spellings a JSON library writes."""
    canonical = canon.encode(document)
    other = json.dumps(
        document,
        ensure_ascii=data.draw(st.booleans()),
        sort_keys=data.draw(st.booleans()),
        indent=data.draw(st.sampled_from([None, 0, 2])),
        separators=data.draw(st.sampled_from([(",", ":"), (", ", ": "), (",", " : ")])),
    ).encode()
    if other == canonical:
        assert canon.decode_plain(other) == document
        return
    with pytest.raises(RemoteError) as caught:
        canon.decode_plain(other)
    assert caught.value.code == "json-not-canonical"


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.-eEtrufalsn\\ \n', max_size=60).map(str.encode))
def test_whatever_is_accepted_is_its_own_encoding(data):
    """The property behind the row: bytes in, one document out, the same bytes again, or a refusal."""
    try:
        value = canon.decode_plain(data)
    except RemoteError:
        return
    assert canon.encode(value) == data


@BY_NAME
def test_other_byte_forms_are_refused_by_name(data, code):
    """Attack row "two byte forms of one statement"; row "integers >= 2^53, NFD, bidi override, control, ..."."""
    with refused(code):
        canon.decode_plain(data)


class Sample(Frozen, frozen=True):
    """A schema that takes nearly all of the inputs."""

    a: Count | Text


@BY_NAME
def test_other_byte_forms_are_refused_by_a_schema(data, code):
    """The same inputs where a schema decodes them, which may find another fault first but lets none pass."""
    with pytest.raises(RemoteError) as caught:
        canon.decode(data, msgspec.json.Decoder(Sample))
    assert caught.value.code in (code, "bad-field", "unknown-field")


@BY_NAME
def test_other_byte_forms_are_refused_as_an_envelope(data, code):
    """The same inputs in place of a DSSE envelope; a schema error may be found before a text error."""
    with pytest.raises(RemoteError):
        parse_envelope(data)


def test_a_difference_is_shown_with_its_place():
    """80-style: every error says what and where."""
    with refused("json-not-canonical", naming="byte 5"):
        canon.decode_plain(b'{"a": 1}')
    with refused("bad-text", naming="U+202E"):
        canon.decode_plain('{"a":{"b":["ok","x\u202ey"]}}'.encode())
    with refused("number-out-of-range", naming="$.a.b[1]"):
        canon.decode_plain(b'{"a":{"b":[1,9007199254740992]}}')
    with refused("unknown-field", naming="'Weapon'"):
        canon.decode_plain(b'{"Weapon":1}')


@pytest.mark.parametrize("name", ["Weapon", "a-b", "a.b", "a b", "", "é", "a" * 65])
def test_keys_are_lower_case_letters_digits_and_underscore(name):
    """30-ledger: keys [a-z0-9_]."""
    with refused("unknown-field"):
        canon.decode_plain(canon.encode({name: 1}))


def test_the_largest_and_smallest_integers_pass():
    """30-ledger: |int| < 2^53."""
    for value in (2**53 - 1, -(2**53 - 1), 0):
        assert canon.decode_plain(canon.encode({"a": value})) == {"a": value}


@pytest.mark.parametrize("shape", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("core", ["1", "-0", '"x"', '"\x7f"', "1.0", '"e\u0301"', ""])
def test_nesting_has_a_limit_and_never_exhausts_the_stack(shape, core):
    """Attack row "two byte forms": deep nesting. The limit does not depend on how deep the caller's own stack is."""
    close = "".join({"[": "]", "{": "}"}[c] for c in reversed(shape) if c in "[{")
    for depth in [*range(24, 40), *range(480, 500), *range(960, 1010), 5_000, 30_000]:
        with_core = (shape * depth + core + close * depth).encode()
        try:
            canon.decode_plain(with_core)
        except RemoteError:
            continue
        assert depth * sum(c in "[{" for c in shape) <= canon.MAX_DEPTH + 1


def test_a_document_of_many_keys_is_refused_quickly():
    """A refusal must not cost the receiver more than reading: 9,000 keys of one entry took seconds when counted."""
    many = b",".join(b'"k%05d":1' % n for n in range(6_000))
    for _ in range(20):
        with refused("json-not-canonical"):
            canon.decode_plain(b"{" + many + b',"z":-0}')


# --- the same at the level of the envelope ------------------------------------------------------------------------

ENVELOPE = seal("application/vnd.detente.call+json", PAYLOAD, [signer("a"), signer("b")]).encode()
PAYLOAD_64 = json.loads(ENVELOPE)["payload"].encode()


def swap(old: bytes, new: bytes) -> bytes:
    assert ENVELOPE.count(old) == 1
    return ENVELOPE.replace(old, new)


def reordered() -> bytes:
    document = json.loads(ENVELOPE)
    document["signatures"].reverse()
    return canon.encode(document)


def twinned() -> bytes:
    document = json.loads(ENVELOPE)
    document["signatures"][1] = document["signatures"][0]
    return canon.encode(document)


ENVELOPE_FORMS = {
    "base64 tail bits": (swap(PAYLOAD_64, b"YWJjZB=="), "json-not-canonical"),
    "base64 without padding": (swap(PAYLOAD_64, b"YWJjZA"), "base64-invalid"),
    "base64 with too much padding": (swap(PAYLOAD_64, PAYLOAD_64 + b"===="), "base64-invalid"),
    "base64 for URLs": (swap(PAYLOAD_64, b"-_-_"), "base64-invalid"),
    "space in base64": (swap(PAYLOAD_64, b"YWJj ZGVm"), "base64-invalid"),
    "newline escape in base64": (swap(PAYLOAD_64, b"YWJj\\nZGVm"), "bad-text"),
    "letter escape in base64": (swap(PAYLOAD_64, b"YWJ\\u006a"), "json-not-canonical"),
    "escape \\/ in the payload type": (swap(b"application/", b"application\\/"), "json-not-canonical"),
    "DEL in the payload type": (swap(b"detente.call", b"detente.c\x7fll"), "bad-text"),
    "bidi override in the payload type": (swap(b"detente.call", "detente.\u202ecall".encode()), "bad-text"),
    "space between members": (swap(b',"payloadType"', b', "payloadType"'), "json-not-canonical"),
    "duplicate payload": (swap(b'{"payload":', b'{"payload":"","payload":'), "duplicate-key"),
    "unknown member": (swap(b',"signatures"', b',"sent":1,"signatures"'), "unknown-field"),
    "unknown member of a signature": (swap(b'[{"keyid"', b'[{"cert":"","keyid"'), "unknown-field"),
    "no signatures": (canon.encode({**json.loads(ENVELOPE), "signatures": []}), "bad-field"),
    "signatures unsorted": (reordered(), "envelope-invalid"),
    "twin key ids": (twinned(), "envelope-invalid"),
    "upper-case key id": (
        ENVELOPE.replace(json.loads(ENVELOPE)["signatures"][0]["keyid"].encode(), b"AB" * 32),
        "bad-field",
    ),
    "trailing newline": (ENVELOPE + b"\n", "json-not-canonical"),
    "byte order mark": (b"\xef\xbb\xbf" + ENVELOPE, "json-not-canonical"),
}


@pytest.mark.parametrize(("data", "code"), ENVELOPE_FORMS.values(), ids=ENVELOPE_FORMS.keys())
def test_other_forms_of_an_envelope_are_refused_by_name(data, code):
    """Attack rows "two byte forms ... base64 tail bits" and "one private key under two key ids"."""
    assert parse_envelope(ENVELOPE).encode() == ENVELOPE
    with refused(code):
        parse_envelope(data)


def test_a_twin_form_of_base64_is_shown_where_it_differs():
    """80-style: what and where. The JSON is in order here, only the base64 is not."""
    with refused("json-not-canonical", naming='got b\'B==","payl'):
        parse_envelope(swap(PAYLOAD_64, b"YWJjZB=="))
