"""Small agreements for tests: two parties, a third, a few kinds; the clauses and acts are what a test is about."""

from __future__ import annotations

from detente.agreement.language import read_agreement
from detente.agreement.record import Record
from detente.agreement.reference import judge
from tests.agreement.geodesics import Exact
from tests.agreement.stories import read_record

HEAD = """
language: 1
agreement: small
zone: Asia/Damascus
tolerance: 50 m
parties: {us: United States, ru: Russian Federation}
others:
  regime: {name: government, guarantor: ru}
  nusra: {name: Nusra, aliases: [Front, {name: Sham, from: 2016-07-28T00:00:00Z}]}
  left: {name: a faction, guarantor: us}
  right: {name: another, guarantor: us}
  opposition: {name: opposition, members: [left, right]}
  covered:
    name: covered
    joined_by: {act: acceptance, by: [left, right, regime], to: parties, no_later_than: 2016-09-02T00:00:00Z,
                ended_by: departure}
  un: {name: United Nations, keeps_log: true}
statements:
  nomination: {target: code, area: optional code}
  withdrawal_of: {target: code}
  acceptance: {}
  departure: {}
  signature: {}
  leaving: {}
  extension: {}
  designation: {area: code, version: count, shape: area}
  revocation: {area: code}
  site: {site: code, position: point}
  notice: {window: span, place: optional area, distance: optional length, purpose: optional rescue | medical}
  letter: {to_whom: addressee, number: optional code}
  claim: {strike: code}
  reason: {strike: code}
  stop: {}
  answer: {stop: act stop}
  daily: {day: optional day}
events:
  strike: {target: code, position: point, against: who, strike: optional code, number: optional count}
  flight: {flight: code, position: point, purpose: optional code}
"""


def agreement(clauses: str, more: str = "", head: str = HEAD):
    """An agreement with these clauses (indented as under `clauses:`)."""
    return read_agreement(f"{head}\n{more}\nclauses:\n{clauses}\n".encode())


def record(acts: str, form, now: str = "2016-10-01T00:00:00Z", heads: str = "{}") -> Record:
    """A record of acts, whole to now."""
    return read_record(f"acts:{chr(10) + acts if acts else ' []'}\nnow: {now}\nheads: {heads}\n", form)


def findings(clauses: str, acts: str, more: str = "", now: str = "2016-10-01T00:00:00Z", heads: str = "{}", **annexes):
    """The findings, by clause, act and bearer."""
    form = agreement(clauses, more)
    said = judge(form, record(acts, form, now, heads), Exact(annexes))
    return {(item.clause, item.act, item.bearer): item for item in said}


def verdicts(clauses: str, acts: str, more: str = "", now: str = "2016-10-01T00:00:00Z", heads: str = "{}", **annexes):
    """Act and bearer to verdict, of the only (or last) clause that finds anything."""
    return {
        (key[1], key[2]): item.verdict for key, item in findings(clauses, acts, more, now, heads, **annexes).items()
    }


def verdict(
    clauses: str, acts: str, act: str, more: str = "", now: str = "2016-10-01T00:00:00Z", heads: str = "{}", **ann
):
    """The verdict about one act, of clause c."""
    found = [
        item.verdict for key, item in findings(clauses, acts, more, now, heads, **ann).items() if key[:2] == ("c", act)
    ]
    assert len(found) == 1, found
    return found[0]
