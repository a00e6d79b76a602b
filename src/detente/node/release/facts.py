"""What a statement of ours tells: which object or area, how precisely, when, since when, until when, to whom.

Everything we have signed into a log tells something: nominations, consents, refusals, notices, accounts, STOP, but a
heartbeat (how many are on watch), an attachment, a list of receipts or a change of keys too. A fact is read from the
released statement and nothing else, so the whole register can be made again from our own logs.

The object is named by the first field of type code that the agreement gives the kind (`operation op-7`, `site s-2`), else
by the first that names somebody; a field that names a statement stands for what that one was about. Times ms UTC, places
1e-7 degrees. Source: 50-release, disclosure register.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from detente.agreement.form import Agreement
from detente.agreement.kinds import Field, Kind
from detente.geo.cell import show_length
from detente.geo.coarse import GridCell, known_cell
from detente.model import shapes
from detente.model.said import Period, Said, Told, Value
from detente.model.statement import Notice, Statement
from detente.model.when import show_instant

Place = shapes.Shape | shapes.Cell
Held = tuple[int, int] | None
NOTICE = Kind("notice", event=False, fields={"operation": Field("operation", "code"), "place": Field("place", "area")})
"""The notice of every node as a kind, so that it names its object as an agreement's does."""
_HEAD = {each.name for each in msgspec.structs.fields(Statement)}
_NAMING = ("code", "who", "addressee")


@dataclass(frozen=True)
class Fact:
    """One thing told to one audience by one statement.

    `kind`: the agreement's name of what was said, or the payload kind. `subject`: the object, "" if there is none. `held`:
    from when to when it says so, None if it says nothing of time. `said`: the statement's time. `until`: when it ends by
    its own words or the register's. `fields`: everything else that it says, in words.
    """

    audience: str
    statement: str
    kind: str
    subject: str
    said: int
    held: Held
    place: Place | None
    fields: tuple[tuple[str, str], ...]
    until: int | None = None
    approved: tuple[str, ...] = ()

    @property
    def cell(self) -> GridCell | None:
        """The cell of the fixed grid that it was told by; None if it was told exactly."""
        return known_cell(self.place) if self.place is not None else None

    def words(self) -> tuple[object, ...]:
        """All that it says of the object."""
        return self.kind, self.subject, self.held, self.place, self.fields

    def same_words(self, other: Fact) -> bool:
        """Whether the other says nothing else of the object."""
        return self.words() == other.words()


def facts_of(
    statement: Statement,
    identifier: str,
    audience: str,
    agreement: Agreement | None,
    subjects: Mapping[str, str] | None = None,
) -> list[Fact]:
    """Facts of one statement: one for each place it names, or one without. `subjects`: what statements were about, by id.

    `agreement` may be missing or not know the name; then all that is said counts as told, without an object.
    """
    subjects = subjects or {}
    if isinstance(statement, Said | Told):
        kind = agreement.kinds.get(statement.name) if agreement else None
        fields: Mapping[str, Value] = statement.fields
        if isinstance(statement, Told):
            rest = {"by": ", ".join(statement.by) or "not said"}
            held: Held = statement.first, statement.last
            return _made(statement.name, kind, fields, audience, identifier, statement.time, subjects, held, rest)
        held = _held(kind, fields)
        if held is None and statement.from_ is not None and statement.until is not None:
            held = statement.from_, statement.until
        found = _made(statement.name, kind, fields, audience, identifier, statement.time, subjects, held, {})
        return [replace(fact, until=statement.until) for fact in found]
    if isinstance(statement, Notice):
        circle, window = statement.place, statement.window
        said: dict[str, Value] = {"operation": statement.operation}
        said["place"] = shapes.Circle(coordinates=(circle.lon, circle.lat), radius=max(circle.radius, 1))
        said["window"] = Period(start=window.start, end=window.end)
        if statement.remark:
            said["remark"] = statement.remark
        return _made("notice", NOTICE, said, audience, identifier, statement.time, {}, _held(NOTICE, said), {})
    rest = {each: _plain(getattr(statement, each)) for each in statement.__struct_fields__ if each not in _HEAD}
    return _made(statement.kind, None, {}, audience, identifier, statement.time, {}, None, rest)


