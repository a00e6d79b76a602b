"""What never holds: permissions that never apply, exceptions and duties nobody can meet, values in keeping only under a
permission, clauses that add nothing. Each is proved with Z3 and shown with an example the judge confirms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.duties import triggers
from detente.agreement.drafting.gaps import asked_fields
from detente.agreement.drafting.logic import Logic, impossible
from detente.agreement.drafting.probe import Example, Goal, Probe, applies, holds, scope

PROVED = "proved with Z3"
SKIPPED = (
    "permissions and exceptions that never apply",
    "duties nobody can meet by their own words",
    "values in keeping only under a permission",
    "redundant clauses",
)
"""What is not looked for without Z3."""


def nevers(probe: Probe) -> list[Advice]:
    """Findings that need a proof."""
    logic = Logic(probe.agreement)
    only = list(_only_under(probe, logic))
    said = {clause for advice in only for clause in advice.clauses}
    return [*only, *_permits(probe, logic), *_exceptions(probe, logic, said), *_duties(probe, logic)]


# permissions


def _permits(probe: Probe, logic: Logic) -> Iterator[Advice]:
    for rule in probe.agreement.rules.values():
        if rule.mode != "permit" or not logic.never(logic.broken(rule)):
            continue
        shown = _all_but_one(probe, rule)
        if shown is not None:
            says = f"{rule.id} never applies: what it asks for cannot hold together."
            choices = (f"correct the conditions of {rule.id}", f"drop {rule.id}")
            yield Advice("never applies", (rule.id,), says, choices, (shown,), PROVED)


def _all_but_one(probe: Probe, rule: f.Rule) -> Shown | None:
    """A deed that meets all a permission asks for except one thing."""
    wanted = [Goal(part, True, rule.id) for part in _parts(scope(rule))]
    wanted += [Goal(rule.unless, False, rule.id)] if rule.unless is not None else []

    def shows(example: Example) -> bool:
        return rule.id not in probe.of_deed(example)

    for number in reversed(range(len(wanted))):
        goals = wanted[:number] + wanted[number + 1 :]
        sure = f.All(tuple(goal.condition if goal.want else f.Not(goal.condition) for goal in goals))
        example = probe.find(rule.kinds[0], probe.authors(rule), goals, shows, sure=sure)
        if example is not None:
            return Shown(example, f"all but one thing that {rule.id} asks for holds, and it does not apply", (rule.id,))
    return None


def _parts(condition: f.Condition) -> list[f.Condition]:
    if isinstance(condition, f.All):
        return [part for item in condition.items for part in _parts(item)]
    return [condition]


# exceptions, and values in keeping only under a permission


def _exceptions(probe: Probe, logic: Logic, said: set[str]) -> Iterator[Advice]:
    """Prohibitions with an exception that can never be met, and no permission that lifts them."""
    for rule in probe.agreement.rules.values():
        if rule.mode != "forbid" or rule.unless is None or rule.id in said:
            continue
        if not logic.never(logic.scope(rule), logic.holds(rule.unless, rule.id)) or logic.never(logic.scope(rule)):
            continue
        example = _near_miss(probe, rule)
        if example is not None:
            says = f"The exception of {rule.id} can never be met: what it asks for cannot hold together."
            choices = (f"correct the exception of {rule.id}", "say that there is none")
            shown = Shown(example, f"the exception is met but for the clash in it, and {rule.id} is broken", (rule.id,))
            yield Advice("never applies", (rule.id,), says, choices, (shown,), PROVED)


def _near_miss(probe: Probe, rule: f.Rule, more: tuple[Goal, ...] = ()) -> Example | None:
    """A deed that meets an exception but for its upper bounds (or whatever of it can be met), and is broken all the same."""
    assert rule.unless is not None
    tries = [loosened(rule.unless), *_parts(rule.unless), f.All(()), f.Not(rule.unless)]

    def shows(example: Example) -> bool:
        finding = probe.of_deed(example).get(rule.id)
        return finding is not None and finding.verdict == "broken"

    for attempt in tries:
        goals = [*more, Goal(scope(rule), True, rule.id), Goal(attempt, True, rule.id)]
        example = probe.find(rule.kinds[0], probe.authors(rule), goals, shows)
        if example is not None:
            return example
    return None


def loosened(condition: f.Condition) -> f.Condition:
    """A condition without the upper bounds of leads that no act can meet."""
    if isinstance(condition, f.All | f.Any_):
        return replace(condition, items=tuple(loosened(item) for item in condition.items))
    if isinstance(condition, f.Ask) and impossible(condition.pattern):
        return replace(condition, pattern=replace(condition.pattern, at_most=None))
    return condition


def _only_under(probe: Probe, logic: Logic) -> Iterator[Advice]:
    """Deeds that every way of doing breaks some prohibition, unless a permission is used."""
    agreement = probe.agreement
    fields = asked_fields(agreement)
    for kind in agreement.kinds.values():
        bans = [rule for rule in agreement.rules.values() if rule.mode == "forbid" and kind.name in rule.kinds]
        permits = [rule for rule in agreement.rules.values() if rule.mode == "permit" and kind.name in rule.kinds]
        lifting = [rule for rule in permits if rule.over or rule.over_every]
        if not lifting:
            continue
        cases = [None, *((a.field.name, value) for a in fields if a.kind == kind.name for value in a.named)]
        for case in cases:
            what = f.All(()) if case is None else f.Is((case[0],), f.OneOf((case[1],)))
            parties = logic.author((f.Word("parties"),))
            formulas = {rule.id: logic.z3.Not(logic.broken(rule)) for rule in bans}
            core = logic.core({"": logic.z3.And(parties, logic.holds(what)), **formulas})
            clauses = [name for name in core or () if name]
            if not clauses or any(agreement.rules[name].unless is None for name in clauses):
                continue
            advice = _under(probe, kind, what, case, clauses, lifting, bans)
            if advice is not None:
                yield advice
                if case is None:
                    break


def _under(
    probe: Probe, kind: f.Kind, what: f.Condition, case: tuple[str, str] | None, clauses: list[str],
    lifting: list[f.Rule], bans: list[f.Rule],
) -> Advice | None:  # fmt: skip
    """The permission under which such a deed is in keeping, and the same deed without it."""
    rules = [probe.agreement.rules[name] for name in clauses]
    deed = w.a_kind(kind.name)
    if case is not None:
        deed += f" against {case[1]}" if case[0] == "against" else f" with {w.plain(case[0])} {case[1]}"
    for permit in lifting:
        if not all(rule.id in permit.over or permit.over_every for rule in rules):
            continue
        rest = [rule for rule in bans if not (rule.id in permit.over or permit.over_every)]
        goals = [Goal(what), *applies(permit), *(Goal(scope(rule), True, rule.id) for rule in rules), *map(holds, rest)]
        with_it = probe.find(kind.name, probe.authors(permit, *rules), goals, _kept(probe, bans, rules, permit))
        unclaimed = (Goal(what), Goal(scope(permit), False, permit.id), *map(holds, rules[1:]))
        without = _near_miss(probe, rules[0], unclaimed)
        if with_it is None or without is None:
            continue
        names = w.listed(clauses, "and")
        says = f"{w.capital(deed)} is in keeping only under {permit.id}: {names} can never be met by itself."
        if len(clauses) > 1:
            says = f"{w.capital(deed)} is in keeping only under {permit.id}: {names} cannot be met together."
        choices = (
            f"correct {names}, so that an agreed deed can be in keeping",
            f"say that {permit.id} is meant to be the only way",
        )
        shown = (
            Shown(without, f"all is met as far as it can be, and {rules[0].id} is broken", (rules[0].id,)),
            Shown(with_it, f"with what {permit.id} asks for, the same deed is in keeping", (rules[0].id, permit.id)),
        )
        return Advice("only under a permission", (*clauses, permit.id), says, choices, shown, PROVED)
    return None


def _kept(probe: Probe, bans: list[f.Rule], rules: list[f.Rule], permit: f.Rule) -> Callable[[Example], bool]:
    def shows(example: Example) -> bool:
        found = probe.of_deed(example)
        fine = all(found[ban.id].verdict in ("kept", "not applicable") for ban in bans if ban.id in found)
        return fine and permit.id in found and all(rule.id in found for rule in rules)

    return shows


# duties


def _duties(probe: Probe, logic: Logic) -> Iterator[Advice]:
    """Duties whose own words cannot be met."""
    for rule in probe.agreement.rules.values():
        if rule.mode != "require" or rule.owed is None or rule.owed.with_ is None:
            continue
        if logic.never(logic.holds(rule.owed.with_, rule.id)):
            example = _unmet(probe, rule)
            if example is not None:
                says = f"Nobody can meet {rule.id}: what it demands of the act that is owed cannot hold together."
                choices = (f"correct what {rule.id} demands", f"drop {rule.id}")
                shown = Shown(example, f"the act owed is made in time, and {rule.id} is broken", (rule.id,))
                yield Advice("impossible duty", (rule.id,), says, choices, (shown,), PROVED)


def _unmet(probe: Probe, rule: f.Rule) -> Example | None:
    """The duty arises, an act of the kind owed is made in time, and the duty is broken."""
    assert rule.owed is not None
    from detente.agreement.drafting import people

    for scene, deed in triggers(probe, rule):
        chain = (deed,) if deed else ()
        at = scene.acts[deed].at if deed else scene.world.start
        owed = replace(rule.owed, with_=None, each=False, by=None)
        for bearer in people.codes(scene, rule.by, deed, chain):
            for answered in probe.builder.make(scene, owed, at, chain, before=False, by=[bearer]):
                example = probe.judge(answered)
                found = [one for one in example.findings if one.clause == rule.id] if example is not None else []
                if any(one.bearer == bearer and one.verdict == "broken" for one in found):
                    return example
    return None
