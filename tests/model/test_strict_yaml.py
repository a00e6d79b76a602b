"""YAML read strictly: two readers see the same file (21-language-reference, 1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import GivenError
from detente.model.strict_yaml import read_yaml
from tests.proof.builders import refused


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: 12:00", {"a": "12:00"}),
        ("a: 2016-09-17", {"a": "2016-09-17"}),
        ("a: 0x10", {"a": "0x10"}),
        ("a: ~", {"a": "~"}),
        ("a:", {"a": ""}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: 'x'", {"a": "x"}),
        ("a: [b, {c: d}]", {"a": ["b", {"c": "d"}]}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("yes: 1\nno: 2", {"yes": "1", "no": "2"}),
        ("# nothing but a comment", {}),
        ("", {}),
    ],
)
def test_every_scalar_is_text(text, value):
    """`no` is not false, 12:00 is not 720, dates are text."""
    assert read_yaml(text.encode(), "f") == value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\na: 2", "f line 2"),
        ("a: 1\nb:\n  c: 1\n  c: 2", "f line 4"),
        ("a: &x 1\nb: *x", "f line 1"),
        ("a: 1\nb: *x", "f line 2"),
        ("a: !!int 1", "f line 1"),
        ("a: !x 1", "f line 1"),
        ("a: 1\n<<: {b: 2}\n? [x]\n: 1", "f line 3"),
        ("a: 1\n---\na: 2", "f line 2"),
        ("a: [1", "f line"),
        ("a: 1\n\tb: 2", "f line 2"),
        ("a: 'x", "f line"),
        ("\x00", "f"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text, place):
    """Keys given twice, anchors, aliases, tags, several documents; the line is named."""
    with refused("terms-invalid", GivenError, naming=place):
        read_yaml(text.encode(), "f")


@pytest.mark.parametrize("data", [b"\xff", b"a: \xc0\xaf", b"a: \xed\xa0\x80", "a: 1".encode("utf-16")])
def test_other_encodings_are_refused(data):
    """UTF-8 and nothing else."""
    with refused("terms-invalid", GivenError):
        read_yaml(data, "f")


@pytest.mark.parametrize("piece", ["[", "{", "- ", "a: ", "? ", "!", "&a ", "*a "])
def test_much_of_one_thing_is_refused(piece):
    """A file of 20,000 openings exhausts no stack."""
    with refused("config-invalid", GivenError):
        read_yaml((piece * 20_000).encode(), "f", "config-invalid")


@given(st.binary(max_size=60) | st.text("ab:-[]{},&*!|>?#'\"\\ \n\t%@`\x85\u2028\ufeff", max_size=40).map(str.encode))
def test_any_bytes_are_a_file_or_a_refusal(data):
    """A file a person gives may hold anything."""
    try:
        value = read_yaml(data, "f")
    except GivenError:
        return
    assert isinstance(value, str | list | dict)
