"""The policy shown on docs/reference/release-policy.md is one, every key of the reader is described, and errors name their line."""

from __future__ import annotations

import re

import pytest

from detente.errors import GivenError
from detente.node.release import policy_file
from detente.node.release.policy_file import read_policy
from tests.docs.test_reference import page

PAGE = page("release-policy.md")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_is_read_and_every_key_described():
    policy = read_policy(EXAMPLE.encode())
    assert policy.rule_for("air_notice", "ru", {"area": "a-1"}, 1_473_800_000_000) is policy.rules[0]
    assert policy.rule_for("air_notice", "un", {"area": "a-1"}, 1_473_800_000_000) is None
    assert policy.rule_for("air_notice", "ru", {"area": "a-2"}, 1_473_800_000_000) is None
    assert policy.rule_for("air_notice", "ru", {"area": "a-1"}, 1_474_500_000_000) is None, "its time is over"
    for key in policy_file._TOP | policy_file._RULE:
        assert f"`{key}`" in PAGE, key


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("slot: 60s", "slot: 1 d", "line 3.*is not a duration"),
        ("to: ru\n", "too: ru\n", "line 20.*.*knows no key 'too'"),
        ("needed: 1", "needed: 3", "line 2[78].*3 of 2 agencies"),
        ("of: [state, defence], within", "of: [state, navy], within", "line 2[78].*no agency is called 'navy'"),
        ("becomes: plain", "becomes: secret", "line 1[56].*no shared label is called 'secret'"),
        ("place: 20 km", "place: 20", "line 2[45].*'20' is not a length"),
        ("policy: 1", "policy: 2", "`before` is missing"),
        ("[state, defence]\n", "[state]\n", "line [78].*fewer than two"),
        ("rule: notices", "rule: notices\n  rule: twice", "given twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, what: str):
    with pytest.raises(GivenError, match=what) as caught:
        read_policy(EXAMPLE.replace(old, new, 1).encode())
    assert caught.value.code == "release-policy-invalid"
