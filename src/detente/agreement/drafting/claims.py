"""Words no record decides, and facts that are only somebody's claim."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.gaps import values
from detente.agreement.drafting.probe import Example, Probe, broken
from detente.agreement.record import Account
from detente.agreement.strata import walk


def undecidable(probe: Probe) -> list[Advice]:
    """One finding for all `not_judged` words, one for each field of an event that is a claim."""
    return [*_words(probe), *_claims(probe)]


def _words(probe: Probe) -> list[Advice]:
    rules = [rule for rule in probe.agreement.rules.values() if rule.not_judged]
    judged = [rule for rule in rules if rule.mode in ("forbid", "permit")]
    shown: list[Shown] = []
    for rule in sorted(judged, key=lambda rule: rule.mode != "permit"):
        wanted = "broken" if rule.mode == "forbid" else "no verdict"
        example = probe.find(rule.kinds[0], probe.authors(rule), broken(rule), _said(probe, rule, wanted))
        if example is not None:
            words = w.listed((f"“{word}”" for word in rule.not_judged), "and")
            what = "applies" if rule.mode == "permit" else "calls it broken"
            says = f"{rule.id} {what}, and whether {words} was so is not asked"
            shown.append(Shown(example, says, (rule.id,)))
            break
    shown = shown or _only_text(probe, rules)
    if not shown:
        return []
    listed = "; ".join(f"{rule.id} {w.listed((f'“{word}”' for word in rule.not_judged), 'and')}" for rule in rules)
    choices = ("leave the words in, knowing that no record settles them", "put a fact in their place that a record can show",
               "name who decides, and by which statement")  # fmt: skip
    clauses = tuple(rule.id for rule in rules)
    return [Advice("undecidable", clauses, f"Words that no record decides: {listed}.", choices, tuple(shown))]


def _only_text(probe: Probe, rules: list[f.Rule]) -> list[Shown]:
    """Where no judged clause has such words: any deed another clause speaks of, about which the words say nothing."""
    for other in (rule for rule in probe.agreement.rules.values() if rules and rule.mode in ("forbid", "permit")):
        wanted = "broken" if other.mode == "forbid" else "no verdict"
        example = probe.find(other.kinds[0], probe.authors(other), broken(other), _said(probe, other, wanted))
        if example is not None:
            first = next((rule for rule in rules if rule.mode == "text"), rules[0])
            words = w.listed((f"“{word}”" for word in first.not_judged), "and")
            return [Shown(example, f"no finding, here or anywhere, asks about {words}", (first.id,))]
    return []


def _claims(probe: Probe) -> list[Advice]:
    """Fields of events that clauses turn on, where the same event told two ways has no answer; one finding for all."""
    agreement = probe.agreement
    shown: list[Shown] = []
    said: dict[str, tuple[str, ...]] = {}
    for kind in agreement.kinds.values():
        for field in kind.fields.values():
            if not kind.event or not (field.type == "who" or (field.type == "enum" and len(field.values) > 2)):
                continue
            rules = [
                rule for rule in agreement.rules.values() if kind.name in rule.kinds and _turns_on(rule, field.name)
            ]
            example = _claim(probe, kind, field, rules)
            if example is not None:
                shown.append(example)
                said[f"`{field.name}` of {w.a_kind(kind.name)}"] = tuple(rule.id for rule in rules)
    if not shown:
        return []
    clauses = tuple(dict.fromkeys(clause for ids in said.values() for clause in ids))
    each = "; ".join(f"{what} ({', '.join(ids)})" for what, ids in said.items())
    text = f"Facts that are only claims of whoever tells of them, and on which clauses turn: {each}."
    choices = ("say whose word counts", "say which sources it takes to show it",
               "let it be stated before the deed, in a notice that counts from receipt")  # fmt: skip
    return [Advice("undecidable", clauses, text, choices, (shown[0],))]


def _turns_on(rule: f.Rule, name: str) -> bool:
    """Whether a prohibition or permission asks about a field of the act it judges."""
    asked = walk((rule.when, rule.unless))
    return rule.mode in ("forbid", "permit") and any(isinstance(p, f.Is) and p.path == (name,) for p in asked)


def _claim(probe: Probe, kind: f.Kind, field: f.Field, rules: list[f.Rule]) -> Shown | None:
    """A breach that one side tells, and the other side tells with another value."""
    for rule in (rule for rule in rules if rule.mode == "forbid"):
        example = probe.find(kind.name, probe.authors(rule), broken(rule), _said(probe, rule, "broken"))
        if example is None:
            continue
        for value in values(probe.agreement, field):
            told = _told(probe, example, field.name, value)
            if told is not None and _said(probe, rule, "disputed", "cannot tell")(told):
                was = example.scene.acts[example.deed].fields[field.name]
                says = f"one side tells it with {w.plain(field.name)} {was}, the other with {value}"
                return Shown(told, says, (rule.id,))
    return None


def _said(probe: Probe, rule: f.Rule, *verdicts: str) -> Callable[[Example], bool]:
    def shows(example: Example) -> bool:
        finding = probe.of_deed(example).get(rule.id)
        return finding is not None and finding.verdict in verdicts

    return shows


def _told(probe: Probe, example: Example, name: str, value: str) -> Example | None:
    """The same scene where the deed has two accounts that differ in one field."""
    first, second = list(probe.agreement.parties)[:2] if len(probe.agreement.parties) > 1 else (None, None)
    was = example.scene.acts[example.deed].fields.get(name)
    if first is None or second is None or was is None or was == value:
        return None
    accounts = (Account(first, {name: was}), Account(second, {name: value}))
    acts = tuple(replace(act, accounts=accounts) if act.id == example.deed else act for act in example.record.acts)
    return probe.judged_record(example.scene, replace(example.record, acts=acts))
