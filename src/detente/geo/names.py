"""Names of places: one spelling for comparison, Latin and Arabic, and how many letters two spellings differ by.

A name is compared by its letters alone. Latin: without case, accents, apostrophes, articles before a word (al-, el-,
ash- ...) and whatever stands in brackets. Arabic: without vowel signs and article, with the forms of alif, of hamza,
of ya and of ta marbuta each made one. This is for finding, never for deciding that two names are one place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

NEAR = 2

_BRACKETS = re.compile(r"\([^)]*\)?|\[[^\]]*\]?")
_ARTICLE = re.compile(r"\b(?:al|el|il|as|es|ash|esh|ad|ed|adh|edh|an|en|ar|er|at|et|ath|eth|az|ez|ul)[\s'-]+(?=\w)")
_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3]")
_ARABIC_ARTICLE = re.compile(r"\b\u0627\u0644(?=\w{2})")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("\u0622\u0623\u0625\u0671", "\u0627"),  # alif with madda, hamza above, below, wasla
        "\u0649": "\u064a",  # alif maqsura: ya
        "\u0626": "\u064a",  # ya with hamza
        "\u0624": "\u0648",  # waw with hamza
        "\u0629": "\u0647",  # ta marbuta: ha
        "\u06cc": "\u064a",  # Persian ya
        "\u06a9": "\u0643",  # Persian kaf
        "\u0621": "",  # hamza alone
        "\u0640": "",  # tatweel
    }
)
_BUCKETS = 40


def is_arabic(name: str) -> bool:
    """Whether a name is written in Arabic letters."""
    return bool(_ARABIC.search(name))


def letters(name: str) -> str:
    """The letters by which a name is compared; empty if it has none."""
    bare = _BRACKETS.sub(" ", name)
    bare = "".join(each for each in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(each))
    if is_arabic(name):
        bare = unicodedata.normalize("NFC", _BRACKETS.sub(" ", name))
        bare = "".join(each for each in bare if not unicodedata.combining(each)).translate(_ALIKE)
        bare = _ARABIC_ARTICLE.sub("", bare)
    else:
        bare = _ARTICLE.sub("", bare.casefold())
    return "".join(each for each in bare if each.isalnum())


def distance(first: str, second: str, limit: int = NEAR) -> int:
    """Edit distance (letters put in, left out or exchanged for another), or limit + 1 if it is more than `limit`."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        upper, row = row, [i]
        for j, other in enumerate(second, 1):
            row.append(min(upper[j] + 1, row[-1] + 1, upper[j - 1] + (letter != other)))
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


class Spellings:
    """Spellings (already `letters`) among which those near a name are found, none left out.

    Only spellings of nearly the same length can be near, and of these only such as have nearly the same letters: an
    edit changes how often letters stand in a word by two at most.
    """

    def __init__(self, spellings: Iterable[str]) -> None:
        self.all = sorted(set(spellings), key=lambda each: (len(each), each))
        self._lengths = np.array([len(each) for each in self.all])
        self._counts = _counts(self.all)

    def near(self, name: str, limit: int = NEAR) -> list[tuple[str, int]]:
        """Every spelling within `limit` edits of `name`, with the number of edits."""
        low = int(np.searchsorted(self._lengths, len(name) - limit, "left"))
        high = int(np.searchsorted(self._lengths, len(name) + limit, "right"))
        off = np.abs(self._counts[low:high] - _counts([name])).sum(axis=1)
        maybe = (self.all[low + int(row)] for row in np.flatnonzero(off <= 2 * limit))
        return [(each, edits) for each in maybe if (edits := distance(name, each, limit)) <= limit]


def _counts(names: list[str]) -> NDArray[np.int8]:
    """How often each letter stands in each name, letters folded into a few buckets (which loses none: sums shrink)."""
    counts = np.zeros((len(names), _BUCKETS), np.int8)
    for row, name in enumerate(names):
        for letter in name[:127]:
            counts[row, ord(letter) % _BUCKETS] += 1
    return counts
