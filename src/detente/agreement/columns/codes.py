"""Answers as whole columns: no, cannot tell, not yet, ask, yes in one int8 each (21-language-reference, 6).

ASK is not a value of the language. It stands where a column cannot say surely what the step judge would: every
subject that ends as ASK is put to the step judge. It gives way where it cannot matter: no and ASK is no, yes or ASK is yes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.agreement.values import Value

Answers = NDArray[np.int8]
"""One answer for each row."""
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

F, U, P, ASK, T = (np.int8(code) for code in range(5))
_ALL = np.array(
    [
        [0, 0, 0, 0, 0],
        [0, 1, 2, 3, 1],
        [0, 2, 2, 3, 2],
        [0, 3, 3, 3, 3],
        [0, 1, 2, 3, 4],
    ],
    np.int8,
).reshape(-1)  # fmt: skip
_NOT = np.array([4, 1, 2, 3, 0], np.int8)
OF_VALUE = np.array([0, 1, 2, 4], np.int8)
"""The code of each `Value`."""
_VALUES = (Value.F, Value.U, Value.P, None, Value.T)


class NoPlan(Exception):
    """A construct for which there is no column: the step judge answers, and `explain` says so."""


def value_of(code: int) -> Value | None:
    """The value of a code; None for ASK."""
    return _VALUES[code]


def both(one: Answers, other: Answers) -> Answers:
    """Conjunction."""
    found: Answers = _ALL[one * np.int8(5) + other]
    return found


def either(one: Answers, other: Answers) -> Answers:
    """Disjunction: the codes stand in its order."""
    return np.maximum(one, other)


def negated(answers: Answers) -> Answers:
    """Negation."""
    found: Answers = _NOT[answers]
    return found


def full(size: int, code: np.int8) -> Answers:
    """The same answer for every row."""
    return np.full(size, code, np.int8)


def told(yes: Any, no: Any) -> Answers:
    """Yes, no, else cannot tell."""
    return np.where(yes, T, np.where(no, F, U))


def not_later(lo: Any, hi: Any, other_lo: Any, other_hi: Any) -> Answers:
    """Whether one instant is not later than another; bounds inclusive."""
    return told(hi <= other_lo, lo > other_hi)
