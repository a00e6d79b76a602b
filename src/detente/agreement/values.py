"""The four values of the judge and their tables (21-language-reference, 6).

no < cannot tell < not yet < yes, written F < U < P < T. P is a question about the future whose time has not run out. The
tables win over the order: U and P is P.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Value(IntEnum):
    """An answer."""

    F = 0
    U = 1
    P = 2
    T = 3


F, U, P, T = Value.F, Value.U, Value.P, Value.T
_OR = ((F, U, P, T), (U, U, P, T), (P, P, P, T), (T, T, T, T))
_AND = ((F, F, F, F), (F, U, P, U), (F, P, P, P), (F, U, P, T))
_NOT = (T, U, P, F)


def any_of(values: Iterable[Value]) -> Value:
    """Disjunction; F for none."""
    result = F
    for value in values:
        result = _OR[result][value]
        if result is T:
            return T
    return result


def all_of(values: Iterable[Value]) -> Value:
    """Conjunction; T for none."""
    result = T
    for value in values:
        result = _AND[result][value]
        if result is F:
            return F
    return result


def negate(value: Value) -> Value:
    """Negation."""
    return _NOT[value]
