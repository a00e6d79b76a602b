"""What the engine needs to know of an agreement as a whole: found once for an agreement, however often it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from detente.agreement import form as f
from detente.agreement.strata import Item, clauses_asked, order_of


@dataclass(frozen=True)
class Outline:
    """`order`: phases and clauses, each after what it rests on. `founding`: kinds of acts that may found or end a phase,
    or complete a set that brings a duty about. `told`: clauses whose findings are asked for as acts."""

    order: tuple[Item, ...]
    with_receipts: bool
    founding: frozenset[str]
    streaks: tuple[f.Streak, ...]
    told: frozenset[str]


_kept: list[tuple[f.Agreement, Outline]] = []


def outline_of(agreement: f.Agreement) -> Outline:
    """The outline of an agreement; that of the last one asked for is kept."""
    if not _kept or _kept[0][0] is not agreement:
        _kept[:] = [(agreement, _outline(agreement))]
    return _kept[0][1]


def _outline(agreement: f.Agreement) -> Outline:
    every = list(_patterns(agreement))
    kinds = {kind for pattern in every for kind in pattern.kinds}
    founding = {kind for pattern in _patterns(agreement.phases) for kind in pattern.kinds}
    triggers = [rule.trigger.pattern for rule in agreement.rules.values() if rule.trigger is not None]
    founding |= {kind for pattern in triggers if pattern is not None and pattern.each for kind in pattern.kinds}
    edges = [edge for phase in agreement.phases.values() for edge in (*phase.starts, *phase.ends)]
    asking = [pattern for pattern in every if "finding" in pattern.kinds]
    return Outline(
        tuple(order_of(agreement)),
        "receipt" in kinds or any("receipt" in rule.kinds for rule in agreement.rules.values()),
        frozenset(founding),
        tuple(edge for edge in edges if isinstance(edge, f.Streak)),
        frozenset(name for pattern in asking for name in clauses_asked(pattern, agreement)),
    )


def _patterns(value: object) -> Iterator[f.Pattern]:
    """All patterns of an agreement, nested ones too."""
    if isinstance(value, f.Pattern):
        yield value
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _patterns(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _patterns(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for part in fields(value):
            yield from _patterns(getattr(value, part.name))
