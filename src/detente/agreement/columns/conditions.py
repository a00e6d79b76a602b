"""Conditions on whole columns: one mapping, all keys must hold; a list is any (21-language-reference, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import (
    ASK,
    OF_VALUE,
    Answers,
    F,
    NoPlan,
    T,
    U,
    both,
    either,
    full,
    negated,
    not_later,
    told,
)
from detente.agreement.columns.joins import equal_leaves
from detente.agreement.columns.meant import among
from detente.agreement.columns.view import Leaf, Rows, leaf
from detente.agreement.columns.vocabulary import HIDDEN, MISSING, ODD, PLAIN
from detente.agreement.judge.matching import among as among_values
from detente.agreement.judge.matching import at_least
from detente.agreement.record import Unknown
from detente.agreement.values import Value

if TYPE_CHECKING:
    from detente.agreement.columns.world import World


def test(world: World, condition: f.Condition, rows: Rows, clause: str) -> Answers:
    """What a condition says of each row; `this` in it is the clause."""
    if isinstance(condition, f.Named):
        return test(world, world.agreement.define[condition.name], rows, clause)
    if isinstance(condition, f.All | f.Any_):
        return _joined(world, condition, rows, clause)
    if isinstance(condition, f.Not):
        return negated(test(world, condition.item, rows, clause))
    if isinstance(condition, f.Ask):
        question = world.question(condition.pattern, clause)
        return {"earlier": question.earlier, "later": question.later, "count": question.count}[condition.mode](rows)
    if isinstance(condition, f.Inside):
        return world.places.inside(condition.place, rows)
    if isinstance(condition, f.During):
        return world.spans.during(condition.phase, rows)
    if isinstance(condition, f.Given):
        return _given(condition.field, rows)
    if isinstance(condition, f.ElapsedIs):
        return _elapsed(world, condition, rows)
    if isinstance(condition, f.Clock):
        return world.days.clock(rows.lo, rows.hi, condition)
    end = leaf(world, rows, condition.path)
    matcher = condition.matcher
    if isinstance(matcher, f.OneOf):
        return _one_of(world, end, matcher, rows, clause)
    if isinstance(matcher, f.Range):
        return _range(world, end, matcher, rows)
    if isinstance(matcher, f.Covers):
        return _covers(world, end, leaf(world, rows, matcher.path))
    return world.places.holds(matcher.place, world.places.where(end), rows)


def _joined(world: World, condition: f.All | f.Any_, rows: Rows, clause: str) -> Answers:
    """Each item is asked only where it may still matter."""
    every = isinstance(condition, f.All)
    result = full(len(rows), T if every else F)
    live = np.arange(len(rows))
    for item in condition.items:
        if not len(live):
            break
        found = test(world, item, rows if len(live) == len(rows) else rows.take(live), clause)
        found = both(result[live], found) if every else either(result[live], found)
        result[live] = found
        live = live[found != (F if every else T)]
    return result


def _given(field: str, rows: Rows) -> Answers:
    given = rows.table.codes(field)[rows.idx] >= 0 if any(field in fields for fields in rows.table.fields) else None
    found = np.where(rows.event(), U, F)
    if given is not None:
        found = np.where(given, T, found)
    if field in ("from", "until"):
        stated = (rows.table.from_ if field == "from" else rows.table.until)[rows.idx]
        found = np.where(np.abs(stated) < 1 << 60, T, found)
    return found.astype(np.int8)


def _one_of(world: World, end: Leaf, matcher: f.OneOf, rows: Rows, clause: str) -> Answers:
    """Equal to any of these; for people, among them."""
    literals = [value for value in matcher.values if isinstance(value, str)]
    literals += [clause for value in matcher.values if not isinstance(value, str) and value.path == ("this",)]
    paths = [value.path for value in matcher.values if not isinstance(value, str) and value.path != ("this",)]
    if end.is_time:
        raise NoPlan(f"{end.name} among texts")
    if end.is_people:
        result = _among_people(world, end, literals, rows)
    else:
        codes, state = end.codes()

        def known(value: object) -> tuple[int]:
            return (int(among_values(value, tuple(literals))) if value is not None else 0,)

        values = OF_VALUE[world.vocabulary.ask(("among", tuple(literals)), codes, known)[:, 0]]
        result = np.where(state == MISSING, F, np.where(state == HIDDEN, U, values)).astype(np.int8)
        if not literals:
            result = full(len(rows), F)
    for path in paths:
        result = either(result, equal_leaves(world, end, leaf(world, rows, path)))
    return result


def _among_people(world: World, end: Leaf, literals: list[str], rows: Rows) -> Answers:
    people = tuple(f.Person(code) for code in literals if code in world.known_people)
    who = end.people()
    member = among(world, people, who.mask, Rows(rows.table, rows.idx)) if people else full(len(rows), F)
    found = np.where(who.open, np.where(member == F, F, U), member)
    found = np.where(who.mask == 0, U, found)
    found = np.where(who.state == MISSING, F, np.where(who.state == HIDDEN, U if literals else F, found))
    return np.where(who.state == ODD, ASK, found).astype(np.int8)


def _range(world: World, end: Leaf, matcher: f.Range, rows: Rows) -> Answers:
    result = full(len(rows), T)
    for bound, lower in ((matcher.at_least, True), (matcher.at_most, False)):
        if bound is None:
            continue
        if isinstance(bound, f.PathValue):
            other = leaf(world, rows, bound.path)
            result = both(result, _not_less(world, end, other) if lower else _not_less(world, other, end))
            continue
        if end.is_people or end.is_time:
            raise NoPlan(f"{end.name} as a number")
        codes, state = end.codes()

        def known(value: object, bound: int = bound, lower: bool = lower) -> tuple[int]:
            if value is None or isinstance(value, Unknown):
                return (int(Value.U),)
            return (int(at_least(value, bound) if lower else at_least(bound, value)),)

        values = OF_VALUE[world.vocabulary.ask(("range", bound, lower), codes, known)[:, 0]]
        found = np.where(state == MISSING, F, np.where(state == HIDDEN, U, values)).astype(np.int8)
        result = both(result, found)
    return result


def _not_less(world: World, one: Leaf, two: Leaf) -> Answers:
    if one.is_people or one.is_time or two.is_people or two.is_time:
        raise NoPlan("people or an interval as numbers")
    (left, left_state), (right, right_state) = one.codes(), two.codes()
    left_low, left_high, left_known = world.vocabulary.numbers(left)
    right_low, right_high, right_known = world.vocabulary.numbers(right)
    gone = (left_state == MISSING) | (right_state == MISSING)
    known = left_known & right_known & (left_state != HIDDEN) & (right_state != HIDDEN)
    found = np.where(known, np.where(left_low >= right_high, T, np.where(left_high < right_low, F, U)), U)
    return np.where(gone, F, found).astype(np.int8)


def _elapsed(world: World, condition: f.ElapsedIs, rows: Rows) -> Answers:
    one = leaf(world, rows, condition.from_).times(days=True)
    two = leaf(world, rows, condition.to).times(days=True)
    gone = (one.state == MISSING) | (two.state == MISSING)
    known = (one.state == PLAIN) & (two.state == PLAIN)
    now = world.now
    lo, hi = np.where(known, one.lo, now), np.where(known, one.hi, now)
    result = full(len(rows), T)
    if condition.at_least is not None:
        early, late = world.days.at_least(lo, condition.at_least), world.days.at_least(hi, condition.at_least)
        result = both(result, told(late <= two.lo, early > two.hi).astype(np.int8))
    if condition.at_most is not None:
        early, late = world.days.within(lo, condition.at_most), world.days.within(hi, condition.at_most)
        result = both(result, told(two.hi <= early, two.lo > late).astype(np.int8))
    return np.where(gone, F, np.where(known, result, U)).astype(np.int8)


def _covers(world: World, holder: Leaf, held: Leaf) -> Answers:
    """An area covers a point, a span an instant."""
    if world.field_type(holder.rows.table.kind, holder.name) == "span" and type(holder) is Leaf:
        return _span_covers(holder, held)
    return world.places.covers(holder, held)


def _span_covers(holder: Leaf, held: Leaf) -> Answers:
    state, start, end = (part[holder.rows.idx] for part in holder.rows.table.spans(holder.name))
    state = np.where(holder.state == PLAIN, state, holder.state)
    if (state == ODD).any():
        raise NoPlan("a span that is one of several")
    if held.world.field_type(held.rows.table.kind, held.name) == "span" and type(held) is Leaf:
        held_state, lo, hi = (part[held.rows.idx] for part in held.rows.table.spans(held.name))
        held_state = np.where(held.state == PLAIN, held_state, held.state)
        if (held_state == ODD).any():
            raise NoPlan("a span that is one of several")
        value = np.where((start <= lo) & (hi <= end), T, F)
    else:
        held_state, lo, hi = held.times(days=False)
        value = told((start <= lo) & (hi < end), (hi < start) | (lo >= end))
    gone = (state == MISSING) | (held_state == MISSING)
    known = (state == PLAIN) & (held_state == PLAIN)
    return np.where(gone, F, np.where(known, value, U)).astype(np.int8)


__all__ = ["not_later", "test"]