def draft_facts(kind: Kind, fields: Mapping[str, Value], audience: str, now: int, name: str = "") -> list[Fact]:
    """Facts of what is about to be said, as it would leave: `statement` is its draft's name."""
    return _made(kind.name, kind, fields, audience, name, now, {}, _held(kind, fields), {})


def _made(
    name: str,
    kind: Kind | None,
    fields: Mapping[str, Value],
    audience: str,
    identifier: str,
    said: int,
    subjects: Mapping[str, str],
    held: Held,
    rest: Mapping[str, str],
) -> list[Fact]:
    places = {key: value for key, value in fields.items() if isinstance(value, Place)}
    words = tuple((key, show(value)) for key, value in sorted(fields.items()) if key not in places)
    words += tuple((key, value) for key, value in rest.items() if value)
    subject = _subject(kind, fields, subjects)
    return [Fact(audience, identifier, name, subject, said, held, place, words) for place in _places(places)]


def show(value: Value) -> str:
    """A value in words; a place as how precisely it is told, and where its middle is."""
    if isinstance(value, Period):
        return f"{show_instant(value.start)} to {show_instant(value.end)}"
    return show_place(value) if isinstance(value, Place) else str(value)


def show_place(place: Place) -> str:
    """`within a cell of 20 km about 35.19 N 36.93 E`, or the exact place and its size."""
    if (cell := known_cell(place)) is not None:
        lat, lon = cell.centre()
        return f"a place within {cell.km} km (cell about {_degrees(lat, lon, 2)})"
    if isinstance(place, shapes.Cell):
        return f"a point at {_degrees(*place.coordinates[::-1], 5)}, within {show_length(place.error)}"
    if isinstance(place, shapes.Circle):
        return f"a circle of {show_length(place.radius * 1000)} about {_degrees(*place.coordinates[::-1], 4)}"
    if isinstance(place, shapes.Point):
        return f"a point at {_degrees(*place.coordinates[::-1], 5)}"
    corners = list(_positions(place))
    lats, lons = [lat for _, lat in corners], [lon for lon, _ in corners]
    form = type(place).__name__.lower()
    return f"a {form} with {len(corners)} corners about {_degrees(sum(lats) // len(lats), sum(lons) // len(lons), 2)}"


def _degrees(lat: int, lon: int, decimals: int) -> str:
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat) / shapes.E7:.{decimals}f} {north} {abs(lon) / shapes.E7:.{decimals}f} {east}"


def _positions(place: object) -> Iterator[shapes.Position]:
    coordinates = getattr(place, "coordinates", ())
    if coordinates and isinstance(coordinates[0], int):
        yield coordinates
        return
    for each in coordinates:
        if isinstance(each[0], int):
            yield each
        else:
            for ring in each if isinstance(each[0][0], tuple) else (each,):
                yield from ring


def positions(place: Place) -> list[shapes.Position]:
    """Every corner of a place, longitude and latitude."""
    return list(_positions(place))


def _places(found: Mapping[str, Place]) -> list[Place | None]:
    return [place for _, place in sorted(found.items())] or [None]


def _subject(kind: Kind | None, fields: Mapping[str, Value], subjects: Mapping[str, str]) -> str:
    forms = kind.fields if kind else {}
    for type_ in _NAMING:
        for name, form in forms.items():
            value = fields.get(name)
            if form.type == type_ and isinstance(value, str):
                return f"{name} {value}"
    for name, form in forms.items():
        value = fields.get(name)
        if form.type == "act" and isinstance(value, str) and value in subjects:
            return subjects[value]
    return ""


def _held(kind: Kind | None, fields: Mapping[str, Value]) -> Held:
    spans = [value for value in fields.values() if isinstance(value, Period)]
    if spans:
        return min(each.start for each in spans), max(each.end for each in spans)
    forms = kind.fields if kind else {}
    instants = [v for name, v in fields.items() if isinstance(v, int) and name in forms and forms[name].type == "time"]
    return (min(instants), max(instants)) if instants else None


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list):
        return f"{len(value)} of them"
    return "" if value is None else str(value)
