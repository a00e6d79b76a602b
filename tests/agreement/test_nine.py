"""The nine agreements: read, sourced, honest about what was assumed, and read back without loss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from detente.agreement import form as f
from detente.agreement.language import read_agreement
from detente.agreement.readback import readback, readback_terms
from detente.agreement.strata import walk

FOLDER = Path(__file__).resolve().parents[2] / "agreements"
NAMES = (
    "black-sea-2022",
    "cessation-2016-09",
    "humanitarian-notification",
    "kumanovo-1999",
    "notices-1988-1989",
    "open-skies",
    "safety-lines",
    "sochi-idlib-2018",
    "syria-2016-07",
)
NINE = {name: read_agreement((FOLDER / f"{name}.yaml").read_bytes(), f"{name}.yaml") for name in NAMES}
CLAUSES = [(name, clause) for name, agreement in NINE.items() for clause in agreement.rules]
OFFERED_IN_FULL = 28_000  # bytes, of about 35,000 that an offer holds with its terms


def test_the_folder_holds_these_nine():
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.yaml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_reconstruction_and_never_called_more(name: str):
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    assert NINE[name].status == "reconstruction"
    assert "RECONSTRUCTION" in text.split("\nlanguage:")[0]
    assert re.findall(r"\b(?:the|full|exact|official|verbatim|authentic) text\b", text, re.I) == []


def test_the_syria_file_can_be_offered_in_full():
    assert (FOLDER / "syria-2016-07.yaml").stat().st_size < OFFERED_IN_FULL


@pytest.mark.parametrize(("name", "clause"), CLAUSES)
def test_every_clause_has_words_and_a_source(name: str, clause: str):
    rule = NINE[name].rules[clause]
    assert rule.says
    assert rule.source
    assert all(source.strip() for source in rule.source)
    if any(source.startswith("added") for source in rule.source):
        assert any(text.startswith("whole clause") for text in rule.assumed)


# numbers


def quantities(agreement: f.Agreement, value: object) -> Iterator[set[str]]:
    """Each number a form rests on, as it may be written; names are followed."""
    for part in walk(value):
        if isinstance(part, f.Named):
            yield from quantities(agreement, agreement.define[part.name])
        elif isinstance(part, f.PlaceName):
            yield from quantities(agreement, agreement.places[part.name])
        elif isinstance(part, f.Elapsed):
            found = {f"{part.ms // size} {word}" for size, words in _TIMES if part.ms % size == 0 for word in words}
            yield found
        elif isinstance(part, f.Calendar):
            yield {f"{part.number} {part.unit}", f"{part.number} {part.unit[:-1]}"}
        elif isinstance(part, f.Streak):
            yield {f"{part.days} days", f"{part.days} whole days", f"{part.days} consecutive days"}
        elif isinstance(part, f.Within):
            yield {
                f"{part.metres // size} {unit}"
                for size, unit in ((1, "m"), (1000, "km"), (1852, "NM"))
                if part.metres % size == 0
            }
        elif isinstance(part, f.NamedIn) and part.drift:
            yield {f"{part.drift * 3.6:.0f} km/h", f"{part.drift * 3600 / 1852:.0f} kn"}
        elif isinstance(part, f.Range):
            yield from ({str(bound), f"{bound} m"} for bound in (part.at_least, part.at_most) if isinstance(bound, int))
        elif isinstance(part, f.Due) and part.instant is None:
            yield {f"{part.minute // 60:02d}:{part.minute % 60:02d}"}
        elif isinstance(part, f.Pattern):
            yield from ({str(bound)} for bound in (part.least, part.most) if bound is not None)


_TIMES = ((3_600_000, ("h", "hours", "hour")), (60_000, ("min", "minutes")), (1000, ("s", "seconds")))


def spoken(text: str) -> str:
    """Numbers and units one space apart, thousands without a comma."""
    return re.sub(r"(\d)(?=[a-zA-Z])", r"\1 ", text.replace(",", "").replace("one day", "1 day"))


def says(text: str, quantity: set[str]) -> bool:
    return any(re.search(rf"(?<![\d:]){re.escape(written)}(?![\w:])", text) for written in quantity)


def phases_of(agreement: f.Agreement, rule: f.Rule) -> list[f.Phase]:
    """The phases a rule names."""
    named = {rule.during, *(part.phase for part in walk(rule) if isinstance(part, f.During | f.EdgeOf))}
    return [agreement.phases[name] for name in sorted(named - {""})]


@pytest.mark.parametrize(("name", "clause"), CLAUSES)
def test_every_number_is_in_the_source_or_marked_assumed(name: str, clause: str):
    """A number stands in the words of a clause that has a source, or in `assumed` (of the clause or of the file)."""
    agreement = NINE[name]
    rule = agreement.rules[clause]
    assumed = spoken("; ".join((*rule.assumed, *agreement.assumed)))
    words = "" if any(source.startswith("added") for source in rule.source) else spoken(rule.says)
    for quantity in quantities(agreement, (rule, phases_of(agreement, rule))):
        assert says(assumed, quantity) or says(words, quantity), quantity


@pytest.mark.parametrize("name", NAMES)
def test_tolerance_grace_and_settle_are_marked(name: str):
    agreement = NINE[name]
    assumed = spoken("; ".join(agreement.assumed))
    for ms in (agreement.grace, agreement.settle):
        assert not ms or says(assumed, next(quantities(agreement, f.Elapsed(ms))))
    assert not agreement.tolerance or says(assumed, {f"{agreement.tolerance} m"})


def test_an_unmarked_number_is_found():
    """The scan itself, on a clause whose number nobody vouches for."""
    text = (FOLDER / "syria-2016-07.yaml").read_text("utf-8").replace("within: 12h", "within: 13h")
    agreement = read_agreement(text.encode())
    rule = agreement.rules["X-report"]
    assumed = spoken("; ".join((*rule.assumed, *agreement.assumed)))
    assert not all(says(assumed, quantity) for quantity in quantities(agreement, rule))


# the read-back


def changed(form: Any, name: str, value: object) -> Any:
    """The same form with one part replaced."""
    return replace(form, **{name: value})


def mutants(value: object, where: str = "") -> Iterator[tuple[str, object]]:
    """The same form with one thing changed: a number, a name, a bound, a part left out."""
    if isinstance(value, bool):
        yield where, not value
    elif isinstance(value, int):
        yield where, value + 1
    elif isinstance(value, f.Elapsed):
        yield where, f.Elapsed(value.ms + 60_000)
    elif isinstance(value, f.Word):
        yield where, f.Word("other" if value.word != "other" else "actor")
    elif isinstance(value, f.Calendar):
        yield where, f.Calendar(value.number + 1, value.unit)
        yield where, f.Calendar(value.number, "months" if value.unit == "days" else "days")
    elif isinstance(value, str):
        yield where, f"{value}q"
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            for deeper, other in mutants(item, f"{where}[{number}]"):
                yield deeper, (*value[:number], other, *value[number + 1 :])
            if len(value) > 1 and not isinstance(value[1], tuple):  # a pair of `same` stays a pair
                yield f"{where} without {number}", (*value[:number], *value[number + 1 :])
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            here = getattr(value, part.name)
            unread = isinstance(value, f.Due) and value.instant is not None and part.name == "minute"
            if here is None or here == "" or unread or (isinstance(value, f.Named) and part.name == "name"):
                continue
            if part.name in ("each", "to_each") and not _several(value.by if part.name == "each" else value.to):  # type: ignore[attr-defined]
                continue
            if part.name in _OPTIONAL:
                yield f"{where}.{part.name} left out", changed(value, part.name, None)
            if part.name == "mode":
                continue
            for deeper, other in mutants(here, f"{where}.{part.name}"):
                yield deeper, changed(value, part.name, other)


def _several(whos: f.Whos | None) -> bool:
    """Whether each of these is more than one of these."""
    words = (f.Word("parties"), f.Word("other"))
    return whos is not None and (len(whos) > 1 or whos[0] in words)


_OPTIONAL = ("when", "unless", "with_", "at_least", "at_most", "within", "counting_from", "window", "least", "most")
# What stands beside a sentence and is no part of it; `owed.kinds` is said once, as the rule's own kinds.
_BESIDE = ("id", "says", "line", "source", "assumed", "parent")


@pytest.mark.parametrize(("name", "clause"), CLAUSES)
def test_every_clause_reads_back_without_loss(name: str, clause: str):
    """Whatever is changed in a rule changes its sentence: nothing is decided that is not read back."""
    agreement = NINE[name]
    rule = agreement.rules[clause]
    sentence = readback(agreement, clause)
    assert sentence.endswith(".")
    for part in fields(rule):
        here = getattr(rule, part.name)
        if (
            part.name in _BESIDE
            or here is None
            or here == ""
            or here == ()
            or here is False
            or part.name in ("mode", "doubt")
        ):
            continue
        for where, other in mutants(here, part.name):
            if where.startswith("owed.kinds"):
                continue
            other_rules = {**agreement.rules, clause: changed(rule, part.name, other)}
            assert readback(replace(agreement, rules=other_rules), clause) != sentence, where


@pytest.mark.parametrize("name", NAMES)
def test_places_and_phases_read_back_without_loss(name: str):
    agreement = NINE[name]
    sentences = readback_terms(agreement)
    for key in ("places", "phases"):
        named = getattr(agreement, key)
        for own, form in named.items():
            for where, other in mutants(form):
                if where.endswith(".name"):
                    continue
                another = changed(agreement, key, {**named, own: other})
                assert readback_terms(another) != sentences, f"{own}{where}"


def test_what_changes_nothing_in_a_rule_is_told_too():
    """Doubt, readings and survival are read back."""
    sentence = readback(NINE["syria-2016-07"], "JIG-06")
    assert "withdrawal of consent" in sentence.split("Doubt")[1]
    assert "grounded" in readback(NINE["syria-2016-07"], "JIG-08-areas")
