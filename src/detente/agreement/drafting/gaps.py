"""Situations no clause speaks of: a value the text lists, or leaves open, to which no clause that asks about it applies."""

from __future__ import annotations

from dataclasses import dataclass

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting import people
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import Example, Goal, Probe, holds, scope
from detente.agreement.drafting.scene import STRANGER


@dataclass(frozen=True)
class Asked:
    """A field of an event that clauses ask about: those clauses, the values they name, and whether the text leaves open
    what holds for other values: a plain prohibition says by itself that it forbids nothing else, and one "unless x or y" speaks
    of every value; conditions and permissions do neither."""

    kind: str
    field: f.Field
    rules: tuple[f.Rule, ...]
    named: tuple[str, ...]
    others: bool


def gaps(probe: Probe) -> list[Advice]:
    """Values that no clause speaks of, and places in which it stops speaking of one."""
    found = []
    for asked in asked_fields(probe.agreement):
        unnamed = [value for value in values(probe.agreement, asked.field) if value not in asked.named]
        others = [value for value in unnamed if _silent(probe, asked, value)] if asked.others else []
        if others:
            found.append(_others(probe, asked, others))
        for value in asked.named:
            found += _beyond(probe, asked, value)
    return [advice for advice in found if advice is not None]


def asked_fields(agreement: f.Agreement) -> list[Asked]:
    """Fields of events with a list of values, or people, which some prohibition or permission turns on."""
    found = []
    for kind in agreement.kinds.values():
        for field in kind.fields.values():
            if not kind.event or not (field.type == "who" or (field.type == "enum" and len(field.values) > 2)):
                continue
            rules = [r for r in agreement.rules.values() if r.mode in ("forbid", "permit") and kind.name in r.kinds]
            asking = tuple(rule for rule in rules if _names(agreement, scope(rule), field.name))
            whole = [rule for rule in rules if rule.mode == "forbid" and _names(agreement, rule.unless, field.name)]
            named = tuple(dict.fromkeys(v for rule in asking for v in _names(agreement, scope(rule), field.name)))
            regulated = any(rule.mode == "permit" or rule.unless is not None for rule in asking)
            if asking:
                found.append(Asked(kind.name, field, asking, named, regulated and not whole))
    return found


def _names(agreement: f.Agreement, condition: f.Condition | None, name: str) -> list[str]:
    """The values a condition names for a field of the act judged."""
    if isinstance(condition, f.Named):
        return _names(agreement, agreement.define[condition.name], name)
    if isinstance(condition, f.All | f.Any_):
        return [value for item in condition.items for value in _names(agreement, item, name)]
    if isinstance(condition, f.Not):
        return _names(agreement, condition.item, name)
    if isinstance(condition, f.Is) and condition.path == (name,) and isinstance(condition.matcher, f.OneOf):
        return [value for value in condition.matcher.values if isinstance(value, str)]
    return []


def values(agreement: f.Agreement, field: f.Field) -> list[str]:
    """Every value a field may have; for people, somebody nobody names stands for all others."""
    return list(field.values) if field.type == "enum" else people.everybody(agreement)


def _silent(probe: Probe, asked: Asked, value: str) -> Example | None:
    """An example in which none of the clauses that ask about a field speaks of a value, whatever else is so."""
    return _unspoken(probe, asked, value, ())


def _unspoken(probe: Probe, asked: Asked, value: str, more: tuple[f.Condition, ...]) -> Example | None:
    """A deed about which the general clauses have nothing to say against, and the clauses on this field nothing at all."""
    general = [rule for rule in probe.agreement.rules.values()
               if rule.mode == "forbid" and asked.kind in rule.kinds and rule not in asked.rules]  # fmt: skip
    authors = probe.authors(*asked.rules) or list(probe.agreement.parties)
    sure = (f.Is((asked.field.name,), f.OneOf((value,))), *more)
    goals = [Goal(condition) for condition in sure]
    goals += [Goal(scope(rule), False, rule.id) for rule in asked.rules]
    goals += [holds(rule) for rule in general]

    def shows(example: Example) -> bool:
        found = probe.of_deed(example)
        if any(rule.id in found for rule in asked.rules):
            return False
        return all(found[rule.id].verdict in ("kept", "not applicable") for rule in general if rule.id in found)

    return probe.find(asked.kind, authors[:1], goals, shows, sure=f.All(sure))


