"""Hypothesis strategies for admissible text, documents, and every kind of statement, taken from the schemas."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec
from hypothesis import strategies as st

from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import KINDS, Statement, Window
from detente.model.text import check_text


def admissible(value: str) -> bool:
    """Whether `check_text` lets the text stand."""
    try:
        check_text(value)
    except RemoteError:
        return False
    return True


def texts(min_size: int = 0, max_size: int = 30) -> st.SearchStrategy[str]:
    """NFC text of the pinned table, quotes, backslashes and non-ASCII included."""
    alphabet = st.sampled_from('"\\/ aZ9é€ßчд中😀\u0301') | st.characters(
        exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"]
    )
    return (
        st.text(alphabet, min_size=min_size, max_size=min(max_size, 40))
        .map(lambda text: unicodedata.normalize("NFC", text))
        .filter(lambda text: min_size <= len(text) <= max_size and admissible(text))
    )


keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=8)
integers = st.integers(-canon.MAX_INT, canon.MAX_INT)
documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | integers | texts(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


def hex_of(size: int) -> st.SearchStrategy[str]:
    """Lower-case hex of `size` bytes."""
    return st.binary(min_size=size, max_size=size).map(bytes.hex)


LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")
WORD = "abcdefghijklmnopqrstuvwxyz0123456789_-"
# The patterns most fields have, made directly: `from_regex` is slow. Any other pattern goes through it.
FAST = {
    r"^[0-9a-f]{64}$": hex_of(32),
    r"^[0-9a-f]{32}$": hex_of(16),
    r"^[0-9a-f]{16}$": hex_of(8),
    r"^[a-z][a-z0-9_-]{0,31}$": st.builds(str.__add__, LETTERS, st.text(WORD, max_size=31)),
    r"^[a-z][a-z0-9_]{0,63}$": st.builds(str.__add__, LETTERS, st.text(WORD[:-1], max_size=31)),
    r"^[a-z0-9][a-z0-9._-]{0,62}(/[a-z0-9._-]{1,63}){1,4}$": st.builds(
        "/".join, st.lists(st.builds(str.__add__, LETTERS, st.text(WORD + ".", max_size=30)), min_size=2, max_size=5)
    ),
}


def values_of(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Values of one schema type; an unknown construct fails loudly, so a new schema cannot slip by."""
    inspect = msgspec.inspect
    if isinstance(kind, inspect.StructType):
        return structs_of(kind.cls)
    if isinstance(kind, inspect.UnionType):
        return st.one_of([values_of(option) for option in kind.types])
    if isinstance(kind, inspect.NoneType):
        return st.none()
    if isinstance(kind, inspect.IntType):
        return st.integers(kind.ge, kind.le)
    if isinstance(kind, inspect.BytesType):
        return st.binary(min_size=kind.min_length or 0, max_size=min(kind.max_length or 40, 40))
    if isinstance(kind, inspect.StrType):
        if kind.pattern is None:
            return texts(kind.min_length or 0, kind.max_length or 40)
        if kind.pattern in FAST:
            return FAST[kind.pattern]
        most = kind.max_length or 10**6
        return st.from_regex(kind.pattern, fullmatch=True, alphabet=st.characters(codec="ascii")).filter(
            lambda text: len(text) <= most
        )
    if isinstance(kind, inspect.ListType):
        low, high = kind.min_length or 0, kind.max_length or 5
        return st.lists(values_of(kind.item_type), min_size=low, max_size=max(low, min(high, 5)))
    if isinstance(kind, inspect.VarTupleType):
        low, high = kind.min_length or 0, kind.max_length or 5
        return st.lists(values_of(kind.item_type), min_size=low, max_size=max(low, min(high, 5))).map(tuple)
    if isinstance(kind, inspect.TupleType):
        return st.tuples(*(values_of(item) for item in kind.item_types))
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, inspect.DictType):
        return st.dictionaries(values_of(kind.key_type), values_of(kind.value_type), max_size=4)
    raise TypeError(f"no strategy for {kind}")


def structs_of(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Instances of a struct; optional fields are there or not."""
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    needed = {f.name: values_of(f.type) for f in info.fields if f.required}
    optional = {f.name: values_of(f.type) for f in info.fields if not f.required}
    fields = st.fixed_dictionaries(needed, optional=optional)
    if cls is Window:
        fields = fields.filter(lambda each: each["start"] < each["end"])
    return fields.map(lambda each: cls(**each))


def statements(kind: str) -> st.SearchStrategy[Statement]:
    """Statements of one kind."""
    return structs_of(KINDS[kind])
