"""Who words for people mean, on whole columns: surely and possibly, as bits (21-language-reference, 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from detente.agreement import form as f
from detente.agreement.columns.codes import Answers, F, Flags, NoPlan, T, U, told
from detente.agreement.columns.view import Rows, leaf
from detente.agreement.columns.vocabulary import MISSING, ODD, PLAIN

if TYPE_CHECKING:
    from detente.agreement.columns.world import World


class Meant(NamedTuple):
    """One person or group for each row (or for all rows). `certain`, `possible`: bits; `anyone`: possible is everybody.

    `sure`: surely among those meant; `present`: meant at all on this row; `code`: number of the person it names, or -1;
    `everyone`: whoever it is.
    """

    certain: Any
    possible: Any
    anyone: Any = False
    sure: Any = True
    present: Any = True
    code: Any = -1
    everyone: Any = False

    def test(self, by: Any) -> Answers:
        """Whether an author is among these."""
        sure = (by != 0) & ((by & ~np.asarray(self.certain)) == 0)
        none = np.where(by == 0, np.asarray(self.possible) == 0, (by & self.possible) == 0) & np.logical_not(
            self.anyone
        )
        none = none & ~(sure & (by != 0))
        found = told(np.where(np.asarray(self.anyone), sure & (by != 0), sure), none)
        found = np.where(np.asarray(self.everyone), T, found)
        return np.broadcast_to(found, np.shape(by)).astype(np.int8)

    def take(self, where: Any, size: int) -> Meant:
        """The same for some rows."""
        return Meant(*(part if np.ndim(part) == 0 else np.asarray(part)[where] for part in self))


ANYONE = Meant(0, 0, anyone=True, everyone=True)


def meant(world: World, whos: f.Whos, rows: Rows) -> list[Meant]:
    """Everybody the words mean, seen from each row."""
    return [one for who in whos for one in _one(world, who, rows)]


def _one(world: World, who: f.Who, rows: Rows) -> list[Meant]:
    names, persons = world.names, world.persons
    if isinstance(who, f.Person):
        if who.code in persons.joined:
            return [world.joined(who.code, rows)]
        group = names.mask(persons.expand(who.code))
        return [Meant(group, group, code=world.number(who.code))]
    if isinstance(who, f.GuarantorOf | f.WhoPath):
        return [_by_path(world, who, rows)]
    if who.word == "parties":
        return [Meant(names.bit(code), names.bit(code), code=world.number(code)) for code in world.agreement.parties]
    if who.word == "anyone":
        return [ANYONE]
    if who.word == "actor":
        return [some(world, rows.by)]
    if who.word == "guarantor":
        return [guarantors(world, rows.by, rows.by == 0)]
    return [_other(world, code, rows.by) for code in world.agreement.parties]


def some(world: World, by: Any) -> Meant:
    """One of these persons, whichever it is; a group with its members."""
    single = (by & (by - 1)) == 0
    single &= by != 0
    certain, possible = np.where(single, by, 0), by
    if world.with_groups:
        certain, possible = world.names.each(by, world.surely), world.names.each(by, world.possibly)
    return Meant(certain, possible, anyone=by == 0, code=np.where(single, world.names.single(by), -1))


def guarantors(world: World, by: Any, is_open: Any) -> Meant:
    """Whoever answers for them; where nobody can say who they are, perhaps whoever answers for anybody."""
    persons = world.persons

    def answering(people: frozenset[str]) -> list[str]:
        return [persons.guarantor(code) for code in people or world.known_people]

    def answers(people: frozenset[str]) -> int:
        return world.names.mask(frozenset(code for code in answering(people) if code))

    found = world.names.each(by, answers)
    # for one of them, or for a stranger, nobody answers
    lacking = is_open | (by == 0) | (found == 0) | world.names.each(by, lambda people: "" in answering(people), bool)
    one = some(world, found)
    return one._replace(
        certain=np.where(lacking, 0, one.certain), anyone=np.zeros(len(by), bool), code=np.where(lacking, -1, one.code)
    )


def _other(world: World, code: str, by: Any) -> Meant:
    bit = world.names.bit(code)
    single = (by != 0) & ((by & (by - 1)) == 0)
    perhaps = (by == 0) | (((by & bit) != 0) & ~single)
    present = perhaps | ((by & bit) == 0)
    return Meant(
        np.where(perhaps | ~present, 0, bit), np.where(present, bit, 0),
        sure=~perhaps, present=present, code=np.where(present, world.number(code), -1),
    )  # fmt: skip


def _by_path(world: World, who: f.GuarantorOf | f.WhoPath, rows: Rows) -> Meant:
    path = who.path[1:] if who.path[0] == "its" else who.path
    end = leaf(world, Rows(rows.table, rows.idx), path)
    if not end.is_people:
        raise NoPlan(f"people by {'.'.join(path)}")
    state, mask, is_open = end.people()
    if (state == ODD).any():
        raise NoPlan(f"people by {'.'.join(path)}, one of several")
    nobody = state == MISSING
    anyone = ~nobody & ((state != PLAIN) | is_open | (mask == 0))
    mask = np.where(nobody | anyone, 0, mask)
    one = guarantors(world, mask, mask == 0) if isinstance(who, f.GuarantorOf) else some(world, mask)
    keep = nobody | anyone
    return Meant(
        np.where(keep, 0, one.certain), np.where(keep, 0, one.possible), anyone=np.where(nobody, False, anyone | (~keep & one.anyone)),
        code=np.where(keep, -1, one.code),
    )  # fmt: skip


def union(parts: list[Meant]) -> Meant:
    """Any of these; those not present on a row do not count."""
    certain: Any = 0
    possible: Any = 0
    anyone: Any = False
    count: Any = 0
    differs: Any = False
    code: Any = -1
    everyone: Any = False
    for one in parts:
        certain = certain | np.where(one.present, one.certain, 0)
        possible = possible | np.where(one.present, one.possible, 0)
        anyone = anyone | (np.asarray(one.anyone) & one.present)
        everyone = everyone | (np.asarray(one.everyone) & one.present)
        some_ = np.asarray(one.present) & (np.asarray(one.anyone) | (np.asarray(one.possible) != 0))
        differs = differs | (some_ & (count > 0) & (code != one.code))
        count = count + np.where(some_, 1, 0)
        code = np.where(some_, one.code, code)
    return Meant(certain, possible, anyone, code=np.where((count > 0) & ~differs, code, -1), everyone=everyone)


def singly(world: World, whos: f.Whos, rows: Rows) -> list[tuple[Flags, list[Meant]]]:
    """For *each of*: everybody the words mean, once for each who may be the author of the asking row (reference 3)."""
    by = rows.by
    unsure = (by & (by - 1)) != 0
    unsure |= by == 0
    if not unsure.any():
        return [(~unsure, meant(world, whos, rows))]
    found = [(~unsure, meant(world, whos, rows.made_by(np.where(unsure, world.names.bit(""), by))))]
    for code in ("", *world.step.terms.wardrobe.people):
        bit = world.names.bit(code)
        here = unsure & ((by == 0) | ((by & bit) != 0))
        if here.any():
            found.append((here, meant(world, whos, rows.made_by(np.where(here, bit, by)))))
    for code in world.names.codes:  # who has no code in the agreement
        bit = world.names.bit(code)
        here = unsure & ((by & bit) != 0)
        if code not in world.known_people and code and here.any():
            found.append((here, meant(world, whos, rows.made_by(np.where(here, bit, by)))))
    return found


def among(world: World, whos: f.Whos, by: Any, rows: Rows) -> Answers:
    """Whether each author is any of the words', seen from the row beside it."""
    if all(isinstance(who, f.Word) and who.word == "anyone" for who in whos):
        return np.full(len(by), T)
    return union(meant(world, whos, rows)).test(by)


__all__ = ["ANYONE", "F", "Meant", "T", "U", "among", "guarantors", "meant", "singly", "some", "union"]
