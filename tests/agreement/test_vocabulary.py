"""`use`: vocabularies by digest, said again, added to, mapped; what the desk could not read is refused with line and remedy."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest

from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.agreement.problems import errors_in
from detente.agreement.record import Act
from detente.agreement.vocabulary import shipped
from detente.desks.moves import closed, in_roles, in_words
from detente.errors import GivenError

ROOT = Path(__file__).resolve().parents[2]
AREAS, LISTS = shipped()["areas-1"].digest, shipped()["lists-1"].digest
MAP = "{nomination: handed, nomination.target: thing, nomination.window: period}"


def text(use: str, statements: str = "") -> bytes:
    kinds = f"statements:\n{statements}" if statements else ""
    clause = "- {id: c, says: s, forbid: strike}"
    head = "language: 1\nagreement: x\nparties: {us: A, ru: B}\n"
    return f"{head}use:\n{use}\n{kinds}events: {{strike: {{}}}}\nclauses:\n{clause}\n".encode()


def agreement(use: str, statements: str = "") -> Agreement:
    return read_agreement(text(use, statements), "f")


def test_the_digest_is_that_of_the_file_that_is_shipped():
    for name, one in shipped().items():
        data = (files("detente.agreement") / "vocabularies" / f"{name}.yaml").read_bytes()
        assert one.digest == hashlib.sha256(data).hexdigest()
        assert one.text.encode() == data


def test_what_is_used_is_defined():
    found = agreement(f"  lists-1: {LISTS}")
    assert found.kinds["nomination"] == shipped()["lists-1"].kinds["nomination"]
    assert found.used["lists-1"].digest == LISTS
    assert closed(found, "lists-1") == ""
    assert "areas-1" in closed(found, "areas-1")


def test_an_agreement_may_add_demand_and_narrow():
    kinds = """\
  nomination: {area: code, note: optional text}
  refusal: {reason: optional own forces | other}
"""
    found = agreement(f"  lists-1: {LISTS}", kinds).kinds
    assert list(found["nomination"].fields)[:4] == ["target", "group", "place", "window"]
    assert not found["nomination"].fields["area"].optional
    assert found["nomination"].fields["note"].optional
    assert found["refusal"].fields["reason"].values == ("own forces", "other")


def test_own_names_stand_for_the_desks():
    kinds = "  handed: {thing: code, group: who, place: area, period: span, note: optional text}\n"
    found = agreement(f"  lists-1: {{digest: {LISTS}, map: {MAP}}}", kinds)
    used = found.used["lists-1"]
    assert "nomination" not in found.kinds
    assert found.kinds["consent"].fields["nomination"].of == "handed"
    assert in_words(used, "nomination", {"target": "t", "group": "g", "window": "w"}) == (
        "handed", {"thing": "t", "group": "g", "period": "w"},
    )  # fmt: skip
    acts = [Act("1", "handed", fields={"thing": "t", "note": "n"}), Act("2", "strike"), Act("3", "nomination")]
    (read,) = in_roles(used, acts)
    assert (read.id, read.kind, read.fields) == ("1", "nomination", {"target": "t"})


WRONG = [
    ("  lists-2: x", "", "no vocabulary is called 'lists-2'"),
    (f"  lists-1: {AREAS}", "", "this is not the digest of lists-1; this version of Detente has"),
    ("  lists-1: ab", "", "(64 hex digits)"),
    ("  lists-1: {map: {}}", "", "the digest of lists-1 is missing"),
    (f"  lists-1: {{digest: {LISTS}, map: {{x: y}}}}", "", "lists-1 has no kind 'x'"),
    (f"  lists-1: {{digest: {LISTS}, map: {{abort.x: y}}}}", "", "its abort has no field 'x'"),
    (f"  lists-1: {{digest: {LISTS}, map: {{abort.target: y}}}}", "", "fields of abort are mapped, and it is not"),
    (f"  lists-1: {{digest: {LISTS}, map: {{abort: y}}}}", "", "which the file does not define"),
    (f"  lists-1: {LISTS}", "  abort: {target: text}\n", "'target' is text; the abort of lists-1 has code"),
    (f"  lists-1: {LISTS}", "  abort: {target: optional code}\n", "'target' is optional code"),
    (f"  lists-1: {LISTS}", "  abort: {reason: code}\n", "write reason: optional code"),
    (
        f"  areas-1: {AREAS}",
        "  designation: {class: mixed | rural}\n",
        "the designation of areas-1 has concentrated | ",
    ),
    (f"  lists-1: {LISTS}", "  abort: {weapon: optional text}\n", "no statement about a target carries weapon"),
    (
        f"  lists-1: {{digest: {LISTS}, map: {MAP}}}",
        "  handed: {thing: code, group: who, place: area}\n",
        "has no field 'period'; define period: span",
    ),
    (
        f"  lists-1: {{digest: {LISTS}, map: {MAP}}}",
        "  handed: {thing: code, group: who, place: area, period: span, aim_point: optional point}\n",
        "no statement about a target carries aim",
    ),
    (
        f"  lists-1: {{digest: {LISTS}, map: {{abort: gone, result: gone}}}}",
        "  gone: {target: code}\n",
        "'gone' is a kind of lists-1 too",
    ),
]


@pytest.mark.parametrize(("use", "statements", "what"), WRONG, ids=[what[:40] for _, _, what in WRONG])
def test_what_a_desk_could_not_read_is_refused(use: str, statements: str, what: str):
    with pytest.raises(GivenError) as refused:
        agreement(use, statements)
    assert what in refused.value.what
    assert re.search(r"^f line \d+, (use|statements) ", refused.value.where)
    assert [one.what for one in errors_in(text(use, statements), "f")] == [refused.value.what]


def test_an_event_is_not_a_statement():
    wrong = text(f"  lists-1: {LISTS}").replace(b"strike", b"abort")
    with pytest.raises(GivenError, match="'abort' is a statement in lists-1"):
        read_agreement(wrong, "f")


def test_syria_uses_all_and_the_page_shows_their_digests():
    found = read_agreement((ROOT / "agreements" / "syria-2016-07.yaml").read_bytes(), "syria")
    assert {name: used.digest for name, used in found.used.items()} == {
        name: one.digest for name, one in shipped().items()
    }
    page = (ROOT / "docs" / "reference" / "vocabularies.md").read_text("utf-8")
    for name, one in shipped().items():
        assert f"{name}: {one.digest}" in page or f"digest: {one.digest}" in page, name
        assert all(f"`{kind}`" in page for kind in one.kinds)
