"""All drafting checks of an agreement, in the order in which a negotiator should read them."""

from __future__ import annotations

from dataclasses import dataclass

from detente.agreement.drafting import logic
from detente.agreement.drafting.advice import Advice
from detente.agreement.drafting.borders import borders
from detente.agreement.drafting.claims import undecidable
from detente.agreement.drafting.clashes import clashes
from detente.agreement.drafting.duties import duties
from detente.agreement.drafting.gaps import gaps
from detente.agreement.drafting.memory import memory, receivers
from detente.agreement.drafting.never import SKIPPED, nevers
from detente.agreement.drafting.probe import Probe
from detente.agreement.drafting.protections import protections
from detente.agreement.drafting.readings import readings
from detente.agreement.drafting.redundant import needless_permits, redundant
from detente.agreement.form import Agreement
from detente.agreement.geometry import Geometry


@dataclass(frozen=True)
class Drafting:
    """`advice`: heaviest first. `skipped`: what was not looked for, for want of Z3. `judged`: records put to the judge."""

    advice: tuple[Advice, ...]
    skipped: tuple[str, ...]
    judged: int


def drafting(agreement: Agreement, geometry: Geometry, *, proofs: bool | None = None) -> Drafting:
    """The drafting findings of an agreement. `proofs`: with Z3 or without; None: if it is installed."""
    probe = Probe(agreement, geometry)
    found: list[Advice] = []
    for look in (
        clashes,
        gaps,
        readings,
        duties,
        protections,
        receivers,
        memory,
        borders,
        undecidable,
        needless_permits,
    ):
        found += look(probe)
    prove = logic.available() if proofs is None else proofs
    if prove:
        found += [*nevers(probe), *redundant(probe)]
    ordered = sorted(found, key=Advice.weight)
    return Drafting(tuple(ordered), () if prove else SKIPPED, probe.judged)
