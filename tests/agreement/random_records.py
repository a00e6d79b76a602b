"""Records drawn at random for any agreement, and what a judge with less knowledge would hold of them.

Few values, few places and a coarse grid of instants, so that acts meet, tie and miss each other by one step.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from detente.agreement.form import Agreement, Field, Instant, Kind, Pattern, Rule, Shape
from detente.agreement.record import UNKNOWN, Act, Interval, OneOf, Path, Record, Region, Span, Spot
from detente.agreement.strata import walk

HOUR = 3_600_000
_STEPS = (0, 1, 60_000, 5 * 60_000, 30 * 60_000, HOUR, 2 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 7 * 24 * HOUR)
_LON, _LAT = 37.0, 36.0


def start_of(agreement: Agreement) -> int:
    """An instant about which the agreement's own instants lie."""
    named = [edge.ms for phase in agreement.phases.values() for edge in phase.starts if isinstance(edge, Instant)]
    return max(named, default=1_473_638_400_000)


def annexes(agreement: Agreement, random: Random) -> dict[str, Region | Path]:
    """A shape for each annex that the agreement may name."""
    found: dict[str, Region | Path] = {}
    for name in _read(agreement).annexes:
        lon = _LON + random.choice((0, 0.05, 0.2))
        line = Path(((lon - 0.5, _LAT), (lon + 0.5, _LAT)))
        found[name] = random.choice((Region(centre=(lon, _LAT), radius=10_000), line))
    return found


class _Reading:
    """What drawing asks of an agreement again and again: its annexes, and by rule the kinds it rests on."""

    def __init__(self, agreement: Agreement) -> None:
        self.agreement = agreement
        named = {item.annex for item in walk(agreement) if isinstance(item, Shape) and item.annex}
        self.annexes = sorted(named)
        self.kinds: dict[str, list[str]] = {}


_LAST: list[_Reading] = []


def _read(agreement: Agreement) -> _Reading:
    """The reading of the agreement that is drawn for; the last one is kept."""
    if not _LAST or _LAST[0].agreement is not agreement:
        _LAST[:] = [_Reading(agreement)]
    return _LAST[0]


def draw(agreement: Agreement, random: Random, size: int = 12) -> Record:
    """A record in which everything is known."""
    base = start_of(agreement)
    instants = [base]
    chosen = _kinds(agreement, random)
    acts: list[Act] = []
    indexes: dict[str, int] = {}
    for number in range(size):
        at = random.choice(instants) + random.choice(_STEPS) * random.choice((-1, 1, 1, 1))
        instants.append(at)
        act = _act(f"a{number:02}", random.choice(chosen), at, agreement, random, acts, indexes)
        same = [other for other in acts if other.kind == act.kind]
        if same and random.random() < 0.5:  # the same again by somebody else, or once more
            act = replace(act, fields=random.choice(same).fields)
        acts.append(act)
    acts = [_to_another(act, agreement) for act in acts]
    if random.random() < 0.5:
        acts = _indexed(acts, agreement)
    heard = [when.hi for act in acts for when in act.received.values()]
    now = max(*instants, *heard, 0) + random.choice((0, HOUR, 30 * 24 * HOUR))
    return Record(tuple(acts), now)


def _to_another(act: Act, agreement: Agreement) -> Act:
    """Nobody writes to himself."""
    fields = dict(act.fields)
    for field in agreement.kinds[act.kind].fields.values():
        if field.type == "addressee" and act.by == {fields.get(field.name)}:
            fields[field.name] = next(code for code in agreement.parties if act.by != {code})
    return replace(act, fields=fields)


def _indexed(acts: list[Act], agreement: Agreement) -> list[Act]:
    """The same with a place for each statement in its author's log, in order of receipt."""
    found = []
    for act in acts:
        if agreement.kinds[act.kind].event or act.at is None:
            found.append(act)
            continue
        mine = sorted((other.at or act.at, other.id) for other in acts if other.by == act.by)
        [log] = act.by
        received = dict.fromkeys(act.received, act.at)
        found.append(replace(act, received=received, log=log, index=mine.index((act.at, act.id))))
    return found


def _kinds(agreement: Agreement, random: Random) -> list[Kind]:
    """The kinds of one clause, of what it rests on, and one more."""
    rules = [rule for rule in agreement.rules.values() if rule.mode != "text"]
    rule = random.choice(rules)
    known = _read(agreement).kinds
    if rule.id not in known:
        known[rule.id] = _names(agreement, rule)
    names = known[rule.id]
    spare = [name for name in agreement.kinds if name not in ("receipt", "finding")]
    return [agreement.kinds[name] for name in [*names, *names, random.choice(spare)]]


def _names(agreement: Agreement, rule: Rule) -> list[str]:
    """The kinds of a clause and of what it rests on."""
    names = list(rule.kinds)
    waiting: list[object] = [rule, agreement.phases.get(rule.during), agreement.in_force]
    seen: set[str] = set()
    while waiting:
        for item in walk(waiting.pop()):
            if isinstance(item, Pattern):
                names += item.kinds
            for attribute, known in (
                ("name", agreement.places),
                ("name", agreement.define),
                ("phase", agreement.phases),
            ):
                name = getattr(item, attribute, "")
                if isinstance(name, str) and name in known and name not in seen:
                    seen.add(name)
                    waiting.append(known[name])
    names = [name for name in dict.fromkeys(names) if name not in ("receipt", "finding")]
    return names + (["watch"] if rule.watched else [])


