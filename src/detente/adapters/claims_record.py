"""Claims as a record file the judge reads (docs/reference/record.md), labelled allegations.

What one source tells stands in the event's line, which names it. Where a second source tells who did it, the event's
line leaves that open and each has an account of its own; day and place are those of the first, unless it differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from detente.adapters.claims import Claim, Spot, Telling
from detente.agreement.form import Agreement, Kind
from detente.agreement.judge.calendar import LocalCalendar
from detente.errors import GivenError
from detente.model.when import write_instant

NAMES = {
    "Russian Military": "ru",
    "russia": "ru",
    "russian_forces": "ru",
    "U.S.-led Coalition": "us",
    "coalition": "us",
}
"""What the files call a party of the agreement. Whoever else is named, or is no party there, is a stranger."""
LABEL = "allegations"


class Source(NamedTuple):
    """A file of claims: its name, hex SHA-256, what it claims."""

    name: str
    digest: str
    claims: tuple[Claim, ...]
    tellings: tuple[Telling, ...] = ()


def write_claims(agreement: Agreement, event: str, sources: Iterable[Source], now: int) -> Iterator[str]:
    """The lines of the record, each with its line end; GivenError if the agreement knows no such event."""
    kind = agreement.kinds.get(event)
    if kind is None or not kind.event:
        known = ", ".join(each.name for each in agreement.kinds.values() if each.event) or "none"
        raise GivenError(
            "record-invalid", f"{event!r} is no event of {agreement.code}; known: {known}", where="--event"
        )
    sources = list(sources)
    files = "; ".join(f"{each.name} (SHA-256 {each.digest[:16]}…)" for each in sources)
    note = f"every event is a claim of its source, never a finding; when each became known is not told; from {files}"
    head = {"record": 1, "agreement": agreement.code, "label": LABEL, "now": write_instant(now), "note": note}
    writer = _Writer(agreement, kind)
    told = {claim.id for source in sources for claim in source.claims}
    several = {telling.id for source in sources for telling in source.tellings}
    yield _line(head)
    for source in sources:
        for claim in source.claims:
            yield from map(_line, writer.claim(claim, source.name, claim.id in several))
        for telling in source.tellings:
            if telling.id in told:
                yield _line(writer.telling(telling))


def without_event(sources: Iterable[Source]) -> list[Telling]:
    """Tellings of events that none of the files claims: they cannot stand in the record."""
    sources = list(sources)
    told = {claim.id for source in sources for claim in source.claims}
    return [telling for source in sources for telling in source.tellings if telling.id not in told]


def within(sources: Iterable[Source], first: date, last: date) -> tuple[list[Source], int]:
    """The sources with the claims that lie wholly within these days, and how many do not."""
    sources = list(sources)
    kept = [
        source._replace(claims=tuple(c for c in source.claims if first <= c.first and c.last <= last))
        for source in sources
    ]
    return kept, sum(len(source.claims) for source in sources) - sum(len(source.claims) for source in kept)


class _Writer:
    def __init__(self, agreement: Agreement, kind: Kind) -> None:
        self._agreement = agreement
        self._kind = kind
        self._calendar = LocalCalendar(agreement.zone)

    def claim(self, claim: Claim, file: str, several: bool) -> list[dict[str, Any]]:
        """The event's line and, if another source tells of it too (`several`), this source's account of who did it."""
        place = f"{claim.source} ({file} line {claim.line})"
        people = [self._person(each) for each in claim.by]
        by = {"by": people[0] if len(people) == 1 else people}
        event: dict[str, Any] = {
            "event": self._kind.name,
            "id": claim.id,
            **({} if several else by),
            "at": [write_instant(self._calendar.first_instant(claim.first)), self._end(claim.last)],
            "reported_in": f"{place}, {claim.found_in}" if claim.found_in else place,
        }
        fields = self._fields(claim.spot, claim.weapons)
        if "incident" in self._kind.fields:
            fields = {"incident": claim.id, **fields}
        event |= {"fields": fields} if fields else {}
        return [event, {"account": claim.id, "source": claim.source, **by}] if several else [event]

    def telling(self, telling: Telling) -> dict[str, Any]:
        """The account of a side that says it did it."""
        fields = self._fields(telling.spot, ())
        line = {"account": telling.id, "source": telling.source, "by": self._person(telling.by)}
        return line | ({"fields": fields} if fields else {})

    def _fields(self, spot: Spot | None, weapons: tuple[str, ...]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if spot is not None and "position" in self._kind.fields:
            fields["position"] = {"type": "point", "coordinates": [spot.lon, spot.lat], "error_mm": spot.error_mm}
        if weapons and "weapon" in self._kind.fields:
            fields["weapon"] = weapons[0] if len(weapons) == 1 else {"one_of": list(weapons)}
        return fields

    def _person(self, name: str) -> Any:
        code = NAMES.get(name, "")
        return code if code in self._agreement.parties else {"stranger": name}

    def _end(self, day: date) -> str:
        return write_instant(self._calendar.last_instant(day))


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
