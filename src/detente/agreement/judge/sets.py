"""Sets of like acts, one by each person: made when the last is made (`by_each` with `alike`; 21-language-reference, 7)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING, NamedTuple

from detente.agreement.judge.deeds import Deed
from detente.agreement.judge.frame import Frame
from detente.agreement.judge.matching import equal
from detente.agreement.judge.people import Meant
from detente.agreement.record import Interval
from detente.agreement.values import F, Value, all_of

if TYPE_CHECKING:
    from detente.agreement.judge.compiled import Compiled


class Made(NamedTuple):
    """An act, or a set of like acts that is made when its last is; `lo`, `hi`: when."""

    deeds: tuple[Deed, ...]
    lo: int
    hi: int
    each: tuple[Interval, ...] = ()
    persons: tuple[Meant, ...] = ()


def same_fields(question: Compiled, x: Frame, a: Deed, e: Deed, its: Deed | None) -> Value:
    """Whether an act equals the asking act in the fields of `same`."""
    for finder in question.finders:
        if finder.kind == a.kind:
            return all_of(equal(own(x, a, None), asked(x, e, its)) for own, asked in finder.every)
    return F


def make_sets(
    question: Compiled,
    x: Frame,
    e: Deed,
    its: Deed | None,
    persons: list[Meant],
    *,
    counting: bool = False,
    asker: Deed | None = None,
) -> Iterator[tuple[Made, Value]]:
    """Sets of one act by each person, alike in the fields named; made when the last is made.

    `same` is about e, words for people about `asker` (e where there is none).
    """
    who = asker or e
    alike = tuple((name, (name,)) for name in question.pattern.alike)
    firsts: list[tuple[Deed, Value]] = []
    for finder in question.finders:
        firsts += [(a, v) for a, v in finder.find(x, e, its, None, None) if v is not F and a.id not in (e.id, who.id)]
    if counting and e.kind in question.pattern.kinds:
        firsts.append((e, question.itself(x, e, its)))
    for first, value in firsts:
        value = all_of((value, question.fits(x, first, who, persons[0])))
        if value is F:
            continue
        choices: list[list[tuple[Deed, Value]]] = []
        for meant in persons[1:]:
            found = []
            for finder in question.like_finders(alike):
                for b, like in finder.find(x, first, None, None, None):
                    if like is F or (b.id in (e.id, who.id) and not counting):
                        continue
                    fitting = question.itself(x, e, its) if b.id == e.id else same_fields(question, x, b, e, its)
                    like = all_of((like, question.fits(x, b, who, meant), fitting))
                    if like is not F:
                        found.append((b, like))
            choices.append(found)
        for rest in product(*choices):
            deeds = (first, *(b for b, _ in rest))
            if _one_for_two(deeds, persons):
                continue
            times = [question.when_made(x, a, who) for a in deeds]
            known = [when for when in times if when is not None]
            if len(known) == len(deeds):
                each = tuple(when for when, _ in known)
                lo, hi = max(w.lo for w in each), max(w.hi for w in each)
                yield (
                    Made(deeds, lo, hi, each, tuple(persons)),
                    all_of((value, *(v for _, v in rest), *(v for _, v in known))),
                )


def _one_for_two(deeds: tuple[Deed, ...], persons: list[Meant]) -> bool:
    """Whether one act stands for two persons who have nobody in common: it has one author."""
    for one, two in combinations(range(len(deeds)), 2):
        first, second = persons[one].possible, persons[two].possible
        if deeds[one] is deeds[two] and first is not None and second is not None and first.isdisjoint(second):
            return True
    return False