def _act(
    name: str, kind: Kind, at: int, agreement: Agreement, random: Random, acts: list[Act], indexes: dict[str, int]
) -> Act:
    people = [*agreement.parties, *(code for code, other in agreement.others.items() if not other.joined_by)]
    by = random.choice([*people, *agreement.parties, *agreement.parties])
    fields = {
        field.name: value
        for field in kind.fields.values()
        if not (field.optional and random.random() < 0.5)
        and (value := _value(field, at, agreement, random, acts)) is not None
    }
    if kind.name == "watch":
        fields["what"] = random.choice([rule.id for rule in agreement.rules.values() if rule.watched])
        start = at - random.choice((HOUR, 12 * HOUR, 24 * HOUR))
        fields["period"] = Span(start, start + random.choice((HOUR, 12 * HOUR, 48 * HOUR)))
    act = Act(name, kind.name, frozenset({by}), Interval(at, at), {}, fields)
    if kind.name in agreement.sources:
        told = random.sample(("us", "ru", "regime", "left", "press", "a doctor"), random.choice((0, 1, 2, 3, 4)))
        act = replace(act, sources=tuple(told))
    if kind.event:
        return act
    others = [code for code, other in agreement.others.items() if other.keeps_log]
    receivers = [code for code in (*agreement.parties, *others) if code != by and random.random() < 0.9]
    received = {code: Interval(late, late) for code in receivers for late in [at + random.choice((0, 0, 1, 60_000))]}
    stated = random.random()
    indexes[by] = indexes.get(by, 0) + 1
    return replace(
        act,
        received=received,
        from_=at + random.choice((-HOUR, HOUR)) if stated < 0.1 else None,
        until=at + random.choice((HOUR, 48 * HOUR)) if stated > 0.8 else None,
    )


def _value(field: Field, at: int, agreement: Agreement, random: Random, acts: list[Act]) -> object:
    if field.type == "enum":
        return random.choice(field.values)
    usual = random.random() < 0.7
    if field.type == "act":
        found = [act.id for act in acts if act.kind == field.of]
        return random.choice(found) if found else None
    if field.type in ("who", "addressee"):
        return random.choice([*agreement.parties, *(agreement.others if field.type == "who" else ())])
    if field.type in ("count", "length"):
        return 1 if usual else random.choice((1, 2, 50_000))
    if field.type == "time":
        return at + random.choice(_STEPS)
    if field.type == "day":
        return random.choice(("2016-09-12", "2016-09-13"))
    if field.type == "span":
        start = at + random.choice(_STEPS) - random.choice((0, HOUR))
        return Span(start, start + random.choice((HOUR, 12 * HOUR, 48 * HOUR)))
    lon = _LON if usual else _LON + random.choice((0.0005, 0.01, 0.02, 0.1))
    if field.type == "point":
        return Spot(lon, _LAT)
    if field.type == "area":
        return Region(centre=(lon, _LAT), radius=5_000.0 if usual else 800.0)
    if field.type == "line":
        return Path(((lon, _LAT), (lon + 0.01, _LAT)))
    return "x" if usual else "y"


# knowing less


def blur(record: Record, agreement: Agreement, random: Random, share: float = 0.25) -> Record:
    """What a judge might hold of it: wider instants and places, several authors, unknown fields, shorter logs."""
    heads = dict(record.heads)
    logs = [*agreement.parties, *(code for code, other in agreement.others.items() if other.keeps_log)]
    for log in logs:
        if random.random() < share:
            heads[log] = min(heads.get(log, record.now), record.now - random.choice(_STEPS))
    acts = []
    for act in record.acts:
        head = min(
            (heads.get(log, record.now) for code in act.by for log in _logs(code, agreement)), default=record.now
        )
        if agreement.kinds[act.kind].event:
            whole = min([*heads.values(), record.now]) - agreement.settle
            if act.at is not None and act.at.lo > whole and random.random() < share:
                continue
        else:
            # A receipt is known from the author's log, or from its own in the receiver's.
            kept = {
                who: max(head, min(heads.get(log, record.now) for log in _logs(who, agreement))) for who in act.received
            }
            act = replace(act, received={who: when for who, when in act.received.items() if when.lo <= kept[who]})
        acts.append(_blurred(act, agreement, random, share))
    return Record(tuple(acts), record.now, heads)


def _logs(code: str, agreement: Agreement) -> list[str]:
    other = agreement.others.get(code)
    if other is None or other.keeps_log:
        return [code]
    if other.members:
        return [log for member in other.members for log in _logs(member, agreement)]
    return _logs(other.guarantor, agreement) if other.guarantor else list(agreement.parties)


def _wider(at: Interval, random: Random) -> Interval:
    return Interval(at.lo - random.choice(_STEPS[:6]), at.hi + random.choice(_STEPS[:6]))


def _blurred(act: Act, agreement: Agreement, random: Random, share: float) -> Act:
    people = [*agreement.parties, *(code for code, other in agreement.others.items() if not other.joined_by)]
    event = agreement.kinds[act.kind].event
    if event and act.at is not None and random.random() < share:
        act = replace(act, at=_wider(act.at, random))
    if act.sources and random.random() < share:
        act = replace(act, sources=act.sources[1:])
    if event and random.random() < share:
        act = replace(act, by=random.choice((frozenset(), act.by | {random.choice(people)} if act.by else frozenset())))
    if not event and random.random() < share:
        act = replace(act, received={who: _wider(when, random) for who, when in act.received.items()})
    fields = dict(act.fields)
    for name, value in act.fields.items():
        if random.random() >= share / 2:
            continue
        if isinstance(value, Spot):
            fields[name] = replace(value, radius=value.radius + random.choice((100.0, 1_500.0)))
        elif isinstance(value, str) and agreement.kinds[act.kind].fields[name].type != "act":
            fields[name] = random.choice((UNKNOWN, OneOf((value, random.choice(("x", "y"))))))
        elif event and random.random() < 0.5:
            del fields[name]
        else:
            fields[name] = UNKNOWN
    return replace(act, fields=fields)
