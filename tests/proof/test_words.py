"""Five words over the line, under the listener's own challenge (row "hotline words of 8 root bytes")."""

from __future__ import annotations

import hashlib
from pathlib import Path

import mnemonic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.errors import LocalError
from detente.proof.checkpoint import Head
from detente.proof.words import CHALLENGE_SIZE, WORDS, check_words, words_of
from tests.proof.builders import ORIGIN, Log, refused

LIST = (Path(mnemonic.__file__).parent / "wordlist/english.txt").read_text("utf-8").split()
HEAD = Log.of(7).head()
CHALLENGE = bytes(range(CHALLENGE_SIZE))
challenges = st.binary(min_size=CHALLENGE_SIZE, max_size=CHALLENGE_SIZE)


@given(challenges, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_both_sides_get_the_same_words(challenge, size, root):
    """Speaker and listener compute them apart, each from its own copy of the head."""
    spoken = words_of(challenge, Head(ORIGIN, size, root), list(LIST))
    assert len(spoken) == WORDS == 5
    check_words(challenge, Head(ORIGIN, size, root), spoken, tuple(LIST))


def test_the_words_are_of_the_specified_digest():
    """H(challenge, origin, size, root), each part with its length in front; 5 words of 11 bits, from the top."""
    parts = [b"detente-words/1", CHALLENGE, HEAD.origin.encode(), b"7", HEAD.root]
    digest = hashlib.sha256(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)
    assert words_of(CHALLENGE, HEAD, LIST) == [LIST[int(bits[n * 11 : n * 11 + 11], 2)] for n in range(5)]


def test_the_words_change_with_everything_they_are_about():
    """Challenge, origin, size and root, each bit of them."""
    said = words_of(CHALLENGE, HEAD, LIST)
    others = [HEAD._replace(size=8), HEAD._replace(origin="us.example/log/to-un")]
    others += [
        HEAD._replace(root=bytes(b ^ (1 << n % 8) * (n // 8 == i) for i, b in enumerate(HEAD.root))) for n in range(256)
    ]
    for other in others:
        assert words_of(CHALLENGE, other, LIST) != said
        with refused("bad-signature"):
            check_words(CHALLENGE, other, said, LIST)
    for n in range(64):
        challenge = (int.from_bytes(CHALLENGE, "big") ^ 1 << n).to_bytes(8, "big")
        assert words_of(challenge, HEAD, LIST) != said


def test_no_two_heads_run_into_each_other():
    """Lengths stand in front of the parts: "a/1" at 23 is not "a/12" at 3."""
    one, other = Head("us.example/l1", 23, bytes(32)), Head("us.example/l12", 3, bytes(32))
    assert words_of(CHALLENGE, one, LIST) != words_of(CHALLENGE, other, LIST)


def old_words(head: Head, bits: int = 44) -> list[str]:
    """The words as they would be without a challenge: the first bits of the root."""
    value = int.from_bytes(head.root, "big") >> (256 - bits)
    return [LIST[(value >> at) & 0x7FF] for at in range(0, bits, 11)]


def test_a_collision_at_40_bits_defeats_words_of_the_root_but_not_the_challenge():
    """Attack row: "collision at 40 bits defeats words, not challenge". The owner has searched beforehand for a second
    history whose root agrees in the bits that would be spoken (simulated: the search takes seconds in C); the listener
    speaks a challenge it could not know, and the words of the two histories differ."""
    honest = HEAD
    found = HEAD._replace(root=HEAD.root[:5] + hashlib.sha256(b"second history").digest()[5:])
    assert old_words(honest, 40 // 11 * 11) == old_words(found, 40 // 11 * 11)
    for n in range(2_000):
        challenge = hashlib.sha256(b"challenge %d" % n).digest()[:CHALLENGE_SIZE]
        assert words_of(challenge, honest, LIST) != words_of(challenge, found, LIST)


def test_a_real_search_of_18_bits_does_not_help():
    """The same with a search really made: two histories of one log whose roots begin alike."""
    seen: dict[int, Head] = {}
    log = Log.of(7)
    for n in range(100_000):
        root = hashlib.sha256(log.tree.root() + n.to_bytes(4, "big")).digest()
        head = HEAD._replace(root=root)
        twin = seen.setdefault(int.from_bytes(root[:4], "big") >> 3, head)
        if twin is not head:
            break
    else:
        pytest.fail("no collision found")
    assert old_words(twin, 22) == old_words(head, 22)
    assert words_of(CHALLENGE, twin, LIST) != words_of(CHALLENGE, head, LIST)


@given(challenges)
def test_every_word_can_come_up(challenge):
    """11 bits each: indexes from 0 to 2,047."""
    assert set(words_of(challenge, HEAD, LIST)) <= set(LIST)


def test_words_are_compared_as_heard():
    """Capitals and spaces of whoever typed them do not matter; order and number do."""
    said = words_of(CHALLENGE, HEAD, LIST)
    check_words(CHALLENGE, HEAD, [f" {w.upper()} " for w in said], LIST)
    for wrong in (said[::-1], said[:4], [*said, said[0]], [], [*said[:4], "zzz"]):
        with refused("bad-signature", naming=ORIGIN):
            check_words(CHALLENGE, HEAD, wrong, LIST)


@pytest.mark.parametrize("challenge", [b"", bytes(7), bytes(9)])
def test_a_challenge_has_eight_bytes(challenge):
    """Ours to choose, so ours to get right."""
    with refused("internal", LocalError):
        words_of(challenge, HEAD, LIST)


def test_the_list_has_2048_distinct_words():
    """Two sides with other lists would never agree; a list with a word twice would be weaker."""
    for wrong in (LIST[:-1], [*LIST, "zzz"], [*LIST, LIST[0]], [], [*LIST[:-1], LIST[0]]):
        with refused("internal", LocalError):
            words_of(CHALLENGE, HEAD, wrong)
