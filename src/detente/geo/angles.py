"""Latitude and longitude as written: decimal degrees, degrees and decimal minutes, degrees minutes seconds, USMTF.

1. Each axis is named: N/S and E/W behind both numbers or before both, or `lat`/`lon` with a sign. Never by order.
2. Both axes are in the same notation. Minutes and seconds have two digits and stay below 60; a USMTF latitude has two
   digits of degrees and a longitude three, without separators (360906N0370900E, 3609.1N/03709.0E).
3. One decimal point, in the last figure. 36.09.06N is refused: it may be degrees, minutes and seconds or decimals.
4. A decimal comma is refused: a comma stands between numbers.

Warnings: `digits-unequal`, `round-figures`, `point-or-minutes` (two decimals below 60 on both axes look like minutes).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from detente.errors import GivenError
from detente.geo.cell import Reading, Remark, round_figures

_BEHIND = re.compile(r"([^NSEW]+)([NSEW])([^NSEW]+)([NSEW])")
_BEFORE = re.compile(r"([NSEW])([^NSEW]+)([NSEW])([^NSEW]+)")
_NUMBER = r"\s*[:=]?\s*([+-]?\s?[0-9][^A-Z+-]*?)"
_LABELLED = re.compile(rf"(LAT|LON)(?:ITUDE|GITUDE|G)?{_NUMBER}[\s,;/]+(LAT|LON)(?:ITUDE|GITUDE|G)?{_NUMBER}")
_BETWEEN = " ,;/"

_DECIMAL = re.compile(r"(\d{1,3})(?:\.(\d{1,10}))?°?")
_MINUTES = re.compile(r"(\d{1,3})(?:°\s?|\s|-)(\d{2})(?:\.(\d{1,8}))?'?")
_SECONDS = re.compile(r"(\d{1,3})(?:°\s?|\s|-)(\d{2})(?:'\s?|\s|-)(\d{2})(?:\.(\d{1,6}))?\"?")
_PACKED = {
    "lat": re.compile(r"(\d{2})(\d{2})(\d{2})?(?:\.(\d{1,8}))?"),
    "lon": re.compile(r"(\d{3})(\d{2})(\d{2})?(?:\.(\d{1,8}))?"),
}
_UNITS = {1: "°", 2: "'", 3: '"'}
_LIMIT = {"lat": 90, "lon": 180}
_WORD = {"lat": "latitude", "lon": "longitude"}


class _Axis(NamedTuple):
    """One axis: its figures (degrees, minutes, seconds as far as given), decimals of the last one, sign, notation."""

    notation: str
    figures: tuple[str, ...]
    decimals: str
    negative: bool

    def unit(self) -> Fraction:
        """The size of the last digit in degrees."""
        return Fraction(1, 60 ** (len(self.figures) - 1) * 10 ** len(self.decimals))

    def degrees(self) -> Fraction:
        size = sum((Fraction(int(figure), 60**place) for place, figure in enumerate(self.figures)), Fraction(0))
        size += int(self.decimals or 0) * self.unit()
        return -size if self.negative else size

    def behind_degrees(self) -> str:
        """The figures after the whole degrees."""
        return "".join(self.figures[1:]) + self.decimals

    def spelled(self, width: int, letters: str) -> str:
        point = f".{self.decimals}" if self.decimals else ""
        first = self.figures[0].lstrip("0").rjust(width, "0")
        return " ".join((first, *self.figures[1:])) + point + letters[self.negative]


def read_angles(text: str, plain: str, where: str = "") -> Reading:
    """Read latitude and longitude from `plain` (characters.one_spelling of `text`); GivenError says what is wrong."""
    lat, lon = _axes(text, plain, where)
    if lat.notation != lon.notation or len(lat.figures) != len(lon.figures):
        raise _bad(text, "writes latitude and longitude in two notations; write both alike", where)
    warnings = []
    if len(lat.decimals) != len(lon.decimals):
        counts = f"{len(lat.decimals)} and {len(lon.decimals)}"
        warnings.append(Remark("digits-unequal", f"latitude and longitude have {counts} decimals: one may be lost"))
    if len(lat.figures) == 1 and len(lat.decimals) == len(lon.decimals) == 2 and max(lat.decimals, lon.decimals) < "60":
        warnings.append(Remark("point-or-minutes", "two decimals below 60 look like minutes written with a point"))
    warnings += round_figures(lat.behind_degrees(), lon.behind_degrees())
    centre = lat.degrees(), lon.degrees()
    half = lat.unit() / 2, lon.unit() / 2
    corners = tuple(
        (float(min(max(centre[0] + up * half[0], Fraction(-90)), Fraction(90))), float(centre[1] + right * half[1]))
        for up in (-1, 1)
        for right in (-1, 1)
    )
    coarser = lat if lat.unit() > lon.unit() else lon
    canonical = f"{lat.spelled(2, 'NS')} {lon.spelled(3, 'EW')}"
    return Reading(
        notation=lat.notation,
        canonical=canonical,
        digits=sum(letter.isdigit() for letter in canonical),
        unit=_unit(coarser),
        centre=(float(centre[0]), float(centre[1])),
        corners=corners,
        warnings=tuple(warnings),
    )


def _unit(axis: _Axis) -> str:
    sign = _UNITS[len(axis.figures)]
    return f"0.{'0' * (len(axis.decimals) - 1)}1{sign}" if axis.decimals else f"1{sign}"


def _axes(text: str, plain: str, where: str) -> tuple[_Axis, _Axis]:
    if match := _LABELLED.fullmatch(plain):
        named = [(match[1], match[2]), (match[3], match[4])]
        values = {label.lower(): _value(text, label.lower(), number, where) for label, number in named}
    else:
        if match := _BEHIND.fullmatch(plain):
            named = [(match[2], match[1]), (match[4], match[3])]
        elif match := _BEFORE.fullmatch(plain):
            named = [(match[1], match[2]), (match[3], match[4])]
        elif re.search("[NSEW]", plain):
            raise _bad(text, "needs one of N, S and one of E, W, both behind their numbers or both before them", where)
        else:
            raise _bad(text, "does not say which number is the latitude; write N or S and E or W", where)
        values = {}
        for letter, number in named:
            label = "lat" if letter in "NS" else "lon"
            if "-" in number.strip()[:1] or "+" in number:
                raise _bad(text, f"has a sign and the letter {letter}; write one of them", where)
            values[label] = _value(text, label, number, where)._replace(negative=letter in "SW")
    if len(values) != 2:
        raise _bad(text, f"names the {_WORD[next(iter(values))]} twice", where)
    return values["lat"], values["lon"]


def _value(text: str, axis: str, raw: str, where: str) -> _Axis:
    number = raw.strip(_BETWEEN)
    negative = number.startswith("-")
    number = number.lstrip("+-").strip()
    if match := _PACKED[axis].fullmatch(number):
        figures = tuple(match[i] for i in (1, 2, 3) if match[i])
        read = _Axis("USMTF", figures, match[4] or "", negative)
    elif match := _SECONDS.fullmatch(number):
        read = _Axis("degrees, minutes, seconds", (match[1], match[2], match[3]), match[4] or "", negative)
    elif match := _MINUTES.fullmatch(number):
        read = _Axis("degrees, decimal minutes", (match[1], match[2]), match[3] or "", negative)
    elif match := _DECIMAL.fullmatch(number):
        read = _Axis("decimal degrees", (match[1],), match[2] or "", negative)
    else:
        raise _bad(text, f"has the {_WORD[axis]} {number!r}: {_why(axis, number)}", where)
    for figure, word in zip(read.figures[1:], ("minutes", "seconds"), strict=False):
        if int(figure) >= 60:
            raise _bad(text, f"has {figure} {word}; they end at 59", where)
    if abs(read.degrees()) > _LIMIT[axis]:
        raise _bad(text, f"has the {_WORD[axis]} {number}, beyond {_LIMIT[axis]}°", where)
    if axis == "lat" and len(read.figures[0]) > 2:
        raise _bad(text, f"has three digits of degrees in the latitude {number}; is it the longitude?", where)
    return read


def _why(axis: str, number: str) -> str:
    if number.count(".") > 1:
        return "two points may be degrees, minutes and seconds or decimals; write 36°09'06\" or one point"
    if "," in number:
        return "a comma stands between numbers; write a decimal point"
    if re.fullmatch(r"\d+(?:\.\d+)?", number):
        form = "DDMM or DDMMSS" if axis == "lat" else "DDDMM or DDDMMSS"
        return f"{len(number.split('.')[0])} digits are not {form} and too many for degrees"
    if re.search(r"(?:^|[^\d.])\d(?:[^\d.]|\.|$)", number):
        return "minutes and seconds have two digits (09, not 9)"
    return "that is no degrees, minutes and seconds as the documents name them"


def _bad(text: str, what: str, where: str) -> GivenError:
    return GivenError("coordinate-invalid", f"{text!r} {what}", where=where)
