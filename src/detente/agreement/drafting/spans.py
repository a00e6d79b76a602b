"""Phases of a scene: acts that begin them, and acts or time that end them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.drafting.scene import DAY, HOUR, Scene, length

if TYPE_CHECKING:
    from detente.agreement.drafting.build import Builder

Chain = tuple[str, ...]


def phase_truth(
    build: Builder, scene: Scene, name: str, want: bool, at: int, chain: Chain, lead: int = 20 * DAY
) -> Iterator[Scene]:
    """Scenes in which a phase runs (or does not) at an instant."""
    phase = scene.agreement.phases[name]
    if not want:
        yield scene
        if name not in scene.begun:
            yield from ended(build, scene, phase, at, chain)
        return
    if name in scene.begun:
        yield scene
        return
    for end in phase.ends:
        if isinstance(end, f.After):
            lead = min(lead, (length(end.duration) or lead) // 2)
    for start in phase.starts:
        for made in _edge(build, scene, start, at, chain, lead, name):
            yield replace(made, begun=made.begun | {name})


def ended(build: Builder, scene: Scene, phase: f.Phase, at: int, chain: Chain) -> Iterator[Scene]:
    """Scenes in which a phase ran and is over at an instant."""
    for end in phase.ends:
        if isinstance(end, f.ByAct):
            for begun in phase_truth(build, scene, phase.name, True, at, chain):
                gone = replace(begun, begun=begun.begun - {phase.name})
                yield from _edge(build, gone, end, at, chain, HOUR, f"the end of {phase.name}")
        elif isinstance(end, f.After):
            for start in phase.starts:
                lead = (length(end.duration) or 0) + 2 * DAY
                yield from _edge(build, scene, start, at, chain, lead, phase.name)
        elif isinstance(end, f.EdgeOf):
            for begun in phase_truth(build, scene, phase.name, True, at, chain):
                gone = replace(begun, begun=begun.begun - {phase.name})
                yield from _edge(build, gone, end, at, chain, HOUR, f"the end of {phase.name}")
        elif isinstance(end, f.Instant) and end.ms <= at:
            yield scene


def _edge(build: Builder, scene: Scene, edge: f.Edge, at: int, chain: Chain, lead: int, name: str) -> Iterator[Scene]:
    """Scenes in which an edge of a phase lies before an instant."""
    if isinstance(edge, f.Instant):
        if edge.ms <= at:
            yield scene
    elif isinstance(edge, f.ByAct):
        then = at - lead - (length(edge.plus) or 0)
        before = replace(scene, role=scene.role or name)
        for made in build.make(before, edge.pattern, then, (), before=True):
            yield replace(made, role=scene.role)
    elif isinstance(edge, f.EdgeOf):
        if edge.edge == "start":
            yield from phase_truth(build, scene, edge.phase, True, at - HOUR, chain, lead)
        else:
            yield from ended(build, scene, scene.agreement.phases[edge.phase], at, chain)
    elif isinstance(edge, f.Streak):
        yield from phase_truth(build, scene, edge.since, True, at - (edge.days + 3) * DAY, chain, lead)
