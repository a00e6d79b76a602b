"""Statements of a kind that the agreement defines (a nomination, a consent, a STOP), and accounts of its events.

One payload type carries all of the first, another all of the second; which names and fields there are, and of which type,
says the agreement that the head names (agreement.saying checks it). A value can be text, a whole number, a place, a
shape or a period, and nothing else: there is no form for an image, and a field for a weapon, an aim point, an effect or a
priority is refused when the agreement is read. Units: ms UTC, 1e-7 degrees, metres. Source: docs/spec/statements.md.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from detente.model.canon import MAX_INT
from detente.model.head import Code, Digest, Frozen, Ms, Statement
from detente.model.shapes import Cell, Circle, Corridor, Line, MultiPolygon, Point, Polygon

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, Meta(min_length=1, max_length=8_000)]
Whole = Annotated[int, Meta(ge=-MAX_INT, le=MAX_INT)]


class Period(Frozen, frozen=True, kw_only=True, tag_field="type", tag="period"):
    """From one instant to another, the later one not included. ms UTC."""

    start: Ms
    end: Ms


Value = Words | Whole | Period | Cell | Point | Line | Circle | Corridor | Polygon | MultiPolygon


class Said(Statement, frozen=True, kw_only=True, tag="said", rename={"from_": "from"}):
    """`name`: a statement kind of the agreement. It holds in [max(received, from), until) where these are stated.
    `speaks_for`: whose word it is, if not the author's own: one that keeps no log, whose guarantor the author is."""

    kind: ClassVar[str] = "said"
    name: Name
    fields: Annotated[dict[Name, Value], Meta(max_length=40)]
    from_: Ms | None = None
    until: Ms | None = None
    speaks_for: Code | None = None


class Told(Statement, frozen=True, kw_only=True, tag="told"):
    """What its author says happened: an event of the agreement. A claim, never the event itself.

    `by`: who may have done it, empty if nobody can say. It happened between `first` and `last`, ms. `about`: the account
    (its statement id) of the same event that this one stands beside; `replaces`: an earlier account of one's own that it
    corrects; `withdrawn`: with `replaces`, that account is taken back.
    """

    kind: ClassVar[str] = "told"
    name: Name
    by: Annotated[list[Code], Meta(max_length=16)]
    first: Ms
    last: Ms
    fields: Annotated[dict[Name, Value], Meta(max_length=40)]
    about: Digest | None = None
    replaces: Digest | None = None
    withdrawn: Literal["yes"] | None = None
