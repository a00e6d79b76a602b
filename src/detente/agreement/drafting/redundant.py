"""Clauses that add nothing: whenever one is broken (or applies), another is too, under the same precedence."""

from __future__ import annotations

from collections.abc import Callable

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.duties import triggers
from detente.agreement.drafting.logic import Logic, entails, spelled
from detente.agreement.drafting.never import PROVED
from detente.agreement.drafting.probe import Example, Probe, broken


def redundant(probe: Probe) -> list[Advice]:
    """One finding for each clause that another makes needless; of two alike, the later."""
    logic = Logic(probe.agreement)
    rules = [rule for rule in probe.agreement.rules.values() if rule.mode != "text" and not rule.reading_of]
    found: list[Advice] = []
    needless: set[str] = set()
    for rule in reversed(rules):
        for other in rules:
            if other is rule or other.id in needless or other.mode != rule.mode or not _implied(logic, rule, other):
                continue
            shown = _both(probe, rule, other)
            if shown is not None:
                needless.add(rule.id)
                verb = "applies" if rule.mode == "permit" else "is broken"
                says = f"{rule.id} adds nothing to {other.id}: whenever it {verb}, {other.id} {verb} too."
                choices = (
                    f"drop {rule.id}",
                    f"say what {rule.id} is to hold beyond {other.id}",
                    "keep both for the reader's sake",
                )
                found.append(Advice("redundant", (rule.id, other.id), says, choices, (shown,), PROVED))
                break
    return list(reversed(found))


def _implied(logic: Logic, rule: f.Rule, other: f.Rule) -> bool:
    """Whether a clause says nothing that another does not say."""
    if not set(rule.kinds) <= set(other.kinds) or (rule.survives and not other.survives):
        return False
    if rule.answers not in ("", other.answers) or rule.not_judged:
        return False
    if rule.mode == "require":
        return _duty_implied(logic, rule, other)
    if rule.mode == "permit":
        children = any(child.parent == rule.id for child in logic.agreement.rules.values())
        if (
            children
            or not (set(rule.over) <= set(other.over) or other.over_every)
            or (rule.over_every and not other.over_every)
        ):
            return False
    elif not _lifted(logic, other) <= _lifted(logic, rule) or (rule.over_every and not other.over_every):
        return False
    if (
        other.mode == "forbid"
        and other.unless is not None
        and logic.never(logic.scope(other), logic.holds(other.unless, other.id))
    ):
        return False  # an exception that nobody can meet is another finding, and would make all beside it needless
    possible = not logic.never(logic.broken(rule))
    return possible and logic.never(logic.broken(rule), logic.z3.Not(logic.broken(other)))


def _lifted(logic: Logic, ban: f.Rule) -> set[str]:
    """Permissions that lift a prohibition, or meet it without precedence."""
    if ban.over_every:
        return set()
    rules = logic.agreement.rules.values()
    meeting = [rule for rule in rules if rule.mode == "permit" and set(rule.kinds) & set(ban.kinds)]
    return {rule.id for rule in meeting if rule.id not in ban.over}


def _duty_implied(logic: Logic, rule: f.Rule, other: f.Rule) -> bool:
    """Same trigger, same bearer, and what meets the other meets this one."""
    agreement = logic.agreement
    if (
        spelled(agreement, (rule.trigger, rule.during)) != spelled(agreement, (other.trigger, other.during))
        or rule.parent != other.parent
    ):
        return False
    if (rule.by, rule.each) != (other.by, other.each) or rule.owed is None or other.owed is None:
        return False
    if not entails(agreement, other.owed, rule.owed):
        return False
    whens = [logic.holds(one.when, one.id) if one.when is not None else True for one in (rule, other)]
    unlesses = [logic.holds(one.unless, one.id) if one.unless is not None else False for one in (rule, other)]
    z3 = logic.z3
    return logic.never(z3.And(whens[0], z3.Not(unlesses[0])), z3.Not(z3.And(whens[1], z3.Not(unlesses[1]))))


def _both(probe: Probe, rule: f.Rule, other: f.Rule) -> Shown | None:
    """A deed of which both say the same."""
    verb = "apply" if rule.mode == "permit" else "are broken"
    says = f"both {verb} here; {other.id} alone says as much"
    if rule.mode == "require":
        for scene, _ in triggers(probe, rule):
            example = probe.judge(scene)
            if example is not None and _same(rule, other)(example):
                return Shown(example, says, (rule.id, other.id))
        return None
    example = probe.find(rule.kinds[0], probe.authors(rule, other), broken(rule), _same(rule, other))
    return Shown(example, says, (rule.id, other.id)) if example is not None else None


def _same(rule: f.Rule, other: f.Rule) -> Callable[[Example], bool]:
    def shows(example: Example) -> bool:
        told = {one.clause: one.verdict for one in example.findings if one.verdict in ("broken", "no verdict")}
        return rule.id in told and other.id in told

    return shows


def needless_permits(probe: Probe) -> list[Advice]:
    """Permissions of what nothing forbids: seen without a proof, since no prohibition is on that kind of act."""
    found = []
    rules = probe.agreement.rules.values()
    for rule in (rule for rule in rules if rule.mode == "permit"):
        banned = [ban for ban in rules if ban.mode == "forbid" and set(ban.kinds) & set(rule.kinds)
                  and set(probe.authors(ban)) & set(probe.authors(rule))]  # fmt: skip
        if banned or any(child.parent == rule.id for child in rules):
            continue

        def shows(example: Example, rule: f.Rule = rule) -> bool:
            return set(probe.of_deed(example)) >= {rule.id}

        example = probe.find(rule.kinds[0], probe.authors(rule), broken(rule), shows)
        if example is not None:
            says = f"{rule.id} permits what no clause forbids."
            choices = (
                f"add the prohibition from which {rule.id} is an exception",
                f"keep {rule.id} as a statement of what is reserved",
            )
            kinds = w.listed(w.a_kind(kind) for kind in rule.kinds)
            shown = Shown(
                example, f"no prohibition speaks of {kinds} by {example.scene.acts[example.deed].by}", (rule.id,)
            )
            found.append(Advice("redundant", (rule.id,), says, choices, (shown,)))
    return found
