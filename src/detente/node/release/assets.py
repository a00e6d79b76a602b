"""The private file of own assets: what the guard protects, and what must remain of what is told. Never leaves.

    assets: 1
    protected:
    - name: tanker-1
      told_as: [operation op-7]        # names it bears in statements, so that they count as one object
      racetrack: {from: 35.90 N 037.80 E, to: 36.10 N 038.30 E, width: 20 km}
      datum: WGS84
      protect: 30 km                   # a place told as near as this, and narrower than `bound`, does not leave
      bound: 50 km                     # nobody shall know its position more narrowly than this
      from: 2016-09-16T00:00:00Z       # optional, with `until`: it is there only then
      until: 2016-09-18T00:00:00Z
    remains:
    - statements: [air_notice, whereabouts]
      width: 10 km                     # what must remain of an object after all that is told of it
      slot: 30min                      # at most one release for an object and slot
      speed: 300 m/s                   # how fast an object of these statements may move
    passes: [site_entry, stop]         # statements whose places are not one's own doing: the guard does not ask

A place is `point: 36.1 N 037.2 E`, `orbit: {centre: …, radius: 15 km}` or a racetrack. Strict YAML: an unknown key, a key
given twice or a number without its unit is refused with its line or path, and then nothing leaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detente.errors import GivenError
from detente.geo.areas import read_shape
from detente.geo.coordinates import read_cell
from detente.geo.grids import GEOGRAPHIC, MGRS
from detente.geo.regions import Region, region
from detente.model.shapes import Circle, Corridor
from detente.model.strict_yaml import read_yaml
from detente.model.when import read_duration, read_instant

CODE = "assets-invalid"
_LENGTH = re.compile(r"(\d{1,6}) ?(m|km|NM)")
_METRES = {"m": 1, "km": 1000, "NM": 1852}
_SPEED = re.compile(r"(\d{1,5}) ?(km/h|kn|m/s)")
_SPEEDS = {"km/h": 1 / 3.6, "kn": 1852 / 3600, "m/s": 1.0}
_PLACES = ("point", "orbit", "racetrack")


@dataclass(frozen=True)
class Asset:
    """Something of one's own: `place` is where it may be (its error included), lengths m, times ms (None: always)."""

    name: str
    told_as: tuple[str, ...]
    place: Circle | Corridor
    protect: int
    bound: int
    start: int | None = None
    end: int | None = None

    @property
    def region(self) -> Region:
        """For distances."""
        return region(self.place)

    def there(self, held: tuple[int, int] | None) -> bool:
        """Whether it may be there at some time of a span; a span that is not known may be any."""
        if held is None:
            return True
        return (self.end is None or held[0] < self.end) and (self.start is None or held[1] >= self.start)


@dataclass(frozen=True)
class Remains:
    """What must remain after statements of a kind: width m, slot ms, speed m/s."""

    width: int
    slot: int
    speed: float


@dataclass(frozen=True)
class Assets:
    """The whole file. Without one nothing is guarded, and `detente told` says so."""

    protected: tuple[Asset, ...] = ()
    remains: Mapping[str, Remains] | None = None
    passes: frozenset[str] = frozenset()
    given: bool = False

    @property
    def ask(self) -> bool:
        """Whether anything is asked for at all."""
        return bool(self.protected or self.remains)

    def limits(self, kind: str) -> Remains | None:
        """What must remain after statements of this name; None if nothing was asked for."""
        return (self.remains or {}).get(kind)

    def object(self, subject: str) -> str:
        """The name under which all names of one object are counted."""
        return next((f"asset {each.name}" for each in self.protected if subject in each.told_as), subject)


def read_assets(data: bytes, where: str = "assets.yaml") -> Assets:
    """Read the file; GivenError(assets-invalid) says where it is wrong."""
    raw = _table(read_yaml(data, where, CODE), ("assets", "protected", "remains", "passes"), where)
    if raw.get("assets") != "1":
        raise GivenError(CODE, "begin it with `assets: 1`, the version of its form", where=where)
    protected = tuple(
        _asset(item, f"{where} protected {number}") for number, item in enumerate(_list(raw, "protected", where), 1)
    )
    names = [each.name for each in protected]
    if len(names) != len(set(names)):
        raise GivenError(CODE, "two assets bear one name", where=f"{where} protected")
    remains: dict[str, Remains] = {}
    for number, item in enumerate(_list(raw, "remains", where), 1):
        place = f"{where} remains {number}"
        entry = _table(item, ("statements", "width", "slot", "speed"), place)
        found = Remains(
            _length(entry, "width", place), read_duration(_text(entry, "slot", place), place), _speed(entry, place)
        )
        for name in _list(entry, "statements", place):
            if str(name) in remains:
                raise GivenError(CODE, f"{name!r} is given twice", where=place)
            remains[str(name)] = found
    return Assets(protected, remains, frozenset(map(str, _list(raw, "passes", where))), given=True)


