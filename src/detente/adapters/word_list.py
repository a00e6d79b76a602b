"""The 2,048 words for reading heads over the line: the BIP-39 English list of the `mnemonic` package (MIT)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def word_list() -> tuple[str, ...]:
    """The words, in order."""
    text = files("mnemonic").joinpath("wordlist", "english.txt").read_text(encoding="utf-8")
    return tuple(text.split())
