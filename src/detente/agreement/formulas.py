"""Formulas of metric first-order temporal logic: their parts, their text in the syntax of MonPoly, their free variables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pred:
    """An act or fact. Arguments: variables, or constants in quotes."""

    name: str
    args: tuple[str, ...]


@dataclass(frozen=True)
class Compare:
    """`=` or `<=` between two terms."""

    left: str
    sign: str
    right: str


@dataclass(frozen=True)
class Neg:
    item: Formula


@dataclass(frozen=True)
class Both:
    items: tuple[Formula, ...]


@dataclass(frozen=True)
class Either:
    items: tuple[Formula, ...]


@dataclass(frozen=True)
class Some:
    names: tuple[str, ...]
    item: Formula


@dataclass(frozen=True)
class Once:
    low: int
    high: int | None
    item: Formula


@dataclass(frozen=True)
class Soon:
    high: int
    item: Formula


@dataclass(frozen=True)
class Since:
    """`item`, and since then never `ended`."""

    low: int
    high: int | None
    ended: Formula
    item: Formula


Formula = Pred | Compare | Neg | Both | Either | Some | Once | Soon | Since


def text(formula: Formula) -> str:
    """A formula as MonPoly reads it."""
    match formula:
        case Pred(name, args):
            return f"{name}({','.join(args)})"
        case Compare(left, sign, right):
            return f"({left} {sign} {right})"
        case Neg(item):
            return f"(NOT {text(item)})"
        case Both(items):
            return f"({' AND '.join(map(text, items))})"
        case Either(items):
            return f"({' OR '.join(map(text, items))})" if items else "FALSE"
        case Some(names, item):
            return f"(EXISTS {', '.join(names)}. {text(item)})" if names else text(item)
        case Once(low, high, item):
            return f"(ONCE{_interval(low, high)} {text(item)})"
        case Soon(high, item):
            return f"(EVENTUALLY[0,{high}] {text(item)})"
        case Since(low, high, ended, item):
            return f"((NOT {text(ended)}) SINCE{_interval(low, high)} {text(item)})"


def _interval(low: int, high: int | None) -> str:
    return f"[{low},*)" if high is None else f"[{low},{high}]"


def free(formula: Formula) -> frozenset[str]:
    """The free variables; a monitor wants the same ones on both sides of an OR."""
    match formula:
        case Pred(_, args):
            return frozenset(arg for arg in args if not arg.startswith('"'))
        case Compare(left, _, right):
            return frozenset(term for term in (left, right) if term[0] not in '"0123456789')
        case Neg(item) | Once(_, _, item) | Soon(_, item):
            return free(item)
        case Both(items) | Either(items):
            return frozenset().union(*map(free, items))
        case Some(names, item):
            return free(item) - set(names)
        case Since(_, _, ended, item):
            return free(ended) | free(item)
