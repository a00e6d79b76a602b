"""Places named in acts: the union over standing acts of what they name (21-language-reference, 8).

A coarse grid holds what each act names, so that only acts near a spot are asked whether they stand. The grid loses
nothing: boxes are widened by the error, the reach and the geodesic bulge, and what has no box is always asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from detente.agreement import form as f
from detente.agreement.geometry import lost
from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.lookup import absent
from detente.agreement.judge.matching import NOT_STATED
from detente.agreement.judge.people import Meant
from detente.agreement.judge.places import Near, by_distance, distance
from detente.agreement.judge.sets import Made
from detente.agreement.judge.shapes import Box, box_of, grow, meet
from detente.agreement.judge.store import Bucket, Cell
from detente.agreement.record import OneOf, Path, Region, Spot, Unknown
from detente.agreement.values import F, T, U, Value, all_of, any_of

if TYPE_CHECKING:
    from detente.agreement.judge.terms import Terms

_STEP = 0.125
_MOST_CELLS = 4096


class Grid:
    """What acts name, by cells of a coarse grid of degrees."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], dict[str, Deed]] = {}
        self.anywhere: dict[str, Deed] = {}

    def put(self, deed: Deed, box: Box | None) -> None:
        """Keep a deed where its box lies."""
        cells = self._cells(box)
        if cells is None:
            self.anywhere[deed.id] = deed
            return
        for cell in cells:
            self.cells.setdefault(cell, {})[deed.id] = deed

    def take(self, deed: Deed, box: Box | None) -> None:
        """Drop a deed."""
        self.anywhere.pop(deed.id, None)
        for cell in self._cells(box) or ():
            self.cells.get(cell, {}).pop(deed.id, None)

    def near(self, box: Box | None) -> list[Deed] | None:
        """Deeds whose box may meet one; None: look at all."""
        cells = self._cells(box)
        if cells is None:
            return None
        found = dict(self.anywhere)
        for cell in cells:
            found.update(self.cells.get(cell, {}))
        return list(found.values())

    @staticmethod
    def _cells(box: Box | None) -> list[tuple[int, int]] | None:
        if box is None:
            return None
        west, south, east, north = (math.floor(edge / _STEP) for edge in box)
        if (east - west + 1) * (north - south + 1) > _MOST_CELLS:
            return None
        return [(i, j) for i in range(west, east + 1) for j in range(south, north + 1)]


class Named:
    """The areas named by standing acts of a pattern."""

    def __init__(self, terms: Terms, form: f.NamedIn) -> None:
        self.question = terms.question(form.pattern, "")
        self.geometry = terms.geometry
        self.store = terms.store
        self.field = form.field
        self.drift = form.drift
        self.cell = Cell()
        self.grid = Grid()
        self.deeds: dict[str, Deed] = {}
        self._boxed_for: list[tuple[Made, Value]] | None = None
        self._boxes: list[list[Box | None]] = []
        for kind in form.pattern.kinds:
            terms.store.watchers.setdefault(kind, []).append(self._changed)
            for deed in terms.store.index(kind, ()).bucket(()).deeds:
                self._keep(deed)

    def _changed(self, deed: Deed, added: bool) -> Iterator[Cell]:
        if added:
            self._keep(deed)
        else:
            self.deeds.pop(deed.id, None)
            self.grid.take(deed, self._box(deed))
        yield self.cell

    def _keep(self, deed: Deed) -> None:
        self.deeds[deed.id] = deed
        self.grid.put(deed, self._box(deed))

    def _box(self, deed: Deed) -> Box | None:
        value = deed.fields.get(self.field)
        return box_of(value) if isinstance(value, Spot | Region | Path) else None

    def value(self, x: Frame, near: Near, e: Deed) -> Value:
        """Whether a spot is inside what some standing act names."""
        if x.reads is not None:
            x.reads[self.cell] = None
        question = self.question
        if question.pattern.each:
            result = question.each_meant(x, e, lambda persons: self._union(x, near, e, persons))
        else:
            result = self._union(x, near, e, None)
        return U if x.free and question.statements else result

    def _union(self, x: Frame, near: Near, e: Deed, persons: list[Meant] | None) -> Value:
        question = self.question
        result = F
        for made, given in self._candidates(x, near, e, persons):
            where = any_of(self._inside(x, near, e, a, made.lo) for a in made.deeds) if near.known else U
            if where is F:
                continue
            inner = len(x.evidence)
            value = all_of((given, where))
            value = value if value is F else question.standing.value(x, made, e, None, value, None)
            if value is F:
                del x.evidence[inner:]
                continue
            x.evidence.extend(a.id for a in made.deeds)
            result = any_of((result, value))
            if result is T:
                break
        if result is not T and not question.complete(x, e, None, question.standing.latest(e.hi)):
            result = any_of((result, U))
        return result

    def _candidates(self, x: Frame, near: Near, e: Deed, persons: list[Meant] | None) -> Iterator[tuple[Made, Value]]:
        question = self.question
        if persons is not None:
            self._read_all(x)
            yield from self._near_sets(question.sets(x, e, None, persons), near)
            return
        box = None
        if self.drift == 0.0 and near.known:
            box = grow((near.lon, near.lat, near.lon, near.lat), near.error + near.reach)
        found = self.grid.near(box) if box is not None else None
        for a in self.deeds.values() if found is None else found:
            if a.id == e.id:
                continue
            value = question.fits(x, a, e)
            made = question.when_made(x, a, e) if value is not F else None
            if made is not None and made[0].lo <= e.hi:
                when, sure = made
                yield Made((a,), when.lo, when.hi, (when,)), all_of((value, sure))

    def _near_sets(self, sets: list[tuple[Made, Value]], near: Near) -> list[tuple[Made, Value]]:
        """Those of which some act names a place near by."""
        box = grow((near.lon, near.lat, near.lon, near.lat), near.error + near.reach)
        if self.drift or not near.known or box is None or len(sets) < 8:
            return sets
        if sets is not self._boxed_for:
            self._boxed_for = sets
            self._boxes = [[self._box(a) for a in made.deeds] for made, _ in sets]
        return [one for one, boxes in zip(sets, self._boxes, strict=True) if any(meet(box, other) for other in boxes)]

    def _read_all(self, x: Frame) -> None:
        if x.reads is not None:
            for kind in self.question.pattern.kinds:
                bucket: Bucket = self.store.index(kind, ()).bucket(())
                x.reads[bucket] = None

    def _inside(self, x: Frame, near: Near, e: Deed, a: Deed, since: int) -> Value:
        """Where the named place is certain enough; its position grows old."""
        value = a.fields.get(self.field)
        if value is None:
            return F if absent(a) is NOT_STATED else U
        if isinstance(value, Unknown):
            return U
        options = value.values if isinstance(value, OneOf) else (value,)
        age = max(0, e.hi - since) / 1000
        values = []
        for shape in options:
            if not isinstance(shape, Spot | Region | Path):
                return U
            blur = shape.radius if isinstance(shape, Spot) else 0.0
            d = distance(self.geometry, near.lon, near.lat, shape)
            error = near.error + blur + self.drift * age + lost(d)
            values.append(by_distance(d - near.reach, error))
            if x.marks is not None and self.drift:
                # The edge of what is sure and of what is possible moves with age.
                gap = abs(d - near.reach) - near.error - blur - lost(d)
                x.marks.append(since + math.ceil(gap / self.drift * 1000) + 1)
        return values[0] if len(set(values)) == 1 else U
