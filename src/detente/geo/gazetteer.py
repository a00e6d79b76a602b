"""Places by name and by position. A place is picked from here, in either script, never taken from free text alone.

Four in ten Syrian places have a near-twin: another place more than 10 km away whose name differs by two letters or
fewer. A pick therefore always says which twins there are and where.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from detente.errors import GivenError
from detente.geo import names
from detente.geo.cell import Remark
from detente.geo.ellipsoid import arcs, bearing, geodesic, points

TWIN_METRES = 10_000


class Place(NamedTuple):
    """A row of a gazetteer. `lat`, `lon`: WGS84, 1e-7 degrees. `within`: the districts, as the source writes them."""

    name_en: str
    name_ar: str
    lat: int
    lon: int
    pcode: str = ""
    others: tuple[str, ...] = ()
    within: str = ""
    source: str = ""

    def names(self) -> tuple[str, ...]:
        """Every spelling the source gives."""
        return tuple(name for name in (self.name_en, self.name_ar, *self.others) if name)

    def show(self) -> str:
        """`Abin / ابين (Afrin) C1353`."""
        both = " / ".join(name for name in (self.name_en, self.name_ar) if name)
        return " ".join([both, *([f"({self.within})"] if self.within else []), *([self.pcode] if self.pcode else [])])


class Match(NamedTuple):
    """A place a name may mean. `edits`: how many letters differ, 0 to 2. `spelling`: the source's own."""

    place: Place
    edits: int
    spelling: str


class Near(NamedTuple):
    """A place beside a position: metres, and degrees from north in which the POSITION lies seen from the place."""

    place: Place
    metres: float
    bearing: float


class Gazetteer:
    """An index over places. Building it takes half a second for 9,000 places with 30,000 spellings."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = tuple(places)
        self._points = points([place.lat for place in self.places], [place.lon for place in self.places])
        self._by_letters: dict[str, dict[int, str]] = {}
        for row, place in enumerate(self.places):
            for name in place.names():
                if letters := names.letters(name):
                    self._by_letters.setdefault(letters, {}).setdefault(row, name)
        self._spellings = names.Spellings(self._by_letters)

    def __len__(self) -> int:
        return len(self.places)

    def find(self, name: str) -> list[Match]:
        """Every place the name may mean: the same letters first, then one and two letters off."""
        wanted = names.letters(name)
        found: dict[int, Match] = {}
        for letters, edits in self._spellings.near(wanted) if wanted else ():
            if edits and min(len(wanted), len(letters)) <= 2 * edits:
                continue  # of so short a name too little is left
            for row, spelling in self._by_letters[letters].items():
                if row not in found or edits < found[row].edits:
                    found[row] = Match(self.places[row], edits, spelling)
        return sorted(found.values(), key=lambda match: (match.edits, match.place.names(), match.place[2:]))

    def exact(self, name: str) -> list[Place]:
        """Places with the same letters. Where the name gives its district too (`Tiba (Dar'a)`), the one that is so written."""
        rows = self._by_letters.get(names.letters(name), {})
        written = [self.places[row] for row in rows if "(" in name and name in self.places[row].names()]
        return written if len(written) == 1 else [self.places[row] for row in rows]

    def pick(self, name: str, pcode: str = "", where: str = "") -> Place:
        """The one place of that name (and p-code); GivenError lists what it may mean if there are none or several."""
        same = [match for match in self.find(name) if not pcode or match.place.pcode == pcode]
        exact = [match for match in same if match.edits == 0]
        if len(exact) == 1:
            return exact[0].place
        shown = "; ".join(match.place.show() for match in (exact or same)[:5])
        what = f"means {len(exact)} places, name one by its p-code" if exact else "is no place of the gazetteer"
        raise GivenError("place-unknown", f"{name!r} {what}{': ' if shown else ''}{shown}", where=where)

    def twins(self, place: Place) -> list[Match]:
        """Other places more than 10 km away whose name, in either script, differs by two letters or fewer."""
        found: dict[Place, Match] = {}
        for name in (place.name_en, place.name_ar):
            for match in self.find(name) if names.letters(name) else ():
                other = match.place
                if geodesic(place.lat, place.lon, other.lat, other.lon) > TWIN_METRES:
                    known = found.get(other)
                    found[other] = match if known is None or match.edits < known.edits else known
        return sorted(found.values(), key=lambda match: (match.edits, match.place.names(), match.place[2:]))

    def twin_warning(self, place: Place) -> tuple[Remark, ...]:
        """A remark that names the nearest spellings elsewhere, if there are any."""
        twins = self.twins(place)
        if not twins:
            return ()
        shown = "; ".join(self._far(place, match.place) for match in twins[:3])
        more = f" and {len(twins) - 3} more" if len(twins) > 3 else ""
        return (Remark("near-twin", f"{place.name_en or place.name_ar} may be mistaken for {shown}{more}"),)

    def nearest(self, lat: int, lon: int, count: int = 3) -> list[Near]:
        """The places nearest to a position in 1e-7 degrees."""
        if not self.places:
            return []
        away = arcs(points(lat, lon), self._points)
        order = np.argsort(away, kind="stable")[:count]
        return [
            Near(self.places[row], float(away[row]), bearing(self.places[row].lat, self.places[row].lon, lat, lon))
            for row in order
        ]

    @staticmethod
    def _far(place: Place, other: Place) -> str:
        return f"{other.show()}, {geodesic(place.lat, place.lon, other.lat, other.lon) / 1000:.0f} km away"
