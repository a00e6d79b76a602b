"""Adoption: what is compared, what is signed, when it is in force."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import LocalError
from detente.node.adoption import Difference, differences
from tests.sim.world import AGREEMENT, NAMES, World, adopt, offer, out

LINES = st.lists(st.sampled_from([b"", b"a", b"b", b"a ", b"\xff", b"\\xff", "é".encode(), b"c\r"]), max_size=8)


def shown(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


def numbered(found: list[Difference]) -> list[tuple[int, str | None, str | None]]:
    return [(one.line, one.ours, one.theirs) for one in found]


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (b"one\ntwo\nthree", []),
        (b"one\n2\nthree", [(2, "two", "2")]),
        (b"one\nthree", [(2, "two", None)]),
        (b"one\ntwo\nnew\nthree", [(3, None, "new")]),
        (b"one\ntwo\n\nthree", [(3, None, "")]),
        (b"one\n2\nnew\nthree", [(2, "two", "2"), (3, None, "new")]),
        (b"zero\none\ntwo\nthree", [(1, None, "zero")]),
        (b"one\ntwo\nthree\n", [(4, None, "")]),
        (b"one\ntwo\r\nthree", [(2, "two", "two\r")]),
        (b"ONE\nthree", [(1, "one", "ONE"), (2, "two", None)]),
        (b"one\ntw\xff\nthree", [(2, "two", "tw\\xff")]),
        (b"", [(1, "one", ""), (2, "two", None), (3, "three", None)]),
    ],
)
def test_line_numbers_are_ours_or_theirs_if_we_have_no_such_line(
    theirs: bytes, expected: list[tuple[int, str | None, str | None]]
) -> None:
    assert numbered(differences("agreement", b"one\ntwo\nthree", theirs)) == expected


@given(LINES, LINES)
def test_the_named_lines_explain_every_change(ours: list[bytes], theirs: list[bytes]) -> None:
    """Applying the named differences to our lines, in order, gives their lines; every number names a line that is so."""
    a, b = b"\n".join(ours).split(b"\n"), b"\n".join(theirs).split(b"\n")
    found = differences("agreement", b"\n".join(a), b"\n".join(b))
    assert (not found) == (a == b)
    result: list[str] = []
    at = 0
    for one in found:
        if one.ours is not None:
            assert shown(a[one.line - 1]) == one.ours
            result += map(shown, a[at : one.line - 1])
            at = one.line
        else:  # a line only they have: their number says how many lines of theirs stand before it
            assert one.theirs is not None
            assert shown(b[one.line - 1]) == one.theirs
            missing = one.line - 1 - len(result)
            result += map(shown, a[at : at + missing])
            at += missing
        result += [one.theirs] if one.theirs is not None else []
    result += map(shown, a[at:])
    assert result == list(map(shown, b))


@given(LINES, LINES)
def test_no_more_lines_are_named_than_differ(ours: list[bytes], theirs: list[bytes]) -> None:
    a, b = b"\n".join(ours), b"\n".join(theirs)
    same = sum(
        block.size
        for block in difflib.SequenceMatcher(None, a.split(b"\n"), b.split(b"\n"), False).get_matching_blocks()
    )
    assert len(differences("x", a, b)) <= len(a.split(b"\n")) + len(b.split(b"\n")) - 2 * same


def test_a_difference_reads_as_a_sentence() -> None:
    one, two = Difference("terms", 3, "a", ""), Difference("agreement", 7, None, "new")
    assert str(one) == "terms line 3: we hold 'a', they hold ''"
    assert str(two) == "agreement line 7: we hold no such line, they hold 'new'"


def test_nobody_signs_before_all_parties_have_offered(world: World) -> None:
    with pytest.raises(LocalError) as nothing, world.speaking("us") as house:
        adopt(house, world.now)
    assert (nothing.value.code, nothing.value.party) == ("not-adopted", "ru")
    for code in ("us", "ru"):
        with world.speaking(code) as house:
            offer(house, world.now)
    with world.speaking("us") as house:
        adopt(house, world.now)
    states = {state.code: state for state in world.house("ru").adoption.state()}
    assert (states["us"].signed, states["us"].received) == (world.house("ru").adoption.digest, True)
    assert states["ru"].signed == ""
    assert not any(world.house(code).adoption.in_force() for code in NAMES)


def test_an_altered_copy_is_not_signed_and_every_line_is_named(world: World) -> None:
    altered = AGREEMENT.replace(b"24h", b"12h").replace(b"- id: A\n", b"- id: A\n  unless: notice\n")
    with world.speaking("ru") as house:
        offer(house, world.now, altered, world.terms_bytes.replace(b"receipt_due: 60s", b"receipt_due: 61s"))
    assert [str(one) for one in world.house("us").adoption.compare("ru")] == [
        "agreement line 5: we hold '  at_least: 24h', they hold '  unless: notice'",
        "agreement line 6: we hold no such line, they hold '  at_least: 12h'",
        "terms line 4: we hold 'receipt_due: 60s', they hold 'receipt_due: 61s'",
    ]
    with pytest.raises(LocalError) as differs, world.speaking("us") as house:
        adopt(house, world.now)
    assert differs.value.code == "agreement-differs"
    assert "line 6" in differs.value.what
    assert world.store("us").statements("signature") == []


def test_in_force_on_all_three_once_both_signatures_are_received(world: World) -> None:
    world.hold("ru", "us")
    for code in NAMES:
        with world.speaking(code) as house:
            offer(house, world.now)
    world.release("ru", "us")
    world.hold("ru", "us")
    for code in NAMES:
        with world.speaking(code) as house:
            adopt(house, world.now)
    assert not world.house("us").adoption.in_force(), "ru's signature has not arrived here"
    assert not world.house("ru").adoption.in_force(), "and ru has no receipt for it"
    world.release("ru", "us")
    for code in NAMES:
        assert world.house(code).adoption.in_force(), code
    roles = {state.code: (state.role, state.signed != "") for state in world.house("us").adoption.state()}
    assert roles == {"us": ("party", True), "ru": ("party", True), "un": ("other", True)}
    assert world.store("us").statements("participation", "demo/test/un/to-us"), "un takes part and has no vote"


def test_un_alone_brings_nothing_into_force(world: World) -> None:
    for code in NAMES:
        with world.speaking(code) as house:
            offer(house, world.now)
    with world.speaking("un") as house:
        adopt(house, world.now)
    assert not any(world.house(code).adoption.in_force() for code in NAMES)


def test_a_signature_under_other_terms_is_seen_alike_by_both_sides(world: World) -> None:
    """One truth: what is said under other terms neither signs nor unsigns, whoever looks."""
    with world.speaking("us") as house:
        house.say(out("ru", "signature", {"terms": "0" * 64}), world.now)
    assert [world.house(code).adoption.in_force() for code in ("us", "ru")] == [False, False]
    for code in ("us", "ru"):
        with world.speaking(code) as house:
            offer(house, world.now)
    for code in ("us", "ru"):
        with world.speaking(code) as house:
            adopt(house, world.now)
    assert [world.house(code).adoption.in_force() for code in ("us", "ru")] == [True, True]
    with world.speaking("us") as house:
        house.say(out("ru", "signature", {"terms": "0" * 64}), world.now)
    assert [world.house(code).adoption.in_force() for code in ("us", "ru")] == [True, True]
