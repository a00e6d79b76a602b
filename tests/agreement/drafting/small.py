"""Small agreements, each with one fault of drafting or with none."""

from __future__ import annotations

from detente.agreement.distances import Distances
from detente.agreement.drafting.check import Drafting, drafting
from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement

HEAD = """
language: 1
agreement: small
zone: Asia/Damascus
tolerance: 50 m
parties: {us: United States, ru: Russian Federation}
others:
  regime: {name: government, guarantor: ru}
  red: {name: Red}
  loner: {name: one for whom nobody answers}
statements:
  signature: {}
  leaving: {}
  start: {}
  stop: {}
  notice: {strike: code}
  claim: {strike: code}
  consent: {strike: code}
  site: {site: code, position: point}
  removal: {site: code}
  zone: {area: code, shape: area}
  report: {strike: code, urgent: yes | no}
events:
  strike: {strike: code, position: point, urgent: yes | no}
  raid: {strike: code, position: point, against: who}
  flight: {flight: code, position: point}
places:
  sites: {within: 500 m, of: {named_in: {act: site, ended_by: removal, newest_per: [site]}, field: position}}
  zones: {named_in: {act: zone, by_each: parties, alike: [area, shape], newest_per: [area]}, field: shape}
phases:
  term: {starts: {act: signature, by_each: parties}, ends: {act: leaving, by: parties}}
  trial: {starts: {act: start, by_each: parties}, ends: {act: stop, by: parties}}
  trial_two: {starts: {act: start, by_each: parties}, ends: {after: 10 days}}
"""


def small(clauses: str, force: str = "") -> Agreement:
    """An agreement with these clauses; `force`: its condition of being in force."""
    top = f"in_force: {force}\n" if force else ""
    return read_agreement(f"{HEAD}{top}clauses:\n{clauses.strip()}\n".encode(), "small")


def checked(agreement: Agreement, *, proofs: bool | None = None) -> Drafting:
    """Its drafting findings."""
    return drafting(agreement, Distances(), proofs=proofs)


def kinds(agreement: Agreement, *, proofs: bool | None = None) -> dict[str, list[tuple[str, ...]]]:
    """The clauses named, by kind of finding."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for advice in checked(agreement, proofs=proofs).advice:
        found.setdefault(advice.kind, []).append(advice.clauses)
    return found
