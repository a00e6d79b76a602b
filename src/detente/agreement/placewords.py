"""Places and phases in plain words (21-language-reference, 8 and 9)."""

from __future__ import annotations

from typing import Protocol

from detente.agreement import form as f
from detente.agreement import wording as w


class Sentences(Protocol):
    """Whoever words patterns and conditions."""

    agreement: f.Agreement

    def condition(self, condition: f.Condition) -> str: ...

    def pattern(self, pattern: f.Pattern, *, later: bool = False) -> str: ...


def place(sentences: Sentences, form: f.PlaceForm) -> str:
    """A place: by its name where it has one."""
    if isinstance(form, f.PlaceName):
        return f"{w.plain(form.name)}"
    if isinstance(form, f.Shape):
        return f"the annex {form.annex}" if form.annex else "the place drawn in the text"
    if isinstance(form, f.NamedIn):
        drift = f", widening by {form.drift * 3.6:.3g} km/h with age" if form.drift else ""
        return f"the {w.plain(form.field)} named in {sentences.pattern(form.pattern)}{drift}"
    if isinstance(form, f.Within):
        return f"{w.length(form.metres)} round {place(sentences, form.of)}"
    if isinstance(form, f.Union):
        return w.listed(place(sentences, item) for item in form.items)
    text = place(sentences, form.base)
    if form.inside:
        text += f", as far as inside {w.listed(place(sentences, item) for item in form.inside)}"
    if form.minus:
        text += f", less {w.listed(place(sentences, item) for item in form.minus)}"
    return text


def place_sentence(sentences: Sentences, name: str) -> str:
    """What a named place is."""
    return f"{w.capital(w.plain(name))} is {place(sentences, sentences.agreement.places[name])}."


def phase_sentence(sentences: Sentences, phase: f.Phase) -> str:
    """When a phase runs."""
    text = f"{w.capital(w.plain(phase.name))} starts {w.listed(_edge(sentences, edge) for edge in phase.starts)}"
    if phase.ends:
        text += f", and ends {w.listed(_edge(sentences, edge) for edge in phase.ends)}"
    if phase.renewed_by is not None:
        text += f"; it is renewed, while it runs, by {sentences.pattern(phase.renewed_by)}, until the end that states"
    return text + "."


def _edge(sentences: Sentences, edge: f.Edge) -> str:
    if isinstance(edge, f.Instant):
        return f"at {w.instant(edge.ms)}"
    if isinstance(edge, f.EdgeOf):
        return f"at the {edge.edge} of {w.plain(edge.phase)}"
    if isinstance(edge, f.Streak):
        calm = f"after {edge.days} whole days in a row since {w.plain(edge.since)}"
        return f"{calm} on each of which {sentences.condition(edge.each_day)}"
    if isinstance(edge, f.After):
        return f"{w.duration(edge.duration)} after its start"
    plus = f"{w.duration(edge.plus)} after " if edge.plus is not None else "with "
    return f"{plus}{sentences.pattern(edge.pattern)}"
