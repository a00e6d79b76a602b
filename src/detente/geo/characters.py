"""The characters of a written coordinate: many digits, signs and words to one spelling, or a refusal by name.

Digits may be ASCII, Arabic-Indic or Eastern Arabic-Indic, one kind in a text. Invisible characters are refused, for
they reorder what a reader sees and may not stand in a statement; so is every letter that only looks like another.
"""

from __future__ import annotations

import re
import unicodedata

from detente.errors import GivenError

MAX_LENGTH = 100

_DIGITS = {"Arabic-Indic": 0x0660, "Eastern Arabic-Indic": 0x06F0}
_SYSTEM = {chr(zero + value): (name, str(value)) for name, zero in _DIGITS.items() for value in range(10)}
_SIGNS = str.maketrans(
    {
        "\N{MASCULINE ORDINAL INDICATOR}": "°",
        "\N{RING ABOVE}": "°",
        "\N{PRIME}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{DOUBLE PRIME}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{ARABIC DECIMAL SEPARATOR}": ".",
        "\N{ARABIC COMMA}": ",",
        "\N{MINUS SIGN}": "-",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
    }
)
# Whole words only: the single letter shin may begin north (shamal) or east (sharq) and is refused below.
_WORDS = (
    (r"\u0634\u0645\u0627\u0644(?:\u0627\u064b?|\u064b\u0627)?", "N"),  # shamal(an)
    (r"\u062c\u0646\u0648\u0628(?:\u0627\u064b?|\u064b\u0627)?", "S"),  # janub(an)
    (r"\u0634\u0631\u0642(?:\u0627\u064b?|\u064b\u0627)?", "E"),  # sharq(an)
    (r"\u063a\u0631\u0628(?:\u0627\u064b?|\u064b\u0627)?", "W"),  # gharb(an)
    (r"\u0441\.?\s?\u0448\.?", "N"),  # severnaya shirota
    (r"\u044e\.?\s?\u0448\.?", "S"),  # yuzhnaya shirota
    (r"\u0432\.?\s?\u0434\.?", "E"),  # vostochnaya dolgota
    (r"\u0437\.?\s?\u0434\.?", "W"),  # zapadnaya dolgota
    (r"NORTH", "N"),
    (r"SOUTH", "S"),
    (r"EAST", "E"),
    (r"WEST", "W"),
)
_WORD = [(re.compile(rf"(?<![^\W\d_]){pattern}(?![^\W\d_])", re.IGNORECASE), letter) for pattern, letter in _WORDS]
# The axes of Gauss-Krüger are written with Cyrillic letters as often as with Latin ones.
_AXES = str.maketrans({"\u0425": "X", "\u0445": "X", "\u0423": "Y", "\u0443": "Y"})


def one_spelling(text: str, where: str = "") -> str:
    """Upper case ASCII with `°`; spaces single. GivenError names the first character that cannot be relied on."""
    if not text.strip() or len(text) > MAX_LENGTH:
        raise _bad(text, f"must have 1 to {MAX_LENGTH} characters", where)
    for position, letter in enumerate(text):
        if unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029":
            raise _bad(text, f"holds the invisible {_name(letter)} at character {position}; remove it", where)
    systems = {_SYSTEM[letter][0] for letter in text if letter in _SYSTEM}
    if len(systems) > 1 or (systems and any(letter in "0123456789" for letter in text)):
        raise _bad(text, "mixes kinds of digits; write all of them in one kind", where)
    plain = "".join(_SYSTEM.get(letter, ("", letter))[1] for letter in text).translate(_SIGNS)
    for pattern, letter in _WORD:
        plain = pattern.sub(letter, plain)
    plain = " ".join(plain.translate(_AXES).upper().replace("''", '"').split())
    for letter in plain:
        if not letter.isascii() and letter != "°":
            if letter == "\u0634":
                raise _bad(
                    text,
                    "says \u0634, which may be \u0634\u0645\u0627\u0644 or \u0634\u0631\u0642; write the whole word",
                    where,
                )
            raise _bad(text, f"holds {_name(letter)}; write coordinates in the characters the documents name", where)
    return plain


def _name(letter: str) -> str:
    return f"U+{ord(letter):04X} ({unicodedata.name(letter, 'unnamed')})"


def _bad(text: str, what: str, where: str) -> GivenError:
    return GivenError("coordinate-invalid", f"{text!r} {what}", where=where)
