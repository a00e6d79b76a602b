"""What a node is told at its start, and whether it fits together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detente.errors import LocalError
from detente.model.terms import Terms
from detente.proof.roots import KeyState, admit_together, digest_of, read_root


@dataclass(frozen=True)
class Settings:
    """What a node is told at its start. `roots`: the signed first root document of every participant."""

    me: str
    agreement: bytes
    terms: Terms
    terms_bytes: bytes
    roots: Mapping[str, bytes]
    production: bool = True


def pinned_states(settings: Settings) -> dict[str, KeyState]:
    """The first keys of every participant, checked against the terms; LocalError if they do not fit."""
    if settings.production and any(origin.startswith("demo/") for origin in settings.terms.logs):
        raise LocalError("demo-origin", "the terms name logs under demo/", where="terms")
    states: dict[str, KeyState] = {}
    for code, participant in settings.terms.participants.items():
        document = settings.roots.get(code)
        if document is None or digest_of(document) != participant.root:
            raise LocalError("root-invalid", f"the root document of {code} is missing or not the one in the terms")
        states[code] = read_root(document)
        if states[code].document.participant != code:
            raise LocalError("root-invalid", f"the root pinned for {code} is of {states[code].document.participant}")
    admit_together(states.values())
    for log in settings.terms.logs.values():
        if log.origin != states[log.sender].document.log_origin(log.audience):
            raise LocalError("terms-invalid", f"log {log.origin} is not named as its sender's root says", where="terms")
    return states
