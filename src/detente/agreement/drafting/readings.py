"""Clauses that are two readings of one text (`reading_of`): a deed of which they say different things."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import Example, Goal, Probe, broken, holds, scope


def readings(probe: Probe) -> list[Advice]:
    """One finding for each text with readings that differ."""
    groups: dict[str, list[f.Rule]] = {}
    for rule in probe.agreement.rules.values():
        if rule.reading_of:
            groups.setdefault(rule.reading_of, []).append(rule)
    found = []
    for text, group in groups.items():
        first = probe.agreement.rules.get(text)
        rules = [first, *group] if first is not None and first not in group else group
        shown = [one for rule in rules for one in [_apart(probe, rule, rules)] if one is not None]
        if shown:
            names = tuple(rule.id for rule in rules)
            unscored = [rule.id for rule in rules if rule.reading_of]
            says = f"{w.listed(names, 'and')} read “{text}” differently; {w.listed(unscored, 'and')} "
            says += f"{'is' if len(unscored) == 1 else 'are'} not scored until the parties choose."
            choices = (*(f"keep {name}" for name in names), "ask the other side which it means, and write that")
            found.append(Advice("readings", names, says, choices, tuple(shown[:2])))
    return found


def _apart(probe: Probe, rule: f.Rule, rules: list[f.Rule]) -> Shown | None:
    """A deed that one reading calls broken and another does not."""
    if rule.mode != "forbid":
        return None
    others = [other for other in rules if other is not rule and other.mode == "forbid"]
    for other in others:

        def shows(example: Example, other: f.Rule = other) -> bool:
            found = probe.of_deed(example)
            said = found[other.id].verdict if other.id in found else "not applicable"
            return rule.id in found and found[rule.id].verdict == "broken" and said in ("kept", "not applicable")

        for kind in sorted(set(rule.kinds) & set(other.kinds)):
            met = [Goal(scope(other), True, other.id), *([Goal(other.unless, True, other.id)] if other.unless else [])]
            # A deed that the other reading speaks of says more than one it passes over.
            example = probe.find(kind, probe.authors(rule), [*broken(rule), *met], shows) if other.unless else None
            example = example or probe.find(kind, probe.authors(rule), [*broken(rule), holds(other)], shows)
            if example is not None:
                says = f"by {rule.id} it is broken, by {other.id} it is not"
                return Shown(example, says, (rule.id, other.id))
    return None
