"""Why an act that is in the record did not meet a clause: the fact that decided, in a sentence, for a person who reads a finding.

This decides nothing and is asked after the judge. It looks at the acts that come nearest to what a clause asks for and
says plainly what does not fit: the time, a field, the place by how many metres, an ending. What it cannot put simply it
leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator

from detente.agreement import form as f
from detente.agreement import wording as w
from detente.agreement.finding import Finding
from detente.agreement.geometry import Geometry
from detente.agreement.record import Act, Interval, OneOf, Path, Record, Region, Span, Spot, Unknown

MOST = 2
Plain = str | int


class Lookup:
    """The acts of a record by id, by kind, and by kind and the value of a field: made once for many findings."""

    def __init__(self, acts: tuple[Act, ...]) -> None:
        self.acts = acts
        self.by_id = {act.id: act for act in acts}
        self._by_kind: dict[str, list[Act]] = {}
        for act in acts:
            self._by_kind.setdefault(act.kind, []).append(act)
        self._by_value: dict[tuple[str, str], dict[object, list[Act]]] = {}

    def of_kind(self, kind: str) -> list[Act]:
        """All acts of a kind."""
        return self._by_kind.get(kind, [])

    def with_value(self, kind: str, field: str, value: Plain) -> list[Act]:
        """Those whose field (or id) has a plain value."""
        key = (kind, field)
        if key not in self._by_value:
            table: dict[object, list[Act]] = {}
            for act in self.of_kind(kind):
                held = act.id if field == "id" else act.fields.get(field)
                if isinstance(held, Plain):
                    table.setdefault(held, []).append(act)
            self._by_value[key] = table
        return self._by_value[key].get(value, [])


_last = Lookup(())


def lookup(record: Record) -> Lookup:
    """The lookup of a record; that of the record asked for last is remembered."""
    global _last
    if _last.acts is not record.acts:
        _last = Lookup(record.acts)
    return _last


def near_misses(agreement: f.Agreement, finding: Finding, record: Record, geometry: Geometry | None) -> list[str]:
    """At most two sentences, of the newest acts that nearly fit."""
    rule = agreement.rules[finding.clause]
    known = lookup(record)
    act = known.by_id.get(finding.act)
    if finding.verdict not in ("broken", "cannot tell") or act is None or finding.at is None:
        return []
    patterns = list(_asked(rule.unless)) if rule.mode == "forbid" else [rule.owed] if rule.owed is not None else []
    found: list[tuple[int, str]] = []
    for pattern in patterns:
        for candidate in _candidates(agreement, pattern, act, known):
            since = _counts_from(agreement, candidate)
            reasons = [
                reason
                for reason in (
                    _time(agreement, pattern, since, finding, later=rule.mode == "require"),
                    *_facts(pattern.with_, candidate, act, geometry),
                    _ended(agreement, pattern, candidate, since, finding, known),
                )
                if reason
            ]
            if reasons:
                came = f", received {w.instant(since.lo)}" if since is not None and candidate.received else ""
                sentence = f"{candidate.id}, {w.a_kind(candidate.kind)}{came}: {w.listed(reasons, 'and')}"
                found.append((since.lo if since is not None else 1 << 60, sentence))
    return [sentence for _, sentence in sorted(found, reverse=True)[:MOST]]


def _asked(condition: f.Condition | None) -> Iterator[f.Pattern]:
    """The acts a condition asks for, not those it excludes."""
    if isinstance(condition, f.Ask) and condition.mode == "earlier":
        yield condition.pattern
    elif isinstance(condition, f.All | f.Any_):
        for item in condition.items:
            yield from _asked(item)


def _candidates(agreement: f.Agreement, pattern: f.Pattern, act: Act, known: Lookup) -> Iterator[Act]:
    """Acts of the kind, by somebody asked for, that are not about something else."""
    wanted = [(own, _read(act, path)) for own, path in pattern.same]
    for kind in pattern.kinds:
        own, value = wanted[0] if wanted else ("", "")
        acts = (
            known.of_kind(kind)
            if not wanted
            else known.with_value(kind, own, value)
            if isinstance(value, Plain)
            else ()
        )
        for other in acts:
            if other.id == act.id or other.withdrawn or not _by(agreement, pattern.by, other, act):
                continue
            pairs = [(other.fields.get(own) if own != "id" else other.id, value) for own, value in wanted]
            if all(isinstance(one, Plain) and one == two for one, two in pairs):
                yield other


def _by(agreement: f.Agreement, whos: f.Whos | None, other: Act, act: Act) -> bool:
    if whos is None:
        return True
    codes: set[str] = set()
    for who in whos:
        if isinstance(who, f.Person):
            codes.add(who.code)
        elif isinstance(who, f.Word) and who.word == "parties":
            codes |= set(agreement.parties)
        elif isinstance(who, f.Word) and who.word == "actor":
            codes |= act.by
        elif isinstance(who, f.Word) and who.word == "guarantor":
            codes |= {agreement.others[code].guarantor for code in act.by if code in agreement.others}
        elif isinstance(who, f.Word) and who.word == "other":
            codes |= set(agreement.parties) - act.by
        else:
            return True
    return not codes.isdisjoint(other.by)


def _read(act: Act, path: f.Path) -> object:
    if path == ("id",):
        return act.id
    return act.fields.get(path[-1]) if len(path) <= 2 else None


def _counts_from(agreement: f.Agreement, act: Act) -> Interval | None:
    if agreement.kinds[act.kind].event:
        return act.at
    return min(act.received.values(), default=None)


def _time(agreement: f.Agreement, pattern: f.Pattern, since: Interval | None, finding: Finding, *, later: bool) -> str:
    """Too late, too short before, or never received."""
    lo, hi = finding.at or (0, 0)
    if since is None:
        return "it was never received"
    if later:
        limit = finding.due_by
        late = limit is not None and since.lo > limit
        return f"that is {_length(since.lo - limit)} after the time was over" if late and limit is not None else ""
    if since.lo > hi:
        return f"that is {_length(since.lo - hi)} after the act"
    if isinstance(pattern.at_least, f.Elapsed) and hi - since.lo < pattern.at_least.ms:
        return f"that is only {_length(hi - since.lo)} before, not {w.duration(pattern.at_least)}"
    if isinstance(pattern.at_least, f.Elapsed) and lo - since.hi < pattern.at_least.ms:
        return f"that may be as little as {_length(max(0, lo - since.hi))} before, not {w.duration(pattern.at_least)}"
    if isinstance(pattern.at_most, f.Elapsed) and lo - since.hi > pattern.at_most.ms:
        return f"that is {_length(lo - since.hi)} before, more than {w.duration(pattern.at_most)}"
    return ""


def _length(ms: int) -> str:
    """A length of time as people say it."""
    if ms < 120_000:
        return f"{ms / 1000:g} s"
    minutes = ms // 60_000
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h" + (f" {rest} min" if rest else "")
    return f"{hours // 24} days"


def _facts(condition: f.Condition | None, candidate: Act, act: Act, geometry: Geometry | None) -> Iterator[str]:
    """What of a `with` does not fit."""
    if isinstance(condition, f.All):
        for item in condition.items:
            yield from _facts(item, candidate, act, geometry)
    if not isinstance(condition, f.Is) or len(condition.path) != 1:
        return
    name, matcher = condition.path[0], condition.matcher
    value = candidate.fields.get(name)
    if isinstance(matcher, f.Covers) and matcher.path[0] == "its":
        yield from _covers(name, value, act, matcher.path[1:], geometry)
    elif isinstance(matcher, f.OneOf) and isinstance(value, str):
        wanted = [item if isinstance(item, str) else _read(act, item.path) for item in matcher.values]
        if all(isinstance(item, str) for item in wanted) and value not in wanted:
            yield f"its {w.plain(name)} is {value}, not {w.listed(str(item) for item in wanted)}"


def _covers(name: str, holder: object, act: Act, path: f.Path, geometry: Geometry | None) -> Iterator[str]:
    if isinstance(holder, Span) and path == ("at",) and act.at is not None:
        if act.at.lo >= holder.end:
            yield f"its {w.plain(name)} was over {_length(act.at.lo - holder.end)} earlier"
        elif act.at.hi < holder.start:
            yield f"its {w.plain(name)} began {_length(holder.start - act.at.hi)} later"
    held = act.fields.get(path[0]) if len(path) == 1 else None
    if geometry is None or not isinstance(held, Spot) or not isinstance(holder, Region | Path):
        return
    away = (
        geometry.to_region(held.lon, held.lat, holder)
        if isinstance(holder, Region)
        else geometry.to_path(held.lon, held.lat, holder)
    )
    if away > held.radius:
        yield f"its {w.plain(name)} ends {w.about(away)} from the {w.plain(path[0])}"
    elif away > -held.radius:
        yield f"the {w.plain(path[0])} is too near its edge to tell ({w.about(abs(away))})"


def _ended(
    agreement: f.Agreement, pattern: f.Pattern, candidate: Act, since: Interval | None, finding: Finding, known: Lookup
) -> str:
    """An ending by the same author (or by another side, where the clause names one) in between."""
    for ender in pattern.ended_by:
        for other in (act for kind in ender.kinds for act in known.of_kind(kind)):
            when = _counts_from(agreement, other)
            if when is None or since is None or finding.at is None or not since.hi < when.lo <= finding.at[1]:
                continue
            if ender.by is None and other.by != candidate.by:
                continue
            shared = candidate.fields.keys() & other.fields.keys()
            if all(_alike(candidate.fields[name], other.fields[name]) for name in shared):
                return f"it was ended by {other.id}, {w.a_kind(other.kind)}, at {w.instant(when.lo)}"
    return ""


def _alike(one: object, two: object) -> bool:
    unsure = isinstance(one, OneOf | Unknown) or isinstance(two, OneOf | Unknown)
    return not unsure and (not isinstance(one, str) or one == two)
