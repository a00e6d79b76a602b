"""Which text may stand in a statement (30-ledger, row "integers >= 2^53, NFD, bidi override, control, ...")."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.model.text import check_text
from detente.model.unicode_table import ALLOWED, UNICODE_VERSION
from tests.model.strategies import admissible, texts
from tests.proof.builders import refused

BARRED = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


def table() -> set[int]:
    points: set[int] = set()
    for word in ALLOWED.split():
        low, _, high = word.partition("-")
        points.update(range(int(low, 16), int(high or low, 16) + 1))
    return points


def test_the_pinned_table_is_unicode_14():
    """30-ledger: no Cc, Cf, Cs, Cn, Zl, Zp; character table pinned to one Unicode version."""
    if unicodedata.unidata_version != UNICODE_VERSION:
        pytest.skip(
            f"this Python has Unicode {unicodedata.unidata_version}; the table can be remade on {UNICODE_VERSION}"
        )
    assert table() == {p for p in range(0x110000) if unicodedata.category(chr(p)) not in BARRED}


def test_the_pinned_table_bars_nothing_that_a_later_unicode_allows_differently():
    """Nodes on newer Pythons must agree: an assigned character keeps its class as far as our rule goes."""
    changed = [hex(p) for p in table() if unicodedata.category(chr(p)) in BARRED]
    assert changed == []


def test_every_single_character_is_judged_by_the_table():
    """Admissible exactly if in the table and in normal form: all of the table, all below U+20000, a sample above."""
    allowed = table()
    for point in {*allowed, *range(0x20000), *range(0x20000, sys.maxunicode + 1, 61), sys.maxunicode}:
        character = chr(point)
        expected = point in allowed and unicodedata.is_normalized("NFC", character)
        if expected != admissible(character):
            pytest.fail(f"U+{point:04X} is {'refused' if expected else 'let through'}")


@given(texts(), st.sampled_from(["\x00", "\x7f", "\x85", "\u200d", "\u202e", "\u2066", "\ud800", "\ue000", "\u2028"]))
def test_one_barred_character_is_found_anywhere_and_named(text, bad):
    """80-style: what and where: the character and its place."""
    with refused("bad-text", naming=f"U+{ord(bad):04X}"):
        check_text(text + bad)
    with refused("bad-text", naming=f"at character {len(text)} "):
        check_text(text + bad + text, "$.remark")


def test_the_field_is_named():
    """80-style: where."""
    with refused("bad-text", naming="$.remark"):
        check_text("a\u0301", "$.remark")


@pytest.mark.parametrize(
    "text", ["", "plain", "\u0414\u0435\u0439\u0440", "دير الزور", "中文", "😀", "naïve", "a\u0338b", "\ufffd"]
)
def test_ordinary_text_passes(text):
    """Officers write in Russian, Arabic and English."""
    check_text(unicodedata.normalize("NFC", text))
