"""Closed schemas, one payload type for each kind (30-ledger; 05-resolutions 5; what no statement can say)."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

import detente.model
import detente.proof
from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import (
    KINDS,
    MAX_PAYLOAD,
    Call,
    decode_statement,
    encode_statement,
    kind_of,
    payload_type,
)
from tests.model.strategies import statements
from tests.proof.builders import digest, refused

FEW = settings(max_examples=12)  # for each of the kinds
EACH_KIND = pytest.mark.parametrize("kind", KINDS)
CALL = Call(
    agreement=digest("agreement"),
    author="us",
    origin="us.example/log/to-ru",
    time=1_474_116_900_000,
    salt="00" * 16,
    label="unclassified",
    about="notice-7",
    text="The area is clear.",
)
BYTES = encode_statement(CALL)


@EACH_KIND
@FEW
@given(data=st.data())
def test_every_kind_round_trips_and_is_rfc_8785(kind, data):
    """30-ledger "Statement bytes": what is signed decodes to the same statement, and equals RFC 8785."""
    statement = data.draw(statements(kind))
    payload = encode_statement(statement)
    assert decode_statement(payload, kind) == statement
    assert payload == rfc8785.dumps(json.loads(payload))
    assert json.loads(payload)["type"] == kind


@EACH_KIND
@FEW
@given(data=st.data())
def test_a_payload_of_one_kind_never_decodes_under_another(kind, data):
    """Attack row "payload of one type verified as another": one type per kind, full matrix."""
    payload = encode_statement(data.draw(statements(kind)))
    for other in KINDS:
        if other != kind:
            with refused("wrong-payload-type", naming=repr(kind)):
                decode_statement(payload, other)


@EACH_KIND
@FEW
@given(data=st.data())
def test_a_relabelled_payload_is_refused(kind, data):
    """The same row: changing the `type` member alone makes no statement of another kind."""
    fields = json.loads(encode_statement(data.draw(statements(kind))))
    for other, cls in KINDS.items():
        same_fields = set(cls.__struct_fields__) == set(KINDS[kind].__struct_fields__)
        if other == kind or same_fields:
            continue
        with pytest.raises(RemoteError):
            decode_statement(canon.encode({**fields, "type": other}), other)


def test_payload_types_are_one_per_kind():
    """30-ledger: one type per kind; exact match."""
    types = {payload_type(kind) for kind in KINDS}
    assert len(types) == len(KINDS)
    assert all(kind_of(payload_type(kind)) == kind for kind in KINDS)
    for kind, cls in KINDS.items():
        assert msgspec.inspect.type_info(cls).tag == kind == cls.kind  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "application/json",
        "application/vnd.detente.call+json ",
        "application/vnd.detente.Call+json",
        "application/vnd.detente.call",
        "application/vnd.detente.strike+json",
        "application/vnd.detente.root-document+json",
        "",
    ],
)
def test_an_unknown_payload_type_is_refused(text):
    """Exact match: nothing is guessed from a type that is nearly right."""
    with refused("unknown-kind"):
        kind_of(text)


def changed(old: str, new: str) -> bytes:
    assert BYTES.count(old.encode()) == 1
    return BYTES.replace(old.encode(), new.encode())


BAD = {
    "unknown field": (changed('"time":', '"target":"x","time":'), "unknown-field"),
    "unknown field in front": (changed('{"about":', '{"aa":1,"about":'), "unknown-field"),
    "missing field": (changed('"text":"The area is clear.",', ""), "bad-field"),
    "missing type": (changed(',"type":"call"', ""), "json-not-canonical"),
    "type a number": (changed('"type":"call"', '"type":1'), "bad-field"),
    "time a float": (changed("1474116900000", "1474116900000.0"), "float"),
    "time with exponent": (changed("1474116900000", "1474e9"), "float"),
    "time a string": (changed("1474116900000", '"1474116900000"'), "bad-field"),
    "time a boolean": (changed("1474116900000", "true"), "bad-field"),
    "time negative": (changed("1474116900000", "-1"), "bad-field"),
    "time minus zero": (changed("1474116900000", "-0"), "json-not-canonical"),
    "time 2^53": (changed("1474116900000", "9007199254740992"), "number-out-of-range"),
    "time 2^70": (changed("1474116900000", "1180591620717411303424"), "number-out-of-range"),
    "author upper case": (changed('"author":"us"', '"author":"US"'), "bad-field"),
    "author with newline": (changed('"author":"us"', '"author":"us\\n"'), "bad-text"),
    "author by escape": (changed('"author":"us"', '"author":"\\u0075s"'), "json-not-canonical"),
    "author look-alike": (changed('"author":"us"', '"author":"u\u0455"'), "bad-field"),
    "digest upper case": (changed(digest("agreement"), digest("agreement").upper()), "bad-field"),
    "digest too short": (changed(digest("agreement"), digest("agreement")[:-1]), "bad-field"),
    "salt too short": (changed("00" * 16, "00" * 15), "bad-field"),
    "label empty": (changed('"unclassified"', '""'), "bad-field"),
    "origin with space": (changed("us.example/log", "us example/log"), "bad-field"),
    "origin DSSEv1": (changed("us.example/log/to-ru", "DSSEv1 2 us 4 log"), "bad-field"),
    "seen written as null": (changed(',"text"', ',"seen":null,"text"'), "json-not-canonical"),
    "text too long": (changed("The area is clear.", "x" * 8_001), "bad-field"),
    "text with bidi override": (changed("The area", "The \u202earea"), "bad-text"),
    "text with DEL": (changed("The area", "The \x7farea"), "bad-text"),
    "text NFD": (changed("The area", "The a\u0301rea"), "bad-text"),
    "duplicate author": (changed('"author":"us"', '"author":"us","author":"us"'), "duplicate-key"),
    "trailing newline": (BYTES + b"\n", "json-not-canonical"),
    "a list": (b"[]", "bad-field"),
    "no JSON": (b"call", "json-invalid"),
    "empty": (b"", "json-invalid"),
    "oversize": (b" " * (MAX_PAYLOAD + 1), "too-large"),
}


@pytest.mark.parametrize(("payload", "code"), BAD.values(), ids=BAD.keys())
def test_bad_statements_are_refused_by_name(payload, code):
    """30-ledger: closed schema, no floats, patterns and bounds in the schema; "a named refusal"."""
    assert decode_statement(BYTES, "call") == CALL
    with refused(code):
        decode_statement(payload, "call")


@EACH_KIND
@FEW
@given(data=st.data())
def test_no_field_may_be_left_out_added_or_turned_into_a_float(kind, data):
    """30-ledger: closed schema, on every field of every kind."""
    statement = data.draw(statements(kind))
    fields = json.loads(encode_statement(statement))
    required = [f.name for f in msgspec.structs.fields(type(statement)) if f.required]
    gone = data.draw(st.sampled_from([*required, "type"]))
    with pytest.raises(RemoteError):
        decode_statement(canon.encode({k: v for k, v in fields.items() if k != gone}), kind)
    with refused("unknown-field"):
        decode_statement(canon.encode({**fields, "zz": 1}), kind)
    with refused("float"):
        decode_statement(canon.encode({**fields, "time": fields["time"] + 0.5}), kind)


@pytest.mark.parametrize("date", ["2016-09-1", "17.09.2016", "२०१६-०९-१७", "2016-09-17\n", "2016-09-17T00:00:00Z"])
def test_a_release_date_is_ascii_digits(date):
    """Two digits that look alike must not be two bytes alike: [0-9], not every Unicode digit."""
    fields = {**json.loads(BYTES), "type": "account", "source": "centcom", "line": 1, "verbatim": "v"}
    fields |= {"country": "c", "location": "l", "number": 1, "description": "d", "file_digest": digest("file")}
    fields.pop("about"), fields.pop("text")
    decode_statement(canon.encode({**fields, "released": "2016-09-17"}), "account")
    with pytest.raises(RemoteError):
        decode_statement(canon.encode({**fields, "released": date}), "account")


# --- the schemas themselves ---------------------------------------------------------------------------------------


def schemas() -> Iterator[type[msgspec.Struct]]:
    """Every msgspec struct of the two rooms."""
    for room in (detente.model, detente.proof):
        for module in pkgutil.iter_modules(room.__path__, room.__name__ + "."):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.name:
                    yield value


SCHEMAS = sorted({f"{cls.__module__}.{cls.__qualname__}": cls for cls in schemas()}.items())
# Words of a field name; no schema speaks of how, or with what, or exactly where something is struck.
BARRED_WORDS = (
    "weapon weapons munition munitions ordnance warhead yield bomb bombs missile missiles fuze fuse payload_mass "
    "aim aimpoint dmpi target targets targeting elevation altitude mgrs "
    "effect effects damage bda collateral casualty casualties priority priorities rank kill strike_package sortie "
    "image images imagery photo photos video picture sensor"
)


def test_no_schema_has_a_field_for_a_weapon_aim_effect_priority_or_image():
    """00-product: closed schemas, so that no such thing can arrive; "a notice names no target"."""
    assert len(SCHEMAS) >= len(KINDS) + 4
    barred = set(BARRED_WORDS.split())
    for name, cls in SCHEMAS:
        for field in cls.__struct_encode_fields__:
            words = set(re.findall("[a-z]+", re.sub("(?<=[a-z])(?=[A-Z])", "_", field).lower())) | {field}
            assert not words & barred, f"{name}.{field}"


PLACES = {"Cell", "Circle", "Corridor", "Line", "MultiPolygon", "Point", "Polygon"}


def test_a_place_stands_in_a_notice_or_where_the_agreement_defines_a_field_for_it():
    """Coordinates stand in `place` of a notice, and in the fields of `said`, whose names and types the agreement closes."""
    holders = [cls.__name__ for _, cls in SCHEMAS for f in cls.__struct_encode_fields__ if f in ("lat", "coordinates")]
    assert set(holders) == PLACES
    users = {
        cls.__name__ for _, cls in SCHEMAS for f in msgspec.structs.fields(cls) if any(p in str(f.type) for p in PLACES)
    }
    assert users == {"Notice", "Said", "Told"}


def leaves(kind: Any, place: str) -> Iterator[tuple[str, Any]]:
    inspect = msgspec.inspect
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from leaves(field.type, f"{place}.{field.name}")
    elif isinstance(kind, inspect.UnionType):
        for option in kind.types:
            yield from leaves(option, place)
    elif isinstance(kind, inspect.ListType | inspect.VarTupleType):
        yield place + "[]", kind
        yield from leaves(kind.item_type, place + "[]")
    elif isinstance(kind, inspect.TupleType):
        for item in kind.item_types:
            yield from leaves(item, place + "[]")
    elif isinstance(kind, inspect.DictType):
        yield place + "{}", kind
        yield from leaves(kind.key_type, place + " key")
        yield from leaves(kind.value_type, place + "{}")
    else:
        yield place, kind


@EACH_KIND
def test_every_field_of_a_statement_is_bounded(kind):
    """30-ledger: "bounds and character rules in the schema"; no float, no open dictionary, no unbounded text."""
    inspect = msgspec.inspect
    cls = KINDS[kind]
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.StructType)
    assert info.forbid_unknown_fields
    for place, leaf in leaves(info, kind):
        if isinstance(leaf, inspect.IntType):
            assert leaf.ge is not None, place
            assert leaf.le is not None, place
            assert -canon.MAX_INT <= leaf.ge <= leaf.le <= canon.MAX_INT, place
        elif isinstance(leaf, inspect.StrType):
            assert leaf.max_length is not None or re.search(r"[\]}\w][}$]", leaf.pattern or ""), place
            assert leaf.pattern is None or leaf.pattern[0] + leaf.pattern[-1] == "^$", place
            assert leaf.pattern is None or not re.search(r"\\[dws]|\*|\+", leaf.pattern), f"{place}: an open class"
        elif isinstance(leaf, inspect.ListType | inspect.BytesType | inspect.VarTupleType | inspect.DictType):
            assert leaf.max_length is not None, place
        else:
            assert isinstance(leaf, inspect.NoneType | inspect.LiteralType), f"{place}: {leaf}"


@EACH_KIND
def test_every_kind_says_who_where_when_and_under_which_agreement(kind):
    """Attack row "statement moved to another agreement, party or log": the head carries all of it."""
    required = {f.name for f in msgspec.structs.fields(KINDS[kind]) if f.required}
    assert {"agreement", "author", "origin", "time", "salt", "label"} <= required
