"""Where acts are against places, for many rows at once (21-language-reference, 6 and 8).

Bounds of the distance decide what lies clearly inside, outside or on the band; the rest goes to the exact geometry, point by
point, as the step judge asks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import (
    ASK,
    OF_VALUE,
    Answers,
    F,
    Ints,
    NoPlan,
    T,
    U,
    both,
    either,
    full,
    negated,
    told,
)
from detente.agreement.columns.measure import Measure
from detente.agreement.columns.moving import Moving
from detente.agreement.columns.points import Where
from detente.agreement.columns.standing import standing_near
from detente.agreement.columns.tables import spots
from detente.agreement.columns.view import Leaf, Rows, whole
from detente.agreement.columns.vocabulary import HIDDEN, MISSING, ODD, PLAIN
from detente.agreement.geometry import lost
from detente.agreement.judge.places import distance
from detente.agreement.judge.shapes import literal_shape
from detente.agreement.record import OneOf, Path, Region, Spot

if TYPE_CHECKING:
    from detente.agreement.columns.questions import Question
    from detente.agreement.columns.tables import Table
    from detente.agreement.columns.world import World

_MOST_PAIRS = 30_000_000


class Places:
    """The places of an agreement."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tolerance = float(world.agreement.tolerance)
        self._measures: dict[object, Measure] = {}
        self._positions: dict[int, Where] = {}
        self.moving = Moving(world)

    def measure(self, shape: Spot | Region | Path) -> Measure:
        """A shape made ready, kept."""
        key = self.world.vocabulary.code(shape)
        found = self._measures.get(key)
        if found is None:
            found = self._measures[key] = Measure(shape)
        return found

    def where(self, end: Leaf) -> Where:
        """What a path gives, as points."""
        if end.is_people or end.is_time or end.name in ("id", "from", "until"):
            raise NoPlan(f"{end.name} as a place")
        state, lon, lat, radius = (part[end.rows.idx] for part in end.rows.table.spots(end.name))
        return Where(np.where(end.state == PLAIN, state, end.state), lon, lat, radius)

    def position(self, rows: Rows) -> Where:
        """`position`, else the only place an act states."""
        table = rows.table
        found = self._positions.get(id(table))
        if found is None:
            state, lon, lat, radius = table.spots("position")
            gone = np.array([value is None for value in table.column("position")], bool)
            lost = np.flatnonzero(gone & ((state == MISSING) | (state == HIDDEN))).tolist()
            found = self._positions[id(table)] = self._only(table, lost, Where(state, lon, lat, radius))
        return found.take(rows.idx)

    @staticmethod
    def _only(table: Table, lost: list[int], where: Where) -> Where:
        """Where no position is stated: the only place an act states; of several nobody can say which."""
        stated: dict[int, object] = {}
        several = []
        for at in lost:
            places = [value for value in table.fields[at].values() if isinstance(value, Spot | Region | Path)]
            if len(places) == 1:
                stated[at] = places[0]
            elif places:
                several.append(at)
        if not stated and not several:
            return where
        columns = [column.copy() for column in where]
        rows = list(stated)
        for column, values in zip(columns, spots(list(stated.values()), False), strict=True):
            column[rows] = values
        columns[0][several] = HIDDEN
        return Where(*columns)

    def inside(self, place: f.PlaceForm, rows: Rows) -> Answers:
        """Whether each row lies in a place."""
        return self.holds(place, self.position(rows), rows)

    def holds(self, place: f.PlaceForm, where: Where, rows: Rows) -> Answers:
        """Whether points lie in a place at the time of their rows."""
        result = np.where(where.state == ODD, ASK, F).astype(np.int8)
        at = np.flatnonzero((where.state == PLAIN) | (where.state == HIDDEN))
        if len(at):
            some = where.take(at)
            result[at] = self._value(place, some._replace(radius=some.radius + self.tolerance), rows.take(at), 0.0)
        return result

    def _value(self, place: f.PlaceForm, where: Where, rows: Rows, reach: float) -> Answers:
        if isinstance(place, f.PlaceName):
            return self._value(self.world.agreement.places[place.name], where, rows, reach)
        if isinstance(place, f.Shape):
            shape = self.world.geometry.annex(place.annex) if place.annex else literal_shape(place.literal[0])
            if shape is None:
                return full(len(rows), U)
            found = self.against(shape, where, reach)
            return np.where(where.state == PLAIN, found, U).astype(np.int8)
        if isinstance(place, f.Within):
            return self._value(place.of, where, rows, reach + place.metres)
        if isinstance(place, f.Union):
            return self._any(place.items, where, rows, reach)
        if isinstance(place, f.NamedIn):
            return self._named(place, where, rows, reach)
        value = self._value(place.base, where, rows, reach)
        at = np.flatnonzero(value != F)
        some, here = where.take(at), rows.take(at)
        if place.inside and len(at):
            value[at] = both(value[at], self._any(place.inside, some, here, 0.0))
        if place.minus and len(at):
            value[at] = both(value[at], negated(self._any(place.minus, some, here, 0.0)))
        return value

    def _any(self, places: tuple[f.PlaceForm, ...], where: Where, rows: Rows, reach: float) -> Answers:
        value = full(len(rows), F)
        for place in places:
            value = either(value, self._value(place, where, rows, reach))
        return value

    # one shape

    def against(self, shape: Spot | Region | Path, where: Where, reach: float) -> Answers:
        """Whether points lie within `reach` of a shape."""
        measure = self.measure(shape)
        blur = shape.radius if isinstance(shape, Spot) else 0.0
        error = where.radius + blur
        result = full(len(error), F)
        at = measure.reaches(where.lon, where.lat, reach + float(error.max(initial=0.0)))
        if at is None:
            at = np.arange(len(error))
        if measure.sayable:
            for fine in (False, True) if measure.round is None else (True,):
                if not len(at):
                    return result
                low, high = measure.bounds(where.lon[at], where.lat[at], fine=fine)
                e = error[at]
                yes, no = high - reach + e <= 0, low - reach - e > 0
                band = (low - reach + e > 0) & (high - reach - e <= 0)
                result[at[yes]], result[at[band]] = T, U
                at = at[~(yes | no | band)]
        for one in at:
            d = distance(self.world.geometry, float(where.lon[one]), float(where.lat[one]), shape)
            e_one = float(error[one]) + lost(d)
            result[one] = T if d - reach + e_one <= 0 else F if d - reach - e_one > 0 else U
        return result

    # places named in acts

    def _named(self, place: f.NamedIn, where: Where, rows: Rows, reach: float) -> Answers:
        question = self.world.question(place.pattern, "")
        if question.pattern.each:
            result = self._named_sets(question, place, where, rows, reach)
        elif place.drift:
            result = self.moving.near(question, place, where, rows, reach)
        else:
            result = self._named_acts(question, place, where, rows, reach)
        beyond = ~question.complete(rows, None, question.standing.latest(rows.hi))
        return np.where(beyond, np.maximum(result, U), result).astype(np.int8)

    def _by_shape(self, acts: Rows, field: str) -> tuple[Ints, Any]:
        codes = acts.table.codes(field)[acts.idx]
        return codes, self.world.vocabulary.states(codes, acts.event())

    def _near(self, code: int, state: int, where: Where, reach: float) -> Answers:
        """Where points are against what one act names; an unknown position may be in any."""
        if state == MISSING:
            found = full(len(where.lon), F)
        elif state == HIDDEN:
            found = full(len(where.lon), U)
        else:
            value = self.world.vocabulary.values[code]
            if state == ODD and not isinstance(value, OneOf):
                raise NoPlan("a named place of a rare kind")
            shapes = value.values if isinstance(value, OneOf) else (value,)
            if not all(isinstance(shape, Spot | Region | Path) for shape in shapes):
                found = full(len(where.lon), U)
            else:
                answers = [self.against(shape, where, reach) for shape in shapes]  # type: ignore[arg-type]
                found = answers[0]
                for other in answers[1:]:
                    found = np.where(found == other, found, U).astype(np.int8)
        return np.where(where.state == PLAIN, found, U).astype(np.int8)

    def _named_acts(self, question: Question, place: f.NamedIn, where: Where, rows: Rows, reach: float) -> Answers:
        result = full(len(rows), F)
        for kind in question.pattern.kinds:
            table = self.world.table(kind)
            if not table.size:
                continue
            codes, states = self._by_shape(whole(table), place.field)
            acts: list[Ints] = []
            owners: list[Ints] = []
            near: list[Answers] = []
            order = np.lexsort((states, codes))
            starts = np.flatnonzero(np.diff(codes[order], prepend=-2) | np.diff(states[order], prepend=-1))
            for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
                group = order[start:end]
                answers = self._near(int(codes[group[0]]), int(states[group[0]]), where, reach)
                at = np.flatnonzero(answers != F)
                if sum(len(one) for one in acts) + len(at) * len(group) > _MOST_PAIRS:
                    raise NoPlan("too many named places near too many acts")
                acts.append(np.repeat(group, len(at)))
                owners.append(np.tile(at, len(group)))
                near.append(np.tile(answers[at], len(group)))
            if acts:
                owner = np.concatenate(owners)
                value = standing_near(
                    question, Rows(table, np.concatenate(acts)), rows.take(owner), np.concatenate(near)
                )
                np.maximum.at(result, owner, value)
        return result

    def _named_sets(self, question: Question, place: f.NamedIn, where: Where, rows: Rows, reach: float) -> Answers:
        assert question.sets is not None
        found = question.sets.found(rows)
        table = question.sets.table()
        result = full(len(rows), F)
        kept: dict[tuple[int, int], Answers] = {}
        codes, states = self._by_shape(whole(table), place.field)
        chosen, owners, values = [], [], []
        for number in range(len(found.lo)):
            near = full(len(rows), F)
            for key in {(int(codes[part[number]]), int(states[part[number]])) for part in found.parts}:
                if key not in kept:
                    kept[key] = self._near(*key, where, reach)
                near = either(near, kept[key])
            at = np.flatnonzero((near != F) & (found.lo[number] <= rows.hi))
            chosen.append(np.full(len(at), number))
            owners.append(at)
            values.append(both(near[at], full(len(at), found.value[number])))
            if sum(len(one) for one in owners) > _MOST_PAIRS:
                raise NoPlan("too many named places near too many acts")
        if chosen:
            owner = np.concatenate(owners)
            made = question.sets.made(found, np.concatenate(chosen))
            value = np.concatenate(values)
            at = np.flatnonzero(value != F)
            value[at] = question.standing.value(made.take(at), rows.take(owner[at]), value[at], None)
            np.maximum.at(result, owner, value)
        return result

    # an area that an act states covers a point

    def covers(self, holder: Leaf, held: Leaf) -> Answers:
        """Whether the area each act states covers the point beside it."""
        where = self.where(held)
        codes, state = holder.codes()
        result = np.where(state == PLAIN, F, U).astype(np.int8)
        result[(state == ODD) | (where.state == ODD)] = ASK
        for code in np.unique(codes[state == PLAIN]):
            at = np.flatnonzero((codes == code) & (state == PLAIN))
            shape = self.world.vocabulary.values[code]
            if not isinstance(shape, Region | Path | Spot):
                result[at] = U
                continue
            some = where.take(at)
            result[at] = self.against(shape, some._replace(radius=some.radius + self.tolerance), 0.0)
        result = np.where(where.state == HIDDEN, U, np.where(where.state == ODD, ASK, result))
        return np.where((state == MISSING) | (where.state == MISSING), F, result).astype(np.int8)


__all__ = ["OF_VALUE", "Places", "Where", "told"]
