"""A small evaluator of the exported formulas over a whole trace, written from the semantics of the logic and not for speed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detente.agreement import formulas as m

Env = dict[str, str]


@dataclass(frozen=True)
class Point:
    """A time point: its time stamp in ms, and the predicates that hold at it."""

    at: int
    preds: tuple[tuple[str, tuple[str, ...]], ...]


def answers(formula: m.Formula, trace: list[Point], i: int, env: Env) -> Iterator[Env]:
    """The ways in which the free variables make a formula true at a time point."""
    match formula:
        case m.Pred(name, args):
            for pred, values in trace[i].preds:
                if pred == name:
                    yield from unified(args, values, env)
        case m.Compare(left, sign, right):
            yield from compared(left, sign, right, env)
        case m.Neg(item):
            if next(answers(item, trace, i, env), None) is None:
                yield env
        case m.Both(items):
            yield from joined(items, trace, i, env)
        case m.Either(items):
            for item in items:
                yield from answers(item, trace, i, env)
        case m.Some(names, item):
            inner = {name: value for name, value in env.items() if name not in names}
            for found in answers(item, trace, i, inner):
                yield {**env, **{name: value for name, value in found.items() if name not in names}}
        case m.Once(low, high, item):
            for j in window(trace, i, low, high):
                yield from answers(item, trace, j, env)
        case m.Soon(high, item):
            for j in range(i, len(trace)):
                if trace[j].at - trace[i].at <= high:
                    yield from answers(item, trace, j, env)
        case m.Since(low, high, ended, item):
            for j in window(trace, i, low, high):
                for found in answers(item, trace, j, env):
                    if not any(next(answers(ended, trace, k, found), None) is not None for k in range(j + 1, i + 1)):
                        yield found


def window(trace: list[Point], i: int, low: int, high: int | None) -> list[int]:
    """Earlier time points (this one too) at such a distance."""
    return [
        j
        for j in range(i + 1)
        if trace[i].at - trace[j].at >= low and (high is None or trace[i].at - trace[j].at <= high)
    ]


def joined(items: tuple[m.Formula, ...], trace: list[Point], i: int, env: Env) -> Iterator[Env]:
    """All of them."""
    if not items:
        yield env
        return
    for found in answers(items[0], trace, i, env):
        yield from joined(items[1:], trace, i, found)


def unified(args: tuple[str, ...], values: tuple[str, ...], env: Env) -> Iterator[Env]:
    """The values bound to the variables, if they fit what is bound already."""
    found = dict(env)
    for arg, value in zip(args, values, strict=True):
        if arg.startswith('"'):
            if arg.strip('"') != value:
                return
        elif found.setdefault(arg, value) != value:
            return
    yield found


def compared(left: str, sign: str, right: str, env: Env) -> Iterator[Env]:
    """A comparison; `=` binds a variable that is free."""
    values = [env.get(term, term.strip('"') if term[0] in '"0123456789' else None) for term in (left, right)]
    if sign == "=" and None in values:
        free, known = (left, values[1]) if values[0] is None else (right, values[0])
        assert known is not None
        yield {**env, free: known}
    elif (sign == "=" and values[0] == values[1]) or (sign == "<=" and int(values[0] or 0) <= int(values[1] or 0)):
        yield env
