"""Instants and durations (21-language-reference 5; house rule: integers for time)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import GivenError
from detente.model import when
from tests.proof.builders import refused


@pytest.mark.parametrize(
    ("text", "ms"),
    [("250ms", 250), ("30s", 30_000), ("10min", 600_000), ("24h", 86_400_000), (" 60 s ", 60_000), ("0s", 0)],
)
def test_durations_are_elapsed_time(text, ms):
    """21-language-reference 5: `24h`, `30min`, `10s`."""
    assert when.read_duration(text) == ms


@pytest.mark.parametrize("text", ["", "1d", "5", "h", "-5s", "1.5h", "5 m", "10minutes", "1h30min", "9999999999s"])
def test_other_durations_are_refused(text):
    """There is no `d`: days belong to the agreement's zone. The file is at fault, not the other side."""
    with refused("terms-invalid", GivenError, naming="terms line 3"):
        when.read_duration(text, "terms line 3")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2016-09-17T12:55:00Z", 1_474_116_900_000),
        ("2016-09-17T15:55:00+03:00", 1_474_116_900_000),
        ("2016-09-17T12:55:00.250Z", 1_474_116_900_250),
    ],
)
def test_instants_are_read_with_their_zone(text, ms):
    """RFC 3339."""
    assert when.read_instant(text) == ms


@pytest.mark.parametrize("text", ["2016-09-17T12:55:00", "2016-09-17", "yesterday", "", "2016-13-01T00:00:00Z"])
def test_an_instant_without_a_zone_is_refused(text):
    """21-language-reference 5: instants are read only with a zone."""
    with refused("bad-field", GivenError):
        when.read_instant(text)


@given(st.integers(0, when.MAX_SHOWN))
def test_an_instant_shown_reads_back(ms):
    """What an officer reads is what was signed, to the millisecond."""
    assert when.read_instant(when.show_instant(ms)) == ms


@given(st.integers(0, 2**53 - 1))
def test_every_time_a_statement_may_claim_can_be_shown(ms):
    """A peer may sign a time up to 2^53 - 1 ms; showing it must not stop the node."""
    assert when.show_instant(ms)
    assert when.show_clock(ms)


@given(st.integers(-(10**13), 10**13))
def test_durations_can_be_shown(ms):
    """Total, and of one sign."""
    assert when.show_duration(ms).startswith("-") == (ms < 0)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (250, "250 ms"),
        (94_000, "94 s"),
        (1_500, "1.5 s"),
        (120_000, "2 min"),
        (11_520_000, "3 h 12 min"),
        (3_600_000, "1 h"),
        (3_599_999, "1 h"),
    ],
)
def test_durations_are_shown_as_an_officer_says_them(ms, text):
    """docstring of show_duration."""
    assert when.show_duration(ms) == text
