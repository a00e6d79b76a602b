"""Five words to read over the line for a head, under the listener's own challenge.

Words of the root alone could be met by searching for a second history (44 bits: 12 s). The listener therefore speaks
eight random bytes first, and the words are of H(challenge, origin, size, root): 5 words of 11 bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from detente.errors import LocalError, RemoteError
from detente.proof.checkpoint import Head

CHALLENGE_SIZE = 8
WORDS = 5


def words_of(challenge: bytes, head: Head, word_list: Sequence[str]) -> list[str]:
    """The five words; `word_list` has 2,048 distinct words, the same on both sides."""
    if len(challenge) != CHALLENGE_SIZE or not len(word_list) == len(set(word_list)) == 2048:
        raise LocalError("internal", "a challenge has 8 bytes and the list 2,048 words")
    parts = (b"detente-words/1", challenge, head.origin.encode(), str(head.size).encode(), head.root)
    digest = hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
    bits = int.from_bytes(digest[:7], "big") >> 1
    return [word_list[(bits >> (11 * place)) & 0x7FF] for place in reversed(range(WORDS))]


def check_words(challenge: bytes, head: Head, spoken: Sequence[str], word_list: Sequence[str]) -> None:
    """RemoteError(bad-signature) unless the spoken words fit our copy of the head under our challenge."""
    if [word.strip().lower() for word in spoken] != words_of(challenge, head, word_list):
        raise RemoteError("bad-signature", f"the words do not fit {head}")
