"""In which order phases and clauses must be decided, since findings are acts and phases may rest on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from detente.agreement import form as f
from detente.agreement.source import Node

Item = tuple[str, str]
"""("phase", name) or ("clause", id)."""


def walk(value: object) -> Iterator[object]:
    """A form and every part of it, names not followed."""
    yield value
    if isinstance(value, Mapping):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from walk(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from walk(getattr(value, field.name))


def order_of(agreement: f.Agreement, root: Node | None = None) -> list[Item]:
    """Phases and clauses so that each comes after what it rests on; a circle is refused with its path."""
    needs: dict[Item, set[Item]] = {}
    for name, phase in agreement.phases.items():
        needs[("phase", name)] = set(_needs(agreement, phase))
    force = set(_needs(agreement, agreement.in_force)) if agreement.in_force is not None else set()
    for name, rule in agreement.rules.items():
        own = set(_needs(agreement, rule)) | force
        if rule.parent:
            own.add(("clause", rule.parent))
        needs[("clause", name)] = own
        for other in agreement.rules.values():
            # A prohibition is judged with its permissions; a duty under a permission with what that permission lifts.
            meets = bool(set(other.kinds) & set(rule.kinds))
            permits = other.mode == "permit" and rule.mode == "forbid" and meets
            lifted = bool(rule.parent) and other.id in (rule.parent, *agreement.rules[rule.parent].over)
            if permits or lifted:
                own |= set(_needs(agreement, other))
    order: list[Item] = []
    state: dict[Item, int] = {}

    def visit(item: Item, path: list[Item]) -> None:
        if state.get(item) == 2:
            return
        if state.get(item) == 1:
            circle = [*path[path.index(item) :], item]
            words = " ← ".join(f"{kind} {name}" for kind, name in circle)
            if root is not None:
                root.fail(f"these depend on themselves: {words}", "break the circle")
            raise ValueError(words)
        state[item] = 1
        for need in sorted(needs.get(item, ())):
            visit(need, [*path, item])
        state[item] = 2
        order.append(item)

    for item in sorted(needs):
        visit(item, [])
    return order


def _needs(agreement: f.Agreement, value: object) -> Iterator[Item]:
    """Phases and clauses that a form mentions, through names as well."""
    if isinstance(value, f.During | f.EdgeOf):
        yield ("phase", value.phase)
    elif isinstance(value, f.Streak):
        yield ("phase", value.since)
        yield from _needs(agreement, value.each_day)
    elif isinstance(value, f.Named):
        yield from _needs(agreement, agreement.define[value.name])
    elif isinstance(value, f.PlaceName):
        yield from _needs(agreement, agreement.places[value.name])
    elif isinstance(value, f.Pattern):
        if "finding" in value.kinds:
            for name in clauses_asked(value, agreement):
                yield ("clause", name)
        if value.during:
            yield ("phase", value.during)
        yield from _inside(agreement, value)
    elif isinstance(value, f.Rule):
        if value.during:
            yield ("phase", value.during)
        yield from _inside(agreement, value)
    else:
        yield from _inside(agreement, value)


def _inside(agreement: f.Agreement, value: object) -> Iterator[Item]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _needs(agreement, item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _needs(agreement, getattr(value, field.name))


def clauses_asked(pattern: f.Pattern, agreement: f.Agreement) -> set[str]:
    """The clauses whose findings a pattern asks for; all, if it names none."""
    named: set[str] = set()

    def look(condition: object) -> None:
        if isinstance(condition, f.Is) and condition.path == ("clause",) and isinstance(condition.matcher, f.OneOf):
            named.update(str(value) for value in condition.matcher.values if isinstance(value, str))
        elif isinstance(condition, f.All):
            for item in condition.items:
                look(item)

    look(pattern.with_)
    return named or set(agreement.rules)
