"""Protections of things that acts name, which stop with a phase or with the agreement while the things still stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import DEED, TRIES, Example, Goal, Probe, broken
from detente.agreement.drafting.scene import Scene
from detente.agreement.drafting.spans import ended
from detente.agreement.strata import walk


def protections(probe: Probe) -> list[Advice]:
    """One finding for each prohibition round named things that ends by itself."""
    found = []
    for rule in probe.agreement.rules.values():
        if rule.mode == "forbid" and _protects(probe.agreement, rule):
            advice = _ends(probe, rule)
            if advice is not None:
                found.append(advice)
    return found


def _protects(agreement: f.Agreement, rule: f.Rule) -> bool:
    """Whether a clause forbids events within a place that acts name."""
    if not any(agreement.kinds[kind].event for kind in rule.kinds):
        return False
    inside = [part.place for part in _positive(agreement, rule.when) if isinstance(part, f.Inside)]
    return any(_named(agreement, place) for place in inside)


def _positive(agreement: f.Agreement, condition: f.Condition | None) -> Iterator[f.Condition]:
    """The parts of a condition that are asked for, not excluded."""
    if isinstance(condition, f.All | f.Any_):
        for item in condition.items:
            yield from _positive(agreement, item)
    elif isinstance(condition, f.Named):
        yield from _positive(agreement, agreement.define[condition.name])
    elif condition is not None and not isinstance(condition, f.Not):
        yield condition


def _named(agreement: f.Agreement, place: f.PlaceForm) -> bool:
    """Whether a place rests on acts that name it."""
    return any(
        isinstance(part, f.NamedIn)
        or (isinstance(part, f.PlaceName) and _named(agreement, agreement.places[part.name]))
        for part in walk(place)
    )


def _ends(probe: Probe, rule: f.Rule) -> Advice | None:
    """The phase whose end takes the protection away, with the same deed before and after."""
    agreement = probe.agreement
    kind = next(kind for kind in rule.kinds if agreement.kinds[kind].event)
    phases = [rule.during] if rule.during else []
    phases += [part.phase for part in _positive(agreement, rule.when) if isinstance(part, f.During)]
    ending = [name for name in phases if agreement.phases[name].ends]
    shown = []
    for name in ending:
        example = _after_phase(probe, rule, kind, name)
        if example is not None:
            says = f"the phase {w.plain(name)} is over, the thing named still stands, and {rule.id} no longer speaks of the deed"
            shown.append((name, Shown(example, says, (rule.id,))))
    if not rule.survives and agreement.in_force is not None:
        example = _out_of_force(probe, rule, kind)
        if example is not None:
            says = f"the agreement is not in force, the thing named still stands, and {rule.id} does not bind"
            shown.append(("", Shown(example, says, (rule.id,))))
    if not shown:
        return None
    ends = [f"the phase {w.plain(name)} is over" if name else "the agreement is not in force" for name, _ in shown]
    choices = ["mark it `survives: true`"] if any(not name for name, _ in shown) else []
    if any(name for name, _ in shown):
        choices.append("let it hold without `during`, until the thing is removed from the list")
    choices.append("say that the parties mean it to end there")
    text = f"{rule.id} protects what acts name, and stops when {w.listed(ends)}, while those things still stand."
    return Advice("ends with a phase", (rule.id,), text, tuple(choices), tuple(one for _, one in shown))


def _after_phase(probe: Probe, rule: f.Rule, kind: str, name: str) -> Example | None:
    """A deed that would be forbidden if the phase still ran: it ran, and is over."""
    rest = f.All(tuple(c for c in (rule.when,) if c is not None))
    within = replace(rule, during="")
    goals = [Goal(_without(rest, name), True, rule.id), *broken(within)[1:]]
    for author in probe.authors(rule):
        for scene in islice(probe.scenes(kind, author, goals), TRIES):
            for over in islice(
                ended(probe.builder, scene, probe.agreement.phases[name], scene.world.start, (DEED,)), 3
            ):
                after = probe.judge(over, sure=_without(rest, name))
                if after is not None and rule.id not in probe.of_deed(after):
                    return after
    return None


def _without(condition: f.Condition, name: str) -> f.Condition:
    """A condition without its question about a phase."""
    if isinstance(condition, f.All):
        return f.All(tuple(_without(c, name) for c in condition.items if c != f.During(name)))
    return f.All(()) if condition == f.During(name) else condition


def _out_of_force(probe: Probe, rule: f.Rule, kind: str) -> Example | None:
    """A deed that the clause calls broken in shadow: the agreement is not in force any more."""
    force = probe.agreement.in_force
    assert force is not None
    for author in probe.authors(rule):
        for scene in islice(_lapsed(probe, force, kind, author, broken(rule)), 4 * TRIES):
            example = probe.judge(scene)
            finding = probe.of_deed(example).get(rule.id) if example is not None else None
            if finding is not None and finding.verdict == "broken" and finding.shadow:
                return example
    return None


def _lapsed(probe: Probe, force: f.Condition, kind: str, author: str, goals: list[Goal]) -> Iterator[Scene]:
    """Scenes in which the agreement was in force and is not: it was ended or suspended, or has run out."""
    phases = [
        probe.agreement.phases[part.phase] for part in _positive(probe.agreement, force) if isinstance(part, f.During)
    ]
    for scene in islice(probe.scenes(kind, author, goals), 2):
        yield from islice(probe.builder.truth(scene, force, False, (DEED,)), 2)
        for phase in phases:
            yield from islice(ended(probe.builder, scene, phase, scene.world.start, (DEED,)), 2)
    for scene in islice(probe.scenes(kind, author, goals, in_force=False), 2):
        for phase in phases:
            yield from islice(ended(probe.builder, scene, phase, scene.world.start, (DEED,)), 2)
