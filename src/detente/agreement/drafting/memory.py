"""Questions that remember for ever, and statements that count as soon as one of several parties has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import TRIES, Example, Goal, Probe, scope
from detente.agreement.drafting.scene import DAY
from detente.agreement.strata import walk

LONG_AGO = 1_000
"""Days by which an example's acts are put back."""


def memory(probe: Probe) -> list[Advice]:
    """One finding for each clause that an act of whatever age, and about whatever, settles."""
    found = (_for_ever(probe, rule) for rule in probe.agreement.rules.values())
    return [advice for advice in found if advice is not None]


def asked(agreement: f.Agreement, condition: f.Condition | None) -> Iterator[f.Pattern]:
    """The questions about earlier acts whose answer yes serves a condition."""
    if isinstance(condition, f.All | f.Any_):
        for item in condition.items:
            yield from asked(agreement, item)
    elif isinstance(condition, f.Named):
        yield from asked(agreement, agreement.define[condition.name])
    elif isinstance(condition, f.Ask) and condition.mode == "earlier":
        yield condition.pattern


def _unbounded(pattern: f.Pattern) -> bool:
    """Nothing limits its age, ends it, replaces it or ties it to the deed."""
    paths = [part.path for part in walk(pattern.with_) if isinstance(part, f.PathValue | f.Covers)]
    tied = pattern.same or any(path[0] in ("its", "this") for path in paths)
    bounded = pattern.at_most is not None or pattern.no_later_than is not None or pattern.during
    return not (tied or bounded or pattern.ended_by or pattern.newest_per)


def _for_ever(probe: Probe, rule: f.Rule) -> Advice | None:
    if rule.mode not in ("forbid", "permit"):
        return None
    exception = [p for p in asked(probe.agreement, rule.unless) if _unbounded(p)] if rule.mode == "forbid" else []
    reason = [p for p in asked(probe.agreement, rule.when) if _unbounded(p)]
    for pattern, verdict in [*((p, "kept") for p in exception), *((p, _by_reason(rule)) for p in reason)]:
        example = _aged(probe, rule, pattern, verdict)
        if example is None:
            continue
        act = w.kinds(pattern.kinds)
        does = {"kept": "lifts", "broken": "brings about"}.get(verdict, "gives")
        says = f"{act} of more than {LONG_AGO} days before still {does} what {rule.id} says"
        text = f"{w.capital(act)} of whatever age, and about whatever, settles {rule.id}: made once, it serves for every later act."
        choices = (
            "say how old it may be (`at_most`)",
            "tie it to the act judged by a field that both have (`same`)",
            "say what ends it (`ended_by`)",
            "say that once is meant to be for ever",
        )
        return Advice("remembers", (rule.id,), text, choices, (Shown(example, says, (rule.id,)),))
    return None


def _by_reason(rule: f.Rule) -> str:
    return "broken" if rule.mode == "forbid" else "no verdict"


def _aged(probe: Probe, rule: f.Rule, pattern: f.Pattern, verdict: str) -> Example | None:
    """A deed that the clause judges so, on the strength of an act of long ago."""
    kept = verdict == "kept"
    goals = [Goal(scope(rule), True, rule.id)]
    goals += [Goal(rule.unless, kept, rule.id)] if rule.unless is not None else []
    for author in probe.authors(rule):
        for scene in islice(probe.scenes(rule.kinds[0], author, goals), TRIES):
            own = [d.id for d in scene.acts.values() if d.kind in pattern.kinds and not d.role and d.id != "deed"]
            if not own:
                continue
            past = {id: replace(scene.acts[id], at=scene.acts[id].at - LONG_AGO * DAY) for id in own}
            example = probe.judge(replace(scene, acts={**scene.acts, **past}))
            if example is not None and _said(probe, example, rule) == verdict:
                return example
    return None


def _said(probe: Probe, example: Example, rule: f.Rule) -> str:
    finding = probe.of_deed(example).get(rule.id)
    return finding.verdict if finding is not None and not (finding.shadow and not rule.reading_of) else ""


# several parties and no addressee


def receivers(probe: Probe) -> list[Advice]:
    """One finding for all clauses, with three parties or more, that a statement only one of them has received settles."""
    parties = list(probe.agreement.parties)
    if len(parties) < 3:
        return []
    shown: list[Shown] = []
    said: dict[str, str] = {}
    for rule in probe.agreement.rules.values():
        for pattern in asked(probe.agreement, rule.unless) if rule.mode == "forbid" else ():
            one = _one_receiver(probe, rule, pattern) if _open(probe.agreement, pattern) else None
            if one is not None:
                shown.append(one)
                said[rule.id] = w.kinds(pattern.kinds)
                break
    if not shown:
        return []
    each = w.listed((f"{what} ({clause})" for clause, what in said.items()), "and")
    text = f"With {len(parties)} parties, a statement that names no addressee counts as soon as one of them has it: {each}."
    choices = (
        "say whose receipt counts (`to`, or `to_each: other` for all of them)",
        "give the statement a field of type addressee",
        "say that one of the others is enough",
    )
    return [Advice("no addressee", tuple(said), text, choices, (shown[0],))]


def _open(agreement: f.Agreement, pattern: f.Pattern) -> bool:
    """Whether these are statements of which the text does not say who must receive them."""
    kinds = [agreement.kinds[kind] for kind in pattern.kinds]
    addressed = any(field.type == "addressee" for kind in kinds for field in kind.fields.values())
    built_in = any(kind.name in ("receipt", "finding") for kind in kinds)
    return pattern.to is None and not addressed and not built_in and not any(kind.event for kind in kinds)


def _one_receiver(probe: Probe, rule: f.Rule, pattern: f.Pattern) -> Shown | None:
    """A deed in keeping by a statement that a single other party has signed for."""
    assert rule.unless is not None
    goals = [Goal(scope(rule), True, rule.id), Goal(rule.unless, True, rule.id)]
    for author in probe.authors(rule):
        for scene in islice(probe.scenes(rule.kinds[0], author, goals), TRIES):
            record = scene.record(probe.ahead)
            said = [act for act in record.acts if act.kind in pattern.kinds and act.received]
            if not said:
                continue
            only = {act.id: min(code for code in act.received if code in probe.agreement.parties) for act in said}
            acts = (
                replace(act, received={only[act.id]: act.received[only[act.id]]}) if act.id in only else act
                for act in record.acts
            )
            example = probe.judged_record(scene, replace(record, acts=tuple(acts)))
            if _said(probe, example, rule) == "kept":
                parties, has = probe.agreement.parties, only[said[0].id]
                rest = [name for code, name in parties.items() if code != has and code not in said[0].by]
                says = f"only {parties[has]} has received the {w.plain(said[0].kind)}, {w.listed(rest, 'and')} never had it, and it counts"
                return Shown(example, says, (rule.id,))
    return None
