"""Duties that bind nobody, and duties that cannot be done without breaking a prohibition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from detente.agreement import form as f
from detente.agreement.drafting import people
from detente.agreement.drafting.advice import Advice, Shown
from detente.agreement.drafting.probe import DEED, TRIES, Example, Goal, Probe
from detente.agreement.drafting.scene import DAY, Scene, length
from detente.agreement.drafting.spans import phase_truth
from detente.agreement.strata import walk


def duties(probe: Probe) -> list[Advice]:
    """Findings about duties, those first that cannot be met."""
    found = []
    for rule in probe.agreement.rules.values():
        if rule.mode == "require":
            found += [one for one in (_forbidden(probe, rule), _unborne(probe, rule)) if one is not None]
    return found


def triggers(probe: Probe, rule: f.Rule, authors: list[str] | None = None) -> Iterator[tuple[Scene, str]]:
    """Scenes in which a duty arises from an act or the start of a phase; the trigger's id ("" for an edge)."""
    trigger = rule.trigger
    assert trigger is not None
    if trigger.pattern is not None:
        pattern = trigger.pattern
        for kind in pattern.kinds:
            goals = [Goal(f.All((pattern.with_,)))] if pattern.with_ is not None else []
            goals += [Goal(f.During(name)) for name in (pattern.during, rule.during) if name]
            goals += [Goal(rule.when, True, rule.id)] if rule.when is not None else []
            for author in authors if authors is not None else _authors(probe, pattern.by):
                for scene in islice(probe.scenes(kind, author, goals), TRIES):
                    yield scene, DEED
    elif trigger.edge is not None and trigger.edge.edge == "start":
        for world in probe.worlds:
            empty = Scene(probe.agreement, world)
            for scene in islice(phase_truth(probe.builder, empty, trigger.edge.phase, True, world.start, (), 0), TRIES):
                yield scene, ""


def _authors(probe: Probe, whos: f.Whos | None) -> list[str]:
    named = probe.named(whos) if whos is not None else set(probe.agreement.parties)
    return [code for code in (*probe.agreement.parties, *probe.agreement.others) if code in named]


def _unborne(probe: Probe, rule: f.Rule) -> Advice | None:
    """An act that brings the duty about and names nobody who owes it: its author has no guarantor."""
    guaranteed = any(isinstance(who, f.Word) and who.word == "guarantor" for who in rule.by or ())
    pattern = rule.trigger.pattern if rule.trigger is not None else None
    if not guaranteed or pattern is None:
        return None
    alone = [code for code in _authors(probe, pattern.by) if not people.guarantor(probe.agreement, code)]
    for scene, deed in triggers(probe, rule, alone):
        example = probe.judge(scene)
        finding = probe.of_deed(example).get(rule.id) if example is not None and deed else None
        if example is not None and finding is not None and finding.bearer is None:
            author = scene.acts[DEED].by
            says = f"{rule.id} arises after this act, and nobody answers for {author}"
            choices = (f"name a guarantor for {author}", "say who owes the duty then",
                       "leave such acts out of what brings the duty about")  # fmt: skip
            text = f"{rule.id} is owed by the guarantor of whoever acts, and {author} has none."
            return Advice("no bearer", (rule.id,), text, choices, (Shown(example, says, (rule.id,)),))
    return None


def _forbidden(probe: Probe, rule: f.Rule) -> Advice | None:
    """What is owed is forbidden to its bearer, and nothing the bearer itself could do lifts the prohibition."""
    for ban in probe.agreement.rules.values():
        if ban.mode != "forbid" or not set(ban.kinds) & set(rule.kinds) or not _helpless(probe, ban):
            continue
        example = _both(probe, rule, ban)
        if example is not None:
            says = f"the duty {rule.id} is kept by this act, and {ban.id} calls the same act broken"
            text = f"{rule.id} demands what {ban.id} forbids, and its bearer alone cannot lift the prohibition."
            choices = (
                f"let {rule.id} arise only when {ban.id} no longer holds",
                f"add to {ban.id} an exception for what {rule.id} demands",
                "drop one of them",
            )
            return Advice(
                "impossible duty", (rule.id, ban.id), text, choices, (Shown(example, says, (rule.id, ban.id)),)
            )
    return None


def _helpless(probe: Probe, ban: f.Rule) -> bool:
    """Whether the exception of a prohibition needs somebody else: no exception, a phase, or acts by others."""
    asks = [part.pattern for part in walk(ban.unless) if isinstance(part, f.Ask)]
    own = [
        p
        for p in asks
        if p.by is not None and all(isinstance(w, f.Word) and w.word in ("actor", "anyone") for w in p.by)
    ]
    facts = [
        part
        for part in walk(ban.unless)
        if isinstance(part, f.Is | f.Given | f.Inside | f.Clock | f.Named | f.ElapsedIs)
    ]
    lifted = any(r.mode == "permit" and (ban.id in r.over or r.over_every) for r in probe.agreement.rules.values())
    return not lifted and not own and not (facts and not asks)


def _both(probe: Probe, rule: f.Rule, ban: f.Rule) -> Example | None:
    """The duty is kept by an act that the prohibition calls broken."""
    assert rule.owed is not None
    for scene, deed in islice(triggers(probe, rule), 3):
        at = scene.acts[deed].at if deed else scene.world.start
        within = length(rule.owed.within) or DAY
        chain = (deed,) if deed else ()
        bearers = people.codes(scene, rule.by, deed, chain) if rule.by is not None else []
        for bearer in bearers:
            owed = replace(rule.owed, by=None, each=False)
            for answered in islice(probe.builder.make(scene, owed, at, chain, before=False, by=[bearer]), 2):
                act = list(answered.acts)[-1] if len(answered.acts) > len(scene.acts) else ""
                example = probe.judge(answered, within + probe.ahead)
                if example is None:
                    continue
                verdicts = {(one.clause, one.act): one.verdict for one in example.findings}
                kept = any(
                    one.clause == rule.id and one.bearer == bearer and one.verdict == "kept" for one in example.findings
                )
                if kept and verdicts.get((ban.id, act)) == "broken":
                    return example
    return None
