"""What every statement begins with, and the small types its fields are made of.

Units: times integer ms UTC (claims of their author), coordinates integer 1e-7 degrees, lengths integer metres, digests
hex SHA-256. Source: docs/spec/statements.md, sections 1 and 2.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from detente.model import canon

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Origin = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}(/[a-z0-9._-]{1,63}){1,4}$", max_length=200)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Salt = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
Ms = Annotated[int, Meta(ge=0, le=canon.MAX_INT)]
Count = Annotated[int, Meta(ge=0, le=canon.MAX_INT)]
Metres = Annotated[int, Meta(ge=0, le=40_000_000)]
Latitude = Annotated[int, Meta(ge=-900_000_000, le=900_000_000)]
Longitude = Annotated[int, Meta(ge=-1_800_000_000, le=1_800_000_000)]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=8_000)]
FileBytes = Annotated[bytes, Meta(min_length=1, max_length=36_000)]


class Frozen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """Base of every value that goes into signed bytes. They are trees, so the collector of cycles need not visit them."""


class Seen(Frozen, frozen=True, kw_only=True):
    """The newest verified head of the other side's log that the author had when it spoke: the causal link."""

    origin: Origin
    size: Count
    root: Digest


class Category(Frozen, frozen=True, kw_only=True):
    """A category of a label, as `Releasable To` with the codes it names (STANAG 5636)."""

    name: Short
    values: Annotated[list[Short], Meta(min_length=1, max_length=32)]


class Label(Frozen, frozen=True, kw_only=True, rename={"class_": "class"}):
    """A confidentiality label of the domain both sides share, in the JSON form of STANAG 5636. Whose policy, which class,
    which categories. When it was made and when it is to be looked at again stays at home."""

    policy: Short
    class_: Short
    categories: Annotated[list[Category], Meta(max_length=16)]


class Statement(Frozen, frozen=True, kw_only=True, tag_field="type"):
    """The head every statement carries. `seen` is left out only while nothing of the other side is known."""

    kind: ClassVar[str] = ""

    agreement: Digest
    author: Code
    origin: Origin
    time: Ms
    salt: Salt
    label: Short | Label
    seen: Seen | None = None
    approval: Digest | None = None
    same_as: Digest | None = None
