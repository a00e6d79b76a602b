"""STOP by voice: what is read aloud, and five words by which the listener knows that it was heard as it was meant.

Under the listener's own challenge the words also show that they were made after it was spoken. Without one they check the
hearing and nothing else: whoever knows the text can make them. Neither shows who speaks; so a STOP heard by voice is
alleged until a receipt is there (05-resolutions 16). It stops all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detente.desks.phrases import LANGUAGES, PHRASES
from detente.errors import RemoteError
from detente.model import canon
from detente.model.statement import sha256_hex
from detente.model.when import show_instant
from detente.proof.checkpoint import Head
from detente.proof.words import CHALLENGE_SIZE, words_of

NO_CHALLENGE = bytes(CHALLENGE_SIZE)


def stop_words(by: str, fields: Mapping[str, object], word_list: Sequence[str], challenge: bytes = b"") -> list[str]:
    """Five words over who raises it and every field as the statement would hold it."""
    digest = sha256_hex(canon.encode({"by": by, "fields": {**fields}}))
    head = Head(f"stop/{by}", len(fields), bytes.fromhex(digest))
    return words_of(challenge or NO_CHALLENGE, head, word_list)


def check_stop_words(
    by: str, fields: Mapping[str, object], spoken: Sequence[str], word_list: Sequence[str], challenge: bytes = b""
) -> None:
    """RemoteError (bad-signature) unless the words heard are those of what was written down."""
    ours = stop_words(by, fields, word_list, challenge)
    if [word.strip().lower() for word in spoken] != ours:
        wrong = [n + 1 for n, (a, b) in enumerate(zip(ours, spoken, strict=False)) if a != b.strip().lower()]
        places = ", ".join(map(str, wrong)) or "their number"
        what = f"the words differ (place {places}): something was heard or written down otherwise than it was said"
        raise RemoteError("words-differ", what, party=by)


def scope_words(fields: Mapping[str, object], place: str = "") -> str:
    """What a STOP covers, in words that can be read aloud."""
    parts = [place] if place else []
    window = fields.get("window")
    if isinstance(window, Mapping):
        parts.append(f"{show_instant(int(window['start']))} to {show_instant(int(window['end']))}")
    if fields.get("item"):
        parts.append(f"item {fields['item']}")
    return "; ".join(parts) or "everywhere, until it is lifted"


def form(by: str, to: str, fields: Mapping[str, object], place: str, words: Sequence[str], now: int) -> list[str]:
    """Lines to print and read: each phrase in each language, what is said, the words, and what to write down."""
    named = {"us": by, "them": to, "what": scope_words(fields, place), "reason": str(fields["reason"])}
    prepared = [f"prepared at {show_instant(now)}"] if now else []
    lines = [f"STOP by voice: {by} to {to}", *prepared, ""]
    for language, title in LANGUAGES.items():
        lines += [f"[{title}]"]
        lines += [PHRASES[each].spoken(language, **named) for each in ("call", "stop", "repeat")] + [""]
    lines += [
        f"Words to read: {' '.join(words)}",
        "The listener writes down scope and reason as read, enters them with `detente stop heard`, and gives the words;",
        "words that differ name the place: read it again. They check the hearing, not who speaks.",
        "",
        "Write down: said at ______ Z   heard by the post ____________   repeated rightly  yes / no",
        "No answer after 60 s: the next post. After 120 s: own operations.",
    ]
    return lines
