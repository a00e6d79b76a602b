"""docs/reference/agreement-language.md: every example is read by the parser, every refusal is refused, every key is there."""

from __future__ import annotations

import re

import pytest

from detente.agreement import clauses, fieldtypes, grammar, language, paths
from detente.agreement.language import read_agreement
from detente.agreement.readback import readback_all
from detente.errors import GivenError
from tests.docs.test_pages import ROOT

PAGE = (ROOT / "docs" / "reference" / "agreement-language.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(agreement|part|refused)\n(.*?)^```$", PAGE, re.M | re.S)
[BASE] = [body for kind, body in BLOCKS if kind == "agreement"]
PARTS = [body for kind, body in BLOCKS if kind == "part"]
REFUSED = [body for kind, body in BLOCKS if kind == "refused"]
LISTS = ["others", "places", "phases", "define"]


def joined(parts: list[str]) -> str:
    """The whole file of the page with parts put in: lists of names under their key, clauses at the end."""
    text = BASE if "\ndefine:" in BASE else BASE.replace("\nin_force:", "\ndefine:\nin_force:")
    for part in parts:
        for piece in re.split(r"^(?=\w)|^(?=- )", part, flags=re.M):
            key, _, rest = piece.partition(":\n")
            if key in LISTS:
                text = text.replace(f"\n{key}:\n", f"\n{key}:\n{rest}", 1)
            elif piece.startswith("- "):
                text += piece
            else:
                assert piece.strip() in ("", "clauses:"), piece
    return text if not re.search(r"^define:\n(?! )", text, re.M) else re.sub(r"^define:\n(?! )", "", text, flags=re.M)


def test_there_are_examples():
    assert len(PARTS) >= 12
    assert len(REFUSED) >= 7


def test_the_parts_fit_together_into_one_agreement():
    agreement = read_agreement(joined(PARTS).encode(), "page")
    assert len(agreement.rules) > 30
    assert all(sentence.endswith(".") for sentence in readback_all(agreement).values())


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: body.splitlines()[0].removeprefix("# says: ")[:40])
def test_what_is_shown_as_refused_is_refused_for_the_reason_shown(body: str):
    first, _, rest = body.partition("\n")
    with pytest.raises(GivenError) as refused:
        read_agreement(joined([rest]).encode(), "page")
    assert first.removeprefix("# says: ") in refused.value.what


def test_every_key_of_the_language_is_on_the_page():
    keys = (
        language._TOP | grammar._PATTERN_KEYS | clauses._COMMON | clauses._FORBID | clauses._PERMIT | clauses._REQUIRE
    )
    keys |= {
        "shape",
        "annex",
        "named_in",
        "field",
        "drift",
        "of",
        "minus",
        "elapsed",
        "given",
        "clock",
        "covers",
        "streak",
    }
    keys |= {"since", "each_day", "start_of", "end_of", "renewed_by", "guarantor", "keeps_log", "aliases", "members"}
    missing = {key for key in keys if not re.search(rf"(?<![\w-]){key}(?![\w-])", PAGE)}
    assert missing == set()


def test_every_type_and_every_verdict_is_on_the_page():
    for word in (*fieldtypes.TYPES, *language._STATUS, *paths.VERDICTS):
        assert re.search(rf"`{re.escape(word)}`|`\w+`, `{word}`", PAGE), word


def test_every_key_of_patterns_and_clauses_is_used_in_an_example():
    examples = "\n".join([BASE, *PARTS])
    keys = (grammar._PATTERN_KEYS | clauses._COMMON | clauses._REQUIRE) - {"answers", "use"}
    missing = {key for key in keys if not re.search(rf"(?<![\w-]){key}:", examples)}
    assert missing == set()
