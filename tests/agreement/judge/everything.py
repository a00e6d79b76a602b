# ruff: noqa: E501 - agreement text
"""An agreement with every construct of the language, and random records under it."""

from __future__ import annotations

import random
from dataclasses import replace

from detente.agreement.form import Agreement
from detente.agreement.language import read_agreement
from detente.agreement.record import UNKNOWN, Account, Act, Interval, OneOf, Record, Region, Span, Spot

TEXT = b"""
language: 1
agreement: everything
zone: Asia/Damascus
tolerance: 50 m
grace: 10min
settle: 2h
parties: {us: A, ru: B}
others:
  regime: {name: Regime, guarantor: ru}
  rebels: {name: Rebels, guarantor: us, aliases: [Rebels Front, {name: New Front, from: 2016-09-03T00:00:00Z}]}
  un: {name: UN, keeps_log: true}
  camp: {name: both, members: [regime, rebels]}
  covered: {name: joined, joined_by: {act: acceptance, by: [regime, rebels], no_later_than: 2016-09-03T00:00:00Z, ended_by: departure}}
statements:
  signature: {}
  withdrawal: {}
  suspension: {}
  resumption: {}
  acceptance: {}
  departure: {}
  extension: {}
  nomination: {target: code}
  consent: {target: code}
  withdrawal_of_consent: {target: code}
  designation: {area: code, version: count, shape: area}
  revocation: {area: code}
  site_entry: {site: code, position: point}
  site_removal: {site: code}
  convoy_position: {convoy: code, position: point}
  arrival: {convoy: code, position: point}
  air_notice: {operation: code, place: area, window: span}
  flight_notice: {flight: code, purpose: medical | rescue, window: span}
  voiding: {flight: code}
  claim: {strike: code}
  reason: {strike: code, text: text}
  stop: {note: optional text}
  stop_acknowledgement: {stop: act stop}
  lifting: {}
  report: {strike: code}
  pull_back: {sector: code, distance: length}
  notice: {host: addressee, eta: time, entry: code}
  answer: {flight: act notice}
  referral: {incident: code}
  line_test: {}
  plan: {day: day}
events:
  strike: {strike: code, target: code, operation: code, position: point, against: who}
  flight: {flight: code, purpose: optional code, position: point}
  attack: {incident: code, weapon: air | mortar, responds_to: optional code, against: who}
  landing: {flight: act notice}
places:
  designated: {named_in: {act: designation, by_each: parties, alike: [area, version, shape], newest_per: [area], ended_by: revocation}, field: shape}
  sites: {named_in: {act: site_entry, ended_by: site_removal, newest_per: [site]}, field: position}
  moving: {named_in: {act: convoy_position, by: un, newest_per: [convoy], ended_by: {act: arrival, same: [convoy]}}, field: position, drift: 10 km/h}
  fixed: {shape: {circle: [36.5, 35.5], radius: 20000}}
  strip: {within: 5 km, of: {shape: {line: [[36.0, 35.0], [37.0, 35.0]]}}, inside: fixed_big, minus: fixed}
  fixed_big: {shape: {poly: [[36.0, 34.5], [37.0, 34.5], [37.0, 35.5], [36.0, 35.5]]}}
phases:
  force: {starts: {act: signature, by_each: parties}, ends: {act: withdrawal, by: parties, plus: 6h}}
  suspended: {starts: {act: suspension, by: parties}, ends: {act: resumption, by_each: parties}}
  truce: {starts: 2016-09-01T12:00:00Z, ends: {after: 24h}, renewed_by: {act: extension, by_each: parties, alike: [until]}}
  calm: {starts: {streak: 1 days, since: truce, each_day: {count: finding, with: {clause: [ATTACK], verdict: broken}, in: day, at_most: 1}}}
in_force: {during: force, not: {during: suspended}}
define:
  answered: {earlier: attack, same: {incident: responds_to, against: by}}
clauses:
- {id: NOM, forbid: strike, by: parties, when: {against: rebels}, unless: {earlier: nomination, by: parties, same: [target], at_least: 24h}}
- {id: CON, forbid: strike, by: parties, when: {against: rebels}, unless: {earlier: consent, by_each: parties, same: [target], ended_by: withdrawal_of_consent}}
- {id: AREA, forbid: strike, by: parties, when: {against: rebels}, unless: {inside: designated}}
- {id: NEAR, forbid: strike, when: {inside: {within: 2 km, of: sites}}, prevails_over: every permission, survives: true}
- {id: CONVOY, forbid: strike, when: {inside: {within: 2 km, of: moving}}, survives: true, prevails_over: every permission}
- {id: NOTICE, forbid: strike, by: parties, unless: {earlier: air_notice, by: actor, same: [operation], at_least: 30min, at_most: 12h, with: {place: {covers: its.position}, window: {covers: its.at}}}}
- id: THREAT
  permit: strike
  by: parties
  when: {later: claim, by: actor, same: [strike], within: 1h}
  prevails_over: [NOM, CON]
  then: [{id: THREAT-reason, require: reason, by: actor, same: [strike], within: 24h}]
- {id: OUT, permit: strike, by: us, when: {outside: fixed}}
- {id: STRIP, forbid: strike, when: {inside: strip}, by: anyone, prevails_over: [OUT]}
- {id: STOPACK, require: stop_acknowledgement, by: other, same: {stop: id}, after: stop, within: 2min}
- {id: STOPPED, forbid: strike, by: parties, when: {earlier: stop, by: other, at_least: 5min, ended_by: lifting}, prevails_over: every permission}
- {id: REPORT, require: report, by: actor, after: {act: strike, by: parties}, same: [strike], within: 12h, answers: un}
- {id: GROUND, forbid: flight, by: camp, when: {inside: fixed}, during: truce, unless: {all: [{purpose: [medical, rescue]}, {earlier: flight_notice, by: guarantor, same: [flight, purpose], ended_by: {act: voiding, by: guarantor, same: [flight]}, with: {window: {covers: its.at}}}]}}
- {id: LOITER, forbid: flight, when: {count: flight, same: [flight], in: 3h, at_least: 3}}
- {id: ATTACK, forbid: attack, by: covered, when: {against: covered}, during: truce}
- {id: SELF, permit: attack, by: covered, when: answered, prevails_over: [ATTACK]}
- {id: REFER, require: referral, by_each: parties, after: {act: finding, with: {clause: [ATTACK], verdict: broken}}, when: {count: finding, same: [by], with: {clause: [ATTACK], verdict: broken}, in: 48h, at_least: 2}, same: [incident], within: 6h}
- {id: CALM, forbid: withdrawal, by: parties, unless: {during: calm}}
- {id: MIRROR, require: pull_back, by: rebels, with: {distance: {at_least: its.distance}}, after: {act: pull_back, by: regime}, same: [sector], within: 24h}
- {id: LEAD, forbid: notice, unless: {elapsed: {from: at, to: eta, at_least: 3h}}}
- {id: ANSWER, require: answer, by: its.host, same: {flight: id}, after: notice, within: 4h}
- {id: TOLD, forbid: notice, unless: {elapsed: {from: at, to: received.parties, at_most: 1h}}}
- {id: LAND, forbid: landing, unless: [{earlier: answer, same: [flight], by: its.flight.host}, {not: {elapsed: {from: flight.eta, to: at, at_most: 2h}}}]}
- {id: GIVEN, forbid: stop, unless: {given: note}}
- {id: HOURS, forbid: line_test, unless: {clock: {days: [thu, fri, sat], from: "09:00", until: "13:00"}}}
- {id: DAILY, require: line_test, by_each: parties, due: {every: day, at: "12:00"}, during: truce}
- {id: PLAN, require: plan, by: us, due: {every: day, at: "18:00"}, same: {day: next_day}, during: truce}
- {id: START, require: nomination, by_each: parties, after: {start_of: truce}, within: 1 days}
- {id: RECEIPT, require: receipt, by_each: parties, same: {of: id}, after: {act: site_entry, by: un}, within: 2h}
- {id: MOUTH, not_judged: [airmanship]}
"""