def _asset(item: Any, where: str) -> Asset:
    entry = _table(item, ("name", "told_as", *_PLACES, "datum", "protect", "bound", "from", "until"), where)
    name = _text(entry, "name", where)
    where = f"{where} ({name})"
    start, end = (
        read_instant(_text(entry, key, where), f"{where} {key}") if key in entry else None for key in ("from", "until")
    )
    if start is not None and end is not None and end <= start:
        raise GivenError(CODE, "`until` is no later than `from`", where=where)
    told_as = tuple(str(each) for each in _list(entry, "told_as", where))
    for each in told_as:
        if len(each.split()) != 2:
            raise GivenError(
                CODE, f"{each!r} is no name in a statement, like `operation op-7`", where=f"{where} told_as"
            )
    return Asset(
        name,
        told_as,
        _place(entry, where),
        _length(entry, "protect", where),
        _length(entry, "bound", where),
        start,
        end,
    )


def _place(entry: Mapping[str, Any], where: str) -> Circle | Corridor:
    forms = [form for form in _PLACES if form in entry]
    if len(forms) != 1:
        raise GivenError(CODE, f"give one of {', '.join(_PLACES)}", where=where)
    (form,) = forms
    datum, at = _text(entry, "datum", where), f"{where} {form}"
    if form == "point":
        position, error = _position(_text(entry, form, where), datum, at)
        return Circle(coordinates=position, radius=max(1, error))
    if form == "orbit":
        orbit = _table(entry[form], ("centre", "radius"), at)
        position, error = _position(_text(orbit, "centre", at), datum, at)
        return Circle(coordinates=position, radius=_length(orbit, "radius", at) + error)
    track = _table(entry[form], ("from", "to", "width"), at)
    ends = [_position(_text(track, key, at), datum, f"{at} {key}") for key in ("from", "to")]
    shape = read_shape(
        {
            "type": "corridor",
            "coordinates": [list(position) for position, _ in ends],
            "edges": "geodesic",
            "width": _length(track, "width", at) + 2 * max(error for _, error in ends),
        },
        at,
    )
    assert isinstance(shape, Corridor)  # noqa: S101 - read_shape keeps the form
    return shape


def _position(text: str, datum: str, where: str) -> tuple[tuple[int, int], int]:
    """Longitude and latitude, and the error in whole metres."""
    grid = GEOGRAPHIC if re.search("[NSns°]", text) and not re.match(r"\d{1,2}[C-X]", text) else MGRS
    cell = read_cell(text, datum=datum, grid=grid, where=where)
    return (cell.lon, cell.lat), -(-cell.error_mm // 1000)


def _table(raw: Any, keys: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise GivenError(CODE, f"here stand keys and values: {', '.join(keys)}", where=where)
    for key in raw:
        if key not in keys:
            raise GivenError(CODE, f"unknown key {key!r}; known: {', '.join(keys)}", where=where)
    return raw


def _list(raw: Mapping[str, Any], key: str, where: str) -> list[Any]:
    found = raw.get(key, [])
    if not isinstance(found, list):
        raise GivenError(CODE, "a list stands here", where=f"{where} {key}")
    return found


def _text(raw: Mapping[str, Any], key: str, where: str) -> str:
    found = raw.get(key)
    if not isinstance(found, str) or not found:
        raise GivenError(CODE, f"{key!r} is missing", where=where)
    return found


def _length(raw: Mapping[str, Any], key: str, where: str) -> int:
    text = _text(raw, key, where)
    match = _LENGTH.fullmatch(text)
    if not match or not int(match[1]):
        raise GivenError(CODE, f"{text!r} is not a length like 500 m, 30 km or 10 NM", where=f"{where} {key}")
    return int(match[1]) * _METRES[match[2]]


def _speed(raw: Mapping[str, Any], where: str) -> float:
    text = _text(raw, "speed", where)
    match = _SPEED.fullmatch(text)
    if not match:
        raise GivenError(CODE, f"{text!r} is not a speed like 300 m/s, 900 km/h or 480 kn", where=f"{where} speed")
    return int(match[1]) * _SPEEDS[match[2]]
