"""Which statements of an agreement protect: one side's word of such a kind can add an objection to an act.

Read off the clauses alone. In a prohibition what is asked for by `when` objects and what is asked for by `unless` excuses; in
a permission that prevails over one it is the other way round; `not`, `outside`, `minus`, `ended_by` and an upper bound of a
count turn the sense about. What objects only by each of several (a designation both must sign) is none of one side's word.
What suspends the agreement is left out: it takes clauses away. Used where a statement cannot be read (node.recording): what it may have
meant to protect must not be taken for unsaid (00-product, Polarity).
"""

from __future__ import annotations

from collections.abc import Iterator

from detente.agreement import form as f

_BUILT_IN = ("receipt", "finding")


def protecting(agreement: f.Agreement) -> tuple[str, ...]:
    """Kinds of statement, in the agreement's order."""
    found = {kind for rule in agreement.rules.values() if _weighs(rule) for kind in _rule(agreement, rule)}
    return tuple(name for name, kind in agreement.kinds.items() if name in found and _said(kind))


def _weighs(rule: f.Rule) -> bool:
    return rule.mode == "forbid" or (rule.mode == "permit" and bool(rule.over or rule.over_every))


def _said(kind: f.Kind) -> bool:
    return not kind.event and kind.name not in _BUILT_IN


def _rule(agreement: f.Agreement, rule: f.Rule) -> Iterator[str]:
    reader, objects = _Reader(agreement), rule.mode == "forbid"
    yield from reader.condition(rule.when, objects)
    yield from reader.condition(rule.unless, not objects)
    yield from reader.phase(rule.during, objects)


class _Reader:
    """`objects`: whether what is found makes for an objection where it holds."""

    def __init__(self, agreement: f.Agreement) -> None:
        self._agreement = agreement
        self._phases: set[tuple[str, bool]] = set()

    def condition(self, part: f.Condition | None, objects: bool) -> Iterator[str]:
        match part:
            case f.All(items) | f.Any_(items):
                for item in items:
                    yield from self.condition(item, objects)
            case f.Not(item):
                yield from self.condition(item, not objects)
            case f.Named(name):
                yield from self.condition(self._agreement.define[name], objects)
            case f.Is(_, f.FieldInside(place)) | f.Inside(place):
                yield from self.place(place, objects)
            case f.During(name):
                yield from self.phase(name, objects)
            case f.Ask(pattern, _):
                yield from self.pattern(pattern, objects)

    def pattern(self, asked: f.Pattern, objects: bool) -> Iterator[str]:
        """An upper bound of a count turns the sense about; with both bounds either holds."""
        senses = {objects} if asked.most is None else {not objects} if asked.least is None else {True, False}
        for sense in senses:
            if sense and not asked.each:
                yield from asked.kinds
            yield from self.condition(asked.with_, sense)
            yield from self.phase(asked.during, sense)
            for ender in asked.ended_by:
                yield from self.pattern(ender, not sense)

    def place(self, form: f.PlaceForm, objects: bool) -> Iterator[str]:
        match form:
            case f.NamedIn(pattern, _, _):
                yield from self.pattern(pattern, objects)
            case f.Within(_, of):
                yield from self.place(of, objects)
            case f.Cut(base, inside, minus):
                for each in (base, *inside):
                    yield from self.place(each, objects)
                for each in minus:
                    yield from self.place(each, not objects)
            case f.Union(items):
                for each in items:
                    yield from self.place(each, objects)
            case f.PlaceName(name):
                yield from self.place(self._agreement.places[name], objects)

    def phase(self, name: str, objects: bool) -> Iterator[str]:
        """What starts a phase makes it run, what ends it makes it stop; each phase is followed once in each sense."""
        if not name or (name, objects) in self._phases:
            return
        self._phases.add((name, objects))
        phase = self._agreement.phases[name]
        for edges, sense in ((phase.starts, objects), (phase.ends, not objects)):
            for edge in edges:
                yield from self._edge(edge, sense)
        if phase.renewed_by is not None:
            yield from self.pattern(phase.renewed_by, objects)

    def _edge(self, edge: f.Edge, objects: bool) -> Iterator[str]:
        match edge:
            case f.ByAct(pattern, _):
                yield from self.pattern(pattern, objects)
            case f.EdgeOf(phase, _):
                yield from self.phase(phase, objects)
            case f.Streak(_, since, each_day):
                yield from self.phase(since, objects)
                yield from self.condition(each_day, objects)
