"""A statement of a kind that the agreement defines: a nomination, a consent, a designation, a STOP.

One payload type carries them all; which names and fields there are, and of which type, says the agreement that the
head names (agreement.saying checks it). A value can be text, a whole number, a place, a shape or a period, and nothing
else: there is no form for an image, and a field for a weapon, an aim point, an effect or a priority is refused when the
agreement is read. Units: ms UTC, 1e-7 degrees, metres. Source: docs/spec/statements.md, section 3.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from detente.model.canon import MAX_INT
from detente.model.shapes import Cell, Circle, Corridor, Line, MultiPolygon, Point, Polygon
from detente.model.statement import Frozen, Ms, Statement

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, Meta(min_length=1, max_length=8_000)]
Whole = Annotated[int, Meta(ge=-MAX_INT, le=MAX_INT)]


class Period(Frozen, frozen=True, kw_only=True, tag_field="type", tag="period"):
    """From one instant to another, the later one not included. ms UTC."""

    start: Ms
    end: Ms


Value = Words | Whole | Period | Cell | Point | Line | Circle | Corridor | Polygon | MultiPolygon


class Said(Statement, frozen=True, kw_only=True, tag="said", rename={"from_": "from"}):
    """`name`: a statement kind of the agreement. It holds in [max(received, from), until) where these are stated."""

    kind: ClassVar[str] = "said"
    name: Name
    fields: dict[Name, Value]
    from_: Ms | None = None
    until: Ms | None = None
