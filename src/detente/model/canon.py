"""The one byte form of a document: JSON as RFC 8785 under limits that make it trivial.

Limits (30-ledger): keys `[a-z0-9_]`, no floats, |int| < 2^53, NFC text of Unicode 14.0, no escapes but \\" and
\\\\. Under them msgspec's sorted encoding equals RFC 8785 (property-tested against `rfc8785`). Decoders accept
many byte forms of one document, so everything is decoded, encoded again and compared byte by byte; only when that
fails does `diagnose` look for the reason, slowly and by name.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn, TypeVar

import msgspec

from detente.errors import DetenteError, RemoteError
from detente.model.text import check_text

MAX_INT = 2**53 - 1
MAX_DEPTH = 32
_KEY = re.compile(r"[a-z0-9_]{1,64}")
_ESCAPES = re.compile(rb'(?:[^\\]|\\["\\])*', re.DOTALL)
_encoder = msgspec.json.Encoder(order="sorted")
T = TypeVar("T")


def encode(value: Any) -> bytes:
    """Canonical bytes of a msgspec struct or of plain dict/list/str/int/bool/None values. Checks nothing."""
    return _encoder.encode(value)


def check_value(value: Any, where: str = "$", depth: int = 0) -> None:
    """Raise RemoteError if a plain value lies outside the limits (keys, text, numbers, types, depth)."""
    if depth > MAX_DEPTH:
        raise RemoteError("json-invalid", f"nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        check_text(value, where)
    elif isinstance(value, int):
        if not -MAX_INT <= value <= MAX_INT:
            raise RemoteError("number-out-of-range", f"{value} is outside ±(2^53-1)", where=where)
    elif isinstance(value, float):
        raise RemoteError("float", f"{value!r} is not an integer", where=where)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise RemoteError("unknown-field", f"key {key!r} is not of the form [a-z0-9_]", where=where)
            check_value(item, f"{where}.{key}", depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            check_value(item, f"{where}[{position}]", depth + 1)
    else:
        raise RemoteError("bad-field", f"a {type(value).__name__} has no byte form", where=where)


def decode(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode canonical bytes with a typed decoder, or raise RemoteError naming what is wrong and where."""
    try:
        value = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        diagnose(data, error)
    again = _encoder.encode(value)
    if again != data:
        diagnose(data, None, again)
    check_encoded(data)
    return value


def check_encoded(data: bytes) -> None:
    """Raise RemoteError if bytes that `encode` has made hold text that may not stand in a statement.

    With this a value of a typed schema that we made ourselves need not be decoded again to know that others will read it.
    """
    if b"\\" in data and not _ESCAPES.fullmatch(data):
        diagnose(data, None, data)
    if not data.isascii() or b"\x7f" in data:  # DEL is the one control character JSON lets stand unescaped
        check_text(data.decode("utf-8"))


def decode_plain(data: bytes) -> Any:
    """Decode canonical bytes to plain values within the limits, or raise RemoteError."""
    value = decode(data, _plain)
    check_value(value)
    return value


_plain: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def diagnose(data: bytes, cause: Exception | None, expected: bytes | None = None) -> NoReturn:
    """Say why `data` is not the canonical form of an admissible document. Slow; used only once something is wrong.

    `cause` is what the typed decoder refused, or `expected` the canonical form of what it took `data` for.
    """

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for key, item in items:
            if key in document:
                raise RemoteError("duplicate-key", f"key {key!r} is given more than once")
            document[key] = item
        return document

    def no_float(text: str) -> NoReturn:
        raise RemoteError("float", f"{text} is not an integer")

    def small_int(text: str) -> int:
        if len(text) > 20:
            raise RemoteError("number-out-of-range", f"a number of {len(text)} digits is outside ±(2^53-1)")
        return int(text)

    try:
        value = json.loads(
            data, object_pairs_hook=pairs, parse_int=small_int, parse_float=no_float, parse_constant=no_float
        )
    except DetenteError:
        raise
    except (ValueError, RecursionError) as error:
        raise RemoteError("json-invalid", f"not JSON: {error}") from error
    check_value_lenient(value)
    if isinstance(cause, msgspec.ValidationError):
        text = str(cause)
        code = "bad-field"
        if "unknown field" in text:
            code = "unknown-field"
        elif "base64" in text:
            code = "base64-invalid"
        raise RemoteError(code, text) from cause
    if not _ESCAPES.fullmatch(data):
        raise RemoteError("json-not-canonical", 'an escape other than \\" and \\\\ stands in a string')
    again = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    if again == data and expected is not None:  # JSON is in order; a default is written out, or base64 has a twin form
        again = expected
    offset = next((i for i, (a, b) in enumerate(zip(data, again, strict=False)) if a != b), min(len(data), len(again)))
    raise RemoteError(
        "json-not-canonical",
        f"byte {offset} differs from the canonical form: got {data[offset : offset + 12]!r}, "
        f"expected {again[offset : offset + 12]!r}",
    )


def check_value_lenient(value: Any, where: str = "$", depth: int = 0) -> None:
    """As `check_value`, but keys of foreign formats (camelCase in DSSE) pass; used for diagnosis only."""
    if depth > MAX_DEPTH:
        raise RemoteError("json-invalid", f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            check_text(key, where)
            check_value_lenient(item, f"{where}.{key}", depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            check_value_lenient(item, f"{where}[{position}]", depth + 1)
    else:
        check_value(value, where)