def _others(probe: Probe, asked: Asked, others: list[str]) -> Advice | None:
    """Values no clause names."""
    shown = []
    for value in others[:1] + ([STRANGER] if STRANGER in others[1:] else []):
        example = _silent(probe, asked, value)
        if example is not None:
            shown.append(Shown(example, "nothing objects to it", tuple(r.id for r in asked.rules)))
    if not shown:
        return None
    kind = w.a_kind(asked.kind)
    word = w.listed(asked.named)
    clauses = tuple(rule.id for rule in asked.rules)
    who = asked.field.type == "who"
    about = _about(asked.field, f"anyone else than {word}" if who else w.listed(others))
    says = f"{w.capital(kind)} {about} falls under none of the clauses that turn on `{asked.field.name}`."
    if asked.field.type == "who":
        known = [value for value in others if value != STRANGER]
        says += f" That is: {w.listed([*known, STRANGER])}."
    choices = (
        f"if only those are meant: forbid {kind} unless {_about(asked.field, word)}",
        "add a clause that says what holds for the others",
        "say that the text leaves it open",
    )
    return Advice("gap", clauses, says, choices, tuple(shown[:1]))


def _beyond(probe: Probe, asked: Asked, value: str) -> list[Advice]:
    """Sides of a place on which a permission limited to the other side leaves a value unsaid.

    A prohibition limited to a place says by itself that elsewhere there is none; a permission does not.
    """
    rules = [rule for rule in asked.rules if value in _names(probe.agreement, scope(rule), asked.field.name)]
    found: list[Advice] = []
    for rule in (rule for rule in rules if rule.mode == "permit"):
        for spot in _limits(rule):
            unsaid = spot.item if isinstance(spot, f.Not) else f.Not(spot)
            example = _unspoken(probe, asked, value, (unsaid, _without(scope(rule), spot)))
            if example is None:
                continue
            found.append(_unsaid(asked, value, rule, spot, example))
    return found


def _unsaid(asked: Asked, value: str, rule: f.Rule, spot: f.Condition, example: Example) -> Advice:
    inside = spot.item if isinstance(spot, f.Not) else spot
    assert isinstance(inside, f.Inside)
    name = f"“{w.plain(inside.place.name)}”" if isinstance(inside.place, f.PlaceName) else "that place"
    here, there = ("inside", "outside") if isinstance(spot, f.Not) else ("outside", "inside")
    about = f"{w.a_kind(asked.kind)} {_about(asked.field, value)}"
    says = f"{w.capital(about)} {here} {name}: {rule.id} permits it {there} only, and no clause says what holds {here}."
    choices = (f"say that it is forbidden {here} {name}", f"say that {rule.id} holds {here} {name} too",
               f"say under which conditions it may be done {here} {name}")  # fmt: skip
    return Advice("gap", (rule.id,), says, choices, (Shown(example, "nothing objects to it", (rule.id,)),))


def _about(field: f.Field, value: str) -> str:
    return f"against {value}" if field.name == "against" else f"with {w.plain(field.name)} {value}"


def _limits(rule: f.Rule) -> list[f.Condition]:
    """The places to which a clause is limited, as its scope says it."""
    found: list[f.Condition] = []
    for part in _parts(scope(rule)):
        if isinstance(part, f.Inside) or (isinstance(part, f.Not) and isinstance(part.item, f.Inside)):
            found.append(part)
    return found


def _parts(condition: f.Condition) -> list[f.Condition]:
    if isinstance(condition, f.All):
        return [part for item in condition.items for part in _parts(item)]
    return [condition]


def _without(condition: f.Condition, part: f.Condition) -> f.Condition:
    return f.All(tuple(one for one in _parts(condition) if one != part))
