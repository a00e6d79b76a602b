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
        verdicts = {"forbid": "broken", "permit": "no verdict"}

        def shows(example: Example, rule: f.Rule = rule) -> bool:
            finding = probe.of_deed(example).get(rule.id)
            return finding is not None and finding.verdict == verdicts[rule.mode]

        example = probe.find(rule.kinds[0], probe.authors(rule), broken(rule), shows)
        if example is not None:
            words = w.listed((f"“{word}”" for word in rule.not_judged), "and")
            what = "applies" if rule.mode == "permit" else "calls it broken"
            says = f"{rule.id} {what}, and whether {words} was so is not asked"
            shown.append(Shown(example, says, (rule.id,)))
            break
    if not shown:
        return []
    listed = "; ".join(f"{rule.id} {w.listed((f'“{word}”' for word in rule.not_judged), 'and')}" for rule in rules)
    choices = ("leave the words in, knowing that no record settles them", "put a fact in their place that a record can show",
               "name who decides, and by which statement")  # fmt: skip
    clauses = tuple(rule.id for rule in rules)
    return [Advice("undecidable", clauses, f"Words that no record decides: {listed}.", choices, tuple(shown))]


def _claims(probe: Probe) -> list[Advice]:
    """Fields of events that clauses turn on, where the same event told two ways has no answer."""
    found = []
    for kind in probe.agreement.kinds.values():
        for field in kind.fields.values():
            if kind.event and (field.type == "who" or (field.type == "enum" and len(field.values) > 2)):
                advice = _claim(probe, kind, field)
                if advice is not None:
                    found.append(advice)
    return found


def _claim(probe: Probe, kind: f.Kind, field: f.Field) -> Advice | None:
    rules = [rule for rule in probe.agreement.rules.values() if kind.name in rule.kinds and rule.mode in ("forbid", "permit")
             and any(isinstance(part, f.Is) and part.path == (field.name,) for part in walk((rule.when, rule.unless)))]  # fmt: skip
    for rule in rules:
        if rule.mode != "forbid":
            continue
        example = probe.find(kind.name, probe.authors(rule), broken(rule), _broken(probe, rule))
        for value in values(probe.agreement, field) if example is not None else ():
            assert example is not None
            told = _told(probe, example, field.name, value)
            if told is not None and (finding := probe.of_deed(told).get(rule.id)) is not None and finding.verdict in ("disputed", "cannot tell"):
                was = example.scene.acts[example.deed].fields[field.name]
                says = f"one side tells it as {w.plain(field.name)} {was}, the other as {value}: {rule.id} says {finding.verdict}"
                names = tuple(rule.id for rule in rules)
                text = f"{w.listed(names, 'and')} turn{'s' if len(names) == 1 else ''} on `{field.name}` of {w.a_kind(kind.name)}: a claim of whoever tells of it."
                choices = (f"say whose word on `{field.name}` counts", f"say which sources it takes to show `{field.name}`",
                           "let it be stated before the deed, in a notice that counts from receipt")  # fmt: skip
                return Advice("undecidable", names, text, choices, (Shown(told, says, (rule.id,)),))
    return None


def _broken(probe: Probe, rule: f.Rule) -> Callable[[Example], bool]:
    def shows(example: Example) -> bool:
        finding = probe.of_deed(example).get(rule.id)
        return finding is not None and finding.verdict == "broken"

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
