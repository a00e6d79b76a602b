"""Durations, and the kinds of statement and event an agreement defines with their fields (21-language-reference, 4 and 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Elapsed:
    """A fixed length of time, ms."""

    ms: int


@dataclass(frozen=True)
class Calendar:
    """Whole days or months on the calendar of the agreement's zone."""

    number: int
    unit: Literal["days", "months"]


Duration = Elapsed | Calendar


@dataclass(frozen=True)
class Field:
    """A field of a kind. `type` is one of code, text, count, length, who, addressee, point, area, line, span, time, day, act,
    enum; `of` the kind an act field refers to, `values` those of an enum."""

    name: str
    type: str
    optional: bool = False
    of: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of statement (counts from receipt) or event (counts from when it happened)."""

    name: str
    event: bool
    fields: Mapping[str, Field]
