"""Which text may stand in a statement: NFC, Unicode 14.0, no control, format, surrogate, private or line characters.

The character table is our own (`unicode_table`), so that nodes on different Python versions agree. Normalisation
is stable for the characters of that table by Unicode's own promise.
"""

from __future__ import annotations

import re
import unicodedata

from detente.errors import RemoteError
from detente.model.unicode_table import ALLOWED, UNICODE_VERSION


def _character_class() -> str:
    parts = []
    for word in ALLOWED.split():
        low, _, high = word.partition("-")
        parts.append(f"\\U{int(low, 16):08x}-\\U{int(high or low, 16):08x}")
    return "[" + "".join(parts) + "]"


_ALLOWED_TEXT = re.compile(_character_class() + "*")


def check_text(value: str, where: str = "") -> None:
    """Raise RemoteError(bad-text) naming the first character that may not stand in a statement."""
    if value.isascii() and value.isprintable():
        return
    match = _ALLOWED_TEXT.match(value)
    end = match.end() if match else 0
    if end != len(value):
        point = ord(value[end])
        name = unicodedata.name(value[end], "unnamed")
        raise RemoteError(
            "bad-text",
            f"U+{point:04X} ({name}) at character {end} may not stand in a statement (Unicode {UNICODE_VERSION})",
            where=where,
        )
    if not unicodedata.is_normalized("NFC", value):
        raise RemoteError("bad-text", "text is not in normal form NFC", where=where)
