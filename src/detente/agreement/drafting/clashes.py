"""Deeds that one clause permits (or demands) and another forbids, where the text does not say which comes first."""

from __future__ import annotations

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import Example, Probe, applies, broken


def clashes(probe: Probe) -> list[Advice]:
    """One finding for each prohibition that meets permissions without precedence."""
    rules = probe.agreement.rules.values()
    permits = [rule for rule in rules if rule.mode == "permit"]
    found = []
    for ban in (rule for rule in rules if rule.mode == "forbid"):
        shown = [one for permit in permits if unordered(ban, permit) and (one := _clash(probe, ban, permit))]
        if shown:
            found.append(_advice(ban, shown))
    return found


def unordered(ban: f.Rule, permit: f.Rule) -> bool:
    """Whether two clauses may meet in one act and neither is said to come first."""
    ordered = ban.over_every or permit.over_every or permit.id in ban.over or ban.id in permit.over
    return bool(set(ban.kinds) & set(permit.kinds)) and not ordered


def _clash(probe: Probe, ban: f.Rule, permit: f.Rule) -> Shown | None:
    def shows(example: Example) -> bool:
        finding = probe.of_deed(example).get(ban.id)
        return finding is not None and permit.id in finding.against

    for kind in sorted(set(ban.kinds) & set(permit.kinds)):
        example = probe.find(kind, probe.authors(ban, permit), [*applies(permit), *broken(ban)], shows)
        if example is not None:
            says = f"{permit.id} permits it, {ban.id} forbids it, and the judge cannot tell"
            return Shown(example, says, (ban.id, permit.id))
    return None


def _advice(ban: f.Rule, shown: list[Shown]) -> Advice:
    permits = [one.clauses[1] for one in shown]
    names = w.listed(permits, "and")
    says = (
        f"{ban.id} forbids what {names} {'permits' if len(permits) == 1 else 'permit'}; the text states no precedence."
    )
    choices = (
        f"say that {ban.id} prevails over {names}",
        f"say that {names} prevail{'s' if len(permits) == 1 else ''} over {ban.id}",
        "narrow one of them so that they do not meet",
    )
    return Advice("conflict", (ban.id, *permits), says, choices, tuple(shown))
