"""Words that would be read and then forgotten are refused."""

import pytest

from detente.errors import GivenError
from tests.agreement.reference.small import HEAD, agreement

STRIKE = "- {{id: c, forbid: strike, unless: {}}}\n"


@pytest.mark.parametrize(
    ("clause", "more"),
    [
        (STRIKE.format("{earlier: claim, within: 1h}"), ""),
        (STRIKE.format("{earlier: claim, in: 1h}"), ""),
        (STRIKE.format("{earlier: claim, plus: 1h}"), ""),
        (STRIKE.format("{later: claim, within: 1h, at_least: 5min}"), ""),
        ("- {id: c, require: claim, by: us, after: stop, within: 1h, at_most: 5min}\n", ""),
        (STRIKE.format("a"), "define: {a: {not: b}, b: a}"),
        (STRIKE.format("{inside: a}"), "places: {a: {within: 1 km, of: a}}"),
        (
            STRIKE.format("{inside: {within: 1 km, of: b}}"),
            "places: {b: {shape: {annex: x}, minus: {shape: {annex: y}}}}",
        ),
    ],
)
def test_refused(clause, more):
    with pytest.raises(GivenError):
        agreement(clause, more)


def test_days_need_a_zone():
    with pytest.raises(GivenError, match="zone"):
        agreement(STRIKE.format("{earlier: claim, at_least: 2 days}"), head=HEAD.replace("zone: Asia/Damascus\n", ""))