NOW = 1473163200000  # 2016-09-06T12:00Z
START = 1472688000000  # 2016-09-01T00:00Z
H = 3_600_000
LOGS = ("us", "ru", "un")


def agreement() -> Agreement:
    return read_agreement(TEXT, "everything")


def _spot(r: random.Random) -> Spot:
    centre = r.choice([(36.5, 35.5), (36.5, 35.0), (36.51, 35.5), (36.72, 35.5)])
    return Spot(
        centre[0] + r.choice([0, 0, 0.01, 0.03, 0.2]),
        centre[1] + r.choice([0, 0, 0.02, 0.045]),
        r.choice([10.0, 300.0]),
    )


def _circle(r: random.Random) -> Region:
    return Region(centre=r.choice([(36.5, 35.5), (36.5, 35.0)]), radius=r.choice([2000.0, 20000.0]))


def _instant(r: random.Random) -> int:
    return (
        START
        + r.choice([r.randrange(0, 120), r.randrange(0, 48), r.randrange(24, 40)]) * H
        + r.choice([0, 0, 1, 30 * 60_000])
    )


def random_act(r: random.Random, kinds: Agreement, number: int, ids: list[str]) -> Act:
    """A fully known act."""
    names = [n for n in kinds.kinds if n not in ("receipt", "finding")]
    heavy = ["strike", "strike", "strike", "nomination", "consent", "designation", "attack", "flight", "stop", "air_notice",
             "site_entry", "acceptance", "signature"]  # fmt: skip
    kind = kinds.kinds[r.choice(names + heavy * 2)]
    when = _instant(r)
    by = {
        "signature": ["us", "ru"], "designation": ["us", "ru"], "consent": ["us", "ru"], "acceptance": ["regime", "rebels"],
        "departure": ["regime", "rebels"], "attack": ["regime", "rebels", "us"], "flight": ["regime", "rebels", "ru"],
        "pull_back": ["regime", "rebels"], "site_entry": ["un", "us"], "convoy_position": ["un"], "arrival": ["un"],
        "flight_notice": ["ru", "us"], "voiding": ["ru", "us"],
    }.get(kind.name, ["us", "ru"])  # fmt: skip
    who = r.choice(by)
    if kind.name in ("signature", "acceptance") and r.random() < 0.7:
        when = START + r.randrange(0, 12) * H
    fields: dict[str, object] = {}
    for name, field in kind.fields.items():
        if field.optional and r.random() < 0.4:
            continue
        if field.type == "point":
            fields[name] = _spot(r)
        elif field.type == "area":
            fields[name] = _circle(r)
        elif field.type == "span":
            fields[name] = Span(when - 2 * H, when + r.choice([1, 12, 48]) * H)
        elif field.type == "time":
            fields[name] = when + r.choice([1, 3, 4]) * H
        elif field.type in ("count", "length"):
            fields[name] = r.choice([1, 2])
        elif field.type in ("who", "addressee"):
            if field.type == "addressee":
                fields[name] = "ru" if who == "us" else "us"
            else:
                fields[name] = r.choice(["rebels", "regime", "Rebels Front", "New Front"])
        elif field.type == "enum":
            fields[name] = r.choice(field.values)
        elif field.type == "act":
            same = [i for i in ids if i.startswith(field.of + "-")]
            fields[name] = r.choice(same) if same else f"{field.of}-none"
        elif field.type == "day":
            fields[name] = f"2016-09-0{r.randrange(1, 6)}"
        elif name == "purpose":
            fields[name] = r.choice(["medical", "rescue", "combat"])
        else:
            fields[name] = r.choice(["x", "y"])
    received: dict[str, Interval] = {}
    if not kind.event:
        for one in LOGS:
            if one != who:
                delay = r.choice([0, 0, 0, 60_000, H])
                received[one] = Interval(when + delay, when + delay)
    until = when + r.choice([12, 48]) * H if kind.name == "extension" else None
    return Act(
        f"{kind.name}-{number}", kind.name, frozenset((who,)), Interval(when, when), received, fields, until=until
    )


