"""Which grid a coordinate is stated in, and the reader of metres on UTM and Gauss-Krüger zones.

The grid is stated beside the text: `geographic`, `MGRS`, `UTM 37 north`, `GK 7`. A zone that the text repeats must be
the same. Figures are full: UTM eastings 6 digits (7 with a leading 0), northings 7, Gauss-Krüger eastings with their
zone number before 6 digits. Without letters UTM is easting, northing and Gauss-Krüger X (northing), Y (easting), as
each side writes its own; a zone number in the wrong place shows an exchange.

37S may mean the southern hemisphere or band S (32° to 40° north). The stated grid names the hemisphere in full; a
letter in the text must fit as hemisphere or as band, and a warning says which.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from detente.errors import GivenError
from detente.geo.cell import Reading, Remark, round_figures
from detente.geo.datums import Datum
from detente.geo.mgrs import BANDS, band_limits
from detente.geo.projection import Zone, gk_zone, unproject, utm_zone

GEOGRAPHIC, MGRS, UTM, GK = "geographic", "MGRS", "UTM", "GK"
_ON = {MGRS: ("WGS84",), UTM: ("WGS84", "ED50"), GK: ("SK-42",)}
_UTM_NAME = re.compile(r"utm (?:zone )?(\d{1,2}) (north|south)")
_GK_NAME = re.compile(r"(?:gk|gauss.kr(?:ü|u|ue)ger) (?:zone )?(\d{1,2})")
_LISTED = "geographic, MGRS, UTM 37 north, GK 7 (with the zone)"

_METRES = r"(\d+(?:\.\d{1,3})?)"
_GAP = r"(?:\s*[,;/]\s*|\s+)"
_ZONE_FIRST = re.compile(rf"(\d{{1,2}})([A-Z])?{_GAP}(?=\D{{0,3}}\d)(.+)")
_UNLABELLED = re.compile(rf"{_METRES}{_GAP}{_METRES}")
_FORMS = (
    (re.compile(rf"E\s?=?\s?{_METRES}{_GAP}N\s?=?\s?{_METRES}"), "EN"),
    (re.compile(rf"N\s?=?\s?{_METRES}{_GAP}E\s?=?\s?{_METRES}"), "NE"),
    (re.compile(rf"{_METRES}\s?M?E{_GAP}{_METRES}\s?M?N"), "EN"),
    (re.compile(rf"{_METRES}\s?M?N{_GAP}{_METRES}\s?M?E"), "NE"),
    (re.compile(rf"X\s?=?\s?{_METRES}{_GAP}Y\s?=?\s?{_METRES}"), "NE"),
    (re.compile(rf"Y\s?=?\s?{_METRES}{_GAP}X\s?=?\s?{_METRES}"), "EN"),
    (_UNLABELLED, ""),
)
_HALF_WIDTH, _OVERLAP = 3.0, 3.5


class Grid(NamedTuple):
    """A stated grid; `zone` and `north` where its kind has them."""

    kind: str
    zone: int = 0
    north: bool = True

    @property
    def name(self) -> str:
        """One spelling: what stands in a cell."""
        if self.kind == UTM:
            return f"UTM {self.zone} {'north' if self.north else 'south'}"
        return f"GK {self.zone}" if self.kind == GK else self.kind


def read_grid(name: str, datum: Datum, where: str = "grid") -> Grid:
    """The grid stated, checked against the datum; GivenError (grid-missing, grid-unknown) lists what is known."""
    plain = " ".join(name.casefold().split())
    if not plain:
        raise GivenError("grid-missing", f"no grid is stated; known: {_LISTED}", where=where)
    if plain in ("geographic", "mgrs"):
        grid = Grid(GEOGRAPHIC if plain == "geographic" else MGRS)
    elif match := _UTM_NAME.fullmatch(plain):
        grid = Grid(UTM, int(match[1]), match[2] == "north")
    elif match := _GK_NAME.fullmatch(plain):
        grid = Grid(GK, int(match[1]))
    else:
        raise GivenError("grid-unknown", f"{name!r} is not a grid known here; known: {_LISTED}", where=where)
    if grid.kind in (UTM, GK) and not 1 <= grid.zone <= 60:
        raise GivenError("grid-unknown", f"{name!r} names zone {grid.zone}; zones are 1 to 60", where=where)
    if datum.name not in _ON.get(grid.kind, (datum.name,)):
        fits = " or ".join(_ON[grid.kind])
        raise GivenError("grid-unknown", f"{grid.name} is read on {fits}, not on {datum.name}", where=where)
    return grid


def read_metres(text: str, plain: str, datum: Datum, grid: Grid, where: str = "") -> Reading:
    """Read easting and northing on a stated UTM or Gauss-Krüger zone; GivenError says what is wrong."""
    letter, rest = _zone_part(text, plain, grid, where)
    fitting = ((form, order, match) for form, order in _FORMS if (match := form.fullmatch(rest)))
    form, order, match = next(fitting, (_UNLABELLED, "", None))
    if match is None:
        raise _bad(text, f"is not an easting and a northing on {grid.name}", where)
    order = order or ("NE" if grid.kind == GK else "EN")
    figures = {order[0]: match[1], order[1]: match[2]}
    east, north = (_utm if grid.kind == UTM else _gk)(text, figures["E"], figures["N"], grid, where)
    if grid.kind == GK and form is _UNLABELLED and north.startswith(str(grid.zone)):
        raise _bad(text, f"does not show which number is X: both begin with zone {grid.zone}; write X and Y", where)
    zone = utm_zone(grid.zone, grid.north) if grid.kind == UTM else gk_zone(grid.zone)
    decimals = [len(value.partition(".")[2]) for value in (east, north)]
    lat, lon = unproject(datum.ellipsoid, zone, float(east), float(north))
    warnings = [*_near(text, lat, lon, zone, grid, where), *_letter(text, letter, lat, grid, where)]
    if decimals[0] != decimals[1]:
        warnings.append(Remark("digits-unequal", "easting and northing have different decimals: one may be lost"))
    warnings += round_figures(east.replace(".", "")[-5:], north.replace(".", "")[-5:])
    half = [0.5 / 10**places for places in decimals]
    corners = tuple(
        unproject(datum.ellipsoid, zone, float(east) + right * half[0], float(north) + up * half[1])
        for up in (-1, 1)
        for right in (-1, 1)
    )
    fewest = min(decimals)
    return Reading(
        notation="UTM metres" if grid.kind == UTM else "Gauss-Krüger metres",
        canonical=f"{east} {north}" if grid.kind == UTM else f"X {north} Y {east}",
        digits=sum(letter.isdigit() for letter in east + north),
        unit=f"0.{'0' * (fewest - 1)}1 m" if fewest else "1 m",
        centre=(lat, lon),
        corners=corners,
        warnings=tuple(warnings),
    )


def _zone_part(text: str, plain: str, grid: Grid, where: str) -> tuple[str, str]:
    match = _ZONE_FIRST.fullmatch(plain)
    if not match:
        return "", plain
    if int(match[1]) != grid.zone:
        raise _bad(text, f"names zone {match[1]}, but {grid.name} is stated", where)
    if match[2] and grid.kind == GK:
        raise _bad(text, f"has the letter {match[2]} after its zone; Gauss-Krüger zones have none", where)
    return match[2] or "", match[3]


def _utm(text: str, east: str, north: str, grid: Grid, where: str) -> tuple[str, str]:
    whole_east, whole_north = east.partition(".")[0], north.partition(".")[0]
    if len(whole_east) in (7, 8) and not whole_east.startswith("0"):
        raise _bad(
            text, f"has an easting of {len(whole_east)} digits: a zone number before it is Gauss-Krüger's", where
        )
    if len(whole_east) == 7:
        east, whole_east = east[1:], whole_east[1:]
    if len(whole_east) != 6 or len(whole_north) != 7:
        counts = f"{len(whole_east)} and {len(whole_north)}"
        raise _bad(text, f"has {counts} digits; a UTM easting has 6 and a northing 7", where)
    return east, north


def _gk(text: str, east: str, north: str, grid: Grid, where: str) -> tuple[str, str]:
    lead = str(grid.zone)
    whole_east, whole_north = east.partition(".")[0], north.partition(".")[0]
    if len(whole_north) != 7 or len(whole_east) != len(lead) + 6:
        counts = f"{len(whole_north)} and {len(whole_east)}"
        raise _bad(text, f"has {counts} digits; X has 7, and Y the zone number {lead} before 6 more", where)
    if not whole_east.startswith(lead):
        swapped = "; X and Y may be exchanged" if whole_north.startswith(lead) else ""
        raise _bad(text, f"has Y {east}, which does not begin with zone {lead}{swapped}", where)
    return east, north


def _near(text: str, lat: float, lon: float, zone: Zone, grid: Grid, where: str) -> list[Remark]:
    """Half a degree beyond a zone's edge is in use on maps that overlap; farther out the zone or a digit is wrong."""
    away = abs((lon - zone.meridian + 180) % 360 - 180)
    if not -80 <= lat <= 84 or away > _OVERLAP or (lat < 0) is grid.north:
        raise _bad(text, f"lies outside {grid.name} ({lat:.2f}, {lon:.2f}): a digit or the zone is wrong", where)
    if away > _HALF_WIDTH:
        return [Remark("zone-edge", f"lies beyond the edge of {grid.name}: is the zone right?")]
    return []


def _letter(text: str, letter: str, lat: float, grid: Grid, where: str) -> list[Remark]:
    if not letter or letter == ("N" if grid.north else "S"):
        return []
    south, north = band_limits(letter) if letter in BANDS else (90.0, 90.0)
    if not south <= lat < north:
        raise _bad(text, f"has the letter {letter}, which fits neither {grid.name} nor its latitude band", where)
    return [Remark("band-letter", f"{letter} is read as the latitude band, for {grid.name} is stated")]


def _bad(text: str, what: str, where: str) -> GivenError:
    return GivenError("coordinate-invalid", f"{text!r} {what}", where=where)