def random_acts(r: random.Random, kinds: Agreement, n: int) -> list[Act]:
    acts: list[Act] = []
    for number in range(n):
        acts.append(random_act(r, kinds, number, [act.id for act in acts]))
        if r.random() < 0.3:
            twin = r.choice(acts)
            other = {"us": "ru", "ru": "us"}.get(next(iter(twin.by)))
            if other and not kinds.kinds[twin.kind].event and twin.kind != "notice":
                received = {one: when for one, when in twin.received.items() if one != other}
                received[next(iter(twin.by))] = next(iter(twin.received.values()))
                acts.append(replace(twin, id=f"{twin.kind}-t{number}", by=frozenset((other,)), received=received))
    return acts


def log_of(kinds: Agreement, who: str) -> str:
    return {"regime": "ru", "rebels": "us"}.get(who, who)


def blurred(r: random.Random, kinds: Agreement, record: Record) -> Record:
    """What somebody who knows less might hold of the same trace."""
    heads = {log: START + r.randrange(24, 140) * H for log in LOGS} if r.random() < 0.7 else {}
    heads = {log: min(head, record.now) for log, head in heads.items()}
    whole = min([heads.get(log, record.now) for log in LOGS])
    acts = []
    for act in record.acts:
        kind = kinds.kinds[act.kind]
        assert act.at is not None
        if kind.event:
            if act.at.lo > whole - kinds.settle and r.random() < 0.5:
                continue
            act = replace(act, at=_wider(r, act.at))
            if r.random() < 0.15:
                act = replace(
                    act,
                    by=act.by | r.choice([{"us"}, {"ru"}, {"regime"}, {"rebels"}]) if r.random() < 0.7 else frozenset(),
                )
        else:
            head = heads.get(log_of(kinds, next(iter(act.by))), record.now)
            received = {
                one: _wider(r, when)
                for one, when in act.received.items()
                if when.lo <= max(head, heads.get(one, record.now)) or r.random() < 0.5
            }
            if not received:
                continue
            act = replace(act, received=received)
        fields = dict(act.fields)
        for name, value in act.fields.items():
            if r.random() > 0.12:
                continue
            pick = r.random()
            if kind.event and pick < 0.3:
                del fields[name]
            elif isinstance(value, Spot):
                fields[name] = Spot(value.lon, value.lat, value.radius + 3000)
            elif pick < 0.6 or not isinstance(value, str):
                fields[name] = UNKNOWN
            else:
                fields[name] = OneOf((value, r.choice(["x", "y", "medical", "rebels"])))
        acts.append(replace(act, fields=fields))
    return Record(tuple(acts), record.now, heads)


def _wider(r: random.Random, when: Interval) -> Interval:
    if r.random() < 0.7:
        return when
    return Interval(when.lo - r.choice([0, 1, H]), when.hi + r.choice([0, 1, 2 * H]))


def with_accounts(r: random.Random, acts: list[Act]) -> list[Act]:
    found = []
    for act in acts:
        if act.at is not None and not act.received and r.random() < 0.1:
            told = tuple(Account(s, {"at": _wider(r, act.at)}) for s in r.choice([["us"], ["us", "ru"]]))
            act = replace(act, accounts=told)
        found.append(act)
    return found
